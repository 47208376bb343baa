// Stage: bars → facts. A market written as the CSV folder that a data vendor would deliver.
// Invariant: prices are split-adjusted as of the last bar, as that layout has them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CorporateAction } from '../../src/domain/market.ts';
import { divideHalfEven, formatDecimal } from '../../src/domain/units/decimal.ts';
import { UNIT_SCALE } from '../../src/domain/units/units.ts';
import type { DailyBars, MarketData } from '../../src/ports/marketData.ts';

const HEADER = 'date,open,high,low,close,adj_close,volume';
const PLACES = 6;
const COUNT_PER_STEP = 10n ** BigInt(UNIT_SCALE - PLACES);

/** Shares that one share of a past session has become: `newShares` for `oldShares`. */
interface Become {
  readonly oldShares: bigint;
  readonly newShares: bigint;
}

/**
 * Writes `<SYMBOL>.csv` for each symbol into an existing folder: prices and adjusted closes rounded
 * half-even to 1e-6 USD; the last adjusted close is the last close. Dividends are lost, as in that
 * layout. Files of the same names are replaced.
 */
export function writeCsvFolder(market: MarketData, folder: string): void {
  for (const symbol of market.symbols) {
    const bars = market.bars(symbol);
    if (bars === undefined) continue;
    const splits = market.corporateActions.filter(
      (action) => action.kind === 'split' && action.symbol === symbol,
    );
    writeFileSync(
      join(folder, `${symbol}.csv`),
      `${[HEADER, ...rowsOf(bars, splits)].join('\n')}\n`,
    );
  }
}

function rowsOf(bars: DailyBars, splits: readonly CorporateAction[]): string[] {
  const last = bars.sessions.length - 1;
  const scale = Number(bars.close[last] ?? 0n) / 1e9 / (bars.adjustedClose[last] ?? 1);
  return bars.sessions.map((session, index) => {
    const become = sharesBecome(splits.filter((split) => split.exDate > session));
    const usd = (column: BigInt64Array): string => adjustedPrice(column[index] ?? 0n, become);
    const adjusted = ((bars.adjustedClose[index] ?? 0) * scale).toFixed(PLACES);
    const volume = ((bars.volume[index] ?? 0n) * become.newShares) / become.oldShares;
    return [
      session,
      usd(bars.open),
      usd(bars.high),
      usd(bars.low),
      usd(bars.close),
      adjusted,
      volume,
    ].join(',');
  });
}

function sharesBecome(splits: readonly CorporateAction[]): Become {
  let become: Become = { oldShares: 1n, newShares: 1n };
  for (const split of splits) {
    if (split.kind !== 'split') continue;
    become = {
      oldShares: become.oldShares * BigInt(split.oldShares),
      newShares: become.newShares * BigInt(split.newShares),
    };
  }
  return become;
}

/** All prices of a bar round the same way, so that their order stays. */
function adjustedPrice(count: bigint, { oldShares, newShares }: Become): string {
  return formatDecimal(divideHalfEven(count * oldShares, COUNT_PER_STEP * newShares), PLACES);
}
