// Stage: facts → bars. A made-up market, by seed, labelled synthetic wherever it shows.
// Invariant: a bar depends on seed, symbol and date alone: not on the range or the other symbols asked.
import { barVersions } from '../../domain/barVersion.ts';
import { CalendarError, sessionsBetween } from '../../domain/calendar.ts';
import { asSymbol, type CorporateAction, type Symbol } from '../../domain/market.ts';
import { session, type Session } from '../../domain/time.ts';
import { compareText } from '../../domain/units/units.ts';
import { MarketDataError, type DailyBars, type MarketData } from '../../ports/marketData.ts';
import { factorPaths } from './factors.ts';
import { profileOf } from './profiles.ts';
import { shareHistory, type ShareHistory } from './shareHistory.ts';

/** Every history starts here, whatever range is asked. */
const FIRST_DATE = session('2000-01-03');
/** A dividend of the last sessions is still paid within the exchange calendar. */
const LAST_DATE = session('2039-12-31');

/** Counts of 1e-9 USD in a cent. */
const COUNT_PER_CENT = 10_000_000n;

/**
 * Opens a made-up market. Names of real funds stand for made-up funds of the same kind (shares,
 * bonds, gold, oil); every other symbol is a made-up company.
 *
 * Open, high, low, close and volume are as traded on the day, in whole cents; a split makes them
 * jump. `adjustedClose` is adjusted forward from 2000-01-03 (one share then, with its splits and its
 * dividends reinvested), so its returns are total returns and it holds no later knowledge.
 *
 * @param seed a whole number from 0; another seed is another world
 * @param from first date wanted, 2000-01-03 or later
 * @param to last date wanted, 2039-12-31 or earlier
 * @throws MarketDataError on a bad seed, range or symbol
 */
export function openSyntheticMarketData(asked: {
  readonly seed: number;
  readonly symbols: readonly string[];
  readonly from: Session;
  readonly to: Session;
}): MarketData {
  const { seed } = asked;
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new MarketDataError(
      `The seed of a synthetic market: expected a whole number from 0 on, found ${seed}. No market was opened. Correct the seed.`,
    );
  }
  const { sessions, start } = sessionsAsked(asked.from, asked.to);
  const symbols = [...new Set(asked.symbols)].sort(compareText).map(symbolOrFail);
  const market = { seed, sessions, factors: factorPaths(seed, sessions.length) };
  const bars = new Map<Symbol, DailyBars>();
  const actions: CorporateAction[] = [];
  for (const symbol of symbols) {
    const history = shareHistory(symbol, profileOf(symbol), market);
    bars.set(symbol, barsOf(symbol, sessions, history, start));
    actions.push(...history.actions.filter((action) => action.exDate >= asked.from));
  }
  return {
    name: `synthetic market, seed ${seed}`,
    synthetic: true,
    paysDividends: true,
    symbols,
    bars: (symbol) => bars.get(symbol),
    corporateActions: actions.sort(
      (a, b) => compareText(a.exDate, b.exDate) || compareText(a.id, b.id),
    ),
  };
}

/** Every session from the first of the market to `to`, and the index of the first one asked. */
function sessionsAsked(
  from: Session,
  to: Session,
): { readonly sessions: readonly Session[]; readonly start: number } {
  if (from < FIRST_DATE || to > LAST_DATE)
    throw badRange(from, to, `dates from ${FIRST_DATE} to ${LAST_DATE}`);
  try {
    const sessions = sessionsBetween(FIRST_DATE, to);
    const start = sessions.length - sessionsBetween(from, to).length;
    if (start === sessions.length) throw badRange(from, to, 'at least one session');
    return { sessions, start };
  } catch (error) {
    if (error instanceof CalendarError)
      throw badRange(from, to, 'two dates of the exchange calendar');
    throw error;
  }
}

function badRange(from: Session, to: Session, expected: string): MarketDataError {
  return new MarketDataError(
    `The range of a synthetic market: expected ${expected}, found "${from}" to "${to}". No market was opened. Correct the range.`,
  );
}

function symbolOrFail(text: string): Symbol {
  const symbol = asSymbol(text);
  if (symbol !== undefined) return symbol;
  throw new MarketDataError(
    `Symbol ${JSON.stringify(text)} cannot be traded in a synthetic market: expected upper-case letters, digits, ` +
      'dots and slashes like "SPY" or "BRK.B". No market was opened. Correct the symbol.',
  );
}

function barsOf(
  symbol: Symbol,
  sessions: readonly Session[],
  history: ShareHistory,
  start: number,
): DailyBars {
  const candles = history.candles.slice(start);
  const columns = {
    symbol,
    sessions: sessions.slice(start),
    open: BigInt64Array.from(candles, (candle) => BigInt(candle.open) * COUNT_PER_CENT),
    high: BigInt64Array.from(candles, (candle) => BigInt(candle.high) * COUNT_PER_CENT),
    low: BigInt64Array.from(candles, (candle) => BigInt(candle.low) * COUNT_PER_CENT),
    close: BigInt64Array.from(candles, (candle) => BigInt(candle.close) * COUNT_PER_CENT),
    adjustedClose: Float64Array.from(history.adjustedClose.slice(start)),
    volume: BigInt64Array.from(history.volume.slice(start), BigInt),
  };
  return { ...columns, version: barVersions(columns) };
}
