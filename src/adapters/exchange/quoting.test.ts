// Stage: tests. Price steps and quotes, by hand.
// Invariant: every expected price was worked out on paper from the open and the spread.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { midPrice, format, parsePrice, price, quantity } from '../../domain/units/units.ts';
import type { Bar } from './bar.ts';
import { highestBuy, intoRange, nearestStep, slip, touchOf } from './quoting.ts';
import {
  canonicalSettings,
  DEFAULT_EXCHANGE_SETTINGS,
  FRICTIONLESS_EXCHANGE_SETTINGS,
  readSettings,
} from './settings.ts';

const rules = (halfSpreadBps: string, maxSlippageBps = '25') =>
  readSettings({
    ...DEFAULT_EXCHANGE_SETTINGS,
    halfSpreadBps,
    slippageBps: '0',
    maxSlippageBps,
  });

const flat = (open: string, low = open, high = open): Bar => ({
  open: parsePrice(open),
  low: parsePrice(low),
  high: parsePrice(high),
  close: parsePrice(open),
  volume: quantity(0n),
});

describe('the quote of a session', () => {
  it.each([
    // 10.02 ± 0.01002 = 10.00998, 10.03002
    ['10.02', '10', '10.01', '10.03', '10.02'],
    // 150.25 ± 0.03005 = 150.21995, 150.28005
    ['150.25', '2', '150.22', '150.28', '150.25'],
    // 112.370003 ± 0 would meet at 112.37: the steps around the open
    ['112.370003', '0', '112.37', '112.38', '112.375'],
    // an open on a step: one step to each side
    ['112.37', '0', '112.36', '112.38', '112.37'],
    // 10 ± 0.005: half-even sends both sides to 10.00, so one step to each side
    ['10', '5', '9.99', '10.01', '10'],
    // 50 ± 0.025: half-even sends 49.975 up to 49.98 and 50.025 down to 50.02
    ['50', '5', '49.98', '50.02', '50'],
    // below one dollar the step is 0.0001: 0.5 ± 0.0001
    ['0.5', '2', '0.4999', '0.5001', '0.5'],
    // at one dollar the bid has the small step, the ask the large one
    ['1', '100', '0.99', '1.01', '1'],
  ])('at an open of %s with half spread %s bps is %s to %s', (open, bps, bid, ask, mid) => {
    const touch = touchOf(flat(open), rules(bps));
    expect([format(touch.bid ?? price(0n)), format(touch.ask)]).toEqual([bid, ask]);
    expect(format(midPrice(touch.bid ?? price(0n), touch.ask))).toBe(mid);
  });

  it('has no bid when the bid would be nothing', () => {
    expect(touchOf(flat('0.0001'), rules('0'))).toEqual({
      bid: null,
      ask: parsePrice('0.0002'),
    });
  });

  it('stands on steps around the open, so that the mid is exact', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 300_000n, max: 5_000_000_000_000n }),
        fc.integer({ min: 0, max: 1000 }),
        (open, bps) => {
          const { bid, ask } = touchOf({ open: price(open) }, rules(String(bps)));
          expect(bid).not.toBeNull();
          const low = bid ?? price(0n);
          expect(low < ask && low <= open && open <= ask).toBe(true);
          expect([nearestStep(low, rules('0')), nearestStep(ask, rules('0'))]).toEqual([low, ask]);
          expect(midPrice(low, ask) * 2n).toBe(low + ask);
        },
      ),
    );
  });
});

describe('a price of an execution', () => {
  it.each([
    // 150.28 × 1.0025 = 150.6557
    ['150.28', '150.65'],
    // 0.9999 × 1.0025 = 1.00239975: cents from one dollar up
    ['0.9999', '1'],
    ['0.5', '0.5012'],
  ])('of a buy at an ask of %s is at most %s', (ask, most) => {
    expect(format(highestBuy(parsePrice(ask), rules('2')))).toBe(most);
  });

  it('moves against the account, to the nearest step', () => {
    const tenBps = 1_000_000_000n;
    const slipped = (from: string, fraction: bigint, direction: 1n | -1n): string =>
      format(slip(parsePrice(from), { fraction, direction }, rules('0')));
    expect(slipped('150.28', tenBps, 1n)).toBe('150.43'); // 150.43028
    expect(slipped('150.22', tenBps, -1n)).toBe('150.07'); // 150.06978
    expect(slipped('0.0001', 500_000_000_000n, -1n)).toBe('0.0001');
  });

  it.each([
    ['10.05', '10', '10.03', '10.03'],
    ['9.9', '9.995', '10.2', '10'],
    ['10.01', '10', '10.2', '10.01'],
    // no cent lies between: the one nearest to the open, 84.3899
    ['84.41', '84.3898', '84.3899', '84.39'],
  ])('of %s in a session from %s to %s is %s', (wanted, low, high, found) => {
    expect(format(intoRange(parsePrice(wanted), flat(high, low, high), rules('0')))).toBe(found);
  });
});

describe('a market without price steps', () => {
  const free = readSettings(FRICTIONLESS_EXCHANGE_SETTINGS);

  it('quotes the open on both sides, to the last decimal', () => {
    expect(touchOf(flat('112.370003001'), free)).toEqual({
      bid: parsePrice('112.370003001'),
      ask: parsePrice('112.370003001'),
    });
  });

  it('keeps a spread that is asked for: 112.370003 ± 0.0224740006', () => {
    const wide = readSettings({ ...FRICTIONLESS_EXCHANGE_SETTINGS, halfSpreadBps: '2' });
    const { bid, ask } = touchOf(flat('112.370003'), wide);
    // 112.370003 × 0.0002 = 0.0224740006, half-even to 1e-9
    expect([format(bid ?? price(0n)), format(ask)]).toEqual(['112.347528999', '112.392477001']);
  });

  it('fills at the quote, whatever its decimals', () => {
    const bar = flat('10.123456789', '10', '10.2');
    expect(format(highestBuy(bar.open, free))).toBe('10.123456789');
    expect(format(intoRange(bar.open, bar, free))).toBe('10.123456789');
    expect(format(intoRange(parsePrice('10.3'), bar, free))).toBe('10.2');
  });

  it('is another book than one with steps, and steps that go without saying are the same', () => {
    const said = readSettings({ ...DEFAULT_EXCHANGE_SETTINGS, priceSteps: 'market' });
    expect(canonicalSettings(said)).toEqual(
      canonicalSettings(readSettings(DEFAULT_EXCHANGE_SETTINGS)),
    );
    expect(canonicalSettings(free)['priceSteps']).toBe('none');
  });
});
