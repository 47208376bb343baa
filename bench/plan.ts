// Stage: bench. How long one plan takes: everything that is decided when a cycle opens.
// Invariant: state and point are made before the clock starts; every plan is checked after it stopped;
// every size is measured by code that is equally warm.
import { useNodeSha256 } from '../src/adapters/sha256-node/sha256.ts';
import { decide } from '../src/domain/decision/decide.ts';
import type { LedgerState } from '../src/domain/ledger/state.ts';
import type { Symbol } from '../src/domain/market.ts';
import type { Given, Facts } from '../test/plans/account.ts';
import { AS_OF, CYCLE, PlainAccount } from '../test/plans/account.ts';
import type { PlanDecision } from '../src/domain/plan.ts';
import type { Signal } from '../src/domain/signal.ts';
import { COMPOUNDING, NO_TOLERANCE, type SleeveId } from '../src/domain/sleeve.ts';
import { timestamp } from '../src/domain/time.ts';
import {
  money,
  NO_MONEY,
  ONE_WEIGHT,
  parseMoney,
  parseWeight,
  price,
  quantity,
  weight,
} from '../src/domain/units/units.ts';
import { MARKET_EXECUTION } from '../src/domain/execution.ts';
import { NO_RAILS, PACE } from '../test/rails.ts';
import { nearest, sum, UNIT, WEIGHT_UNIT } from '../test/simulation/exact.ts';

// As the program does.
useNodeSha256();

const ROUNDS = 15;
/**
 * Planned before anything is measured. V8 goes on compiling for two million of them, so that seven
 * rounds of a small plan alone would measure the interpreter, and of a large one the plan.
 */
const WARM_INTENTS = 2_000_000;

/**
 * The bounds are one price an intent, 5 µs, at 200 intents a sleeve: 200,000 in 1 s, 4,000 in 20 ms. The
 * smallest size is planned with every pair as well, which is two and a half times as many.
 */
interface Size {
  readonly sleeves: number;
  readonly symbols: number;
  /** Symbols that each sleeve holds and wants. */
  readonly each: number;
}

const SIZES: readonly (Size & { readonly boundMs: number | null })[] = [
  { sleeves: 20, symbols: 500, each: 200, boundMs: 20 },
  { sleeves: 20, symbols: 500, each: 500, boundMs: 20 },
  { sleeves: 250, symbols: 5000, each: 200, boundMs: null },
  { sleeves: 500, symbols: 5000, each: 200, boundMs: null },
  { sleeves: 1000, symbols: 5000, each: 200, boundMs: 1000 },
];

const [smallest] = SIZES;
const coldMs = smallest === undefined ? 0 : warmUp(smallest);
process.stdout.write(
  `the first plan of a process, of the smallest size ${coldMs.toFixed(1).padStart(21)} ms\n`,
);

const perIntent = SIZES.map((size) => {
  const state = openAt(size);
  const { cpuMs, wallMs, plan } = timed(state);
  check(state, plan, size);
  const intents = size.sleeves * size.each;
  const what = `plan of ${size.sleeves} sleeves × ${size.symbols} symbols, ${intents} intents`;
  const bound = size.boundMs === null ? '' : `  (bound ${size.boundMs} ms)`;
  const each = `${((cpuMs / intents) * 1000).toFixed(2)} µs an intent`;
  process.stdout.write(
    `${what.padEnd(56)} ${wallMs.toFixed(1).padStart(8)} ms  ${cpuMs.toFixed(1).padStart(8)} ms of processor, ${each}${bound}\n`,
  );
  return cpuMs / intents;
});
const growth = (perIntent[4] ?? 0) / (perIntent[2] ?? 1);
process.stdout.write(
  `four times the intents cost ${(4 * growth).toFixed(2)} times as much (4 is linear)\n`,
);

/** @returns the time of the first plan, with nothing compiled, in ms */
function warmUp(size: Size): number {
  const state = openAt(size);
  const start = performance.now();
  decide(state);
  const cold = performance.now() - start;
  const rounds = WARM_INTENTS / (size.sleeves * size.each);
  for (let round = 1; round < rounds; round += 1) decide(state);
  return cold;
}

interface Timing {
  /** Of the processor, all threads: what it costs on a machine that does something else as well. */
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly plan: PlanDecision;
}

function timed(state: LedgerState): Timing {
  const plan = decide(state);
  const times = Array.from({ length: ROUNDS }, () => {
    const [wall, cpu] = [performance.now(), process.cpuUsage()];
    decide(state);
    const { user, system } = process.cpuUsage(cpu);
    return { wallMs: performance.now() - wall, cpuMs: (user + system) / 1000 };
  });
  const median = (of: readonly number[]): number =>
    of.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
  return {
    cpuMs: median(times.map((time) => time.cpuMs)),
    wallMs: median(times.map((time) => time.wallMs)),
    plan,
  };
}

/** Sleeves that hold and want much of the same, each in other sizes: half buy what the others sell. */
function openAt({ sleeves, symbols, each }: Size): LedgerState {
  const names = Array.from({ length: symbols }, (_, at) => `S${at}` as Symbol); // well-formed
  const ids = Array.from({ length: sleeves }, (_, at) => `s${at}` as SleeveId); // well-formed
  const prices = names.map((_, at) => price(UNIT * BigInt(20 + ((at * 37) % 180))));
  const chosen = (of: number): number[] =>
    Array.from({ length: each }, (_, at) => (of * 31 + at * Math.floor(symbols / each)) % symbols);
  const holders = new Map<number, { sleeve: SleeveId; quantity: ReturnType<typeof quantity> }[]>();
  for (const [of, sleeve] of ids.entries())
    for (const at of chosen(of)) {
      const demands = holders.get(at) ?? [];
      demands.push({ sleeve, quantity: quantity(UNIT * BigInt(10 + ((of * 7 + at * 3) % 41))) });
      holders.set(at, demands);
    }
  const given: Given[] = [...holders].map(([at, demands]) => ({
    symbol: names[at] ?? ('' as Symbol), // every place has a name
    price: prices[at] ?? price(0n),
    demands: demands.toSorted((a, b) => (a.sleeve < b.sleeve ? -1 : 1)),
  }));
  const opening = parseMoney('2000000');
  const account = new PlainAccount(
    {
      account: 'bench',
      sleeves: ids.map((id, at) => ({
        id,
        code: at + 2,
        openingCash: opening,
        onFailure: 'hold',
        ...COMPOUNDING,
      })),
      limits: {
        deployment: ONE_WEIGHT,
        reserve: NO_MONEY,
        priceAllowance: parseWeight('0.002'),
        maxSpread: parseWeight('0.05'),
        microTradeFloor: parseMoney('1'),
        microTradeAccountShare: parseWeight('0.0000001'),
        microTradeSleeveShare: parseWeight('0.005'),
        brokerMinimum: parseMoney('1'),
        fractions: 'keep',
        rails: {
          ...NO_RAILS,
          maxOrders: 10_000,
          everySymbol: {
            maxOrderNotional: parseMoney('10000000'),
            maxVolumeShare: parseWeight('0.1'),
            collar: parseWeight('0.1'),
            maxSpread: null,
          },
        },
        margin: null,
        pace: PACE,
        execution: MARKET_EXECUTION,
      },
      tolerance: NO_TOLERANCE,
      market: { name: 'bench', synthetic: true, paysDividends: false },
      digest: 'bench',
    },
    opening * BigInt(sleeves),
    given,
  );
  account.open(ids.map((sleeve, of) => signalOf(sleeve, chosen(of), names)));
  account.point('open', factsOf(names, prices));
  return account.state;
}

function signalOf(sleeve: SleeveId, chosen: readonly number[], names: readonly Symbol[]): Signal {
  const weights = chosen
    .map((at) => ({
      symbol: names[at] ?? ('' as Symbol), // every place has a name
      weight: weight(WEIGHT_UNIT / BigInt(chosen.length) / (at % 2 === 0 ? 1n : 2n)),
    }))
    .sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  return {
    kind: 'targets',
    sleeve,
    strategy: 'bench',
    strategyVersion: 'v',
    dialect: 'd',
    asOf: AS_OF,
    dataVersion: 'b',
    rebalance: { kind: 'every-session' },
    path: null,
    weights,
    cash: weight(WEIGHT_UNIT - sum(weights.map((target) => target.weight))),
  };
}

function factsOf(names: readonly Symbol[], prices: readonly bigint[]): Facts {
  const at = timestamp(`${CYCLE}T13:31:00.000Z`);
  const cent = UNIT / 100n;
  const of = <T>(make: (symbol: Symbol, price: bigint, at: number) => T): T[] =>
    names.map((symbol, place) => make(symbol, prices[place] ?? 0n, place));
  return {
    quotes: of((symbol, mid) => ({ symbol, bid: price(mid - cent), ask: price(mid + cent), at })),
    assets: of((symbol, _, place) => ({
      symbol,
      tradable: true,
      fractionable: place % 5 !== 0,
      margin: null,
    })),
    bars: of((symbol, close) => ({
      symbol,
      asOf: AS_OF,
      close: price(close),
      medianVolume: quantity(UNIT * 1_000_000n),
    })),
    margin: null,
    heldBack: new Map(),
  };
}

/** Sizes every intent again, and adds up what became of it: outcomes, crosses, orders and what waits. */
function check(state: LedgerState, plan: PlanDecision, size: Size): void {
  const expect = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`The plan of ${size.sleeves} sleeves is wrong: ${what}.`);
  };
  expect(plan.outcomes.length === size.sleeves * size.each, 'an intent has no outcome');
  expect(plan.breaks.length === 0, 'ledger and broker differ');
  const prices = new Map(
    state.cycle?.points[0]?.quotes.map(({ symbol, bid, ask }) => [
      symbol,
      ((bid ?? 0n) + (ask ?? 0n)) / 2n,
    ]),
  );
  const navs = new Map(plan.navs.map(({ sleeve, nav }) => [sleeve, nav ?? money(0n)]));
  const wanted = new Map<string, bigint>(
    [...(state.cycle?.signals.values() ?? [])].flatMap((signal) =>
      signal.kind === 'failed'
        ? []
        : signal.weights.map(
            (target) => [`${signal.sleeve} ${target.symbol}`, target.weight] as const,
          ),
    ),
  );
  const nets = new Map<string, bigint>();
  const put = (key: string, count: bigint) => nets.set(key, (nets.get(key) ?? 0n) + count);
  for (const { sleeve, symbol, held, intended, parts } of plan.outcomes) {
    const key = `${sleeve} ${symbol}`;
    const mid = prices.get(symbol) ?? 0n;
    const target =
      ((wanted.get(key) ?? 0n) * (navs.get(sleeve) ?? 0n) * UNIT) / (mid * WEIGHT_UNIT);
    expect(held + intended === target, `${key} is sized wrongly`);
    expect(sum(parts.map((part) => part.quantity)) === intended, `${key} does not sum`);
    put(key, intended);
    for (const { kind, quantity: taken } of parts)
      if (kind === 'suppressed' || kind === 'rounded_away') put(key, -taken);
  }
  for (const { legs, price: at, quantity: crossed } of plan.crosses) {
    expect(sum(legs.map((leg) => leg.quantity)) === 0n, 'a cross moves shares out of the account');
    const paid = sum(legs.map((leg) => (leg.cash > 0n ? leg.cash : 0n)));
    expect(paid === nearest(at * crossed, UNIT), 'a cross is paid wrongly');
  }
  for (const { symbol, legs } of plan.crosses)
    for (const leg of legs) put(`${leg.sleeve} ${symbol}`, -leg.quantity);
  for (const { symbol, side, demands } of [...plan.parents, ...plan.deferred])
    for (const demand of demands)
      put(`${demand.sleeve} ${symbol}`, side === 'buy' ? -demand.quantity : demand.quantity);
  expect(
    [...nets.values()].every((left) => left === 0n),
    'what was wanted is not what is crossed, ordered, waiting or cut',
  );
  expect(
    plan.crosses.length > 0 && plan.parents.length > 0 && plan.deferred.length > 0,
    'nothing crosses, sells or waits',
  );
}
