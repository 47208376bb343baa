// Stage: simulation. The second planner after the opening: what is left, what waits, what goes now.
// Invariant: shares no code with the product's planner; reads recorded inputs and the second ledger alone.
import { cycleEnd, later } from './secondTime.ts';
import type { DecisionPoint } from '../../src/domain/ledger/events.ts';
import { sum, UNIT, WEIGHT_UNIT, worth } from './exact.ts';
import { movedTo, transfersAgain } from './secondCapital.ts';
import { fateOfWalk } from './secondWalk.ts';
import { lent, safePart, turnedOver } from './secondRails.ts';
import type { SecondParent } from './secondAmendments.ts';
import { heldBy } from './secondSleeve.ts';
import type { SecondBook } from './secondBook.ts';
import {
  addPart,
  buyerOf,
  fewEnough,
  fitForSending,
  gate,
  isSane,
  isUnasked,
  judge,
  leavesWhole,
  navOf,
  NOTHING,
  orNull,
  reopen,
  total,
  whatIsThere,
  withinVolume,
  type SecondCycle,
  type SecondDecision,
  type SecondNet,
  type SecondOutcome,
  type Valued,
  type Verdict,
} from './secondPlan.ts';

/** What an order that is over left: its reason, and whether it is wanted again. */
interface Left {
  readonly net: SecondNet;
  readonly why: string;
  readonly again: boolean;
}

/** Writes what each order that is over filled, and gives what it left. */
export function leftovers(
  cycle: SecondCycle,
  book: SecondBook,
  point: DecisionPoint,
  outcomes: Map<string, SecondOutcome>,
): Left[] {
  const left: Left[] = [];
  for (const parent of book.parents.values()) {
    if (!parent.over || cycle.spokenFor.has(parent.clientOrderId)) continue;
    const sign = parent.side === 'buy' ? 1n : -1n;
    const demands = parent.demands.map(({ sleeve, quantity }, index) => {
      const key = `${sleeve} ${parent.symbol}`;
      const known = outcomes.get(key) ?? cycle.outcomes.get(key);
      if (known === undefined) throw new RangeError(`No intent ${key} for an order.`);
      const parts = new Map(known.parts);
      outcomes.set(key, { ...known, parts });
      const owned = parent.owned[index]?.quantity ?? 0n;
      addPart(outcomes, key, 'ordered/net_order', -quantity * sign);
      if (parts.get('ordered/net_order') === 0n) parts.delete('ordered/net_order');
      addPart(outcomes, key, 'ordered/filled', owned * sign);
      return { sleeve, quantity: quantity - owned };
    });
    const net = orNull({ symbol: parent.symbol, side: parent.side, demands });
    if (net !== null) left.push({ net, ...fateOf(cycle, parent, point) });
  }
  return left;
}

function fateOf(
  cycle: SecondCycle,
  { clientOrderId }: SecondParent,
  point: DecisionPoint,
): { why: string; again: boolean } {
  const status = point.orders.find((order) => order.clientOrderId === clientOrderId)?.status;
  const asked = cycle.ordered.get(clientOrderId)?.asked ?? null;
  const revision = Number.parseInt((clientOrderId.split('-')[3] ?? '').slice(1), 36);
  const tries = revision < cycle.configuration.limits.pace.revisions;
  const said = cycle.submissions.get(clientOrderId);
  const walk = cycle.walks.get(clientOrderId);
  if (walk !== undefined) return fateOfWalk(walk.end ?? 'none', tries);
  switch (status) {
    case 'rejected':
      return { why: 'rejected/broker_rejected', again: tries };
    case 'refused':
      return { why: 'rejected/broker_refused', again: false };
    case 'canceled':
      return asked === null
        ? { why: 'expired/canceled_by_hand', again: false }
        : { why: 'expired/canceled', again: tries };
    case 'not_sent':
      if (cycle.kill.withheld.has(clientOrderId)) return { why: 'denied/kill', again: false };
      if (said === 'cycle_budget' || said === 'breaker')
        return { why: `expired/${said}`, again: false };
      return { why: 'expired/not_sent', again: tries };
    case 'filled':
      return { why: 'expired/amended', again: false };
    case 'expired':
      return { why: 'expired/session_closed', again: false };
    case 'accepted':
    case 'new':
    case 'partially_filled':
    case 'pending_new':
    case 'replaced':
    case undefined:
      throw new RangeError(`An order that is ${status ?? 'nowhere'} and over.`);
  }
}

/** What an amendment took from a sleeve meanwhile is not sold again. */
function stillHeld(book: SecondBook, net: SecondNet, lose: Lose): SecondNet | null {
  if (book.touched.size === 0) return net;
  return orNull({
    ...net,
    demands: net.demands.map(({ sleeve, quantity }) => {
      const held = heldBy(book.sleeve(sleeve), net.symbol);
      const kept = held < 0n ? 0n : held < quantity ? held : quantity;
      if (kept < quantity) lose(sleeve, 'denied/amended', quantity - kept);
      return { sleeve, quantity: kept };
    }),
  });
}

type Lose = (sleeve: string, part: string, quantity: bigint) => void;

export function decideOnFacts(
  cycle: SecondCycle,
  book: SecondBook,
  point: DecisionPoint,
): SecondDecision {
  const { limits } = cycle.configuration;
  const outcomes = reopen(cycle, 'deferred');
  const left = leftovers(cycle, book, point, outcomes);
  const loser = ({ symbol, side }: SecondNet): Lose => {
    const sign = side === 'buy' ? 1n : -1n;
    return (sleeve, part, quantity) =>
      addPart(outcomes, `${sleeve} ${symbol}`, part, quantity * sign);
  };
  const loseAll = (net: SecondNet, part: string): void => {
    for (const { sleeve, quantity } of net.demands) loser(net)(sleeve, part, quantity);
  };
  const promised = promisedBuys(cycle, book);
  const promisedBy = (whose: string | null): bigint =>
    sum(promised.filter(({ sleeve }) => sleeve === whose).map(({ usd }) => usd));
  const transfers = transfersAgain(book.capital, book.capital.dues, {
    sleeves: book.inOrder(),
    beside: (id) => -promisedBy(id),
  });
  const capital = { dues: [], transfers, closed: [] };
  const late = point.at >= cycleEnd(limits.pace, point.cycle, cycle.points[0]?.at ?? point.at);
  for (const { net, why, again } of left) if (late || !again) loseAll(net, why);
  if (late) {
    for (const net of cycle.deferred) loseAll(net, 'expired/cycle_budget');
    return { ...NOTHING, outcomes, parents: [], deferred: [], capital };
  }
  const verdictOf = (symbol: string): Verdict => judge(point, symbol, limits);
  const priceOf = (symbol: string): { mid: bigint; ceiling: bigint } => {
    const verdict = verdictOf(symbol);
    if (!isSane(verdict)) throw new RangeError(`${symbol} trades without a price.`);
    const raw = verdict.ask * (WEIGHT_UNIT + limits.priceAllowance);
    return { mid: verdict.mid, ceiling: (raw + WEIGHT_UNIT - 1n) / WEIGHT_UNIT };
  };
  const enter = (
    net: SecondNet,
    stays: (sleeve: string, why: string) => boolean,
  ): SecondNet | null =>
    orNull({
      ...net,
      demands: net.demands.filter(({ sleeve, quantity }) => {
        const nav = navOf(book.sleeve(sleeve), verdictOf, new Map());
        const denied = gate(cycle, net.symbol, {
          verdict: verdictOf(net.symbol),
          broken: isUnasked(book, net.symbol),
          frozen: book.frozen.has(sleeve),
          buyer: net.side === 'buy' ? buyerOf(book.sleeve(sleeve), nav, transfers) : null,
        });
        if (denied !== null && !stays(sleeve, denied)) loser(net)(sleeve, denied, quantity);
        return denied === null;
      }),
    });
  const beforeOf = (symbol: string): bigint =>
    sum(
      [...book.parents.values()]
        .filter((parent) => parent.symbol === symbol)
        .map(({ quantity, filled, over }) => (over ? filled : quantity)),
    );

  // Sales that came to nothing go again.
  const resold: Valued[] = [];
  for (const { net, again } of left) {
    if (!again || net.side === 'buy') continue;
    let kept = enter(net, () => false);
    kept = kept && stillHeld(book, kept, loser(net));
    kept = kept && withinVolume(cycle, kept, beforeOf(net.symbol), loser(net));
    if (kept === null) continue;
    const { mid } = priceOf(net.symbol);
    kept = whatIsThere(cycle, point, kept, loser(net));
    kept = fitForSending(cycle, point, kept, { mid, at: mid }, loser(net));
    if (kept !== null)
      resold.push({
        net: kept,
        worth: worth(mid, total(kept)),
        leaves: leavesWhole(outcomes, kept),
      });
  }
  const sales = fewEnough(cycle, resold, book.parents.size, loseAll);

  // Who still gets money today, and what is promised to orders that work.
  const working = [...book.parents.values()].filter(({ over }) => !over);
  const hopeful = new Set(
    [...working, ...sales]
      .filter(({ side }) => side === 'sell')
      .flatMap(({ demands }) => demands.map(({ sleeve }) => sleeve)),
  );
  const waiting = new Map<string, Map<string, bigint>>();
  const wait = (symbol: string, sleeve: string, why: string, quantity: bigint): void => {
    if (quantity === 0n) return;
    const of = waiting.get(symbol) ?? new Map<string, bigint>();
    waiting.set(symbol, of.set(sleeve, (of.get(sleeve) ?? 0n) + quantity));
    addPart(outcomes, `${sleeve} ${symbol}`, `deferred/${why}`, quantity);
  };
  const wanted = new Map<string, Map<string, bigint>>();
  for (const { symbol, demands } of [
    ...cycle.deferred,
    ...left.flatMap(({ net, again }) => (again && net.side === 'buy' ? [net] : [])),
  ])
    for (const { sleeve, quantity } of demands) {
      const of = wanted.get(symbol) ?? new Map<string, bigint>();
      wanted.set(symbol, of.set(sleeve, (of.get(sleeve) ?? 0n) + quantity));
    }
  let nets: SecondNet[] = [];
  for (const net of asNets(wanted)) {
    const { symbol } = net;
    if (working.some((parent) => parent.symbol === symbol)) {
      for (const each of net.demands) wait(symbol, each.sleeve, 'order_working', each.quantity);
      continue;
    }
    const kept = enter(net, (sleeve, why) => {
      if (why !== 'denied/sleeve_overdraft' || !hopeful.has(sleeve)) return false;
      wait(symbol, sleeve, 'awaiting_proceeds', wanted.get(symbol)?.get(sleeve) ?? 0n);
      return true;
    });
    const fits = kept && withinVolume(cycle, kept, beforeOf(symbol), loser(net));
    if (fits !== null) nets.push(fits);
  }
  const costOf = (whose: string | null): bigint =>
    sum(
      nets.flatMap(({ symbol, demands }) =>
        demands
          .filter(({ sleeve }) => whose === null || sleeve === whose)
          .map(({ quantity }) => quantity * priceOf(symbol).ceiling),
      ),
    );
  const scale = (
    part: string,
    of: {
      readonly waits: (sleeve: string) => boolean;
      readonly cost: (sleeve: string) => bigint;
      readonly budget: (sleeve: string) => bigint;
    },
  ): void => {
    nets = nets.flatMap((net) => {
      const demands = net.demands.map(({ sleeve, quantity }) => {
        const budget = of.budget(sleeve);
        const [cost, most] = [of.cost(sleeve), (budget > 0n ? budget : 0n) * UNIT];
        const kept = cost <= most ? quantity : (quantity * most) / cost;
        if (kept < quantity && of.waits(sleeve))
          wait(net.symbol, sleeve, 'awaiting_proceeds', quantity - kept);
        else loser(net)(sleeve, part, quantity - kept);
        return { sleeve, quantity: kept };
      });
      return orNull({ ...net, demands }) ?? [];
    });
  };
  if (limits.margin !== null)
    nets = nets.flatMap((net) => {
      const binds = point.assets.find(({ symbol }) => symbol === net.symbol)?.margin ?? null;
      if (point.snapshot.margin !== null && binds !== null) return [net];
      loseAll(
        net,
        `denied/${point.snapshot.margin === null ? 'margin_unknown' : 'asset_margin_unknown'}`,
      );
      return [];
    });
  const bySleeve = new Map([...book.sleeves.keys()].map((id) => [id, costOf(id)]));
  scale('scaled/sleeve_cash', {
    waits: (id) => hopeful.has(id),
    cost: (id) => bySleeve.get(id) ?? 0n,
    budget: (id) => {
      const moved = movedTo(id, transfers);
      const nav = navOf(book.sleeve(id), verdictOf, new Map());
      const credit = lent(limits, nav === null ? null : nav + moved);
      return book.sleeve(id).cash + moved + credit - promisedBy(id);
    },
  });
  const all = costOf(null);
  const confirmed =
    (cycle.points[0]?.snapshot.cash ?? 0n) +
    sum([...book.parents.values()].map(({ side, paid }) => (side === 'sell' ? paid : -paid)));
  const ownCash = confirmed < point.snapshot.cash ? confirmed : point.snapshot.cash;
  const powers = point.snapshot.margin;
  const borrowed =
    powers === null
      ? 0n
      : powers.buyingPower < powers.overnightBuyingPower
        ? powers.buyingPower
        : powers.overnightBuyingPower;
  const cash = limits.margin === null ? ownCash : borrowed;
  scale('scaled/account_capital', {
    waits: () => hopeful.size > 0,
    cost: () => all,
    budget: () => cash - promisedBy(null) - limits.reserve,
  });
  const safe = safePart(
    limits,
    point,
    nets.map((net) => ({ symbol: net.symbol, shares: total(net), ...priceOf(net.symbol) })),
  );
  if (safe !== null)
    nets = nets.flatMap((net) => {
      const demands = net.demands.map(({ sleeve, quantity }) => {
        const kept = (quantity * safe.top) / safe.bottom;
        loser(net)(sleeve, safe.why, quantity - kept);
        return { sleeve, quantity: kept };
      });
      return orNull({ ...net, demands }) ?? [];
    });
  if (limits.rails.maxDailyTurnover !== null) {
    const going = sales.map((net) => worth(priceOf(net.symbol).mid, total(net)));
    const before = turnedOver(limits, cycle, book.parents.values());
    const room = limits.rails.maxDailyTurnover - before - sum(going);
    const cost = costOf(null);
    scale('scaled/max_daily_turnover', {
      waits: () => false,
      cost: () => cost,
      budget: () => room,
    });
  }
  const sized = nets.flatMap((net): Valued[] => {
    const { mid, ceiling } = priceOf(net.symbol);
    const lose: Lose = (sleeve, part, quantity) => {
      const small = ['rounded_away/whole_shares', 'suppressed/below_broker_minimum'].includes(part);
      const rest = hopeful.has(sleeve) && waiting.get(net.symbol)?.has(sleeve) === true;
      if (small && rest) wait(net.symbol, sleeve, 'awaiting_proceeds', quantity);
      else loser(net)(sleeve, part, quantity);
    };
    const kept = fitForSending(cycle, point, net, { mid, at: ceiling }, lose);
    return kept === null ? [] : [{ net: kept, worth: worth(ceiling, total(kept)), leaves: false }];
  });
  const buys = fewEnough(cycle, sized, book.parents.size + sales.length, loseAll);
  return {
    ...NOTHING,
    outcomes,
    parents: [...sales, ...buys],
    cancels: overtime(cycle, book, point),
    deferred: asNets(waiting),
    capital,
  };
}

/** What buys that work may still cost, by contributor and (without one) in all. */
export function promisedBuys(
  cycle: SecondCycle,
  book: SecondBook,
): { readonly sleeve: string | null; readonly usd: bigint }[] {
  const { priceAllowance } = cycle.configuration.limits;
  return [...book.parents.values()]
    .filter(({ over, side }) => !over && side === 'buy')
    .flatMap((parent) => {
      const at = cycle.ordered.get(parent.clientOrderId)?.at;
      const then = cycle.points.find(
        (each) => each.at === at && asks(each, parent.symbol) !== null,
      );
      const raw = (asks(then, parent.symbol) ?? 0n) * (WEIGHT_UNIT + priceAllowance);
      const ceiling = (raw + WEIGHT_UNIT - 1n) / WEIGHT_UNIT;
      const cost = (shares: bigint): bigint => (ceiling * shares + UNIT - 1n) / UNIT;
      const own = parent.demands.map(({ sleeve, quantity }, index) => ({
        sleeve,
        usd: cost(quantity - (parent.owned[index]?.quantity ?? 0n)),
      }));
      return [...own, { sleeve: null, usd: cost(parent.quantity - parent.filled) }];
    });
}

const asks = (point: DecisionPoint | undefined, symbol: string): bigint | null =>
  point?.quotes.find((quote) => quote.symbol === symbol)?.ask ?? null;

const asNets = (of: ReadonlyMap<string, ReadonlyMap<string, bigint>>): SecondNet[] =>
  [...of]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([symbol, demands]) => ({
      symbol,
      side: 'buy',
      demands: [...demands]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([sleeve, quantity]) => ({ sleeve, quantity })),
    }));

/** Orders that have worked for a whole step since they were planned, or since they were last to be cancelled. */
function overtime(cycle: SecondCycle, book: SecondBook, point: DecisionPoint): string[] {
  const { pace } = cycle.configuration.limits;
  const ids: string[] = [];
  if (cycle.kill.pulled) return ids;
  for (const { clientOrderId, over } of book.parents.values()) {
    const planned = cycle.ordered.get(clientOrderId);
    const revision = Number.parseInt((clientOrderId.split('-')[3] ?? '').slice(1), 36);
    if (over || planned === undefined || revision >= pace.revisions) continue;
    if (cycle.walks.has(clientOrderId)) continue;
    if (point.at >= later(planned.asked ?? planned.at, pace.stepMinutes)) ids.push(clientOrderId);
  }
  return ids.sort();
}
