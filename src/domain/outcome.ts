// Stage: every stage after intent. What became of each intent, with its reason, for ever.
// Invariant: the parts of an outcome sum to its intent exactly.
import { invariant } from './invariant.ts';
import type { Symbol } from './market.ts';
import type { SleeveId } from './sleeve.ts';
import {
  add,
  format,
  NO_SHARES,
  notional,
  type Money,
  type Price,
  type Quantity,
} from './units/units.ts';

/**
 * `deferred` stands until the cycle closes at the latest (buys wait for money); `rejected` is the broker's refusal, `denied` ours.
 */
export type OutcomeKind =
  | 'crossed'
  | 'deferred'
  | 'ordered'
  | 'suppressed'
  | 'scaled'
  | 'denied'
  | 'rejected'
  | 'rounded_away'
  | 'held'
  | 'expired';

/** The numbers of a limit, as decimal text. */
export interface Arithmetic {
  readonly limit: string;
  readonly observed: string;
  /** What the limit multiplied by; null where it takes all or nothing. */
  readonly factor: string | null;
}

export interface OutcomePart {
  readonly kind: OutcomeKind;
  /** Stable reason code: "micro_trade", "sleeve_cash", "quote_crossed", "already_there" … */
  readonly reason: string;
  /** Signed shares of the intent that this part speaks for. */
  readonly quantity: Quantity;
  /** At the decision price; null where no sane price exists. */
  readonly notional: Money | null;
  /** The arithmetic behind it ("limit 50 USD, net 12.31 USD"), or the parent order's id. */
  readonly detail: string;
  /** Null where nothing was measured against a limit. */
  readonly arithmetic: Arithmetic | null;
}

/** The current outcome of one (cycle, sleeve, symbol). */
export interface Outcome {
  readonly sleeve: SleeveId;
  readonly symbol: Symbol;
  /** Shares held before the cycle. */
  readonly held: Quantity;
  readonly intended: Quantity;
  readonly price: Price | null;
  readonly parts: readonly OutcomePart[];
}

/** What of an intent has no outcome yet, and what has: grows by parts, checked when sealed. */
export interface OpenOutcome extends Outcome {
  parts: readonly OutcomePart[];
}

/** What is said of a part, whatever its size. */
export interface PartReason {
  readonly kind: OutcomeKind;
  readonly reason: string;
  readonly detail: string;
  readonly arithmetic?: Arithmetic | null;
}

/** Adds one part to an open outcome. @returns false for zero shares of more, which is no part */
export function addPart(outcome: OpenOutcome, why: PartReason, quantity: Quantity): boolean {
  if (quantity === 0n && outcome.intended !== 0n) return false;
  const { kind, reason, detail, arithmetic = null } = why;
  const worth = outcome.price === null ? null : notional(outcome.price, quantity);
  const added = { kind, reason, quantity, detail, arithmetic, notional: worth };
  // Not pushed: most have one part, and a list that grows keeps room for sixteen more for ever.
  outcome.parts = outcome.parts.length === 0 ? [added] : [...outcome.parts, added];
  return true;
}

/** @throws InvariantError when the parts do not sum to the intent */
export function seal(outcome: OpenOutcome): Outcome {
  let explained = NO_SHARES;
  for (const part of outcome.parts) explained = add(explained, part.quantity);
  if (explained !== outcome.intended || outcome.parts.length === 0) refuse(outcome, explained);
  return outcome;
}

const refuse = ({ sleeve, symbol, intended, parts }: Outcome, explained: Quantity): void =>
  invariant(
    false,
    () =>
      `Outcome of ${sleeve} ${symbol} explains ${format(explained)} of ${format(intended)} shares ` +
      `in ${parts.length} parts. Nothing was written.`,
  );
