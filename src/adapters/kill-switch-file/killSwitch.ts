// Stage: adapter. The kill switch as a file: its existence stops, its first line says why.
// Invariant: only "there is no such file" means not pulled; whatever else the system says means pulled.
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import type { KillOrder, KillSwitch } from '../../ports/killSwitch.ts';

/** Longest reason kept, in characters. */
const LONGEST = 200;

export interface KillFile extends KillSwitch {
  /** Pulls it: durable before it returns. One that is pulled keeps its first reason. */
  pull(reason: string): void;
  /** Takes the file away; nothing happens when there is none. */
  release(): void;
}

/** @param file its path; a person may make it by hand with any tool */
export function killFile(file: string): KillFile {
  return {
    place: file,
    read(): KillOrder | null {
      try {
        return { reason: reasonIn(readFileSync(file, 'utf8')) };
      } catch (error) {
        const code = codeOf(error);
        return code === 'ENOENT' ? null : { reason: `${file} cannot be read (${code})` };
      }
    },
    pull(reason) {
      let handle: number;
      try {
        handle = openSync(file, 'wx');
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return;
        throw error;
      }
      try {
        writeSync(handle, `${reason}\n`);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    },
    release: () => rmSync(file, { force: true }),
  };
}

/** The first line, without controls. */
function reasonIn(text: string): string {
  const [first = ''] = text.split('\n');
  const said = first
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, LONGEST);
  return said === '' ? 'no reason was given' : said;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
