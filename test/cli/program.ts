// Stage: tests. The whole program, as a person runs it: arguments in, text and an exit code out.
// Invariant: `assay` runs the same code as bin/assay.js, in this process; `spawnAssay` the real thing.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { main } from '../../src/apps/cli/main.ts';

export const REPOSITORY = join(import.meta.dirname, '..', '..');

export interface Ended {
  readonly code: number | null;
  /** Standard output, with line ends. */
  readonly out: string;
  readonly err: string;
}

/** Runs one command in this process. */
export async function assay(...argv: readonly string[]): Promise<Ended> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(argv, {
    line: (text = '') => void out.push(`${text}\n`),
    note: (text) => void err.push(`${text}\n`),
    progress: () => {},
  });
  return { code, out: out.join(''), err: err.join('') };
}

/** Runs one command as a program of its own. */
export function spawnAssay(argv: readonly string[], folder = REPOSITORY): Ended {
  const ended = spawnSync(process.execPath, [join(REPOSITORY, 'bin', 'assay.js'), ...argv], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

/** Every file below a folder with the sha256 of its bytes: equal when nothing was changed. */
export function snapshot(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries(
    files.map((file) => [
      relative(folder, file),
      createHash('sha256').update(readFileSync(file)).digest('hex'),
    ]),
  );
}

/** The digest of the ledger in an answer: its last line that begins with the word. */
export function digestIn(text: string): string {
  const digest = text
    .split('\n')
    .findLast((line) => line.startsWith('digest '))
    ?.slice(-64);
  if (digest === undefined) throw new Error(`No digest in:\n${text}`);
  return digest;
}
