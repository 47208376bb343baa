// Stage: none; properties of whole cycles over random accounts.
// Invariant: the account checks sleeves = broker and parts = intent after every event; here the rest.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JournalAccount } from '../../../test/journals/account.ts';
import { heldIn } from '../ledger/lots.ts';
import { ceilingPrice } from '../limits/funding.ts';
import type { AssetFacts, Quote, Symbol } from '../market.ts';
import type { PlanDecision } from '../plan.ts';
import type { Signal } from '../signal.ts';
import type { Limits } from '../limits/settings.ts';
import {
  COMPOUNDING,
  NO_TOLERANCE,
  type FailurePolicy,
  type Sleeve,
  type SleeveId,
} from '../sleeve.ts';
import { session, type Timestamp } from '../time.ts';
import {
  money,
  ONE,
  ONE_WEIGHT,
  parseMoney,
  parseWeight,
  price,
  quantity,
  weight,
  type Price,
} from '../units/units.ts';
import { decide } from './decide.ts';
import { NO_RAILS, PACE } from '../../../test/rails.ts';
import { MARKET_EXECUTION } from '../execution.ts';

// Names in this file are well-formed.
const SYMBOLS = ['AAPL', 'BRK.A', 'GLD', 'TLT'] as Symbol[];
const SLEEVES = ['a', 'b', 'c', 'd'] as SleeveId[];
const DAYS = ['2024-03-13', '2024-03-14', '2024-03-15', '2024-03-18'].map(session);

const LIMITS: Limits = {
  deployment: parseWeight('0.98'),
  reserve: parseMoney('100'),
  priceAllowance: parseWeight('0.005'),
  maxSpread: parseWeight('0.05'),
  microTradeFloor: parseMoney('1'),
  microTradeAccountShare: parseWeight('0.0005'),
  microTradeSleeveShare: parseWeight('0.005'),
  brokerMinimum: parseMoney('1'),
  fractions: 'keep',
  rails: NO_RAILS,
  margin: null,
  pace: PACE,
  execution: MARKET_EXECUTION,
};

/** What one sleeve believes on one day: parts of its NAV by symbol, or a failure. */
type Belief = 'failed' | readonly number[];

interface Day {
  readonly beliefs: readonly Belief[];
  /** By symbol: mid in cents, half spread in cents, and what is wrong with the quote. */
  readonly quotes: readonly { mid: number; half: number; flaw: string }[];
  readonly assets: readonly string[];
  /** What the broker does with the cycle's orders, one after the other: per cent filled. */
  readonly fills: readonly number[];
}

interface Story {
  readonly cash: readonly number[];
  readonly policies: readonly FailurePolicy[];
  readonly days: readonly Day[];
}

const four = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: 4, maxLength: 4 });

const belief: fc.Arbitrary<Belief> = fc.oneof(
  { weight: 5, arbitrary: four(fc.integer({ min: 0, max: 25 })) },
  // All in one symbol: such sleeves meet head-on, and hang on one sale each.
  {
    weight: 5,
    arbitrary: fc.constantFrom([100, 0, 0, 0], [0, 100, 0, 0], [0, 0, 100, 0], [0, 0, 0, 100]),
  },
  { weight: 1, arbitrary: fc.constant<Belief>('failed') },
);

const dayOf = fc.record<Day>({
  beliefs: four(belief),
  quotes: four(
    fc.record({
      mid: fc.integer({ min: 100, max: 50_000 }),
      half: fc.integer({ min: 0, max: 3 }),
      flaw: fc.oneof(
        { weight: 7, arbitrary: fc.constant('') },
        { weight: 1, arbitrary: fc.constantFrom('none', 'crossed', 'one-sided', 'zero', 'stale') },
      ),
    }),
  ),
  assets: four(
    fc.oneof(
      { weight: 12, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom('unknown', 'halted') },
    ),
  ),
  fills: fc.array(fc.constantFrom(0, 7, 50, 100, 100, 100), { minLength: 8, maxLength: 8 }),
});

const stories = fc.record<Story>({
  cash: four(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 100, max: 100_000 }))),
  policies: four(fc.constantFrom<FailurePolicy>('hold', 'hold', 'cash', 'abort')),
  days: fc.array(dayOf, { minLength: 1, maxLength: 3 }),
});

const sleevesOf = (story: Story): Sleeve[] =>
  SLEEVES.map((id, index) => ({
    id,
    code: index + 2,
    openingCash: money(BigInt(story.cash[index] ?? 0) * ONE),
    onFailure: story.policies[index] ?? 'hold',
    ...COMPOUNDING,
  }));

function openAccount(sleeves: readonly Sleeve[]): JournalAccount {
  const cash = sleeves.reduce((sum, sleeve) => sum + sleeve.openingCash, 50n * ONE);
  return new JournalAccount(
    {
      account: 'story',
      sleeves,
      limits: LIMITS,
      tolerance: NO_TOLERANCE,
      market: { name: 'story', synthetic: true, paysDividends: false },
      digest: 'story',
    },
    money(cash),
  );
}

function signalOf(sleeve: SleeveId, of: Belief, asOf: (typeof DAYS)[number]): Signal {
  const head = {
    sleeve,
    strategy: 'story',
    strategyVersion: 'v',
    dialect: 'd',
    asOf,
    dataVersion: 'b',
    rebalance: { kind: 'every-session' },
    path: null,
  } as const;
  if (of === 'failed') return { ...head, kind: 'failed', code: 'broken', message: 'no history' };
  const weights = of
    .map((percent, index) => ({
      symbol: SYMBOLS[index] ?? ('' as Symbol),
      weight: weight((BigInt(percent) * ONE_WEIGHT) / 100n),
    }))
    .filter((target) => target.weight > 0n);
  const used = weights.reduce((sum, target) => sum + target.weight, 0n);
  return { ...head, kind: 'targets', weights, cash: weight(ONE_WEIGHT - used) };
}

function quoteOf(symbol: Symbol, of: Day['quotes'][number]): Quote | undefined {
  const cents = (count: number): Price => price(BigInt(count) * (ONE / 100n));
  const [bid, ask] = [cents(of.mid - of.half), cents(of.mid + of.half)];
  const at = (of.flaw === 'stale' ? '2024-03-01T14:00:00.000Z' : '') as Timestamp; // '' is now
  switch (of.flaw) {
    case 'none':
      return undefined;
    case 'crossed':
      return { symbol, bid: price(ask + 1n), ask: bid, at };
    case 'one-sided':
      return { symbol, bid: null, ask, at };
    case 'zero':
      return { symbol, bid, ask: price(0n), at };
    default:
      return { symbol, bid, ask, at };
  }
}

/** Shows the account a day's quotes and assets, in an order of the caller's. */
function show(account: JournalAccount, day: Day, order: readonly number[] = [0, 1, 2, 3]): void {
  const { quotes, assets } = account.world;
  quotes.clear();
  assets.clear();
  for (const index of order) {
    const symbol = SYMBOLS[index] ?? ('' as Symbol);
    const seen = day.quotes[index];
    const quote = seen === undefined ? undefined : quoteOf(symbol, seen);
    if (quote !== undefined) quotes.set(symbol, quote);
    const asset: AssetFacts = {
      symbol,
      tradable: day.assets[index] !== 'halted',
      fractionable: symbol !== 'BRK.A',
      margin: null,
    };
    if (day.assets[index] !== 'unknown') assets.set(symbol, asset);
  }
}

/** Fills the cycle's working orders: sells at the bid, buys at the highest price they may pay. */
function fillOrders(account: JournalAccount, day: Day): void {
  [...account.orders.values()].forEach((order, index) => {
    if (order.status !== 'accepted') return;
    const percent = BigInt(day.fills[index % day.fills.length] ?? 0);
    const shares = (order.parent.quantity * percent) / 100n;
    if (percent === 0n) order.status = 'rejected';
    if (shares === 0n) return;
    const quote = account.world.quotes.get(order.parent.symbol);
    const side = order.parent.side === 'buy' ? quote?.ask : quote?.bid;
    if (side === null || side === undefined) throw new Error('an order without a quote');
    const at = order.parent.side === 'buy' ? ceilingPrice(side, LIMITS.priceAllowance) : side;
    // Two executions, so that leftover units have to wait.
    account.fill(order, quantity(shares - shares / 3n), at);
    if (shares / 3n > 0n) account.fill(order, quantity(shares / 3n), at);
    if (percent < 100n) order.status = 'canceled';
  });
}

interface Seen {
  readonly account: JournalAccount;
  readonly day: Day;
  readonly held: ReadonlyMap<string, bigint>;
  readonly opened: PlanDecision;
  readonly bought: PlanDecision;
  /** Sleeve and account cash when the buys were decided. */
  readonly cash: ReadonlyMap<SleeveId, bigint>;
  readonly brokerCash: bigint;
  readonly closed: PlanDecision;
}

/** Runs a story day by day and looks at each cycle when it has closed. */
function tell(story: Story, look: (seen: Seen) => void): void {
  const account = openAccount(sleevesOf(story));
  for (const [index, day] of story.days.entries()) {
    show(account, day);
    const held = holdings(account);
    const [asOf = session('2024-03-13'), today = session('2024-03-14')] = DAYS.slice(index);
    const signals = SLEEVES.map((id, of) => signalOf(id, day.beliefs[of] ?? 'failed', asOf));
    account.open(today, asOf, signals);
    const opened = account.decide('open');
    fillOrders(account, day);
    const bought = account.decide('replan');
    const cash = new Map([...account.state.sleeves].map(([id, sleeve]) => [id, sleeve.cash]));
    const brokerCash = account.cycle.points.at(-1)?.snapshot.cash ?? 0n;
    fillOrders(account, day);
    const closed = account.close(today);
    look({ account, day, held, opened, bought, cash, brokerCash, closed });
  }
  account.expectReplay();
}

const holdings = (account: JournalAccount): Map<string, bigint> =>
  new Map(
    [...account.state.sleeves.values()].flatMap((sleeve) =>
      [...sleeve.positions].map(([symbol, lots]): [string, bigint] => [
        `${sleeve.id} ${symbol}`,
        heldIn(lots),
      ]),
    ),
  );

const tradesOf = ({ opened, bought }: Seen) => [
  ...opened.crosses.map((cross) => cross.symbol),
  ...opened.parents.map((parent) => parent.symbol),
  ...bought.parents.map((parent) => parent.symbol),
];

/** A story that fails is made smaller for ten seconds, not for minutes: whole days are slow to shrink. */
function assertStories(look: (story: Story) => void): void {
  fc.assert(fc.property(stories, look), {
    interruptAfterTimeLimit: 10_000,
    markInterruptAsFailure: true,
  });
}

describe('a cycle of a random account', () => {
  it('keeps sleeves = broker and explains every share of every intent, over several days', () => {
    assertStories((story) => {
      tell(story, ({ closed, account }) => {
        expect(closed.breaks).toEqual([]);
        for (const sleeve of account.state.sleeves.values()) {
          for (const lots of sleeve.positions.values()) expect(heldIn(lots) > 0n).toBe(true);
        }
      });
    });
  });

  it('writes one outcome for each symbol that a sleeve holds or wants, and leaves none open', () => {
    assertStories((story) => {
      tell(story, ({ opened, bought, closed, day, held }) => {
        const wanted = SLEEVES.flatMap((id, of) => {
          const told = day.beliefs[of];
          if (told === 'failed' || told === undefined) return [];
          return SYMBOLS.filter((_, at) => (told[at] ?? 0) > 0).map((symbol) => `${id} ${symbol}`);
        });
        const keys = opened.outcomes.map((one) => `${one.sleeve} ${one.symbol}`);
        expect(new Set(keys)).toEqual(new Set([...wanted, ...held.keys()]));
        expect(new Set(keys).size).toBe(keys.length);
        const current = new Map(
          [opened, bought, closed].flatMap(({ outcomes }) =>
            outcomes.map((one) => [`${one.sleeve} ${one.symbol}`, one]),
          ),
        );
        for (const { parts } of current.values()) {
          expect(parts.every((part) => part.kind !== 'deferred')).toBe(true);
          expect(parts.every((part) => part.reason !== 'net_order')).toBe(true);
        }
      });
    });
  });

  it("never spends another's money: buys at their highest price within own and account cash", () => {
    assertStories((story) => {
      tell(story, ({ account, bought, cash, brokerCash }) => {
        const spent = new Map<SleeveId, bigint>();
        let all = 0n;
        for (const { symbol, side, demands } of bought.parents) {
          // What a sale left is sold again at this point.
          if (side === 'sell') continue;
          const ask = account.world.quotes.get(symbol)?.ask ?? price(0n);
          const ceiling = ceilingPrice(ask, LIMITS.priceAllowance);
          for (const { sleeve, quantity: shares } of demands) {
            spent.set(sleeve, (spent.get(sleeve) ?? 0n) + ceiling * shares);
            all += ceiling * shares;
          }
        }
        for (const [sleeve, cost] of spent) {
          expect(cost <= (cash.get(sleeve) ?? 0n) * ONE).toBe(true);
        }
        if (all > 0n) expect(all <= (brokerCash - LIMITS.reserve) * ONE).toBe(true);
        // Filled at the ceiling, nobody who bought is below zero by more than the last unit.
        for (const sleeve of spent.keys()) {
          expect((account.state.sleeves.get(sleeve)?.cash ?? -1n) >= -4n).toBe(true);
        }
      });
    });
  });

  it('sells no more than each sleeve holds, and names every overdraft', () => {
    assertStories((story) => {
      tell(story, ({ account, opened, held, closed }) => {
        for (const { sleeve, symbol, intended } of opened.outcomes) {
          expect(intended + (held.get(`${sleeve} ${symbol}`) ?? 0n) >= 0n).toBe(true);
        }
        for (const parent of opened.parents) {
          expect(parent.side).toBe('sell');
          for (const { sleeve, quantity: shares } of parent.demands) {
            expect(shares <= (held.get(`${sleeve} ${parent.symbol}`) ?? 0n)).toBe(true);
          }
        }
        const owing = [...account.state.sleeves.values()].filter((sleeve) => sleeve.cash < 0n);
        expect(closed.overdrafts.map((one) => one.sleeve)).toEqual(
          owing.map((sleeve) => sleeve.id).sort(),
        );
      });
    });
  });

  it('trades no symbol whose quote or asset is not sane, and nothing at all under abort', () => {
    assertStories((story) => {
      tell(story, (seen) => {
        const traded = tradesOf(seen);
        SYMBOLS.forEach((symbol, index) => {
          const flawed =
            seen.day.quotes[index]?.flaw !== '' ||
            seen.day.assets[index] !== '' ||
            (seen.day.quotes[index]?.half ?? 0) * 40 > (seen.day.quotes[index]?.mid ?? 0);
          if (flawed) expect(traded).not.toContain(symbol);
        });
        const aborted = SLEEVES.some(
          (_, of) => story.policies[of] === 'abort' && seen.day.beliefs[of] === 'failed',
        );
        if (aborted) expect(traded).toEqual([]);
      });
    });
  });

  it('orders whole shares only of what trades in whole shares (incident 24)', () => {
    assertStories((story) => {
      tell(story, ({ opened, bought }) => {
        for (const parent of [...opened.parents, ...bought.parents]) {
          if (parent.symbol === 'BRK.A') expect(parent.quantity % ONE).toBe(0n);
        }
      });
    });
  });
});

describe('the first decision of a cycle', () => {
  /** The opening decision of a story's first day, with everything given in another order. */
  function firstOf(story: Story, order: readonly number[], beliefs?: readonly Belief[]) {
    const day = story.days[0];
    if (day === undefined) throw new Error('a story has a day');
    const sleeves = sleevesOf(story);
    const account = openAccount(order.flatMap((index) => sleeves[index] ?? []));
    show(account, day, order);
    const asOf = session('2024-03-13');
    const signals = order.flatMap((index) => {
      const id = SLEEVES[index];
      const told = (beliefs ?? day.beliefs)[index];
      return id === undefined || told === undefined ? [] : [signalOf(id, told, asOf)];
    });
    account.open(session('2024-03-14'), asOf, signals);
    return account.decide('open');
  }

  it('gives the same bytes whatever the order of sleeves, signals, quotes and assets', () => {
    const orders = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(stories, orders, (story, order) => {
        expect(firstOf(story, order)).toEqual(firstOf(story, [0, 1, 2, 3]));
      }),
    );
  });

  it('keeps the intents of the others when a strategy fails', () => {
    fc.assert(
      fc.property(stories, fc.integer({ min: 0, max: 3 }), (story, failing) => {
        const beliefs = (story.days[0]?.beliefs ?? []).map((told, index) =>
          index === failing ? 'failed' : told,
        );
        const intents = (decision: PlanDecision) =>
          decision.outcomes
            .filter((one) => one.sleeve !== SLEEVES[failing])
            .map((one) => `${one.sleeve} ${one.symbol} ${one.intended}`);
        expect(intents(firstOf(story, [0, 1, 2, 3], beliefs))).toEqual(
          intents(firstOf(story, [0, 1, 2, 3])),
        );
      }),
    );
  });
});

describe('decide', () => {
  const story: Story = {
    cash: [1000, 0, 0, 0],
    policies: ['hold', 'hold', 'hold', 'hold'],
    days: [],
  };
  const open = () => {
    const account = openAccount(sleevesOf(story));
    const asOf = session('2024-03-13');
    account.open(
      session('2024-03-14'),
      asOf,
      SLEEVES.map((id) => signalOf(id, [0], asOf)),
    );
    return account;
  };

  it('decides a point once', () => {
    const account = open();
    account.decide('open');
    expect(() => decide(account.state)).toThrow('was decided already');
  });

  it('refuses where nothing is open', () => {
    expect(() => decide(openAccount(sleevesOf(story)).state)).toThrow('an open cycle');
  });

  it('refuses a sleeve without any signal, not even a failed one (incident 13)', () => {
    const account = openAccount(sleevesOf(story));
    account.open(session('2024-03-14'), session('2024-03-13'), []);
    expect(() => account.decide('open')).toThrow('has no signal');
  });

  it('does not close while an order works', () => {
    const account = openAccount(sleevesOf(story));
    const [asOf = session('2024-03-13'), today = session('2024-03-14')] = DAYS;
    const symbol = SYMBOLS[0] ?? ('' as Symbol);
    const at = '' as Timestamp; // now
    account.world.quotes.set(symbol, { symbol, bid: price(ONE), ask: price(ONE), at });
    account.world.assets.set(symbol, { symbol, tradable: true, fractionable: true, margin: null });
    account.open(
      today,
      asOf,
      SLEEVES.map((id) => signalOf(id, [25], asOf)),
    );
    account.decide('open');
    expect(account.decide('replan').parents.length).toBe(1);
    expect(() => account.decide('close')).toThrow('is not terminal at the close');
  });
});

describe('the stories themselves', () => {
  it('cross, sell, scale, suppress, deny and overdraw: the properties above are not about nothing', () => {
    const counts = new Map<string, number>();
    const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
    for (const story of fc.sample(stories, { numRuns: 300, seed: 2024 })) {
      tell(story, ({ opened, bought, closed }) => {
        for (const { legs } of opened.crosses) count(legs.length > 2 ? 'shared cross' : 'cross');
        for (const { side, demands } of [...opened.parents, ...bought.parents]) {
          count(demands.length > 1 ? `shared ${side}` : side);
        }
        for (const { parts } of [...opened.outcomes, ...bought.outcomes, ...closed.outcomes]) {
          for (const part of parts) count(`${part.kind}/${part.reason}`);
        }
        for (const _ of closed.overdrafts) count('overdraft');
      });
    }
    const few = [
      'cross',
      'shared cross',
      'buy',
      'shared buy',
      'sell',
      'shared sell',
      'overdraft',
      'scaled/sleeve_cash',
      'scaled/account_capital',
      'rounded_away/whole_shares',
      'suppressed/micro_trade',
      'suppressed/below_broker_minimum',
      'denied/nav_unknown',
      'denied/abort',
      'denied/quote_crossed',
      'denied/not_tradable',
      'held/failed_strategy',
      'rejected/broker_rejected',
      'expired/canceled_by_hand',
      'ordered/filled',
    ].filter((what) => (counts.get(what) ?? 0) < 2);
    expect(few).toEqual([]);
  });
});
