// Stage: apps. The whole ledger again from the exported files alone; cannot open a journal.
// Invariant: imports no journal, no exchange, no configuration.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readActivities } from '../../../adapters/evidence/activities.ts';
import type { Evidence } from '../../../adapters/evidence/evidence.ts';
import { executionsIn, readFills } from '../../../adapters/evidence/fills.ts';
import {
  compareFiles,
  EXPORTED,
  MANIFEST,
  readManifest,
  type ExportedFile,
  type ManifestProblem,
} from '../../../adapters/evidence/manifest.ts';
import { readOrders } from '../../../adapters/evidence/orders.ts';
import { compareRoots, readRoots, sealDay, type DailyRoot } from '../../../domain/dailyRoot.ts';
import { readInputLog, type ChainHead } from '../../../domain/inputLog.ts';
import type { InputRecord } from '../../../domain/ledger/events.ts';
import { proofLevels } from '../../../domain/proofLevels.ts';
import { reconstruct } from '../../../domain/reconstruction.ts';
import { readText } from '../files.ts';
import { levelLines, levelsJson } from '../levelsView.ts';
import { reconstructionJson, reconstructionLines } from '../reconstructionView.ts';
import { EXIT, required, UsageError, type ExitCode, type Output } from '../usage.ts';

export interface ReconstructOptions {
  /** A folder written by `assay export`, instead of its files one by one. */
  readonly from?: string;
  readonly signals?: string;
  readonly orders?: string;
  readonly fills?: string;
  readonly activities?: string;
  /** Say what can be proven with what is there. */
  readonly partial?: boolean;
  readonly json?: boolean;
}

export function reconstructFiles(options: ReconstructOptions, output: Output): ExitCode {
  if (options.partial === true) return reconstructPart(options, output);
  const files = namedFiles(options);
  if (options.from !== undefined) refuseMissing(options.from);
  const kept = options.from === undefined ? null : checkedExport(options.from);
  const { records: inputs, commits } = wholeLog(files.signals);
  const needsActivities = inputs.some(
    (record) => 'activityIds' in record && record.activityIds.length > 0,
  );
  if (needsActivities && files.activities === undefined) {
    throw new UsageError(
      'The input log names activities (dividends, splits), so their file is required: expected --activities FILE, found none. ' +
        'Nothing was reconstructed: cash would be wrong without it (--partial says what can be proven all the same). Give the activities.jsonl of the same export.',
    );
  }
  const found: DailyRoot[] = [];
  const again = reconstruct(
    {
      inputs,
      orders: recordsOf(readOrders, files.orders),
      ...executionsIn(recordsOf(readFills, files.fills)),
      activities:
        files.activities === undefined ? undefined : recordsOf(readActivities, files.activities),
    },
    (cycles, state) => {
      found.push(rootOf(state, commits[cycles - 1]));
      if (cycles % 50 === 0) output.progress(`reconstructed ${cycles} cycles`);
    },
  );
  const mismatches = [...again.mismatches, ...rootMismatches(kept, found)];
  const answer = { ...again, mismatches };
  if (options.json === true) output.line(JSON.stringify(reconstructionJson(answer)));
  else for (const line of reconstructionLines(answer)) output.line(line);
  return mismatches.length === 0 ? EXIT.ok : EXIT.found;
}

interface Named {
  readonly signals: string;
  readonly orders: string;
  readonly fills: string;
  readonly activities: string | undefined;
}

function namedFiles({ from, signals, orders, fills, activities }: ReconstructOptions): Named {
  if (from === undefined)
    return {
      signals: required(signals, '--signals'),
      orders: required(orders, '--orders'),
      fills: required(fills, '--fills'),
      activities,
    };
  const named = [signals, orders, fills, activities].find((file) => file !== undefined);
  if (named === undefined) {
    const at = (name: ExportedFile): string => join(from, name);
    return {
      signals: at('signals.jsonl'),
      orders: at('orders.jsonl'),
      fills: at('fills.jsonl'),
      activities: at('activities.jsonl'),
    };
  }
  throw new UsageError(
    `--from ${from} names every file: expected no other, found ${named}. Nothing was reconstructed. Leave one of them away.`,
  );
}

const HOLDS: Readonly<Record<ExportedFile | typeof MANIFEST, string>> = {
  'signals.jsonl': 'the input log: everything that decisions read',
  'orders.jsonl': "the broker's orders",
  'fills.jsonl': "the broker's executions",
  'activities.jsonl': "the broker's dividends, fees and other bookings",
  'roots.jsonl': 'one root a day, which the files must lead to',
  [MANIFEST]: 'the manifest, with the sha256 of each file',
};

/** @throws UsageError naming what is missing of an export, and what the rest can still prove */
function refuseMissing(folder: string): void {
  const names = [...EXPORTED, MANIFEST] as const;
  const isThere = (name: string): boolean => existsSync(join(folder, name));
  const [first, ...more] = names.filter((name) => !isThere(name));
  if (first === undefined) return;
  if (more.length + 1 === names.length)
    throw new UsageError(
      `${folder} holds no export: expected ${MANIFEST}, ${EXPORTED.join(', ')} in it, found none of them. Nothing was reconstructed. ` +
        `Name the folder of an export, or write one of the account that is meant with \`assay export --to ${folder}\`.`,
    );
  const others = more.length === 0 ? '' : ` (${more.join(', ')} too)`;
  throw new UsageError(
    `${join(folder, first)} is missing${others}: expected ${HOLDS[first]}, found no such file. Nothing was reconstructed. ` +
      `Write them all again, of ${accountOf(folder)}, with \`assay export --to ${folder}\`${wayWithout(folder, isThere)}.`,
  );
}

/** Whose export it is: the folder may hold one of any account. */
function accountOf(folder: string): string {
  const file = join(folder, MANIFEST);
  const manifest = existsSync(file) ? readManifest(textOf(file)) : null;
  return manifest !== null && 'account' in manifest
    ? `the account "${manifest.account}"`
    : 'the same account';
}

/** What the files that are there prove by themselves; nothing without the orders. */
function wayWithout(folder: string, isThere: (name: string) => boolean): string {
  if (!isThere('orders.jsonl')) return '; without the orders nothing can be proved';
  const files = (['signals', 'orders', 'fills', 'activities'] as const).filter((name) =>
    isThere(`${name}.jsonl`),
  );
  const isWhole = files.length === 4;
  const named = files.map((name) => `--${name} ${join(folder, `${name}.jsonl`)}`).join(' ');
  return isWhole
    ? `, or prove it without manifest and roots: \`assay reconstruct ${named}\``
    : `, or see what the rest proves: \`assay reconstruct --partial ${named}\``;
}

/** The export as its manifest says. @throws UsageError naming the file that is another */
function checkedExport(folder: string): readonly DailyRoot[] {
  const manifest = readManifest(textOf(join(folder, MANIFEST)));
  const problems: readonly ManifestProblem[] =
    'found' in manifest
      ? [manifest]
      : compareFiles(
          manifest,
          Object.fromEntries(
            EXPORTED.map((name) => [name, textOf(join(folder, name))]),
          ) as Readonly<Record<ExportedFile, string>>, // every name
        );
  const [first] = problems;
  if (first === undefined) {
    const roots = readRoots(textOf(join(folder, 'roots.jsonl')));
    if (roots.ok) return roots.roots;
    throw new UsageError(
      `${join(folder, 'roots.jsonl')} line ${roots.problem.line}: ${roots.problem.what}: expected ${roots.problem.expected}, found ${roots.problem.found}. Nothing was reconstructed. Export it again.`,
    );
  }
  throw new UsageError(
    `${join(folder, first.file)} is not as it was exported: expected ${first.expected}, found ${first.found}. ` +
      'Nothing was reconstructed. Export it again, or name the four files one by one to see what still follows from them.',
  );
}

/** What the files alone say of a day; they know of no journal. */
function rootOf(
  state: Parameters<NonNullable<Parameters<typeof reconstruct>[1]>>[1],
  head: ChainHead | undefined,
): DailyRoot {
  return sealDay({
    account: state.configuration?.account ?? '',
    session: state.lastCycle ?? ('' as never), // called after a commit
    cycles: state.cycles,
    events: null,
    journal: null,
    inputs: head?.sequence ?? 0,
    inputLog: head?.hash ?? '',
    history: state.history,
  });
}

const rootMismatches = (kept: readonly DailyRoot[] | null, found: readonly DailyRoot[]) =>
  compareRoots(kept ?? [], found).map(({ session, what, expected, found: is }) => ({
    record: `root of ${session}`,
    expected: `${what} ${expected}`,
    found: is,
  }));

/** Everything that is there, and nothing more: which answers it proves. */
function reconstructPart(options: ReconstructOptions, output: Output): ExitCode {
  const { signals, fills, activities } = options;
  if (options.from !== undefined)
    throw new UsageError(
      '--partial needs the files that are there by name: expected --orders and others, found --from. Nothing was reconstructed.',
    );
  const log = signals === undefined ? undefined : partOfLog(signals);
  const levels = proofLevels({
    inputs: log?.records,
    cut: log?.cut ?? null,
    orders: recordsOf(readOrders, required(options.orders, '--orders')),
    ...(fills === undefined
      ? { fills: undefined, amendments: [] }
      : executionsIn(recordsOf(readFills, fills))),
    activities: activities === undefined ? undefined : recordsOf(readActivities, activities),
  });
  if (options.json === true) output.line(JSON.stringify(levelsJson(levels)));
  else for (const line of levelLines(levels)) output.line(line);
  return levels.answers.every(({ level }) => level === 'exact') ? EXIT.ok : EXIT.found;
}

/** The input log, whole. @throws UsageError at its first line that does not follow */
export function wholeLog(file: string): {
  readonly records: readonly InputRecord[];
  readonly commits: readonly ChainHead[];
} {
  const log = readInputLog(textOf(file));
  if (log.ok) {
    refuseCutLog(log.records, file);
    return log;
  }
  const { line, what, expected, found } = log.problem;
  throw new UsageError(
    `${file} line ${line}: ${what}: expected ${expected}, found ${found}. Nothing was reconstructed: the input log was changed there or before (--partial says what still follows from it). Export it again.`,
  );
}

/** The input log up to where its chain holds. */
function partOfLog(file: string): { records: readonly InputRecord[]; cut: string | null } {
  const text = textOf(file);
  const log = readInputLog(text);
  if (log.ok) {
    const open = log.records.at(-1)?.kind !== 'cycle_committed';
    return { records: log.records, cut: open ? 'it ends within a cycle' : null };
  }
  const { line, what } = log.problem;
  const held = readInputLog(
    text
      .split('\n')
      .slice(0, line - 1)
      .join('\n'),
  );
  return { records: held.ok ? held.records : [], cut: `line ${line}: ${what}` };
}

/** A chain cannot tell that its end is missing; but an export is written when no cycle is open. */
function refuseCutLog(inputs: readonly InputRecord[], file: string): void {
  const ends: readonly InputRecord['kind'][] = ['cycle_opened', 'cycle_committed'];
  if (inputs.findLast(({ kind }) => ends.includes(kind))?.kind === 'cycle_committed') return;
  throw new UsageError(
    `${file} line ${inputs.length}: expected the end of a cycle (cycle_committed) before the end of the log, found ${inputs.at(-1)?.kind ?? 'no record at all'}. ` +
      'Nothing was reconstructed: lines are missing at the end. Export it again.',
  );
}

/** After this many errors in one file the rest is not shown: it is not what it claims to be. */
const MOST_ERRORS = 10;

function recordsOf<T>(
  read: (text: string, file: string) => Evidence<T>,
  file: string,
): readonly T[] {
  const result = read(textOf(file), file);
  if (result.ok) return result.records;
  const more = result.errors.length - MOST_ERRORS;
  throw new UsageError(
    [
      ...result.errors.slice(0, MOST_ERRORS).map((error) => error.message),
      ...(more > 0 ? [`${more} more errors in ${file}.`] : []),
      'Nothing was reconstructed.',
    ].join('\n'),
  );
}

const textOf = (file: string): string => readText(file, 'a file that an export wrote');
