// Stage: ledger → books. What each account of the books must come to, from the state of the ledger.
// Invariant: taken from the state that applyEvent keeps, never from the postings that it is compared with.
import type { BookAccount, BookBalance, BookEntry } from './bookEntry.ts';
import {
  heldOf,
  receivablesOf,
  sleevesInOrder,
  type LedgerState,
  type SleeveAccount,
} from './ledger/state.ts';
import type { Symbol } from './market.ts';
import { HOUSE, type SleeveId } from './sleeve.ts';
import { compareText, negate, NO_MONEY } from './units/units.ts';

/**
 * Balances of every sleeve, sorted by sleeve and account, and what rounding moved.
 *
 * @param entries name the symbols ever held: what is held no more is asserted to be none
 */
export function bookBalances(state: LedgerState, entries: readonly BookEntry[]): BookBalance[] {
  const symbols = new Map<SleeveId, Set<Symbol>>();
  for (const line of entries.flatMap(({ lines }) => lines)) {
    const { sleeve } = line.account;
    if (line.kind !== 'cash')
      symbols.set(sleeve, (symbols.get(sleeve) ?? new Set()).add(line.symbol));
  }
  return [
    ...sleevesInOrder(state).flatMap((sleeve) =>
      sleeveBalances(sleeve, [...(symbols.get(sleeve.id) ?? [])].sort(compareText)),
    ),
    {
      account: { side: 'asset', sleeve: HOUSE, name: 'rounding' },
      symbol: null,
      amount: state.rounding,
    },
  ];
}

/** Asserted where there is any. */
const SUNDRY = ['withheld', 'interest', 'fees', 'other'] as const;

function sleeveBalances(sleeve: SleeveAccount, everHeld: readonly Symbol[]): BookBalance[] {
  const account = (side: BookAccount['side'], name: string): BookAccount => ({
    side,
    sleeve: sleeve.id,
    name,
  });
  return [
    { account: account('asset', 'cash'), symbol: null, amount: sleeve.cash },
    { account: account('asset', 'receivable'), symbol: null, amount: receivablesOf(sleeve) },
    ...[...new Set([...everHeld, ...sleeve.positions.keys()])].map((symbol) => ({
      account: account('asset', symbol),
      symbol,
      amount: heldOf(sleeve, symbol),
    })),
    // Income and equity stand on the other side: a gain is negative there.
    { account: account('equity', 'flows'), symbol: null, amount: negate(sleeve.flows) },
    { account: account('income', 'realised'), symbol: null, amount: negate(sleeve.realised) },
    { account: account('income', 'dividends'), symbol: null, amount: negate(sleeve.dividends) },
    ...SUNDRY.filter((name) => sleeve[name] !== NO_MONEY).map((name) => ({
      account: account('income', name),
      symbol: null,
      amount: negate(sleeve[name]),
    })),
  ];
}
