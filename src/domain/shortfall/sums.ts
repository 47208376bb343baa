// Stage: shortfall → reports. Lines summed by sleeve, symbol or period.
// Invariant: the groups of any key sum to the whole exactly; what has no price is counted, never zero.
import type { LedgerEvent } from '../ledger/events.ts';
import type { Posting } from '../ledger/postings.ts';
import { NO_COST, costOfCount, type Cost, type ShortfallLine } from '../shortfall.ts';
import type { SleeveId } from '../sleeve.ts';
import type { Session } from '../time.ts';
import { divideHalfEven, formatDecimal } from '../units/decimal.ts';
import { compareText, negate, ONE, quantity, type Money, type Quantity } from '../units/units.ts';

export const SHORTFALL_KEYS = ['sleeve', 'symbol', 'day', 'month', 'year'] as const;
export type ShortfallKey = (typeof SHORTFALL_KEYS)[number];

/**
 * A fee that the trades of one sleeve caused, by the session traded. Positive is paid. The broker books
 * a day's sum over all symbols: it is of no one of them.
 */
export interface TradeFee {
  readonly cycle: Session;
  readonly sleeve: SleeveId;
  readonly symbol: null;
  readonly amount: Money;
}

/** What stands for the symbol of a day's fees. */
const NO_SYMBOL = '(fees)';

export interface ShortfallSum {
  /** The values of the keys asked for, in that order; empty for the whole. */
  readonly group: readonly string[];
  readonly delay: Cost;
  readonly trading: Cost;
  readonly cross: Cost;
  /** Of what could be priced. */
  readonly opportunity: Cost;
  readonly fees: Cost;
  /** delay + trading + cross + opportunity + fees. */
  readonly total: Cost;
  /** By outcome, sorted: its part of the opportunity. */
  readonly reasons: readonly { readonly reason: string; readonly cost: Cost }[];
  /** Parts not traded that have no decision price or no mark: their cost cannot be known. */
  readonly unpriced: number;
  readonly wantedNotional: Cost;
  readonly executedNotional: Cost;
  readonly savedShares: Quantity;
  readonly savedSpread: Cost;
  /** Orders not sent, counted in 1e-9. */
  readonly savedOrders: Quantity;
}

/** One sum a group, sorted by group. */
export function sumShortfall(
  lines: readonly ShortfallLine[],
  fees: readonly TradeFee[],
  by: readonly ShortfallKey[],
): ShortfallSum[] {
  const groups = new Map<string, { group: string[]; lines: ShortfallLine[]; fees: TradeFee[] }>();
  const groupOf = (of: TradeFee | ShortfallLine) => {
    const group = by.map((key) => valueOf(of, key));
    const name = group.join('\u0000');
    const known = groups.get(name) ?? { group, lines: [], fees: [] };
    groups.set(name, known);
    return known;
  };
  for (const line of lines) groupOf(line).lines.push(line);
  for (const fee of fees) groupOf(fee).fees.push(fee);
  return [...groups]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, of]) => sumOf(of.group, of.lines, of.fees));
}

function valueOf(of: TradeFee | ShortfallLine, key: ShortfallKey): string {
  switch (key) {
    case 'sleeve':
      return of.sleeve;
    case 'symbol':
      return of.symbol ?? NO_SYMBOL;
    case 'day':
      return of.cycle;
    case 'month':
      return of.cycle.slice(0, 7);
    case 'year':
      return of.cycle.slice(0, 4);
  }
}

function sumOf(
  group: readonly string[],
  lines: readonly ShortfallLine[],
  tradeFees: readonly TradeFee[],
): ShortfallSum {
  const sum = (of: (line: ShortfallLine) => bigint): Cost =>
    costOfCount(lines.reduce((count, line) => count + of(line), 0n));
  const parts = lines.flatMap(({ unfilled }) => unfilled);
  const reasons = new Map<string, bigint>();
  for (const { reason, cost } of parts)
    reasons.set(reason, (reasons.get(reason) ?? 0n) + (cost ?? 0n));
  const delay = sum((line) => line.delay);
  const trading = sum((line) => line.trading);
  const cross = sum((line) => line.cross);
  const opportunity = costOfCount([...reasons.values()].reduce((count, each) => count + each, 0n));
  const fees = costOfCount(tradeFees.reduce((count, fee) => count + fee.amount * ONE, 0n));
  return {
    group,
    delay,
    trading,
    cross,
    opportunity,
    fees,
    total: costOfCount(delay + trading + cross + opportunity + fees),
    reasons: [...reasons]
      .sort(([a], [b]) => compareText(a, b))
      .map(([reason, cost]) => ({ reason, cost: costOfCount(cost) })),
    unpriced: parts.filter((part) => part.cost === null).length,
    wantedNotional: sum((line) => line.wantedNotional),
    executedNotional: sum((line) => line.executedNotional),
    savedShares: quantity(sum((line) => line.saving.shares)),
    savedSpread: sum((line) => line.saving.spread),
    savedOrders: quantity(sum((line) => line.saving.orders)),
  };
}

/** Every digit of a cost in USD. */
export const formatCost = (cost: Cost): string => formatDecimal(cost, 2 * 9);

/** A cost in basis points of a notional, half-even to 1e-4 bps; null where nothing was wanted. */
export function basisPoints(cost: Cost, notional: Cost): string | null {
  if (notional === NO_COST) return null;
  return formatDecimal(divideHalfEven(cost * 100_000_000n, notional), 4);
}

/** The fees of trades that one event booked, when it booked any. */
export function feesOf(event: LedgerEvent, postings: readonly Posting[]): TradeFee[] {
  if (event.kind !== 'activity_recorded' || event.activity.kind !== 'fee') return [];
  const { tradeDate } = event.activity;
  return postings.map(({ sleeve, cash }) => ({
    cycle: tradeDate,
    sleeve,
    symbol: null,
    amount: negate(cash),
  }));
}
