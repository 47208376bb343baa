// Stage: journal. Every fact and every decision that the ledger is a fold of.
// Invariant: a closed union; what a decision read is an input, what it decided never is.
import type { AccountSnapshot } from '../account.ts';
import type { Amendment } from '../amendment.ts';
import type { Fill } from '../fill.ts';
import type { Activity, AssetFacts, BarFacts, CorporateAction, Quote, Symbol } from '../market.ts';
import type { ChildStatus } from '../child.ts';
import type { BrokerOrder } from '../order.ts';
import type { PlanDecision, Trigger } from '../plan.ts';
import type { Signal } from '../signal.ts';
import type { AccountConfiguration, SleeveId } from '../sleeve.ts';
import type { Session, Timestamp } from '../time.ts';
import type { StepDecision } from '../walk.ts';
import type { Money, Price, Quantity } from '../units/units.ts';

/** The account as it was handed over: all cash and shares belong to a sleeve from here on. */
export interface Genesis {
  readonly kind: 'genesis';
  readonly at: Timestamp;
  readonly configuration: AccountConfiguration;
  /** Broker cash at the start; what the sleeves' opening cash leaves belongs to house. */
  readonly cash: Money;
}

/** A person stopped all new orders; holds until armed, through every restart. */
export interface Killed {
  readonly kind: 'killed';
  readonly at: Timestamp;
  readonly reason: string;
}

/** A person lets orders leave again. */
export interface Armed {
  readonly kind: 'armed';
  readonly at: Timestamp;
  readonly reason: string;
}

/** Another configuration is in force from the next cycle on. */
export interface Configured {
  readonly kind: 'configured';
  /** 1 for the first after genesis. */
  readonly sequence: number;
  readonly at: Timestamp;
  readonly configuration: AccountConfiguration;
}

/** A person wants cash moved between two sleeves; it moves as the payer's confirmed cash reaches. */
export interface TransferRequested {
  readonly kind: 'transfer_requested';
  /** "t1", "t2" …: one count for all requests of the account. */
  readonly id: string;
  readonly at: Timestamp;
  readonly from: SleeveId;
  readonly to: SleeveId;
  readonly amount: Money;
}

/** A person wants to take money out of the account; sleeves raise what house does not have. */
export interface WithdrawalRequested {
  readonly kind: 'withdrawal_requested';
  readonly id: string;
  readonly at: Timestamp;
  readonly amount: Money;
}

/** A person says why a break is as it is; it holds until the amount changes. */
export interface BreakExplained {
  readonly kind: 'break_explained';
  /** 1 for the first of the account. */
  readonly sequence: number;
  readonly at: Timestamp;
  readonly break: string;
  readonly reason: string;
}

/** A person gives shares of suspense an owner, who pays what they cost. */
export interface Assigned {
  readonly kind: 'assigned';
  /** "x1", "x2" …: one count for all of the account. */
  readonly id: string;
  readonly at: Timestamp;
  readonly symbol: Symbol;
  /** Signed as suspense holds them. */
  readonly quantity: Quantity;
  readonly to: SleeveId;
  /** Of shares that came without a price, all of them; null otherwise. */
  readonly cost: Money | null;
  readonly reason: string;
}

/** A person gives cash that nobody has a claim to an owner. */
export interface CashAssigned {
  readonly kind: 'cash_assigned';
  /** Of the same count as assignments of shares. */
  readonly id: string;
  readonly at: Timestamp;
  /** The break that asks whose it is: "unmatched_activity a-7". */
  readonly break: string;
  /** Signed as it waits. */
  readonly amount: Money;
  readonly to: SleeveId;
  /** As the rule of its fact says; a person's word where it has none. */
  readonly as: 'profit' | 'flow';
  readonly reason: string;
}

/** Activities of the broker taken in between two cycles. */
export interface ActivitiesKnown {
  readonly kind: 'activities_known';
  readonly at: Timestamp;
  readonly activityIds: readonly string[];
}

/**
 * Busts and corrections of executions that are known from here on, and what was taken in right before
 * them: the ledger is the same only where all of it comes in this order.
 */
export interface AmendmentsKnown {
  readonly kind: 'amendments_known';
  readonly cycle: Session;
  /** From 1, one count for all of the cycle. */
  readonly sequence: number;
  readonly at: Timestamp;
  readonly activityIds: readonly string[];
  /** Orders with executions taken in now, and how far they have come. */
  readonly orders: readonly OrderKnown[];
  readonly amendmentIds: readonly string[];
}

/** A record as it was known, and as it is listed now under the same id. */
export interface Changed<T> {
  readonly was: T;
  readonly now: T;
}

/** What is listed again with other content: actions that were applied, and activities that were taken in. */
export interface ListedAgain {
  readonly kind: 'listed_again';
  readonly cycle: Session;
  /** From 1, one count for all of the cycle. */
  readonly sequence: number;
  readonly at: Timestamp;
  readonly actions: readonly Changed<CorporateAction>[];
  readonly activities: readonly Changed<Activity>[];
}

/** A cycle begins: one account, one session. Its corporate actions take effect at the open. */
export interface CycleOpened {
  readonly kind: 'cycle_opened';
  readonly cycle: Session;
  readonly asOf: Session;
  readonly actions: readonly CorporateAction[];
}

export interface SignalRecorded {
  readonly kind: 'signal_recorded';
  readonly cycle: Session;
  readonly signal: Signal;
}

/** What was known of one of our orders when a decision was taken. */
export interface OrderKnown {
  readonly clientOrderId: string;
  readonly status: ChildStatus;
  readonly cumQty: Quantity;
}

/** Everything that one decision reads of the outside world. */
export interface DecisionPoint {
  readonly kind: 'decision_point';
  readonly cycle: Session;
  readonly sequence: number;
  readonly trigger: Trigger;
  readonly at: Timestamp;
  readonly snapshot: AccountSnapshot;
  readonly quotes: readonly Quote[];
  readonly assets: readonly AssetFacts[];
  /** Read once, at the cycle's first point; none at the others. */
  readonly bars: readonly BarFacts[];
  readonly orders: readonly OrderKnown[];
  /** Activities booked since the last point. */
  readonly activityIds: readonly string[];
}

/** Everything that one step of a parent's walk reads. */
export interface StepRecorded {
  readonly kind: 'step_recorded';
  readonly cycle: Session;
  /** From 1, one count for all steps of the cycle. */
  readonly sequence: number;
  /** Client order id of the parent's first child. */
  readonly parent: string;
  readonly at: Timestamp;
  /** The quote of this step; null when there is none. */
  readonly quote: Quote | null;
  /** What is known of the parent's last child; null before the first. */
  readonly known: OrderKnown | null;
}

/** How the request for one child order ended. */
export interface Submitted {
  readonly kind: 'submitted';
  readonly cycle: Session;
  readonly clientOrderId: string;
  readonly outcome: 'accepted' | 'refused' | 'not_sent' | 'unknown';
  readonly code: string;
  readonly message: string;
}

/** Closing prices that mark the sleeves at the end of the session. */
export interface MarksRecorded {
  readonly kind: 'marks_recorded';
  readonly cycle: Session;
  readonly marks: readonly { readonly symbol: Symbol; readonly price: Price }[];
}

/** The cycle is over; names what was decided by its digest. */
export interface CycleCommitted {
  readonly kind: 'cycle_committed';
  readonly cycle: Session;
  readonly cycleDigest: string;
}

export interface PlanDecided {
  readonly kind: 'plan_decided';
  readonly decision: PlanDecision;
}

export interface StepDecided {
  readonly kind: 'step_decided';
  readonly decision: StepDecision;
}

export interface FillRecorded {
  readonly kind: 'fill_recorded';
  readonly clientOrderId: string;
  readonly fill: Fill;
}

/** The broker took an execution back, or corrected it. */
export interface ExecutionAmended {
  readonly kind: 'execution_amended';
  readonly clientOrderId: string;
  readonly amendment: Amendment;
}

export interface ActivityRecorded {
  readonly kind: 'activity_recorded';
  readonly activity: Activity;
}

/** One of our orders as the broker reports it once it is terminal. */
export interface OrderReported {
  readonly kind: 'order_reported';
  readonly order: BrokerOrder;
}

/** What decisions read: the input log. Exported as signals.jsonl; holds nothing that was decided. */
export type InputRecord =
  | Genesis
  | Killed
  | Armed
  | Configured
  | TransferRequested
  | WithdrawalRequested
  | BreakExplained
  | Assigned
  | CashAssigned
  | ActivitiesKnown
  | AmendmentsKnown
  | ListedAgain
  | CycleOpened
  | SignalRecorded
  | DecisionPoint
  | StepRecorded
  | Submitted
  | MarksRecorded
  | CycleCommitted;
/** What the broker's own records say. */
export type BrokerFact = FillRecorded | ExecutionAmended | ActivityRecorded | OrderReported;
export type LedgerEvent = InputRecord | BrokerFact | PlanDecided | StepDecided;

export const INPUT_KINDS = [
  'genesis',
  'killed',
  'armed',
  'configured',
  'transfer_requested',
  'withdrawal_requested',
  'break_explained',
  'assigned',
  'cash_assigned',
  'activities_known',
  'amendments_known',
  'listed_again',
  'cycle_opened',
  'signal_recorded',
  'decision_point',
  'step_recorded',
  'submitted',
  'marks_recorded',
  'cycle_committed',
] as const satisfies readonly InputRecord['kind'][];

export const isInput = (event: LedgerEvent): event is InputRecord =>
  (INPUT_KINDS as readonly string[]).includes(event.kind);

/** The schema version written beside every event. */
export const SCHEMA_VERSION = 1;
