// Stage: alpaca. The clock of the account: the broker's time, carried on by the machine between readings.
// Invariant: never goes back; a wait ends when the broker's own clock says so.
import { timestamp, type Timestamp } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AlpacaClient } from './client.ts';
import type { Timer } from './rateBudget.ts';

/** Between two readings of the broker's clock while waiting. */
const READ_EVERY_MS = 15_000;

export class BrokerClock implements Clock {
  readonly #client: AlpacaClient;
  readonly #timer: Timer;
  readonly #readEveryMs: number;
  /** The broker's time less the machine's. */
  #aheadMs = 0;
  #latestMs = 0;

  private constructor(client: AlpacaClient, timer: Timer, readEveryMs: number) {
    this.#client = client;
    this.#timer = timer;
    this.#readEveryMs = readEveryMs;
  }

  /** Reads the broker's clock first. @throws BrokerError */
  static async open(
    client: AlpacaClient,
    timer: Timer,
    readEveryMs = READ_EVERY_MS,
  ): Promise<BrokerClock> {
    const clock = new BrokerClock(client, timer, readEveryMs);
    await clock.read();
    return clock;
  }

  /** How far the machine's clock is behind the broker's, in milliseconds; negative when ahead. */
  get skewMs(): number {
    return this.#aheadMs;
  }

  now(): Timestamp {
    this.#latestMs = Math.max(this.#latestMs, this.#timer.nowMs() + this.#aheadMs);
    return timestamp(new Date(this.#latestMs).toISOString());
  }

  async waitUntil(at: Timestamp): Promise<void> {
    while (this.now() < at) {
      const leftMs = Date.parse(at) - Date.parse(this.now());
      await this.#timer.sleep(Math.min(leftMs, this.#readEveryMs));
      await this.read();
    }
  }

  /** Asks the broker what time it is; the answer is as old as half the way there and back. */
  async read(): Promise<void> {
    const sentMs = this.#timer.nowMs();
    const { timestamp: said } = await this.#client.clock();
    const receivedMs = this.#timer.nowMs();
    this.#aheadMs = Date.parse(said) - (sentMs + receivedMs) / 2;
  }
}
