// Stage: facts read before a decision: the sanity gate of quotes.
// Invariant: a decision price exists only for a fresh, two-sided, uncrossed, narrow quote.
import type { Quote } from './market.ts';
import type { Timestamp } from './time.ts';
import {
  absolute,
  format,
  midPrice,
  ONE_WEIGHT,
  subtract,
  type Price,
  type Weight,
} from './units/units.ts';

export type QuoteVerdict =
  | { readonly kind: 'sane'; readonly bid: Price; readonly ask: Price; readonly mid: Price }
  | { readonly kind: 'denied'; readonly reason: string; readonly detail: string };

/** A quote further than this from the decision is stale, on either side: a clock may be wrong too. */
export const QUOTE_AGE_LIMIT_MS = 300_000;

/**
 * Judges one quote. A missing one, one older than five minutes, a missing or non-positive side, a
 * crossed market or a spread above `maxSpread` × mid is a denial with its reason; never a price.
 *
 * @param facts.at when the decision is taken
 */
export function judgeQuote(
  quote: Quote | undefined,
  facts: { readonly maxSpread: Weight; readonly at: Timestamp },
): QuoteVerdict {
  const denied = (reason: string, detail: string): QuoteVerdict => ({
    kind: 'denied',
    reason,
    detail,
  });
  if (quote === undefined) return denied('quote_missing', 'no quote');
  // Not within the limit, rather than beyond it: an age that is no number is stale too.
  const fresh = Math.abs(Date.parse(facts.at) - Date.parse(quote.at)) <= QUOTE_AGE_LIMIT_MS;
  if (!fresh) return denied('quote_stale', `quoted at ${quote.at}, decided at ${facts.at}`);
  const { bid, ask } = quote;
  if (bid === null || ask === null)
    return denied('quote_one_sided', `${bid === null ? 'bid' : 'ask'} is missing`);
  if (bid <= 0n || ask <= 0n)
    return denied('quote_not_positive', `bid ${format(bid)}, ask ${format(ask)}`);
  if (bid > ask) return denied('quote_crossed', `bid ${format(bid)} above ask ${format(ask)}`);
  const mid = midPrice(bid, ask);
  const spread = absolute(subtract(ask, bid));
  if (spread * ONE_WEIGHT > mid * facts.maxSpread) {
    return denied('quote_wide', `spread ${format(spread)} at mid ${format(mid)}`);
  }
  return { kind: 'sane', bid, ask, mid };
}
