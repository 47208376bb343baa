// Stage: port. What the engine asks of a broker.
// Invariant: an answer is complete or the call throws; a request says whether it may have arrived.
import type { AccountSnapshot } from '../domain/account.ts';
import type { Amendment } from '../domain/amendment.ts';
import type { Fill } from '../domain/fill.ts';
import type { Activity, AssetFacts, Quote, Symbol } from '../domain/market.ts';
import type {
  BrokerOrder,
  CancelOutcome,
  OrderRequest,
  SubmissionOutcome,
} from '../domain/order.ts';

/** A call that got no complete answer. Nothing was decided from it. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
}

export interface Broker {
  /** For people: "paper exchange", "Alpaca paper". */
  readonly name: string;
  /** True where others can trade the account without this process's knowledge; absent where it holds it alone. */
  readonly shared?: boolean;
  /** True where its lists and its account always agree; absent where one may lag behind another. */
  readonly consistent?: boolean;
  /** How many orders may be on their way to it at once; one when absent. */
  readonly atOnce?: number;

  account(): Promise<AccountSnapshot>;
  /** One entry for each symbol the broker knows, in the order asked; unknown ones are absent. */
  assets(symbols: readonly Symbol[]): Promise<readonly AssetFacts[]>;
  /** One entry for each symbol that has a quote now; others are absent. */
  quotes(symbols: readonly Symbol[]): Promise<readonly Quote[]>;

  /**
   * Places an order, by its terms at market or at a limit, for the day or in the closing auction. A client
   * order id already used is answered with that very order.
   */
  submit(order: OrderRequest): Promise<SubmissionOutcome>;
  /**
   * Asks to cancel one order, by its own id: never a symbol, never all. What becomes of the order,
   * only the order says: a fill may come first.
   */
  cancel(clientOrderId: string): Promise<CancelOutcome>;
  /** @returns undefined when the broker has no such order */
  orderByClientId(clientOrderId: string): Promise<BrokerOrder | undefined>;
  /** Every order of the account, oldest first, from `since` on when given. Never part of the set. */
  orders(filter: RecordFilter): Promise<readonly BrokerOrder[]>;
  /**
   * Every execution as it was first, in the order booked, whatever was said of it later. Never part of the
   * set. `cumQty` counts all executions of its order up to it, those that were amended as they were first.
   */
  fills(filter: RecordFilter): Promise<readonly Fill[]>;
  /** Every bust and correction of an execution, in the order booked. Never part of the set. */
  amendments(filter: RecordFilter): Promise<readonly Amendment[]>;
  /** Every other activity, in the order booked. Never part of the set. */
  activities(filter: RecordFilter): Promise<readonly Activity[]>;
}

export interface RecordFilter {
  /** Exchange-local date ("2018-07-17"): records of that session and later ones; all when absent. */
  readonly since?: string;
}
