// Stage: example. Relative momentum with an absolute floor, after Antonacci (2014), sped up.
// Invariant: every candidate's share goes to the refuge when it does not beat short Treasuries.
import { defineStrategy } from '../../src/strategy/defineStrategy.ts';

export default defineStrategy({
  id: 'dual-momentum',
  name: 'Dual momentum',
  version: '1',
  universe: ['SPY', 'QQQ', 'IWM', 'EEM', 'GLD', 'TLT', 'DBC', 'SHY'],
  history: 64,
  parameters: {
    candidates: ['SPY', 'QQQ', 'IWM', 'EEM', 'GLD', 'TLT', 'DBC'],
    refuge: 'SHY',
    fast: 21,
    slow: 63,
    hold: 2,
  },
  evaluate({ parameters, indicator, note }) {
    const { candidates, refuge, fast, slow, hold } = parameters;
    const momentum = (symbol: string): number =>
      indicator('cumulative-return', symbol, { window: fast }) +
      indicator('cumulative-return', symbol, { window: slow });
    const ranked = candidates
      .map((symbol) => ({ symbol, score: momentum(symbol) }))
      .sort((a, b) => b.score - a.score || (a.symbol < b.symbol ? -1 : 1));
    const floor = momentum(refuge);
    const chosen = ranked.slice(0, hold).filter(({ score }) => score > floor);
    note(`floor ${floor.toFixed(2)}, above it ${chosen.map(({ symbol }) => symbol).join(' ')}`);

    const weights: Record<string, number> = {};
    for (const { symbol } of chosen) weights[symbol] = 1 / hold;
    if (chosen.length < hold) weights[refuge] = 1 - chosen.length / hold;
    return weights;
  },
});
