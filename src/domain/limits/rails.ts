// Stage: intent → netting. The guard rails that let an intent in or keep it out, one rule each.
// Invariant: a rail that cannot be checked denies; a sell is denied only where nobody may trade.
import type { BarFacts, CorporateAction, Symbol } from '../market.ts';
import {
  absolute,
  format,
  formatWeight,
  money,
  ONE_WEIGHT,
  price,
  quantity,
  subtract,
  type Money,
  type Price,
  type Weight,
} from '../units/units.ts';
import { compared, type Why } from './limited.ts';
import type { Rails, SleeveRails, SymbolRails } from './settings.ts';

/** The rails in force, by symbol and by sleeve. */
export interface RailsInForce {
  readonly account: Rails;
  symbol(symbol: Symbol): SymbolRails;
  sleeve(sleeve: string): SleeveRails | undefined;
}

/** Looks rails up; built once a decision. */
export function railsInForce(rails: Rails): RailsInForce {
  const symbols = new Map(rails.symbols.map((own) => [own.symbol, own]));
  const sleeves = new Map(rails.sleeves.map((own) => [own.sleeve, own]));
  return {
    account: rails,
    symbol: (symbol) => symbols.get(symbol) ?? rails.everySymbol,
    sleeve: (sleeve) => sleeves.get(sleeve),
  };
}

const why = (reason: string, detail: string, arithmetic: Why['arithmetic'] = null): Why => ({
  reason,
  detail,
  arithmetic,
});

/** A symbol that nobody may trade. */
export const denyFrozen = (rails: Rails, symbol: Symbol): Why | null =>
  rails.frozen.includes(symbol) ? why('symbol_frozen', `${symbol} is frozen`) : null;

/** Symbols that may not be bought, in the account or by the sleeve. */
export function denyUnlisted(
  rails: Rails,
  of: { readonly symbol: Symbol; readonly own: SleeveRails | undefined },
): Why | null {
  const { symbol, own } = of;
  if (rails.deny.includes(symbol))
    return why('symbol_denied', `${symbol} is on the account's deny list`);
  if (rails.allow?.includes(symbol) === false)
    return why('symbol_not_allowed', `${symbol} is not on the account's allow list`);
  if (own?.deny.includes(symbol) === true)
    return why('sleeve_symbol_denied', `${symbol} is on the deny list of ${own.sleeve}`);
  if (own?.allow?.includes(symbol) === false)
    return why('sleeve_symbol_not_allowed', `${symbol} is not on the allow list of ${own.sleeve}`);
  return null;
}

/** A sleeve that has lost more than its limit buys nothing; loss = flows − NAV. */
export function denyLoss(
  maxLoss: Money | null,
  of: { readonly flows: Money; readonly nav: Money | null },
): Why | null {
  if (maxLoss === null) return null;
  if (of.nav === null)
    return why('sleeve_loss_unknown', 'the NAV is unknown, so the loss cannot be checked');
  const loss = subtract(of.flows, of.nav);
  if (loss <= maxLoss) return null;
  return why(
    'sleeve_loss_limit',
    `lost ${format(loss)} USD, limit ${format(maxLoss)} USD`,
    compared(maxLoss, loss),
  );
}

/** Both sides of the quote within close × (1 ± collar). */
export function denyOutsideCollar(
  collar: Weight | null,
  of: { readonly bid: Price; readonly ask: Price; readonly close: Price | null },
): Why | null {
  if (collar === null) return null;
  const { bid, ask, close } = of;
  if (close === null || close <= 0n)
    return why('last_close_missing', 'no close of the last session to hold the quote against');
  const away = price(
    [bid, ask].map((side) => absolute(subtract(side, close))).reduce((a, b) => (a > b ? a : b)),
  );
  if (away * ONE_WEIGHT <= collar * close) return null;
  return why(
    'price_collar',
    `bid ${format(bid)} and ask ${format(ask)} are up to ${format(away)} from the last close ${format(close)}, limit ${formatWeight(collar)} of it`,
    compared(money((collar * close) / ONE_WEIGHT), money(away)),
  );
}

/** What bars say of a symbol, in the shares of the session: splits after the last bar are applied. */
export function inSharesOf(bar: BarFacts, actions: readonly CorporateAction[]): BarFacts {
  let facts = bar;
  for (const action of actions) {
    if (action.kind !== 'split' || action.symbol !== bar.symbol || action.exDate <= bar.asOf)
      continue;
    const [before, after] = [BigInt(action.oldShares), BigInt(action.newShares)];
    const { close, medianVolume } = facts;
    facts = {
      ...facts,
      close: price((close * before) / after),
      medianVolume: medianVolume === null ? null : quantity((medianVolume * after) / before),
    };
  }
  return facts;
}

/** Median of whole-share volumes; half a share is rounded down. Null of none. */
export function medianOf(volumes: BigInt64Array): bigint | null {
  const sorted = volumes.toSorted();
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) return null;
  return (lower + upper) / 2n;
}
