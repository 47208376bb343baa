// Stage: app. The command line.
// Invariant: returns the exit code; never ends the process itself, and shows no stack for bad input.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { useNodeSha256 } from '../../adapters/sha256-node/sha256.ts';
import { decode } from './commands/decode.ts';
import { demo, type DemoOptions } from './commands/demo.ts';
import { explain, type ExplainOptions } from './commands/explain.ts';
import { doctor, type DoctorOptions } from './commands/doctor.ts';
import { pnl, positions, type ReadOptions } from './commands/holdings.ts';
import { armAgain, kill, type ArmOptions, type KillOptions } from './commands/kill.ts';
import { run, type RunOptions } from './commands/run.ts';
import { simulate, type SimulateOptions } from './commands/simulate.ts';
import { addSymphonyCommands } from './commands/symphony.ts';
import { addBacktestCommands } from './backtestCommands.ts';
import { addBreakCommands } from './breakCommands.ts';
import { addCapitalCommands } from './capitalCommands.ts';
import { addDataCommands } from './dataCommands.ts';
import { addExchangeCommands } from './exchangeCommands.ts';
import { explainFailure } from './failure.ts';
import { addFigureCommands } from './figureCommands.ts';
import { followUps } from './followUp.ts';
import { addPlanCommands } from './planCommands.ts';
import { addProofCommands } from './proofCommands.ts';
import { addReportCommands } from './reportCommands.ts';
import { terminal } from './terminal.ts';
import { DEFAULT_HOME, type End, EXIT, type ExitCode, type Output, UsageError } from './usage.ts';

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
  const followed = { isText: true, complete: (text: string): string => text };
  const completed = completing(output, followed);
  const program = commands(completed, (ended) => {
    code = ended;
  });
  followed.complete = followUps(program, null);
  program.hook('preAction', (_, action) => {
    followed.isText = action.optsWithGlobals<{ json?: boolean }>().json !== true;
    followed.complete = followUps(program, action);
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return explainFailure(error, completed);
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

/** Commands that are named in what is said are completed; an answer in JSON is what it is. */
function completing(
  output: Output,
  by: { readonly isText: boolean; readonly complete: (text: string) => string },
): Output {
  return {
    ...output,
    line: (text = '') => output.line(by.isText ? by.complete(text) : text),
    note: (text) => output.note(by.complete(text)),
  };
}

/** The program with all of its commands; `end` takes the exit code of the one that was carried out. */
export function commands(output: Output, end: End): Command {
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
  addBacktestCommands(
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
  addFigureCommands(account, reader, output, end);
  addCapitalCommands(account, reader, output, end);
  addBreakCommands(account, output, end);
  reader(
    'explain',
    'why: a symbol, sleeve, order, fill, cycle, request, event or posting, from the records',
  )
    .argument(
      '<what>',
      'SPY, a sleeve, a break, 2018-07-17, or the id of an order, a fill, an amendment, an event, a posting',
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
  addProofCommands(account, output, end);
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
  addExchangeCommands(program, output, end, DEFAULT_CONFIG);
  return program;
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

function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
