// Stage: none; tests of the way from signal to intent.
// Invariant: one sleeve's intents follow from its own signal, NAV and holdings alone.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sizeIntents, sleeveNav, type SizingFacts, type SleeveHoldings } from './intent.ts';
import type { Symbol } from './market.ts';
import type { RebalanceRule, Signal } from './signal.ts';
import type { FailurePolicy, SleeveId, SleeveLife } from './sleeve.ts';
import { session } from './time.ts';
import {
  format,
  money,
  ONE_WEIGHT,
  parseMoney,
  parsePrice,
  parseQuantity,
  parseWeight,
  price,
  quantity,
  weight,
  type Price,
  type Quantity,
  type Weight,
} from './units/units.ts';

const SLEEVE = 'momentum' as SleeveId; // well-formed
const symbol = (text: string): Symbol => text as Symbol; // well-formed
const bySymbol = <T>(of: Readonly<Record<string, string>>, parse: (text: string) => T) =>
  new Map(Object.entries(of).map(([name, text]) => [symbol(name), parse(text)]));

interface Given {
  readonly cash?: string;
  readonly receivables?: string;
  readonly held?: Readonly<Record<string, string>>;
  readonly prices?: Readonly<Record<string, string>>;
  readonly targets?: Readonly<Record<string, string>> | 'failed';
  readonly onFailure?: FailurePolicy;
  readonly deployment?: string;
  readonly life?: SleeveLife;
  readonly due?: string;
  readonly reserve?: string;
  readonly rule?: RebalanceRule;
  readonly rebalancedOn?: string;
  readonly broken?: readonly string[];
  readonly cashBroken?: boolean;
}

function holdingsOf(given: Given): SleeveHoldings {
  return {
    sleeve: SLEEVE,
    onFailure: given.onFailure ?? 'hold',
    cash: parseMoney(given.cash ?? '0'),
    receivables: parseMoney(given.receivables ?? '0'),
    positions: bySymbol(given.held ?? {}, parseQuantity),
    rebalancedOn: given.rebalancedOn === undefined ? null : session(given.rebalancedOn),
    life: given.life ?? 'active',
    due: parseMoney(given.due ?? '0'),
    deployment: parseWeight(given.deployment ?? '1'),
    reserve: parseMoney(given.reserve ?? '0'),
  };
}

function factsOf(given: Given): SizingFacts {
  return {
    session: session('2024-03-15'),
    signals: new Map(),
    prices: bySymbol(given.prices ?? {}, parsePrice),
    brokenSymbols: new Set((given.broken ?? []).map(symbol)),
    cashBroken: given.cashBroken ?? false,
  };
}

function signalOf(given: Given): Signal {
  const head = {
    sleeve: SLEEVE,
    strategy: 'test',
    strategyVersion: 'v',
    dialect: 'd',
    asOf: session('2024-03-14'),
    dataVersion: 'b',
    rebalance: given.rule ?? { kind: 'every-session' },
    path: null,
  } as const;
  const { targets = {} } = given;
  if (targets === 'failed') return { ...head, kind: 'failed', code: 'E1', message: 'no history' };
  const weights = [...bySymbol(targets, parseWeight)].map(([of, size]) => ({
    symbol: of,
    weight: size,
  }));
  const used = weights.reduce((sum, target) => sum + target.weight, 0n);
  return { ...head, kind: 'targets', weights, cash: weight(ONE_WEIGHT - used) };
}

/** "SPY +10", with the reason in brackets where the intent is settled. */
function size(given: Given): string[] {
  const holdings = holdingsOf(given);
  const facts = factsOf(given);
  return sizeIntents(holdings, sleeveNav(holdings, facts), signalOf(given), facts).map((intent) => {
    const settled =
      intent.settled === null ? '' : ` (${intent.settled.kind}/${intent.settled.reason})`;
    return `${intent.symbol} ${format(intent.quantity)}${settled}`;
  });
}

describe('NAV', () => {
  const nav = (given: Given) => {
    const found = sleeveNav(holdingsOf(given), factsOf(given));
    return found.kind === 'known' ? format(found.nav) : found.reason;
  };

  it('is cash + receivables + quantity x decision price', () => {
    // 100 + 2.5 + 3 x 10.5 + 0.5 x 20 = 144
    expect(
      nav({
        cash: '100',
        receivables: '2.5',
        held: { SPY: '3', TLT: '0.5' },
        prices: { SPY: '10.5', TLT: '20' },
      }),
    ).toBe('144');
  });

  it('is unknown, never cheaper, while a held symbol has no sane price (incident 14)', () => {
    expect(nav({ cash: '100', held: { SPY: '3' } })).toBe('SPY is held and has no sane price');
  });

  it('is unknown while a held symbol or the cash has an open break', () => {
    const given = { held: { SPY: '3' }, prices: { SPY: '1' } };
    expect(nav({ ...given, broken: ['SPY'] })).toBe('SPY has an open break');
    expect(nav({ ...given, broken: ['TLT'] })).toBe('3');
    expect(nav({ ...given, cashBroken: true })).toBe('the account has an open cash break');
  });

  it('names the same symbol whatever the order in which positions were opened', () => {
    expect(nav({ held: { TLT: '1', SPY: '1' } })).toBe(nav({ held: { SPY: '1', TLT: '1' } }));
  });
});

describe('target shares', () => {
  it.each<[string, Given, string[]]>([
    [
      'weight x NAV x deployment / price',
      { cash: '10000', targets: { SPY: '0.4' }, prices: { SPY: '160' }, deployment: '0.98' },
      ['SPY 24.5'],
    ],
    [
      'toward zero: 1000 / 3 (incident 17)',
      { cash: '1000', targets: { SPY: '1' }, prices: { SPY: '3' } },
      ['SPY 333.333333333'],
    ],
    [
      'toward zero: 2000 / 3 is not rounded to the nearest',
      { cash: '2000', targets: { SPY: '1' }, prices: { SPY: '3' } },
      ['SPY 666.666666666'],
    ],
    [
      'less what is held',
      { cash: '700', held: { SPY: '3' }, targets: { SPY: '0.5' }, prices: { SPY: '100' } },
      ['SPY 2'],
    ],
    [
      'a sell, by the exact digits held (incident 17)',
      { held: { SPY: '7.227357612' }, targets: {}, prices: { SPY: '100' } },
      ['SPY -7.227357612'],
    ],
    [
      'one intent a symbol held or wanted, sorted',
      {
        cash: '100',
        held: { TLT: '1' },
        targets: { SPY: '0.5' },
        prices: { SPY: '50', TLT: '100' },
      },
      ['SPY 2', 'TLT -1'],
    ],
    [
      'already there',
      { cash: '50', held: { SPY: '1' }, targets: { SPY: '0.5' }, prices: { SPY: '50' } },
      ['SPY 0 (held/already_there)'],
    ],
    ['nothing for a sleeve that holds and wants nothing (incident 15)', { cash: '100' }, []],
  ])('%s', (_rule, given, intents) => {
    expect(size(given)).toEqual(intents);
  });
});

describe('what cannot be sized', () => {
  it('denies every NAV-sized intent while NAV is unknown, and lets exits go', () => {
    expect(
      size({
        cash: '1000',
        held: { GLD: '5', SPY: '3', TLT: '4' },
        prices: { SPY: '100', TLT: '100', QQQ: '100' },
        targets: { SPY: '0.5', QQQ: '0.5' },
      }),
    ).toEqual(['GLD -5', 'QQQ 0 (denied/nav_unknown)', 'SPY 0 (denied/nav_unknown)', 'TLT -4']);
  });

  it('denies a wanted symbol without a price and sizes the others (incident 14)', () => {
    expect(
      size({ cash: '1000', prices: { SPY: '100' }, targets: { SPY: '0.5', QQQ: '0.5' } }),
    ).toEqual(['QQQ 0 (denied/price_unknown)', 'SPY 5']);
  });

  it('does not liquidate a sleeve whose NAV is zero or less (incident 12)', () => {
    for (const cash of ['-100', '-150']) {
      expect(
        size({ cash, held: { SPY: '1' }, prices: { SPY: '100' }, targets: { SPY: '1' } }),
      ).toEqual(['SPY 0 (denied/nav_not_positive)']);
    }
  });

  it('wants nothing for a sleeve that has and holds nothing', () => {
    expect(size({ prices: { SPY: '100' }, targets: { SPY: '1' } })).toEqual([
      'SPY 0 (held/already_there)',
    ]);
  });
});

describe('a signal whose weights do not sum to one', () => {
  it.each([
    ['0.6', '0.5', 'summing to 1.1'],
    ['0.6', '0.399999999999', 'summing to 0.999999999999'],
    ['1.5', '-0.5', 'summing to 1'],
    ['-0.5', '1.5', 'summing to 1'],
  ])('SPY %s and cash %s stops the decision: leverage is no weight', (spy, cash, message) => {
    const given: Given = { cash: '100', prices: { SPY: '10' } };
    const weights = [{ symbol: symbol('SPY'), weight: parseWeight(spy) }];
    const signal: Signal = {
      ...signalOf({}),
      kind: 'targets',
      weights,
      cash: parseWeight(cash),
    };
    const nav = sleeveNav(holdingsOf(given), factsOf(given));
    expect(() => sizeIntents(holdingsOf(given), nav, signal, factsOf(given))).toThrow(message);
  });
});

describe('a failed strategy', () => {
  const failed: Given = { cash: '10', held: { SPY: '3' }, prices: { SPY: '1' }, targets: 'failed' };

  it.each<[FailurePolicy, string]>([
    ['hold', 'SPY 0 (held/failed_strategy)'],
    ['abort', 'SPY 0 (held/failed_strategy)'],
    ['cash', 'SPY -3'],
  ])('under %s gives %s', (onFailure, intent) => {
    expect(size({ ...failed, onFailure })).toEqual([intent]);
  });

  it('leaves under cash also where prices are missing', () => {
    expect(size({ ...failed, prices: {}, onFailure: 'cash' })).toEqual(['SPY -3']);
  });
});

describe('the rebalance rule', () => {
  const half: Given = {
    cash: '500',
    held: { SPY: '5' },
    prices: { SPY: '100' },
    targets: { SPY: '0.5' },
    rule: { kind: 'corridor', width: parseWeight('0.05') },
    rebalancedOn: '2024-03-14',
  };

  it('trades in a corridor only when a weight drifted by more than its width', () => {
    expect(size(half)).toEqual(['SPY 0 (held/not_due)']);
    // 5.5 x 100 of 1000 is 55 %: drifted by exactly the width. One unit of share more is above it.
    const drifted = { ...half, cash: '450' };
    expect(size({ ...drifted, held: { SPY: '5.5' } })).toEqual(['SPY -0.5 (held/not_due)']);
    // NAV 1000.0000001, target 5.0000000005 toward zero: 5.
    expect(size({ ...drifted, held: { SPY: '5.500000001' } })).toEqual(['SPY -0.500000001']);
  });

  it('measures drift against the deployed part of NAV', () => {
    // Half of NAV is deployed: 2.5 shares of 1000 USD are the wanted 50 % of 500.
    const deployed: Given = { ...half, cash: '750', held: { SPY: '2.5' }, deployment: '0.5' };
    expect(size(deployed)).toEqual(['SPY 0 (held/not_due)']);
  });

  it('waits for the month and keeps the change that it would make', () => {
    const monthly: Given = {
      ...half,
      prices: { SPY: '200' },
      rule: { kind: 'calendar', frequency: 'monthly' },
    };
    expect(size({ ...monthly, rebalancedOn: '2024-03-01' })).toEqual(['SPY -1.25 (held/not_due)']);
    expect(size({ ...monthly, rebalancedOn: '2024-02-29' })).toEqual(['SPY -1.25']);
  });
});

const NAMES = ['GLD', 'QQQ', 'SPY', 'TLT'].map(symbol);
const mapOf = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<Map<Symbol, T>> =>
  fc
    .array(fc.option(values, { nil: undefined }), { minLength: 4, maxLength: 4 })
    .map(
      (all) =>
        new Map(all.flatMap((v, i) => (v === undefined ? [] : [[NAMES[i] ?? symbol(''), v]]))),
    );
const heldOf = mapOf<Quantity>(fc.bigInt({ min: 1n, max: 10n ** 13n }).map(quantity));
const pricesOf = mapOf<Price>(fc.bigInt({ min: 1n, max: 10n ** 12n }).map(price));
const weightsOf = mapOf<Weight>(fc.bigInt({ min: 1n, max: ONE_WEIGHT / 4n }).map(weight));
const cashOf = fc.bigInt({ min: -(10n ** 13n), max: 10n ** 14n }).map(money);

const situations = fc
  .record({ held: heldOf, prices: pricesOf, weights: weightsOf, cash: cashOf })
  .map(({ held, prices, weights, cash }) => {
    const holdings: SleeveHoldings = { ...holdingsOf({}), positions: held, cash };
    const facts: SizingFacts = { ...factsOf({ deployment: '0.98' }), prices };
    const targets = [...weights].map(([of, wanted]) => ({ symbol: of, weight: wanted }));
    const used = targets.reduce((sum, target) => sum + target.weight, 0n);
    const left = weight(ONE_WEIGHT - used);
    const signal: Signal = { ...signalOf({}), kind: 'targets', weights: targets, cash: left };
    return { holdings, facts, signal };
  });

describe('properties', () => {
  it('never sells more than is held, and intent = target - held', () => {
    fc.assert(
      fc.property(situations, ({ holdings, facts, signal }) => {
        const nav = sleeveNav(holdings, facts);
        for (const intent of sizeIntents(holdings, nav, signal, facts)) {
          expect(intent.held + intent.quantity >= 0n).toBe(true);
          if (intent.target === null) expect(intent.settled?.kind).toBe('denied');
          else expect(intent.quantity).toBe(intent.target - intent.held);
        }
      }),
    );
  });

  it('keeps the worth of all targets within the deployed NAV', () => {
    fc.assert(
      fc.property(situations, ({ holdings, facts, signal }) => {
        const nav = sleeveNav(holdings, facts);
        if (nav.kind === 'unknown' || nav.nav <= 0n) return;
        const worth = sizeIntents(holdings, nav, signal, facts).reduce(
          (sum, intent) => sum + (intent.target ?? 0n) * (intent.price ?? 0n),
          0n,
        );
        expect(worth * ONE_WEIGHT <= nav.nav * holdings.deployment * 10n ** 9n).toBe(true);
      }),
    );
  });

  it('is short of the exact target by less than one unit of share', () => {
    fc.assert(
      fc.property(situations, ({ holdings, facts, signal }) => {
        const nav = sleeveNav(holdings, facts);
        if (nav.kind === 'unknown' || nav.nav <= 0n) return;
        const wanted = new Map(signal.weights.map((target) => [target.symbol, target.weight]));
        for (const intent of sizeIntents(holdings, nav, signal, facts)) {
          const wantedWeight = wanted.get(intent.symbol);
          if (wantedWeight === undefined || intent.target === null || intent.price === null)
            continue;
          const exact = wantedWeight * nav.nav * holdings.deployment * 10n ** 9n;
          const found = intent.target * intent.price * ONE_WEIGHT * ONE_WEIGHT;
          expect(found <= exact).toBe(true);
          expect(exact - found < intent.price * ONE_WEIGHT * ONE_WEIGHT).toBe(true);
        }
      }),
    );
  });
});
