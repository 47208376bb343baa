// Stage: tests. One sleeve's cash, lots and realised profit by single trades.
// Invariant: cash, lots and profit move together by one posting.
import { describe, expect, it } from 'vitest';
import { HandLedger, ticker } from '../../../test/flows/byHand.ts';
import { session } from '../time.ts';
import { format, parseMoney, parseQuantity } from '../units/units.ts';
import { postCash, postTrade, type Trade } from './postings.ts';

const SPY = ticker('SPY');
const sleeve = () => new HandLedger('1000', { growth: '1000' }).sleeve('growth');
const trade = (side: 'buy' | 'sell', shares: string, cash: string, over: Partial<Trade> = {}) => ({
  kind: 'fill' as const,
  symbol: SPY,
  side,
  quantity: parseQuantity(shares),
  cash: parseMoney(cash),
  lotId: 'o1',
  session: session('2024-03-01'),
  ...over,
});

describe('a posting', () => {
  it('of a buy costs what it paid', () => {
    const growth = sleeve();
    expect(postTrade(growth, trade('buy', '2', '-210'))).toEqual([
      {
        sleeve: 'growth',
        kind: 'fill',
        symbol: 'SPY',
        quantity: parseQuantity('2'),
        cash: parseMoney('-210'),
        cost: parseMoney('210'),
        receivable: 0n,
      },
    ]);
    expect(format(growth.cash)).toBe('790');
    expect(growth.positions.get(SPY)).toEqual([
      {
        id: 'o1',
        acquired: '2024-03-01',
        quantity: parseQuantity('2'),
        cost: parseMoney('210'),
      },
    ]);
    expect(format(growth.realised)).toBe('0');
  });

  it('of a sell realises proceeds less cost and forgets a symbol no longer held', () => {
    const growth = sleeve();
    postTrade(growth, trade('buy', '2', '-210'));
    const [sold] = postTrade(growth, trade('sell', '-0.5', '60'));
    expect(sold).toMatchObject({ cash: parseMoney('60'), cost: parseMoney('-52.5') });
    expect(format(growth.realised)).toBe('7.5');
    postTrade(growth, trade('sell', '-1.5', '150'));
    expect(format(growth.realised)).toBe('0');
    expect(growth.positions.has(SPY)).toBe(false);
    expect(format(growth.cash)).toBe('1000');
  });

  it('of nothing is none', () => {
    const growth = sleeve();
    expect(postTrade(growth, trade('buy', '0', '0'))).toEqual([]);
    expect(growth.positions.size).toBe(0);
  });

  it('of cash without shares belongs to the side that paid it', () => {
    const growth = sleeve();
    postTrade(growth, trade('buy', '1', '-100'));
    postTrade(growth, trade('buy', '0', '-0.000000001'));
    expect(growth.positions.get(SPY)).toMatchObject([{ cost: parseMoney('100.000000001') }]);
    postTrade(growth, trade('sell', '0', '0.000000002'));
    expect(format(growth.realised)).toBe('0.000000002');
  });

  it('that sells more than is held stops, in a cross too', () => {
    for (const kind of ['fill', 'cross'] as const) {
      expect(() => postTrade(sleeve(), trade('sell', '-1', '100', { kind }))).toThrow(
        'Sleeve growth would sell 1 SPY, holds 0. Nothing was written.',
      );
    }
  });

  it('of cash alone moves cash alone', () => {
    const growth = sleeve();
    expect(postCash(growth, 'dividend_paid', SPY, parseMoney('1.25'))).toMatchObject([
      { kind: 'dividend_paid', quantity: 0n, cash: parseMoney('1.25') },
    ]);
    expect(format(growth.cash)).toBe('1001.25');
    expect(format(growth.realised)).toBe('0');
  });
});
