// Stage: simulation. One sleeve of the second ledger, and how shares enter and leave its lots.
// Invariant: shares no code with the product's ledger.
import { nearest, sum } from './exact.ts';

export interface SecondLot {
  readonly id: string;
  readonly acquired: string;
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
  withheld: bigint;
  interest: bigint;
  fees: bigint;
  other: bigint;
  /** Cash above and below zero, times the nights it lay there. */
  readonly nights: { plus: bigint; minus: bigint };
  flows: bigint;
  /** Of these, all that came in and all that went out. */
  paidIn: bigint;
  paidOut: bigint;
  /** By corporate action. */
  readonly owed: Map<string, { from: string; symbol: string; payDate: string; amount: bigint }>;
  /** Oldest first; no entry for what is not held. */
  readonly lots: Map<string, SecondLot[]>;
  /** Symbols whose shares moved since this was last looked at. */
  readonly moved: Set<string>;
}

export const heldBy = (sleeve: SecondSleeve, symbol: string): bigint =>
  sum((sleeve.lots.get(symbol) ?? []).map(({ quantity }) => quantity));

/** Nothing is taken from who owns less than nothing of a symbol; suspense is nobody. */
export const isShort = (sleeve: SecondSleeve): boolean =>
  sleeve.id !== 'suspense' && [...sleeve.lots.keys()].some((symbol) => heldBy(sleeve, symbol) < 0n);

export const costIn = (sleeve: SecondSleeve): bigint =>
  sum([...sleeve.lots.values()].flat().map(({ cost }) => cost));

export const owedTo = (sleeve: SecondSleeve): bigint =>
  sum([...sleeve.owed.values()].map(({ amount }) => amount));

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const size = (a: bigint): bigint => (a < 0n ? -a : a);

export function buy(
  sleeve: SecondSleeve,
  symbol: string,
  of: { id: string; acquired: string; shares: bigint; cash: bigint },
): void {
  if (of.shares !== 0n) sleeve.moved.add(symbol);
  const lots = lotsOf(sleeve, symbol);
  if (heldBy(sleeve, symbol) < 0n) {
    turnOver(sleeve, symbol, { ...of, cost: of.cash });
    return;
  }
  sleeve.cash -= of.cash;
  const last = lots.at(-1);
  if (last?.id === of.id) {
    last.quantity += of.shares;
    last.cost += of.cash;
  } else {
    lots.push({ id: of.id, acquired: of.acquired, quantity: of.shares, cost: of.cash });
  }
  if (sleeve.method === 'average') sleeve.lots.set(symbol, [together(lots)]);
}

export const together = (lots: readonly SecondLot[]): SecondLot => ({
  id: lots[0]?.id ?? '',
  acquired: lots[0]?.acquired ?? '',
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

/**
 * By the sleeve's method; the last shares of a lot take all that is left of its cost. With `short` it may
 * sell more than it holds: the rest stands as a lot below zero at the sale's price.
 */
export function sell(
  sleeve: SecondSleeve,
  symbol: string,
  of: {
    shares: bigint;
    cash: bigint;
    /** Gets the pieces of lots that go. */
    taken?: SecondLot[];
    short?: { id: string; acquired: string } | undefined;
  },
): void {
  const { shares, cash, short } = of;
  const before = heldBy(sleeve, symbol);
  const owned = short === undefined ? shares : least(before < 0n ? 0n : before, shares);
  const lacking = shares - owned;
  const owed = lacking === 0n ? 0n : lacking === shares ? cash : nearest(cash * lacking, shares);
  sleeve.cash += cash;
  if (shares !== 0n) sleeve.moved.add(symbol);
  const held = lotsOf(sleeve, symbol);
  const turns = inTurn(held, sleeve.method);
  const cost = owned === 0n ? 0n : closeLots(turns, owned, 1n, of.taken);
  sleeve.realised += cash - cost - owed;
  const left = new Set(turns);
  const kept = held.filter((lot) => left.has(lot));
  if (lacking > 0n && short !== undefined) {
    kept.push({ ...short, quantity: -lacking, cost: -owed });
    of.taken?.push({ ...short, quantity: lacking, cost: owed });
  }
  const pooled = sleeve.method === 'average' && lacking > 0n && kept.length > 1;
  sleeve.lots.set(symbol, pooled ? [together(kept)] : kept);
  tidy(sleeve, symbol);
}

/** Closes lots of one sign from the oldest on. @returns their cost, as a positive amount for long ones */
function closeLots(
  lots: SecondLot[],
  shares: bigint,
  sign: 1n | -1n,
  pieces: SecondLot[] = [],
): bigint {
  let open = shares;
  let cost = 0n;
  while (open > 0n) {
    const [lot] = lots;
    if (lot === undefined) throw new RangeError('More sold than held.');
    const whole = lot.quantity * sign;
    const taken = least(open, whole);
    const part = taken === whole ? lot.cost : nearest(lot.cost * taken, whole);
    cost += part;
    pieces.push({ id: lot.id, acquired: lot.acquired, quantity: taken, cost: part });
    lot.cost -= part;
    lot.quantity -= taken * sign;
    open -= taken;
    if (lot.quantity === 0n) lots.shift();
  }
  return cost;
}

/** What nobody asked for: closes lots of the other sign, the rest opens one of its own. */
export function turnOver(
  sleeve: SecondSleeve,
  symbol: string,
  of: { id: string; acquired: string; shares: bigint; cost: bigint },
): void {
  sleeve.cash -= of.cost;
  if (of.shares !== 0n) sleeve.moved.add(symbol);
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
  if (shares !== 0n) lots.push({ id: of.id, acquired: of.acquired, quantity: shares, cost });
  else sleeve.realised -= cost;
  tidy(sleeve, symbol);
}

function lotsOf(sleeve: SecondSleeve, symbol: string): SecondLot[] {
  const lots = sleeve.lots.get(symbol) ?? [];
  sleeve.lots.set(symbol, lots);
  return lots;
}

export function tidy(sleeve: SecondSleeve, symbol: string): void {
  if (sleeve.lots.get(symbol)?.length === 0) sleeve.lots.delete(symbol);
}

/** A lot without a unit leaves its cost as a loss. */
export function dropEmpty(sleeve: SecondSleeve, symbol: string): void {
  const lots = sleeve.lots.get(symbol);
  if (lots === undefined) return;
  const kept = lots.filter(({ quantity }) => quantity !== 0n);
  sleeve.realised -= sum(lots.filter(({ quantity }) => quantity === 0n).map(({ cost }) => cost));
  sleeve.lots.set(symbol, kept);
  tidy(sleeve, symbol);
}
