// Stage: app. Breaks that stand, sleeves that do not trade until somebody decides, and what ends it.
// Invariant: every command that is named works as it stands, but for the words a person gives.
import { openBreaks } from '../../domain/ledger/breaks.ts';
import { frozenSleeves } from '../../domain/ledger/negative.ts';
import type { LedgerState } from '../../domain/ledger/state.ts';
import { NO_TOLERANCE } from '../../domain/sleeve.ts';
import { EXIT, type ExitCode } from './usage.ts';

/** How many breaks nobody has explained, and whom they freeze; empty when none stands. */
export function standingLines(state: LedgerState): string[] {
  const { length } = openBreaks(state);
  if (length === 0) return [];
  return [
    `${length} ${length === 1 ? 'break stands' : 'breaks stand'}: \`assay breaks\``,
    ...frozenLines(state),
  ];
}

/** How a command ends that has traded: what is wrong in the records is said, though it did its work. */
export const standingCode = (state: LedgerState): ExitCode =>
  openBreaks(state).length === 0 ? EXIT.ok : EXIT.found;

/** One line a way out, for each sleeve that a bust or a correction froze; empty when none is. */
export function frozenLines(state: LedgerState): string[] {
  const tolerance = state.configuration?.tolerance ?? NO_TOLERANCE;
  return [...frozenSleeves(state, tolerance)].flatMap(([sleeve, found]) => {
    const missing = found.amount.replace('-', '');
    const what =
      found.symbol === null ? `owes ${missing} USD` : `is short ${missing} ${found.symbol}`;
    return [
      `${sleeve} does not trade since ${found.since}: it ${what} (${found.cause}).`,
      `  to let it trade again, and buy back or repay: \`assay breaks explain "${found.id}" --because WORDS\``,
      ...(found.symbol === null
        ? [
            `  or to give it what it owes: \`assay transfer --from house --to ${sleeve} --amount ${missing}\``,
          ]
        : []),
    ];
  });
}
