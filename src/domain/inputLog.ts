// Stage: input log. Everything a decision read, sequenced and chained, in the order it was read.
// Invariant: a record cannot be changed, dropped, added or moved without breaking the chain there.
import { canonicalJson, sha256Hex, type Json } from './canonical.ts';
import { DecodeError } from './codec.ts';
import { InvariantError } from './invariant.ts';
import { inputRecordCodec } from './ledger/eventCodec.ts';
import type { InputRecord } from './ledger/events.ts';

/** Where the chain stands: the sequence number and hash of the last record. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

export const CHAIN_START: ChainHead = { sequence: 0, hash: '0'.repeat(64) };

/** The format written in every line of signals.jsonl. */
export const INPUT_LOG_VERSION = 1;

/** The keys of a line: nothing may stand beside its record. */
const LINE_KEYS = ['hash', 'previous', 'record', 'sequence', 'version'];

/**
 * Appends one record.
 *
 * @param text the record as canonical JSON
 * @returns the new head, and the record's line of signals.jsonl (canonical JSON, no line break)
 */
export function chainRecord(head: ChainHead, text: string): { head: ChainHead; line: string } {
  const sequence = head.sequence + 1;
  // Keys in their sorted order, so that the record need not be written a second time.
  const previous = `"previous":"${head.hash}"`;
  const rest = `"record":${text},"sequence":${sequence},"version":${INPUT_LOG_VERSION}}`;
  const hash = sha256Hex(`{${previous},${rest}`);
  return { head: { sequence, hash }, line: `{"hash":"${hash}",${previous},${rest}` };
}

/** A line of an evidence file that cannot be used. */
export interface LineProblem {
  readonly line: number;
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

export type InputLog =
  | {
      readonly ok: true;
      readonly records: readonly InputRecord[];
      readonly head: ChainHead;
      /** Where the chain stood at the end of each cycle. */
      readonly commits: readonly ChainHead[];
    }
  | { readonly ok: false; readonly problem: LineProblem };

/** Reads signals.jsonl and checks its chain; the first line that does not follow is named. */
export function readInputLog(text: string): InputLog {
  const records: InputRecord[] = [];
  const commits: ChainHead[] = [];
  let head = CHAIN_START;
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const [index, line] of lines.entries()) {
    const read = readLine(line, head);
    if ('expected' in read) return { ok: false, problem: { line: index + 1, ...read } };
    records.push(read.record);
    head = read.head;
    if (read.record.kind === 'cycle_committed') commits.push(head);
  }
  return { ok: true, records, head, commits };
}

function readLine(
  line: string,
  head: ChainHead,
): { record: InputRecord; head: ChainHead } | { what: string; expected: string; found: string } {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    return {
      what: 'the line',
      expected: 'one JSON object',
      found: error instanceof Error ? error.message : String(error),
    };
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { what: 'the line', expected: 'one JSON object', found: line.slice(0, 60) };
  }
  const record = decoded('record' in json ? json.record : undefined);
  if (!(record instanceof Error)) {
    // To the byte what its record gives in this place; anything else has a first difference, named below.
    const expected = chainRecord(head, inputRecordCodec.write(record));
    if (expected.line === line) return { record, head: expected.head };
  }
  const written = canonicalOf(json);
  if (written !== line)
    return {
      what: 'the line',
      expected: 'the canonical JSON of its record',
      found: firstDifference(written, line),
    };
  const other = Object.keys(json).find((key) => !LINE_KEYS.includes(key));
  if (other !== undefined)
    return { what: other, expected: `no key but ${LINE_KEYS.join(', ')}`, found: 'one more' };
  const { hash, ...body } = json as { [key: string]: Json }; // parsed JSON object
  const { version, sequence, previous } = body;
  const next = head.sequence + 1;
  if (version !== INPUT_LOG_VERSION)
    return { what: 'version', expected: String(INPUT_LOG_VERSION), found: shown(version) };
  if (sequence !== next)
    return { what: 'sequence', expected: String(next), found: shown(sequence) };
  if (previous !== head.hash)
    return { what: 'previous', expected: head.hash, found: shown(previous) };
  const sealed = sha256Hex(canonicalJson(body));
  if (hash !== sealed) return { what: 'hash', expected: sealed, found: shown(hash) };
  if (record instanceof DecodeError)
    return { what: record.path, expected: record.expected, found: record.found };
  if (record instanceof Error) throw record; // canonicalOf has refused it
  return { record, head: { sequence: next, hash: sealed } };
}

/** The record, or why it is none. */
function decoded(json: unknown): InputRecord | DecodeError | RangeError {
  try {
    return inputRecordCodec.decode(json, 'record');
  } catch (error) {
    // RangeError: nested deeper than the stack; no record of ours is.
    if (error instanceof DecodeError || error instanceof RangeError) return error;
    throw error;
  }
}

const shown = (json: Json | undefined): string =>
  json === undefined ? 'nothing' : canonicalJson(json);

/** Canonical bytes, or what a value has that they cannot hold (−0 is read by JSON and never written). */
function canonicalOf(json: object): string {
  try {
    return canonicalJson(json as Json); // out of JSON.parse
  } catch (error) {
    // RangeError: nested deeper than the stack; no record of ours is.
    if (error instanceof InvariantError || error instanceof RangeError) return error.message;
    throw error;
  }
}

function firstDifference(expected: string, found: string): string {
  let at = 0;
  while (at < expected.length && expected[at] === found[at]) at += 1;
  return `other bytes from character ${at + 1} on: ${JSON.stringify(found.slice(at, at + 40))}`;
}
