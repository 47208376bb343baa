// Stage: plan → orders. The order's name at the broker, from which its plan can be read back.
// Invariant: one decision has one id; an id with an edited character is never read as ours.
import { sha256Hex } from './canonical.ts';
import { CHECK_LENGTH, checksum, hexToDigits } from './clientOrderId/digits.ts';
import {
  decodeHead,
  encodeHead,
  HEAD_LENGTH,
  lostItsPrefix,
  PREFIX,
  type Head,
} from './clientOrderId/head.ts';
import { decodePayload, encodePayload, type Payload } from './clientOrderId/payload.ts';
import {
  integer,
  list,
  quantityText,
  record,
  sessionText,
  symbolText,
  text,
  word,
} from './codec.ts';
import { invariant } from './invariant.ts';
import { asSymbol, type Symbol } from './market.ts';
import type { Side } from './order.ts';
import { isDate, type Session } from './time.ts';
import { format, type Quantity } from './units/units.ts';

/**
 * The text of an id, `[A-Za-z0-9_-]{48,128}`. Digits are base64url (RFC 4648), most significant first.
 *
 * ```
 *   AY1-AAPL-20180717-B0-0-RvA0ouJy1itL2MC7Uad sah4OQ GC34R1gADlQL5AA qNWBBw    (without the spaces)
 *   |------------------ 42 ------------------| |-6--| |-- payload --| |-6--|
 * ```
 *
 * | part    | characters | what                                                               |
 * | ------- | ---------- | ------------------------------------------------------------------ |
 * | prefix  | 4          | `AY1-`: format 1                                                   |
 * | symbol  | 1-12       | letters and digits stay, `.` is `_`, `/` is `z`; then `-`          |
 * | session | 8          | YYYYMMDD; then `-`                                                 |
 * | side    | 1          | `B` or `S`                                                         |
 * | r       | 1-2        | revision of the parent, base 36, no leading zero; then `-`         |
 * | attempt | 1-2        | attempt at this parent, base 36, no leading zero; then `-`         |
 * | digest  | 9-22       | the parent's sha256 in base64url, as much as reaches character 42  |
 * | check   | 6          | CRC-32 of the 42 characters: its four bytes in base64url           |
 * | widths  | 1          | 16 (c − 1) + w: c digits a code (1-4), w a quantity (1-15);        |
 * |         |            | 0 (`A`) is `overflow`: the demands do not fit and none follows     |
 * | demands | n (c + w)  | code, then count of 1e-9 share, of each contributor by rising code |
 * | check   | 6          | CRC-32 of all before it, then `:` and the length of the whole id   |
 *
 * The first 48 characters stand alone, for systems that keep no more: the digest leads to the
 * records. Eight contributors of up to 4,398 shares each, with codes up to 4,095, always fit.
 *
 * A CRC-32 changes with every burst of up to 32 bits: one substituted character, or four neighbours,
 * cannot pass. All else is compared as text with what it decodes to, so no unused bit can be edited.
 * Wider damage passes one time in 2^32.
 */
const FORM = /^[A-Za-z0-9_-]{48,128}$/;
const LONGEST = 128;
const PAYLOAD_ROOM = LONGEST - HEAD_LENGTH - CHECK_LENGTH;
const LARGEST_STEP = 36 ** 2 - 1;

export interface OrderIdParts {
  readonly account: string;
  readonly session: Session;
  readonly symbol: Symbol;
  readonly side: Side;
  /** Of the parent, 0 to 1295. */
  readonly revision: number;
  /** Number of the child, 0 to 1295. */
  readonly attempt: number;
  /** Each positive, summing to the parent's quantity; sleeves and codes distinct, in any order. */
  readonly demands: readonly {
    readonly sleeve: string;
    readonly code: number;
    readonly quantity: Quantity;
  }[];
}

interface OurId extends Head {
  readonly kind: 'ours';
  readonly demands: Payload | { readonly kind: 'head_only' };
}

export type DecodedOrderId =
  | { readonly kind: 'foreign' }
  | { readonly kind: 'damaged'; readonly reason: string }
  | OurId;

/**
 * The parent's digest: sha256 over canonical JSON of account, session, symbol, side, revision and
 * demands by rising code. Not of the attempt: the children of one parent bear the same digest.
 *
 * @returns lower-case hex
 * @throws InvariantError when a part is out of its range
 */
export function parentDigest(parts: OrderIdParts): string {
  checkParts(parts);
  const demands = [...parts.demands].sort((a, b) => a.code - b.code);
  return sha256Hex(digested.write({ ...parts, demands }));
}

/** What the digest is over, as canonical JSON. */
const digested = record<Omit<OrderIdParts, 'attempt'>>({
  account: text,
  session: sessionText,
  symbol: symbolText,
  side: word('buy', 'sell'),
  revision: integer,
  demands: list(record({ sleeve: text, code: integer, quantity: quantityText })),
});

/**
 * The client order id of one child; the same parts give the same id.
 *
 * @param digestOfParent the parent's digest where it is at hand
 * @throws InvariantError as parentDigest
 */
export function encodeOrderId(parts: OrderIdParts, digestOfParent = parentDigest(parts)): string {
  const digest = hexToDigits(digestOfParent); // 43 digits: 32 bytes in base64url leave two zero bits
  const text = encodeHead({ ...parts, digest }) + encodePayload(parts.demands, PAYLOAD_ROOM);
  const id = text + wholeChecksum(text);
  invariant(
    FORM.test(id),
    () => `Client order id ${id} of ${id.length} characters breaks its own form.`,
  );
  return id;
}

/**
 * Reads an id back, from the id alone.
 *
 * One character of ours substituted, dropped, added or swapped with its neighbour makes the id
 * `damaged`, in the prefix too: what holds once the prefix is put back was ours. An id that lost or
 * gained more than that at its front is `foreign`. That is safe: a foreign order belongs to no plan,
 * so its fills go to suspense and open a break while the planned order is missed; no sleeve gets a
 * share by it.
 */
export function decodeOrderId(id: string): DecodedOrderId {
  if (!id.startsWith(PREFIX.slice(0, -1))) {
    if (!lostItsPrefix(id)) return { kind: 'foreign' };
    return damaged(`expected the prefix ${PREFIX}, found ${id.slice(0, PREFIX.length)}`);
  }
  if (!FORM.test(id)) {
    return damaged(`expected 48 to 128 of A-Z a-z 0-9 _ -, found ${id.length} characters: ${id}`);
  }
  const head = decodeHead(id.slice(0, HEAD_LENGTH));
  if (typeof head === 'string') return damaged(head);
  if (id.length === HEAD_LENGTH) return { kind: 'ours', ...head, demands: { kind: 'head_only' } };
  const text = id.slice(0, -CHECK_LENGTH);
  const [expected, found] = [wholeChecksum(text), id.slice(-CHECK_LENGTH)];
  if (found !== expected)
    return damaged(`expected the checksum ${expected} of the whole id, found ${found}`);
  const demands = decodePayload(text.slice(HEAD_LENGTH));
  return typeof demands === 'string' ? damaged(demands) : { kind: 'ours', ...head, demands };
}

/**
 * Whether the id is exactly the encoding of these parts.
 *
 * @returns `ok: false` with what differs first
 * @throws InvariantError as parentDigest
 */
export function verifyOrderId(
  id: string,
  parts: OrderIdParts,
): { ok: true } | { ok: false; reason: string } {
  const expected = encodeOrderId(parts);
  if (id === expected) return { ok: true };
  const found = decodeOrderId(id);
  if (found.kind === 'foreign') return differs('id', expected, `${id}, which is not ours`);
  if (found.kind === 'damaged')
    return differs('id', expected, `${id}, which is damaged: ${found.reason}`);
  const wanted = decodeOrderId(expected);
  invariant(wanted.kind === 'ours', () => `Client order id ${expected} cannot be read back.`);
  for (const field of ['symbol', 'session', 'side', 'revision', 'attempt'] as const) {
    if (found[field] !== wanted[field]) return differs(field, wanted[field], found[field]);
  }
  const [wantedDemands, foundDemands] = [demandsText(wanted), demandsText(found)];
  if (foundDemands !== wantedDemands) return differs('demands', wantedDemands, foundDemands);
  return differs('digest of the parent', wanted.digest, found.digest);
}

function checkParts({ symbol, session, revision, attempt, demands }: OrderIdParts): void {
  invariant(
    asSymbol(symbol) === symbol,
    () => `An order id needs a symbol like BRK.B, found "${symbol}".`,
  );
  invariant(
    isDate(session),
    () => `An order id needs a session like 2018-07-17, found "${session}".`,
  );
  for (const [name, step] of Object.entries({ revision, attempt })) {
    invariant(
      Number.isInteger(step) && step >= 0 && step <= LARGEST_STEP,
      () =>
        `The ${name} of an order of ${symbol} is an integer from 0 to ${LARGEST_STEP}, found ${step}.`,
    );
  }
  invariant(demands.length > 0, () => `An order of ${symbol} needs a contributor, found none.`);
  for (const demand of demands)
    if (!Number.isSafeInteger(demand.code) || demand.code < 0 || demand.quantity <= 0n)
      refuseDemand(symbol, demand);
  for (const name of ['sleeve', 'code'] as const) {
    if (doRise(demands, name)) continue;
    const distinct = new Set(demands.map((demand) => demand[name])).size;
    invariant(
      distinct === demands.length,
      () =>
        `Each contributor to an order of ${symbol} has a ${name} of its own, found ${distinct} for ${demands.length}.`,
    );
  }
}

function refuseDemand(
  symbol: Symbol,
  { sleeve, code, quantity }: OrderIdParts['demands'][number],
): void {
  invariant(
    Number.isSafeInteger(code) && code >= 0,
    () => `The code of ${sleeve} is an integer from 0, found ${code}.`,
  );
  invariant(
    quantity > 0n,
    () => `The demand of ${sleeve} for ${symbol} is positive, found ${format(quantity)}.`,
  );
}

/** What rises, as most demands do, is distinct by that. */
function doRise(demands: OrderIdParts['demands'], name: 'sleeve' | 'code'): boolean {
  let before: OrderIdParts['demands'][number] | null = null;
  for (const demand of demands) {
    if (before !== null && before[name] >= demand[name]) return false;
    before = demand;
  }
  return true;
}

function demandsText({ demands }: OurId): string {
  if (demands.kind !== 'listed') return demands.kind;
  return demands.demands.map(({ code, quantity }) => `${code}: ${format(quantity)}`).join(', ');
}

/** The length is of the whole id, so that no shorter text with a matching end can pass for it. */
const wholeChecksum = (text: string): string => checksum(`${text}:${text.length + CHECK_LENGTH}`);

const damaged = (reason: string): DecodedOrderId => ({ kind: 'damaged', reason });

const differs = (
  what: string,
  expected: string | number,
  found: string | number,
): { ok: false; reason: string } => ({
  ok: false,
  reason: `${what}: expected ${expected}, found ${found}`,
});
