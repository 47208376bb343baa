// Stage: none; the boundary between records of the core and JSON.
// Invariant: decode(encode(v)) = v; what does not fit is refused with its place, never repaired.
import { canonicalJson, quoted, type Json } from './canonical.ts';
import { asSymbol, type Symbol } from './market.ts';
import { isDate, isTimestamp, type Session, type Timestamp } from './time.ts';
import { formatDecimal, parseShortest } from './units/decimal.ts';
import {
  compareText,
  money,
  price,
  quantity,
  UNIT_SCALE,
  weight,
  WEIGHT_SCALE,
  type Money,
  type Price,
  type Quantity,
  type Weight,
} from './units/units.ts';

/** A value that does not have the shape of its record. `path` is the place inside the record. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly path: string;
  readonly expected: string;
  readonly found: string;

  /** @param shown what was found, as text */
  constructor(path: string, expected: string, shown: string) {
    super(`${path === '' ? 'the record' : path}: expected ${expected}, found ${shown}`);
    this.path = path;
    this.expected = expected;
    this.found = shown;
  }
}

/**
 * One shape, read and written. `decode` throws DecodeError and nothing else; its `path` is the place of
 * the value in what the caller holds.
 */
export interface Codec<T> {
  encode(value: T): Json;
  /** The canonical JSON of `encode(value)`, written without it. */
  write(value: T): string;
  decode(json: unknown, path: string): T;
}

/** The type that a codec reads. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

export const text: Codec<string> = scalar('text', (json) =>
  typeof json === 'string' ? json : undefined,
);
export const boolean: Codec<boolean> = scalar('true or false', (json) =>
  typeof json === 'boolean' ? json : undefined,
);
export const integer: Codec<number> = scalar('an integer', (json) =>
  typeof json === 'number' && Number.isSafeInteger(json) && !Object.is(json, -0) ? json : undefined,
);
/** Any JSON, kept as it is (decision paths); a number that JSON cannot hold is refused. */
export const anyJson: Codec<Json> = {
  encode: (value) => value,
  write: canonicalJson,
  decode(json, path) {
    refuseUnwritable(json, path);
    return json as Json; // checked above
  },
};

export const symbolText: Codec<Symbol> = scalar('a symbol like "SPY"', (json) =>
  typeof json === 'string' ? asSymbol(json) : undefined,
);
export const sessionText: Codec<Session> = scalar(
  'a date like "2018-07-17"',
  (json) => (typeof json === 'string' && isDate(json) ? (json as Session) : undefined), // checked beside
);
export const timestampText: Codec<Timestamp> = scalar(
  'an instant like "2018-07-17T13:30:00.000Z"',
  (json) => (typeof json === 'string' && isTimestamp(json) ? (json as Timestamp) : undefined), // checked beside
);

export const quantityText: Codec<Quantity> = decimal(UNIT_SCALE, quantity);
export const priceText: Codec<Price> = decimal(UNIT_SCALE, price);
export const moneyText: Codec<Money> = decimal(UNIT_SCALE, money);
export const weightText: Codec<Weight> = decimal(WEIGHT_SCALE, weight);
/** A count of whatever its field says. */
export const countText: Codec<bigint> = decimal(0, (count) => count);

/** One of a closed list of words. */
export function word<const W extends string>(...words: readonly W[]): Codec<W> {
  return scalar(`one of ${words.join(', ')}`, (json) =>
    words.find((candidate) => candidate === json),
  );
}

export function nullable<T>(inner: Codec<T>): Codec<T | null> {
  return {
    encode: (value) => (value === null ? null : inner.encode(value)),
    write: (value) => (value === null ? 'null' : inner.write(value)),
    decode: (json, path) => (json === null ? null : inner.decode(json, path)),
  };
}

export function list<T>(inner: Codec<T>): Codec<readonly T[]> {
  return {
    encode: (values) => values.map((value) => inner.encode(value)),
    write(values) {
      let written = '[';
      let separator = '';
      for (const value of values) {
        written += separator + inner.write(value);
        separator = ',';
      }
      return `${written}]`;
    },
    decode(json, path) {
      if (!Array.isArray(json)) throw refusal(path, 'a list', json);
      const decoded: T[] = [];
      try {
        for (const item of json as unknown[]) decoded.push(inner.decode(item, ''));
        return decoded;
      } catch (error) {
        throw within(`${path}[${decoded.length}]`, error);
      }
    },
  };
}

/** A map as the list of its entries, which keeps their order. */
export function pairs<K, V>(key: Codec<K>, value: Codec<V>): Codec<Map<K, V>> {
  return {
    encode: (map) => [...map].map(([of, held]) => [key.encode(of), value.encode(held)]),
    write(map) {
      let written = '[';
      let separator = '[';
      for (const [of, held] of map) {
        written += `${separator}${key.write(of)},${value.write(held)}]`;
        separator = ',[';
      }
      return `${written}]`;
    },
    decode(json, path) {
      if (!Array.isArray(json)) throw refusal(path, 'a list of pairs', json);
      const map = new Map<K, V>();
      let index = 0;
      try {
        for (; index < json.length; index += 1) {
          const pair: unknown = json[index];
          if (!Array.isArray(pair) || pair.length !== 2)
            throw refusal('', 'a key and its value', pair);
          map.set(key.decode(pair[0], '[0]'), value.decode(pair[1], '[1]'));
        }
      } catch (error) {
        throw within(`${path}[${index}]`, error);
      }
      if (map.size !== json.length) throw refusal(path, 'each key once', json);
      return map;
    },
  };
}

/** An object with exactly these keys. */
export function record<T extends object>(fields: {
  readonly [K in keyof T]-?: Codec<T[K]>;
}): Codec<T> {
  const entries = Object.entries(fields) as [keyof T & string, Codec<T[keyof T & string]>][]; // keys of T by its type
  // Written in the order of canonical JSON, which then finds its keys sorted.
  const sorted = entries.toSorted(([a], [b]) => compareText(a, b));
  const parts = sorted.map(([key, codec], index) => ({
    key,
    codec,
    head: `${index === 0 ? '' : ','}${quoted(key)}:`,
  }));
  return {
    encode(value) {
      const object: { [key: string]: Json } = {};
      for (const [key, codec] of sorted) object[key] = codec.encode(value[key]);
      return object;
    },
    write(value) {
      let written = '{';
      for (const { key, codec, head } of parts) written += head + codec.write(value[key]);
      return `${written}}`;
    },
    decode(json, path) {
      const object = asObject(json, path);
      // Counted first: each key is looked for by name only where one lacks or is one too many.
      if (Object.keys(object).length !== entries.length) refuseKeys(object, fields, path);
      const decoded: Partial<T> = {};
      try {
        for (const [key, codec] of entries) {
          const value = object[key];
          if (value === undefined) refuseKeys(object, fields, '');
          decoded[key] = codec.decode(value, key);
        }
      } catch (error) {
        throw within(path, error);
      }
      return decoded as T; // every key was set above
    },
  };
}

/** Says which key is one too many, or lacks. */
function refuseKeys(object: Readonly<Record<string, unknown>>, fields: object, path: string): void {
  for (const key of Object.keys(object))
    if (!Object.hasOwn(fields, key)) throw refusal(join(path, key), 'no such key', object[key]);
  for (const key of Object.keys(fields))
    if (!Object.hasOwn(object, key)) throw refusal(join(path, key), 'a value', undefined);
}

/** A closed union by its `kind`. */
export function union<T extends { readonly kind: string }>(cases: {
  readonly [K in T['kind']]: Codec<Extract<T, { kind: K }>>;
}): Codec<T> {
  const byKind = cases as Readonly<Record<string, Codec<T>>>; // each case decodes to a member of T
  const caseOf = ({ kind }: T): Codec<T> => {
    const body = Object.hasOwn(cases, kind) ? byKind[kind] : undefined;
    if (body === undefined) throw refusal('kind', Object.keys(cases).join(' or '), kind);
    return body;
  };
  return {
    encode: (value) => caseOf(value).encode(value),
    write: (value) => caseOf(value).write(value),
    decode(json, path) {
      const kind = asObject(json, path)['kind'];
      const body =
        typeof kind === 'string' && Object.hasOwn(cases, kind) ? byKind[kind] : undefined;
      if (body === undefined)
        throw refusal(join(path, 'kind'), Object.keys(cases).join(' or '), kind);
      return body.decode(json, path);
    },
  };
}

/** Exactly this word, as the tag of a union's case. */
export const tag = <const W extends string>(only: W): Codec<W> => word(only);

function scalar<T extends string | boolean | number>(
  expected: string,
  read: (json: unknown) => T | undefined,
): Codec<T> {
  return {
    encode: (value) => value,
    write: (value) => (typeof value === 'string' ? quoted(value) : canonicalJson(value)),
    decode(json, path) {
      const value = read(json);
      if (value === undefined) throw refusal(path, expected, json);
      return value;
    },
  };
}

function decimal<U extends bigint>(scale: number, brand: (count: bigint) => U): Codec<U> {
  return {
    encode: (value) => formatDecimal(value, scale),
    write: (value) => `"${formatDecimal(value, scale)}"`,
    decode(json, path) {
      const count = typeof json === 'string' ? parseShortest(json, scale) : undefined;
      if (count === undefined) {
        throw refusal(path, `the shortest decimal string with at most ${scale} places`, json);
      }
      return brand(count);
    },
  };
}

function asObject(json: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw refusal(path, 'an object', json);
  return json as Readonly<Record<string, unknown>>; // narrowed above
}

const refusal = (path: string, expected: string, found: unknown): DecodeError =>
  new DecodeError(path, expected, excerpt(found));

/** What went wrong inside of something, as its holder says it: places are put together only then. */
function within(path: string, error: unknown): unknown {
  if (!(error instanceof DecodeError) || path === '') return error;
  return new DecodeError(join(path, error.path), error.expected, error.found);
}

const join = (path: string, key: string): string =>
  path === '' || key === '' || key.startsWith('[') ? path + key : `${path}.${key}`;

/** What canonical JSON would refuse to write (−0, NaN, undefined, a class) never gets in. */
function refuseUnwritable(json: unknown, path: string): void {
  if (typeof json === 'object' && json !== null) {
    let written = 0;
    try {
      for (const value of Array.isArray(json) ? (json as unknown[]) : Object.values(json)) {
        refuseUnwritable(value, '');
        written += 1;
      }
    } catch (error) {
      const place = Array.isArray(json) ? `[${written}]` : (Object.keys(json)[written] ?? '');
      throw within(join(path, place), error);
    }
  } else if (typeof json === 'number') {
    if (!Number.isFinite(json) || Object.is(json, -0))
      throw refusal(path, 'a finite number, not -0', json);
  } else if (json !== null && typeof json !== 'string' && typeof json !== 'boolean') {
    throw refusal(path, 'a JSON value', json);
  }
}

/** For messages only: shows anything, also what is no JSON at all. */
function excerpt(found: unknown): string {
  if (found === undefined) return 'nothing';
  if (Object.is(found, -0)) return '-0';
  const isNumber = typeof found === 'bigint' || typeof found === 'number';
  const shown = isNumber ? String(found) : (JSON.stringify(found, plain) ?? typeof found);
  return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
}

const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;
