// Stage: simulation. One seed: the account run undisturbed, then struck by faults, and compared.
// Invariant: every invariant after every session; both runs end in the same state, to the byte.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { isEarlyClose, nextSession } from '../../src/domain/calendar.ts';
import type { OpenCycle } from '../../src/domain/ledger/state.ts';
import { economicDigest } from '../../src/domain/economicState.ts';
import type { Session } from '../../src/domain/time.ts';
import { prove } from '../../src/engine/proof.ts';
import { CycleHalted } from '../../src/engine/shell.ts';
import { TABLES, type StoredEntry, type TableName } from '../../src/ports/journal.ts';
import type { SecondBook } from './secondBook.ts';
import { capitalEvents, openAccount, type OpenAccount, type World } from './account.ts';
import { Audit } from './audit.ts';
import { Broken, require, same } from './broken.ts';
import { drawsOf } from './draws.ts';
import { countOf } from './exact.ts';
import { Crash, FaultPlan } from './faults.ts';
import { Hits } from './hits.ts';
import {
  buysAreFunded,
  cashAgrees,
  cycleAgrees,
  fillsAreRecorded,
  foldIsLive,
  ledgersAgree,
  ordersArePlanned,
  outcomesAreFinal,
  positionsAgree,
  profitAdds,
  returnsAgree,
  rowIsClean,
  storedTextIsClean,
  type SessionFacts,
} from './invariants.ts';
import { marketOf } from './markets.ts';
import type { SimulationOptions } from './options.ts';
import { reportsAgree } from './reports.ts';

interface Ended {
  readonly digest: string;
  /** Every event of the journal with its envelope, as stored text. */
  readonly journal: readonly string[];
  /** A fault struck where the exchange's time moved otherwise than in the calm run. */
  readonly timeMoved: boolean;
}

export interface SeedResult {
  readonly digest: string;
  readonly sessions: number;
  readonly events: number;
  readonly faults: number;
  /** Whether the struck run had to come, and came, to the calm run's digest. */
  readonly compared: boolean;
}

/** Most times one cycle is taken up again: more means that it never ends. */
const MOST_ATTEMPTS = 60;

/** @throws Broken, or whatever the program threw that no fault explains */
export async function simulateSeed(options: SimulationOptions, hits: Hits): Promise<SeedResult> {
  const calm = await inFolder((folder) => runAccount(options, { folder, faults: 0, hits }));
  const struck = new Hits();
  const { count } = options.faults;
  const ended = await inFolder((folder) =>
    runAccount(options, { folder, faults: count, hits: struck }),
  );
  hits.add(struck.counts);
  if (!ended.timeMoved) {
    same('I7', 'The journals of the calm and the struck run', calm.journal, ended.journal);
    require('I7', calm.digest ===
      ended.digest, `The calm run ends with ${calm.digest}, the struck one with ${ended.digest}.`);
  }
  const faults = [...struck.counts]
    .filter(([what]) => /^(?:crash|error) (?:before|after) /.test(what))
    .reduce((left, [, times]) => left + times, 0);
  return {
    digest: calm.digest,
    sessions: options.sessions.length,
    events: calm.journal.length,
    faults,
    compared: !ended.timeMoved,
  };
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-simulation-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runAccount(
  options: SimulationOptions,
  of: { readonly folder: string; readonly faults: number; readonly hits: Hits },
): Promise<Ended> {
  const plan = new FaultPlan(
    { ...options.faults, count: of.faults },
    drawsOf(`faults of seed ${options.seed}`),
    of.hits,
  );
  const world: World = {
    options,
    market: marketOf(options),
    // The calm run keeps its records in memory: the same bytes, whatever holds them.
    files:
      of.faults === 0
        ? { journal: ':memory:', exchange: ':memory:' }
        : { journal: join(of.folder, 'journal.db'), exchange: join(of.folder, 'exchange.db') },
    network: { struck: new Set(), looked: new Map(), underWay: new Map() },
    lags: of.faults === 0 ? () => false : lagging(options),
    arrive: of.faults === 0 ? (answer) => answer : disorder(options.seed, of.hits),
    tried: new Set(),
    plan,
    hits: of.hits,
  };
  const audit = new Audit(world);
  const run = new Run(world, audit);
  try {
    for (const [index, session] of options.sessions.entries()) {
      if (index > 0 && nextSession(options.sessions[index - 1] ?? session) !== session)
        of.hits.hit('session skipped');
      if (isEarlyClose(session)) of.hits.hit('early close');
      await run.session(session, index === 0);
    }
    plan.stop();
    return await run.end();
  } finally {
    run.close();
  }
}

function lagging({ seed, network }: SimulationOptions): World['lags'] {
  const draws = drawsOf(`lag of seed ${seed}`);
  return () => draws.chance(network.staleRate);
}

/** Records in any order, and one in ten twice. */
function disorder(seed: number, hits: Hits): World['arrive'] {
  const draws = drawsOf(`arrival of seed ${seed}`);
  return (answer) => {
    const twice = answer.filter(() => draws.chance(0.1));
    hits.hit('record listed twice', twice.length);
    return [...answer, ...twice]
      .map((item) => ({ item, rank: draws.fraction() }))
      .sort((left, right) => left.rank - right.rank)
      .map(({ item }) => item);
  };
}

/** One run of an account, through as many lives of the process as it takes. */
class Run {
  readonly #world: World;
  readonly #audit: Audit;
  readonly #again;
  /** The next turn of the kill switch between two cycles that was not followed yet. */
  #switched = 1;
  #explained = 0;
  #assigned = 0;
  /** Requests and configurations that were followed. */
  #asked = 0;
  #account: OpenAccount | undefined;

  constructor(world: World, audit: Audit) {
    this.#world = world;
    this.#audit = audit;
    this.#again = drawsOf(`again of seed ${world.options.seed}`);
  }

  async session(session: Session, first: boolean): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const opened = this.#account === undefined;
        this.#account ??= openAccount(this.#world);
        // A crash after the last append of a cycle leaves nothing to run again, and no result.
        const committed = opened && this.#account.shell.ledger.state.lastCycle === session;
        const cycle = committed ? undefined : (await this.#account.run(session)).cycle;
        if (committed) this.#world.hits.hit('crash after the commit of a cycle');
        this.#world.plan.wentOn();
        await this.#check(this.#account, { session, cycle, first });
        return;
      } catch (error) {
        this.#recover(error, { session, attempt });
      }
    }
  }

  /** Goes on after what the fault plan did; anything else is a finding. */
  #recover(error: unknown, { session, attempt }: { session: Session; attempt: number }): void {
    if (attempt > MOST_ATTEMPTS)
      throw new Broken('I12', `The cycle of ${session} does not end: ${String(error)}`);
    const { plan, hits } = this.#world;
    const halted = error instanceof CycleHalted && /is unknown|does not list/.test(error.message);
    if (!(error instanceof Crash) && error !== plan.injected && !halted) throw error;
    if (!(error instanceof Crash) && this.#again.chance(0.5)) {
      hits.hit('taken up in the same process');
      return;
    }
    // A life in memory has nothing to come back to.
    if (this.#world.files.journal === ':memory:') return;
    hits.hit('taken up in a new process');
    this.close();
  }

  async #check(
    account: OpenAccount,
    of: { session: Session; cycle: OpenCycle | undefined; first: boolean },
  ): Promise<void> {
    const { options } = this.#world;
    const { exchange, journal, shell } = account;
    const had = new Map<string, bigint>();
    if (of.first) for (const entry of journal.cycle('simulated/')) this.#audit.follow(entry.event);
    for (; this.#switched <= shell.ledger.state.switched; this.#switched += 1)
      for (const { event } of journal.cycle(`simulated/switch/${this.#switched}`))
        this.#audit.follow(event);
    this.#followPerson(account);
    for (const { event } of journal.cycle(`simulated/${of.session}`)) {
      const isReplan = event.kind === 'plan_decided' && event.decision.trigger === 'replan';
      if (isReplan) atMost(had, ownMoney(this.#audit.book));
      this.#audit.follow(event);
      // With what moved to it at that very point.
      if (isReplan) atMost(had, ownMoney(this.#audit.book));
    }
    const facts: SessionFacts = {
      audit: this.#audit,
      state: shell.ledger.state,
      snapshot: await exchange.account(),
      orders: await exchange.orders({}),
      fills: await exchange.fills({}),
      amendments: await exchange.amendments({}),
      activities: await exchange.activities({}),
      openingCash: countOf(options.cash),
      byHand: new Set(options.manualOrders.map(({ id }) => id)),
    };
    positionsAgree(facts);
    cashAgrees(facts);
    profitAdds(facts);
    ledgersAgree(facts);
    foldIsLive(facts);
    returnsAgree(facts);
    ordersArePlanned(facts);
    outcomesAreFinal(facts);
    fillsAreRecorded(facts);
    if (of.cycle !== undefined) cycleAgrees(facts, of.cycle);
    const slippage = countOf(options.exchange.maxSlippageBps) / 10_000n;
    if (options.margin === 'none' && countOf(options.limits.priceAllowance) >= slippage)
      buysAreFunded(facts, had);
  }

  /** What people said of breaks, of suspense, of capital and of sleeves since it was looked at last. */
  #followPerson({ journal, shell }: OpenAccount): void {
    const { breaksExplained, assignments } = shell.ledger.state;
    const entries: StoredEntry[] = [];
    const { requestsMade, configurations } = shell.ledger.state;
    if (requestsMade + configurations > this.#asked) {
      entries.push(...capitalEvents(journal).slice(this.#asked));
      this.#asked = requestsMade + configurations;
    }
    for (; this.#explained < breaksExplained; this.#explained += 1)
      entries.push(...journal.cycle(`simulated/explained/${this.#explained + 1}`));
    for (; this.#assigned < assignments; this.#assigned += 1)
      entries.push(...journal.cycle(`simulated/assigned/x${this.#assigned + 1}`));
    for (const { event } of entries.toSorted((x, y) => x.sequence - y.sequence))
      this.#audit.follow(event);
  }

  /** The end of the run: the proof, the journal's bytes, and the digest of a fold from the files. */
  async end(): Promise<Ended> {
    const inMemory = this.#world.files.journal === ':memory:';
    if (!inMemory) this.close();
    this.#account ??= openAccount(this.#world);
    const { journal, exchange, shell } = this.#account;
    const scratch = openJournal(':memory:');
    try {
      const proof = await prove(journal, exchange, scratch);
      const behind = proof.breaks.every(
        ({ symbol }) => symbol !== null && this.#audit.isBehind(symbol),
      );
      // A difference to the broker is there where its market has not listed what it did.
      const isProved =
        proof.equal ||
        (behind &&
          proof.ledger === proof.reconstruction &&
          proof.mismatches.length === 0 &&
          proof.tables.length === 0);
      require('I8', isProved, `The proof fails: ${JSON.stringify({ ...proof, mismatches: proof.mismatches.slice(0, 2) })}`);
      const digest = economicDigest(shell.ledger.state);
      require('I7', proof.ledger ===
        digest, `The fold gives ${proof.ledger}, the live ledger ${digest}.`);
      require('I7', proof.cycles ===
        this.#world.options.sessions.length, `${proof.cycles} cycles in the journal.`);
      const lines = [...journal.read()].map(lineOf);
      for (const table of Object.keys(TABLES) as TableName[])
        // the keys of TABLES are its names
        for (const row of journal.rows(table)) rowIsClean(`Table ${table}`, row);
      if (inMemory) reportsAgree(journal, this.#world.hits);
      else this.#readFile();
      return { digest, journal: lines, timeMoved: this.#world.plan.timeMoved };
    } finally {
      scratch.close();
    }
  }

  /** The stored payloads as they are, not as the journal reads them. */
  #readFile(): void {
    this.close();
    const db = new DatabaseSync(this.#world.files.journal, { readOnly: true });
    try {
      for (const row of db.prepare('SELECT sequence, payload FROM events').iterate())
        storedTextIsClean(`Event ${String(row['sequence'])}`, String(row['payload']));
    } finally {
      db.close();
    }
  }

  close(): void {
    this.#account?.close();
    this.#account = undefined;
  }
}

const lineOf = (entry: StoredEntry): string =>
  JSON.stringify(entry, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );

/** Keeps the larger of two amounts. */
function atMost(had: Map<string, bigint>, own: ReadonlyMap<string, bigint>): void {
  for (const [id, amount] of own)
    had.set(id, amount > (had.get(id) ?? amount) ? amount : (had.get(id) ?? amount));
}

/** What each sleeve could spend on buys so far: its cash, and what it has spent on them already. */
function ownMoney(book: SecondBook): Map<string, bigint> {
  const own = new Map(book.inOrder().map(({ id, cash }) => [id, cash]));
  for (const { side, demands, owned } of book.parents.values())
    demands.forEach(({ sleeve }, index) => {
      if (side === 'buy') own.set(sleeve, (own.get(sleeve) ?? 0n) + (owned[index]?.cash ?? 0n));
    });
  return own;
}
