// Stage: none; tests of the limits.
// Invariant: a limit only takes away, says what it took from whom, and never touches a sell for capital.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ceilingPrice, fundAccount, fundSleeves } from './funding.ts';
import type { Cut, Limited } from './limited.ts';
import { microTradeThreshold, suppressBelowMinimum, suppressMicroTrade } from './microTrade.ts';
import type { Limits } from './settings.ts';
import { roundToWholeShares } from './wholeShares.ts';
import type { Symbol } from '../market.ts';
import type { NetDemand } from '../netting.ts';
import type { Side } from '../order.ts';
import type { SleeveId } from '../sleeve.ts';
import {
  compareText,
  format,
  money,
  ONE,
  parseMoney,
  parsePrice,
  parseQuantity,
  parseWeight,
  price,
  quantity,
  total,
  type Money,
  type Price,
  type Quantity,
} from '../units/units.ts';
import { MARKET_EXECUTION } from '../execution.ts';
import { NO_RAILS, PACE } from '../../../test/rails.ts';

const sleeve = (id: string): SleeveId => id as SleeveId; // well-formed
const symbol = (text: string): Symbol => text as Symbol; // well-formed

/** A net demand written as decimal shares by sleeve. */
function demand(side: Side, name: string, shares: Readonly<Record<string, string>>): NetDemand {
  const demands = Object.entries(shares).map(([id, text]) => ({
    sleeve: sleeve(id),
    quantity: parseQuantity(text),
  }));
  return {
    symbol: symbol(name),
    side,
    quantity: total(demands.map((one) => one.quantity)),
    demands,
  };
}

/** "SPY a 10, SPY b 2.5" */
const keptOf = (limited: Limited): string =>
  limited.nets
    .flatMap((net) =>
      net.demands.map((one) => `${net.symbol} ${one.sleeve} ${format(one.quantity)}`),
    )
    .join(', ');

const cutsOf = (limited: Limited): string =>
  limited.cuts
    .map((cut) => `${cut.symbol} ${cut.sleeve} ${format(cut.quantity)} ${cut.kind}/${cut.reason}`)
    .join(', ');

const prices = (of: Readonly<Record<string, string>>): Map<Symbol, Price> =>
  new Map(Object.entries(of).map(([name, text]) => [symbol(name), parsePrice(text)]));

const budgets = (of: Readonly<Record<string, string>>): Map<SleeveId, Money> =>
  new Map(Object.entries(of).map(([id, text]) => [sleeve(id), parseMoney(text)]));

const LIMITS: Limits = {
  deployment: parseWeight('1'),
  reserve: parseMoney('0'),
  priceAllowance: parseWeight('0'),
  maxSpread: parseWeight('0.01'),
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

describe('ceiling price', () => {
  it.each([
    ['100', '0', '100'],
    ['100', '0.005', '100.5'],
    // 0.000000003 x 1.5 = 0.0000000045: up, so that the funding is never short.
    ['0.000000003', '0.5', '0.000000005'],
    ['0.000000001', '0.000000000001', '0.000000002'],
  ])('of an ask of %s with allowance %s is %s', (ask, allowance, ceiling) => {
    expect(format(ceilingPrice(parsePrice(ask), parseWeight(allowance)))).toBe(ceiling);
  });
});

describe('micro-trade threshold', () => {
  it.each<[string | null, string, string, string]>([
    // max(1, min(0.0005 x equity, 0.005 x NAV of the contributors))
    ['100000', '10000', '50', 'both parts meet: 50 and 50'],
    ['100000', '9000', '45', 'the sleeves are the smaller part'],
    ['80000', '10000', '40', 'the account is the smaller part'],
    ['100000', '200', '1', '0.005 x 200 is the floor itself'],
    ['100000', '199', '1', 'the floor of 1 USD'],
    ['100000', '200.000000200', '1.000000001', 'one unit above the floor'],
    ['100000', '-5000', '1', 'a negative NAV never lowers the floor'],
    [null, '10000', '50', 'an unknown equity leaves the part of the sleeves'],
  ])('at equity %s and NAV %s is %s: %s', (equity, nav, threshold) => {
    const known = equity === null ? null : parseMoney(equity);
    expect(format(microTradeThreshold(LIMITS, known, parseMoney(nav)))).toBe(threshold);
  });
});

describe('micro-trade suppression', () => {
  const none = new Set<SleeveId>();
  const suppress = (net: NetDemand, threshold: string, exempt: ReadonlySet<SleeveId> = none) =>
    suppressMicroTrade(net, {
      mid: parsePrice('10'),
      threshold: parseMoney(threshold),
      isExempt: (sleeve) => exempt.has(sleeve),
    });

  it.each([
    ['4.999999999', '', 'SPY a 4.999999999 suppressed/micro_trade'],
    ['5', 'SPY a 5', ''],
    ['5.000000001', 'SPY a 5.000000001', ''],
  ])('at a threshold of 50 USD and a mid of 10, %s shares leave "%s"', (shares, kept, cuts) => {
    const limited = suppress(demand('buy', 'SPY', { a: shares }), '50');
    expect(keptOf(limited)).toBe(kept);
    expect(cutsOf(limited)).toBe(cuts);
  });

  it('is decided on the net order: two small demands together pass', () => {
    expect(keptOf(suppress(demand('sell', 'SPY', { a: '2.5', b: '2.5' }), '50'))).toBe(
      'SPY a 2.5, SPY b 2.5',
    );
  });

  it('says the arithmetic for every contributor (incident 32)', () => {
    const limited = suppress(demand('buy', 'SPY', { a: '1', b: '0.5' }), '50');
    expect(limited.cuts.map((cut) => [cut.sleeve, cut.detail])).toEqual([
      ['a', 'net 15 USD below 50 USD'],
      ['b', 'net 15 USD below 50 USD'],
    ]);
  });

  it('lets only the exempt demands of a mixed order go (incident 32: dust is closed)', () => {
    const mixed = demand('sell', 'SPY', { adjusts: '2', leaves: '1' });
    const limited = suppress(mixed, '50', new Set([sleeve('leaves')]));
    expect(keptOf(limited)).toBe('SPY leaves 1');
    expect(limited.nets[0]?.quantity).toBe(parseQuantity('1'));
    expect(cutsOf(limited)).toBe('SPY adjusts 2 suppressed/micro_trade');
  });

  it('leaves an order above the threshold whole, exempt or not', () => {
    const mixed = demand('sell', 'SPY', { adjusts: '4', leaves: '1' });
    expect(keptOf(suppress(mixed, '50', new Set([sleeve('leaves')])))).toBe(
      'SPY adjusts 4, SPY leaves 1',
    );
  });
});

describe('broker minimum', () => {
  it.each([
    ['0.999999999', '', 'SPY a 0.999999999 suppressed/below_broker_minimum'],
    ['1', 'SPY a 1', ''],
    ['1.000000001', 'SPY a 1.000000001', ''],
  ])('of 10 USD at a mid of 10, %s shares leave "%s"', (shares, kept, cuts) => {
    const limited = suppressBelowMinimum(
      demand('sell', 'SPY', { a: shares }),
      parsePrice('10'),
      parseMoney('10'),
    );
    expect(keptOf(limited)).toBe(kept);
    expect(cutsOf(limited)).toBe(cuts);
  });

  it('is recorded for every contributor', () => {
    const limited = suppressBelowMinimum(
      demand('buy', 'SPY', { a: '0.01', b: '0.02' }),
      parsePrice('10'),
      parseMoney('1'),
    );
    expect(limited.cuts.map((cut) => cut.detail)).toEqual([
      "0.3 USD below the broker's minimum of 1 USD",
      "0.3 USD below the broker's minimum of 1 USD",
    ]);
  });
});

describe('whole shares (incident 24)', () => {
  it.each([
    [{ a: '0.999999999' }, '', 'X a 0.999999999 rounded_away/whole_shares'],
    [{ a: '1' }, 'X a 1', ''],
    [{ a: '0.6', b: '0.4' }, 'X a 0.6, X b 0.4', ''],
    [{ a: '1.000000001' }, 'X a 1', 'X a 0.000000001 rounded_away/whole_shares'],
    // 1.5 -> 1: a 1.2/1.5 = 0.8, b 0.3/1.5 = 0.2.
    [
      { a: '1.2', b: '0.3' },
      'X a 0.8, X b 0.2',
      'X a 0.4 rounded_away/whole_shares, X b 0.1 rounded_away/whole_shares',
    ],
    // 3 thirds of one share: the leftover unit goes to the first by id.
    [
      { a: '0.5', b: '0.5', c: '0.5' },
      'X a 0.333333334, X b 0.333333333, X c 0.333333333',
      'X a 0.166666666 rounded_away/whole_shares, X b 0.166666667 rounded_away/whole_shares, ' +
        'X c 0.166666667 rounded_away/whole_shares',
    ],
  ])('turn %j into "%s"', (shares: Record<string, string>, kept, cuts) => {
    for (const side of ['buy', 'sell'] as const) {
      const limited = roundToWholeShares(demand(side, 'X', shares));
      expect(keptOf(limited)).toBe(kept);
      expect(cutsOf(limited)).toBe(cuts);
    }
  });
});

describe('funding per sleeve', () => {
  const ceilings = prices({ SPY: '10', TLT: '20' });
  const fund = (nets: NetDemand[], cash: Readonly<Record<string, string>>) =>
    fundSleeves(nets, { ceilings, budgets: budgets(cash) });

  it.each([
    ['99.999999999', 'SPY a 9.999999999', 'SPY a 0.000000001 scaled/sleeve_cash'],
    ['100', 'SPY a 10', ''],
    ['100.000000001', 'SPY a 10', ''],
    ['0', '', 'SPY a 10 scaled/sleeve_cash'],
    ['-50', '', 'SPY a 10 scaled/sleeve_cash'],
  ])('buys of 100 USD with %s USD leave "%s"', (cash, kept, cuts) => {
    const limited = fund([demand('buy', 'SPY', { a: '10' })], { a: cash });
    expect(keptOf(limited)).toBe(kept);
    expect(cutsOf(limited)).toBe(cuts);
  });

  it('scales all buys of one sleeve by one factor and says why', () => {
    // 10 x 10 + 5 x 20 = 200 USD against 150: three quarters of each.
    const limited = fund([demand('buy', 'SPY', { a: '10' }), demand('buy', 'TLT', { a: '5' })], {
      a: '150',
    });
    expect(keptOf(limited)).toBe('SPY a 7.5, TLT a 3.75');
    expect(limited.cuts.map((cut) => cut.detail)).toEqual([
      'needs 200 USD, limit 150 USD',
      'needs 200 USD, limit 150 USD',
    ]);
  });

  it('never touches a sleeve that can pay, and lends nobody its cash', () => {
    const limited = fund([demand('buy', 'SPY', { poor: '10', rich: '10' })], {
      poor: '40',
      rich: '1000000',
    });
    expect(keptOf(limited)).toBe('SPY poor 4, SPY rich 10');
    expect(limited.nets[0]?.quantity).toBe(parseQuantity('14'));
    expect(cutsOf(limited)).toBe('SPY poor 6 scaled/sleeve_cash');
  });

  it('funds nothing for a sleeve whose cash is not known (incident 33)', () => {
    expect(keptOf(fund([demand('buy', 'SPY', { a: '1' })], {}))).toBe('');
  });

  it('refuses to fund a symbol without a ceiling price (incident 14)', () => {
    expect(() => fund([demand('buy', 'QQQ', { a: '1' })], { a: '1000' })).toThrow(
      'No ceiling price for QQQ',
    );
  });

  it('buys nothing on the proceeds of a failed sell (incident 10)', () => {
    // Cash 0 since the sell brought nothing: the whole buy is cut.
    expect(cutsOf(fund([demand('buy', 'TLT', { a: '3' })], { a: '0' }))).toBe(
      'TLT a 3 scaled/sleeve_cash',
    );
  });
});

describe('funding of the account', () => {
  const ceilings = prices({ SPY: '10', TLT: '20' });
  const nets = [demand('buy', 'SPY', { a: '10', b: '20' }), demand('buy', 'TLT', { a: '5' })];

  it.each([
    // 100 + 200 + 100 = 400 USD.
    ['400', 'SPY a 10, SPY b 20, TLT a 5'],
    ['400.000000001', 'SPY a 10, SPY b 20, TLT a 5'],
    ['300', 'SPY a 7.5, SPY b 15, TLT a 3.75'],
    ['399.999999999', 'SPY a 9.999999999, SPY b 19.999999999, TLT a 4.999999999'],
    ['0', ''],
    ['-1', ''],
  ])('of %s USD leaves "%s": one factor for all', (budget, kept) => {
    expect(keptOf(fundAccount(nets, { ceilings, budget: parseMoney(budget) }))).toBe(kept);
  });

  it('records limit and loss of each contributor', () => {
    const limited = fundAccount(nets, { ceilings, budget: parseMoney('300') });
    expect(cutsOf(limited)).toBe(
      'SPY a 2.5 scaled/account_capital, SPY b 5 scaled/account_capital, TLT a 1.25 scaled/account_capital',
    );
    expect(limited.cuts[0]?.detail).toBe('needs 400 USD, limit 300 USD');
  });
});

const IDS = ['a', 'b', 'c', 'd', 'e'];
const SYMBOLS = ['GLD', 'QQQ', 'SPY', 'TLT'];

/** Up to four net demands of up to five sleeves, small and large. */
const netsOf = (side: fc.Arbitrary<Side>): fc.Arbitrary<NetDemand[]> =>
  fc.uniqueArray(fc.constantFrom(...SYMBOLS), { minLength: 1 }).chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc
          .tuple(
            side,
            fc.uniqueArray(fc.constantFrom(...IDS), { minLength: 1 }),
            fc.array(sharesOf, { minLength: IDS.length, maxLength: IDS.length }),
          )
          .map(([which, ids, counts]): NetDemand => {
            const demands = [...ids].sort(compareText).map((id, index) => ({
              sleeve: sleeve(id),
              quantity: counts[index] ?? quantity(1n),
            }));
            return {
              symbol: symbol(name),
              side: which,
              quantity: total(demands.map((one) => one.quantity)),
              demands,
            };
          }),
      ),
    ),
  );
const sharesOf: fc.Arbitrary<Quantity> = fc
  .oneof(fc.bigInt({ min: 1n, max: 20n }), fc.bigInt({ min: 1n, max: 10n ** 14n }))
  .map(quantity);
const usdOf: fc.Arbitrary<Money> = fc
  .oneof(fc.bigInt({ min: -5n, max: 50n }), fc.bigInt({ min: -(10n ** 12n), max: 10n ** 16n }))
  .map(money);
const ceilingsOf: fc.Arbitrary<Map<Symbol, Price>> = fc
  .array(fc.bigInt({ min: 1n, max: 10n ** 13n }), { minLength: 4, maxLength: 4 })
  .map((all) => new Map(all.map((count, index) => [symbol(SYMBOLS[index] ?? ''), price(count)])));
const budgetsOf: fc.Arbitrary<Map<SleeveId, Money>> = fc
  .array(usdOf, { minLength: IDS.length, maxLength: IDS.length })
  .map((all) => new Map(all.map((usd, index) => [sleeve(IDS[index] ?? ''), usd])));
const anySide = fc.constantFrom<Side>('buy', 'sell');
const buys = fc.constant<Side>('buy');

/** kept + cut = demanded for every contributor; nothing of nobody appears. */
function expectAccounted(before: readonly NetDemand[], limited: Limited): void {
  const sum = new Map<string, bigint>();
  const put = (of: { symbol: Symbol; sleeve: SleeveId; quantity: Quantity }) => {
    expect(of.quantity > 0n).toBe(true);
    const key = `${of.symbol} ${of.sleeve}`;
    sum.set(key, (sum.get(key) ?? 0n) + of.quantity);
  };
  for (const net of limited.nets) {
    expect(net.quantity).toBe(total(net.demands.map((one) => one.quantity)));
    for (const one of net.demands) put({ ...one, symbol: net.symbol });
  }
  for (const cut of limited.cuts) put(cut);
  const demanded = before.flatMap((net) =>
    net.demands.map((one): [string, bigint] => [`${net.symbol} ${one.sleeve}`, one.quantity]),
  );
  expect(sum).toEqual(new Map(demanded));
}

const costAt = (ceilings: ReadonlyMap<Symbol, Price>, nets: readonly NetDemand[], id?: SleeveId) =>
  nets.reduce(
    (cost, net) =>
      net.demands.reduce(
        (sum, one) =>
          id === undefined || one.sleeve === id
            ? sum + (ceilings.get(net.symbol) ?? price(0n)) * one.quantity
            : sum,
        cost,
      ),
    0n,
  );

const within = (usd: Money): bigint => (usd > 0n ? usd * ONE : 0n);

describe('properties', () => {
  it('kept + cut = demanded, for every limit and contributor', () => {
    fc.assert(
      fc.property(netsOf(anySide), ceilingsOf, budgetsOf, usdOf, (nets, ceilings, cash, usd) => {
        expectAccounted(nets, fundSleeves(nets, { ceilings, budgets: cash }));
        expectAccounted(nets, fundAccount(nets, { ceilings, budget: usd }));
        for (const net of nets) {
          const mid = ceilings.get(net.symbol) ?? price(1n);
          expectAccounted([net], roundToWholeShares(net));
          expectAccounted([net], suppressBelowMinimum(net, mid, usd));
          const exempt = new Set([sleeve('b'), sleeve('d')]);
          expectAccounted(
            [net],
            suppressMicroTrade(net, { mid, threshold: usd, isExempt: (of) => exempt.has(of) }),
          );
        }
      }),
    );
  });

  it('never scales a sell for capital', () => {
    fc.assert(
      fc.property(netsOf(anySide), ceilingsOf, budgetsOf, usdOf, (nets, ceilings, cash, usd) => {
        const sells = nets.filter((net) => net.side === 'sell');
        for (const limited of [
          fundSleeves(nets, { ceilings, budgets: cash }),
          fundAccount(nets, { ceilings, budget: usd }),
        ]) {
          expect(limited.nets.filter((net) => net.side === 'sell')).toEqual(sells);
        }
      }),
    );
  });

  it("keeps every sleeve's buys at ceiling prices within its own cash, as far as a unit goes", () => {
    fc.assert(
      fc.property(netsOf(buys), ceilingsOf, budgetsOf, (nets, ceilings, cash) => {
        const limited = fundSleeves(nets, { ceilings, budgets: cash });
        for (const [id, usd] of cash) {
          const cost = costAt(ceilings, limited.nets, id);
          expect(cost <= within(usd)).toBe(true);
          const asked = costAt(ceilings, nets, id);
          // Not cut without need: unscaled within the cash, otherwise short by less than a unit a symbol.
          if (asked <= within(usd)) expect(cost).toBe(asked);
          else expect(within(usd) - cost < costAt(ceilings, oneUnitOfEach(nets))).toBe(true);
        }
      }),
    );
  });

  it("does not let one sleeve's cash change what another keeps", () => {
    fc.assert(
      fc.property(netsOf(buys), ceilingsOf, budgetsOf, usdOf, (nets, ceilings, cash, other) => {
        const changed = new Map(cash).set(sleeve('a'), other);
        const keptBy = (of: Map<SleeveId, Money>) =>
          fundSleeves(nets, { ceilings, budgets: of }).nets.flatMap((net) =>
            net.demands
              .filter((one) => one.sleeve !== 'a')
              .map((one) => `${net.symbol} ${one.sleeve} ${one.quantity}`),
          );
        expect(keptBy(changed)).toEqual(keptBy(cash));
      }),
    );
  });

  it('scales all net buys of the account by one factor, each floored', () => {
    fc.assert(
      fc.property(netsOf(buys), ceilingsOf, usdOf, (nets, ceilings, usd) => {
        const limited = fundAccount(nets, { ceilings, budget: usd });
        const asked = costAt(ceilings, nets);
        expect(costAt(ceilings, limited.nets) <= within(usd)).toBe(true);
        const kept = new Map(
          limited.nets.flatMap((net) =>
            net.demands.map((one) => [`${net.symbol} ${one.sleeve}`, one.quantity]),
          ),
        );
        for (const net of nets) {
          for (const one of net.demands) {
            const expected =
              asked <= within(usd) ? one.quantity : (one.quantity * within(usd)) / asked;
            expect(kept.get(`${net.symbol} ${one.sleeve}`) ?? 0n).toBe(expected);
          }
        }
      }),
    );
  });

  it('rounds to whole shares toward zero, each contributor within one unit of pro rata', () => {
    fc.assert(
      fc.property(netsOf(anySide), (nets) => {
        for (const net of nets) {
          const limited = roundToWholeShares(net);
          const whole = limited.nets[0]?.quantity ?? quantity(0n);
          expect(whole % ONE).toBe(0n);
          expect(net.quantity - whole < ONE).toBe(true);
          for (const one of net.demands) {
            const kept =
              limited.nets[0]?.demands.find((d) => d.sleeve === one.sleeve)?.quantity ?? 0n;
            const off = kept * net.quantity - whole * one.quantity;
            expect((off < 0n ? -off : off) < net.quantity).toBe(true);
          }
        }
      }),
    );
  });

  it('gives the same result whatever the order of the nets', () => {
    const sorted = (limited: Limited): Limited => ({
      nets: [...limited.nets].sort((a, b) => compareText(a.symbol, b.symbol)),
      cuts: [...limited.cuts].sort((a, b) => compareText(nameOf(a), nameOf(b))),
    });
    const nameOf = (cut: Cut): string => `${cut.symbol} ${cut.sleeve}`;
    fc.assert(
      fc.property(netsOf(anySide), ceilingsOf, budgetsOf, usdOf, (nets, ceilings, cash, usd) => {
        const backward = [...nets].reverse();
        expect(sorted(fundSleeves(backward, { ceilings, budgets: cash }))).toEqual(
          sorted(fundSleeves(nets, { ceilings, budgets: cash })),
        );
        expect(sorted(fundAccount(backward, { ceilings, budget: usd }))).toEqual(
          sorted(fundAccount(nets, { ceilings, budget: usd })),
        );
      }),
    );
  });
});

const oneUnitOfEach = (nets: readonly NetDemand[]): NetDemand[] =>
  nets.map((net) => ({
    ...net,
    demands: [{ sleeve: sleeve('a'), quantity: quantity(1n) }],
  }));
