// Stage: apps. What trading cost: shortfall against the decision prices, and how orders were carried out.
// Invariant: the groups sum to the account line exactly; --json and --csv carry every digit.
import {
  EXECUTION_KEYS,
  sumExecutions,
  type ExecutionKey,
} from '../../../domain/executionQuality.ts';
import { SHORTFALL_KEYS, sumShortfall, type ShortfallKey } from '../../../domain/shortfall/sums.ts';
import { isDate } from '../../../domain/time.ts';
import {
  executionLines,
  executionRecord,
  restatementLines,
  restatementRecord,
  shortfallLines,
  shortfallRecord,
} from '../shortfallView.ts';
import { withLedger } from '../readLedger.ts';
import { TradingCosts } from '../tradingCosts.ts';
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
        restatements: book.restatements.map(restatementRecord),
      }),
    );
  else if (options.csv === true) for (const line of csvLines(records)) output.line(line);
  else
    for (const line of [
      ...shortfallLines(groups, whole, keys, book.cycles),
      ...restatementLines(book.restatements),
    ])
      output.line(line);
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
        restatements: book.restatements.map(restatementRecord),
      }),
    );
  else if (options.csv === true) for (const line of csvLines(records)) output.line(line);
  else
    for (const line of [
      ...executionLines(groups, whole, keys, book.cycles),
      ...restatementLines(book.restatements),
    ])
      output.line(line);
}
