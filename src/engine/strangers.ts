// Stage: plan → orders. Whether somebody else trades the account in the name of this cycle.
// Invariant: an order of ours that the journal does not know stops the cycle before the next one leaves.
import { decodeOrderId } from '../domain/clientOrderId.ts';
import type { OpenCycle } from '../domain/ledger/state.ts';
import { CycleHalted, type Shell } from './shell.ts';

/**
 * Looks for orders of this session that bear our ids and are not of this journal. A copy of the
 * journal, or a second machine, plans for itself: another plan has other ids, the same plan the same.
 *
 * @throws CycleHalted naming the first one
 */
export async function refuseStrangers({ broker }: Shell, cycle: OpenCycle): Promise<void> {
  if (broker.shared !== true) return;
  const { cycle: session } = cycle.opened;
  const strangers = (await broker.orders({ since: session })).filter(({ clientOrderId }) => {
    if (cycle.children.has(clientOrderId)) return false;
    const id = decodeOrderId(clientOrderId);
    return id.kind === 'ours' && id.session === session;
  });
  const [first] = strangers;
  if (first === undefined) return;
  throw new CycleHalted(
    `The broker holds order ${first.clientOrderId} of ours for ${session}, which this journal does not know (expected none, found ${strangers.length}): ` +
      'another process trades this account, from a copy of the journal or from another machine. No further order was sent and the cycle stays open. ' +
      'Remedy: stop one of the two; then compare both journals with the broker by `assay reconstruct --broker --signals FILE` before either goes on.',
  );
}
