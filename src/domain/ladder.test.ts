// Stage: tests. The ladder of one parent, step by step, with prices worked out by hand.
// Invariant: each expected price, quantity and end stands in the test as a figure.
import { describe, expect, it } from 'vitest';
import { NO_RAILS, PACE } from '../../test/rails.ts';
import { childProgress, type ChildProgress } from './child.ts';
import { MARKET_EXECUTION, type ExecutionPolicy } from './execution.ts';
import { nextMove } from './ladder.ts';
import type { OrderKnown, StepRecorded } from './ledger/events.ts';
import type { ParentProgress } from './ledger/state.ts';
import type { Limits } from './limits/settings.ts';
import type { Symbol } from './market.ts';
import { openParent } from './plan.ts';
import type { SleeveId } from './sleeve.ts';
import { session, timestamp, type Timestamp } from './time.ts';
import {
  format,
  NO_MONEY,
  NO_SHARES,
  parseMoney,
  parsePrice,
  parseQuantity,
  parseWeight,
} from './units/units.ts';
import type { Move } from './walk.ts';
import { cycleDeadline } from './pace.ts';

const AAPL = 'AAPL' as Symbol; // well-formed
const A = 'a' as SleeveId; // well-formed
const DAY = session('2024-03-15');
const at = (time: string): Timestamp => timestamp(`2024-03-15T${time}.000Z`);

const LIMITS: Limits = {
  deployment: parseWeight('1'),
  reserve: NO_MONEY,
  priceAllowance: parseWeight('0.005'),
  maxSpread: parseWeight('0.05'),
  microTradeFloor: parseMoney('1'),
  microTradeAccountShare: parseWeight('0'),
  microTradeSleeveShare: parseWeight('0'),
  brokerMinimum: parseMoney('1'),
  fractions: 'keep',
  rails: NO_RAILS,
  margin: null,
  pace: PACE,
  execution: MARKET_EXECUTION,
};
const WALK: ExecutionPolicy = {
  kind: 'walk',
  reaches: ['0', '0.5', '1'].map(parseWeight),
  stepSeconds: 60,
  final: 'market',
};

interface Given {
  readonly side?: 'buy' | 'sell';
  readonly policy?: ExecutionPolicy;
  readonly quantity?: string;
  readonly filled?: string;
  readonly bound?: string;
  /** The end of each child so far; null: it works. Cancelled by us unless said otherwise. */
  readonly children?: readonly (ChildProgress['end'] | { end: 'canceled'; by: 'hand' })[];
  readonly code?: string;
  readonly quote?: readonly [string, string] | null;
  readonly time?: string;
  readonly killed?: boolean;
  readonly limits?: Limits;
}

/** "limit 99.98 ×10", "market ×4", "cancel 0", "end filled: …" */
function moved(given: Given): string {
  const { side = 'buy', policy = WALK, children = [], quote = ['99.98', '100.04'] } = given;
  const quantity = parseQuantity(given.quantity ?? '10');
  const parent = openParent(
    { symbol: AAPL, side, quantity, demands: [{ sleeve: A, quantity }] },
    {
      account: 'main',
      cycle: DAY,
      codes: new Map([[A, 2]]),
      revision: 0,
      arrivalPrice: parsePrice('100.01'),
    },
  );
  const cumQty = parseQuantity(given.filled ?? '0');
  const progress: ParentProgress = {
    parent,
    policy,
    bound: parsePrice(given.bound ?? (side === 'buy' ? '100.5402' : '99.4801')),
    children: children.map((end, attempt) => ({
      ...childProgress(
        {
          clientOrderId: `child ${attempt}`,
          attempt,
          quantity,
          type: 'limit',
          limitPrice: parsePrice('99.98'),
          timeInForce: 'day',
        },
        at('13:31:00'),
      ),
      code: given.code ?? '',
      message: 'said',
      end: typeof end === 'object' && end !== null ? end.end : end,
      cancelledAt: end === 'canceled' ? at('13:32:00') : null,
    })),
    walkEnd: null,
    executed: cumQty,
    cumQty,
    cumNotional: NO_MONEY,
    allocated: [{ quantity: NO_SHARES, cash: NO_MONEY, relieved: [] }],
    pendingQuantity: NO_SHARES,
    pendingCash: NO_MONEY,
    openedAt: at('13:31:00'),
    cancelledAt: null,
    ended: false,
    settled: false,
  };
  const time = at(given.time ?? '13:33:00');
  const step: StepRecorded = {
    kind: 'step_recorded',
    cycle: DAY,
    sequence: 1,
    parent: parent.clientOrderId,
    at: time,
    quote:
      quote === null
        ? null
        : { symbol: AAPL, bid: parsePrice(quote[0]), ask: parsePrice(quote[1]), at: time },
    known: null as OrderKnown | null,
  };
  return shown(
    nextMove(progress, step, {
      limits: given.limits ?? LIMITS,
      killed: given.killed ?? false,
      deadline: cycleDeadline((given.limits ?? LIMITS).pace, {
        opened: { cycle: DAY },
        points: [],
      }),
      idOf: (attempt) => `child ${attempt}`,
    }),
  );
}

function shown(move: Move): string {
  switch (move.kind) {
    case 'send': {
      const { type, limitPrice, timeInForce, quantity, clientOrderId } = move.child;
      const price = limitPrice === null ? '' : ` ${format(limitPrice)}`;
      return `${clientOrderId}: ${type}${price} ${timeInForce} ×${format(quantity)}`;
    }
    case 'cancel':
      return `cancel ${move.clientOrderId}`;
    case 'end':
      return move.arithmetic === null
        ? `end ${move.end}`
        : `end ${move.end}: ${move.arithmetic.observed} of ${move.arithmetic.limit}`;
  }
}

const twice = ['canceled', 'canceled'] as const;
const thrice = ['canceled', 'canceled', 'canceled'] as const;

describe('the ladder of a buy', () => {
  // The spread is 0.06: half of it across is 100.01.
  it.each<[string, Given, string]>([
    ['begins at the bid', {}, 'child 0: limit 99.98 day ×10'],
    ['goes half across', { children: ['canceled'] }, 'child 1: limit 100.01 day ×10'],
    ['then to the ask', { children: twice }, 'child 2: limit 100.04 day ×10'],
    ['then to market', { children: thrice }, 'child 3: market day ×10'],
    [
      'asks for what is left',
      { children: ['canceled'], filled: '3.5' },
      'child 1: limit 100.01 day ×6.5',
    ],
    [
      'rounds down to a cent',
      { children: ['canceled'], quote: ['99.98', '100.03'] },
      'child 1: limit 100 day ×10',
    ],
    [
      'keeps hundredths of a cent below a dollar',
      { children: ['canceled'], quote: ['0.5', '0.5003'], bound: '0.6' },
      'child 1: limit 0.5001 day ×10',
    ],
    [
      'never asks beyond its bound',
      { children: twice, quote: ['100.6', '100.7'] },
      'child 2: limit 100.54 day ×10',
    ],
    [
      'is no market order beyond its bound',
      { children: thrice, quote: ['100.5', '100.55'] },
      'end beyond_bound',
    ],
  ])('%s', (_what, given, expected) => {
    expect(moved(given)).toBe(expected);
  });
});

describe('the ladder of a sale', () => {
  it.each<[string, Given, string]>([
    ['begins at the ask', {}, 'child 0: limit 100.04 day ×10'],
    ['goes half across', { children: ['canceled'] }, 'child 1: limit 100.01 day ×10'],
    ['then to the bid', { children: twice }, 'child 2: limit 99.98 day ×10'],
    [
      'rounds up to a cent',
      { children: ['canceled'], quote: ['99.98', '100.03'] },
      'child 1: limit 100.01 day ×10',
    ],
    [
      'never asks below its bound',
      { children: twice, quote: ['99', '99.1'] },
      'child 2: limit 99.49 day ×10',
    ],
  ])('%s', (_what, given, expected) => {
    expect(moved({ ...given, side: 'sell' })).toBe(expected);
  });
});

describe('a walk', () => {
  it.each<[string, Given, string]>([
    [
      'cancels a child whose time is over',
      { children: [null], time: '13:32:00' },
      'cancel child 0',
    ],
    ['is over when all is filled', { children: ['filled'], filled: '10' }, 'end filled'],
    [
      'is over with its last step where it leaves the rest',
      { children: thrice, policy: { ...WALK, final: 'leave' } },
      'end walk_over',
    ],
    ['is over with its market order', { children: [...thrice, 'canceled'] }, 'end walk_over'],
    ['ends with a rejection', { children: ['rejected'] }, 'end rejected'],
    ['ends with a refusal', { children: ['refused'] }, 'end refused'],
    ['ends where it was never sent', { children: ['not_sent'] }, 'end not_sent'],
    ['ends where a kill held it back', { children: ['not_sent'], code: 'kill' }, 'end kill'],
    [
      'ends where time held it back',
      { children: ['not_sent'], code: 'cycle_budget' },
      'end cycle_budget',
    ],
    [
      'ends with a cancellation that nobody here asked for (incident 35)',
      { children: [{ end: 'canceled', by: 'hand' }] },
      'end canceled_by_hand',
    ],
    ['ends with the session', { children: ['expired'], time: '20:00:00' }, 'end session_closed'],
    [
      'ends at the deadline of its cycle',
      { children: ['canceled'], time: '15:30:00' },
      'end cycle_budget',
    ],
    ['ends under a kill', { children: ['canceled'], killed: true }, 'end kill'],
    ['ends without a quote', { quote: null }, 'end no_quote'],
    ['ends at a crossed quote (incident 9)', { quote: ['100.05', '100.04'] }, 'end no_quote'],
    ['ends at a quote without an ask (incident 9)', { quote: ['100.05', '0'] }, 'end no_quote'],
    [
      'leaves less of a buy than the broker takes',
      { children: ['canceled'], filled: '9.9995' },
      'end below_broker_minimum: 0.050005 of 1',
    ],
    [
      'leaves as little of a buy at market, by the price that it was funded at',
      { children: thrice, filled: '9.991', bound: '100.5402' },
      'end below_broker_minimum: 0.9048618 of 1',
    ],
    [
      'goes on where the broker takes just what is left',
      { children: ['canceled'], filled: '9.99', quote: ['100', '100'] },
      'child 1: limit 100 day ×0.01',
    ],
    [
      'sells what is left, however little',
      { children: ['canceled'], filled: '9.9995', side: 'sell' },
      'child 1: limit 100.01 day ×0.0005',
    ],
  ])('%s', (_what, given, expected) => {
    expect(moved(given)).toBe(expected);
  });

  it('takes no step while a child works within its time (incident 8)', () => {
    expect(() => moved({ children: [null], time: '13:31:59' })).toThrow('while its child');
  });
});

describe('the other policies', () => {
  const ONLY: ExecutionPolicy = { kind: 'limit-only', reach: parseWeight('0.5') };
  it.each<[string, Given, string]>([
    ['limit-only sends one limit', { policy: ONLY }, 'child 0: limit 100.01 day ×10'],
    [
      'limit-only has nothing after it',
      { policy: ONLY, children: ['expired'], time: '20:00:00' },
      'end session_closed',
    ],
    [
      'close-auction sends one limit at the bound',
      { policy: { kind: 'close-auction' } },
      'child 0: limit 100.54 cls ×10',
    ],
    [
      'close-auction needs no quote',
      { policy: { kind: 'close-auction' }, quote: null, side: 'sell' },
      'child 0: limit 99.49 cls ×10',
    ],
    [
      'close-auction is too late ten minutes before the close',
      {
        policy: { kind: 'close-auction' },
        time: '19:50:00',
        limits: { ...LIMITS, pace: { ...PACE, cycleMinutes: 390 } },
      },
      'end auction_closed',
    ],
  ])('%s', (_what, given, expected) => {
    expect(moved(given)).toBe(expected);
  });

  it('limit-only is never cancelled by time', () => {
    expect(() => moved({ policy: ONLY, children: [null], time: '15:00:00' })).toThrow(
      'while its child',
    );
  });
});
