// Stage: simulation. How a finding is told.
// Invariant: every finding names the invariant that is broken.

/** An invariant that does not hold. */
export class Broken extends Error {
  override readonly name = 'Broken';
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`);
    this.invariant = invariant;
  }
}

/** @throws Broken unless it holds */
export function require(invariant: string, holds: boolean, message: string): void {
  if (!holds) throw new Broken(invariant, message);
}

/** @throws Broken naming the first line that differs */
export function same(
  invariant: string,
  what: string,
  expected: readonly string[],
  found: readonly string[],
): void {
  const length = Math.max(expected.length, found.length);
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [expected[index] ?? 'nothing more', found[index] ?? 'nothing more'];
    if (left !== right)
      throw new Broken(invariant, `${what} differ.\n    expected ${left}\n    found    ${right}`);
  }
}
