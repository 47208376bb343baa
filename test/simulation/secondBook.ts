// Stage: simulation. A second ledger, written from the definitions: who owns what after each event.
// Invariant: shares no code with the product's ledger; reads events, never the product's state.
import type { Activity, CorporateAction } from '../../src/domain/market.ts';
import type { DecisionPoint, FillRecorded, LedgerEvent } from '../../src/domain/ledger/events.ts';
import type { PlanDecision } from '../../src/domain/plan.ts';
import { divide, downward, nearest, sum, toCent, UNIT, worth } from './exact.ts';

export interface SecondLot {
  readonly id: string;
  quantity: bigint;
  cost: bigint;
}

export interface SecondSleeve {
  readonly id: string;
  /** Which lots a sale takes. */
  method: string;
  cash: bigint;
  realised: bigint;
  dividends: bigint;
  flows: bigint;
  /** Of these, all that came in and all that went out. */
  paidIn: bigint;
  paidOut: bigint;
  /** By corporate action. */
  readonly owed: Map<string, { symbol: string; payDate: string; amount: bigint }>;
  /** Oldest first; no entry for what is not held. */
  readonly lots: Map<string, SecondLot[]>;
}

export interface SecondParent {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly quantity: bigint;
  readonly demands: readonly { readonly sleeve: string; readonly quantity: bigint }[];
  /** Shares and notional of its fills. */
  filled: bigint;
  paid: bigint;
  /** What each contributor has, in the order of the demands. */
  owned: { quantity: bigint; cash: bigint }[];
  over: boolean;
}

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

export class SecondBook {
  readonly sleeves = new Map<string, SecondSleeve>();
  /** Of the open cycle, by client order id. */
  readonly parents = new Map<string, SecondParent>();
  /** What rounding each movement to cents has brought to the broker's cash. */
  rounding = 0n;

  apply(event: LedgerEvent): void {
    switch (event.kind) {
      case 'genesis': {
        const { sleeves } = event.configuration;
        for (const { id, openingCash, lots } of sleeves) this.#open(id, openingCash, lots);
        this.#open('house', event.cash - sum(sleeves.map(({ openingCash }) => openingCash)));
        this.#open(SUSPENSE, 0n);
        return;
      }
      case 'cycle_opened':
        this.parents.clear();
        this.#actions(event.actions);
        return;
      case 'decision_point':
        this.#endParents(event);
        return;
      case 'plan_decided':
        this.#plan(event.decision);
        return;
      case 'fill_recorded':
        this.#fill(event);
        return;
      case 'activity_recorded':
        this.#activity(event.activity);
        return;
      case 'configured':
        for (const { id, lots } of event.configuration.sleeves) {
          if (!this.sleeves.has(id)) this.#open(id, 0n);
          this.sleeve(id).method = lots;
        }
        return;
      case 'killed':
      case 'armed':
      case 'transfer_requested':
      case 'withdrawal_requested':
      case 'activities_known':
      case 'signal_recorded':
      case 'submitted':
      case 'order_reported':
      case 'marks_recorded':
      case 'cycle_committed':
        return;
      default:
        throw new TypeError('An event that the second ledger does not know.');
    }
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
      flows: cash,
      paidIn: cash,
      paidOut: 0n,
      owed: new Map(),
      lots: new Map(),
    });
  }

  #actions(actions: readonly CorporateAction[]): void {
    const rank = ({ exDate, kind, id }: CorporateAction): string =>
      `${exDate}${kind === 'split' ? 'a' : 'b'}${id}`;
    for (const action of [...actions].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))) {
      if (action.kind === 'split') this.#split(action);
      else this.#earn(action);
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
  #earn(action: Extract<CorporateAction, { kind: 'dividend' }>): void {
    const { id, symbol, payDate, perShare } = action;
    const holders = this.inOrder()
      .map((sleeve) => ({ id: sleeve.id, sleeve, shares: heldBy(sleeve, symbol) }))
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
        sleeve.owed.set(id, { symbol, payDate, amount });
        sleeve.dividends += amount;
      });
    }
  }

  #activity(activity: Activity): void {
    if (activity.kind === 'split') return;
    if (activity.kind === 'deposit' || activity.kind === 'withdrawal') {
      this.#flow('house', activity.cash);
      return;
    }
    const owing = this.inOrder().flatMap((sleeve) =>
      [...sleeve.owed]
        .filter(
          ([, { symbol, payDate }]) => symbol === activity.symbol && payDate === activity.date,
        )
        .map(([id, { amount }]) => ({ sleeve, id, amount })),
    );
    const paid = [...new Set(owing.map(({ id }) => id))].sort().find((id) => {
      const off =
        activity.cash - sum(owing.filter((each) => each.id === id).map((each) => each.amount));
      return -UNIT / 100n <= off && off <= UNIT / 100n;
    });
    if (paid === undefined) {
      const suspense = this.sleeve(SUSPENSE);
      suspense.cash += activity.cash;
      suspense.dividends += activity.cash;
      return;
    }
    let left: bigint = activity.cash;
    for (const { sleeve, id, amount } of owing) {
      if (id !== paid) continue;
      sleeve.owed.delete(id);
      sleeve.cash += amount;
      left -= amount;
    }
    this.rounding += left;
  }

  #plan(decision: PlanDecision): void {
    for (const cross of decision.crosses) {
      for (const leg of cross.legs) {
        const sleeve = this.sleeve(leg.sleeve);
        const id = `cross ${decision.cycle} ${cross.symbol}`;
        if (leg.quantity > 0n)
          buy(sleeve, cross.symbol, { id, shares: leg.quantity, cash: -leg.cash });
        else sell(sleeve, cross.symbol, { shares: -leg.quantity, cash: leg.cash });
      }
    }
    for (const { from, to, amount } of decision.capital.transfers) {
      this.#flow(from, -amount);
      this.#flow(to, amount);
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
        owned: demands.map(() => ({ quantity: 0n, cash: 0n })),
        over: false,
      });
    }
  }

  /** Cash that is not earned: by its direction, for returns. */
  #flow(id: string, cash: bigint): void {
    const sleeve = this.sleeve(id);
    sleeve.cash += cash;
    sleeve.flows += cash;
    if (cash > 0n) sleeve.paidIn += cash;
    else sleeve.paidOut -= cash;
  }

  #fill({ clientOrderId, fill }: FillRecorded): void {
    const cash = worth(fill.price, fill.lastQty);
    const cents = toCent(cash) - cash;
    this.rounding += fill.side === 'buy' ? -cents : cents;
    const parent = this.parents.get(clientOrderId);
    const own =
      parent === undefined || parent.over
        ? 0n
        : least(fill.lastQty, parent.quantity - parent.filled);
    const ownCash = worth(fill.price, own);
    if (parent !== undefined && own > 0n) {
      parent.filled += own;
      parent.paid += ownCash;
      this.#attribute(parent);
    }
    if (fill.lastQty > own) {
      turnOver(this.sleeve(SUSPENSE), fill.symbol, {
        id: `fill ${fill.id}`,
        shares: (fill.lastQty - own) * (fill.side === 'buy' ? 1n : -1n),
        cost: (cash - ownCash) * (fill.side === 'buy' ? 1n : -1n),
      });
    }
  }

  #endParents(point: DecisionPoint): void {
    for (const { clientOrderId, status } of point.orders) {
      const parent = this.parents.get(clientOrderId);
      if (parent === undefined || parent.over || !TERMINAL.has(status)) continue;
      parent.over = true;
      this.#attribute(parent);
      for (const { sleeve } of parent.demands) dropEmpty(this.sleeve(sleeve), parent.symbol);
    }
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
      const before = parent.owned[index] ?? { quantity: 0n, cash: 0n };
      const now = { quantity: quantities[index] ?? 0n, cash: cash[index] ?? 0n };
      parent.owned[index] = now;
      const change = { shares: now.quantity - before.quantity, cash: now.cash - before.cash };
      if (change.shares === 0n && change.cash === 0n) return;
      const owner = this.sleeve(sleeve);
      if (parent.side === 'buy') buy(owner, parent.symbol, { id: parent.clientOrderId, ...change });
      else sell(owner, parent.symbol, change);
    });
  }
}

export const heldBy = (sleeve: SecondSleeve, symbol: string): bigint =>
  sum((sleeve.lots.get(symbol) ?? []).map(({ quantity }) => quantity));

export const costIn = (sleeve: SecondSleeve): bigint =>
  sum([...sleeve.lots.values()].flat().map(({ cost }) => cost));

export const owedTo = (sleeve: SecondSleeve): bigint =>
  sum([...sleeve.owed.values()].map(({ amount }) => amount));

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const size = (a: bigint): bigint => (a < 0n ? -a : a);

function buy(
  sleeve: SecondSleeve,
  symbol: string,
  of: { id: string; shares: bigint; cash: bigint },
): void {
  sleeve.cash -= of.cash;
  const lots = lotsOf(sleeve, symbol);
  const last = lots.at(-1);
  if (last?.id === of.id) {
    last.quantity += of.shares;
    last.cost += of.cash;
  } else {
    lots.push({ id: of.id, quantity: of.shares, cost: of.cash });
  }
  if (sleeve.method === 'average') sleeve.lots.set(symbol, [together(lots)]);
}

const together = (lots: readonly SecondLot[]): SecondLot => ({
  id: lots[0]?.id ?? '',
  quantity: sum(lots.map(({ quantity }) => quantity)),
  cost: sum(lots.map(({ cost }) => cost)),
});

/** The order in which a sale takes lots, by the sleeve's method; the oldest first otherwise. */
function inTurn(lots: readonly SecondLot[], method: string): SecondLot[] {
  if (method === 'lifo') return [...lots].reverse();
  if (method !== 'hifo') return [...lots];
  const dearer = (a: SecondLot, b: SecondLot): bigint => b.cost * a.quantity - a.cost * b.quantity;
  return [...lots].sort((a, b) => Number(dearer(a, b) > 0n) - Number(dearer(a, b) < 0n));
}

/** By the sleeve's method; the last shares of a lot take all that is left of its cost. */
function sell(
  sleeve: SecondSleeve,
  symbol: string,
  { shares, cash }: { shares: bigint; cash: bigint },
): void {
  sleeve.cash += cash;
  const held = lotsOf(sleeve, symbol);
  const turns = inTurn(held, sleeve.method);
  sleeve.realised += cash - closeLots(turns, shares, 1n);
  const left = new Set(turns);
  sleeve.lots.set(
    symbol,
    held.filter((lot) => left.has(lot)),
  );
  tidy(sleeve, symbol);
}

/** Closes lots of one sign from the oldest on. @returns their cost, as a positive amount for long ones */
function closeLots(lots: SecondLot[], shares: bigint, sign: 1n | -1n): bigint {
  let open = shares;
  let cost = 0n;
  while (open > 0n) {
    const [lot] = lots;
    if (lot === undefined) throw new RangeError('More sold than held.');
    const whole = lot.quantity * sign;
    const taken = least(open, whole);
    const part = taken === whole ? lot.cost : nearest(lot.cost * taken, whole);
    cost += part;
    lot.cost -= part;
    lot.quantity -= taken * sign;
    open -= taken;
    if (lot.quantity === 0n) lots.shift();
  }
  return cost;
}

/** What nobody asked for: closes lots of the other sign, the rest opens one of its own. */
function turnOver(
  sleeve: SecondSleeve,
  symbol: string,
  of: { id: string; shares: bigint; cost: bigint },
): void {
  sleeve.cash -= of.cost;
  const lots = lotsOf(sleeve, symbol);
  let { shares, cost } = of;
  for (let [lot] = lots; lot !== undefined && shares !== 0n; [lot] = lots) {
    const sign = lot.quantity > 0n ? 1n : -1n;
    if (shares > 0n === sign > 0n) break;
    const taken = least(size(shares), size(lot.quantity));
    const paid = taken === size(shares) ? cost : nearest(cost * taken, size(shares));
    sleeve.realised -= closeLots(lots, taken, sign) + paid;
    shares += taken * sign;
    cost -= paid;
  }
  if (shares !== 0n) lots.push({ id: of.id, quantity: shares, cost });
  tidy(sleeve, symbol);
}

function lotsOf(sleeve: SecondSleeve, symbol: string): SecondLot[] {
  const lots = sleeve.lots.get(symbol) ?? [];
  sleeve.lots.set(symbol, lots);
  return lots;
}

function tidy(sleeve: SecondSleeve, symbol: string): void {
  if (sleeve.lots.get(symbol)?.length === 0) sleeve.lots.delete(symbol);
}

/** A lot without a unit leaves its cost as a loss. */
function dropEmpty(sleeve: SecondSleeve, symbol: string): void {
  const lots = sleeve.lots.get(symbol);
  if (lots === undefined) return;
  const kept = lots.filter(({ quantity }) => quantity !== 0n);
  sleeve.realised -= sum(lots.filter(({ quantity }) => quantity === 0n).map(({ cost }) => cost));
  sleeve.lots.set(symbol, kept);
  tidy(sleeve, symbol);
}
