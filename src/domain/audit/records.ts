// Stage: audit. The records as they are stored, by cycle, without folding them.
// Invariant: nothing is computed from the ledger's state: a record that is gone is missed.
import type { Amendment } from '../amendment.ts';
import type { Fill } from '../fill.ts';
import type {
  CycleCommitted,
  ExecutionAmended,
  FillRecorded,
  LedgerEvent,
  OrderReported,
  Submitted,
} from '../ledger/events.ts';
import type { BrokerOrder } from '../order.ts';
import type { Outcome } from '../outcome.ts';
import type { Parent, PlanDecision } from '../plan.ts';
import type { Signal } from '../signal.ts';
import { parseMoney, parseQuantity, type Money, type Quantity } from '../units/units.ts';

/** A stored row by its columns. */
export type Row = Readonly<Record<string, string>>;

/** Everything an audit reads, as stored. Rows are those of the tables beside the journal. */
export interface AuditRecords {
  readonly entries: readonly {
    readonly id: string;
    readonly causationId: string;
    readonly event: LedgerEvent;
  }[];
  readonly postings: readonly Row[];
  readonly outcomes: readonly Row[];
  readonly demands: readonly Row[];
  readonly broker: {
    readonly orders: readonly BrokerOrder[];
    readonly fills: readonly Fill[];
    readonly amendments: readonly Amendment[];
  };
  /** Digest of the ledger, and of what follows from the input log and the broker's records alone. */
  readonly proof: {
    readonly ledger: string;
    readonly reconstruction: string;
    readonly mismatches: number;
    /** Tables with a row that does not follow from the journal. */
    readonly tables: readonly string[];
  };
}

/** One difference: which record, what its chain needs, what is there. */
export interface Finding {
  readonly record: string;
  readonly expected: string;
  readonly found: string;
}

export interface PostingRow {
  readonly event: string;
  readonly sleeve: string;
  readonly kind: string;
  readonly symbol: string;
  readonly quantity: Quantity;
  readonly cash: Money;
}

/** The records of one cycle, in the order recorded. */
export interface AuditCycle {
  readonly cycle: string;
  /** Sleeves that are retired, as configured; they want nothing, whatever their signal says. */
  readonly closing: ReadonlySet<string>;
  /** Sleeves that ended in a cycle before: they have no signal any more. */
  readonly closed: ReadonlySet<string>;
  readonly signals: Map<string, Signal>;
  readonly decisions: PlanDecision[];
  readonly points: number[];
  readonly parents: Map<string, Parent>;
  /** Parents that walk, by id, each with the ids of the children that its steps sent. */
  readonly walks: Map<string, string[]>;
  /** Current outcome of "sleeve symbol", from the decisions. */
  readonly outcomes: Map<string, Outcome>;
  readonly submitted: Map<string, Submitted[]>;
  readonly fills: FillRecorded[];
  /** Busts and corrections that it took in, of its own executions and of earlier ones. */
  readonly amendments: ExecutionAmended[];
  readonly reported: Map<string, OrderReported['order']>;
  readonly postings: PostingRow[];
  committed: CycleCommitted | null;
  marked: boolean;
  /** Shares that each "sleeve symbol" held when the first plan was decided, by its postings. */
  readonly held: Map<string, bigint>;
}

export const keyOf = (sleeve: string, symbol: string): string => `${sleeve} ${symbol}`;

/** Every order that the records say was to be sent, by client order id, with the parent it is for. */
export function ordersOf({ parents, walks }: AuditCycle): ReadonlyMap<string, Parent> {
  return new Map(
    [...parents].flatMap(([id, parent]) =>
      (walks.get(id) ?? [id]).map((child): [string, Parent] => [child, parent]),
    ),
  );
}

/** Groups the records by cycle. */
export function cyclesOf(records: AuditRecords): AuditCycle[] {
  const byEvent = new Map<string, PostingRow[]>();
  for (const row of records.postings) {
    const posting = toPosting(row);
    byEvent.set(posting.event, [...(byEvent.get(posting.event) ?? []), posting]);
  }
  const cycles: AuditCycle[] = [];
  const holdings = new Map<string, bigint>();
  const lives = new Map<string, string>();
  for (const { id, event } of records.entries) {
    if ('configuration' in event)
      for (const { id: sleeve, life } of event.configuration.sleeves)
        if (lives.get(sleeve) !== 'closed') lives.set(sleeve, life);
    if (event.kind === 'cycle_opened') cycles.push(emptyCycle(event.cycle, lives));
    if (event.kind === 'plan_decided')
      for (const sleeve of event.decision.capital.closed) lives.set(sleeve, 'closed');
    const cycle = cycles.at(-1);
    if (cycle !== undefined && event.kind === 'plan_decided' && cycle.decisions.length === 0)
      for (const [key, shares] of holdings) if (shares !== 0n) cycle.held.set(key, shares);
    for (const posting of byEvent.get(id) ?? []) {
      const key = keyOf(posting.sleeve, posting.symbol);
      holdings.set(key, (holdings.get(key) ?? 0n) + posting.quantity);
      cycle?.postings.push(posting);
    }
    if (cycle !== undefined) take(cycle, event);
  }
  return cycles;
}

const living = (lives: ReadonlyMap<string, string>, as: string): ReadonlySet<string> =>
  new Set([...lives].flatMap(([sleeve, life]) => (life === as ? [sleeve] : [])));

const emptyCycle = (cycle: string, lives: ReadonlyMap<string, string>): AuditCycle => ({
  cycle,
  closing: living(lives, 'closing'),
  closed: living(lives, 'closed'),
  signals: new Map(),
  decisions: [],
  points: [],
  parents: new Map(),
  walks: new Map(),
  outcomes: new Map(),
  submitted: new Map(),
  fills: [],
  amendments: [],
  reported: new Map(),
  postings: [],
  committed: null,
  marked: false,
  held: new Map(),
});

function take(cycle: AuditCycle, event: LedgerEvent): void {
  if (event.kind === 'signal_recorded') cycle.signals.set(event.signal.sleeve, event.signal);
  else if (event.kind === 'decision_point') cycle.points.push(event.sequence);
  else if (event.kind === 'fill_recorded') cycle.fills.push(event);
  else if (event.kind === 'execution_amended') cycle.amendments.push(event);
  else if (event.kind === 'order_reported')
    cycle.reported.set(event.order.clientOrderId, event.order);
  else if (event.kind === 'cycle_committed') cycle.committed = event;
  else if (event.kind === 'marks_recorded') cycle.marked = true;
  else if (event.kind === 'submitted')
    cycle.submitted.set(event.clientOrderId, [
      ...(cycle.submitted.get(event.clientOrderId) ?? []),
      event,
    ]);
  else if (event.kind === 'step_decided') {
    const { parent, move } = event.decision;
    const sent = move.kind === 'send' ? [move.child.clientOrderId] : [];
    cycle.walks.set(parent, [...(cycle.walks.get(parent) ?? []), ...sent]);
  } else if (event.kind === 'plan_decided') {
    const { decision } = event;
    cycle.decisions.push(decision);
    for (const parent of decision.parents) cycle.parents.set(parent.clientOrderId, parent);
    for (const outcome of decision.outcomes)
      cycle.outcomes.set(keyOf(outcome.sleeve, outcome.symbol), outcome);
  }
}

export const toPosting = (row: Row): PostingRow => ({
  event: row['event'] ?? '',
  sleeve: row['sleeve'] ?? '',
  kind: row['kind'] ?? '',
  symbol: row['symbol'] ?? '',
  quantity: parseQuantity(row['quantity'] ?? ''),
  cash: parseMoney(row['cash'] ?? ''),
});
