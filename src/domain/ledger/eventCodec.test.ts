// Stage: tests. Every event of real runs, there and back, and spoilt in every place.
// Invariant: decode(encode(event)) = event; what is spoilt is refused at its place.
import { beforeAll, describe, expect, it } from 'vitest';
import { recordedRun } from '../../../test/flows/recorded.ts';
import { canonicalJson, type Json } from '../canonical.ts';
import { DecodeError } from '../codec.ts';
import { asSymbol, type Symbol } from '../market.ts';
import type { Arithmetic } from '../outcome.ts';
import type { SleeveId } from '../sleeve.ts';
import { session, timestamp } from '../time.ts';
import { parseMoney, parsePrice, parseQuantity } from '../units/units.ts';
import { eventText, inputRecordCodec, ledgerEventCodec } from './eventCodec.ts';
import { INPUT_KINDS, isInput, type LedgerEvent } from './events.ts';

type Tree = { [key: string]: Tree } | Tree[] | string | number | boolean | null;

/** What no run of sessions makes by itself. */
const BY_A_PERSON: readonly LedgerEvent[] = [
  { kind: 'killed', at: timestamp('2020-01-31T20:00:00.000Z'), reason: 'prices look wrong' },
  { kind: 'armed', at: timestamp('2020-01-31T21:00:00.000Z'), reason: 'checked' },
  {
    kind: 'break_explained',
    sequence: 1,
    at: timestamp('2020-01-31T21:00:00.000Z'),
    break: 'position SPY',
    reason: 'my own',
  },
  {
    kind: 'assigned',
    id: 'x1',
    at: timestamp('2020-01-31T21:00:00.000Z'),
    symbol: asSymbol('SPY') ?? ('' as Symbol), // a symbol
    quantity: parseQuantity('3'),
    to: 'growth' as SleeveId, // well-formed
    cost: parseMoney('285'),
    reason: 'bought for it',
  },
  {
    kind: 'cash_assigned',
    id: 'x2',
    at: timestamp('2020-01-31T21:00:00.000Z'),
    break: 'unmatched_activity a1',
    amount: parseMoney('12.5'),
    to: 'growth' as SleeveId, // well-formed
    as: 'profit',
    reason: 'paid for its shares',
  },
];

const DIVIDEND = {
  kind: 'dividend',
  id: 'd1',
  symbol: asSymbol('SPY') ?? ('' as Symbol), // a symbol
  exDate: session('2020-01-30'),
  payDate: session('2020-02-14'),
  perShare: parsePrice('0.5'),
} as const;

/** A walk that ended by a limit. */
const walkEnded = (arithmetic: Arithmetic | null): LedgerEvent => ({
  kind: 'step_decided',
  decision: {
    cycle: session('2020-01-31'),
    sequence: 1,
    parent: 'AY1-1',
    move: { kind: 'end', end: 'below_broker_minimum', detail: '0.004 left of 12', arithmetic },
  },
});

/** What a market does not do by itself. */
const BY_THE_BROKER: readonly LedgerEvent[] = [
  {
    kind: 'amendments_known',
    cycle: session('2020-01-31'),
    sequence: 1,
    at: timestamp('2020-01-31T20:00:00.000Z'),
    activityIds: ['a1'],
    orders: [{ clientOrderId: 'AY1-1', status: 'filled', cumQty: parseQuantity('3') }],
    amendmentIds: ['m1', 'm2'],
  },
  {
    kind: 'listed_again',
    cycle: session('2020-01-31'),
    sequence: 1,
    at: timestamp('2020-01-31T14:30:00.000Z'),
    actions: [{ was: DIVIDEND, now: { ...DIVIDEND, perShare: parsePrice('0.55') } }],
    activities: [
      {
        was: {
          kind: 'interest',
          id: 'a1',
          date: session('2020-01-30'),
          cash: parseMoney('1.5'),
        },
        now: {
          kind: 'interest',
          id: 'a1',
          date: session('2020-01-30'),
          cash: parseMoney('1.6'),
        },
      },
    ],
  },
  ...[null, { quantity: parseQuantity('2'), price: parsePrice('94.5') }].map((now, index) => ({
    kind: 'execution_amended' as const,
    clientOrderId: 'AY1-1',
    amendment: {
      kind: now === null ? ('bust' as const) : ('correction' as const),
      id: `m${index + 1}`,
      executionId: 'e1',
      orderId: 'o1',
      symbol: asSymbol('SPY') ?? ('' as Symbol), // a symbol
      side: 'buy' as const,
      was: { quantity: parseQuantity('3'), price: parsePrice('95') },
      now,
      at: timestamp('2020-01-31T19:00:00.000Z'),
    },
  })),
];

/** A few events of each kind: what differs in shape, not in value. */
let samples: LedgerEvent[] = [];
let events: readonly LedgerEvent[] = [];

beforeAll(async () => {
  const runs = [
    await recordedRun(1, '2020-01-31'),
    await recordedRun(5, '2020-01-31'),
    await recordedRun(5, '2020-01-15', 'walking'),
  ];
  events = [...runs.flatMap((run) => run.events), ...BY_A_PERSON, ...BY_THE_BROKER];
  const shapes = new Map<string, LedgerEvent>();
  for (const event of events) {
    const shape = `${event.kind} ${shapeOf(ledgerEventCodec.encode(event), 3)}`;
    if (!shapes.has(shape)) shapes.set(shape, event);
  }
  const perKind = new Map<string, number>();
  samples = [...shapes.values()].filter(({ kind }) => {
    perKind.set(kind, (perKind.get(kind) ?? 0) + 1);
    return (perKind.get(kind) ?? 0) <= 6;
  });
});

/** Keys and kinds of a value, lists by their first item. */
function shapeOf(json: Json, depth: number): string {
  if (isList(json)) return `[${json[0] === undefined ? '' : shapeOf(json[0], depth - 1)}]`;
  if (typeof json !== 'object' || json === null || depth === 0) return typeof json;
  return Object.entries(json)
    .map(
      ([key, value]) =>
        `${key}:${key === 'kind' ? canonicalJson(value) : shapeOf(value, depth - 1)}`,
    )
    .join(' ');
}

const isList = (json: Json): json is readonly Json[] => Array.isArray(json);

/** Every place of a tree below its root, with what stands there. Decision paths are free. */
function* placesOf(tree: Tree, path = ''): Generator<{ path: string; parent: Tree; key: string }> {
  if (typeof tree !== 'object' || tree === null) return;
  for (const [key, value] of Object.entries(tree)) {
    const place = Array.isArray(tree) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    yield { path: place, parent: tree, key };
    if (place !== 'signal.path') yield* placesOf(value, place);
  }
}

const copyOf = (event: LedgerEvent): Tree => JSON.parse(eventText(event)) as Tree; // it was written as JSON

/** The place of the refusal; "taken" when there is none. */
function refusedAt(json: unknown): string {
  try {
    ledgerEventCodec.decode(json, '');
    return 'taken';
  } catch (error) {
    if (error instanceof DecodeError) return error.path;
    throw error;
  }
}

describe('every event of a run', () => {
  it('is of every kind there is', () => {
    const kinds = new Set(events.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(
      [
        ...INPUT_KINDS,
        'plan_decided',
        'step_decided',
        'fill_recorded',
        'execution_amended',
        'activity_recorded',
        'order_reported',
      ].sort(),
    );
  });

  it('goes round to the value and to the byte', () => {
    for (const event of events) {
      const text = eventText(event);
      const read = ledgerEventCodec.decode(JSON.parse(text), '');
      expect(read).toEqual(event);
      expect(eventText(read)).toBe(text);
      expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
      expect(canonicalJson(ledgerEventCodec.encode(event))).toBe(text);
    }
    expect(events.length).toBeGreaterThan(1000);
  });

  it('of a walk that ended by a limit keeps its figures', () => {
    const ended = walkEnded({ limit: '1', observed: '0.4', factor: null });
    const text = eventText(ended);
    expect(text).toContain('"arithmetic":{"factor":null,"limit":"1","observed":"0.4"}');
    expect(ledgerEventCodec.decode(JSON.parse(text), '')).toEqual(ended);
    expect(canonicalJson(ledgerEventCodec.encode(ended))).toBe(text);
    expect(refusedAt(JSON.parse(text.replace('"limit":"1",', '')))).toBe(
      'decision.move.arithmetic.limit',
    );
  });

  it('of a walk that ended before its figures were kept is read, and written as it was', () => {
    const before =
      '{"decision":{"cycle":"2020-01-31","move":{"detail":"0.004 left of 12","end":"below_broker_minimum","kind":"end"},"parent":"AY1-1","sequence":1},"kind":"step_decided"}';
    const read = ledgerEventCodec.decode(JSON.parse(before), '');
    expect(read).toEqual(walkEnded(null));
    expect(eventText(read)).toBe(before);
    expect(refusedAt(JSON.parse(before.replace('{"detail"', '{"arithmetic":null,"detail"')))).toBe(
      'decision.move.arithmetic',
    );
  });

  it('is an input record exactly when it holds nothing that was decided', () => {
    for (const event of samples) {
      const json: unknown = JSON.parse(eventText(event));
      if (isInput(event)) {
        expect(inputRecordCodec.decode(json, '')).toEqual(event);
        continue;
      }
      expect(() => inputRecordCodec.decode(json, '')).toThrow(
        /^kind: expected genesis or .* or cycle_opened or .*, found "(plan_decided|step_decided|fill_recorded|execution_amended|activity_recorded|order_reported)"$/,
      );
    }
  });
});

describe('an event spoilt in one place', () => {
  const STRANGE: readonly unknown[] = [
    undefined,
    Number.NaN,
    -0,
    1.5,
    { strange: true },
    [[]],
    '\u0000',
  ];

  it('is refused there, whatever stands there instead', () => {
    for (const event of samples) {
      const tree = copyOf(event);
      for (const { path, parent, key } of placesOf(tree)) {
        const at = parent as unknown as Record<string, unknown>; // lists are indexed alike
        const before = at[key];
        for (const value of STRANGE) {
          // Any text is a text: names, codes, messages; a decision path is any JSON.
          if (value === '\u0000' && isFreeText(event, path)) continue;
          const free = path === 'signal.path';
          if (free && (Array.isArray(value) || typeof value === 'string' || value === 1.5))
            continue;
          if (free && JSON.stringify(value) === '{"strange":true}') continue;
          at[key] = value;
          const refused = refusedAt(tree);
          const union = `${path}.kind`;
          const inside = `${path}.strange`;
          const below = refused === union || refused === inside || refused === `${path}[0]`;
          expect(below ? path : refused, `${event.kind} ${path} = ${String(value)}`).toBe(path);
        }
        at[key] = before;
      }
      expect(refusedAt(tree)).toBe('taken');
    }
  });

  it('is refused for a number where a decimal stands, and for a longer spelling', () => {
    let decimals = 0;
    for (const event of samples) {
      const tree = copyOf(event);
      for (const { path, parent, key } of placesOf(tree)) {
        const at = parent as unknown as Record<string, unknown>; // as above
        const before = at[key];
        if (typeof before !== 'string' || !/^-?\d+(\.\d+)?$/.test(before)) continue;
        if (isFreeText(event, path) || path.startsWith('signal.path')) continue;
        decimals += 1;
        const longer = before.includes('.') ? `${before}0` : `${before}.0`;
        for (const value of [Number(before), longer, `0${before}`, `${before}e0`, ` ${before}`]) {
          at[key] = value;
          expect(refusedAt(tree), `${event.kind} ${path} = ${String(value)}`).toBe(path);
        }
        at[key] = before;
      }
    }
    expect(decimals).toBeGreaterThan(200);
  });

  it('is refused for a key that is missing, and for one too many', () => {
    let keys = 0;
    for (const event of samples) {
      const tree = copyOf(event);
      for (const { path, parent, key } of placesOf(tree)) {
        if (Array.isArray(parent)) continue;
        const at = parent as unknown as Record<string, unknown>; // an object
        const before = at[key];
        keys += 1;
        at[`${key}x`] = 1;
        expect(refusedAt(tree), `${event.kind} ${path}x`).toBe(`${path}x`);
        Reflect.deleteProperty(at, `${key}x`);
        Reflect.deleteProperty(at, key);
        expect(refusedAt(tree), `${event.kind} without ${path}`).toBe(path);
        at[key] = before;
      }
    }
    expect(keys).toBeGreaterThan(500);
  });
});

/** Text that may be anything, by the schema. */
function isFreeText(event: LedgerEvent, path: string): boolean {
  const name = /([A-Za-z]+)(\[\d+\])?$/.exec(path)?.[1] ?? '';
  const free =
    'id orderId clientOrderId digest detail reason code message cause sleeve strategy strategyVersion ' +
    'dialect dataVersion account name ledger broker difference cycleDigest activityIds amendmentIds executionId cancels rejectReason path from to due closed parent break';
  // A sleeve's code is a number; a refusal's code is the broker's text.
  // What the broker says of an order's type is a text; what we send is one of two words.
  if (name === 'type' || name === 'timeInForce') return event.kind === 'order_reported';
  if (name === 'code' && (event.kind === 'genesis' || event.kind === 'configured')) return false;
  return free.split(' ').includes(name);
}
