// Stage: tests of a signal's life.
// Invariant: the state follows from the outcomes of its own cycle.
import { describe, expect, it } from 'vitest';
import { signalLives, supersede } from './lifecycle.ts';
import type { Symbol } from './market.ts';
import type { OutcomeKind } from './outcome.ts';
import type { SleeveId } from './sleeve.ts';
import { session } from './time.ts';
import { parsePrice, parseQuantity } from './units/units.ts';

const SLEEVE = 'a' as SleeveId; // a well-formed id
const DAY = session('2024-03-15');

function lifeOf(
  parts: readonly (readonly [OutcomeKind, string])[],
  of: { readonly kind?: 'targets' | 'failed'; readonly decisions?: number } = {},
) {
  const outcome = {
    sleeve: SLEEVE,
    symbol: 'SPY' as Symbol, // a well-formed symbol
    held: parseQuantity('0'),
    intended: parseQuantity('1'),
    price: parsePrice('100'),
    parts: parts.map(([kind, reason]) => ({ kind, reason })),
  };
  const cycle = {
    opened: { cycle: DAY },
    signals: new Map([
      [SLEEVE, { kind: of.kind ?? 'targets', sleeve: SLEEVE, strategy: 'A', asOf: DAY }],
    ]),
    outcomes: parts.length === 0 ? new Map() : new Map([['a SPY', outcome]]),
    decisions: Array.from({ length: of.decisions ?? 3 }),
  } as unknown as Parameters<typeof signalLives>[0]; // all that a life is read from
  const [life] = signalLives(cycle);
  if (life === undefined) throw new Error('The signal has no life.');
  return life;
}

describe('the state of a signal', () => {
  it.each<readonly [string, readonly (readonly [OutcomeKind, string])[], string]>([
    ['ordered whole', [['ordered', 'filled']], 'executed'],
    ['crossed whole', [['crossed', 'internal_cross']], 'executed'],
    ['there already', [['held', 'already_there']], 'executed'],
    ['without any intent', [], 'executed'],
    [
      'filled in part',
      [
        ['ordered', 'filled'],
        ['expired', 'session_closed'],
      ],
      'partly',
    ],
    [
      'crossed, the rest too small',
      [
        ['crossed', 'internal_cross'],
        ['suppressed', 'micro_trade'],
      ],
      'partly',
    ],
    ['too small', [['suppressed', 'micro_trade']], 'suppressed'],
    ['not due', [['held', 'not_due']], 'held'],
    [
      'traded, the rest not due',
      [
        ['ordered', 'filled'],
        ['held', 'not_due'],
      ],
      'executed',
    ],
    [
      'not due, and denied',
      [
        ['held', 'not_due'],
        ['denied', 'max_orders'],
      ],
      'suppressed',
    ],
    ['denied', [['denied', 'max_orders']], 'suppressed'],
    ['rejected', [['rejected', 'broker_rejected']], 'suppressed'],
  ])('%s: %j', (_, parts, state) => {
    expect(lifeOf(parts).state).toBe(state);
  });

  it('is generated before the first decision, and failed where the strategy failed', () => {
    expect(lifeOf([], { decisions: 0 }).state).toBe('generated');
    expect(lifeOf([['held', 'failed_strategy']], { kind: 'failed' }).state).toBe('failed');
  });

  it('counts parts by what became of them', () => {
    const { done, undone, heldParts, reasons } = lifeOf([
      ['crossed', 'internal_cross'],
      ['suppressed', 'micro_trade'],
      ['suppressed', 'micro_trade'],
      ['held', 'already_there'],
      ['held', 'paused'],
    ]);
    expect([done, undone, heldParts]).toEqual([1, 2, 1]);
    expect(reasons).toEqual([
      { reason: 'crossed/internal_cross', parts: 1 },
      { reason: 'held/already_there', parts: 1 },
      { reason: 'held/paused', parts: 1 },
      { reason: 'suppressed/micro_trade', parts: 2 },
    ]);
  });
});

describe('the next signal', () => {
  const next = { ...lifeOf([]), cycle: session('2024-03-18') };
  it('supersedes one that was not executed whole, and no other', () => {
    const open = lifeOf([['suppressed', 'micro_trade']]);
    expect(supersede(open, next).supersededBy).toBe('2024-03-18');
    expect(supersede(open, undefined).supersededBy).toBeNull();
    expect(supersede(lifeOf([['ordered', 'filled']]), next).supersededBy).toBeNull();
    expect(supersede(lifeOf([], { kind: 'failed' }), next).supersededBy).toBeNull();
  });
});
