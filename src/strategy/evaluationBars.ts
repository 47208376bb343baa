// Stage: bars → strategies. The bars of one evaluation, kept from session to session.
// Invariant: a pure memo; forgetting it changes no evaluation.
import { invariant } from '../domain/invariant.ts';
import type { PriceSeries } from '../indicators/series.ts';
import { alignBars, type Bars } from './bars.ts';
import type { EvaluationContext } from './strategy.ts';

/**
 * Reads the context's histories of `symbols` and lays them on one row of sessions. While the context
 * answers with the same series objects, the same Bars object is returned.
 */
export function rememberBars(symbols: readonly string[]): (context: EvaluationContext) => Bars {
  let known: (PriceSeries | undefined)[] = [];
  let knownSessions: readonly string[] | undefined;
  let bars: Bars | undefined;
  return (context) => {
    const histories = symbols.map((symbol) => historyOf(context, symbol));
    const same =
      knownSessions === context.exchangeSessions &&
      histories.every((series, i) => series === known[i]);
    if (bars !== undefined && same) return bars;
    known = histories;
    knownSessions = context.exchangeSessions;
    const held = histories.filter((series) => series !== undefined);
    bars = alignBars(held, context.exchangeSessions);
    return bars;
  };
}

function historyOf(context: EvaluationContext, symbol: string): PriceSeries | undefined {
  const series = context.history(symbol);
  invariant(
    series === undefined || series.symbol === symbol,
    () => `Asked for the history of ${symbol}, the context gave that of ${series?.symbol}.`,
  );
  return series;
}
