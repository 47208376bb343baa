// Stage: ledger. Which shares moved at and since each open, so that an action known late finds its holders.
// Invariant: a holding of today less what moved since an open is the holding of that open.
import type { Symbol } from '../market.ts';
import type { SleeveId } from '../sleeve.ts';
import { add, NO_SHARES, subtract, type Quantity } from '../units/units.ts';

/** Cycles that are looked back to: as long as corporate actions are asked for again. */
export const LOOK_BACK = 30;

/** Of a posting, what it moved; no shares where it has no symbol. */
interface Moved {
  readonly symbol: Symbol | null;
  readonly sleeve: SleeveId;
  readonly quantity: Quantity;
}

/** Moves of shares from one moment of an open to the next one. */
export interface Span {
  /** "2024-03-15 1": the actions of a date and rank; "2024-03-15 9": what followed them in its cycle. */
  readonly from: string;
  /** Cycles committed when it began. */
  readonly cycles: number;
  /** By symbol and sleeve, signed; one that moved forth and back is among them. */
  readonly moved: Map<Symbol, Map<SleeveId, Quantity>>;
}

export interface Moves {
  /** By `from`, which is the order of time but for actions known late. */
  readonly spans: Span[];
  /** By symbol: the span in which it moved first, of all time. */
  readonly first: Map<Symbol, string>;
}

export const noMoves = (): Moves => ({ spans: [], first: new Map() });

/** What moves from here on belongs to that moment; what is older than the look-back is forgotten. */
export function beginSpan({ spans }: Moves, from: string, cycles: number): void {
  if (spans.at(-1)?.from === from) return;
  spans.push({ from, cycles, moved: new Map() });
  while ((spans[0]?.cycles ?? cycles) < cycles - LOOK_BACK) spans.shift();
}

/** Notes what postings moved, at the moment that began last. */
export function noteMoves(moves: Moves, postings: readonly Moved[]): void {
  const span = moves.spans.at(-1);
  if (span !== undefined) put(moves, span, postings);
}

/** Notes what an action known late has moved, at its own moment. */
export function noteLateMoves(
  moves: Moves,
  { from, cycles }: Pick<Span, 'from' | 'cycles'>,
  postings: readonly Moved[],
): void {
  const { spans } = moves;
  const at = spans.findIndex((span) => span.from >= from);
  const here = spans[at];
  if (here?.from === from) return put(moves, here, postings);
  const span = { from, cycles, moved: new Map() };
  spans.splice(at === -1 ? spans.length : at, 0, span);
  put(moves, span, postings);
}

/**
 * By sleeve, what it held of a symbol just before a moment; null when that is too long ago to tell.
 *
 * @param held by sleeve, what it holds now
 */
export function heldBefore(
  moves: Moves,
  { from, symbol }: { readonly from: string; readonly symbol: Symbol },
  held: ReadonlyMap<SleeveId, Quantity>,
): ReadonlyMap<SleeveId, Quantity> | null {
  const first = moves.first.get(symbol);
  if (first === undefined || first >= from) return new Map();
  if ((moves.spans[0]?.from ?? '') > from) return null;
  const then = new Map(held);
  for (const span of moves.spans) {
    if (span.from < from) continue;
    for (const [sleeve, shares] of span.moved.get(symbol) ?? [])
      then.set(sleeve, subtract(then.get(sleeve) ?? NO_SHARES, shares));
  }
  return then;
}

/** Whether anything of a symbol moved at a moment or after it. */
export const hasMoved = ({ spans }: Moves, from: string, symbol: Symbol): boolean =>
  spans.some((span) => span.from >= from && span.moved.has(symbol));

function put({ first }: Moves, { from, moved }: Span, postings: readonly Moved[]): void {
  for (const { symbol, sleeve, quantity } of postings) {
    if (symbol === null || quantity === NO_SHARES) continue;
    let sleeves = moved.get(symbol);
    if (sleeves === undefined) {
      sleeves = new Map();
      moved.set(symbol, sleeves);
      if ((first.get(symbol) ?? from) >= from) first.set(symbol, from);
    }
    sleeves.set(sleeve, add(sleeves.get(sleeve) ?? NO_SHARES, quantity));
  }
}
