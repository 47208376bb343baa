// Stage: apps. One event, one fill, one sleeve's cycle, as a person reads them; each says where to go on.
// Invariant: every line shows a recorded fact or decision; every id shown can be asked for.
import { amendmentText } from '../../domain/factText.ts';
import { ageOf, isFromBroker } from '../../domain/ledger/breaks.ts';
import { linesOf } from '../../domain/bookEntry.ts';
import type { LedgerState } from '../../domain/ledger/state.ts';
import type { LedgerEvent } from '../../domain/ledger/events.ts';
import { gainOf } from '../../domain/ledger/postings.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Parent, PlanDecision } from '../../domain/plan.ts';
import type { StandingBreak } from '../../domain/reconciliation.ts';
import type { Signal } from '../../domain/signal.ts';
import { add, compareText, format, type Money } from '../../domain/units/units.ts';
import type { StoredEntry } from '../../ports/journal.ts';
import type { NamedAmendment } from './amendmentTrace.ts';
import { waysOf, wayLines, type Way } from './breakWays.ts';
import { signalJson } from './cycleJson.ts';
import { indent, wantsOf } from './cycleView.ts';
import type { NamedPosting, TracedEvent } from './eventTrace.ts';
import {
  exactJson,
  exactUsd,
  roughShares,
  shares,
  signedShares,
  signedUsd,
  usd,
} from './figures.ts';
import { summaryOf } from './pathSummary.ts';
import { breakText, LINE, table } from './table.ts';

const right = { align: 'right' } as const;

/** "Go on with" and one command a line; what can be done about a break comes last. */
export function goOn(commands: readonly string[], ways: readonly Way[] = []): string[] {
  if (commands.length + ways.length === 0) return [];
  const asked = [...new Set(commands)].map((command) => `    assay ${command}`);
  return ['  Go on with', ...asked, ...wayLines(ways)];
}

/** One event: what it says, what it follows from, and what it posted. */
export function eventLines({ entry, postings, after, causes, effects }: TracedEvent): string[] {
  return [
    `Event ${entry.sequence}: ${entry.event.kind.replaceAll('_', ' ')}`,
    '',
    ...(entry.event.kind === 'execution_amended'
      ? [`  ${amendmentText(entry.event.amendment)}`, '']
      : []),
    `  id           ${entry.id}`,
    `  effective    ${entry.effectiveAt}`,
    `  recorded     ${entry.recordedAt}`,
    `  correlation  ${entry.correlationId}`,
    ...(entry.input === null
      ? []
      : [
          `  input        ${entry.input.sequence} of the input log, hash`,
          `    ${entry.input.hash}`,
        ]),
    ...causes
      .slice(0, 6)
      .map(({ id }, index) => `  ${index === 0 ? 'follows from' : '        from'} ${id}`),
    ...(causes.length > 6 ? [`         and ${causes.length - 6} more, to the beginning`] : []),
    '',
    ...(postings.length === 0 ? ['  It posted nothing.', ''] : postingLines(postings)),
    ...[...after].map(
      ([sleeve, { cash, receivable }]) =>
        `  ${sleeve} then had ${exactUsd(cash)} USD${receivable === 0n ? '' : ` and ${exactUsd(receivable)} USD to come`}`,
    ),
    ...(after.size === 0 ? [] : ['']),
    ...goOn([
      ...subjectsOf(entry.event),
      ...causes.slice(0, 1).map(({ id }) => `explain ${id}`),
      ...effects.slice(0, 6).map((id) => `explain ${id}`),
      ...postings.slice(0, 6).map(({ id }) => `explain ${id}`),
    ]),
  ];
}

/** One posting: the double entry it is, and the event that made it. */
export function postingEntryLines(traced: TracedEvent, { id, posting }: NamedPosting): string[] {
  const { entry } = traced;
  return [
    `Posting ${id}`,
    '',
    `  ${posting.sleeve}: ${posting.kind.replaceAll('_', ' ')}${posting.symbol === null ? '' : ` ${posting.symbol}`}, by event ${entry.sequence} (${entry.event.kind.replaceAll('_', ' ')})`,
    '',
    ...indent(
      table(
        [{ title: 'account' }, { title: 'shares', ...right }, { title: 'USD', ...right }],
        linesOf(posting).map((line) => [
          `${line.account.side} ${line.account.sleeve} ${line.account.name}`,
          line.kind === 'shares' ? `${signedShares(line.quantity)} ${line.symbol}` : '',
          exactUsd(line.kind === 'shares' ? line.cost : line.amount),
        ]),
      ),
    ),
    '',
    `  Gained or brought in: ${exactUsd(gainOf(posting))} USD; the entry sums to zero.`,
    '',
    ...goOn([
      `explain ${entry.id}`,
      ...subjectsOf(entry.event),
      ...(traced.causes[0] === undefined ? [] : [`explain ${traced.causes[0].id}`]),
    ]),
  ];
}

/** One execution: its order, its price against the arrival, and who got what. */
export function fillLines(traced: TracedEvent, parent: Parent | null): string[] {
  const { event } = traced.entry;
  if (event.kind !== 'fill_recorded') return eventLines(traced);
  const { fill, clientOrderId } = event;
  const beyond = parent === null ? null : fill.price - parent.arrivalPrice;
  const amendments = traced.effects.filter((id) => id.startsWith('amendment/'));
  return [
    `Fill ${fill.id}`,
    '',
    `  ${fill.side} ${shares(fill.lastQty)} ${fill.symbol} at ${format(fill.price)}, ${fill.at}`,
    `  ${shares(fill.cumQty)} of the order filled with it, ${shares(fill.leavesQty)} left`,
    ...(amendments.length === 0
      ? []
      : ['  The broker took it back or corrected it since: what follows is as it was first.']),
    ...(parent === null || beyond === null
      ? ['  Of no order in a cycle of ours: it belongs to suspense.']
      : [
          `  arrival mid ${format(parent.arrivalPrice)}: ${format(beyond < 0n ? (-beyond as Money) : (beyond as Money))} USD a share ${beyond === 0n ? 'off' : beyond > 0n === (fill.side === 'buy') ? 'worse' : 'better'}`, // a difference of prices
          `  order ${clientOrderId}`,
          `  for ${parent.demands.map(({ sleeve, quantity }) => `${sleeve} ${shares(quantity)}`).join(', ')}`,
        ]),
    '',
    ...(traced.postings.length === 0
      ? ['  It posted nothing.', '']
      : postingLines(traced.postings)),
    ...goOn([
      ...subjectsOf(event),
      ...amendments.map((id) => `explain ${id}`),
      `explain ${fill.symbol} --on ${cycleOf(traced.entry)}`,
      `explain ${traced.entry.id}`,
      ...traced.postings.slice(0, 6).map(({ id }) => `explain ${id}`),
    ]),
  ];
}

/**
 * One break: what differs, since when, what is suspected, and what a person said.
 *
 * @param of `state`: what it was given, and what would be taken about it now; `amendments` that did it
 */
export function breakLines(
  found: StandingBreak,
  of: { readonly state: LedgerState; readonly amendments: readonly NamedAmendment[] },
): string[] {
  const cash = of.state.waiting.get(found.id)?.amount ?? null;
  const { id, kind, amount, cause, state, explanation, resolvedOn } = found;
  const facts = isFromBroker(found) ? [] : id.split(' ').slice(1);
  return [
    `Break ${id}`,
    '',
    `  ${amount} ${found.symbol ?? (kind === 'order' ? 'orders' : 'USD')}, found in the cycle of ${found.since}, ${ageText(found, of.state)}`,
    ...breakText(`suspected: ${cause}`, LINE - 2).map((line) => `  ${line}`),
    ...of.amendments.map(({ id: by, amendment }) => `  by the ${amendmentText(amendment)}: ${by}`),
    ...(cash === null ? [] : [`  ${exactUsd(cash)} USD of it wait for an owner`]),
    `  ${state}${explanation === null ? '' : `: ${explanation}`}${resolvedOn === null ? '' : `, gone on ${resolvedOn}`}`,
    '',
    ...goOn(
      [
        ...(found.symbol === null ? [] : [`explain ${found.symbol} --on ${found.since}`]),
        ...of.amendments.map((each) => `explain ${each.id}`),
        ...facts.map((each) => `explain ${each}`),
      ],
      waysOf(of.state, found),
    ),
  ];
}

function ageText(found: StandingBreak, { cycles }: LedgerState): string {
  const age = ageOf(found, cycles);
  const sessions = `${age} ${age === 1 ? 'session' : 'sessions'}`;
  return found.state === 'resolved' ? `stood ${sessions}` : `${sessions} ago`;
}

function postingLines(postings: readonly NamedPosting[]): string[] {
  const rows = postings.map(({ id, posting }) => [
    id.slice(-4),
    posting.sleeve,
    `${posting.kind.replaceAll('_', ' ')} ${posting.symbol ?? ''}`.trim(),
    posting.quantity === 0n ? '' : signedShares(posting.quantity),
    exactUsd(add(posting.cash, posting.receivable)),
    exactUsd(posting.cost),
    signedUsd(gainOf(posting)),
  ]);
  return [
    ...indent(
      table(
        [
          { title: 'line' },
          { title: 'sleeve', most: 20 },
          { title: 'what', most: 18 },
          { title: 'shares', ...right },
          { title: 'cash', ...right },
          { title: 'cost of lots', ...right },
          { title: 'gain or flow', ...right },
        ],
        rows,
      ),
    ),
    '',
  ];
}

const cycleOf = ({ correlationId }: StoredEntry): string => correlationId.split('/').at(-1) ?? '';

/** What an event is about, as commands. */
function subjectsOf(event: LedgerEvent): string[] {
  if (event.kind === 'order_reported') return [`explain ${event.order.clientOrderId}`];
  if ('clientOrderId' in event) return [`explain ${event.clientOrderId}`];
  if (event.kind === 'signal_recorded')
    return [`explain ${event.signal.sleeve} --on ${event.cycle}`];
  if (event.kind === 'step_decided') return [`explain ${event.decision.parent}`];
  if (event.kind === 'plan_decided') return [`explain ${event.decision.cycle}`];
  return 'cycle' in event ? [`explain ${event.cycle}`] : [];
}

export interface SleeveCycle {
  readonly sleeve: string;
  readonly cycle: string;
  readonly signal: Signal | null;
  readonly nav: Money | null;
  /** The current ones, sorted by symbol. */
  readonly outcomes: readonly Outcome[];
  readonly postings: readonly NamedPosting[];
}

/** What one sleeve wanted in one cycle, why, what became of it, and what was posted to it. */
export function sleeveCycleOf(
  entries: readonly StoredEntry[],
  of: {
    readonly sleeve: string;
    readonly cycle: string;
    readonly postings: readonly NamedPosting[];
  },
): SleeveCycle {
  const signals = entries.flatMap(({ event }) =>
    event.kind === 'signal_recorded' ? [event.signal] : [],
  );
  const decisions: PlanDecision[] = entries.flatMap(({ event }) =>
    event.kind === 'plan_decided' ? [event.decision] : [],
  );
  const outcomes = new Map<string, Outcome>();
  for (const outcome of decisions.flatMap((decision) => decision.outcomes))
    if (outcome.sleeve === of.sleeve) outcomes.set(outcome.symbol, outcome);
  return {
    ...of,
    signal: signals.find(({ sleeve }) => sleeve === of.sleeve) ?? null,
    nav: decisions[0]?.navs.find(({ sleeve }) => sleeve === of.sleeve)?.nav ?? null,
    outcomes: [...outcomes.values()].sort((a, b) => compareText(a.symbol, b.symbol)),
  };
}

export function sleeveLines(of: SleeveCycle): string[] {
  const { sleeve, cycle, signal, nav, outcomes, postings } = of;
  const rows = outcomes.flatMap(({ symbol, held, intended, parts }) =>
    parts.map((part, index) => [
      index === 0 ? symbol : '',
      index === 0 ? roughShares(held) : '',
      index === 0 ? roughShares(intended) : '',
      `${part.kind}/${part.reason}`,
      roughShares(part.quantity),
    ]),
  );
  const undone = outcomes.filter(({ parts }) =>
    parts.some(({ kind }) => kind !== 'crossed' && kind !== 'ordered' && kind !== 'held'),
  );
  return [
    `${sleeve} in the cycle of ${cycle}`,
    '',
    ...(signal === null
      ? ['  It gave no signal.']
      : [
          ...breakText(summaryOf(signal), LINE - 2).map((line) => `  ${line}`),
          ...breakText(
            `NAV ${nav === null ? 'unknown' : usd(nav)} USD; ${signal.strategy}, as of ${signal.asOf}, wanted ${wantsOf(signal)}`,
            LINE - 2,
          ).map((line) => `  ${line}`),
        ]),
    '',
    ...(rows.length === 0
      ? ['  It held nothing and wanted nothing.']
      : indent(
          table(
            [
              { title: 'symbol' },
              { title: 'held', ...right },
              { title: 'intent', ...right },
              { title: 'what became of it' },
              { title: 'shares', ...right },
            ],
            rows,
          ),
        )),
    '',
    ...(postings.length === 0 ? ['  Nothing was posted to it.', ''] : ownPostings(postings)),
    ...goOn([
      ...outcomes.map(({ symbol }) => `explain ${symbol} --on ${cycle}`),
      ...undone.map(({ symbol }) => `why-not ${symbol} --sleeve ${sleeve} --on ${cycle}`),
      ...(signal === null ? [] : [`explain ${cycle}/signal/${sleeve}`]),
    ]),
  ];
}

/** Ids of postings are long: each stands on the line below what it did. */
const ownPostings = (postings: readonly NamedPosting[]): string[] => [
  '  Posted to it',
  ...postings.flatMap(({ id, posting }) => [
    `    ${posting.kind.replaceAll('_', ' ')}${posting.symbol === null ? '' : ` ${posting.symbol}`}: ${
      posting.quantity === 0n ? '' : `${signedShares(posting.quantity)} shares, `
    }cash ${exactUsd(add(posting.cash, posting.receivable))}, gain ${exactUsd(gainOf(posting))} USD`,
    `      ${id}`,
  ]),
  '',
];

/** The same as JSON. */
export const sleeveJson = (of: SleeveCycle): unknown =>
  exactJson({
    sleeve: of.sleeve,
    cycle: of.cycle,
    summary: of.signal === null ? null : summaryOf(of.signal),
    signal: of.signal === null ? null : signalJson(of.signal),
    nav: of.nav,
    outcomes: of.outcomes,
    postings: of.postings.map(({ id, posting }) => ({ id, ...posting })),
  });

export const eventJson = ({ entry, postings, causes, effects }: TracedEvent): unknown => ({
  id: entry.id,
  event: JSON.parse(entry.payload) as unknown,
  effectiveAt: entry.effectiveAt,
  recordedAt: entry.recordedAt,
  correlationId: entry.correlationId,
  inputHash: entry.input?.hash ?? null,
  postings: exactJson(postings.map(({ id, posting }) => ({ id, ...posting }))),
  causes,
  effects,
});
