// Stage: app. The command line.
// Invariant: returns the exit code; never ends the process itself, and shows no stack for bad input.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { BookError } from '../../adapters/exchange/bookError.ts';
import { CycleHalted } from '../../engine/shell.ts';
import { InvariantError } from '../../domain/invariant.ts';
import { BrokerError } from '../../ports/broker.ts';
import { JournalError } from '../../ports/journal.ts';
import { MarketDataError } from '../../ports/marketData.ts';
import { decode } from './commands/decode.ts';
import { demo, type DemoOptions } from './commands/demo.ts';
import { explain, type ExplainOptions } from './commands/explain.ts';
import { exportFiles, type ExportOptions } from './commands/exportFiles.ts';
import { pnl, positions, type ReadOptions } from './commands/holdings.ts';
import { reconstructFiles, type ReconstructOptions } from './commands/reconstructFiles.ts';
import { run, type RunOptions } from './commands/run.ts';
import { simulate, type SimulateOptions } from './commands/simulate.ts';
import { verify, type VerifyOptions } from './commands/verify.ts';
import { terminal } from './terminal.ts';
import { EXIT, UsageError, type ExitCode, type Output } from './usage.ts';

const DEFAULT_CONFIG = fileURLToPath(new URL('../../../examples/assay.config.ts', import.meta.url));

/** @returns the exit code, as in usage.ts */
export async function main(argv: readonly string[]): Promise<number> {
  const output = terminal();
  let code: ExitCode = EXIT.ok;
  const program = commands(output, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return explainFailure(error, output);
  } finally {
    output.progress('');
  }
}

function commands(output: Output, end: (code: ExitCode) => void): Command {
  const program = new Command('assay')
    .description(
      'Several strategies, one brokerage account: netted orders, exact attribution, and a proof.',
    )
    .version(version())
    .exitOverride()
    .showHelpAfterError('(assay --help lists the commands)');
  const account = (name: string, does: string): Command =>
    program
      .command(name)
      .description(does)
      .option('--config <file>', 'configuration', DEFAULT_CONFIG)
      .option('--home <folder>', 'working folder', '.assay')
      .option('--data <folder>', 'read the market from a folder of CSV files instead')
      .option('--json', 'answer as JSON');

  program
    .command('demo')
    .description('ten sessions of five strategies on the synthetic market, with the proof')
    .option('--config <file>', 'configuration', DEFAULT_CONFIG)
    .option('--home <folder>', 'working folder; started over each time', '.assay/demo')
    .option('--sessions <count>', 'how many sessions', wholeNumber, 10)
    .action(async (options: DemoOptions) => end(await demo(options, output)));
  account('run', 'run the cycle of the next session')
    .option('--session <date>', 'run this session instead')
    .action(async (options: RunOptions) => end(await run(options, output)));
  account('simulate', 'run every session of a range; goes on where it stopped')
    .requiredOption('--from <date>', 'first session')
    .requiredOption('--to <date>', 'last session')
    .option('--fresh', 'start over: removes the journal and the book of the working folder')
    .action(async (options: SimulateOptions) => end(await simulate(options, output)));
  reader(program, 'positions', 'who owns which shares').action(async (options: ReadOptions) =>
    end(await positions(options, output)),
  );
  reader(program, 'pnl', 'profit and loss of every sleeve').action(async (options: ReadOptions) =>
    end(await pnl(options, output)),
  );
  reader(program, 'explain', 'why: a symbol, an order id or a cycle, from the records')
    .argument('<what>', 'symbol (SPY), client or broker order id, or cycle (2018-07-17)')
    .option('--on <date>', 'session to explain a symbol on; the last one otherwise')
    .action(async (what: string, options: ExplainOptions) =>
      end(await explain(what, options, output)),
    );
  program
    .command('decode')
    .description('read a client order id, from the id alone')
    .argument('<id>', 'client order id')
    .option('--json', 'answer as JSON')
    .action((id: string, options: { json?: boolean }) => end(decode(id, options, output)));
  account('export', "write the four evidence files: the input log and the broker's records")
    .option('--to <folder>', 'where to', '.assay/export')
    .action(async (options: ExportOptions) => end(await exportFiles(options, output)));
  program
    .command('reconstruct')
    .description('the whole ledger again, from the exported files alone')
    .requiredOption('--signals <file>', 'the input log')
    .requiredOption('--orders <file>', "the broker's orders")
    .requiredOption('--fills <file>', "the broker's executions")
    .option('--activities <file>', "the broker's other activities; required when there are any")
    .option('--json', 'answer as JSON')
    .action((options: ReconstructOptions) => end(reconstructFiles(options, output)));
  account('verify', 'ledger = tables = reconstruction = exchange').action(
    async (options: VerifyOptions) => end(await verify(options, output)),
  );
  return program;
}

const reader = (program: Command, name: string, does: string): Command =>
  program
    .command(name)
    .description(does)
    .option('--home <folder>', 'working folder', '.assay')
    .option('--json', 'answer as JSON');

function wholeNumber(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (count < 1)
    throw new UsageError(
      `--sessions expects a whole number from 1, found "${text}". Nothing was started.`,
    );
  return count;
}

/** Errors that say everything themselves: shown without a stack. */
function explainFailure(error: unknown, output: Output): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError || error instanceof MarketDataError) {
    output.note(message);
    return EXIT.usage;
  }
  if (error instanceof CycleHalted || error instanceof BrokerError) {
    output.note(message);
    return EXIT.halted;
  }
  if (error instanceof JournalError || error instanceof BookError) {
    output.note(message);
    return EXIT.found;
  }
  if (error instanceof InvariantError) {
    output.note(
      `A rule of the money is broken; this is a bug in Assay and nothing of this step was written.\n${error.stack ?? message}`,
    );
    return EXIT.found;
  }
  output.note(error instanceof Error ? (error.stack ?? message) : message);
  return EXIT.found;
}

function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
