// Stage: app. Commands that report figures: performance, shortfall, tax.
// Invariant: they read; nothing is written.
import { performance, type PerformanceOptions } from './commands/performance.ts';
import { shortfall, type ShortfallOptions } from './commands/shortfall.ts';
import { tax, type TaxOptions } from './commands/tax.ts';
import type { AddCommand, End, Output } from './usage.ts';

export function addFigureCommands(
  account: AddCommand,
  reader: AddCommand,
  output: Output,
  end: End,
): void {
  account('performance', 'returns, contributions, drawdown, turnover and costs of every sleeve')
    .option('--by <period>', 'whole, year, quarter, month or day', 'whole')
    .option('--sleeve <name>', 'of this sleeve alone, beside the account')
    .option('--from <date>', 'first session')
    .option('--to <date>', 'last session')
    .option('--benchmark <what>', 'a symbol of the market, or a CSV file with date and close')
    .option('--csv', 'answer as CSV, every digit')
    .action(async (options: PerformanceOptions) => end(await performance(options, output)));
  reader(
    'shortfall',
    'what trading cost against the decision prices, and how orders were carried out',
  )
    .option('--by <keys>', 'sleeve (the default), symbol, day, month, year; several with commas')
    .option('--from <date>', 'first session')
    .option('--to <date>', 'last session')
    .option(
      '--quality',
      'orders instead: spread, time to fill, steps; by symbol (the default), hour, side, day, month',
    )
    .option('--amendments', 'each bust and correction since, with what was said before it')
    .option('--csv', 'answer as CSV')
    .action(async (options: ShortfallOptions) => end(await shortfall(options, output)));
  reader('tax', 'gains of the account by its own lots, wash sales, and the bridge from the sleeves')
    .option('--year <year>', 'of this year alone')
    .option('--wash', 'each possible wash sale, with who sold and who bought')
    .option('--lots', 'the lots held as well; with --csv instead of the sales')
    .option('--csv', 'answer as CSV: one row a lot sold')
    .action(async (options: TaxOptions) => end(await tax(options, output)));
}
