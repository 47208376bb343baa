// Stage: apps. Files and folders that the command line names.
// Invariant: what the file system refuses is bad input, said with the path and the reason, never a stack.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { UsageError } from './usage.ts';

/** A path as a person would type it here: relative where the file lies below. */
export function shownPath(file: string): string {
  const path = relative('', file);
  return path === '' || path.startsWith('..') ? file : path;
}

/** Reads a text file. @throws UsageError when it is missing or is no readable file */
export const readText = (file: string, expected: string): string =>
  orRefuse(`${file} cannot be read: expected ${expected}`, () => readFileSync(file, 'utf8'));

/** Makes a folder with its parents; one that is there already is left as it is. @throws UsageError */
export function makeFolder(folder: string, purpose: string): void {
  orRefuse(`${folder} cannot be used as ${purpose}: expected a folder that can be written`, () =>
    mkdirSync(folder, { recursive: true }),
  );
}

/**
 * Writes beside the target and renames, so that a reader never sees half a file.
 *
 * @returns the lines of a text that are not empty
 * @throws UsageError
 */
export function writeWhole(file: string, content: string | Uint8Array): number {
  orRefuse(`${file} cannot be written: expected a folder with room for it`, () => {
    writeFileSync(`${file}.part`, content);
    renameSync(`${file}.part`, file);
  });
  if (typeof content !== 'string') return 0;
  return content.split('\n').filter((line) => line !== '').length;
}

/** Runs a file system call; its refusal becomes bad input. @throws UsageError */
export function orRefuse<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new UsageError(
      `${what}, found ${String(error.code)} (${REASONS[String(error.code)] ?? error.message}). ` +
        'Nothing was changed. Correct the path or its permissions and run again.',
    );
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'nothing is there',
  EISDIR: 'a folder is there',
  ENOTDIR: 'a file stands where a folder should be',
  EEXIST: 'a file is there',
  EACCES: 'not permitted',
  EPERM: 'not permitted',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
};
