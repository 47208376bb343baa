// Stage: tests. One change of the evidence at a time: the digest differs, or the record is named.
// Invariant: nothing that was recorded can be changed in silence; the order of messages is nothing.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { alterationsOf } from '../../test/flows/alter.ts';
import { recordedRun, type Recorded } from '../../test/flows/recorded.ts';
import type { Fill } from './fill.ts';
import type { DecisionPoint, InputRecord } from './ledger/events.ts';
import type { Activity } from './market.ts';
import type { BrokerOrder } from './order.ts';
import { reconstruct } from './reconstruction.ts';
import { format } from './units/units.ts';
import type { Evidence } from './evidence.ts';

let run: Recorded;
let evidence: Recorded['evidence'];
/** Five sessions of it, for the hundreds of fields of a decision point. */
let short: Recorded;
beforeAll(async () => {
  run = await recordedRun(6, '2020-02-13');
  evidence = run.evidence;
  short = await recordedRun(6, '2020-01-08');
});

/** What a changed evidence gives: whether the digest is another, and the records that are named. */
function verdict(changed: Partial<Evidence>): { digest: boolean; named: string[] } {
  const again = reconstruct({ ...evidence, ...changed });
  return {
    digest: again.digest !== run.digest,
    named: again.mismatches.map(({ record }) => record),
  };
}

const changedInput = (index: number, record: unknown): readonly InputRecord[] =>
  evidence.inputs.with(index, record as InputRecord); // altered within its type

/** Alterations of one record that change nothing and are not named. */
function silent(
  record: unknown,
  put: (altered: unknown) => Partial<Evidence>,
  skip: readonly string[] = [],
): { missed: string[]; tried: number } {
  const missed: string[] = [];
  let tried = 0;
  for (const alteration of alterationsOf(record, skip)) {
    tried += 1;
    const { digest, named } = verdict(put(alteration.record));
    if (!digest && named.length === 0) missed.push(alteration.place);
  }
  return { missed, tried };
}

const indexOf = (matches: (record: InputRecord) => boolean, from = 0): number => {
  const index = evidence.inputs.findIndex((record, at) => at >= from && matches(record));
  expect(index).toBeGreaterThanOrEqual(0);
  return index;
};

describe('the evidence of thirty sessions', () => {
  it('proves the ledger', () => {
    const again = reconstruct(evidence);
    expect(again).toMatchObject({ digest: run.digest, mismatches: [], complete: true });
    expect(again.state.cycles).toBe(30);
    expect(evidence.activities.map(({ kind }) => kind).sort()).toEqual([
      'deposit',
      'dividend',
      'split',
      'withdrawal',
    ]);
  });

  it('gives the same whatever the order of the broker’s lines', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...evidence.fills], { minLength: evidence.fills.length }),
        fc.shuffledSubarray([...evidence.orders], { minLength: evidence.orders.length }),
        fc.shuffledSubarray([...evidence.activities], { minLength: evidence.activities.length }),
        (fills, orders, activities) => {
          expect(verdict({ fills, orders, activities })).toEqual({ digest: false, named: [] });
        },
      ),
      { numRuns: 10 },
    );
  });
});

describe('one field changed', () => {
  it('of a fill: the digest differs and a record is named, whatever the field', () => {
    const partial = evidence.fills.findIndex((fill) => fill.leavesQty > 0n);
    const last = evidence.fills.findIndex((fill, at) => at > 200 && fill.leavesQty === 0n);
    for (const index of [partial, last]) {
      const fill = evidence.fills[index] as Fill;
      for (const { place, record } of alterationsOf(fill)) {
        const found = verdict({ fills: evidence.fills.with(index, record as Fill) });
        expect(found.named, `changed ${place}`).not.toEqual([]);
        expect(found.digest, `changed ${place}`).toBe(true);
      }
    }
  });

  it('of a fill names it, its order or its cycle', () => {
    const index = 100;
    const fill = evidence.fills[index] as Fill;
    const named = (change: Partial<Fill>): string | undefined =>
      verdict({ fills: evidence.fills.with(index, { ...fill, ...change }) }).named[0];
    const more = (units: bigint): bigint => units + 1_000_000_000n;
    expect(named({ price: more(fill.price) as Fill['price'] })).toBe(`order ${fill.orderId}`);
    expect(named({ lastQty: more(fill.lastQty) as Fill['lastQty'] })).toBe(`order ${fill.orderId}`);
    expect(named({ leavesQty: more(fill.leavesQty) as Fill['leavesQty'] })).toBe(`fill ${fill.id}`);
    expect(named({ orderId: 'x' })).toMatch(/^(order|fill) /);
    expect(named({ id: 'x' })).toMatch(/^cycle 2020-01-/);
  });

  it('of an order: the digest differs or a record is named, whatever the field', () => {
    const wanted: readonly ((order: BrokerOrder) => boolean)[] = [
      (order) => order.status === 'filled',
      (order) => order.status === 'expired' && order.filledQuantity > 0n,
      (order) => order.status === 'rejected',
    ];
    for (const matches of wanted) {
      const index = evidence.orders.findIndex(matches);
      const order = evidence.orders[index] as BrokerOrder;
      const put = (record: unknown) => ({
        orders: evidence.orders.with(index, record as BrokerOrder),
      });
      let tried = 0;
      // Each is named: the order, a fill of it, or the cycle it belongs to.
      for (const { place, record } of alterationsOf(order)) {
        tried += 1;
        expect(verdict(put(record)).named, `changed ${place}`).not.toEqual([]);
      }
      expect(tried).toBeGreaterThan(12);
    }
  });

  it('of an order against the plan says what the plan sends', () => {
    const index = evidence.orders.findIndex((order) => order.status === 'rejected');
    const order = evidence.orders[index] as BrokerOrder;
    const told = (change: Partial<BrokerOrder>): readonly string[] =>
      reconstruct({ ...evidence, orders: evidence.orders.with(index, { ...order, ...change }) })
        .mismatches.filter(({ record }) => record === `order ${order.id}`)
        .map(({ expected, found }) => `${expected} | ${found}`);
    const planned = `${order.side} ${format(order.quantity)} ${order.symbol}`;
    const more = (order.quantity + 1n) as BrokerOrder['quantity'];
    expect(told({ quantity: more })).toEqual([
      `${planned}, market day | ${order.side} ${format(more)} ${order.symbol}, market day`,
    ]);
    const side = order.side === 'buy' ? 'sell' : 'buy';
    expect(told({ side })).toEqual([
      `${planned}, market day | ${side} ${format(order.quantity)} ${order.symbol}, market day`,
    ]);
    expect(told({ status: 'expired' })).toEqual([
      'status rejected as known at the close | expired',
    ]);
  });

  it('of a signal: the digest differs and its cycle is named, whatever the field', () => {
    const targets = indexOf(
      (r) => r.kind === 'signal_recorded' && r.signal.kind === 'targets',
      150,
    );
    const failed = indexOf((r) => r.kind === 'signal_recorded' && r.signal.kind === 'failed');
    for (const index of [targets, failed]) {
      const before = evidence.inputs[index];
      const put = (record: unknown) => ({ inputs: changedInput(index, record) });
      let tried = 0;
      for (const { place, record } of alterationsOf(before)) {
        tried += 1;
        const found = verdict(put(record));
        expect(found.digest, `changed ${place}`).toBe(true);
        expect(found.named, `changed ${place}`).not.toEqual([]);
      }
      expect(tried).toBeGreaterThan(8);
    }
  });

  it.each(['open', 'replan', 'close'] as const)(
    'of a decision point (%s): the digest differs and a record is named, whatever the field',
    (trigger) => {
      const { inputs } = short.evidence;
      const index = inputs.findIndex(
        (r, at) => at > 40 && r.kind === 'decision_point' && r.trigger === trigger,
      );
      const point = inputs[index] as DecisionPoint;
      const missed: string[] = [];
      let tried = 0;
      for (const { place, record } of alterationsOf(point)) {
        tried += 1;
        const changed = inputs.with(index, record as DecisionPoint);
        const again = reconstruct({ ...short.evidence, inputs: changed });
        if (again.digest === short.digest || again.mismatches.length === 0) missed.push(place);
      }
      expect(missed).toEqual([]);
      expect(tried).toBeGreaterThan(20);
      expect(point.orders.length + point.quotes.length).toBeGreaterThan(2);
    },
  );

  it.each(['genesis', 'cycle_opened', 'submitted', 'marks_recorded', 'cycle_committed'] as const)(
    'of a record %s: the digest differs or a record is named, whatever the field',
    (kind) => {
      const index =
        kind === 'cycle_opened'
          ? indexOf((r) => r.kind === 'cycle_opened' && r.actions.length > 0)
          : indexOf((r) => r.kind === kind, kind === 'genesis' ? 0 : 100);
      const { missed, tried } = silent(evidence.inputs[index], (record) => ({
        inputs: changedInput(index, record),
      }));
      expect(missed).toEqual([]);
      expect(tried).toBeGreaterThan(1);
    },
  );

  it('of an activity: the digest differs or a record is named, whatever the field', () => {
    for (const [index, activity] of evidence.activities.entries()) {
      const found = silent(activity, (record) => ({
        activities: evidence.activities.with(index, record as Activity),
      }));
      expect(found.missed).toEqual([]);
      expect(found.tried).toBeGreaterThan(3);
    }
  });
});

describe('a record too few', () => {
  it('is named: any fill, any order, any activity', () => {
    for (let index = 0; index < evidence.fills.length; index += 37) {
      const fill = evidence.fills[index] as Fill;
      const found = verdict({ fills: evidence.fills.toSpliced(index, 1) });
      expect(found.named).toContain(`order ${fill.orderId}`);
      expect(found.digest).toBe(true);
    }
    for (let index = 0; index < evidence.orders.length; index += 13) {
      const order = evidence.orders[index] as BrokerOrder;
      const found = verdict({ orders: evidence.orders.toSpliced(index, 1) });
      expect(found.named).toContain(`order ${order.clientOrderId}`);
      expect(found.digest).toBe(true);
    }
    for (const [index, { id }] of evidence.activities.entries()) {
      const found = verdict({ activities: evidence.activities.toSpliced(index, 1) });
      expect(found.named).toContain(`activity ${id}`);
      expect(found.digest).toBe(true);
    }
  });

  it('is named when all activities are missing, or their file', () => {
    const ids = evidence.activities.map(({ id }) => `activity ${id}`);
    for (const activities of [[], undefined]) {
      const { named } = verdict({ activities });
      // A deposit that is missing leaves other orders: the first cause is named, and the fold stops.
      expect(named).toContain(ids[0]);
    }
  });

  it('of the input log breaks what follows, wherever it was', () => {
    for (let index = 0; index < evidence.inputs.length; index += 11) {
      const found = verdict({ inputs: evidence.inputs.toSpliced(index, 1) });
      expect(found.digest, `${index}`).toBe(true);
      expect(found.named, `${index}`).not.toEqual([]);
    }
  });

  it('at the end of the input log leaves orders that no decision knew of', () => {
    const cut = evidence.inputs.findLastIndex((r) => r.kind === 'cycle_opened');
    const found = verdict({ inputs: evidence.inputs.slice(0, cut) });
    expect(found.digest).toBe(true);
    expect(found.named.some((record) => record.startsWith('order '))).toBe(true);
  });
});

describe('a record too many', () => {
  const stranger = (over: Partial<BrokerOrder>): BrokerOrder => ({
    ...(evidence.orders[20] as BrokerOrder),
    id: 'stranger',
    clientOrderId: 'by-hand-1',
    ...over,
  });

  it('is named: an order placed by hand, an id of ours that nobody planned', () => {
    const none = { filledQuantity: 0n, averagePrice: null } as Partial<BrokerOrder>;
    expect(verdict({ orders: [...evidence.orders, stranger(none)] })).toEqual({
      digest: false,
      named: ['order stranger'],
    });
    const ours = stranger({ clientOrderId: (evidence.orders[3] as BrokerOrder).clientOrderId });
    expect(verdict({ orders: [...evidence.orders, ours] }).named).toContain('order stranger');
    const damaged = stranger({
      ...none,
      clientOrderId: (evidence.orders[3] as BrokerOrder).clientOrderId.replace(/.$/, '!'),
    });
    expect(verdict({ orders: [...evidence.orders, damaged] }).named).toContain('order stranger');
  });

  it('is named: the same fill, order or activity twice', () => {
    const fill = evidence.fills[50] as Fill;
    const order = evidence.orders[50] as BrokerOrder;
    const activity = evidence.activities[0] as Activity;
    expect(verdict({ fills: [...evidence.fills, fill] }).named[0]).toBe(`order ${fill.orderId}`);
    expect(verdict({ orders: [...evidence.orders, order] }).named[0]).toBe(`order ${order.id}`);
    expect(verdict({ activities: [...evidence.activities, activity] })).toEqual({
      digest: false,
      named: [`activity ${activity.id}`],
    });
  });

  it('is named: one execution under two ids', () => {
    const fill = evidence.fills[50] as Fill;
    const found = verdict({ fills: [...evidence.fills, { ...fill, id: 'again' }] });
    expect(found.digest).toBe(true);
    expect(found.named[0]).toBe(`order ${fill.orderId}`);
  });

  it('is named: a fill of an order that is not there, an activity nobody knew of', () => {
    const fill = { ...(evidence.fills[50] as Fill), id: 'astray', orderId: 'nowhere' };
    expect(verdict({ fills: [...evidence.fills, fill] }).named).toContain('fill astray');
    const activity = { ...(evidence.activities[0] as Activity), id: 'astray' };
    expect(verdict({ activities: [...evidence.activities, activity] }).named).toEqual([
      'activity astray',
    ]);
  });

  it('of the input log breaks the chain of decisions: any record twice', () => {
    for (let index = 0; index < evidence.inputs.length; index += 17) {
      const record = evidence.inputs[index] as InputRecord;
      const found = verdict({ inputs: evidence.inputs.toSpliced(index, 0, record) });
      expect(found.named, `${index} ${record.kind}`).not.toEqual([]);
    }
  });
});

describe('evidence that contradicts itself', () => {
  it('stops at the record, and says what it broke', () => {
    const index = indexOf((r) => r.kind === 'decision_point' && r.trigger === 'close');
    const again = reconstruct({ ...evidence, inputs: evidence.inputs.toSpliced(index, 1) });
    expect(again.complete).toBe(false);
    expect(again.mismatches.at(-1)).toMatchObject({
      record: `input ${index + 1} (cycle_committed)`,
      expected: 'evidence that follows from itself',
      found: expect.stringMatching(/parents still working/) as string,
    });
  });

  it('never throws, whatever one field of any input record becomes', () => {
    for (let index = 0; index < 60; index += 1) {
      for (const { place, record } of alterationsOf(evidence.inputs[index], [
        'kind',
        'signal.kind',
      ])) {
        if (!place.endsWith(')') && index % 13 !== 0) continue;
        const inputs = evidence.inputs.slice(0, 60).with(index, record as InputRecord);
        expect(() => reconstruct({ ...evidence, inputs }), `${index} ${place}`).not.toThrow();
      }
    }
  });
});
