// Stage: test of indicators. Every definition against vectors computed by another program.
// Invariant: 1e-9, relative above 1; missing exactly where the definition lacks bars.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DIALECT, INDICATOR_NAMES, INDICATORS, type IndicatorName } from './dialect.ts';

interface Golden {
  readonly dialect: string;
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
  readonly vectors: readonly Vector[];
}

interface Vector {
  readonly indicator: IndicatorName;
  readonly window: number;
  readonly series: string;
  readonly values: readonly (number | null)[];
}

// Written by regenerate.py beside it, in this shape.
const golden = JSON.parse(
  readFileSync(new URL('./golden/assay-1.json', import.meta.url), 'utf8'),
) as Golden;

describe('golden vectors of assay-1', () => {
  it('cover every indicator at short, exact and long history', () => {
    expect(golden.dialect).toBe(DIALECT);
    for (const name of INDICATOR_NAMES) {
      const vectors = golden.vectors.filter((vector) => vector.indicator === name);
      const numbers = vectors.map(({ values }) => values.filter((value) => value !== null).length);
      expect(
        numbers.some((count) => count > 20),
        `${name} long`,
      ).toBe(true);
      if (!INDICATORS[name].takesWindow) continue;
      expect(numbers.includes(1), `${name} exact`).toBe(true);
      expect(numbers.includes(0), `${name} short`).toBe(true);
    }
  });

  it.each(INDICATOR_NAMES)('%s agrees to 1e-9', (name) => {
    const vectors = golden.vectors.filter(({ indicator }) => indicator === name);
    expect(vectors.flatMap(({ values }) => values).length).toBeGreaterThan(100);
    expect(vectors.flatMap(mismatches)).toEqual([]);
  });
});

function mismatches({ indicator, window, series, values }: Vector): string[] {
  const closes = Float64Array.from(golden.series[series] ?? [], (close) => close ?? NaN);
  const column = INDICATORS[indicator].column(closes, window);
  const wrong: string[] = [];
  for (let t = 0; t < Math.max(values.length, column.length); t += 1) {
    const expected = values[t] ?? NaN;
    const found = column[t] ?? NaN;
    const agrees = Number.isNaN(expected)
      ? Number.isNaN(found)
      : Math.abs(found - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
    if (!agrees) wrong.push(`${series} window ${window} at ${t}: ${expected}, found ${found}`);
  }
  return wrong;
}
