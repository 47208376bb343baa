// Stage: backtest. A market over a range of sessions as plain columns: quotes, ranges, closes, actions.
// Invariant: what the engine would not see or not trust is NaN, never a price carried forward.
import type { CorporateAction, Symbol } from '../domain/market.ts';
import type { Session } from '../domain/time.ts';
import type { DailyBars, MarketData } from '../ports/marketData.ts';
import { quoteAround, stepsWithin } from './quoting.ts';
import { usd, type Friction } from './rules.ts';

/** When a decision trades: at the open after the bars it read, or at the close of the last of them. */
export type TradeAt = 'next-open' | 'same-close';

/**
 * Columns in USD and shares, one entry a (session, symbol): `session index × symbols + symbol index`.
 */
export interface Tape {
  readonly sessions: readonly Session[];
  readonly symbols: readonly Symbol[];
  readonly tradeAt: TradeAt;
  /** Decision and cross price; NaN without a sane quote. */
  readonly mid: Float64Array;
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  /** Every execution lies between these. */
  readonly lowest: Float64Array;
  readonly highest: Float64Array;
  /** The mark; NaN without a bar. */
  readonly close: Float64Array;
  /** Whole shares. */
  readonly volume: Float64Array;
  /** By session index: splits first on one date, as everywhere. */
  readonly actions: ReadonlyMap<number, readonly TapeAction[]>;
}

export type TapeAction =
  | { readonly kind: 'split'; readonly symbol: number; readonly ratio: number }
  | {
      readonly kind: 'dividend';
      readonly symbol: number;
      readonly perShare: number;
      /** Index of the session at whose open it is paid; beyond the last one when it is not. */
      readonly paidAt: number;
    };

/**
 * Reads the columns of a range.
 *
 * @param of.symbols sorted; a symbol that the market does not hold has no bar on any session
 */
export function readTape(
  market: MarketData,
  of: {
    readonly sessions: readonly Session[];
    readonly symbols: readonly Symbol[];
    readonly friction: Friction;
    /** Widest spread that is still a quote, as a fraction of the mid. */
    readonly maxSpread: number;
    readonly tradeAt: TradeAt;
  },
): Tape {
  const { sessions, symbols, tradeAt } = of;
  const size = sessions.length * symbols.length;
  const column = (): Float64Array => new Float64Array(size).fill(Number.NaN);
  const tape: Tape = {
    sessions,
    symbols,
    tradeAt,
    mid: column(),
    bid: column(),
    ask: column(),
    lowest: column(),
    highest: column(),
    close: column(),
    volume: column(),
    actions: actionsBySession(market.corporateActions, sessions, symbols),
  };
  symbols.forEach((symbol, index) => {
    const bars = market.bars(symbol);
    if (bars !== undefined) readSymbol(tape, bars, { ...of, index });
  });
  return tape;
}

function readSymbol(
  tape: Tape,
  bars: DailyBars,
  of: { readonly index: number; readonly friction: Friction; readonly maxSpread: number },
): void {
  const quote = { bid: 0, ask: 0 };
  const range = { lowest: 0, highest: 0 };
  const { friction } = of;
  let at = firstFrom(bars.sessions, tape.sessions[0] ?? '');
  tape.sessions.forEach((session, day) => {
    while (at < bars.sessions.length && (bars.sessions[at] ?? '') < session) at += 1;
    if (bars.sessions[at] !== session) return;
    const cell = day * tape.symbols.length + of.index;
    const open = Number(bars.open[at]);
    const high = Number(bars.high[at]);
    const low = Number(bars.low[at]);
    const close = Number(bars.close[at]);
    tape.close[cell] = close / 1e9;
    const volume = Number(bars.volume[at]);
    // What the exchange takes for a bar that trades.
    if (low <= 0 || low > open || open > high || volume < 0) return;
    tape.volume[cell] = volume;
    const traded = tape.tradeAt === 'next-open' ? open : close;
    if (traded <= 0) return;
    stepsWithin({ open: traded, high, low }, friction.priceSteps, range);
    tape.lowest[cell] = range.lowest / 1e9;
    tape.highest[cell] = range.highest / 1e9;
    const { bid, ask } = quoteAround(traded, friction, quote);
    const mid = (bid + ask) / 2;
    if (bid <= 0 || ask - bid > mid * of.maxSpread) return;
    tape.bid[cell] = bid / 1e9;
    tape.ask[cell] = ask / 1e9;
    tape.mid[cell] = mid / 1e9;
  });
}

/** Every action, at the first session on or after its ex-date; what lies before the range held nothing. */
function actionsBySession(
  actions: readonly CorporateAction[],
  sessions: readonly Session[],
  symbols: readonly Symbol[],
): Map<number, TapeAction[]> {
  const indexes = new Map(symbols.map((symbol, index) => [symbol, index]));
  const bySession = new Map<number, TapeAction[]>();
  const first = sessions[0] ?? '';
  const inOrder = [...actions].sort((a, b) => {
    if (a.exDate !== b.exDate) return a.exDate < b.exDate ? -1 : 1;
    return Number(a.kind === 'dividend') - Number(b.kind === 'dividend');
  });
  for (const action of inOrder) {
    const symbol = indexes.get(action.symbol);
    const day = firstFrom(sessions, action.exDate);
    if (symbol === undefined || action.exDate < first || day === sessions.length) continue;
    const known = bySession.get(day) ?? [];
    if (action.kind !== 'split' && action.kind !== 'dividend')
      throw new RangeError(
        `The research path has no rule for the ${action.kind.replace('_', ' ')} of ${action.symbol} on ${action.exDate}: expected splits and dividends. ` +
          'Nothing was computed. Run the backtest through the whole engine, without --research.',
      );
    known.push(
      action.kind === 'split'
        ? { kind: 'split', symbol, ratio: action.newShares / action.oldShares }
        : {
            kind: 'dividend',
            symbol,
            perShare: usd(action.perShare),
            paidAt: firstFrom(sessions, action.payDate),
          },
    );
    bySession.set(day, known);
  }
  return bySession;
}

/** Index of the first session on or after a date. */
function firstFrom(sessions: readonly string[], date: string): number {
  let low = 0;
  let high = sessions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sessions[middle] ?? '') < date) low = middle + 1;
    else high = middle;
  }
  return low;
}
