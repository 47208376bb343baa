// Stage: limits → outcomes. The outcome rows that one decision writes.
// Invariant: every unit of an intent is in exactly one part.
import { invariant } from '../invariant.ts';
import { outcomeKey } from '../ledger/state.ts';
import type { Limited } from '../limits/limited.ts';
import type { Symbol } from '../market.ts';
import type { NetDemand } from '../netting.ts';
import {
  addPart,
  seal,
  type OpenOutcome,
  type Outcome,
  type OutcomePart,
  type PartDraft,
} from '../outcome.ts';
import type { Parent } from '../plan.ts';
import type { SleeveId } from '../sleeve.ts';
import { add, compareText, NO_SHARES } from '../units/units.ts';
import { bySide } from './view.ts';

/** Outcome rows being written at one decision point. */
export class OutcomeSheet {
  // By symbol, then sleeve: symbols are decided one after the other, so that each one's rows stay at hand.
  readonly #open = new Map<Symbol, Map<SleeveId, OpenOutcome>>();

  start(outcome: Omit<OpenOutcome, 'parts'>): void {
    const { sleeve, symbol, held, intended, price } = outcome;
    invariant(
      this.#of(outcome) === undefined,
      () => `Outcome of ${outcomeKey(sleeve, symbol)} is written twice.`,
    );
    this.#put({ sleeve, symbol, held, intended, price, parts: [] });
  }

  /** Takes up a recorded outcome again without the parts that are decided anew. */
  reopen(outcome: Outcome, anew: (part: OutcomePart) => boolean): void {
    const open = this.#of(outcome) ?? outcome;
    this.#put({ ...open, parts: open.parts.filter((part) => !anew(part)) });
  }

  /** Whether the sleeve leaves the symbol whole. */
  isExit(of: { readonly sleeve: SleeveId; readonly symbol: Symbol }): boolean {
    const outcome = this.#of(of);
    return outcome !== undefined && add(outcome.held, outcome.intended) === NO_SHARES;
  }

  /** Whether the sleeve leaves the symbol whole, or held none of it. */
  isExitOrEntry(of: { readonly sleeve: SleeveId; readonly symbol: Symbol }): boolean {
    return this.isExit(of) || this.#of(of)?.held === NO_SHARES;
  }

  /** Adds a part; shares signed as the intent is. */
  add(of: { readonly sleeve: SleeveId; readonly symbol: Symbol }, part: PartDraft): void {
    const outcome = this.#of(of);
    invariant(
      outcome !== undefined,
      () => `No intent ${outcomeKey(of.sleeve, of.symbol)} for a part ${part.kind}/${part.reason}.`,
    );
    addPart(outcome, part);
  }

  /** Every row, sealed, sorted by sleeve and symbol. @throws InvariantError when one does not sum */
  sealed(): Outcome[] {
    const bySleeve = new Map<SleeveId, Outcome[]>();
    for (const [, rows] of [...this.#open].sort(([a], [b]) => compareText(a, b)))
      for (const row of rows.values()) {
        const own = bySleeve.get(row.sleeve);
        if (own === undefined) bySleeve.set(row.sleeve, [seal(row)]);
        else own.push(seal(row));
      }
    return [...bySleeve].sort(([a], [b]) => compareText(a, b)).flatMap(([, own]) => own);
  }

  #of({ sleeve, symbol }: Pick<OpenOutcome, 'sleeve' | 'symbol'>): OpenOutcome | undefined {
    return this.#open.get(symbol)?.get(sleeve);
  }

  #put(outcome: OpenOutcome): void {
    const rows = this.#open.get(outcome.symbol);
    if (rows === undefined) this.#open.set(outcome.symbol, new Map([[outcome.sleeve, outcome]]));
    else rows.set(outcome.sleeve, outcome);
  }
}

/** Records that an order carries these parts of its contributors' intents. */
export function recordOrdered(sheet: OutcomeSheet, parent: Parent): void {
  for (const { sleeve, quantity } of parent.demands) {
    sheet.add(
      { sleeve, symbol: parent.symbol },
      {
        kind: 'ordered',
        reason: 'net_order',
        quantity: bySide(parent.side, quantity),
        detail: parent.clientOrderId,
      },
    );
  }
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
