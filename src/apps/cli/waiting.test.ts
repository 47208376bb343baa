// Stage: tests. What is said of waits at a broker.
// Invariant: one line a thing, whatever is waited for again and again; a moment is not worth a line.
import { expect, it } from 'vitest';
import { timestamp } from '../../domain/time.ts';
import { noteWaits } from './waiting.ts';

it('says what is waited for once, with the time at the broker', () => {
  const said: string[] = [];
  const tell = noteWaits({
    line: () => {},
    note: (text) => void said.push(text),
    progress: () => {},
  });
  const at = (time: string) => timestamp(`2018-07-16T${time}.000Z`);
  tell(at('13:30:00'), at('12:30:00'));
  tell(at('13:30:12'), at('13:30:02'));
  tell(at('14:00:02'), at('13:30:12'));
  tell(at('14:30:02'), at('14:00:02'));
  tell(at('20:00:00'), at('14:31:00'));
  expect(said).toEqual([
    'Waits for the open of 2018-07-16 at 13:30:00Z; it is 12:30:00Z at the broker.',
    'Waits for orders, at most until 14:00:02Z; it is 13:30:12Z at the broker.',
    'Waits for the close of 2018-07-16 at 20:00:00Z; it is 14:31:00Z at the broker.',
  ]);
});
