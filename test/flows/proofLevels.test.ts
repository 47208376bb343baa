// Stage: tests. Evidence with holes: what is said to be exact is equal to the truth, what has bounds lies within them.
// Invariant: the truth is the fold of the whole journal; no answer is exact that could be another.
import { beforeAll, describe, expect, it } from 'vitest';
import { economicDigest } from '../../src/domain/economicState.ts';
import { applyEvent } from '../../src/domain/ledger/apply.ts';
import { emptyState } from '../../src/domain/ledger/state.ts';
import { proofLevels, type ProofLevels } from '../../src/domain/proofLevels.ts';
import type { PartialEvidence } from '../../src/domain/proofLevels/prefix.ts';
import { divideHalfEven } from '../../src/domain/units/decimal.ts';
import { ONE, total } from '../../src/domain/units/units.ts';
import { recordedRun, type Recorded } from './recorded.ts';

let run: Recorded;
let whole: PartialEvidence;
beforeAll(async () => {
  run = await recordedRun(9, '2020-02-13');
  whole = { ...run.evidence, cut: null };
});

/** The digest of the ledger at the end of a session, folded from the journal's own events. */
function digestAt(session: string): string {
  const state = emptyState();
  for (const event of run.events) {
    applyEvent(state, event);
    if (event.kind === 'cycle_committed' && event.cycle === session) return economicDigest(state);
  }
  throw new Error(`No cycle ${session}.`);
}

/** Shares that each sleeve was filled, by "code symbol side", from the postings of the fold. */
function filledFor(): Map<string, bigint> {
  const state = emptyState();
  const sums = new Map<string, bigint>();
  for (const event of run.events)
    for (const { sleeve, kind, symbol, quantity } of applyEvent(state, event)) {
      if (kind !== 'fill' || quantity === 0n) continue;
      const side = quantity > 0n ? 'buy' : 'sell';
      const key = `${state.sleeves.get(sleeve)?.code} ${symbol} ${side}`;
      sums.set(key, (sums.get(key) ?? 0n) + (quantity > 0n ? quantity : -quantity));
    }
  return sums;
}

const said = ({ answers }: ProofLevels): Record<string, string> =>
  Object.fromEntries(
    answers.map(({ question, level, until }) => [
      question,
      until === null ? level : `exact to ${until}`,
    ]),
  );
const TRADES = 'shares and USD traded by the account';
const FILLED = 'shares that orders filled for each sleeve';
const ACCOUNT = 'shares and cash of the account';
const LEDGER = [
  'shares of each sleeve',
  'cash, lots and profit of each sleeve',
  'plans, crosses and outcomes',
  'shortfall',
];
const ledgerAll = (level: string) => Object.fromEntries(LEDGER.map((each) => [each, level]));

/** The last session committed before the first event that fits. */
function committedBefore(fits: (event: Recorded['events'][number]) => boolean): string {
  const at = run.events.findIndex(fits);
  const last = run.events.slice(0, at).findLast((event) => event.kind === 'cycle_committed');
  if (last?.kind !== 'cycle_committed') throw new Error('nothing was committed before');
  return last.cycle;
}

const isIn = (levels: ProofLevels): void => {
  const truth = filledFor();
  const found = new Set<string>();
  for (const { code, symbol, side, least, most } of levels.attributed) {
    const key = `${code} ${symbol} ${side}`;
    const real = truth.get(key) ?? 0n;
    expect([key, least <= real && real <= most && most - least < 100n]).toEqual([key, true]);
    found.add(key);
  }
  if (levels.unlisted.length === 0)
    expect([...truth.keys()].toSorted()).toEqual([...found].toSorted());
};

describe('the level of a proof', () => {
  it('is exact for everything where nothing is missing, with the digest of the ledger', () => {
    const levels = proofLevels(whole);
    expect(said(levels)).toEqual({
      [TRADES]: 'exact',
      [FILLED]: 'exact',
      [ACCOUNT]: 'exact',
      ...ledgerAll('exact'),
    });
    expect(levels.gap).toBeNull();
    expect(levels.ledger?.digest).toBe(run.digest);
    isIn(levels);
  });

  it('with orders and executions only: trades exact, sleeves by the ids, the rest impossible', () => {
    const levels = proofLevels({ ...whole, inputs: undefined, activities: undefined });
    expect(['exact', 'bounds']).toContain(said(levels)[FILLED]);
    expect(said(levels)).toMatchObject({
      [TRADES]: 'exact',
      [ACCOUNT]: 'impossible',
      ...ledgerAll('impossible'),
    });
    isIn(levels);
    for (const { symbol, side, shares, least, most } of levels.traded) {
      const own = run.evidence.fills.filter((f) => f.symbol === symbol && f.side === side);
      const paid = own.reduce((sum, f) => sum + divideHalfEven(f.price * f.lastQty, ONE), 0n);
      expect([symbol, shares, least, most]).toEqual([
        symbol,
        total(own.map(({ lastQty }) => lastQty)),
        paid,
        paid,
      ]);
    }
    expect(levels.traded.length).toBeGreaterThan(10);
  });

  it('with orders only: the USD lie within the bounds of the averages', () => {
    const levels = proofLevels({
      inputs: undefined,
      cut: null,
      orders: whole.orders,
      fills: undefined,
      amendments: [],
      activities: undefined,
    });
    expect(said(levels)[TRADES]).toBe('bounds');
    let open = 0;
    for (const { symbol, side, shares, least, most } of levels.traded) {
      const own = run.evidence.fills.filter((f) => f.symbol === symbol && f.side === side);
      expect(shares).toBe(total(own.map(({ lastQty }) => lastQty)));
      // In units of 1e-18 USD, so that nothing is rounded.
      const paid = own.reduce((sum, f) => sum + f.price * f.lastQty, 0n);
      expect([symbol, least * ONE <= paid && paid <= most * ONE]).toEqual([symbol, true]);
      // Narrow: less than a millionth of a dollar.
      expect(most - least < 1_000n).toBe(true);
      if (least * ONE !== paid) open += 1;
    }
    expect(open).toBeGreaterThan(5);
  });

  it('without activities: exact up to the session before the first that a decision knew of', () => {
    const levels = proofLevels({ ...whole, activities: undefined });
    const until = committedBefore(({ kind }) => kind === 'activity_recorded');
    expect(said(levels)).toMatchObject({
      [TRADES]: 'exact',
      [ACCOUNT]: 'exact',
      ...ledgerAll(`exact to ${until}`),
    });
    expect(levels.gap).toMatch(/^activity /);
    expect(levels.ledger?.digest).toBe(digestAt(until));
  });

  it('with one order, one execution or one activity gone: exact up to the session before it', () => {
    for (const nth of [30, 60, run.evidence.orders.length - 1]) {
      const lost = run.evidence.orders[nth];
      const orders = run.evidence.orders.filter((order) => order !== lost);
      const levels = proofLevels({ ...whole, orders });
      const until = committedBefore(
        (event) =>
          event.kind === 'decision_point' &&
          event.orders.some(({ clientOrderId }) => clientOrderId === lost?.clientOrderId),
      );
      expect(levels.gap).toBe(`order ${lost?.clientOrderId}`);
      expect(said(levels)).toMatchObject(ledgerAll(`exact to ${until}`));
      expect(levels.ledger?.digest).toBe(digestAt(until));
    }
    for (const nth of [90, run.evidence.fills.length - 1]) {
      const lost = run.evidence.fills[nth];
      const levels = proofLevels({ ...whole, fills: run.evidence.fills.filter((f) => f !== lost) });
      const until = committedBefore(
        (event) => event.kind === 'fill_recorded' && event.fill.id === lost?.id,
      );
      expect(levels.gap).toBe(`executions of order ${lost?.orderId}`);
      expect(said(levels)).toMatchObject({ [TRADES]: 'bounds', ...ledgerAll(`exact to ${until}`) });
      expect(levels.ledger?.digest).toBe(digestAt(until));
    }
  });

  it('with the input log cut anywhere: exact up to the last cycle that is whole', () => {
    const { inputs } = run.evidence;
    for (const length of [40, 111, 200, inputs.length - 3]) {
      const levels = proofLevels({ ...whole, inputs: inputs.slice(0, length), cut: 'line' });
      const last = inputs.slice(0, length).findLast((each) => each.kind === 'cycle_committed');
      const until = last?.kind === 'cycle_committed' ? last.cycle : '';
      expect(said(levels)).toMatchObject(ledgerAll(`exact to ${until}`));
      expect(levels.ledger?.digest).toBe(digestAt(until));
    }
    const none = proofLevels({ ...whole, inputs: inputs.slice(0, 2), cut: 'line 3' });
    expect(said(none)).toMatchObject(ledgerAll('impossible'));
    expect(none.ledger).toBeNull();
  });

  it('is nothing where what is there contradicts itself', () => {
    const [first, ...rest] = run.evidence.fills;
    if (first === undefined) throw new Error('no fill');
    const wrong = { ...first, price: (first.price + 1n) as typeof first.price };
    const levels = proofLevels({ ...whole, fills: [wrong, ...rest] });
    expect(said(levels)).toMatchObject(ledgerAll('impossible'));
    expect(levels.answers.at(-1)?.why).toContain('contradict');
  });
});
