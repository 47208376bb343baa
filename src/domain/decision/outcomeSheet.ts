// Stage: limits → outcomes. The outcome rows that one decision writes.
// Invariant: every unit of an intent is in exactly one part.
import { invariant } from '../invariant.ts';
import type { Intent } from '../intent.ts';
import { outcomeKey } from '../ledger/state.ts';
import type { Limited } from '../limits/limited.ts';
import type { Symbol } from '../market.ts';
import type { Demand, NetDemand, NetIntent } from '../netting.ts';
import type { Side } from '../order.ts';
import {
  addPart,
  seal,
  type OpenOutcome,
  type Outcome,
  type OutcomePart,
  type PartReason,
} from '../outcome.ts';
import type { Parent } from '../plan.ts';
import type { SleeveId } from '../sleeve.ts';
import { add, compareText, negate, NO_SHARES, subtract, type Quantity } from '../units/units.ts';
import { bySide } from './view.ts';

/** The rows of one symbol. */
interface SymbolRows {
  readonly rows: OpenOutcome[];
  /** What no part of a row speaks for yet; null where none says anything. Apart from the rows, which lie far apart. */
  readonly left: (Quantity | null)[];
  /** Where one was found last: they are asked for in their order. */
  last: number;
  /** No row is of a sleeve beyond it. */
  highest: SleeveId;
}

/** Outcome rows being written at one decision point. */
export class OutcomeSheet {
  readonly #rows: OpenOutcome[] = [];
  /** Whether the rows came in the order in which they are given back. */
  #rise = true;
  readonly #bySymbol = new Map<Symbol, SymbolRows>();

  start({ sleeve, symbol, held, quantity: intended, price }: Intent): void {
    const isNew = this.#put({ sleeve, symbol, held, intended, price, parts: NO_PARTS });
    if (!isNew) writtenTwice(sleeve, symbol);
  }

  /** Takes up a recorded outcome again without the parts that are decided anew. */
  reopen(outcome: Outcome, anew: (part: OutcomePart) => boolean): void {
    const { sleeve, symbol } = outcome;
    const open = this.#of(sleeve, symbol);
    const parts = (open ?? outcome).parts.filter((part) => !anew(part));
    if (open === undefined) this.#put({ ...outcome, parts });
    else {
      open.parts = parts;
      const own = this.#bySymbol.get(symbol);
      if (own !== undefined) own.left[own.last] = leftOf(open);
    }
  }

  /** Whether the sleeve leaves the symbol whole. */
  isExit({ sleeve, symbol }: { readonly sleeve: SleeveId; readonly symbol: Symbol }): boolean {
    const outcome = this.#of(sleeve, symbol);
    return outcome !== undefined && leavesWhole(outcome);
  }

  /** Whether the sleeve leaves the symbol whole, or held none of it. */
  isExitOrEntry(of: { readonly sleeve: SleeveId; readonly symbol: Symbol }): boolean {
    const outcome = this.#of(of.sleeve, of.symbol);
    return outcome !== undefined && (outcome.held === NO_SHARES || leavesWhole(outcome));
  }

  /** Adds a part; shares signed as the intent is. */
  add(
    of: { readonly sleeve: SleeveId; readonly symbol: Symbol },
    part: PartReason & { readonly quantity: Quantity },
  ): void {
    const own = this.#bySymbol.get(of.symbol);
    if (own === undefined) noIntent(of.sleeve, of.symbol, part);
    else addTo(own, { sleeve: of.sleeve, symbol: of.symbol, quantity: part.quantity }, part);
  }

  /** Says one thing of parts of several sleeves' intents; shares signed, or those of a side. */
  addEach(
    of: { readonly symbol: Symbol; readonly side: Side | 'signed' },
    why: PartReason,
    parts: readonly Demand[],
  ): void {
    const { symbol, side } = of;
    const own = this.#bySymbol.get(symbol);
    for (const { sleeve, quantity } of parts) {
      const shares = side === 'sell' ? negate(quantity) : quantity;
      if (own === undefined) noIntent(sleeve, symbol, why);
      else addTo(own, { sleeve, symbol, quantity: shares }, why);
    }
  }

  /** What nothing was said of yet, each symbol when it is asked for: in their order, then in that of the rows. */
  *unexplained(): Iterable<[Symbol, NetIntent[]]> {
    for (const [symbol, { rows, left }] of [...this.#bySymbol].sort(bySymbol)) {
      const intents: NetIntent[] = [];
      rows.forEach(({ sleeve, intended }, at) => {
        if (left[at] === null) intents.push({ sleeve, quantity: intended });
      });
      if (intents.length > 0) yield [symbol, intents];
    }
  }

  /** Every row, sorted by sleeve and symbol. @throws InvariantError when one does not sum */
  sealed(): Outcome[] {
    for (const { rows, left } of this.#bySymbol.values())
      left.forEach((shares, at) => {
        const row = rows[at];
        if (shares !== NO_SHARES && row !== undefined) seal(row);
      });
    return this.#rise ? this.#rows : this.#rows.toSorted(inOrder);
  }

  #of(sleeve: SleeveId, symbol: Symbol): OpenOutcome | undefined {
    const own = this.#bySymbol.get(symbol);
    return own === undefined ? undefined : rowOf(own, sleeve);
  }

  /** @returns false when there is a row of that sleeve and symbol already */
  #put(outcome: OpenOutcome): boolean {
    const { sleeve, symbol } = outcome;
    const own = this.#bySymbol.get(symbol);
    if (own === undefined)
      this.#bySymbol.set(symbol, {
        rows: [outcome],
        left: [leftOf(outcome)],
        last: 0,
        highest: sleeve,
      });
    else {
      // Most rows come in the order of their sleeves, and none of these is there yet.
      if (sleeve > own.highest) own.highest = sleeve;
      else if (this.#of(sleeve, symbol) !== undefined) return false;
      own.last = own.rows.push(outcome) - 1;
      own.left.push(leftOf(outcome));
    }
    const before = this.#rows.at(-1);
    this.#rise &&= before === undefined || inOrder(before, outcome) <= 0;
    this.#rows.push(outcome);
    return true;
  }
}

/** The row of a sleeve: from where the last one was found, and round once. */
function rowOf(own: SymbolRows, sleeve: SleeveId): OpenOutcome | undefined {
  const { rows } = own;
  for (let at = own.last, left = rows.length; left > 0; left -= 1) {
    const row = rows[at];
    if (row?.sleeve === sleeve) {
      own.last = at;
      return row;
    }
    at = at + 1 === rows.length ? 0 : at + 1;
  }
  return undefined;
}

/** Adds a part to the row of a sleeve. */
function addTo(
  own: SymbolRows,
  to: NetIntent & { readonly symbol: Symbol },
  why: PartReason,
): void {
  const row = rowOf(own, to.sleeve);
  if (row === undefined) noIntent(to.sleeve, to.symbol, why);
  else if (addPart(row, why, to.quantity)) {
    const left = own.left[own.last] ?? row.intended;
    // Most rows have one part, which is all of it.
    own.left[own.last] = left === to.quantity ? NO_SHARES : subtract(left, to.quantity);
  }
}

function leftOf({ intended, parts }: Outcome): Quantity | null {
  if (parts.length === 0) return null;
  return parts.reduce((left, part) => subtract(left, part.quantity), intended);
}

const NO_PARTS: readonly OutcomePart[] = [];

// Apart from where they are asked for: a message that is ready costs more than what it is about.

const writtenTwice = (sleeve: SleeveId, symbol: Symbol): void =>
  invariant(false, () => `Outcome of ${outcomeKey(sleeve, symbol)} is written twice.`);

const noIntent = (sleeve: SleeveId, symbol: Symbol, why: PartReason): void =>
  invariant(
    false,
    () => `No intent ${outcomeKey(sleeve, symbol)} for a part ${why.kind}/${why.reason}.`,
  );

const leavesWhole = ({ held, intended }: Outcome): boolean => add(held, intended) === NO_SHARES;

const bySymbol = ([a]: readonly [Symbol, unknown], [b]: readonly [Symbol, unknown]): number =>
  compareText(a, b);

const inOrder = (a: Outcome, b: Outcome): number =>
  compareText(a.sleeve, b.sleeve) || compareText(a.symbol, b.symbol);

/** Records that an order carries these parts of its contributors' intents. */
export function recordOrdered(sheet: OutcomeSheet, parent: Parent): void {
  const { demands, clientOrderId } = parent;
  sheet.addEach(parent, { kind: 'ordered', reason: 'net_order', detail: clientOrderId }, demands);
}

/** Records what a limit cut, on the side of the demand, and passes on what it kept. */
export function recordCuts(
  sheet: OutcomeSheet,
  side: NetDemand['side'],
  limited: Limited,
): readonly NetDemand[] {
  for (const cut of limited.cuts) {
    sheet.add(cut, {
      kind: cut.kind,
      reason: cut.reason,
      quantity: bySide(side, cut.quantity),
      detail: cut.detail,
      arithmetic: cut.arithmetic,
    });
  }
  return limited.nets;
}
