// Stage: simulation. From a seed to what people do with capital: policies, requests, lives of sleeves.
// Invariant: rows of draws of their own, so that what a seed draws elsewhere does not depend on it.
import type { Session } from '../../src/domain/time.ts';
import { drawsOf } from './draws.ts';
import type { CapitalOptions } from './options.ts';

/** Money in a third of the seeds, fixed fractions in a fifth, lives that change in a quarter. */
export function capitalOf(
  seed: number,
  of: {
    readonly sleeves: readonly string[];
    readonly sessions: readonly Session[];
    readonly cash: number;
  },
): CapitalOptions {
  return {
    fractions: fractionsOf(seed, of.sleeves),
    money: moneyOf(seed, of),
    lives: livesOf(seed, of),
  };
}

/** Of some sleeves, together at most the whole account. */
function fractionsOf(seed: number, sleeves: readonly string[]): CapitalOptions['fractions'] {
  const draws = drawsOf(`fixed fractions of seed ${seed}`);
  if (!draws.chance(0.2)) return [];
  const bound = draws.some(sleeves, draws.whole(1, sleeves.length));
  const claims = bound.map(() => draws.whole(1, 9));
  const all = claims.reduce((left, claim) => left + claim, draws.whole(0, 5));
  const band = draws.pick(['0', '0.01', '0.1']);
  return bound.map((sleeve, index) => ({
    sleeve,
    fraction: (Math.floor((1000 * (claims[index] ?? 0)) / all) / 1000).toFixed(3),
    band,
  }));
}

function moneyOf(
  seed: number,
  {
    sleeves,
    sessions,
    cash,
  }: { sleeves: readonly string[]; sessions: readonly Session[]; cash: number },
): CapitalOptions['money'] {
  const draws = drawsOf(`people's money of seed ${seed}`);
  const count = draws.chance(0.35) ? draws.whole(1, 5) : 0;
  const ends = [...sleeves, 'house'];
  return Array.from({ length: count }, (_, index) => {
    const kind = draws.pick([
      'deposit',
      'withdrawal',
      'withdrawal',
      'transfer',
      'transfer',
    ] as const);
    const [from = 'house', to = 'house'] = draws.some(ends, 2);
    const share = draws.pick([0.001, 0.02, 0.2, 0.9]);
    const amount = `${Math.max(1, Math.floor(cash * share))}.${String(draws.whole(0, 99)).padStart(2, '0')}`;
    const turned = draws.chance(0.5);
    return {
      id: `money-${index}`,
      session: draws.pick(sessions),
      kind,
      amount,
      from: turned ? to : from,
      to: turned ? from : to,
    };
  });
}

function livesOf(
  seed: number,
  { sleeves, sessions }: { sleeves: readonly string[]; sessions: readonly Session[] },
): CapitalOptions['lives'] {
  const draws = drawsOf(`lives of seed ${seed}`);
  const count = draws.chance(0.25) ? draws.whole(1, 4) : 0;
  return Array.from({ length: count }, () => ({
    session: draws.pick(sessions),
    sleeve: draws.pick(sleeves),
    life: draws.pick(['paused', 'closing', 'closing', 'active'] as const),
  }));
}
