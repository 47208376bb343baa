// Stage: none; tests of netting.
// Invariant: what crosses sums to zero, and what is left over is still owned share by share.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Symbol } from './market.ts';
import { netSymbol, type Netted } from './netting.ts';
import type { SleeveId } from './sleeve.ts';
import {
  format,
  notional,
  parsePrice,
  parseQuantity,
  price,
  quantity,
  total,
  type Price,
  type Quantity,
} from './units/units.ts';

const AAPL = 'AAPL' as Symbol; // well-formed

/** Nets intents written as decimal shares by sleeve. */
function net(mid: string, intents: Readonly<Record<string, string>>): Netted {
  const wishes = Object.entries(intents).map(([id, shares]) => wish(id, parseQuantity(shares)));
  return netSymbol(AAPL, wishes, parsePrice(mid));
}

const wish = (id: string, shares: Quantity) => ({ sleeve: id as SleeveId, quantity: shares }); // well-formed

const legsOf = ({ cross }: Netted): Record<string, [string, string]> =>
  Object.fromEntries(
    (cross?.legs ?? []).map((leg) => [leg.sleeve, [format(leg.quantity), format(leg.cash)]]),
  );

const demandsOf = (netted: Netted): Record<string, string> =>
  Object.fromEntries(
    (netted.net?.demands ?? []).map((demand) => [demand.sleeve, format(demand.quantity)]),
  );

describe('worked examples', () => {
  it('crosses 40 of +100 and -40 at the mid and leaves one order for 60', () => {
    const netted = net('150', { a: '100', b: '-40' });
    expect(legsOf(netted)).toEqual({ a: ['40', '-6000'], b: ['-40', '6000'] });
    expect(netted.cross).toMatchObject({ symbol: 'AAPL', price: parsePrice('150') });
    expect(format(netted.cross?.quantity ?? quantity(0n))).toBe('40');
    expect(netted.net?.side).toBe('buy');
    expect(format(netted.net?.quantity ?? quantity(0n))).toBe('60');
    expect(demandsOf(netted)).toEqual({ a: '60' });
  });

  it('nets +100 -80 +30 to a buy of 50 shared 38.461538462 and 11.538461538', () => {
    // 80 x 100/130 = 61.5384615384.6 -> .462 is the larger fraction; 80 x 30/130 = 18.461538461.5
    const netted = net('10', { a: '100', b: '-80', c: '30' });
    expect(legsOf(netted)).toEqual({
      a: ['61.538461538', '-615.38461538'],
      b: ['-80', '800'],
      c: ['18.461538462', '-184.61538462'],
    });
    expect(demandsOf(netted)).toEqual({ a: '38.461538462', c: '11.538461538' });
  });

  it('crosses 1 share at 150.005 among three equal buyers without losing a unit', () => {
    // 150.005 x 0.333333334 = 50.00166676667 and x 0.333333333 = 50.001666616665 twice: the floors
    // leave two units of 1e-9 USD, which go to the fractions .67 (a) and .665 (b before c).
    const netted = net('150.005', { a: '1', b: '1', c: '1', seller: '-1' });
    const legs = netted.cross?.legs ?? [];
    expect(legs.map((leg) => format(leg.quantity))).toEqual([
      '0.333333334',
      '0.333333333',
      '0.333333333',
      '-1',
    ]);
    expect(legs.map((leg) => format(leg.cash))).toEqual([
      '-50.001666767',
      '-50.001666617',
      '-50.001666616',
      '150.005',
    ]);
    expect(demandsOf(netted)).toEqual({ a: '0.666666666', b: '0.666666667', c: '0.666666667' });
  });

  it('gives 60 and 40 of one order for 100 to weights of 60 % and 40 %', () => {
    const netted = net('150', { a: '60', b: '40' });
    expect(netted.cross).toBeNull();
    expect(demandsOf(netted)).toEqual({ a: '60', b: '40' });
  });
});

describe('edges', () => {
  it('sends no order when everything crosses', () => {
    const netted = net('10', { a: '30', b: '-10', c: '-20' });
    expect(netted.net).toBeNull();
    expect(legsOf(netted)).toEqual({ a: ['30', '-300'], b: ['-10', '100'], c: ['-20', '200'] });
  });

  it('nets a larger selling side to a sell', () => {
    const netted = net('10', { a: '30', b: '-40', c: '-20' });
    expect(netted.net?.side).toBe('sell');
    expect(legsOf(netted)).toEqual({ a: ['30', '-300'], b: ['-20', '200'], c: ['-10', '100'] });
    expect(demandsOf(netted)).toEqual({ b: '20', c: '10' });
  });

  it('does nothing for no intents', () => {
    expect(net('10', {})).toEqual({ cross: null, net: null });
  });

  it('charges no cash to a sleeve that got no share of a tiny cross', () => {
    // One unit of 1e-9 share at 150: 150 units of cash, all of them with the one who got the unit.
    const netted = net('150', { a: '0.000000001', b: '0.000000001', c: '-0.000000001' });
    expect(legsOf(netted)).toEqual({
      a: ['0.000000001', '-0.00000015'],
      c: ['-0.000000001', '0.00000015'],
    });
    expect(demandsOf(netted)).toEqual({ b: '0.000000001' });
  });

  it('breaks ties by sleeve id, whatever the order of the intents (incident 31)', () => {
    const forward = net('10', { a: '1', b: '1', c: '1', d: '-0.000000001' });
    const backward = net('10', { d: '-0.000000001', c: '1', b: '1', a: '1' });
    expect(Object.keys(legsOf(forward))).toEqual(['a', 'd']);
    expect(backward).toEqual(forward);
  });

  it('keeps the shares of the others when one strategy leaves (incident 4)', () => {
    // momentum leaves its 100 of 250 shares: the account sells 100, in momentum's name alone.
    const netted = net('10', { momentum: '-100', value: '0', growth: '0' });
    expect(demandsOf(netted)).toEqual({ momentum: '100' });
  });

  it('attributes by the intents, never in equal parts (incident 5)', () => {
    expect(demandsOf(net('10', { a: '-1', b: '-9' }))).toEqual({ a: '1', b: '9' });
    expect(demandsOf(net('10', { a: '1', b: '-9', stays: '0' }))).toEqual({ b: '8' });
  });
});

/** Up to six sleeves; counts small enough for units to matter, and large ones. */
const intentsOf = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 6 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc
          .oneof(
            fc.bigInt({ min: -12n, max: 12n }),
            fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
          )
          .map((count) => wish(id, quantity(count))),
      ),
    ),
  );
const midOf: fc.Arbitrary<Price> = fc.bigInt({ min: 1n, max: 10n ** 13n }).map(price);

describe('properties', () => {
  it('crosses exactly min(buys, sells); shares and cash sum to zero', () => {
    fc.assert(
      fc.property(intentsOf, midOf, (intents, mid) => {
        const { cross } = netSymbol(AAPL, intents, mid);
        const bought = total(intents.map((i) => (i.quantity > 0n ? i.quantity : quantity(0n))));
        const sold = total(intents.map((i) => (i.quantity < 0n ? i.quantity : quantity(0n))));
        const smaller = bought < -sold ? bought : -sold;
        expect(cross?.quantity ?? 0n).toBe(smaller);
        const legs = cross?.legs ?? [];
        expect(total(legs.map((leg) => leg.quantity))).toBe(0n);
        expect(total(legs.map((leg) => leg.cash))).toBe(0n);
        const gained = total(legs.map((l) => (l.quantity > 0n ? l.quantity : quantity(0n))));
        expect(gained).toBe(smaller);
      }),
    );
  });

  it('accounts for every unit: crossed + demanded = intended, on the side of the intent', () => {
    fc.assert(
      fc.property(intentsOf, midOf, (intents, mid) => {
        const netted = netSymbol(AAPL, intents, mid);
        const sign = netted.net?.side === 'sell' ? -1n : 1n;
        for (const { sleeve, quantity: intended } of intents) {
          const crossed = netted.cross?.legs.find((l) => l.sleeve === sleeve)?.quantity ?? 0n;
          const demanded = netted.net?.demands.find((d) => d.sleeve === sleeve)?.quantity ?? 0n;
          expect(crossed + sign * demanded).toBe(intended);
          expect(crossed * intended >= 0n).toBe(true);
        }
        const open = netted.net?.demands ?? [];
        expect(total(open.map((d) => d.quantity))).toBe(netted.net?.quantity ?? 0n);
        expect(open.every((demand) => demand.quantity > 0n)).toBe(true);
      }),
    );
  });

  it('shares the cross of the larger side within one unit of pro rata', () => {
    fc.assert(
      fc.property(intentsOf, midOf, (intents, mid) => {
        const { cross, net: left } = netSymbol(AAPL, intents, mid);
        if (cross === null || left === null) return;
        const larger = intents.filter((i) =>
          left.side === 'buy' ? i.quantity > 0n : i.quantity < 0n,
        );
        const size = total(larger.map((intent) => intent.quantity));
        for (const intent of larger) {
          const leg = cross.legs.find((l) => l.sleeve === intent.sleeve)?.quantity ?? 0n;
          const off =
            leg * size - (left.side === 'buy' ? 1n : -1n) * cross.quantity * intent.quantity;
          expect((off < 0n ? -off : off) < (size < 0n ? -size : size)).toBe(true);
        }
      }),
    );
  });

  it('prices every leg at the mid, within one unit of cash', () => {
    fc.assert(
      fc.property(intentsOf, midOf, (intents, mid) => {
        for (const leg of netSymbol(AAPL, intents, mid).cross?.legs ?? []) {
          const off = leg.cash + notional(mid, leg.quantity);
          expect(off >= -1n && off <= 1n).toBe(true);
        }
      }),
    );
  });

  it('gives the same bytes for any order of the intents (incident 31)', () => {
    const permuted = intentsOf.chain((intents) =>
      fc.tuple(
        fc.constant(intents),
        fc.shuffledSubarray(intents, { minLength: intents.length, maxLength: intents.length }),
      ),
    );
    fc.assert(
      fc.property(permuted, midOf, ([intents, shuffled], mid) => {
        expect(netSymbol(AAPL, shuffled, mid)).toEqual(netSymbol(AAPL, intents, mid));
      }),
    );
  });
});
