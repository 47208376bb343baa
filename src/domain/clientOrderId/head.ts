// Stage: plan → orders. The first 48 characters of a client order id, which stand alone.
// Invariant: a head is read only if writing what was read gives the same text.
import { asSymbol, type Symbol } from '../market.ts';
import type { Side } from '../order.ts';
import { isDate, type Session } from '../time.ts';
import { CHECK_LENGTH, checksum } from './digits.ts';

/** What the head of an id says of its order. */
export interface Head {
  readonly session: Session;
  readonly symbol: Symbol;
  readonly side: Side;
  readonly revision: number;
  readonly attempt: number;
  /** The first characters of the parent's digest in base64url: 9 to 22. */
  readonly digest: string;
}

export const PREFIX = 'AY1-';
export const HEAD_LENGTH = 48;
const TEXT_LENGTH = HEAD_LENGTH - CHECK_LENGTH;
const TEXT =
  /^AY1-([A-Z0-9_z]{1,12})-(\d{4})(\d\d)(\d\d)-([BS])([0-9a-z]{1,2})-([0-9a-z]{1,2})-([A-Za-z0-9_-]+)$/;

/** Writes the head; of the digest, given whole in base64url, as much as there is room for. */
export function encodeHead(head: Head): string {
  const text = textOf(head);
  return text + checksum(text);
}

/** Reads the first 48 characters of an id. @returns what is wrong, as text, when they are no head */
export function decodeHead(characters: string): Head | string {
  const text = characters.slice(0, TEXT_LENGTH);
  const [expected, found] = [checksum(text), characters.slice(TEXT_LENGTH)];
  if (found !== expected) {
    return `expected the checksum ${expected} of the first ${TEXT_LENGTH} characters, found "${found}"`;
  }
  const head = parse(text);
  if (head !== undefined && textOf(head) === text) return head;
  return `expected prefix, symbol, session, side, revision, attempt and digest, found ${text}`;
}

/** Whether these characters would be a head of ours but for one edit that touched the prefix. */
export function lostItsPrefix(id: string): boolean {
  const afterPrefix = [PREFIX.length - 1, PREFIX.length, PREFIX.length + 1];
  return afterPrefix.some((start) => {
    const rest = id.slice(start, start + HEAD_LENGTH - PREFIX.length);
    return typeof decodeHead(PREFIX + rest) === 'object';
  });
}

function textOf(head: Head): string {
  const symbol = head.symbol.replaceAll('.', '_').replaceAll('/', 'z');
  const session = head.session.replaceAll('-', '');
  const side = head.side === 'buy' ? 'B' : 'S';
  const step = `${head.revision.toString(36)}-${head.attempt.toString(36)}`;
  return `${PREFIX}${symbol}-${session}-${side}${step}-${head.digest}`.slice(0, TEXT_LENGTH);
}

function parse(text: string): Head | undefined {
  const match = TEXT.exec(text);
  if (match === null) return undefined;
  // Every group takes part in a match; the defaults are for the compiler.
  const [, name = '', year, month, day, side, revision = '', attempt = '', digest = ''] = match;
  const symbol = asSymbol(name.replaceAll('_', '.').replaceAll('z', '/'));
  const date = `${year}-${month}-${day}`;
  if (symbol === undefined || !isDate(date)) return undefined;
  return {
    session: date as Session, // checked above
    symbol,
    side: side === 'B' ? 'buy' : 'sell',
    revision: Number.parseInt(revision, 36),
    attempt: Number.parseInt(attempt, 36),
    digest,
  };
}
