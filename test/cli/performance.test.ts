// Stage: tests. `assay performance` on a traded account: every form says the same, and rows sum.
// Invariant: sums are taken here on the decimals shown; statistics are simple-statistics'.
import { parse } from 'csv-parse/sync';
import { sampleCorrelation, sampleCovariance, sampleVariance } from 'simple-statistics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal } from '../../src/domain/units/decimal.ts';
import { signedUsd } from '../../src/apps/cli/figures.ts';
import { parseMoney } from '../../src/domain/units/units.ts';
import { assay } from './program.ts';
import { emptyBench, FROM, SETTINGS, TO, tradedBench, type Bench } from './workbench.ts';

type Row = Readonly<Record<string, string>>;
interface Period {
  readonly period: string;
  readonly from: string;
  readonly to: string;
  readonly sessions: number;
  readonly account: Row;
  readonly members: Readonly<Record<string, Row>>;
  readonly benchmark: {
    readonly growth: string | null;
    readonly missing: readonly string[];
  } | null;
}

let bench: Bench;
beforeAll(async () => {
  bench = await tradedBench();
});
afterAll(() => bench.remove());

const run = (...argv: readonly string[]) =>
  assay('performance', '--home', bench.home, '--config', bench.config, ...argv);

async function ask(...argv: readonly string[]): Promise<readonly Period[]> {
  const { code, out, err } = await run('--json', ...argv);
  expect([code, err]).toEqual([0, '']);
  return (JSON.parse(out) as { periods: readonly Period[] }).periods;
}

const sum = (rows: readonly Row[], key: string): string =>
  formatDecimal(
    rows.reduce((count, row) => count + (parseDecimal(row[key] ?? '', 18) ?? 0n), 0n),
    18,
  );

const whole = async (...argv: readonly string[]): Promise<Period> =>
  (await ask(...argv))[0] ?? expect.fail('no period');

describe('assay performance', () => {
  it('sums the sleeves to the account, and agrees with assay pnl', async () => {
    const { account, members, sessions } = await whole();
    expect(sessions).toBe(35);
    for (const key of ['profit', 'closing', 'contribution', 'bought', 'sold', 'slippage'])
      expect([key, sum(Object.values(members), key)]).toEqual([key, account[key]]);
    expect(account['contribution']).toBe(account['timeWeightedReturn']);
    const pnl = JSON.parse((await assay('pnl', '--home', bench.home, '--json')).out) as {
      rounding: string;
      account: Row;
      sleeves: readonly Row[];
    };
    expect(pnl.rounding).not.toBe('0');
    expect(pnl.account).toMatchObject({ nav: account['closing'], profit: account['profit'] });
    expect(sum([...pnl.sleeves, { nav: pnl.rounding }], 'nav')).toBe(pnl.account['nav']);
    const { profit = '', realised, unrealised, dividends, sundry } = pnl.account;
    const parts = [realised, unrealised, dividends, sundry].map((part = '') => ({ part }));
    expect(sum(parts, 'part')).toBe(profit);
    const { out } = await assay('pnl', '--home', bench.home);
    expect(out).toContain(` ${signedUsd(parseMoney(profit))} `);
    expect(out).toMatch(/^rounding /m);
    for (const { sleeve = '', profit: own, timeWeightedReturn, maxDrawdown } of pnl.sleeves)
      if (sleeve in members)
        expect(members[sleeve]).toMatchObject({ profit: own, timeWeightedReturn, maxDrawdown });
    expect(Object.keys(members)).toEqual(['house:rounding', 'keep', 'swing', 'turn']);
  });

  it('shows slippage with one sign: a cost is positive', async () => {
    const { account } = await whole();
    const slippage = Number(account['slippage']);
    expect(slippage).toBeGreaterThan(0);
    const row = (await run()).out.split('\n').findLast((line) => line.startsWith('account')) ?? '';
    expect(row).toContain(` +${slippage.toFixed(2)} `);
  });

  it('by month, day or range sums to the whole', async () => {
    const { account } = await whole();
    for (const by of ['month', 'day']) {
      const periods = await ask('--by', by);
      expect(periods.length).toBe(by === 'month' ? 2 : 35);
      expect(
        sum(
          periods.map((each) => each.account),
          'profit',
        ),
      ).toBe(account['profit']);
    }
    const early = await whole('--to', '2024-03-28');
    const late = await whole('--from', '2024-03-29');
    expect(late.from).toBe('2024-04-01');
    expect(late.account['opening']).toBe(early.account['closing']);
    expect(sum([early.account, late.account], 'profit')).toBe(account['profit']);
  });

  it('answers as CSV what it answers as JSON', async () => {
    const [march] = await ask('--by', 'month');
    const rows: Row[] = parse((await run('--csv', '--by', 'month')).out, { columns: true });
    expect(rows.length).toBe(10);
    const swing = rows.find(({ period, member }) => period === '2024-03' && member === 'swing');
    for (const key of ['profit', 'timeWeightedReturn', 'contribution', 'turnover'])
      expect(swing?.[key]).toBe(march?.members['swing']?.[key]);
  });

  it('holds it against a symbol, from the close before the first session', async () => {
    const { benchmark, members } = await whole('--benchmark', 'SPY');
    const days = await ask('--benchmark', 'SPY', '--by', 'day');
    const steps = days.map((each) => 1 + Number(each.benchmark?.growth));
    expect(steps.reduce((all, step) => all * step, 1) - 1).toBeCloseTo(
      Number(benchmark?.growth),
      9,
    );
    const own = days.map((each) => Number(each.members['keep']?.['timeWeightedReturn']));
    const other = steps.map((step) => step - 1);
    const keep = members['keep'];
    expect(Number(keep?.['betaFloat64'])).toBeCloseTo(
      sampleCovariance(own, other) / sampleVariance(other),
      8,
    );
    expect(Number(keep?.['correlationFloat64'])).toBeCloseTo(sampleCorrelation(own, other), 8);
    expect(Number(keep?.['volatilityFloat64'])).toBeCloseTo(
      Math.sqrt(252 * sampleVariance(own)),
      8,
    );
    expect(Number(keep?.['excessReturn'])).toBeCloseTo(
      Number(keep?.['timeWeightedReturn']) - Number(benchmark?.growth),
      11,
    );
  });

  it('takes closes from a file, and names a session that is missing in it', async () => {
    const file = bench.write('index.csv', 'date,close\n2024-02-29,100\n2024-04-19,110\n');
    const { benchmark } = await whole('--benchmark', file);
    expect(benchmark?.growth).toBe('0.1');
    expect(benchmark?.missing.length).toBe(34);
    const { out } = await run('--benchmark', file);
    expect(out).toContain('The benchmark has no close on 2024-03-01,');
    expect(out).toMatch(/^benchmark +\+10\.00 % +unknown$/m);
    const late = bench.write('late.csv', 'date,close\n2024-04-19,110\n');
    expect((await whole('--benchmark', late)).benchmark?.growth).toBeNull();
  });

  it('refuses what it cannot report', async () => {
    const refusal = async (...argv: readonly string[]) => {
      const { code, out, err } = await run(...argv);
      expect([code, out]).toEqual([2, '']);
      return err;
    };
    expect(await refusal('--by', 'week')).toBe(
      '--by: expected whole, year, quarter, month, day, found "week". Nothing was started. Correct it.\n',
    );
    expect(await refusal('--sleeve', 'nobody')).toBe(
      '--sleeve: expected one of house, keep, suspense, swing, turn that owned anything, found "nobody". Nothing was reported. Correct it.\n',
    );
    const file = bench.write('bad.csv', 'date,close\n2024-02-29,-1\n');
    expect(await refusal('--benchmark', file)).toBe(
      `--benchmark ${file}, line 2: expected a close above 0 with at most 9 decimals, found "-1". Nothing was reported. Correct the file.\n`,
    );
  });

  it('keeps its lines within a terminal', async () => {
    const { out } = await run('--by', 'month', '--benchmark', 'SPY');
    for (const line of out.split('\n'))
      expect([line, Array.from(line).length <= 100]).toEqual([line, true]);
    expect(out).toContain('SYNTHETIC market');
  });
});

describe('a sleeve that was retired', () => {
  it('has no return in pnl either, and no turnover where it has no return', async () => {
    const place = emptyBench();
    const simulate = (config: string, to: string) =>
      assay('simulate', '--config', config, '--home', place.home, '--from', FROM, '--to', to);
    expect(await simulate(place.config, '2024-03-15')).toMatchObject({ code: 0 });
    // What is left to turn is less than 1 % of what it had, and goes on moving.
    const navs = JSON.parse((await assay('pnl', '--home', place.home, '--json')).out) as {
      sleeves: readonly { sleeve: string; nav: string }[];
    };
    const nav = Number(navs.sleeves.find(({ sleeve }) => sleeve === 'turn')?.nav);
    const amount = String(Math.floor(nav) - 100);
    const moved = ['--from', 'turn', '--to', 'house', '--amount', amount];
    const at = ['--config', place.config, '--home', place.home];
    expect(await assay('transfer', ...moved, ...at)).toMatchObject({ code: 0 });
    const [swing, turn, keep] = SETTINGS.sleeves;
    const sleeves = [swing, turn, { ...keep, life: 'closing' }];
    expect(await simulate(place.configure({ sleeves }), TO)).toMatchObject({ code: 0 });
    const { out } = await assay('pnl', '--home', place.home);
    expect(out).toMatch(/^keep .* {2}– +–$/m);
    expect(out).not.toMatch(/^(swing|turn) .*–/m);
    expect(out).toContain(`assay performance --home ${place.home}`);
    const json = JSON.parse((await assay('pnl', '--home', place.home, '--json')).out) as {
      sleeves: readonly { sleeve: string; returnNotMeaningful: string | null }[];
    };
    expect(
      json.sleeves.map(({ sleeve, returnNotMeaningful: why }) => `${sleeve} ${why ?? ''}`),
    ).toEqual(['house ', 'keep ended', 'swing ', 'turn ']);
    const monthly = (await assay('performance', '--home', place.home, '--by', 'month')).out;
    const [returns = '', trading = ''] = monthly.split(/^month .*bought.*$/m);
    const [, month = ''] = /^(\d{4}-\d\d) +turn .* – /m.exec(returns) ?? [];
    expect(month).not.toBe('');
    expect(trading).toMatch(new RegExp(`^${month} +turn .* – `, 'm'));
    place.remove();
  });
});
