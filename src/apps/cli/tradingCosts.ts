// Stage: apps. The trading costs of each cycle, collected while a journal is folded, on the facts known now.
// Invariant: what a bust or a correction changed of a closed cycle is added to it, and named with what was said before.
import type { Amendment } from '../../domain/amendment.ts';
import { executionsOf, type Execution } from '../../domain/executionQuality.ts';
import type { ExecutionAmended, FillRecorded, OrderReported } from '../../domain/ledger/events.ts';
import { AMENDABLE_CYCLES } from '../../domain/ledger/executions.ts';
import type { Posting } from '../../domain/ledger/postings.ts';
import type { OpenCycle } from '../../domain/ledger/state.ts';
import { cycleShortfall, NO_COST, type Cost, type ShortfallLine } from '../../domain/shortfall.ts';
import { restate } from '../../domain/shortfall/restated.ts';
import { feesOf, sumShortfall, type TradeFee } from '../../domain/shortfall/sums.ts';
import { standingFills } from '../../domain/standing.ts';
import type { Session } from '../../domain/time.ts';
import type { OnEntry } from '../../engine/foldJournal.ts';
import { HeldTally } from './heldView.ts';

/** An amendment of a cycle that had closed: what its symbol cost in that cycle before it, and with it. */
export interface Restatement {
  readonly amendment: Amendment;
  readonly cycle: Session;
  readonly was: Cost;
  readonly is: Cost;
  /** What it changed is suspense's: it came too late to be divided, or the shares were beyond the order's. */
  readonly isLate: boolean;
}

interface ClosedCycle {
  readonly cycle: OpenCycle;
  readonly fills: readonly FillRecorded[];
  readonly orders: readonly OrderReported[];
  readonly amendments: Amendment[];
}

export class TradingCosts {
  readonly fees: TradeFee[] = [];
  readonly restatements: Restatement[] = [];
  readonly held = new HeldTally();
  readonly #lines = new Map<Session, ShortfallLine[]>();
  readonly #executions = new Map<Session, readonly Execution[]>();
  /** The last ones, oldest first: of older ones the ledger divides nothing anew. */
  readonly #closed: ClosedCycle[] = [];
  /** By the broker's id of an order: the cycle it was sent in, as long as it is within the period. */
  readonly #cycles = new Map<string, Session>();
  readonly #from: string;
  readonly #to: string;
  #fills: FillRecorded[] = [];
  #amendments: Amendment[] = [];
  #orders: OrderReported[] = [];

  constructor(from: string, to: string) {
    this.#from = from;
    this.#to = to;
  }

  get cycles(): number {
    return this.#lines.size;
  }

  get lines(): ShortfallLine[] {
    return [...this.#lines.values()].flat();
  }

  get executions(): Execution[] {
    return [...this.#executions.values()].flat();
  }

  readonly see: OnEntry = ({ event }, _, { postings, state }) => {
    for (const fee of feesOf(event, postings))
      if (fee.cycle >= this.#from && fee.cycle <= this.#to) this.fees.push(fee);
    if (event.kind === 'fill_recorded') this.#fills.push(event);
    if (event.kind === 'execution_amended') {
      this.#amendments.push(event.amendment);
      this.#restate(event, postings);
    }
    if (event.kind === 'order_reported') this.#orders.push(event);
    if (event.kind === 'cycle_opened') {
      this.#fills = [];
      this.#amendments = [];
      this.#orders = [];
    }
    // The last decision of a cycle: outcomes are final, orders ended, marks recorded.
    if (event.kind === 'plan_decided' && event.decision.trigger === 'close' && state.cycle !== null)
      this.#close(state.cycle);
  };

  #close(cycle: OpenCycle): void {
    const session = cycle.opened.cycle;
    if (session < this.#from || session > this.#to) return;
    const closed = {
      cycle,
      fills: this.#fills,
      orders: this.#orders,
      amendments: this.#amendments,
    };
    for (const { fill, clientOrderId } of this.#fills)
      if (cycle.children.has(clientOrderId)) this.#cycles.set(fill.orderId, session);
    this.held.see(cycle);
    this.#lines.set(session, cycleShortfall(cycle));
    this.#executions.set(session, carriedOut(closed));
    this.#closed.push(closed);
    // One more than may be amended: the last one is that of the amendment itself.
    if (this.#closed.length > AMENDABLE_CYCLES + 1) this.#closed.shift();
  }

  #restate(event: ExecutionAmended, postings: readonly Posting[]): void {
    const { amendment, clientOrderId } = event;
    const session = this.#cycles.get(amendment.orderId);
    if (session === undefined) return;
    const closed = this.#closed.find(({ cycle }) => cycle.children.has(clientOrderId));
    const lines = closed === undefined ? [] : (restate(closed.cycle, event, postings)?.lines ?? []);
    const was = this.#costOf(session, amendment);
    this.#lines.get(session)?.push(...lines);
    const is = this.#costOf(session, amendment);
    const isLate = lines.length === 0;
    this.restatements.push({ amendment, cycle: session, was, is, isLate });
    if (closed === undefined || isLate) return;
    closed.amendments.push(amendment);
    this.#executions.set(session, carriedOut(closed));
  }

  #costOf(session: Session, { symbol }: Amendment): Cost {
    const lines = (this.#lines.get(session) ?? []).filter((line) => line.symbol === symbol);
    return sumShortfall(lines, [], [])[0]?.total ?? NO_COST;
  }
}

const carriedOut = ({ cycle, fills, orders, amendments }: ClosedCycle): readonly Execution[] =>
  executionsOf(cycle, {
    fills: asStanding(fills, amendments),
    orders: orders.map(({ order }) => order),
  });

/** Executions of a cycle as they stand; a busted one is none. */
function asStanding(
  recorded: readonly FillRecorded[],
  amendments: readonly Amendment[],
): FillRecorded[] {
  const standing = standingFills(
    recorded.map(({ fill }) => fill),
    amendments,
  );
  return recorded.flatMap((event, index) => {
    const terms = standing[index]?.terms ?? null;
    if (terms === null) return [];
    return [{ ...event, fill: { ...event.fill, lastQty: terms.quantity, price: terms.price } }];
  });
}
