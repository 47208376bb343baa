// Stage: indicators. One column per series, indicator and window, computed once.
// Invariant: a pure memo; forgetting it changes no value.
import type { Indicator } from './dialect.ts';
import type { PriceSeries } from './series.ts';

const remembered = new WeakMap<PriceSeries, Map<string, Float64Array>>();

/** The indicator over all sessions of the series, NaN where missing. Remembered per series object. */
export function indicatorColumn(
  series: PriceSeries,
  indicator: Indicator,
  window: number,
): Float64Array {
  let columns = remembered.get(series);
  if (columns === undefined) {
    columns = new Map();
    remembered.set(series, columns);
  }
  const key = `${indicator.name} ${window}`;
  let column = columns.get(key);
  if (column === undefined) {
    column = indicator.column(series.closes, window);
    columns.set(key, column);
  }
  return column;
}
