// Stage: tests. The circuit breaker, by the submissions on record.
// Invariant: what we held back ourselves neither trips nor resets it.
import { expect, it } from 'vitest';
import { breakerReason } from './breaker.ts';
import type { Submitted } from './ledger/events.ts';
import { session } from './time.ts';

/** "a": accepted, "r": refused, "f": did not arrive, "k": held back by a kill, "u": unknown. */
const recorded = (text: string): Submitted[] =>
  text.split('').map((letter, index) => {
    const outcome = ({ a: 'accepted', r: 'refused', u: 'unknown' } as const)[letter];
    return {
      kind: 'submitted',
      cycle: session('2024-03-15'),
      clientOrderId: `o${index}`,
      outcome: outcome ?? 'not_sent',
      code: letter === 'k' ? 'kill' : letter === 'r' ? '40310000' : '',
      message: `said ${index}`,
    };
  });

it.each([
  ['', null],
  ['ff', null],
  ['fff', '3 requests in a row did not reach the broker; the last: said 2'],
  ['afff', '3 requests in a row did not reach the broker; the last: said 3'],
  ['ffaff', null],
  ['ffrff', null],
  ['ffuff', null],
  ['fkff', '3 requests in a row did not reach the broker; the last: said 3'],
  ['ffff', '4 requests in a row did not reach the broker; the last: said 3'],
  ['kkkk', null],
])('of %s is %s', (text, reason) => {
  expect(breakerReason(recorded(text))).toBe(reason);
});
