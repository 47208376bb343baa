// Stage: tests. Fills divided by hand, and the facts that nobody asked for.
// Invariant: fill = Σ slices + change of pending; every execution is posted once.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  brokenIdentities,
  centsOf,
  HandLedger,
  sleeveId,
  ticker,
  type HandOrder,
} from '../../../test/flows/byHand.ts';
import { economicDigest } from '../economicState.ts';
import {
  add,
  format,
  NO_MONEY,
  NO_SHARES,
  parseQuantity,
  price,
  quantity,
  total,
  type Quantity,
} from '../units/units.ts';
import { ledgerTotals } from './state.ts';

const BUY: HandOrder = {
  id: 'o1',
  symbol: 'SPY',
  side: 'buy',
  demands: { growth: '2', value: '1' },
};

const twoSleeves = (): HandLedger => new HandLedger('1000', { growth: '600', value: '300' });

function opened(orders: readonly HandOrder[] = [BUY]): HandLedger {
  const ledger = twoSleeves();
  ledger.open('2024-03-01');
  ledger.plan(orders);
  return ledger;
}

describe('a buy filled in three chunks for two contributors', () => {
  it('gives each floor(cum × demand ÷ 3) while it works, and the last units when it ends', () => {
    const ledger = opened();
    ledger.fill('o1', '1', '100');
    expect(ledger.shows('growth', 'SPY')).toBe('0.666666666 / 66.666666666 / 533.333333334');
    expect(ledger.shows('value', 'SPY')).toBe('0.333333333 / 33.333333333 / 266.666666667');
    expect(ledger.pending('o1')).toBe('0.000000001 / 0.000000001');
    // 2 shares for 201.5: each pays the average of 100.75, whatever the chunks.
    ledger.fill('o1', '1', '101.5');
    expect(ledger.shows('growth', 'SPY')).toBe('1.333333333 / 134.333333333 / 465.666666667');
    expect(ledger.shows('value', 'SPY')).toBe('0.666666666 / 67.166666666 / 232.833333334');
    expect(ledger.pending('o1')).toBe('0.000000001 / 0.000000001');
    // 2.5 shares for 252.5.
    ledger.fill('o1', '0.5', '102');
    expect(ledger.shows('growth', 'SPY')).toBe('1.666666666 / 168.333333333 / 431.666666667');
    expect(ledger.shows('value', 'SPY')).toBe('0.833333333 / 84.166666666 / 215.833333334');
    expect(ledger.pending('o1')).toBe('0.000000001 / 0.000000001');
    // Ends 0.5 short: the share unit goes to growth (fraction ⅔), the cash unit to value (fraction ⅔).
    ledger.plan([], { o1: 'expired' });
    expect(ledger.shows('growth', 'SPY')).toBe('1.666666667 / 168.333333333 / 431.666666667');
    expect(ledger.shows('value', 'SPY')).toBe('0.833333333 / 84.166666667 / 215.833333333');
    expect(ledger.pending('o1')).toBe('0 / 0');
    expect(format(ledgerTotals(ledger.state).cash)).toBe('747.5');
    expect(format(ledger.brokerCash)).toBe('747.5');
  });

  it('posts what each fill changed, and nothing where nothing changed', () => {
    const ledger = opened([{ ...BUY, demands: { growth: '2', value: '0.000000001' } }]);
    expect(
      ledger
        .fill('o1', '1', '100')
        .map((p) => `${p.sleeve} ${p.kind} ${format(p.quantity)} ${format(p.cash)}`),
    ).toEqual(['growth fill 0.999999999 -99.99999995', 'value fill 0 -0.000000049']);
  });

  it('realises the cost of a contributor that got no whole unit', () => {
    const ledger = opened([{ ...BUY, demands: { growth: '2', value: '0.000000001' } }]);
    ledger.fill('o1', '0.5', '100');
    ledger.plan([], { o1: 'canceled' });
    // value paid 25e-9 × … of 50 USD ÷ 2.000000001 × 1e-9 = 0.000000025 for a quarter of a unit.
    expect(ledger.sleeve('value').positions.size).toBe(0);
    expect(format(ledger.sleeve('value').realised)).toBe('-0.000000025');
    expect(format(ledger.sleeve('value').cash)).toBe('299.999999975');
    expect(brokenIdentities(ledger.state, brokerOf(ledger, { SPY: '0.5' }))).toEqual([]);
  });
});

describe('a sell', () => {
  it('relieves the oldest lots of each contributor: 15 of 10 @ 100 and 10 @ 110', () => {
    const ledger = new HandLedger('10000', { growth: '6000', value: '3000' });
    ledger.open('2024-03-01');
    ledger.plan([{ id: 'b1', symbol: 'SPY', side: 'buy', demands: { growth: '10', value: '4' } }]);
    ledger.fill('b1', '14', '100');
    ledger.plan([], { b1: 'filled' });
    ledger.close({ SPY: '100' });
    ledger.open('2024-03-04');
    ledger.plan([{ id: 'b2', symbol: 'SPY', side: 'buy', demands: { growth: '10' } }]);
    ledger.fill('b2', '10', '110');
    ledger.plan([], { b2: 'filled' });
    ledger.close({ SPY: '110' });
    ledger.open('2024-03-05');
    ledger.plan([{ id: 's1', symbol: 'SPY', side: 'sell', demands: { growth: '15', value: '3' } }]);
    // 18 sold at 120 and 126: 9 each, average 123.
    ledger.fill('s1', '9', '120');
    ledger.fill('s1', '9', '126');
    ledger.plan([], { s1: 'filled' });
    // growth: 15 × 123 = 1845, cost 1000 + 5 × 110 = 1550, profit 295; left 5 @ 110.
    expect(format(ledger.sleeve('growth').realised)).toBe('295');
    expect(ledger.shows('growth', 'SPY')).toBe('5 / 550 / 5745');
    // value: 3 × 123 = 369, cost 300, profit 69; left 1 @ 100.
    expect(format(ledger.sleeve('value').realised)).toBe('69');
    expect(ledger.shows('value', 'SPY')).toBe('1 / 100 / 2969');
    ledger.close({ SPY: '130' });
    // NAV 5745 + 5 × 130 = 6395: 295 realised + 100 unrealised on 6000.
    expect(format(ledger.sleeve('growth').performance.nav ?? NO_MONEY)).toBe('6395');
  });

  it('of more than a sleeve holds stops before anything is written', () => {
    const ledger = opened([{ id: 's1', symbol: 'SPY', side: 'sell', demands: { growth: '1' } }]);
    expect(() => ledger.fill('s1', '1', '100')).toThrow(
      'Sleeve growth would sell 1 SPY, holds 0. Nothing was written.',
    );
  });
});

describe('a fill', () => {
  it('with an id that is known changes nothing', () => {
    const ledger = opened();
    const fill = ledger.fillOf('o1', '1', '100');
    ledger.fill('o1', '1', '100');
    const before = { digest: economicDigest(ledger.state), records: recordOf(ledger) };
    expect(ledger.record('o1', fill)).toEqual([]);
    expect({ digest: economicDigest(ledger.state), records: recordOf(ledger) }).toEqual(before);
    // Even with other contents: the execution id is the broker's word.
    expect(ledger.record('o1', { ...fill, lastQty: parseQuantity('2') })).toEqual([]);
    expect(economicDigest(ledger.state)).toBe(before.digest);
  });

  it('of one execution under a second id is no second fill', () => {
    const ledger = opened();
    const fill = ledger.fillOf('o1', '1', '100');
    ledger.fill('o1', '1', '100');
    expect(() => ledger.record('o1', { ...fill, id: 'other' })).toThrow(/a fill is missing/);
  });

  it('after a gap in cumQty stops and says what is missing', () => {
    const ledger = opened();
    ledger.fill('o1', '1', '100');
    const gap = { ...ledger.fillOf('o1', '0.5', '100'), cumQty: parseQuantity('2.5') };
    expect(() => ledger.record('o1', gap)).toThrow(
      'Fill o1-2 of o1 reaches 2.5 shares, known fills reach 1.5 (difference 1): a fill is missing. ' +
        "Nothing was written. Fetch the order's fills again.",
    );
  });

  it('of another symbol or side than its order stops', () => {
    const ledger = opened();
    expect(() => ledger.fill('o1', '1', '100', { symbol: ticker('TLT') })).toThrow(
      'Fill o1-1 is buy TLT, its order o1 is buy SPY.',
    );
    expect(() => opened().fill('o1', '1', '100', { side: 'sell' })).toThrow(/is sell SPY/);
  });

  it('without shares or price stops', () => {
    expect(() => opened().fill('o1', '0', '100')).toThrow(/expected both above 0/);
    expect(() => opened().fill('o1', '-1', '100')).toThrow(/expected both above 0/);
    expect(() => opened().fill('o1', '1', '0')).toThrow(/expected both above 0/);
    expect(() => opened().fill('nobody', '1', '-3')).toThrow(/expected both above 0/);
  });

  it('that ends its order with another quantity than its fills stops', () => {
    const ledger = opened();
    const fill = ledger.fillOf('o1', '1', '100');
    ledger.record('o1', fill);
    expect(() => ledger.plan([], { o1: 'expired' })).toThrow(
      'Order o1 ended with 0 shares filled, its fills give 1.',
    );
  });
});

describe('what nobody asked for', () => {
  it('is posted to suspense at its own price: an over-fill, and a second one', () => {
    const ledger = opened();
    ledger.fill('o1', '2', '100');
    // 1 of these 1.5 is the parent's; 0.5 @ 110 is nobody's.
    ledger.fill('o1', '1.5', '110');
    expect(ledger.shows('suspense', 'SPY')).toBe('0.5 / 55 / -55');
    expect(ledger.shows('growth', 'SPY')).toBe('2 / 206.666666666 / 393.333333334');
    ledger.fill('o1', '0.25', '120');
    expect(ledger.shows('suspense', 'SPY')).toBe('0.75 / 85 / -85');
    ledger.plan([], { o1: 'filled' });
    expect(ledger.shows('growth', 'SPY')).toBe('2 / 206.666666667 / 393.333333333');
    expect(ledger.shows('value', 'SPY')).toBe('1 / 103.333333333 / 196.666666667');
    expect(brokenIdentities(ledger.state, brokerOf(ledger, { SPY: '3.75' }))).toEqual([]);
  });

  it('is rounded with the whole of its fill, as the broker rounds it', () => {
    // 0.333333333 @ 1.5 = 0.4999999995 → 0.5 and 0.333333334 @ 1.5 = 0.500000001, both half-even;
    // together 0.666666667 @ 1.5 = 1.0000000005 → 1.000000000: one unit less than the two parts.
    const ledger = opened([{ ...BUY, demands: { growth: '0.333333333' } }]);
    ledger.fill('o1', '0.666666667', '1.5');
    expect(format(ledgerTotals(ledger.state).cash)).toBe('999');
    expect(format(ledger.brokerCash)).toBe('999');
  });

  it('keeps the cents: a late fill of an order that ended', () => {
    const ledger = opened();
    ledger.fill('o1', '1', '100.005');
    ledger.plan([], { o1: 'expired' });
    ledger.fill('o1', '1', '33.333');
    expect(ledger.shows('suspense', 'SPY')).toBe('1 / 33.333 / -33.333');
    expect(format(ledgerTotals(ledger.state).cash)).toBe(format(ledger.brokerCash));
  });

  it('may leave suspense short: a sale by hand of shares that a sleeve owns', () => {
    const ledger = opened([{ ...BUY, demands: { growth: '2' } }]);
    ledger.fill('o1', '2', '100');
    ledger.plan([], { o1: 'filled' });
    ledger.fill('by-hand', '1.5', '104', { symbol: ticker('SPY'), side: 'sell' });
    expect(ledger.shows('suspense', 'SPY')).toBe('-1.5 / -156 / 156');
    expect(ledger.shows('growth', 'SPY')).toBe('2 / 200 / 400');
    expect(brokenIdentities(ledger.state, brokerOf(ledger, { SPY: '0.5' }))).toEqual([]);
    // Bought back at 110: 156 − 165 is a loss of 9.
    ledger.fill('by-hand', '1.5', '110', { symbol: ticker('SPY'), side: 'buy' });
    expect(ledger.shows('suspense', 'SPY')).toBe('0 / 0 / -9');
    expect(format(ledger.sleeve('suspense').realised)).toBe('-9');
    expect(ledger.sleeve('suspense').positions.size).toBe(0);
  });
});

describe('any history of fills', () => {
  const order = fc.record({
    demands: fc.array(fc.bigInt({ min: 1n, max: 5n * 10n ** 9n }), { minLength: 1, maxLength: 5 }),
    chunks: fc.array(
      fc.record({
        share: fc.bigInt({ min: 1n, max: 1000n }),
        price: fc.bigInt({ min: 1n, max: 10n ** 12n }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    filled: fc.bigInt({ min: 1n, max: 1200n }),
  });

  it('sums: sleeves and pending = broker, slices and pending = cumQty, each within a unit of pro rata', () => {
    fc.assert(
      fc.property(fc.array(order, { minLength: 1, maxLength: 4 }), (orders) => {
        const names = ['a', 'b', 'c', 'd', 'e'];
        const ledger = new HandLedger('100000', Object.fromEntries(names.map((n) => [n, '20000'])));
        ledger.open('2024-03-01');
        const hand = orders.map(({ demands }, index) => ({
          id: `o${index}`,
          symbol: `S${index % 2}`,
          side: 'buy' as const,
          demands: Object.fromEntries(
            demands.map((demand, i) => [names[i] ?? '', format(quantity(demand))]),
          ),
        }));
        ledger.plan(hand);
        const held = new Map<string, Quantity>();
        orders.forEach(({ demands, chunks, filled }, index) => {
          const wanted = total(demands.map(quantity));
          // Up to 120 % of what was asked: over-fills are among them.
          const size = (wanted * filled) / 1000n;
          const shares = total(chunks.map(({ share }) => quantity(share)));
          let given = 0n;
          chunks.forEach((chunk, i) => {
            const rest = i === chunks.length - 1 ? size - given : (size * chunk.share) / shares;
            if (rest <= 0n) return;
            given += rest;
            ledger.fill(`o${index}`, format(quantity(rest)), format(price(chunk.price)));
            const symbol = `S${index % 2}`;
            held.set(symbol, add(held.get(symbol) ?? NO_SHARES, quantity(rest)));
            expect(problemsOf(ledger, held)).toEqual([]);
            const progress = ledger.state.cycle?.parents.get(`o${index}`);
            if (progress === undefined) throw new Error('no progress');
            const sum = total(progress.allocated.map((part) => part.quantity));
            expect(add(sum, progress.pendingQuantity)).toBe(progress.cumQty);
            expect(progress.pendingQuantity).toBeLessThan(BigInt(demands.length));
            demands.forEach((demand, d) => {
              const own = progress.allocated[d]?.quantity ?? 0n;
              expect(own).toBeLessThanOrEqual(demand);
              const exact = progress.cumQty * demand - own * wanted;
              expect(exact >= 0n && exact < wanted).toBe(true);
            });
          });
        });
        ledger.plan([], Object.fromEntries(hand.map(({ id }) => [id, 'expired' as const])));
        for (const progress of ledger.state.cycle?.parents.values() ?? []) {
          expect(total(progress.allocated.map((part) => part.quantity))).toBe(progress.cumQty);
          expect(total(progress.allocated.map((part) => part.cash))).toBe(progress.cumNotional);
        }
        expect(problemsOf(ledger, held)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same shares and cash however the broker chunks one price', () => {
    const cut = fc.uniqueArray(fc.integer({ min: 1, max: 2_999_999_999 }), { maxLength: 8 });
    const whole = opened();
    whole.fill('o1', '2.999999999', '100');
    whole.plan([], { o1: 'expired' });
    fc.assert(
      fc.property(cut, (cuts) => {
        const ledger = opened();
        let before = 0;
        for (const at of [...cuts.toSorted((a, b) => a - b), 2_999_999_999]) {
          if (at === before) continue;
          ledger.fill('o1', format(quantity(BigInt(at - before))), '100');
          before = at;
        }
        ledger.plan([], { o1: 'expired' });
        // At 100.00 every chunk's notional is exact, so that only the chunks differ.
        expect(ledger.shows('growth', 'SPY')).toBe(whole.shows('growth', 'SPY'));
        expect(ledger.shows('value', 'SPY')).toBe(whole.shows('value', 'SPY'));
      }),
    );
  });

  it('ends in one digest whichever order is filled first', () => {
    const orders: HandOrder[] = [
      BUY,
      { id: 'o2', symbol: 'TLT', side: 'buy', demands: { growth: '1', value: '1' } },
      { id: 'o3', symbol: 'GLD', side: 'buy', demands: { value: '3' } },
    ];
    const fills = [
      ['o1', '1', '100'],
      ['o1', '1.5', '100.25'],
      ['o2', '0.333333333', '90.01'],
      ['o2', '1', '90.02'],
      ['o3', '0.7', '11.115'],
      ['by-hand', '1', '7'],
    ] as const;
    const digests = new Set<string>();
    fc.assert(
      fc.property(fc.shuffledSubarray([...fills], { minLength: 6 }), (arrival) => {
        const ledger = opened(orders);
        // Messages arrive in any order; an order's own are taken in by cumQty.
        const seen = new Map<string, number>();
        for (const [id] of arrival) {
          const own = fills.filter(([of]) => of === id);
          const next = own[seen.get(id) ?? 0];
          seen.set(id, (seen.get(id) ?? 0) + 1);
          if (next !== undefined) ledger.fill(next[0], next[1], next[2]);
        }
        ledger.plan([], { o1: 'expired', o2: 'expired', o3: 'expired' });
        ledger.close({ SPY: '101', TLT: '91', GLD: '11', AAA: '7' });
        digests.add(economicDigest(ledger.state));
      }),
    );
    expect(digests.size).toBe(1);
  });
});

const recordOf = (ledger: HandLedger): readonly string[] => [...(ledger.state.cycle?.record ?? [])];

const brokerOf = (ledger: HandLedger, held: Readonly<Record<string, string>>) => ({
  cash: ledger.brokerCash,
  positions: new Map(Object.entries(held).map(([s, q]) => [ticker(s), parseQuantity(q)])),
});

const problemsOf = (ledger: HandLedger, held: ReadonlyMap<string, Quantity>): string[] =>
  brokenIdentities(ledger.state, {
    cash: ledger.brokerCash,
    positions: new Map([...held].map(([symbol, shares]) => [ticker(symbol), shares])),
  });

describe('the harness of these tests', () => {
  it('sees a ledger that is one unit off', () => {
    const ledger = opened();
    ledger.fill('o1', '1', '100');
    const broker = brokerOf(ledger, { SPY: '1' });
    const growth = ledger.state.sleeves.get(sleeveId('growth'));
    if (growth === undefined) throw new Error('no growth');
    // Pending shares and cash stand apart from sleeves while the order works.
    expect(brokenIdentities(ledger.state, broker)).toEqual([]);
    growth.cash = (growth.cash + 1n) as typeof growth.cash; // spoilt on purpose
    expect(brokenIdentities(ledger.state, broker)).toHaveLength(2);
    expect(centsOf(ledger.fillOf('o1', '1', '100.005'))).toBe(100_000_000_000n);
    expect(centsOf(ledger.fillOf('o1', '1', '100.015'))).toBe(100_020_000_000n);
  });
});
