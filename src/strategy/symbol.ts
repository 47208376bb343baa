// Stage: strategies → signal. What counts as a symbol in a strategy.
// Invariant: upper case; a share class is written with a point (BRK.B).

/** True for text like SPY or BRK.B: up to 12 characters, as the broker and the market data name it. */
export const isSymbol = (text: string): boolean => /^[A-Z][A-Z0-9.]{0,11}$/.test(text);
