// Stage: apps. Why something was done or not, from records alone.
// Invariant: the journal answers; the tables beside it are not asked.
import type { StepDecision } from '../../../domain/walk.ts';
import { decodeOrderId } from '../../../domain/clientOrderId.ts';
import type { LedgerState } from '../../../domain/ledger/state.ts';
import { asSymbol, type Symbol } from '../../../domain/market.ts';
import { isDate } from '../../../domain/time.ts';
import type { Journal } from '../../../ports/journal.ts';
import { CycleRecords } from '../cycleRecords.ts';
import { FillSlices, type Wanted } from '../fillSlices.ts';
import { withLedger } from '../readLedger.ts';
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
  const work = (ledger: { journal: Journal; state: LedgerState }): ExitCode => {
    const { cycle, symbol } = locate(asked, options, ledger);
    const { journal, state } = ledger;
    const entries = [...journal.cycle(`${state.configuration?.account ?? ''}/${cycle}`)];
    if (entries.length === 0) throw noCycle(cycle, options, state);
    const records = new CycleRecords(entries, slices);
    const symbols = symbol === null ? records.symbols() : [symbol];
    if (options.json === true)
      output.line(JSON.stringify({ cycle, symbols: symbols.map((each) => records.json(each)) }));
    else if (symbol !== null && !records.symbols().includes(symbol))
      output.line(
        `Nobody held or wanted ${symbol} in cycle ${cycle}; there is nothing to explain.`,
      );
    else for (const each of symbols) for (const line of records.lines(each)) output.line(line);
    return EXIT.ok;
  };
  return withLedger(options.home, output, work, slices.see);
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
  of: { journal: Journal; state: LedgerState },
): { cycle: string; symbol: Symbol | null } {
  const { what, cycle, symbol } = asked;
  if (cycle === 'last') {
    const last = of.state.cycle?.opened.cycle ?? of.state.lastCycle;
    if (last !== null) return { cycle: last, symbol };
    throw new UsageError(
      `The account in ${options.home} has no cycle yet: expected one, found none. Nothing was explained. Run one with \`assay run\`.`,
    );
  }
  if (asSymbol(what) !== undefined || isDate(what)) {
    if (cycle !== 'unknown') return { cycle: cycle.cycle, symbol };
  }
  for (const { event } of of.journal.read()) {
    if (event.kind === 'plan_decided' && event.decision.parents.some(isOrder(what)))
      return { cycle: event.decision.cycle, symbol };
    if (event.kind === 'step_decided' && sends(event.decision, what))
      return { cycle: event.decision.cycle, symbol };
    if (event.kind === 'order_reported' && event.order.id === what)
      return { cycle: event.order.submittedAt.slice(0, 10), symbol: event.order.symbol };
  }
  throw new UsageError(
    `"${what}" is no symbol, no cycle and no order of this account: expected SPY, 2018-07-17, a client order id or a broker order id${damageOf(what)}. ` +
      'Nothing was explained. Symbols are upper case; `assay positions` lists those held.',
  );
}

const isOrder =
  (id: string) =>
  ({ clientOrderId }: { clientOrderId: string }): boolean =>
    clientOrderId === id;

const sends = ({ move }: StepDecision, id: string): boolean =>
  move.kind === 'send' && move.child.clientOrderId === id;

/** What is wrong with something that looks like an order id of ours. */
function damageOf(text: string): string {
  const decoded = decodeOrderId(text);
  return decoded.kind === 'damaged' ? `, found a damaged order id (${decoded.reason})` : '';
}

const noCycle = (cycle: string, { home }: ExplainOptions, state: LedgerState): UsageError =>
  new UsageError(
    `No cycle ${cycle} in ${home}: expected a session from ${state.firstCycle ?? 'none'} to ${state.lastCycle ?? 'none'} that was traded, ` +
      'found none of that date. Nothing was explained. Name another date.',
  );
