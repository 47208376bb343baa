// Stage: bench. The nine indicators as plain loops over a Float64Array, for speed alone.
// Invariant: the arithmetic of dialect assay-1 on closes without gaps; nothing checked, nothing shared.
import type { IndicatorName } from '../../src/indicators/dialect.ts';

export type PlainColumn = (p: Float64Array, n: number) => Float64Array;

// Every index runs within its column: the ! only tells the compiler so.

/** Each makes a column; sessions before the first value hold 0. */
export const PLAIN_COLUMNS: Readonly<Record<IndicatorName, PlainColumn>> = {
  'current-price': (p) => {
    const out = new Float64Array(p.length);
    for (let t = 0; t < p.length; t += 1) out[t] = p[t]!;
    return out;
  },
  'moving-average-price': (p, n) => {
    const out = new Float64Array(p.length);
    for (let t = n - 1; t < p.length; t += 1) out[t] = mean(p, t - n + 1, t);
    return out;
  },
  'exponential-moving-average-price': (p, n) => {
    const out = new Float64Array(p.length);
    const alpha = 2 / (n + 1);
    let e = p[0]!;
    for (let t = 0; t < p.length; t += 1) {
      if (t > 0) e += alpha * (p[t]! - e);
      if (t >= n - 1) out[t] = e;
    }
    return out;
  },
  rsi: (p, n) => {
    const out = new Float64Array(p.length);
    let gain = 0;
    let loss = 0;
    for (let t = 1; t < p.length; t += 1) {
      const change = p[t]! - p[t - 1]!;
      gain += (1 / n) * (Math.max(change, 0) - gain);
      loss += (1 / n) * (Math.max(-change, 0) - loss);
      if (t >= n) out[t] = loss === 0 ? (gain === 0 ? 50 : 100) : (100 * gain) / (gain + loss);
    }
    return out;
  },
  'cumulative-return': (p, n) => {
    const out = new Float64Array(p.length);
    for (let t = n; t < p.length; t += 1) out[t] = (p[t]! / p[t - n]! - 1) * 100;
    return out;
  },
  'moving-average-return': (p, n) => {
    const out = new Float64Array(p.length);
    const r = returnsOf(p);
    for (let t = n; t < p.length; t += 1) out[t] = mean(r, t - n + 1, t) * 100;
    return out;
  },
  'stdev-return': (p, n) => {
    const out = new Float64Array(p.length);
    const r = returnsOf(p);
    for (let t = n; t < p.length; t += 1) out[t] = deviation(r, t - n + 1, t) * 100;
    return out;
  },
  'stdev-price': (p, n) => {
    const out = new Float64Array(p.length);
    for (let t = n - 1; t < p.length; t += 1) out[t] = deviation(p, t - n + 1, t);
    return out;
  },
  'max-drawdown': (p, n) => {
    const out = new Float64Array(p.length);
    for (let t = n - 1; t < p.length; t += 1) {
      let peak = 0;
      let deepest = 0;
      for (let i = t - n + 1; i <= t; i += 1) {
        if (p[i]! > peak) peak = p[i]!;
        const fall = (peak - p[i]!) / peak;
        if (fall > deepest) deepest = fall;
      }
      out[t] = deepest * 100;
    }
    return out;
  },
};

function returnsOf(p: Float64Array): Float64Array {
  const r = new Float64Array(p.length);
  for (let t = 1; t < p.length; t += 1) r[t] = p[t]! / p[t - 1]! - 1;
  return r;
}

function mean(x: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i <= to; i += 1) sum += x[i]!;
  return sum / (to - from + 1);
}

function deviation(x: Float64Array, from: number, to: number): number {
  const middle = mean(x, from, to);
  let squares = 0;
  for (let i = from; i <= to; i += 1) squares += (x[i]! - middle) * (x[i]! - middle);
  return Math.sqrt(squares / (to - from));
}
