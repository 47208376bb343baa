// Stage: house rules. What a rule is, and how the rules read a set of files.
// Invariant: pure; the same files give the same findings, in the order of rules and paths.
import { lineAt, readSource, type File, type Source } from './source.ts';

export interface Rule {
  readonly name: string;
  /** What to do instead. */
  readonly remedy: string;
  /** Whether the rule speaks of this file. */
  readonly covers: (path: string) => boolean;
  /** @param tree every file read, for rules that speak of how files hang together */
  readonly find: (source: Source, tree: Tree) => readonly Finding[];
  /** Sets of files in which the rule must find something: a rule that never fires is no rule. */
  readonly bad: readonly (readonly File[])[];
  /** Sets of files that come close, in which it must find nothing. */
  readonly good: readonly (readonly File[])[];
}

export type Tree = ReadonlyMap<string, Source>;

export interface Finding {
  readonly index: number;
  readonly found: string;
}

export interface Violation {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly found: string;
  readonly remedy: string;
}

export function check(files: readonly File[], rules: readonly Rule[]): Violation[] {
  const sources = files.map(readSource).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const tree: Tree = new Map(sources.map((source) => [source.path, source]));
  return rules.flatMap(({ name, remedy, covers, find }) =>
    sources
      .filter(({ path }) => covers(path))
      .flatMap((source) =>
        find(source, tree).map(({ index, found }) => ({
          rule: name,
          path: source.path,
          line: lineAt(source.text, index),
          found: found.trim().replaceAll(/\s+/g, ' ').slice(0, 80),
          remedy,
        })),
      ),
  );
}

export const describeViolation = ({ rule, path, line, found, remedy }: Violation): string =>
  `${path}:${line} ${rule}: found "${found}". ${remedy}`;

/** A set of one file. */
export const file = (path: string, ...lines: readonly string[]): File[] => [
  { path, text: `${lines.join('\n')}\n` },
];

export const isTest = (path: string): boolean => path.endsWith('.test.ts');
export const isCode = (path: string): boolean => /\.(?:ts|js)$/.test(path);
export const isSource = (path: string): boolean => path.startsWith('src/') && isCode(path);
/** What ships: all of src that is no test. */
export const isProduct = (path: string): boolean => isSource(path) && !isTest(path);
/** The layers that see no clock, no chance and no machine; the shell among them has ports for these. */
export const isPure = (path: string): boolean =>
  isProduct(path) &&
  /^src\/(?:domain|indicators|symphony|strategy|ports|wire|engine|backtest)\//.test(path);
