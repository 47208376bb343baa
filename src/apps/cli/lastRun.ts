// Stage: apps. The note in the working folder of what its account was last run with.
// Invariant: it says where to look and decides nothing; an account without one is as good.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readText, shownPath, writeWhole } from './files.ts';

/** As typed from here. */
export interface LastRun {
  readonly config: string;
  /** Bars that were read instead of those of the configuration. */
  readonly data?: string | undefined;
}

const noteOf = (home: string): string => join(home, 'last-run.txt');

export function noteRun(home: string, { config, data }: LastRun): void {
  const bars = data === undefined ? '' : `data ${resolve(data)}\n`;
  writeWhole(noteOf(home), `config ${resolve(config)}\n${bars}`);
}

/** Null where none was noted, or its files are elsewhere now. */
export function lastRun(home: string): LastRun | null {
  if (!existsSync(noteOf(home))) return null;
  const text = readText(noteOf(home), 'a note of the last run');
  const [, config = '', data] = /^config (.+)\n(?:data (.+)\n)?$/.exec(text) ?? [];
  if (!existsSync(config)) return null;
  return { config: shownPath(config), ...(data === undefined ? {} : { data: shownPath(data) }) };
}
