// Stage: simulation. Amnesia: a random history, everything lost but what it left at the broker and the input log.
// Invariant: the same digest from the four files alone; with one record less it is not.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readActivities, writeActivities } from '../../src/adapters/evidence/activities.ts';
import { executionsIn, readFills, writeFills } from '../../src/adapters/evidence/fills.ts';
import { readOrders, writeOrders } from '../../src/adapters/evidence/orders.ts';
import { economicDigest } from '../../src/domain/economicState.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import { readInputLog } from '../../src/domain/inputLog.ts';
import { reconstruct } from '../../src/domain/reconstruction.ts';
import { HOUSE } from '../../src/domain/sleeve.ts';
import { money, ONE, type Money } from '../../src/domain/units/units.ts';
import { requestTransfer, requestWithdrawal, takeInActivities } from '../../src/engine/capital.ts';
import { inputLogLines } from '../../src/engine/foldJournal.ts';
import { worthOf } from '../../src/domain/ledger/applyCapital.ts';
import { CycleHalted } from '../../src/engine/shell.ts';
import { openAccount, type OpenAccount, type World } from './account.ts';
import { Broken, require } from './broken.ts';
import { capitalOf } from './drawCapital.ts';
import { worldActions } from './drawActions.ts';
import { optionsOf } from './drawOptions.ts';
import { drawsOf, type Draws } from './draws.ts';
import { FaultPlan } from './faults.ts';
import type { Hits } from './hits.ts';
import { marketOf, SYMBOLS } from './markets.ts';
import type { SimulationOptions, SleeveOptions } from './options.ts';

const SLEEVES = 8;
/** Symbols that are given up, renamed or spun off in a history. */
const REORGANISED = 7;
const OPEN_RAILS: SimulationOptions['rails'] = {
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
};

export interface AmnesiaResult {
  readonly digest: string;
  readonly sessions: number;
  readonly events: number;
  readonly orders: number;
  readonly fills: number;
  readonly activities: number;
}

/** The history of a seed: eight sleeves over the whole universe, everything else as it is drawn. */
export function historyOf(seed: number, sessions: number): SimulationOptions {
  const drawn = optionsOf(seed, sessions);
  const draws = drawsOf(`amnesia of seed ${seed}`);
  const cash = 2_000_000;
  const sleeves = Array.from({ length: SLEEVES }, (_, index): SleeveOptions => ({
    id: `s${index}`,
    cash: String(draws.whole(20_000, 200_000)),
    onFailure: draws.pick(['hold', 'hold', 'cash', 'abort'] as const),
    lots: draws.pick(['fifo', 'fifo', 'lifo', 'hifo', 'average'] as const),
    strategy: {
      seed: `${seed}/${index}`,
      universe: draws.some(SYMBOLS, draws.whole(2, SYMBOLS.length)),
      period: draws.pick([1, 2, 5, 10]),
      failureRate: draws.pick([0, 0, 0.02, 0.1]),
      rebalance: draws.pick<SleeveOptions['strategy']['rebalance']>([
        { kind: 'every-session' },
        { kind: 'every-session' },
        { kind: 'calendar', frequency: 'weekly' },
        { kind: 'corridor', width: '0.02' },
      ]),
    },
  }));
  return {
    ...drawn,
    cash: `${cash}.37`,
    sleeves,
    market: {
      ...drawn.market,
      reorganised: false,
      universe: SYMBOLS,
      ...worldActions(
        seed,
        {
          marketSeed: drawn.market.seed,
          reorganised: false,
          universe: SYMBOLS,
          window: drawn.sessions,
          drawn: drawn.market.extraActions.filter(
            ({ kind }) => kind === 'split' || kind === 'dividend',
          ),
          charges: drawn.exchange,
        },
        REORGANISED,
      ),
    },
    // A history that something forbids for ever holds nothing to forget.
    rails: draws.chance(0.3) ? { ...drawn.rails, sleeves: {} } : OPEN_RAILS,
    limits: { ...drawn.limits, maxSpread: '0.05', reserve: '0', brokerMinimum: '1' },
    kills: drawn.kills.filter(({ armedBefore }) => armedBefore !== null),
    lies: [],
    // Eight other sleeves; their money is moved as the history goes.
    capital: capitalOf(seed, {
      sleeves: sleeves.map(({ id }) => id),
      sessions: drawn.sessions,
      cash,
    }),
    faults: { count: 0, spacing: 1, strikesUnsettled: false },
  };
}

/** Lives a seed's history, forgets it, and finds it again. @throws Broken */
export async function forgetSeed(
  seed: number,
  sessions: number,
  hits: Hits,
): Promise<AmnesiaResult> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-amnesia-'));
  try {
    const lived = await live(historyOf(seed, sessions), hits);
    const files = {
      'signals.jsonl': lived.signals,
      'orders.jsonl': lived.orders,
      'fills.jsonl': lived.fills,
      'activities.jsonl': lived.activities,
    };
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    require('A1', readdirSync(folder).length === 4, 'More than the four files is left.');
    const evidence = evidenceIn(folder);
    const again = reconstruct(evidence);
    require('A2', again.mismatches.length ===
      0, `Mismatches: ${JSON.stringify(again.mismatches.slice(0, 2))}`);
    require('A3', again.digest ===
      lived.digest, `The ledger was ${lived.digest}, from its files it is ${again.digest}.`);
    missOne(evidence, seed, lived.digest);
    return {
      digest: again.digest,
      sessions: again.state.cycles,
      events: lived.events,
      orders: evidence.orders.length,
      fills: evidence.fills.length,
      activities: evidence.activities?.length ?? 0,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The proof can fail: with one record of each kind taken out, it does. */
function missOne(evidence: Evidence, seed: number, digest: string): void {
  const draws = drawsOf(`amnesia of seed ${seed}, what is missing`);
  const without = <T>(list: readonly T[]): T[] =>
    list.length === 0 ? [] : list.toSpliced(draws.whole(0, list.length - 1), 1);
  const lesser: readonly [string, Evidence, number][] = [
    ['order', { ...evidence, orders: without(evidence.orders) }, evidence.orders.length],
    ['fill', { ...evidence, fills: without(evidence.fills) }, evidence.fills.length],
    [
      'activity',
      { ...evidence, activities: without(evidence.activities ?? []) },
      evidence.activities?.length ?? 0,
    ],
    [
      'amendment',
      { ...evidence, amendments: without(evidence.amendments) },
      evidence.amendments.length,
    ],
  ];
  for (const [what, less, count] of lesser) {
    if (count === 0) continue;
    const found = reconstruct(less);
    require('A4', found.mismatches.length > 0 ||
      found.digest !== digest, `One ${what} less is not noticed.`);
  }
}

function evidenceIn(folder: string): Evidence {
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const log = readInputLog(text('signals.jsonl'));
  const orders = readOrders(text('orders.jsonl'), 'orders.jsonl');
  const fills = readFills(text('fills.jsonl'), 'fills.jsonl');
  const activities = readActivities(text('activities.jsonl'), 'activities.jsonl');
  if (!log.ok)
    throw new Broken('A5', `signals.jsonl line ${log.problem.line}: ${log.problem.what}`);
  for (const read of [orders, fills, activities])
    if (!read.ok) throw new Broken('A5', read.errors[0]?.message ?? 'unreadable');
  if (!orders.ok || !fills.ok || !activities.ok) throw new Broken('A5', 'unreadable');
  return {
    inputs: log.records,
    orders: orders.records,
    ...executionsIn(fills.records),
    activities: activities.records,
  };
}

interface Lived {
  readonly signals: string;
  readonly orders: string;
  readonly fills: string;
  readonly activities: string;
  readonly digest: string;
  readonly events: number;
}

const live = (options: SimulationOptions, hits: Hits): Promise<Lived> =>
  liveThrough(options, hits, async ({ journal, exchange, shell }) => {
    const activities = await exchange.activities({});
    note(await exchange.fills({}), activities, hits);
    for (const { kind } of await exchange.amendments({})) hits.hit(`execution: ${kind}`);
    for (const { id, state } of shell.ledger.state.breaks.values())
      hits.hit(`break ${id.split(' ')[0] ?? ''} ${state}`);
    return {
      signals: `${[...inputLogLines(journal)].join('\n')}\n`,
      orders: writeOrders(await exchange.orders({})),
      fills: writeFills(await exchange.fills({}), await exchange.amendments({})),
      activities: writeActivities(activities),
      digest: economicDigest(shell.ledger.state),
      events: [...journal.read()].length,
    };
  });

/** Lives a history in memory, with people who move money, and looks at its end. */
export async function liveThrough<T>(
  options: SimulationOptions,
  hits: Hits,
  look: (account: OpenAccount) => Promise<T>,
): Promise<T> {
  const world: World = {
    options,
    market: marketOf(options),
    files: { journal: ':memory:', exchange: ':memory:' },
    network: { struck: new Set(), looked: new Map(), underWay: new Map() },
    lags: () => false,
    arrive: (answer) => answer,
    tried: new Set(),
    plan: new FaultPlan(options.faults, drawsOf(`faults of seed ${options.seed}`), hits),
    hits,
  };
  const account = openAccount(world);
  const draws = drawsOf(`money of seed ${options.seed}`);
  try {
    for (const session of options.sessions) {
      await moveMoney(account, draws, hits);
      await runToItsEnd(account, session);
    }
    return await look(account);
  } finally {
    // What was in memory is gone now.
    account.close();
  }
}

/** Answers that never came stop a cycle: it is taken up again. */
async function runToItsEnd(
  account: OpenAccount,
  session: Parameters<OpenAccount['run']>[0],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await account.run(session);
      return;
    } catch (error) {
      if (!(error instanceof CycleHalted) || attempt === 20) throw error;
      account.shell.ledger.forgetStaged();
    }
  }
}

/** Now and then somebody deposits, withdraws or moves cash between two sleeves. */
async function moveMoney(
  { shell, exchange }: OpenAccount,
  draws: Draws,
  hits: Hits,
): Promise<void> {
  const { ledger } = shell;
  if (ledger.state.cycles === 0) return;
  const usd = (count: number): Money => money(BigInt(count) * ONE);
  if (draws.chance(0.04)) {
    await exchange.deposit(usd(draws.whole(100, 50_000)));
    await takeInActivities(shell);
    hits.hit('deposit');
  }
  if (draws.chance(0.03)) {
    requestWithdrawal(shell, usd(draws.whole(100, 5_000)));
    hits.hit('withdrawal asked');
  }
  const [request] = ledger.state.requests.values();
  const house = ledger.state.sleeves.get(HOUSE);
  if (request?.kind === 'withdrawal' && house !== undefined && house.cash > request.left) {
    await exchange.withdraw(request.left);
    await takeInActivities(shell);
    hits.hit('withdrawal');
  }
  if (draws.chance(0.06)) {
    const ids = [...ledger.state.sleeves.values()].filter(({ life }) => life === 'active');
    const [from, to] = draws.some(ids, 2);
    const amount = usd(draws.whole(10, 2_000));
    if (from === undefined || to === undefined || to.id === 'suspense') return;
    if (worthOf(from) < amount * 10n) return;
    requestTransfer(shell, { from: from.id, to: to.id, amount });
    hits.hit('transfer');
  }
}

function note(
  fills: Evidence['fills'],
  activities: NonNullable<Evidence['activities']>,
  hits: Hits,
): void {
  hits.hit('fill', fills.length);
  hits.hit('fill, partial', fills.filter(({ leavesQty }) => leavesQty > 0n).length);
  for (const { kind } of activities) hits.hit(`activity ${kind}`);
}
