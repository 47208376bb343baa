// Stage: paper exchange. A broker of its own: account, orders, executions, and its own time.
// Invariant: what a call answered is in its book, durable, before the call returned.
import type { Timestamp } from '../../domain/time.ts';
import type { Money } from '../../domain/units/units.ts';
import type { Broker } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MarketData } from '../../ports/marketData.ts';
import type { ExchangeSettings } from './settings.ts';

export interface ExchangeOptions {
  /** The exchange's own SQLite book; ":memory:" for one that ends with the process. */
  readonly file: string;
  readonly accountId: string;
  /** Whole cents, not negative. */
  readonly openingCash: Money;
  readonly market: MarketData;
  /** Where the clock of a new book starts; an existing book continues at its own time. */
  readonly startsAt: Timestamp;
  readonly settings: ExchangeSettings;
}

/** Broker and clock in one: its time is simulated, durable in the book, and moved by `waitUntil`. */
export interface Exchange extends Broker, Clock {
  /** Closes the book; the exchange answers nothing more. */
  close(): void;
}
