// Stage: paper exchange, served. What every request passes: keys, request id, rate limit, faults of the way.
// Invariant: a request refused here has not reached the exchange, except by the faults that say so.
// Source: bodies and headers recorded from Alpaca, 2026-09; DIFFERENCES.md names each fault's report.
import { randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, MiddlewareHandler } from 'hono';
import { ERROR_CODES } from '../../../wire/alpaca/errorBody.ts';
import type { Desk } from './desk.ts';
import type { FaultName, FaultRule } from './faults.ts';
import { Refused, type Refusal } from './refusal.ts';

export interface Keys {
  readonly keyId: string;
  readonly secret: string;
}

export interface GateOptions {
  readonly desk: Desk;
  readonly keys: Keys;
  /** Requests a minute; 0 for no limit. */
  readonly rateLimit: number;
  /** Breaks every stream of trade updates. */
  readonly disconnect: () => void;
}

export type Env = { Bindings: HttpBindings };

/** Live keys on a paper host are forbidden, not unauthorized. Source: reported 2026. */
const LIVE_KEY = /^AK/;

/** The gate. Requests without keys cost nothing of the limit. */
export function gate(options: GateOptions): MiddlewareHandler<Env> {
  const window = { minute: -1, used: 0 };
  return async (c, next) => {
    c.header('X-Request-ID', randomUUID().replaceAll('-', ''));
    const early =
      barred(c, options) ?? limited(c, options, window) ?? (await failedBefore(c, options));
    if (early !== undefined) return early;
    await next();
    return failedAfter(c, options);
  };
}

const occasion = (c: Context<Env>) => ({ method: c.req.method, path: c.req.path });

function barred(c: Context<Env>, { desk, keys }: GateOptions): Response | undefined {
  const { faults } = desk.state;
  const given = c.req.header('apca-api-key-id') ?? '';
  if (LIVE_KEY.test(given) || faults.meet('forbidden', occasion(c)) !== undefined)
    return c.json({ message: 'forbidden.' }, 403);
  const known = given === keys.keyId && c.req.header('apca-api-secret-key') === keys.secret;
  if (known && faults.meet('keys_revoked', occasion(c)) === undefined) return undefined;
  return unauthorized(c);
}

/** Three bodies for one status. Source: recorded 2026-09-24. */
function unauthorized(c: Context<Env>): Response {
  const { path } = c.req;
  if (path === '/v2/account') return c.json({ message: 'unauthorized.' }, 401);
  if (path === '/v2/clock' || path === '/v2/calendar') {
    return c.html(
      '<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n<center><h1>401 Authorization Required</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n',
      401,
    );
  }
  return c.json({ code: ERROR_CODES.notAuthorized, message: 'request is not authorized' }, 401);
}

function limited(
  c: Context<Env>,
  { desk, rateLimit }: GateOptions,
  window: { minute: number; used: number },
): Response | undefined {
  const minute = Math.floor(Date.now() / 60_000);
  if (window.minute !== minute) Object.assign(window, { minute, used: 0 });
  window.used += 1;
  const fault = desk.state.faults.meet('rate_limited', occasion(c));
  const limit = rateLimit === 0 ? Number.MAX_SAFE_INTEGER : rateLimit;
  const over = window.used > limit || fault !== undefined;
  if (fault?.bare !== true) {
    c.header('X-RateLimit-Limit', String(rateLimit));
    c.header('X-RateLimit-Remaining', String(over ? 0 : Math.max(0, limit - window.used)));
    c.header('X-RateLimit-Reset', String((minute + 1) * 60));
  }
  if (!over) return undefined;
  return fault?.bare === true
    ? c.text('', 429)
    : c.json({ code: ERROR_CODES.tooManyRequests, message: 'too many requests.' }, 429);
}

async function failedBefore(c: Context<Env>, options: GateOptions): Promise<Response | undefined> {
  const { faults } = options.desk.state;
  const slow = faults.meet('slow_answer', occasion(c));
  if (slow !== undefined) await pause(slow.milliseconds ?? 1000);
  const posts = c.req.method === 'POST';
  if (posts && faults.meet('disconnect_around_post', occasion(c)) !== undefined)
    options.disconnect();
  const failed = faults.meet('error_before_accept', occasion(c));
  return failed === undefined ? undefined : failure(c, failed);
}

function failedAfter(c: Context<Env>, { desk }: GateOptions): Response | undefined {
  const meet = (fault: FaultName): FaultRule | undefined =>
    desk.state.faults.meet(fault, occasion(c));
  const failed = meet('error_after_accept');
  if (failed !== undefined) return replaceWith(c, failure(c, failed));
  if (meet('cut_body') !== undefined) return replaceWith(c, cut(c));
  if (meet('not_json') !== undefined)
    return replaceWith(c, c.html('<html><body>upstream connect error</body></html>', 200));
  return undefined;
}

function replaceWith(c: Context<Env>, response: Response): undefined {
  // Hono merges headers with those of the answer before it: that one is taken away first.
  c.res = undefined;
  c.res = response;
  return undefined;
}

/** An error of the way. Without a status the connection is dropped and nothing is said. */
function failure(c: Context<Env>, { status }: FaultRule): Response {
  if (status === undefined) {
    c.env.outgoing.destroy();
    return RESPONSE_ALREADY_SENT;
  }
  return new Response('upstream request timeout', {
    status,
    headers: { 'content-type': 'text/plain' },
  });
}

/** Half an answer, then the end of the connection. */
function cut(c: Context<Env>): Response {
  const { outgoing } = c.env;
  outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': '4096' });
  outgoing.write('{"id":"');
  setTimeout(() => outgoing.destroy(), 10);
  return RESPONSE_ALREADY_SENT;
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

/** A refusal as the wire says it. */
export function refusalResponse(c: Context, { status, code, message, fields }: Refusal): Response {
  const body = { ...(code === null ? {} : { code }), message, ...fields };
  return c.json(body, status as 403 | 404 | 422); // refusals are of these
}

/** Errors of handlers: refusals as they are, anything else as Alpaca's 500. */
export function errorResponse(error: Error, c: Context): Response {
  if (error instanceof Refused) return refusalResponse(c, error.refusal);
  return c.json({ code: 50_010_000, message: `internal server error: ${error.message}` }, 500);
}
