// Stage: ledger. What the fold of the journal knows: sleeves, the open cycle, the digest so far.
// Invariant: changed only by applyEvent; everything in it can be rebuilt from the journal.
import { invariant } from '../invariant.ts';
import type { ExecutionTerms } from '../amendment.ts';
import type { CapitalRequest, Due } from '../capital.ts';
import type { ChildProgress } from '../child.ts';
import type { ExecutionPolicy } from '../execution.ts';
import type { Fill } from '../fill.ts';
import type { Activity, CorporateAction, Symbol } from '../market.ts';
import type { Side } from '../order.ts';
import type { Outcome } from '../outcome.ts';
import type { Parent, PlanDecision } from '../plan.ts';
import type { LedgerTotals, StandingBreak } from '../reconciliation.ts';
import type { Signal } from '../signal.ts';
import type {
  AccountConfiguration,
  FailurePolicy,
  LotMethod,
  SleeveId,
  SleeveLife,
} from '../sleeve.ts';
import type { Session, Timestamp } from '../time.ts';
import {
  add,
  compareText,
  negate,
  NO_MONEY,
  NO_SHARES,
  quantity,
  subtract,
  total,
  type Money,
  type Price,
  type Quantity,
} from '../units/units.ts';
import type { WalkEnded } from '../walk.ts';
import type { CycleOpened, DecisionPoint, Killed, StepRecorded, Submitted } from './events.ts';
import { heldIn, type LotPart, type Lots } from './lots.ts';
import { noMoves, type Moves } from './moves.ts';
import { startPerformance, type Performance } from './performance.ts';

/** One sleeve's cash, lots and profit. Cash is exact to 1e-9 USD, never rounded to cents. */
export interface SleeveAccount {
  readonly id: SleeveId;
  readonly code: number;
  onFailure: FailurePolicy;
  life: SleeveLife;
  lotMethod: LotMethod;
  cash: Money;
  /** Dividends earned and mergers not yet paid, by corporate action. */
  readonly receivables: Map<string, Receivable>;
  /** Lots by symbol, oldest first (one under `average`); a symbol that is not held has no entry. */
  readonly positions: Map<Symbol, Lots>;
  realised: Money;
  dividends: Money;
  /** Tax kept back of dividends and interest: negative. */
  withheld: Money;
  interest: Money;
  /** Negative. */
  fees: Money;
  /** Cash without a declared rule: house's; and what differs of activities listed again: suspense's. */
  other: Money;
  /** Cash above and below zero, each times the nights it lay there since interest of its kind came. */
  readonly nights: { positive: bigint; negative: bigint };
  /** Deposits less withdrawals, opening cash included: never profit. */
  flows: Money;
  rebalancedOn: Session | null;
  performance: Performance;
}

export interface Receivable {
  readonly from: 'dividend' | 'merger';
  readonly symbol: Symbol;
  readonly payDate: Session;
  readonly amount: Money;
}

/** A payment or a tax, of an action that is not known. */
export type Unmatched = Extract<Activity, { kind: 'dividend' | 'merger' | 'withholding' }>;

/** What cash of a sleeve counts as. */
export type CashAccount =
  | 'dividends'
  | 'realised'
  | 'withheld'
  | 'interest'
  | 'fees'
  | 'other'
  | 'flows';

/** Cash that waits for an owner. */
export interface WaitingCash {
  /** Who has it meanwhile: suspense, or house where the rule of its fact says so. */
  readonly sleeve: SleeveId;
  readonly symbol: Symbol | null;
  /** What of it is left to give an owner. */
  readonly amount: Money;
  /** What it counts as where it waits, and what at its owner. */
  readonly held: Exclude<CashAccount, 'flows'>;
  readonly as: CashAccount;
}

/** A payment that cleared what an action left owed: whose it was, should it be taken back. */
export interface Cleared {
  readonly date: Session;
  readonly shares: readonly {
    readonly sleeve: SleeveId;
    readonly action: string;
    readonly amount: Money;
  }[];
}

/** An activity as it was taken in, and as it was listed last. */
export interface RecentActivity {
  /** Cycles committed when it was taken in, and decision points of the open one. */
  readonly cycles: number;
  readonly points: number;
  readonly posted: Activity;
  readonly listed: Activity;
}

/** A corporate action: as it was applied, null where it changed nothing; and as it was listed last. */
export interface KnownAction {
  readonly applied: CorporateAction | null;
  readonly listed: CorporateAction;
}

/** What one sleeve traded at the broker in one session: what fees are divided by. */
export interface Traded {
  sold: Money;
  soldShares: Quantity;
  shares: Quantity;
}

/** How far one parent order has come. */
export interface ParentProgress {
  readonly parent: Parent;
  readonly policy: ExecutionPolicy;
  /** The worst price that a child may ask for; null at market, where no price is asked for. */
  readonly bound: Price | null;
  /** In the order sent; all but the last are over. */
  readonly children: ChildProgress[];
  /** Why its walk is over; null while it is not, and for a single market order. */
  walkEnd: Omit<WalkEnded, 'kind'> | null;
  /** Shares that the broker executed, of all children, over-fill and what was amended later included. */
  executed: Quantity;
  /** Of what stands of these the parent's own: at most its quantity. */
  cumQty: Quantity;
  /** Sum of the rounded notionals of what stands. */
  cumNotional: Money;
  /** By demand, in the order of the demand vector: what each contributor owns so far, and what its sale took. */
  allocated: { quantity: Quantity; cash: Money; readonly relieved: LotPart[] }[];
  pendingQuantity: Quantity;
  pendingCash: Money;
  /** When the decision that opened it was taken. */
  readonly openedAt: Timestamp;
  /** When a plan last asked for its cancellation; null when none did. A walk cancels its children itself. */
  cancelledAt: Timestamp | null;
  ended: boolean;
  /** Whether a decision has said what became of each share: true after the first one past its end. */
  settled: boolean;
}

/** What of an execution is its parent's, and what went to suspense. */
export interface ExecutionParts {
  readonly own: Quantity;
  readonly ownWorth: Money;
  readonly over: Quantity;
  readonly overWorth: Money;
}

/** What an amendment left below zero: shares of a symbol, or cash. */
export interface Negative {
  readonly sleeve: SleeveId;
  /** Null for cash. */
  readonly symbol: Symbol | null;
  /** The amount that a person has explained, in the shares of now; null where nobody has. */
  readonly explained: Quantity | Money | null;
}

/** Of a parent, what an amendment of its executions reads and changes. */
export interface AmendableParent {
  readonly parent: Pick<
    Parent,
    'clientOrderId' | 'cycle' | 'symbol' | 'side' | 'quantity' | 'demands'
  >;
  cumQty: Quantity;
  cumNotional: Money;
  readonly allocated: { quantity: Quantity; cash: Money; readonly relieved: LotPart[] }[];
  pendingQuantity: Quantity;
  pendingCash: Money;
  ended: boolean;
}

export interface Execution {
  readonly fill: Fill;
  /** Null where nobody of ours asked for it; once its cycle is over only what may be amended. */
  progress: AmendableParent | null;
  /** Null once it is busted. */
  terms: ExecutionTerms | null;
  parts: ExecutionParts;
}

export interface OpenCycle {
  readonly opened: CycleOpened;
  readonly signals: Map<SleeveId, Signal>;
  readonly points: DecisionPoint[];
  readonly decisions: PlanDecision[];
  /** Current outcome by "sleeve symbol". */
  readonly outcomes: Map<string, Outcome>;
  /** By client order id. */
  readonly parents: Map<string, ParentProgress>;
  /** Every child, by its client order id, with its parent. */
  readonly children: Map<string, { readonly progress: ParentProgress; readonly of: ChildProgress }>;
  /** The step that is being decided; null between two. */
  step: StepRecorded | null;
  steps: number;
  readonly submissions: Map<string, Submitted>;
  readonly marks: Map<Symbol, Price>;
  /** "sleeve symbol" of what an amendment changed: a sale may find less than it was planned on. */
  readonly amended: Set<string>;
  /** Records of amendments so far. */
  amendments: number;
  /** Records so far of what is listed again. */
  listedAgain: number;
  /** Client order ids of orders reported as terminal. */
  readonly reported: Set<string>;
  /** Canonical lines of everything economic in this cycle, in order: what its digest covers. */
  readonly record: string[];
}

/** Ids that were applied: a set, or one that asks the journal for those that it need not hold itself. */
export interface KnownIds extends Iterable<string> {
  readonly size: number;
  has(id: string): boolean;
  add(id: string): unknown;
}

export interface LedgerState {
  configuration: AccountConfiguration | null;
  /** By id, house and suspense included. */
  readonly sleeves: Map<SleeveId, SleeveAccount>;
  /** Broker cash less ledger cash: what rounding to cents has moved. Belongs to house. */
  rounding: Money;
  /** In force until armed; null while orders may leave. */
  kill: Killed | null;
  /** How often the kill switch was pulled or armed. */
  switched: number;
  cycle: OpenCycle | null;
  firstCycle: Session | null;
  lastCycle: Session | null;
  cycles: number;
  /** Chained digest over every committed cycle. */
  history: string;
  readonly fillIds: KnownIds;
  readonly amendmentIds: Set<string>;
  /** Executions that may still be amended, by cycle and by id. */
  readonly executions: Map<Session, Map<string, Execution>>;
  /** What an amendment left below zero, or may have since the last look at it; by the id of its break. */
  readonly negative: Map<string, Negative>;
  readonly activityIds: KnownIds;
  /** Of the last cycles, by id: as they were taken in, and as they are listed meanwhile. */
  readonly recent: Map<string, RecentActivity>;
  /** Corporate actions recorded so far, by id. */
  readonly actions: Map<string, KnownAction>;
  readonly moves: Moves;
  /** By "kind symbol date", in the order paid; as far as moves are looked back to. */
  readonly cleared: Map<string, readonly Cleared[]>;
  /** Payments and taxes that came to nothing known, by their id: an action known late may claim them. */
  readonly unmatched: Map<string, Unmatched>;
  /** Cash that nobody has a claim to, by the id of the break that asks whose it is. */
  readonly waiting: Map<string, WaitingCash>;
  /** Dividends paid, by "symbol date": whose, for the tax that is kept back of them. */
  readonly paid: Map<string, Map<SleeveId, Money>>;
  /** Who got the last credit interest, and how much. */
  credited: ReadonlyMap<SleeveId, Money>;
  /** By session. */
  readonly traded: Map<Session, Map<SleeveId, Traded>>;
  /** What people asked for and have not got yet, by id, in the order asked. */
  readonly requests: Map<string, CapitalRequest>;
  requestsMade: number;
  /** What is due since the last cycle opened, in the order in which it is paid. */
  dues: readonly Due[];
  /** By id, in the order found; resolved ones stay. */
  readonly breaks: Map<string, StandingBreak>;
  breaksExplained: number;
  assignments: number;
  /** Configurations put in force after genesis. */
  configurations: number;
  /** Events recorded between cycles so far. */
  between: number;
}

export function emptyState(): LedgerState {
  return {
    configuration: null,
    sleeves: new Map(),
    rounding: NO_MONEY,
    kill: null,
    switched: 0,
    cycle: null,
    firstCycle: null,
    lastCycle: null,
    cycles: 0,
    history: '',
    fillIds: new Set(),
    amendmentIds: new Set(),
    executions: new Map(),
    negative: new Map(),
    activityIds: new Set(),
    recent: new Map(),
    actions: new Map(),
    moves: noMoves(),
    cleared: new Map(),
    unmatched: new Map(),
    waiting: new Map(),
    paid: new Map(),
    credited: new Map(),
    traded: new Map(),
    requests: new Map(),
    requestsMade: 0,
    dues: [],
    breaks: new Map(),
    breaksExplained: 0,
    assignments: 0,
    configurations: 0,
    between: 0,
  };
}

export function openSleeveAccount(of: {
  id: SleeveId;
  code: number;
  onFailure: FailurePolicy;
  cash: Money;
  life?: SleeveLife;
  lots?: LotMethod;
}): SleeveAccount {
  return {
    id: of.id,
    code: of.code,
    onFailure: of.onFailure,
    life: of.life ?? 'active',
    lotMethod: of.lots ?? 'fifo',
    cash: of.cash,
    receivables: new Map(),
    positions: new Map(),
    realised: NO_MONEY,
    dividends: NO_MONEY,
    withheld: NO_MONEY,
    interest: NO_MONEY,
    fees: NO_MONEY,
    other: NO_MONEY,
    nights: { positive: 0n, negative: 0n },
    flows: of.cash,
    rebalancedOn: null,
    performance: startPerformance(of.cash),
  };
}

/** The sleeve of that id. @throws InvariantError when the configuration has none */
export function sleeveOf(state: LedgerState, id: SleeveId): SleeveAccount {
  const sleeve = state.sleeves.get(id);
  invariant(sleeve !== undefined, () => `No sleeve ${id} in the ledger. Nothing was written.`);
  return sleeve;
}

/** Sleeves sorted by id: the one order in which they are walked. */
export const sleevesInOrder = (state: LedgerState): SleeveAccount[] =>
  [...state.sleeves.values()].sort((a, b) => compareText(a.id, b.id));

export const heldOf = (sleeve: SleeveAccount, symbol: Symbol): Quantity =>
  heldIn(sleeve.positions.get(symbol) ?? []);

export const receivablesOf = (sleeve: SleeveAccount): Money =>
  total([...sleeve.receivables.values()].map((receivable) => receivable.amount));

/** What was earned and paid beside trades and dividends: interest, fees, tax kept back, the rest. */
export const sundryOf = ({ withheld, interest, fees, other }: SleeveAccount): Money =>
  total([withheld, interest, fees, other]);

/** Signed shares of a parent: buys add, sells take away. */
export const signed = (side: Side, shares: Quantity): Quantity =>
  side === 'buy' ? shares : negate(shares);

/**
 * What the account must hold at the broker: sleeves (house and suspense among them), pending
 * allocation and rounding together.
 */
export function ledgerTotals(state: LedgerState): LedgerTotals {
  const positions = new Map<Symbol, Quantity>();
  const addShares = (symbol: Symbol, shares: Quantity): void => {
    positions.set(symbol, add(positions.get(symbol) ?? NO_SHARES, shares));
  };
  let cash = state.rounding;
  for (const sleeve of state.sleeves.values()) {
    cash = add(cash, sleeve.cash);
    sleeve.positions.forEach((lots, symbol) => addShares(symbol, heldIn(lots)));
  }
  for (const progress of state.cycle?.parents.values() ?? []) {
    const { side, symbol } = progress.parent;
    addShares(symbol, signed(side, progress.pendingQuantity));
    cash = side === 'buy' ? subtract(cash, progress.pendingCash) : add(cash, progress.pendingCash);
  }
  for (const [symbol, shares] of positions) if (shares === quantity(0n)) positions.delete(symbol);
  return { cash, positions, fills: state.fillIds.size + state.amendmentIds.size };
}

export const outcomeKey = (sleeve: SleeveId, symbol: Symbol): string => `${sleeve} ${symbol}`;

/** The open cycle. @throws InvariantError when none is open */
export function openCycleOf(state: LedgerState, cycle: Session): OpenCycle {
  const open = state.cycle;
  invariant(
    open !== null && open.opened.cycle === cycle,
    () => `Cycle ${cycle} is not open (open: ${open?.opened.cycle ?? 'none'}).`,
  );
  return open;
}

/** The last decision point recorded in a cycle. @throws InvariantError before the first */
export function lastPoint(cycle: OpenCycle): DecisionPoint {
  const point = cycle.points.at(-1);
  invariant(point !== undefined, () => `Cycle ${cycle.opened.cycle} has no decision point yet.`);
  return point;
}
