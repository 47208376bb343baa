// Stage: alpaca. What came of one request, told apart by status, code and named fields.
// Invariant: text is for people: no decision looks at it; and it never holds a key.
import { ALPACA_HEADERS, errorBodyWire, type ErrorBodyWire } from '../../wire/alpaca/errorBody.ts';

/** Why the broker refused, by status; `code` is missing in some bodies and coarse in all. */
export type RefusalKind =
  | 'unauthorized'
  | 'forbidden'
  | 'not_allowed'
  | 'not_found'
  | 'invalid'
  | 'too_many_requests'
  | 'server_fault';

export interface Refusal {
  readonly kind: RefusalKind;
  readonly status: number;
  /** Alpaca's code, or "http_401" where the body has none. */
  readonly code: string;
  /** The parsed body; empty where it was no JSON object. */
  readonly body: ErrorBodyWire;
  /** For people. */
  readonly text: string;
  readonly requestId: string;
  /** Not before this instant, when the broker named one; milliseconds since 1970. */
  readonly retryAtMs: number | null;
}

export type Answer =
  | { readonly kind: 'answered'; readonly body: unknown; readonly requestId: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** No byte of it can have reached the broker. */
  | { readonly kind: 'not_sent'; readonly reason: string }
  /** It may have been carried out. */
  | { readonly kind: 'unknown'; readonly reason: string };

interface Received {
  readonly status: number;
  readonly text: string;
  header(name: string): string | null;
}

/** @param nowMs for `Retry-After`, which counts from the answer */
export function refusalOf(received: Received, nowMs: number): Refusal {
  const body = bodyOf(received.text);
  const { status } = received;
  const code = typeof body?.code === 'number' ? String(body.code) : `http_${status}`;
  return {
    kind: kindOf(status, body),
    status,
    code,
    body: body ?? {},
    text: body?.message ?? described(received.text),
    requestId: received.header(ALPACA_HEADERS.requestId) ?? '',
    retryAtMs: retryAt(received, nowMs),
  };
}

function kindOf(status: number, body: ErrorBodyWire | undefined): RefusalKind {
  if (status === 401) return 'unauthorized';
  // Wrong environment: 403 without a code. A rule of the broker: 403 with one.
  if (status === 403) return typeof body?.code === 'number' ? 'not_allowed' : 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 429) return 'too_many_requests';
  return status >= 400 && status < 500 ? 'invalid' : 'server_fault';
}

function bodyOf(text: string): ErrorBodyWire | undefined {
  const parsed = errorBodyWire.safeParse(jsonOf(text));
  return parsed.success ? parsed.data : undefined;
}

/** HTML, plain text and nothing are allowed: they are no object, whatever they say. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function described(text: string): string {
  if (text === '') return 'no text';
  return text.trimStart().startsWith('<') ? 'an HTML page' : text.slice(0, 200);
}

/** The window's end, one second later so that both clocks agree; else `Retry-After`. */
function retryAt(received: Received, nowMs: number): number | null {
  const reset = Number(received.header(ALPACA_HEADERS.rateReset) ?? 'none');
  if (Number.isFinite(reset) && reset > 0) return (reset + 1) * 1000;
  const after = Number(received.header(ALPACA_HEADERS.retryAfter) ?? 'none');
  return Number.isFinite(after) && after >= 0 ? nowMs + after * 1000 : null;
}

/**
 * Codes of failures before a connection stood: nothing was sent. Every other failure may have come
 * after the request was carried out.
 */
const BEFORE_SENDING: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_INVALID_URL',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** The failure of a request without an answer. */
export function failureOf(error: unknown): Extract<Answer, { kind: 'not_sent' | 'unknown' }> {
  const codes = codesOf(error, 0);
  const sure = codes.length > 0 && codes.every((code) => BEFORE_SENDING.has(code));
  const reason = codes.length > 0 ? codes.join(', ') : nameOf(error);
  return { kind: sure ? 'not_sent' : 'unknown', reason };
}

/** The innermost codes of a chain of causes; several when every address was tried. */
function codesOf(error: unknown, depth: number): string[] {
  if (!(error instanceof Error) || depth > 8) return [];
  if (error instanceof AggregateError) {
    const inner = error.errors.flatMap((each: unknown) => codesOf(each, depth + 1));
    if (inner.length > 0) return [...new Set(inner)];
  }
  const inner = codesOf(error.cause, depth + 1);
  if (inner.length > 0) return inner;
  return 'code' in error && typeof error.code === 'string' ? [error.code] : [];
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'a failure without a name';
  return error.cause instanceof Error ? nameOf(error.cause) : error.name;
}
