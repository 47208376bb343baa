// Stage: indicators. Daily returns, and what they add up to.
// Invariant: the value of a session depends on closes up to that session only.
import { meanOf } from './priceAverages.ts';

/** r_t = P_t / P_{t−1} − 1 as a fraction; NaN at the first close of a run. */
export function dailyReturns(closes: Float64Array): Float64Array {
  const returns = new Float64Array(closes.length).fill(NaN);
  let before = NaN;
  for (let t = 0; t < closes.length; t += 1) {
    const close = closes[t] ?? NaN;
    returns[t] = close / before - 1;
    before = close;
  }
  return returns;
}

/** `cumulative-return`: (P_T / P_{T−window} − 1) × 100, percent; needs window + 1 closes. */
export function cumulativeReturn(closes: Float64Array, window: number): Float64Array {
  const column = new Float64Array(closes.length);
  let held = 0;
  for (let t = 0; t < closes.length; t += 1) {
    const close = closes[t] ?? NaN;
    held = Number.isNaN(close) ? 0 : held + 1;
    column[t] = held > window ? (close / (closes[t - window] ?? NaN) - 1) * 100 : NaN;
  }
  return column;
}

/** `moving-average-return`: mean of the last `window` returns × 100, percent a day. */
export function movingAverageReturn(closes: Float64Array, window: number): Float64Array {
  const returns = dailyReturns(closes);
  const column = new Float64Array(closes.length).fill(NaN);
  let held = 0;
  for (let t = 0; t < returns.length; t += 1) {
    const dailyReturn = returns[t] ?? NaN;
    held = Number.isNaN(dailyReturn) ? 0 : held + 1;
    if (held >= window) column[t] = meanOf(returns, t - window + 1, t) * 100;
  }
  return column;
}
