// Stage: tests. Fees, interest, tax kept back and corrections on the exchange's book, by hand.
// Invariant: expected cash comes from paper, never from the code under test.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { addMinutes, sessionOpen, sessionsBetween } from '../../domain/calendar.ts';
import type { CorporateAction } from '../../domain/market.ts';
import { MARKET_TERMS } from '../../domain/order.ts';
import { session } from '../../domain/time.ts';
import { format, parseMoney, parsePrice, parseQuantity } from '../../domain/units/units.ts';
import { bar, barMarket, symbol } from '../../../test/contracts/barMarket.ts';
import { openExchange, type Exchange } from './exchange.ts';
import { DEFAULT_EXCHANGE_SETTINGS, type ChargeSettings } from './settings.ts';

const DAYS = sessionsBetween(session('2018-07-26'), session('2018-08-03')); // Thursday to Friday
const [THURSDAY, FRIDAY, MONDAY, TUESDAY, WEDNESDAY] = DAYS as [
  (typeof DAYS)[number],
  (typeof DAYS)[number],
  (typeof DAYS)[number],
  (typeof DAYS)[number],
  (typeof DAYS)[number],
]; // seven sessions

const NOTHING: ChargeSettings = {
  regulatoryFees: 'none',
  creditRate: '0',
  debitRate: '0',
  withholdingRate: '0',
  correctionRate: '0',
};

const folder = mkdtempSync(join(tmpdir(), 'assay-charges-'));
afterAll(() => rmSync(folder, { recursive: true }));

const dividend: CorporateAction = {
  kind: 'dividend',
  id: 'd1',
  symbol: symbol('AAA'),
  exDate: FRIDAY,
  payDate: MONDAY,
  perShare: parsePrice('0.25'),
};

/** AAA at 99.90 to 100.10 every session. */
function exchangeWith(
  charges: Partial<ChargeSettings> | undefined,
  rest: { file?: string; cash?: string; multiplier?: '1' | '2'; seed?: number } = {},
): Exchange {
  return openExchange({
    file: rest.file ?? ':memory:',
    accountId: 'test',
    openingCash: parseMoney(rest.cash ?? '100000'),
    market: barMarket({ AAA: DAYS.map((day) => bar(day, '100')) }, [dividend]),
    startsAt: sessionOpen(THURSDAY),
    settings: {
      ...DEFAULT_EXCHANGE_SETTINGS,
      seed: rest.seed ?? 1,
      halfSpreadBps: '10',
      slippageBps: '0',
      impactBps: '0',
      maxSlippageBps: '0',
      maxSlices: 1,
      lateRate: '0',
      partialRate: '0',
      rejectRate: '0',
      multiplier: rest.multiplier ?? '1',
      ...(charges === undefined ? {} : { charges: { ...NOTHING, ...charges } }),
    },
  });
}

async function trade(exchange: Exchange, side: 'buy' | 'sell', shares: string): Promise<void> {
  const outcome = await exchange.submit({
    clientOrderId: `${side}-${exchange.now().replaceAll(/\D/g, '')}`,
    symbol: symbol('AAA'),
    side,
    quantity: parseQuantity(shares),
    ...MARKET_TERMS,
  });
  expect(outcome.kind).toBe('accepted');
  await exchange.waitUntil(addMinutes(exchange.now(), 5));
}

/** Kind, word, USD, date. */
async function booked(exchange: Exchange): Promise<string[]> {
  return (await exchange.activities({})).map((activity) =>
    [
      activity.kind,
      activity.kind === 'fee' ? `${activity.fee} of ${activity.tradeDate}` : '-',
      'cash' in activity ? format(activity.cash) : '-',
      activity.date,
    ].join(' '),
  );
}

describe('regulatory fees', () => {
  it('are charged at the next open on what a session executed, each up to a cent', async () => {
    const exchange = exchangeWith({ regulatoryFees: 'daily' });
    await trade(exchange, 'buy', '400');
    await trade(exchange, 'sell', '300'); // 29,970 USD
    await trade(exchange, 'sell', '50'); // 4,995 USD
    await exchange.waitUntil(sessionOpen(FRIDAY));
    // 34,965 × 20.6 ÷ 1e6 = 0.720279; 350 × 0.000195 = 0.06825; 750 × 0.000003 = 0.00225
    expect(await booked(exchange)).toEqual([
      'fee REG of 2018-07-26 -0.73 2018-07-27',
      'fee TAF of 2018-07-26 -0.07 2018-07-27',
      'fee CAT of 2018-07-26 -0.01 2018-07-27',
    ]);
    // 100,000 − 40,040 + 29,970 + 4,995 − 0.81
    expect(format((await exchange.account()).cash)).toBe('94924.19');
  });

  it('by order are rounded up for each of them', async () => {
    const exchange = exchangeWith({ regulatoryFees: 'by_order' });
    await trade(exchange, 'buy', '400');
    await trade(exchange, 'sell', '300'); // 0.617382 → 0.62; 0.0585 → 0.06; 0.0009 → 0.01
    await exchange.waitUntil(sessionOpen(FRIDAY));
    expect(await booked(exchange)).toEqual([
      'fee CAT of 2018-07-26 -0.01 2018-07-27', // of the buy
      'fee REG of 2018-07-26 -0.62 2018-07-27',
      'fee TAF of 2018-07-26 -0.06 2018-07-27',
      'fee CAT of 2018-07-26 -0.01 2018-07-27',
    ]);
  });

  it('are taken from a cash account without cash, which then owes them', async () => {
    const exchange = exchangeWith({ regulatoryFees: 'daily' }, { cash: '1001' });
    await trade(exchange, 'buy', '10');
    await exchange.waitUntil(sessionOpen(FRIDAY));
    expect(format((await exchange.account()).cash)).toBe('-0.01');
  });
});

describe('interest', () => {
  it('is paid on the cash of each night of a month, at the first open of the next', async () => {
    const exchange = exchangeWith({ creditRate: '0.036' });
    await trade(exchange, 'buy', '500'); // 49,950 USD are left of Thursday on
    await exchange.waitUntil(sessionOpen(MONDAY));
    await trade(exchange, 'sell', '100'); // 59,940 and 125 of the dividend
    await exchange.waitUntil(sessionOpen(WEDNESDAY));
    // Nights of 26 to 29 July at 49,950, of 30 and 31 at 60,065: 319,930 × 0.036 ÷ 360 = 31.993
    expect(await booked(exchange)).toEqual([
      'dividend - 125 2018-07-30',
      'interest - 31.99 2018-08-01',
    ]);
  });

  it('is charged on what is owed, apart from what is earned', async () => {
    const exchange = exchangeWith(
      { creditRate: '0.036', debitRate: '0.072' },
      { cash: '10000', multiplier: '2' },
    );
    await trade(exchange, 'buy', '150'); // −5,015 for four nights
    await exchange.waitUntil(sessionOpen(MONDAY)); // + 37.50
    await trade(exchange, 'sell', '100'); // + 9,990 = 5,012.50 for two nights
    await exchange.waitUntil(sessionOpen(WEDNESDAY));
    // 20,060 × 0.072 ÷ 360 = 4.012; 10,025 × 0.036 ÷ 360 = 1.0025
    expect((await booked(exchange)).slice(1)).toEqual([
      'interest - 1 2018-08-01',
      'interest - -4.01 2018-08-01',
    ]);
  });
});

describe('tax', () => {
  it('is kept back of a dividend in a row of its own', async () => {
    const exchange = exchangeWith({ withholdingRate: '0.15' });
    await trade(exchange, 'buy', '33');
    await exchange.waitUntil(sessionOpen(MONDAY)); // 8.25; 1.2375 → 1.24
    expect(await booked(exchange)).toEqual([
      'dividend - 8.25 2018-07-30',
      'withholding - -1.24 2018-07-30',
    ]);
  });
});

describe('what is booked wrong', () => {
  /** Of the first seeds, by how their dividend is wrong. */
  const seeds = { twice: 1, 'taken back': 2 };
  const rows = {
    twice: [
      'dividend - 16.5 2018-07-30',
      'dividend - -16.5 2018-07-30',
      'dividend - 8.25 2018-07-30',
    ],
    'taken back': [
      'dividend - 8.25 2018-07-30',
      'dividend - -8.25 2018-07-30',
      'dividend - 8.25 2018-07-30',
    ],
  };
  it.each(['twice', 'taken back'] as const)(
    'and %s is reversed at the next open and booked again, once',
    async (how) => {
      const exchange = exchangeWith({ correctionRate: '1' }, { seed: seeds[how] });
      await trade(exchange, 'buy', '33'); // 3,303.30
      await exchange.waitUntil(sessionOpen(MONDAY));
      expect(await booked(exchange)).toEqual(rows[how].slice(0, 1));
      await exchange.waitUntil(sessionOpen(TUESDAY));
      expect(await booked(exchange)).toEqual(rows[how]);
      await exchange.waitUntil(sessionOpen(DAYS.at(-1) ?? TUESDAY));
      expect(await booked(exchange)).toEqual(rows[how]);
      expect(format((await exchange.account()).cash)).toBe('96704.95');
    },
  );
});

describe('a book with charges', () => {
  it('is the same in steps, over a restart or in one long wait', async () => {
    const charges = {
      regulatoryFees: 'by_order',
      creditRate: '0.04',
      debitRate: '0.08',
      withholdingRate: '0.3',
      correctionRate: '0.5',
    } as const;
    const end = sessionOpen(DAYS.at(-1) ?? TUESDAY);
    const jumped = exchangeWith(charges);
    await trade(jumped, 'buy', '300');
    await trade(jumped, 'sell', '100');
    await jumped.waitUntil(end);
    const file = join(folder, 'book.sqlite');
    let stepped = exchangeWith(charges, { file });
    await trade(stepped, 'buy', '300');
    await trade(stepped, 'sell', '100');
    for (const day of DAYS) {
      stepped.close();
      stepped = exchangeWith(charges, { file });
      await stepped.waitUntil(sessionOpen(day));
    }
    expect(await stepped.activities({})).toEqual(await jumped.activities({}));
    expect((await stepped.account()).cash).toBe((await jumped.account()).cash);
    stepped.close();
  });

  it('and none is another book', () => {
    const file = join(folder, 'other.sqlite');
    exchangeWith({ creditRate: '0.04' }, { file }).close();
    expect(() => exchangeWith(undefined, { file })).toThrow('another settings');
  });
});

describe('a journal', () => {
  it('brings cash and shares, and takes out what nothing else needs', async () => {
    const exchange = exchangeWith(undefined, { cash: '100' });
    const move = async (of: Parameters<Exchange['journal']>[0]): Promise<string> => {
      const moved = await exchange.journal(of);
      return moved.kind === 'booked' ? moved.kind : moved.message;
    };
    const shares = (quantity: string, price: string | null) =>
      ({
        kind: 'shares',
        symbol: symbol('AAA'),
        quantity: parseQuantity(quantity),
        price: price === null ? null : parsePrice(price),
      }) as const;
    const cash = (amount: string) => ({ kind: 'cash', amount: parseMoney(amount) }) as const;
    expect(await move(cash('25.5'))).toBe('booked');
    expect(await move(cash('-200'))).toBe(
      'expected at most the 125.5 USD that no open order reserves, found 200',
    );
    expect(await move(cash('0.001'))).toMatch('whole cents');
    expect(await move(shares('2.5', '90'))).toBe('booked');
    expect(await move(shares('-3', null))).toBe(
      'expected at most the 2.5 shares of AAA that no open order needs, found 3',
    );
    expect(await move(shares('-1', null))).toBe('booked');
    const { cash: left, positions } = await exchange.account();
    expect([format(left), ...positions.map(({ quantity }) => format(quantity))]).toEqual([
      '125.5',
      '1.5',
    ]);
    expect(await booked(exchange)).toHaveLength(3);
  });
});
