// Stage: facts read before a decision: the sanity gate of quotes.
// Invariant: a decision price exists only for a fresh, two-sided, uncrossed, narrow quote.
import type { Why } from './limits/limited.ts';
import type { Quote } from './market.ts';
import type { Timestamp } from './time.ts';
import {
  absolute,
  format,
  midPrice,
  money,
  ONE_WEIGHT,
  subtract,
  type Price,
  type Weight,
} from './units/units.ts';

export type QuoteVerdict =
  | { readonly kind: 'sane'; readonly bid: Price; readonly ask: Price; readonly mid: Price }
  | ({ readonly kind: 'denied' } & Why);

/**
 * Judges one quote. A missing one, one older than the age limit, a missing or non-positive side, a
 * crossed market or a spread above `maxSpread` × mid is a denial with its reason; never a price.
 *
 * @param facts.at when the decision is taken
 */
export function judgeQuote(
  quote: Quote | undefined,
  facts: {
    readonly maxSpread: Weight;
    readonly maxAgeSeconds: number;
    readonly at: Timestamp;
  },
): QuoteVerdict {
  if (quote === undefined) return denied('quote_missing', 'no quote');
  const ageMs = Math.abs(Date.parse(facts.at) - Date.parse(quote.at));
  // Not within the limit, rather than beyond it: an age that is no number is stale too.
  const fresh = ageMs <= facts.maxAgeSeconds * 1000;
  if (!fresh)
    return denied('quote_stale', `quoted at ${quote.at}, decided at ${facts.at}`, {
      limit: String(facts.maxAgeSeconds),
      observed: String(ageMs / 1000),
      factor: null,
    });
  const { bid, ask } = quote;
  if (bid === null || ask === null)
    return denied('quote_one_sided', `${bid === null ? 'bid' : 'ask'} is missing`);
  if (bid <= 0n || ask <= 0n)
    return denied('quote_not_positive', `bid ${format(bid)}, ask ${format(ask)}`);
  if (bid > ask) return denied('quote_crossed', `bid ${format(bid)} above ask ${format(ask)}`);
  const mid = midPrice(bid, ask);
  const spread = absolute(subtract(ask, bid));
  if (spread * ONE_WEIGHT > mid * facts.maxSpread) {
    return denied('quote_wide', `spread ${format(spread)} at mid ${format(mid)}`, {
      limit: format(money((mid * facts.maxSpread) / ONE_WEIGHT)),
      observed: format(spread),
      factor: null,
    });
  }
  return { kind: 'sane', bid, ask, mid };
}

const denied = (
  reason: string,
  detail: string,
  arithmetic: Why['arithmetic'] = null,
): QuoteVerdict => ({ kind: 'denied', reason, detail, arithmetic });
