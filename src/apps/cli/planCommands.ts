// Stage: apps. What-if as commands: what would be traded, under which configuration, and what would have been.
// Invariant: none of them sends an order or changes a record.
import { planDiff } from './commands/planDiff.ts';
import { planDryRun, type DryRunOptions } from './commands/planDryRun.ts';
import { planReplay, type ReplayOptions } from './commands/planReplay.ts';
import { type AddCommand, type End, type Output, UsageError } from './usage.ts';

interface PlanOptions extends DryRunOptions {
  readonly dryRun?: boolean;
  readonly diff?: readonly string[];
}

export function addPlanCommands(account: AddCommand, output: Output, end: End): void {
  const plan = account('plan', 'what would be traded now, and what would have been otherwise')
    .option('--dry-run', 'what the next session would trade and why; writes nothing')
    .option('--diff <configs...>', 'the next session under two configurations: what differs')
    .option('--acknowledge', 'note in the working folder that this was looked at')
    .option('--session <date>', 'plan this session instead')
    .action(async (options: PlanOptions) => {
      if (options.diff !== undefined) end(await planDiff(two(options.diff), options, output));
      else if (options.dryRun === true) end(await planDryRun(options, output));
      else throw nothingAsked();
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

function two(files: readonly string[]): readonly [string, string] {
  const [before, after] = files;
  if (before !== undefined && after !== undefined && files.length === 2) return [before, after];
  throw new UsageError(
    `--diff: expected two configurations, found ${files.length}. Nothing was started. Name the one in force and the changed one.`,
  );
}

/** Planning without --dry-run could be taken for trading. */
const nothingAsked = (): UsageError =>
  new UsageError(
    'plan does not trade: expected --dry-run, --diff or the command replay, found none of them. Nothing was started. ' +
      'Name one; `assay run` trades.',
  );
