// Stage: apps. What a person can do about a break, as commands.
// Invariant: the ledger's own judgement is asked: what it would refuse now is not offered.
import { judgeAssignment, nextAssignmentId } from '../../domain/ledger/applyAssignment.ts';
import { judgeExplanation } from '../../domain/ledger/breaks.ts';
import { costOf, heldIn } from '../../domain/ledger/lots.ts';
import { sleeveOf, type LedgerState } from '../../domain/ledger/state.ts';
import { judgeCashAssignment } from '../../domain/ledger/waitingCash.ts';
import type { Symbol } from '../../domain/market.ts';
import type { StandingBreak } from '../../domain/reconciliation.ts';
import { SUSPENSE, type SleeveId } from '../../domain/sleeve.ts';
import { timestamp } from '../../domain/time.ts';
import { compareText, format, money, NO_MONEY, ONE } from '../../domain/units/units.ts';

export interface Way {
  /** To be typed, with words in capitals where a person chooses. */
  readonly command: string;
  /** Who may stand for SLEEVE in it; empty where it does not occur. */
  readonly owners: readonly SleeveId[];
}

/** Nothing is judged by the time at which a person speaks. */
const at = timestamp('1970-01-01T00:00:00.000Z');

/** Its explanation while nobody gave one, and an owner for what it brought. */
export function waysOf(state: LedgerState, found: StandingBreak): Way[] {
  const { id, symbol } = found;
  return [
    ...(found.state === 'open' ? explanation(state, id) : []),
    ...(found.state === 'resolved' || symbol === null ? [] : shareWays(state, symbol)),
    ...cashWays(state, id),
  ];
}

function explanation(state: LedgerState, id: string): Way[] {
  const sequence = state.breaksExplained + 1;
  const problem = judgeExplanation(state, {
    kind: 'break_explained',
    sequence,
    at,
    break: id,
    reason: 'WORDS',
  });
  if (problem !== null) return [];
  return [{ command: `breaks explain "${id}" --because WORDS`, owners: [] }];
}

function shareWays(state: LedgerState, symbol: Symbol): Way[] {
  const lots = sleeveOf(state, SUSPENSE).positions.get(symbol) ?? [];
  const quantity = heldIn(lots);
  // What came without a price has one once a person says so: any will do to see who could have it.
  const cost = costOf(lots) === NO_MONEY ? money(ONE) : null;
  const id = nextAssignmentId(state);
  const reason = 'WORDS';
  const owners = ownersOf(
    state,
    (to) =>
      judgeAssignment(state, { kind: 'assigned', id, at, symbol, quantity, to, cost, reason }) ===
      null,
  );
  const price = cost === null ? '' : ' --cost USD';
  return owners.length === 0
    ? []
    : [
        {
          command: `assign --symbol ${symbol} --shares ${format(quantity)} --to SLEEVE${price} --because WORDS`,
          owners,
        },
      ];
}

/** For cash that waits of a fact. */
export function cashWays(state: LedgerState, of: string): Way[] {
  const waits = state.waiting.get(of);
  if (waits === undefined) return [];
  const event = {
    kind: 'cash_assigned',
    id: nextAssignmentId(state),
    at,
    break: of,
    amount: waits.amount,
    as: waits.as === 'flows' ? 'flow' : 'profit',
    reason: 'WORDS',
  } as const;
  const owners = ownersOf(state, (to) => judgeCashAssignment(state, { ...event, to }) === null);
  return owners.length === 0
    ? []
    : [{ command: `assign --cash "${of}" --to SLEEVE --because WORDS`, owners }];
}

const ownersOf = (state: LedgerState, may: (to: SleeveId) => boolean): SleeveId[] =>
  [...state.sleeves.keys()].filter(may).sort(compareText);

/** The ways as lines, each command alone on its own. */
export const wayLines = (ways: readonly Way[]): string[] =>
  ways.flatMap(({ command, owners }) => [
    `    assay ${command}`,
    ...(owners.length === 0 ? [] : [`      SLEEVE: ${owners.join(', ')}`]),
  ]);
