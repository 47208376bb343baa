// Stage: configuration. What a changed configuration may do to the sleeves of a running account.
// Invariant: a code is one sleeve's for ever; no sleeve leaves before it is closed, none comes back.
import type { LedgerState, SleeveAccount } from './ledger/state.ts';
import {
  HOUSE,
  SUSPENSE,
  type AccountConfiguration,
  type Sleeve,
  type SleeveLife,
} from './sleeve.ts';
import { compareText, format } from './units/units.ts';

/**
 * The life of a sleeve under a new configuration; null when it cannot have it. A person pauses, resumes
 * and retires; a sleeve that is closing may be taken up again; a closed one stays closed.
 */
export function nextLife(now: SleeveLife, wanted: Sleeve['life']): SleeveLife | null {
  if (now !== 'closed') return wanted;
  return wanted === 'closing' ? 'closed' : null;
}

/**
 * Why a configuration cannot follow the one in force, one text a problem; empty when it can.
 *
 * @param next with the codes of known sleeves as they are recorded
 */
export function judgeConfiguration(state: LedgerState, next: AccountConfiguration): string[] {
  const named = new Map(next.sleeves.map((sleeve) => [sleeve.id, sleeve]));
  const problems: string[] = [];
  if (state.cycle !== null)
    problems.push(
      `cycle ${state.cycle.opened.cycle}: expected it to have ended before another configuration is in force, found it open; run it to its end with the configuration that it began with`,
    );
  if (next.account !== state.configuration?.account)
    problems.push(
      `account: expected ${state.configuration?.account ?? 'one'}, as it was opened, found ${next.account}`,
    );
  const known = [...state.sleeves.values()].sort((a, b) => compareText(a.id, b.id));
  for (const account of known) {
    if (account.id === HOUSE || account.id === SUSPENSE) continue;
    problems.push(...judgeKnown(account, named.get(account.id), state));
  }
  const codes = new Map(known.map(({ id, code }) => [code, id]));
  for (const sleeve of next.sleeves) {
    if (!state.sleeves.has(sleeve.id)) problems.push(...judgeNew(sleeve, codes));
    codes.set(sleeve.code, sleeve.id);
  }
  return problems;
}

function judgeKnown(
  account: SleeveAccount,
  sleeve: Sleeve | undefined,
  state: LedgerState,
): string[] {
  const at = `sleeve ${account.id}`;
  if (sleeve === undefined) {
    return account.life === 'closed'
      ? []
      : [
          `${at}: expected in the configuration until it is closed, found dropped while ${account.life}; ` +
            `put it back with life: 'closing' and run until \`assay sleeves\` shows it closed`,
        ];
  }
  const problems: string[] = [];
  if (nextLife(account.life, sleeve.life) === null)
    problems.push(
      `${at}: expected life 'closing' or no entry, for it is closed and does not come back, found '${sleeve.life}'; name a new sleeve otherwise`,
    );
  if (sleeve.code !== account.code)
    problems.push(`${at}: expected its code ${account.code}, found ${sleeve.code}`);
  const before = state.configuration?.sleeves.find(({ id }) => id === account.id);
  if (before !== undefined && before.openingCash !== sleeve.openingCash)
    problems.push(
      `${at}: expected the ${format(before.openingCash)} USD that it began with, found ${format(sleeve.openingCash)}; ` +
        'its share was given out at the beginning, move cash with `assay transfer --from house --to SLEEVE --amount USD`',
    );
  return problems;
}

function judgeNew(sleeve: Sleeve, codes: ReadonlyMap<number, string>): string[] {
  const at = `sleeve ${sleeve.id}`;
  const problems: string[] = [];
  const owner = codes.get(sleeve.code);
  if (owner !== undefined)
    problems.push(`${at}: expected a code of its own, found ${sleeve.code}, which is ${owner}'s`);
  if (sleeve.openingCash !== 0n)
    problems.push(
      `${at}: expected share "0", for it joins a running account, found ${format(sleeve.openingCash)} USD; ` +
        `fund it with \`assay transfer --from house --to ${sleeve.id} --amount USD\``,
    );
  return problems;
}
