// Stage: tests. Orders, fills and activities to text and back, and every way a line can be wrong.
// Invariant: a wrong line is named by file, line and field, and nothing of its file is used.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fill } from '../../domain/fill.ts';
import { asSymbol, type Activity, type Symbol } from '../../domain/market.ts';
import type { BrokerOrder, OrderStatus } from '../../domain/order.ts';
import { session, timestamp, type Session, type Timestamp } from '../../domain/time.ts';
import {
  money,
  parseMoney,
  parsePrice,
  parseQuantity,
  price,
  quantity,
} from '../../domain/units/units.ts';
import { readActivities, writeActivities } from './activities.ts';
import type { Evidence } from './evidence.ts';
import { readFills, writeFills } from './fills.ts';
import { readOrders, writeOrders } from './orders.ts';

const SPY = asSymbol('SPY') as Symbol; // a symbol
const NOON = timestamp('2018-07-17T16:00:00.123Z');
const CLOSE = timestamp('2018-07-17T20:00:00.000Z');

const order: BrokerOrder = {
  id: '2d7be4ff-d1f3-83e9-856a-0f5cf5c5088e',
  clientOrderId: 'as1-SPY-20180717-b-0-0-abcdef',
  symbol: SPY,
  side: 'buy',
  quantity: parseQuantity('10.5'),
  type: 'limit',
  limitPrice: parsePrice('280.5'),
  timeInForce: 'day',
  filledQuantity: parseQuantity('4'),
  averagePrice: parsePrice('280.123456789'),
  status: 'expired',
  submittedAt: NOON,
  endedAt: CLOSE,
  rejectReason: null,
};

const fill: Fill = {
  id: 'a5abe576-6a8a-89f3-a353-46b72c1ccae9',
  orderId: order.id,
  symbol: SPY,
  side: 'sell',
  lastQty: parseQuantity('2.000000001'),
  cumQty: parseQuantity('4'),
  leavesQty: parseQuantity('6.5'),
  price: parsePrice('280.12'),
  at: NOON,
};

const dividend: Activity = {
  kind: 'dividend',
  id: 'd-1',
  symbol: SPY,
  date: session('2018-07-17'),
  cash: parseMoney('12.34'),
};
const split: Activity = {
  kind: 'split',
  id: 's-1',
  symbol: SPY,
  date: session('2018-07-17'),
  quantity: parseQuantity('-7.000000001'),
};

describe('the lines', () => {
  it('of an order have the shape of Alpaca’s order object', () => {
    expect(writeOrders([order])).toBe(
      '{"id":"2d7be4ff-d1f3-83e9-856a-0f5cf5c5088e","client_order_id":"as1-SPY-20180717-b-0-0-abcdef",' +
        '"created_at":null,"updated_at":null,"submitted_at":"2018-07-17T16:00:00.123Z","filled_at":null,' +
        '"expired_at":"2018-07-17T20:00:00.000Z","expires_at":null,"canceled_at":null,"failed_at":null,' +
        '"replaced_at":null,"replaced_by":null,"replaces":null,"asset_id":null,"symbol":"SPY",' +
        '"asset_class":"us_equity","notional":null,"qty":"10.5","filled_qty":"4",' +
        '"filled_avg_price":"280.123456789","order_class":"","order_type":"limit","type":"limit",' +
        '"side":"buy","position_intent":"buy_to_open","time_in_force":"day","limit_price":"280.5",' +
        '"stop_price":null,"status":"expired","extended_hours":false,"legs":null,"trail_percent":null,' +
        '"trail_price":null,"hwm":null,"source":null,"subtag":null,"reject_reason":null}\n',
    );
  });

  it('of a fill have the shape of Alpaca’s FILL activity', () => {
    expect(writeFills([fill], [])).toBe(
      '{"activity_type":"FILL","id":"a5abe576-6a8a-89f3-a353-46b72c1ccae9",' +
        '"order_id":"2d7be4ff-d1f3-83e9-856a-0f5cf5c5088e","order_status":"partially_filled",' +
        '"symbol":"SPY","side":"sell","type":"partial_fill","price":"280.12","qty":"2.000000001",' +
        '"cum_qty":"4","leaves_qty":"6.5","transaction_time":"2018-07-17T16:00:00.123Z"}\n',
    );
  });

  it('of dividends and splits have the shape of Alpaca’s activities', () => {
    expect(writeActivities([dividend, split])).toBe(
      '{"activity_type":"DIV","activity_sub_type":"CDIV","id":"d-1","date":"2018-07-17",' +
        '"net_amount":"12.34","symbol":"SPY","status":"executed","currency":"USD"}\n' +
        '{"activity_type":"SPLIT","id":"s-1","date":"2018-07-17","net_amount":"0","symbol":"SPY",' +
        '"qty":"-7.000000001","status":"executed","currency":"USD"}\n',
    );
  });

  it('are none for nothing, and nothing is read from none', () => {
    expect([writeOrders([]), writeFills([], []), writeActivities([])]).toEqual(['', '', '']);
    expect(readOrders('', 'orders.jsonl')).toEqual({ ok: true, records: [] });
  });
});

describe('reading', () => {
  const counts = fc.bigInt({ min: 1n, max: 10n ** 17n });
  const ids = fc.string({ minLength: 1, maxLength: 40 });
  const symbols = fc
    .constantFrom('SPY', 'BRK.B', 'A', 'ZZZZZZ/WS')
    .map((of) => asSymbol(of) ?? SPY);
  const times = fc
    .date({ min: new Date('2000-01-03'), max: new Date('2040-01-01'), noInvalidDate: true })
    .map((date) => timestamp(date.toISOString()));
  const dates: fc.Arbitrary<Session> = times.map((at: Timestamp) => session(at.slice(0, 10)));
  const statuses: readonly OrderStatus[] = [
    'new',
    'accepted',
    'pending_new',
    'partially_filled',
    'filled',
    'canceled',
    'expired',
    'rejected',
    'replaced',
  ];
  const working = new Set<OrderStatus>(['new', 'accepted', 'pending_new', 'partially_filled']);
  const orders: fc.Arbitrary<BrokerOrder> = fc
    .record({
      id: ids,
      clientOrderId: ids,
      symbol: symbols,
      side: fc.constantFrom('buy' as const, 'sell' as const),
      filled: fc.bigInt({ min: 0n, max: 10n ** 17n }),
      open: counts,
      average: counts,
      status: fc.constantFrom(...statuses),
      submittedAt: times,
      ended: times,
      reason: fc.option(fc.string()),
      limit: counts,
      type: fc.constantFrom('market', 'limit', 'stop'),
      timeInForce: fc.constantFrom('day', 'cls', 'opg', 'gtc'),
    })
    .map(({ filled, open, average, status, ended, reason, limit, ...rest }) => ({
      ...rest,
      limitPrice: rest.type === 'limit' ? price(limit) : null,
      status,
      quantity: quantity(status === 'filled' ? filled + 1n : filled + open),
      filledQuantity: quantity(status === 'filled' ? filled + 1n : filled),
      averagePrice: status === 'filled' || filled > 0n ? price(average) : null,
      endedAt: working.has(status) ? null : ended,
      rejectReason: status === 'rejected' ? reason : null,
    }));
  const fills: fc.Arbitrary<Fill> = fc
    .record({
      id: ids,
      orderId: ids,
      symbol: symbols,
      side: fc.constantFrom('buy' as const, 'sell' as const),
      lastQty: counts.map(quantity),
      before: fc.bigInt({ min: 0n, max: 10n ** 17n }),
      leavesQty: fc.bigInt({ min: 0n, max: 10n ** 17n }).map(quantity),
      price: counts.map(price),
      at: times,
    })
    .map(({ before, ...rest }) => ({ ...rest, cumQty: quantity(before + rest.lastQty) }));
  const activities: fc.Arbitrary<Activity> = fc.oneof(
    fc.record({
      kind: fc.constant('dividend' as const),
      id: ids,
      symbol: symbols,
      date: dates,
      cash: fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }).map(money),
    }),
    fc.record({
      kind: fc.constant('split' as const),
      id: ids,
      symbol: symbols,
      date: dates,
      quantity: fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }).map(quantity),
    }),
  );
  const unique = <T extends { readonly id: string }>(of: fc.Arbitrary<T>) =>
    fc.uniqueArray(of, { selector: ({ id }) => id, maxLength: 8 });

  it('gives back what was written, and writing that the same bytes', () => {
    fc.assert(
      fc.property(unique(orders), unique(fills), unique(activities), (some, more, rest) => {
        expect(readOrders(writeOrders(some), 'o')).toEqual({ ok: true, records: some });
        expect(readFills(writeFills(more, []), 'f')).toEqual({ ok: true, records: more });
        expect(readActivities(writeActivities(rest), 'a')).toEqual({ ok: true, records: rest });
      }),
    );
  });

  it('takes Alpaca’s own digits, cutting instants to the millisecond', () => {
    const raw = writeFills([fill], [])
      .replace('16:00:00.123Z', '16:00:00.123987654Z')
      .replace('"280.12"', '"280.120000000"')
      .replace('"symbol"', '"swap_rate":1.5,"symbol"');
    expect(readFills(raw, 'f')).toEqual({ ok: true, records: [fill] });
    const second = writeFills([fill], []).replace('.123Z', 'Z');
    expect(readFills(second, 'f')).toMatchObject({
      records: [{ at: '2018-07-17T16:00:00.000Z' }],
    });
  });

  it('finds every cut of a file that is not at the end of a line', () => {
    const text = writeFills([fill, { ...fill, id: 'other' }], []);
    const ends = new Set<number>();
    for (let length = 0; length < text.length; length += 1) {
      if (readFills(text.slice(0, length), 'f').ok) ends.add(length);
    }
    const line = text.indexOf('\n');
    // A whole line is a line with or without its line feed.
    expect([...ends]).toEqual([0, line, line + 1, text.length - 1]);
  });
});

type Read = (text: string, file: string) => Evidence<unknown>;

/** The second of three lines has one key changed, removed (undefined) or its text replaced. */
function located(read: Read, line: string, field: string, value: unknown): Evidence<unknown> {
  const object = { ...(JSON.parse(line) as Record<string, unknown>), [field]: value };
  const others = [0, 2].map((index) =>
    JSON.stringify({ ...(JSON.parse(line) as object), id: `other ${index}` }),
  );
  return read([others[0], JSON.stringify(object), others[1], ''].join('\n'), 'evidence.jsonl');
}

describe('activities of every kind', () => {
  const head = { id: 'x', date: session('2018-07-17') };
  const cash = parseMoney('-1.25');
  const shares = parseQuantity('-0.5');
  const KINDS: { readonly [K in Activity['kind']]: Extract<Activity, { kind: K }> } = {
    dividend: { kind: 'dividend', ...head, symbol: SPY, cash },
    split: { kind: 'split', ...head, symbol: SPY, quantity: shares },
    deposit: { kind: 'deposit', ...head, cash: parseMoney('1.25') },
    withdrawal: { kind: 'withdrawal', ...head, cash },
    withholding: { kind: 'withholding', ...head, symbol: SPY, cash },
    interest: { kind: 'interest', ...head, cash },
    fee: { kind: 'fee', ...head, fee: 'TAF', tradeDate: session('2018-07-16'), cash },
    cash_in_lieu: { kind: 'cash_in_lieu', ...head, symbol: SPY, quantity: shares, cash },
    merger: { kind: 'merger', ...head, symbol: SPY, quantity: shares, cash: parseMoney('0') },
    symbol_change: { kind: 'symbol_change', ...head, symbol: SPY, quantity: shares },
    spin_off: { kind: 'spin_off', ...head, symbol: SPY, quantity: shares },
    journal: {
      kind: 'journal',
      ...head,
      symbol: SPY,
      quantity: shares,
      cash: parseMoney('0'),
      price: parsePrice('280.5'),
    },
    other: { kind: 'other', ...head, type: 'OPASN', symbol: null, quantity: shares, cash },
  };

  it.each(Object.values(KINDS))('$kind is read as it was written', (activity) => {
    expect(readActivities(writeActivities([activity]), 'activities.jsonl')).toEqual({
      ok: true,
      records: [activity],
    });
  });

  it('keeps a fraction that came to no cent apart from the shares of its split', () => {
    const activity = { ...KINDS.cash_in_lieu, cash: parseMoney('0') };
    expect(readActivities(writeActivities([activity]), 'activities.jsonl')).toEqual({
      ok: true,
      records: [activity],
    });
  });

  it.each<readonly [string, unknown, Partial<Extract<Activity, { kind: 'other' }>>]>([
    ['activity_type', 'TYPE_OF_2030', { type: 'TYPE_OF_2030 CDIV', cash: dividend.cash }],
    ['symbol', null, { type: 'DIV CDIV', symbol: null, cash: dividend.cash }],
    ['status', 'canceled', { type: 'DIV CDIV status:canceled', cash: parseMoney('0') }],
  ])('without a rule (%s %j) is kept as it was', (field, value, expected) => {
    const result = located(readActivities, writeActivities([dividend]), field, value);
    expect(result).toMatchObject({ ok: true, records: [{}, { kind: 'other', ...expected }, {}] });
    const [, kept] = result.ok ? (result.records as Activity[]) : [];
    if (kept === undefined) throw new Error('nothing was read');
    expect(readActivities(writeActivities([kept]), 'activities.jsonl')).toEqual({
      ok: true,
      records: [kept],
    });
  });
});

describe('a wrong line', () => {
  const orderLine = writeOrders([order]);
  const fillLine = writeFills([fill], []);
  const dividendLine = writeActivities([dividend]);
  const splitLine = writeActivities([split]);

  it.each<readonly [Read, string, string, unknown, string]>([
    [readOrders, orderLine, 'id', undefined, 'a text'],
    [readOrders, orderLine, 'client_order_id', '', 'a text that is not empty'],
    [readOrders, orderLine, 'symbol', 'spy', 'a symbol like "SPY"'],
    [readOrders, orderLine, 'side', 'short', '"buy" or "sell"'],
    [readOrders, orderLine, 'qty', 10.5, 'a decimal string like "12.5"'],
    [readOrders, orderLine, 'qty', null, 'a decimal string with at most 9 decimals'],
    [readOrders, orderLine, 'qty', '0', 'a quantity above zero'],
    [readOrders, orderLine, 'qty', '10.0000000001', 'a decimal string with at most 9 decimals'],
    [readOrders, orderLine, 'filled_qty', '11', 'from 0 to qty 10.5'],
    [readOrders, orderLine, 'filled_avg_price', null, 'the average price of what is filled'],
    [readOrders, orderLine, 'status', 'held', 'a status that this version knows'],
    [readOrders, orderLine, 'expired_at', null, 'the instant at which it was expired'],
    [readOrders, orderLine, 'canceled_at', CLOSE, 'null in an order that is expired'],
    [readOrders, orderLine, 'submitted_at', '2018-02-30T16:00:00Z', 'an instant that exists'],
    [readOrders, orderLine, 'submitted_at', '2018-07-17T16:00:61Z', 'an instant that exists'],
    [readOrders, orderLine, 'order_type', 'market', 'the type "limit" again'],
    [readOrders, orderLine, 'reject_reason', 5, 'a text or null'],
    [readFills, fillLine, 'activity_type', 'DIV', '"FILL"'],
    [readFills, fillLine, 'order_id', undefined, 'a text'],
    [readFills, fillLine, 'price', 280.12, 'a decimal string like "12.5"'],
    [readFills, fillLine, 'price', '0', 'a price above zero'],
    [readFills, fillLine, 'qty', '-2', 'a quantity above zero'],
    [readFills, fillLine, 'cum_qty', '1', "at least this execution's qty 2.000000001"],
    [readFills, fillLine, 'leaves_qty', '-1', 'a quantity of zero or above'],
    [readFills, fillLine, 'type', 'fill', '"partial_fill" with leaves_qty 6.5'],
    [readFills, fillLine, 'order_status', 'filled', '"partially_filled" after 4 of 10.5'],
    [
      readFills,
      fillLine,
      'transaction_time',
      '16:00',
      'an instant in UTC like "2018-07-17T13:30:00.123Z"',
    ],
    [readActivities, dividendLine, 'net_amount', 12.34, 'a decimal string like "12.5"'],
    [
      readActivities,
      dividendLine,
      'net_amount',
      undefined,
      'a decimal string with at most 9 decimals',
    ],
    [readActivities, dividendLine, 'date', '2018-02-30', 'a date that exists'],
    [readActivities, dividendLine, 'symbol', 'spy', 'a symbol like "SPY"'],
    [readActivities, dividendLine, 'currency', 'EUR', '"USD"'],
    [readActivities, splitLine, 'qty', null, 'a decimal string with at most 9 decimals'],
  ])('is named by its field (%#)', (read, line, field, value, expected) => {
    const result = located(read, line, field, value);
    expect(result.ok).toBe(false);
    const [error, ...more] = result.ok ? [] : result.errors;
    const found = value === undefined ? 'nothing' : JSON.stringify(value);
    expect(more.filter((other) => other.field === field)).toEqual([]);
    expect(error).toMatchObject({ file: 'evidence.jsonl', line: 2, field, expected, found });
    expect(error?.message).toContain(`evidence.jsonl:2 ${field}: expected ${expected}, found`);
    expect(error?.message).toMatch(/Restore the line from the broker's records\.$/);
  });

  it.each([
    ['{"id":', '{"id":'],
    ['', 'an empty line'],
    ['   ', 'an empty line'],
    ['not json', 'not json'],
  ])('that is no JSON object (%j) is named whole', (content, found) => {
    const result = readFills(`${fillLine}${content}\n${fillLine.replace(fill.id, 'x')}`, 'f');
    expect(result).toMatchObject({
      ok: false,
      errors: [{ file: 'f', line: 2, field: null, expected: 'one JSON object', found }],
    });
  });

  it.each(['[]', '5', '"text"', 'null'])('that is %s is named whole', (content) => {
    expect(readOrders(content, 'o')).toMatchObject({
      ok: false,
      errors: [{ line: 1, field: null, expected: 'an order object', found: content }],
    });
  });

  it('that repeats an id names both lines', () => {
    expect(readFills(fillLine + fillLine, 'f')).toMatchObject({
      ok: false,
      errors: [{ line: 2, field: 'id', expected: 'an id of its own (line 1 has it)' }],
    });
  });

  it('is named with every other one', () => {
    const bad = fillLine.replace('"280.12"', '280.12').replace('"sell"', '"x"');
    const result = readFills(`${bad}{\n${bad.replace(fill.id, 'y').replace('"6.5"', '""')}`, 'f');
    const places = result.ok ? [] : result.errors.map(({ line, field }) => [line, field]);
    expect(places).toEqual([
      [1, 'price'],
      [2, null],
      [3, 'price'],
      [3, 'leaves_qty'],
    ]);
  });
});
