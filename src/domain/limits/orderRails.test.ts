// Stage: none; properties of the rails of an order.
// Invariant: kept + cut = demanded for each contributor, nothing kept is beyond its bound, order says nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Symbol } from '../market.ts';
import type { NetDemand } from '../netting.ts';
import type { SleeveId } from '../sleeve.ts';
import { notional, ONE, price, quantity, total, weight, money } from '../units/units.ts';
import { inTurn, type Limited } from './limited.ts';
import { capByVolume, capOrderCount, denyLargeOrder, denyLargeParts } from './orderRails.ts';

const net: fc.Arbitrary<NetDemand> = fc
  .array(fc.bigInt({ min: 1n, max: 10n ** 14n }), { minLength: 1, maxLength: 20 })
  .map((shares) => {
    const demands = shares.map((count, index) => ({
      sleeve: `s${String(index).padStart(3, '0')}` as SleeveId, // well-formed
      quantity: quantity(count),
    }));
    const all = total(demands.map((demand) => demand.quantity));
    return { symbol: 'SPY' as Symbol, side: 'sell', quantity: all, demands }; // well-formed
  });

/** Each contributor's demand is what was kept and cut of it, exactly. */
function addsUp(before: NetDemand, { nets, cuts }: Limited): void {
  for (const { sleeve, quantity: wanted } of before.demands) {
    const kept = nets.flatMap(({ demands }) => demands).filter((each) => each.sleeve === sleeve);
    const lost = cuts.filter((each) => each.sleeve === sleeve);
    expect(total([...kept, ...lost].map((each) => each.quantity))).toBe(wanted);
  }
}

describe('the rails of an order', () => {
  it('take away exactly what is beyond the volume that is left', () => {
    fc.assert(
      fc.property(net, fc.bigInt({ min: 0n, max: 10n ** 15n }), (of, volume) => {
        const limited = capByVolume(of, {
          maxShare: weight(10n ** 11n),
          medianVolume: quantity(volume),
          ordered: quantity(7n),
        });
        addsUp(of, limited);
        const left = volume / 10n - 7n > 0n ? volume / 10n - 7n : 0n;
        const kept = total(limited.nets.map((one) => one.quantity));
        expect(kept).toBe(of.quantity < left ? of.quantity : left);
      }),
    );
  });

  it('let nothing larger than its bound go, of a sleeve or of the order', () => {
    fc.assert(
      fc.property(net, fc.bigInt({ min: 0n, max: 10n ** 16n }), (of, most) => {
        const [at, limit, own] = [price(3n * ONE), money(most), money(most / 5n)];
        const limited = inTurn(of, [
          (one) => denyLargeParts(one, { at, ownLimit: () => own }),
          (one) => denyLargeOrder(one, { at, limit }),
        ]);
        addsUp(of, limited);
        for (const { quantity: all, demands } of limited.nets) {
          expect(notional(at, all) <= limit).toBe(true);
          for (const each of demands) expect(notional(at, each.quantity) <= own).toBe(true);
        }
      }),
    );
  });

  it('let the first orders go, as many as are left, and deny the others whole', () => {
    const nets = fc.array(net, { minLength: 1, maxLength: 8 }).map(
      (list) => list.map((one, index) => ({ ...one, symbol: `S${index}` as Symbol })), // well-formed
    );
    fc.assert(
      fc.property(nets, fc.nat(8), fc.nat(8), (list, limit, before) => {
        const found = capOrderCount(list, { limit, before });
        const room = Math.max(limit - before, 0);
        expect(found.nets).toEqual(list.slice(0, room));
        const denied = new Set(found.cuts.map(({ symbol }) => symbol));
        expect([...denied]).toEqual(list.slice(room).map(({ symbol }) => symbol));
      }),
    );
  });
});
