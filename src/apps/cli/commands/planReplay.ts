// Stage: apps. A recorded cycle decided again from the journal: a proof, or what a setting would have changed.
// Invariant: nothing is written; without a change, anything but the recorded bytes ends with a finding.
import { invariant } from '../../../domain/invariant.ts';
import { applyEvent } from '../../../domain/ledger/apply.ts';
import type { LedgerEvent } from '../../../domain/ledger/events.ts';
import { emptyState, type LedgerState } from '../../../domain/ledger/state.ts';
import {
  compareEnds,
  comparePlans,
  type PlanDifference,
} from '../../../domain/whatIf/planDifference.ts';
import { replayChanged, replayCycle, type ReplayedPoint } from '../../../domain/whatIf/replay.ts';
import { compareSettings, withSetting } from '../../../domain/whatIf/settings.ts';
import type { AccountConfiguration } from '../../../domain/sleeve.ts';
import { judgeConfiguration } from '../../../domain/sleeveLife.ts';
import { timestamp, type Session } from '../../../domain/time.ts';
import { format } from '../../../domain/units/units.ts';
import type { FirstStep } from '../../../domain/whatIf/assumed.ts';
import type { Journal } from '../../../ports/journal.ts';
import { indent } from '../cycleView.ts';
import { differenceLines, settingLines, type SettingDifference } from '../planView.ts';
import { withLedger } from '../readLedger.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';
import { dateOption } from './simulate.ts';

export interface ReplayOptions {
  readonly home: string;
  readonly with?: readonly string[];
  readonly json?: boolean;
}

interface Replayed {
  readonly cycle: string;
  readonly settings: readonly SettingDifference[];
  readonly points: readonly (ReplayedPoint & { readonly differences: readonly PlanDifference[] })[];
}

export async function planReplay(
  cycle: string,
  options: ReplayOptions,
  output: Output,
): Promise<ExitCode> {
  const day = dateOption('The cycle', cycle);
  const changes = (options.with ?? []).map(readChange);
  return withLedger(options.home, output, ({ journal, state }) => {
    const record = cut(journal, day);
    if (record === undefined) throw noCycle(day, options.home, state);
    const replayed = replay(record, changes);
    const equal = replayed.points.every((point) => point.equal);
    const proof = changes.length === 0;
    for (const line of options.json === true
      ? [JSON.stringify(replayJson(replayed, { proof, equal }))]
      : proof
        ? proofLines(replayed, equal)
        : changeLines(replayed))
      output.line(line);
    return proof && !equal ? EXIT.found : EXIT.ok;
  });
}

function readChange(flag: string): readonly [place: string, value: string] {
  const [, place, value] = /^([^=]+)=(.+)$/.exec(flag) ?? [];
  if (place !== undefined && value !== undefined) return [place, value];
  throw new UsageError(
    `--with: expected a setting and its value like limits.reserve=5000, found "${flag}". Nothing was decided. Correct it.`,
  );
}

interface CycleRecord {
  /** A ledger of its own each time: the one before the cycle. */
  readonly before: () => LedgerState;
  readonly events: readonly LedgerEvent[];
}

/** The journal up to a cycle, and the cycle's events as far as they were recorded. */
function cut(journal: Journal, day: Session): CycleRecord | undefined {
  const earlier: LedgerEvent[] = [];
  const events: LedgerEvent[] = [];
  for (const { event } of journal.read()) {
    const isOpening = event.kind === 'cycle_opened' && event.cycle === day;
    if (events.length > 0 || isOpening) events.push(event);
    else earlier.push(event);
    if (event.kind === 'cycle_committed' && event.cycle === day) break;
  }
  if (events.length === 0) return undefined;
  const before = (): LedgerState => {
    const state = emptyState();
    for (const event of earlier) applyEvent(state, event);
    return state;
  };
  return { before, events };
}

function replay(record: CycleRecord, changes: readonly (readonly [string, string])[]): Replayed {
  const [first] = record.events;
  const cycle = first?.kind === 'cycle_opened' ? first.cycle : '';
  const state = record.before();
  if (changes.length === 0)
    return { cycle, settings: [], points: replayCycle(state, record.events).map(withDifferences) };
  const inForce = configurationOf(state);
  const other = record.before();
  const changed = changes.reduce(change, inForce);
  putUnder(other, changed);
  return {
    cycle,
    settings: compareSettings(inForce, changed),
    points: replayChanged(state, other, record.events).map(withDifferences),
  };
}

/** By the rule of the ledger itself: lives and lots of sleeves follow the configuration. */
function putUnder(state: LedgerState, configuration: AccountConfiguration): void {
  const problems = judgeConfiguration(state, configuration);
  if (problems.length > 0)
    throw new UsageError(
      `--with: expected settings that could have followed those of the cycle, found ${problems.join('; ')}. Nothing was decided. Correct them.`,
    );
  const sequence = state.configurations + 1;
  const at = timestamp('1970-01-01T00:00:00.000Z'); // nothing decides by it
  applyEvent(state, { kind: 'configured', sequence, at, configuration });
}

const endsOf = (points: Replayed['points']): PlanDifference[] =>
  compareEnds(
    points.map((point) => point.recorded),
    points.map((point) => point.decided),
  );

const withDifferences = (point: ReplayedPoint) => ({
  ...point,
  differences: comparePlans(point.recorded, point.decided),
});

function configurationOf({ configuration }: LedgerState): AccountConfiguration {
  if (configuration !== null) return configuration;
  throw new UsageError(
    'The journal holds no configuration before this cycle: expected one, found none. Nothing was decided.',
  );
}

function change(
  configuration: AccountConfiguration,
  [place, value]: readonly [string, string],
): AccountConfiguration {
  const changed = withSetting(configuration, place, value);
  if (changed.ok) return changed.configuration;
  throw new UsageError(
    `--with ${place}: expected ${changed.expected}, found ${changed.found}. Nothing was decided. Correct it.`,
  );
}

const noCycle = (day: Session, home: string, state: LedgerState): UsageError =>
  new UsageError(
    `No cycle ${day} in ${home}: expected a session from ${state.firstCycle ?? 'none'} to ${state.lastCycle ?? 'none'} that was traded, ` +
      'found none of that date. Nothing was decided. Name another date.',
  );

function proofLines({ cycle, points }: Replayed, equal: boolean): string[] {
  if (equal)
    return [
      `Cycle ${cycle} decided again from its recorded facts: ${points.length} decisions, every byte as recorded.`,
    ];
  return [
    `NOT EQUAL: cycle ${cycle} decided again gives other decisions than recorded.`,
    ...points.filter((point) => !point.equal).flatMap((point) => pointLines(point, 'decided now')),
    '',
    'Nothing was changed. The journal was written by other rules, or rewritten: see `assay verify`.',
  ];
}

function changeLines({ cycle, settings, points }: Replayed): string[] {
  return [
    `Cycle ${cycle} decided again with`,
    '',
    ...settingLines(settings, ['in force', 'then']),
    ...points
      .filter(({ point }) => point.trigger !== 'close')
      .map((point) => ({
        ...point,
        differences: point.differences.filter(({ kind }) => kind !== 'outcome'),
      }))
      .flatMap((point) => pointLines(point, 'then')),
    '',
    'What became of the intents in the end',
    '',
    ...differenceLines(endsOf(points), ['recorded', 'then']),
    '',
    'Signals, quotes and assets as recorded. An order that stays the same keeps its fills; one that',
    'changed fills in proportion, at the average price, as the recorded one did; a new one fills whole.',
    ...(points.some(({ firstSteps }) => firstSteps.length > 0) ? LATER_STEPS : []),
    'Nothing was written.',
  ];
}

const LATER_STEPS = [
  'A walk that is new takes its first step by the rules of a cycle. Its later steps depend on quotes',
  'that were not recorded: its first order stands for all of it, and fills as said above.',
];

/** What a walk that is new does first, and on which quote. */
function stepLine({ parent, move, onOwnQuote }: FirstStep): string {
  const what = `${parent.side} ${format(parent.quantity)} ${parent.symbol}`;
  const on = onOwnQuote ? 'on the quote recorded for a step of it' : "on the decision's quote";
  if (move.kind === 'end') return `${what}: no order, ${move.end} ${move.detail}`.trimEnd();
  invariant(move.kind === 'send', () => `The first step of ${parent.clientOrderId} cancels.`);
  const { type, limitPrice, timeInForce } = move.child;
  return `${what}: ${type}${limitPrice === null ? '' : ` ${format(limitPrice)}`} ${timeInForce}, ${on}`;
}

const pointLines = (
  { point, differences, firstSteps }: Replayed['points'][number],
  title: string,
): string[] => [
  '',
  `Decision ${point.sequence} (${point.trigger}, ${point.at})`,
  '',
  ...differenceLines(differences, ['recorded', title]),
  ...(firstSteps.length === 0
    ? []
    : [
        '',
        '  First steps of walks that are new',
        ...indent(firstSteps.map(stepLine)).map((line) => `  ${line}`),
      ]),
];

const replayJson = (
  { cycle, settings, points }: Replayed,
  of: { readonly proof: boolean; readonly equal: boolean },
) => ({
  cycle,
  proof: of.proof,
  equal: of.equal,
  settings,
  ends: endsOf(points),
  decisions: points.map(({ point, equal, differences, firstSteps }) => ({
    sequence: point.sequence,
    trigger: point.trigger,
    at: point.at,
    equal,
    differences,
    firstSteps: firstSteps.map(({ parent, move, onOwnQuote }) => ({
      parent: parent.clientOrderId,
      symbol: parent.symbol,
      side: parent.side,
      quantity: format(parent.quantity),
      ...(move.kind === 'send'
        ? {
            kind: move.kind,
            type: move.child.type,
            limitPrice: move.child.limitPrice === null ? null : format(move.child.limitPrice),
            timeInForce: move.child.timeInForce,
          }
        : move),
      onOwnQuote,
    })),
  })),
});
