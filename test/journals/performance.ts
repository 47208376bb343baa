// Stage: tests. What a journal expects of the performance so far.
// Invariant: figures are written as decimals and compared whole.
import { equal } from 'node:assert/strict';
import { performanceOf } from '../../src/domain/performance.ts';
import type { PerformanceDay } from '../../src/domain/performance/days.ts';
import type { Figures } from '../../src/domain/performance/figures.ts';
import { formatCost } from '../../src/domain/shortfall/sums.ts';
import { formatDecimal } from '../../src/domain/units/decimal.ts';
import { format } from '../../src/domain/units/units.ts';
import { pairs, word } from './words.ts';

const ratio = (count: bigint): string => formatDecimal(count, 12);

/** performance a growth 1.05 contribution 0.02 profit 12 realised 10 unrealised 2 money-weighted 0.05 … */
export function expectPerformance(
  days: readonly PerformanceDay[],
  [name, ...expected]: readonly string[],
): void {
  const [whole] = performanceOf(days, 'whole', { from: null, to: null });
  if (whole === undefined) throw new Error('no session could be valued yet');
  const figures = name === 'account' ? whole.account : whole.members.get(word(name));
  if (figures === undefined) throw new Error(`there is no member ${name ?? ''}`);
  const found = shown(figures);
  for (const [key, value] of pairs(expected)) equal(found[key], value, key);
}

const shown = (of: Figures): Readonly<Record<string, string>> => ({
  ...Object.fromEntries([...of.sources].map(([source, amount]) => [source, format(amount)])),
  opening: format(of.opening),
  in: format(of.paidIn),
  out: format(of.paidOut),
  closing: format(of.closing),
  profit: format(of.profit),
  growth: ratio(of.growth),
  contribution: ratio(of.contribution),
  'money-weighted':
    of.moneyWeighted.kind === 'rate' ? ratio(of.moneyWeighted.growth) : of.moneyWeighted.why,
  drawdown: ratio(of.drawdown.depth),
  turnover: of.turnover === null ? 'none' : ratio(of.turnover),
  bought: format(of.bought),
  sold: format(of.sold),
  crossed: format(of.crossed),
  slippage: formatCost(of.slippage),
  rising: String(of.risingDays),
  falling: String(of.fallingDays),
  won: String(of.winningSales),
  lost: String(of.losingSales),
});
