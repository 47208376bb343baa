// Stage: tests. The figures of a run against the same figures counted another way.
// Invariant: every figure can be counted again by anyone who has the broker's records and the cycles.
import { describe, expect, it } from 'vitest';
import { runRange } from '../../test/flows/account.ts';
import { FROM, openLively } from '../../test/flows/lively.ts';
import { session } from '../domain/time.ts';
import { notional, total } from '../domain/units/units.ts';
import { countEvent, startReport } from './runReport.ts';

describe('the report of a run', () => {
  it('counts what the broker and the cycles say', async () => {
    const account = openLively(2);
    const results = await runRange(account, FROM, session('2020-01-31'));
    const report = startReport();
    for (const { event } of account.journal.read()) countEvent(report, event);
    const orders = await account.exchange.orders({});
    const fills = await account.exchange.fills({});
    const cycles = results.map(({ cycle }) => cycle);
    const crosses = cycles.flatMap(({ decisions }) => decisions.flatMap((d) => d.crosses));
    const parts = cycles.flatMap((cycle) =>
      [...cycle.outcomes.values()].flatMap((outcome) => outcome.parts),
    );
    expect(report).toMatchObject({
      sessions: 21,
      first: '2020-01-02',
      last: '2020-01-31',
      signals: cycles.length * account.shell.strategies.size,
      failedSignals: cycles
        .flatMap((c) => [...c.signals.values()])
        .filter((s) => s.kind === 'failed').length,
      orders: orders.length,
      childOrders: orders.length,
      fills: fills.length,
      partialFills: fills.filter((fill) => fill.leavesQty > 0n).length,
      expiredOrders: orders.filter((order) => order.status === 'expired').length,
      rejectedOrders: orders.filter((order) => order.status === 'rejected').length,
      crosses: crosses.length,
      crossedNotional: total(crosses.map((cross) => notional(cross.price, cross.quantity))),
      breaks: 0,
    });
    const counted = [...report.parts.values()].reduce((sum, count) => sum + count, 0);
    expect(counted).toBe(parts.length);
    for (const [key, count] of report.parts) {
      expect(parts.filter((part) => `${part.kind}/${part.reason}` === key)).toHaveLength(count);
    }
    expect(report.sessionsCrossedOverOnePercent).toBeGreaterThan(0);
    expect(report.sessionsLeftAndEntered).toBeGreaterThan(0);
  });
});
