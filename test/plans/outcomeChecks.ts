// Stage: tests. What must hold of what a decision says became of every intent.
// Invariant: intents are sized and netted a second time; a factor is one only if every cut agrees with it.
import { ok } from 'node:assert/strict';
import type { DecisionPoint } from '../../src/domain/ledger/events.ts';
import type { OpenCycle } from '../../src/domain/ledger/state.ts';
import type { Outcome, OutcomePart } from '../../src/domain/outcome.ts';
import type { PlanDecision } from '../../src/domain/plan.ts';
import { countOf, sum, UNIT, WEIGHT_UNIT, worth } from '../simulation/exact.ts';
import { midsOf } from './orderChecks.ts';
import type { Referee } from './referee.ts';

/** Limits of the money that buys cost: no sale ever loses anything to one. */
const CAPITAL = [
  'account_capital',
  'margin_initial',
  'margin_maintenance',
  'max_daily_turnover',
] as const;
/** What may still be taken from a buy after each of them, and what is left in the end. */
const LATER = [
  ...CAPITAL,
  'whole_shares',
  'below_broker_minimum',
  'max_order_notional',
  'sleeve_max_order_notional',
  'max_orders',
  'net_order',
];

/** What the decision says of each intent: parts that sum, sales untouched by capital, one factor for all. */
export function checkOutcomes(
  before: ReadonlyMap<string, Outcome>,
  decision: PlanDecision,
  cycle: OpenCycle,
): void {
  for (const [key, { intended, parts }] of cycle.outcomes) {
    ok(sum(parts.map((part) => part.quantity)) === intended, `the parts of ${key} do not sum`);
    ok(parts.length > 0, `${key} has no part`);
    for (const part of parts) {
      const { quantity, reason } = part;
      checkArithmetic(key, part);
      ok(intended >= 0n ? quantity >= 0n : quantity <= 0n, `${key} has parts of both signs`);
      if (quantity < 0n)
        ok(![...CAPITAL, 'sleeve_cash'].includes(reason), `a sale of ${key} is cut: ${reason}`);
    }
  }
  for (const reason of CAPITAL) checkOneFactor(reason, before, decision);
}

/** On which side of its limit the observed figure lies where the reason is given. */
const BEYOND: Readonly<Record<string, 'above' | 'below'>> = {
  whole_shares: 'above',
  max_order_notional: 'above',
  sleeve_max_order_notional: 'above',
  max_orders: 'above',
  not_available: 'above',
  price_collar: 'above',
  quote_stale: 'above',
  quote_wide: 'above',
  sleeve_loss_limit: 'above',
  sleeve_overdraft: 'below',
  below_broker_minimum: 'below',
  micro_trade: 'below',
  account_capital: 'above',
  sleeve_cash: 'above',
  max_daily_turnover: 'above',
  max_volume_share: 'above',
  margin_initial: 'above',
  margin_maintenance: 'below',
  equity_not_positive: 'below',
};
/** The factor of these is limit ÷ observed; margin's follows from two loads. */
const RATIO: ReadonlySet<string> = new Set([
  'account_capital',
  'sleeve_cash',
  'max_daily_turnover',
  'max_volume_share',
  'not_available',
]);

/** 1e-9 of a dollar or share, as a count of 1e-12. */
const ROUNDED = 1000n;

/** Whoever reads a cut can do its sum again: its figure is beyond its limit, its factor their ratio. */
function checkArithmetic(key: string, { kind, reason, arithmetic }: OutcomePart): void {
  if (arithmetic === null) {
    ok(kind !== 'scaled' && BEYOND[reason] === undefined, `${key}: ${reason} says no figures`);
    return;
  }
  const [limit, observed] = [countOf(arithmetic.limit, 12), countOf(arithmetic.observed, 12)];
  const beyond = BEYOND[reason];
  ok(beyond !== undefined, `${key}: on which side of its limit is ${reason}?`);
  ok(
    beyond === 'above' ? observed > limit : observed < limit,
    `${key}: ${reason} with ${arithmetic.observed} against ${arithmetic.limit}`,
  );
  const { factor } = arithmetic;
  ok((factor !== null) === (kind === 'scaled'), `${key}: the factor of ${kind}/${reason}`);
  if (factor === null) return;
  const found = countOf(factor, 12);
  ok(found >= 0n && found < WEIGHT_UNIT, `${key}: ${reason} by ${factor}`);
  if (!RATIO.has(reason)) return;
  // What is needed is exact to 1e-18 where the factor is made, and rounded up where it is told.
  const ratio = (needed: bigint): bigint => (limit <= 0n ? 0n : (limit * WEIGHT_UNIT) / needed);
  const fits = ratio(observed) <= found && found <= ratio(observed - ROUNDED);
  ok(fits, `${key}: ${reason} by ${factor}, not ${ratio(observed)}`);
}

/**
 * A buy of q shares keeps floor(q × f): each cut says between which bounds f is. One factor for all
 * cuts of a decision lies within all of them.
 */
function checkOneFactor(
  reason: (typeof CAPITAL)[number],
  before: ReadonlyMap<string, Outcome>,
  decision: PlanDecision,
): void {
  let least = { over: 0n, under: 1n };
  let most = { over: 1n, under: 1n };
  const factors = new Set<string | null | undefined>();
  for (const outcome of decision.outcomes) {
    const old = new Set(before.get(`${outcome.sleeve} ${outcome.symbol}`)?.parts);
    const fresh = outcome.parts.filter((part) => !old.has(part));
    const cut = fresh.find((part) => part.reason === reason);
    // What waits instead of being cut is not said limit by limit.
    if (cut === undefined || fresh.some((part) => part.reason === 'awaiting_proceeds')) continue;
    factors.add(cut.arithmetic?.factor);
    const kept = sum(after(fresh, reason).map((part) => part.quantity));
    const whole = kept + cut.quantity;
    if (kept * least.under > least.over * whole) least = { over: kept, under: whole };
    if ((kept + 1n) * most.under < most.over * whole) most = { over: kept + 1n, under: whole };
  }
  ok(factors.size <= 1, `${reason} has the factors ${[...factors].join(', ')}`);
  ok(least.over * most.under < most.over * least.under, `${reason} does not scale by one factor`);
}

function after(parts: readonly OutcomePart[], reason: (typeof CAPITAL)[number]): OutcomePart[] {
  const later = LATER.slice(LATER.indexOf(reason) + 1);
  return parts.filter((part) => later.includes(part.reason));
}

/** Reasons for which an intent is settled before anything is netted. */
const GATES =
  /^(?:kill|abort|break|equity_not_positive|symbol_.*|sleeve_symbol_.*|sleeve_loss_.*|sleeve_overdraft|quote_.*|last_close_missing|price_.*|asset_unknown|not_tradable|nav_.*)$/;

/** Sizes and nets the intents of the opening again. Called before the decision is posted. */
export function checkOpening(
  referee: Referee,
  point: DecisionPoint,
  decision: PlanDecision,
  cycle: OpenCycle,
): void {
  const mids = midsOf(referee, point);
  checkSizes(referee, mids, decision, cycle);
  checkNetting(mids, decision);
  checkMicroTrades(referee, { mids, decision });
}

function checkSizes(
  referee: Referee,
  mids: ReadonlyMap<string, bigint>,
  decision: PlanDecision,
  cycle: OpenCycle,
): void {
  const { limits, sleeves } = referee.drawn.configuration;
  const dues = new Map<string, bigint>();
  for (const { from, to, amount } of decision.capital.dues) {
    dues.set(from, (dues.get(from) ?? 0n) - amount);
    dues.set(to, (dues.get(to) ?? 0n) + amount);
  }
  let expected = 0;
  for (const { id, life, deployment, reserve } of sleeves) {
    const signal = referee.drawn.signals.find(({ sleeve }) => sleeve === id);
    ok(signal !== undefined, `${id} has no signal`);
    const targets = signal.kind === 'targets' && life !== 'closing' ? signal.weights : [];
    const wanted = new Map<string, bigint>(targets.map((target) => [target.symbol, target.weight]));
    const symbols = new Set([...wanted.keys(), ...referee.symbolsOf(id)]);
    expected += symbols.size;
    const nav = referee.navOf(id, mids);
    for (const symbol of symbols) {
      const outcome = cycle.outcomes.get(`${id} ${symbol}`);
      ok(outcome !== undefined, `${id} ${symbol} has no outcome`);
      const { held, intended } = outcome;
      ok(held === referee.holds(id, symbol), `${id} ${symbol} is held otherwise`);
      if (outcome.parts.some(({ kind }) => kind === 'held')) continue;
      const mid = mids.get(symbol);
      const claim = wanted.get(symbol);
      const due = dues.get(id) ?? 0n;
      if (claim !== undefined && (nav === null || mid === undefined || nav + due <= 0n)) {
        ok(intended === 0n, `${id} ${symbol} is sized without a price or a worth`);
        continue;
      }
      const capital = (nav ?? 0n) + due - reserve;
      const deployed = (capital > 0n ? capital : 0n) * (deployment ?? limits.deployment);
      const target =
        claim === undefined
          ? 0n
          : (claim * deployed * UNIT) / (WEIGHT_UNIT * WEIGHT_UNIT * (mid ?? 1n));
      ok(held + intended === target, `${id} ${symbol} is to be ${held + intended}, not ${target}`);
    }
  }
  ok(cycle.outcomes.size === expected, 'there are outcomes of nothing');
}

/** The intents that got in, by symbol. */
function enteredBy(decision: PlanDecision): Map<string, Outcome[]> {
  const entered = new Map<string, Outcome[]>();
  for (const outcome of decision.outcomes) {
    const [first] = outcome.parts;
    const settled =
      first?.kind === 'held' || (first?.kind === 'denied' && GATES.test(first.reason));
    if (settled || outcome.intended === 0n) continue;
    entered.set(outcome.symbol, [...(entered.get(outcome.symbol) ?? []), outcome]);
  }
  return entered;
}

const size = (count: bigint): bigint => (count < 0n ? -count : count);

/** X = min(buys, sells) at the mid, the smaller side whole, the larger pro rata. */
function checkNetting(mids: ReadonlyMap<string, bigint>, decision: PlanDecision): void {
  const entered = enteredBy(decision);
  const crosses = new Map(decision.crosses.map((cross) => [cross.symbol as string, cross]));
  for (const [symbol, outcomes] of entered) {
    const bought = sum(outcomes.map(({ intended }) => (intended > 0n ? intended : 0n)));
    const sold = sum(outcomes.map(({ intended }) => (intended < 0n ? -intended : 0n)));
    const cross = crosses.get(symbol);
    const crossed = bought < sold ? bought : sold;
    ok((cross?.quantity ?? 0n) === crossed, `${symbol} crosses ${cross?.quantity}, not ${crossed}`);
    if (cross === undefined) continue;
    ok(cross.price === mids.get(symbol), `${symbol} crosses at ${cross.price}`);
    for (const { sleeve, intended } of outcomes) {
      const whole = intended > 0n ? bought : sold;
      const leg = size(cross.legs.find((each) => each.sleeve === sleeve)?.quantity ?? 0n);
      const off = size(leg * whole - size(intended) * crossed);
      ok(off < whole, `${sleeve} crosses ${leg} ${symbol}, not its part`);
    }
  }
  for (const symbol of crosses.keys()) ok(entered.has(symbol), `${symbol} crosses for nobody`);
}

/** Net orders below the threshold go for exits and entries alone; above it nobody is held back. */
function checkMicroTrades(
  referee: Referee,
  of: { readonly mids: ReadonlyMap<string, bigint>; readonly decision: PlanDecision },
): void {
  const { limits } = referee.drawn.configuration;
  const navs = new Map(
    [...referee.cash.keys()].map((sleeve) => [sleeve, referee.navOf(sleeve, of.mids)]),
  );
  const equity = [...navs.values()].reduce<bigint | null>(
    (whole, nav) => (whole === null || nav === null ? null : whole + nav),
    0n,
  );
  const share = (part: bigint, amount: bigint): bigint =>
    (part * (amount > 0n ? amount : 0n)) / WEIGHT_UNIT;
  for (const [symbol, outcomes] of enteredBy(of.decision)) {
    const open = outcomes
      .map((outcome) => {
        const cross = outcome.parts.find(({ kind }) => kind === 'crossed');
        return { outcome, left: outcome.intended - (cross?.quantity ?? 0n) };
      })
      .filter(({ left }) => left !== 0n);
    if (open.length === 0) continue;
    const net = worth(of.mids.get(symbol) ?? 0n, size(sum(open.map(({ left }) => left))));
    const own = share(
      limits.microTradeSleeveShare,
      sum(open.map(({ outcome }) => navs.get(outcome.sleeve) ?? 0n)),
    );
    const whole = equity === null ? own : share(limits.microTradeAccountShare, equity);
    const most = own < whole ? own : whole;
    const small = net < (most > limits.microTradeFloor ? most : limits.microTradeFloor);
    for (const { outcome, left } of open) {
      const { held, intended, parts } = outcome;
      const exempt = held === 0n || held + intended === 0n;
      const micro = parts.find((part) => part.reason === 'micro_trade')?.quantity ?? 0n;
      ok(
        micro === (small && !exempt ? left : 0n),
        `${outcome.sleeve} ${symbol}: ${micro} of ${left} is a micro trade, net ${net}`,
      );
    }
  }
}
