// Stage: ledger against the broker. Every difference has a kind, an amount and a suspected cause.
// Invariant: no break is dropped, and none is explained away.
import type { AccountSnapshot } from './account.ts';
import type { Symbol } from './market.ts';
import type { Session } from './time.ts';
import {
  add,
  compareText,
  absolute,
  format,
  NO_SHARES,
  ONE,
  parseQuantity,
  subtract,
  type Money,
  type Quantity,
} from './units/units.ts';

/** Between ledger and broker, what facts bring that nobody asked for, and what a sleeve owes the others. */
export const BREAK_KINDS = [
  'position',
  'cash',
  'rounding',
  'order',
  'fill',
  'over_fill',
  'manual_trade',
  'carried_shares',
  'late_amendment',
  'sleeve_short',
  'sleeve_owes',
  'unmatched_activity',
  'no_rule',
  'overdraft',
  'late_action',
  'changed_action',
  'changed_activity',
] as const;
export type BreakKind = (typeof BREAK_KINDS)[number];

/** How large a break may be and still let its symbol trade. */
export interface Tolerance {
  readonly shares: Quantity;
  readonly cash: Money;
}

/** One difference between our ledger and the broker's records; difference = broker − ledger. */
export interface Break {
  readonly kind: BreakKind;
  /** Null for cash and orders. */
  readonly symbol: Symbol | null;
  readonly ledger: string;
  readonly broker: string;
  readonly difference: string;
  readonly cause: string;
}

/** One break as the ledger remembers it; one found at the broker keeps what both sides said, too. */
export type StandingBreak = Standing | (Standing & Sides);
export type Sides = Pick<Break, 'ledger' | 'broker' | 'difference'>;

export interface Standing {
  /** "position AAPL", "cash", "manual_trade f-7", "overdraft growth": what is wrong, and where. */
  readonly id: string;
  readonly kind: BreakKind;
  readonly symbol: Symbol | null;
  /** Broker − ledger; of what suspense was given, that; of an overdraft, the cash. Shares or USD. */
  readonly amount: string;
  readonly cause: string;
  readonly since: Session;
  /** Cycles committed when it was found: its age is counted in them. */
  readonly sinceCycles: number;
  readonly state: 'open' | 'explained' | 'resolved';
  /** In a person's words; null until then. */
  readonly explanation: string | null;
  readonly resolvedOn: Session | null;
  /** Cycles committed by then: it does not grow older. */
  readonly resolvedCycles: number | null;
}

/** What the ledger says the account holds: sleeves, house, suspense and pending together. */
export interface LedgerTotals {
  readonly cash: Money;
  readonly positions: ReadonlyMap<Symbol, Quantity>;
  /** Executions so far: each may round its cash to the cent otherwise than we do. */
  readonly fills: number;
}

/** Compares the ledger's totals with a snapshot of the account, exactly. Sorted by symbol, cash last. */
export function reconcile(totals: LedgerTotals, snapshot: AccountSnapshot): Break[] {
  const brokers = new Map<Symbol, Quantity>();
  // A symbol that the broker lists twice is held twice, and shows as a break.
  for (const { symbol, quantity } of snapshot.positions)
    brokers.set(symbol, add(brokers.get(symbol) ?? NO_SHARES, quantity));
  const symbols = [...new Set([...totals.positions.keys(), ...brokers.keys()])].sort(compareText);
  const breaks: Break[] = [];
  for (const symbol of symbols) {
    const ledger = totals.positions.get(symbol) ?? NO_SHARES;
    const broker = brokers.get(symbol) ?? NO_SHARES;
    if (ledger === broker) continue;
    const cause =
      broker > ledger
        ? 'manual trade, missed fill or corporate action'
        : 'missed fill, manual trade or corporate action';
    breaks.push({ kind: 'position', symbol, ...amounts(ledger, broker), cause });
  }
  if (totals.cash !== snapshot.cash) {
    const off = absolute(subtract(snapshot.cash, totals.cash));
    const isRounding = off <= BigInt(totals.fills) * (ONE / 100n);
    breaks.push({
      kind: isRounding ? 'rounding' : 'cash',
      symbol: null,
      ...amounts(totals.cash, snapshot.cash),
      cause: isRounding
        ? 'another rounding rule: at most a cent an execution'
        : 'late booking, unrecorded activity or another rounding rule',
    });
  }
  return breaks;
}

/** Whether a break of that size keeps its symbol, or the account, from trading. */
export function isBeyond(kind: BreakKind, amount: string, tolerance: Tolerance): boolean {
  const size = absolute(parseQuantity(amount));
  switch (kind) {
    case 'cash':
      return size > tolerance.cash;
    // What is known to be rounding, or concerns no symbol's quantity, stops nothing and is shown;
    // a sleeve in debt is kept from buying by a gate of its own.
    case 'rounding':
    case 'order':
    case 'fill':
    case 'unmatched_activity':
    case 'changed_activity':
    case 'overdraft':
    case 'sleeve_owes':
      return false;
    // However little is held, what should be held is not known.
    case 'late_action':
    case 'changed_action':
      return true;
    case 'no_rule':
    case 'position':
    case 'over_fill':
    case 'manual_trade':
    case 'carried_shares':
    case 'late_amendment':
    case 'sleeve_short':
      return size > tolerance.shares;
  }
}

/** Orders that work at the broker after the close and are none of ours, and those of ours that should be over. */
export const orderBreaks = (
  working: readonly { readonly clientOrderId: string; readonly status: string }[],
): Break[] =>
  working.length === 0
    ? []
    : [
        {
          kind: 'order',
          symbol: null,
          ledger: '0',
          broker: String(working.length),
          difference: String(working.length),
          cause: `orders of somebody else still work: ${working.map(({ clientOrderId, status }) => `${clientOrderId} (${status})`).join(', ')}`,
        },
      ];

/** Executions that the ledger does not know yet, and those that the broker no longer lists. */
export function fillBreaks(
  known: Iterable<string> & { has(id: string): boolean },
  listed: readonly { readonly id: string; readonly symbol: Symbol }[],
): Break[] {
  const there = new Set(listed.map(({ id }) => id));
  const isNew = listed.filter(({ id }) => !known.has(id));
  const isGone = [...known].filter((id) => !there.has(id));
  return [
    ...isNew.map(({ id, symbol }) => ({
      kind: 'fill' as const,
      symbol,
      ledger: '0',
      broker: '1',
      difference: '1',
      cause: `execution ${id} is not in the ledger: the next cycle takes it in`,
    })),
    ...isGone.map((id) => ({
      kind: 'fill' as const,
      symbol: null,
      ledger: '1',
      broker: '0',
      difference: '-1',
      cause: `execution ${id} is no longer listed by the broker`,
    })),
  ];
}

function amounts<U extends Quantity | Money>(
  ledger: U,
  broker: U,
): { ledger: string; broker: string; difference: string } {
  return {
    ledger: format(ledger),
    broker: format(broker),
    difference: format(subtract(broker, ledger)),
  };
}
