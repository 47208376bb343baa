// Stage: evidence. Files of one JSON object a line, written and read with a place for every error.
// Invariant: a file is read whole or not at all; every line that is wrong is named.
import type { z } from 'zod';

/** One thing wrong in a file. */
export interface EvidenceError {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** The key inside the line's object; null when the line as a whole is wrong. */
  readonly field: string | null;
  readonly expected: string;
  readonly found: string;
  /** All of it in one sentence or two, for people. */
  readonly message: string;
}

export type Evidence<T> =
  | { readonly ok: true; readonly records: readonly T[] }
  | { readonly ok: false; readonly errors: readonly EvidenceError[] };

/** What is wrong with a line that is otherwise in the broker's shape. */
export interface Fault {
  readonly field: string;
  readonly expected: string;
}

/** A line in the broker's shape as a record, or its faults. */
export type Reading<T> =
  | { readonly ok: true; readonly record: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** How one kind of line is read. `record` names it in messages: "order", "fill", "activity". */
export interface LineReader<W, T> {
  readonly record: string;
  readonly schema: z.ZodType<W>;
  read(wire: W): Reading<T>;
  id(record: T): string;
}

/** One JSON object a line, each ended by a line feed; no text for no records. */
export const writeLines = (objects: readonly object[]): string =>
  objects.map((object) => `${JSON.stringify(object)}\n`).join('');

/**
 * Reads every line. Records come in the order of their lines.
 *
 * @param file how messages name the file
 * @returns the records, or every error of the text; never both
 */
export function readLines<W, T>(text: string, file: string, reader: LineReader<W, T>): Evidence<T> {
  const records: T[] = [];
  const errors: EvidenceError[] = [];
  const firstLines = new Map<string, number>();
  const lines = text.split('\n');
  // The text ends with a line feed, so what follows the last one is no line.
  if (lines.at(-1) === '') lines.pop();
  for (const [index, content] of lines.entries()) {
    const place = { file, line: index + 1, record: reader.record };
    const reading = readLine(content, place, reader);
    if (!reading.ok) {
      errors.push(...reading.errors);
      continue;
    }
    const id = reader.id(reading.record);
    const first = firstLines.get(id);
    if (first === undefined) firstLines.set(id, place.line);
    else errors.push(errorAt(place, 'id', `an id of its own (line ${first} has it)`, shown(id)));
    records.push(reading.record);
  }
  return errors.length === 0 ? { ok: true, records } : { ok: false, errors };
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly record: string;
}

function readLine<W, T>(
  content: string,
  place: Place,
  reader: LineReader<W, T>,
):
  | { readonly ok: true; readonly record: T }
  | { readonly ok: false; readonly errors: readonly EvidenceError[] } {
  const json = parse(content);
  if (json === undefined) {
    const found = content.trim() === '' ? 'an empty line' : shownText(content);
    return { ok: false, errors: [errorAt(place, null, 'one JSON object', found)] };
  }
  const parsed = reader.schema.safeParse(json.value);
  const faultsOf = (): readonly Fault[] => {
    if (parsed.success) return [];
    return parsed.error.issues.map(({ path, message }) => ({
      field: path.map(String).join('.'),
      expected: message,
    }));
  };
  const reading: Reading<T> = parsed.success
    ? reader.read(parsed.data)
    : { ok: false, faults: faultsOf() };
  if (reading.ok) return reading;
  return {
    ok: false,
    errors: reading.faults.map(({ field, expected }) =>
      errorAt(place, field === '' ? null : field, expected, shown(valueAt(json.value, field))),
    ),
  };
}

function errorAt(
  { file, line, record }: Place,
  field: string | null,
  expected: string,
  found: string,
): EvidenceError {
  const where = field === null ? `${file}:${line}` : `${file}:${line} ${field}`;
  const message =
    `${where}: expected ${expected}, found ${found}. ` +
    `The ${record} cannot be used, so nothing of this file was. Restore the line from the broker's records.`;
  return { file, line, field, expected, found, message };
}

function parse(content: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(content) as unknown };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function valueAt(json: unknown, field: string): unknown {
  if (field === '') return json;
  let value = json;
  for (const key of field.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined; // an object
  }
  return value;
}

const shown = (value: unknown): string =>
  value === undefined ? 'nothing' : shownText(JSON.stringify(value));

const shownText = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);
