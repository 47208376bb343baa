// Stage: netting → limits. Buys of a margin account: buying power, and what is left to stand on afterwards.
// Invariant: judged on the account after the trade; one factor for all buys; sells are exempt.
import { invariant } from '../invariant.ts';
import type { AccountSnapshot, MarginFigures } from '../account.ts';
import type { AssetFacts, Symbol } from '../market.ts';
import type { NetDemand } from '../netting.ts';
import type { Arithmetic } from '../outcome.ts';
import {
  formatWeight,
  maximum,
  minimum,
  money,
  NO_MONEY,
  ONE,
  ONE_WEIGHT,
  quantity,
  subtract,
  weight,
  type Money,
  type Price,
  type Weight,
} from '../units/units.ts';
import { costOfBuys, type Ceilings } from './funding.ts';
import { cutsBetween, factorText, takeAll, withDemands, type Limited } from './limited.ts';
import type { MarginLimits } from './settings.ts';

export interface MarginFacts {
  readonly limits: MarginLimits;
  readonly snapshot: AccountSnapshot;
  readonly ceilings: Ceilings;
  readonly mids: (symbol: Symbol) => Price;
  readonly assets: ReadonlyMap<Symbol, AssetFacts>;
}

/** What a sleeve may owe: the part of its deployment above 1, of a NAV that is known and positive. */
export const creditOf = (deployment: Weight, nav: Money | null): Money =>
  nav === null || nav <= 0n || deployment <= ONE_WEIGHT
    ? NO_MONEY
    : money(((deployment - ONE_WEIGHT) * nav) / ONE_WEIGHT);

/** The least of the buying powers that hold what is bought over night, less the reserve. */
export const marginBudget = (figures: MarginFigures, reserve: Money): Money =>
  subtract(minimum(figures.buyingPower, figures.overnightBuyingPower), reserve);

/** Denies buys whose margin is not known: by the account, or by the asset. */
export function denyUnknownMargin(net: NetDemand, facts: MarginFacts): Limited {
  const deny = (reason: string, detail: string): Limited =>
    takeAll(net, { kind: 'denied', reason, detail, arithmetic: null });
  if (facts.snapshot.margin === null)
    return deny('margin_unknown', 'the broker reports no margin figures');
  if ((facts.assets.get(net.symbol)?.margin ?? null) === null)
    return deny('asset_margin_unknown', `the broker does not say what ${net.symbol} binds`);
  return { nets: [net], cuts: [] };
}

interface Bound {
  readonly reason: string;
  /** factor ≤ room ÷ load; a load of zero binds nothing while there is room. */
  readonly room: bigint;
  readonly load: bigint;
  readonly arithmetic: Omit<Arithmetic, 'factor'>;
}

/**
 * Keeps the account safe after the buys, at the highest prices they may pay: initial margin ÷ equity
 * within its bound, the cushion above maintenance margin no thinner than its own. Buys that leave no
 * debit pass, whatever the ratios say.
 */
export function keepMargin(nets: readonly NetDemand[], facts: MarginFacts): Limited {
  const { margin, cash, positions } = facts.snapshot;
  const cost = costOfBuys(nets, facts.ceilings);
  if (margin === null || cost === 0n) return { nets, cuts: [] };
  const noShorts = positions.every((held) => held.quantity >= 0n);
  const debitFree = noShorts ? { room: cash * ONE, load: cost } : { room: 0n, load: 1n };
  if (debitFree.room >= debitFree.load) return { nets, cuts: [] };
  const binding = [initialBound(nets, facts, margin), cushionBound(nets, facts, margin)]
    .filter(({ room, load }) => (load === 0n ? room < 0n : room < load))
    .map((bound) => (bound.load === 0n ? { ...bound, load: 1n } : bound))
    .sort((a, b) => compareFractions(a, b))[0];
  if (binding === undefined) return { nets, cuts: [] };
  const factor = compareFractions(debitFree, binding) > 0 ? debitFree : binding;
  return scaled(nets, binding, factor);
}

/** Initial margin ÷ equity after orders, and whether it is worth a warning; null without figures. */
export function marginWarning(
  nets: readonly NetDemand[],
  facts: MarginFacts,
): { readonly reason: 'margin_initial'; readonly arithmetic: Arithmetic } | null {
  const { margin } = facts.snapshot;
  if (margin === null || margin.equity <= 0n) return null;
  const after = loadsOf(nets, facts);
  const equity = margin.equity * ONE - after.slip;
  if (equity <= 0n) return null;
  const ratio = ((margin.initialMargin * ONE + after.initial) * ONE_WEIGHT) / equity;
  if (ratio < facts.limits.warnInitial) return null;
  return {
    reason: 'margin_initial',
    arithmetic: {
      limit: formatWeight(facts.limits.warnInitial),
      observed: formatWeight(weight(ratio)),
      factor: null,
    },
  };
}

/** I + f·ΔI ≤ a·(E − f·ΔE), all in counts of 1e-18 USD times 1e-12. */
function initialBound(nets: readonly NetDemand[], facts: MarginFacts, now: MarginFigures): Bound {
  const { maxInitial } = facts.limits;
  const { initial, slip } = loadsOf(nets, facts);
  return {
    reason: 'margin_initial',
    room: (maxInitial * now.equity - ONE_WEIGHT * now.initialMargin) * ONE,
    load: ONE_WEIGHT * initial + maxInitial * slip,
    arithmetic: {
      limit: formatWeight(maxInitial),
      observed: ratioText(now.initialMargin * ONE + initial, now.equity * ONE - slip),
    },
  };
}

/** E − f·ΔE ≥ (1 + c)·(M + f·ΔM), in the same counts. */
function cushionBound(nets: readonly NetDemand[], facts: MarginFacts, now: MarginFigures): Bound {
  const { minCushion } = facts.limits;
  const { maintenance, slip } = loadsOf(nets, facts);
  const whole = ONE_WEIGHT + minCushion;
  const held = now.maintenanceMargin * ONE + maintenance;
  // Without maintenance margin there is nothing to stand above.
  const [equity, least] = held === 0n ? [0n, 0n] : [now.equity, now.maintenanceMargin];
  return {
    reason: 'margin_maintenance',
    room: (ONE_WEIGHT * equity - whole * least) * ONE,
    load: held === 0n ? 0n : ONE_WEIGHT * slip + whole * maintenance,
    arithmetic: {
      limit: formatWeight(minCushion),
      observed: ratioText(now.equity * ONE - slip - held, held),
    },
  };
}

/** What the buys add to the margins, and what paying their ceilings takes from equity; 1e-18 USD. */
function loadsOf(
  nets: readonly NetDemand[],
  facts: MarginFacts,
): { readonly initial: bigint; readonly maintenance: bigint; readonly slip: bigint } {
  let [initial, maintenance, slip] = [0n, 0n, 0n];
  for (const net of nets) {
    if (net.side !== 'buy') continue;
    const asset = facts.assets.get(net.symbol)?.margin ?? null;
    const ceiling = facts.ceilings.get(net.symbol);
    invariant(
      asset !== null && ceiling !== undefined,
      () => `${net.symbol} is bought on margin and nobody knows what it binds.`,
    );
    const worth = facts.mids(net.symbol) * net.quantity;
    initial += ceilingDivision(worth * asset.initial, ONE_WEIGHT);
    maintenance += ceilingDivision(worth * asset.maintenance, ONE_WEIGHT);
    slip += maximum(subtract(ceiling, facts.mids(net.symbol)), NO_PRICE) * net.quantity;
  }
  return { initial, maintenance, slip };
}

const NO_PRICE = 0n as Price;

function scaled(
  nets: readonly NetDemand[],
  binding: Bound,
  factor: { readonly room: bigint; readonly load: bigint },
): Limited {
  const room = factor.room > 0n ? factor.room : 0n;
  const kept = nets.map((net) => ({
    net,
    demands:
      net.side === 'sell'
        ? net.demands
        : net.demands.map((demand) => ({
            ...demand,
            quantity: quantity((demand.quantity * room) / factor.load),
          })),
  }));
  const { reason, arithmetic } = binding;
  const words =
    reason === 'margin_initial' ? 'initial margin ÷ equity' : 'cushion above maintenance margin';
  return {
    nets: kept.flatMap(({ net, demands }) => withDemands(net, demands)),
    cuts: kept.flatMap(({ net, demands }) =>
      cutsBetween(net, demands, {
        kind: 'scaled',
        reason,
        detail: `${words} would be ${arithmetic.observed}, limit ${arithmetic.limit}`,
        arithmetic: { ...arithmetic, factor: factorText(room, factor.load) },
      }),
    ),
  };
}

/** By room ÷ load; loads are positive where a bound binds. */
const compareFractions = (
  a: { readonly room: bigint; readonly load: bigint },
  b: { readonly room: bigint; readonly load: bigint },
): number => {
  const difference = a.room * b.load - b.room * a.load;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

const ceilingDivision = (numerator: bigint, denominator: bigint): bigint =>
  (numerator + denominator - 1n) / denominator;

const ratioText = (numerator: bigint, denominator: bigint): string =>
  denominator <= 0n ? 'none' : formatWeight(weight((numerator * ONE_WEIGHT) / denominator));
