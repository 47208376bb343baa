// Stage: apps. Says that a kill is in force.
// Invariant: said by every command that would trade.
import type { LedgerState } from '../../domain/ledger/state.ts';
import type { Output } from './usage.ts';

/** Said every time: an account that quietly trades nothing looks like one with nothing to do. */
export function noteKill({ kill }: LedgerState, output: Output): void {
  if (kill === null) return;
  output.note(
    `KILLED: ${kill.reason}. No order leaves since ${kill.at}; \`assay arm\` lets orders go again.`,
  );
}
