// Stage: apps. Figures of a backtest as people read them.
// Invariant: what is unknown is a dash, never a zero; rounding is for the eye only.

/** 0.1234 → "+12.34 %". */
export const signedPercent = (fraction: number | null): string =>
  fraction === null ? '–' : `${fraction > 0 ? '+' : ''}${(fraction * 100).toFixed(2)} %`;

export const plainPercent = (fraction: number | null): string =>
  fraction === null ? '–' : `${(fraction * 100).toFixed(2)} %`;

/** 1234567.8 → "1,234,568". */
export const wholeUsd = (amount: number | null): string =>
  amount === null ? '–' : amount.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');

export const ratio = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
