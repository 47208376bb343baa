// Stage: tests. The reports over a period, against the broker's records and the journal of a real run.
// Invariant: every sum is recomputed here from the exported answers, by another way.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal } from '../../src/domain/units/decimal.ts';
import { expectRefusal, type Refusal } from '../errors/refusal.ts';
import { assay, snapshot } from './program.ts';
import { FROM, TO, tradedBench, type Bench } from './workbench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await tradedBench();
});
afterAll(() => bench.remove());

async function answer(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await assay(...argv, '--home', bench.home);
  expect([code, err]).toEqual([0, '']);
  return out;
}

type Row = Readonly<Record<string, string>>;

/** Rows of a CSV answer whose cells hold no commas. */
function rowsOf(csv: string): Row[] {
  const [titles = '', ...lines] = csv.trimEnd().split('\n');
  const names = titles.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
  });
}

const sum = (rows: readonly Row[], figure: string): string =>
  formatDecimal(
    rows.reduce((total, row) => total + (parseDecimal(row[figure] ?? '', 9) ?? 0n), 0n),
    9,
  );

describe('assay netting', () => {
  it.each(['sleeve', 'symbol', 'month', 'session'])('sums by %s to the account', async (by) => {
    const rows = rowsOf(await answer('netting', '--by', by, '--csv'));
    const account = rows.at(-1);
    expect(account?.[by]).toBe('account');
    for (const figure of Object.keys(account ?? {}).filter((name) => name !== by))
      expect([figure, sum(rows.slice(0, -1), figure)]).toEqual([figure, account?.[figure]]);
    expect(Number(account?.['crossedShares'])).toBeGreaterThan(1);
    expect(Number(account?.['spreadNotPaid'])).toBeGreaterThan(0);
  });

  it('sends the orders that the broker has, and counts each crossed share of explain twice', async () => {
    const account = rowsOf(await answer('netting', '--csv')).at(-1);
    const { symbols, orders } = await everyCycle();
    const { ordersAlone, ordersAvoided } = account ?? {};
    // What an order left and another ordered again is one order of the plan, each share counted once.
    const first = orders.filter(({ revision }) => Number(revision) === 0);
    expect(Number(ordersAlone) - Number(ordersAvoided)).toBe(first.length);
    expect(orders.length).toBeGreaterThan(first.length);
    const filled = filledOrders();
    const wanted = orders.map((order) =>
      orders.some((later) => chainOf(later) === chainOf(order) && isLater(later, order))
        ? { quantity: filled.get(order['clientOrderId'] ?? '') ?? '0' }
        : { quantity: order['quantity'] ?? '' },
    );
    expect(account?.['netShares']).toBe(sum(wanted, 'quantity'));
    const crossed = sum(symbols, 'quantity');
    expect(account?.['crossedShares']).toBe(
      formatDecimal(2n * (parseDecimal(crossed, 9) ?? 0n), 9),
    );
  });

  it('divides a period into its parts', async () => {
    const whole = rowsOf(await answer('netting', '--csv')).at(-1);
    const first = rowsOf(await answer('netting', '--csv', '--to', '2024-03-28')).slice(-1);
    const second = rowsOf(await answer('netting', '--csv', '--from', '2024-03-29')).slice(-1);
    for (const figure of ['grossNotional', 'spreadNotPaid', 'feesAvoided', 'ordersAvoided'])
      expect(sum([...first, ...second], figure)).toBe(whole?.[figure]);
  });

  it('assumes the fees that are given, and says which', async () => {
    const none = await answer('netting', '--fees', 'none');
    expect(none).toContain('Fees avoided are assumed: none.');
    const [row] = rowsOf(await answer('netting', '--fees', 'per-share=1', '--csv')).slice(-1);
    expect(row?.['feesAvoided']).toBe(row?.['crossedShares']);
  });

  it('spares what the shortfall says was saved, sleeve by sleeve', async () => {
    const netting = rowsOf(await answer('netting', '--csv'));
    const shortfall = JSON.parse(await answer('shortfall', '--json')) as { groups: readonly Row[] };
    expect(shortfall.groups.length).toBe(3);
    for (const row of shortfall.groups) {
      const mine = netting.find(({ sleeve }) => sleeve === row['sleeve']);
      expect([mine?.['crossedShares'], mine?.['ordersAvoided']]).toEqual([
        row['savedShares'],
        row['savedOrders'],
      ]);
      expect(Number(mine?.['spreadNotPaid'])).toBeCloseTo(Number(row['savedSpread']), 6);
    }
  });

  it('says the same as JSON', async () => {
    const json = JSON.parse(await answer('netting', '--json')) as { rows: Row[]; account: Row };
    const csv = rowsOf(await answer('netting', '--csv'));
    expect(json.rows.map((row) => row['feesAvoided'])).toEqual(
      csv.slice(0, -1).map((row) => row['feesAvoided']),
    );
    expect(json.account['grossNotional']).toBe(csv.at(-1)?.['grossNotional']);
  });
});

const chainOf = ({ cycle, symbol, side }: Row): string => `${cycle} ${symbol} ${side}`;

const isLater = (one: Row, other: Row): boolean =>
  Number(one['revision']) > Number(other['revision']);

/** Shares filled of each order, by client order id, from the exported file. */
function filledOrders(): Map<string, string> {
  const lines = readFileSync(join(bench.evidence, 'orders.jsonl'), 'utf8').trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const order = JSON.parse(line) as { client_order_id: string; filled_qty: string };
      return [order.client_order_id, order.filled_qty];
    }),
  );
}

async function everyCycle(): Promise<{ symbols: Row[]; orders: Row[] }> {
  const sessions = rowsOf(await answer('netting', '--by', 'session', '--csv')).slice(0, -1);
  const symbols: Row[] = [];
  const orders: Row[] = [];
  for (const row of sessions) {
    const told = JSON.parse(await answer('explain', row['session'] ?? '', '--json')) as {
      symbols: readonly { crosses: Row[]; orders: Row[] }[];
    };
    for (const each of told.symbols) {
      symbols.push(...each.crosses);
      orders.push(...each.orders);
    }
  }
  return { symbols, orders };
}

describe('assay suppressed', () => {
  it.each(['reason', 'sleeve', 'symbol', 'session'])(
    'by %s counts every intent once',
    async (by) => {
      const lines = rowsOf(await answer('suppressed', '--csv'));
      const { rows, account, repeats } = JSON.parse(
        await answer('suppressed', '--by', by, '--json'),
      ) as {
        rows: readonly (Row & { parts: number; unknown: number })[];
        account: { parts: number; unknown: number; effect: string };
        repeats: number;
      };
      expect(account.parts + repeats).toBe(lines.length);
      expect(rows.reduce((parts, row) => parts + row.parts, 0)).toBe(account.parts);
      expect(sum(rows, 'effect')).toBe(account.effect);
      expect(account.parts).toBeGreaterThan(10);
    },
  );

  it('values each part at the mark that it names', async () => {
    const lines = rowsOf(await answer('suppressed', '--csv'));
    const valued = lines.filter((line) => line['effect'] !== 'unknown');
    expect(valued.length).toBeGreaterThan(10);
    for (const line of valued) {
      expect((line['markSession'] ?? '') >= (line['cycle'] ?? '')).toBe(true);
      expect(Number(line['priceEffect'])).toBeCloseTo(
        Number(line['quantity']) * (Number(line['mark']) - Number(line['decisionPrice'])),
        4,
      );
    }
  });

  it('knows no mark of a later day than the one asked for', async () => {
    const lines = rowsOf(await answer('suppressed', '--csv', '--at', '2024-03-08'));
    for (const line of lines) {
      if (line['effect'] === 'unknown') continue;
      expect((line['markSession'] ?? '') <= '2024-03-08').toBe(true);
      expect((line['cycle'] ?? '') <= '2024-03-08').toBe(true);
    }
    const unknown = lines.filter((line) => line['effect'] === 'unknown');
    expect(unknown.length).toBeGreaterThan(0);
    expect(new Set(unknown.map((line) => line['mark']))).toEqual(new Set(['unknown']));
  });
});

describe('assay signals', () => {
  it('gives every signal one state, and its parts are those of explain', async () => {
    const { signals } = JSON.parse(await answer('signals', '--on', '2024-03-04', '--json')) as {
      signals: readonly { sleeve: string; done: number; undone: number; state: string }[];
    };
    expect(signals.map(({ sleeve }) => sleeve)).toEqual(['keep', 'swing', 'turn']);
    const told = JSON.parse(await answer('explain', '2024-03-04', '--json')) as {
      symbols: readonly { outcomes: readonly { sleeve: string; parts: Row[] }[] }[];
    };
    const outcomes = told.symbols.flatMap((each) => each.outcomes);
    for (const { sleeve, done, undone } of signals) {
      const kinds = outcomes
        .filter((outcome) => outcome.sleeve === sleeve)
        .flatMap(({ parts }) => parts.map(({ kind }) => kind ?? ''));
      expect(done).toBe(kinds.filter((kind) => ['crossed', 'ordered'].includes(kind)).length);
      expect(done + undone).toBe(kinds.filter((kind) => kind !== 'held').length);
    }
  });

  it('of one sleeve, are superseded by its next signal when they were not executed whole', async () => {
    const { signals } = JSON.parse(await answer('signals', '--sleeve', 'keep', '--json')) as {
      signals: readonly { cycle: string; state: string; supersededBy: string | null }[];
    };
    signals.forEach(({ state, supersededBy }, index) => {
      const isOpen = state === 'partly' || state === 'suppressed';
      expect(supersededBy).toBe(isOpen ? (signals[index + 1]?.cycle ?? null) : null);
    });
    expect(new Set(signals.map(({ state }) => state)).size).toBeGreaterThan(1);
  });
});

describe('assay why-not', () => {
  it('shows every version of the outcome, with limit and observed, for each part not traded', async () => {
    const lines = rowsOf(await answer('suppressed', '--csv')).filter(({ limit }) => limit !== '');
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines.slice(0, 6)) {
      const { symbol = '', sleeve = '', cycle = '', reason, limit, observed } = line;
      const told = JSON.parse(
        await answer('why-not', symbol, '--sleeve', sleeve, '--on', cycle, '--json'),
      ) as { versions: readonly { outcome: { parts: readonly { arithmetic: unknown }[] } }[] };
      const current = told.versions.at(-1)?.outcome.parts ?? [];
      expect(current).toContainEqual(
        expect.objectContaining({
          reason,
          arithmetic: expect.objectContaining({ limit, observed }) as unknown,
        }),
      );
    }
  });

  it('says so where a sleeve neither held nor wanted the symbol', async () => {
    expect(await answer('why-not', 'GLD', '--sleeve', 'keep')).toContain(
      'keep had no intent in GLD in the cycle of 2024-04-19: it held none and its signal asked for none.',
    );
  });
});

describe('reports', () => {
  it('change no byte', async () => {
    const before = snapshot(bench.folder);
    await answer('netting');
    await answer('suppressed');
    expect(snapshot(bench.folder)).toEqual(before);
  });

  const refusals: readonly (readonly [readonly string[], Omit<Refusal, 'code'>])[] = [
    [
      ['netting', '--by', 'colour'],
      { place: '--by', expected: 'sleeve, symbol', found: '"colour"', remedy: 'Correct it.' },
    ],
    [
      ['netting', '--fees', 'per-shre=1'],
      {
        place: '--fees',
        expected: 'sold-per-million',
        found: '"per-shre=1"',
        remedy: 'Correct it.',
      },
    ],
    [
      ['netting', '--fees', 'per-share=-1'],
      {
        place: '--fees',
        expected: 'USD amount',
        found: '"per-share=-1"',
        remedy: 'Correct it.',
      },
    ],
    [
      ['netting', '--from', TO, '--to', FROM],
      {
        place: `--from ${TO}`,
        expected: 'before or on the same day',
        found: `after --to ${FROM}`,
        remedy: 'Swap them.',
      },
    ],
    [
      ['netting', '--from', '2025-01-01'],
      {
        place: 'from 2025-01-01',
        expected: 'expected at least one',
        found: `traded from ${FROM} to ${TO}`,
        remedy: 'Ask for a period',
      },
    ],
    [
      ['suppressed', '--at', '2023-01-01'],
      {
        place: '--at 2023-01-01',
        expected: 'on or after the first decision',
        found: `before ${FROM}`,
        remedy: 'Name a later day.',
      },
    ],
    [
      ['signals', '--sleeve', 'nobody'],
      {
        place: '--sleeve',
        expected: 'keep, swing, turn',
        found: '"nobody"',
        remedy: 'Correct it.',
      },
    ],
    [
      ['signals', '--on', '2023-01-03'],
      {
        place: 'on 2023-01-03',
        expected: `a session from ${FROM} to ${TO}`,
        found: 'found none',
        remedy: 'Name another date.',
      },
    ],
    [
      ['why-not', 'SPY'],
      {
        place: '--sleeve is missing',
        expected: 'held or wanted SPY',
        found: 'nothing',
        remedy: 'Name it with --sleeve',
      },
    ],
    [
      ['why-not', 'SPYY'],
      {
        place: '"SPYY" is no symbol of this account',
        expected: 'that a sleeve held or wanted',
        found: 'in no cycle; near it is SPY',
        remedy: 'Correct it.',
      },
    ],
    [
      ['why-not', 'spy', '--sleeve', 'keep'],
      { place: '"spy"', expected: 'upper case', found: 'other text', remedy: 'Correct it.' },
    ],
    [
      ['why-not', 'SPY', '--sleeve', 'nobody'],
      {
        place: '--sleeve',
        expected: 'keep, swing, turn',
        found: '"nobody"',
        remedy: 'Correct it.',
      },
    ],
    [
      ['why-not', 'SPY', '--sleeve', 'keep', '--on', '2023-01-03'],
      {
        place: 'No cycle 2023-01-03',
        expected: `a session from ${FROM} to ${TO}`,
        found: 'none of that date',
        remedy: 'Name another date.',
      },
    ],
    [
      ['suppressed', '--at', 'tomorrow'],
      { place: '--at', expected: 'a date like', found: '"tomorrow"', remedy: 'Correct the date.' },
    ],
  ];
  it.each(refusals)('refuse what they cannot answer: assay %j', async (argv, refusal) => {
    await expectRefusal(bench, [...argv, '--home', bench.home], { code: 2, ...refusal });
  });
});

describe('assay postings', () => {
  it('of a sleeve sum to what it owns, and come by session', async () => {
    const { sleeve, postings } = JSON.parse(
      await answer('postings', '--sleeve', 'keep', '--json'),
    ) as { sleeve: string; postings: readonly Readonly<Record<string, string>>[] };
    expect([sleeve, new Set(postings.map((row) => row['sleeve']))]).toEqual([
      'keep',
      new Set(['keep']),
    ]);
    const days = postings.map((row) => row['cycle'] ?? '');
    expect(days).toEqual(days.toSorted());
    const own = JSON.parse(await answer('positions', '--json')) as {
      positions: readonly { sleeve: string; symbol: string; quantity: string }[];
    };
    const kept = own.positions.filter((each) => each.sleeve === 'keep');
    expect(kept.length).toBeGreaterThan(0);
    for (const { symbol, quantity } of kept)
      expect([
        symbol,
        sum(
          postings.filter((row) => row['symbol'] === symbol),
          'quantity',
        ),
      ]).toEqual([symbol, quantity]);
    const one = days[Math.floor(days.length / 2)] ?? '';
    const onDay = await answer('postings', '--sleeve', 'keep', '--from', one, '--to', one, '--csv');
    expect(onDay.trimEnd().split('\n')).toHaveLength(1 + days.filter((d) => d === one).length);
  });
});
