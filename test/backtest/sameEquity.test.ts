// Stage: tests. The two speeds of a backtest are one semantics.
// Invariant: every sleeve's NAV at every close agrees to 1e-9 of itself, where the market has no chance.
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DEFAULT_EXCHANGE_SETTINGS } from '../../src/adapters/exchange/settings.ts';
import { openCsvMarketData } from '../../src/adapters/market-data-csv/csvMarketData.ts';
import { parseMoney, parseWeight } from '../../src/domain/units/units.ts';
import type { DailyBars, MarketData } from '../../src/ports/marketData.ts';
import { fixed } from '../flows/account.ts';
import { drawn, marketOf, SYMBOLS, turning } from '../flows/lively.ts';
import { writeCsvFolder } from '../markets/csvFolder.ts';
import { byEngine, byResearch, largestDifference, type Case } from './bothPaths.ts';

// The engine counts in 1e-9 share and 1e-9 USD, truncates target shares, and floors weights to 1e-12;
// the research path does none of it. On sleeves of some 1e5 USD this is 1e-13 of the NAV a trade.
const TOLERANCE = 1e-9;

const DAILY = DEFAULT_EXCHANGE_SETTINGS;
/** The market's own quotes, to the cent; nothing by chance. */
const SPREAD_ONLY = {
  ...DAILY,
  slippageBps: '0',
  impactBps: '0',
  maxSlippageBps: '0',
  participation: '1',
  maxSlices: 1,
  promptMinutes: 1,
  lateRate: '0',
  partialRate: '0',
  rejectRate: '0',
};

/** Seven months in which AAPL and NVDA split and everything pays dividends. */
const base = {
  market: marketOf(4),
  from: '2020-03-02',
  to: '2020-09-30',
  cash: '1000000',
} as const;

const five = (over: Parameters<typeof turning>[2] = {}): Case['sleeves'] =>
  ['a', 'b', 'c', 'd', 'e'].map((id) => ({
    id,
    cash: '200000',
    strategy: turning(id, 3, over),
  }));

async function expectSameEquity(
  of: Case,
  tolerance = TOLERANCE,
): Promise<{ fills: number; crosses: number }> {
  const engine = await byEngine(of);
  const research = byResearch(of);
  expect(largestDifference(engine.navs, research.navs)).toBeLessThan(tolerance);
  expect(research.fills.count).toBe(engine.fills);
  expect(engine.fills).toBeGreaterThan(0);
  return engine;
}

describe('on a market without friction the research path has the equity of the engine', () => {
  it('for one sleeve that keeps its weights, through dividends', async () => {
    const sleeves = [{ id: 'a', cash: '999000', strategy: fixed('a', { SPY: 0.6, TLT: 0.4 }) }];
    await expectSameEquity({ ...base, sleeves });
    expect(base.market.corporateActions.some(({ kind }) => kind === 'dividend')).toBe(true);
  });

  it('for one sleeve that holds through a split', async () => {
    const split = marketOf(4).corporateActions.find(
      ({ kind, exDate }) => kind === 'split' && exDate > base.from && exDate < base.to,
    );
    expect(split).toBeDefined();
    const weights = { [split?.symbol ?? '']: 0.7, SPY: 0.2 };
    const sleeves = [{ id: 'a', cash: '1000000', strategy: fixed('a', weights) }];
    await expectSameEquity({ ...base, sleeves });
  });

  it('for five sleeves that turn over every session, netted and crossed', async () => {
    const { crosses } = await expectSameEquity({ ...base, sleeves: five() });
    expect(crosses).toBeGreaterThan(100);
  });

  it('for strategies that fail, with each policy', async () => {
    const sleeves = five({ failures: 0.1 }).map((sleeve, index) => ({
      ...sleeve,
      onFailure: (['hold', 'cash', 'hold', 'cash', 'abort'] as const)[index] ?? 'hold',
    }));
    await expectSameEquity({ ...base, sleeves });
  });

  it.each([
    { kind: 'calendar', frequency: 'weekly' },
    { kind: 'calendar', frequency: 'monthly' },
    { kind: 'calendar', frequency: 'quarterly' },
    { kind: 'corridor', width: '0.6' },
    { kind: 'none' },
  ] as const)('under the rebalance rule %j', async (rebalance) => {
    await expectSameEquity({ ...base, sleeves: five({ rebalance }) });
  });

  it('when sleeves are fully invested and a dividend is not yet cash', async () => {
    const limits = { deployment: parseWeight('1'), priceAllowance: parseWeight('0') };
    await expectSameEquity({ ...base, sleeves: five(), limits });
  });

  it('when cash is short at the prices that buys may pay', async () => {
    const limits = { deployment: parseWeight('1'), priceAllowance: parseWeight('0.02') };
    await expectSameEquity({ ...base, sleeves: five(), limits });
  });

  it('but for the cents of the broker, when the reserve of the account binds', async () => {
    // The account's cash at the broker is rounded to the cent with each fill, and limits the buys.
    const limits = { reserve: parseMoney('400000') };
    await expectSameEquity({ ...base, sleeves: five(), limits }, 1e-6);
  });

  it('when no trade is too small', async () => {
    const limits = {
      microTradeFloor: parseMoney('0'),
      microTradeAccountShare: parseWeight('0'),
      microTradeSleeveShare: parseWeight('0'),
    };
    await expectSameEquity({ ...base, sleeves: five(), limits });
  });
});

describe('what a report shows is the same from both', () => {
  it('turnover, costs, holdings, crosses, savings and orders, session by session', async () => {
    const of = { ...base, sleeves: five({ failures: 0.05 }), exchange: SPREAD_ONLY };
    const { history: engine } = await byEngine(of);
    const { history: research } = byResearch(of);
    for (const [index, sleeve] of engine.sleeves.entries()) {
      const other = research.sleeves[index];
      expect(other?.id).toBe(sleeve.id);
      for (const name of COLUMNS) expectClose(other?.[name] ?? new Float64Array(0), sleeve[name]);
      expect(other?.holdings).toEqual(sleeve.holdings);
      expect(other?.symbols.map(({ symbol, sessionsHeld }) => [symbol, sessionsHeld])).toEqual(
        sleeve.symbols.map(({ symbol, sessionsHeld }) => [symbol, sessionsHeld]),
      );
    }
    expect(research.holdings).toEqual(engine.holdings);
    expect(research.symbols.map(({ symbol, sessionsHeld }) => [symbol, sessionsHeld])).toEqual(
      engine.symbols.map(({ symbol, sessionsHeld }) => [symbol, sessionsHeld]),
    );
    // The cents that the broker rounded are part of the engine's equity.
    research.symbols.forEach(({ meanWeight, lastWeight }, index) => {
      expect(meanWeight).toBeCloseTo(engine.symbols[index]?.meanWeight ?? Number.NaN, 7);
      expect(lastWeight).toBeCloseTo(engine.symbols[index]?.lastWeight ?? Number.NaN, 7);
    });
    expect(research.orders).toEqual(engine.orders);
    expect(research.ordersAvoided).toEqual(engine.ordersAvoided);
    expect(research.failedSignals).toBe(engine.failedSignals);
    expect(engine.failedSignals).toBeGreaterThan(0);
    expect(Math.max(...engine.ordersAvoided)).toBeGreaterThan(0);
    expect(engine.houseOpening).toBe(0);
  });
});

describe('at the quotes of the market it is the same', () => {
  it('with spreads to the cent', async () => {
    const { fills } = await expectSameEquity({ ...base, sleeves: five(), exchange: SPREAD_ONLY });
    expect(fills).toBeGreaterThan(500);
  });

  it('with symbols in whole shares and one that is not tradable', async () => {
    const exchange = {
      ...SPREAD_ONLY,
      wholeShareSymbols: ['GLD', 'QQQ'],
      untradableSymbols: ['TLT'],
    };
    const sleeves = five({ rebalance: { kind: 'calendar', frequency: 'weekly' } });
    await expectSameEquity({ ...base, sleeves, exchange });
  });

  it('with a spread of 30 basis points', async () => {
    const exchange = { ...SPREAD_ONLY, halfSpreadBps: '15' };
    await expectSameEquity({ ...base, sleeves: five(), exchange });
  });

  it('where bars are missing and NAVs are unknown', async () => {
    const market = withHoles(base.market);
    const { navs } = await byEngine({ ...base, market, sleeves: five() });
    expect([...navs.values()].flat()).toContain(null);
    await expectSameEquity({ ...base, market, sleeves: five(), exchange: SPREAD_ONLY });
  });
});

describe('on CSV prices it is the same', () => {
  it('with six decimals and splits in the prices', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-csv-'));
    writeCsvFolder(base.market, folder);
    const market = openCsvMarketData({ folder, symbols: SYMBOLS });
    await expectSameEquity({ ...base, market, sleeves: five(), exchange: SPREAD_ONLY });
    await expectSameEquity({ ...base, market, sleeves: five() });
  });

  const folder = fileURLToPath(new URL('../../../shared/market-data/daily', import.meta.url));
  it.skipIf(!existsSync(folder))(
    'with prices that were traded (skipped: ../shared is not on this machine)',
    async () => {
      const symbols = ['GLD', 'QQQ', 'SPY', 'TLT'];
      const market = openCsvMarketData({ folder, symbols });
      const weights = [
        { SPY: 0.6, TLT: 0.4 },
        { QQQ: 0.5, GLD: 0.5 },
        { SPY: 0.25, QQQ: 0.25, GLD: 0.25, TLT: 0.25 },
      ];
      const sleeves = weights.map((of, index) => ({
        id: `s${index}`,
        cash: '300000',
        strategy: fixed(`s${index}`, of),
      }));
      const range = { from: '2015-01-02', to: '2015-12-31', cash: '1000000' };
      await expectSameEquity({ ...range, market, sleeves, exchange: SPREAD_ONLY });
    },
  );
});

describe('with chance in the market the research path charges its mean', () => {
  it('and stays within two tenths of a per cent of the engine over seven months of daily turnover', async () => {
    const exchange = { ...DAILY, lateRate: '0', partialRate: '0', rejectRate: '0' };
    const of = { ...base, sleeves: five(), exchange };
    const engine = await byEngine(of);
    const difference = largestDifference(engine.navs, byResearch(of).navs);
    expect(difference).toBeGreaterThan(TOLERANCE);
    expect(difference).toBeLessThan(0.002);
  });
});

const COLUMNS = ['nav', 'invested', 'traded', 'crossed', 'spreadAvoided', 'cost'] as const;

/** To a thousandth of a cent on sleeves of 200,000 USD. */
function expectClose(found: Float64Array, expected: Float64Array): void {
  expect(found.length).toBe(expected.length);
  const largest = expected.reduce(
    (most, value, day) => Math.max(most, Math.abs(value - (found[day] ?? Number.NaN))),
    0,
  );
  expect(largest).toBeLessThan(1e-5);
}

/** A market in which some symbols have no bar on some sessions. */
function withHoles(market: MarketData): MarketData {
  const kept = new Map(market.symbols.map((symbol) => [symbol, holed(market.bars(symbol))]));
  return { ...market, bars: (symbol) => kept.get(symbol) };
}

function holed(bars: DailyBars | undefined): DailyBars | undefined {
  if (bars === undefined) return undefined;
  const kept = [...bars.sessions.keys()].filter(
    (index) => drawn(`hole ${bars.symbol} ${bars.sessions[index] ?? ''}`) > 0.02,
  );
  const counts = (of: BigInt64Array): BigInt64Array =>
    BigInt64Array.from(kept, (index) => of[index] ?? 0n);
  return {
    symbol: bars.symbol,
    sessions: kept.flatMap((index) => bars.sessions[index] ?? []),
    open: counts(bars.open),
    high: counts(bars.high),
    low: counts(bars.low),
    close: counts(bars.close),
    volume: counts(bars.volume),
    adjustedClose: Float64Array.from(kept, (index) => bars.adjustedClose[index] ?? 0),
    version: (index) => bars.version(kept[index] ?? 0),
  };
}
