// Stage: tests. `assay plan replay`: every recorded cycle proves itself, and a setting changes what it governs.
// Invariant: it reads; what cannot be changed is refused with what could be.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import { session } from '../../src/domain/time.ts';
import { expectRefusal, type Refusal } from '../errors/refusal.ts';
import { assay, snapshot } from './program.ts';
import { emptyBench, FROM, SETTINGS, TO, tradedBench, type Bench } from './workbench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await tradedBench();
});
afterAll(() => bench.remove());

interface Difference {
  readonly kind: string;
  readonly symbol: string | null;
  readonly before: string | null;
  readonly after: string | null;
}
interface Replayed {
  readonly proof: boolean;
  readonly equal: boolean;
  readonly settings: readonly { place: string; before: string; after: string }[];
  readonly ends: readonly Difference[];
  readonly decisions: readonly { trigger: string; equal: boolean; differences: Difference[] }[];
}

async function replay(...argv: readonly string[]): Promise<Replayed> {
  const { code, out, err } = await assay('plan', 'replay', ...argv, '--home', bench.home, '--json');
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Replayed;
}

describe('assay plan replay', () => {
  it('proves every cycle of the account, and changes no byte', async () => {
    const before = snapshot(bench.folder);
    for (const day of sessionsBetween(session(FROM), session(TO)).filter((_, i) => i % 4 === 0)) {
      const { code, out } = await assay('plan', 'replay', day, '--home', bench.home);
      expect([code, out.replace(/[2-9] decisions/, 'n decisions')]).toEqual([
        0,
        `Cycle ${day} decided again from its recorded facts: n decisions, every byte as recorded.\n`,
      ]);
    }
    expect(snapshot(bench.folder)).toEqual(before);
  });

  it('says which setting differs and what follows: no buy leaves where all cash is reserve', async () => {
    const told = await replay(FROM, '--with', 'limits.reserve=100000');
    expect(told.settings).toEqual([{ place: 'limits.reserve', before: '0', after: '100000' }]);
    expect([told.proof, told.equal]).toEqual([false, false]);
    const orders = told.decisions.flatMap(({ differences }) =>
      differences.filter(({ kind }) => kind === 'order'),
    );
    expect(orders.length).toBeGreaterThan(2);
    for (const { before, after } of orders) {
      expect(before).toMatch(/^buy /);
      expect(after).toBeNull();
    }
    for (const { after } of told.ends) expect(after).toMatch(/scaled\/account_capital/);
  });

  it('takes a rail by its name in the configuration, and several settings at once', async () => {
    const told = await replay(FROM, '--with', 'rails.deny=SPY', 'limits.deployment=0.50');
    expect(told.settings).toEqual([
      { place: 'limits.deployment', before: '0.98', after: '0.5' },
      { place: 'rails.deny', before: '', after: 'SPY' },
    ]);
    const spy = told.ends.filter(({ symbol }) => symbol === 'SPY');
    expect(spy.length).toBeGreaterThan(0);
    for (const { after } of spy) expect(after).toMatch(/^denied\//);
  });

  it('lets lives follow: a sleeve that would have been closing buys nothing', async () => {
    const { sleeves } = SETTINGS;
    const told = await replay(FROM, '--with', `sleeves.${sleeves[0]?.id ?? ''}.life=closing`);
    expect(told.settings.map(({ before, after }) => [before, after])).toEqual([
      ['active', 'closing'],
    ]);
    expect(told.equal).toBe(false);
    expect(told.ends.length).toBeGreaterThan(0);
  });

  it('finds no difference where the setting stays what it is', async () => {
    const told = await replay(FROM, '--with', 'limits.deployment=0.980');
    expect([told.settings, told.ends, told.equal]).toEqual([[], [], true]);
  });

  it('says what a new walk sends first, and that its later steps are not known', async () => {
    const walking = emptyBench();
    const config = walking.configure({
      execution: {
        everySymbol: { kind: 'walk', reaches: ['0.5', '1'], stepSeconds: 60, final: 'market' },
        symbols: { SHY: { kind: 'market' } },
      },
    });
    const at = ['--config', config, '--home', walking.home, '--from', FROM, '--to', FROM];
    expect((await assay('simulate', ...at)).code).toBe(0);
    const argv = [
      'plan',
      'replay',
      FROM,
      '--home',
      walking.home,
      '--with',
      'limits.deployment=0.5',
    ];
    const { out } = await assay(...argv);
    const steps = out.split('\n').filter((line) => / day, on /.test(line));
    expect(steps.length).toBeGreaterThan(0);
    for (const line of steps)
      expect(line).toMatch(
        /^ {4}buy [\d.]+ (SPY|TLT|GLD): limit [\d.]+ day, on the quote recorded for a step of it$/,
      );
    expect(out).toContain('Its later steps depend on quotes\nthat were not recorded');
    const told = JSON.parse((await assay(...argv, '--json')).out) as {
      readonly decisions: readonly { readonly firstSteps: readonly { kind: string }[] }[];
    };
    expect(told.decisions.flatMap(({ firstSteps }) => firstSteps).length).toBe(steps.length);
    walking.remove();
  });

  const refusals: readonly (readonly [readonly string[], Omit<Refusal, 'code'>])[] = [
    [
      [FROM, '--with', 'limits.reserv=1'],
      {
        place: '--with limits.reserv',
        expected: 'limits.reserve',
        found: 'found limits.reserv.',
        remedy: 'Correct it.',
      },
    ],
    [
      [FROM, '--with', 'limits.deployment=1.01'],
      {
        place: '--with limits.deployment',
        expected: 'a decimal from 0 to 1',
        found: '"1.01"',
        remedy: 'Correct it.',
      },
    ],
    [
      [FROM, '--with', 'limits.reserve=-1'],
      {
        place: '--with limits.reserve',
        expected: 'nothing negative',
        found: '"-1"',
        remedy: 'Correct it.',
      },
    ],
    [
      [FROM, '--with', 'limits.reserve=much'],
      {
        place: '--with limits.reserve',
        expected: 'a decimal amount',
        found: '"much"',
        remedy: 'Correct it.',
      },
    ],
    [
      [FROM, '--with', 'limits.reserve'],
      {
        place: '--with',
        expected: 'a setting and its value',
        found: '"limits.reserve"',
        remedy: 'Correct it.',
      },
    ],
    [
      [FROM, '--with', 'sleeves.swing.code=7'],
      {
        place: '--with sleeves.swing.code',
        expected: 'sleeves.swing.onFailure',
        found: 'found sleeves.swing.code',
        remedy: 'Correct it.',
      },
    ],
    [
      [FROM, '--with', 'sleeves.swing.onFailure=perhaps'],
      {
        place: '--with sleeves.swing.onFailure',
        expected: 'hold, cash, abort',
        found: '"perhaps"',
        remedy: 'Correct it.',
      },
    ],
    [
      ['2023-01-03'],
      {
        place: 'No cycle 2023-01-03',
        expected: `a session from ${FROM} to ${TO}`,
        found: 'none of that date',
        remedy: 'Name another date.',
      },
    ],
    [
      ['SPY'],
      { place: 'The cycle', expected: 'a date like', found: '"SPY"', remedy: 'Correct the date.' },
    ],
  ];
  it.each(refusals)('refuses what it cannot decide: %j', async (argv, refusal) => {
    const line = ['plan', 'replay', ...argv, '--home', bench.home];
    await expectRefusal(bench, line, { code: 2, ...refusal });
  });
});

describe('a cycle whose orders walked', () => {
  it('is decided again at market, and with other settings by their names in the configuration', async () => {
    const place = emptyBench();
    const walk = { kind: 'walk', reaches: ['0.5', '1'], stepSeconds: 60, final: 'leave' };
    const config = place.configure({
      execution: { everySymbol: walk, symbols: { TLT: { kind: 'limit-only', reach: '0.5' } } },
    });
    const period = ['--from', FROM, '--to', '2024-03-12'];
    const at = ['--config', config, '--home', place.home];
    expect(await assay('simulate', ...at, ...period)).toMatchObject({ code: 0 });
    const settings = [
      'execution.everySymbol.kind=market',
      'execution.everySymbol.kind=close-auction',
      'execution.symbols.TLT.kind=market',
      'execution.symbols.TLT.reach=1',
      'execution.everySymbol.stepSeconds=90',
      'pace.revisions=1',
    ];
    for (const setting of settings)
      for (const day of sessionsBetween(session(FROM), session('2024-03-12'))) {
        const argv = ['plan', 'replay', day, '--with', setting, '--json', '--home', place.home];
        const { code, out, err } = await assay(...argv);
        expect([setting, day, code, err]).toEqual([setting, day, 0, '']);
        const told = JSON.parse(out) as Replayed;
        expect(told.settings.map((each) => each.place)).toContain(setting.split('=')[0]);
      }
    const refused = await assay(
      'plan',
      'replay',
      FROM,
      '--with',
      'execution.everySymbol.kind=limit-only',
      '--home',
      place.home,
    );
    expect([refused.code, refused.err]).toEqual([
      2,
      '--with execution.everySymbol.kind: expected a kind without settings of its own, or "walk" as it is, found "limit-only". Nothing was decided. Correct it.\n',
    ]);
    place.remove();
  });
});
