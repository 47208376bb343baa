// Stage: simulation. The invariants of an account, each a function over records.
// Invariant: written from the definitions; nothing here calls what it checks.
import type { AccountSnapshot } from '../../src/domain/account.ts';
import { decodeOrderId } from '../../src/domain/clientOrderId.ts';
import { economicDigest } from '../../src/domain/economicState.ts';
import type { Amendment } from '../../src/domain/amendment.ts';
import type { Fill } from '../../src/domain/fill.ts';
import type { LedgerState, OpenCycle } from '../../src/domain/ledger/state.ts';
import type { Activity } from '../../src/domain/market.ts';
import type { BrokerOrder } from '../../src/domain/order.ts';
import type { Audit } from './audit.ts';
import { Broken, require } from './broken.ts';
import { sum, toCent, worth } from './exact.ts';
import { HOUSE, HOUSE_CODE, type SleeveId } from '../../src/domain/sleeve.ts';
import { costIn, heldBy, owedTo } from './secondSleeve.ts';
import { NO_RETURN, type SecondReturn } from './secondReturn.ts';

/** What is looked at after a session. */
export interface SessionFacts {
  readonly audit: Audit;
  readonly state: LedgerState;
  readonly snapshot: AccountSnapshot;
  readonly orders: readonly BrokerOrder[];
  readonly fills: readonly Fill[];
  readonly amendments: readonly Amendment[];
  readonly activities: readonly Activity[];
  readonly openingCash: bigint;
  /** Client order ids of trades by hand. */
  readonly byHand: ReadonlySet<string>;
}

/** I1: Σ sleeves = broker, per symbol, in the ledger and in the second ledger; and by the executions. */
export function positionsAgree({
  audit,
  state,
  snapshot,
  fills,
  amendments,
  activities,
}: SessionFacts): void {
  const broker = new Map<string, bigint>(
    snapshot.positions.map((each) => [each.symbol, each.quantity]),
  );
  const second = new Map<string, bigint>();
  for (const sleeve of audit.book.sleeves.values())
    for (const symbol of sleeve.lots.keys())
      second.set(symbol, (second.get(symbol) ?? 0n) + heldBy(sleeve, symbol));
  const ledger = new Map<string, bigint>();
  for (const sleeve of state.sleeves.values())
    for (const [symbol, lots] of sleeve.positions)
      ledger.set(symbol, (ledger.get(symbol) ?? 0n) + sum(lots.map(({ quantity }) => quantity)));
  const moved = new Map<string, bigint>();
  for (const { symbol, side, lastQty } of fills)
    moved.set(symbol, (moved.get(symbol) ?? 0n) + (side === 'buy' ? lastQty : -lastQty));
  for (const { symbol, side, was, now } of amendments) {
    const change = (now?.quantity ?? 0n) - was.quantity;
    moved.set(symbol, (moved.get(symbol) ?? 0n) + (side === 'buy' ? change : -change));
  }
  for (const activity of activities)
    if ('quantity' in activity && activity.symbol !== null)
      moved.set(activity.symbol, (moved.get(activity.symbol) ?? 0n) + activity.quantity);
  for (const symbol of new Set([
    ...broker.keys(),
    ...second.keys(),
    ...ledger.keys(),
    ...moved.keys(),
  ])) {
    const expected = broker.get(symbol) ?? 0n;
    const [own = 0n, again = 0n] = [ledger.get(symbol), second.get(symbol)];
    require('I1', own === again, `${symbol}: the ledger holds ${own}, the second one ${again}.`);
    // The broker has done what the market has not listed yet.
    require('I1', own === expected ||
      audit.isBehind(symbol), `${symbol}: the broker holds ${expected}, the ledger ${own}.`);
    const executed = moved.get(symbol) ?? 0n;
    require('I1', executed ===
      expected, `${symbol}: the broker holds ${expected}, its executions give ${executed}.`);
  }
}

/** I2: Σ sleeve cash + rounding = broker cash, and the broker's cash = opening + its movements. */
export function cashAgrees({
  audit,
  state,
  snapshot,
  fills,
  amendments,
  activities,
  openingCash,
}: SessionFacts): void {
  const second =
    sum([...audit.book.sleeves.values()].map(({ cash }) => cash)) + audit.book.rounding;
  const ledger = sum([...state.sleeves.values()].map(({ cash }) => cash)) + state.rounding;
  const moved =
    openingCash +
    sum(
      fills.map(
        ({ side, price, lastQty }) => toCent(worth(price, lastQty)) * (side === 'buy' ? -1n : 1n),
      ),
    ) +
    sum(
      amendments.map(({ side, was, now }) => {
        const paid = now === null ? 0n : toCent(worth(now.price, now.quantity));
        const change = paid - toCent(worth(was.price, was.quantity));
        return side === 'buy' ? -change : change;
      }),
    ) +
    sum(activities.map((activity) => ('cash' in activity ? activity.cash : 0n)));
  require('I2', ledger ===
    snapshot.cash, `Cash: the broker has ${snapshot.cash}, the ledger ${ledger}.`);
  require('I2', second ===
    snapshot.cash, `Cash: the broker has ${snapshot.cash}, the second ledger ${second}.`);
  require('I2', moved ===
    snapshot.cash, `Cash: the broker has ${snapshot.cash}, its movements give ${moved}.`);
  const charged = activities.some(({ kind }) => kind === 'fee' || kind === 'dividend');
  require('I2', snapshot.margin !== null ||
    snapshot.cash >= 0n ||
    charged, `A cash account owes ${snapshot.cash}, and nothing was charged.`);
}

/** I3: of every sleeve and so of the account: cash + owed + cost = flows + realised + dividends + sundry. */
export function profitAdds({ audit, openingCash, activities }: SessionFacts): void {
  for (const sleeve of audit.book.sleeves.values()) {
    const owns = sleeve.cash + owedTo(sleeve) + costIn(sleeve);
    const sundry = sleeve.withheld + sleeve.interest + sleeve.fees + sleeve.other;
    const earned = sleeve.flows + sleeve.realised + sleeve.dividends + sundry;
    require('I3', owns === earned, `${sleeve.id} owns ${owns} at cost and has earned ${earned}.`);
  }
  const flows = sum([...audit.book.sleeves.values()].map((sleeve) => sleeve.flows));
  const journals = sum(activities.map(flowOf));
  require('I3', flows ===
    openingCash +
      journals, `Flows are ${flows}, the account was opened with ${openingCash}, ${journals} came in.`);
}

/** What an activity brings in or takes out of the account. */
function flowOf(activity: Activity): bigint {
  if (activity.kind === 'deposit' || activity.kind === 'withdrawal') return activity.cash;
  if (activity.kind !== 'journal') return 0n;
  return activity.cash + worth(activity.price ?? 0n, activity.quantity);
}

/** I7: the fold of the journal is the live ledger. */
export function foldIsLive({ audit, state }: SessionFacts): void {
  const [live, folded] = [economicDigest(state), economicDigest(audit.folded)];
  require('I7', live === folded, `The live ledger is ${live}, the fold of its journal ${folded}.`);
}

/** The product's ledger is the second ledger: cash, lots, profit, what is owed, of each sleeve. */
export function ledgersAgree({ audit, state }: SessionFacts): void {
  require('I7', state.rounding ===
    audit.book.rounding, `Rounding is ${state.rounding}, expected ${audit.book.rounding}.`);
  require('I7', state.sleeves.size === audit.book.sleeves.size, 'The ledgers have other sleeves.');
  for (const [id, sleeve] of state.sleeves) {
    const expected = summary(audit.book.sleeve(id));
    const found = summary({
      ...sleeve,
      owed: sleeve.receivables,
      lots: sleeve.positions,
    });
    require('I7', expected ===
      found, `Sleeve ${id} differs.\n    expected ${expected}\n    found    ${found}`);
    const rebalanced = audit.rebalancedOn.get(id) ?? null;
    require('I7', rebalanced ===
      sleeve.rebalancedOn, `${id} was rebalanced on ${sleeve.rebalancedOn}, expected ${rebalanced}.`);
  }
}

function summary(sleeve: {
  cash: bigint;
  realised: bigint;
  dividends: bigint;
  withheld: bigint;
  interest: bigint;
  fees: bigint;
  other: bigint;
  flows: bigint;
  owed: ReadonlyMap<string, { amount: bigint }>;
  lots: ReadonlyMap<string, readonly { quantity: bigint; cost: bigint }[]>;
}): string {
  const { cash, realised, dividends, withheld, interest, fees, other, flows, owed, lots } = sleeve;
  const byKey = <T>([a]: readonly [string, T], [b]: readonly [string, T]): number =>
    a < b ? -1 : 1;
  return JSON.stringify({
    cash: String(cash),
    realised: String(realised),
    dividends: String(dividends),
    sundry: [withheld, interest, fees, other].map(String),
    flows: String(flows),
    owed: [...owed].sort(byKey).map(([id, { amount }]) => `${id} ${amount}`),
    lots: [...lots]
      .sort(byKey)
      .map(([symbol, held]) => [symbol, ...held.map((lot) => `${lot.quantity} ${lot.cost}`)]),
  });
}

/** I3: NAV, time-weighted return and deepest fall of each sleeve, from the market's own closes. */
export function returnsAgree({ audit, state }: SessionFacts): void {
  for (const [id, { performance }] of state.sleeves) {
    const expected = audit.returns.get(id) ?? NO_RETURN;
    const line = (of: Omit<SecondReturn, 'paid'>): string =>
      `NAV ${of.nav}, index ${of.index}, deepest fall ${of.deepest}`;
    const found = line({
      ...performance,
      deepest: performance.maxDrawdown,
      peak: 0n,
      nav: performance.nav ?? 0n,
    });
    require('I3', found === line(expected), `${id} has ${found}; expected ${line(expected)}.`);
  }
}

/** I4: each broker order ↔ one parent ↔ its demands; none without a plan, none twice, none larger. */
export function ordersArePlanned({ audit, orders, byHand }: SessionFacts): void {
  const ours = orders.filter(({ clientOrderId }) => !byHand.has(clientOrderId));
  const ids = new Set(orders.map(({ clientOrderId }) => clientOrderId));
  require('I4', ids.size === orders.length, 'Two broker orders have one client order id.');
  for (const order of ours) {
    const sent = audit.sent.get(order.clientOrderId);
    if (sent === undefined) throw new Broken('I4', `Order ${order.clientOrderId} has no plan.`);
    const { parent } = sent;
    require('I4', parent.symbol === order.symbol &&
      parent.side === order.side &&
      sent.quantity ===
        order.quantity, `Order ${order.clientOrderId} is ${order.side} ${order.quantity} ${order.symbol}, planned was ${parent.side} ${sent.quantity} ${parent.symbol}.`);
    require('I4', audit.submissions.get(order.clientOrderId) ===
      'accepted', `Order ${order.clientOrderId} is at the broker, its submission says ${audit.submissions.get(order.clientOrderId)}.`);
  }
  for (const [id, { parent }] of audit.sent) {
    const submission = audit.submissions.get(id);
    const without = submission === 'refused' || submission === 'not_sent';
    require('I4', ids.has(id) !==
      without, `Order ${id} was ${submission}, and the broker ${ids.has(id) ? 'has' : 'lacks'} it.`);
    const decoded = decodeOrderId(id);
    if (decoded.kind !== 'ours') throw new Broken('I4', `Order id ${id} is ${decoded.kind}.`);
    require('I4', decoded.symbol === parent.symbol &&
      decoded.side === parent.side &&
      decoded.session === parent.cycle, `Order id ${id} reads as another order.`);
    require('I4', sum(parent.demands.map(({ quantity }) => quantity)) ===
      parent.quantity, `Demands of ${id} do not sum to it.`);
    if (decoded.demands.kind !== 'listed') continue;
    const codes = new Map<number, SleeveId>(
      (audit.configuration?.sleeves ?? []).map((sleeve) => [sleeve.code, sleeve.id]),
    ).set(HOUSE_CODE, HOUSE);
    const listed = decoded.demands.demands
      .map(({ code, quantity }) => `${codes.get(code)} ${quantity}`)
      .sort();
    const demanded = parent.demands.map(({ sleeve, quantity }) => `${sleeve} ${quantity}`).sort();
    require('I4', listed.join() ===
      demanded.join(), `Order id ${id} carries ${listed.join(', ')}; the plan has ${demanded.join(', ')}.`);
  }
}

/** I5: an outcome for each symbol that a sleeve held or wanted, its parts on its side; nothing open after the close. */
export function outcomesAreFinal({ audit }: SessionFacts): void {
  for (const [key, { intended, parts }] of audit.outcomes) {
    const open = [...parts.keys()].find(
      (part) => part.startsWith('deferred/') || part === 'ordered/net_order',
    );
    require('I5', open === undefined, `${key} is ${open} after the close.`);
    require('I5', sum(parts.values()) === intended, `Parts of ${key} do not sum to ${intended}.`);
    require('I5', [...parts.values()].every(
      (quantity) => quantity === 0n || quantity > 0n === intended > 0n,
    ), `${key} has a part against its intent.`);
  }
  for (const signal of audit.signals.values())
    // A sleeve that ends wants nothing, whatever its strategy says.
    if (!audit.book.capital.isEnding(signal.sleeve))
      for (const { symbol } of signal.kind === 'targets' ? signal.weights : [])
        require('I5', audit.outcomes.has(
          `${signal.sleeve} ${symbol}`,
        ), `${signal.sleeve} wanted ${symbol} and has no outcome.`);
}

/** I6: every execution and activity of the broker is in the journal, once; each parent's parts are its order's fills. */
export function fillsAreRecorded({
  audit,
  orders,
  fills,
  amendments,
  activities,
}: SessionFacts): void {
  require('I6', amendments.length ===
    audit.amendmentIds
      .size, `The broker has ${amendments.length} amendments, the journal ${audit.amendmentIds.size}.`);
  for (const { id } of amendments)
    require('I6', audit.amendmentIds.has(id), `Amendment ${id} is not in the journal.`);
  require('I6', fills.length ===
    audit.fillIds.size, `The broker has ${fills.length} fills, the journal ${audit.fillIds.size}.`);
  for (const { id } of fills)
    require('I6', audit.fillIds.has(id), `Fill ${id} is not in the journal.`);
  require('I6', activities.length ===
    audit.activityIds
      .size, `The broker has ${activities.length} activities, the journal ${audit.activityIds.size}.`);
  for (const { id } of activities)
    require('I6', audit.activityIds.has(id), `Activity ${id} is not in the journal.`);
  const byClientId = new Map(orders.map((order) => [order.clientOrderId, order]));
  for (const parent of audit.book.parents.values()) {
    const filled = sum(
      [...audit.sent]
        .filter(([, sent]) => sent.parent.clientOrderId === parent.clientOrderId)
        .map(([id]) => byClientId.get(id)?.filledQuantity ?? 0n),
    );
    const got = sum(parent.owned.map(({ quantity }) => quantity));
    require('I6', parent.over &&
      got === filled &&
      parent.filled ===
        filled, `Parent ${parent.clientOrderId} filled ${filled}, attributed are ${got}.`);
    parent.demands.forEach(({ sleeve, quantity }, index) => {
      const owned = parent.owned[index]?.quantity ?? -1n;
      const off = owned * parent.quantity - filled * quantity;
      require('I6', owned >= 0n &&
        owned <=
          quantity, `${sleeve} got ${owned} of ${parent.clientOrderId}, wanted ${quantity}.`);
      require('I6', off > -parent.quantity &&
        off < parent.quantity, `${sleeve} is off its share of ${parent.clientOrderId} by a unit.`);
    });
  }
}

/** I6: what the product's cycle says each contributor got is what the second ledger says. */
export function cycleAgrees({ audit }: SessionFacts, cycle: OpenCycle): void {
  require('I6', cycle.parents.size ===
    audit.book.parents.size, 'The cycle has other parents than its journal.');
  for (const {
    parent,
    allocated,
    cumQty,
    pendingQuantity,
    pendingCash,
    ended,
  } of cycle.parents.values()) {
    const second = audit.book.parents.get(parent.clientOrderId);
    if (second === undefined)
      throw new Broken('I6', `Parent ${parent.clientOrderId} is not in the journal.`);
    require('I6', ended &&
      pendingQuantity === 0n &&
      pendingCash === 0n &&
      cumQty ===
        second.filled, `Parent ${parent.clientOrderId} has ${pendingQuantity} pending of ${cumQty}.`);
    parent.demands.forEach(({ sleeve }, index) => {
      const [owned, expected] = [allocated[index], second.owned[index]];
      require('I6', owned?.quantity === expected?.quantity &&
        owned?.cash ===
          expected?.cash, `${sleeve} got ${owned?.quantity} of ${parent.clientOrderId}, expected ${expected?.quantity}.`);
    });
  }
  for (const { sleeve, symbol, intended, parts } of cycle.outcomes.values())
    require('I5', sum(parts.map(({ quantity }) => quantity)) ===
      intended, `Parts of ${sleeve} ${symbol} do not sum.`);
}

/**
 * Nobody spends another's money: what a sleeve paid for its buys at the broker is at most what it had
 * when they were funded. Holds where the exchange fills no higher than the allowance.
 *
 * @param had cash of each sleeve when the buys were decided
 */
export function buysAreFunded({ audit }: SessionFacts, had: ReadonlyMap<string, bigint>): void {
  const paid = new Map<string, bigint>();
  let roundings = 0n;
  for (const { side, symbol, demands, owned } of audit.book.parents.values()) {
    if (side !== 'buy') continue;
    roundings += 64n;
    demands.forEach(({ sleeve }, index) => {
      // A price that was corrected afterwards was nobody's to fund.
      if (audit.book.touched.has(`${sleeve} ${symbol}`)) return;
      paid.set(sleeve, (paid.get(sleeve) ?? 0n) + (owned[index]?.cash ?? 0n));
    });
  }
  for (const [sleeve, cost] of paid) {
    const budget = had.get(sleeve) ?? 0n;
    require('I11', cost <=
      (budget > 0n ? budget : 0n) + roundings, `${sleeve} paid ${cost} and had ${budget}.`);
  }
}

/** I13: no number in stored text that JSON cannot hold, and no word for one. */
export function storedTextIsClean(place: string, text: string): void {
  const bad =
    /(?:[:[,])(?:-0|NaN|-?Infinity|undefined)(?=[,\]}])|"(?:-0|NaN|-?Infinity|undefined|null|-?0\d+)"/.exec(
      text,
    );
  require('I13', bad === null, `${place} holds ${bad?.[0]}.`);
}

/** I13 for a table's row: text that is a value, never a word for the lack of one. */
export function rowIsClean(place: string, row: readonly string[]): void {
  const bad = row.find((value) =>
    /^(?:-0|-?NaN|-?Infinity|undefined|null|\[object.*)$/.test(value),
  );
  require('I13', bad === undefined, `${place} holds "${bad}".`);
}
