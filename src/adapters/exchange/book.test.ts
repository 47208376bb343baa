// Stage: tests. The book in memory and its rows: one and the same, whatever happens in between.
// Invariant: compared as a whole, after every change.
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, it } from 'vitest';
import { sessionClose, sessionOpen } from '../../domain/calendar.ts';
import { session } from '../../domain/time.ts';
import {
  negate,
  NO_MONEY,
  parseMoney,
  parsePrice,
  parseQuantity,
  quantity,
} from '../../domain/units/units.ts';
import { symbol } from '../../../test/contracts/barMarket.ts';
import { Book } from './book.ts';
import { BookRows, type BookedRows } from './bookRows.ts';
import { TABLES } from './tables.ts';
import { MARKET_TERMS } from '../../domain/order.ts';

const DAY = session('2018-07-17');
const OPEN = sessionOpen(DAY);
const CLOSE = sessionClose(DAY);
const AAA = symbol('AAA');
const DOLLARS = parseMoney('10');
const TWO = parseQuantity('2');

describe('The book', () => {
  let db: DatabaseSync;
  let book: Book;

  beforeEach(() => {
    db = new DatabaseSync(':memory:');
    db.exec(TABLES);
    book = new Book(false, db);
    book.atomically(() => {
      book.account.startState({ now: OPEN, cash: parseMoney('100'), actionsThrough: DAY });
      takeOrder('first');
    });
  });

  it('holds in memory what its rows say', () => {
    book.atomically(everyChange);
    expect(inMemory(book)).toEqual(inMemory(new Book(false, db, rows())));
    expect(rows()).toMatchObject({
      state: { now: CLOSE, cash: parseMoney('80'), actionsThrough: DAY },
      holdings: [{ symbol: AAA, quantity: TWO }],
      orders: [{ sequence: 1, report: { status: 'filled', averagePrice: parsePrice('10') } }, {}],
      entitlements: [{ id: 'paid', paid: true }],
    });
  });

  it('goes back as a whole when a change breaks a rule at its end', () => {
    const before = { memory: inMemory(book), rows: rows() };
    const change = (): void => {
      everyChange();
      book.account.moveCash(parseMoney('-80.01'));
    };
    expect(() => book.atomically(change)).toThrow('Cash would fall to -0.01 in a cash account.');
    expect({ memory: inMemory(book), rows: rows() }).toEqual(before);
    book.atomically(everyChange);
    expect(inMemory(book)).toEqual(inMemory(new Book(false, db, rows())));
  });

  it('goes back as a whole when the disk refuses', () => {
    const before = inMemory(book);
    db.exec(
      `CREATE TRIGGER full BEFORE INSERT ON activities BEGIN SELECT RAISE(ABORT, 'disk is full'); END`,
    );
    expect(() => book.atomically(everyChange)).toThrow('disk is full');
    expect(inMemory(book)).toEqual(before);
    expect(inMemory(new Book(false, db, rows()))).toEqual(before);
  });

  it.each<readonly [string, () => void, string]>([
    ['an order', () => takeOrder('first'), 'Order first is booked.'],
    ['an activity', () => [1, 2].forEach(addSplit), 'Activity split is booked.'],
    ['a dividend', () => [1, 2].forEach(owe), 'Dividend paid is owed already.'],
  ])('takes %s once', (_what, change, message) => {
    const before = inMemory(book);
    expect(() => book.atomically(change)).toThrow(message);
    expect(inMemory(book)).toEqual(before);
  });

  it('changes an order only as it stands', () => {
    const [order] = book.orders.openOrders();
    if (order === undefined) throw new Error('The test has no order.');
    const ended = { filledQuantity: quantity(0n), status: 'expired', endedAt: CLOSE } as const;
    const change = (): void =>
      book.orders.changeOrder(order, { ...ended, paid: 0n, reserved: NO_MONEY });
    book.atomically(change);
    expect(() => book.atomically(change)).toThrow('Order 1 has moved on.');
  });

  function takeOrder(clientOrderId: string): void {
    book.orders.addOrder({
      id: `id of ${clientOrderId}`,
      request: { clientOrderId, symbol: AAA, side: 'buy', quantity: TWO, ...MARKET_TERMS },
      session: DAY,
      submittedAt: OPEN,
      rejectAt: null,
      rejectReason: null,
      slices: [{ at: CLOSE, quantity: TWO, price: parsePrice('10') }],
      promised: TWO,
      reserved: parseMoney('20'),
      bar: {
        open: parsePrice('10'),
        high: parsePrice('11'),
        low: parsePrice('9'),
        close: parsePrice('10'),
        volume: parseQuantity('1000'),
      },
    });
  }

  function addSplit(): void {
    book.account.addActivity(
      { kind: 'split', id: 'split', symbol: AAA, date: DAY, quantity: parseQuantity('0') },
      DAY,
    );
  }

  function owe(): void {
    book.account.addEntitlement({
      id: 'paid',
      symbol: AAA,
      exDate: DAY,
      payDate: DAY,
      perShare: parsePrice('0'),
      quantity: TWO,
    });
  }

  function everyChange(): void {
    const { account, orders } = book;
    takeOrder('second');
    const [slice] = orders.dueSlices(CLOSE);
    const [order] = orders.openOrders();
    if (slice === undefined || order === undefined) throw new Error('The test has no order.');
    orders.addFill(
      order,
      {
        id: 'fill',
        orderId: order.report.id,
        symbol: AAA,
        side: 'buy',
        lastQty: TWO,
        cumQty: TWO,
        leavesQty: quantity(0n),
        price: slice.price,
        at: CLOSE,
      },
      negate(parseMoney('20')),
    );
    orders.removeSlice(slice);
    orders.changeOrder(order, {
      filledQuantity: TWO,
      status: 'filled',
      endedAt: CLOSE,
      paid: slice.price * TWO,
      reserved: NO_MONEY,
    });
    account.moveCash(negate(DOLLARS));
    account.moveCash(negate(DOLLARS));
    account.movePosition(AAA, TWO);
    owe();
    for (const owed of account.unpaid(DAY)) account.markPaid(owed);
    addSplit();
    account.setNow(CLOSE);
  }

  const rows = (): BookedRows => new BookRows(db).read();
});

const inMemory = ({ account, orders }: Book): unknown => ({
  state: account.state(),
  holdings: account.holdings(),
  open: orders.openOrders(),
  orders: orders.orders('').map(({ clientOrderId }) => orders.orderByClientId(clientOrderId)),
  slices: orders.dueSlices(CLOSE),
  fills: orders.bookedFills(''),
  unpaid: account.unpaid(DAY),
  activities: account.activities(''),
});
