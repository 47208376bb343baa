// Stage: simulation. The second ledger's own way with activities and actions that are no dividend and no split.
// Invariant: shares no code with the product's ledger; every amount is divided by what caused it.
import type { Activity, CorporateAction } from '../../src/domain/market.ts';
import { divide, downward, nearest, sum, worth } from './exact.ts';
import {
  buy,
  heldBy,
  sell,
  together,
  turnOver,
  type SecondLot,
  type SecondSleeve,
} from './secondSleeve.ts';

const ONE_WHOLE = 1_000_000_000_000n;

/** What the second ledger remembers to divide by. */
export class Causes {
  /** Paid by "symbol date" and sleeve. */
  readonly paid = new Map<string, Map<string, bigint>>();
  credited = new Map<string, bigint>();
  /** Whether the last tax came to nothing. */
  unclaimed = false;
  /** By session and sleeve: USD sold, shares sold, shares traded. */
  readonly traded = new Map<string, Map<string, { sold: bigint; gone: bigint; all: bigint }>>();

  trade(session: string, sleeve: string, of: { side: string; shares: bigint; cash: bigint }): void {
    const day =
      this.traded.get(session) ?? new Map<string, { sold: bigint; gone: bigint; all: bigint }>();
    const was = day.get(sleeve) ?? { sold: 0n, gone: 0n, all: 0n };
    const sale = of.side === 'sell' ? 1n : 0n;
    day.set(sleeve, {
      sold: was.sold + sale * of.cash,
      gone: was.gone + sale * of.shares,
      all: was.all + of.shares,
    });
    this.traded.set(session, day);
  }

  pay(symbol: string, date: string, sleeve: string, amount: bigint): void {
    const key = `${symbol} ${date}`;
    const whose = this.paid.get(key) ?? new Map<string, bigint>();
    whose.set(sleeve, (whose.get(sleeve) ?? 0n) + amount);
    this.paid.set(key, whose);
  }
}

/** Cash that lay over the nights between two sessions. */
export function layOver(sleeves: Iterable<SecondSleeve>, from: string, to: string): void {
  const nights = BigInt((Date.parse(to) - Date.parse(from)) / 86_400_000);
  for (const sleeve of sleeves) {
    if (sleeve.cash < 0n) sleeve.nights.minus -= sleeve.cash * nights;
    else sleeve.nights.plus += sleeve.cash * nights;
  }
}

type Sundry = 'withheld' | 'interest' | 'fees' | 'other';

/** Divides cash and says who got what. */
function give(
  sleeves: ReadonlyMap<string, SecondSleeve>,
  as: Sundry,
  cash: bigint,
  by: readonly (readonly [string, bigint])[],
  otherwise: string,
): Map<string, bigint> {
  const claims = by
    .filter(([, claim]) => claim > 0n)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, claim]) => ({ id, claim }));
  const owners = claims.length === 0 ? [{ id: otherwise, claim: 1n }] : claims;
  const got = new Map<string, bigint>();
  const parts = divide(cash, owners);
  owners.forEach(({ id }, index) => {
    const part = parts[index] ?? 0n;
    const sleeve = sleeves.get(id);
    if (sleeve === undefined) throw new RangeError(`No sleeve ${id}.`);
    sleeve.cash += part;
    sleeve[as] += part;
    if (part !== 0n) got.set(id, part);
  });
  return got;
}

type SundryActivity = Exclude<
  Activity,
  {
    kind: 'dividend' | 'split' | 'deposit' | 'withdrawal' | 'merger' | 'symbol_change' | 'spin_off';
  }
>;

/** Everything but dividends, splits and money that a person moves. */
export function takeSundry(
  sleeves: ReadonlyMap<string, SecondSleeve>,
  causes: Causes,
  activity: SundryActivity,
): void {
  const inOrder = [...sleeves.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const owner = (id: string): SecondSleeve => {
    const found = sleeves.get(id);
    if (found === undefined) throw new RangeError(`No sleeve ${id}.`);
    return found;
  };
  switch (activity.kind) {
    case 'withholding': {
      const whose = new Map(
        activity.symbol === null
          ? causes.credited
          : causes.paid.get(`${activity.symbol} ${activity.date}`),
      );
      if (activity.symbol !== null)
        for (const { id, owed } of inOrder)
          for (const each of owed.values())
            if (
              each.from === 'dividend' &&
              each.symbol === activity.symbol &&
              each.payDate === activity.date
            )
              whose.set(id, (whose.get(id) ?? 0n) + each.amount);
      causes.unclaimed = ![...whose.values()].some((claim) => claim > 0n);
      give(sleeves, 'withheld', activity.cash, [...whose], 'suspense');
      return;
    }
    case 'interest': {
      const sign = activity.cash < 0n ? 'minus' : 'plus';
      const got = give(
        sleeves,
        'interest',
        activity.cash,
        inOrder.map(({ id, nights }) => [id, nights[sign]]),
        'house',
      );
      for (const sleeve of inOrder) sleeve.nights[sign] = 0n;
      if (activity.cash > 0n) causes.credited = got;
      return;
    }
    case 'fee': {
      const basis = { REG: 'sold', TAF: 'gone', CAT: 'all' }[activity.fee] as
        | 'sold'
        | 'gone'
        | 'all'
        | undefined; // one of the three or none
      const day = causes.traded.get(activity.tradeDate);
      const by =
        basis === undefined ? [] : [...(day ?? [])].map(([id, of]) => [id, of[basis]] as const);
      give(sleeves, 'fees', activity.cash, by, 'house');
      return;
    }
    case 'cash_in_lieu':
      return takeFractions(inOrder, owner('suspense'), activity);
    case 'journal': {
      const house = owner('house');
      if (activity.cash !== 0n) flow(house, activity.cash);
      if (activity.symbol === null || activity.quantity === 0n) return;
      const cost = activity.price === null ? 0n : worth(activity.price, activity.quantity);
      const suspense = owner('suspense');
      const lot = {
        id: `journal ${activity.id}`,
        acquired: activity.date,
        shares: activity.quantity,
        cost,
      };
      turnOver(suspense, activity.symbol, lot);
      // Turning over takes its cost from cash; here it came from outside.
      flow(suspense, cost);
      return;
    }
    case 'other': {
      const house = owner('house');
      house.cash += activity.cash;
      house.other += activity.cash;
      if (activity.symbol !== null && activity.quantity !== 0n)
        turnOver(owner('suspense'), activity.symbol, {
          id: `activity ${activity.id}`,
          acquired: activity.date,
          shares: activity.quantity,
          cost: 0n,
        });
      return;
    }
  }
}

/** Cash that is not earned: by its direction, for returns. */
export function flow(sleeve: SecondSleeve, amount: bigint): void {
  sleeve.cash += amount;
  sleeve.flows += amount;
  if (amount > 0n) sleeve.paidIn += amount;
  else sleeve.paidOut -= amount;
}

/** Fractions leave by holding; the cash by the same parts. What is more than held is nobody's. */
function takeFractions(
  sleeves: readonly SecondSleeve[],
  suspense: SecondSleeve,
  activity: Extract<Activity, { kind: 'cash_in_lieu' }>,
): void {
  const { symbol, quantity, cash, date } = activity;
  const holders = sleeves
    .map((sleeve) => ({ id: sleeve.id, sleeve, claim: heldBy(sleeve, symbol) }))
    .filter(({ claim }) => claim > 0n);
  if (holders.length === 0 || -quantity > sum(holders.map(({ claim }) => claim))) {
    turnOver(suspense, symbol, {
      id: `activity ${activity.id}`,
      acquired: date,
      shares: quantity,
      cost: -cash,
    });
    return;
  }
  const shares = divide(quantity, holders);
  const paid = divide(cash, holders);
  holders.forEach(({ sleeve }, index) => {
    const [part, usd] = [shares[index] ?? 0n, paid[index] ?? 0n];
    if (part === 0n && usd === 0n) return;
    if (quantity > 0n)
      buy(sleeve, symbol, {
        id: `in lieu ${activity.id}`,
        acquired: date,
        shares: part,
        cash: -usd,
      });
    else sell(sleeve, symbol, { shares: -part, cash: usd });
  });
}

/** Every lot under the new symbol, in the order of their days. */
export function rename(
  sleeves: Iterable<SecondSleeve>,
  { symbol, newSymbol }: Extract<CorporateAction, { kind: 'symbol_change' }>,
): void {
  for (const sleeve of sleeves) {
    const lots = sleeve.lots.get(symbol) ?? [];
    sleeve.lots.delete(symbol);
    if (lots.length > 0) mix(sleeve, newSymbol, lots);
  }
}

function mix(sleeve: SecondSleeve, symbol: string, more: readonly SecondLot[]): void {
  const all = [...(sleeve.lots.get(symbol) ?? []), ...more];
  const byDay = [...new Set(all.map(({ acquired }) => acquired))]
    .sort()
    .flatMap((day) => all.filter(({ acquired }) => acquired === day));
  sleeve.lots.set(symbol, sleeve.method === 'average' ? [together(byDay)] : byDay);
}

/** New shares for each lot, by its size, with the fraction of its cost. */
export function spinOff(
  sleeves: readonly SecondSleeve[],
  {
    symbol,
    newSymbol,
    oldShares,
    newShares,
    costFraction,
  }: Extract<CorporateAction, { kind: 'spin_off' }>,
): void {
  const after = (shares: bigint): bigint => downward(shares * BigInt(newShares), BigInt(oldShares));
  const lots = sleeves.flatMap((sleeve) =>
    (sleeve.lots.get(symbol) ?? []).map((lot, place) => ({
      sleeve,
      lot,
      id: `${sleeve.id} ${String(place).padStart(6, '0')}`,
      claim: lot.quantity < 0n ? -lot.quantity : lot.quantity,
    })),
  );
  const long = lots.filter(({ lot }) => lot.quantity > 0n);
  const short = lots.filter(({ lot }) => lot.quantity < 0n);
  const owned = after(sum(long.map(({ claim }) => claim)));
  const rest = after(sum(lots.map(({ lot }) => lot.quantity))) - owned;
  const given = new Map<SecondLot, bigint>();
  for (const [group, total] of [
    [long, owned],
    [short, rest],
  ] as const)
    divide(total, group).forEach((part, index) => {
      const each = group[index];
      if (each !== undefined) given.set(each.lot, part);
    });
  for (const { sleeve, lot } of lots) {
    const quantity = given.get(lot) ?? 0n;
    if (quantity === 0n) continue;
    const cost = nearest(lot.cost * costFraction, ONE_WHOLE);
    lot.cost -= cost;
    mix(sleeve, newSymbol, [{ id: lot.id, acquired: lot.acquired, quantity, cost }]);
  }
}

/** Shares against a claim: what the broker will pay for all, by who holds them. */
export function giveUp(
  sleeves: readonly SecondSleeve[],
  { id, symbol, payDate, perShare }: Extract<CorporateAction, { kind: 'merger' }>,
): void {
  const all = sleeves
    .map((sleeve) => ({ id: sleeve.id, sleeve, shares: heldBy(sleeve, symbol) }))
    .map((each) => ({ ...each, claim: each.shares < 0n ? -each.shares : each.shares }));
  const long = all.filter(({ shares }) => shares > 0n);
  const short = all.filter(({ shares }) => shares < 0n);
  const whole = worth(perShare, sum(all.map(({ shares }) => shares)));
  const toLong = short.length === 0 ? whole : worth(perShare, sum(long.map(({ claim }) => claim)));
  for (const [group, total] of [
    [long, toLong],
    [short, whole - toLong],
  ] as const) {
    const parts = divide(total, group);
    group.forEach(({ sleeve }, index) => {
      const amount = parts[index] ?? 0n;
      sleeve.realised += amount - sum((sleeve.lots.get(symbol) ?? []).map(({ cost }) => cost));
      sleeve.lots.delete(symbol);
      sleeve.owed.set(id, { from: 'merger', symbol, payDate, amount });
    });
  }
}
