// Stage: apps. The reports over a period, as commands.
// Invariant: they read; nothing is written by any of them.
import type { Command } from 'commander';
import { netting, type NettingOptions } from './commands/netting.ts';
import { postings, type PostingsOptions } from './commands/postings.ts';
import { signals, type SignalsOptions } from './commands/signals.ts';
import { suppressed, type SuppressedOptions } from './commands/suppressed.ts';
import { whyNot, type WhyNotOptions } from './commands/whyNot.ts';
import type { AddCommand, End, Output } from './usage.ts';

/** @param reader makes a command that takes --home and --json */
export function addReportCommands(reader: AddCommand, output: Output, end: End): void {
  const report = (name: string, does: string): Command =>
    reader(name, does)
      .option('--from <date>', 'first session; the first traded otherwise')
      .option('--to <date>', 'last session; the last traded otherwise');
  report('netting', 'what netting spared: shares, spread, fees, orders')
    .option('--by <what>', 'sleeve, symbol, month or session', 'sleeve')
    .option(
      '--fees <assumed>',
      'alpaca, none, or like sold-per-million=20.60,per-share=0.005',
      'alpaca',
    )
    .option('--csv', 'answer as CSV, every digit')
    .action(async (options: NettingOptions) => end(await netting(options, output)));
  report('suppressed', 'what was not traded, why, and what it would have earned or cost since')
    .option('--by <what>', 'reason, sleeve, symbol or session', 'reason')
    .option('--at <date>', 'value at the marks of this day; the last recorded ones otherwise')
    .option('--csv', 'answer as CSV, one line a part, every digit')
    .action(async (options: SuppressedOptions) => end(await suppressed(options, output)));
  report('postings', 'what one sleeve gained and gave, posting by posting')
    .option('--sleeve <name>', 'whose (required)')
    .option('--csv', 'answer as CSV')
    .action((options: PostingsOptions) => end(postings(options, output)));
  report('signals', 'what became of every signal')
    .option('--sleeve <name>', 'of this sleeve alone')
    .option('--on <date>', 'of this session alone')
    .action(async (options: SignalsOptions) => end(await signals(options, output)));
  reader('why-not', 'why there is no trade, or less of one: every version, with its arithmetic')
    .argument('<symbol>', 'symbol (SPY)')
    .option('--sleeve <name>', 'the sleeve that wanted it (required)')
    .option('--on <date>', 'session; the last one otherwise')
    .action(async (symbol: string, options: WhyNotOptions) =>
      end(await whyNot(symbol, options, output)),
    );
}
