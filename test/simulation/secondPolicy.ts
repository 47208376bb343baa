// Stage: simulation. How a symbol's parents are carried out, and what is known of one that walks.
// Invariant: shares no code with the product; the policies are those of the recorded configuration.
import type { ExecutionPolicy } from '../../src/domain/execution.ts';
import type { Limits } from '../../src/domain/limits/settings.ts';

export interface SecondWalk {
  readonly policy: ExecutionPolicy;
  /** Ask or bid of the quote it was planned on, moved by the allowance and kept in the collar. */
  readonly worst: bigint | null;
  readonly children: { readonly id: string; readonly at: string; asked: string | null }[];
  end: string | null;
  /** What ended it was measured so: " 400000 of 1000000000"; null until it ended. */
  figures: string | null;
}

export function policyFor({ execution }: Limits, symbol: string): ExecutionPolicy {
  for (const own of execution.symbols) if (own.symbol === symbol) return own.policy;
  return execution.everySymbol;
}
