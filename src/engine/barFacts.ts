// Stage: market data → decision point. Last close and median volume of what a cycle may trade.
// Invariant: reads bars through `asOf` and no later; what is not there is absent, never zero.
import { medianOf } from '../domain/limits/rails.ts';
import type { BarFacts, CorporateAction, Symbol } from '../domain/market.ts';
import type { Session } from '../domain/time.ts';
import { ONE, price, quantity } from '../domain/units/units.ts';
import type { DailyBars, MarketData } from '../ports/marketData.ts';
import { lastIndex } from './evaluate.ts';

/** Sessions whose volumes the median is taken of. */
export const VOLUME_SESSIONS = 20;

/** One entry for each symbol that has a bar at or before `asOf`, in the order asked. */
export function barFactsOf(
  market: MarketData,
  symbols: readonly Symbol[],
  asOf: Session,
): BarFacts[] {
  const splits = splitsBySymbol(market.corporateActions);
  return symbols.flatMap((symbol): BarFacts[] => {
    const bars = market.bars(symbol);
    const last = bars === undefined ? -1 : lastIndex(bars, asOf);
    const day = bars?.sessions[last];
    const close = bars?.close[last];
    if (bars === undefined || day === undefined || close === undefined) return [];
    const volumes = volumesTo(bars, last, splits.get(symbol) ?? []);
    const median = volumes.length < VOLUME_SESSIONS ? null : medianOf(volumes);
    const medianVolume = median === null ? null : quantity(median * ONE);
    return [{ symbol, asOf: day, close: price(close), medianVolume }];
  });
}

type Split = Extract<CorporateAction, { kind: 'split' }>;

function splitsBySymbol(actions: readonly CorporateAction[]): ReadonlyMap<Symbol, Split[]> {
  const splits = new Map<Symbol, Split[]>();
  for (const action of actions) {
    if (action.kind !== 'split') continue;
    splits.set(action.symbol, [...(splits.get(action.symbol) ?? []), action]);
  }
  return splits;
}

/** The last volumes, at most a window's, in the shares of the last session: splits on the way are applied. */
function volumesTo(bars: DailyBars, last: number, splits: readonly Split[]): BigInt64Array {
  const first = Math.max(last - VOLUME_SESSIONS + 1, 0);
  const [begin, asOf] = [bars.sessions[first], bars.sessions[last]];
  const volumes = bars.volume.subarray(first, last + 1);
  if (begin === undefined || asOf === undefined) return volumes;
  const within = splits.filter(({ exDate }) => exDate > begin && exDate <= asOf);
  if (within.length === 0) return volumes;
  return volumes.map((volume, index) => {
    const day = bars.sessions[first + index] ?? asOf;
    return within
      .filter(({ exDate }) => exDate > day)
      .reduce(
        (shares, { oldShares, newShares }) => (shares * BigInt(newShares)) / BigInt(oldShares),
        volume,
      );
  });
}
