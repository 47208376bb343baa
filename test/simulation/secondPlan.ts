// Stage: simulation. A second planner, written from the definitions: what each decision must be.
// Invariant: shares no code with the product's planner; reads recorded inputs and the second ledger alone.
import { policyFor, type SecondWalk } from './secondPolicy.ts';
import type { CycleOpened, DecisionPoint } from '../../src/domain/ledger/events.ts';
import type { Signal } from '../../src/domain/signal.ts';
import type { AccountConfiguration } from '../../src/domain/sleeve.ts';
import type { Limits } from '../../src/domain/limits/settings.ts';
import { divide, nearest, sum, UNIT, WEIGHT_UNIT, worth } from './exact.ts';
import {
  dueTo,
  duesAgain,
  movedTo,
  transfersAgain,
  type SecondDue,
  type SecondTransfer,
} from './secondCapital.ts';
import { closedFor, railsOfSymbol, tooOld, unwanted, volumeLeft } from './secondRails.ts';
import type { SecondBook } from './secondBook.ts';
import { heldBy, owedTo, type SecondSleeve } from './secondSleeve.ts';

/** Shares by "kind/reason"; signed as the intent is. */
export type Parts = Map<string, bigint>;

export interface SecondOutcome {
  readonly held: bigint;
  readonly intended: bigint;
  readonly price: bigint | null;
  parts: Parts;
}

export interface SecondNet {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly demands: readonly { readonly sleeve: string; readonly quantity: bigint }[];
}

export interface SecondCross {
  readonly symbol: string;
  readonly price: bigint;
  readonly quantity: bigint;
  /** Sorted by sleeve. */
  readonly legs: readonly {
    readonly sleeve: string;
    readonly quantity: bigint;
    readonly cash: bigint;
  }[];
}

/** The broker's account less the ledger's: by symbol, cash under "cash"; only what is not zero. */
export type SecondBreaks = ReadonlyMap<string, bigint>;

export interface SecondDecision {
  /** NAV by sleeve at the opening; null while it is not known. */
  readonly navs: ReadonlyMap<string, bigint | null>;
  readonly breaks: SecondBreaks;
  /** By "sleeve symbol"; new or changed ones. */
  readonly outcomes: Map<string, SecondOutcome>;
  readonly crosses: readonly SecondCross[];
  /** The most valuable first. */
  readonly parents: readonly SecondNet[];
  /** Client order ids, sorted. */
  readonly cancels: readonly string[];
  /** All that waits now. */
  readonly deferred: readonly SecondNet[];
  readonly capital: SecondCapitalDecision;
}

export interface SecondCapitalDecision {
  readonly dues: readonly SecondDue[];
  readonly transfers: readonly SecondTransfer[];
  readonly closed: readonly string[];
}

/** The open cycle as the second planner knows it. */
export interface SecondCycle {
  readonly configuration: AccountConfiguration;
  readonly opened: CycleOpened;
  readonly signals: ReadonlyMap<string, Signal>;
  readonly points: readonly DecisionPoint[];
  /** Current outcomes. */
  readonly outcomes: ReadonlyMap<string, SecondOutcome>;
  /** What waited after the last decision. */
  readonly deferred: readonly SecondNet[];
  /** By client order id: when it was planned, and when its cancellation was last asked for. */
  readonly ordered: ReadonlyMap<string, { readonly at: string; asked: string | null }>;
  /** Client order ids whose leftovers a decision has spoken for. */
  readonly spokenFor: ReadonlySet<string>;
  /** Whether a person stopped all orders, and which ones that held back. */
  readonly kill: { readonly pulled: boolean; readonly withheld: ReadonlySet<string> };
  /** By client order id of the parent: how it walks; none of a parent at market. */
  readonly walks: ReadonlyMap<string, SecondWalk>;
  /** By client order id: how a submission ended. */
  readonly submissions: ReadonlyMap<string, string>;
  /** Session of the last rebalance carried out, by sleeve. */
  readonly rebalancedOn: ReadonlyMap<string, string>;
}

interface Sane {
  readonly mid: bigint;
  readonly bid: bigint;
  readonly ask: bigint;
}
export type Verdict = Sane | { readonly denied: string };

export const isSane = (verdict: Verdict): verdict is Sane => 'mid' in verdict;

/** A quote is a price only when it is two-sided, positive, not crossed and narrow enough. */
export function judge(
  point: Pick<DecisionPoint, 'at' | 'quotes'>,
  symbol: string,
  limits: Limits,
): Verdict {
  const quote = point.quotes.find((each) => each.symbol === symbol);
  if (quote === undefined) return { denied: 'quote_missing' };
  if (tooOld(limits, quote.at, point.at)) return { denied: 'quote_stale' };
  const { bid, ask } = quote;
  if (bid === null || ask === null) return { denied: 'quote_one_sided' };
  if (bid <= 0n || ask <= 0n) return { denied: 'quote_not_positive' };
  if (bid > ask) return { denied: 'quote_crossed' };
  const mid = nearest(bid + ask, 2n);
  const widest = railsOfSymbol(limits, symbol).maxSpread ?? limits.maxSpread;
  return (ask - bid) * WEIGHT_UNIT > widest * mid ? { denied: 'quote_wide' } : { mid, bid, ask };
}

/** What the broker says it holds, less sleeves, pending allocation and rounding. */
export function breaksAt({ snapshot }: DecisionPoint, book: SecondBook): SecondBreaks {
  const off = new Map<string, bigint>(
    snapshot.positions.map((each) => [each.symbol, each.quantity]),
  );
  const take = (of: string, amount: bigint): void => {
    off.set(of, (off.get(of) ?? 0n) - amount);
  };
  take('cash', book.rounding - snapshot.cash);
  for (const sleeve of book.inOrder()) {
    take('cash', sleeve.cash);
    for (const symbol of sleeve.lots.keys()) take(symbol, heldBy(sleeve, symbol));
  }
  for (const { symbol, side, filled, paid, owned } of book.parents.values()) {
    const sign = side === 'buy' ? 1n : -1n;
    take(symbol, sign * (filled - sum(owned.map(({ quantity }) => quantity))));
    take('cash', -sign * (paid - sum(owned.map(({ cash }) => cash))));
  }
  return new Map([...off].filter(([, amount]) => amount !== 0n));
}

/** Without cash that is off by at most a cent an execution: rounding. */
function grave(breaks: SecondBreaks, book: SecondBook): SecondBreaks {
  const off = breaks.get('cash') ?? 0n;
  const isRounding = (off < 0n ? -off : off) <= BigInt(book.fills) * 10_000_000n;
  return new Map([...breaks].filter(([of]) => of !== 'cash' || !isRounding));
}

/** Without what a person has explained at that very size. */
const unexplained = (breaks: SecondBreaks, { explained }: SecondBook): SecondBreaks =>
  new Map([...breaks].filter(([of, off]) => explained.get(of) !== off));

/** Whether suspense was given something of it that no person has dealt with. */
export const isUnasked = (book: SecondBook, symbol: string): boolean =>
  [...book.unasked.values()].includes(symbol);

export const NOTHING = {
  navs: new Map<string, bigint | null>(),
  breaks: new Map<string, bigint>(),
  crosses: [],
  cancels: [],
};

interface SizedIntent {
  readonly sleeve: string;
  readonly symbol: string;
  readonly quantity: bigint;
  readonly exempt: boolean;
}

/** Counting on what may move to repay debts, unless crosses take it from who would pay. */
export function decideAtOpen(
  cycle: SecondCycle,
  book: SecondBook,
  point: DecisionPoint,
): SecondDecision {
  const none = openCounting(cycle, book, point, []);
  const counted = transfersAgain(book.capital, none.capital.dues, {
    sleeves: book.inOrder(),
    beside: () => 0n,
  });
  const hopeful = book
    .inOrder()
    .filter(({ id, cash }) => cash < 0n && cash + movedTo(id, counted) >= 0n);
  if (hopeful.length === 0) return none;
  const decided = openCounting(cycle, book, point, counted);
  const { transfers } = decided.capital;
  return hopeful.every(({ id, cash }) => cash + movedTo(id, transfers) >= 0n) ? decided : none;
}

function openCounting(
  cycle: SecondCycle,
  book: SecondBook,
  point: DecisionPoint,
  counted: readonly SecondTransfer[],
): SecondDecision {
  const { limits, sleeves } = cycle.configuration;
  const verdictOf = (symbol: string): Verdict => judge(point, symbol, limits);
  const breaks = breaksAt(point, book);
  const standing = unexplained(breaks, book);
  const navs = new Map(
    book
      .inOrder()
      .map((sleeve) => [
        sleeve.id,
        [...sleeve.lots.keys()].some((symbol) => book.unapplied.has(symbol))
          ? null
          : navOf(sleeve, verdictOf, grave(standing, book)),
      ]),
  );
  const outcomes = new Map<string, SecondOutcome>();
  const open: SizedIntent[] = [];
  const abort = sleeves.some(
    ({ id, onFailure }) =>
      onFailure === 'abort' &&
      book.capital.lifeOf(id) === 'active' &&
      cycle.signals.get(id)?.kind === 'failed',
  );
  const house = book.sleeve('house');
  const givesToHouse = limits.fractions === 'house';
  const dues = duesAgain(book.capital, {
    sleeves: book.inOrder(),
    navs,
    configuration: cycle.configuration,
    failed: (id) => cycle.signals.get(id)?.kind === 'failed',
  });
  const configured = new Set<string>(sleeves.map(({ id }) => id));
  const wished = book
    .inOrder()
    .filter(({ id }) => configured.has(id) || book.capital.isEnding(id))
    .map((sleeve) => ({
      id: sleeve.id,
      intents: book.capital.isEnding(sleeve.id)
        ? exitsOf(sleeve)
        : intentsOf(cycle, sleeve, verdictOf, {
            nav: navs.get(sleeve.id) ?? null,
            due: dueTo(sleeve.id, dues),
            paused: book.capital.lifeOf(sleeve.id) === 'paused',
          }),
    }));
  if (givesToHouse) wished.push({ id: house.id, intents: exitsOf(house) });
  for (const { id, intents } of wished) {
    for (const intent of intents) {
      const { symbol, held, quantity, settled } = intent;
      const verdict = verdictOf(symbol);
      const broken = standing.has(symbol) || isUnasked(book, symbol);
      const frozen = book.frozen.has(id);
      const buyer = quantity > 0n ? buyerOf(book.sleeve(id), navs.get(id) ?? null, counted) : null;
      const reason = settled ?? gate(cycle, symbol, { verdict, abort, broken, frozen, buyer });
      const price = isSane(verdict) ? verdict.mid : null;
      outcomes.set(`${id} ${symbol}`, {
        held,
        intended: quantity,
        price,
        parts: new Map(reason === null ? [] : [[reason, quantity]]),
      });
      const exempt = held === 0n || held + quantity === 0n;
      if (reason === null) open.push({ sleeve: id, symbol, quantity, exempt });
    }
  }
  const note = (of: { sleeve: string; symbol: string }, part: string, quantity: bigint): void =>
    addPart(outcomes, `${of.sleeve} ${of.symbol}`, part, quantity);
  const crosses: SecondCross[] = [];
  const sells: Valued[] = [];
  const deferred: SecondNet[] = [];
  const stuck: Stuck[] = [];
  for (const symbol of [...new Set(open.map((intent) => intent.symbol))].sort()) {
    const verdict = verdictOf(symbol);
    if (!isSane(verdict)) throw new RangeError(`${symbol} trades without a price.`);
    const intents = open.filter((intent) => intent.symbol === symbol);
    const { cross, net } = netAgain(symbol, intents, verdict.mid);
    if (cross !== null) crosses.push(cross);
    for (const leg of cross?.legs ?? [])
      note({ sleeve: leg.sleeve, symbol }, 'crossed/internal_cross', leg.quantity);
    if (net === null) continue;
    const sign = net.side === 'buy' ? 1n : -1n;
    const lose = (sleeve: string, part: string, quantity: bigint): void =>
      note({ sleeve, symbol }, part, quantity * sign);
    const big = worth(verdict.mid, total(net)) >= threshold(cycle, net, navs);
    const exempt = new Set(intents.filter((each) => each.exempt).map(({ sleeve }) => sleeve));
    let kept: SecondNet | null = cut(
      net,
      (each) => big || exempt.has(each.sleeve),
      (each) => lose(each.sleeve, 'suppressed/micro_trade', each.quantity),
    );
    if (net.side === 'buy') {
      if (kept !== null) deferred.push(kept);
      for (const each of kept?.demands ?? [])
        lose(each.sleeve, 'deferred/sells_first', each.quantity);
      continue;
    }
    kept = kept && withinVolume(cycle, kept, 0n, lose);
    const loseOrGive = (sleeve: string, part: string, quantity: bigint): void => {
      const outcome = outcomes.get(`${sleeve} ${symbol}`);
      const leaves = outcome?.held === -(outcome?.intended ?? 0n);
      const unfit = part === 'rounded_away/whole_shares' || part.endsWith('/below_broker_minimum');
      if (givesToHouse && sleeve !== 'house' && leaves && unfit)
        stuck.push({ symbol, sleeve, part, quantity, mid: verdict.mid });
      else lose(sleeve, part, quantity);
    };
    kept = kept && whatIsThere(cycle, point, kept, lose);
    kept = fitForSending(cycle, point, kept, { mid: verdict.mid, at: verdict.mid }, loseOrGive);
    if (kept !== null)
      sells.push({
        net: kept,
        worth: worth(verdict.mid, total(kept)),
        leaves: leavesWhole(outcomes, kept),
      });
  }
  const parents = fewEnough(cycle, sells, 0, (net, part) => {
    for (const each of net.demands)
      note({ sleeve: each.sleeve, symbol: net.symbol }, part, -each.quantity);
  });
  let purse = house.cash > 0n ? house.cash : 0n;
  for (const symbol of new Set(stuck.map((each) => each.symbol))) {
    const here = stuck.filter((each) => each.symbol === symbol && each.quantity > 0n);
    const mid = here[0]?.mid ?? 0n;
    const sold: SizedIntent[] = [];
    for (const sleeve of [...new Set(here.map((each) => each.sleeve))].sort()) {
      const own = here.filter((each) => each.sleeve === sleeve);
      const shares = sum(own.map(({ quantity }) => quantity));
      const before = -sum(sold.map(({ quantity }) => quantity));
      if (worth(mid, before + shares) <= purse)
        sold.push({ sleeve, symbol, quantity: -shares, exempt: true });
      else for (const { part, quantity } of own) note({ sleeve, symbol }, part, -quantity);
    }
    const all = -sum(sold.map(({ quantity }) => quantity));
    purse -= worth(mid, all);
    const { cross } = netAgain(
      symbol,
      [...sold, { sleeve: house.id, symbol, quantity: all, exempt: true }],
      mid,
    );
    if (cross !== null) crosses.push(cross);
    for (const { sleeve, quantity } of sold)
      note({ sleeve, symbol }, 'crossed/fraction_to_house', quantity);
  }
  const crossed = (id: string): bigint =>
    sum(crosses.flatMap(({ legs }) => legs.map(({ sleeve, cash }) => (sleeve === id ? cash : 0n))));
  const transfers = transfersAgain(book.capital, dues, {
    sleeves: book.inOrder(),
    beside: crossed,
  });
  const capital = { dues, transfers, closed: [] };
  return { outcomes, crosses, parents, cancels: [], deferred, navs, breaks, capital };
}

/** What is left of an exit and the broker would never take. */
interface Stuck {
  readonly symbol: string;
  readonly sleeve: string;
  readonly part: string;
  readonly quantity: bigint;
  readonly mid: bigint;
}

/** Cash + what is owed + shares at mid; null while a held symbol has no price, or it or cash a break. */
export function navOf(
  sleeve: SecondSleeve,
  verdictOf: (symbol: string) => Verdict,
  breaks: SecondBreaks,
): bigint | null {
  if (['cash', ...sleeve.lots.keys()].some((of) => breaks.has(of))) return null;
  let nav = sleeve.cash + owedTo(sleeve);
  for (const symbol of sleeve.lots.keys()) {
    const verdict = verdictOf(symbol);
    if (!isSane(verdict)) return null;
    nav += worth(verdict.mid, heldBy(sleeve, symbol));
  }
  return nav;
}

type SizedAgain = readonly {
  readonly symbol: string;
  readonly held: bigint;
  readonly quantity: bigint;
  readonly settled: string | null;
}[];

/** All that is held goes. */
const exitsOf = (sleeve: SecondSleeve): SizedAgain =>
  [...sleeve.lots.keys()].map((symbol) => {
    const held = heldBy(sleeve, symbol);
    // Lots that come to nothing are there, and want nothing.
    return { symbol, held, quantity: -held, settled: held === 0n ? 'held/already_there' : null };
  });

interface Worth {
  readonly nav: bigint | null;
  readonly due: bigint;
  readonly paused: boolean;
}

function intentsOf(
  cycle: SecondCycle,
  sleeve: SecondSleeve,
  verdictOf: (symbol: string) => Verdict,
  { nav, due, paused }: Worth,
): SizedAgain {
  const { deployment } = cycle.configuration.limits;
  const signal = cycle.signals.get(sleeve.id);
  const failed = signal?.kind !== 'targets';
  const policy = cycle.configuration.sleeves.find(({ id }) => id === sleeve.id)?.onFailure;
  const weights = new Map<string, bigint>(
    failed ? [] : signal.weights.map((each) => [each.symbol, each.weight]),
  );
  // What the weights are fractions of; and what it is worth before that has come or gone.
  const capital = nav === null || nav + due < 0n ? 0n : nav + due;
  const worthNow = (nav ?? 0n) + (due > 0n ? due : 0n);
  const isTime = failed || isDue(cycle, sleeve, { nav, capital }, weights, verdictOf);
  const lacking = -due - sleeve.cash;
  const holdings = sum(
    [...sleeve.lots.keys()].map((symbol) => {
      const verdict = verdictOf(symbol);
      return isSane(verdict) ? worth(verdict.mid, heldBy(sleeve, symbol)) : 0n;
    }),
  );
  // Who owes more than it has and is not to rebalance sells the same part of everything.
  const raises = !isTime && !paused && nav !== null && due < 0n && lacking > 0n && holdings > 0n;
  const kept = holdings > lacking ? holdings - lacking : 0n;
  return [...new Set([...sleeve.lots.keys(), ...weights.keys()])].map((symbol) => {
    const held = heldBy(sleeve, symbol);
    if (failed && policy !== 'cash')
      return {
        symbol,
        held,
        quantity: 0n,
        settled: paused ? 'held/paused' : 'held/failed_strategy',
      };
    if (raises) {
      const quantity = (held * kept) / holdings - held;
      const still = quantity === 0n ? 'held/already_there' : null;
      return { symbol, held, quantity, settled: held === 0n ? 'held/not_due' : still };
    }
    const weight = weights.get(symbol);
    const verdict = verdictOf(symbol);
    let target: bigint | null = 0n;
    let denied: string | null = null;
    if (weight !== undefined) {
      if (nav === null) denied = 'denied/nav_unknown';
      // Without worth nothing that is held is sold by size: a person decides.
      else if (worthNow <= 0n && (held !== 0n || !isSane(verdict)))
        denied = 'denied/nav_not_positive';
      else if (!isSane(verdict)) denied = 'denied/price_unknown';
      else
        target =
          worthNow <= 0n
            ? 0n
            : (weight * capital * deployment * UNIT) / (WEIGHT_UNIT * WEIGHT_UNIT * verdict.mid);
      if (denied !== null) target = null;
    }
    const quantity = target === null ? 0n : target - held;
    if (paused) return { symbol, held, quantity, settled: 'held/paused' };
    const settled =
      denied ?? (isTime ? (quantity === 0n ? 'held/already_there' : null) : 'held/not_due');
    return { symbol, held, quantity, settled };
  });
}

function isDue(
  cycle: SecondCycle,
  sleeve: SecondSleeve,
  { nav, capital }: { readonly nav: bigint | null; readonly capital: bigint },
  weights: ReadonlyMap<string, bigint>,
  verdictOf: (symbol: string) => Verdict,
): boolean {
  const last = cycle.rebalancedOn.get(sleeve.id);
  const rule = cycle.signals.get(sleeve.id)?.rebalance;
  if (last === undefined || rule === undefined || nav === null) return true;
  const today = cycle.opened.cycle;
  switch (rule.kind) {
    case 'every-session':
      return true;
    case 'none':
      return false;
    case 'calendar':
      return periodOf(rule.frequency, today) !== periodOf(rule.frequency, last);
    case 'corridor': {
      const deployed = capital * cycle.configuration.limits.deployment;
      return [...new Set([...sleeve.lots.keys(), ...weights.keys()])].some((symbol) => {
        const verdict = verdictOf(symbol);
        const value = isSane(verdict) ? worth(verdict.mid, heldBy(sleeve, symbol)) : 0n;
        const share = deployed <= 0n ? 0n : (value * WEIGHT_UNIT * WEIGHT_UNIT) / deployed;
        const drift = share - (weights.get(symbol) ?? 0n);
        return drift > rule.width || -drift > rule.width;
      });
    }
    default:
      throw new TypeError('A rebalance rule that the second planner does not know.');
  }
}

/** The period that a session belongs to; weeks begin on Monday. */
function periodOf(frequency: 'weekly' | 'monthly' | 'quarterly' | 'yearly', day: string): string {
  const at = new Date(`${day}T00:00:00Z`);
  if (frequency === 'yearly') return day.slice(0, 4);
  if (frequency === 'monthly') return day.slice(0, 7);
  if (frequency === 'quarterly') return `${day.slice(0, 4)} ${Math.floor(at.getUTCMonth() / 3)}`;
  at.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7));
  return at.toISOString().slice(0, 10);
}

interface Buyer {
  readonly sleeve: string;
  readonly cash: bigint;
  readonly flows: bigint;
  readonly nav: bigint | null;
}

export const buyerOf = (
  { id, cash, flows }: SecondSleeve,
  nav: bigint | null,
  moving: readonly SecondTransfer[],
): Buyer => ({
  sleeve: id,
  cash: cash + movedTo(id, moving),
  flows,
  nav,
});

/** The first reason why an intent may not trade; `buyer` is null for a sell. */
export function gate(
  cycle: SecondCycle,
  symbol: string,
  of: {
    readonly verdict: Verdict;
    readonly abort?: boolean;
    readonly broken?: boolean;
    readonly frozen?: boolean;
    readonly buyer: Buyer | null;
  },
): string | null {
  const { limits } = cycle.configuration;
  const { verdict, buyer } = of;
  if (cycle.kill.pulled) return 'denied/kill';
  const equity =
    limits.margin === null ? null : (cycle.points.at(-1)?.snapshot.margin?.equity ?? null);
  if (equity !== null && equity <= 0n) return 'denied/equity_not_positive';
  if (of.abort === true) return 'denied/abort';
  if (of.frozen === true) return 'denied/sleeve_frozen';
  if (of.broken === true) return 'denied/break';
  if (limits.rails.frozen.some((each) => each === symbol)) return 'denied/symbol_frozen';
  if (!isSane(verdict)) return `denied/${verdict.denied}`;
  const closed = closedFor(limits, cycle, { symbol, ...verdict });
  if (closed !== null) return closed;
  const owes = limits.margin !== null && limits.deployment > WEIGHT_UNIT;
  if (buyer !== null && buyer.cash < 0n && !owes) return 'denied/sleeve_overdraft';
  const refused = buyer === null ? null : unwanted(limits, { symbol, ...buyer });
  if (refused !== null) return refused;
  const asset = cycle.points.at(-1)?.assets.find((each) => each.symbol === symbol);
  if (asset === undefined) return 'denied/asset_unknown';
  return asset.tradable ? null : 'denied/not_tradable';
}

/** Opposing intents meet at the mid: the smaller side whole, the larger pro rata. */
function netAgain(
  symbol: string,
  intents: readonly SizedIntent[],
  mid: bigint,
): { cross: SecondCross | null; net: SecondNet | null } {
  const side = (sign: bigint): { id: string; claim: bigint }[] =>
    intents
      .filter(({ quantity }) => quantity * sign > 0n)
      .map(({ sleeve, quantity }) => ({ id: sleeve, claim: quantity * sign }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  const sides = { buy: side(1n), sell: side(-1n) };
  const bought = sum(sides.buy.map(({ claim }) => claim));
  const sold = sum(sides.sell.map(({ claim }) => claim));
  const crossed = bought < sold ? bought : sold;
  const cash = worth(mid, crossed);
  const legs = [
    ...legsOf(sides.buy, crossed, cash, 1n),
    ...legsOf(sides.sell, crossed, cash, -1n),
  ].sort((a, b) => (a.sleeve < b.sleeve ? -1 : 1));
  const larger = bought > sold ? sides.buy : sides.sell;
  const inside = divide(crossed, larger);
  const demands = larger
    .map(({ id, claim }, index) => ({ sleeve: id, quantity: claim - (inside[index] ?? 0n) }))
    .filter(({ quantity }) => quantity > 0n);
  return {
    cross: crossed === 0n ? null : { symbol, price: mid, quantity: crossed, legs },
    net: bought === sold ? null : { symbol, side: bought > sold ? 'buy' : 'sell', demands },
  };
}

function legsOf(
  side: readonly { id: string; claim: bigint }[],
  crossed: bigint,
  cash: bigint,
  sign: bigint,
): { sleeve: string; quantity: bigint; cash: bigint }[] {
  const shares = divide(crossed, side);
  const paid = divide(
    cash,
    side.map(({ id }, index) => ({ id, claim: shares[index] ?? 0n })),
  );
  return side
    .map(({ id }, index) => ({
      sleeve: id,
      quantity: sign * (shares[index] ?? 0n),
      cash: -sign * (paid[index] ?? 0n),
    }))
    .filter(({ quantity }) => quantity !== 0n);
}

export const total = (net: SecondNet): bigint => sum(net.demands.map(({ quantity }) => quantity));

/** max(floor, min(share of equity, share of the contributors' NAV)). */
function threshold(
  cycle: SecondCycle,
  net: SecondNet,
  navs: ReadonlyMap<string, bigint | null>,
): bigint {
  const { microTradeFloor, microTradeAccountShare, microTradeSleeveShare } =
    cycle.configuration.limits;
  const known = [...navs.values()].filter((nav) => nav !== null);
  const theirs = sum(net.demands.map(({ sleeve }) => navs.get(sleeve) ?? 0n));
  const bySleeves = (microTradeSleeveShare * (theirs > 0n ? theirs : 0n)) / WEIGHT_UNIT;
  const byAccount =
    known.length === navs.size ? (microTradeAccountShare * sum(known)) / WEIGHT_UNIT : bySleeves;
  const lower = byAccount < bySleeves ? byAccount : bySleeves;
  return lower > microTradeFloor ? lower : microTradeFloor;
}

type DemandOf = SecondNet['demands'][number];

function cut(
  net: SecondNet,
  keeps: (demand: DemandOf) => boolean,
  lose: (demand: DemandOf) => void,
): SecondNet | null {
  net.demands.filter((demand) => !keeps(demand)).forEach(lose);
  return orNull({ ...net, demands: net.demands.filter(keeps) });
}

export function orNull(net: SecondNet): SecondNet | null {
  const demands = net.demands.filter(({ quantity }) => quantity > 0n);
  return demands.length === 0 ? null : { ...net, demands };
}

export interface Valued {
  readonly net: SecondNet;
  readonly worth: bigint;
  /** Some sleeve leaves the symbol whole. */
  readonly leaves: boolean;
}

/** The best orders up to the limit of their number, best first: who leaves a symbol, who sells, who is large. */
export function fewEnough(
  cycle: SecondCycle,
  orders: readonly Valued[],
  before: number,
  settle: (net: SecondNet, part: string) => void,
): SecondNet[] {
  const most = cycle.configuration.limits.rails.maxOrders;
  const key = ({ net, worth: usd, leaves }: Valued): string => {
    const group = net.side === 'buy' ? 'c' : leaves ? 'a' : 'b';
    // Larger first: counts of USD written backwards.
    return `${group} ${String(10n ** 40n - usd).padStart(41, '0')} ${net.symbol}`;
  };
  const ranked = [...orders].sort((one, other) => (key(one) < key(other) ? -1 : 1));
  const room = most === null ? ranked.length : Math.max(0, most - before);
  ranked.forEach(({ net }, rank) =>
    settle(net, rank < room ? 'ordered/net_order' : 'denied/max_orders'),
  );
  return ranked.slice(0, room).map(({ net }) => net);
}

/** What the day's volume leaves, pro rata. */
export function withinVolume(
  cycle: SecondCycle,
  net: SecondNet,
  before: bigint,
  lose: (sleeve: string, part: string, quantity: bigint) => void,
): SecondNet | null {
  const volume = volumeLeft(cycle.configuration.limits, cycle, net.symbol, before);
  if (volume === 'none' || (volume !== 'missing' && total(net) <= volume.left)) return net;
  const claims = net.demands.map(({ sleeve, quantity }) => ({ id: sleeve, claim: quantity }));
  const parts = divide(volume === 'missing' ? 0n : volume.left, claims);
  const why = volume === 'missing' ? 'denied/volume_missing' : 'scaled/max_volume_share';
  net.demands.forEach(({ sleeve, quantity }, at) =>
    lose(sleeve, why, quantity - (parts[at] ?? 0n)),
  );
  return orNull({
    ...net,
    demands: net.demands.map(({ sleeve }, at) => ({ sleeve, quantity: parts[at] ?? 0n })),
  });
}

/** Whole shares, the broker's minimum, and nothing larger than a sleeve or the account may send. */
export function fitForSending(
  cycle: SecondCycle,
  point: DecisionPoint,
  net: SecondNet | null,
  { mid, at }: { readonly mid: bigint; readonly at: bigint },
  lose: (sleeve: string, part: string, quantity: bigint) => void,
): SecondNet | null {
  const { limits } = cycle.configuration;
  const sized = wholeAndLarge(cycle, point, net, mid, lose);
  const tooLarge = (limit: bigint | null | undefined, shares: bigint): boolean =>
    limit !== null && limit !== undefined && worth(at, shares) > limit;
  const parts =
    sized &&
    cut(
      sized,
      ({ sleeve, quantity }) =>
        !tooLarge(
          limits.rails.sleeves.find((own) => own.sleeve === sleeve)?.maxOrderNotional,
          quantity,
        ),
      ({ sleeve, quantity }) => lose(sleeve, 'denied/sleeve_max_order_notional', quantity),
    );
  const left = wholeAndLarge(cycle, point, parts, mid, lose);
  if (left === null || !tooLarge(railsOfSymbol(limits, left.symbol).maxOrderNotional, total(left)))
    return left;
  for (const { sleeve, quantity } of left.demands)
    lose(sleeve, 'denied/max_order_notional', quantity);
  return null;
}

/** Whole shares where the asset has no fractions, then the broker's minimum. */
function wholeAndLarge(
  cycle: SecondCycle,
  point: DecisionPoint,
  net: SecondNet | null,
  mid: bigint,
  lose: (sleeve: string, part: string, quantity: bigint) => void,
): SecondNet | null {
  if (net === null) return null;
  let kept: SecondNet | null = net;
  if (!inFractions(cycle, point, net.symbol)) {
    const claims = net.demands.map(({ sleeve, quantity }) => ({ id: sleeve, claim: quantity }));
    const whole = divide(total(net) - (total(net) % UNIT), claims);
    net.demands.forEach(({ sleeve, quantity }, index) =>
      lose(sleeve, 'rounded_away/whole_shares', quantity - (whole[index] ?? 0n)),
    );
    kept = orNull({
      ...net,
      demands: net.demands.map(({ sleeve }, index) => ({ sleeve, quantity: whole[index] ?? 0n })),
    });
  }
  if (kept === null || worth(mid, total(kept)) >= cycle.configuration.limits.brokerMinimum)
    return kept;
  for (const { sleeve, quantity } of kept.demands)
    lose(sleeve, 'suppressed/below_broker_minimum', quantity);
  return null;
}

export function leavesWhole(
  outcomes: ReadonlyMap<string, Pick<SecondOutcome, 'held' | 'intended'>>,
  net: SecondNet,
): boolean {
  return net.demands.some(({ sleeve }) => {
    const outcome = outcomes.get(`${sleeve} ${net.symbol}`);
    return outcome !== undefined && outcome.held === -outcome.intended;
  });
}

/** What the broker has of it, whole shares where it must be, pro rata to who sells. */
export function whatIsThere(
  cycle: SecondCycle,
  point: DecisionPoint,
  net: SecondNet,
  lose: (sleeve: string, part: string, quantity: bigint) => void,
): SecondNet | null {
  const there = point.snapshot.positions.find((each) => each.symbol === net.symbol)?.available;
  const unit = inFractions(cycle, point, net.symbol) ? 1n : UNIT;
  const asked = total(net) - (total(net) % unit);
  const has = there ?? 0n;
  if (asked <= has) return net;
  const most = has - (has % unit);
  const claims = net.demands.map(({ sleeve, quantity }) => ({ id: sleeve, claim: quantity }));
  const parts = divide(most, claims);
  const why = most > 0n ? 'scaled/not_available' : 'denied/not_available';
  net.demands.forEach(({ sleeve, quantity }, at) =>
    lose(sleeve, why, quantity - (parts[at] ?? 0n)),
  );
  return orNull({
    ...net,
    demands: net.demands.map(({ sleeve }, at) => ({ sleeve, quantity: parts[at] ?? 0n })),
  });
}

/** Auctions take whole shares of every asset. */
function inFractions(cycle: SecondCycle, point: DecisionPoint, symbol: string): boolean {
  const auction = policyFor(cycle.configuration.limits, symbol).kind === 'close-auction';
  return !auction && point.assets.find((each) => each.symbol === symbol)?.fractionable === true;
}

/** Current outcomes with a part of that kind, without those parts. */
export function reopen(cycle: SecondCycle, kind: string): Map<string, SecondOutcome> {
  const opened = new Map<string, SecondOutcome>();
  for (const [key, outcome] of cycle.outcomes) {
    const kept = [...outcome.parts].filter(([part]) => !part.startsWith(`${kind}/`));
    if (kept.length === outcome.parts.size) continue;
    opened.set(key, { ...outcome, parts: new Map(kept) });
  }
  return opened;
}

/** Adds shares to a part; none where nothing was intended otherwise. */
export function addPart(
  outcomes: Map<string, SecondOutcome>,
  key: string,
  part: string,
  quantity: bigint,
): void {
  if (quantity === 0n) return;
  const outcome = outcomes.get(key);
  if (outcome === undefined) throw new RangeError(`No intent ${key} for ${part}.`);
  outcome.parts.set(part, (outcome.parts.get(part) ?? 0n) + quantity);
}

/** Whether a sleeve's rebalance was carried out: targets, due, and nothing left to do. */
export function wasCarriedOut(cycle: SecondCycle, sleeve: string, life: string): boolean {
  if (life !== 'active') return false;
  if (cycle.signals.get(sleeve)?.kind !== 'targets') return false;
  const unfinished = /^(?:deferred|scaled|denied|rejected|expired)\/|^held\/not_due$/;
  return [...cycle.outcomes]
    .filter(([key]) => key.startsWith(`${sleeve} `))
    .every(([, { parts }]) => ![...parts.keys()].some((part) => unfinished.test(part)));
}
