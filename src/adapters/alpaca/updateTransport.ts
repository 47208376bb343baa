// Stage: alpaca. How trade updates come in: by socket now, by server-sent events with a cursor next.
// Invariant: when `open` returned, every later update is delivered or the connection ends.
import { BrokerError } from '../../ports/broker.ts';
import type { TradeUpdateWire } from '../../wire/alpaca/tradeUpdates.ts';

export interface UpdateHandlers {
  onUpdate(update: TradeUpdateWire): void;
  /** The broker says that updates were left out, or a frame was not understood. */
  onGap(why: string): void;
}

export interface UpdateConnection {
  /** Ends with the reason, however the connection ended. */
  readonly ended: Promise<string>;
  close(): void;
}

export interface UpdateTransport {
  /** For people: "socket", "server-sent events". */
  readonly name: string;
  /**
   * Returns when updates are being listened to.
   *
   * @throws StreamRefused when another attempt cannot help; BrokerError when it may
   */
  open(handlers: UpdateHandlers): Promise<UpdateConnection>;
}

/** The broker refuses the stream: its keys or rights are wrong. */
export class StreamRefused extends BrokerError {}
