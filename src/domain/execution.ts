// Stage: configuration → orders. How parents are carried out: one order, or a walk of several.
// Invariant: every symbol has one policy, its own or that of all; a policy decides no quantity.
import type { Symbol } from './market.ts';
import type { Weight } from './units/units.ts';

/**
 * How the children of a parent are sent. `reach` is how far a limit goes from the near side of the
 * quote (0: the bid of a buy, the ask of a sell) to the far one (1).
 */
export type ExecutionPolicy =
  /** One day market order. */
  | { readonly kind: 'market' }
  /** One limit order that rests until the close. */
  | { readonly kind: 'limit-only'; readonly reach: Weight }
  /** A ladder of limit orders, each on a fresh quote; then a market order, or nothing more. */
  | {
      readonly kind: 'walk';
      /** One step each, not falling. */
      readonly reaches: readonly Weight[];
      readonly stepSeconds: number;
      readonly final: 'market' | 'leave';
    }
  /** One order in the closing auction, in whole shares, at the worst price that the parent may pay. */
  | { readonly kind: 'close-auction' };

export interface Execution {
  /** Of every symbol without its own. */
  readonly everySymbol: ExecutionPolicy;
  /** Sorted by symbol. */
  readonly symbols: readonly { readonly symbol: Symbol; readonly policy: ExecutionPolicy }[];
}

/** One market order a parent, whatever the symbol. */
export const MARKET_EXECUTION: Execution = { everySymbol: { kind: 'market' }, symbols: [] };

export const policyOf = (execution: Execution, symbol: Symbol): ExecutionPolicy =>
  execution.symbols.find((own) => own.symbol === symbol)?.policy ?? execution.everySymbol;
