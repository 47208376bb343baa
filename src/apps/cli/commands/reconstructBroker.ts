// Stage: apps. The whole ledger again from the input log and the broker itself, asked over its port.
// Invariant: no journal is opened; the broker is read, never written to.
import { existsSync } from 'node:fs';
import { openExchange } from '../../../adapters/exchange/exchange.ts';
import type { ExchangeSettings } from '../../../adapters/exchange/settings.ts';
import type { InputRecord } from '../../../domain/ledger/events.ts';
import { reconstruct } from '../../../domain/reconstruction.ts';
import { reconcile } from '../../../domain/reconciliation.ts';
import { ledgerTotals } from '../../../domain/ledger/state.ts';
import { parseMoney } from '../../../domain/units/units.ts';
import type { Broker } from '../../../ports/broker.ts';
import { openBroker } from '../brokerAccess.ts';
import { filesOf, openMarket } from '../compose.ts';
import { loadConfig, type LoadedConfig } from '../loadConfig.ts';
import { reconstructionJson, reconstructionLines } from '../reconstructionView.ts';
import { EXIT, required, UsageError, type ExitCode, type Output } from '../usage.ts';
import { wholeLog, type ReconstructOptions } from './reconstructFiles.ts';

export interface ReconstructBrokerOptions extends ReconstructOptions {
  readonly config: string;
  readonly home: string;
  readonly data?: string;
}

export async function reconstructBroker(
  options: ReconstructBrokerOptions,
  output: Output,
): Promise<ExitCode> {
  refuseFiles(options);
  const { records: inputs } = wholeLog(required(options.signals, '--signals'));
  const { broker, close } = await openRecords(await loadConfig(options.config), options, inputs);
  try {
    output.progress(`reading the records of ${broker.name}`);
    const again = reconstruct({
      inputs,
      orders: await broker.orders({}),
      fills: await broker.fills({}),
      amendments: await broker.amendments({}),
      activities: await broker.activities({}),
    });
    const breaks = reconcile(ledgerTotals(again.state), await broker.account());
    const mismatches = [
      ...again.mismatches,
      ...breaks.map(({ symbol, ledger, broker: found }) => ({
        record: symbol ?? 'cash of the account',
        expected: `${ledger} as reconstructed`,
        found: `${found} at the broker now`,
      })),
    ];
    const answer = { ...again, mismatches };
    if (options.json === true) output.line(JSON.stringify(reconstructionJson(answer)));
    else
      for (const line of reconstructionLines(answer, `the input log and ${broker.name}`))
        output.line(line);
    return mismatches.length === 0 ? EXIT.ok : EXIT.found;
  } finally {
    close();
  }
}

function refuseFiles({ from, orders, fills, activities, partial }: ReconstructOptions): void {
  const named = [from, orders, fills, activities].find((file) => file !== undefined);
  if (named === undefined && partial !== true) return;
  throw new UsageError(
    `--broker reads the broker's records from the broker: expected --signals alone beside it, found ${named ?? '--partial'}. Nothing was reconstructed. Leave one of them away.`,
  );
}

/** The broker of the configuration, for its records alone. */
async function openRecords(
  loaded: LoadedConfig,
  { home, data }: ReconstructBrokerOptions,
  inputs: readonly InputRecord[],
): Promise<{ readonly broker: Broker; close(): void }> {
  const { config } = loaded;
  if (config.broker?.kind === 'alpaca') {
    const { broker } = await openBroker(config.broker, { home });
    return { broker, close: () => {} };
  }
  const { exchange: file } = filesOf(home);
  const [genesis] = inputs;
  if (!existsSync(file) || genesis?.kind !== 'genesis')
    throw new UsageError(
      `The exchange's book cannot be read: expected ${file}, found none. Nothing was reconstructed. Name its folder with --home.`,
    );
  const traded = inputs.flatMap((each) =>
    each.kind === 'decision_point' ? each.quotes.map(({ symbol }) => symbol) : [],
  );
  const exchange = openExchange({
    file,
    accountId: config.account,
    openingCash: parseMoney(config.openingCash),
    market: openMarket(loaded, data, [...new Set(traded)]),
    startsAt: genesis.at,
    settings: config.exchange as unknown as ExchangeSettings, // checked whole by the exchange
  });
  return { broker: exchange, close: () => exchange.close() };
}
