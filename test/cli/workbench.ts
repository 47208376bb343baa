// Stage: tests. A folder with a small account: configuration, strategies, sessions run, files exported.
// Invariant: made once by the program itself; every test works on a copy of its own.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assay, REPOSITORY } from './program.ts';

/** Of the sessions run, dividends were paid in the last ones. */
export const FROM = '2024-03-01';
export const TO = '2024-04-19';

export const SETTINGS = {
  account: 'small',
  openingCash: '100000',
  market: { kind: 'synthetic', seed: 7, from: '2023-06-01', to: '2024-04-30' },
  exchange: {
    seed: 7,
    halfSpreadBps: '2',
    slippageBps: '3',
    impactBps: '50',
    maxSlippageBps: '25',
    participation: '0.05',
    maxSlices: 4,
    promptMinutes: 5,
    lateRate: '0.1',
    partialRate: '0.02',
    rejectRate: '0.002',
    wholeShareSymbols: [],
    untradableSymbols: [],
  },
  limits: {
    deployment: '0.98',
    reserve: '0',
    priceAllowance: '0.005',
    maxSpread: '0.02',
    microTradeFloor: '1',
    microTradeAccountShare: '0.0005',
    microTradeSleeveShare: '0.005',
    brokerMinimum: '1',
  },
  pace: { stepMinutes: 30, cycleMinutes: 120, revisions: 3 },
  rails: {
    maxQuoteAgeSeconds: 300,
    maxOrderNotional: 'none',
    maxVolumeShare: 'none',
    collar: 'none',
    maxDailyTurnover: 'none',
    maxOrders: 'none',
    allow: 'all',
    deny: [],
    frozen: [],
    symbols: {},
    sleeves: {},
  },
  margin: 'none',
  sleeves: [
    { id: 'swing', strategy: 'swing.clj', share: '0.5', onFailure: 'hold' },
    { id: 'turn', strategy: 'turn.ts', share: '0.3', onFailure: 'hold' },
    { id: 'keep', strategy: 'keep.ts', share: '0.2', onFailure: 'hold' },
  ],
} as const;

/** Leaves and enters SPY and TLT by their last days, against `turn`. */
export const SWING = `(defsymphony "Swing" {:asset-class "EQUITIES" :rebalance-frequency :daily}
  (filter (rsi {:window 3}) (select-top 1)
    [(asset "SPY" "US shares") (asset "TLT" "Treasuries") (asset "GLD" "Gold")]))
`;

export const strategyText = (definition: string): string =>
  `import { defineStrategy } from ${JSON.stringify(pathToFileURL(join(REPOSITORY, 'src/strategy/defineStrategy.ts')).href)};\n` +
  `export default defineStrategy(${definition});\n`;

const TURN = strategyText(`{
  id: 'turn', version: '1', universe: ['SPY', 'TLT', 'GLD'], history: 4,
  evaluate({ indicator }) {
    const [weakest] = ['SPY', 'TLT', 'GLD']
      .map((symbol) => ({ symbol, rsi: indicator('rsi', symbol, { window: 3 }) }))
      .sort((a, b) => a.rsi - b.rsi);
    return { [weakest.symbol]: 1 };
  },
}`);

const KEEP = strategyText(`{
  id: 'keep', version: '1', universe: ['SPY', 'SHY'], history: 1,
  evaluate: () => ({ SPY: 0.6, SHY: 0.3 }),
}`);

export interface Bench {
  /** Holds everything below. */
  readonly folder: string;
  readonly config: string;
  readonly home: string;
  /** The four evidence files. */
  readonly evidence: string;
  file(name: string): string;
  /** Writes a file of the bench and returns its path. */
  write(name: string, text: string): string;
  /** Writes another configuration beside the first and returns its path. */
  configure(changes: object): string;
  remove(): void;
}

/** A bench without an account: configuration and strategies alone. */
export function emptyBench(): Bench {
  const bench = benchIn(mkdtempSync(join(tmpdir(), 'assay-bench-')));
  bench.write('assay.config.ts', configText({}));
  bench.write('swing.clj', SWING);
  bench.write('turn.ts', TURN);
  bench.write('keep.ts', KEEP);
  return bench;
}

/** A bench whose account was traded and exported. */
export async function tradedBench(): Promise<Bench> {
  const bench = emptyBench();
  const { config, home, evidence } = bench;
  await run('simulate', '--config', config, '--home', home, '--from', FROM, '--to', TO);
  await run('export', '--config', config, '--home', home, '--to', evidence);
  return bench;
}

/** A bench of its own, equal to another. */
export function copyOf(bench: Bench): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  cpSync(bench.folder, folder, { recursive: true });
  return benchIn(folder);
}

async function run(...argv: readonly string[]): Promise<void> {
  const { code, err } = await assay(...argv);
  if (code !== 0) throw new Error(`assay ${argv.join(' ')} ended with ${code}:\n${err}`);
}

const configText = (changes: object): string =>
  `export default ${JSON.stringify({ ...SETTINGS, ...changes }, null, 2)};\n`;

function benchIn(folder: string): Bench {
  const file = (name: string): string => join(folder, name);
  let configurations = 0;
  const write = (name: string, text: string): string => {
    mkdirSync(join(file(name), '..'), { recursive: true });
    writeFileSync(file(name), text);
    return file(name);
  };
  return {
    folder,
    config: file('assay.config.ts'),
    home: file('home'),
    evidence: file('evidence'),
    file,
    write,
    configure(changes) {
      configurations += 1;
      return write(`other-${configurations}.config.ts`, configText(changes));
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
