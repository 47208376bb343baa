// Stage: tests. `assay shortfall` on a traded account: every form says the same, and groups sum.
// Invariant: sums are taken here on the decimals shown, to 1e-18 USD.
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal } from '../../src/domain/units/decimal.ts';
import { assay } from './program.ts';
import { tradedBench, type Bench } from './workbench.ts';

type Row = Readonly<Record<string, string>>;
interface Answer {
  readonly cycles: number;
  readonly groups: readonly Row[];
  readonly account: Row;
}

let bench: Bench;
beforeAll(async () => {
  bench = await tradedBench();
});
afterAll(() => bench.remove());

const ask = async (...argv: readonly string[]): Promise<Answer> => {
  const { code, out, err } = await assay('shortfall', '--home', bench.home, '--json', ...argv);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Answer;
};

const sum = (rows: readonly Row[], key: string): string =>
  formatDecimal(
    rows.reduce((count, row) => count + (parseDecimal(row[key] ?? '', 18) ?? 0n), 0n),
    18,
  );

describe('assay shortfall', () => {
  it('sums by any key to the account, and its parts to the total', async () => {
    const whole = await ask();
    expect(whole.cycles).toBe(35);
    expect(whole.groups.map(({ sleeve }) => sleeve)).toEqual(['keep', 'swing', 'turn']);
    const { account } = whole;
    expect(account['cross']).toBe('0');
    expect(
      ['delay', 'trading', 'cross', 'opportunity', 'fees'].reduce(
        (count, key) => count + (parseDecimal(account[key] ?? '', 18) ?? 0n),
        0n,
      ),
    ).toBe(parseDecimal(account['total'] ?? '', 18));
    for (const by of ['sleeve', 'symbol', 'day', 'month', 'year', 'sleeve,symbol,month']) {
      const { groups, account: same } = await ask('--by', by);
      expect(same).toEqual(account);
      for (const key of ['total', 'trading', 'opportunity', 'savedSpread', 'savedOrders'])
        expect(sum(groups, key)).toBe(account[key]);
    }
  });

  it('splits a period into two that sum to it', async () => {
    const whole = await ask();
    const early = await ask('--to', '2024-03-28');
    const late = await ask('--from', '2024-03-29');
    expect(early.cycles + late.cycles).toBe(whole.cycles);
    expect(sum([early.account, late.account], 'total')).toBe(whole.account['total']);
  });

  it('answers as CSV what it answers as JSON', async () => {
    const { groups } = await ask('--by', 'symbol');
    const { out } = await assay('shortfall', '--home', bench.home, '--by', 'symbol', '--csv');
    const rows: Row[] = parse(out, { columns: true });
    expect(rows.map(({ symbol, total }) => [symbol, total])).toEqual(
      groups.map(({ symbol, total }) => [symbol, total]),
    );
  });

  it('shows how orders were carried out, every order once', async () => {
    const { groups, account } = await ask('--quality', '--by', 'hour');
    expect(groups.map(({ hour }) => hour)).toContain('09');
    expect(sum(groups, 'executedNotional')).toBe(account['executedNotional']);
    const { account: costs } = await ask();
    expect(account['slippage']).toBe(costs['trading']);
    const { out } = await assay('shortfall', '--home', bench.home, '--quality');
    // Orders for each that the plan wanted: more than one where the rest was ordered again.
    expect(out).toMatch(/^all +\d+ +\d+ +1\.[1-9]\d /m);
  });

  it('refuses a key or a date that it does not know', async () => {
    const wrong = await assay('shortfall', '--home', bench.home, '--by', 'sleeve,colour');
    expect(wrong).toEqual({
      code: 2,
      out: '',
      err: '--by: expected sleeve, symbol, day, month, year or several of them with commas, found "colour". Nothing was read.\n',
    });
    const day = await assay('shortfall', '--home', bench.home, '--from', '2024-02-30');
    expect([day.code, day.err]).toEqual([
      2,
      '--from: expected a date like 2024-03-15, found "2024-02-30". Nothing was read.\n',
    ]);
  });
});
