// Stage: app. Breaks that stand, sleeves below zero, what these do not do, and what ends it.
// Invariant: every command that is named works as it stands, but for the words a person gives.
import { isEnding } from '../../domain/intent.ts';
import { openBreaks } from '../../domain/ledger/breaks.ts';
import { frozenSleeves } from '../../domain/ledger/negative.ts';
import { sleeveOf, type LedgerState } from '../../domain/ledger/state.ts';
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

/** One line a way out, for each sleeve that is short and frozen, or owes; empty when none is. */
export const frozenLines = (state: LedgerState): string[] => [
  ...shortLines(state),
  ...owingLines(state),
];

function shortLines(state: LedgerState): string[] {
  const tolerance = state.configuration?.tolerance ?? NO_TOLERANCE;
  return [...frozenSleeves(state, tolerance)].flatMap(([sleeve, { id, symbol, ...found }]) => [
    `${sleeve} does not trade since ${found.since}: it is short ${unsigned(found.amount)} ${symbol ?? ''} (${found.cause}).`,
    `  to let it trade again, and buy them back: \`assay breaks explain "${id}" --because WORDS\``,
  ]);
}

function owingLines(state: LedgerState): string[] {
  return [...state.negative].flatMap(([id, { sleeve, symbol }]) => {
    const found = state.breaks.get(id);
    if (symbol !== null || found === undefined || found.state === 'resolved') return [];
    const owed = unsigned(found.amount);
    const says = `${sleeve} buys nothing since ${found.since}: it owes ${owed} USD (${found.cause}). What it sells repays them.`;
    // House pays what a sleeve that ends lacks.
    if (isEnding(sleeveOf(state, sleeve))) return [says];
    return [
      says,
      `  or to give it what it owes: \`assay transfer --from house --to ${sleeve} --amount ${owed}\``,
    ];
  });
}

const unsigned = (amount: string): string => amount.replace('-', '');
