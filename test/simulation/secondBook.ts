// Stage: simulation. A second ledger, written from the definitions: who owns what after each event.
// Invariant: shares no code with the product's ledger; reads events, never the product's state.
import type { Amendment } from '../../src/domain/amendment.ts';
import type { Activity, CorporateAction } from '../../src/domain/market.ts';
import type {
  Assigned,
  CashAssigned,
  CycleOpened,
  DecisionPoint,
  FillRecorded,
  LedgerEvent,
  ListedAgain,
} from '../../src/domain/ledger/events.ts';
import type { PlanDecision } from '../../src/domain/plan.ts';
import { divide, downward, nearest, sum, toCent, worth } from './exact.ts';
import { SecondCapital } from './secondCapital.ts';
import { SecondPast } from './secondPast.ts';
import { SecondPayments } from './secondPayments.ts';
import { Causes, flow, giveUp, layOver, rename, spinOff, takeSundry } from './secondActivities.ts';
import {
  amendExecution,
  rebuy,
  SecondBelow,
  SecondExecutions,
  type SecondParent,
  type Terms,
} from './secondAmendments.ts';
import {
  buy,
  dropEmpty,
  heldBy,
  least,
  sell,
  turnOver,
  type SecondSleeve,
} from './secondSleeve.ts';

const TERMINAL = new Set([
  'filled',
  'canceled',
  'expired',
  'rejected',
  'replaced',
  'refused',
  'not_sent',
]);
const SUSPENSE = 'suspense';
/** On one date. */
const RANKS = ['split', 'dividend', 'spin_off', 'merger', 'symbol_change'];

const said = (of: CorporateAction): string =>
  Object.entries(of)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(' ');

const sizes = (sleeve: SecondSleeve): [string, bigint][] =>
  [...sleeve.lots.keys()].map((symbol) => [symbol, heldBy(sleeve, symbol)]);

export class SecondBook {
  readonly sleeves = new Map<string, SecondSleeve>();
  readonly capital = new SecondCapital();
  /** Of the open cycle, by client order id. */
  readonly parents = new Map<string, SecondParent>();
  readonly #causes = new Causes();
  /** Facts that nobody asked for and no person has dealt with, by the break's id. */
  readonly unasked = new Map<string, string>();
  /** Executions so far. */
  fills = 0;
  #cycle = '';
  #isOpen = false;
  /** The last one committed, and how many. */
  #committed = '';
  #cycles = 0;
  readonly #past = new SecondPast();
  readonly #payments = new SecondPayments(() => this.inOrder(), this.#causes);
  /** Actions that were taken in, and those of them that could not be applied any more. */
  readonly taken = new Set<string>();
  readonly refused = new Set<string>();
  /** Of the last open or close: what the broker has beyond the books; and what of it a person has explained. */
  found: ReadonlyMap<string, bigint> = new Map();
  readonly explained = new Map<string, bigint>();
  /** Of every activity booked. */
  readonly #kinds = new Map<string, string>();
  /** Of actions that were applied and read otherwise now, by id. */
  readonly #relisted = new Map<string, { applied: CorporateAction; listed: CorporateAction }>();
  /** What was listed again with other content, and what became of it; for who counts. */
  readonly again: string[] = [];
  /** What became of actions listed late, and of payments; for who counts. */
  readonly late: string[] = [];
  readonly payments: string[] = [];
  readonly #below = new SecondBelow();
  readonly #executions = new SecondExecutions();
  readonly #amended = new Set<string>();
  /** "sleeve symbol" of what was amended in the open cycle. */
  readonly touched = new Set<string>();
  /** Parents that walk, by the ids of their children; a parent without a step is not among them. */
  readonly #walks = new Map<string, string>();
  /** What rounding each fill to cents has brought to the broker's cash. */
  #rounding = 0n;

  apply(event: LedgerEvent): void {
    this.#take(event);
    if (event.kind === 'cycle_opened') this.#isOpen = true;
    if (event.kind === 'cycle_committed') this.#isOpen = false;
    if (!this.#isOpen || event.kind === 'decision_point' || event.kind === 'plan_decided')
      this.#below.look((id) => this.sleeve(id));
  }

  /** Whether an order is one of the cycle's. */
  isOpen(clientOrderId: string): boolean {
    return this.parents.has(this.#walks.get(clientOrderId) ?? clientOrderId);
  }

  /** Sleeves that an amendment left below zero, and nobody has explained. */
  get frozen(): ReadonlySet<string> {
    return this.#below.frozen;
  }

  #take(event: LedgerEvent): void {
    switch (event.kind) {
      case 'genesis': {
        const { sleeves } = event.configuration;
        this.#below.configure(event.configuration);
        for (const { id, openingCash, lots } of sleeves) this.#open(id, openingCash, lots);
        this.#open('house', event.cash - sum(sleeves.map(({ openingCash }) => openingCash)));
        this.#open(SUSPENSE, 0n);
        this.capital.configure(event.configuration);
        return;
      }
      case 'cycle_opened':
        this.parents.clear();
        this.#executions.open();
        this.touched.clear();
        this.#executions.forget(
          event.actions.flatMap((action) =>
            action.kind === 'dividend'
              ? []
              : [action.symbol, ...('newSymbol' in action ? [action.newSymbol] : [])],
          ),
        );
        if (this.#cycle !== '') layOver(this.sleeves.values(), this.#cycle, event.cycle);
        this.#cycle = event.cycle;
        this.#walks.clear();
        this.#actions(event);
        return;
      case 'decision_point':
        this.#endParents(event);
        return;
      case 'plan_decided':
        this.#plan(event.decision);
        if (event.decision.trigger !== 'replan') this.#forgetSettled();
        return;
      case 'break_explained':
        this.unasked.delete(event.break);
        this.#below.explain(event.break);
        this.#explain(event.break);
        this.#payments.explain(event.break.replace('unmatched_activity ', ''));
        return;
      case 'assigned':
        this.#assign(event);
        this.#forgetSettled();
        return;
      case 'cash_assigned':
        this.#assignCash(event);
        return;
      case 'step_recorded':
        this.#walks.set(event.parent, event.parent);
        return;
      case 'step_decided': {
        const { parent, move } = event.decision;
        if (move.kind === 'send') this.#walks.set(move.child.clientOrderId, parent);
        if (move.kind === 'end') this.#end(this.parents.get(parent));
        return;
      }
      case 'fill_recorded':
        this.#fill(event);
        return;
      case 'listed_again':
        this.#again(event);
        return;
      case 'execution_amended':
        this.#amend(event.amendment);
        return;
      case 'activity_recorded':
        this.#activity(event.activity);
        return;
      case 'configured':
        this.#below.configure(event.configuration);
        for (const { id, lots } of event.configuration.sleeves) {
          if (!this.sleeves.has(id)) this.#open(id, 0n);
          this.sleeve(id).method = lots;
        }
        this.capital.configure(event.configuration);
        return;
      case 'transfer_requested':
      case 'withdrawal_requested':
        this.capital.ask(event);
        return;
      case 'killed':
      case 'armed':
      case 'activities_known':
      case 'amendments_known':
      case 'signal_recorded':
      case 'submitted':
      case 'order_reported':
      case 'marks_recorded':
        return;
      case 'cycle_committed':
        this.#committed = event.cycle;
        this.#cycles += 1;
        return;
      default:
        throw new TypeError('An event that the second ledger does not know.');
    }
  }

  /** What rounding each movement to cents has brought to the broker's cash. */
  get rounding(): bigint {
    return this.#rounding + this.#payments.rounding;
  }

  /** Symbols with an action that could not be applied. */
  get unapplied(): ReadonlySet<string> {
    return new Set(
      [...this.unasked].flatMap(([id, symbol]) =>
        /^(?:late|changed)_action /.test(id) ? [symbol] : [],
      ),
    );
  }

  sleeve(id: string): SecondSleeve {
    const found = this.sleeves.get(id);
    if (found === undefined) throw new RangeError(`No sleeve ${id}.`);
    return found;
  }

  /** Sorted by id. */
  inOrder(): SecondSleeve[] {
    return [...this.sleeves.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #open(id: string, cash: bigint, method = 'fifo'): void {
    this.sleeves.set(id, {
      id,
      method,
      cash,
      realised: 0n,
      dividends: 0n,
      withheld: 0n,
      interest: 0n,
      fees: 0n,
      other: 0n,
      nights: { plus: 0n, minus: 0n },
      flows: cash,
      paidIn: cash,
      paidOut: 0n,
      owed: new Map(),
      lots: new Map(),
      moved: new Set(),
    });
  }

  /** Each action at its own moment; one that was listed late where its past is still known. */
  #actions({ actions, cycle }: CycleOpened): void {
    const moment = ({ exDate, kind }: CorporateAction): string =>
      `${exDate} ${RANKS.indexOf(kind)}`;
    const rank = (action: CorporateAction): string => `${moment(action)} ${action.id}`;
    for (const action of [...actions].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))) {
      this.taken.add(action.id);
      this.unasked.delete(`late_action ${action.id}`);
      if (action.exDate <= this.#committed) {
        this.#actLate(action, moment(action));
        continue;
      }
      this.#past.come(moment(action), this.#cycles, this.inOrder());
      this.#act(action);
    }
    this.#past.come(`${cycle} 9`, this.#cycles, this.inOrder());
    for (const id of this.unasked.keys())
      if (id.startsWith('changed_action ')) this.#owedAnew(id.slice('changed_action '.length));
  }

  /** Other content under a known id: owed anew, a difference of cash in suspense, or a question that stands. */
  #again({ actions, activities }: ListedAgain): void {
    for (const { was, now } of actions) {
      const { id } = now;
      const applied = this.#relisted.get(id)?.applied ?? was;
      this.#relisted.set(id, { applied, listed: now });
      this.unasked.delete(`changed_action ${id}`);
      this.again.push(`${now.kind} listed again`);
      if (said(applied) === said(now) || this.#owedAnew(id)) continue;
      this.unasked.set(`changed_action ${id}`, applied.symbol);
      this.again.push(`${now.kind} listed again, not applied`);
    }
    for (const { was, now } of activities) {
      this.#kinds.set(now.id, now.kind);
      const cash = (of: Activity): bigint => ('cash' in of ? of.cash : 0n);
      this.sleeve(SUSPENSE).cash += cash(now) - cash(was);
      this.sleeve(SUSPENSE).other += cash(now) - cash(was);
      this.again.push(`activity ${now.kind} listed again`);
    }
  }

  /** A dividend of which nothing is paid yet, by what is listed now. */
  #owedAnew(id: string): boolean {
    const { applied, listed } = this.#relisted.get(id) ?? {};
    if (applied?.kind !== 'dividend' || listed?.kind !== 'dividend') return false;
    const owing = this.inOrder().filter(({ owed }) => owed.has(id));
    const isToCome = listed.exDate > this.#cycle;
    this.#past.settle(this.inOrder());
    const held = this.#past.heldBefore(`${listed.exDate} 1`, listed.symbol);
    if (owing.length === 0 || (!isToCome && held === null)) return false;
    if (this.#payments.isExplained(listed)) return false;
    for (const sleeve of owing) {
      sleeve.dividends -= sleeve.owed.get(id)?.amount ?? 0n;
      sleeve.owed.delete(id);
    }
    this.unasked.delete(`changed_action ${id}`);
    this.#relisted.delete(id);
    this.again.push(`dividend listed again, ${isToCome ? 'to come' : 'owed anew'}`);
    if (isToCome || held === null) return true;
    this.#earn(listed, held);
    this.#claim(listed);
    return true;
  }

  #act(action: CorporateAction): void {
    if ('newSymbol' in action)
      this.#below.followOn(action.symbol, action.newSymbol, action.kind === 'symbol_change');
    const before = new Map(this.inOrder().map((each) => [each.id, new Map(sizes(each))]));
    if (action.kind === 'split') {
      this.#split(action);
      this.#below.split(action, (id) => this.sleeve(id));
    } else if (action.kind === 'dividend') this.#earn(action);
    else if (action.kind === 'spin_off') spinOff(this.inOrder(), action);
    else if (action.kind === 'merger') giveUp(this.inOrder(), action);
    else rename(this.inOrder(), action);
    for (const sleeve of this.inOrder()) {
      const was = before.get(sleeve.id);
      const now = new Map(sizes(sleeve));
      for (const symbol of new Set([...(was?.keys() ?? []), ...now.keys()]))
        if (was?.get(symbol) !== now.get(symbol)) sleeve.moved.add(symbol);
    }
  }

  #actLate(action: CorporateAction, at: string): void {
    const { symbol, id } = action;
    this.#past.settle(this.inOrder());
    const held = this.#past.heldBefore(at, symbol);
    if (held !== null && [...held.values()].every((shares) => shares === 0n)) {
      this.late.push('of nobody');
      return;
    }
    const pays = action.kind === 'dividend' || action.kind === 'merger';
    const isImpossible =
      held === null ||
      (pays && this.#payments.isExplained(action)) ||
      (action.kind !== 'dividend' && this.#past.hasMoved(at, symbol));
    if (isImpossible) {
      this.unasked.set(`late_action ${id}`, symbol);
      this.refused.add(id);
      this.late.push(`${action.kind}, not applied`);
      return;
    }
    this.late.push(action.kind);
    if (action.kind === 'dividend') this.#earn(action, held);
    else this.#past.rewrite(at, this.#cycles, this.inOrder(), () => this.#act(action));
    if (pays) this.#claim(action);
  }

  #claim(action: Extract<CorporateAction, { kind: 'dividend' | 'merger' }>): void {
    const claimed = this.#payments.claim(action);
    this.payments.push(...claimed.payments.map((what) => `${what}, claimed late`));
    for (const tax of claimed.taxes) {
      this.payments.push('withholding, claimed late');
      this.#activity(tax);
    }
  }

  /** The account's shares × new ÷ old, rounded down once, then divided over all lots by their size. */
  #split({ symbol, newShares, oldShares }: Extract<CorporateAction, { kind: 'split' }>): void {
    const after = (shares: bigint): bigint =>
      downward(shares * BigInt(newShares), BigInt(oldShares));
    const lots = this.inOrder().flatMap(({ id, lots: held }) =>
      (held.get(symbol) ?? []).map((lot, place) => ({
        lot,
        id: `${id} ${String(place).padStart(6, '0')}`,
        claim: lot.quantity < 0n ? -lot.quantity : lot.quantity,
      })),
    );
    const long = lots.filter(({ lot }) => lot.quantity > 0n);
    const short = lots.filter(({ lot }) => lot.quantity < 0n);
    const owned = after(sum(long.map(({ claim }) => claim)));
    const account = after(sum(lots.map(({ lot }) => lot.quantity)));
    for (const [group, total] of [
      [long, owned],
      [short, account - owned],
    ] as const) {
      const parts = divide(total, group);
      group.forEach(({ lot }, index) => {
        lot.quantity = parts[index] ?? 0n;
      });
    }
    for (const sleeve of this.sleeves.values()) dropEmpty(sleeve, symbol);
  }

  /** What the broker will pay on the account's shares, by who holds them; who is short owes. */
  #earn(
    action: Extract<CorporateAction, { kind: 'dividend' }>,
    then?: ReadonlyMap<string, bigint>,
  ): void {
    const { id, symbol, payDate, perShare } = action;
    const holders = this.inOrder()
      .map((sleeve) => ({
        id: sleeve.id,
        sleeve,
        shares: then === undefined ? heldBy(sleeve, symbol) : (then.get(sleeve.id) ?? 0n),
      }))
      .map((each) => ({ ...each, claim: each.shares < 0n ? -each.shares : each.shares }));
    const long = holders.filter(({ shares }) => shares > 0n);
    const short = holders.filter(({ shares }) => shares < 0n);
    const account = sum(holders.map(({ shares }) => shares));
    if (account === 0n) return;
    const whole = worth(perShare, account);
    const toLong =
      short.length === 0 ? whole : worth(perShare, sum(long.map(({ claim }) => claim)));
    for (const [group, total] of [
      [long, toLong],
      [short, whole - toLong],
    ] as const) {
      const parts = divide(total, group);
      group.forEach(({ sleeve }, index) => {
        const amount = parts[index] ?? 0n;
        sleeve.owed.set(id, { from: 'dividend', symbol, payDate, amount });
        sleeve.dividends += amount;
      });
    }
  }

  #activity(activity: Activity): void {
    this.#kinds.set(activity.id, activity.kind);
    if (activity.kind === 'split') return;
    if (activity.kind === 'symbol_change' || activity.kind === 'spin_off') return;
    if (activity.kind === 'deposit' || activity.kind === 'withdrawal') {
      flow(this.sleeve('house'), activity.cash);
      if (activity.kind === 'withdrawal') this.capital.withdrawn(-activity.cash);
      return;
    }
    if (activity.kind === 'dividend' || activity.kind === 'merger') {
      this.payments.push(`${activity.kind} ${this.#payments.take(activity)}`);
      return;
    }
    takeSundry(this.sleeves, this.#causes, activity);
    if (activity.kind === 'withholding' && this.#causes.unclaimed) this.#payments.keepTax(activity);
    if (activity.kind === 'journal' && activity.symbol !== null && activity.quantity !== 0n)
      this.unasked.set(`carried_shares ${activity.id}`, activity.symbol);
    if (activity.kind === 'other' && activity.symbol !== null && activity.quantity !== 0n)
      this.unasked.set(`no_rule ${activity.id}`, activity.symbol);
  }

  /** A difference of that very size is nothing to stop for. */
  #explain(id: string): void {
    const of = id.startsWith('position ') ? id.slice('position '.length) : id;
    const off = this.found.get(of);
    if (off !== undefined) this.explained.set(of, off);
  }

  /** Nothing is left of a symbol in suspense: nothing is left to ask about it. */
  #forgetSettled(): void {
    for (const [id, symbol] of this.unasked)
      if (!/^(?:no_rule|late_action|changed_action) /.test(id))
        if (heldBy(this.sleeve(SUSPENSE), symbol) === 0n) this.unasked.delete(id);
  }

  /** Cash that waited: given up as what it was booked as, got as what its fact is. */
  #assignCash({ break: of, amount, to, as }: CashAssigned): void {
    const [what = '', id = ''] = of.split(' ');
    const kind = this.#kinds.get(id);
    const counts =
      kind === 'dividend'
        ? 'dividends'
        : kind === 'withholding'
          ? 'withheld'
          : kind === 'interest'
            ? 'interest'
            : kind === 'fee'
              ? 'fees'
              : kind === 'other'
                ? 'other'
                : 'realised';
    const holder = this.sleeve(what === 'no_rule' ? 'house' : SUSPENSE);
    const held = what === 'unmatched_activity' ? counts : 'other';
    holder.cash -= amount;
    holder[held] -= amount;
    this.#payments.assign(id);
    if (as === 'flow') {
      flow(this.sleeve(to), amount);
      return;
    }
    this.sleeve(to).cash += amount;
    this.sleeve(to)[counts] += amount;
  }

  /** The oldest shares of suspense go to their owner at what they cost. */
  #assign({ id, symbol, quantity, to, cost: given }: Assigned): void {
    const suspense = this.sleeve(SUSPENSE);
    const owner = this.sleeve(to);
    const acquired = this.#cycle;
    const before = suspense.cash;
    const realised = suspense.realised;
    const lots = suspense.lots.get(symbol) ?? [];
    const [first] = lots;
    if (given !== null && first !== undefined) {
      // They came in at that, as it turns out: a flow of shares.
      first.cost += given;
      suspense.flows += given;
      suspense.paidIn += given;
    }
    let left = quantity < 0n ? -quantity : quantity;
    let cost = 0n;
    for (const lot of lots) {
      const all = lot.quantity < 0n ? -lot.quantity : lot.quantity;
      const taken = least(left, all);
      cost += taken === all ? lot.cost : nearest(lot.cost * taken, all);
      left -= taken;
    }
    turnOver(suspense, symbol, { id: `assigned ${id}`, acquired, shares: -quantity, cost: -cost });
    if (suspense.realised !== realised || suspense.cash !== before + cost)
      throw new RangeError('Suspense earned by an assignment.');
    const leg = { id: `assigned ${id}`, acquired };
    if (quantity > 0n) buy(owner, symbol, { ...leg, shares: quantity, cash: cost });
    else sell(owner, symbol, { shares: -quantity, cash: -cost });
  }

  #plan(decision: PlanDecision): void {
    for (const cross of decision.crosses) {
      for (const leg of cross.legs) {
        const sleeve = this.sleeve(leg.sleeve);
        const id = `cross ${decision.cycle} ${cross.symbol}`;
        if (leg.quantity > 0n)
          buy(sleeve, cross.symbol, {
            id,
            acquired: decision.cycle,
            shares: leg.quantity,
            cash: -leg.cash,
          });
        else sell(sleeve, cross.symbol, { shares: -leg.quantity, cash: leg.cash });
      }
    }
    this.capital.follow(decision);
    for (const { from, to, amount } of decision.capital.transfers) {
      flow(this.sleeve(from), -amount);
      flow(this.sleeve(to), amount);
    }
    for (const { clientOrderId, symbol, side, quantity, demands } of decision.parents) {
      this.parents.set(clientOrderId, {
        clientOrderId,
        symbol,
        side,
        quantity,
        demands,
        filled: 0n,
        paid: 0n,
        cycle: decision.cycle,
        owned: demands.map(() => ({ quantity: 0n, cash: 0n, taken: [] })),
        over: false,
      });
    }
  }

  #fill({ clientOrderId, fill }: FillRecorded): void {
    const cash = worth(fill.price, fill.lastQty);
    this.fills += 1;
    const cents = toCent(cash) - cash;
    this.#rounding += fill.side === 'buy' ? -cents : cents;
    const parent = this.parents.get(this.#walks.get(clientOrderId) ?? clientOrderId);
    const own =
      parent === undefined || parent.over
        ? 0n
        : least(fill.lastQty, parent.quantity - parent.filled);
    const ownCash = worth(fill.price, own);
    this.#executions.keep(fill.id, {
      id: fill.id,
      day: fill.at.slice(0, 10),
      symbol: fill.symbol,
      side: fill.side,
      parent,
      shares: fill.lastQty,
      price: fill.price,
      own,
      ownCash,
    });
    if (parent !== undefined && own > 0n) {
      parent.filled += own;
      parent.paid += ownCash;
      this.#attribute(parent);
    }
    if (fill.lastQty > own) {
      const foreign = parent === undefined && !clientOrderId.startsWith('AY1-');
      this.unasked.set(`${foreign ? 'manual_trade' : 'over_fill'} ${fill.id}`, fill.symbol);
      const over = { side: fill.side, shares: fill.lastQty - own, cash: cash - ownCash };
      this.#causes.trade(fill.at.slice(0, 10), SUSPENSE, over);
      turnOver(this.sleeve(SUSPENSE), fill.symbol, {
        id: `fill ${fill.id}`,
        acquired: fill.at.slice(0, 10),
        shares: (fill.lastQty - own) * (fill.side === 'buy' ? 1n : -1n),
        cost: (cash - ownCash) * (fill.side === 'buy' ? 1n : -1n),
      });
    }
  }

  /** What was said of an execution: its order anew, or suspense where it is nobody's, or not known any more. */
  #amend({ id, executionId, symbol, side, was, now, at }: Amendment): void {
    if (this.#amended.has(id)) return;
    this.#amended.add(id);
    this.fills += 1;
    const cents = (terms: Terms | null): bigint => {
      const cash = terms === null ? 0n : worth(terms.price, terms.quantity);
      return toCent(cash) - cash;
    };
    const moved = cents(now) - cents(was);
    this.#rounding += side === 'buy' ? -moved : moved;
    const sign = side === 'buy' ? 1n : -1n;
    const execution = this.#executions.find(executionId);
    const suspense = this.sleeve(SUSPENSE);
    if (execution === undefined) {
      const traded = (terms: Terms | null) => ({
        shares: terms?.quantity ?? 0n,
        cash: terms === null ? 0n : worth(terms.price, terms.quantity),
      });
      const lot = {
        id: `fill ${executionId}`,
        acquired: at.slice(0, 10),
        sign,
        over: true,
      } as const;
      rebuy(suspense, symbol, lot, { was: traded(was), is: traded(now) });
      if (traded(was).shares !== traded(now).shares)
        this.unasked.set(`late_amendment ${id}`, symbol);
      return;
    }
    this.#executions.alias(executionId, id);
    const { parent } = execution;
    const inSuspense = amendExecution(execution, now, {
      of: (sleeve) => this.sleeve(sleeve),
      traded: (sleeve, change) => {
        this.touched.add(`${sleeve} ${symbol}`);
        this.#below.watch(sleeve, symbol);
        this.#causes.trade(parent?.cycle ?? '', sleeve, { side, ...change });
      },
    });
    const change = {
      shares: inSuspense.is.shares - inSuspense.was.shares,
      cash: inSuspense.is.cash - inSuspense.was.cash,
    };
    if (change.shares === 0n && change.cash === 0n) return;
    const lot = { id: `fill ${execution.id}`, acquired: execution.day, sign, over: true } as const;
    const isThere = (suspense.lots.get(symbol) ?? []).some(
      (each) => each.id === lot.id && each.quantity === sign * inSuspense.was.shares,
    );
    rebuy(suspense, symbol, lot, inSuspense);
    this.#causes.trade(execution.day, SUSPENSE, { side, ...change });
    this.#forgetSettled();
    if (!isThere && change.shares !== 0n) this.unasked.set(`late_amendment ${id}`, symbol);
  }

  #endParents(point: DecisionPoint): void {
    for (const { clientOrderId, status } of point.orders) {
      if (this.#walks.has(clientOrderId) || !TERMINAL.has(status)) continue;
      this.#end(this.parents.get(clientOrderId));
    }
  }

  #end(parent: SecondParent | undefined): void {
    if (parent === undefined || parent.over) return;
    parent.over = true;
    this.#attribute(parent);
    for (const { sleeve } of parent.demands) dropEmpty(this.sleeve(sleeve), parent.symbol);
  }

  /** Floor of the cumulative total while it works, the rest by largest fraction when it is over. */
  #attribute(parent: SecondParent): void {
    const shares = parent.demands.map(({ sleeve, quantity }) => ({ id: sleeve, claim: quantity }));
    const split = (total: bigint): bigint[] =>
      parent.over
        ? divide(total, shares)
        : shares.map(({ claim }) => (total * claim) / parent.quantity);
    const quantities = split(parent.filled);
    const cash = split(parent.paid);
    parent.demands.forEach(({ sleeve }, index) => {
      const before = parent.owned[index] ?? { quantity: 0n, cash: 0n, taken: [] };
      const { taken } = before;
      const now = { quantity: quantities[index] ?? 0n, cash: cash[index] ?? 0n, taken };
      parent.owned[index] = now;
      const change = { shares: now.quantity - before.quantity, cash: now.cash - before.cash };
      if (change.shares === 0n && change.cash === 0n) return;
      const owner = this.sleeve(sleeve);
      this.#causes.trade(this.#cycle, sleeve, { side: parent.side, ...change });
      if (this.touched.has(`${sleeve} ${parent.symbol}`)) this.#below.watch(sleeve, parent.symbol);
      if (parent.side === 'buy')
        buy(owner, parent.symbol, {
          id: parent.clientOrderId,
          acquired: this.#cycle,
          ...change,
        });
      else {
        sell(owner, parent.symbol, {
          ...change,
          taken,
          short: this.touched.has(`${sleeve} ${parent.symbol}`)
            ? { id: parent.clientOrderId, acquired: this.#cycle }
            : undefined,
        });
      }
    });
  }
}
