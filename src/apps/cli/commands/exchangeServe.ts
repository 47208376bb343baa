// Stage: apps. The paper exchange on a port of this machine, speaking Alpaca's wire.
// Invariant: ends on a signal, closed in order; nothing outside this machine can reach it.
import { join } from 'node:path';
import { z } from 'zod';
import { faultPlanSchema, type FaultRule } from '../../../adapters/exchange/served/faults.ts';
import { serveExchange } from '../../../adapters/exchange/served/serveExchange.ts';
import { addMinutes, isSession, sessionOpen } from '../../../domain/calendar.ts';
import { asSymbol } from '../../../domain/market.ts';
import { isDate, session, type Session } from '../../../domain/time.ts';
import { parseMoney, parseWeight } from '../../../domain/units/units.ts';
import type { MarketData } from '../../../ports/marketData.ts';
import { openMarket, refuseWithoutBars } from '../compose.ts';
import { makeFolder, readText } from '../files.ts';
import { loadConfig, type LoadedConfig } from '../loadConfig.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';

export interface ExchangeServeOptions {
  readonly config: string;
  readonly home: string;
  readonly data?: string;
  readonly port: string;
  readonly start?: string;
  readonly speed: string;
  readonly manualClock?: boolean;
  readonly faults?: string;
  readonly seed?: string;
  readonly multiplier: string;
  readonly fees?: boolean;
}

/** For this machine alone; the secret keeps nothing secret. */
const KEYS = { keyId: 'PKLOCAL', secret: 'local-paper-exchange' };

/** Enough sessions before the first for strategies that look a year back. */
const HISTORY = 260;

export async function exchangeServe(
  options: ExchangeServeOptions,
  output: Output,
  stopped: Promise<void> = signalled(),
): Promise<ExitCode> {
  const loaded = await loadConfig(options.config);
  const market = openMarket(loaded, options.data);
  const start = firstSession(options.start, market);
  refuseWithoutBars(market, [start]);
  const speed = options.manualClock === true ? null : number('--speed', options.speed, 0.001, 1e6);
  const port = number('--port', options.port, 0, 65_535);
  const settings = settingsOf(loaded, options, { market, start });
  makeFolder(options.home, "the exchange's folder");
  const exchange = await serveExchange({
    settings,
    commandFile: join(options.home, 'commands.sqlite'),
    port,
    keys: KEYS,
    rateLimit: 200,
    dataConnections: 1,
    speed,
  });
  output.line(`The paper exchange listens on ${exchange.url} (this machine only).`);
  output.line(`  market  ${market.name}; exchange time ${start}, an hour before the open`);
  output.line(`  clock   ${speed === null ? `by hand: POST /test/clock` : `${speed} × real time`}`);
  output.line(`  keys    APCA_API_KEY_ID=${KEYS.keyId} APCA_API_SECRET_KEY=${KEYS.secret}`);
  output.line(`  state   ${options.home}; Ctrl-C ends it, the same command goes on`);
  try {
    await stopped;
  } finally {
    await exchange.close();
  }
  return EXIT.ok;
}

function settingsOf(
  { config }: LoadedConfig,
  options: ExchangeServeOptions,
  { market, start }: { readonly market: MarketData; readonly start: Session },
) {
  const { wholeShareSymbols, untradableSymbols, seed, actionFractions, charges } = readDaily(
    config.exchange,
  );
  const withholdingRate = parseWeight(charges?.withholdingRate ?? '0');
  const symbols = (names: readonly string[]) =>
    new Set(names.flatMap((name) => asSymbol(name) ?? []));
  return {
    accountId: config.account,
    seed: options.seed === undefined ? seed : number('--seed', options.seed, 0, 2 ** 31),
    openingCash: parseMoney(config.openingCash),
    multiplier: multiplierOf(options.multiplier),
    startsAt: addMinutes(sessionOpen(start), -60),
    halfSpreadBps: 2n,
    partialPerMille: 100n,
    fees: options.fees === true,
    dividends: true,
    ...(actionFractions === undefined ? {} : { actionFractions }),
    ...(withholdingRate === 0n ? {} : { withholdingRate }),
    wholeShare: symbols(wholeShareSymbols),
    untradable: symbols(untradableSymbols),
    notShortable: symbols([]),
    faults: options.faults === undefined ? [] : readFaults(options.faults),
    market,
    eventsKept: 100_000,
    activityFile: join(options.home, 'activities.sqlite'),
  };
}

/** What the configuration of the daily exchange says of symbols, fractions and tax holds here too. */
const dailySettings = z.object({
  seed: z.int().min(0).default(1),
  wholeShareSymbols: z.array(z.string()).default([]),
  untradableSymbols: z.array(z.string()).default([]),
  actionFractions: z.enum(['kept', 'cash']).optional(),
  charges: z.object({ withholdingRate: z.string().regex(/^(?:0(?:\.\d{1,12})?|1)$/) }).optional(),
});

function readDaily(exchange: unknown): z.infer<typeof dailySettings> {
  const read = dailySettings.safeParse(exchange);
  if (read.success) return read.data;
  throw new UsageError(
    `exchange in the configuration: expected settings of the paper exchange, found ${z.prettifyError(read.error)}. Nothing was started. Correct them.`,
  );
}

function multiplierOf(text: string): 1 | 2 | 4 {
  if (text === '1') return 1;
  if (text === '2') return 2;
  if (text === '4') return 4;
  throw new UsageError(
    `--multiplier: expected 1 (a cash account), 2 or 4, found "${text}". Nothing was started. Correct it.`,
  );
}

function readFaults(file: string): readonly FaultRule[] {
  const text = readText(file, 'a JSON file of rules of faults');
  const plan = faultPlanSchema.safeParse(asJson(text));
  if (plan.success) return plan.data.rules;
  throw new UsageError(
    `${file} is not usable: expected {"rules": [{"fault": …}]}, found ${z.prettifyError(plan.error)}. Nothing was started. The faults are listed in src/adapters/exchange/DIFFERENCES.md.`,
  );
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error.message : undefined;
  }
}

function firstSession(text: string | undefined, market: MarketData): Session {
  if (text === undefined) {
    const sessions = market.bars(
      market.symbols[0] ?? ('' as MarketData['symbols'][number]),
    )?.sessions; // none without symbols
    const found = sessions?.[HISTORY] ?? sessions?.at(-1);
    if (found !== undefined) return found;
    throw new UsageError(
      `The market (${market.name}) holds no bars: expected at least one session. Nothing was started. Name another with --config or --data.`,
    );
  }
  if (isDate(text) && isSession(session(text))) return session(text);
  throw new UsageError(
    `--start: expected a trading session like 2018-07-17, found "${text}". Nothing was started. Correct it.`,
  );
}

function number(flag: string, text: string, least: number, most: number): number {
  const value = /^\d{1,10}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(
    `${flag}: expected a number from ${least} to ${most}, found "${text}". Nothing was started. Correct it.`,
  );
}

const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
