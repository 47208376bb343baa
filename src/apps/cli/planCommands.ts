// Stage: apps. What-if as commands: what would be traded, under which configuration, and what would have been.
// Invariant: none of them sends an order or changes a record.
import type { Command } from 'commander';
import { planDryRun, type DryRunOptions } from './commands/planDryRun.ts';
import { planReplay, type ReplayOptions } from './commands/planReplay.ts';
import { UsageError, type ExitCode, type Output } from './usage.ts';

interface PlanOptions extends DryRunOptions {
  readonly dryRun?: boolean;
}

export function addPlanCommands(
  account: (name: string, does: string) => Command,
  output: Output,
  end: (code: ExitCode) => void,
): void {
  const plan = account('plan', 'what would be traded now, and what would have been otherwise')
    .option('--dry-run', 'what the next session would trade and why; writes nothing')
    .option('--session <date>', 'plan this session instead')
    .action(async (options: PlanOptions) => {
      if (options.dryRun !== true) throw nothingAsked();
      end(await planDryRun(options, output));
    });
  plan
    .command('replay')
    .description('decide a recorded cycle again: a proof, or with --with what would have changed')
    .argument('<cycle>', 'session of the cycle (2018-07-17)')
    .option('--with <setting=value...>', 'like limits.reserve=5000 or rails.maxOrders=3')
    .showHelpAfterError('`assay plan replay --help` lists what it takes.')
    .action(async (cycle: string, options: ReplayOptions) =>
      // The working folder and --json are given to `plan` itself, before or after the name.
      end(await planReplay(cycle, { ...plan.opts<ReplayOptions>(), ...options }, output)),
    );
}

/** Planning without --dry-run could be taken for trading. */
const nothingAsked = (): UsageError =>
  new UsageError(
    '`assay plan` does not trade: expected --dry-run or the command replay, found neither. Nothing was started. ' +
      'Name one; `assay run` trades.',
  );
