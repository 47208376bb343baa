// Stage: tests. A cycle written as a ledger: what is given, what happens, what must follow.
// Invariant: every cross, order, break and overdraft that is decided must be written in the text.
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { FailurePolicy, Limits, SleeveId } from '../../src/domain/sleeve.ts';
import { heldOf, sleeveOf } from '../../src/domain/ledger/state.ts';
import { costOf } from '../../src/domain/ledger/lots.ts';
import type { Symbol } from '../../src/domain/market.ts';
import { openParent, type PlanDecision } from '../../src/domain/plan.ts';
import type { Signal } from '../../src/domain/signal.ts';
import { session, timestamp, type Timestamp } from '../../src/domain/time.ts';
import {
  absolute,
  format,
  midPrice,
  money,
  notional,
  ONE,
  ONE_WEIGHT,
  parseMoney,
  parsePrice,
  parseQuantity,
  parseWeight,
  quantity,
  weight,
  type Money,
  type Weight,
} from '../../src/domain/units/units.ts';
import { GIVEN_ON, JournalAccount, type BookedOrder } from './account.ts';

const DAYS = ['2024-03-14', '2024-03-15', '2024-03-18', '2024-03-19'].map(session);

const LIMITS: Limits = {
  deployment: parseWeight('1'),
  reserve: parseMoney('0'),
  priceAllowance: parseWeight('0'),
  maxSpread: parseWeight('0.05'),
  microTradeFloor: parseMoney('1'),
  microTradeAccountShare: parseWeight('0.0005'),
  microTradeSleeveShare: parseWeight('0.005'),
  brokerMinimum: parseMoney('1'),
};

/**
 * Runs a journal. Before the first `open`, in any order:
 *
 *     sleeve  momentum 10000 [hold|cash|abort]    cash it starts the day with
 *     house   500                                 cash of nobody
 *     limit   reserve 100                         one of the limits; deployment is 1, allowance 0
 *     given   value AAPL 4 @ 190                  bought the day before, at that price
 *     asset   BRK.A whole | halted | unknown      fractionable and tradable otherwise
 *     quote   AAPL 189.99 190.01 [at <instant>]   one price: locked; - for a side that is missing
 *     manual  AAPL +3 | cash -10                  done at the broker by somebody else
 *     held    AAPL 2                              not available at the broker
 *     signal  momentum AAPL 40% TLT 12.5          per cent of NAV, or shares; `failed`; `cash`
 *
 * Then `open`, `buys` and `close` decide; between them `fill`, `reject`, `cancel`, `refuse`, `lost`,
 * and again `quote`, `asset`, `signal`. Expected, right after each decision: every `cross` and
 * `order` (or `nothing`), every `break` and `overdraft`; and where wanted `intent`, `outcome`,
 * `pending`, `expect`.
 */
export function journal(text: string): void {
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
  run.end();
}

const words = (line: string): string[] => line.split(/\s+/);
const isGiven = (line: string): boolean => /^(sleeve|house|limit|given)\s/.test(line);

// Names in a journal are well-formed.
const sleeveId = (text: string | undefined): SleeveId => word(text) as SleeveId;
const symbolOf = (text: string | undefined): Symbol => word(text) as Symbol;

function word(text: string | undefined): string {
  if (text === undefined) throw new Error('a word is missing');
  return text;
}

/** "a 40 b -20" as pairs. */
function pairs(of: readonly string[]): [string, string][] {
  return of.flatMap((name, index) =>
    index % 2 === 0 ? [[name, word(of[index + 1]).replace('+', '')]] : [],
  );
}

const shares = (text: string | undefined) => parseQuantity(word(text).replace('+', ''));

class Run {
  readonly #account: JournalAccount;
  readonly #signals = new Map<SleeveId, readonly string[]>();
  readonly #orders = new Map<string, BookedOrder>();
  /** Symbols whose asset facts were given, by a line of their own or by default. */
  readonly #assets = new Set<Symbol>();
  /** What the last decision gave and no line has named yet. */
  #unnamed: string[] = [];
  #decision: PlanDecision | null = null;
  #day = 0;

  constructor(given: readonly string[][]) {
    const of = (verb: string) => given.filter(([first]) => first === verb);
    const bought = of('given').map(([, sleeve, symbol, count, , at]) => ({
      sleeve: sleeveId(sleeve),
      symbol: symbolOf(symbol),
      quantity: shares(count),
      price: parsePrice(word(at)),
    }));
    const spent = (sleeve: SleeveId): bigint =>
      bought
        .filter((lot) => lot.sleeve === sleeve)
        .reduce((sum, lot) => sum + notional(lot.price, lot.quantity), 0n);
    const sleeves = of('sleeve').map(([, id, cash, policy = 'hold'], index) => ({
      id: sleeveId(id),
      code: index + 2,
      openingCash: money(parseMoney(word(cash)) + spent(sleeveId(id))),
      onFailure: policy as FailurePolicy, // a journal names one of the three
    }));
    const house = parseMoney(of('house')[0]?.[1] ?? '0');
    this.#account = new JournalAccount(
      {
        account: 'journal',
        sleeves,
        limits: of('limit').reduce(withLimit, LIMITS),
        market: { name: 'journal', synthetic: true, paysDividends: false },
        digest: 'journal',
      },
      money(sleeves.reduce<bigint>((sum, sleeve) => sum + sleeve.openingCash, house)),
    );
    this.#buyGiven(bought, new Map(sleeves.map((sleeve) => [sleeve.id, sleeve.code])));
  }

  /** The day before: each holding bought by a parent of its own, filled whole. */
  #buyGiven(
    bought: readonly {
      sleeve: SleeveId;
      symbol: Symbol;
      quantity: ReturnType<typeof shares>;
      price: ReturnType<typeof parsePrice>;
    }[],
    codes: ReadonlyMap<SleeveId, number>,
  ): void {
    if (bought.length === 0) return;
    const account = this.#account;
    account.open(GIVEN_ON, session('2024-03-13'), []);
    account.point('open');
    const facts = { account: 'journal', cycle: GIVEN_ON, codes };
    const parents = bought.map((lot) =>
      openParent(
        { ...lot, side: 'buy', demands: [{ sleeve: lot.sleeve, quantity: lot.quantity }] },
        { ...facts, arrivalPrice: lot.price },
      ),
    );
    account.plan({ ...NOTHING, parents });
    for (const [index, order] of [...account.orders.values()].entries()) {
      const lot = bought[index];
      if (lot !== undefined) account.fill(order, lot.quantity, lot.price);
    }
    account.point('close');
    account.commit(GIVEN_ON);
  }

  step([verb = '', ...rest]: string[]): void {
    switch (verb) {
      case 'sleeve':
      case 'house':
      case 'limit':
        return;
      case 'given':
        return this.#listAsset(symbolOf(rest[1]));
      case 'asset':
        return this.#asset(symbolOf(rest[0]), word(rest[1]));
      case 'quote':
        return this.#quote(rest);
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
        return this.#decided(this.#account.decide('sells_done'));
      case 'close':
        return this.#decided(this.#account.close(this.#session));
      case 'fill':
        return this.#fill(rest);
      case 'reject':
        this.#order(rest[0]).status = 'rejected';
        return;
      case 'cancel':
        this.#order(rest[0]).status = 'canceled';
        return;
      case 'refuse':
        return this.#account.submitted(this.#order(rest[0]), 'refused', 'not allowed');
      case 'lost':
        return this.#account.submitted(this.#order(rest[0]), 'not_sent', 'no connection');
      default:
        return this.#expectation(verb, rest);
    }
  }

  #expectation(verb: string, rest: string[]): void {
    switch (verb) {
      case 'nothing':
        return this.#expectNamed();
      case 'order':
        return this.#nameOrder(rest);
      case 'cross':
      case 'break':
      case 'overdraft':
        return this.#name([verb, ...rest].join(' '));
      case 'intent':
        return equal(format(this.#outcome(rest).intended), format(shares(rest[2])));
      case 'outcome':
        return deepEqual(this.#outcomeText(rest), pairs(rest.slice(2)));
      case 'why':
        return this.#expectDetail(rest);
      case 'nav':
        return this.#expectNav(sleeveId(rest[0]), rest.slice(1).join(' '));
      case 'pending':
        return this.#expectPending(symbolOf(rest[0]), word(rest[1]));
      case 'expect':
        return this.#expectOwned(rest);
      default:
        throw new Error(`no such line: ${verb}`);
    }
  }

  end(): void {
    this.#expectNamed();
    this.#account.expectReplay();
  }

  get #session() {
    const day = DAYS[this.#day];
    if (day === undefined) throw new Error('a journal has at most three days');
    return day;
  }

  #open(): void {
    this.#day += 1;
    const asOf = DAYS[this.#day - 1] ?? GIVEN_ON;
    const configured = this.#account.state.configuration?.sleeves ?? [];
    const signals = configured.map(({ id }) => this.#signal(id));
    this.#orders.clear();
    this.#account.open(this.#session, asOf, signals);
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
      ...decision.breaks.map((one) => `break ${one.symbol ?? 'cash'} ${one.difference}`),
      ...decision.overdrafts.map((one) => `overdraft ${one.sleeve} ${format(one.cash)}`),
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
      if (orderText(order.parent) === line) this.#orders.set(word(name), order);
    }
  }

  #order(name: string | undefined): BookedOrder {
    const order = this.#orders.get(word(name));
    if (order === undefined) throw new Error(`no order ${name ?? ''} was named`);
    return order;
  }

  /** fill o1 -6 @ 190.02 */
  #fill([name, count, , at]: readonly string[]): void {
    this.#account.fill(this.#order(name), absolute(shares(count)), parsePrice(word(at)));
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

  /** expect a AAPL 10 [cost 1900.12] | expect a cash 12.5 */
  #expectOwned([id, what, amount, cost, usd]: string[]): void {
    const sleeve = sleeveOf(this.#account.state, sleeveId(id));
    if (what === 'cash') {
      return equal(format(sleeve.cash), amount);
    }
    const symbol = symbolOf(what);
    equal(format(heldOf(sleeve, symbol)), amount);
    if (cost === undefined) return;
    equal(format(costOf(sleeve.positions.get(symbol) ?? [])), usd);
  }

  #manual(what: string, count: ReturnType<typeof shares>): void {
    const { manual } = this.#account;
    const key = what === 'cash' ? 'cash' : symbolOf(what);
    manual.set(key, (manual.get(key) ?? 0n) + count);
    if (key === 'cash') this.#account.moveCash(count);
    else this.#account.move(key, count);
  }

  #listAsset(symbol: Symbol): void {
    const { assets } = this.#account.world;
    if (this.#assets.has(symbol)) return;
    this.#assets.add(symbol);
    assets.set(symbol, { symbol, tradable: true, fractionable: true });
  }

  #asset(symbol: Symbol, what: string): void {
    const { assets } = this.#account.world;
    this.#assets.add(symbol);
    assets.set(symbol, {
      symbol,
      tradable: what !== 'halted',
      fractionable: what === 'fractional',
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

  #signal(sleeve: SleeveId): Signal {
    const text = this.#signals.get(sleeve);
    if (text === undefined) throw new Error(`sleeve ${sleeve} has no signal line`);
    const head = {
      sleeve,
      strategy: 'journal',
      strategyVersion: 'v',
      dialect: 'd',
      asOf: DAYS[this.#day - 1] ?? GIVEN_ON,
      dataVersion: 'b',
      rebalance: { kind: 'every-session' },
      path: null,
    } as const;
    if (text[0] === 'failed') {
      return { ...head, kind: 'failed', code: 'broken', message: 'no history' };
    }
    const targets = text[0] === 'cash' ? [] : pairs(text);
    const weights = targets
      .map(([name, size]) => ({
        symbol: symbolOf(name),
        weight: size.endsWith('%')
          ? weight(parseWeight(size.slice(0, -1)) / 100n)
          : this.#weightOf(sleeve, symbolOf(name), size),
      }))
      .filter((target) => target.weight > 0n)
      .sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    const used = weights.reduce((sum, target) => sum + target.weight, 0n);
    if (used > ONE_WEIGHT) throw new Error(`targets of ${sleeve} exceed its NAV`);
    return { ...head, kind: 'targets', weights, cash: weight(ONE_WEIGHT - used) };
  }

  /** The weight that makes a number of shares; a journal with one that is not exact is refused. */
  #weightOf(id: SleeveId, symbol: Symbol, size: string): Weight {
    const nav = this.#navOf(id);
    const exact = this.#mid(symbol) * shares(size) * ONE_WEIGHT;
    const found = exact / (nav * ONE);
    if (found * nav * ONE !== exact) {
      throw new Error(`${size} ${symbol} is no exact weight of ${format(nav)} USD`);
    }
    return weight(found);
  }

  #navOf(id: SleeveId): Money {
    const { cash, positions } = sleeveOf(this.#account.state, id);
    const held = [...positions].map(([symbol, lots]) =>
      lots.reduce((sum, lot) => sum + notional(this.#mid(symbol), lot.quantity), 0n),
    );
    return money(held.reduce((sum, worth) => sum + worth, cash as bigint)); // widened to sum
  }

  #mid(symbol: Symbol) {
    const { bid, ask } = this.#account.world.quotes.get(symbol) ?? {};
    if (bid === null || bid === undefined || ask === null || ask === undefined) {
      throw new Error(`shares of ${symbol} need a quote with two sides; write per cent`);
    }
    return midPrice(bid, ask);
  }
}

const instant = (text: string | undefined): Timestamp =>
  text === undefined ? ('' as Timestamp) : timestamp(text); // filled in by the account

const NOTHING: PlanDecision = {
  cycle: GIVEN_ON,
  sequence: 1,
  trigger: 'open',
  navs: [],
  crosses: [],
  parents: [],
  deferred: [],
  outcomes: [],
  breaks: [],
  overdrafts: [],
};

function withLimit(limits: Limits, [, name, value]: readonly string[]): Limits {
  const key = word(name) as keyof Limits; // a journal names one of the limits
  const isMoney = key === 'reserve' || key === 'microTradeFloor' || key === 'brokerMinimum';
  return { ...limits, [key]: isMoney ? parseMoney(word(value)) : parseWeight(word(value)) };
}

const signedText = (count: ReturnType<typeof shares>): string =>
  count > 0n ? `+${format(count)}` : format(count);

function orderText({ symbol, side, quantity: size, demands }: BookedOrder['parent']): string {
  const total = signedText(quantity(side === 'buy' ? size : -size));
  const owners = demands.map((demand) => `${demand.sleeve} ${format(demand.quantity)}`);
  return ['order', symbol, total, ...owners].join(' ');
}
