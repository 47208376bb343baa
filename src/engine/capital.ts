// Stage: shell. What people do with capital between two cycles: requests, deposits, withdrawals.
// Invariant: what is refused writes nothing; what the broker booked is taken in once.
import { withdrawalsOf } from '../domain/capital.ts';
import { judgeRequest, nextRequestId } from '../domain/ledger/applyCapital.ts';
import type { TransferRequested, WithdrawalRequested } from '../domain/ledger/events.ts';
import type { LedgerState } from '../domain/ledger/state.ts';
import { HOUSE, type SleeveId } from '../domain/sleeve.ts';
import { maximum, minimum, NO_MONEY, type Money } from '../domain/units/units.ts';
import { newActivities } from './ingest.ts';
import type { Shell } from './shell.ts';

export type Requested =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly problem: string };

/** Records that a person wants cash moved between two sleeves. */
export const requestTransfer = (
  shell: Pick<Shell, 'ledger' | 'clock'>,
  of: { readonly from: SleeveId; readonly to: SleeveId; readonly amount: Money },
): Requested =>
  request(shell, {
    kind: 'transfer_requested',
    id: nextRequestId(shell.ledger.state),
    at: shell.clock.now(),
    ...of,
  });

/** Records that a person wants to take money out. */
export const requestWithdrawal = (
  shell: Pick<Shell, 'ledger' | 'clock'>,
  amount: Money,
): Requested =>
  request(shell, {
    kind: 'withdrawal_requested',
    id: nextRequestId(shell.ledger.state),
    at: shell.clock.now(),
    amount,
  });

function request(
  { ledger, clock }: Pick<Shell, 'ledger' | 'clock'>,
  event: TransferRequested | WithdrawalRequested,
): Requested {
  const problem = judgeRequest(ledger.state, event);
  if (problem !== null) return { ok: false, problem };
  ledger.stage(event, clock.now());
  ledger.commit();
  return { ok: true, id: event.id };
}

/** What of the open withdrawals house can pay now. */
export function fundedWithdrawal(state: LedgerState): Money {
  const house = state.sleeves.get(HOUSE)?.cash ?? NO_MONEY;
  return maximum(minimum(withdrawalsOf(state.requests.values()), house), NO_MONEY);
}

/** Takes in what the broker booked since the last cycle, between two cycles. */
export async function takeInActivities({
  broker,
  ledger,
  clock,
}: Pick<Shell, 'ledger' | 'clock' | 'broker'>): Promise<void> {
  const since = ledger.state.lastCycle;
  const activities = newActivities(
    ledger.state,
    await broker.activities(since === null ? {} : { since }),
  );
  if (activities.length === 0) return;
  for (const activity of activities)
    ledger.stage({ kind: 'activity_recorded', activity }, clock.now());
  const activityIds = activities.map(({ id }) => id);
  ledger.stage({ kind: 'activities_known', at: clock.now(), activityIds }, clock.now());
  ledger.commit();
}
