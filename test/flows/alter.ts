// Stage: tests. Every single change of one record: each field to another value, each list shorter.
// Invariant: a change is a change: what comes out differs from what went in, and fits its type.
export interface Alteration {
  /** "fill.price", "snapshot.positions[0].quantity". */
  readonly place: string;
  readonly record: unknown;
}

/** Other values for a value, of its own type; the first of them is the nearest. */
function others(value: unknown, key: string): unknown[] {
  if (typeof value === 'bigint') return [value + 1n, value + 1_000_000_000n];
  if (typeof value === 'number') return [value + 1];
  if (typeof value === 'boolean') return [!value];
  if (value === null) return NULLED[key] ?? [];
  if (typeof value !== 'string') return [];
  const words = WORDS.find((list) => list.includes(value));
  if (words !== undefined && key !== 'id') return words.filter((word) => word !== value);
  if (key === 'symbol') return ['ZZZ', value === 'SPY' ? 'TLT' : 'SPY'];
  if (/^\d{4}-\d\d-\d\dT/.test(value))
    return [value.replace(/\d\dZ$/, (t) => (t === '07Z' ? '08Z' : '07Z'))];
  if (/^\d{4}-\d\d-\d\d$/.test(value))
    return [value === '2020-01-08' ? '2020-01-09' : '2020-01-08'];
  return [`${value}x`];
}

/** What may stand where there is null. */
const NULLED: Readonly<Record<string, unknown[]>> = {
  averagePrice: [1_000_000_000n],
  endedAt: ['2020-01-02T15:00:00.000Z'],
  rejectReason: ['halted'],
  bid: [1_000_000_000n],
  ask: [1_000_000_000n],
};

const WORDS: readonly (readonly string[])[] = [
  ['buy', 'sell'],
  ['filled', 'canceled', 'expired', 'rejected', 'replaced', 'new', 'partially_filled'],
  ['open', 'replan', 'close'],
  ['accepted', 'refused', 'not_sent', 'unknown'],
  ['hold', 'cash', 'abort'],
];

/** Each change of `record` in one place. Fields named in `skip` stay. */
export function* alterationsOf(
  record: unknown,
  skip: readonly string[] = [],
): Generator<Alteration> {
  yield* alter(record, '', skip, (changed) => changed);
}

function* alter(
  value: unknown,
  place: string,
  skip: readonly string[],
  rebuild: (changed: unknown) => unknown,
): Generator<Alteration> {
  const key = /([A-Za-z]+)(\[\d+\])?$/.exec(place)?.[1] ?? '';
  // A kind decides which other fields there are: it changes with them or not at all.
  if (skip.includes(place) || (key === 'kind' && typeof value === 'string')) return;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    for (const [index, item] of items.entries()) {
      const at = `${place}[${index}]`;
      yield { place: `${at} dropped`, record: rebuild(items.toSpliced(index, 1)) };
      yield* alter(item, at, skip, (changed) => rebuild(items.with(index, changed)));
    }
    return;
  }
  if (typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(value)) {
      const at = place === '' ? name : `${place}.${name}`;
      yield* alter(field, at, skip, (changed) => rebuild({ ...value, [name]: changed }));
    }
    return;
  }
  for (const [index, other] of others(value, key).entries()) {
    yield { place: index === 0 ? place : `${place} (${index + 1})`, record: rebuild(other) };
  }
}
