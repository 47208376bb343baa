// Stage: none; strategies that answer with what no strategy may, one kind after another.
// Invariant: a failed signal with its reason, and what the others decide and send has equal bytes.
import { describe, expect, it } from 'vitest';
import { session } from '../../src/domain/time.ts';
import type { Evaluation, Strategy } from '../../src/strategy/strategy.ts';
import { fixed, openTestAccount, runRange } from '../flows/account.ts';

type Answer = () => Evaluation;

const weights =
  (...of: readonly (readonly [string, number])[]): Answer =>
  () => ({
    kind: 'weights',
    weights: of.map(([symbol, weight]) => ({ symbol, weight })),
    path: [],
  });

/** A strategy that buys GLD first, and then answers as told; nothing in between checks what it says. */
const answering = (answer: Answer): Strategy => ({
  ...fixed('bad', { GLD: 1 }),
  evaluate: ({ asOf }) => (asOf < '2023-01-04' ? weights(['GLD', 1])() : answer()),
});

/** What was recorded of two sessions in which `bad` answers so: its last signal, and all of the others. */
async function recorded(answer: Answer): Promise<{ code: string; others: string }> {
  const account = openTestAccount({
    first: session('2023-01-04'),
    cash: '30000',
    sleeves: [
      { id: 'bad', cash: '10000', strategy: answering(answer) },
      { id: 'east', cash: '10000', strategy: fixed('east', { SPY: 0.6, TLT: 0.4 }) },
      { id: 'west', cash: '10000', strategy: fixed('west', { TLT: 0.3 }) },
    ],
  });
  await runRange(account, session('2023-01-04'), session('2023-01-05'));
  const records = [...account.journal.read()].map(
    ({ payload }) => JSON.parse(payload) as Recorded, // as the journal wrote it
  );
  const signals = records.flatMap(({ signal }) => signal ?? []);
  const decisions = records.flatMap(({ decision }) => decision ?? []);
  const isOthers = ({ sleeve }: { readonly sleeve: string }) => sleeve !== 'bad';
  return {
    code: signals.findLast(({ sleeve }) => sleeve === 'bad')?.code ?? 'no failure',
    others: JSON.stringify([
      signals.filter(isOthers),
      decisions.flatMap(({ outcomes }) => outcomes.filter(isOthers)),
      decisions.flatMap(({ parents }) => parents.filter(({ symbol }) => symbol !== 'GLD')),
    ]),
  };
}

interface Recorded {
  readonly signal?: Spoken;
  readonly decision?: Decided;
}
interface Spoken {
  readonly sleeve: string;
  readonly code?: string;
}
interface Decided {
  readonly outcomes: readonly { readonly sleeve: string }[];
  readonly parents: readonly { readonly symbol: string }[];
}

const KINDS: readonly (readonly [what: string, answer: Answer, code: string])[] = [
  ['a weight that is NaN', weights(['GLD', Number.NaN]), 'weight_out_of_range'],
  ['a negative weight', weights(['GLD', -0.000001]), 'weight_out_of_range'],
  ['an infinite weight', weights(['GLD', Number.POSITIVE_INFINITY]), 'weight_out_of_range'],
  ['the largest number there is', weights(['GLD', Number.MAX_VALUE]), 'weight_out_of_range'],
  ['a weight just above one', weights(['GLD', 1.00001]), 'weight_out_of_range'],
  ['weights that sum to more than one', weights(['GLD', 0.7], ['SPY', 0.4]), 'weights_over_one'],
  ['one symbol twice', weights(['GLD', 0.2], ['GLD', 0.3]), 'duplicate_symbol'],
  ['a symbol in lower case', weights(['gld', 0.5]), 'bad_symbol'],
  ['no symbol', weights(['', 0.5]), 'bad_symbol'],
  ['a symbol of forty letters', weights(['G'.repeat(40), 0.5]), 'bad_symbol'],
  [
    'a path that cannot be written',
    () =>
      ({ kind: 'weights', weights: [], path: [{ value: Number.NaN }] }) as unknown as Evaluation, // an answer that its type forbids
    'strategy_threw',
  ],
  [
    'nothing at all',
    () => undefined as unknown as Evaluation, // an answer that its type forbids
    'strategy_threw',
  ],
];

describe('a strategy that answers with', async () => {
  const throws = await recorded(() => {
    throw new Error('nothing to say');
  });

  it('an error fails, and the others trade', () => {
    expect(throws.code).toBe('strategy_threw');
    expect(throws.others.length).toBeGreaterThan(1000);
  });

  it.each(KINDS)('%s fails alone', async (_, answer, code) => {
    expect(await recorded(answer)).toEqual({ code, others: throws.others });
  });
});
