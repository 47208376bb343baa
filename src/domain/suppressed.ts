// Stage: reports. What was wanted and not traded, why, and what it would have earned or cost since.
// Invariant: a mark that is not recorded is unknown, never zero; every unit is in exactly one line.
import { unreachable } from './invariant.ts';
import type { OpenCycle } from './ledger/state.ts';
import type { CorporateAction, Symbol } from './market.ts';
import type { Arithmetic, OutcomeKind, OutcomePart } from './outcome.ts';
import { AMENDED, type ShortfallLine } from './shortfall.ts';
import type { SleeveId } from './sleeve.ts';
import type { Session } from './time.ts';
import { divideHalfEven } from './units/decimal.ts';
import {
  absolute,
  add,
  compareText,
  money,
  NO_MONEY,
  notional,
  ONE,
  quantity,
  subtract,
  total,
  type Money,
  type Price,
  type Quantity,
} from './units/units.ts';

/** One part of an intent that did not become a trade. */
export interface NotTraded {
  readonly cycle: Session;
  readonly sleeve: SleeveId;
  readonly symbol: Symbol;
  readonly kind: OutcomeKind;
  readonly reason: string;
  readonly detail: string;
  readonly arithmetic: Arithmetic | null;
  /** Signed as the intent was. */
  readonly quantity: Quantity;
  /** Decision price; null where no sane price was there. */
  readonly price: Price | null;
  readonly notional: Money | null;
}

/** The parts of a finished cycle that were wanted and not traded, sorted by sleeve and symbol. */
export function notTraded(cycle: Pick<OpenCycle, 'opened' | 'outcomes'>): NotTraded[] {
  return [...cycle.outcomes.values()]
    .sort((a, b) => compareText(a.sleeve, b.sleeve) || compareText(a.symbol, b.symbol))
    .flatMap(({ sleeve, symbol, price, parts }) =>
      parts
        .filter(isNotTraded)
        .map((part) => ({ cycle: cycle.opened.cycle, sleeve, symbol, price, ...part })),
    );
}

/**
 * What the broker took back of trades, by busts and corrections: wanted, and traded no more. One line a
 * cycle, sleeve and symbol, as `shortfall` has it.
 *
 * @param priceOf the decision price; null where there was none
 */
export function takenBack(
  lines: readonly ShortfallLine[],
  priceOf: (line: ShortfallLine) => Price | null,
): NotTraded[] {
  const groups = Map.groupBy(lines, ({ cycle, sleeve, symbol }) => `${cycle} ${sleeve} ${symbol}`);
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    const parts = same.flatMap(({ unfilled }) => unfilled.filter((of) => of.reason === AMENDED));
    const lost = quantity(parts.reduce((sum, part) => sum + part.quantity, 0n));
    if (first === undefined || lost === 0n) return [];
    const price = priceOf(first);
    return {
      cycle: first.cycle,
      sleeve: first.sleeve,
      symbol: first.symbol,
      kind: 'expired',
      reason: 'amended',
      detail: 'a bust or a correction took it back',
      arithmetic: null,
      quantity: lost,
      price,
      notional: price === null ? null : notional(price, lost),
    };
  });
}

/**
 * Of a finished cycle, how many intents were held on purpose, by reason: the strategy's own rule asks for
 * no trade now, or its sleeve is paused. Nothing was refused or missed, so no report values them.
 */
export function heldOnPurpose({ outcomes }: Pick<OpenCycle, 'outcomes'>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, reason, quantity } of [...outcomes.values()].flatMap(({ parts }) => parts))
    if (kind === 'held' && quantity !== 0n) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

/** Whether a part speaks of something wanted that no trade came of. */
function isNotTraded({ kind }: OutcomePart): boolean {
  switch (kind) {
    case 'suppressed':
    case 'scaled':
    case 'denied':
    case 'rounded_away':
    case 'expired':
    case 'rejected':
      return true;
    case 'crossed':
    case 'ordered':
    case 'deferred':
    case 'held':
      return false;
    default:
      return unreachable(kind);
  }
}

/**
 * Without the parts that were wanted again, for the same reason, in the next of the sessions: what stands
 * for a hundred sessions is one intent, and the sum of its repeats is no money.
 */
export function lastStanding<Line extends NotTraded>(
  lines: readonly Line[],
  sessions: readonly Session[],
): Line[] {
  const next = new Map(sessions.map((session, index) => [session, sessions[index + 1]]));
  const keyOf = (cycle: Session, { sleeve, symbol, kind, reason, quantity }: Line): string =>
    [cycle, sleeve, symbol, kind, reason, quantity > 0n].join(' ');
  const wanted = new Set(lines.map((line) => keyOf(line.cycle, line)));
  return lines.filter((line) => {
    const following = next.get(line.cycle);
    return following === undefined || !wanted.has(keyOf(following, line));
  });
}

/** A closing price and the session it is of. */
export interface Mark {
  readonly session: Session;
  readonly price: Price;
}

/** What the market did after a decision, as recorded. */
export interface Afterwards {
  /** The last mark of a symbol on or before the day asked for; undefined when none is recorded. */
  markOf(symbol: Symbol): Mark | undefined;
  /** Corporate actions by symbol, by ex-date. */
  actionsOf(symbol: Symbol): readonly CorporateAction[];
}

/** The counterfactual of one line; null in every figure that is unknown. */
export interface Counterfactual extends NotTraded {
  readonly mark: Mark | null;
  /** Shares that the quantity would be at the mark, after splits: numerator over denominator. */
  readonly split: { readonly numerator: bigint; readonly denominator: bigint };
  /** Quantity × (mark − decision price): positive, what was missed; negative, what was spared. */
  readonly priceEffect: Money | null;
  /** Dividends with an ex-date in between, on the shares not held (or, for sells, still held). */
  readonly dividends: Money | null;
  readonly effect: Money | null;
}

/** Values one line at the later mark; rounded once, half-even, to 1e-9 USD. */
export function counterfactual(line: NotTraded, afterwards: Afterwards): Counterfactual {
  const mark = afterwards.markOf(line.symbol) ?? null;
  const known = mark !== null && mark.session >= line.cycle && line.price !== null;
  const unknown = { priceEffect: null, dividends: null, effect: null };
  if (!known) return { ...line, mark: null, split: UNSPLIT, ...unknown };
  const since = afterwards
    .actionsOf(line.symbol)
    .filter(({ exDate }) => exDate > line.cycle && exDate <= mark.session);
  let split = UNSPLIT;
  let dividends = NO_MONEY;
  for (const action of since) {
    if (action.kind === 'split') {
      const { numerator, denominator } = split;
      split = {
        numerator: numerator * BigInt(action.newShares),
        denominator: denominator * BigInt(action.oldShares),
      };
    } else if (action.kind === 'dividend')
      dividends = add(dividends, worthOf(action.perShare, line.quantity, split));
  }
  const then = worthOf(mark.price, line.quantity, split);
  const decided = worthOf(line.price, line.quantity, UNSPLIT);
  const priceEffect = subtract(then, decided);
  return { ...line, mark, split, priceEffect, dividends, effect: add(priceEffect, dividends) };
}

const UNSPLIT = { numerator: 1n, denominator: 1n };

const worthOf = (
  price: Price,
  shares: Quantity,
  split: { readonly numerator: bigint; readonly denominator: bigint },
): Money => money(divideHalfEven(price * shares * split.numerator, ONE * split.denominator));

/** A group of lines; the effect is of those that are known, and the others are counted. */
export interface NotTradedTotal {
  readonly group: string;
  readonly parts: number;
  /** Σ |notional| at the decision prices; parts without a price are in `unpriced`. */
  readonly notional: Money;
  readonly unpriced: number;
  readonly effect: Money;
  readonly unknown: number;
}

/** Sums lines into groups, sorted by name. */
export function sumNotTraded(
  lines: readonly Counterfactual[],
  groupOf: (line: Counterfactual) => string,
): NotTradedTotal[] {
  return [...Map.groupBy(lines, groupOf)]
    .sort(([a], [b]) => compareText(a, b))
    .map(([group, members]) => notTradedTotal(group, members));
}

export const notTradedTotal = (
  group: string,
  lines: readonly Counterfactual[],
): NotTradedTotal => ({
  group,
  parts: lines.length,
  notional: total(lines.map((line) => absolute(line.notional ?? NO_MONEY))),
  unpriced: lines.filter((line) => line.notional === null).length,
  effect: total(lines.map((line) => line.effect ?? NO_MONEY)),
  unknown: lines.filter((line) => line.effect === null).length,
});
