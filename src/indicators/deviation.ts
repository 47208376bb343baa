// Stage: indicators. Sample standard deviations (divisor n − 1), two passes over each window.
// Invariant: no running sum, so an outlier leaves no error behind once it left the window.
import { meanOf } from './priceAverages.ts';
import { dailyReturns } from './returns.ts';

/** `stdev-price`: sample standard deviation of the last `window` closes, USD. */
export function stdevPrice(closes: Float64Array, window: number): Float64Array {
  return deviationColumn(closes, window, 1);
}

/** `stdev-return`: sample standard deviation of the last `window` returns × 100, percent a day. */
export function stdevReturn(closes: Float64Array, window: number): Float64Array {
  return deviationColumn(dailyReturns(closes), window, 100);
}

function deviationColumn(values: Float64Array, window: number, factor: number): Float64Array {
  const column = new Float64Array(values.length).fill(NaN);
  let held = 0;
  for (let t = 0; t < values.length; t += 1) {
    const value = values[t] ?? NaN;
    held = Number.isNaN(value) ? 0 : held + 1;
    if (held >= window) column[t] = sampleDeviation(values, t - window + 1, t) * factor;
  }
  return column;
}

function sampleDeviation(values: Float64Array, from: number, to: number): number {
  const mean = meanOf(values, from, to);
  let squares = 0;
  for (let i = from; i <= to; i += 1) {
    const distance = (values[i] ?? NaN) - mean;
    squares += distance * distance;
  }
  return Math.sqrt(squares / (to - from));
}
