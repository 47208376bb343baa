// Stage: apps. What a command can end with.
// Invariant: an exit code means one thing.
import type { Command } from 'commander';

/** Exit codes of `assay`. */
export const EXIT = {
  ok: 0,
  /** Something is wrong that the program found: a break, a mismatch, a damaged record. */
  found: 1,
  /** The command line, the configuration or an input file cannot be used, or no command was named. */
  usage: 2,
  /** A cycle cannot go on without a person. */
  halted: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Where an account lies when --home does not say. */
export const DEFAULT_HOME = '.assay';

/** Bad input: said in full, shown without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The value of a flag that must be given. @throws UsageError */
export function required(value: string | undefined, flag: string): string {
  if (value !== undefined) return value;
  throw new UsageError(
    `${flag} is missing: expected it on the command line, found nothing. Nothing was started.`,
  );
}

/** One of a few words. @throws UsageError */
export function choice<Word extends string>(
  flag: string,
  found: string,
  words: readonly Word[],
): Word {
  const word = words.find((each) => each === found);
  if (word !== undefined) return word;
  throw new UsageError(
    `${flag}: expected ${words.join(', ')}, found "${found}". Nothing was started. Correct it.`,
  );
}

/** Where a command writes. */
export interface Output {
  /** A line of the answer, to standard output. */
  line(text?: string): void;
  /** A line about the work, to standard error. */
  note(text: string): void;
  /** Shows how far work has come, on one line of a terminal; nothing elsewhere. */
  progress(text: string): void;
}

/** Adds a command to the program, with the options that its kind has in common. */
export type AddCommand = (name: string, does: string) => Command;

/** Takes the exit code that a command ended with. */
export type End = (code: ExitCode) => void;
