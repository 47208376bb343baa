// Stage: facts → bars; tests of the CSV market.
// Invariant: every rule of the layout is broken once and named; every real file loads or says why not.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { marketDataContract } from '../../../test/contracts/marketData.ts';
import { sessionsBetween } from '../../domain/calendar.ts';
import type { Symbol } from '../../domain/market.ts';
import { session } from '../../domain/time.ts';
import { MarketDataError, type DailyBars } from '../../ports/marketData.ts';
import { openCsvMarketData } from './csvMarketData.ts';

const HEADER = 'date,open,high,low,close,adj_close,volume';
const DAILY = join(import.meta.dirname, '../../../../shared/market-data/daily');
const shared = existsSync(DAILY);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-csv-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a well-formed file', () => {
  it('is read exactly, to counts of 1e-9 USD', () => {
    write(
      'EXACT',
      `${HEADER}\n2010-01-04,112.370003,113.389999,111.5,112.000000001,88.860359,118944600\n`,
    );
    const bars = read('EXACT');
    expect(bars.sessions).toEqual(['2010-01-04']);
    expect(bars.open).toEqual(new BigInt64Array([112_370_003_000n]));
    expect(bars.high).toEqual(new BigInt64Array([113_389_999_000n]));
    expect(bars.low).toEqual(new BigInt64Array([111_500_000_000n]));
    expect(bars.close).toEqual(new BigInt64Array([112_000_000_001n]));
    expect(bars.adjustedClose).toEqual(new Float64Array([88.860359]));
    expect(bars.volume).toEqual(new BigInt64Array([118_944_600n]));
  });

  it('has the version that its text gives by hand', () => {
    write(
      'EXACT',
      `${HEADER}\n2010-01-04,10,10.5,9.75,10.25,9.1,100\n2010-01-05,10,10,10,10,9,0\n`,
    );
    const bars = read('EXACT');
    // printf 'assay bars 1 EXACT\n2010-01-04,10000000000,10500000000,9750000000,10250000000,9.1,100' | sha256sum
    expect(bars.version(0)).toBe(
      'c6645cf87e3feb4b40e964b47de87e7def127b9d82caae43f293709d4ffcf33d',
    );
    // printf '%s\n2010-01-05,10000000000,10000000000,10000000000,10000000000,9,0' <version 0> | sha256sum
    expect(bars.version(1)).toBe(
      'a3de0567930493c8561a01f3bfa8b2981fb97186e03f69ec1df273aff00d0fea',
    );
  });

  it('may have a byte order mark, CRLF, empty lines, no last line end, a gap and no volume', () => {
    const rows = ['2018-07-13,1,1,1,1,1,0', '', '2018-07-17,2,2.5,1.5,2,2,7'];
    write('LOOSE', `\uFEFF${[HEADER, ...rows].join('\r\n')}`);
    const bars = read('LOOSE');
    expect(bars.sessions).toEqual(['2018-07-13', '2018-07-17']); // 2018-07-16 was a session
    expect(bars.volume).toEqual(new BigInt64Array([0n, 7n]));
  });

  it('opens only the files named, sorted, each once', () => {
    write('BAD', 'not,a,market\n');
    write('AAA', `${HEADER}\n2018-07-17,1,1,1,1,1,0\n`);
    write('BRK.B', `${HEADER}\n2018-07-17,1,1,1,1,1,0\n`);
    const market = openCsvMarketData({ folder, symbols: ['BRK.B', 'AAA', 'BRK.B'] });
    expect(market.symbols).toEqual(['AAA', 'BRK.B']);
    expect(market).toMatchObject({ synthetic: false, paysDividends: false, corporateActions: [] });
    expect(market.bars('BAD' as Symbol)).toBeUndefined(); // well formed
  });
});

describe('a broken row', () => {
  const FIRST = '2018-07-13,10,11,9,10,10,100';
  it.each([
    ['2018-07-16,10,11,9,10,10', 'Invalid Record Length: expect 7, got 6 on line 3'],
    ['2018-07-16,10,11,9,10,10,100,', 'Invalid Record Length: expect 7, got 8 on line 3'],
    ['2018-07-16,10,11,9,10,10,"100', 'Quote Not Closed'],
    [
      '16.07.2018,10,11,9,10,10,100',
      'line 3, column date: expected a date like 2018-07-17, found "16.07.2018"',
    ],
    [
      '2018-02-30,10,11,9,10,10,100',
      'line 3, column date: expected a date like 2018-07-17, found "2018-02-30"',
    ],
    [',10,11,9,10,10,100', 'line 3, column date: expected a date like 2018-07-17, found ""'],
    [
      '2018-07-14,10,11,9,10,10,100',
      'column date: expected a session of the exchange, found "2018-07-14" (weekend)',
    ],
    [
      '2018-12-05,10,11,9,10,10,100',
      'found "2018-12-05" (National Day of Mourning, George H. W. Bush)',
    ],
    [
      '2041-01-02,10,11,9,10,10,100',
      'found "2041-01-02" (outside the years of the exchange calendar)',
    ],
    [
      '2018-07-13,10,11,9,10,10,100',
      'a session after 2018-07-13, the row before, found "2018-07-13" (the same again)',
    ],
    [
      '2018-07-12,10,11,9,10,10,100',
      'a session after 2018-07-13, the row before, found "2018-07-12".',
    ],
    [
      '2018-07-16,1e1,11,9,10,10,100',
      'column open: expected a decimal with at most 9 places, up to',
    ],
    ['2018-07-16,,11,9,10,10,100', 'column open: expected a decimal with at most 9 places, up to'],
    [
      '2018-07-16,10,NaN,9,10,10,100',
      'column high: expected a decimal with at most 9 places, up to',
    ],
    [
      '2018-07-16,10,11, 9,10,10,100',
      'column low: expected a decimal with at most 9 places, up to',
    ],
    [
      '2018-07-16,10,11,9,10.0000000001,10,100',
      'column close: expected a decimal with at most 9 places, up to',
    ],
    [
      '2018-07-16,10,9223372036.854775808,9,10,10,100',
      'up to 9223372036.854775807, found "9223372036.854775808"',
    ],
    ['2018-07-16,10,11,0,10,10,100', 'column low: expected a price above 0, found "0"'],
    ['2018-07-16,10,11,-9,10,10,100', 'column low: expected a price above 0, found "-9"'],
    [
      '2018-07-16,10,11,10.000000001,10,10,100',
      'column low: expected at most 10, the lower of open and close',
    ],
    [
      '2018-07-16,10.5,11,10.25,10.2,10,100',
      'column low: expected at most 10.2, the lower of open and close',
    ],
    [
      '2018-07-16,10,10.1,9,10.2,10,100',
      'column high: expected at least 10.2, the higher of open and close',
    ],
    [
      '2018-07-16,10.3,10.2,9,10,10,100',
      'column high: expected at least 10.3, the higher of open and close',
    ],
    ['2018-07-16,10,11,9,10,0,100', 'column adj_close: expected a decimal above 0, found "0"'],
    ['2018-07-16,10,11,9,10,-1,100', 'column adj_close: expected a decimal above 0, found "-1"'],
    ['2018-07-16,10,11,9,10,,100', 'column adj_close: expected a decimal above 0, found ""'],
    [
      '2018-07-16,10,11,9,10,null,100',
      'column adj_close: expected a decimal above 0, found "null"',
    ],
    [
      `2018-07-16,10,11,9,10,${'9'.repeat(400)},100`,
      'column adj_close: expected a decimal above 0, found "999',
    ],
    [
      '2018-07-16,10,11,9,10,10,100.5',
      'column volume: expected a whole number of shares, 0 or more, found "100.5"',
    ],
    [
      '2018-07-16,10,11,9,10,10,-1',
      'column volume: expected a whole number of shares, 0 or more, found "-1"',
    ],
    [
      '2018-07-16,10,11,9,10,10,9223372036854775808',
      'column volume: expected a whole number of shares',
    ],
  ])('%s is refused with its place', (row, message) => {
    write('ROW', `${HEADER}\n${FIRST}\n${row}\n`);
    expect(() => read('ROW')).toThrow(MarketDataError);
    expect(() => read('ROW')).toThrow(message);
    expect(() => read('ROW')).toThrow(join(folder, 'ROW.csv'));
    expect(() => read('ROW')).toThrow('No market was opened.');
  });

  it('is counted in lines of the file, empty ones included', () => {
    write('ROW', `${HEADER}\n\n${FIRST}\n\n\n2018-07-16,x,11,9,10,10,100\n`);
    expect(() => read('ROW')).toThrow('ROW.csv line 6, column open');
  });

  it('with the line end of another system is refused', () => {
    write('ROW', `${HEADER}\n${FIRST}\r\n`);
    expect(() => read('ROW')).toThrow(
      'column volume: expected a whole number of shares, 0 or more, found "100\\r"',
    );
  });
});

describe('a broken file', () => {
  it.each([
    ['', 'line 1: expected the header "date,open,high,low,close,adj_close,volume", found ""'],
    ['2018-07-13,10,11,9,10,10,100\n', 'line 1: expected the header'],
    ['date,open,high,low,close,volume\n', 'found "date,open,high,low,close,volume"'],
    [
      'Date,open,high,low,close,adj_close,volume\n',
      'found "Date,open,high,low,close,adj_close,volume"',
    ],
    [
      'date,open,high,low,adj_close,close,volume\n',
      'found "date,open,high,low,adj_close,close,volume"',
    ],
    [
      `${HEADER}\n`,
      'FILE.csv: expected at least one bar below the header, found none. No market was opened: FILE cannot be traded.',
    ],
  ])('%j is refused', (content, message) => {
    write('FILE', content);
    expect(() => read('FILE')).toThrow(MarketDataError);
    expect(() => read('FILE')).toThrow(message);
  });

  it('that is missing is named with the nearest names and the count of files', () => {
    const names = join(folder, 'names');
    mkdirSync(names);
    for (const name of ['SPY', 'SPYD', 'SPYG', 'QQQ']) {
      writeFileSync(join(names, `${name}.csv`), `${HEADER}\n2018-07-17,1,1,1,1,1,0\n`);
    }
    expect(() => openCsvMarketData({ folder: names, symbols: ['SPYX', 'QQQ', 'ZM'] })).toThrow(
      `Folder ${names} lacks SPYX.csv (near: SPY, SPYD, SPYG), ZM.csv: expected one file for each of 3 symbols, ` +
        'found 1 among the 4 files there. No market was opened.',
    );
  });

  it.each(['../secret', 'A/../B', 'spy', '', 'SPY.csv', '__proto__'])(
    '%j is no symbol of a folder',
    (symbol) => {
      expect(() => openCsvMarketData({ folder, symbols: [symbol] })).toThrow(
        `Symbol ${JSON.stringify(symbol)} cannot be read from a CSV folder`,
      );
    },
  );

  it('that the system cannot read, or a folder that is none, is named with the reason', () => {
    mkdirSync(join(folder, 'DIR.csv'));
    expect(() => read('DIR')).toThrow(
      `File ${join(folder, 'DIR.csv')} cannot be read: expected a CSV file, found EISDIR`,
    );
    expect(() => openCsvMarketData({ folder: join(folder, 'none'), symbols: ['SPY'] })).toThrow(
      `Folder ${join(folder, 'none')} cannot be read: expected a folder of CSV files, found ENOENT`,
    );
  });
});

describe('the version of a history', () => {
  it('changes when any one figure of it changes, from that bar on', () => {
    const rows = ['2018-07-13,10,11,9,10,10,100', '2018-07-16,10,11,9,10,10,100'];
    write('VER', [HEADER, ...rows].join('\n'));
    const before = read('VER');
    const changed = [
      '2018-07-17,10,11,9,10,10,100',
      '2018-07-16,10.000000001,11,9,10,10,100',
      '2018-07-16,10,11.000000001,9,10,10,100',
      '2018-07-16,10,11,8.999999999,10,10,100',
      '2018-07-16,10,11,9,10.000000001,10,100',
      '2018-07-16,10,11,9,10,10.000000000000002,100',
      '2018-07-16,10,11,9,10,10,101',
    ];
    for (const row of changed) {
      write('VER', [HEADER, rows[0], row].join('\n'));
      expect(read('VER').version(0)).toBe(before.version(0));
      expect(read('VER').version(1)).not.toBe(before.version(1));
    }
  });
});

describe('the contract', () => {
  const contractFolder = mkdtempSync(join(tmpdir(), 'assay-csv-contract-'));
  afterAll(() => rmSync(contractFolder, { recursive: true }));
  const openRows = (rows: number) => () => {
    const sessions = sessionsBetween(session('2018-07-02'), session('2018-12-31')).slice(0, rows);
    for (const [symbol, first] of [
      ['AAA', 10],
      ['BBB', 20],
    ] as const) {
      const lines = sessions.map((date, index) => {
        const open = first + index / 4;
        return `${date},${open},${open + 1},${open - 1},${open + 0.5},${open - 2},${index}`;
      });
      writeFileSync(join(contractFolder, `${symbol}.csv`), [HEADER, ...lines].join('\n'));
    }
    return openCsvMarketData({ folder: contractFolder, symbols: ['BBB', 'AAA'] });
  };
  marketDataContract('a CSV folder', {
    open: openRows(60),
    openShorter: openRows(40),
    unknown: 'ZZZ',
  });
});

describe('the shared bars', () => {
  const name = shared ? '' : ' (skipped: ../shared/market-data is not on this machine)';

  it.skipIf(!shared)(`load, all 133 files${name}`, () => {
    const symbols = readdirSync(DAILY)
      .filter((file) => file.endsWith('.csv'))
      .map((file) => file.slice(0, -4));
    expect(symbols.length).toBe(133);
    const refused = symbols.flatMap((symbol) => {
      try {
        openCsvMarketData({ folder: DAILY, symbols: [symbol] });
        return [];
      } catch (error) {
        if (!(error instanceof MarketDataError)) throw error;
        return [`${symbol}: ${error.message}`];
      }
    });
    expect(refused).toEqual([]);
  });

  it.skipIf(!shared)(`keep known gaps as gaps${name}`, () => {
    const market = openCsvMarketData({ folder: DAILY, symbols: ['QUAL', 'USMV', 'SPY'] });
    const held = (symbol: string) => market.bars(symbol as Symbol)?.sessions ?? []; // well formed
    expect(held('SPY').length).toBe(2769);
    expect(held('QUAL').length).toBe(1936);
    expect(held('QUAL')).not.toContain('2013-08-01');
    const usmv = held('USMV');
    const whole = sessionsBetween(session('2011-10-20'), session('2021-03-26'));
    expect(whole.length - usmv.length).toBe(7);
  });
});

const write = (symbol: string, content: string): void =>
  writeFileSync(join(folder, `${symbol}.csv`), content);

function read(symbol: string): DailyBars {
  const bars = openCsvMarketData({ folder, symbols: [symbol] }).bars(symbol as Symbol); // opened under that name
  if (bars === undefined) throw new Error(`${symbol} was opened without bars.`);
  return bars;
}
