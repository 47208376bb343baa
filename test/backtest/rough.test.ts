// Stage: tests. A backtest on an exchange that rejects, busts and corrects: what its report says of it.
// Invariant: the account that it kept says the same, figure by figure.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TearSheet } from '../../src/backtest/tearSheet.ts';
import { assay, REPOSITORY } from '../cli/program.ts';

const home = mkdtempSync(join(tmpdir(), 'assay-rough-'));
const kept = join(home, 'kept');
const page = join(home, 'sheet.html');
const config = join(home, 'rough.config.ts');
const RANGE = ['--from', '2024-03-01', '--to', '2024-05-31'];

interface Standing {
  readonly id: string;
  readonly amount: string;
  readonly since: string;
}
interface Shown {
  readonly id: string;
  readonly sheet: TearSheet;
}

let run: Shown;

beforeAll(async () => {
  const example = JSON.stringify(join(REPOSITORY, 'examples/assay.config.ts'));
  const strategies = JSON.stringify(join(REPOSITORY, 'examples/strategies/'));
  writeFileSync(
    config,
    `import example from ${example};
     export default { ...example, openingCash: '100000',
       exchange: { ...example.exchange, rejectRate: '0.1', partialRate: '0.3',
         bustRate: '0.05', executionCorrectionRate: '0.05' },
       execution: { everySymbol: { kind: 'walk', reaches: ['0.5', '1'], stepSeconds: 60, final: 'leave' }, symbols: {} },
       sleeves: example.sleeves.map((each) =>
         ({ ...each, strategy: each.strategy.replace('./strategies/', ${strategies}) })) };`,
  );
  const place = ['--config', config, '--home', home];
  const { code, out, err } = await assay(
    'backtest',
    ...RANGE,
    ...place,
    '--folder',
    kept,
    '--html',
    page,
    '--json',
  );
  expect([code, err]).toEqual([0, `Wrote ${page}.\n`]);
  run = JSON.parse(out) as Shown;
});
afterAll(() => rmSync(home, { recursive: true }));

describe('a backtest on a rough exchange', () => {
  it('avoided the orders that netting spared: what is ordered again, or in steps, is one', async () => {
    const { out } = await assay('netting', '--home', kept, '--json');
    const { account } = JSON.parse(out) as { account: Record<string, string> };
    expect(String(run.sheet.ordersAvoided)).toBe(account['ordersAvoided']);
    expect(run.sheet.ordersAvoided).toBeGreaterThan(0);
    expect(run.sheet.orders).toBeGreaterThan(
      Number(account['ordersAlone']) - Number(account['ordersAvoided']),
    );
  });

  it('says what stands at the end, who is frozen, and what was not traded for it', async () => {
    const { out, code } = await assay('breaks', '--home', kept, '--json');
    const { breaks } = JSON.parse(out) as { breaks: Standing[] };
    expect(code).toBe(1);
    expect(run.sheet.stopped.breaks).toMatchObject(
      breaks.map(({ id, amount, since }) => ({ id, amount, since })),
    );
    const denied = await deniedForBreaks();
    expect([run.sheet.stopped.intents, run.sheet.stopped.sessions]).toEqual([
      denied.length,
      new Set(denied.map(({ cycle }) => cycle)).size,
    ]);
    expect(run.sheet.stopped.intents).toBeGreaterThan(0);
    expect(run.sheet.stopped.frozen.length).toBeGreaterThan(0);
  });

  it('says so to a person, on the terminal and on the page', async () => {
    const { out } = await assay('backtest', '--home', home, 'show', run.id.slice(0, 12));
    const { intents, sessions, frozen, breaks } = run.sheet.stopped;
    const said = `${intents} intents in ${sessions} of ${run.sheet.sessions.length} sessions were not traded because of breaks`;
    for (const text of [out, readFileSync(page, 'utf8')]) {
      expect(text).toContain(said);
      for (const { id, since } of breaks) expect(text).toMatch(new RegExp(`${id}.*${since}`));
      for (const { sleeve, since } of frozen)
        expect(text).toContain(`${sleeve} is frozen since ${since}`);
    }
  });
});

/** Of the tables of the account that was kept, not of the report. */
async function deniedForBreaks(): Promise<readonly { readonly cycle: string }[]> {
  const { out } = await assay('suppressed', '--home', kept, '--json');
  const { lines } = JSON.parse(out) as { lines: { cycle: string; reason: string }[] };
  return lines.filter(({ reason }) =>
    ['break', 'sleeve_frozen', 'sleeve_overdraft'].includes(reason),
  );
}
