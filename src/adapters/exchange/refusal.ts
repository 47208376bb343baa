// Stage: paper exchange. Why an order is not taken.
// Invariant: a code that a program may read, and words for people.

/** Alpaca's numeric codes where it has one for the case; our own words where it has none. */
export interface Refusal {
  readonly code: '40010001' | '40310000' | '42210000' | 'market_closed' | 'no_market';
  readonly message: string;
}

export const refusal = (code: Refusal['code'], message: string): Refusal => ({ code, message });
