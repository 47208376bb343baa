// Stage: tests. What must hold of the orders of one decision, whatever was filled before.
// Invariant: each limit is computed again from facts; a limit that is not asked for here is not held.
import { ok } from 'node:assert/strict';
import type { DecisionPoint } from '../../src/domain/ledger/events.ts';
import type { SymbolRails } from '../../src/domain/limits/settings.ts';
import type { Quote } from '../../src/domain/market.ts';
import type { Parent, PlanDecision } from '../../src/domain/plan.ts';
import { nearest, sum, UNIT, WEIGHT_UNIT, worth } from '../simulation/exact.ts';
import { roundedUp, type CountedOrder, type Referee } from './referee.ts';

/** Prices of one point: mids of quotes that may be traded on. */
export function midsOf(referee: Referee, point: DecisionPoint): Map<string, bigint> {
  return new Map(
    point.quotes
      .filter((quote) => isSane(referee, quote, point))
      .map(({ symbol, bid, ask }) => [symbol, nearest((bid ?? 0n) + (ask ?? 0n), 2n)]),
  );
}

function isSane(referee: Referee, quote: Quote, point: DecisionPoint): boolean {
  const { maxSpread, rails } = referee.drawn.configuration.limits;
  const [bid, ask] = [quote.bid ?? 0n, quote.ask ?? 0n];
  const age = Math.abs(Date.parse(point.at) - Date.parse(quote.at)) / 1000;
  const widest = railsOf(referee, quote.symbol).maxSpread ?? maxSpread;
  if (bid <= 0n || ask < bid || !(age <= rails.maxQuoteAgeSeconds)) return false;
  return (ask - bid) * WEIGHT_UNIT <= nearest(bid + ask, 2n) * widest;
}

const railsOf = (referee: Referee, symbol: string): SymbolRails => {
  const { rails } = referee.drawn.configuration.limits;
  return rails.symbols.find((own) => own.symbol === symbol) ?? rails.everySymbol;
};

/** Every limit of every order that this decision adds. Called before they are taken up. */
export function checkOrders(referee: Referee, point: DecisionPoint, decision: PlanDecision): void {
  const mids = midsOf(referee, point);
  checkStopped(referee, point, decision);
  const before = referee.working();
  const busy = new Set(before.map(({ parent }) => parent.symbol));
  referee.take(point, decision);
  const fresh = decision.parents.map((parent) => {
    const order = referee.orders.get(parent.clientOrderId);
    ok(order !== undefined, 'a new order is not counted');
    return order;
  });
  for (const order of fresh) {
    const { parent } = order;
    ok(!busy.has(parent.symbol), `two orders of ${parent.symbol} work`);
    busy.add(parent.symbol);
    checkOrder(referee, { point, mids, order });
  }
  const { maxOrders } = referee.drawn.configuration.limits.rails;
  if (maxOrders !== null && fresh.length > 0)
    ok(referee.orders.size <= maxOrders, `${referee.orders.size} orders, limit ${maxOrders}`);
  const buys = fresh.filter(({ parent }) => parent.side === 'buy');
  if (buys.length === 0) return;
  checkSleeves(referee, { mids, before, buys });
  checkAccount(referee, { point, before, buys });
  checkTurnover(referee);
  checkMargin(referee, { point, mids, buys });
}

/** After a kill, or without equity, nothing is ordered and nothing crosses; after a kill nothing is cancelled. */
function checkStopped(
  { killed }: Referee,
  { snapshot: { margin } }: DecisionPoint,
  { parents, crosses, cancels }: PlanDecision,
): void {
  ok(!killed || cancels.length === 0, 'an order is cancelled after the switch was pulled');
  if (!killed && (margin === null || margin.equity > 0n)) return;
  const when = killed ? 'after the switch was pulled' : 'without equity';
  ok(parents.length === 0, `an order leaves ${when}`);
  ok(crosses.length === 0, `shares cross ${when}`);
}

interface Seen {
  readonly point: DecisionPoint;
  readonly mids: ReadonlyMap<string, bigint>;
  readonly before: readonly CountedOrder[];
  readonly buys: readonly CountedOrder[];
}

function checkOrder(
  referee: Referee,
  of: Pick<Seen, 'point' | 'mids'> & { readonly order: CountedOrder },
): void {
  const { parent, worst } = of.order;
  const { symbol, side, quantity, demands } = parent;
  const { limits } = referee.drawn.configuration;
  const own = railsOf(referee, symbol);
  const mid = of.mids.get(symbol);
  ok(mid !== undefined, `${symbol} is ordered on a quote that is none`);
  ok(parent.arrivalPrice === mid, `${symbol} arrives at ${parent.arrivalPrice}, the mid is ${mid}`);
  ok(sum(demands.map((demand) => demand.quantity)) === quantity, `${symbol} is not its demands`);
  ok(
    demands.every((demand) => demand.quantity > 0n),
    `${symbol} has a demand of nothing`,
  );
  ok(worth(mid, quantity) >= limits.brokerMinimum, `${symbol} is below the broker's minimum`);
  const facts = of.point.assets.find((asset) => asset.symbol === symbol);
  ok(facts?.tradable === true, `${symbol} is not traded`);
  ok(facts.fractionable || quantity % UNIT === 0n, `${symbol} trades in whole shares`);
  ok(!limits.rails.frozen.includes(symbol), `${symbol} is frozen`);
  if (own.maxOrderNotional !== null)
    ok(worth(worst, quantity) <= own.maxOrderNotional, `the order of ${symbol} is too large`);
  checkDrawnFacts(referee, of.point, parent, own);
  for (const demand of demands) {
    const rails = limits.rails.sleeves.find(({ sleeve }) => sleeve === demand.sleeve);
    const most = rails?.maxOrderNotional ?? null;
    if (most !== null)
      ok(worth(worst, demand.quantity) <= most, `${demand.sleeve} orders too much of ${symbol}`);
    if (side === 'sell') {
      ok(demand.quantity <= referee.holds(demand.sleeve, symbol), `${demand.sleeve} sells short`);
      continue;
    }
    const listed =
      !limits.rails.deny.includes(symbol) &&
      (rails?.allow?.includes(symbol) ?? true) &&
      rails?.deny.includes(symbol) !== true;
    ok(listed, `${demand.sleeve} buys ${symbol}, which is denied`);
    const loss = rails?.maxLoss ?? null;
    if (loss === null) continue;
    const nav = referee.navOf(demand.sleeve, of.mids);
    ok(nav !== null && flowsOf(referee, demand.sleeve) - nav <= loss, `${demand.sleeve} has lost`);
  }
  if (side === 'buy') return;
  const held = of.point.snapshot.positions.find((position) => position.symbol === symbol);
  ok(quantity <= (held?.available ?? 0n), `the broker has less of ${symbol} available`);
}

/** What the last bar says: collar and volume. */
function checkDrawnFacts(
  referee: Referee,
  point: DecisionPoint,
  { symbol }: Parent,
  own: SymbolRails,
): void {
  const drawn = referee.drawn.symbols.find((each) => each.symbol === symbol);
  ok(drawn !== undefined, `${symbol} is not of this world`);
  const quote = point.quotes.find((each) => each.symbol === symbol);
  const close = drawn.close / drawn.split;
  if (own.collar !== null)
    for (const side of [quote?.bid ?? 0n, quote?.ask ?? 0n]) {
      const away = side > close ? side - close : close - side;
      ok(away * WEIGHT_UNIT <= own.collar * close, `${symbol} is outside its collar`);
    }
  if (own.maxVolumeShare === null) return;
  ok(drawn.medianVolume !== null, `${symbol} is ordered and nobody knows its volume`);
  const ordered = sum(
    [...referee.orders.values()]
      .filter(({ parent }) => parent.symbol === symbol)
      .map(({ parent, filled, over }) => (over ? filled : parent.quantity)),
  );
  const most = (own.maxVolumeShare * drawn.medianVolume * drawn.split) / WEIGHT_UNIT;
  ok(ordered <= most, `${ordered} of ${symbol} ordered, its volume allows ${most}`);
}

/** No sleeve spends another's money: its own, after what its working buys may still cost. */
function checkSleeves(referee: Referee, of: Pick<Seen, 'mids' | 'before' | 'buys'>): void {
  const costs = new Map<string, bigint>();
  const promised = new Map<string, bigint>();
  const put = (to: Map<string, bigint>, sleeve: string, more: bigint) =>
    to.set(sleeve, (to.get(sleeve) ?? 0n) + more);
  for (const { parent, worst } of of.buys)
    for (const { sleeve, quantity } of parent.demands) put(costs, sleeve, worst * quantity);
  for (const { parent, worst, owned } of of.before)
    if (parent.side === 'buy')
      parent.demands.forEach(({ sleeve, quantity }, at) =>
        put(promised, sleeve, roundedUp(worst * (quantity - (owned[at]?.shares ?? 0n)))),
      );
  const { sleeves } = referee.drawn.configuration;
  const reserves = new Map<string, bigint>(sleeves.map(({ id, reserve }) => [id, reserve]));
  for (const [sleeve, cost] of costs) {
    const credit = referee.creditOf(sleeve, referee.navOf(sleeve, of.mids));
    const cash = (referee.cash.get(sleeve) ?? 0n) - (reserves.get(sleeve) ?? 0n);
    const room = cash + credit - (promised.get(sleeve) ?? 0n);
    ok(cost <= room * UNIT, `${sleeve} buys for ${cost / UNIT}, it has ${room}`);
    const most = referee.credit.get(sleeve) ?? 0n;
    referee.credit.set(sleeve, credit > most ? credit : most);
  }
}

const rawCost = (orders: readonly CountedOrder[]): bigint =>
  sum(orders.map(({ parent, worst }) => worst * parent.quantity));

/** All buys within the account's cash or buying power, after its reserve and what works. */
function checkAccount(referee: Referee, of: Pick<Seen, 'point' | 'before' | 'buys'>): void {
  const { reserve, margin } = referee.drawn.configuration.limits;
  const { snapshot } = of.point;
  const confirmed = [...referee.orders.values()].reduce(
    (cash, { parent, paid }) => cash + (parent.side === 'sell' ? paid : -paid),
    referee.opening,
  );
  const powers = [snapshot.margin?.buyingPower ?? 0n, snapshot.margin?.overnightBuyingPower ?? 0n];
  const bounds = margin === null ? [confirmed, snapshot.cash] : powers;
  const working = of.before
    .filter(({ parent }) => parent.side === 'buy')
    .map(({ parent, worst, filled }) => roundedUp(worst * (parent.quantity - filled)));
  for (const bound of bounds) {
    const room = bound - reserve - sum(working);
    const cost = rawCost(of.buys);
    ok(cost <= room * UNIT, `the account buys for ${cost / UNIT}, it has ${room}`);
  }
}

/** What was traded and what still may be, on both sides. */
function checkTurnover(referee: Referee): void {
  const { maxDailyTurnover } = referee.drawn.configuration.limits.rails;
  if (maxDailyTurnover === null) return;
  const turned = [...referee.orders.values()].map(({ parent, paid, filled, worst, over }) =>
    over ? paid * UNIT : paid * UNIT + worst * (parent.quantity - filled),
  );
  // Each working order is counted in whole units.
  const most = (maxDailyTurnover + BigInt(turned.length)) * UNIT;
  ok(sum(turned) <= most, `turnover may be ${sum(turned) / UNIT} of ${maxDailyTurnover}`);
}

/** Margins after the trade, at the highest prices; a trade that leaves no debit needs none. */
function checkMargin(referee: Referee, of: Pick<Seen, 'point' | 'mids' | 'buys'>): void {
  const { margin } = referee.drawn.configuration.limits;
  const figures = of.point.snapshot.margin;
  if (margin === null) return;
  ok(figures !== null && figures.equity > 0n, 'nothing is bought without equity');
  if (rawCost(of.buys) <= of.point.snapshot.cash * UNIT) return;
  let [initial, maintenance, slip] = [0n, 0n, 0n];
  for (const { parent, worst } of of.buys) {
    const facts = of.point.assets.find(({ symbol }) => symbol === parent.symbol)?.margin;
    ok(facts !== null && facts !== undefined, `nobody knows what ${parent.symbol} binds`);
    const mid = of.mids.get(parent.symbol) ?? 0n;
    initial += mid * parent.quantity * facts.initial;
    maintenance += mid * parent.quantity * facts.maintenance;
    slip += (worst - mid) * parent.quantity;
  }
  const equity = (figures.equity * UNIT - slip) * WEIGHT_UNIT;
  const after = figures.initialMargin * UNIT * WEIGHT_UNIT + initial;
  ok(after * WEIGHT_UNIT <= margin.maxInitial * equity, 'initial margin is above its bound');
  const bound = figures.maintenanceMargin * UNIT * WEIGHT_UNIT + maintenance;
  ok(
    bound === 0n || (equity - bound) * WEIGHT_UNIT >= margin.minCushion * bound,
    'the cushion is too thin',
  );
}

/** Deposits and what was moved to a sleeve, less what was moved away. */
const flowsOf = (referee: Referee, sleeve: string): bigint => referee.flows.get(sleeve) ?? 0n;
