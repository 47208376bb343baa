// Stage: apps. The note in the working folder of the last diff that a person was shown, and its gate.
// Invariant: written only when asked for by --acknowledge; one that cannot be read stops the run.
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judgeChange, type Shown } from '../../domain/configurationGate.ts';
import type { AccountConfiguration } from '../../domain/sleeve.ts';
import { makeFolder, readText } from './files.ts';
import { UsageError } from './usage.ts';

const noteOf = (home: string): string => join(home, 'shown-diff.json');

/** Notes what was shown: beside the target first, so that a note is whole or not there. */
export function acknowledge(home: string, shown: Shown): void {
  makeFolder(home, 'the working folder');
  writeFileSync(`${noteOf(home)}.part`, `${JSON.stringify(shown)}\n`);
  renameSync(`${noteOf(home)}.part`, noteOf(home));
}

/** @throws UsageError when the note is none: whether something was shown is not guessed */
function readShown(home: string): Shown | null {
  if (!existsSync(noteOf(home))) return null;
  const text = readText(noteOf(home), 'a note of plan --diff');
  const [, from, to] =
    /^\{"from":(?:null|"([0-9a-f]{64})"),"to":"([0-9a-f]{64})"\}\n$/.exec(text) ?? [];
  if (to !== undefined) return { from: from ?? null, to };
  throw new UsageError(
    `${noteOf(home)} cannot be read: expected a note of plan --diff, found other text. Nothing was sent and nothing was changed. ` +
      'Remove the file and look at the change again with --acknowledge.',
  );
}

/** @throws UsageError when a person has to look at the change first */
export function refuseUnshown(
  home: string,
  of: {
    readonly inForce: AccountConfiguration | null;
    readonly proposed: AccountConfiguration;
    readonly live: boolean;
  },
): void {
  if (of.inForce?.digest === of.proposed.digest) return;
  const verdict = judgeChange({ ...of, shown: readShown(home) });
  if (verdict.kind === 'pass') return;
  const digest = of.proposed.digest.slice(0, 12);
  throw new UsageError(
    `The configuration ${digest} was not looked at (${verdict.reason}): expected its diff to be shown and acknowledged in ${home}, found ${verdict.found}. ` +
      'Nothing was sent and nothing was changed. ' +
      (of.inForce === null
        ? 'Look at it with `assay plan --dry-run --acknowledge`, then run again.'
        : 'Look at it with `assay plan --diff OLD NEW --acknowledge`, then run again.'),
  );
}
