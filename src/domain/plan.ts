// Stage: limits → plan. One cycle's decisions as they are recorded and carried out.
// Invariant: a parent's demand vector never changes and sums to its quantity.
import type { Due, Transfer } from './capital.ts';
import { encodeOrderId, parentDigest } from './clientOrderId.ts';
import { invariant } from './invariant.ts';
import type { Symbol } from './market.ts';
import type { Cross, Demand, NetDemand } from './netting.ts';
import type { Side } from './order.ts';
import type { Arithmetic, Outcome } from './outcome.ts';
import type { Break } from './reconciliation.ts';
import type { SleeveId } from './sleeve.ts';
import type { Session } from './time.ts';
import type { Money, Price, Quantity } from './units/units.ts';

/**
 * Why a decision is taken: the cycle opens; facts have changed (sells are over, an order came to
 * nothing, a step is out of time); its session closed.
 */
export type Trigger = 'open' | 'replan' | 'close';

/**
 * What the plan wants of one symbol; its children are sent for it, one after the other, as the policy
 * of the symbol says. What it leaves unfilled may be wanted again, by another parent of the next revision.
 */
export interface Parent {
  readonly cycle: Session;
  readonly symbol: Symbol;
  readonly side: Side;
  /** How many parents of the cycle were for this symbol and side before. */
  readonly revision: number;
  readonly quantity: Quantity;
  /** Sorted by sleeve, summing to the quantity. */
  readonly demands: readonly Demand[];
  /** Mid of the quote when the parent reached execution. */
  readonly arrivalPrice: Price;
  /** sha256 over what the parent is, whatever was sent for it. */
  readonly digest: string;
  /** Names the parent, and is the id of its first child. */
  readonly clientOrderId: string;
}

/** A sleeve's NAV as the decision saw it; null with the reason when it is unknown. */
export interface NavSeen {
  readonly sleeve: SleeveId;
  readonly nav: Money | null;
  readonly reason: string;
}

/** A cross with the quote that priced it. */
export interface RecordedCross extends Cross {
  readonly bid: Price;
  readonly ask: Price;
}

/** Negative cash of a sleeve: it spent proceeds that did not come. */
export interface Overdraft {
  readonly sleeve: SleeveId;
  readonly cash: Money;
}

/** What a person should know and nothing was stopped for. */
export interface Warning {
  readonly reason: 'margin_initial';
  readonly arithmetic: Arithmetic;
}

/** What a decision does with capital. */
export interface CapitalDecision {
  /** When the cycle opens: everything that is due, in the order in which it is paid. */
  readonly dues: readonly Due[];
  /** Cash that moves now, after this decision's crosses. */
  readonly transfers: readonly Transfer[];
  /** Closing sleeves that own nothing any more. */
  readonly closed: readonly SleeveId[];
}

/** All that is decided at one decision point. Lists are empty where the point decides nothing. */
export interface PlanDecision {
  readonly cycle: Session;
  readonly sequence: number;
  readonly trigger: Trigger;
  readonly navs: readonly NavSeen[];
  readonly crosses: readonly RecordedCross[];
  /** New orders, the most valuable first. */
  readonly parents: readonly Parent[];
  /** Client order ids of our own working orders that are to be cancelled. */
  readonly cancels: readonly string[];
  /** Net buys that wait for money or for an order of their symbol; decided anew at the next point. */
  readonly deferred: readonly NetDemand[];
  /** Outcomes that are new or changed; the latest version is the current one. */
  readonly outcomes: readonly Outcome[];
  readonly breaks: readonly Break[];
  readonly overdrafts: readonly Overdraft[];
  readonly warnings: readonly Warning[];
  readonly capital: CapitalDecision;
}

/** What an id of ours is made of beside the order. */
export interface IdFacts {
  readonly account: string;
  readonly codes: ReadonlyMap<SleeveId, number>;
}

/** Opens a parent of a net demand, with the id of its first child. */
export function openParent(
  net: NetDemand,
  facts: IdFacts & {
    readonly cycle: Session;
    readonly revision: number;
    readonly arrivalPrice: Price;
  },
): Parent {
  const parts = {
    account: facts.account,
    session: facts.cycle,
    symbol: net.symbol,
    side: net.side,
    revision: facts.revision,
    attempt: 0,
    demands: net.demands.map((demand) => ({ ...demand, code: codeOf(facts.codes, demand.sleeve) })),
  };
  const digest = parentDigest(parts);
  return {
    cycle: facts.cycle,
    symbol: net.symbol,
    side: net.side,
    revision: parts.revision,
    quantity: net.quantity,
    demands: net.demands,
    arrivalPrice: facts.arrivalPrice,
    digest,
    clientOrderId: encodeOrderId(parts, digest),
  };
}

/** The client order id of a parent's child: it carries the parent's demand vector, and its attempt. */
export const childId = (parent: Parent, facts: IdFacts, attempt: number): string =>
  encodeOrderId({
    account: facts.account,
    session: parent.cycle,
    symbol: parent.symbol,
    side: parent.side,
    revision: parent.revision,
    attempt,
    demands: parent.demands.map((demand) => ({
      ...demand,
      code: codeOf(facts.codes, demand.sleeve),
    })),
  });

/** The code with which an order that a kill held back is recorded as not sent. */
export const KILL_CODE = 'kill';
/** The code of one that was not sent since the cycle's time was over. */
export const OUT_OF_TIME = 'cycle_budget';
/** The code of one that was not sent since the requests before it had failed. */
export const BREAKER_CODE = 'breaker';

function codeOf(codes: ReadonlyMap<SleeveId, number>, sleeve: SleeveId): number {
  const code = codes.get(sleeve);
  invariant(
    code !== undefined,
    () => `Sleeve ${sleeve} has no code: its orders could not be traced. Nothing was written.`,
  );
  return code;
}
