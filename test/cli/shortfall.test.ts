// Stage: tests. `assay shortfall` on a traded account: every form says the same, and groups sum.
// Invariant: sums are taken here on the decimals shown, to 1e-18 USD.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executionsIn, readFills } from '../../src/adapters/evidence/fills.ts';
import { standingFills, sumOfStanding } from '../../src/domain/standing.ts';
import { signedUsd } from '../../src/apps/cli/figures.ts';
import { format, money, ONE } from '../../src/domain/units/units.ts';
import { divideHalfEven, formatDecimal, parseDecimal } from '../../src/domain/units/decimal.ts';
import { assay } from './program.ts';
import { emptyBench, SETTINGS, tradedBench, type Bench } from './workbench.ts';

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

describe('assay shortfall of an account whose executions were amended later', () => {
  let amended: Bench;
  const from = (...argv: readonly string[]) => assay(...argv, '--home', amended.home);
  const askFrom = async (...argv: readonly string[]): Promise<Restated> => {
    const { code, out, err } = await from('shortfall', '--json', ...argv);
    expect([code, err]).toEqual([0, '']);
    return JSON.parse(out) as Restated;
  };
  beforeAll(async () => {
    amended = emptyBench();
    const exchange = { ...SETTINGS.exchange, bustRate: '0.1', executionCorrectionRate: '0.4' };
    const config = amended.configure({ exchange });
    const period = ['--from', '2024-03-01', '--to', '2024-03-15'];
    await from('simulate', '--config', config, ...period);
    await from('export', '--config', config, '--to', amended.evidence);
  });
  afterAll(() => amended.remove());

  it('is stated on the facts known now, with each figure that was said before', async () => {
    const { account, groups, restatements } = await askFrom('--by', 'symbol');
    const divided = restatements.filter((each) => each.divided);
    expect(divided.length).toBeGreaterThan(1);
    expect(divided.some(({ was, is }) => was !== is)).toBe(true);
    for (const each of restatements) expect(each.at.slice(0, 10) > each.cycle).toBe(true);
    expect(sum(groups, 'total')).toBe(account['total']);
    expect(account['cross']).toBe('0');

    // What the orders cost by the broker's own records as they stand, is what the sleeves paid.
    const quality = await askFrom('--quality');
    expect(quality.account['slippage']).toBe(account['trading']);
    expect(quality.account['executed']).toBe(standingIn(amended));

    // Only what is said of a symbol and a session changes: was, and then is.
    const [first] = divided;
    const on = await askFrom(
      '--by',
      'day,symbol',
      '--from',
      first?.cycle ?? '',
      '--to',
      first?.cycle ?? '',
    );
    const last = restatements.findLast(
      ({ cycle, symbol }) => cycle === first?.cycle && symbol === first.symbol,
    );
    expect(on.groups.find(({ symbol }) => symbol === first?.symbol)?.['total']).toBe(last?.is);

    const { out } = await from('shortfall', '--amendments');
    expect(out.replaceAll(/\s+/g, ' ')).toContain(
      `restated by amendment ${first?.amendment ?? ''} (${first?.kind ?? ''} of `,
    );
  });

  it('counts what was taken back among what was not traded, as suppressed does', async () => {
    const { account } = await askFrom();
    expect(Object.keys(account['reasons'] ?? {})).toContain('expired/amended');
    const { rows } = JSON.parse((await from('suppressed', '--json')).out) as {
      rows: readonly { group: string }[];
    };
    expect(rows.map(({ group }) => group)).toEqual(Object.keys(account['reasons'] ?? {}));
  });

  it('is what performance and tax say of the same executions, day by day', async () => {
    const ofPerformance = async (...argv: readonly string[]) =>
      JSON.parse((await from('performance', '--json', ...argv)).out) as {
        periods: readonly { readonly period: string; readonly account: Row }[];
      };
    const [whole] = (await ofPerformance()).periods;
    const { account, groups } = await askFrom('--by', 'day');
    expect(whole?.account['slippage']).toBe(account['trading']);
    const days = new Map(groups.map(({ day, trading }) => [day, trading]));
    for (const { period, account: of } of (await ofPerformance('--by', 'day')).periods)
      expect([period, of['slippage']]).toEqual([period, days.get(period) ?? '0']);
    const tax = JSON.parse((await from('tax', '--json')).out) as {
      sales: readonly Row[];
      lots: readonly Row[];
    };
    const nine = (rows: readonly Row[], key: string): bigint =>
      rows.reduce((total, row) => total + (parseDecimal(row[key] ?? '', 9) ?? 0n), 0n);
    const sold = nine(tax.sales, 'proceeds');
    const bought = nine(tax.sales, 'cost') + nine(tax.lots, 'cost');
    expect([whole?.account['sold'], whole?.account['bought']]).toEqual([
      formatDecimal(sold, 9),
      formatDecimal(bought, 9),
    ]);
  });

  it('counts what was said since, and names the command that lists it', async () => {
    const { restatements } = await askFrom();
    const count = (kind: string): number =>
      restatements.filter((each) => each.kind === kind).length;
    const changed = restatements.reduce(
      (usd, { was, is }) => usd + (parseDecimal(is, 18) ?? 0n) - (parseDecimal(was, 18) ?? 0n),
      0n,
    );
    const text = (await from('shortfall')).out.replaceAll(/\s+/g, ' ');
    expect(text).not.toContain('restated by amendment');
    expect(text).toContain(
      `Restated by ${restatements.length} amendments since (${count('bust')} busts, ${count('correction')} corrections), by ${signedUsd(money(divideHalfEven(changed, ONE)))} USD together. Each of them: \`npx assay shortfall --amendments --home ${amended.home}`,
    );
  });

  it('names on the page of the cycle what was said of its fills since', async () => {
    const { restatements } = await askFrom();
    const [first] = restatements.filter(({ divided }) => divided);
    const { out } = await from('explain', first?.symbol ?? '', '--on', first?.cycle ?? '');
    const text = out.replaceAll(/\s+/g, ' ');
    expect(text).toContain(`restated by amendment ${first?.amendment ?? ''} in the cycle of `);
    expect(text).toMatch(/As known at its close; restated since by amendment .* shares\./);
    const { out: json } = await from(
      'explain',
      first?.symbol ?? '',
      '--on',
      first?.cycle ?? '',
      '--json',
    );
    expect(json).toContain(`"id":"${first?.amendment ?? ''}"`);
  });

  it('names an amendment of a correction at the fill that both are of', async () => {
    const { restatements } = await askFrom();
    const ids = new Set(restatements.map(({ amendment }) => amendment));
    const chained = restatements.find(({ execution, divided }) => divided && ids.has(execution));
    const { out } = await from('explain', chained?.symbol ?? '', '--on', chained?.cycle ?? '');
    for (const id of [chained?.execution, chained?.amendment])
      expect(out.replaceAll(/\s+/g, ' ')).toContain(`restated by amendment ${id ?? ''} in the`);
  });

  it('leaves what netting saved as it was', async () => {
    const { out } = await from('netting');
    expect(out).toContain('Busts and corrections change nothing here');
  });
});

interface Restated extends Answer {
  readonly restatements: readonly {
    readonly amendment: string;
    readonly execution: string;
    readonly kind: string;
    readonly at: string;
    readonly symbol: string;
    readonly cycle: string;
    readonly was: string;
    readonly is: string;
    readonly divided: boolean;
  }[];
}

/** Shares executed as the exported executions stand. */
function standingIn({ evidence }: Bench): string {
  const read = readFills(readFileSync(join(evidence, 'fills.jsonl'), 'utf8'), 'fills.jsonl');
  if (!read.ok) throw new Error(read.errors[0]?.message);
  const { fills, amendments } = executionsIn(read.records);
  return format(sumOfStanding(standingFills(fills, amendments)).filled);
}

describe('a sleeve that is paused', () => {
  it('is no cost and nothing suppressed: its intents are counted beside, in both reports', async () => {
    const place = emptyBench();
    const simulate = (config: string, to: string) =>
      assay(
        'simulate',
        '--config',
        config,
        '--home',
        place.home,
        '--from',
        '2024-03-01',
        '--to',
        to,
      );
    expect(await simulate(place.config, '2024-03-04')).toMatchObject({ code: 0 });
    const [swing, ...others] = SETTINGS.sleeves;
    const paused = place.configure({ sleeves: [{ ...swing, life: 'paused' }, ...others] });
    expect(await simulate(paused, '2024-03-15')).toMatchObject({ code: 0 });
    const kept = (await outcomesOf(place)).filter(
      ({ kind, reason, quantity }) => `${kind}/${reason}` === 'held/paused' && quantity !== '0',
    );
    expect(kept.length).toBeGreaterThan(2);
    for (const command of ['shortfall', 'suppressed']) {
      const on = async (...argv: readonly string[]) =>
        (await assay(command, '--home', place.home, ...argv)).out;
      expect(await on()).toContain(`${kept.length} held/paused`);
      const answer = JSON.parse(await on('--json')) as { held: unknown };
      expect(answer.held).toEqual([{ reason: 'paused', intents: kept.length }]);
      expect(await on('--csv')).not.toContain('paused');
    }
    place.remove();
  });
});

/** Every part of every intent, from the tables. */
async function outcomesOf(place: Bench): Promise<Row[]> {
  const tables = place.file('tables');
  await assay('export', '--format', 'csv', '--home', place.home, '--to', tables);
  return parse(readFileSync(join(tables, 'outcomes.csv')), { columns: true });
}
