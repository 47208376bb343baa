// Stage: tests. What every refusal of bad input must say, and what it must leave alone.
// Invariant: place, expected, found, consequence and remedy; no stack; every file byte for byte as it was.
import { expect } from 'vitest';
import { assay, snapshot, type Ended } from '../cli/program.ts';
import type { Bench } from '../cli/workbench.ts';

/** What a message must contain, each by its own words. */
export interface Refusal {
  readonly code: 1 | 2 | 3;
  readonly place: string | RegExp;
  readonly expected: string | RegExp;
  readonly found: string | RegExp;
  readonly remedy: string | RegExp;
}

/** "Nothing was started.", "Nothing after it can be trusted and nothing was changed.", "No book was opened." */
const CONSEQUENCE = /\bNothing (?:was|after)\b|\bNo (?:book|market) was opened\b/;
/** A stack shows lines like "    at open (file:///…:12:3)"; a symphony's excerpt never does. */
const STACK = /^\s+at .*:\d+:\d+\)?$/m;

/** Runs a command that must be refused, and checks that it was refused well. */
export async function expectRefusal(
  bench: Bench,
  argv: readonly string[],
  refusal: Refusal,
): Promise<Ended> {
  const before = snapshot(bench.folder);
  const ended = await assay(...argv);
  checkRefusal(ended, refusal);
  expect(snapshot(bench.folder)).toEqual(before);
  return ended;
}

export function checkRefusal({ code, out, err }: Ended, refusal: Refusal): void {
  expect(err).not.toMatch(STACK);
  const said = refusal.code === 1 && err === '' ? out : err;
  for (const what of ['place', 'expected', 'found', 'remedy'] as const) {
    const words = refusal[what];
    if (typeof words === 'string') expect(said, what).toContain(words);
    else expect(said, what).toMatch(words);
  }
  expect(said).toMatch(CONSEQUENCE);
  expect(code).toBe(refusal.code);
  if (said === err) expect(out).toBe('');
}
