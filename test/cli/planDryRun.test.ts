// Stage: tests. `assay plan --dry-run`: what the next session would trade, without a trace.
// Invariant: not one byte of the folder changes, and what is shown is what `assay run` then decides.
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../errors/refusal.ts';
import { assay, snapshot } from './program.ts';
import { emptyBench, FROM, tradedBench, type Bench } from './workbench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await tradedBench();
});
afterAll(() => bench.remove());

interface Planned {
  readonly session: string;
  readonly assumesSells: boolean;
  readonly crosses: readonly unknown[];
  readonly orders: readonly { side: string; clientOrderId: string }[];
  readonly outcomes: readonly unknown[];
}

async function planned(of: Bench, ...argv: readonly string[]): Promise<Planned> {
  const place = ['--config', of.config, '--home', of.home];
  const { code, out, err } = await assay('plan', '--dry-run', ...place, ...argv, '--json');
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Planned;
}

const copies = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('assay-dry-'));

const sells = (orders: Planned['orders']): string[] =>
  orders
    .filter(({ side }) => side === 'sell')
    .map(({ clientOrderId }) => clientOrderId)
    .sort();

describe('assay plan --dry-run', () => {
  it('changes no byte, leaves no copy behind, and says the same twice', async () => {
    const before = snapshot(bench.folder);
    const known = copies();
    const first = await planned(bench);
    expect(await planned(bench)).toEqual(first);
    expect(snapshot(bench.folder)).toEqual(before);
    expect(copies().filter((copy) => !known.includes(copy))).toEqual([]);
    expect(first.session).toBe('2024-04-22');
  });

  it('shows the crosses and the sells, to the order id, that the session then decides', async () => {
    const traded = emptyBench();
    const place = ['--config', traded.config, '--home', traded.home];
    await assay('simulate', ...place, '--from', FROM, '--to', '2024-03-04');
    let orders = 0;
    let crosses = 0;
    for (let session = 0; session < 8; session += 1) {
      const plan = await planned(traded);
      const { code } = await assay('run', ...place);
      expect(code).toBe(0);
      const told = await assay('explain', plan.session, '--home', traded.home, '--json');
      const { symbols } = JSON.parse(told.out) as {
        symbols: readonly { crosses: unknown[]; orders: Planned['orders'] }[];
      };
      expect(symbols.flatMap((each) => each.crosses)).toEqual(plan.crosses);
      expect(sells(symbols.flatMap((each) => each.orders))).toEqual(sells(plan.orders));
      orders += sells(plan.orders).length;
      crosses += plan.crosses.length;
    }
    expect([orders > 1, crosses > 1]).toEqual([true, true]);
    traded.remove();
  });

  it('tells people what would be sent, crossed and not done', async () => {
    const { code, out } = await assay(
      'plan',
      '--dry-run',
      '--config',
      bench.config,
      '--home',
      bench.home,
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^What session 2024-04-22 would trade, at the quotes of 2024-04-22T13:30/);
    for (const words of ['would send', 'crossed', 'not done', 'Nothing was written'])
      expect(out).toContain(words);
    expect(out).toContain('Signals read closes through 2024-04-19, adjusted for splits');
  });

  it('names the folder of the account, not the copy, where that is of another account', async () => {
    const other = bench.configure({ account: 'other' });
    await expectRefusal(bench, ['plan', '--dry-run', '--config', other, '--home', bench.home], {
      code: 2,
      place: `The folder ${bench.home} holds another account`,
      expected: 'expected the configuration of "small"',
      found: 'found that of "other"',
      remedy: 'Give the configuration of "small" with --config',
    });
  });

  it('plans the first session of an account that does not exist yet, and makes none', async () => {
    const empty = emptyBench();
    const before = snapshot(empty.folder);
    const plan = await planned(empty, '--session', '2024-03-01');
    expect(plan.orders.every(({ side }) => side === 'buy')).toBe(true);
    expect(plan.orders.length).toBeGreaterThan(1);
    expect(snapshot(empty.folder)).toEqual(before);
    empty.remove();
  });

  it('refuses a session that was traded, and planning that names nothing to do', async () => {
    const place = ['--config', bench.config, '--home', bench.home];
    await expectRefusal(bench, ['plan', '--dry-run', ...place, '--session', '2024-04-19'], {
      code: 2,
      place: 'Session 2024-04-19',
      expected: 'a session after 2024-04-19',
      found: 'found 2024-04-19',
      remedy: 'Run without --session',
    });
    await expectRefusal(bench, ['plan', ...place], {
      code: 2,
      place: 'plan does not trade',
      expected: 'expected --dry-run',
      found: 'found none of them',
      remedy: 'Name one',
    });
  });
});
