// Stage: backtest. How much of a NAV each symbol was, session by session.
// Invariant: a session whose NAV is unknown counts as held, and weighs nothing in the mean.
import type { SymbolShare } from './history.ts';

interface Held {
  sessions: number;
  weightSum: number;
  lastWeight: number;
}

/** Counts one sleeve, or the account, over a run. */
export class SymbolTally {
  readonly #held = new Map<string, Held>();
  #known = 0;

  /** One close: USD by symbol held, and the NAV they are part of (NaN when unknown). */
  note(worths: ReadonlyMap<string, number>, nav: number): void {
    if (!Number.isNaN(nav)) this.#known += 1;
    for (const held of this.#held.values()) held.lastWeight = 0;
    for (const [symbol, worth] of worths) {
      const held = this.#held.get(symbol) ?? { sessions: 0, weightSum: 0, lastWeight: 0 };
      held.sessions += 1;
      if (!Number.isNaN(nav)) {
        held.lastWeight = worth / nav;
        held.weightSum += held.lastWeight;
      }
      this.#held.set(symbol, held);
    }
  }

  /** Sorted by symbol. */
  shares(): SymbolShare[] {
    return [...this.#held]
      .map(([symbol, held]): SymbolShare => ({
        symbol,
        sessionsHeld: held.sessions,
        meanWeight: this.#known === 0 ? 0 : held.weightSum / this.#known,
        lastWeight: held.lastWeight,
      }))
      .sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  }
}
