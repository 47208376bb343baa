// Stage: facts read before a decision: the sanity gate of quotes.
// Invariant: a decision price exists only for a fresh, two-sided, uncrossed, narrow quote.
import type { Quote } from './market.ts';
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

/**
 * Judges one quote. A missing one, a missing or non-positive side, a crossed market or a spread
 * above `maxSpread` × mid is a denial with its reason; never a price.
 */
export function judgeQuote(quote: Quote | undefined, maxSpread: Weight): QuoteVerdict {
  const denied = (reason: string, detail: string): QuoteVerdict => ({
    kind: 'denied',
    reason,
    detail,
  });
  if (quote === undefined) return denied('quote_missing', 'no quote');
  const { bid, ask } = quote;
  if (bid === null || ask === null)
    return denied('quote_one_sided', `${bid === null ? 'bid' : 'ask'} is missing`);
  if (bid <= 0n || ask <= 0n)
    return denied('quote_not_positive', `bid ${format(bid)}, ask ${format(ask)}`);
  if (bid > ask) return denied('quote_crossed', `bid ${format(bid)} above ask ${format(ask)}`);
  const mid = midPrice(bid, ask);
  const spread = absolute(subtract(ask, bid));
  if (spread * ONE_WEIGHT > mid * maxSpread) {
    return denied('quote_wide', `spread ${format(spread)} at mid ${format(mid)}`);
  }
  return { kind: 'sane', bid, ask, mid };
}
