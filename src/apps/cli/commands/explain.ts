// Stage: apps. Why something was done or not, from records alone.
// Invariant: the journal answers; the tables beside it are not asked.
import type { StepDecision } from '../../../domain/walk.ts';
import { decodeOrderId } from '../../../domain/clientOrderId.ts';
import { ageOf } from '../../../domain/ledger/breaks.ts';
import type { LedgerState } from '../../../domain/ledger/state.ts';
import { asSymbol, type Symbol } from '../../../domain/market.ts';
import { BREAK_KINDS } from '../../../domain/reconciliation.ts';
import { compareText } from '../../../domain/units/units.ts';
import { isDate } from '../../../domain/time.ts';
import type { OnEntry } from '../../../engine/foldJournal.ts';
import { SUSPENSE, type SleeveId } from '../../../domain/sleeve.ts';
import type { Journal, StoredEntry } from '../../../ports/journal.ts';
import { AmendmentTrace } from '../amendmentTrace.ts';
import { nearTo } from '../near.ts';
import { CycleRecords } from '../cycleRecords.ts';
import { CyclePostings, EventTrace, type TracedEvent } from '../eventTrace.ts';
import {
  breakLines,
  eventJson,
  eventLines,
  fillLines,
  postingEntryLines,
  sleeveCycleOf,
  sleeveJson,
  sleeveLines,
} from '../explainView.ts';
import { FillSlices, type Wanted } from '../fillSlices.ts';
import { RequestTrace } from '../requestTrace.ts';
import { withLedger } from '../readLedger.ts';
import { suspenseJson, suspenseLines } from '../suspenseView.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';
import { dateOption } from './simulate.ts';

export interface ExplainOptions {
  readonly home: string;
  readonly on?: string;
  readonly json?: boolean;
}

export async function explain(
  what: string,
  options: ExplainOptions,
  output: Output,
): Promise<ExitCode> {
  const asked = askedOf(what, options);
  const slices = new FillSlices(asked.cycle);
  // Symbols and dates name no event: nothing is kept for them while the journal is read.
  const trace = asSymbol(what) === undefined && !isDate(what) ? new EventTrace(what) : null;
  const on = options.on === undefined ? null : dateOption('--on', options.on);
  const at: Wanted = on === null ? 'last' : { cycle: on };
  // What waits in suspense came at any time.
  const isOfAll = what === SUSPENSE && on === null;
  const amendments = /^sleeve_(?:short|owes) /.test(what) ? new AmendmentTrace(what) : null;
  const request = new RequestTrace(what);
  const postings = new CyclePostings(isOfAll ? 'all' : on);
  const wanted = new WantedSymbols();
  const show = (answer: {
    readonly lines: () => string[];
    readonly json: () => unknown;
  }): ExitCode => {
    if (options.json === true) output.line(JSON.stringify(answer.json()));
    else for (const line of answer.lines()) output.line(line);
    return EXIT.ok;
  };
  const work = (ledger: { journal: Journal; state: LedgerState }): ExitCode => {
    const traced = trace?.found() ?? null;
    if (traced !== null) return show(tracedAnswer(what, traced, ledger.journal));
    const requested = request.answer();
    if (requested !== null) return show(requested);
    const standing = ledger.state.breaks.get(what);
    if (standing !== undefined)
      return show({
        json: () => ({
          ...standing,
          age: ageOf(standing, ledger.state.cycles),
          ...(amendments === null ? {} : { amendments: amendments.found().map(({ id }) => id) }),
        }),
        lines: () =>
          breakLines(standing, { state: ledger.state, amendments: amendments?.found() ?? [] }),
      });
    if (isOfAll)
      return show({
        json: () => suspenseJson(ledger.state, postings.of(SUSPENSE)),
        lines: () => suspenseLines(ledger.state, postings.of(SUSPENSE)),
      });
    if (ledger.state.sleeves.has(what as SleeveId)) {
      const { cycle } = locate({ what, cycle: at, symbol: null }, options, ledger);
      const entries = entriesOf(cycle, options, ledger);
      const of = sleeveCycleOf(entries, { sleeve: what, cycle, postings: postings.of(what) });
      return show({ lines: () => sleeveLines(of), json: () => sleeveJson(of) });
    }
    refuseLowerCase(what, wanted.symbols);
    refuseUnknownBreak(what, ledger.state);
    const known = [...wanted.symbols.keys()].sort(compareText);
    const { cycle, symbol } = locate(asked, options, { ...ledger, known });
    const records = new CycleRecords(entriesOf(cycle, options, ledger), slices);
    const symbols = symbol === null ? records.symbols() : [symbol];
    return show({
      json: () => ({ cycle, symbols: symbols.map((each) => records.json(each)) }),
      lines: () =>
        symbol !== null && !records.symbols().includes(symbol)
          ? unwantedLines(symbol, cycle, wanted.symbols)
          : symbols.flatMap((each) => records.lines(each)),
    });
  };
  return withLedger(options.home, output, work, (entry, changes, applied) => {
    slices.see(entry, changes, applied);
    trace?.see(entry, changes, applied);
    amendments?.see(entry, changes, applied);
    request.see(entry, changes, applied);
    postings.see(entry, changes, applied);
    wanted.see(entry, changes, applied);
  });
}

/** The answer for an event, a posting or a fill that was found by its id. */
function tracedAnswer(what: string, traced: TracedEvent, journal: Journal) {
  const json = (): unknown => eventJson(traced);
  const posting = traced.postings.find(({ id }) => id === what);
  if (posting !== undefined) return { json, lines: () => postingEntryLines(traced, posting) };
  const { event, correlationId, id } = traced.entry;
  if (event.kind !== 'fill_recorded' || what === id)
    return { json, lines: () => eventLines(traced) };
  const cycle = [...journal.cycle(correlationId)].map(({ event: each }) => each);
  const steps = cycle.flatMap((each) => (each.kind === 'step_decided' ? [each.decision] : []));
  const step = steps.find((each) => sends(each, event.clientOrderId));
  const parent = cycle
    .flatMap((each) => (each.kind === 'plan_decided' ? each.decision.parents : []))
    .find(isOrder(step?.parent ?? event.clientOrderId));
  return { json, lines: () => fillLines(traced, parent ?? null) };
}

function entriesOf(
  cycle: string,
  options: ExplainOptions,
  { journal, state }: { journal: Journal; state: LedgerState },
): readonly StoredEntry[] {
  const entries = [...journal.cycle(`${state.configuration?.account ?? ''}/${cycle}`)];
  if (entries.length === 0) throw noCycle(cycle, options, state);
  return entries;
}

/** Symbols that some sleeve held or wanted, with the last cycle in which it did. */
class WantedSymbols {
  readonly symbols = new Map<Symbol, string>();
  readonly see: OnEntry = ({ event }) => {
    if (event.kind !== 'plan_decided') return;
    const { cycle, outcomes } = event.decision;
    for (const { symbol } of outcomes) this.symbols.set(symbol, cycle);
  };
}

/** @throws UsageError for a symbol of the account in lower case */
function refuseLowerCase(what: string, known: ReadonlyMap<Symbol, string>): void {
  const upper = asSymbol(what.toUpperCase());
  if (upper === undefined || upper === what || !known.has(upper)) return;
  throw new UsageError(
    `"${what}" is no symbol: expected ${upper}, for symbols are upper case, found lower case. Nothing was explained. Ask for ${upper}.`,
  );
}

/** @throws UsageError for what is written as a break, and is none */
function refuseUnknownBreak(what: string, { breaks }: LedgerState): void {
  const [kind = ''] = what.split(' ');
  if (!BREAK_KINDS.some((each) => each === kind)) return;
  const found = [...breaks.keys()];
  const shown = found.slice(0, 12).map((id) => `"${id}"`);
  throw new UsageError(
    `No break "${what}" was ever found: expected ${found.length === 0 ? 'one that was, and there was none' : `one of ${shown.join(', ')}${found.length > 12 ? ' …' : ''}`}, found no such break${nearTo(what, found)}. ` +
      'Nothing was explained. `assay breaks --all` lists them.',
  );
}

/** Nothing to explain of a symbol: in that cycle, or ever. */
function unwantedLines(
  symbol: Symbol,
  cycle: string,
  known: ReadonlyMap<Symbol, string>,
): string[] {
  const nothing = `Nobody held or wanted ${symbol} in cycle ${cycle}; there is nothing to explain.`;
  const last = known.get(symbol);
  if (last !== undefined)
    return [nothing, `Somebody did last in that of ${last}: name it with --on.`];
  const others = [...known.keys()].sort(compareText);
  const shown = others.slice(0, 12).join(', ');
  return [
    nothing,
    `Nor in any other cycle: it is no symbol of this account${others.length === 0 ? '' : `, whose are ${shown}${others.length > 12 ? ' …' : ''}`}${nearTo(symbol, others)}.`,
  ];
}

/** What was asked, as far as its text alone says. */
interface Asked {
  readonly what: string;
  readonly cycle: Wanted;
  /** Null when the whole cycle or the order of an unknown symbol is asked for. */
  readonly symbol: Symbol | null;
}

function askedOf(what: string, options: ExplainOptions): Asked {
  if (isDate(what)) return { what, cycle: { cycle: what }, symbol: null };
  const symbol = asSymbol(what);
  if (symbol !== undefined) {
    const cycle =
      options.on === undefined ? ('last' as const) : { cycle: dateOption('--on', options.on) };
    return { what, cycle, symbol };
  }
  const decoded = decodeOrderId(what);
  if (decoded.kind === 'ours')
    return { what, cycle: { cycle: decoded.session }, symbol: decoded.symbol };
  return { what, cycle: 'unknown', symbol: null };
}

function locate(
  asked: Asked,
  options: ExplainOptions,
  of: { journal: Journal; state: LedgerState; known?: readonly Symbol[] },
): { cycle: string; symbol: Symbol | null } {
  const { what, cycle, symbol } = asked;
  if (cycle === 'last') {
    const last = of.state.cycle?.opened.cycle ?? of.state.lastCycle;
    if (last !== null) return { cycle: last, symbol };
    throw new UsageError(
      `The account in ${options.home} has no cycle yet: expected one, found none. Nothing was explained. Begin with \`assay run --session DATE\`.`,
    );
  }
  const isNamed =
    asSymbol(what) !== undefined || isDate(what) || of.state.sleeves.has(what as SleeveId);
  if (isNamed && cycle !== 'unknown') return { cycle: cycle.cycle, symbol };
  for (const { event } of of.journal.read()) {
    if (event.kind === 'plan_decided' && event.decision.parents.some(isOrder(what)))
      return { cycle: event.decision.cycle, symbol };
    if (event.kind === 'step_decided' && sends(event.decision, what))
      return { cycle: event.decision.cycle, symbol };
    if (event.kind === 'order_reported' && event.order.id === what)
      return { cycle: event.order.submittedAt.slice(0, 10), symbol: event.order.symbol };
  }
  throw unknown(what, of.state, of.known ?? []);
}

function unknown(what: string, state: LedgerState, known: readonly Symbol[]): UsageError {
  const sleeves = [...state.sleeves.keys()].sort(compareText);
  const near = nearTo(what, [...known, ...sleeves, ...state.breaks.keys()]);
  const listed = (words: readonly string[]): string =>
    words.length === 0 ? '' : ` (${words.slice(0, 12).join(', ')}${words.length > 12 ? ' …' : ''})`;
  return new UsageError(
    `"${what}" is unknown in this account: expected a symbol${listed(known)}, a sleeve${listed(sleeves)}, a break, a session like 2018-07-17, ` +
      `or the id of an order, a request, a fill, an amendment, an event or a posting, found ${damageOf(what) ?? 'none of them'}${near}. ` +
      'Nothing was explained. `assay positions` lists what is held.',
  );
}

const isOrder =
  (id: string) =>
  ({ clientOrderId }: { clientOrderId: string }): boolean =>
    clientOrderId === id;

const sends = ({ move }: StepDecision, id: string): boolean =>
  move.kind === 'send' && move.child.clientOrderId === id;

/** What is wrong with something that looks like an order id of ours. */
function damageOf(text: string): string | undefined {
  const decoded = decodeOrderId(text);
  return decoded.kind === 'damaged' ? `a damaged order id (${decoded.reason})` : undefined;
}

const noCycle = (cycle: string, { home }: ExplainOptions, state: LedgerState): UsageError =>
  new UsageError(
    `No cycle ${cycle} in ${home}: expected a session from ${state.firstCycle ?? 'none'} to ${state.lastCycle ?? 'none'} that was traded, ` +
      'found none of that date. Nothing was explained. Name another date.',
  );
