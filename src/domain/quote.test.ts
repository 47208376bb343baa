// Stage: none; tests of the sanity gate of quotes.
// Invariant: at, just under and just over each bound; what is denied never has a price.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Quote, Symbol } from './market.ts';
import { judgeQuote } from './quote.ts';
import { timestamp } from './time.ts';
import { format, parsePrice, parseWeight, price } from './units/units.ts';

const AT = timestamp('2024-03-15T13:31:00.000Z');
const facts = { maxSpread: parseWeight('0.01'), maxAgeSeconds: 300, at: AT };

const quote = (bid: string | null, ask: string | null, at: string = AT): Quote => ({
  symbol: 'SPY' as Symbol, // well-formed
  bid: bid === null ? null : parsePrice(bid),
  ask: ask === null ? null : parsePrice(ask),
  at: timestamp(at),
});

const verdict = (of: Quote | undefined): string => {
  const found = judgeQuote(of, facts);
  return found.kind === 'sane' ? `mid ${format(found.mid)}` : found.reason;
};

describe('a quote', () => {
  it.each<[string | null, string | null, string, string]>([
    ['99.99', '100.01', 'mid 100', 'two-sided'],
    ['100', '100', 'mid 100', 'locked: no spread is narrow'],
    ['100.000000001', '100', 'quote_crossed', 'crossed by one unit'],
    ['100.01', '99.99', 'quote_crossed', 'crossed'],
    [null, '100', 'quote_one_sided', 'no bid'],
    ['100', null, 'quote_one_sided', 'no ask'],
    [null, null, 'quote_one_sided', 'neither side'],
    ['100', '0', 'quote_not_positive', 'an ask of 0 is no price (incident 9)'],
    ['0', '100', 'quote_not_positive', 'a bid of 0'],
    ['-1', '1', 'quote_not_positive', 'a negative bid'],
    ['0.000000001', '0.000000001', 'mid 0.000000001', 'the smallest price there is'],
    // 1 % of a mid of 100 is 1 USD.
    ['99.5', '100.5', 'mid 100', 'as wide as the limit'],
    ['99.499999999', '100.500000001', 'quote_wide', 'two units wider'],
    ['99.500000001', '100.499999999', 'mid 100', 'two units narrower'],
    // 100.0000000005 is half-way: to the even unit.
    ['100', '100.000000001', 'mid 100', 'a mid between units'],
    ['100.000000001', '100.000000002', 'mid 100.000000002', 'a mid between units, odd below'],
  ])('of %s to %s gives %s: %s', (bid, ask, expected) => {
    expect(verdict(quote(bid, ask))).toBe(expected);
  });

  it.each([
    ['2024-03-15T13:31:00.000Z', 'mid 100'],
    ['2024-03-15T13:26:00.000Z', 'mid 100'],
    ['2024-03-15T13:25:59.999Z', 'quote_stale'],
    ['2024-03-14T13:31:00.000Z', 'quote_stale'],
    ['2024-03-15T13:36:00.000Z', 'mid 100'],
    ['2024-03-15T13:36:00.001Z', 'quote_stale'],
  ])('taken at %s is %s', (at, expected) => {
    expect(verdict(quote('99.99', '100.01', at))).toBe(expected);
  });

  it('is as old as the setting allows, with both ages recorded', () => {
    const stale = quote('99.99', '100.01', '2024-03-15T13:30:56.999Z');
    expect(judgeQuote(stale, { ...facts, maxAgeSeconds: 3 })).toMatchObject({
      reason: 'quote_stale',
      arithmetic: { limit: '3', observed: '3.001', factor: null },
    });
    expect(judgeQuote(stale, { ...facts, maxAgeSeconds: 4 })).toMatchObject({ kind: 'sane' });
  });

  it('that is not there is a denial, never a price (incident 33)', () => {
    expect(judgeQuote(undefined, facts)).toEqual({
      kind: 'denied',
      reason: 'quote_missing',
      detail: 'no quote',
      arithmetic: null,
    });
  });

  it('is denied with the numbers behind it', () => {
    expect(judgeQuote(quote('90', '110'), facts)).toMatchObject({
      detail: 'spread 20 at mid 100',
      arithmetic: { limit: '1', observed: '20', factor: null },
    });
    expect(judgeQuote(quote('100', '0'), facts)).toMatchObject({ detail: 'bid 100, ask 0' });
  });
});

describe('properties', () => {
  const prices = fc.option(fc.bigInt({ min: -3n, max: 10n ** 12n }).map(price));

  it('has a positive mid between bid and ask, or no price at all', () => {
    fc.assert(
      fc.property(prices, prices, (bid, ask) => {
        const found = judgeQuote({ ...quote(null, null), bid, ask }, facts);
        if (found.kind === 'denied') return;
        expect(found.bid).toBe(bid);
        expect(found.ask).toBe(ask);
        expect(found.mid > 0n && found.mid >= found.bid && found.mid <= found.ask).toBe(true);
      }),
    );
  });
});
