// Stage: facts → bars; tests of the synthetic market as a whole.
// Invariant: its worlds are pinned by hash, keep the rules of real bars, and look like a market.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { marketDataContract } from '../../../test/contracts/marketData.ts';
import { digestOf } from '../../domain/canonical.ts';
import { sessionsBetween } from '../../domain/calendar.ts';
import type { CorporateAction, Symbol } from '../../domain/market.ts';
import { session, type Session } from '../../domain/time.ts';
import { format } from '../../domain/units/units.ts';
import { MarketDataError, type DailyBars, type MarketData } from '../../ports/marketData.ts';
import { openCsvMarketData } from '../market-data-csv/csvMarketData.ts';
import { writeCsvFolder } from '../../../test/markets/csvFolder.ts';
import { openSyntheticMarketData } from './syntheticMarketData.ts';

const CATALOGUE =
  'AGG DBC EEM EFA GLD IEF IWM QQQ SHY SPY TLT USO VTI XLB XLE XLF XLI XLK XLP XLU XLV XLY'.split(
    ' ',
  );
const FROM = session('2000-01-03');
const TO = session('2024-12-31');

const open = (seed: number, symbols: readonly string[], from = FROM, to = TO): MarketData =>
  openSyntheticMarketData({ seed, symbols, from, to });

const whole = open(7, [...CATALOGUE, 'ZM', 'BRK.B']);

marketDataContract('the synthetic market', {
  open: () => open(3, ['SPY', 'TLT', 'ZM'], session('2010-02-01'), session('2014-06-30')),
  openShorter: () => open(3, ['TLT', 'ZM', 'SPY'], session('2010-02-01'), session('2013-03-15')),
  unknown: 'QQQ',
});

describe('a seed', () => {
  // The worlds that strategies, demos and their recorded results stand on. A change here changes all
  // of them: it needs a line in the changelog.
  it.each([
    [1, 'SPY', 'd1ece267235145de13cb4d4beb79eb645a892ea56bbff3907e64fdf1db76a744'],
    [7, 'SPY', '3dcb1015a8e31de4421c7f7ca44fbcb7ee0d24c0824884d3696615af1d763f92'],
    [7, 'TLT', 'c2ddefdd4627e17db9475e2571941512e93864e38df31a0c7bc3abe58e983ee2'],
    [7, 'ZM', '6a8d1ffda522334992d814f9e3b2dd05e300b5be823c95fb83c18ce87b60a6d3'],
    [42, 'QQQ', '50b38e2ad9916e92cc1159e03e6a15620eb60654358f2603c8d8a6d3fa20b1d7'],
  ])('%i gives %s the bars of 2000 to 2024 with sha256 %s', (seed, symbol, version) => {
    const bars = barsOf(open(seed, [symbol]), symbol);
    expect(bars.version(bars.sessions.length - 1)).toBe(version);
  });

  it('7 gives the corporate actions that were recorded', () => {
    const actions = whole.corporateActions.map((action) => {
      if (action.kind === 'split') return action;
      if (action.kind === 'dividend') return { ...action, perShare: format(action.perShare) };
      throw new Error(`The synthetic market has no ${action.kind}.`);
    });
    expect(actions.length).toBe(2831);
    expect(digestOf(actions)).toBe(
      '634aa1c7421f965f12231ec9c6f8ea0b069f880cbd4e66257ec61ce3211ad583',
    );
  });

  it('is said, with the word synthetic, wherever the market is named', () => {
    expect(whole).toMatchObject({
      name: 'synthetic market, seed 7',
      synthetic: true,
      paysDividends: true,
    });
  });

  it('gives another world than another seed', () => {
    expect(barsOf(open(8, ['SPY']), 'SPY').close).not.toEqual(barsOf(whole, 'SPY').close);
  });
});

describe('a bar', () => {
  it('does not depend on the other symbols asked', () => {
    const alone = open(7, ['XLE']);
    expect(columnsOf(barsOf(alone, 'XLE'))).toEqual(columnsOf(barsOf(whole, 'XLE')));
    expect(alone.corporateActions).toEqual(
      whole.corporateActions.filter((action) => action.symbol === 'XLE'),
    );
  });

  it('does not depend on the range asked', () => {
    const [from, to] = [session('2011-03-05'), session('2018-07-17')];
    const part = open(7, ['SPY', 'ZM'], from, to);
    for (const symbol of ['SPY', 'ZM']) {
      const all = barsOf(whole, symbol);
      const start = all.sessions.indexOf(session('2011-03-07'));
      const end = all.sessions.indexOf(to) + 1;
      const cut = columnsOf(all).map((column) => column.slice(start, end));
      expect(columnsOf(barsOf(part, symbol))).toEqual(cut);
    }
    const within = whole.corporateActions.filter(
      ({ symbol, exDate }) => ['SPY', 'ZM'].includes(symbol) && exDate >= from && exDate <= to,
    );
    expect(part.corporateActions).toEqual(within);
    expect(within.length).toBeGreaterThan(25);
  });

  it('stands on every session from the first to the last', () => {
    for (const symbol of whole.symbols)
      expect(barsOf(whole, symbol).sessions).toEqual(sessionsBetween(FROM, TO));
  });

  it('is in whole cents', () => {
    for (const symbol of whole.symbols) {
      const { open: opens, high, low, close } = barsOf(whole, symbol);
      for (const column of [opens, high, low, close]) {
        expect(column.filter((count) => count % 10_000_000n !== 0n)).toEqual(new BigInt64Array());
      }
    }
  });
});

describe('corporate actions', () => {
  it('make the adjusted return (close + dividend) × split ÷ previous close − 1 on every session', () => {
    for (const symbol of whole.symbols) {
      const bars = barsOf(whole, symbol);
      const byDate = actionsByDate(whole, symbol);
      let worst = 0;
      for (let i = 1; i < bars.sessions.length; i += 1) {
        const action = byDate.get(bars.sessions[i] ?? FROM);
        const dividend = action?.kind === 'dividend' ? Number(action.perShare) : 0;
        const split = action?.kind === 'split' ? action.newShares / action.oldShares : 1;
        const total = ((Number(bars.close[i]) + dividend) * split) / Number(bars.close[i - 1]) - 1;
        const adjusted = (bars.adjustedClose[i] ?? 0) / (bars.adjustedClose[i - 1] ?? 0) - 1;
        worst = Math.max(worst, Math.abs(adjusted - total));
      }
      expect(worst).toBeLessThan(1e-9);
    }
  });

  it('are at most one for a symbol on a date, and pay 5 to 20 sessions after the ex-date', () => {
    const keys = whole.corporateActions.map(({ symbol, exDate }) => `${symbol} ${exDate}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const action of whole.corporateActions) {
      const paid =
        action.kind === 'dividend' ? sessionsBetween(action.exDate, action.payDate).length - 1 : 5;
      expect(paid).toBeGreaterThanOrEqual(5);
      expect(paid).toBeLessThanOrEqual(20);
    }
  });

  it('split raw prices by their ratio on the ex-date, at the open already', () => {
    const ratios = new Set<number>();
    for (const action of whole.corporateActions) {
      if (action.kind !== 'split') continue;
      const bars = barsOf(whole, action.symbol);
      const index = bars.sessions.indexOf(action.exDate);
      const before = Number(bars.close[index - 1]);
      for (const after of [bars.open[index], bars.close[index]]) {
        const jump = before / Number(after);
        expect(jump / action.newShares).toBeGreaterThan(0.85);
        expect(jump / action.newShares).toBeLessThan(1.15);
      }
      ratios.add(action.newShares);
    }
    expect([...ratios].sort((a, b) => a - b)).toEqual([2, 3, 4]);
  });

  it('pay four times a year for shares, twelve times for bonds, never for gold and oil', () => {
    const paid = (symbol: string, year: string): number =>
      dividendsOf(whole, symbol).filter(({ exDate }) => exDate.startsWith(year)).length;
    expect(
      ['SPY', 'XLU', 'TLT', 'SHY', 'GLD', 'USO'].map((symbol) => paid(symbol, '2001')),
    ).toEqual([4, 4, 12, 12, 0, 0]);
    expect(
      ['SPY', 'XLU', 'TLT', 'SHY', 'GLD', 'USO'].map((symbol) => paid(symbol, '2012')),
    ).toEqual([4, 4, 12, 12, 0, 0]);
  });

  it('take the dividend from the price on the ex-date: a short bond falls by its interest', () => {
    const bars = barsOf(whole, 'SHY');
    const moves = dividendsOf(whole, 'SHY').map(({ exDate, perShare }) => {
      const index = bars.sessions.indexOf(exDate);
      const [before, after] = [Number(bars.close[index - 1]), Number(bars.close[index])];
      return { ofPrice: after / before - 1, ofBoth: (after + Number(perShare)) / before - 1 };
    });
    expect(moments(moves.map((move) => move.ofPrice)).mean).toBeLessThan(-0.0025);
    expect(Math.abs(moments(moves.map((move) => move.ofBoth)).mean)).toBeLessThan(0.0005);
  });

  it('pay in a year about the income of the profile', () => {
    const yearly = (symbol: string, year: string): number => {
      const bars = barsOf(whole, symbol);
      const paid = dividendsOf(whole, symbol).filter(({ exDate }) => exDate.startsWith(year));
      const yields = paid.map(({ exDate, perShare }) => {
        const before = bars.close[bars.sessions.indexOf(exDate) - 1];
        return Number(perShare) / Number(before);
      });
      return yields.reduce((sum, part) => sum + part, 0);
    };
    for (const year of ['2003', '2012', '2021']) {
      expect(yearly('SPY', year)).toBeCloseTo(0.019, 4);
      expect(yearly('XLU', year)).toBeCloseTo(0.034, 4);
      expect(yearly('IEF', year)).toBeGreaterThan(0.002);
      expect(yearly('IEF', year)).toBeLessThan(0.1);
      expect(yearly('IEF', year)).toBeCloseTo(yearly('TLT', year), 3);
    }
  });
});

describe.each([1, 2, 3, 7])('the world of seed %i looks like a market', (seed) => {
  const market = open(seed, ['SPY', 'QQQ', 'TLT', 'SHY', 'GLD', 'XLK', 'XLP']);
  const returns = (symbol: string): number[] => returnsOf(barsOf(market, symbol));
  const spy = returns('SPY');

  it('with shares of 11 to 22 % volatility a year, long bonds of 9 to 18 %, short ones under 3 %', () => {
    expect(yearlyVolatility(spy)).toBeGreaterThan(0.11);
    expect(yearlyVolatility(spy)).toBeLessThan(0.22);
    expect(yearlyVolatility(returns('TLT'))).toBeGreaterThan(0.09);
    expect(yearlyVolatility(returns('TLT'))).toBeLessThan(0.18);
    expect(yearlyVolatility(returns('SHY'))).toBeLessThan(0.03);
    expect(yearlyVolatility(returns('QQQ'))).toBeGreaterThan(yearlyVolatility(spy));
    expect(yearlyVolatility(returns('XLP'))).toBeLessThan(yearlyVolatility(spy));
  });

  it('with bonds that tend to rise when shares fall, and gold apart from both', () => {
    expect(correlation(spy, returns('TLT'))).toBeLessThan(-0.1);
    expect(correlation(spy, returns('TLT'))).toBeGreaterThan(-0.6);
    expect(Math.abs(correlation(spy, returns('GLD')))).toBeLessThan(0.15);
    expect(correlation(spy, returns('QQQ'))).toBeGreaterThan(0.8);
    expect(correlation(returns('QQQ'), returns('XLK'))).toBeGreaterThan(
      correlation(spy, returns('XLK')),
    );
  });

  it('with fat tails and volatility that clusters', () => {
    expect(moments(spy).excessKurtosis).toBeGreaterThan(2);
    const sizes = spy.map(Math.abs);
    expect(correlation(sizes.slice(1), sizes.slice(0, -1))).toBeGreaterThan(0.15);
    expect(Math.abs(correlation(spy.slice(1), spy.slice(0, -1)))).toBeLessThan(0.1);
    expect(Math.min(...spy)).toBeGreaterThan(-0.25);
  });

  it('with shares that end higher and fall by a fifth or more on the way', () => {
    const { adjustedClose } = barsOf(market, 'SPY');
    expect(adjustedClose.at(-1)).toBeGreaterThan(2 * (adjustedClose[0] ?? 0));
    expect(deepestFall(adjustedClose)).toBeGreaterThan(0.2);
    expect(deepestFall(adjustedClose)).toBeLessThan(0.75);
  });
});

describe('what cannot be opened', () => {
  it.each([
    [{ seed: -1 }, 'The seed of a synthetic market: expected a whole number from 0 on, found -1.'],
    [{ seed: 1.5 }, 'found 1.5'],
    [{ seed: Number.NaN }, 'found NaN'],
    [
      { from: '1999-12-31' as Session },
      'expected dates from 2000-01-03 to 2039-12-31, found "1999-12-31" to',
    ],
    [{ to: '2040-01-01' as Session }, 'expected dates from 2000-01-03 to 2039-12-31'],
    [{ from: session('2024-07-06'), to: session('2024-07-07') }, 'expected at least one session'],
    [{ from: session('2024-07-09'), to: session('2024-07-08') }, 'expected at least one session'],
    [{ to: '2024-02-30' as Session }, 'expected two dates of the exchange calendar'],
    [{ symbols: ['spy'] }, 'Symbol "spy" cannot be traded in a synthetic market'],
    [{ symbols: [''] }, 'Symbol "" cannot be traded in a synthetic market'],
  ])('%j is refused', (wrong, message) => {
    const asked = { seed: 7, symbols: ['SPY'], from: FROM, to: TO, ...wrong };
    expect(() => openSyntheticMarketData(asked)).toThrow(MarketDataError);
    expect(() => openSyntheticMarketData(asked)).toThrow(message);
  });

  it('does not include the last dates of the range', () => {
    const end = open(7, ['SPY', 'TLT'], session('2039-12-01'), session('2039-12-31'));
    expect(barsOf(end, 'SPY').sessions.at(-1)).toBe('2039-12-30');
    expect(end.corporateActions.length).toBe(2);
  });
});

describe('a folder written from it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-synthetic-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const symbols = ['SPY', 'TLT', 'XLK'];
  const market = open(7, symbols, FROM, session('2019-12-31'));
  writeCsvFolder(market, folder);
  const read = openCsvMarketData({ folder, symbols });

  it('is read by the CSV market: the same sessions, split-adjusted prices, the same total returns', () => {
    for (const symbol of symbols) {
      const [raw, adjusted] = [barsOf(market, symbol), barsOf(read, symbol)];
      expect(adjusted.sessions).toEqual(raw.sessions);
      expect(adjusted.close.at(-1)).toBe(raw.close.at(-1));
      const returns = returnsOf(adjusted);
      const differences = returnsOf(raw).map((value, index) =>
        Math.abs(value - (returns[index] ?? 9)),
      );
      expect(Math.max(...differences)).toBeLessThan(1e-6);
    }
  });

  it('has no jump where a split was, and all the shares that it made', () => {
    const splits = market.corporateActions.filter((action) => action.kind === 'split');
    expect(splits.length).toBeGreaterThan(2);
    for (const { symbol, exDate } of splits) {
      const bars = barsOf(read, symbol);
      const index = bars.sessions.indexOf(exDate);
      expect(Number(bars.open[index]) / Number(bars.close[index - 1])).toBeGreaterThan(0.85);
      const product = splits.reduce(
        (all, other) => all * (other.symbol === symbol ? other.newShares : 1),
        1,
      );
      expect(bars.volume[0]).toBe((barsOf(market, symbol).volume[0] ?? 0n) * BigInt(product));
    }
  });
});

function barsOf(market: MarketData, symbol: string): DailyBars {
  const bars = market.bars(symbol as Symbol); // well formed
  if (bars === undefined) throw new Error(`No bars of ${symbol}.`);
  return bars;
}

const columnsOf = (bars: DailyBars) => [
  bars.sessions,
  bars.open,
  bars.high,
  bars.low,
  bars.close,
  bars.adjustedClose,
  bars.volume,
];

const actionsByDate = (market: MarketData, symbol: string): Map<Session, CorporateAction> =>
  new Map(
    market.corporateActions
      .filter((action) => action.symbol === symbol)
      .map((action) => [action.exDate, action]),
  );

const dividendsOf = (market: MarketData, symbol: string) =>
  market.corporateActions
    .filter((action) => action.kind === 'dividend')
    .filter((action) => action.symbol === symbol);

function returnsOf({ adjustedClose }: DailyBars): number[] {
  return Array.from(
    adjustedClose.slice(1),
    (close, index) => close / (adjustedClose[index] ?? 0) - 1,
  );
}

function moments(values: readonly number[]): {
  mean: number;
  deviation: number;
  excessKurtosis: number;
} {
  const average = (power: number, about: number): number =>
    values.reduce((sum, value) => sum + (value - about) ** power, 0) / values.length;
  const mean = average(1, 0);
  const variance = average(2, mean);
  return {
    mean,
    deviation: Math.sqrt(variance),
    excessKurtosis: average(4, mean) / variance ** 2 - 3,
  };
}

const yearlyVolatility = (returns: readonly number[]): number =>
  moments(returns).deviation * Math.sqrt(252);

function correlation(a: readonly number[], b: readonly number[]): number {
  const [ofA, ofB] = [moments(a), moments(b)];
  const products = a.map((value, index) => (value - ofA.mean) * ((b[index] ?? 0) - ofB.mean));
  return moments(products).mean / ofA.deviation / ofB.deviation;
}

function deepestFall(values: Float64Array): number {
  let peak = 0;
  let deepest = 0;
  for (const value of values) {
    peak = Math.max(peak, value);
    deepest = Math.max(deepest, 1 - value / peak);
  }
  return deepest;
}
