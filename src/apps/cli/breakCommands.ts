// Stage: apps. Breaks and suspense as commands.
// Invariant: reconciling writes nothing; what a person says is recorded between two cycles.
import {
  assign,
  breaks,
  explainOne,
  reconcileNow,
  type AssignOptions,
  type BreaksOptions,
} from './commands/breaks.ts';
import type { CapitalOptions } from './commands/capital.ts';
import type { AddCommand, End, Output } from './usage.ts';

export function addBreakCommands(account: AddCommand, output: Output, end: End): void {
  const standing = account('breaks', 'differences and facts that nobody asked for, as they stand')
    .option('--all', 'those that were resolved too')
    .action(async (options: BreaksOptions) => end(await breaks(options, output)));
  standing
    .command('explain')
    .description('say why a break is as it is; it holds until its amount changes')
    .argument('<break>', 'as `assay breaks` names it: "position SPY"')
    .option('--because <words>', 'why (required)')
    .showHelpAfterError('`assay breaks explain --help` lists what it takes.')
    .action(async (id: string, options: CapitalOptions & { because?: string }) =>
      // The configuration and the working folder are given to `breaks` itself.
      end(await explainOne(id, { ...standing.opts<CapitalOptions>(), ...options }, output)),
    );
  account('reconcile', 'ledger against broker, now; writes nothing').action(
    async (options: CapitalOptions) => end(await reconcileNow(options, output)),
  );
  account('assign', 'give shares of suspense an owner, who pays what they cost, or cash that waits')
    .option('--symbol <symbol>', 'which shares')
    .option('--shares <count>', 'how many, with the sign that suspense holds them')
    .option('--cash <break>', 'cash of a break instead, as `assay breaks` names it')
    .option('--amount <usd>', 'how much of it, with its sign; all when absent')
    .option('--as <what>', 'profit or flow, where no rule says what the cash is')
    .option('--to <sleeve>', 'whose they are (required)')
    .option('--cost <usd>', 'of shares that came without a price')
    .option('--because <words>', 'why, for the record (required)')
    .action(async (options: AssignOptions) => end(await assign(options, output)));
}
