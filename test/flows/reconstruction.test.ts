// Stage: tests. The four evidence files: changed, cut, doubled and shuffled as files.
// Invariant: a changed file gives another digest, a named record or a named line; never the same proof.
import { beforeAll, describe, expect, it } from 'vitest';
import { readActivities, writeActivities } from '../../src/adapters/evidence/activities.ts';
import { executionsIn, readFills, writeFills } from '../../src/adapters/evidence/fills.ts';
import { readOrders, writeOrders } from '../../src/adapters/evidence/orders.ts';
import { readInputLog } from '../../src/domain/inputLog.ts';
import { reconstruct } from '../../src/domain/reconstruction.ts';
import { recordedRun, type Recorded } from './recorded.ts';

interface Files {
  readonly signals: string;
  readonly orders: string;
  readonly fills: string;
  readonly activities: string;
}

let run: Recorded;
let files: Files;
beforeAll(async () => {
  run = await recordedRun(9, '2020-02-13');
  const { orders, fills, activities } = run.evidence;
  files = {
    signals: `${run.signals}\n`,
    orders: writeOrders(orders),
    fills: writeFills(fills, []),
    activities: writeActivities(activities),
  };
});

/** "proved", "digest" for another one alone, or the first record or line that is named. */
function outcomeOf(changed: Partial<Files>): string {
  const given = { ...files, ...changed };
  const inputs = readInputLog(given.signals);
  if (!inputs.ok) return `line signals ${inputs.problem.line}`;
  const orders = readOrders(given.orders, 'orders');
  const fills = readFills(given.fills, 'fills');
  const activities = readActivities(given.activities, 'activities');
  for (const read of [orders, fills, activities]) {
    if (!read.ok) return `line ${read.errors[0]?.file} ${read.errors[0]?.line}`;
  }
  if (!orders.ok || !fills.ok || !activities.ok) return 'unread';
  const again = reconstruct({
    inputs: inputs.records,
    orders: orders.records,
    ...executionsIn(fills.records),
    activities: activities.records,
  });
  if (again.mismatches.length > 0) return again.mismatches[0]?.record ?? '';
  return again.digest === run.digest ? 'proved' : 'digest';
}

const linesOf = (text: string): string[] => text.split('\n').slice(0, -1);
const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** Another value for a key of a line. */
function otherValue(key: string, value: unknown): unknown {
  if (value === null) return '1';
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'string') return 7;
  if (/^-?\d+(\.\d+)?$/.test(value)) return String(Number(value) + 1);
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return value.replace(/^2020-\d\d/, '2020-03');
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return '2020-03-02';
  if (key === 'side') return value === 'buy' ? 'sell' : 'buy';
  if (key === 'symbol') return value === 'SPY' ? 'TLT' : 'SPY';
  return `${value}x`;
}

/** What a change of each key of one line gives. */
function changesOf(name: 'orders' | 'fills' | 'activities', index: number): Map<string, string> {
  const lines = linesOf(files[name]);
  const line = JSON.parse(lines[index] ?? '') as Record<string, unknown>;
  const outcomes = new Map<string, string>();
  for (const [key, value] of Object.entries(line)) {
    const changed = JSON.stringify({ ...line, [key]: otherValue(key, value) });
    outcomes.set(key, outcomeOf({ [name]: textOf(lines.with(index, changed)) }));
  }
  return outcomes;
}

const proved = (outcomes: ReadonlyMap<string, string>): string[] =>
  [...outcomes].filter(([, outcome]) => outcome === 'proved').map(([key]) => key);

const SHAPE_ONLY = ['asset_class', 'order_class', 'position_intent', 'extended_hours'];

describe('the four files of thirty sessions', () => {
  it('prove the ledger, in any order of their lines', () => {
    expect(outcomeOf({})).toBe('proved');
    const turned = (text: string): string => textOf(linesOf(text).reverse());
    expect(
      outcomeOf({
        orders: turned(files.orders),
        fills: turned(files.fills),
        activities: turned(files.activities),
      }),
    ).toBe('proved');
    const swapped = linesOf(files.fills);
    [swapped[40], swapped[41]] = [swapped[41] ?? '', swapped[40] ?? ''];
    expect(outcomeOf({ fills: textOf(swapped) })).toBe('proved');
  });

  it('name what is wrong with any key of an order but those that no record carries', () => {
    const statuses = ['filled', 'expired', 'rejected'] as const;
    for (const status of statuses) {
      const index = run.evidence.orders.findIndex((order) => order.status === status);
      const silent = proved(changesOf('orders', index));
      const line = JSON.parse(linesOf(files.orders)[index] ?? '') as Record<string, unknown>;
      // Keys of Alpaca's order that no record of ours carries: written for its shape, read by nobody.
      expect(silent.filter((key) => line[key] !== null)).toEqual(SHAPE_ONLY);
      expect(silent.length).toBeLessThan(Object.keys(line).length / 1.5);
    }
  });

  it('name what is wrong with any key of a fill', () => {
    for (const index of [0, 100, run.evidence.fills.length - 1]) {
      const outcomes = changesOf('fills', index);
      expect(proved(outcomes)).toEqual([]);
      expect([...outcomes.values()]).not.toContain('digest');
      expect(outcomes.get('price')).toBe(`order ${run.evidence.fills[index]?.orderId}`);
    }
  });

  it('name what is wrong with any key of an activity', () => {
    for (const index of run.evidence.activities.keys()) {
      const silent = proved(changesOf('activities', index));
      const line = JSON.parse(linesOf(files.activities)[index] ?? '') as Record<string, unknown>;
      // What sort of dividend it is, no posting depends on.
      const worded = line['activity_type'] === 'DIV' ? ['activity_sub_type'] : [];
      expect(silent.filter((key) => line[key] !== null)).toEqual(worded);
    }
  });

  it('name the line of the input log that was changed', () => {
    const lines = linesOf(files.signals);
    for (let index = 0; index < lines.length; index += 23) {
      const line = lines[index] ?? '';
      const changed = line.replace(/"(sleeve|at|cycle|clientOrderId|asOf)":"(.)/, '"$1":"0');
      expect(changed).not.toBe(line);
      expect(outcomeOf({ signals: textOf(lines.with(index, changed)) })).toBe(
        `line signals ${index + 1}`,
      );
      expect(outcomeOf({ signals: textOf(lines.toSpliced(index, 1)) })).toBe(
        `line signals ${index + 1}`,
      );
    }
  });

  it('name a line that is dropped, doubled, cut or no JSON, in any of them', () => {
    for (const name of ['orders', 'fills', 'activities'] as const) {
      const lines = linesOf(files[name]);
      const line = lines[1] ?? '';
      expect(outcomeOf({ [name]: textOf(lines.toSpliced(1, 1)) }), `in ${name}`).toMatch(
        /^(order|fill|activity) /,
      );
      expect(outcomeOf({ [name]: textOf([...lines, line]) }), `in ${name}`).toBe(
        `line ${name} ${lines.length + 1}`,
      );
      expect(outcomeOf({ [name]: textOf(lines.with(1, line.slice(0, -9))) }), `in ${name}`).toBe(
        `line ${name} 2`,
      );
      expect(outcomeOf({ [name]: files[name].slice(0, -30) }), `in ${name}`).toBe(
        `line ${name} ${lines.length}`,
      );
      expect(outcomeOf({ [name]: '' }), `in ${name}`).toMatch(/^(order|fill|activity) /);
    }
  });

  it('are not proved by the files of another account', async () => {
    const other = (await recordedRun(5, '2020-01-31')).evidence;
    expect(outcomeOf({ orders: writeOrders(other.orders) })).not.toBe('proved');
    expect(outcomeOf({ fills: writeFills(other.fills, []) })).not.toBe('proved');
    expect(outcomeOf({ activities: writeActivities(other.activities) })).not.toBe('proved');
  });
});
