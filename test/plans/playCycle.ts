// Stage: tests. One cycle of a random account: some orders fill, in chunks and in any order, some fail.
// Invariant: a buy never pays more than the ceiling it was funded at; what else happens is chance.
import type { Facts, PlacedOrder, Step } from './account.ts';
import { CYCLE, PlainAccount } from './account.ts';
import { AS_OF } from './account.ts';
import { ROUNDS, type DrawnAccount, type DrawnSymbol } from './drawAccount.ts';
import type { MarginFigures } from '../../src/domain/account.ts';
import { isOver } from '../../src/domain/child.ts';
import type { DecisionPoint } from '../../src/domain/ledger/events.ts';
import type { Quote } from '../../src/domain/market.ts';
import type { PlanDecision, Trigger } from '../../src/domain/plan.ts';
import { timestamp } from '../../src/domain/time.ts';
import { money, price, quantity, weight, type Price } from '../../src/domain/units/units.ts';
import { drawsOf, type Draws } from '../simulation/draws.ts';
import { sum, UNIT, WEIGHT_UNIT, worth } from '../simulation/exact.ts';

export interface Watcher {
  decided(point: DecisionPoint, decision: PlanDecision): void;
  filled(order: PlacedOrder, paid: bigint): void;
  killed(): void;
  stepped(step: Step): void;
}

/** Plays the cycle to its close and tells the watcher of every decision and every fill. */
export function playCycle(
  drawn: DrawnAccount,
  watch: (account: PlainAccount) => Watcher,
): PlainAccount {
  const draws = drawsOf(`cycle ${JSON.stringify(drawn.terms)}`);
  const account = new PlainAccount(drawn.configuration, drawn.cash, drawn.given);
  const watcher = watch(account);
  account.open(drawn.signals, drawn.actions);
  pullBefore(0);
  decideAt('open');
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (let looks = drawn.terms.walks === true ? draws.whole(0, 6) : 0; looks > 0; looks -= 1) {
      account.wait(1);
      trade(false);
      step();
    }
    account.wait(draws.whole(1, 20));
    trade(false);
    pullBefore(round);
    step();
    decideAt('replan');
  }
  account.now = timestamp(`${CYCLE}T20:00:00.000Z`);
  trade(true);
  const marks = drawn.symbols.map(({ symbol, close, split }) => ({
    symbol,
    price: price(close / split),
  }));
  account.apply({ kind: 'marks_recorded', cycle: CYCLE, marks });
  for (const last of account.endWalks()) watcher.stepped(last);
  decideAt('close');
  return account;

  function decideAt(trigger: Trigger): void {
    const point = account.point(trigger, factsOf(drawn, account, draws));
    watcher.decided(point, account.decide());
    if (trigger !== 'close') step();
  }

  /** Walks on fresh quotes: after every decision, and before the next one. */
  function step(): void {
    if (drawn.terms.walks !== true) return;
    const quotes = drawn.symbols.flatMap((each) => drawQuote(draws, each, account.now));
    const of = new Map(quotes.map((quote) => [quote.symbol, quote]));
    for (const taken of account.takeSteps((symbol) => of.get(symbol) ?? null))
      watcher.stepped(taken);
  }

  function pullBefore(round: number): void {
    if (drawn.pulledBefore !== round) return;
    account.apply({ kind: 'killed', at: account.now, reason: 'drawn' });
    watcher.killed();
  }

  function trade(last: boolean): void {
    const working = [...account.orders.values()].filter(({ status }) => !isOver(status));
    for (const order of draws.some(working, working.length)) {
      for (
        let chunks = draws.pick([0, 0, 1, 1, 2, 3]);
        chunks > 0 && !isOver(order.status);
        chunks -= 1
      )
        fillSome(order);
      if (isOver(order.status)) continue;
      if (last) order.status = 'expired';
      else end(order);
    }
  }

  function fillSome(order: PlacedOrder): void {
    const left = order.child.quantity - order.filled;
    const part = (left * BigInt(draws.whole(1, 1000))) / 1000n;
    // Of some orders that walk nearly all, so that the rest is too small for another child.
    const isCrumb = drawn.terms.walks === true && draws.chance(0.2);
    const most = isCrumb ? left - left / 10_000n : part;
    const shares = most === 0n || (!isCrumb && draws.chance(0.4)) ? left : most;
    const at = fillPrice(order);
    account.fill(order, shares, at);
    watcher.filled(order, worth(at, shares));
  }

  function fillPrice({ parent, child }: PlacedOrder): Price {
    const { decisions, points } = account.cycle;
    if (child.limitPrice !== null) {
      const better = BigInt(draws.pick([0, 0, 1, 5])) * (parent.side === 'buy' ? -1n : 1n);
      return price((child.limitPrice * (100n + better)) / 100n);
    }
    const at = decisions.findIndex(({ parents }) => parents.includes(parent));
    const quote = points[at]?.quotes.find(({ symbol }) => symbol === parent.symbol);
    const part = BigInt(draws.pick([100, 100, 99, 90]));
    if (parent.side === 'sell') return price(((quote?.bid ?? 0n) * part) / 100n);
    const { priceAllowance } = drawn.configuration.limits;
    return price((ceilingOf(quote?.ask ?? 0n, priceAllowance) * part) / 100n);
  }

  function end(order: PlacedOrder): void {
    const asked = account.cycle.children.get(order.child.clientOrderId)?.of.cancelledAt ?? null;
    if (asked !== null && draws.chance(0.8)) order.status = 'canceled';
    else if (draws.chance(0.03)) order.status = draws.pick(['canceled', 'expired'] as const);
    else if (order.filled === 0n && draws.chance(0.25)) {
      const how = draws.pick(['rejected', 'rejected', 'refused', 'not_sent'] as const);
      if (how === 'rejected') order.status = how;
      else account.withheld(order, how);
    }
  }
}

/** The highest price that a buy may pay: ask × (1 + allowance), rounded up. */
export const ceilingOf = (ask: bigint, allowance: bigint): bigint =>
  (ask * (WEIGHT_UNIT + allowance) + WEIGHT_UNIT - 1n) / WEIGHT_UNIT;

function factsOf(drawn: DrawnAccount, account: PlainAccount, draws: Draws): Facts {
  const { symbols } = drawn;
  const quotes = symbols.flatMap((each) => drawQuote(draws, each, account.now));
  const mids = new Map(
    quotes.map(({ symbol, bid, ask }) => [symbol, ((bid ?? 0n) + (ask ?? 0n)) / 2n]),
  );
  return {
    quotes,
    assets: symbols.flatMap(({ symbol, tradable, fractionable, margin }) =>
      tradable === null
        ? []
        : [
            {
              symbol,
              tradable,
              fractionable,
              margin:
                margin === null
                  ? null
                  : { initial: weight(margin.initial), maintenance: weight(margin.maintenance) },
            },
          ],
    ),
    bars: symbols.map(({ symbol, close, medianVolume }) => ({
      symbol,
      asOf: AS_OF,
      close,
      medianVolume: medianVolume === null ? null : quantity(medianVolume),
    })),
    margin: drawn.terms.margin ? figuresOf(drawn, account, { draws, mids }) : null,
    heldBack: new Map(
      symbols.filter(() => draws.chance(0.02)).map(({ symbol }) => [symbol, quantity(UNIT)]),
    ),
  };
}

/** Around the last close; now and then nothing, or nothing that makes sense. */
function drawQuote(draws: Draws, { symbol, close, split }: DrawnSymbol, now: Quote['at']): Quote[] {
  const mid = ((close / split) * BigInt(draws.whole(970, 1030))) / 1000n;
  const half = (mid * BigInt(draws.pick([0, 1, 5, 20]))) / 10_000n;
  const [bid, ask] = [price(mid - half), price(mid + half)];
  const sane = { symbol, bid, ask, at: now };
  if (!draws.chance(0.05)) return [sane];
  return draws.pick<Quote[]>([
    [],
    [{ ...sane, bid: null }],
    [{ ...sane, ask: price(0n) }],
    [{ ...sane, bid: price(ask + 1n), ask: bid }],
    [{ ...sane, at: timestamp(`${AS_OF}T20:00:00.000Z`) }],
    [{ ...sane, bid: price(bid / 2n) }],
  ]);
}

/** What a broker would report, from its own book. */
function figuresOf(
  { symbols, terms }: DrawnAccount,
  account: PlainAccount,
  of: { readonly draws: Draws; readonly mids: ReadonlyMap<string, bigint> },
): MarginFigures {
  const held = symbols.map((each) => ({
    ...each,
    worth: worth(of.mids.get(each.symbol) ?? each.close, account.shares.get(each.symbol) ?? 0n),
  }));
  const equity = account.cash + sum(held.map((each) => each.worth));
  const bound = (part: 'initial' | 'maintenance'): bigint =>
    sum(held.map((each) => (each.worth * (each.margin?.[part] ?? WEIGHT_UNIT)) / WEIGHT_UNIT));
  const free = equity - bound('initial');
  const isLost = terms.troubled === true && of.draws.chance(0.1);
  return {
    equity: money(isLost && equity > 0n ? -equity : equity),
    initialMargin: money(bound('initial')),
    maintenanceMargin: money(bound('maintenance')),
    buyingPower: money(free * 4n),
    overnightBuyingPower: money(free * 2n),
  };
}
