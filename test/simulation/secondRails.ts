// Stage: simulation. The guard rails a second time: what each says of one intent or one order.
// Invariant: shares no code with the product's limits; plain questions, answered from recorded facts.
import type { CycleOpened, DecisionPoint } from '../../src/domain/ledger/events.ts';
import type { Limits, SymbolRails } from '../../src/domain/limits/settings.ts';
import { UNIT, WEIGHT_UNIT } from './exact.ts';

interface Facts {
  readonly opened: CycleOpened;
  readonly points: readonly DecisionPoint[];
}

export function railsOfSymbol({ rails }: Limits, symbol: string): SymbolRails {
  for (const own of rails.symbols) if (own.symbol === symbol) return own;
  return rails.everySymbol;
}

/** "stale" when the quote is older, or younger, than the account allows. */
export const tooOld = ({ rails }: Limits, quotedAt: string, decidedAt: string): boolean =>
  Math.abs(Number(new Date(decidedAt)) - Number(new Date(quotedAt))) >
  rails.maxQuoteAgeSeconds * 1000;

/** Why nobody may trade the symbol at this quote. */
export function closedFor(
  limits: Limits,
  facts: Facts,
  of: { readonly symbol: string; readonly bid: bigint; readonly ask: bigint },
): string | null {
  const { collar } = railsOfSymbol(limits, of.symbol);
  if (collar === null) return null;
  const bar = barFor(facts, of.symbol);
  if (bar === undefined || bar.asOf !== facts.opened.asOf || bar.close <= 0n)
    return 'denied/last_close_missing';
  const room = collar * bar.close;
  const outside = (price: bigint): boolean =>
    (price - bar.close) * WEIGHT_UNIT > room || (bar.close - price) * WEIGHT_UNIT > room;
  return outside(of.bid) || outside(of.ask) ? 'denied/price_collar' : null;
}

/** Why a sleeve may not buy the symbol. */
export function unwanted(
  { rails }: Limits,
  of: {
    readonly sleeve: string;
    readonly symbol: string;
    readonly flows: bigint;
    readonly nav: bigint | null;
  },
): string | null {
  const on = (list: readonly string[] | null): boolean => list !== null && list.includes(of.symbol);
  if (on(rails.deny)) return 'denied/symbol_denied';
  if (rails.allow !== null && !on(rails.allow)) return 'denied/symbol_not_allowed';
  const own = rails.sleeves.find(({ sleeve }) => sleeve === of.sleeve);
  if (own === undefined) return null;
  if (on(own.deny)) return 'denied/sleeve_symbol_denied';
  if (own.allow !== null && !on(own.allow)) return 'denied/sleeve_symbol_not_allowed';
  if (own.maxLoss === null) return null;
  if (of.nav === null) return 'denied/sleeve_loss_unknown';
  return of.nav + own.maxLoss < of.flows ? 'denied/sleeve_loss_limit' : null;
}

export type Volume = { readonly left: bigint } | 'none' | 'missing';

/** Shares of the symbol that the market can take beside those ordered before. */
export function volumeLeft(limits: Limits, facts: Facts, symbol: string, before: bigint): Volume {
  const { maxVolumeShare } = railsOfSymbol(limits, symbol);
  if (maxVolumeShare === null) return 'none';
  const median = barFor(facts, symbol)?.medianVolume ?? null;
  if (median === null) return 'missing';
  const left = (median * maxVolumeShare) / WEIGHT_UNIT - before;
  return { left: left > 0n ? left : 0n };
}

/** A bar's close and median volume in today's shares. */
export function barFor({ opened, points }: Facts, symbol: string) {
  const bar = points[0]?.bars.find((each) => each.symbol === symbol);
  if (bar === undefined) return undefined;
  let close: bigint = bar.close;
  let medianVolume: bigint | null = bar.medianVolume;
  for (const action of opened.actions) {
    if (action.kind !== 'split' || action.symbol !== symbol || action.exDate <= bar.asOf) continue;
    close = (close * BigInt(action.oldShares)) / BigInt(action.newShares);
    if (medianVolume !== null)
      medianVolume = (medianVolume * BigInt(action.newShares)) / BigInt(action.oldShares);
  }
  return { asOf: bar.asOf, close, medianVolume };
}

/** What the orders planned so far use of the day's turnover; a buy still working at its ceiling. */
export function turnedOver(
  limits: Limits,
  facts: Facts,
  parents: Iterable<{
    readonly symbol: string;
    readonly side: 'buy' | 'sell';
    readonly quantity: bigint;
    readonly filled: bigint;
    readonly paid: bigint;
    readonly over: boolean;
  }>,
): bigint {
  let used = 0n;
  for (const { symbol, side, quantity, filled, paid, over } of parents) {
    used += paid;
    if (over) continue;
    const quote = facts.points[0]?.quotes.find((each) => each.symbol === symbol);
    if (quote === undefined || quote.bid === null || quote.ask === null)
      throw new RangeError(`An order for ${symbol} without a quote.`);
    const at =
      side === 'sell'
        ? halfEven(quote.bid + quote.ask, 2n)
        : up(quote.ask * (WEIGHT_UNIT + limits.priceAllowance), WEIGHT_UNIT);
    used += halfEven(at * (quantity - filled), UNIT);
  }
  return used;
}

const up = (numerator: bigint, denominator: bigint): bigint =>
  (numerator + denominator - 1n) / denominator;

/** Of positive numbers. */
function halfEven(numerator: bigint, denominator: bigint): bigint {
  const below = numerator / denominator;
  const rest = (numerator % denominator) * 2n;
  return rest > denominator || (rest === denominator && below % 2n === 1n) ? below + 1n : below;
}

/** What a sleeve may owe: deployment beyond its NAV. */
export const lent = (limits: Limits, nav: bigint | null): bigint =>
  limits.margin === null || nav === null || nav < 0n || limits.deployment < WEIGHT_UNIT
    ? 0n
    : ((limits.deployment - WEIGHT_UNIT) * nav) / WEIGHT_UNIT;

interface Wanted {
  readonly symbol: string;
  readonly shares: bigint;
  readonly mid: bigint;
  readonly ceiling: bigint;
}

/** The part of the buys that leaves a margin account safe, as numerator and denominator; null: all of them. */
export function safePart(
  limits: Limits,
  point: DecisionPoint,
  buys: readonly Wanted[],
): { readonly why: string; readonly top: bigint; readonly bottom: bigint } | null {
  const { margin } = limits;
  const now = point.snapshot.margin;
  if (margin === null || now === null) return null;
  let [cost, initial, maintenance, slip] = [0n, 0n, 0n, 0n];
  for (const { symbol, shares, mid, ceiling } of buys) {
    const binds = point.assets.find((each) => each.symbol === symbol)?.margin;
    if (binds === undefined || binds === null)
      throw new RangeError(`${symbol} binds nothing known.`);
    cost += shares * ceiling;
    initial += up(shares * mid * binds.initial, WEIGHT_UNIT);
    maintenance += up(shares * mid * binds.maintenance, WEIGHT_UNIT);
    if (ceiling > mid) slip += shares * (ceiling - mid);
  }
  // Each bound as "what there is" and "what all the buys take of it".
  const bounds = [
    {
      why: 'scaled/margin_initial',
      top: UNIT * (now.equity * margin.maxInitial - now.initialMargin * WEIGHT_UNIT),
      bottom: initial * WEIGHT_UNIT + slip * margin.maxInitial,
    },
    ...(now.maintenanceMargin * UNIT + maintenance === 0n
      ? []
      : [
          {
            why: 'scaled/margin_maintenance',
            top:
              UNIT *
              (now.equity * WEIGHT_UNIT -
                now.maintenanceMargin * (WEIGHT_UNIT + margin.minCushion)),
            bottom: slip * WEIGHT_UNIT + maintenance * (WEIGHT_UNIT + margin.minCushion),
          },
        ]),
  ].filter(({ top, bottom }) => top < bottom);
  const cash = { top: point.snapshot.cash * UNIT, bottom: cost };
  const short = point.snapshot.positions.some(({ quantity }) => quantity < 0n);
  if (cost === 0n || (!short && cash.top >= cash.bottom)) return null;
  const tighter = (one: { top: bigint; bottom: bigint }, other: typeof one): boolean =>
    one.top * other.bottom < other.top * one.bottom;
  let worst: (typeof bounds)[number] | null = null;
  for (const bound of bounds) if (worst === null || tighter(bound, worst)) worst = bound;
  if (worst === null) return null;
  const least = !short && tighter(worst, cash) ? cash : worst;
  return { why: worst.why, top: least.top > 0n ? least.top : 0n, bottom: least.bottom };
}
