// Stage: tests of adapters. What every market's data must keep, whatever its source.
// Invariant: one suite for all implementations; an implementation is never excused here.
import { describe, expect, it } from 'vitest';
import { isSession } from '../../src/domain/calendar.ts';
import type { CorporateAction, Symbol } from '../../src/domain/market.ts';
import { compareText } from '../../src/domain/units/units.ts';
import type { DailyBars, MarketData } from '../../src/ports/marketData.ts';

export interface MarketDataFixture {
  /** At least two symbols of at least 20 bars each. */
  open(): MarketData;
  /** The same market with fewer of the last bars of at least one symbol, none added. */
  openShorter(): MarketData;
  /** A well-formed symbol that `open` does not hold. */
  readonly unknown: string;
}

const COLUMNS = ['sessions', 'open', 'high', 'low', 'close', 'adjustedClose', 'volume'] as const;

export function marketDataContract(name: string, fixture: MarketDataFixture): void {
  describe(`${name} keeps the contract of market data`, () => {
    it('has a name, and symbols sorted, each once', () => {
      const market = fixture.open();
      expect(market.name).not.toBe('');
      expect(market.symbols.length).toBeGreaterThanOrEqual(2);
      expect(market.symbols).toEqual([...new Set(market.symbols)].sort(compareText));
    });

    it('answers an unknown symbol with undefined, never with bars', () => {
      expect(fixture.open().bars(fixture.unknown as Symbol)).toBeUndefined(); // well formed by the fixture
      expect(fixture.open().symbols).not.toContain(fixture.unknown);
    });

    it('holds columns of one length under the symbol asked', () => {
      for (const bars of everyBars(fixture.open())) {
        expect(bars.sessions.length).toBeGreaterThanOrEqual(20);
        for (const column of COLUMNS) expect(bars[column].length).toBe(bars.sessions.length);
      }
    });

    it('holds rising sessions of the exchange', () => {
      for (const { symbol, sessions } of everyBars(fixture.open())) {
        const unsound = sessions.filter(
          (session, index) => !isSession(session) || session <= (sessions[index - 1] ?? ''),
        );
        expect([symbol, unsound]).toEqual([symbol, []]);
      }
    });

    it('keeps 0 < low ≤ open, close ≤ high, adjusted close > 0 and finite, volume ≥ 0', () => {
      for (const bars of everyBars(fixture.open())) {
        const unsound = bars.sessions.filter((_, index) => !isSound(bars, index));
        expect([bars.symbol, unsound]).toEqual([bars.symbol, []]);
      }
    });

    it('gives equal prefixes equal versions and every longer history another', () => {
      const longer = fixture.open();
      const seen = new Set<string>();
      let dropped = 0;
      for (const short of everyBars(fixture.openShorter())) {
        const long = longer.bars(short.symbol);
        expect(long?.sessions.slice(0, short.sessions.length)).toEqual(short.sessions);
        const versions = short.sessions.map((_, index) => short.version(index));
        expect(versions).toEqual(short.sessions.map((_, index) => long?.version(index)));
        for (const version of versions) {
          expect(version).toMatch(/^[0-9a-f]{64}$/);
          expect(seen.has(version)).toBe(false);
          seen.add(version);
        }
        dropped += (long?.sessions.length ?? 0) - short.sessions.length;
      }
      expect(dropped).toBeGreaterThan(0);
    });

    it('gives the same version whichever is asked first, and none for a bar not held', () => {
      const [symbol] = fixture.open().symbols;
      const ascending = fixture.open().bars(symbol as Symbol) as DailyBars; // listed by the market
      const fresh = fixture.open().bars(symbol as Symbol) as DailyBars; // as above
      const last = ascending.sessions.length - 1;
      const first = ascending.version(0);
      expect(fresh.version(last)).toBe(ascending.version(last));
      expect(fresh.version(0)).toBe(first);
      for (const index of [-1, last + 1, 0.5, Number.NaN]) {
        expect(() => fresh.version(index)).toThrow('have no version');
      }
    });

    it('opens to the same bars again', () => {
      const again = fixture.open();
      for (const bars of everyBars(fixture.open())) {
        const same = again.bars(bars.symbol);
        for (const column of COLUMNS) expect(same?.[column]).toEqual(bars[column]);
        const last = bars.sessions.length - 1;
        expect(same?.version(last)).toBe(bars.version(last));
      }
    });

    it('sorts corporate actions by ex-date and id, each once, on sessions, of symbols held', () => {
      const market = fixture.open();
      const actions = market.corporateActions;
      const keys = actions.map((action) => `${action.exDate} ${action.id}`);
      expect(keys).toEqual([...new Set(keys)].sort(compareText));
      expect(new Set(actions.map((action) => action.id)).size).toBe(actions.length);
      expect(actions.filter((action) => !market.symbols.includes(action.symbol))).toEqual([]);
      expect(actions.filter((action) => !isPossible(action))).toEqual([]);
    });

    it('holds dividends only when it says that it pays them', () => {
      const market = fixture.open();
      const dividends = market.corporateActions.filter((action) => action.kind === 'dividend');
      expect(market.paysDividends ? [] : dividends).toEqual([]);
    });
  });
}

function everyBars(market: MarketData): DailyBars[] {
  return market.symbols.map((symbol) => {
    const bars = market.bars(symbol);
    if (bars?.symbol !== symbol)
      throw new Error(`${market.name} lists ${symbol} and holds no bars of it.`);
    return bars;
  });
}

function isPossible(action: CorporateAction): boolean {
  if (!isSession(action.exDate)) return false;
  if (action.kind === 'dividend') {
    return action.perShare > 0n && isSession(action.payDate) && action.payDate > action.exDate;
  }
  if (action.kind === 'merger') return action.perShare >= 0n && isSession(action.payDate);
  if ('newSymbol' in action && action.symbol === action.newSymbol) return false;
  if (action.kind === 'symbol_change') return true;
  const { oldShares, newShares } = action;
  const counts = [oldShares, newShares].every((count) => Number.isSafeInteger(count) && count > 0);
  return counts && (action.kind === 'spin_off' || oldShares !== newShares);
}

function isSound(bars: DailyBars, index: number): boolean {
  const [open, high, low, close, volume] = [
    bars.open,
    bars.high,
    bars.low,
    bars.close,
    bars.volume,
  ].map((column) => column[index] ?? -1n) as [bigint, bigint, bigint, bigint, bigint]; // five columns in, five values out
  const adjusted = bars.adjustedClose[index] ?? Number.NaN;
  const ordered = 0n < low && low <= open && low <= close && high >= open && high >= close;
  return ordered && volume >= 0n && Number.isFinite(adjusted) && adjusted > 0;
}
