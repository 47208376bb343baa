// Stage: tests. `assay breaks`, `reconcile` and `assign` on an account in which somebody traded by hand.
// Invariant: what is shown is what the ledger and the broker hold; what is refused writes nothing.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Symbol } from '../../src/domain/market.ts';
import { MARKET_TERMS } from '../../src/domain/order.ts';
import { parseMoney, parseQuantity } from '../../src/domain/units/units.ts';
import { openAccount } from '../../src/apps/cli/compose.ts';
import { loadConfig } from '../../src/apps/cli/loadConfig.ts';
import { assay } from './program.ts';
import { emptyBench, type Bench } from './workbench.ts';

let bench: Bench;
const at = (): readonly string[] => ['--config', bench.config, '--home', bench.home];

beforeAll(async () => {
  bench = emptyBench();
  const ran = await assay('simulate', ...at(), '--from', '2024-03-01', '--to', '2024-03-04');
  expect(ran).toMatchObject({ code: 0, err: '' });
});
afterAll(() => bench.remove());

const placed = (): readonly string[] => ['--home', bench.home, '--config', bench.config];

/** The commands that an answer offers, each as its words. */
const waysIn = (text: string): string[][] =>
  [...text.matchAll(/^ +npx assay (.+)$/gm)].map(([, line = '']) =>
    [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''),
  );

/** Somebody with access to the account buys, while the session is open. */
async function buyByHand(shares: string): Promise<void> {
  const account = await openAccount(await loadConfig(bench.config), {
    home: bench.home,
    data: undefined,
    progress: () => {},
  });
  try {
    const { paper } = account;
    if (paper === null) throw new Error('no paper exchange');
    await paper.waitUntil('2024-03-05T14:31:00.000Z' as ReturnType<typeof paper.now>); // of that session
    const { kind } = await paper.submit({
      clientOrderId: 'by-hand',
      symbol: 'GLD' as Symbol, // of the market
      side: 'buy',
      quantity: parseQuantity(shares),
      ...MARKET_TERMS,
    });
    expect(kind).toBe('accepted');
    await paper.waitUntil('2024-03-05T21:00:00.000Z' as ReturnType<typeof paper.now>); // as above
  } finally {
    account.close();
  }
}

describe('an account in which nobody else traded', () => {
  it('has no breaks, and reconciles', async () => {
    expect(await assay('breaks', ...at())).toMatchObject({
      code: 0,
      out: "No breaks after 2024-03-04: the ledger is the broker's account.\n",
    });
    const { code, out } = await assay('reconcile', ...at());
    expect([code, out]).toEqual([0, expect.stringContaining('The ledger is the account at')]);
  });

  it('has nothing to explain or to assign', async () => {
    const said = await assay('breaks', 'explain', 'cash', ...at(), '--because', 'x');
    expect([said.code, said.err]).toEqual([
      2,
      expect.stringContaining('expected one that stands, and none does, found no such break'),
    ]);
    const argv = ['assign', ...at(), '--symbol', 'SPY', '--shares', '1', '--because', 'x'];
    const assigned = await assay(...argv, '--to', 'keep');
    expect([assigned.code, assigned.err]).toEqual([
      2,
      expect.stringContaining('expected a part of the 0 SPY that suspense holds'),
    ]);
  });
});

describe('a trade by hand', () => {
  it('is a difference on demand before the ledger knows it, and nothing is written', async () => {
    await buyByHand('1');
    const before = readFileSync(`${bench.home}/journal.sqlite`);
    const { code, out } = await assay('reconcile', ...at(), '--json');
    expect(code).toBe(1);
    const { breaks } = JSON.parse(out) as { breaks: { kind: string; symbol: string | null }[] };
    expect(breaks.map(({ kind, symbol }) => `${kind} ${symbol ?? ''}`.trim())).toEqual([
      'position GLD',
      'cash',
      'fill GLD',
    ]);
    expect(readFileSync(`${bench.home}/journal.sqlite`).equals(before)).toBe(true);
  });

  it('stands as a break after the next cycle, until it is explained', async () => {
    const ran = await assay('run', ...at(), '--session', '2024-03-06');
    expect([ran.code, ran.out]).toEqual([1, expect.stringContaining('1 break stands')]);
    const shown = await assay('breaks', ...at(), '--json');
    expect(shown.code).toBe(1);
    const { breaks } = JSON.parse(shown.out) as {
      breaks: { id: string; kind: string; amount: string; state: string; age: number }[];
    };
    const id = breaks[0]?.id ?? '';
    expect(breaks).toMatchObject([{ kind: 'manual_trade', amount: '1', state: 'open', age: 1 }]);
    const again = ['simulate', ...at(), '--from', '2024-03-01', '--to', '2024-03-06'];
    const simulated = await assay(...again);
    expect(simulated.code).toBe(1);
    expect(simulated.out).toContain(
      `1 break stands: \`npx assay breaks --home ${bench.home} --config ${bench.config}\``,
    );
    const explained = await assay('explain', id, '--home', bench.home);
    expect(explained).toMatchObject({ code: 0, err: '' });
    const mistyped = await assay('explain', id.replace('manual_', 'manul_'), '--home', bench.home);
    expect([mistyped.code, mistyped.err]).toEqual([
      2,
      expect.stringContaining(`near it is "${id}"`),
    ]);
    const other = await assay('explain', 'manual_trade f-1', '--home', bench.home);
    expect(other.err).toContain(`expected one of "${id}", found no such break`);
    expect(explained.out).toContain('1 GLD, found in the cycle of 2024-03-06, 1 session ago');
    const fact = id.split(' ')[1] ?? '';
    expect(explained.out).toContain(`    npx assay explain ${fact} --home ${bench.home}\n`);
    expect(await assay('explain', fact, '--home', bench.home)).toMatchObject({ code: 0, err: '' });
    const json = await assay('explain', id, '--home', bench.home, '--json');
    expect(JSON.parse(json.out)).toEqual(breaks[0]);
    // One GLD costs more than `swing` and `keep` have left, or not: only who could pay is named.
    const ways = waysIn((await assay('breaks', '--home', bench.home)).out);
    expect(ways).toEqual([
      ['breaks', 'explain', id, '--because', 'WORDS', ...placed()],
      [
        'assign',
        '--symbol',
        'GLD',
        '--shares',
        '1',
        '--to',
        'SLEEVE',
        '--because',
        'WORDS',
        ...placed(),
      ],
    ]);
    const said = await assay('breaks', 'explain', id, ...at(), '--because', 'my own');
    expect(said).toMatchObject({ code: 0, err: '' });
    const text = await assay('breaks', ...at());
    expect(waysIn(text.out).map(([command]) => command)).toEqual(['assign']);
    expect(text).toMatchObject({ code: 0 });
    expect(text.out).toContain('my own');
  });

  it('is shown by suspense whatever the cycle asked for last, and has no return there', async () => {
    expect(await assay('run', ...at(), '--session', '2024-03-07')).toMatchObject({ code: 0 });
    const page = await assay('explain', 'suspense', '--home', bench.home);
    expect(page).toMatchObject({ code: 0, err: '' });
    expect(page.out).toMatch(/^Suspense after 2024-03-07$/m);
    expect(page.out).toMatch(/^ {2}1 GLD, which cost /m);
    expect(page.out).toMatch(
      /^ {2}manual_trade \S+: 1 GLD, explained, since 2024-03-06, 2 sessions$/m,
    );
    expect(page.out).toMatch(/^ {4}.* GLD: \+1 shares, cash /m);
    const json: unknown = JSON.parse(
      (await assay('explain', 'suspense', '--home', bench.home, '--json')).out,
    );
    expect(json).toMatchObject({
      asOf: '2024-03-07',
      positions: [{ symbol: 'GLD', quantity: '1' }],
    });
    const last = await assay('explain', 'suspense', '--home', bench.home, '--on', '2024-03-07');
    expect(last.out).toContain('suspense in the cycle of 2024-03-07');

    const earned = await assay('performance', ...at());
    const row = /^suspense .*$/m.exec(earned.out)?.[0].trim().split(/ {2,}/) ?? [];
    expect(row.filter((cell) => cell === '–').length).toBe(3);
    expect(earned.out).toContain('Suspense has no return');
    const record = JSON.parse((await assay('performance', ...at(), '--json')).out) as {
      periods: { members: Record<string, { returnNotMeaningful: string | null }> }[];
    };
    const { suspense, keep } = record.periods[0]?.members ?? {};
    expect([suspense?.returnNotMeaningful, keep?.returnNotMeaningful]).toEqual(['suspense', null]);
  });

  it('gets an owner, and the proof holds', async () => {
    const argv = ['assign', ...at(), '--symbol', 'GLD', '--shares', '1', '--because', 'for it'];
    const [, named = ''] = /SLEEVE: (.+)/.exec((await assay('breaks', ...at())).out) ?? [];
    const wrong = await assay(...argv, '--to', 'nobody');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('(keep, swing, turn)')]);
    const owners = ['keep', 'swing', 'turn'];
    const codes = [];
    for (const to of owners) {
      codes.push((await assay(...argv, '--to', to)).code);
      if (codes.at(-1) === 0) break;
    }
    expect(codes.at(-1)).toBe(0);
    // The first that was not refused is the first that was named.
    expect(named.split(', ')[0]).toBe(owners[codes.length - 1]);
    expect(await assay('breaks', ...at())).toMatchObject({ code: 0 });
    const all = await assay('breaks', ...at(), '--all');
    expect(all.out).toContain('resolved');
    expect(waysIn(all.out)).toEqual([]);
    expect(await assay('reconcile', ...at())).toMatchObject({ code: 0 });
    expect(await assay('verify', ...at())).toMatchObject({ code: 0, err: '' });
  });

  it('is as old as it was when it was resolved, however long that is ago', async () => {
    const ages = async (): Promise<unknown> => {
      const { breaks } = JSON.parse(
        (await assay('breaks', '--home', bench.home, '--all', '--json')).out,
      ) as { breaks: { age: number; state: string }[] };
      return breaks.map(({ age, state }) => [state, age]);
    };
    expect(await ages()).toEqual([['resolved', 2]]);
    expect(await assay('run', ...at(), '--session', '2024-03-08')).toMatchObject({ code: 0 });
    expect(await ages()).toEqual([['resolved', 2]]);
  });
});

describe('cash of a payment that comes to nothing known', () => {
  const PAID = 'unmatched_activity paid-1';
  beforeAll(async () => {
    const account = await openAccount(await loadConfig(bench.config), {
      home: bench.home,
      data: undefined,
      progress: () => {},
    });
    try {
      const { ledger, clock } = account.shell;
      // As an older version of the books would have it: the exchange pays only what it listed.
      const activity = {
        kind: 'dividend',
        id: 'paid-1',
        symbol: 'GLD' as Symbol, // of the market
        date: '2024-03-06' as never, // a session
        cash: parseMoney('12.5'),
      } as const;
      ledger.stage({ kind: 'activity_recorded', activity }, clock.now());
      ledger.stage(
        { kind: 'activities_known', at: clock.now(), activityIds: ['paid-1'] },
        clock.now(),
      );
      ledger.commit();
    } finally {
      account.close();
    }
  });

  it('is shown with what it will count as, and given an owner in parts', async () => {
    const shown = await assay('breaks', ...at());
    expect(shown.out).toContain(`  ${PAID}: 12.5 USD, with suspense; profit of its owner`);
    expect(waysIn(shown.out)).toEqual([
      ['breaks', 'explain', PAID, '--because', 'WORDS', ...placed()],
      ['assign', '--cash', PAID, '--to', 'SLEEVE', '--because', 'WORDS', ...placed()],
    ]);
    expect(shown.out).toContain('SLEEVE: house, keep, swing, turn');
    const page = await assay('explain', PAID, '--home', bench.home);
    expect(page.out).toContain(
      `npx assay assign --cash "${PAID}" --to SLEEVE --because WORDS --home ${bench.home}`,
    );
    const part = ['assign', ...at(), '--cash', PAID, '--to', 'keep', '--because', 'its own'];
    for (const [more, why] of [
      [
        ['--as', 'flow'],
        /As: expected profit, which the cash of this fact is by its rule, found flow/,
      ],
      [['--amount', '99'], /Amount: expected a part of the 12.5 USD that wait, .* found 99/],
      [['--amount', '-1'], /Amount: expected a part of the 12.5 USD that wait, .* found -1/],
      [['--to', 'nobody'], /expected one that may own cash \(house, keep, swing, turn\)/],
    ] as const) {
      const refused = await assay(...part, ...more);
      expect([refused.code, refused.err]).toEqual([2, expect.stringMatching(why)]);
    }
    const half = await assay(...part, '--amount', '5');
    expect(half).toMatchObject({ code: 0, err: '' });
    expect(half.out).toContain(`5 USD of ${PAID} belong to keep, as profit`);
    expect((await assay('breaks', ...at())).out).toContain(`${PAID}: 7.5 USD`);
    const rest = await assay(...part, '--json');
    expect(JSON.parse(rest.out)).toMatchObject({ cash: PAID, amount: '7.5', as: 'profit' });
    const after = await assay('breaks', ...at(), '--all');
    expect(after.out).toContain('resolved');
    expect(waysIn(after.out)).toEqual([]);
  });

  it.each([
    [
      ['--cash', PAID, '--to', 'keep'],
      /Cash of ".*": expected a break whose cash waits, and none does/,
    ],
    [
      ['--cash', PAID, '--to', 'keep', '--shares', '1'],
      /--shares: expected shares or --cash, found both/,
    ],
    [['--cash', PAID, '--to', 'KEEP!'], /--to: expected the id of a sleeve/],
    [['--cash', PAID, '--to', 'keep', '--as', 'gift'], /--as: expected profit, flow, found "gift"/],
    [
      ['--symbol', 'GLD', '--shares', '1', '--to', 'keep', '--as', 'flow'],
      /--as: expected it beside --cash only/,
    ],
    [['--cash', PAID, '--to', 'keep', '--amount', 'much'], /--amount: expected a decimal/],
  ])('is refused with the reason: %j', async (argv, reason) => {
    const { code, out, err } = await assay('assign', ...at(), '--because', 'x', ...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(reason);
  });
});
