// Stage: plan → orders. What a step of a parent's walk may come to.
// Invariant: a closed union; a walk that is over says why.
import type { Child } from './child.ts';
import type { Arithmetic } from './outcome.ts';
import type { Session } from './time.ts';

/** Why a walk is over. What it left is said with this word. */
export const WALK_ENDS = [
  'filled',
  /** Its last step is over, and its policy leaves the rest. */
  'walk_over',
  'rejected',
  'refused',
  'not_sent',
  'canceled_by_hand',
  'session_closed',
  'cycle_budget',
  'kill',
  'breaker',
  'no_quote',
  /** A market order could go beyond the price it was funded at, or beyond the collar. */
  'beyond_bound',
  'below_broker_minimum',
  /** Too late for the closing auction. */
  'auction_closed',
] as const;
export type WalkEnd = (typeof WALK_ENDS)[number];

export type Move =
  | { readonly kind: 'send'; readonly child: Child }
  | { readonly kind: 'cancel'; readonly clientOrderId: string }
  | WalkEnded;

export interface WalkEnded {
  readonly kind: 'end';
  readonly end: WalkEnd;
  /** In words, for people. */
  readonly detail: string;
  /** Null where nothing was measured against a limit, and in steps recorded before it was kept. */
  readonly arithmetic: Arithmetic | null;
}

/** What is decided at one step, for one parent. */
export interface StepDecision {
  readonly cycle: Session;
  readonly sequence: number;
  /** Client order id of the parent's first child. */
  readonly parent: string;
  readonly move: Move;
}
