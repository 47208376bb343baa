// Stage: ledger against the broker. Every difference has a kind, an amount and a suspected cause.
// Invariant: no break is dropped, and none is explained away.
import type { AccountSnapshot } from './account.ts';
import type { Symbol } from './market.ts';
import {
  compareText,
  format,
  NO_SHARES,
  subtract,
  type Money,
  type Quantity,
} from './units/units.ts';

/** One difference between our ledger and the broker's records; difference = broker − ledger. */
export interface Break {
  readonly kind: 'position' | 'cash';
  /** Null for cash. */
  readonly symbol: Symbol | null;
  readonly ledger: string;
  readonly broker: string;
  readonly difference: string;
  readonly cause: string;
}

/** What the ledger says the account holds: sleeves, house, suspense and pending together. */
export interface LedgerTotals {
  readonly cash: Money;
  readonly positions: ReadonlyMap<Symbol, Quantity>;
}

/** Compares the ledger's totals with a snapshot of the account, exactly. Sorted by symbol, cash last. */
export function reconcile(totals: LedgerTotals, snapshot: AccountSnapshot): Break[] {
  const brokers = new Map(
    snapshot.positions.map((position) => [position.symbol, position.quantity]),
  );
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
    const cause = 'late booking, unrecorded activity or another rounding rule';
    breaks.push({ kind: 'cash', symbol: null, ...amounts(totals.cash, snapshot.cash), cause });
  }
  return breaks;
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
