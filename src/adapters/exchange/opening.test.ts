// Stage: tests. Which book is opened, and which is not.
// Invariant: what is refused is unchanged on disk and says what differs.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sessionClose, sessionOpen } from '../../domain/calendar.ts';
import { session } from '../../domain/time.ts';
import { parseMoney, parseQuantity } from '../../domain/units/units.ts';
import { BrokerError } from '../../ports/broker.ts';
import { bar, barMarket, symbol } from '../../../test/contracts/barMarket.ts';
import { BookError, type BookErrorCode } from './bookError.ts';
import { openExchange, type Exchange, type ExchangeOptions } from './exchange.ts';
import { DEFAULT_EXCHANGE_SETTINGS } from './settings.ts';
import { MARKET_TERMS } from '../../domain/order.ts';

const MONDAY = session('2018-07-16');
const bars = (open: string, volume = 1000) => ({
  AAA: [bar('2018-07-13', '9.5'), bar(MONDAY, open, { volume })],
});

describe('a book', () => {
  let folder: string;
  let options: ExchangeOptions;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exchange-'));
    options = {
      file: join(folder, 'book.db'),
      accountId: 'test',
      openingCash: parseMoney('10000'),
      market: barMarket(bars('10')),
      startsAt: sessionOpen(MONDAY),
      settings: { ...DEFAULT_EXCHANGE_SETTINGS, participation: '1' },
    };
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Buys ten shares in a new book and closes it. */
  async function made(): Promise<void> {
    const exchange = openExchange(options);
    await exchange.submit({
      clientOrderId: 'first',
      symbol: symbol('AAA'),
      side: 'buy',
      quantity: parseQuantity('10'),
      ...MARKET_TERMS,
    });
    await exchange.waitUntil(sessionClose(MONDAY));
    exchange.close();
  }

  const everything = async (exchange: Exchange): Promise<unknown> => ({
    now: exchange.now(),
    account: await exchange.account(),
    orders: await exchange.orders({}),
    fills: await exchange.fills({}),
  });

  function codeOf(changed: Partial<ExchangeOptions>): BookErrorCode | 'opened' {
    try {
      openExchange({ ...options, ...changed }).close();
      return 'opened';
    } catch (error) {
      if (error instanceof BookError) return error.code;
      throw error;
    }
  }

  it('is continued where it was, whatever start is given', async () => {
    await made();
    const first = openExchange(options);
    const before = await everything(first);
    first.close();
    const again = openExchange({ ...options, startsAt: sessionOpen(session('2018-07-13')) });
    expect(await everything(again)).toEqual(before);
    expect(again.now()).toBe(sessionClose(MONDAY));
    again.close();
  });

  it.each<readonly [BookErrorCode | 'opened', string, Partial<ExchangeOptions>]>([
    ['opened', 'nothing else', {}],
    ['other_account', 'another account', { accountId: 'other' }],
    ['other_opening_cash', 'other opening cash', { openingCash: parseMoney('10000.01') }],
    [
      'other_settings',
      'another seed',
      { settings: { ...DEFAULT_EXCHANGE_SETTINGS, participation: '1', seed: 2 } },
    ],
    ['other_market', 'a market of another name', { market: barMarket(bars('10'), [], 'other') }],
    [
      'other_market',
      'other bars before the start',
      { market: barMarket({ AAA: [bar('2018-07-13', '9.6'), bar(MONDAY, '10')] }) },
    ],
    ['other_market', 'another bar that was traded', { market: barMarket(bars('10', 1001)) }],
    ['other_market', 'no bar that was traded', { market: barMarket({ AAA: [] }) }],
    ['bad_options', 'half a cent', { openingCash: parseMoney('0.005') }],
    ['bad_options', 'a debt', { openingCash: parseMoney('-1') }],
    ['bad_options', 'an account without a name', { accountId: '' }],
    [
      'bad_settings',
      'a symbol that the market does not hold',
      { settings: { ...DEFAULT_EXCHANGE_SETTINGS, wholeShareSymbols: ['ZZZ'] } },
    ],
  ])('answers %s with %s', async (code, _what, changed) => {
    await made();
    const before = readFileSync(options.file);
    expect(codeOf(changed)).toBe(code);
    if (code !== 'opened') expect(readFileSync(options.file).equals(before)).toBe(true);
    expect(codeOf({})).toBe('opened');
  });

  it('stays with its market as that grows', async () => {
    await made();
    const grown = { AAA: [...bars('10', 1000).AAA, bar('2018-07-17', '11')] };
    expect(codeOf({ market: barMarket(grown) })).toBe('opened');
  });

  it('is not shared with another process', async () => {
    await made();
    const exchange = openExchange(options);
    expect(codeOf({})).toBe('in_use');
    const script = `const { DatabaseSync } = require('node:sqlite');
      try { new DatabaseSync(${JSON.stringify(options.file)}).prepare('SELECT * FROM orders').all(); }
      catch (error) { console.log(error.message); }`;
    const said = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(said).toContain('database is locked');
    exchange.close();
    expect(codeOf({})).toBe('opened');
  });

  it('is not made of something else', () => {
    writeFileSync(options.file, 'not a database, just a text of some length. '.repeat(20));
    expect(codeOf({})).toBe('not_a_book');
    rmSync(options.file);
    const other = new DatabaseSync(options.file);
    other.exec('CREATE TABLE journal (id INTEGER) STRICT');
    other.close();
    expect(codeOf({})).toBe('not_a_book');
    expect(codeOf({ file: join(folder, 'none', 'book.db') })).toBe('not_a_book');
  });

  it('of another version is left alone', async () => {
    await made();
    edit('PRAGMA user_version = 99');
    expect(codeOf({})).toBe('other_version');
  });

  it.each([
    ['cash', "UPDATE state SET cash = '9899.99'"],
    ['an execution', "UPDATE fills SET cash = '-1.00'"],
    ['a missing execution', 'DELETE FROM fills'],
    ['a position', "UPDATE positions SET quantity = '11'"],
    ['a missing position', 'DELETE FROM positions'],
  ])('with an edit of %s is damaged', async (_what, sql) => {
    await made();
    edit(sql);
    expect(codeOf({})).toBe('damaged');
  });

  it('with overwritten pages is damaged or no book, and never opened', async () => {
    await made();
    const whole = readFileSync(options.file);
    const codes = new Set<string>();
    for (let page = 0; page * 4096 < whole.length; page += 1) {
      const torn = Buffer.from(whole);
      torn.fill(0xa5, page * 4096, page * 4096 + 2048);
      writeFileSync(options.file, torn);
      codes.add(codeOf({}));
    }
    expect([...codes].toSorted()).toEqual(['damaged', 'not_a_book']);
  });

  it('copied while closed is the same book', async () => {
    await made();
    cpSync(options.file, join(folder, 'copy.db'));
    expect(codeOf({ file: join(folder, 'copy.db') })).toBe('opened');
  });

  it('answers nothing once it is closed', async () => {
    const exchange = openExchange(options);
    exchange.close();
    await expect(exchange.account()).rejects.toThrow(BrokerError);
    const outcome = await exchange.submit({
      clientOrderId: 'late',
      symbol: symbol('AAA'),
      side: 'buy',
      quantity: parseQuantity('1'),
      ...MARKET_TERMS,
    });
    expect(outcome.kind).toBe('unknown');
  });

  function edit(sql: string): void {
    const db = new DatabaseSync(options.file);
    db.exec(`PRAGMA foreign_keys = OFF; ${sql}`);
    db.close();
  }
});
