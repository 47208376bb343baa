// Stage: alpaca. Requests a minute: spends what Alpaca allows and no more.
// Invariant: in any 60 seconds at most `perMinute` requests begin; a refused one makes all wait.

/** Time that passes for requests: the machine's, or a test's. */
export interface Timer {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Returns after that time, or at once when the signal ends the wait. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const machineTimer: Timer = {
  nowMs: () => Date.now(),
  sleep: async (ms, signal) => {
    if (signal?.aborted === true) return;
    await new Promise<void>((wake) => {
      const timer = setTimeout(wake, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        wake();
      });
    });
  },
};

/** A tenth may go at once, the rest is spread over the minute: the sum never exceeds the limit. */
const BURST_SHARE = 10;

export class RateBudget {
  readonly #timer: Timer;
  readonly #burst: number;
  readonly #msPerRequest: number;
  #tokens: number;
  #filledAt: number;
  #pausedUntil = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(perMinute: number, timer: Timer) {
    this.#timer = timer;
    this.#burst = Math.max(1, Math.floor(perMinute / BURST_SHARE));
    this.#msPerRequest = 60_000 / Math.max(1, perMinute - this.#burst);
    this.#tokens = this.#burst;
    this.#filledAt = timer.nowMs();
  }

  /** Returns when the next request may begin; in the order of asking. */
  async take(): Promise<void> {
    const turn = this.#queue.then(async () => this.#wait());
    this.#queue = turn;
    await turn;
  }

  /** Nothing begins before this instant: the broker said so. */
  pauseUntil(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, ms);
  }

  async #wait(): Promise<void> {
    for (;;) {
      this.#fill();
      const now = this.#timer.nowMs();
      if (now >= this.#pausedUntil && this.#tokens >= 1) break;
      const forToken = this.#tokens >= 1 ? 0 : (1 - this.#tokens) * this.#msPerRequest;
      await this.#timer.sleep(Math.max(1, Math.ceil(Math.max(this.#pausedUntil - now, forToken))));
    }
    this.#tokens -= 1;
  }

  #fill(): void {
    const now = this.#timer.nowMs();
    // A clock that was set back gives nothing and takes nothing.
    const passed = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(this.#burst, this.#tokens + passed / this.#msPerRequest);
    this.#filledAt = now;
  }
}
