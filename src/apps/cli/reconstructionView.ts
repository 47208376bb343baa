// Stage: apps. A reconstruction as a person and as a program reads it.
// Invariant: mismatches are shown before any figure that they make doubtful.
import type { Mismatch } from '../../domain/evidence.ts';
import type { Reconstruction } from '../../domain/reconstruction.ts';
import { pnlJson, pnlLines } from './pnlView.ts';

const SHOWN = 20;

export function reconstructionLines(again: Reconstruction, source = 'the files alone'): string[] {
  const { mismatches, state, digest, complete } = again;
  if (mismatches.length === 0) {
    return [
      ...pnlLines(state),
      '',
      `${state.cycles} cycles reconstructed from ${source}, every order and fill as planned`,
      `digest ${digest}`,
    ];
  }
  return [
    `The files do not prove a ledger. The first cause${complete ? '' : ', after which the fold could not go on'}:`,
    ...mismatches.slice(0, 1).map(mismatchLine),
    ...(mismatches.length === 1
      ? []
      : [
          `${mismatches.length - 1} more ${mismatches.length === 2 ? 'mismatch' : 'mismatches'}, which may follow from it:`,
        ]),
    ...mismatches.slice(1, SHOWN).map(mismatchLine),
    ...(mismatches.length > SHOWN ? [`  and ${mismatches.length - SHOWN} more`] : []),
    `digest of what was reconstructed ${digest}`,
    'Nothing was written. Compare the named record with the broker, or export the files again.',
  ];
}

export const reconstructionJson = ({
  digest,
  state,
  complete,
  mismatches,
}: Reconstruction): object => ({
  digest,
  cycles: state.cycles,
  complete,
  firstCause: mismatches[0] ?? null,
  mismatches,
  pnl: pnlJson(state),
});

const mismatchLine = (found: Mismatch): string =>
  `  ${found.record}: expected ${found.expected}, found ${found.found}`;
