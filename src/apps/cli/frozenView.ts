// Stage: app. Sleeves that do not trade until somebody decides, and what ends it.
// Invariant: every command that is named works as it stands, but for the words a person gives.
import { frozenSleeves } from '../../domain/ledger/negative.ts';
import type { LedgerState } from '../../domain/ledger/state.ts';
import { NO_TOLERANCE } from '../../domain/sleeve.ts';

/** One line a way out, for each sleeve that a bust or a correction froze; empty when none is. */
export function frozenLines(state: LedgerState): string[] {
  const tolerance = state.configuration?.tolerance ?? NO_TOLERANCE;
  return [...frozenSleeves(state, tolerance)].flatMap(([sleeve, found]) => {
    const missing = found.amount.replace('-', '');
    const what =
      found.symbol === null ? `owes ${missing} USD` : `is short ${missing} ${found.symbol}`;
    return [
      `${sleeve} does not trade since ${found.since}: it ${what} (${found.cause}).`,
      `  to let it trade again, and buy back or repay: assay breaks explain "${found.id}" --because WORDS`,
      ...(found.symbol === null
        ? [
            `  or to give it what it owes: assay transfer --from house --to ${sleeve} --amount ${missing}`,
          ]
        : []),
    ];
  });
}
