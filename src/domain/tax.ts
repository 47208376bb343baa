// Stage: ledger → tax. The account's own lots and gains, as its broker sees them.
// Invariant: held for tax = held by the sleeves together; a cross between sleeves is no sale.
import { otherSide } from './bookEntry.ts';
import { exchangeDate } from './calendar.ts';
import type { ExecutionAmended, FillRecorded, LedgerEvent } from './ledger/events.ts';
import type { Posting } from './ledger/postings.ts';
import type { CorporateAction, Symbol } from './market.ts';
import { SUSPENSE } from './sleeve.ts';
import { amendedBy, realisedBy, type Realised } from './tax/bridge.ts';
import { TaxFigures, type Moved } from './tax/figures.ts';
import type { TaxLots, TaxSale, TaxTrade } from './tax/lots.ts';
import type { WashSales } from './tax/wash.ts';
import type { Session } from './time.ts';
import {
  add,
  NO_MONEY,
  NO_SHARES,
  notional,
  negate,
  subtract,
  type Money,
  type Price,
  type Quantity,
} from './units/units.ts';

/** One execution: what the account traded by it, by what is known of it so far. */
interface Execution {
  readonly symbol: Symbol;
  readonly trade: TaxTrade;
  moved: Moved;
}

/**
 * The tax view of an account: lots by execution, relieved first in, first out over the whole account,
 * to 1e-9 USD. It follows the broker's executions and what moved shares beside them; what sleeves
 * exchanged inside the account changes nothing. An execution that was busted or corrected counts as it
 * stands now, on its own day, and so does everything after it. Figures of one account, before fees, without the
 * owner's elections and other accounts: a view to reconcile with the broker's form, not advice.
 */
export class TaxLedger {
  /** What the sleeves realised meanwhile, for the bridge. */
  readonly realised: Realised[] = [];
  /** What happened to the account's shares, in its order. */
  readonly #steps: ((figures: TaxFigures) => void)[] = [];
  /** By the ids that they bear meanwhile, as long as their shares are those that were traded. */
  readonly #executions = new Map<string, Execution>();
  readonly #seen = new Set<string>();
  /** Of the open cycle, by client order id: the children of a parent are one order. */
  #orders = new Map<string, Pick<TaxTrade, 'order' | 'sleeves'>>();
  #figures: TaxFigures | null = null;

  get lots(): TaxLots {
    return this.#counted().lots;
  }

  get wash(): WashSales {
    return this.#counted().wash;
  }

  get sales(): readonly TaxSale[] {
    return this.#counted().sales;
  }

  /** Is given every event in its order, with the postings that it made. */
  readonly see = (id: string, event: LedgerEvent, postings: readonly Posting[]): void => {
    this.#figures = null;
    if (event.kind === 'execution_amended') {
      this.#amended(event, postings);
      return;
    }
    this.realised.push(...realisedBy(dayOf(event), postings));
    if (event.kind === 'cycle_opened') this.#orders = new Map();
    const actions = event.kind === 'cycle_opened' ? event.actions : [];
    this.#moved(id, dayOf(event), postings, actions);
    if (event.kind === 'fill_recorded') this.#filled(event);
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

  /** Everything again from the first step: FIFO has no memory of what a trade was taken for. */
  #counted(): TaxFigures {
    if (this.#figures !== null) return this.#figures;
    const figures = new TaxFigures();
    for (const step of this.#steps) step(figures);
    this.#figures = figures;
    return figures;
  }

  #filled({ fill, clientOrderId }: FillRecorded): void {
    const { id, symbol, side, lastQty: quantity, price, at } = fill;
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const order = this.#orders.get(clientOrderId) ?? { order: clientOrderId, sleeves: [SUSPENSE] };
    const trade = { id, ...order, on: exchangeDate(at) };
    const execution = { symbol, trade, moved: movedBy(side, { quantity, price }) };
    this.#executions.set(id, execution);
    this.#steps.push((figures) => figures.trade(symbol, trade, execution.moved));
  }

  #amended({ amendment, clientOrderId }: ExecutionAmended, postings: readonly Posting[]): void {
    const { id, executionId, symbol, side, was, now, at } = amendment;
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const moved = movedBy(side, now);
    const execution = this.#executions.get(executionId);
    if (execution !== undefined) {
      execution.moved = moved;
      this.#executions.delete(executionId);
      this.#executions.set(id, execution);
      this.realised.push(...amendedBy(execution.trade.on, side, postings));
      return;
    }
    // Its shares became others: what it changes is traded now, as suspense has it.
    const before = movedBy(side, was);
    const shares = subtract(moved.shares, before.shares);
    const cash = subtract(moved.cash, before.cash);
    const trade = { id, order: clientOrderId, sleeves: [SUSPENSE], on: exchangeDate(at) };
    const as = shares === NO_SHARES ? 'price' : shares < 0n ? 'sell' : 'buy';
    this.realised.push(...amendedBy(trade.on, as, postings));
    this.#steps.push((figures) =>
      as === 'price'
        ? figures.gained(symbol, trade, cash)
        : figures.trade(symbol, trade, { shares, cash }),
    );
  }

  /** Shares that moved without an execution: together, whatever sleeves they were of. */
  #moved(
    id: string,
    on: Session,
    postings: readonly Posting[],
    actions: readonly CorporateAction[],
  ): void {
    for (const move of movesOf(postings)) {
      if (OTHER_SHARES.has(move.kind)) this.#forget(move.symbol);
      const trade = { id, order: id, sleeves: [...move.sleeves].sort(), on };
      this.#steps.push(stepOf(move, trade, actions));
    }
  }

  /** Executions of a symbol whose shares are no more what was traded. */
  #forget(symbol: Symbol): void {
    for (const [id, execution] of this.#executions)
      if (execution.symbol === symbol) this.#executions.delete(id);
  }
}

/** After these an execution cannot be amended in its lot: as in the ledger. */
const OTHER_SHARES: ReadonlySet<Posting['kind']> = new Set<Posting['kind']>([
  'split',
  'symbol_change',
  'spin_off',
  'merger',
]);

function movedBy(
  side: 'buy' | 'sell',
  terms: { readonly quantity: Quantity; readonly price: Price } | null,
): Moved {
  if (terms === null) return { shares: NO_SHARES, cash: NO_MONEY };
  const worth = notional(terms.price, terms.quantity);
  return side === 'buy'
    ? { shares: terms.quantity, cash: negate(worth) }
    : { shares: negate(terms.quantity), cash: worth };
}

function stepOf(
  move: Move,
  trade: TaxTrade,
  actions: readonly CorporateAction[],
): (figures: TaxFigures) => void {
  const { kind, symbol, to, shares, cash, cost, realised } = move;
  return (figures) => {
    if (kind === 'split') figures.split(symbol, trade, shares);
    else if (kind === 'symbol_change') figures.renamed(symbol, to);
    else if (kind === 'spin_off') {
      const action = actions.find(
        (each) => each.kind === kind && each.symbol === symbol && each.newSymbol === to,
      );
      if (action?.kind === 'spin_off' && shares !== NO_SHARES)
        figures.lots.spinOff(symbol, to, { shares, costFraction: action.costFraction });
    } else if (kind === 'journal' && shares === NO_SHARES) figures.lots.giveCost(symbol, cost);
    else if (kind === 'journal' && shares < 0n) figures.lots.remove(symbol, negate(shares), trade);
    else if (kind === 'journal') figures.trade(symbol, trade, { shares, cash: negate(cost) });
    else if (shares !== NO_SHARES) figures.trade(symbol, trade, { shares, cash });
    else figures.gained(symbol, trade, realised);
  };
}

/** The day on which an event counts, for the sleeves and for tax alike. */
function dayOf(event: Exclude<LedgerEvent, ExecutionAmended>): Session {
  if ('cycle' in event) return event.cycle;
  if (event.kind === 'fill_recorded') return exchangeDate(event.fill.at);
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
