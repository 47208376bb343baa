// Stage: ledger → tax. The account's own lots and gains, as its broker sees them.
// Invariant: held for tax = held by the sleeves together; a cross between sleeves is no sale.
import { otherSide } from './bookEntry.ts';
import { exchangeDate } from './calendar.ts';
import type { ExecutionAmended, FillRecorded, LedgerEvent } from './ledger/events.ts';
import type { Posting } from './ledger/postings.ts';
import type { CorporateAction, Symbol } from './market.ts';
import { SUSPENSE } from './sleeve.ts';
import { amendTax, gainAlone, type AmendedExecution } from './tax/amended.ts';
import { realisedBy, type Realised } from './tax/bridge.ts';
import { TaxLots, type TaxSale, type TaxTrade } from './tax/lots.ts';
import { WashSales } from './tax/wash.ts';
import type { Session } from './time.ts';
import {
  add,
  NO_MONEY,
  NO_SHARES,
  notional,
  negate,
  subtract,
  total,
  type Money,
  type Quantity,
} from './units/units.ts';

/**
 * The tax view of an account: lots by execution, relieved first in, first out over the whole account,
 * to 1e-9 USD. It follows the broker's executions and what moved shares beside them; what sleeves
 * exchanged inside the account changes nothing. Figures of one account, before fees, without the
 * owner's elections and other accounts: a view to reconcile with the broker's form, not advice.
 */
export class TaxLedger {
  readonly lots = new TaxLots();
  readonly wash = new WashSales();
  readonly sales: TaxSale[] = [];
  /** What the sleeves realised meanwhile, for the bridge. */
  readonly realised: Realised[] = [];
  readonly #fills = new Set<string>();
  /** Amended executions by the ids that they bear meanwhile: as they were first. */
  readonly #first = new Map<string, string>();
  readonly #amendments = new Set<string>();
  /** Of the open cycle, by client order id: the children of a parent are one order. */
  #orders = new Map<string, Pick<TaxTrade, 'order' | 'sleeves'>>();

  /** Is given every event in its order, with the postings that it made. */
  readonly see = (id: string, event: LedgerEvent, postings: readonly Posting[]): void => {
    this.realised.push(...realisedBy(dayOf(event), postings));
    if (event.kind === 'cycle_opened') this.#orders = new Map();
    const actions = event.kind === 'cycle_opened' ? event.actions : [];
    this.#moved(id, dayOf(event), postings, actions);
    if (event.kind === 'fill_recorded') this.#filled(event);
    if (event.kind === 'execution_amended') this.#amended(event, postings);
    if (event.kind === 'plan_decided')
      for (const { clientOrderId, demands } of event.decision.parents)
        this.#orders.set(clientOrderId, {
          order: clientOrderId,
          sleeves: demands.map(({ sleeve }) => sleeve).sort(),
        });
    if (event.kind === 'step_decided' && event.decision.move.kind === 'send') {
      const parent = this.#orders.get(event.decision.parent);
      if (parent !== undefined) this.#orders.set(event.decision.move.child.clientOrderId, parent);
    }
  };

  #filled({ fill, clientOrderId }: FillRecorded): void {
    if (this.#fills.has(fill.id)) return;
    this.#fills.add(fill.id);
    const worth = notional(fill.price, fill.lastQty);
    const isBuy = fill.side === 'buy';
    this.#trade(
      fill.symbol,
      {
        id: fill.id,
        ...(this.#orders.get(clientOrderId) ?? { order: clientOrderId, sleeves: [SUSPENSE] }),
        on: dayOf({ kind: 'fill_recorded', fill, clientOrderId }),
      },
      {
        shares: isBuy ? fill.lastQty : negate(fill.lastQty),
        cash: isBuy ? negate(worth) : worth,
      },
    );
  }

  #amended({ amendment, clientOrderId }: ExecutionAmended, postings: readonly Posting[]): void {
    const { id, executionId, symbol, side, was, now, at } = amendment;
    if (this.#amendments.has(id)) return;
    this.#amendments.add(id);
    const first = this.#first.get(executionId) ?? executionId;
    this.#first.set(id, first);
    const traded = (of: typeof now) =>
      of === null
        ? { quantity: NO_SHARES, cash: NO_MONEY }
        : { quantity: of.quantity, cash: notional(of.price, of.quantity) };
    const order = this.#orders.get(clientOrderId) ?? { order: clientOrderId, sleeves: [SUSPENSE] };
    const trade = { id, ...order, on: exchangeDate(at) };
    const execution = { id: first, side, before: traded(was), after: traded(now) };
    this.realised.push(...leftPending(trade.on, symbol, execution, postings));
    this.sales.push(...amendTax(this.lots, { symbol, trade, sales: this.sales }, execution));
  }

  #trade(symbol: Symbol, trade: TaxTrade, moved: { shares: Quantity; cash: Money }): void {
    const sales = this.lots.trade(symbol, trade, moved);
    this.sales.push(...sales);
    const held = this.lots.of(symbol);
    for (const sale of sales) this.wash.sold(sale, held);
    const opened = held.find((lot) => lot.id === trade.id);
    if (opened !== undefined && opened.quantity > 0n)
      this.wash.bought(symbol, trade, opened.quantity);
  }

  /** Shares that moved without an execution: together, whatever sleeves they were of. */
  #moved(
    id: string,
    on: Session,
    postings: readonly Posting[],
    actions: readonly CorporateAction[],
  ): void {
    for (const move of movesOf(postings)) {
      const { kind, symbol, shares } = move;
      const trade = { id, order: id, sleeves: [...move.sleeves].sort(), on };
      if (kind === 'split') this.#split(move, trade);
      else if (kind === 'symbol_change') this.#renamed(move);
      else if (kind === 'spin_off') this.#spunOff(move, actions);
      else if (kind === 'journal' && shares === NO_SHARES) this.lots.giveCost(symbol, move.cost);
      else if (kind === 'journal' && shares < 0n) this.lots.remove(symbol, negate(shares), trade);
      else if (kind === 'journal') this.#trade(symbol, trade, { shares, cash: negate(move.cost) });
      else if (shares !== NO_SHARES) this.#trade(symbol, trade, move);
      else if (move.realised !== NO_MONEY) this.sales.push(gainAlone(symbol, trade, move.realised));
    }
  }

  #renamed({ symbol, to }: Move): void {
    this.lots.rename(symbol, to);
    this.wash.renamed(symbol, to);
  }

  #spunOff({ symbol, to, shares }: Move, actions: readonly CorporateAction[]): void {
    const action = actions.find(
      (each) => each.kind === 'spin_off' && each.symbol === symbol && each.newSymbol === to,
    );
    if (action?.kind === 'spin_off' && shares !== NO_SHARES)
      this.lots.spinOff(symbol, to, { shares, costFraction: action.costFraction });
  }

  #split({ symbol, shares }: Move, trade: TaxTrade): void {
    const before = this.lots.held(symbol);
    const after = add(before, shares);
    this.sales.push(...this.lots.rescale(symbol, after, trade));
    this.wash.rescaled(symbol, after, before);
  }
}

/**
 * Cash of a working sale that is no contributor's yet: what an amendment changed of it comes to them with
 * the sale's own postings, and was none of its proceeds.
 */
function leftPending(
  on: Session,
  symbol: Symbol,
  { side, before, after }: AmendedExecution,
  postings: readonly Posting[],
): Realised[] {
  const changed = subtract(after.cash, before.cash);
  const left = subtract(changed, total(postings.map((posting) => posting.cash)));
  if (side === 'buy' || left === NO_MONEY) return [];
  const of = { on, sleeve: SUSPENSE, symbol };
  return [
    { ...of, how: 'other', gain: left, proceeds: NO_MONEY },
    { ...of, how: 'trade', gain: negate(left), proceeds: negate(left) },
  ];
}

/** The day on which an event counts, for the sleeves and for tax alike. */
function dayOf(event: LedgerEvent): Session {
  if ('cycle' in event) return event.cycle;
  if (event.kind === 'fill_recorded') return exchangeDate(event.fill.at);
  if (event.kind === 'execution_amended') return exchangeDate(event.amendment.at);
  if (event.kind === 'activity_recorded') return event.activity.date;
  if (event.kind === 'plan_decided' || event.kind === 'step_decided') return event.decision.cycle;
  return exchangeDate(event.kind === 'order_reported' ? event.order.submittedAt : event.at);
}

interface Move {
  readonly kind: Posting['kind'];
  readonly symbol: Symbol;
  /** Where an action takes them: the shares are counted there. Its own symbol otherwise. */
  readonly to: Symbol;
  shares: Quantity;
  /** Cash, or a claim to it. */
  cash: Money;
  cost: Money;
  /** Of the cash, what the sleeves realised: nothing of a dividend. */
  realised: Money;
  readonly sleeves: Set<string>;
}

const EXECUTED: ReadonlySet<Posting['kind']> = new Set<Posting['kind']>([
  'fill',
  'over_fill',
  'cross',
  'bust',
  'correction',
]);

/** What the postings of one event did to the account, by kind and symbol, in their order. */
function movesOf(postings: readonly Posting[]): Iterable<Move> {
  const moves = new Map<string, Move>();
  for (const [from, posting] of legsOf(postings)) {
    const { kind, symbol, quantity, cash, cost, receivable, sleeve } = posting;
    // Executions are taken from the broker's own record, whoever they were allocated to.
    if (symbol === null || EXECUTED.has(kind)) continue;
    const key = `${kind} ${from ?? symbol} ${symbol}`;
    const move = moves.get(key) ?? {
      kind,
      symbol: from ?? symbol,
      to: symbol,
      shares: NO_SHARES,
      cash: NO_MONEY,
      cost: NO_MONEY,
      realised: NO_MONEY,
      sleeves: new Set(),
    };
    const moved = add(cash, receivable);
    move.shares = add(move.shares, quantity);
    move.cash = add(move.cash, moved);
    move.cost = add(move.cost, cost);
    if (otherSide(posting).name === 'realised') move.realised = add(move.realised, moved);
    if (quantity !== NO_SHARES) move.sleeves.add(sleeve);
    moves.set(key, move);
  }
  return moves.values();
}

/** Postings that take shares from one symbol to another come in pairs: the second one, with whence. */
function* legsOf(postings: readonly Posting[]): Iterable<readonly [Symbol | null, Posting]> {
  let from: Symbol | null = null;
  for (const posting of postings) {
    const { kind, symbol } = posting;
    const inPairs = kind === 'symbol_change' || kind === 'spin_off';
    if (inPairs && from === null) {
      from = symbol;
      continue;
    }
    yield [inPairs ? from : null, posting];
    from = null;
  }
}
