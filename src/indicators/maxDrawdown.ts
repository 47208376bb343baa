// Stage: indicators. The deepest fall from a running peak inside the window.
// Invariant: 0 ≤ value < 100 for positive closes, from closes of the window only.

/** `max-drawdown`: max over the last `window` closes of (running peak − close) / peak × 100, percent. */
export function maxDrawdown(closes: Float64Array, window: number): Float64Array {
  const column = new Float64Array(closes.length).fill(NaN);
  let held = 0;
  for (let t = 0; t < closes.length; t += 1) {
    const close = closes[t] ?? NaN;
    held = Number.isNaN(close) ? 0 : held + 1;
    if (held >= window) column[t] = deepestFall(closes, t - window + 1, t) * 100;
  }
  return column;
}

function deepestFall(closes: Float64Array, from: number, to: number): number {
  let peak = 0;
  let deepest = 0;
  for (let i = from; i <= to; i += 1) {
    const close = closes[i] ?? NaN;
    if (close > peak) peak = close;
    const fall = (peak - close) / peak;
    if (fall > deepest) deepest = fall;
  }
  return deepest;
}
