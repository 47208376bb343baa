// Stage: simulation. One account of a seed: its files, and one life of the program that works with them.
// Invariant: the product's own parts, put together as the program does; only the ports are wrapped.
import { toRails } from '../../src/config/rails.ts';
import { openExchange, type Exchange } from '../../src/adapters/exchange/exchange.ts';
import { snapshotFile } from '../../src/adapters/snapshot-file/snapshotFile.ts';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { addMinutes, exchangeDate, sessionClose, sessionOpen } from '../../src/domain/calendar.ts';
import type { AccountSnapshot } from '../../src/domain/account.ts';
import { heldOf, sleeveOf } from '../../src/domain/ledger/state.ts';
import type { MarginLimits } from '../../src/domain/limits/settings.ts';
import { MARKET_TERMS, type BrokerOrder } from '../../src/domain/order.ts';
import type { Symbol } from '../../src/domain/market.ts';
import {
  asSleeveId,
  COMPOUNDING,
  HOUSE,
  NO_TOLERANCE,
  SUSPENSE,
  type AccountConfiguration,
  type CapitalPolicy,
  type SleeveId,
} from '../../src/domain/sleeve.ts';
import type { Session } from '../../src/domain/time.ts';
import {
  add,
  compareText,
  money,
  NO_MONEY,
  NO_SHARES,
  ONE,
  parseMoney,
  parsePrice,
  parseQuantity,
  parseWeight,
} from '../../src/domain/units/units.ts';
import { History } from '../../src/engine/evaluate.ts';
import { fundedWithdrawal, requestTransfer, requestWithdrawal } from '../../src/engine/capital.ts';
import { judgeConfiguration } from '../../src/domain/sleeveLife.ts';
import { assignCash, assignShares, explainBreak } from '../../src/engine/suspense.ts';
import { arm } from '../../src/engine/kill.ts';
import { LedgerKeeper } from '../../src/engine/ledgerKeeper.ts';
import { runCycle, type CycleResult } from '../../src/engine/runCycle.ts';
import type { Shell } from '../../src/engine/shell.ts';
import type { Journal, StoredEntry } from '../../src/ports/journal.ts';
import type { KillSwitch } from '../../src/ports/killSwitch.ts';
import type { MarketData } from '../../src/ports/marketData.ts';
import type { Strategy } from '../../src/strategy/strategy.ts';
import { drawsOf } from './draws.ts';
import { strikeBroker, strikeJournal, type FaultPlan, type Life } from './faults.ts';
import type { Hits } from './hits.ts';
import { require } from './broken.ts';
import { listedMarket } from './markets.ts';
import { overNetwork, type Network } from './network.ts';
import type { Lie, ManualOrder, SimulationOptions } from './options.ts';
import { strategyOf } from './strategies.ts';
import { toExecution } from '../../src/config/execution.ts';

/** What lives through every crash: the files, the world around the program, and the fault plan. */
export interface World {
  readonly options: SimulationOptions;
  readonly market: MarketData;
  readonly files: { readonly journal: string; readonly exchange: string };
  readonly network: Network;
  /** Trades by hand that were tried. */
  readonly tried: Set<string>;
  readonly plan: FaultPlan;
  /** Records arrive in any order and more than once in the struck run; in the calm run as they were booked. */
  readonly arrive: <T>(answer: readonly T[]) => readonly T[];
  /** Whether the next listing lacks its newest order. */
  readonly lags: () => boolean;
  readonly hits: Hits;
}

export interface OpenAccount {
  readonly shell: Shell;
  readonly journal: Journal;
  readonly exchange: Exchange;
  run(session: Session): Promise<CycleResult>;
  close(): void;
}

/** Opens the files, beginning the account when they are new; the process begins a new life. */
export function openAccount(world: World): OpenAccount {
  const { options, market, plan } = world;
  const life: Life = { over: false };
  const exchange = openBook(world);
  const journal = openJournal(world.files.journal);
  const close = (): void => {
    exchange.close();
    journal.close();
  };
  try {
    const tryByHand = (moment: ManualOrder['moment'], session: Session): Promise<void> =>
      tradeByHand(world, exchange, moment, session);
    const reached = overNetwork(exchange, options.network, {
      seed: options.seed,
      network: world.network,
      hits: world.hits,
      onLost: () => plan.lostAnswer(),
      onSubmit(id) {
        require('I11', ledger.state.kill === null, `Order ${id} leaves under a kill.`);
        const durable = (['parents', 'children'] as const).some(
          (table) => [...journal.rows(table, [id])].length > 0,
        );
        require('I9', durable, `Order ${id} leaves before its plan is durable.`);
      },
      killed: () => ledger.state.kill !== null,
      decided: (id) => ledger.state.cycle?.children.get(id)?.of.cancelledAt ?? '',
      lie: (snapshot) => lyingAbout(snapshot, options.lies),
      arrive: world.arrive,
      // Not where the program only asks how today's sells are: it would go on, and time with it.
      stale: (orders, since = '') => {
        const ours = ({ clientOrderId }: BrokerOrder): boolean =>
          options.manualOrders.every(({ id }) => id !== clientOrderId);
        const newest = orders.findLast(ours);
        if (newest === undefined || since >= exchangeDate(exchange.now()) || !world.lags())
          return orders;
        world.hits.hit('listing without the newest order');
        return orders.filter((order) => order !== newest);
      },
      async beforeWait(at) {
        const session = options.sessions.find((day) => sessionClose(day) === at);
        if (session !== undefined) await tryByHand('close', session);
      },
    });
    const broker = strikeBroker(reached, plan, life);
    const struck = strikeJournal(journal, plan, life);
    const ledger = LedgerKeeper.open(struck, () => {}, snapshotsBeside(world.files.journal));
    const strategies = new Map(
      options.sleeves.map(({ id, strategy }): [SleeveId, Strategy] => [
        sleeveId(id),
        strategyOf(id, strategy),
      ]),
    );
    if (ledger.state.configuration === null) begin(ledger, options, market);
    const killSwitch: KillSwitch = { place: 'simulated', read: () => pulledIn(ledger, options) };
    const listed = listedMarket(market, options, () => exchangeDate(exchange.now()));
    const shell: Shell = { ledger, broker, clock: broker, killSwitch, market: listed, strategies };
    const history = new History(market);
    return {
      shell,
      journal,
      exchange,
      close,
      async run(session) {
        await exchange.waitUntil(sessionOpen(session));
        forgetUnwritten(world, ledger, session);
        armBefore(shell, options, session);
        settleBefore(shell, options, session);
        await askBefore(world, { shell, journal, exchange }, session);
        await tryByHand('open', session);
        await carry(world, exchange, session);
        return runCycle(shell, history, session);
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Put down after every commit between cycles, so that each life on a disk begins with what the last one left. */
const snapshotsBeside = (journal: string): Parameters<typeof LedgerKeeper.open>[2] =>
  journal === ':memory:'
    ? {}
    : { snapshots: { store: snapshotFile(`${journal}.snapshot`), every: 1 } };

/** People act on what is written: a close whose append failed stands in memory alone. */
function forgetUnwritten({ hits }: World, ledger: LedgerKeeper, session: Session): void {
  if (ledger.state.cycle === null && ledger.state.lastCycle === session)
    hits.hit('close that was not written, taken up in the same process');
  ledger.forgetStaged();
}

/** The account with what is said of it in that session. */
function lyingAbout(snapshot: AccountSnapshot, lies: readonly Lie[]): AccountSnapshot {
  let { cash, positions } = snapshot;
  for (const { session, symbol, off } of lies) {
    if (session !== exchangeDate(snapshot.at)) continue;
    if (symbol === null) {
      cash = add(cash, parseMoney(off));
      continue;
    }
    const held = positions.find((each) => each.symbol === symbol)?.quantity ?? NO_SHARES;
    const said = add(held, parseQuantity(off));
    positions = positions.filter((each) => each.symbol !== symbol);
    if (said <= 0n) continue;
    positions = [...positions, { symbol: symbol as Symbol, quantity: said, available: said }]; // of the universe
  }
  return {
    ...snapshot,
    cash,
    positions: positions.toSorted((a, b) => compareText(a.symbol, b.symbol)),
  };
}

/** The switch as a person left it: pulled once so many orders of a session were dealt with. */
function pulledIn(ledger: LedgerKeeper, { kills }: SimulationOptions): { reason: string } | null {
  const { cycle } = ledger.state;
  const kill = kills.find(({ session }) => session === cycle?.opened.cycle);
  if (kill === undefined || cycle === null || cycle.submissions.size < kill.after) return null;
  return { reason: `after ${kill.after} orders of ${kill.session}` };
}

function armBefore(shell: Shell, { kills }: SimulationOptions, session: Session): void {
  const { cycle, kill } = shell.ledger.state;
  if (kill === null || cycle !== null) return;
  if (kills.some(({ armedBefore }) => armedBefore === session)) arm(shell, `before ${session}`);
}

/** A person looks at what nobody asked for: leaves it, says why it is so, or gives it an owner. */
function settleBefore(shell: Shell, { seed }: SimulationOptions, session: Session): void {
  const { state } = shell.ledger;
  if (state.cycle !== null || state.lastCycle === null) return;
  for (const { id, symbol, state: stands } of state.breaks.values()) {
    if (stands !== 'open') continue;
    if (state.waiting.has(id)) giveCash(shell, seed, `${session}, ${id}`, id);
    if (symbol === null || state.breaks.get(id)?.state !== 'open') continue;
    const draws = drawsOf(`a person on ${session}, ${id} of seed ${seed}`);
    const held = heldOf(sleeveOf(state, SUSPENSE), symbol);
    const reason = draws.pick(['leave', 'explain', 'assign']);
    if (reason === 'explain') explainBreak(shell, { break: id, reason });
    if (reason !== 'assign' || held === NO_SHARES) continue;
    // Whoever can take it; a sleeve without the cash or the shares is refused.
    for (const to of draws.some([...shell.strategies.keys()], shell.strategies.size))
      if (assignShares(shell, { symbol, quantity: held, to, cost: null, reason }).ok) break;
  }
}

function policyOf({ capital }: SimulationOptions, id: string): CapitalPolicy {
  const own = capital.fractions.find(({ sleeve }) => sleeve === id);
  if (own === undefined) return { kind: 'compound' };
  const { fraction, band } = own;
  return { kind: 'fixed-fraction', fraction: parseWeight(fraction), band: parseWeight(band) };
}

/** People change lives, ask for money and bring it, and take out what house can pay; each once. */
async function askBefore(
  { options: { capital }, tried, hits }: World,
  of: Pick<OpenAccount, 'shell' | 'journal' | 'exchange'>,
  session: Session,
): Promise<void> {
  const { shell, exchange } = of;
  const { ledger, clock } = shell;
  if (ledger.state.cycle !== null || ledger.state.lastCycle === null) return;
  const wasMade = (...kinds: readonly string[]): boolean =>
    capitalEvents(of.journal).some(
      ({ event }) =>
        kinds.includes(event.kind) && 'at' in event && exchangeDate(event.at) === session,
    );
  const lives = capital.lives.filter((each) => each.session === session);
  const { configuration, configurations } = ledger.state;
  if (lives.length > 0 && configuration !== null && !wasMade('configured')) {
    const sleeves = configuration.sleeves.map((own) => ({
      ...own,
      life: lives.findLast(({ sleeve }) => sleeve === own.id)?.life ?? own.life,
    }));
    const next = { ...configuration, sleeves };
    const follows = judgeConfiguration(ledger.state, next).length === 0;
    hits.hit(`configuration ${follows ? 'changed' : 'that cannot follow'}`);
    if (follows) {
      const at = clock.now();
      const sequence = configurations + 1;
      ledger.stage({ kind: 'configured', sequence, at, configuration: next }, at);
      ledger.commit();
    }
  }
  for (const { id, kind, amount, from, to, session: day } of capital.money) {
    if (day !== session) continue;
    const usd = parseMoney(amount);
    if (kind === 'deposit') {
      if (tried.has(id)) continue;
      tried.add(id);
      await exchange.deposit(usd);
    } else if (!wasMade('transfer_requested', 'withdrawal_requested')) {
      const { ok } =
        kind === 'withdrawal'
          ? requestWithdrawal(shell, usd)
          : requestTransfer(shell, { from: ownerId(from), to: ownerId(to), amount: usd });
      hits.hit(`${kind} ${ok ? 'asked for' : 'refused'}`);
    }
  }
  const payable = fundedWithdrawal(ledger.state);
  const cents = money(payable - (payable % (ONE / 100n)));
  if (cents <= NO_MONEY || tried.has(`withdrawal ${session}`)) return;
  tried.add(`withdrawal ${session}`);
  hits.hit(`withdrawal ${(await exchange.withdraw(cents)).kind}`);
}

/** Configurations and requests between cycles, in their order. */
export const capitalEvents = (journal: Journal): StoredEntry[] =>
  [...journal.read()].filter(({ event: { kind } }) =>
    ['configured', 'transfer_requested', 'withdrawal_requested'].includes(kind),
  );

function openBook({ options, market, files }: World): Exchange {
  return openExchange({
    file: files.exchange,
    accountId: 'simulated',
    openingCash: parseMoney(options.cash),
    market,
    startsAt: startsAt(options),
    settings: options.exchange,
  });
}

function begin(ledger: LedgerKeeper, options: SimulationOptions, market: MarketData): void {
  const at = startsAt(options);
  const { limits } = options;
  const configuration: AccountConfiguration = {
    account: 'simulated',
    sleeves: options.sleeves.map(({ id, cash, onFailure, lots }, index) => ({
      id: sleeveId(id),
      code: index + 2,
      openingCash: parseMoney(cash),
      onFailure,
      ...COMPOUNDING,
      capital: policyOf(options, id),
      lots,
    })),
    limits: {
      deployment: parseWeight(limits.deployment),
      reserve: parseMoney(limits.reserve),
      priceAllowance: parseWeight(limits.priceAllowance),
      maxSpread: parseWeight(limits.maxSpread),
      microTradeFloor: parseMoney(limits.microTradeFloor),
      microTradeAccountShare: parseWeight(limits.microTradeAccountShare),
      microTradeSleeveShare: parseWeight(limits.microTradeSleeveShare),
      brokerMinimum: parseMoney(limits.brokerMinimum),
      fractions: options.fractions,
      rails: toRails(options.rails),
      margin: marginOf(options.margin),
      pace: options.pace,
      execution: toExecution(options.execution),
    },
    tolerance: NO_TOLERANCE,
    market: { name: market.name, synthetic: market.synthetic, paysDividends: market.paysDividends },
    digest: 'simulated',
  };
  ledger.stage({ kind: 'genesis', at, configuration, cash: parseMoney(options.cash) }, at);
  ledger.commit();
}

const marginOf = (margin: SimulationOptions['margin']): MarginLimits | null =>
  margin === 'none'
    ? null
    : {
        maxInitial: parseWeight(margin.maxInitial),
        warnInitial: parseWeight(margin.warnInitial),
        minCushion: parseWeight(margin.minCushion),
      };

function startsAt({ sessions }: SimulationOptions) {
  const [first] = sessions;
  if (first === undefined) throw new RangeError('A simulation without a session.');
  return addMinutes(sessionOpen(first), -60);
}

const ownerId = (text: string): SleeveId => (text === HOUSE ? HOUSE : sleeveId(text));

function sleeveId(text: string): SleeveId {
  const id = asSleeveId(text);
  if (id === undefined) throw new RangeError(`"${text}" is no sleeve id.`);
  return id;
}

/** What a person carries over, each tried once; the program finds it among the activities. */
async function carry(
  { options, tried, hits }: World,
  exchange: Exchange,
  session: Session,
): Promise<void> {
  for (const { id, session: day, symbol, amount, price } of options.carried) {
    if (day !== session || tried.has(id)) continue;
    tried.add(id);
    const { kind } = await exchange.journal(
      symbol === null
        ? { kind: 'cash', amount: parseMoney(amount) }
        : {
            kind: 'shares',
            symbol: symbol as Symbol, // of the universe
            quantity: parseQuantity(amount),
            price: price === null ? null : parsePrice(price),
          },
    );
    hits.hit(`journal ${kind}`);
  }
}

/** Trades made by hand at the broker, each tried once; the program is never told. */
async function tradeByHand(
  { options, tried, hits }: World,
  exchange: Exchange,
  moment: ManualOrder['moment'],
  session: Session,
): Promise<void> {
  for (const order of options.manualOrders) {
    if (order.session !== session || order.moment !== moment || tried.has(order.id)) continue;
    tried.add(order.id);
    const { kind } = await exchange.submit({
      clientOrderId: order.id,
      symbol: order.symbol as Symbol, // of the universe
      side: order.side,
      quantity: parseQuantity(order.quantity),
      ...MARKET_TERMS,
    });
    hits.hit(`trade by hand ${kind}`);
  }
}

/** A person gives cash that waits an owner, all of it or a half; whoever cannot is refused. */
function giveCash(shell: Shell, seed: number, moment: string, of: string): void {
  const draws = drawsOf(`cash of a person on ${moment} of seed ${seed}`);
  if (!draws.chance(0.5)) return;
  const all = shell.ledger.state.waiting.get(of)?.amount ?? NO_MONEY;
  const amount = draws.chance(0.3) && all / 2n !== 0n ? money(all / 2n) : all;
  const flow = draws.chance(0.3) && of.startsWith('no_rule ') ? ({ as: 'flow' } as const) : {};
  for (const to of draws.some([HOUSE, ...shell.strategies.keys()], shell.strategies.size + 1))
    if (assignCash(shell, { break: of, to, amount, reason: 'it is', ...flow }).ok) return;
}
