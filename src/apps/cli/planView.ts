// Stage: apps. Differences of plans and of settings as a person reads them.
// Invariant: every difference has its line; "nothing" is said in words.
import type { PlanDifference } from '../../domain/whatIf/planDifference.ts';
import { indent } from './cycleView.ts';
import { table } from './table.ts';

export interface SettingDifference {
  readonly place: string;
  readonly before: string | null;
  readonly after: string | null;
}

const WORDS = {
  nav: 'NAV',
  cross: 'cross',
  order: 'order',
  waiting: 'waits for sells',
  outcome: 'outcome',
} as const satisfies Record<PlanDifference['kind'], string>;

/** @param titles what the two sides are called: "recorded" and "then" */
export function differenceLines(
  differences: readonly PlanDifference[],
  titles: readonly [string, string],
): string[] {
  if (differences.length === 0) return ['  nothing differs'];
  return indent(
    table(
      [
        { title: 'what' },
        { title: 'symbol' },
        { title: 'sleeve', most: 14 },
        { title: titles[0], most: 30 },
        { title: titles[1], most: 30 },
      ],
      differences.map(({ kind, symbol, sleeve, before, after }) => [
        WORDS[kind],
        symbol ?? '',
        sleeve ?? '',
        before ?? '—',
        after ?? '—',
      ]),
    ),
  );
}

export function settingLines(
  differences: readonly SettingDifference[],
  titles: readonly [string, string],
): string[] {
  if (differences.length === 0) return ['  no setting differs'];
  return indent(
    table(
      [
        { title: 'setting', most: 40 },
        { title: titles[0], most: 24 },
        { title: titles[1], most: 24 },
      ],
      differences.map(({ place, before, after }) => [place, before ?? '—', after ?? '—']),
    ),
  );
}
