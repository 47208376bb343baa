// Stage: what-if. One setting of a recorded configuration in place of another.
// Invariant: only what exists is changed, to a value of its own kind; what an account is stays.
import { canonicalJson, type Json } from '../canonical.ts';
import { DecodeError } from '../codec.ts';
import { inputRecordCodec } from '../ledger/eventCodec.ts';
import { invariant } from '../invariant.ts';
import type { AccountConfiguration } from '../sleeve.ts';
import { timestamp } from '../time.ts';
import { formatDecimal, parseDecimal } from '../units/decimal.ts';
import { compareText, NO_MONEY, ONE_WEIGHT, UNIT_SCALE, WEIGHT_SCALE } from '../units/units.ts';

export type Changed =
  | { readonly ok: true; readonly configuration: AccountConfiguration }
  | { readonly ok: false; readonly expected: string; readonly found: string };

/**
 * The configuration with one setting changed.
 *
 * @param place as in a configuration: "limits.reserve", "rails.symbols.SPY.collar", "execution.everySymbol.kind"
 * @param value as in a configuration: a decimal, a word, "none" or "all", symbols with commas
 */
export function withSetting(
  configuration: AccountConfiguration,
  place: string,
  value: string,
): Changed {
  const json = toJson(configuration);
  const leaf = findLeaf(json, recordedPlace(place).split('.'));
  if (leaf === undefined)
    return {
      ok: false,
      expected: `one of ${settingNames(configuration).join(', ')}`,
      found: place,
    };
  const misfit = misfitOf(leaf.key, leaf.value, value);
  if (misfit !== null) return { ok: false, expected: misfit, found: `"${value}"` };
  const isOtherKind = leaf.key === 'kind' && leaf.value !== value;
  if (isOtherKind) leaf.clear();
  let expected = 'a setting of this kind';
  for (const candidate of readings(leaf.value, value)) {
    leaf.set(candidate);
    try {
      return { ok: true, configuration: fromJson(json) };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      expected = isOtherKind
        ? `a kind without settings of its own, or ${canonicalJson(leaf.value)} as it is`
        : error.expected;
    }
  }
  return { ok: false, expected, found: `"${value}"` };
}

/** Every setting that can be changed, by its place, sorted. */
export const settingNames = (configuration: AccountConfiguration): string[] =>
  settingsOf(configuration).map(({ place }) => place);

/** Every setting with its value as canonical text, sorted by place. */
export function settingsOf(
  configuration: AccountConfiguration,
): { readonly place: string; readonly value: string }[] {
  return [...leavesOf(toJson(configuration), [])]
    .map(({ path, value }) => ({ place: shownPlace(path), value: shownValue(value) }))
    .sort((a, b) => compareText(a.place, b.place));
}

/** Settings that two configurations do not have alike; null where one has no such setting. */
export function compareSettings(
  before: AccountConfiguration,
  after: AccountConfiguration,
): { place: string; before: string | null; after: string | null }[] {
  const left = new Map(settingsOf(before).map(({ place, value }) => [place, value]));
  const right = new Map(settingsOf(after).map(({ place, value }) => [place, value]));
  return [...new Set([...left.keys(), ...right.keys()])].sort(compareText).flatMap((place) => {
    const of = { before: left.get(place) ?? null, after: right.get(place) ?? null };
    return of.before === of.after ? [] : [{ place, ...of }];
  });
}

/** What an account is, not how it is run: fixed with its first event. */
const FIXED = new Set(['account', 'market', 'digest']);
const FIXED_OF_SLEEVE = new Set(['id', 'code', 'openingCash']);
/** What names one of a list: of sleeves, of symbols' rails, of sleeves' rails. */
const NAMES = ['id', 'symbol', 'sleeve'];
/** Settings that are a part of a whole. */
const FRACTION = /^(?:deployment|priceAllowance|maxSpread|collar|\w*Share)$/;

type Tree = { [key: string]: Json } | Json[];

const isTree = (value: Json | undefined): value is Tree =>
  typeof value === 'object' && value !== null && !isSymbolList(value);

const isSymbolList = (value: Json): boolean =>
  Array.isArray(value) && value.every((each: Json) => typeof each === 'string');

const nameIn = (value: Json): string | undefined => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const named = value as { readonly [key: string]: Json }; // neither a list nor null
  return NAMES.flatMap((each) => {
    const name = named[each];
    return typeof name === 'string' ? [name] : [];
  })[0];
};

function* leavesOf(tree: Json, path: readonly string[]): Iterable<{ path: string[]; value: Json }> {
  const entries: [string, Json][] = Array.isArray(tree)
    ? tree.map((value: Json): [string, Json] => [nameIn(value) ?? '', value])
    : Object.entries(tree as { readonly [key: string]: Json }); // isTree was asked
  for (const [key, value] of entries) {
    if (path.length === 0 && FIXED.has(key)) continue;
    if (path.length === 2 && path[0] === 'sleeves' && FIXED_OF_SLEEVE.has(key)) continue;
    if (path.length > 2 && NAMES.includes(key)) continue;
    if (isTree(value)) yield* leavesOf(value, [...path, key]);
    else yield { path: [...path, key], value };
  }
}

/** Places are named as in a configuration; the record has what limits a cycle in one group. */
const shownPlace = (path: readonly string[]): string =>
  path
    .join('.')
    .replace(/^limits\.(?=(?:rails|pace|execution|margin)\b)/, '')
    .replace(/^(execution\.symbols\..+)\.policy\./, '$1.');
const recordedPlace = (place: string): string =>
  place
    .replace(/^(?=(?:rails|pace|execution|margin)\b)/, 'limits.')
    .replace(/^(limits\.execution\.symbols\.[^.]+)\.(?!policy\.)/, '$1.policy.');
const shownValue = (value: Json): string => {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' ? value : canonicalJson(value);
};

interface Leaf {
  readonly key: string;
  readonly value: Json;
  set(value: Json): void;
  /** Takes away what stands beside it: settings of the kind that it was. */
  clear(): void;
}

function findLeaf(tree: Json, path: readonly string[]): Leaf | undefined {
  const known = [...leavesOf(tree, [])].some((leaf) => leaf.path.join('.') === path.join('.'));
  if (!known) return undefined;
  let at = tree as Tree; // a configuration is an object
  for (const key of path.slice(0, -1)) {
    const next: Json | undefined = Array.isArray(at)
      ? at.find((each) => nameIn(each) === key)
      : at[key];
    invariant(isTree(next), () => `${path.join('.')} is a setting and no place.`);
    at = next;
  }
  const key = path.at(-1) ?? '';
  invariant(!Array.isArray(at), () => `${path.join('.')} stands in a list.`);
  const object = at;
  return {
    key,
    value: object[key] ?? null,
    set: (value) => void (object[key] = value),
    clear: () => {
      for (const beside of Object.keys(object)) delete object[beside];
    },
  };
}

/** What was expected, where the value is out of its range; null when it may stand. */
function misfitOf(key: string, now: Json, value: string): string | null {
  if (value === 'none' || value === 'all') return null;
  if (FRACTION.test(key)) {
    const count = parseDecimal(value, WEIGHT_SCALE);
    const isFraction = count !== undefined && count >= 0n && count <= ONE_WEIGHT;
    return isFraction ? null : 'a decimal from 0 to 1';
  }
  if (value.startsWith('-')) return 'nothing negative';
  const isAmount = typeof now === 'string' && parseDecimal(now, WEIGHT_SCALE) !== undefined;
  if (isAmount && parseDecimal(value, UNIT_SCALE) === undefined)
    return 'a decimal amount like 1000.50';
  if (typeof now === 'number' && !/^[1-9]\d{0,8}$/.test(value)) return 'a whole number from 1';
  return null;
}

/** What a value may mean where the setting stands; a limit that is off does not say its own kind. */
function readings(now: Json, value: string): Json[] {
  if (value === 'none' || value === 'all') return Array.isArray(now) ? [null, []] : [null];
  const list = value.split(',').toSorted(compareText);
  if (typeof now === 'number') return [counted(value)];
  if (Array.isArray(now)) return [list];
  if (now === null) return [counted(value), list, shortest(value)];
  return [shortest(value)];
}

/** A count as JSON has it; other text stays text and is refused where a count belongs. */
const counted = (value: string): Json =>
  /^[1-9]\d{0,8}$/.test(value) ? (JSON.parse(value) as Json) : value;

/** "1000.50" as it is recorded: "1000.5". */
function shortest(value: string): string {
  const count = parseDecimal(value, WEIGHT_SCALE);
  return count === undefined ? value : formatDecimal(count, WEIGHT_SCALE);
}

const AT = timestamp('1970-01-01T00:00:00.000Z');

/** Through the codec of the input log, so that every setting has the form in which it is recorded. */
function toJson(configuration: AccountConfiguration): Json {
  const event = { kind: 'genesis', at: AT, configuration, cash: NO_MONEY } as const;
  const json = inputRecordCodec.encode(event) as { readonly configuration: Json }; // a genesis
  return json.configuration;
}

function fromJson(configuration: Json): AccountConfiguration {
  const json = { kind: 'genesis', at: AT, configuration, cash: '0' };
  const event = inputRecordCodec.decode(json, '');
  invariant(event.kind === 'genesis', () => 'A genesis was read as another event.');
  return event.configuration;
}
