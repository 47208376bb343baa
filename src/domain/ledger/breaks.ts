// Stage: ledger. Breaks from the day they were found: open, explained by a person, or resolved.
// Invariant: no break leaves the record; one whose amount is not what was explained is open again.
import type { Symbol } from '../market.ts';
import type { Overdraft } from '../plan.ts';
import {
  isBeyond,
  type Break,
  type BreakKind,
  type StandingBreak,
  type Tolerance,
} from '../reconciliation.ts';
import { SUSPENSE, type SleeveId } from '../sleeve.ts';
import type { Session } from '../time.ts';
import { format, NO_SHARES, type Money, type Quantity } from '../units/units.ts';
import type { BreakExplained } from './events.ts';
import { heldOf, sleeveOf, type LedgerState } from './state.ts';

/** Sessions from when it was found until now, or until it was resolved; 0 in the session itself. */
export const ageOf = (found: StandingBreak, cycles: number): number =>
  (found.resolvedCycles ?? cycles) - found.sinceCycles;

const idOf = ({ kind, symbol }: Pick<Break, 'kind' | 'symbol'>): string =>
  symbol === null ? kind : `${kind} ${symbol}`;

type Found = Pick<StandingBreak, 'id' | 'kind' | 'symbol' | 'amount' | 'cause'>;

/** Notes a break; one that stood resolved, or with another amount than what a person's words hold for, is open anew. */
function note(state: LedgerState, found: Found, isExplained = false): void {
  const known = state.breaks.get(found.id);
  if (known !== undefined && known.state !== 'resolved') {
    if (known.amount === found.amount) return;
    const asked = isExplained ? {} : ({ state: 'open', explanation: null } as const);
    state.breaks.set(found.id, { ...known, ...found, ...asked });
    return;
  }
  state.breaks.set(found.id, {
    ...found,
    since: dayOf(state),
    sinceCycles: state.cycles,
    state: 'open',
    explanation: null,
    resolvedOn: null,
    resolvedCycles: null,
  });
}

const dayOf = (state: LedgerState): Session =>
  state.cycle?.opened.cycle ?? state.lastCycle ?? ('1970-01-01' as Session); // before the first cycle

function resolve(state: LedgerState, found: StandingBreak): void {
  state.breaks.set(found.id, {
    ...found,
    state: 'resolved',
    resolvedOn: dayOf(state),
    resolvedCycles: state.cycles,
  });
}

/** Takes over what a decision point found between ledger and broker: what is not found is resolved. */
export function noteReconciled(state: LedgerState, breaks: readonly Break[]): void {
  const found = new Set(breaks.map(idOf));
  for (const each of breaks) note(state, { ...each, id: idOf(each), amount: each.difference });
  for (const standing of state.breaks.values())
    if (isFromBroker(standing) && standing.state !== 'resolved' && !found.has(standing.id))
      resolve(state, standing);
  settleSuspense(state);
}

/** What stands and nobody has explained. */
export const openBreaks = (state: LedgerState): StandingBreak[] =>
  [...state.breaks.values()].filter((found) => found.state === 'open');

/** Found by comparison with the broker; every other break comes from a fact, or from a sleeve. */
export const isFromBroker = ({ kind }: StandingBreak): boolean =>
  kind === 'position' ||
  kind === 'cash' ||
  kind === 'rounding' ||
  kind === 'order' ||
  kind === 'fill';

/** Shares that suspense was given: their break is resolved once it has none of the symbol any more. */
export function settleSuspense(state: LedgerState): void {
  const suspense = sleeveOf(state, SUSPENSE);
  for (const standing of state.breaks.values()) {
    if (isFromBroker(standing) || standing.state === 'resolved' || standing.symbol === null)
      continue;
    if (SHARES.has(standing.kind) && heldOf(suspense, standing.symbol) === NO_SHARES)
      resolve(state, standing);
  }
}

const SHARES: ReadonlySet<BreakKind> = new Set<BreakKind>([
  'over_fill',
  'manual_trade',
  'carried_shares',
  'late_amendment',
]);

/**
 * Takes over which sleeves a close left overdrawn: a cross counted on a sale that did not come, or money
 * left that nobody had. What is repaid is resolved. Suspense has a break for every fact it was given, and
 * what an amendment left owing has its own (`negative.ts`): one debt is asked about once.
 */
export function noteOverdrafts(state: LedgerState, overdrafts: readonly Overdraft[]): void {
  const amended = new Set(
    [...state.negative.values()].flatMap(({ sleeve, symbol }) => (symbol === null ? [sleeve] : [])),
  );
  const owing = overdrafts.filter(({ sleeve }) => sleeve !== SUSPENSE && !amended.has(sleeve));
  for (const { sleeve, cash } of owing)
    note(state, {
      id: overdraftOf(sleeve),
      kind: 'overdraft',
      symbol: null,
      amount: format(cash),
      cause: 'a sale that a cross counted on did not fill, or more was booked than the sleeve had',
    });
  const open = new Set(owing.map(({ sleeve }) => overdraftOf(sleeve)));
  for (const standing of state.breaks.values())
    if (standing.kind === 'overdraft' && standing.state !== 'resolved' && !open.has(standing.id))
      resolve(state, standing);
}

const overdraftOf = (sleeve: SleeveId): string => `overdraft ${sleeve}`;

/** What the ledger itself finds in a fact: nobody asked for it, or no rule matches it. */
export function noteFact(
  state: LedgerState,
  of: {
    readonly kind: BreakKind;
    /** Of the fill or activity. */
    readonly id: string;
    readonly symbol: Symbol | null;
    readonly amount: Quantity | Money;
    readonly cause: string;
    /** What a person said of another amount holds for this one. */
    readonly isExplained?: boolean;
  },
): void {
  const { isExplained, ...found } = of;
  note(state, { ...found, id: `${of.kind} ${of.id}`, amount: format(of.amount) }, isExplained);
}

/** What is left to ask about after a part was dealt with: open anew, whatever was said of it. */
export function reopenBreak(state: LedgerState, id: string, left: Money): void {
  const standing = state.breaks.get(id);
  if (standing !== undefined) note(state, { ...standing, amount: format(left) });
}

/** What is nothing to ask about any more, by the id of its break. */
export function resolveBreak(state: LedgerState, id: string): void {
  const standing = state.breaks.get(id);
  if (standing !== undefined && standing.state !== 'resolved') resolve(state, standing);
}

/** Why a break cannot be explained; null when it can. */
export function judgeExplanation(state: LedgerState, event: BreakExplained): string | null {
  if (state.cycle !== null)
    return `Cycle ${state.cycle.opened.cycle} is open: expected it to have ended; run it to its end first`;
  const standing = state.breaks.get(event.break);
  if (standing === undefined || standing.state === 'resolved') {
    const open = [...state.breaks.values()].filter((each) => each.state !== 'resolved');
    return `Break "${event.break}": expected ${open.length === 0 ? 'one that stands, and none does' : `one of ${open.map(({ id }) => `"${id}"`).join(', ')}`}, found no such break`;
  }
  return event.reason.trim() === '' ? 'Reason: expected why it is so, found nothing' : null;
}

export function explainBreak(state: LedgerState, { break: id, reason }: BreakExplained): void {
  const standing = state.breaks.get(id);
  if (standing !== undefined)
    state.breaks.set(id, { ...standing, state: 'explained', explanation: reason });
}

/** What was found now, and whether a person has explained that very amount. */
export const judgeReconciled = (
  state: LedgerState,
  breaks: readonly Break[],
): (Break & { readonly explained: boolean })[] =>
  breaks.map((found) => ({ ...found, explained: isExplained(state, found) }));

function isExplained(state: LedgerState, found: Break): boolean {
  const standing = state.breaks.get(idOf(found));
  return standing?.state === 'explained' && standing.amount === found.difference;
}

/**
 * What keeps symbols from trading: unexplained breaks above tolerance, those found now and those that
 * facts left standing.
 */
export function brokenBy(
  state: LedgerState,
  breaks: readonly Break[],
  tolerance: Tolerance,
): {
  readonly quantities: ReadonlySet<Symbol>;
  readonly symbols: ReadonlySet<Symbol>;
  readonly cash: boolean;
} {
  const unexplained = breaks.filter(
    (found) => !isExplained(state, found) && isBeyond(found.kind, found.difference, tolerance),
  );
  const quantities = new Set([
    ...unexplained.flatMap(({ symbol }) => (symbol === null ? [] : [symbol])),
    ...notApplied(state),
  ]);
  return {
    quantities,
    symbols: new Set([...quantities, ...brokenByFacts(state, tolerance)]),
    cash: unexplained.some(({ kind }) => kind === 'cash'),
  };
}

/** Symbols with a corporate action that could not be applied, or that was and reads otherwise now: what is held of them is not known. */
const notApplied = (state: LedgerState): Symbol[] =>
  [...state.breaks.values()].flatMap(({ kind, symbol, state: stands }) =>
    (kind === 'late_action' || kind === 'changed_action') && stands === 'open' && symbol !== null
      ? [symbol]
      : [],
  );
/** What concerns one sleeve alone stops no other. */
const SLEEVES: ReadonlySet<BreakKind> = new Set<BreakKind>(['sleeve_short', 'sleeve_owes']);

/** Symbols with a fact that nobody asked for and no person has explained. */
export const brokenByFacts = (state: LedgerState, tolerance: Tolerance): Symbol[] =>
  [...state.breaks.values()].flatMap((standing) =>
    standing.state === 'open' &&
    standing.symbol !== null &&
    !isFromBroker(standing) &&
    !SLEEVES.has(standing.kind) &&
    isBeyond(standing.kind, standing.amount, tolerance)
      ? [standing.symbol]
      : [],
  );
