// Stage: paper exchange. The way back from a change of the book that did not come to its end.
// Invariant: after `run` the book in memory is what it was when the transaction began.

export class Undo {
  #inverses: (() => void)[] = [];

  /** Notes how a change just made is taken back. */
  note(inverse: () => void): void {
    this.#inverses.push(inverse);
  }

  /** The changes stand. */
  forget(): void {
    this.#inverses = [];
  }

  /** Takes the changes back, newest first. */
  run(): void {
    for (const inverse of this.#inverses.reverse()) inverse();
    this.#inverses = [];
  }
}
