// Stage: intent → netting. Every reason for which an intent may not trade, in their fixed order.
// Invariant: asked before anything is netted, and again on facts before the buys; the first reason counts.
import type { Transfer } from '../capital.ts';
import { compared, type Why } from '../limits/limited.ts';
import {
  denyFrozen,
  denyLoss,
  denyOutsideCollar,
  denyUnlisted,
  railsInForce,
} from '../limits/rails.ts';
import { frozenSleeves, mayOwe } from '../ledger/negative.ts';
import { sleeveOf } from '../ledger/state.ts';
import type { BarFacts, Symbol } from '../market.ts';
import type { QuoteVerdict } from '../quote.ts';
import type { StandingBreak } from '../reconciliation.ts';
import type { SleeveId } from '../sleeve.ts';
import {
  format,
  money,
  NO_SHARES,
  parseQuantity,
  type Money,
  type Price,
  type Quantity,
} from '../units/units.ts';
import { cashAfter } from './decideCapital.ts';
import { denyAsset, type DecisionView } from './view.ts';

/** What the gates look at beside the view. */
export interface GateFacts {
  /** The sleeve whose failure stops the account, null for none. */
  readonly aborting: SleeveId | null;
  readonly verdicts: ReadonlyMap<Symbol, QuoteVerdict>;
  readonly broken: ReadonlySet<Symbol | null>;
  /** Null where it is unknown. */
  readonly navOf: (sleeve: SleeveId) => Money | null;
  /** What moves at this point: it may repay a debt. */
  readonly transfers: readonly Transfer[];
}

/** Shares signed as the intent is. */
export type Gate = (of: {
  readonly sleeve: SleeveId;
  readonly symbol: Symbol;
  readonly quantity: Quantity;
}) => Why | null;

/** Why a symbol is denied to everybody; null where it is not. */
interface SymbolGates {
  readonly byPrice: Why | null;
  /** Asked after what stops the sleeve. */
  readonly byAsset: Why | null;
}

const QUOTE_MISSING: Why = { reason: 'quote_missing', detail: 'no quote', arithmetic: null };

/** The gates of one decision point: null lets an intent in. */
export function gatesOf(view: DecisionView, facts: GateFacts): Gate {
  const rails = railsInForce(view.configuration.limits.rails);
  const { assets, bars } = view;
  const closed = denyAll(view, facts.aborting);
  // A symbol is asked for by many sleeves and answers all of them the same.
  const known = new Map<Symbol, SymbolGates>();
  const frozen = frozenSleeves(view.state, view.configuration.tolerance);
  return ({ sleeve, symbol, quantity }) => {
    if (closed !== null) return closed;
    const stopped = frozen.get(sleeve);
    if (stopped !== undefined) return whyFrozen(stopped);
    const { byPrice, byAsset } = gatesOfSymbol(symbol);
    return byPrice ?? (quantity > 0n ? denyBuy({ sleeve, symbol }) : null) ?? byAsset;
  };

  function gatesOfSymbol(symbol: Symbol): SymbolGates {
    const before = known.get(symbol);
    if (before !== undefined) return before;
    const gates = { byPrice: denySymbol(symbol), byAsset: denyAsset(assets.get(symbol)) };
    known.set(symbol, gates);
    return gates;
  }

  function denySymbol(symbol: Symbol): Why | null {
    if (facts.broken.has(symbol))
      return { reason: 'break', detail: `${symbol} has an open break`, arithmetic: null };
    const verdict = facts.verdicts.get(symbol);
    const unpriced =
      denyFrozen(rails.account, symbol) ??
      (verdict === undefined ? QUOTE_MISSING : verdict.kind === 'denied' ? plain(verdict) : null);
    if (unpriced !== null || verdict?.kind !== 'sane') return unpriced ?? QUOTE_MISSING;
    const close = closeOf(view, bars.get(symbol));
    return denyOutsideCollar(rails.symbol(symbol).collar, { ...verdict, close });
  }

  function denyBuy(of: { readonly sleeve: SleeveId; readonly symbol: Symbol }): Why | null {
    const own = rails.sleeve(of.sleeve);
    const account = sleeveOf(view.state, of.sleeve);
    const cash = cashAfter(account.cash, of.sleeve, facts.transfers);
    const denied =
      (cash >= 0n || mayOwe(view.configuration, of.sleeve) ? null : denyOverdrawn(cash)) ??
      denyUnlisted(rails.account, { symbol: of.symbol, own });
    const maxLoss = own?.maxLoss ?? null;
    if (denied !== null || maxLoss === null) return denied;
    return denyLoss(maxLoss, { flows: account.flows, nav: facts.navOf(of.sleeve) });
  }
}

/** What stops the whole account: a person, or a sleeve that aborts. */
function denyAll(
  { state, configuration, point }: DecisionView,
  aborting: SleeveId | null,
): Why | null {
  if (state.kill !== null)
    return { reason: 'kill', detail: `killed: ${state.kill.reason}`, arithmetic: null };
  const equity =
    configuration.limits.margin === null ? null : (point.snapshot.margin?.equity ?? null);
  if (equity !== null && equity <= 0n)
    return {
      reason: 'equity_not_positive',
      detail: `the account's equity is ${format(equity)} USD; a person decides`,
      arithmetic: compared(money(0n), equity),
    };
  if (aborting === null) return null;
  return {
    reason: 'abort',
    detail: `${aborting} failed and its policy is abort`,
    arithmetic: null,
  };
}

/** The close of the last session; an older one says nothing of today. */
const closeOf = (view: DecisionView, facts: BarFacts | undefined): Price | null =>
  facts?.asOf === view.cycle.opened.asOf ? facts.close : null;

/** A sleeve that an amended execution left short trades nothing until that is put right or explained. */
const whyFrozen = ({ symbol, amount, cause }: StandingBreak): Why => ({
  reason: 'sleeve_frozen',
  detail: `${symbol ?? ''} is ${amount}: ${cause}`,
  arithmetic: compared(NO_SHARES, parseQuantity(amount)),
});

/** A sleeve in debt buys nothing, not even by a cross: its debt is another sleeve's cash, repaid first. */
function denyOverdrawn(cash: Money): Why | null {
  if (cash >= 0n) return null;
  return {
    reason: 'sleeve_overdraft',
    detail: `cash is ${format(cash)} USD and is repaid first`,
    arithmetic: compared(money(0n), cash),
  };
}

const plain = ({ reason, detail, arithmetic }: Why): Why => ({ reason, detail, arithmetic });
