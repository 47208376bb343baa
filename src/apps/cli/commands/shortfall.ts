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
  restatedLines,
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
  readonly amendments?: boolean;
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
  show(book, options, output, {
    by: keys,
    groups: groups.map((sum) => shortfallRecord(sum, keys)),
    account: whole.map((sum) => shortfallRecord(sum, []))[0],
    lines: () => shortfallLines(groups, whole, keys, book.cycles),
  });
}

function showQuality(
  book: TradingCosts,
  keys: readonly ExecutionKey[],
  options: ShortfallOptions,
  output: Output,
): void {
  const groups = sumExecutions(book.executions, keys);
  const whole = sumExecutions(book.executions, []);
  show(book, options, output, {
    by: keys,
    groups: groups.map((sum) => executionRecord(sum, keys)),
    account: whole.map((sum) => executionRecord(sum, []))[0],
    lines: () => executionLines(groups, whole, keys, book.cycles),
  });
}

function show(
  { cycles, restatements, held }: TradingCosts,
  options: ShortfallOptions,
  output: Output,
  of: {
    readonly by: readonly string[];
    readonly groups: readonly Readonly<Record<string, unknown>>[];
    readonly account: Readonly<Record<string, unknown>> | undefined;
    readonly lines: () => readonly string[];
  },
): void {
  const { by, groups, account = null } = of;
  if (options.json === true) {
    const restated = restatements.map(restatementRecord);
    output.line(
      JSON.stringify({ cycles, by, groups, account, held: held.json(), restatements: restated }),
    );
  } else if (options.csv === true) {
    for (const line of csvLines(groups)) output.line(line);
  } else {
    const said =
      options.amendments === true ? restatementLines(restatements) : restatedLines(restatements);
    for (const line of [...of.lines(), ...held.lines(), ...said]) output.line(line);
  }
}
