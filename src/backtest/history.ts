// Stage: backtest. What one run did, session by session: the columns under every figure of a report.
// Invariant: USD and fractions as float64, for people; the ledger keeps the exact amounts.

/** How the columns were made. */
export type RunPath = 'engine' | 'research';

/** One sleeve, one entry a session, at the close. */
export interface SleeveHistory {
  readonly id: string;
  /** USD at the start. */
  readonly opening: number;
  /** NaN where a held symbol has no mark. */
  readonly nav: Float64Array;
  /** Market value of the holdings. */
  readonly invested: Float64Array;
  /** Number of symbols held. */
  readonly holdings: Float64Array;
  /** |USD| of its fills and of its sides of crosses. */
  readonly traded: Float64Array;
  /** |USD| of its sides of crosses. */
  readonly crossed: Float64Array;
  /** USD it did not pay, because its cross paid the mid. */
  readonly spreadAvoided: Float64Array;
  /** USD paid beyond the decision price: spread, slippage, impact. */
  readonly cost: Float64Array;
  /** By symbol, sorted: value at the close over the NAV, and in how many sessions it was held. */
  readonly symbols: readonly SymbolShare[];
}

export interface SymbolShare {
  readonly symbol: string;
  readonly sessionsHeld: number;
  /** Mean over all sessions with a known NAV. */
  readonly meanWeight: number;
  readonly lastWeight: number;
}

export interface AccountHistory {
  readonly path: RunPath;
  readonly sessions: readonly string[];
  /** Sorted by id. */
  readonly sleeves: readonly SleeveHistory[];
  /** USD at each close that belong to no strategy: house, suspense and the broker's rounding. */
  readonly house: Float64Array;
  /** Of these, USD at the start. */
  readonly houseOpening: number;
  /** Number of symbols held by any sleeve. */
  readonly holdings: Float64Array;
  /** Weights of the account's equity, sorted by symbol. */
  readonly symbols: readonly SymbolShare[];
  /** Parent orders: what is ordered again counts again. */
  readonly orders: Float64Array;
  /** Orders that netting spared: as `assay netting` counts them. */
  readonly ordersAvoided: Float64Array;
  readonly fills: number;
  readonly failedSignals: number;
  readonly stopped: Stopped;
}

/** What breaks kept from trading. Plain text and numbers, as the report keeps it. */
export interface Stopped {
  /** Intents denied for a break of their symbol or their sleeve, and the sessions with any. */
  readonly intents: number;
  readonly sessions: number;
  /** Breaks that stand at the end. */
  readonly breaks: readonly {
    readonly id: string;
    readonly amount: string;
    readonly since: string;
    readonly cause: string;
  }[];
  /** Sleeves that trade nothing at the end, and the break that stops each. */
  readonly frozen: readonly {
    readonly sleeve: string;
    readonly since: string;
    readonly break: string;
  }[];
}

export const NEVER_STOPPED: Stopped = { intents: 0, sessions: 0, breaks: [], frozen: [] };
