// Stage: indicators. Price level: the close itself, its mean, its exponential mean.
// Invariant: the value of a session depends on closes up to that session only.

/** `current-price`: the close, USD. The window is not used by the definition. */
export function currentPrice(closes: Float64Array): Float64Array {
  return closes.slice();
}

/** `moving-average-price`: mean of the last `window` closes, USD; NaN where a run holds fewer. */
export function movingAveragePrice(closes: Float64Array, window: number): Float64Array {
  const column = new Float64Array(closes.length).fill(NaN);
  let held = 0;
  for (let t = 0; t < closes.length; t += 1) {
    const close = closes[t] ?? NaN;
    held = Number.isNaN(close) ? 0 : held + 1;
    if (held >= window) column[t] = meanOf(closes, t - window + 1, t);
  }
  return column;
}

/**
 * `exponential-moving-average-price`: e ← e + alpha (P − e), alpha = 2 / (window + 1), starting at
 * the first close of the run, USD; NaN until the run holds `window` closes.
 */
export function exponentialMovingAveragePrice(closes: Float64Array, window: number): Float64Array {
  const column = new Float64Array(closes.length);
  const alpha = 2 / (window + 1);
  let held = 0;
  let average = NaN;
  for (let t = 0; t < closes.length; t += 1) {
    const close = closes[t] ?? NaN;
    held = Number.isNaN(close) ? 0 : held + 1;
    average = held <= 1 ? close : average + alpha * (close - average);
    column[t] = held >= window ? average : NaN;
  }
  return column;
}

/** Mean of values[from..to], both included. */
export function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  // The bounds are inside the column, so the fall-back is never taken.
  for (let i = from; i <= to; i += 1) sum += values[i] ?? NaN;
  return sum / (to - from + 1);
}
