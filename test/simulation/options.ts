// Stage: simulation. What one seed means, spelled out.
// Invariant: plain JSON that says everything: no seed is needed beside it.
import type { ExchangeSettings } from '../../src/adapters/exchange/settings.ts';
import type { AssayConfig } from '../../src/config/schema.ts';
import type { RailsConfig } from '../../src/config/rails.ts';
import type { ExecutionConfig } from '../../src/config/execution.ts';
import type { Pace } from '../../src/domain/pace.ts';
import type { FailurePolicy, LotMethod, Sleeve } from '../../src/domain/sleeve.ts';
import type { Session } from '../../src/domain/time.ts';
import type { StrategyRebalance } from '../../src/strategy/strategy.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly market: {
    readonly seed: number;
    /** Whether the synthetic market itself reorganises its companies. */
    readonly reorganised: boolean;
    readonly universe: readonly string[];
    /** Bars taken out: no market in that session. */
    readonly gaps: readonly { readonly symbol: string; readonly session: Session }[];
    readonly extraActions: readonly ExtraAction[];
    /** Actions that the program's market lists later than they take effect, by their id. */
    readonly late: readonly { readonly id: string; readonly listedOn: string }[];
    /** Dividends and splits that the program's market lists with other figures, before a day and from one on. */
    readonly wrong: readonly {
      readonly id: string;
      readonly from: string;
      readonly until: string;
    }[];
  };
  /** Ascending; some between the first and the last may be left out. */
  readonly sessions: readonly Session[];
  readonly cash: string;
  readonly sleeves: readonly SleeveOptions[];
  readonly limits: LimitOptions;
  /** What becomes of the ends of exits that no order can carry. */
  readonly fractions: 'keep' | 'house';
  readonly rails: RailsConfig;
  readonly margin: AssayConfig['margin'];
  readonly pace: Pace;
  /** As in a configuration; undefined: at market. */
  readonly execution: ExecutionConfig | undefined;
  readonly exchange: ExchangeSettings;
  readonly manualOrders: readonly ManualOrder[];
  readonly carried: readonly Carried[];
  readonly capital: CapitalOptions;
  readonly lies: readonly Lie[];
  readonly kills: readonly Kill[];
  readonly network: NetworkOptions;
  readonly faults: FaultOptions;
}

/** A corporate action beside those of the synthetic market. */
export type ExtraAction =
  | {
      readonly kind: 'split';
      readonly symbol: string;
      readonly exDate: string;
      readonly oldShares: number;
      readonly newShares: number;
    }
  | {
      readonly kind: 'dividend' | 'merger';
      readonly symbol: string;
      readonly exDate: string;
      readonly payDate: string;
      readonly perShare: string;
    }
  | {
      readonly kind: 'symbol_change';
      readonly symbol: string;
      readonly exDate: string;
      readonly newSymbol: string;
    }
  | {
      readonly kind: 'spin_off';
      readonly symbol: string;
      readonly exDate: string;
      readonly newSymbol: string;
      readonly oldShares: number;
      readonly newShares: number;
      readonly costFraction: string;
    };

export interface SleeveOptions {
  readonly id: string;
  readonly cash: string;
  readonly onFailure: FailurePolicy;
  readonly lots: LotMethod;
  readonly strategy: StrategyOptions;
}

export interface StrategyOptions {
  readonly seed: string;
  readonly universe: readonly string[];
  /** Sessions for which it keeps its weights; 0: for ever. */
  readonly period: number;
  readonly failureRate: number;
  readonly rebalance: StrategyRebalance;
}

/** Decimal strings, as in a configuration. */
export interface LimitOptions {
  readonly deployment: string;
  readonly reserve: string;
  readonly priceAllowance: string;
  readonly maxSpread: string;
  readonly microTradeFloor: string;
  readonly microTradeAccountShare: string;
  readonly microTradeSleeveShare: string;
  readonly brokerMinimum: string;
}

/** A trade made by hand at the broker: at the open before the cycle, or in the last minute. */
export interface ManualOrder {
  readonly id: string;
  readonly session: Session;
  readonly moment: 'open' | 'close';
  readonly side: 'buy' | 'sell';
  readonly symbol: string;
  readonly quantity: string;
}

/** What people want of the account's capital. */
export interface CapitalOptions {
  /** Sleeves that are held at a fraction of the account's equity; the others compound. */
  readonly fractions: readonly {
    readonly sleeve: string;
    readonly fraction: string;
    readonly band: string;
  }[];
  /** Before the cycle of a session; at most one request of a session is made. */
  readonly money: readonly {
    readonly id: string;
    readonly session: Session;
    readonly kind: 'deposit' | 'withdrawal' | 'transfer';
    readonly amount: string;
    /** Of a transfer. */
    readonly from: string;
    readonly to: string;
  }[];
  /** A configuration with that life is put in force before the cycle, where it may follow. */
  readonly lives: readonly {
    readonly session: Session;
    readonly sleeve: string;
    readonly life: Sleeve['life'];
  }[];
}

/** What a person carries to the account from another one, or away to it, before the cycle of a session. */
export interface Carried {
  readonly id: string;
  readonly session: Session;
  /** Null: cash. */
  readonly symbol: string | null;
  /** Shares, or whole cents of cash; negative: away. */
  readonly amount: string;
  /** What a share is carried over at; null when nobody says. */
  readonly price: string | null;
}

/** What the broker says of the account through one session, and is not so. */
export interface Lie {
  readonly session: Session;
  /** Null: of cash. */
  readonly symbol: string | null;
  /** Too much, or too little. */
  readonly off: string;
}

/** A person pulls the switch in a session, and arms again before a later one or never. */
export interface Kill {
  readonly session: Session;
  /** How many of the session's orders have been dealt with by then; 0: before the cycle opens. */
  readonly after: number;
  readonly armedBefore: Session | null;
}

/** What becomes of requests on their way, by client order id; as much a part of the world as the exchange. */
export interface NetworkOptions {
  /** The order is placed, the first answer says that nothing is known. */
  readonly lostRate: number;
  /** Nothing is known of the first request; half of them never arrive, half after the look-ups. */
  readonly undeliveredRate: number;
  /** A listing of orders lacks the newest one, in the struck run. */
  readonly staleRate: number;
  /** Share of first requests to cancel that get no answer; half of them never arrive. */
  readonly cancelLostRate: number;
  /** The request never leaves, and that is known. */
  readonly notSentRate: number;
}

/** What strikes the program itself, in the disturbed run only. */
export interface FaultOptions {
  readonly count: number;
  /** Most points from one fault to the next. */
  readonly spacing: number;
  /**
   * Whether a fault may strike between an unknown answer and its record. The exchange's time is then
   * not that of the calm run, and neither is its digest.
   */
  readonly strikesUnsettled: boolean;
}
