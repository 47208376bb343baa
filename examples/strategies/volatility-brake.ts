// Stage: example. Holds shares as long as they are calm, bonds for the rest.
// Invariant: shares + bonds = 1; shares fall as their volatility rises.
import { defineStrategy } from '../../src/strategy/defineStrategy.ts';

export default defineStrategy({
  id: 'volatility-brake',
  name: 'Volatility brake',
  version: '1',
  universe: ['SPY', 'QQQ', 'TLT', 'IEF'],
  history: 101,
  parameters: { targetDailyPercent: 0.6, window: 10, trend: 100 },
  evaluate({ parameters, indicator, note }) {
    const { targetDailyPercent, window, trend } = parameters;
    const shares =
      indicator('rsi', 'SPY', { window }) > indicator('rsi', 'QQQ', { window }) ? 'SPY' : 'QQQ';
    const volatility = indicator('stdev-return', shares, { window });
    const calm = volatility > targetDailyPercent ? targetDailyPercent / volatility : 1;
    const rising =
      indicator('current-price', 'TLT') >
      indicator('moving-average-price', 'TLT', { window: trend });
    const bonds = rising ? 'TLT' : 'IEF';
    note(`${shares} moves ${volatility.toFixed(2)} % a day, ${bonds} takes the rest`);
    return { [shares]: calm, [bonds]: 1 - calm };
  },
});
