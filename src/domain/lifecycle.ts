// Stage: reports. What became of each signal: generated, executed, partly, suppressed, superseded.
// Invariant: every signal has one state; it follows from the outcomes of its own cycle alone.
import type { OpenCycle } from './ledger/state.ts';
import type { OutcomePart } from './outcome.ts';
import type { SleeveId } from './sleeve.ts';
import type { Session } from './time.ts';
import { compareText } from './units/units.ts';

/**
 * `generated`: recorded, not decided on yet. `executed`: everything it asked for was done, or nothing
 * was to be done. `partly`, `suppressed`: some of it was not done, all of it was not. `held`: it asked
 * for no trade now (not due, or its sleeve is paused). `failed`: the strategy gave no targets.
 */
export type SignalState = 'generated' | 'executed' | 'partly' | 'suppressed' | 'held' | 'failed';

export interface SignalLife {
  readonly cycle: Session;
  readonly sleeve: SleeveId;
  readonly strategy: string;
  readonly asOf: Session;
  readonly state: SignalState;
  /** The next cycle, whose signal took the place of one that was not executed whole; null otherwise. */
  readonly supersededBy: Session | null;
  /** Symbols that it asked for or held. */
  readonly intents: number;
  /** Parts of intents that became trades; parts that did not. What was held is in neither. */
  readonly done: number;
  readonly undone: number;
  /** Parts that were held on purpose. */
  readonly heldParts: number;
  /** Parts by what became of them, "suppressed/micro_trade" → count, sorted. */
  readonly reasons: readonly { readonly reason: string; readonly parts: number }[];
}

/** The life of every signal of a cycle, sorted by sleeve; nothing has superseded them yet. */
export function signalLives(
  cycle: Pick<OpenCycle, 'opened' | 'signals' | 'outcomes' | 'decisions'>,
): SignalLife[] {
  return [...cycle.signals.values()]
    .sort((a, b) => compareText(a.sleeve, b.sleeve))
    .map(({ sleeve, strategy, asOf, kind }) => {
      const outcomes = [...cycle.outcomes.values()].filter((outcome) => outcome.sleeve === sleeve);
      const parts = outcomes.flatMap((outcome) => outcome.parts);
      const done = parts.filter((part) => fateOf(part) === 'done').length;
      const undone = parts.filter((part) => fateOf(part) === 'undone').length;
      const heldParts = parts.filter((part) => fateOf(part) === 'held').length;
      return {
        cycle: cycle.opened.cycle,
        sleeve,
        strategy,
        asOf,
        state:
          kind === 'failed'
            ? 'failed'
            : stateOf(cycle.decisions.length, { done, undone, heldParts }),
        supersededBy: null,
        intents: outcomes.length,
        done,
        undone,
        heldParts,
        reasons: countReasons(parts),
      };
    });
}

/** A signal that was not executed whole ends with the next one of its sleeve. */
export function supersede(life: SignalLife, next: SignalLife | undefined): SignalLife {
  const isOpen = life.state === 'partly' || life.state === 'suppressed';
  return next === undefined || !isOpen ? life : { ...life, supersededBy: next.cycle };
}

function stateOf(
  decisions: number,
  { done, undone, heldParts }: Pick<SignalLife, 'done' | 'undone' | 'heldParts'>,
): SignalState {
  if (decisions === 0) return 'generated';
  if (undone === 0) return done === 0 && heldParts > 0 ? 'held' : 'executed';
  return done === 0 ? 'suppressed' : 'partly';
}

function fateOf({ kind, reason }: OutcomePart): 'done' | 'undone' | 'held' | 'nothing' {
  switch (kind) {
    case 'crossed':
    case 'ordered':
      return 'done';
    case 'held':
      return reason === 'already_there' ? 'nothing' : 'held';
    case 'deferred':
    case 'suppressed':
    case 'scaled':
    case 'denied':
    case 'rejected':
    case 'rounded_away':
    case 'expired':
      return 'undone';
  }
}

function countReasons(parts: readonly OutcomePart[]): SignalLife['reasons'] {
  const counts = new Map<string, number>();
  for (const { kind, reason } of parts) {
    const name = `${kind}/${reason}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => compareText(a, b))
    .map(([reason, count]) => ({ reason, parts: count }));
}
