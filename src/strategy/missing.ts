// Stage: strategies → signal. Missing values, in words.
// Invariant: a missing value is never a number; it stops the decision and says what lacks.
import { INDICATORS, type IndicatorName } from '../indicators/dialect.ts';
import { contiguousBars, type Bars } from './bars.ts';

export interface MissingValue {
  readonly indicator: IndicatorName;
  readonly symbol: string;
  readonly window: number;
}

/** "rsi of SPY (window 14) is missing as of 2012-01-03: needs 15 bars without a gap, holds 3 …" */
export function describeMissing(bars: Bars, index: number, missing: MissingValue): string {
  const { indicator, symbol, window } = missing;
  const { takesWindow, barsNeeded } = INDICATORS[indicator];
  const name = takesWindow
    ? `${indicator} of ${symbol} (window ${window})`
    : `${indicator} of ${symbol}`;
  const needed = barsNeeded(window);
  const asOf = bars.sessions[index] ?? '';
  return `${name} is missing as of ${asOf}: needs ${plural(needed)} without a gap, ${describeHeld(bars, index, symbol)}.`;
}

/** "SPY has no bar on 2012-01-03 …": a symbol that cannot be held for want of a price. */
export function describeNoPrice(bars: Bars, index: number, symbol: string): string {
  return `${symbol} cannot be held: no price as of ${bars.sessions[index] ?? ''}, ${describeHeld(bars, index, symbol)}.`;
}

function describeHeld(bars: Bars, index: number, symbol: string): string {
  const { count, first } = contiguousBars(bars, symbol, index);
  if (first !== undefined) return `holds ${count} (from ${first})`;
  // Nothing later than the session may show here: an evaluation does not know the future.
  const held = bars.symbols.get(symbol);
  let last = index - (held?.start ?? 0);
  while (last >= 0 && !((held?.series.closes[last] ?? NaN) > 0)) last -= 1;
  const before = held?.series.sessions[last];
  return before === undefined
    ? 'holds 0 (it has none so far)'
    : `holds 0 (its last is of ${before})`;
}

const plural = (bars: number): string => (bars === 1 ? '1 bar' : `${bars} bars`);
