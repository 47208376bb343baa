// Stage: audit. The links from a fact to its postings, and from a cycle to its end.
// Invariant: no posting without its event; what a fact moved is what its postings sum to.
import type { LedgerEvent } from '../ledger/events.ts';
import { absolute, format, money, ONE, subtract, total, type Money } from '../units/units.ts';
import { toPosting, type AuditCycle, type AuditRecords, type Finding } from './records.ts';

/** Every posting has its event; the postings of an opening or an activity sum to what it moved. */
export function postingFindings({ entries, postings }: AuditRecords): Finding[] {
  const known = new Set(entries.map(({ id }) => id));
  const rows = postings.map(toPosting);
  const byEvent = new Map<string, Money[]>();
  for (const { event, cash } of rows) {
    const sums = byEvent.get(event);
    if (sums === undefined) byEvent.set(event, [cash]);
    else sums.push(cash);
  }
  const orphans = [...byEvent.keys()].filter((event) => !known.has(event));
  return [
    ...entries.flatMap(({ id, event }) =>
      event.kind === 'genesis'
        ? openingFindings(event.configuration.sleeves.length + OWN, byEvent.get(id)?.length ?? 0)
        : [],
    ),
    ...orphans.map((event) => ({
      record: `posting of ${event}`,
      expected: 'the event that made it',
      found: 'none',
    })),
    ...entries.flatMap(({ id, event }): Finding[] => {
      const moved = movedBy(event);
      if (moved === null) return [];
      const posted = total(byEvent.get(id) ?? []);
      if (absolute(subtract(posted, moved.cash)) <= moved.tolerance) return [];
      return [
        {
          record: id,
          expected: `postings of ${format(moved.cash)} USD`,
          found: format(posted),
        },
      ];
    }),
  ];
}

/** House and suspense open beside the sleeves of the configuration. */
const OWN = 2;

const openingFindings = (sleeves: number, opened: number): Finding[] =>
  sleeves === opened
    ? []
    : [
        {
          record: 'genesis',
          expected: `an opening of each of ${sleeves} sleeves`,
          found: String(opened),
        },
      ];

/** A dividend pays what was earned, rounded to the cent by the broker; the rest is exact. */
function movedBy(event: LedgerEvent): { readonly cash: Money; readonly tolerance: Money } | null {
  if (event.kind === 'genesis') return { cash: event.cash, tolerance: money(0n) };
  if (event.kind !== 'activity_recorded' || !('cash' in event.activity)) return null;
  const cent = money(ONE / 100n);
  return {
    cash: event.activity.cash,
    tolerance: event.activity.kind === 'dividend' ? cent : money(0n),
  };
}

/** A cycle that was decided to its close is committed with it, and one that is committed was marked. */
export function endFindings(cycle: AuditCycle): Finding[] {
  const record = `cycle ${cycle.cycle}`;
  const findings: Finding[] = [];
  if (cycle.committed === null && cycle.decisions.at(-1)?.trigger === 'close')
    findings.push({ record, expected: 'its commit with the last decision', found: 'none' });
  if (cycle.committed !== null && !cycle.marked)
    findings.push({ record, expected: 'the marks that its profit rests on', found: 'none' });
  return findings;
}
