// Stage: facts → bars. A made-up market, by seed, labelled synthetic wherever it shows.
// Invariant: a bar depends on seed, symbol and date alone: not on the range or the other symbols asked.
import { barVersions } from '../../domain/barVersion.ts';
import { CalendarError, nextSession, sessionsBetween } from '../../domain/calendar.ts';
import { asSymbol, type CorporateAction, type Symbol } from '../../domain/market.ts';
import { session, type Session } from '../../domain/time.ts';
import { compareText } from '../../domain/units/units.ts';
import { MarketDataError, type DailyBars, type MarketData } from '../../ports/marketData.ts';
import { factorPaths } from './factors.ts';
import { isFund, profileOf } from './profiles.ts';
import {
  derivedSymbol,
  drawReorganisations,
  endAction,
  NO_REORGANISATIONS,
} from './reorganisations.ts';
import { shareHistory, type ShareHistory, type SyntheticSessions } from './shareHistory.ts';

/** Every history starts here, whatever range is asked. */
const FIRST_DATE = session('2000-01-03');
/** A dividend of the last sessions is still paid within the exchange calendar. */
const LAST_DATE = session('2039-12-31');

/** Sessions from a merger to its payment. */
const PAID_AFTER = 3;

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
 * @param reorganisations whether companies, from the first date wanted on, spin off others ("ACME.S"), are
 *   renamed ("ACME.N") or bought for cash: their bars end there. None when absent; funds never are
 * @throws MarketDataError on a bad seed, range or symbol
 */
export function openSyntheticMarketData(asked: {
  readonly seed: number;
  readonly symbols: readonly string[];
  readonly from: Session;
  readonly to: Session;
  readonly reorganisations?: boolean;
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
    // Asked for beside the company it comes of: see there.
    if (bars.has(symbol)) continue;
    const { traded, taken } = companyOf(
      symbol,
      { ...market, start },
      asked.reorganisations === true,
    );
    for (const each of traded) bars.set(each.symbol, each);
    actions.push(...taken.filter((action) => action.exDate >= asked.from));
  }
  return {
    name: `synthetic market, seed ${seed}${asked.reorganisations === true ? ', with reorganisations' : ''}`,
    synthetic: true,
    paysDividends: true,
    symbols: [...bars.keys()].sort(compareText),
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

interface Company {
  /** Its bars, and those of what came of it. */
  readonly traded: readonly DailyBars[];
  readonly taken: readonly CorporateAction[];
}

/** A symbol with all that becomes of it. */
function companyOf(
  symbol: Symbol,
  market: SyntheticSessions & { readonly start: number },
  isReorganised: boolean,
): Company {
  const { sessions, start, seed } = market;
  const { spinOff, end } =
    isReorganised && !isFund(symbol)
      ? drawReorganisations(seed, symbol, start)
      : NO_REORGANISATIONS;
  const history = shareHistory(symbol, profileOf(symbol), market, { spinOff });
  const endsAt = end !== null && end.at < sessions.length ? end.at : sessions.length;
  // Bought before it could: there is no such company.
  const isBought = end?.kind === 'merger' && (history.spun?.index ?? 0) >= endsAt;
  const spun = isBought ? null : history.spun;
  const traded: DailyBars[] = [];
  const taken: CorporateAction[] = [];
  if (spun !== null) {
    const other = derivedSymbol(symbol, 'S');
    const profile = { ...profileOf(other), firstPrice: spun.value };
    const given = shareHistory(other, profile, market, { start: spun.index });
    traded.push(barsOf(other, sessions, given, { from: spun.index, offset: spun.index }));
    taken.push(...given.actions);
  }
  const on = sessions[endsAt];
  traded.push(barsOf(symbol, sessions, history, { from: start, to: endsAt }));
  if (end === null || on === undefined) return { traded, taken: [...taken, ...history.actions] };
  const close = history.candles[endsAt - 1]?.close ?? 0;
  let payDate = on;
  for (let lag = 0; lag < PAID_AFTER; lag += 1) payDate = nextSession(payDate);
  taken.push(
    ...history.actions.filter(({ exDate }) => exDate < on),
    endAction(symbol, on, { kind: end.kind, close, payDate }),
  );
  if (end.kind === 'merger') return { traded, taken };
  const renamed = derivedSymbol(symbol, 'N');
  traded.push(barsOf(renamed, sessions, history, { from: endsAt }));
  const later = history.actions.filter(({ exDate }) => exDate >= on);
  return {
    traded,
    taken: [
      ...taken,
      ...later.map((action) => ({
        ...action,
        symbol: renamed,
        id: action.id.replace(symbol, renamed),
      })),
    ],
  };
}

/** @param of the sessions shown; `offset` of the history's first entry in the market's sessions */
function barsOf(
  symbol: Symbol,
  sessions: readonly Session[],
  history: ShareHistory,
  of: { readonly from: number; readonly to?: number; readonly offset?: number },
): DailyBars {
  const { from, to = sessions.length, offset = 0 } = of;
  const shown = <T>(column: readonly T[]): T[] => column.slice(from - offset, to - offset);
  const candles = shown(history.candles);
  const columns = {
    symbol,
    sessions: sessions.slice(from, to),
    open: BigInt64Array.from(candles, (candle) => BigInt(candle.open) * COUNT_PER_CENT),
    high: BigInt64Array.from(candles, (candle) => BigInt(candle.high) * COUNT_PER_CENT),
    low: BigInt64Array.from(candles, (candle) => BigInt(candle.low) * COUNT_PER_CENT),
    close: BigInt64Array.from(candles, (candle) => BigInt(candle.close) * COUNT_PER_CENT),
    adjustedClose: Float64Array.from(shown(history.adjustedClose)),
    volume: BigInt64Array.from(shown(history.volume), BigInt),
  };
  return { ...columns, version: barVersions(columns) };
}
