// Stage: tests. What is fixed about an order when it is accepted.
// Invariant: counts over many ids show that each chance is what its setting says.
import { describe, expect, it } from 'vitest';
import { MARKET_TERMS, type OrderRequest } from '../../domain/order.ts';
import { timestamp } from '../../domain/time.ts';
import { NO_SHARES, ONE, parseMoney, parsePrice, parseQuantity } from '../../domain/units/units.ts';
import { symbol } from '../../../test/contracts/barMarket.ts';
import { fateOf, type Circumstances, type Fate } from './execution.ts';
import { DEFAULT_EXCHANGE_SETTINGS, readSettings, type ExchangeSettings } from './settings.ts';

const NOW = timestamp('2018-07-16T14:00:00.000Z');
const CLOSE = timestamp('2018-07-16T20:00:00.000Z');

const facts: Circumstances = {
  bar: {
    open: parsePrice('100'),
    high: parsePrice('103'),
    low: parsePrice('97'),
    close: parsePrice('101'),
    volume: parseQuantity('1000000'),
  },
  touch: { bid: parsePrice('99.98'), ask: parsePrice('100.02') },
  now: NOW,
  open: timestamp('2018-07-16T13:30:00.000Z'),
  close: CLOSE,
  promised: NO_SHARES,
  reserved: parseMoney('1000000'),
};

const order = (clientOrderId: string, shares = '100'): OrderRequest => ({
  clientOrderId,
  symbol: symbol('AAA'),
  side: 'buy',
  quantity: parseQuantity(shares),
  ...MARKET_TERMS,
});

/** The fates of 2,000 orders that differ in their id alone. */
function fates(settings: Partial<ExchangeSettings>, shares?: string, given = facts): Fate[] {
  const rules = readSettings({ ...DEFAULT_EXCHANGE_SETTINGS, ...settings });
  return Array.from({ length: 2000 }, (_, index) =>
    fateOf(order(`id-${index}`, shares), rules, given),
  );
}

const slicesOf = (fate: Fate) => (fate.kind === 'executed' ? fate.slices : []);
const sum = (fate: Fate) => slicesOf(fate).reduce((total, slice) => total + slice.quantity, 0n);
const share = <T>(of: readonly T[], is: (one: T) => boolean): number =>
  of.filter(is).length / of.length;

describe('the fate of an order', () => {
  it('differs with the id, and repeats with it', () => {
    const all = fates({ lateRate: '1' });
    expect(fates({ lateRate: '1' })).toEqual(all);
    expect(new Set(all.map((fate) => slicesOf(fate)[0]?.at)).size).toBeGreaterThan(1900);
  });

  it('is a rejection in the share asked for, within half a second', () => {
    const rejected = fates({ rejectRate: '0.25' }).filter((fate) => fate.kind === 'rejected');
    expect(rejected.length / 2000).toBeCloseTo(0.25, 1);
    for (const { at } of rejected) {
      expect(at > NOW && at <= timestamp('2018-07-16T14:00:00.500Z')).toBe(true);
    }
    expect(fates({ rejectRate: '0' }).every((fate) => fate.kind === 'executed')).toBe(true);
    expect(fates({ rejectRate: '1' }).every((fate) => fate.kind === 'rejected')).toBe(true);
  });

  it('has each number of slices equally often, oldest first, summing to the order', () => {
    const all = fates({ maxSlices: 4, rejectRate: '0', partialRate: '0', lateRate: '0.5' });
    for (const count of [1, 2, 3, 4]) {
      expect(share(all, (fate) => slicesOf(fate).length === count)).toBeCloseTo(0.25, 1);
    }
    for (const fate of all) {
      expect(sum(fate)).toBe(100n * ONE);
      const times = slicesOf(fate).map((slice) => slice.at);
      expect(times).toEqual(times.toSorted());
      expect(slicesOf(fate).every((slice) => slice.quantity % ONE === 0n)).toBe(true);
    }
  });

  it('falls within minutes but for the late share, never after the close', () => {
    const soon = timestamp('2018-07-16T14:05:00.000Z');
    const all = fates({ maxSlices: 1, lateRate: '0.3', rejectRate: '0' });
    // A late slice has 5 in 360 chances to be soon all the same.
    expect(share(all, (fate) => (slicesOf(fate)[0]?.at ?? '') > soon)).toBeCloseTo(0.3, 1);
    const late = { ...facts, now: timestamp('2018-07-16T19:59:59.999Z') };
    for (const fate of fates({ lateRate: '0.5', rejectRate: '0' }, '100', late)) {
      expect(slicesOf(fate).every((slice) => slice.at === CLOSE)).toBe(true);
    }
  });

  it('is partial in the share asked for, by three tenths at least', () => {
    const all = fates({ partialRate: '0.2', rejectRate: '0' });
    const partial = all.map(sum).filter((filled) => filled < 100n * ONE);
    expect(partial.length / 2000).toBeCloseTo(0.2, 1);
    expect(partial.every((filled) => filled >= 30n * ONE && filled < 95n * ONE)).toBe(true);
  });

  it('fills fractions of a fractional order, and whole shares of a whole one', () => {
    const fraction = fates({ maxSlices: 3, rejectRate: '0' }, '2.000000001');
    expect(share(fraction, (fate) => slicesOf(fate).some((s) => s.quantity % ONE !== 0n))).toBe(1);
    const one = fates({ maxSlices: 3, rejectRate: '0', partialRate: '1' }, '1');
    expect(one.every((fate) => sum(fate) === ONE && slicesOf(fate).length === 1)).toBe(true);
  });

  it('is nothing when the session has no volume left', () => {
    const none = { ...facts, bar: { ...facts.bar, volume: NO_SHARES } };
    for (const fate of fates({ rejectRate: '0' }, '1', none)) {
      expect(fate).toEqual({ kind: 'executed', slices: [] });
    }
    const used = { ...facts, promised: parseQuantity('49999.5') };
    expect(fates({ rejectRate: '0' }, '1', used).every((fate) => sum(fate) === 0n)).toBe(true);
    const last = fates({ rejectRate: '0' }, '1.25', used);
    expect(last.every((fate) => sum(fate) <= ONE / 2n)).toBe(true);
  });

  it('draws slippage evenly from nothing to its setting', () => {
    const settings = { slippageBps: '20', impactBps: '0', maxSlices: 1, rejectRate: '0' };
    const prices = fates(settings).flatMap((fate) => slicesOf(fate).map((slice) => slice.price));
    const low = parsePrice('100.02');
    // 100.02 × 1.002 = 100.22004
    expect(prices.every((one) => one >= low && one <= parsePrice('100.22'))).toBe(true);
    const middle = prices.reduce((total, one) => total + (one - low), 0n) / BigInt(prices.length);
    expect(Number(middle) / 1e9).toBeCloseTo(0.1, 2);
  });
});
