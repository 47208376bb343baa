// Stage: simulation. The guard rails that a seed means.
// Invariant: a row of draws of its own, so that what a seed draws elsewhere does not depend on it.
import type { RailsConfig } from '../../src/config/rails.ts';
import { drawsOf } from './draws.ts';

export interface Railed {
  readonly seed: number;
  readonly universe: readonly string[];
  readonly cash: number;
  readonly sleeves: readonly string[];
}

/** Off in half of the seeds; otherwise each rail is off or tight by chance. */
export function railsOf(of: Railed): RailsConfig {
  const draws = drawsOf(`rails of seed ${of.seed}`);
  if (draws.chance(0.5)) return { ...OFF, maxQuoteAgeSeconds: draws.pick([1, 300]) };
  const usd = (...parts: readonly number[]): string =>
    draws.chance(0.5) ? 'none' : String(Math.floor(of.cash * draws.pick(parts)) + 100);
  const fraction = (...parts: readonly string[]): string =>
    draws.chance(0.5) ? 'none' : draws.pick(parts);
  const frozen = draws.chance(0.15) ? draws.some(of.universe, 1) : [];
  const free = of.universe.filter((symbol) => !frozen.includes(symbol));
  const deny = draws.chance(0.2) ? draws.some(free, 1) : [];
  const open = free.filter((symbol) => !deny.includes(symbol));
  const some = (symbols: readonly string[]): string[] =>
    draws.some(symbols, draws.whole(1, Math.max(symbols.length, 1)));
  return {
    maxQuoteAgeSeconds: draws.pick([1, 300]),
    maxOrderNotional: usd(0.1, 0.3),
    maxVolumeShare: fraction('0.1', '0.0001', '0.00001', '0.0000001'),
    collar: fraction('0.5', '0.02', '0.005'),
    maxDailyTurnover: usd(0.2, 0.6, 1.5),
    maxOrders: draws.pick(['none', 1, 2, 4] as const),
    allow: draws.chance(0.15) && open.length > 0 ? some(open) : 'all',
    deny,
    frozen,
    symbols: Object.fromEntries(
      free
        .filter(() => draws.chance(0.2))
        .map((symbol) => [
          symbol,
          draws.pick([
            { maxOrderNotional: usd(0.05) },
            { maxVolumeShare: fraction('0.00001') },
            { collar: fraction('0.01') },
            { maxSpread: '0.0003' },
          ]),
        ]),
    ),
    sleeves: Object.fromEntries(of.sleeves.filter(() => draws.chance(0.4)).map(sleeveRail)),
  };

  function sleeveRail(id: string): [string, RailsConfig['sleeves'][string]] {
    const lists = draws.pick([{ deny: draws.some(free, 1) }, {}]);
    const amounts = draws.pick([
      { maxLoss: draws.pick(['0', '0.5', '40']) },
      { maxOrderNotional: usd(0.01, 0.05) },
      {},
    ]);
    const list = draws.chance(0.2) && open.length > 0 ? { allow: some(open) } : lists;
    return [id, { ...list, ...amounts }];
  }
}

const OFF: RailsConfig = {
  maxQuoteAgeSeconds: 300,
  maxOrderNotional: 'none',
  maxVolumeShare: 'none',
  collar: 'none',
  maxDailyTurnover: 'none',
  maxOrders: 'none',
  allow: 'all',
  deny: [],
  frozen: [],
  symbols: {},
  sleeves: {},
};
