// Stage: intent → netting. The guard rails that let an intent in or keep it out, one rule each.
// Invariant: a rail that cannot be checked denies; a sell is denied only where nobody may trade.
import type { BarFacts, CorporateAction, Symbol } from '../market.ts';
import {
  absolute,
  add,
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

/** What bars say, in the shares and prices of the session: splits after the last bar are applied. */
export function inSharesOf(
  bars: readonly BarFacts[],
  actions: readonly CorporateAction[],
): ReadonlyMap<Symbol, BarFacts> {
  const splits = actions.filter((action) => action.kind === 'split');
  return new Map(
    bars.map((facts) => [
      facts.symbol,
      splits
        .filter((split) => split.symbol === facts.symbol && split.exDate > facts.asOf)
        .reduce<BarFacts>((seen, { oldShares, newShares }) => {
          const [before, after] = [BigInt(oldShares), BigInt(newShares)];
          return {
            ...seen,
            close: price((seen.close * before) / after),
            medianVolume:
              seen.medianVolume === null ? null : quantity((seen.medianVolume * after) / before),
          };
        }, facts),
    ]),
  );
}

/** Median of whole-share volumes; half a share is rounded down. Null when one is missing. */
export function medianOf(volumes: readonly bigint[]): bigint | null {
  const sorted = [...volumes].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) return null;
  return add(quantity(lower), quantity(upper)) / 2n;
}
