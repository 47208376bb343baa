// Stage: none; tests of the plan's parents.
// Invariant: the same decision gives the same id; any other decision another.
import { describe, expect, it } from 'vitest';
import { decodeOrderId } from './clientOrderId.ts';
import type { Symbol } from './market.ts';
import type { NetDemand } from './netting.ts';
import type { Side } from './order.ts';
import { marketChild, requestOf } from './child.ts';
import { childId, openParent, type Parent } from './plan.ts';
import type { SleeveId } from './sleeve.ts';
import { session } from './time.ts';
import { format, parsePrice, parseQuantity, total } from './units/units.ts';

const sleeve = (id: string): SleeveId => id as SleeveId; // well-formed
const CODES = new Map([
  [sleeve('a'), 2],
  [sleeve('b'), 3],
]);

const net = (shares: Readonly<Record<string, string>>, side: Side = 'buy'): NetDemand => {
  const demands = Object.entries(shares).map(([id, text]) => ({
    sleeve: sleeve(id),
    quantity: parseQuantity(text),
  }));
  const symbol = 'AAPL' as Symbol; // well-formed
  return { symbol, side, quantity: total(demands.map((one) => one.quantity)), demands };
};

const parent = (of: NetDemand, cycle = '2024-03-15', account = 'main', arrival = '150'): Parent =>
  openParent(of, {
    account,
    cycle: session(cycle),
    codes: CODES,
    revision: 0,
    arrivalPrice: parsePrice(arrival),
  });

describe('a parent', () => {
  it('asks the broker for the sum of its demands, under its own id', () => {
    const opened = parent(net({ a: '60', b: '40' }));
    expect(requestOf(opened, marketChild(opened))).toEqual({
      clientOrderId: opened.clientOrderId,
      symbol: 'AAPL',
      side: 'buy',
      quantity: parseQuantity('100'),
      type: 'market',
      limitPrice: null,
      timeInForce: 'day',
    });
    expect(opened.demands.map((one) => `${one.sleeve} ${format(one.quantity)}`)).toEqual([
      'a 60',
      'b 40',
    ]);
  });

  it('carries contributors and shares in its id, so that an order leads back to its sleeves', () => {
    const decoded = decodeOrderId(
      parent(net({ a: '38.461538462', b: '11.538461538' })).clientOrderId,
    );
    expect(decoded).toMatchObject({
      kind: 'ours',
      symbol: 'AAPL',
      session: '2024-03-15',
      side: 'buy',
      demands: {
        demands: [
          { code: 2, quantity: parseQuantity('38.461538462') },
          { code: 3, quantity: parseQuantity('11.538461538') },
        ],
      },
    });
  });

  it('has one id for one decision, so that a resend is nothing new (incident 6)', () => {
    const id = parent(net({ a: '60', b: '40' })).clientOrderId;
    expect(parent(net({ a: '60', b: '40' })).clientOrderId).toBe(id);
    // What it met when it was sent is no part of the decision.
    expect(parent(net({ a: '60', b: '40' }), '2024-03-15', 'main', '151').clientOrderId).toBe(id);
  });

  it.each([
    ['another split of the same shares', parent(net({ a: '40', b: '60' }))],
    ['one unit more', parent(net({ a: '60.000000001', b: '40' }))],
    ['the other side', parent(net({ a: '60', b: '40' }, 'sell'))],
    ['another session', parent(net({ a: '60', b: '40' }), '2024-03-18')],
    ['another account', parent(net({ a: '60', b: '40' }), '2024-03-15', 'other')],
  ])('has another id for %s', (_difference, other) => {
    const opened = parent(net({ a: '60', b: '40' }));
    expect(other.clientOrderId).not.toBe(opened.clientOrderId);
    expect(other.digest).not.toBe(opened.digest);
  });

  it('gives each child an id of its own that carries the same demands (incident 11)', () => {
    const opened = parent(net({ a: '60', b: '40' }));
    const ids = [0, 1, 2].map((attempt) =>
      childId(opened, { account: 'main', codes: CODES }, attempt),
    );
    expect(ids[0]).toBe(opened.clientOrderId);
    expect(new Set(ids).size).toBe(3);
    const decoded = ids.map((id) => decodeOrderId(id));
    expect(decoded.map((one) => (one.kind === 'ours' ? one.attempt : one.kind))).toEqual([0, 1, 2]);
    const demands = decoded.map((one) => (one.kind === 'ours' ? one.demands : null));
    expect(demands[1]).toEqual(demands[0]);
    expect(demands[2]).toEqual(demands[0]);
  });

  it('is not opened for a sleeve without a code: its order could not be traced', () => {
    expect(() => parent(net({ ghost: '1' }))).toThrow('Sleeve ghost has no code');
  });
});
