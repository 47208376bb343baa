// Stage: tests. The audit on random accounts: YES as recorded, NO when any link of a chain is taken out.
// Invariant: each kind of record is dropped or changed once, and the question it belongs to answers NO.
import { beforeAll, describe, expect, it } from 'vitest';
import { auditRecords } from '../../src/apps/cli/commands/audit.ts';
import { audit, type Answer } from '../../src/domain/audit.ts';
import type { AuditRecords } from '../../src/domain/audit/records.ts';
import type { LedgerEvent } from '../../src/domain/ledger/events.ts';
import { quantity } from '../../src/domain/units/units.ts';
import { session } from '../../src/domain/time.ts';
import { runRange } from './account.ts';
import { FROM, openLively } from './lively.ts';

const PROOF = { ledger: 'd', reconstruction: 'd', mismatches: 0, tables: [] };

async function recordsOf(seed: number, to = '2020-01-24'): Promise<AuditRecords> {
  const account = openLively(seed);
  await runRange(account, FROM, session(to));
  return { ...(await auditRecords(account.journal, account.exchange)), proof: PROOF };
}

let records: AuditRecords;
beforeAll(async () => {
  records = await recordsOf(9, '2020-01-31');
});

const shown = (answers: readonly Answer[]): string[] => answers.map(({ answer }) => answer);
const saysNo = (changed: AuditRecords): number[] =>
  audit(changed).flatMap(({ number, answer }) => (answer === 'NO' ? [number] : []));

/** The records without the first entry of a kind that holds something to miss. */
function without(kind: LedgerEvent['kind'], nth = 0): AuditRecords {
  const at = records.entries.flatMap(({ event }, index) => (event.kind === kind ? [index] : []));
  const gone = at[nth];
  expect(gone).toBeDefined();
  return { ...records, entries: records.entries.filter((_, index) => index !== gone) };
}

const dropRow = (
  table: 'postings' | 'outcomes' | 'demands',
  which: (row: Record<string, string>) => boolean,
) => {
  const at = records[table].findIndex(which);
  expect(at).toBeGreaterThanOrEqual(0);
  return { ...records, [table]: records[table].filter((_, index) => index !== at) };
};

describe('the audit', () => {
  it.each([1, 2, 3, 4])('finds every chain whole, seed %i', async (seed) => {
    const answers = audit(await recordsOf(seed));
    expect(answers.flatMap(({ findings }) => findings)).toEqual([]);
    expect(shown(answers)).not.toContain('NO');
  });

  it('answers YES where all has happened, and NOT YET of nothing', () => {
    expect(shown(audit(records))).toEqual(Array.from({ length: 7 }, () => 'YES'));
    const nothing = {
      ...records,
      entries: [],
      postings: [],
      outcomes: [],
      demands: [],
      broker: { orders: [], fills: [], amendments: [] },
    };
    expect(shown(audit(nothing))).toEqual(Array.from({ length: 7 }, () => 'NOT YET'));
  });

  it('counts how the orders that were accepted ended, as the broker has them', () => {
    const { orders } = records.broker;
    const byStatus = Object.entries(Object.groupBy(orders, ({ status }) => status));
    const line = audit(records)[5]?.evidence.find((each) => each.startsWith('what became')) ?? '';
    expect(line).toContain(`what became of the ${orders.length} accepted: `);
    const said = [...line.matchAll(/(\d+) ([a-z]+)(?=[,;])/g)].map(([, count, end]) => [
      end,
      count,
    ]);
    expect(Object.fromEntries(said)).toEqual(
      Object.fromEntries(byStatus.map(([status, some]) => [status, String(some.length)])),
    );
    expect(said.map(([end]) => end)).toEqual(
      expect.arrayContaining(['filled', 'expired', 'rejected']),
    );
    const inPart = orders.filter((o) => o.status !== 'filled' && o.filledQuantity > 0n);
    expect(line).toContain(`; ${inPart.length} of those not filled were filled in part`);
  });

  it.each<[LedgerEvent['kind'], number]>([
    ['signal_recorded', 1],
    ['plan_decided', 5],
    ['submitted', 3],
    ['order_reported', 4],
    ['fill_recorded', 4],
    ['decision_point', 5],
    ['cycle_opened', 6],
  ])('says NO without one %s', (kind, question) => {
    for (const nth of [0, 3, 7])
      expect([nth, saysNo(without(kind, nth))]).toEqual([nth, expect.arrayContaining([question])]);
  });

  it('says NO without one outcome, demand, allocation or leg of a cross', () => {
    expect(saysNo(dropRow('outcomes', ({ kind }) => kind === 'suppressed'))).toEqual([5]);
    expect(saysNo(dropRow('outcomes', ({ kind }) => kind === 'ordered'))).toEqual([5]);
    expect(saysNo(dropRow('demands', () => true))).toEqual([3]);
    expect(saysNo(dropRow('postings', ({ kind }) => kind === 'fill'))).toContain(4);
    expect(saysNo(dropRow('postings', ({ kind }) => kind === 'cross'))).toContain(1);
  });

  it('says NO when an intent has no outcome in any plan', () => {
    const entries = records.entries.map((entry) => {
      const { event } = entry;
      if (event.kind !== 'plan_decided' || event.decision.trigger !== 'open') return entry;
      const [, ...outcomes] = event.decision.outcomes;
      return { ...entry, event: { ...event, decision: { ...event.decision, outcomes } } };
    });
    expect(saysNo({ ...records, entries })).toContain(1);
  });

  it('says NO when the broker has an order or a fill that the journal lacks, or the reverse', () => {
    const { orders, fills } = records.broker;
    expect(saysNo({ ...records, broker: { ...records.broker, orders: orders.slice(1) } })).toEqual([
      6,
    ]);
    expect(saysNo({ ...records, broker: { ...records.broker, fills: fills.slice(1) } })).toEqual([
      6,
    ]);
    expect(
      saysNo({
        ...records,
        broker: { ...records.broker, fills: [...fills, ...fills.slice(0, 1)] },
      }),
    ).toEqual([6]);
  });

  it('says NO when one amount is another', () => {
    const changed = records.entries.map((entry) =>
      entry.event.kind === 'fill_recorded'
        ? {
            ...entry,
            event: {
              ...entry.event,
              fill: { ...entry.event.fill, lastQty: quantity(entry.event.fill.lastQty + 1n) },
            },
          }
        : entry,
    );
    expect(saysNo({ ...records, entries: changed })).toContain(4);
    expect(saysNo({ ...records, proof: { ...PROOF, reconstruction: 'e' } })).toEqual([7]);
    expect(saysNo({ ...records, proof: { ...PROOF, tables: ['sleeves'] } })).toEqual([5]);
  });
});

describe('every single record, taken out alone', () => {
  let few: AuditRecords;
  beforeAll(async () => {
    few = await recordsOf(6, '2020-01-06');
  });
  const missed = <T>(
    list: readonly T[],
    without: (rest: readonly T[]) => AuditRecords,
    name: (record: T) => string,
  ): string[] =>
    list.flatMap((each, index) =>
      saysNo(without(list.toSpliced(index, 1))).length > 0 ? [] : [name(each)],
    );

  it('of the journal makes an answer NO', () => {
    expect(saysNo(few)).toEqual([]);
    const { entries } = few;
    expect(
      missed(
        entries,
        (rest) => ({ ...few, entries: rest }),
        ({ id }) => id,
      ),
    ).toEqual([]);
    expect(entries.length).toBeGreaterThan(150);
    expect(new Set(entries.map(({ event }) => event.kind)).size).toBeGreaterThan(9);
  }, 120_000);

  it('of the tables or the broker makes an answer NO', () => {
    const shownRow = (row: object): string => JSON.stringify(row);
    for (const table of ['postings', 'outcomes', 'demands'] as const) {
      const rows = few[table];
      expect([table, missed(rows, (rest) => ({ ...few, [table]: rest }), shownRow)]).toEqual([
        table,
        [],
      ]);
      expect(rows.length).toBeGreaterThan(30);
    }
    const { broker } = few;
    const id = (record: { readonly id: string }): string => record.id;
    expect(
      missed(broker.orders, (orders) => ({ ...few, broker: { ...broker, orders } }), id),
    ).toEqual([]);
    expect(missed(broker.fills, (fills) => ({ ...few, broker: { ...broker, fills } }), id)).toEqual(
      [],
    );
  }, 120_000);
});
