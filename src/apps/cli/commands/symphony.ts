// Stage: apps. What is in a symphony file, and what it decides on a day.
// Invariant: reads files and markets; trades nothing, and writes only what `fmt --write` was told to.
import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { openAlpacaMarketData } from '../../../adapters/market-data-alpaca/alpacaMarketData.ts';
import { openCsvMarketData } from '../../../adapters/market-data-csv/csvMarketData.ts';
import { openSyntheticMarketData } from '../../../adapters/market-data-synthetic/syntheticMarketData.ts';
import { session } from '../../../domain/time.ts';
import { History } from '../../../engine/evaluate.ts';
import type { MarketData } from '../../../ports/marketData.ts';
import type { StrategyRebalance } from '../../../strategy/strategy.ts';
import { findComments } from '../../../symphony/comments.ts';
import { toDot } from '../../../symphony/dot.ts';
import type { SymphonyError } from '../../../symphony/errors.ts';
import { useOfSymbols } from '../../../symphony/graphCounts.ts';
import { loadSymphony, type LoadedSymphony } from '../../../symphony/loadSymphony.ts';
import { printSymphony } from '../../../symphony/print.ts';
import { orRefuse, readText } from '../files.ts';
import { loadConfig } from '../loadConfig.ts';
import {
  closestCalls,
  count,
  evaluationLines,
  graphFigures,
  graphLines,
  historyFigures,
  historyLines,
  symbolLines,
} from '../symphonyView.ts';
import { type End, EXIT, type ExitCode, type Output, required, UsageError } from '../usage.ts';
import { dateOption } from './simulate.ts';

interface Answer {
  readonly json?: boolean;
}

/** Adds `assay symphony …` to a program. `end` takes the exit code. */
export function addSymphonyCommands(
  program: Command,
  output: Output,
  end: End,
  defaultConfig: string,
): void {
  const symphony = program
    .command('symphony')
    .description('read a symphony file: check it, lay it out, see its graph, explain a day')
    .showHelpAfterError('`assay symphony --help` lists what it takes.');
  const command = (name: string, does: string): Command =>
    symphony
      .command(name)
      .description(does)
      .argument('<file>', 'symphony (.clj)')
      .option('--json', 'answer as JSON')
      .showHelpAfterError(`\`assay symphony ${name} --help\` lists what it takes.`);

  command('check', 'whether it loads; every error with its place').action(
    (file: string, options: Answer) => end(check(file, options, output)),
  );
  command('fmt', 'print it in the one layout; comments are kept')
    .option('--write', 'change the file instead of printing; a changed file is another version')
    .option('--check', 'print nothing; exit code 1 when the layout differs')
    .action((file: string, options: FormatOptions) => end(format(file, options, output)));
  command('graph', 'its nodes before and after sharing')
    .option('--dot', 'the graph in the DOT language of Graphviz')
    .action((file: string, options: Answer & { dot?: boolean }) =>
      end(graph(file, options, output)),
    );
  command('symbols', 'what it trades and what it reads').action((file: string, options: Answer) =>
    end(symbols(file, options, output)),
  );
  command('history', 'how many bars each symbol needs').action((file: string, options: Answer) =>
    end(history(file, options, output)),
  );
  command('explain', 'what it decides on a day, and how close each decision was')
    .option('--on <date>', 'session to decide at the close of (required)')
    .option('--config <file>', 'configuration, for its market', defaultConfig)
    .option('--data <folder>', 'read the market from a folder of CSV files instead')
    .action(async (file: string, options: ExplainOptions) =>
      end(await explain(file, options, output)),
    );
}

type Loaded = Extract<LoadedSymphony, { ok: true }> & { readonly text: string };

function check(file: string, { json }: Answer, output: Output): ExitCode {
  const text = readText(file, 'a symphony');
  const loaded = loadSymphony({ source: text, file, id: file });
  if (!loaded.ok) {
    if (json === true) output.line(JSON.stringify({ ok: false, errors: loaded.errors }));
    else output.note(refusal(file, loaded.errors));
    return EXIT.usage;
  }
  const { strategy, graph: of, tree } = loaded;
  const figures = {
    ok: true,
    name: tree.name,
    version: strategy.version,
    dialect: strategy.dialect,
    rebalance: strategy.rebalance,
    lines: text.split('\n').length,
    bytes: Buffer.byteLength(text),
    nodes: of.nodes.length,
    trades: strategy.trades.length,
    reads: strategy.reads.length,
    barsNeeded: historyFigures(of, strategy)[0]?.bars ?? 0,
  };
  if (json === true) output.line(JSON.stringify(figures));
  else {
    output.line(
      `${file} loads: "${tree.name}", rebalanced ${rebalanceInWords(strategy.rebalance)}.`,
    );
    output.line(
      `${count(figures.lines)} lines, ${count(figures.bytes)} bytes, ${count(figures.nodes)} distinct nodes; ` +
        `trades ${count(figures.trades)} symbols, reads ${count(figures.reads)}, up to ${count(figures.barsNeeded)} bars.`,
    );
    output.line(`version ${strategy.version}, dialect ${strategy.dialect}`);
  }
  return EXIT.ok;
}

interface FormatOptions extends Answer {
  readonly write?: boolean;
  readonly check?: boolean;
}

function format(file: string, options: FormatOptions, output: Output): ExitCode {
  if (options.write === true && options.check === true)
    throw new UsageError(
      '--write and --check: expected one of the two, found both. Nothing was changed. Leave one out.',
    );
  const { tree, text } = load(file);
  const printed = printSymphony(tree, findComments(text));
  const differs = printed !== text;
  if (options.write === true && differs)
    orRefuse(`${file} cannot be written`, () => writeFileSync(file, printed));
  if (options.json === true)
    output.line(
      JSON.stringify({ file, differs, written: options.write === true && differs, text: printed }),
    );
  else if (options.write === true)
    output.line(
      `${file} ${differs ? 'was laid out anew; its version changed with its bytes' : 'is laid out already'}.`,
    );
  else if (options.check === true)
    output.line(`${file} is ${differs ? 'not ' : ''}in the one layout.`);
  else output.line(printed.trimEnd());
  return options.check === true && differs ? EXIT.found : EXIT.ok;
}

function graph(file: string, options: Answer & { dot?: boolean }, output: Output): ExitCode {
  if (options.dot === true && options.json === true)
    throw new UsageError(
      '--dot and --json: expected one of the two, found both. Nothing was read. Leave one out.',
    );
  const { graph: of, tree } = load(file);
  const figures = graphFigures(of);
  if (options.dot === true) output.line(toDot(of, tree.name).trimEnd());
  else if (options.json === true) output.line(JSON.stringify({ ...figures, graph: of }));
  else for (const line of graphLines(figures)) output.line(line);
  return EXIT.ok;
}

function symbols(file: string, { json }: Answer, output: Output): ExitCode {
  const { graph: of, strategy } = load(file);
  if (json !== true) {
    for (const line of symbolLines(of)) output.line(line);
    return EXIT.ok;
  }
  const uses = useOfSymbols(of).map(({ symbol, trades, columns }) => ({
    symbol,
    trades,
    reads: columns.map(({ indicator, window }) => ({ indicator, window })),
  }));
  output.line(JSON.stringify({ trades: strategy.trades, reads: strategy.reads, symbols: uses }));
  return EXIT.ok;
}

function history(file: string, { json }: Answer, output: Output): ExitCode {
  const { graph: of, strategy } = load(file);
  const figures = historyFigures(of, strategy);
  if (json === true) output.line(JSON.stringify({ symbols: figures }));
  else for (const line of historyLines(figures)) output.line(line);
  return EXIT.ok;
}

interface ExplainOptions extends Answer {
  readonly on?: string;
  readonly config: string;
  readonly data?: string;
}

async function explain(file: string, options: ExplainOptions, output: Output): Promise<ExitCode> {
  const asOf = dateOption('--on', required(options.on, '--on'));
  const { strategy, tree } = load(file);
  const market = await openMarket(strategy.reads, options);
  const bars = new History(market);
  const evaluation = strategy.evaluate({
    asOf,
    history: (symbol) => bars.series(symbol),
    exchangeSessions: bars.sessions(),
  });
  const head = { file, name: tree.name, version: strategy.version, asOf, market: market.name };
  if (options.json === true)
    output.line(
      JSON.stringify({ ...head, ...evaluation, closestCalls: closestCalls(evaluation.path) }),
    );
  else {
    output.line(`${tree.name}, decided at the close of ${asOf} (${market.name})`);
    output.line();
    for (const line of evaluationLines(evaluation)) output.line(line);
  }
  return evaluation.kind === 'failed' ? EXIT.found : EXIT.ok;
}

/** The market of the configuration, or a folder, with the symbols read. */
async function openMarket(
  symbolsRead: readonly string[],
  { config: file, data }: ExplainOptions,
): Promise<MarketData> {
  if (data !== undefined) return openCsvMarketData({ folder: data, symbols: symbolsRead });
  const { config } = await loadConfig(file);
  const { market } = config;
  if (market.kind === 'csv') {
    const folder = resolve(dirname(file), market.folder);
    return openCsvMarketData({ folder, symbols: symbolsRead });
  }
  if (market.kind === 'alpaca') {
    const folder = resolve(dirname(file), market.folder);
    return openAlpacaMarketData({ folder, symbols: symbolsRead });
  }
  return openSyntheticMarketData({
    seed: market.seed,
    symbols: symbolsRead,
    from: session(market.from),
    to: session(market.to),
  });
}

/** @throws UsageError with every error of the file */
function load(file: string): Loaded {
  const text = readText(file, 'a symphony');
  const loaded = loadSymphony({ source: text, file, id: file });
  if (!loaded.ok) throw new UsageError(refusal(file, loaded.errors));
  return { ...loaded, text };
}

const refusal = (file: string, errors: readonly SymphonyError[]): string =>
  [
    `${file} cannot be used (${errors.length} error${errors.length === 1 ? '' : 's'}):`,
    ...errors.map(({ message }) => message),
  ].join('\n');

function rebalanceInWords(rebalance: StrategyRebalance): string {
  switch (rebalance.kind) {
    case 'every-session':
      return 'every session';
    case 'none':
      return 'never after it entered';
    case 'calendar':
      return rebalance.frequency;
    case 'corridor':
      return `when a weight drifted by more than ${rebalance.width}`;
  }
}
