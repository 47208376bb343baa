// Stage: tests. A cycle written as a ledger: what is given, what happens, what must follow.
// Invariant: every cross, order, break and overdraft that is decided must be written in the text.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { costOf } from '../../src/domain/ledger/lots.ts';
import { ageOf } from '../../src/domain/ledger/breaks.ts';
import {
  heldOf,
  receivablesOf,
  sleeveOf,
  type LedgerState,
} from '../../src/domain/ledger/state.ts';
import type { Books } from '../../src/domain/bookEntry.ts';
import type { CorporateAction, Symbol } from '../../src/domain/market.ts';
import type { PlanDecision } from '../../src/domain/plan.ts';
import { cycleShortfall } from '../../src/domain/shortfall.ts';
import { basisPoints, formatCost, sumShortfall } from '../../src/domain/shortfall/sums.ts';
import type { SleeveId } from '../../src/domain/sleeve.ts';
import { session } from '../../src/domain/time.ts';
import {
  absolute,
  format,
  money,
  parseMoney,
  parsePrice,
  parseWeight,
  quantity,
  total,
  type Quantity,
} from '../../src/domain/units/units.ts';
import { GIVEN_ON, type BookedOrder, type JournalAccount } from './account.ts';
import { actionOf, activityOf, againOf } from './facts.ts';

import { actOnCapital, CAPITAL_VERBS, capitalLines } from './capital.ts';
import { openAccount } from './opening.ts';
import { expectPerformance } from './performance.ts';
import { expectTax, expectTaxHolds } from './tax.ts';
import { signalOf } from './signals.ts';
import {
  instant,
  orderText,
  pairs,
  shares,
  signedText,
  sleeveId,
  symbolOf,
  word,
  words,
} from './words.ts';

/**
 * Runs a journal. Before the first `open`, in any order:
 *
 *     sleeve  momentum 10000 [hold|cash|abort [lifo|hifo|average]]    cash it starts the day with
 *     house   500                                 cash of nobody
 *     pace    30 120 3                            minutes of a step, of the cycle; revisions (as here)
 *     limit   reserve 100                         one of the limits; deployment is 1, allowance 0
 *     tolerance 3 0.05                            shares and USD of a break that stop nothing; none otherwise
 *     rail    maxOrders 2 | deny AAPL GLD         a rail of the account; off otherwise
 *     rail    AAPL collar 0.1                     a rail of one symbol
 *     rail    momentum maxLoss 100                a rail of one sleeve
 *     capital a 0.3 0.05                          a fixed fraction of equity and its band
 *     margin  0.75 0.6 0.1                        a margin account: most and warned initial, least cushion
 *     given   value AAPL 4 @ 190                  bought the day before, at that price
 *     reports 10000 0 0 20000 20000 | none        equity, initial, maintenance, buying powers
 *     asset   BRK.A whole | unmargined | halted | unknown      fractionable and tradable otherwise
 *     quote   AAPL 189.99 190.01 [at <instant>]   one price: locked; - for a side that is missing
 *     bar     AAPL 190 [volume 20000] [of <day>]  last close, a day's median volume, its session
 *     mark    AAPL 152                            closing price; the bid otherwise
 *     action  split AAPL 2 for 1                  at the next open; see facts.ts for the others
 *     assign  a AAPL +3 [cost 285]                between cycles: an owner for what suspense holds
 *     give    a unmatched_activity a1 5 [flow]    between cycles: an owner for cash that waits
 *     because position AAPL bought by hand        between cycles: why a break is as it is
 *     hand    h1 AAPL +3 @ 99                     a trade by hand, seen by the ledger
 *     bust    o1/1                                the broker takes the first fill of o1 back
 *     correct o1/1 +60 @ 150.1                    or puts other terms in its place
 *     again   2024-03-15 split AAPL 3 for 1       listed again at the next open: the action of that ex-date
 *     anew    2024-03-15 split AAPL 3 for 1       the same, of one that changed nothing yet
 *     rebook  a1 dividend AAPL 2.6                the first activity booked is listed with other content
 *     book    dividend AAPL 2.5 [on 2024-03-18]   an activity of the broker, now; see facts.ts
 *     manual  AAPL +3 | cash -10                  done at the broker by somebody else
 *     held    AAPL 2                              not available at the broker
 *     signal  momentum AAPL 40% TLT 12.5          per cent of NAV, or shares; `failed`; `cash`
 *
 * Between two cycles people act on capital: see `capital.ts`.
 *
 * Then `open`, `buys` (as often as wanted) and `close` decide; between them `fill`, `reject`, `cancel`,
 * `refuse`, `lost`, `wait 30` (minutes),
 * `withheld` (by a kill), and again `quote`, `asset`, `signal`, `kill` with its reason, `arm`. Expected, right after each decision: every `cross` and
 * `order` (or `nothing`), every `cancels`, `break`, `overdraft`, `due`, `moves` and `closed`; and where
 * wanted `intent`, `outcome`, `pending`, `expect`, `stands` (a break); after the close `shortfall a AAPL delay 7.15 trading 2.25 …` and
 * `performance a growth 1.05 profit 12 …` of the whole account so far, `tax AAPL gain 12 lots -3 …`.
 */
export const journal = (text: string): Books => play(text).end();

/** The ledger as a journal leaves it. */
export const ledgerAfter = (text: string): LedgerState => play(text).state;

function play(text: string): Run {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  const run = new Run(lines.filter(isGiven).map(words));
  for (const line of lines) {
    try {
      run.step(words(line));
    } catch (error) {
      if (error instanceof Error) error.message = `journal line "${line}": ${error.message}`;
      throw error;
    }
  }
  return run;
}

const isGiven = (line: string): boolean =>
  /^(sleeve|house|capital|limit|pace|rail|margin|tolerance|given)\s/.test(line);

/** What a listed asset binds in a margin account. */
const BINDS = { initial: parseWeight('0.5'), maintenance: parseWeight('0.3') };

type Figure =
  | 'cash'
  | 'realised'
  | 'dividends'
  | 'withheld'
  | 'interest'
  | 'fees'
  | 'other'
  | 'flows';
const FIGURES: ReadonlySet<string> = new Set<Figure>([
  'cash',
  'realised',
  'dividends',
  'withheld',
  'interest',
  'fees',
  'other',
  'flows',
]);

const DAYS = ['2024-03-14', '2024-03-15', '2024-03-18', '2024-03-19', '2024-03-20'].map(session);

class Run {
  readonly #account: JournalAccount;
  readonly #signals = new Map<SleeveId, readonly string[]>();
  readonly #orders = new Map<string, BookedOrder>();
  /** Symbols whose asset facts were given, by a line of their own or by default. */
  readonly #assets = new Set<Symbol>();
  /** Corporate actions of the next open. */
  readonly #actions: CorporateAction[] = [];
  /** Of these, what the next open finds listed again. */
  readonly #again: CorporateAction[] = [];
  #booked = 0;
  /** Client order ids by name, of every day. */
  readonly #everNamed = new Map<string, string>();
  /** What the last decision gave and no line has named yet. */
  #unnamed: string[] = [];
  #decision: PlanDecision | null = null;
  #day = 0;

  constructor(given: readonly string[][]) {
    this.#account = openAccount(given);
  }

  step([verb = '', ...rest]: string[]): void {
    switch (verb) {
      case 'sleeve':
      case 'house':
      case 'capital':
      case 'limit':
      case 'pace':
      case 'rail':
      case 'margin':
      case 'tolerance':
        return;
      case 'given':
        return this.#listAsset(symbolOf(rest[1]));
      case 'asset':
        return this.#asset(symbolOf(rest[0]), word(rest[1]));
      case 'quote':
        return this.#quote(rest);
      case 'reports':
        return this.#reports(rest);
      case 'bar':
        return this.#bar(rest);
      case 'mark':
        this.#account.world.marks.set(symbolOf(rest[0]), parsePrice(word(rest[1])));
        return;
      case 'action':
        this.#actions.push(actionOf(rest, DAYS[this.#day + 1] ?? GIVEN_ON));
        return;
      case 'because':
        return this.#explain(rest);
      case 'assign':
        return this.#assign(rest);
      case 'give':
        return this.#give(rest);
      case 'book':
        this.#booked += 1;
        return this.#account.book(
          activityOf(rest, {
            id: `a${this.#booked}`,
            date: rest.at(-2) === 'on' ? session(word(rest.at(-1))) : this.#account.day,
          }),
        );
      case 'manual':
        return this.#manual(word(rest[0]), shares(rest[1]));
      case 'held':
        this.#account.world.unavailable.set(symbolOf(rest[0]), shares(rest[1]));
        return;
      case 'signal':
        this.#signals.set(sleeveId(rest[0]), rest.slice(1));
        return;
      case 'open':
        return this.#open();
      case 'buys':
        return this.#decided(this.#account.decide('replan'));
      case 'close':
        return this.#decided(this.#account.close(this.#session));
      case 'fill':
        return this.#fill(rest);
      case 'hand':
        return this.#byHand(rest);
      case 'bust':
        return this.#account.amend(this.#execution(rest[0]), null);
      case 'correct':
        return this.#account.amend(this.#execution(rest[0]), {
          quantity: absolute(shares(rest[1])),
          price: parsePrice(word(rest[3])),
        });
      case 'reject':
        this.#order(rest[0]).status = 'rejected';
        return;
      case 'wait':
        return this.#account.wait(Number(word(rest[0])));
      case 'again':
        this.#again.push(againOf(rest));
        return;
      case 'anew':
        this.#actions.push(againOf(rest));
        return;
      case 'rebook':
        return this.#account.rebook(activityOf(rest.slice(1), this.#account.booked(rest[0])));
      case 'cancel':
        this.#order(rest[0]).status = 'canceled';
        return;
      case 'kill':
        return this.#account.turn('killed', rest.join(' '));
      case 'arm':
        return this.#account.turn('armed', rest.join(' '));
      case 'withheld':
        return this.#account.submitted(this.#order(rest[0]), 'not_sent', 'no more', 'kill');
      case 'refuse':
        return this.#account.submitted(this.#order(rest[0]), 'refused', 'not allowed');
      case 'lost':
        return this.#account.submitted(this.#order(rest[0]), 'not_sent', 'no connection');
      default:
        return this.#expectation(verb, rest);
    }
  }

  #expectation(verb: string, rest: string[]): void {
    if (CAPITAL_VERBS.has(verb)) return actOnCapital(this.#account, [verb, ...rest]);
    switch (verb) {
      case 'nothing':
        return this.#expectNamed();
      case 'order':
        return this.#nameOrder(rest);
      case 'cross':
      case 'break':
      case 'cancels':
      case 'overdraft':
      case 'warning':
      case 'due':
      case 'moves':
      case 'closed':
        return this.#name([verb, ...rest].join(' '));
      case 'intent':
        return equal(format(this.#outcome(rest).intended), format(shares(rest[2])));
      case 'outcome':
        return deepEqual(this.#outcomeText(rest), pairs(rest.slice(2)));
      case 'sum':
        return this.#expectArithmetic(rest);
      case 'why':
        return this.#expectDetail(rest);
      case 'nav':
        return this.#expectNav(sleeveId(rest[0]), rest.slice(1).join(' '));
      case 'stands':
        return this.#expectBreak(rest);
      case 'pending':
        return this.#expectPending(symbolOf(rest[0]), word(rest[1]));
      case 'expect':
        return this.#expectOwned(rest);
      case 'shortfall':
        return this.#expectShortfall(rest);
      case 'tax':
        return expectTax(this.#account, rest);
      case 'performance':
        return expectPerformance(this.#account.performance.days, rest);
      default:
        throw new Error(`no such line: ${verb}`);
    }
  }

  get state(): LedgerState {
    return this.#account.state;
  }

  end(): Books {
    this.#expectNamed();
    this.#account.expectReplay();
    this.#account.expectSecondAgrees();
    expectTaxHolds(this.#account);
    return this.#account.books();
  }

  get #session() {
    const day = DAYS[this.#day];
    if (day === undefined) throw new Error('a journal has at most four days');
    return day;
  }

  #open(): void {
    this.#day += 1;
    const asOf = DAYS[this.#day - 1] ?? GIVEN_ON;
    const configured = this.#account.state.configuration?.sleeves ?? [];
    const signals = configured.map(({ id }) => {
      const text = this.#signals.get(id);
      if (text === undefined) throw new Error(`sleeve ${id} has no signal line`);
      return signalOf(this.#account, id, { text, asOf });
    });
    this.#orders.clear();
    const again = this.#again.splice(0);
    this.#account.open(this.#session, asOf, signals, this.#actions.splice(0), again);
    this.#decided(this.#account.decide('open'));
  }

  #decided(decision: PlanDecision): void {
    this.#expectNamed();
    this.#decision = decision;
    this.#unnamed = [
      ...decision.crosses.map((cross) =>
        [`cross ${cross.symbol} @ ${format(cross.price)}`]
          .concat(cross.legs.map((leg) => `${leg.sleeve} ${signedText(leg.quantity)}`))
          .join(' '),
      ),
      ...decision.parents.map((parent) => orderText(parent)),
      ...decision.cancels.map((id) => `cancels ${this.#nameOf(id)}`),
      ...decision.breaks.map((one) => `break ${one.symbol ?? 'cash'} ${one.difference}`),
      ...decision.warnings.map(
        ({ reason, arithmetic }) => `warning ${reason} ${arithmetic.limit} ${arithmetic.observed}`,
      ),
      ...decision.overdrafts.map((one) => `overdraft ${one.sleeve} ${format(one.cash)}`),
      ...capitalLines(decision),
    ];
  }

  #expectNamed(): void {
    deepEqual(this.#unnamed, [], 'decided, and not written in the journal');
  }

  #name(line: string): void {
    ok(this.#unnamed.includes(line), `decided was ${this.#unnamed.join('; ') || 'nothing'}`);
    this.#unnamed.splice(this.#unnamed.indexOf(line), 1);
  }

  /** order o1 AAPL +60 a 40 b 20 */
  #nameOrder([name, symbol, ...rest]: string[]): void {
    const line = ['order', symbol, ...rest].join(' ');
    this.#name(line);
    for (const order of this.#account.orders.values()) {
      if (orderText(order.parent) !== line) continue;
      this.#orders.set(word(name), order);
      this.#everNamed.set(word(name), order.parent.clientOrderId);
    }
  }

  #nameOf(clientOrderId: string): string {
    const named = [...this.#orders].find(
      ([, { parent }]) => parent.clientOrderId === clientOrderId,
    );
    return named?.[0] ?? clientOrderId;
  }

  #order(name: string | undefined): BookedOrder {
    const order = this.#orders.get(word(name));
    if (order === undefined) throw new Error(`no order ${name ?? ''} was named`);
    return order;
  }

  /** "o1/1": the first fill of o1, of this day or of one before; "h1/1" of an order placed by hand */
  #execution(name: string | undefined): string {
    const [order = '', count] = word(name).split('/');
    return `${this.#everNamed.get(order) ?? order}/${count}`;
  }

  /** fill o1 -6 @ 190.02 */
  #fill([name, count, , at]: readonly string[]): void {
    this.#account.fill(this.#order(name), absolute(shares(count)), parsePrice(word(at)));
  }

  /** because position AAPL bought by hand: the id of a break, as far as it is one, then the reason */
  #explain(text: readonly string[]): void {
    const { breaks } = this.#account.state;
    const length = [3, 2, 1].find((words) => breaks.has(text.slice(0, words).join(' '))) ?? 2;
    this.#account.explain(text.slice(length).join(' '), text.slice(0, length).join(' '));
  }

  /** assign a AAPL +3 [cost 285] */
  #assign([to, symbol, count, , cost]: readonly string[]): void {
    this.#account.assign({
      to: sleeveId(to),
      symbol: symbolOf(symbol),
      quantity: shares(count),
      cost: cost === undefined ? null : parseMoney(cost),
    });
  }

  /** give a no_rule a1 5 [flow] */
  #give([to, kind, fact, amount, as = 'profit']: readonly string[]): void {
    this.#account.give({
      to: sleeveId(to),
      break: `${word(kind)} ${word(fact)}`,
      amount: parseMoney(word(amount)),
      as: as === 'flow' ? 'flow' : 'profit',
    });
  }

  /** stands position AAPL open 3 age 1: state, amount and age of a break; `*` for the first of its kind */
  #expectBreak([kind, of, state, amount, , age]: readonly string[]): void {
    const id = of === '-' ? word(kind) : `${word(kind)} ${word(of)}`;
    const found =
      of === '*'
        ? [...this.#account.state.breaks.values()].find((each) => each.kind === kind)
        : this.#account.state.breaks.get(id);
    const known = [...this.#account.state.breaks.keys()].join(', ');
    deepEqual([found?.state ?? 'none', found?.amount], [state, amount], `breaks: ${known}`);
    if (age === undefined || found === undefined) return;
    equal(String(ageOf(found, this.#account.state.cycles)), age);
  }

  /** hand h1 AAPL +3 @ 99: an order that is none of ours, filled whole */
  #byHand([name, symbol, count, , at]: readonly string[]): void {
    this.#account.fillByHand(word(name), symbolOf(symbol), {
      shares: shares(count),
      at: parsePrice(word(at)),
    });
  }

  #outcome([sleeve, symbol]: readonly string[]) {
    const found = this.#decision?.outcomes.find(
      (outcome) => outcome.sleeve === sleeve && outcome.symbol === symbol,
    );
    if (found === undefined) throw new Error('the last decision wrote no such outcome');
    return found;
  }

  #outcomeText(of: readonly string[]): [string, string][] {
    return this.#outcome(of).parts.map((part) => [
      `${part.kind}/${part.reason}`,
      format(part.quantity),
    ]);
  }

  #expectDetail(of: readonly string[]): void {
    const details = this.#outcome(of).parts.map((part) => part.detail);
    ok(details.includes(of.slice(2).join(' ')), `found: ${details.join('; ')}`);
  }

  /** sum a AAPL max_orders 2 3 [0.5]: limit, observed and factor of one reason */
  #expectArithmetic([sleeve, symbol, reason, limit, observed, factor = null]: (
    | string
    | null
  )[]): void {
    const parts = this.#outcome([sleeve ?? '', symbol ?? '']).parts;
    const part = parts.find((one) => one.reason === reason);
    deepEqual(part?.arithmetic, { limit, observed, factor });
  }

  #expectNav(sleeve: SleeveId, expected: string): void {
    const seen = this.#decision?.navs.find((one) => one.sleeve === sleeve);
    const found = seen?.nav === null ? `unknown: ${seen.reason}` : format(seen?.nav ?? money(0n));
    equal(found, expected);
  }

  #expectPending(symbol: Symbol, expected: string): void {
    const pending = [...this.#account.cycle.parents.values()]
      .filter(({ parent }) => parent.symbol === symbol)
      .reduce((sum, progress) => sum + progress.pendingQuantity, 0n);
    equal(format(quantity(pending)), expected);
  }

  /** expect a AAPL 10 [cost 1900.12] | expect a cash 12.5 | expect a realised -3 | expect a receivable 4 */
  #expectOwned([id, what, amount, cost, usd]: string[]): void {
    const sleeve = sleeveOf(this.#account.state, sleeveId(id));
    if (what === 'receivable') return equal(format(receivablesOf(sleeve)), amount);
    if (FIGURES.has(what ?? '')) return equal(format(sleeve[what as Figure]), amount); // one of them
    const symbol = symbolOf(what);
    equal(format(heldOf(sleeve, symbol)), amount);
    if (cost === undefined) return;
    equal(format(costOf(sleeve.positions.get(symbol) ?? [])), usd);
  }

  /** shortfall a AAPL wanted 100 delay 7.15 trading 2.25 cross -4.4 opportunity 70 total 75 bps 50 */
  #expectShortfall([sleeve, symbol, ...expected]: string[]): void {
    const { closed } = this.#account;
    if (closed === null) throw new Error('no cycle has closed yet');
    const lines = cycleShortfall(closed).filter(
      (line) => (sleeve === 'account' || line.sleeve === sleeve) && line.symbol === symbol,
    );
    const [sum] = sumShortfall(lines, [], []);
    if (sum === undefined) throw new Error('there is no such shortfall');
    const found: Record<string, string> = {
      ...Object.fromEntries(sum.reasons.map(({ reason, cost }) => [reason, formatCost(cost)])),
      wanted: format(total(lines.map((line) => line.wanted))),
      delay: formatCost(sum.delay),
      trading: formatCost(sum.trading),
      cross: formatCost(sum.cross),
      opportunity: formatCost(sum.opportunity),
      total: formatCost(sum.total),
      bps: basisPoints(sum.total, sum.wantedNotional) ?? 'none',
      unpriced: String(sum.unpriced),
      spread: formatCost(sum.savedSpread),
      orders: format(sum.savedOrders),
    };
    for (const [name, value] of pairs(expected)) equal(found[name], value, name);
  }

  #manual(what: string, count: Quantity): void {
    const { manual } = this.#account;
    const key = what === 'cash' ? 'cash' : symbolOf(what);
    manual.set(key, (manual.get(key) ?? 0n) + count);
    if (key === 'cash') this.#account.moveCash(count);
    else this.#account.move(key, count);
  }

  /** reports EQUITY INITIAL MAINTENANCE BUYING_POWER OVERNIGHT */
  #reports([equity, ...others]: string[]): void {
    const [initial, maintenance, buying, overnight] = others.map(parseMoney);
    const { world } = this.#account;
    if (equity === 'none') {
      world.margin = null;
      return;
    }
    world.margin = {
      equity: parseMoney(word(equity)),
      initialMargin: initial ?? money(0n),
      maintenanceMargin: maintenance ?? money(0n),
      buyingPower: buying ?? money(0n),
      overnightBuyingPower: overnight ?? money(0n),
    };
  }

  /** bar AAPL 100 [volume 2000] [of 2024-03-13] */
  #bar([name, close, ...more]: string[]): void {
    const symbol = symbolOf(name);
    const after = (what: string): string | undefined => more[more.indexOf(what) + 1 || more.length];
    const volume = after('volume');
    const day = after('of');
    this.#account.world.bars.set(symbol, {
      symbol,
      asOf: day === undefined ? null : session(day),
      close: parsePrice(word(close)),
      medianVolume: volume === undefined ? null : shares(volume),
    });
  }

  #listAsset(symbol: Symbol): void {
    const { assets } = this.#account.world;
    if (this.#assets.has(symbol)) return;
    this.#assets.add(symbol);
    assets.set(symbol, { symbol, tradable: true, fractionable: true, margin: BINDS });
  }

  #asset(symbol: Symbol, what: string): void {
    const { assets } = this.#account.world;
    this.#assets.add(symbol);
    assets.set(symbol, {
      symbol,
      tradable: what !== 'halted',
      fractionable: what === 'fractional',
      margin: what === 'unmargined' ? null : BINDS,
    });
    if (what === 'unknown') assets.delete(symbol);
  }

  #quote([name, bid, ask = bid, , at]: string[]): void {
    const symbol = symbolOf(name);
    this.#listAsset(symbol);
    const side = (text: string | undefined) => (text === '-' ? null : parsePrice(word(text)));
    const { quotes } = this.#account.world;
    if (bid === 'none') quotes.delete(symbol);
    // An empty instant is filled in with the time of the decision.
    else quotes.set(symbol, { symbol, bid: side(bid), ask: side(ask), at: instant(at) });
  }
}
