// Stage: ledger → performance. What each session did to each sleeve: worth, flows, earnings, trades.
// Invariant: read from postings and state alone; the account's flow is what no sleeve of it gave.
import { otherSide } from '../bookEntry.ts';
import type { ExecutionAmended, LedgerEvent } from '../ledger/events.ts';
import { AMENDABLE_CYCLES } from '../ledger/executions.ts';
import { navAt } from '../ledger/marks.ts';
import { gainOf, type Posting } from '../ledger/postings.ts';
import { sleevesInOrder, type LedgerState, type OpenCycle } from '../ledger/state.ts';
import { NO_COST, costOfCount, type Cost } from '../shortfall.ts';
import { restate } from '../shortfall/restated.ts';
import { tradesOf } from '../shortfall/traded.ts';
import type { Session } from '../time.ts';
import { absolute, add, NO_MONEY, ONE, subtract, type Money } from '../units/units.ts';

/** A sleeve's id, or the cents that the broker's rounding moved, which belong to house. */
export type Member = string;
export const ROUNDING: Member = 'house:rounding';

/** Money that came in (+) and went out (+), in the order of a session: in first, out last. */
export interface Flows {
  readonly paidIn: Money;
  readonly paidOut: Money;
}

/** What one session did to one member. */
export interface MemberDay extends Flows {
  /** At the session's marks; null when something held has none. */
  readonly nav: Money | null;
  /** Profit by where the books put it: realised, dividends …; what is not among it is unrealised. */
  readonly earned: ReadonlyMap<string, Money>;
  /** Cash of buys and of sales at the broker, both positive; as its executions stand now. */
  bought: Money;
  sold: Money;
  /** Cash of internal crosses, positive whatever the side. */
  readonly crossed: Money;
  /** Paid beyond the arrival prices, for what the broker executed, as it stands now. */
  slippage: Cost;
  /** Symbols of which something was sold at a gain, and at a loss. */
  readonly winningSales: number;
  readonly losingSales: number;
}

/** One session: its members in order, and what came into the account or left it. */
export interface PerformanceDay {
  readonly session: Session;
  readonly members: ReadonlyMap<Member, MemberDay>;
  readonly external: Flows;
}

export const NO_FLOWS: Flows = { paidIn: NO_MONEY, paidOut: NO_MONEY };

export const addFlow = ({ paidIn, paidOut }: Flows, flow: Money): Flows =>
  flow > 0n ? { paidIn: add(paidIn, flow), paidOut } : { paidIn, paidOut: subtract(paidOut, flow) };

interface Tally {
  flows: Flows;
  readonly earned: Map<string, Money>;
  bought: Money;
  sold: Money;
  crossed: Money;
  /** Gain of what was sold, by symbol. */
  readonly sales: Map<string, Money>;
}

/** Shares that leave and are not sold. The sales that won or lost are counted as they were made. */
const NO_SALES: ReadonlySet<Posting['kind']> = new Set<Posting['kind']>([
  'split',
  'symbol_change',
  'bust',
  'correction',
]);

/** Collects the days while a journal is folded: `see` is given every event after it was applied. */
export class PerformanceDays {
  readonly days: PerformanceDay[] = [];
  #tallies = new Map<Member, Tally>();
  #external = NO_FLOWS;
  #rounding: Money = NO_MONEY;
  #cycle: OpenCycle | null = null;
  /** The last cycles, oldest first: an execution of older ones cannot be amended any more. */
  readonly #closed: OpenCycle[] = [];

  readonly see = (event: LedgerEvent, postings: readonly Posting[], state: LedgerState): void => {
    let external = NO_MONEY;
    for (const posting of postings) {
      const flow = this.#tally(posting);
      external = add(external, flow);
    }
    if (event.kind === 'execution_amended') this.#amended(event, postings);
    if (external !== NO_MONEY) this.#external = addFlow(this.#external, external);
    // The commit lets its cycle go: it is kept from the event before.
    if (event.kind === 'cycle_committed' && this.#cycle !== null) this.#close(this.#cycle, state);
    this.#cycle = state.cycle;
  };

  /** @returns what of the posting is a flow */
  #tally(posting: Posting): Money {
    const tally = this.#of(posting.sleeve);
    const gain = gainOf(posting);
    const { side, name } = otherSide(posting);
    if (side === 'equity') {
      // What only changes its name or symbol comes to nothing within a sleeve, and is no flow.
      if (name !== 'flows') return NO_MONEY;
      if (gain !== NO_MONEY) tally.flows = addFlow(tally.flows, gain);
      return gain;
    }
    tally.earned.set(name, add(tally.earned.get(name) ?? NO_MONEY, gain));
    const { kind, cash, quantity, symbol } = posting;
    if (kind === 'cross') tally.crossed = add(tally.crossed, absolute(cash));
    else if (kind === 'fill' || kind === 'over_fill') {
      if (cash < 0n) tally.bought = subtract(tally.bought, cash);
      else tally.sold = add(tally.sold, cash);
    }
    if (quantity < 0n && symbol !== null && !NO_SALES.has(kind))
      tally.sales.set(symbol, add(tally.sales.get(symbol) ?? NO_MONEY, gain));
    return NO_MONEY;
  }

  /** Trades of a cycle that closed are put right there; what suspense has of them is of the day. */
  #amended(event: ExecutionAmended, postings: readonly Posting[]): void {
    const { side, kind } = event.amendment;
    const cycle = this.#closed.find(({ children }) => children.has(event.clientOrderId));
    const lines = cycle === undefined ? [] : (restate(cycle, event, postings)?.lines ?? []);
    const day = this.days.findLast(({ session }) => session === cycle?.opened.cycle);
    const isOfDay = (sleeve: Member): boolean => lines.some((line) => line.sleeve === sleeve);
    for (const posting of postings) {
      if (posting.kind !== kind) continue;
      const { sleeve, cash } = posting;
      const of = (isOfDay(sleeve) ? day?.members.get(sleeve) : undefined) ?? this.#of(sleeve);
      if (side === 'buy') of.bought = subtract(of.bought, cash);
      else of.sold = add(of.sold, cash);
    }
    for (const { sleeve, trading } of lines) {
      const of = day?.members.get(sleeve);
      if (of !== undefined) of.slippage = costOfCount(of.slippage + trading);
    }
  }

  #of(member: Member): Tally {
    const known = this.#tallies.get(member);
    if (known !== undefined) return known;
    const opened: Tally = {
      flows: NO_FLOWS,
      earned: new Map(),
      bought: NO_MONEY,
      sold: NO_MONEY,
      crossed: NO_MONEY,
      sales: new Map(),
    };
    this.#tallies.set(member, opened);
    return opened;
  }

  #close(cycle: OpenCycle, state: LedgerState): void {
    const slippage = new Map<Member, Cost>();
    for (const { sleeve, executedCash, atArrival } of tradesOf(cycle).values())
      slippage.set(
        sleeve,
        costOfCount((slippage.get(sleeve) ?? NO_COST) + executedCash * ONE - atArrival),
      );
    const members = new Map<Member, MemberDay>();
    for (const sleeve of sleevesInOrder(state))
      members.set(sleeve.id, this.#day(sleeve.id, navAt(sleeve, cycle), slippage));
    const moved = subtract(state.rounding, this.#rounding);
    if (moved !== NO_MONEY) this.#of(ROUNDING).earned.set('rounding', moved);
    members.set(ROUNDING, this.#day(ROUNDING, state.rounding, slippage));
    this.days.push({ session: cycle.opened.cycle, members, external: this.#external });
    this.#closed.push(cycle);
    if (this.#closed.length > AMENDABLE_CYCLES + 1) this.#closed.shift();
    this.#rounding = state.rounding;
    this.#external = NO_FLOWS;
    this.#tallies = new Map();
  }

  #day(member: Member, nav: Money | null, slippage: ReadonlyMap<Member, Cost>): MemberDay {
    const { flows, earned, bought, sold, crossed, sales } = this.#of(member);
    const gains = [...sales.values()];
    return {
      nav,
      ...flows,
      earned,
      bought,
      sold,
      crossed,
      slippage: slippage.get(member) ?? NO_COST,
      winningSales: gains.filter((gain) => gain > 0n).length,
      losingSales: gains.filter((gain) => gain < 0n).length,
    };
  }
}
