// Stage: facts → corporate actions; tests of the synthetic market whose companies are reorganised.
// Invariant: prices until then are as without; worth goes on across a spin-off, a new name and a merger.
import { describe, expect, it } from 'vitest';
import { marketDataContract } from '../../../test/contracts/marketData.ts';
import { digestOf, type Json } from '../../domain/canonical.ts';
import type { CorporateAction, Symbol } from '../../domain/market.ts';
import { session, type Session } from '../../domain/time.ts';
import { format, formatWeight } from '../../domain/units/units.ts';
import type { MarketData } from '../../ports/marketData.ts';
import { openSyntheticMarketData } from './syntheticMarketData.ts';

const COMPANIES = ['ACME', 'BETA', 'BRK.B', 'CORP', 'DELTA', 'ZM'];
const FROM = session('2010-01-04');
const TO = session('2013-12-31');

const open = (seed: number, reorganisations: boolean, to: Session = TO): MarketData =>
  openSyntheticMarketData({
    seed,
    symbols: [...COMPANIES, 'SPY'],
    from: FROM,
    to,
    ...(reorganisations ? { reorganisations } : {}),
  });

const SEEDS = [1, 2, 3, 4, 5, 6, 7];
const markets = SEEDS.map((seed) => ({ with: open(seed, true), without: open(seed, false) }));

/** The close of a session; undefined where there is none. */
function closeOf(market: MarketData, symbol: string, day: Session): bigint | undefined {
  const bars = market.bars(symbol as Symbol); // as asked
  const at = bars?.sessions.indexOf(day) ?? -1;
  return at < 0 ? undefined : bars?.close[at];
}

const before = (market: MarketData, symbol: string, day: Session): bigint => {
  const bars = market.bars(symbol as Symbol); // as asked
  const at = bars?.sessions.findLastIndex((each) => each < day) ?? -1;
  return bars?.close[at] ?? expect.fail(`no close of ${symbol} before ${day}`);
};

const actionsOf = <K extends CorporateAction['kind']>(kind: K) =>
  markets.flatMap(({ with: market }) =>
    market.corporateActions.flatMap((action) =>
      action.kind === kind
        ? [{ market, action: action as Extract<CorporateAction, { kind: K }> }]
        : [],
    ),
  );

marketDataContract('the synthetic market with reorganisations', {
  open: () => open(3, true),
  openShorter: () => open(3, true, session('2012-06-29')),
  unknown: 'QQQ',
});

describe('reorganisations', () => {
  it('are of every kind, and of companies alone', () => {
    for (const kind of ['spin_off', 'symbol_change', 'merger'] as const)
      expect([kind, actionsOf(kind).length > 4]).toEqual([kind, true]);
    for (const { with: market } of markets)
      for (const { symbol, kind } of market.corporateActions)
        if (symbol === 'SPY') expect(kind).toMatch(/^(?:dividend|split)$/);
    expect(markets[0]?.with.name).toBe('synthetic market, seed 1, with reorganisations');
  });

  it('leave every bar before them, and every fund, as they are without', () => {
    for (const { with: market, without } of markets)
      for (const symbol of [...COMPANIES, 'SPY'] as Symbol[]) {
        const first = market.corporateActions.find(
          (action) => action.symbol === symbol && !/dividend|split/.test(action.kind),
        );
        const [one, other] = [market.bars(symbol), without.bars(symbol)];
        const same = other?.sessions.filter((day) => day < (first?.exDate ?? '9999')).length ?? 0;
        expect(one?.close.slice(0, same)).toEqual(other?.close.slice(0, same));
      }
  });

  it('by a spin-off move worth to the new shares, and the adjusted close goes on', () => {
    for (const { market, action } of actionsOf('spin_off')) {
      const { symbol, newSymbol, exDate, newShares, oldShares } = action;
      const [was, is] = [before(market, symbol, exDate), closeOf(market, symbol, exDate) ?? 0n];
      const given = market.bars(newSymbol);
      expect(given?.sessions[0]).toBe(exDate);
      const fraction = Number(formatWeight(action.costFraction));
      const worth = Number(is) + (Number(given?.close[0]) * newShares) / oldShares;
      expect(Number(is) / Number(was)).toBeLessThan(1 - fraction + 0.25);
      expect(Math.abs(worth / Number(was) - 1)).toBeLessThan(0.3);
      const bars = market.bars(symbol);
      const at = bars?.sessions.indexOf(exDate) ?? 0;
      const grown = (bars?.adjustedClose[at] ?? 0) / (bars?.adjustedClose[at - 1] ?? 1);
      expect(grown).toBeCloseTo(Number(is) / Number(was) / (1 - fraction), 6);
    }
  });

  it('by a new name go on under it, with its dividends and splits', () => {
    let later = 0;
    for (const { market, action } of actionsOf('symbol_change')) {
      const { symbol, newSymbol, exDate } = action;
      expect((market.bars(symbol)?.sessions.at(-1) ?? exDate) < exDate).toBe(true);
      expect(market.bars(newSymbol)?.sessions[0]).toBe(exDate);
      const of = market.corporateActions.filter((each) => each.symbol === newSymbol);
      expect(of.every((each) => each.exDate >= exDate)).toBe(true);
      later += of.length;
    }
    expect(later).toBeGreaterThan(5);
  });

  it('by a merger pay the last close, some sessions later, and end the bars', () => {
    for (const { market, action } of actionsOf('merger')) {
      const { symbol, exDate, payDate, perShare } = action;
      expect(perShare).toBe(before(market, symbol, exDate));
      expect(payDate > exDate).toBe(true);
      expect((market.bars(symbol)?.sessions.at(-1) ?? exDate) < exDate).toBe(true);
      const others = market.corporateActions.filter((each) => each.symbol === symbol);
      expect(others.every((each) => each.exDate <= exDate)).toBe(true);
    }
  });

  it('are those that were recorded, seed 7', () => {
    const found = (markets.at(-1)?.with.corporateActions ?? [])
      .filter(({ kind }) => !/dividend|split/.test(kind))
      .map((action) => ({
        ...action,
        ...('perShare' in action ? { perShare: format(action.perShare) } : {}),
        ...('costFraction' in action ? { costFraction: formatWeight(action.costFraction) } : {}),
      }));
    expect(digestOf(found as unknown as Json)).toBe(
      '7d657554d5a10a03689c9a482d5298235024e2cac8822e96c7b8c0d66054befb',
    ); // decimals and words
  });
});
