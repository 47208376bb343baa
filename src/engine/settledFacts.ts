// Stage: broker → decision. The facts of one moment: executions, activities and the account that follows.
// Invariant: what the broker's lists do not agree on yet is waited for, never taken for a break; what
// still differs after that is recorded as it is.
import type { AccountSnapshot } from '../domain/account.ts';
import { ledgerTotals, type OpenCycle } from '../domain/ledger/state.ts';
import { reconcile, type Break } from '../domain/reconciliation.ts';
import { timestamp, type Timestamp } from '../domain/time.ts';
import { compareText } from '../domain/units/units.ts';
import { ingestBrokerFacts, type Ingested } from './ingest.ts';
import type { Shell } from './shell.ts';

export interface SettledFacts {
  readonly ingested: Ingested;
  readonly snapshot: AccountSnapshot;
}

/** Orders, positions and executions of one broker were seen apart for up to 10 s (Alpaca-API#276). */
const WAITS_MS = [250, 500, 1000, 2000, 3000, 5000] as const;

/**
 * Takes in what the broker booked and reads the account. Where the two do not agree, an execution came
 * in between or a list is behind: both are read again, some times. A difference that this cycle knows
 * already is not waited for, nor any at a broker whose lists never lag.
 */
export async function settledFacts(shell: Shell, cycle: OpenCycle): Promise<SettledFacts> {
  let ingested = await ingestBrokerFacts(shell, cycle);
  let snapshot = await shell.broker.account();
  for (const wait of shell.broker.consistent === true ? [] : WAITS_MS) {
    if (!differs(shell, cycle, snapshot)) break;
    await shell.clock.waitUntil(later(shell.clock.now(), wait));
    ingested = joined(ingested, await ingestBrokerFacts(shell, cycle));
    snapshot = await shell.broker.account();
  }
  return { ingested, snapshot };
}

function differs({ ledger }: Shell, cycle: OpenCycle, snapshot: AccountSnapshot): boolean {
  const known = new Set((cycle.decisions[0]?.breaks ?? []).map(nameOf));
  return reconcile(ledgerTotals(ledger.state), snapshot).some((found) => !known.has(nameOf(found)));
}

const nameOf = ({ kind, symbol, difference }: Break): string =>
  [kind, symbol ?? '', difference].join(' ');

/** What two readings took in, one after the other: the later word on an order counts. */
function joined(first: Ingested, second: Ingested): Ingested {
  const others = new Map(
    [...first.others, ...second.others].map((order) => [order.clientOrderId, order]),
  );
  return {
    orders: second.orders,
    others: [...others.values()],
    activityIds: [...first.activityIds, ...second.activityIds].sort(compareText),
  };
}

const later = (at: Timestamp, milliseconds: number): Timestamp =>
  timestamp(new Date(Date.parse(at) + milliseconds).toISOString());
