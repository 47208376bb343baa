// Stage: bench. The research path and the full engine: medians and ratios within one run.
// Invariant: every equity is checked against a plain reference before its time is shown.
import { openSyntheticMarketData } from '../src/adapters/market-data-synthetic/syntheticMarketData.ts';
import { FRICTIONLESS_EXCHANGE_SETTINGS } from '../src/adapters/exchange/settings.ts';
import { useNodeSha256 } from '../src/adapters/sha256-node/sha256.ts';
import { researchLimits } from '../src/backtest/rules.ts';
import { runResearch } from '../src/backtest/research.ts';
import type { Schedule } from '../src/backtest/schedule.ts';
import { readTape, type Tape } from '../src/backtest/tape.ts';
import { sessionsBetween } from '../src/domain/calendar.ts';
import { economicDigest } from '../src/domain/economicState.ts';
import type { Symbol } from '../src/domain/market.ts';
import type { SleeveId } from '../src/domain/sleeve.ts';
import { session } from '../src/domain/time.ts';
import { TABLES, type TableName } from '../src/ports/journal.ts';
import { byEngine, byResearch, frictionOf, largestDifference } from '../test/backtest/bothPaths.ts';
import { fixed, LIMITS, type TestAccount } from '../test/flows/account.ts';

// As the program does.
useNodeSha256();

const ROUNDS = 31;
/** V8 goes on compiling for some 3,000 sessions: rounds before those that are measured warm. */
const WARMING_ROUNDS = 12;
const WARM_ROUNDS = 7;
const COUNT = 20;
const SESSIONS = 5000;
const OPENING = 10_000_000;

const symbols = Array.from({ length: COUNT }, (_, index) => `S${String(index).padStart(2, '0')}`);
const market = openSyntheticMarketData({
  seed: 7,
  symbols,
  from: session('2000-01-03'),
  to: session('2019-12-31'),
});
const sessions = sessionsBetween(session('2000-01-03'), session('2019-12-31')).slice(0, SESSIONS);
const friction = frictionOf(FRICTIONLESS_EXCHANGE_SETTINGS);
const limits = {
  ...researchLimits(LIMITS),
  deployment: 1,
  priceAllowance: 0,
  microTradeFloor: 0,
  microTradeAccountShare: 0,
  microTradeSleeveShare: 0,
};
const names = symbols as Symbol[]; // made above
const of = { sessions, symbols: names, friction, maxSpread: 1, tradeAt: 'next-open' } as const;
const tape = readTape(market, of);
const schedule: Schedule = {
  sleeve: 'a' as SleeveId, // well-formed
  openingCash: OPENING,
  onFailure: 'hold',
  rebalance: { kind: 'every-session' },
  weights: rotatingWeights(),
  failed: new Uint8Array(SESSIONS),
};
const plan = { tape, schedules: [schedule], house: 0, limits, friction };

const run = runResearch(plan);
const expected = plainEquity(tape, schedule.weights);
const found = run.history.sleeves[0]?.nav ?? new Float64Array(0);
const worst = found.reduce(
  (most, nav, day) => Math.max(most, Math.abs(nav / (expected[day] ?? 0) - 1)),
  0,
);
// The plain loop also makes the trades below one dollar that the exchange refuses.
if (!(worst < 1e-6)) throw new Error(`The research path is off the plain loop by ${worst}.`);

const plainMs = median(() => void plainEquity(tape, schedule.weights));
show('plain loop: weights, fills at the open, equity', plainMs, plainMs);
show(
  `research path, ${run.fills.count} fills recorded`,
  median(() => void runResearch(plan)),
  plainMs,
);
show(
  'reading the market into columns',
  median(() => void readTape(market, of)),
  plainMs,
);

const account = {
  market: openSyntheticMarketData({
    seed: 7,
    symbols: thirty(),
    from: session('2022-01-03'),
    to: session('2023-12-29'),
  }),
  from: '2023-01-03',
  to: '2023-12-29',
  cash: '1000000',
  sleeves: Array.from({ length: 5 }, (_, k) => ({
    id: `s${k}`,
    cash: '200000',
    strategy: fixed(`s${k}`, tenOf(k * 5)),
  })),
};
const { engine, ...cold } = await engineRun();
const warm: EngineTimes[] = [];
for (let round = 1 - WARMING_ROUNDS; round <= WARM_ROUNDS; round += 1) {
  // Only the times are kept: a journal that lives on would slow the next round's collector down.
  const { digest, ms, cpuMs } = await engineRun();
  if (digest !== cold.digest) throw new Error(`The engine came to ${cold.digest}, then ${digest}.`);
  if (round > 0) warm.push({ digest, ms, cpuMs });
}
const warmMs = middleOf(warm.map(({ ms }) => ms));
const warmCpuMs = middleOf(warm.map(({ cpuMs }) => cpuMs));
const asked = performance.now();
const bytes = readWhole(engine.account);
const askedMs = performance.now() - asked;
const middle = performance.now();
const research = byResearch(account);
const researchMs = performance.now() - middle;
const difference = largestDifference(engine.navs, research.navs);
if (!(difference < 1e-9)) throw new Error(`The two paths differ by ${difference}.`);
const count = engine.history.sessions.length;
const rate = (ms: number): string => `${Math.round((count / ms) * 1000)} account-sessions/s`;
const megabytes = (bytes / 1e6).toFixed(1);
show(`full engine, five sleeves, 30 symbols, cold: ${rate(cold.ms)}`, cold.ms, cold.ms);
show(`full engine, warm, median of ${warm.length}: ${rate(warmMs)}`, warmMs, cold.ms);
show(`full engine, warm, by processor time: ${rate(warmCpuMs)}`, warmCpuMs, cold.ms);
show(`reading all records, hashes and rows of it: ${megabytes} MB`, askedMs, cold.ms);
show(`research path, the same with signals: ${rate(researchMs)}`, researchMs, cold.ms);

/** What one would first write: no limits, no netting, no rules; dividends as cash on the day they are paid. */
function plainEquity(
  { mid, close, actions, symbols: all }: Tape,
  weights: Float64Array,
): Float64Array {
  const held = new Float64Array(COUNT);
  const equity = new Float64Array(SESSIONS);
  const fills = new Float64Array(SESSIONS * COUNT);
  const payments = new Float64Array(SESSIONS + 1);
  let cash = OPENING;
  let owed = 0;
  for (let day = 0; day < SESSIONS; day += 1) {
    for (const action of actions.get(day) ?? []) {
      const shares = held[action.symbol] ?? 0;
      if (action.kind === 'split') held[action.symbol] = shares * action.ratio;
      else {
        owed += shares * action.perShare;
        payments[action.paidAt] = (payments[action.paidAt] ?? 0) + shares * action.perShare;
      }
    }
    cash += payments[day] ?? 0;
    owed -= payments[day] ?? 0;
    let nav = cash + owed;
    for (let s = 0; s < all.length; s += 1) nav += (held[s] ?? 0) * (mid[day * COUNT + s] ?? 0);
    equity[day] = owed;
    for (let s = 0; s < all.length; s += 1) {
      const cell = day * COUNT + s;
      const target = ((weights[cell] ?? 0) * nav) / (mid[cell] ?? 0);
      fills[cell] = target - (held[s] ?? 0);
      cash -= (fills[cell] ?? 0) * (mid[cell] ?? 0);
      held[s] = target;
      equity[day] = (equity[day] ?? 0) + target * (close[cell] ?? 0);
    }
    equity[day] = (equity[day] ?? 0) + cash;
  }
  return equity;
}

/** Every weight moves a little every day. */
function rotatingWeights(): Float64Array {
  return Float64Array.from({ length: SESSIONS * COUNT }, (_, cell) => {
    const day = Math.floor(cell / COUNT);
    return (0.9 / COUNT) * (1 + 0.5 * Math.sin(day / 7 + (cell % COUNT)));
  });
}

function thirty(): string[] {
  return Array.from({ length: 30 }, (_, index) => `T${String(index).padStart(2, '0')}`);
}

function tenOf(first: number): Record<string, number> {
  const all = thirty();
  return Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [all[(first + index) % 30] ?? '', 0.095]),
  );
}

interface EngineTimes {
  readonly digest: string;
  readonly ms: number;
  readonly cpuMs: number;
}

/** One run to its digest, which every round must come to. */
async function engineRun(): Promise<
  EngineTimes & { readonly engine: Awaited<ReturnType<typeof byEngine>> }
> {
  const start = performance.now();
  const cpuStart = process.cpuUsage();
  const of = await byEngine(account);
  const digest = economicDigest(of.account.shell.ledger.state);
  const ms = performance.now() - start;
  // Other processes of the machine do not count here; the engine's own collector threads do.
  const cpu = process.cpuUsage(cpuStart);
  return { engine: of, digest, ms, cpuMs: (cpu.user + cpu.system) / 1000 };
}

/** Asks a run for all that it keeps. @returns how many bytes of records and rows there are */
function readWhole({ journal }: TestAccount): number {
  let read = 0;
  for (const { payload, input } of journal.read())
    read += payload.length + (input?.hash.length ?? 0);
  for (const table of Object.keys(TABLES) as TableName[])
    // its names
    for (const row of journal.rows(table)) read += row.join('').length;
  return read;
}

function show(name: string, ms: number, against: number): void {
  const ratio = (ms / against).toFixed(2);
  process.stdout.write(
    `${name.padEnd(66)} ${ms.toFixed(1).padStart(8)} ms ${ratio.padStart(8)} ×\n`,
  );
}

function median(work: () => void): number {
  return middleOf(
    Array.from({ length: ROUNDS }, () => {
      const began = performance.now();
      work();
      return performance.now() - began;
    }),
  );
}

function middleOf(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
