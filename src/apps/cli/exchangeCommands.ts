// Stage: app. Commands of the paper exchange itself: served on a port, executions amended by hand.
// Invariant: they act as the broker, never as the account.
import type { Command } from 'commander';
import { exchangeAmend, type AmendOptions } from './commands/exchangeAmend.ts';
import { exchangeServe, type ExchangeServeOptions } from './commands/exchangeServe.ts';
import { DEFAULT_HOME, type End, type Output } from './usage.ts';

/** @param config the configuration where none is named */
export function addExchangeCommands(
  program: Command,
  output: Output,
  end: End,
  config: string,
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
      .option('--config <file>', 'configuration of the account', config)
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
    .option('--config <file>', 'configuration: market, cash, symbols', config)
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
