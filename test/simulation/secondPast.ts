// Stage: simulation. What each sleeve held at each moment of the last opens, for actions listed late.
// Invariant: shares no code with the product's ledger; holdings are written down, not counted back.
import { heldBy, type SecondSleeve } from './secondSleeve.ts';

interface Moment {
  readonly at: string;
  readonly cycle: number;
  /** Before it, by "sleeve symbol". */
  readonly held: Map<string, bigint>;
  /** Symbols that moved from it to the next one. */
  readonly moved: Set<string>;
}

/** Cycles that are remembered. */
const REMEMBERED = 30;

export class SecondPast {
  #moments: Moment[] = [];
  readonly #firstMoved = new Map<string, string>();

  /** A moment comes; what sleeves have moved until now belongs to the one before. */
  come(at: string, cycle: number, sleeves: readonly SecondSleeve[]): void {
    this.settle(sleeves);
    if (this.#moments.at(-1)?.at === at) return;
    this.#moments.push({ at, cycle, held: holdings(sleeves), moved: new Set() });
    this.#moments = this.#moments.filter((each) => each.cycle >= cycle - REMEMBERED);
  }

  /** Gives what sleeves have moved to the moment that came last. */
  settle(sleeves: readonly SecondSleeve[]): void {
    const last = this.#moments.at(-1);
    for (const { moved } of sleeves) {
      if (last !== undefined) for (const symbol of moved) this.#move(last, symbol);
      moved.clear();
    }
  }

  /** What was held of a symbol before a moment, by sleeve; null when that is forgotten. */
  heldBefore(at: string, symbol: string): ReadonlyMap<string, bigint> | null {
    const first = this.#firstMoved.get(symbol);
    if (first === undefined || first >= at) return new Map();
    if (this.#moments[0] === undefined || this.#moments[0].at > at) return null;
    const then = this.#moments.find((each) => each.at >= at);
    const ending = ` ${symbol}`;
    return new Map(
      [...(then?.held ?? [])]
        .filter(([key]) => key.endsWith(ending))
        .map(([key, shares]) => [key.slice(0, -ending.length), shares]),
    );
  }

  hasMoved(at: string, symbol: string): boolean {
    return this.#moments.some((each) => each.at >= at && each.moved.has(symbol));
  }

  /** Writes an action into the past: what it changed was so at every later moment. */
  rewrite(at: string, cycle: number, sleeves: readonly SecondSleeve[], act: () => void): void {
    this.settle(sleeves);
    const before = holdings(sleeves);
    act();
    for (const { moved } of sleeves) moved.clear();
    const after = holdings(sleeves);
    const index = this.#moments.findIndex((each) => each.at >= at);
    const here = this.#moments[index];
    let own = here;
    if (here !== undefined && here.at !== at) {
      own = { at, cycle, held: new Map(here.held), moved: new Set() };
      this.#moments.splice(index, 0, own);
    }
    for (const key of new Set([...before.keys(), ...after.keys()])) {
      const change = (after.get(key) ?? 0n) - (before.get(key) ?? 0n);
      if (change === 0n) continue;
      if (own !== undefined) this.#move(own, key.slice(key.indexOf(' ') + 1));
      for (const moment of this.#moments)
        if (moment.at > at) moment.held.set(key, (moment.held.get(key) ?? 0n) + change);
    }
  }

  #move({ at, moved }: Moment, symbol: string): void {
    moved.add(symbol);
    if ((this.#firstMoved.get(symbol) ?? at) >= at) this.#firstMoved.set(symbol, at);
  }
}

const holdings = (sleeves: readonly SecondSleeve[]): Map<string, bigint> =>
  new Map(
    sleeves.flatMap((sleeve) =>
      [...sleeve.lots.keys()].map((symbol): [string, bigint] => [
        `${sleeve.id} ${symbol}`,
        heldBy(sleeve, symbol),
      ]),
    ),
  );
