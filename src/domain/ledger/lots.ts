// Stage: allocation → ledger. Units acquired together, with their cost; relieved by the sleeve's method.
// Invariant: Σ cost relieved + Σ cost left = Σ cost added, to 1e-9 USD.
import { invariant } from '../invariant.ts';
import type { LotMethod } from '../sleeve.ts';
import type { Session } from '../time.ts';
import { divideHalfEven } from '../units/decimal.ts';
import {
  absolute,
  add,
  format,
  minimum,
  money,
  negate,
  NO_MONEY,
  NO_SHARES,
  quantity,
  subtract,
  total,
  type Money,
  type Quantity,
} from '../units/units.ts';

export interface Lot {
  /** The parent order or cross that acquired it, or "genesis". */
  readonly id: string;
  readonly acquired: Session;
  /** Changed in this file only, where what is known of the lots together is forgotten with it. */
  readonly quantity: Quantity;
  cost: Money;
}

/** Lots of one sleeve in one symbol, oldest first. */
export type Lots = readonly Lot[];

/** Units of one lot that a sale took, with the cost that left with them. */
export interface LotPart {
  readonly id: string;
  readonly acquired: Session;
  readonly quantity: Quantity;
  readonly cost: Money;
}

type OpenLot = Omit<Lot, 'quantity'> & { quantity: Quantity };

/** What lots hold together: a sleeve that trades every day has hundreds, and is asked often. */
const known = new WeakMap<Lots, Quantity>();
/** As few lots are added up as fast as they are looked up. */
const FEW = 4;

/** The one door to changing lots. */
function opened(lots: Lots): OpenLot[] {
  known.delete(lots);
  return lots as OpenLot[]; // made here or empty; everybody else sees them read-only
}

/** Asked more often than anything else of the ledger. */
export function heldIn(lots: Lots): Quantity {
  const before = lots.length > FEW ? known.get(lots) : undefined;
  if (before !== undefined) return before;
  const [only] = lots;
  if (only !== undefined && lots.length === 1) return only.quantity;
  let held = NO_SHARES;
  for (const lot of lots) held = add(held, lot.quantity);
  if (lots.length > FEW) known.set(lots, held);
  return held;
}

/** Gives one of the lots other shares at the same cost, as a split does. */
export function setShares(lots: Lots, lot: Lot, shares: Quantity): void {
  const own = opened(lots).find((one) => one === lot);
  invariant(own !== undefined, () => `Lot ${lot.id} is not among the lots that are changed.`);
  own.quantity = shares;
}

export const costOf = (lots: readonly Lot[]): Money => total(lots.map((lot) => lot.cost));

/** Adds units to the lot of that id, opening it when it is new; under `average` to the one lot. */
export function addToLot(
  lots: Lots,
  unit: { id: string; acquired: Session; quantity: Quantity; cost: Money },
  method: LotMethod = 'fifo',
): void {
  const open = opened(lots);
  const last = open.at(-1);
  if (last?.id === unit.id) {
    last.quantity = add(last.quantity, unit.quantity);
    last.cost = add(last.cost, unit.cost);
    return;
  }
  open.push({ ...unit });
  if (method === 'average') pool(lots);
}

/** Makes one lot of all: the oldest, with the units and the cost of every one. */
export function pool(lots: Lots): void {
  const [held, cost] = [heldIn(lots), costOf(lots)];
  const open = opened(lots);
  const [first, ...others] = open;
  if (first === undefined || others.length === 0) return;
  first.quantity = held;
  first.cost = cost;
  open.splice(1);
}

/**
 * Takes units out: of the oldest lot, of the newest, of the one that cost most a share, or of all at
 * their average. A part of a lot takes its cost pro rata, rounded half-even; the last units of a lot
 * take what is left of it.
 *
 * @param shares positive, at most what is held
 * @param parts gets what was taken, lot by lot
 * @returns the cost relieved
 */
export function relieveLots(
  lots: Lots,
  shares: Quantity,
  method: LotMethod = 'fifo',
  parts?: LotPart[],
): Money {
  if (method === 'average') pool(lots);
  const own = opened(lots);
  let open = shares;
  let relieved = NO_MONEY;
  while (open > 0n) {
    const place = nextToRelieve(own, method);
    const lot = own[place];
    invariant(
      lot !== undefined,
      () => `Cannot sell ${format(shares)} shares: ${format(open)} more than held.`,
    );
    if (lot.quantity <= open) {
      parts?.push({ ...lot });
      relieved = add(relieved, lot.cost);
      open = subtract(open, lot.quantity);
      own.splice(place, 1);
      continue;
    }
    const cost = money(divideHalfEven(lot.cost * open, lot.quantity));
    parts?.push({ ...lot, quantity: open, cost });
    lot.cost = subtract(lot.cost, cost);
    lot.quantity = subtract(lot.quantity, open);
    relieved = add(relieved, cost);
    open = quantity(0n);
  }
  return relieved;
}

/** The place of the lot that gives next. Of lots that cost the same a share, the oldest goes first. */
function nextToRelieve(lots: Lots, method: LotMethod): number {
  if (method === 'lifo') return lots.length - 1;
  let dearest = 0;
  if (method === 'hifo')
    lots.forEach((lot, place) => {
      const most = lots[dearest];
      if (most !== undefined && lot.cost * most.quantity > most.cost * lot.quantity)
        dearest = place;
    });
  return dearest;
}

/**
 * A trade in lots that may be short, as only those of suspense may: what goes against the position
 * closes its lots first in, first out; the rest opens a lot of its own sign.
 *
 * @param unit quantity and cost signed alike: a buy's are positive, a sale's negative (its proceeds)
 * @returns the profit realised
 */
export function turnOver(
  lots: Lots,
  unit: { id: string; acquired: Session; quantity: Quantity; cost: Money },
): Money {
  const own = opened(lots);
  let { quantity: open, cost } = unit;
  let realised = NO_MONEY;
  for (let lot = own[0]; open !== 0n && lot !== undefined; lot = own[0]) {
    if (lot.quantity > 0n === open > 0n) break;
    const shares = minimum(absolute(lot.quantity), absolute(open));
    const closed = costOfPart(lot.cost, shares, absolute(lot.quantity));
    const paid = costOfPart(cost, shares, absolute(open));
    realised = subtract(realised, add(closed, paid));
    cost = subtract(cost, paid);
    lot.cost = subtract(lot.cost, closed);
    const change = open > 0n ? shares : negate(shares);
    lot.quantity = add(lot.quantity, change);
    open = subtract(open, change);
    if (lot.quantity === 0n) own.shift();
  }
  if (open !== 0n) own.push({ ...unit, quantity: open, cost });
  // What came without a share left to open a lot with is gained at once.
  else realised = subtract(realised, cost);
  return realised;
}

/**
 * A sale that may take more than is held, as it does once an execution before it was busted: what is
 * missing is a short lot at the sale's own price.
 *
 * @returns the cost relieved, that of the short lot included
 */
export function sellBeyond(
  lots: Lots,
  sale: { id: string; acquired: Session; shares: Quantity; proceeds: Money },
  method: LotMethod,
  parts?: LotPart[],
): Money {
  const { id, acquired, shares, proceeds } = sale;
  const held = heldIn(lots);
  const own = held < 0n ? NO_SHARES : minimum(held, shares);
  const relieved = own === NO_SHARES ? NO_MONEY : relieveLots(lots, own, method, parts);
  const short = subtract(shares, own);
  if (short === NO_SHARES) return relieved;
  const cost = costOfPart(proceeds, short, shares);
  parts?.push({ id, acquired, quantity: short, cost });
  opened(lots).push({ id, acquired, quantity: negate(short), cost: negate(cost) });
  if (method === 'average') pool(lots);
  return add(relieved, cost);
}

/** The lot of that id, not of the other sign, the last of them; any one where a pool has no ids. */
export const ownLot = (lots: Lots, id: string | null, sign: 1n | -1n): Lot | undefined =>
  lots.findLast((lot) => sign * lot.quantity >= 0n && (id === null || lot.id === id));

/** Gives one of the lots other shares and another cost; one without either is gone. */
export function reviseLot(
  lots: Lots,
  lot: Lot,
  as: { readonly quantity: Quantity; readonly cost: Money },
): void {
  setShares(lots, lot, as.quantity);
  lot.cost = as.cost;
  if (as.quantity === NO_SHARES && as.cost === NO_MONEY) opened(lots).splice(lots.indexOf(lot), 1);
}

/**
 * Units that a sale took come back: to their lot where it is still there, else ahead of those acquired
 * on their day; a short position is closed first.
 */
export function putBackPart(lots: Lots, part: LotPart, method: LotMethod): void {
  if (heldIn(lots) < 0n) {
    turnOver(lots, part);
    return;
  }
  const own = opened(lots);
  const same = own.find(({ id }) => id === part.id);
  if (same !== undefined) {
    same.quantity = add(same.quantity, part.quantity);
    same.cost = add(same.cost, part.cost);
    return;
  }
  const place = own.findIndex(({ acquired }) => acquired >= part.acquired);
  own.splice(place === -1 ? own.length : place, 0, { ...part });
  if (method === 'average') pool(lots);
}

/** What the oldest units cost, signed as they are; of part of a lot half-even. */
export function costOfOldest(lots: readonly Lot[], shares: Quantity): Money {
  let open = absolute(shares);
  let cost = NO_MONEY;
  for (const lot of lots) {
    const taken = minimum(open, absolute(lot.quantity));
    cost = add(cost, costOfPart(lot.cost, taken, absolute(lot.quantity)));
    open = subtract(open, taken);
  }
  return cost;
}

/** Cost of some of the units, half-even; all of them have all of it. */
const costOfPart = (cost: Money, shares: Quantity, of: Quantity): Money =>
  shares === of ? cost : money(divideHalfEven(cost * shares, of));

/** Drops lots that hold no units (a part smaller than one unit) and returns the cost they leave. */
export function dropEmptyLots(lots: Lots): Money {
  if (lots.every((lot) => lot.quantity !== 0n)) return NO_MONEY;
  const empty = lots.filter((lot) => lot.quantity === 0n);
  opened(lots).splice(0, lots.length, ...lots.filter((lot) => lot.quantity !== 0n));
  return costOf(empty);
}
