// Stage: app. What a backtest takes, and the runs that were kept.
// Invariant: kept runs are read from the working folder that `backtest` itself is given.
import type { Command } from 'commander';
import {
  backtest,
  backtestCompare,
  backtestList,
  backtestShow,
  type BacktestOptions,
  type KeptOptions,
} from './commands/backtest.ts';
import type { End, Output } from './usage.ts';

export function addBacktestCommands(command: Command, output: Output, end: End): void {
  command
    .option('--from <date>', 'first session (required)')
    .option('--to <date>', 'last session (required)')
    .option('--research', 'the fast path: the same rules in float64, without orders and journal')
    .option('--trade <when>', 'next-open, or with --research same-close', 'next-open')
    .option('--frictionless', 'no spread, slippage or impact, the whole volume')
    .option('--vary <place=values...>', 'sweep: momentum.fast=21,42 or limits.deployment=0.9,0.98')
    .option('--workers <count>', 'threads of a sweep; as many as there are cores otherwise')
    .option('--folder <folder>', 'keep journal and book of the run in a new folder')
    .option('--html <file>', 'write the tear-sheet as one HTML file too')
    .action(async (options: BacktestOptions) => end(await backtest(options, output)));
  const kept = (name: string, does: string): Command => command.command(name).description(does);
  // The working folder and --json are given to `backtest` itself, before or after the name.
  const options = (): KeptOptions => command.opts<KeptOptions>();
  kept('list', 'every run kept in the working folder').action(() =>
    end(backtestList(options(), output)),
  );
  kept('compare', 'kept runs beside each other')
    .argument('<ids...>', 'beginnings of run ids')
    .action((ids: string[]) => end(backtestCompare(ids, options(), output)));
  kept('show', 'the tear-sheet of a kept run')
    .argument('<id>', 'beginning of a run id')
    .action((id: string) => end(backtestShow(id, options(), output)));
}
