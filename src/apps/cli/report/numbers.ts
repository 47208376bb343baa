// Stage: apps. Figures of a backtest as people read them.
// Invariant: what is unknown is a dash, never a zero; rounding is for the eye only.

/** 0.1234 → "+12.34 %". */
export const signedPercent = (fraction: number | null): string =>
  fraction === null ? '–' : `${fraction > 0 ? '+' : ''}${fixed(fraction * 100, 2)} %`;

export const plainPercent = (fraction: number | null): string =>
  fraction === null ? '–' : `${fixed(fraction * 100, 2)} %`;

/** 1234567.8 → "1,234,568". */
export const wholeUsd = (amount: number | null): string =>
  amount === null ? '–' : fixed(amount, 0).replace(/\B(?=(\d{3})+$)/g, ',');

export const ratio = (value: number | null): string => (value === null ? '–' : fixed(value, 2));

/** Decimals; nothing is a negative zero. */
export const fixed = (value: number, decimals: number): string =>
  value.toFixed(decimals).replace(/^-(0(?:\.0+)?)$/, '$1');
