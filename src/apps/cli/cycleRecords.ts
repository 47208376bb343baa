// Stage: apps. One cycle's records, and the view of one symbol in them.
// Invariant: every line shows a recorded fact or decision; nothing is decided again.
import type { ExecutionTerms } from '../../domain/amendment.ts';
import type { LedgerEvent } from '../../domain/ledger/events.ts';
import type { Symbol } from '../../domain/market.ts';
import type { Outcome, OutcomePart } from '../../domain/outcome.ts';
import type { Parent, PlanDecision } from '../../domain/plan.ts';
import {
  add,
  compareText,
  format,
  formatWeight,
  parseQuantity,
  type Quantity,
} from '../../domain/units/units.ts';
import type { StoredEntry } from '../../ports/journal.ts';
import { indent, wantsOf } from './cycleView.ts';
import { exactJson, shares, signedShares, signedUsd, usd } from './figures.ts';
import { goOn } from './explainView.ts';
import type { AmendedFill, FillSlices, Slice } from './fillSlices.ts';
import { summaryOf } from './pathSummary.ts';
import { pathLines } from './pathView.ts';
import { breakText, LINE, notedTable, table } from './table.ts';

/** Kinds of parts of which nothing is left to ask. */
const DONE: ReadonlySet<string> = new Set(['crossed', 'ordered', 'held']);

/** One cycle's records, and the view of one symbol in them. */
export class CycleRecords {
  readonly entries: readonly StoredEntry[];
  readonly #slices: FillSlices;
  readonly #outcomes = new Map<string, Outcome>();

  constructor(entries: readonly StoredEntry[], slices: FillSlices) {
    this.entries = entries;
    this.#slices = slices;
    for (const decision of this.#decisions()) {
      for (const outcome of decision.outcomes)
        this.#outcomes.set(`${outcome.symbol} ${outcome.sleeve}`, outcome);
    }
  }

  symbols(): Symbol[] {
    return [...new Set([...this.#outcomes.values()].map((outcome) => outcome.symbol))].sort(
      compareText,
    );
  }

  lines(symbol: Symbol): string[] {
    return [
      `${symbol} in the cycle of ${this.#cycle()}`,
      '',
      ...this.#quoteLines(symbol),
      ...this.#wantedLines(symbol),
      ...this.#pathLines(symbol),
      ...this.#crossLines(symbol),
      ...this.#parents(symbol).flatMap((parent) => this.#orderLines(parent)),
      ...this.#leftoverLines(symbol),
      ...this.#outcomeLines(symbol),
      ...goOn(this.#next(symbol)),
      '',
    ];
  }

  /** What can be asked next: each fill, each sleeve, and why something was not done. */
  #next(symbol: Symbol): string[] {
    const cycle = this.#cycle();
    const outcomes = [...this.#outcomes.values()]
      .filter((outcome) => outcome.symbol === symbol)
      .sort((a, b) => compareText(a.sleeve, b.sleeve));
    const undone = outcomes.filter(({ parts }) => parts.some(({ kind }) => !DONE.has(kind)));
    return [
      ...outcomes.map(({ sleeve }) => `explain ${sleeve} --on ${cycle}`),
      ...undone.map(({ sleeve }) => `why-not ${symbol} --sleeve ${sleeve} --on ${cycle}`),
      ...this.#fills(symbol)
        .slice(0, 8)
        .map(({ id }) => `explain ${id}`),
    ];
  }

  json(symbol: Symbol) {
    const wants = this.#signals().map((signal) => ({
      sleeve: signal.sleeve,
      weight:
        signal.kind === 'failed'
          ? null
          : formatWeight(
              signal.weights.find((target) => target.symbol === symbol)?.weight ?? (0n as never),
            ),
      failure: signal.kind === 'failed' ? signal.code : null,
      summary: summaryOf(signal),
      path: signal.path,
    }));
    return exactJson({
      symbol,
      wants,
      crosses: this.#decisions().flatMap((decision) =>
        decision.crosses.filter((cross) => cross.symbol === symbol),
      ),
      orders: this.#parents(symbol),
      leftovers: this.#slices.leftovers(this.#cycle(), symbol),
      fills: this.#fills(symbol).map((fill) => ({
        ...fill,
        slices: this.#slices.of(fill.id),
        restatements: this.#slices.amendmentsOf(fill.id),
      })),
      outcomes: [...this.#outcomes.values()].filter((outcome) => outcome.symbol === symbol),
    });
  }

  #events<K extends LedgerEvent['kind']>(kind: K): Extract<LedgerEvent, { kind: K }>[] {
    return this.entries
      .map(({ event }) => event)
      .filter((event): event is Extract<LedgerEvent, { kind: K }> => event.kind === kind);
  }

  #cycle = (): string => this.#events('cycle_opened')[0]?.cycle ?? '';
  #signals = () => this.#events('signal_recorded').map(({ signal }) => signal);
  #decisions = (): PlanDecision[] =>
    this.entries.flatMap(({ event }) => (event.kind === 'plan_decided' ? [event.decision] : []));
  #parents = (symbol: Symbol): Parent[] =>
    this.#decisions().flatMap((decision) =>
      decision.parents.filter((parent) => parent.symbol === symbol),
    );
  #fills = (symbol: Symbol) =>
    this.#events('fill_recorded')
      .map(({ fill }) => fill)
      .filter((fill) => fill.symbol === symbol);

  #quoteLines(symbol: Symbol): string[] {
    const quote = this.#events('decision_point')[0]?.quotes.find((each) => each.symbol === symbol);
    if (quote === undefined) return ['  No quote was there when the cycle was decided.', ''];
    const side = (price: typeof quote.bid): string => (price === null ? 'missing' : format(price));
    return [`  Quote at ${quote.at}: bid ${side(quote.bid)}, ask ${side(quote.ask)}`, ''];
  }

  #wantedLines(symbol: Symbol): string[] {
    const navs = new Map((this.#decisions()[0]?.navs ?? []).map((seen) => [seen.sleeve, seen]));
    const rows = this.#signals().flatMap((signal) => {
      const outcome = this.#outcomes.get(`${symbol} ${signal.sleeve}`);
      const target =
        signal.kind === 'failed'
          ? undefined
          : signal.weights.find((each) => each.symbol === symbol);
      if (outcome === undefined && target === undefined) return [];
      const nav = navs.get(signal.sleeve)?.nav;
      const weight =
        signal.kind === 'failed'
          ? `failed: ${signal.code}`
          : target === undefined
            ? '0'
            : formatWeight(target.weight);
      return [
        [
          signal.sleeve,
          nav === undefined || nav === null ? 'unknown' : usd(nav),
          weight,
          outcome === undefined ? '' : shares(outcome.held),
          outcome === undefined ? '' : shares(add(outcome.held, outcome.intended)),
          outcome === undefined ? '' : signedShares(outcome.intended),
        ],
      ];
    });
    const right = { align: 'right' } as const;
    return [
      ...indent(
        table(
          [
            { title: 'who wanted', most: 18 },
            { title: 'NAV', ...right },
            { title: 'weight', ...right },
            { title: 'held', ...right },
            { title: 'target', ...right },
            { title: 'intent', ...right },
          ],
          rows,
        ),
      ),
      '',
    ];
  }

  /** Why each strategy wanted it: the decision paths of the sleeves that hold or want the symbol. */
  #pathLines(symbol: Symbol): string[] {
    return this.#signals()
      .filter((signal) => this.#outcomes.has(`${symbol} ${signal.sleeve}`))
      .flatMap((signal) => [
        ...breakText(`${signal.sleeve}: ${summaryOf(signal)}`, LINE - 4).map((line, index) =>
          index === 0 ? `  ${line}` : `    ${line}`,
        ),
        ...breakText(
          `Why ${signal.sleeve} (${signal.strategy}, as of ${signal.asOf}) wanted ${wantsOf(signal)}`,
          LINE - 4,
        ).map((line, index) => (index === 0 ? `  ${line}` : `    ${line}`)),
        ...pathLines(signal.path).map((line) => `    ${line}`),
        '',
      ]);
  }

  #crossLines(symbol: Symbol): string[] {
    const crosses = this.#decisions().flatMap((decision) =>
      decision.crosses.filter((cross) => cross.symbol === symbol),
    );
    if (crosses.length === 0) return ['  Nothing crossed inside the account.', ''];
    return crosses.flatMap((cross) => [
      `  Crossed inside the account: ${shares(cross.quantity)} shares at ${format(cross.price)} (bid ${format(cross.bid)}, ask ${format(cross.ask)})`,
      ...cross.legs.map(
        (leg) =>
          `    ${leg.sleeve.padEnd(20)} ${signedShares(leg.quantity).padStart(20)} shares  ${signedUsd(leg.cash).padStart(16)} USD`,
      ),
      '',
    ]);
  }

  #orderLines(parent: Parent): string[] {
    const moves = this.#events('step_decided').filter(
      ({ decision }) => decision.parent === parent.clientOrderId,
    );
    const children = moves.flatMap(({ decision: { move } }) =>
      move.kind === 'send' ? [move.child] : [],
    );
    const end = moves.flatMap(({ decision: { move } }) => (move.kind === 'end' ? [move] : []))[0];
    return [
      `  Sent: ${parent.side} ${shares(parent.quantity)} ${parent.symbol}, for ${parent.demands.map((demand) => `${demand.sleeve} ${shares(demand.quantity)}`).join(', ')}`,
      ...(moves.length === 0
        ? this.#childLines(parent.clientOrderId)
        : children.flatMap((child) => [
            `    step ${child.attempt + 1}: ${child.type}${child.limitPrice === null ? '' : ` ${format(child.limitPrice)}`} ${child.timeInForce}, ${shares(child.quantity)}`,
            ...this.#childLines(child.clientOrderId),
          ])),
      ...(end === undefined ? [] : [`    the walk ended: ${`${end.end} ${end.detail}`.trim()}`]),
      '',
    ];
  }

  #childLines(clientOrderId: string): string[] {
    const submitted = this.#events('submitted').find(
      (event) => event.clientOrderId === clientOrderId,
    );
    const reported = this.#events('order_reported').find(
      ({ order }) => order.clientOrderId === clientOrderId,
    )?.order;
    const fills = this.#events('fill_recorded').filter(
      (event) => event.clientOrderId === clientOrderId,
    );
    return [
      `    ${clientOrderId}`,
      `    ${submitted === undefined ? 'not submitted yet' : [submitted.outcome, submitted.code, submitted.message].filter((text) => text !== '').join(' ')}` +
        (reported === undefined
          ? ''
          : `; ended ${reported.status}${reported.rejectReason === null ? '' : ` (${reported.rejectReason})`}, filled ${shares(reported.filledQuantity)}`),
      ...fills.flatMap(({ fill }) => [
        `    fill ${fill.at.slice(11, 19)}Z  ${shares(fill.lastQty)} at ${format(fill.price)}`,
        ...this.#slices.of(fill.id).map(sliceLine),
        ...this.#slices.amendmentsOf(fill.id).flatMap(amendedLines),
      ]),
    ];
  }

  /** Fills are divided to 1e-9 share; what that leaves over is given out when each order ends. */
  #leftoverLines(symbol: Symbol): string[] {
    const leftovers = this.#slices.leftovers(this.#cycle(), symbol);
    if (leftovers.length === 0) return [];
    return [
      '  Left over by dividing, given out when an order ended',
      ...leftovers.map(sliceLine),
      '',
    ];
  }

  #outcomeLines(symbol: Symbol): string[] {
    // The orders' ids stand above, whole; here they would only be broken.
    const shown = new Set(this.#parents(symbol).map(({ clientOrderId }) => clientOrderId));
    const rows = [...this.#outcomes.values()]
      .filter((outcome) => outcome.symbol === symbol)
      .sort((a, b) => compareText(a.sleeve, b.sleeve))
      .flatMap((outcome) =>
        outcome.parts.map((part) => [
          outcome.sleeve,
          signedShares(part.quantity),
          part.notional === null ? '' : signedUsd(part.notional),
          `${part.kind}/${part.reason}`,
          shown.has(part.detail) ? '' : whyOf(part),
        ]),
      );
    const right = { align: 'right' } as const;
    return [
      ...indent(
        notedTable(
          [
            { title: 'what became of it' },
            { title: 'shares', ...right },
            { title: 'USD', ...right },
            { title: 'outcome' },
            { title: '' },
          ],
          rows,
        ),
      ),
      '',
      ...this.#sinceLines(symbol),
    ];
  }

  /** Outcomes say what was known at the close; what the broker amended later changes them no more. */
  #sinceLines(symbol: Symbol): string[] {
    const cycle = this.#cycle();
    const since = this.#fills(symbol)
      .flatMap(({ id }) => this.#slices.amendmentsOf(id))
      .filter((each) => each.cycle !== cycle);
    if (since.length === 0) return [];
    const changed = new Map<string, bigint>();
    for (const { sleeve, quantity } of since.flatMap(({ slices }) => slices))
      changed.set(sleeve, (changed.get(sleeve) ?? 0n) + parseQuantity(quantity));
    const each = [...changed]
      .sort(([a], [b]) => compareText(a, b))
      .map(([sleeve, count]) => `${sleeve} ${signedShares(count as Quantity)}`); // a sum of shares
    return [
      ...breakText(
        `As known at its close; restated since by amendment ${since.map(({ amendment }) => amendment.id).join(', ')}: ${each.join(', ')} shares.`,
        LINE - 2,
      ).map((line) => `  ${line}`),
      '',
    ];
  }
}

/** The words of a limit, and what it multiplied by. */
const whyOf = ({ detail, arithmetic }: OutcomePart): string => {
  const factor = arithmetic?.factor ?? null;
  return factor === null ? detail : `${detail}, factor ${factor}`;
};

/** What the broker took back or corrected of a fill, and what each sleeve gave or got by it. */
const amendedLines = ({ amendment, cycle, slices }: AmendedFill): string[] => [
  ...breakText(
    `restated by amendment ${amendment.id} in the cycle of ${cycle}: was ${terms(amendment.was)}, is ${terms(amendment.now)}`,
    LINE - 6,
  ).map((line, index) => `${index === 0 ? '    ' : '      '}${line}`),
  ...slices.map(sliceLine),
];

const terms = (of: ExecutionTerms | null): string =>
  of === null ? 'nothing' : `${shares(of.quantity)} at ${format(of.price)}`;

const sliceLine = ({ sleeve, quantity, cash }: Slice): string =>
  `      ${sleeve.padEnd(20)} ${quantity.padStart(20)} shares  ${cash.padStart(20)} USD`;
