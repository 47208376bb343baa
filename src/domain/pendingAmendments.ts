// Stage: ledger against the broker. Busts and corrections that the broker lists and the ledger has yet to take in.
// Invariant: they are a break's cause only where they make up its whole difference; nothing but the cause changes.
import type { Amendment, ExecutionTerms } from './amendment.ts';
import type { Break } from './reconciliation.ts';
import {
  absolute,
  negate,
  notional,
  ONE,
  parseMoney,
  parseQuantity,
  subtract,
  total,
  NO_MONEY,
  NO_SHARES,
  type Money,
  type Quantity,
} from './units/units.ts';

/** Names pending amendments as the cause of the breaks that they explain. */
export function withPendingAmendments(
  breaks: readonly Break[],
  pending: readonly Amendment[],
): Break[] {
  return breaks.map((found) => {
    const by = pending.filter(({ symbol }) => found.kind !== 'position' || symbol === found.symbol);
    return by.length > 0 && isExplained(found, by) ? { ...found, cause: causeOf(by) } : found;
  });
}

function isExplained({ kind, difference }: Break, by: readonly Amendment[]): boolean {
  if (kind === 'position') return parseQuantity(difference) === total(by.map(sharesOf));
  if (kind !== 'cash' && kind !== 'rounding') return false;
  // The broker books each to the cent.
  const rest = absolute(subtract(parseMoney(difference), total(by.map(cashOf))));
  return rest <= BigInt(by.length) * (ONE / 100n);
}

function sharesOf({ side, was, now }: Amendment): Quantity {
  const more = subtract(now?.quantity ?? NO_SHARES, was.quantity);
  return side === 'buy' ? more : negate(more);
}

function cashOf({ side, was, now }: Amendment): Money {
  const more = subtract(now === null ? NO_MONEY : worthOf(now), worthOf(was));
  return side === 'buy' ? negate(more) : more;
}

const worthOf = ({ price, quantity }: ExecutionTerms): Money => notional(price, quantity);

const causeOf = (by: readonly Amendment[]): string =>
  `${by.map(({ kind, id, executionId }) => `${kind} ${id} of execution ${executionId}`).join(', ')}: at the broker, and not in the ledger yet; the next cycle takes ${by.length === 1 ? 'it' : 'them'} in`;
