// Stage: ledger → reports. What it cost to get from the prices decided on to the shares owned.
// Invariant: delay + trading + cross + opportunity + fees = paper value − real value, to 1e-18 USD.
import { invariant } from './invariant.ts';
import { outcomeKey, type OpenCycle } from './ledger/state.ts';
import type { Symbol } from './market.ts';
import { ordersSpared } from './nettingSaving.ts';
import type { Outcome } from './outcome.ts';
import { HOUSE, type SleeveId } from './sleeve.ts';
import type { Session } from './time.ts';
import { arrivalsOf, tradesOf, type Traded } from './shortfall/traded.ts';
import {
  absolute,
  compareText,
  format,
  maximum,
  NO_SHARES,
  ONE,
  quantity,
  type Price,
  type Quantity,
} from './units/units.ts';

declare const cost: unique symbol;
/**
 * USD as an integer count of 1e-18: price × quantity before any rounding, so that sums over sleeves,
 * symbols and sessions are exact in whatever order they are taken. Positive is a loss.
 */
export type Cost = bigint & { readonly [cost]: 'cost' };
// The casts of this file are the one door into the unit.
export const costOfCount = (count: bigint): Cost => count as Cost;
export const NO_COST = costOfCount(0n);

/** Why what the broker took back of a trade is not traded. */
export const AMENDED = 'expired/amended';

/** What of an intent was not traded, by the outcome that says why. */
export interface Unfilled {
  /** "scaled/sleeve_cash", "expired/session_closed" … */
  readonly reason: string;
  readonly quantity: Quantity;
  /** (mark − decision) × quantity; null when either price is missing. */
  readonly cost: Cost | null;
}

/** Perold's shortfall of one sleeve in one symbol in one cycle. Shares are signed: a sale's are negative. */
export interface ShortfallLine {
  readonly cycle: Session;
  readonly sleeve: SleeveId;
  readonly symbol: Symbol;
  readonly wanted: Quantity;
  readonly crossed: Quantity;
  readonly executed: Quantity;
  /** |wanted| × decision price: what the basis points are of. */
  readonly wantedNotional: Cost;
  /** |executed| × arrival price: what slippage in basis points is of. */
  readonly executedNotional: Cost;
  /** (arrival − decision) × (crossed + executed). */
  readonly delay: Cost;
  /** Cash paid − arrival × executed: from the allocated cash, never from a rounded average price. */
  readonly trading: Cost;
  /** Cash of the cross − arrival × crossed; over the sleeves it sums to zero. */
  readonly cross: Cost;
  readonly unfilled: readonly Unfilled[];
  readonly saving: NettingSaving;
}

/** What meeting inside the account saved this sleeve. */
export interface NettingSaving {
  /** Positive whatever the side. */
  readonly shares: Quantity;
  /** Half the spread of each share crossed. */
  readonly spread: Cost;
  /** Orders not sent, counted in 1e-9, shared pro rata to what each sleeve crossed. */
  readonly orders: Quantity;
}

/**
 * The shortfall of a cycle that has closed, one line a sleeve and symbol that it wanted to trade,
 * sorted. What a strategy did not want now (`held`) is no part of it.
 *
 * @param cycle after its last decision: outcomes final, parents ended, marks recorded
 */
export function cycleShortfall(cycle: OpenCycle): ShortfallLine[] {
  const trades = tradesOf(cycle);
  const orders = ordersSpared(cycle);
  const arrivals = arrivalsOf(cycle);
  const keys = new Set([...cycle.outcomes.keys(), ...trades.keys()]);
  return [...keys].sort(compareText).flatMap((key) => {
    const line = lineOf(cycle, {
      outcome: cycle.outcomes.get(key),
      traded: trades.get(key),
      arrivals,
      orders: orders.get(key) ?? 0n,
    });
    return line === null ? [] : [line];
  });
}

function lineOf(
  cycle: OpenCycle,
  of: {
    readonly outcome: Outcome | undefined;
    readonly traded: Traded | undefined;
    readonly arrivals: ReadonlyMap<Symbol, Price>;
    readonly orders: bigint;
  },
): ShortfallLine | null {
  const { outcome, traded } = of;
  const { sleeve, symbol } = outcome ?? traded ?? {};
  if (sleeve === undefined || symbol === undefined) return null;
  const crossed = traded?.crossed ?? NO_SHARES;
  const netted = traded?.netted ?? NO_SHARES;
  const executed = traded?.executed ?? NO_SHARES;
  const decision = outcome?.price ?? traded?.crossPrice ?? null;
  // House never wanted what it was given.
  const given = sleeve === HOUSE ? maximum(quantity(crossed - netted), NO_SHARES) : NO_SHARES;
  const unfilled =
    outcome === undefined ? [] : unfilledOf(cycle, outcome, quantity(crossed + executed - given));
  const open = unfilled.reduce((sum, part) => sum + part.quantity, 0n);
  const wanted = quantity(crossed + executed + open);
  checkWanted(cycle, outcome, quantity(wanted - given));
  if (wanted === 0n && crossed === 0n && executed === 0n && unfilled.length === 0) return null;
  invariant(
    decision !== null || (crossed === 0n && executed === 0n),
    () => `${sleeve} traded ${symbol} in ${cycle.opened.cycle} without a decision price.`,
  );
  const d = decision ?? 0n;
  const a = of.arrivals.get(symbol) ?? d;
  const atArrival = traded?.atArrival ?? 0n;
  return {
    cycle: cycle.opened.cycle,
    sleeve,
    symbol,
    wanted,
    crossed,
    executed,
    wantedNotional: costOfCount(absolute(wanted) * d),
    executedNotional: costOfCount(atArrival < 0n ? -atArrival : atArrival),
    delay: costOfCount((a - d) * crossed + atArrival - d * executed),
    trading: costOfCount((traded?.executedCash ?? 0n) * ONE - atArrival),
    cross: costOfCount((traded?.crossCash ?? 0n) * ONE - a * crossed),
    unfilled,
    saving: {
      shares: absolute(netted),
      spread: costOfCount((traded?.spread ?? 0n) / 2n),
      orders: quantity(of.orders),
    },
  };
}

/** The parts that were wanted and not traded, by their reason, sorted. */
function unfilledOf(cycle: OpenCycle, outcome: Outcome, traded: Quantity): Unfilled[] {
  const mark = cycle.marks.get(outcome.symbol);
  const byReason = new Map<string, bigint>();
  for (const part of outcome.parts) {
    if (part.kind === 'held' || part.kind === 'crossed' || part.kind === 'ordered') continue;
    const reason = `${part.kind}/${part.reason}`;
    byReason.set(reason, (byReason.get(reason) ?? 0n) + part.quantity);
  }
  // What was amended after it was settled is traded no more, and its outcome stays as it was said.
  if (cycle.amended.has(outcomeKey(outcome.sleeve, outcome.symbol))) {
    const open = [...byReason.values()].reduce((sum, shares) => sum + shares, 0n);
    const lost = (intendedOf(outcome) ?? 0n) - traded - open;
    if (lost !== 0n) byReason.set(AMENDED, (byReason.get(AMENDED) ?? 0n) + lost);
  }
  return [...byReason]
    .sort(([a], [b]) => compareText(a, b))
    .map(([reason, shares]) => ({
      reason,
      quantity: quantity(shares),
      cost:
        shares === 0n || (mark !== undefined && outcome.price !== null)
          ? costOfCount(((mark ?? 0n) - (outcome.price ?? 0n)) * shares)
          : null,
    }));
}

/** What the sleeve wanted to trade in this cycle; null where nothing says. */
function intendedOf(outcome: Outcome | undefined): bigint | null {
  if (outcome === undefined) return null;
  const held = outcome.parts.filter((part) => part.kind === 'held');
  return outcome.intended - held.reduce((sum, part) => sum + part.quantity, 0n);
}

/** Traded and untraded must be all that the sleeve wanted: a trade nobody intended is a bug. */
function checkWanted(cycle: OpenCycle, outcome: Outcome | undefined, wanted: Quantity): void {
  const intended = intendedOf(outcome);
  invariant(
    intended === null || intended === wanted,
    () =>
      `${outcome?.sleeve ?? ''} wanted ${format(quantity(intended ?? 0n))} ${outcome?.symbol ?? ''} in ${cycle.opened.cycle}; traded and open are ${format(wanted)}. ` +
      'Nothing was written.',
  );
}
