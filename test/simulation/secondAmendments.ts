// Stage: simulation. Busts and corrections in the second ledger: the rule written a second time.
// Invariant: shares no code with the product's ledger.
import type { AccountConfiguration } from '../../src/domain/sleeve.ts';
import { divide, nearest, sum, WEIGHT_UNIT, worth } from './exact.ts';
import {
  heldBy,
  least,
  sell,
  tidy,
  together,
  type SecondLot,
  type SecondSleeve,
} from './secondSleeve.ts';

/** How many cycles an execution may still be amended in, its own among them. */
export const KEPT_CYCLES = 5;

/** What one contributor has of its order, and the pieces of lots that its sale took. */
export interface SecondOwned {
  quantity: bigint;
  cash: bigint;
  readonly taken: SecondLot[];
}

export interface SecondParent {
  readonly clientOrderId: string;
  readonly cycle: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly quantity: bigint;
  readonly demands: readonly { readonly sleeve: string; readonly quantity: bigint }[];
  /** Shares and notional of its fills. */
  filled: bigint;
  paid: bigint;
  /** What each contributor has, in the order of the demands. */
  owned: SecondOwned[];
  over: boolean;
}

export interface SecondExecution {
  readonly id: string;
  readonly day: string;
  readonly parent: SecondParent | undefined;
  shares: bigint;
  price: bigint;
  own: bigint;
  ownCash: bigint;
}

export interface Terms {
  readonly quantity: bigint;
  readonly price: bigint;
}

interface Moved {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
}

/** What was traded, before and after. */
interface Both {
  readonly was: { readonly shares: bigint; readonly cash: bigint };
  readonly is: { readonly shares: bigint; readonly cash: bigint };
}

/** Executions that can be amended, by every id that they had. */
export class SecondExecutions {
  #cycles: Map<string, SecondExecution & Moved>[] = [];

  open(): void {
    this.#cycles.push(new Map());
    this.#cycles = this.#cycles.slice(-KEPT_CYCLES);
  }

  /** Shares that an action made into others are no longer those of their execution. */
  forget(symbols: readonly string[]): void {
    for (const cycle of this.#cycles)
      for (const [id, { symbol }] of cycle) if (symbols.includes(symbol)) cycle.delete(id);
  }

  keep(id: string, of: SecondExecution & Moved): void {
    this.#cycles.at(-1)?.set(id, of);
  }

  find(id: string): (SecondExecution & Moved) | undefined {
    return this.#cycles.map((cycle) => cycle.get(id)).find((found) => found !== undefined);
  }

  alias(id: string, also: string): void {
    for (const cycle of this.#cycles) {
      const found = cycle.get(id);
      if (found !== undefined) cycle.set(also, found);
    }
  }
}

/** What amendments may have left below zero: "sleeve_short a AAPL", "sleeve_owes a". */
export class SecondBelow {
  readonly #watched = new Map<
    string,
    { readonly sleeve: string; readonly symbol: string | null }
  >();
  /** Below zero at the last look, and what of it a person has explained. */
  readonly #standing = new Map<string, bigint>();
  readonly #explained = new Map<string, bigint>();
  #configuration: AccountConfiguration | undefined;

  configure(configuration: AccountConfiguration): void {
    this.#configuration = configuration;
  }

  watch(sleeve: string, symbol: string): void {
    this.#watched.set(`sleeve_short ${sleeve} ${symbol}`, { sleeve, symbol });
    const { limits, sleeves } = this.#configuration ?? {};
    const own = sleeves?.find(({ id }) => id === sleeve)?.deployment;
    const lends = limits?.margin !== null && (own ?? limits?.deployment ?? 0n) > WEIGHT_UNIT;
    if (!lends) this.#watched.set(`sleeve_owes ${sleeve}`, { sleeve, symbol: null });
  }

  /** Shares of a symbol went on under another one, or brought some of it. */
  followOn(symbol: string, to: string, isRename: boolean): void {
    const before = new Set(this.#watched.keys());
    for (const [id, { sleeve, symbol: own }] of this.#watched) {
      if (own !== symbol) continue;
      this.watch(sleeve, to);
      const next = `sleeve_short ${sleeve} ${to}`;
      const explained = this.#explained.get(id);
      if (isRename && !before.has(next) && explained !== undefined)
        this.#explained.set(next, explained);
    }
  }

  /** What was explained, in the shares after a split; what is there after it did not grow by it. */
  split(
    { symbol, oldShares, newShares }: { symbol: string; oldShares: number; newShares: number },
    of: (sleeve: string) => SecondSleeve,
  ): void {
    for (const [id, { sleeve, symbol: own }] of this.#watched) {
      const explained = this.#explained.get(id);
      if (own !== symbol || explained === undefined) continue;
      const [raw, by] = [explained * BigInt(newShares), BigInt(oldShares)];
      const away = raw % by === 0n ? raw / by : raw / by - 1n;
      const held = heldBy(of(sleeve), symbol);
      this.#explained.set(id, held < away ? held : away);
    }
  }

  explain(id: string): void {
    const amount = this.#standing.get(id);
    if (amount !== undefined) this.#explained.set(id, amount);
  }

  /** Looks at all that is watched; what is not below zero is watched no more. */
  look(of: (sleeve: string) => SecondSleeve): void {
    for (const [id, { sleeve, symbol }] of this.#watched) {
      const owner = of(sleeve);
      const amount = symbol === null ? owner.cash : heldBy(owner, symbol);
      if (amount < 0n) this.#standing.set(id, amount);
      else this.#watched.delete(id);
      if (amount >= 0n) this.#standing.delete(id);
      if (amount >= 0n || amount < (this.#explained.get(id) ?? 0n)) this.#explained.delete(id);
    }
  }

  get standing(): ReadonlyMap<string, bigint> {
    return this.#standing;
  }

  get frozen(): ReadonlySet<string> {
    // Who only owes goes on selling.
    const open = [...this.#standing].filter(
      ([id, amount]) => id.startsWith('sleeve_short ') && amount < (this.#explained.get(id) ?? 0n),
    );
    return new Set(open.map(([id]) => this.#watched.get(id)?.sleeve ?? ''));
  }
}

/** Gives an execution other terms; no shares for a bust. @returns what suspense had and has of it */
export function amendExecution(
  execution: SecondExecution,
  terms: Terms | null,
  sleeves: {
    readonly of: (id: string) => SecondSleeve;
    readonly traded: (sleeve: string, change: { shares: bigint; cash: bigint }) => void;
  },
): Both {
  const { parent } = execution;
  const cash = worth(execution.price, execution.shares);
  const was = { shares: execution.shares - execution.own, cash: cash - execution.ownCash };
  const shares = terms?.quantity ?? 0n;
  const price = terms?.price ?? 0n;
  const room =
    parent === undefined || execution.own === 0n
      ? 0n
      : parent.quantity - parent.filled + execution.own;
  const own = least(shares, room);
  const ownCash = worth(price, own);
  if (parent !== undefined && execution.own > 0n) {
    parent.filled += own - execution.own;
    parent.paid += ownCash - execution.ownCash;
    shareAnew(parent, sleeves);
  }
  Object.assign(execution, { shares, price, own, ownCash });
  return { was, is: { shares: shares - own, cash: worth(price, shares) - ownCash } };
}

function shareAnew(parent: SecondParent, sleeves: Parameters<typeof amendExecution>[2]): void {
  const claims = parent.demands.map(({ sleeve, quantity }) => ({ id: sleeve, claim: quantity }));
  const split = (total: bigint): bigint[] =>
    parent.over
      ? divide(total, claims)
      : claims.map(({ claim }) => (total * claim) / parent.quantity);
  const quantities = split(parent.filled);
  const amounts = split(parent.paid);
  parent.demands.forEach(({ sleeve: id }, index) => {
    const owned = parent.owned[index];
    if (owned === undefined) throw new RangeError('A contributor without a part.');
    const was = { shares: owned.quantity, cash: owned.cash };
    const is = { shares: quantities[index] ?? 0n, cash: amounts[index] ?? 0n };
    owned.quantity = is.shares;
    owned.cash = is.cash;
    sleeves.traded(id, { shares: is.shares - was.shares, cash: is.cash - was.cash });
    const lot = { id: parent.clientOrderId, acquired: parent.cycle };
    const sleeve = sleeves.of(id);
    if (parent.side === 'buy')
      rebuy(sleeve, parent.symbol, { ...lot, sign: 1n, over: parent.over }, { was, is });
    else resell(sleeve, parent.symbol, { ...lot, taken: owned.taken }, { was, is });
  });
}

/**
 * A purchase as it should have been (or, in suspense, a short sale: sign −1): what of it is still there
 * is valued at its new price, what is not any more is taken from the rest at the price of the change.
 */
export function rebuy(
  sleeve: SecondSleeve,
  symbol: string,
  lot: {
    readonly id: string;
    readonly acquired: string;
    readonly sign: 1n | -1n;
    /** The order is over, or it was none: cash without a unit waits for nothing. */
    readonly over: boolean;
  },
  { was, is }: Both,
): void {
  const { sign } = lot;
  const lots = sleeve.lots.get(symbol) ?? [];
  const costBefore = costSum(lots);
  const average = sleeve.method === 'average';
  const mine = [...lots]
    .reverse()
    .find(({ id, quantity }) => quantity * sign >= 0n && (average || id === lot.id));
  const more = is.shares - was.shares;
  const extra = is.cash - was.cash;
  let missing = 0n;
  if (mine === undefined) missing = more;
  else {
    const there = mine.quantity * sign;
    const stays = there + more < 0n ? 0n : there + more;
    missing = there + more < 0n ? there + more : 0n;
    if (average) {
      const part =
        more > 0n
          ? extra
          : more < 0n
            ? share(extra, there - stays, -more)
            : share(extra, least(there, was.shares), was.shares);
      const pooled = mine.cost * sign + part;
      mine.cost = pooled < 0n ? 0n : pooled * sign;
    } else mine.cost = share(is.cash, stays, is.shares) * sign;
    const waits = !lot.over && is.shares === 0n && there === was.shares;
    if (stays === 0n && !waits) mine.cost = 0n;
    mine.quantity = stays * sign;
  }
  const kept = lots.filter((each) => each !== mine || each.quantity !== 0n || each.cost !== 0n);
  if (missing !== 0n) {
    const price = share(extra, missing < 0n ? -missing : missing, more < 0n ? -more : more);
    exchange(kept, { ...lot, shares: missing * sign, cost: price * sign });
  }
  if (more !== 0n) sleeve.moved.add(symbol);
  settle(sleeve, symbol, { lots: kept, costBefore, cash: -extra * sign });
}

/** A sale as it should have been: pieces come back as they left, the last first; more pieces leave. */
function resell(
  sleeve: SecondSleeve,
  symbol: string,
  lot: { readonly id: string; readonly acquired: string; readonly taken: SecondLot[] },
  { was, is }: Both,
): void {
  const extra = is.cash - was.cash;
  if (is.shares > was.shares) {
    const { id, acquired, taken } = lot;
    const sale = { shares: is.shares - was.shares, cash: extra };
    sell(sleeve, symbol, { ...sale, taken, short: { id, acquired } });
    return;
  }
  const lots = [...(sleeve.lots.get(symbol) ?? [])];
  const costBefore = costSum(lots);
  let back = was.shares - is.shares;
  while (back > 0n) {
    const piece = lot.taken.at(-1);
    if (piece === undefined) throw new RangeError('More comes back than was sold.');
    const shares = least(back, piece.quantity);
    const cost = share(piece.cost, shares, piece.quantity);
    piece.quantity -= shares;
    piece.cost -= cost;
    if (piece.quantity === 0n) lot.taken.pop();
    back -= shares;
    if (sum(lots.map(({ quantity }) => quantity)) < 0n) exchange(lots, { ...piece, shares, cost });
    else returnTo(lots, { ...piece, quantity: shares, cost });
  }
  if (is.shares !== was.shares) sleeve.moved.add(symbol);
  settle(sleeve, symbol, { lots, costBefore, cash: extra });
}

function returnTo(lots: SecondLot[], piece: SecondLot): void {
  const same = lots.find(({ id }) => id === piece.id);
  if (same !== undefined) {
    same.quantity += piece.quantity;
    same.cost += piece.cost;
    return;
  }
  const later = lots.findIndex(({ acquired }) => acquired >= piece.acquired);
  lots.splice(later < 0 ? lots.length : later, 0, piece);
}

/** Shares of one sign against lots of the other, the oldest first; the rest is a lot of its own. */
function exchange(
  lots: SecondLot[],
  of: { id: string; acquired: string; shares: bigint; cost: bigint },
): void {
  let { shares, cost } = of;
  while (shares !== 0n) {
    const lot = lots[0];
    if (lot === undefined || lot.quantity > 0n === shares > 0n) {
      lots.push({ id: of.id, acquired: of.acquired, quantity: shares, cost });
      return;
    }
    const met = least(size(shares), size(lot.quantity));
    const ofLot = share(lot.cost, met, size(lot.quantity));
    cost -= share(cost, met, size(shares));
    lot.cost -= ofLot;
    const change = shares > 0n ? met : -met;
    lot.quantity += change;
    shares -= change;
    if (lot.quantity === 0n) lots.shift();
  }
}

/** The cash of the change, and what it makes of the lots' cost, is gained or lost. */
function settle(
  sleeve: SecondSleeve,
  symbol: string,
  of: { readonly lots: SecondLot[]; readonly costBefore: bigint; readonly cash: bigint },
): void {
  sleeve.cash += of.cash;
  sleeve.realised += of.cash + costSum(of.lots) - of.costBefore;
  const pooled = sleeve.method === 'average' && of.lots.length > 1;
  sleeve.lots.set(symbol, pooled ? [together(of.lots)] : of.lots);
  tidy(sleeve, symbol);
}

const costSum = (lots: readonly SecondLot[]): bigint => sum(lots.map(({ cost }) => cost));
const size = (shares: bigint): bigint => (shares < 0n ? -shares : shares);
const share = (amount: bigint, part: bigint, of: bigint): bigint =>
  part === of ? amount : nearest(amount * part, of);
