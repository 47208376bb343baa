// Stage: apps. What trading cost: shortfall against the decision prices, and how orders were carried out.
// Invariant: the groups sum to the account line exactly; --json and --csv carry every digit.
import {
  EXECUTION_KEYS,
  executionsOf,
  sumExecutions,
  type Execution,
  type ExecutionKey,
} from '../../../domain/executionQuality.ts';
import type { Amendment } from '../../../domain/amendment.ts';
import { standingFills } from '../../../domain/standing.ts';
import type { FillRecorded, OrderReported } from '../../../domain/ledger/events.ts';
import { cycleShortfall, type ShortfallLine } from '../../../domain/shortfall.ts';
import {
  feesOf,
  SHORTFALL_KEYS,
  sumShortfall,
  type ShortfallKey,
  type TradeFee,
} from '../../../domain/shortfall/sums.ts';
import { isDate } from '../../../domain/time.ts';
import type { OnEntry } from '../../../engine/foldJournal.ts';
import {
  executionLines,
  executionRecord,
  shortfallLines,
  shortfallRecord,
} from '../shortfallView.ts';
import { withLedger } from '../readLedger.ts';
import { csvLines } from '../csv.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';

export interface ShortfallOptions {
  readonly home: string;
  readonly by?: string;
  readonly from?: string;
  readonly to?: string;
  readonly quality?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

export async function shortfall(options: ShortfallOptions, output: Output): Promise<ExitCode> {
  const keys = (options.by ?? (options.quality === true ? 'symbol' : 'sleeve'))
    .split(',')
    .map((key) => key.trim());
  const known: readonly string[] = options.quality === true ? EXECUTION_KEYS : SHORTFALL_KEYS;
  const other = keys.find((key) => !known.includes(key));
  if (other !== undefined)
    throw new UsageError(
      `--by: expected ${known.join(', ')} or several of them with commas, found "${other}". Nothing was read.`,
    );
  for (const [flag, day] of [
    ['--from', options.from],
    ['--to', options.to],
  ] as const)
    if (day !== undefined && !isDate(day))
      throw new UsageError(
        `${flag}: expected a date like 2024-03-15, found "${day}". Nothing was read.`,
      );
  const book = new TradingCosts(options.from ?? '', options.to ?? '9999-12-31');
  return withLedger(
    options.home,
    output,
    () => {
      if (options.quality === true) showQuality(book, keys as ExecutionKey[], options, output);
      else showShortfall(book, keys as ShortfallKey[], options, output); // checked above
      return EXIT.ok;
    },
    book.see,
  );
}

function showShortfall(
  book: TradingCosts,
  keys: readonly ShortfallKey[],
  options: ShortfallOptions,
  output: Output,
): void {
  const groups = sumShortfall(book.lines, book.fees, keys);
  const whole = sumShortfall(book.lines, book.fees, []);
  const records = groups.map((sum) => shortfallRecord(sum, keys));
  if (options.json === true)
    output.line(
      JSON.stringify({
        cycles: book.cycles,
        by: keys,
        groups: records,
        account: whole.map((sum) => shortfallRecord(sum, []))[0] ?? null,
      }),
    );
  else if (options.csv === true) for (const line of csvLines(records)) output.line(line);
  else for (const line of shortfallLines(groups, whole, keys, book.cycles)) output.line(line);
}

function showQuality(
  book: TradingCosts,
  keys: readonly ExecutionKey[],
  options: ShortfallOptions,
  output: Output,
): void {
  const groups = sumExecutions(book.executions, keys);
  const whole = sumExecutions(book.executions, []);
  const records = groups.map((sum) => executionRecord(sum, keys));
  if (options.json === true)
    output.line(
      JSON.stringify({
        cycles: book.cycles,
        by: keys,
        groups: records,
        account: whole.map((sum) => executionRecord(sum, []))[0] ?? null,
      }),
    );
  else if (options.csv === true) for (const line of csvLines(records)) output.line(line);
  else for (const line of executionLines(groups, whole, keys, book.cycles)) output.line(line);
}

/** Collects the trading costs of each cycle while a journal is folded. */
class TradingCosts {
  readonly lines: ShortfallLine[] = [];
  readonly executions: Execution[] = [];
  readonly fees: TradeFee[] = [];
  cycles = 0;
  readonly #from: string;
  readonly #to: string;
  #fills: FillRecorded[] = [];
  #amendments: Amendment[] = [];
  #orders: OrderReported[] = [];

  constructor(from: string, to: string) {
    this.#from = from;
    this.#to = to;
  }

  readonly see: OnEntry = ({ event }, _, { postings, state }) => {
    for (const fee of feesOf(event, postings))
      if (fee.cycle >= this.#from && fee.cycle <= this.#to) this.fees.push(fee);
    if (event.kind === 'fill_recorded') this.#fills.push(event);
    if (event.kind === 'execution_amended') this.#amendments.push(event.amendment);
    if (event.kind === 'order_reported') this.#orders.push(event);
    if (event.kind === 'cycle_opened') {
      this.#fills = [];
      this.#amendments = [];
      this.#orders = [];
    }
    // The last decision of a cycle: outcomes are final, orders ended, marks recorded.
    if (event.kind !== 'plan_decided' || event.decision.trigger !== 'close') return;
    const { cycle } = event.decision;
    if (state.cycle === null || cycle < this.#from || cycle > this.#to) return;
    this.cycles += 1;
    this.lines.push(...cycleShortfall(state.cycle));
    const broker = {
      fills: asStanding(this.#fills, this.#amendments),
      orders: this.#orders.map(({ order }) => order),
    };
    this.executions.push(...executionsOf(state.cycle, broker));
  };
}

/** Executions of a cycle as they stood at its close; a busted one is none. */
function asStanding(
  recorded: readonly FillRecorded[],
  amendments: readonly Amendment[],
): FillRecorded[] {
  const standing = standingFills(
    recorded.map(({ fill }) => fill),
    amendments,
  );
  return recorded.flatMap((event, index) => {
    const terms = standing[index]?.terms ?? null;
    if (terms === null) return [];
    return [{ ...event, fill: { ...event.fill, lastQty: terms.quantity, price: terms.price } }];
  });
}
