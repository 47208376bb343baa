// Stage: tests. `assay tax` on a traded account: every form says the same, and the bridge is zero.
// Invariant: sums are taken here on the decimals shown; proceeds are the broker's own executions.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal } from '../../src/domain/units/decimal.ts';
import {
  format,
  notional,
  parseMoney,
  parsePrice,
  parseQuantity,
} from '../../src/domain/units/units.ts';
import { signedUsd } from '../../src/apps/cli/figures.ts';
import { assay } from './program.ts';
import { emptyBench, FROM, tradedBench, type Bench } from './workbench.ts';

type Row = Readonly<Record<string, string>>;
interface Answer {
  readonly sales: readonly Row[];
  readonly totals: Readonly<Record<'short' | 'long', Row>>;
  readonly bridge: readonly Row[];
  readonly bridgeTotal: Row;
  readonly deferred: readonly Row[] | null;
  readonly possibleWashSales: readonly Row[];
  readonly lots: readonly Row[];
  readonly unexplained: readonly Row[];
}

interface Washed {
  readonly symbol: string;
  readonly sale: { readonly on: string };
  readonly replacement: { readonly on: string };
}

let bench: Bench;
beforeAll(async () => {
  bench = await tradedBench();
});
afterAll(() => bench.remove());

async function ask(...argv: readonly string[]): Promise<Answer> {
  const { code, out, err } = await assay('tax', '--home', bench.home, '--json', ...argv);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Answer;
}

const sum = (rows: readonly Row[], key: string): string =>
  formatDecimal(
    rows.reduce((count, row) => count + (parseDecimal(row[key] ?? '', 9) ?? 0n), 0n),
    9,
  );

const fills = (): readonly Row[] =>
  readFileSync(join(bench.evidence, 'fills.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

const worth = ({ price = '', qty = '' }: Row): Row => ({
  cash: format(notional(parsePrice(price), parseQuantity(qty))),
});

describe('assay tax', () => {
  it('sells for what the broker paid, and bridges to what the sleeves realised', async () => {
    const answer = await ask();
    const sold = fills().filter(({ side }) => side === 'sell');
    expect(sum(answer.sales, 'proceeds')).toBe(sum(sold.map(worth), 'cash'));
    expect(answer.totals.long['gain']).toBe('0');
    expect(sum(answer.sales, 'gain')).toBe(answer.totals.short['gain']);
    expect(answer.bridgeTotal['tax']).toBe(answer.totals.short['gain']);
    for (const line of [...answer.bridge, answer.bridgeTotal]) {
      expect([line['symbol'], line['difference']]).toEqual([line['symbol'], '0']);
      const columns = ['economic', 'crosses', 'other', 'lots', 'taxOther'];
      expect(
        sum(
          columns.map((column) => ({ amount: line[column] ?? '' })),
          'amount',
        ),
      ).toBe(line['tax']);
    }
    const { out } = await assay('tax', '--home', bench.home);
    expect(out).toContain(` ${signedUsd(parseMoney(answer.bridgeTotal['crosses'] ?? ''))} `);
    const pnl = JSON.parse((await assay('pnl', '--home', bench.home, '--json')).out) as {
      sleeves: readonly Row[];
    };
    expect(answer.bridgeTotal['economic']).toBe(sum(pnl.sleeves, 'realised'));
    expect(answer.bridgeTotal['crosses']).not.toBe('0');
    expect(answer.bridgeTotal['lots']).not.toBe('0');
    const bought = fills().filter(({ side }) => side === 'buy');
    expect(sum([...answer.sales, ...answer.lots], 'cost')).toBe(sum(bought.map(worth), 'cash'));
    expect(answer.unexplained).toEqual([]);
    expect(answer.possibleWashSales.length).toBeGreaterThan(0);
    expect(sum(answer.sales, 'possiblyWashedLoss')).toBe(
      sum(answer.possibleWashSales, 'disallowed'),
    );
  });

  it('knows nothing of a year without trades, and everything of the other', async () => {
    const all = await ask();
    const year = await ask('--year', '2024');
    expect(year.sales).toEqual(all.sales);
    expect(year.deferred).toBeNull();
    expect((await ask('--year', '2023')).sales).toEqual([]);
  });

  it('answers as CSV, a row a lot sold, or held', async () => {
    const answer = await ask();
    const read = async (...argv: readonly string[]): Promise<Row[]> =>
      parse((await assay('tax', '--home', bench.home, '--csv', ...argv)).out, { columns: true });
    expect(await read()).toEqual(answer.sales);
    expect(await read('--lots')).toEqual(answer.lots);
  });

  it('names who sold and who bought what may be washed', async () => {
    const { out } = await assay('tax', '--home', bench.home, '--wash', '--lots');
    expect(out).toMatch(/^SPY +2024-\d\d-\d\d (?:keep|swing|turn).* {2,}2024-\d\d-\d\d /m);
    expect(out).toContain('no advice');
    for (const line of out.split('\n'))
      expect([line, Array.from(line).length <= 100]).toEqual([line, true]);
    const short = await assay('tax', '--home', bench.home);
    expect(short.out).toContain('of it bought by another sleeve');
  });

  it('refuses a year that is none', async () => {
    const { code, err } = await assay('tax', '--home', bench.home, '--year', '24');
    expect([code, err]).toEqual([
      2,
      '--year: expected four digits like 2024, found "24". Nothing was read. Correct it.\n',
    ]);
  });

  it('warns before an order is sent of what it then washes', async () => {
    const traded = emptyBench();
    const place = ['--config', traded.config, '--home', traded.home];
    await assay('simulate', ...place, '--from', FROM, '--to', '2024-03-08');
    let warnings = 0;
    for (let session = 0; session < 6; session += 1) {
      const { out } = await assay('plan', '--dry-run', ...place, '--json');
      const plan = JSON.parse(out) as { session: string; possibleWashSales: readonly Row[] };
      expect((await assay('run', ...place)).code).toBe(0);
      const after = await assay('tax', '--home', traded.home, '--json');
      const washed = (JSON.parse(after.out) as { possibleWashSales: readonly Washed[] })
        .possibleWashSales;
      const on = (trade: 'sale' | 'replacement'): string[] =>
        washed.filter((each) => each[trade].on === plan.session).map(({ symbol }) => symbol);
      for (const { order, symbol } of plan.possibleWashSales) {
        expect([plan.session, on(order === 'sells' ? 'sale' : 'replacement')]).toEqual([
          plan.session,
          expect.arrayContaining([symbol]),
        ]);
        warnings += 1;
      }
    }
    expect(warnings).toBeGreaterThan(2);
    traded.remove();
  });
});
