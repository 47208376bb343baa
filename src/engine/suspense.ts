// Stage: shell. What people say of breaks and of what suspense holds, between two cycles.
// Invariant: what is refused writes nothing.
import { judgeAssignment, nextAssignmentId } from '../domain/ledger/applyAssignment.ts';
import { judgeExplanation } from '../domain/ledger/breaks.ts';
import { judgeCashAssignment } from '../domain/ledger/waitingCash.ts';
import { NO_MONEY } from '../domain/units/units.ts';
import type { Assigned, BreakExplained, CashAssigned } from '../domain/ledger/events.ts';
import type { Requested } from './capital.ts';
import type { Shell } from './shell.ts';

type Desk = Pick<Shell, 'ledger' | 'clock'>;

/** Records why a break is as it is. */
export function explainBreak(
  { ledger, clock }: Desk,
  of: Pick<BreakExplained, 'break' | 'reason'>,
): Requested {
  const sequence = ledger.state.breaksExplained + 1;
  const event: BreakExplained = { kind: 'break_explained', sequence, at: clock.now(), ...of };
  const problem = judgeExplanation(ledger.state, event);
  if (problem !== null) return { ok: false, problem };
  ledger.stage(event, clock.now());
  ledger.commit();
  return { ok: true, id: event.break };
}

/** Gives cash that nobody has a claim to an owner: all that waits of a fact, as its rule says, when not said otherwise. */
export function assignCash(
  { ledger, clock }: Desk,
  of: Pick<CashAssigned, 'break' | 'to' | 'reason'> & Partial<Pick<CashAssigned, 'amount' | 'as'>>,
): Requested {
  const id = nextAssignmentId(ledger.state);
  const waits = ledger.state.waiting.get(of.break);
  const amount = of.amount ?? waits?.amount ?? NO_MONEY;
  const as = of.as ?? (waits?.as === 'flows' ? 'flow' : 'profit');
  const event: CashAssigned = { kind: 'cash_assigned', id, at: clock.now(), ...of, amount, as };
  const problem = judgeCashAssignment(ledger.state, event);
  if (problem !== null) return { ok: false, problem };
  ledger.stage(event, clock.now());
  ledger.commit();
  return { ok: true, id };
}

/** Gives shares of suspense an owner. */
export function assignShares(
  { ledger, clock }: Desk,
  of: Pick<Assigned, 'symbol' | 'quantity' | 'to' | 'cost' | 'reason'>,
): Requested {
  const id = nextAssignmentId(ledger.state);
  const event: Assigned = { kind: 'assigned', id, at: clock.now(), ...of };
  const problem = judgeAssignment(ledger.state, event);
  if (problem !== null) return { ok: false, problem };
  ledger.stage(event, clock.now());
  ledger.commit();
  return { ok: true, id };
}
