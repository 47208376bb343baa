// Stage: none; used by every stage of the core.
// Invariant: a broken rule stops the program before anything is written.

/** A bug in Assay (never bad input): the state it would have produced must not be written. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/**
 * Stops when a rule of the money is broken. Always on, in production too.
 *
 * @param condition the rule
 * @param message what is broken, with expected and found; called only on failure
 * @throws InvariantError
 */
export function invariant(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new InvariantError(message());
}

/** Marks a branch that the closed unions make impossible; fails to compile when one is added. */
export function unreachable(value: never): never {
  // JSON.stringify refuses bigint, which is what the units are made of.
  const shown = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'bigint' ? `${part}n` : part,
  );
  throw new InvariantError(`Unhandled case: ${shown}`);
}
