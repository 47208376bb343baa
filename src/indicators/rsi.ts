// Stage: indicators. Relative strength index after Wilder (1978), in the form of dialect assay-1.
// Invariant: 0 ≤ value ≤ 100, from closes up to the session only.

/**
 * `rsi`: average gain and average loss are recursive means with alpha = 1 / window, both started at
 * 0 on the first close of the run; value = 100 − 100 / (1 + gain / loss). No loss and some gain is
 * 100; neither is 50. NaN until the run holds window + 1 closes.
 */
export function rsi(closes: Float64Array, window: number): Float64Array {
  const column = new Float64Array(closes.length).fill(NaN);
  const alpha = 1 / window;
  let held = 0;
  let gain = 0;
  let loss = 0;
  let before = NaN;
  for (let t = 0; t < closes.length; t += 1) {
    const close = closes[t] ?? NaN;
    held = Number.isNaN(close) ? 0 : held + 1;
    const change = close - before;
    gain = held <= 1 ? 0 : gain + alpha * (Math.max(change, 0) - gain);
    loss = held <= 1 ? 0 : loss + alpha * (Math.max(-change, 0) - loss);
    if (held > window) column[t] = strengthIndex(gain, loss);
    before = close;
  }
  return column;
}

function strengthIndex(gain: number, loss: number): number {
  if (loss === 0) return gain === 0 ? 50 : 100;
  // = 100 − 100 / (1 + gain / loss), with one rounding less and never outside 0–100.
  return (100 * gain) / (gain + loss);
}
