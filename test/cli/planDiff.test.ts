// Stage: tests. `assay plan --diff`, and the gate that asks for it.
// Invariant: what differs is named with both sides; nothing is written unless it is acknowledged.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refuseUnshown } from '../../src/apps/cli/shownDiff.ts';
import type { AccountConfiguration } from '../../src/domain/sleeve.ts';
import { UsageError } from '../../src/apps/cli/usage.ts';
import { expectRefusal } from '../errors/refusal.ts';
import { assay, snapshot } from './program.ts';
import { FROM, SETTINGS, emptyBench, type Bench } from './workbench.ts';

let bench: Bench;
let reserved = '';
beforeAll(async () => {
  bench = emptyBench();
  reserved = bench.configure({ limits: { ...SETTINGS.limits, reserve: '90000' } });
  const place = ['--config', bench.config, '--home', bench.home];
  const { code } = await assay('simulate', ...place, '--from', FROM, '--to', '2024-03-05');
  expect(code).toBe(0);
});
afterAll(() => bench.remove());

interface Diff {
  readonly settings: readonly { place: string; before: string; after: string }[];
  readonly decisions: readonly {
    readonly trigger: string;
    readonly differences: readonly { kind: string; before: string | null; after: string | null }[];
  }[];
}

/** The first session of an account: it only buys. */
const asNew = (): string[] => ['--home', bench.file('none'), '--session', FROM];

async function diff(...argv: readonly string[]): Promise<Diff> {
  const { code, out, err } = await assay('plan', '--diff', ...argv, '--json');
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Diff;
}

describe('assay plan --diff', () => {
  it('finds nothing between a configuration and itself, and changes no byte', async () => {
    const before = snapshot(bench.folder);
    const { settings, decisions } = await diff(bench.config, bench.config, '--home', bench.home);
    expect(settings).toEqual([]);
    expect(decisions.flatMap(({ differences }) => differences)).toEqual([]);
    expect(snapshot(bench.folder)).toEqual(before);
  });

  it('names the setting that differs and every order that it takes away', async () => {
    const { settings, decisions } = await diff(bench.config, reserved, ...asNew());
    expect(settings).toEqual([{ place: 'limits.reserve', before: '0', after: '90000' }]);
    const differences = decisions.flatMap((each) => each.differences);
    const buys = differences.filter(({ kind }) => kind === 'order');
    expect(buys.length).toBeGreaterThan(0);
    for (const { before } of buys) expect(before).toMatch(/^buy /);
    expect(differences.some(({ after }) => after?.includes('scaled/account_capital'))).toBe(true);
  });

  it('is the same the other way round, with the sides changed', async () => {
    const there = await diff(bench.config, reserved, ...asNew());
    const back = await diff(reserved, bench.config, ...asNew());
    const turned = back.decisions.map(({ trigger, differences }) => ({
      trigger,
      differences: differences.map((each) => ({
        ...each,
        before: each.after,
        after: each.before,
      })),
    }));
    expect(turned).toEqual(there.decisions);
  });

  it('knows lives and new sleeves as a run does: what retires is sold, what is new is there', async () => {
    const [first, ...others] = SETTINGS.sleeves;
    const closing = bench.configure({ sleeves: [{ ...first, life: 'closing' }, ...others] });
    const retired = await diff(bench.config, closing, '--home', bench.home);
    const sleeve = first.id;
    expect(retired.settings).toEqual([
      { place: `sleeves.${sleeve}.life`, before: null, after: 'closing' },
    ]);
    expect(retired.decisions.flatMap(({ differences }) => differences)).not.toEqual([]);
    const added = bench.configure({
      sleeves: [...SETTINGS.sleeves, { ...first, id: 'added', share: '0' }],
    });
    const { settings } = await diff(bench.config, added, '--home', bench.home);
    expect(settings.map(({ place }) => place)).toContain('sleeves.added.share');
  });

  it('refuses configurations of two accounts, by their files', async () => {
    const other = bench.configure({ account: 'other' });
    const line = ['plan', '--diff', bench.config, other, '--home', bench.home];
    await expectRefusal(bench, line, {
      code: 2,
      place: '--diff',
      expected: 'two configurations of one account',
      found: `small in ${bench.config} and other in ${other}`,
      remedy: 'Give both the name of the account',
    });
  });

  it('refuses one configuration, or three', async () => {
    const line = ['plan', '--diff', bench.config, '--home', bench.home];
    await expectRefusal(bench, line, {
      code: 2,
      place: '--diff',
      expected: 'two configurations',
      found: 'found 1',
      remedy: 'Name the one in force',
    });
  });
});

describe('the gate', () => {
  const proposed = { digest: 'b'.repeat(64), sleeves: [] } as unknown as AccountConfiguration; // all it reads
  const inForce = { digest: 'a'.repeat(64), sleeves: [] } as unknown as AccountConfiguration; // as above

  it('stops a live account under a configuration that was not shown, saying what to do', () => {
    const ask = () => refuseUnshown(bench.file('live'), { inForce, proposed, live: true });
    expect(ask).toThrow(UsageError);
    expect(ask).toThrow(/diff_not_shown.*Nothing was sent.*plan --diff OLD NEW --acknowledge/s);
    expect(() =>
      refuseUnshown(bench.file('live'), { inForce, proposed, live: false }),
    ).not.toThrow();
  });

  it('lets it pass once the very change was acknowledged, and not the next one', async () => {
    const home = bench.file('noted');
    const argv = ['--config', bench.config, '--home', home, '--session', FROM, '--acknowledge'];
    const { code } = await assay('plan', '--dry-run', ...argv, '--json');
    expect(code).toBe(0);
    expect(existsSync(join(home, 'shown-diff.json'))).toBe(true);
    const { to } = JSON.parse(readFileSync(join(home, 'shown-diff.json'), 'utf8')) as {
      to: string;
    };
    const seen = { ...proposed, digest: to };
    expect(() => refuseUnshown(home, { inForce: null, proposed: seen, live: true })).not.toThrow();
    expect(() => refuseUnshown(home, { inForce: null, proposed, live: true })).toThrow(
      /diff_not_shown/,
    );
  });

  it('stops at a note that cannot be read', () => {
    const home = bench.file('torn');
    bench.write('torn/shown-diff.json', '{"from": nul');
    expect(() => refuseUnshown(home, { inForce, proposed, live: true })).toThrow(
      /shown-diff.json cannot be read: .*Nothing was sent/,
    );
  });

  it('stops a run whose allocation changed tenfold, in paper too', async () => {
    const sleeves = SETTINGS.sleeves.map((sleeve) =>
      sleeve.id === 'keep' ? { ...sleeve, share: '0.02' } : sleeve,
    );
    const typo = bench.configure({ sleeves });
    await expectRefusal(bench, ['run', '--config', typo, '--home', bench.home], {
      code: 2,
      place: 'allocation_jump',
      expected: 'expected its diff to be shown',
      found: 'the allocation of keep times 0.1',
      remedy: 'assay plan --diff OLD NEW --acknowledge',
    });
  });
});
