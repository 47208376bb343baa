// Stage: app. The command line.
// Invariant: returns the exit code; never ends the process itself, and shows no stack for bad input.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { CredentialsError } from '../../adapters/alpaca/credentials.ts';
import { BookError, type BookErrorCode } from '../../adapters/exchange/bookError.ts';
import { useNodeSha256 } from '../../adapters/sha256-node/sha256.ts';
import { CycleHalted } from '../../engine/shell.ts';
import { CalendarError } from '../../domain/calendar.ts';
import { InvariantError } from '../../domain/invariant.ts';
import { BrokerError } from '../../ports/broker.ts';
import { JournalError } from '../../ports/journal.ts';
import { MarketDataError } from '../../ports/marketData.ts';
import {
  backtest,
  backtestCompare,
  backtestList,
  backtestShow,
  type BacktestOptions,
  type KeptOptions,
} from './commands/backtest.ts';
import { dataStatus, dataSync, type DataOptions } from './commands/data.ts';
import { audit, type AuditOptions } from './commands/audit.ts';
import { decode } from './commands/decode.ts';
import { demo, type DemoOptions } from './commands/demo.ts';
import { exchangeAmend, type AmendOptions } from './commands/exchangeAmend.ts';
import { exchangeServe, type ExchangeServeOptions } from './commands/exchangeServe.ts';
import { explain, type ExplainOptions } from './commands/explain.ts';
import { doctor, type DoctorOptions } from './commands/doctor.ts';
import { exportBooks, type BookFormat } from './commands/exportBooks.ts';
import { exportFiles, type ExportOptions } from './commands/exportFiles.ts';
import { exportTables, type TableFormat } from './commands/exportTables.ts';
import { pnl, positions, type ReadOptions } from './commands/holdings.ts';
import { armAgain, kill, type ArmOptions, type KillOptions } from './commands/kill.ts';
import { performance, type PerformanceOptions } from './commands/performance.ts';
import { reconstructBroker, type ReconstructBrokerOptions } from './commands/reconstructBroker.ts';
import { reconstructFiles } from './commands/reconstructFiles.ts';
import { run, type RunOptions } from './commands/run.ts';
import { shortfall, type ShortfallOptions } from './commands/shortfall.ts';
import { simulate, type SimulateOptions } from './commands/simulate.ts';
import { addSymphonyCommands } from './commands/symphony.ts';
import {
  deposit,
  transfer,
  withdraw,
  type CapitalOptions,
  type TransferOptions,
} from './commands/capital.ts';
import { sleeves } from './commands/sleeves.ts';
import { tax, type TaxOptions } from './commands/tax.ts';
import { verify, type VerifyOptions } from './commands/verify.ts';
import { addBreakCommands } from './breakCommands.ts';
import { addPlanCommands } from './planCommands.ts';
import { addReportCommands } from './reportCommands.ts';
import { terminal } from './terminal.ts';
import { DEFAULT_HOME, EXIT, UsageError, type ExitCode, type Output } from './usage.ts';

type ExportFormat = 'evidence' | BookFormat | TableFormat;

/** Commands that trade whatever their configuration says: an assumed one is named. */
const TRADES: ReadonlySet<string> = new Set(['run', 'simulate']);
const DEFAULT_CONFIG = fileURLToPath(new URL('../../../examples/assay.config.ts', import.meta.url));

/**
 * Runs one command. Without a command it shows the help and returns EXIT.usage: a script that lost
 * its arguments must not look like one that worked.
 *
 * @returns the exit code, as in usage.ts
 */
export async function main(
  argv: readonly string[],
  shownOn: Output = terminal(),
): Promise<ExitCode> {
  const output = printable(shownOn);
  useNodeSha256();
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

/** Controls, those of writing direction included. */
const CONTROLS = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** What a file or an argument says must not drive the terminal that shows it. */
function printable(output: Output): Output {
  const clean = (text: string): string =>
    text.replace(CONTROLS, (found) => (found === '\n' ? found : '·'));
  return {
    line: (text = '') => output.line(clean(text)),
    note: (text) => output.note(clean(text)),
    progress: (text) => output.progress(clean(text)),
  };
}

function commands(output: Output, end: (code: ExitCode) => void): Command {
  const program = new Command('assay')
    .description(
      'Several strategies, one brokerage account: netted orders, exact attribution, and a proof.',
    )
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.line(text.trimEnd()),
      writeErr: (text) => output.note(text.trimEnd()),
      outputError: (text, write) => write(refusal(text)),
    })
    .addHelpText('after', EXIT_CODES);
  const command = (name: string, does: string): Command =>
    program
      .command(name)
      .description(does)
      .showHelpAfterError(`\`assay ${name} --help\` lists what it takes.`);
  const reader = (name: string, does: string): Command =>
    command(name, does)
      .option('--home <folder>', 'working folder', DEFAULT_HOME)
      .option('--json', 'answer as JSON');
  const account = (name: string, does: string): Command =>
    reader(name, does)
      .option('--config <file>', 'configuration', DEFAULT_CONFIG)
      .option('--data <folder>', 'read the market from a folder of CSV files instead');
  program.showHelpAfterError('`assay --help` lists the commands.');
  program.hook('preAction', (_, action) => {
    if (TRADES.has(action.name()) && action.getOptionValueSource('config') === 'default')
      output.note(`No --config: this is the example account of ${relative('', DEFAULT_CONFIG)}.`);
  });

  command('demo', 'ten sessions of five strategies on the synthetic market, with the proof')
    .option('--config <file>', 'configuration', DEFAULT_CONFIG)
    .option('--home <folder>', 'working folder; started over each time', '.assay/demo')
    .option('--sessions <count>', 'how many sessions', wholeNumber, 10)
    .option('--json', 'answer as JSON')
    .action(async (options: DemoOptions) => end(await demo(options, output)));
  account('run', 'run the cycle of the next session')
    .option('--session <date>', 'run this session instead')
    .action(async (options: RunOptions) => end(await run(options, output)));
  account('simulate', 'run every session of a range; goes on where it stopped')
    .option('--from <date>', 'first session (required)')
    .option('--to <date>', 'last session (required)')
    .option('--fresh', 'start over: removes the journal and the book of the working folder')
    .action(async (options: SimulateOptions) => end(await simulate(options, output)));
  addBacktest(
    account('backtest', 'run a range of the past and report it; keeps every run'),
    output,
    end,
  );
  command('kill', 'stop all new orders at once, also of a process that is trading now')
    .option('--home <folder>', 'working folder', DEFAULT_HOME)
    .option('--reason <words>', 'why, for the record', 'no reason was given')
    .option('--json', 'answer as JSON')
    .action((options: KillOptions) => end(kill(options, output)));
  account('arm', 'let orders leave again after a kill')
    .option('--reason <words>', 'why, for the record', 'no reason was given')
    .action(async (options: ArmOptions) => end(await armAgain(options, output)));
  reader('positions', 'who owns which shares').action(async (options: ReadOptions) =>
    end(await positions(options, output)),
  );
  reader('pnl', 'profit and loss of every sleeve').action(async (options: ReadOptions) =>
    end(await pnl(options, output)),
  );
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
    .option('--csv', 'answer as CSV')
    .action(async (options: ShortfallOptions) => end(await shortfall(options, output)));
  reader('tax', 'gains of the account by its own lots, wash sales, and the bridge from the sleeves')
    .option('--year <year>', 'of this year alone')
    .option('--wash', 'each possible wash sale, with who sold and who bought')
    .option('--lots', 'the lots held as well; with --csv instead of the sales')
    .option('--csv', 'answer as CSV: one row a lot sold')
    .action(async (options: TaxOptions) => end(await tax(options, output)));
  reader('sleeves', 'life, capital, cash and dues of every sleeve').action(
    async (options: ReadOptions) => end(await sleeves(options, output)),
  );
  account('transfer', 'move cash between two sleeves, as far as it is confirmed')
    .option('--from <sleeve>', 'who gives (required)')
    .option('--to <sleeve>', 'who gets (required)')
    .option('--amount <usd>', 'how much (required)')
    .action(async (options: TransferOptions) => end(await transfer(options, output)));
  account('deposit', 'bring money into the paper account; it belongs to house')
    .option('--amount <usd>', 'how much (required)')
    .action(async (options: CapitalOptions) => end(await deposit(options, output)));
  account('withdraw', 'take money out of the paper account; sleeves raise what house lacks')
    .option('--amount <usd>', 'how much (required)')
    .action(async (options: CapitalOptions) => end(await withdraw(options, output)));
  addBreakCommands(account, output, end);
  reader('explain', 'why: a symbol, sleeve, order, fill, cycle, event or posting, from the records')
    .argument(
      '<what>',
      'SPY, a sleeve, 2018-07-17, or the id of an order, a fill, an event or a posting',
    )
    .option('--on <date>', 'session to explain a symbol or a sleeve on; the last one otherwise')
    .action(async (what: string, options: ExplainOptions) =>
      end(await explain(what, options, output)),
    );
  addPlanCommands(account, output, end);
  addReportCommands(reader, output, end);
  command('decode', 'read a client order id, from the id alone')
    .argument('<id>', 'client order id')
    .option('--json', 'answer as JSON')
    .action((id: string, options: { json?: boolean }) => end(decode(id, options, output)));
  account('export', 'write the evidence: input log, broker records, daily roots, manifest')
    .option('--to <folder>', 'where to', '.assay/export')
    .addOption(
      new Option(
        '--format <format>',
        'evidence; the books for another program; or the tables, as in DATA.md',
      )
        .choices(['evidence', 'hledger', 'beancount', 'csv', 'parquet'])
        .default('evidence'),
    )
    .action(async ({ format, ...options }: ExportOptions & { format: ExportFormat }) => {
      if (format === 'evidence') end(await exportFiles(options, output));
      else if (format === 'csv' || format === 'parquet')
        end(await exportTables(format, options, output));
      else end(await exportBooks(format, options, output));
    });
  account('reconstruct', 'the whole ledger again, from exported files or the broker itself')
    .option('--from <folder>', 'an export, held against its manifest and daily roots')
    .option('--signals <file>', 'the input log')
    .option('--orders <file>', "the broker's orders")
    .option('--fills <file>', "the broker's executions")
    .option('--activities <file>', "the broker's other activities; required when there are any")
    .option('--broker', 'read orders, executions and activities from the broker, by --config')
    .option('--partial', 'with less than that: what is exact, within bounds, impossible, and why')
    .action(async ({ broker, ...options }: ReconstructBrokerOptions & { broker?: boolean }) =>
      end(
        broker === true
          ? await reconstructBroker(options, output)
          : reconstructFiles(options, output),
      ),
    );
  account('audit', 'seven questions of an outsider, answered on the records: YES, NO or NOT YET')
    .option('--markdown', 'answer as a Markdown table')
    .action(async (options: AuditOptions) => end(await audit(options, output)));
  account('verify', 'ledger = tables = reconstruction = exchange')
    .option('--roots <file>', 'daily roots kept from before: the records up to then must be theirs')
    .action(async (options: VerifyOptions) => end(await verify(options, output)));
  account(
    'doctor',
    'self-test before trading: broker, keys, clock, calendar, bars, disk, journal',
  ).action(async (options: DoctorOptions) => end(await doctor(options, output)));
  addDataCommands(
    account('data', 'the daily bars from the broker, kept on this machine'),
    output,
    end,
  );
  addSymphonyCommands(program, output, end, DEFAULT_CONFIG);
  addExchangeCommands(program, output, end);
  return program;
}

function addExchangeCommands(
  program: Command,
  output: Output,
  end: (code: ExitCode) => void,
): void {
  const exchange = program
    .command('exchange')
    .description(
      "the paper exchange: on a port, speaking Alpaca's wire; executions taken back by hand",
    );
  for (const [kind, does] of [
    ['bust', 'take an execution of the paper exchange back, to see what follows'],
    ['correct', 'give an execution of the paper exchange other terms'],
  ] as const) {
    const command = exchange
      .command(kind)
      .description(does)
      .argument('<execution>', 'its id, as `assay explain SYMBOL` and `fills.jsonl` name it')
      .showHelpAfterError(`\`assay exchange ${kind} --help\` lists what it takes.`)
      .option('--config <file>', 'configuration of the account', DEFAULT_CONFIG)
      .option('--data <folder>', 'read the market from a folder of CSV files instead')
      .option('--home <folder>', 'working folder of the account', DEFAULT_HOME)
      .option('--json', 'for programs');
    if (kind === 'correct')
      command
        .option('--shares <count>', 'what was executed (required)')
        .option('--price <usd>', 'at what (required)');
    command.action(async (id: string, options: AmendOptions) =>
      end(await exchangeAmend(kind === 'bust' ? 'bust' : 'correction', id, options, output)),
    );
  }
  exchange
    .command('serve')
    .description('serve it until Ctrl-C; the same folder goes on where it stopped')
    .showHelpAfterError('`assay exchange serve --help` lists what it takes.')
    .option('--config <file>', 'configuration: market, cash, symbols', DEFAULT_CONFIG)
    .option('--data <folder>', 'read the market from a folder of CSV files instead')
    .option('--home <folder>', "the exchange's folder", '.assay/exchange')
    .option('--port <number>', 'port on 127.0.0.1; 0 for any', '8080')
    .option('--start <date>', 'first session of a new exchange')
    .option('--speed <factor>', 'exchange seconds in a second', '1')
    .option('--manual-clock', 'time stands still but for POST /test/clock')
    .option('--faults <file>', 'rules of what goes wrong, as JSON')
    .option('--seed <number>', 'of prices within a day, partial fills and faults')
    .option('--multiplier <number>', '1 a cash account, 2 or 4 margin', '4')
    .option('--fees', 'regulatory fees of a live account')
    .action(async (options: ExchangeServeOptions) => end(await exchangeServe(options, output)));
}

function addBacktest(command: Command, output: Output, end: (code: ExitCode) => void): void {
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

function addDataCommands(command: Command, output: Output, end: (code: ExitCode) => void): void {
  const options = (): DataOptions => command.opts<DataOptions>();
  command
    .command('sync')
    .description('bring them up to the last session that is final; made to run after each close')
    .action(async () => end(await dataSync(options(), output)));
  command
    .command('status')
    .description('what is held, and whether it is fresh')
    .action(async () => end(await dataStatus(options(), output)));
}

const EXIT_CODES = `
Exit codes: 0 done; 1 something is wrong in the records; 2 the command line, the
configuration or an input file cannot be used; 3 a cycle needs a person.`;

/** What commander refuses, with its consequence: "error: unknown option '--too'\n(Did you mean --to?)". */
function refusal(text: string): string {
  const [what = '', ...hints] = text
    .trim()
    .replace(/^error: /, '')
    .split('\n');
  const said = `${what.charAt(0).toUpperCase()}${what.slice(1)}`.replace(/\.$/, '');
  return [`${said}. Nothing was started.`, ...hints].join('\n');
}

function wholeNumber(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (count < 1)
    throw new UsageError(
      `--sessions: expected a whole number from 1, found "${text}". Nothing was started. Correct it.`,
    );
  return count;
}

/** Errors that say everything themselves: shown without a stack. */
function explainFailure(error: unknown, output: Output): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const message = error instanceof Error ? error.message : String(error);
  const code = exitCodeOf(error);
  if (code !== undefined) {
    output.note(message);
    return code;
  }
  const shown = error instanceof Error ? (error.stack ?? message) : message;
  output.note(
    `${error instanceof InvariantError ? 'A rule of the money is broken' : 'Something unforeseen happened'}; ` +
      `this is a bug in Assay and nothing of this step was written.\n${shown}`,
  );
  return EXIT.found;
}

/** The code of an error that bad input or the world can cause; undefined for a bug. */
function exitCodeOf(error: unknown): ExitCode | undefined {
  if (error instanceof UsageError || error instanceof MarketDataError) return EXIT.usage;
  if (error instanceof CredentialsError) return EXIT.usage;
  if (error instanceof CalendarError) return EXIT.usage;
  if (error instanceof CycleHalted || error instanceof BrokerError) return EXIT.halted;
  if (error instanceof JournalError) return error.code === 'in_use' ? EXIT.usage : EXIT.found;
  if (error instanceof BookError) return DAMAGE.has(error.code) ? EXIT.found : EXIT.usage;
  return undefined;
}

/** What is wrong in a book itself, not in what it was opened with. */
const DAMAGE: ReadonlySet<BookErrorCode> = new Set(['damaged', 'not_a_book', 'other_version']);

function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
