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
  expectRefused(ended, refusal);
  expect(snapshot(bench.folder)).toEqual(before);
  return ended;
}

export function expectRefused({ code, out, err }: Ended, refusal: Refusal): void {
  expect(err).not.toMatch(STACK);
  const said = refusal.code === 1 && err === '' ? out : err;
  const missing = (['place', 'expected', 'found', 'remedy'] as const).filter((what) => {
    const words = refusal[what];
    return typeof words === 'string' ? !said.includes(words) : !words.test(said);
  });
  // With the message beside it, so that a failure shows what was said instead.
  expect({ said, missing }).toEqual({ said, missing: [] });
  expect(said).toMatch(CONSEQUENCE);
  expect(code).toBe(refusal.code);
  if (said === err) expect(out).toBe('');
}
