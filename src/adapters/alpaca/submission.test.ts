// Stage: tests. What becomes of a submission under every answer that Alpaca gives, or does not.
// Invariant: placed at most once; in doubt is never refused; the key pair is in nothing that comes out.
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CANARY,
  scripted,
  type Asked,
  type Said,
  type Scripted,
} from '../../../test/alpaca/scripted.ts';
import { asSymbol, type Symbol } from '../../domain/market.ts';
import { MARKET_TERMS, type OrderRequest, type SubmissionOutcome } from '../../domain/order.ts';
import { parseQuantity } from '../../domain/units/units.ts';

const request: OrderRequest = {
  clientOrderId: 'AY1-KO-1',
  symbol: asSymbol('KO') as Symbol, // a symbol
  side: 'buy',
  quantity: parseQuantity('5'),
  ...MARKET_TERMS,
};

const placed = {
  id: '904837e3-3b76-47ec-b432-046db621571b',
  client_order_id: 'AY1-KO-1',
  submitted_at: '2026-10-08T15:10:18.0952164Z',
  symbol: 'KO',
  qty: '5',
  filled_qty: '0',
  filled_avg_price: null,
  type: 'market',
  side: 'buy',
  time_in_force: 'day',
  status: 'pending_new',
};

const notFound: Said = {
  status: 404,
  body: { code: 40410000, message: 'order not found for AY1-KO-1' },
};
const duplicate: Said = {
  status: 422,
  body: { code: 40010001, message: 'client_order_id must be unique' },
};

let server: Scripted | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Submits once; `post` answers the submission, `get` the look-up. */
async function submit(
  post: Said | ((count: number) => Said),
  get: Said = notFound,
  order = request,
): Promise<SubmissionOutcome> {
  let posts = 0;
  server = await scripted(({ method }: Asked) => {
    if (method !== 'POST') return get;
    posts += 1;
    return typeof post === 'function' ? post(posts) : post;
  }, 300);
  return server.broker.submit(order);
}
const posts = (): Asked[] => server?.asked.filter(({ method }) => method === 'POST') ?? [];

describe('a submission', () => {
  it('sends a day market order with decimal text', async () => {
    expect(await submit({ body: placed })).toMatchObject({
      kind: 'accepted',
      order: { id: placed.id, status: 'pending_new', submittedAt: '2026-10-08T15:10:18.095Z' },
    });
    expect(posts()).toMatchObject([
      {
        path: '/v2/orders',
        body: {
          symbol: 'KO',
          qty: '5',
          side: 'buy',
          type: 'market',
          time_in_force: 'day',
          client_order_id: 'AY1-KO-1',
        },
      },
    ]);
    expect(Object.keys(posts()[0]?.body ?? {})).toHaveLength(6);
    expect(server?.log).toMatchObject([
      { what: 'submit AY1-KO-1', status: 200, requestId: 'req-1' },
    ]);
  });

  const refusals: readonly (readonly [string, Said, object])[] = [
    [
      'insufficient buying power',
      { status: 403, body: { code: 40310000, message: 'any text', buying_power: '1' } },
      { kind: 'refused', code: '40310000' },
    ],
    [
      'an unknown asset',
      { status: 422, body: { code: 42210000 } },
      { kind: 'refused', code: '42210000' },
    ],
    [
      'an unauthorized key',
      { status: 401, body: { message: 'unauthorized.' } },
      { kind: 'refused', code: 'http_401' },
    ],
    [
      'a 401 as HTML',
      { status: 401, body: '<html>401</html>' },
      { kind: 'refused', code: 'http_401' },
    ],
    [
      'another environment',
      { status: 403, body: { message: 'forbidden.' } },
      { kind: 'refused', code: 'http_403' },
    ],
    ['500', { status: 500, body: {} }, { kind: 'unknown' }],
    ['503 as text', { status: 503, body: 'upstream' }, { kind: 'unknown' }],
    ['504', { status: 504, body: '<html/>' }, { kind: 'unknown' }],
    ['a time-out at the broker', { status: 408, body: {} }, { kind: 'unknown' }],
    ['an answer that is no order', { body: { message: 'ok' } }, { kind: 'unknown' }],
    [
      'an answer of another order',
      { body: { ...placed, client_order_id: 'x' } },
      { kind: 'unknown' },
    ],
    ['an answer that is no JSON', { body: 'OK' }, { kind: 'unknown' }],
    ['an answer cut off', { body: placed, cut: 'within' }, { kind: 'unknown' }],
    ['a connection cut off', { cut: 'before' }, { kind: 'unknown' }],
    [
      'a redirect',
      { status: 307, headers: { location: 'http://127.0.0.1:9/' } },
      { kind: 'unknown' },
    ],
    [
      'an order that is rejected at once',
      { body: { ...placed, status: 'rejected', failed_at: placed.submitted_at } },
      { kind: 'accepted', order: { status: 'rejected' } },
    ],
    [
      'an order in a status of next year',
      { body: { ...placed, status: 'on_hold_2030' } },
      { kind: 'accepted', order: { status: 'accepted' } },
    ],
  ];
  it.each(refusals)('answered with %s is sent once and judged', async (_name, said, outcome) => {
    expect(await submit(said)).toMatchObject(outcome);
    expect(posts()).toHaveLength(1);
  });

  it('that cannot connect is not sent', async () => {
    const gone = await scripted(() => ({}));
    await gone.close();
    expect(await gone.broker.submit(request)).toMatchObject({ kind: 'not_sent' });
  });
});

describe('a client order id that exists', () => {
  it('is looked up: the same order is accepted', async () => {
    expect(
      await submit(duplicate, {
        body: {
          ...placed,
          status: 'filled',
          filled_qty: '5',
          filled_avg_price: '86.88',
          filled_at: '2026-10-08T15:10:19Z',
        },
      }),
    ).toMatchObject({
      kind: 'accepted',
      order: { id: placed.id, status: 'filled' },
    });
    expect(server?.asked[1]?.query.get('client_order_id')).toBe('AY1-KO-1');
  });

  it.each([
    ['quantity', { qty: '6' }],
    ['side', { side: 'sell' }],
    ['symbol', { symbol: 'PEP' }],
  ])('of another %s is refused', async (_name, change) => {
    expect(await submit(duplicate, { body: { ...placed, ...change } })).toMatchObject({
      kind: 'refused',
      code: '40010001',
    });
  });

  it('and is not listed yet is in doubt', async () => {
    expect(await submit(duplicate)).toMatchObject({ kind: 'unknown' });
  });

  it('and cannot be looked up is in doubt', async () => {
    expect(await submit(duplicate, { status: 500 })).toMatchObject({ kind: 'unknown' });
  });

  it('is not what 40010001 means for an id that is too long', async () => {
    const long = { ...request, clientOrderId: 'x'.repeat(129) };
    expect(await submit(duplicate, notFound, long)).toMatchObject({ kind: 'refused' });
  });

  it('is found although the broker answered with an error (Alpaca-API#270)', async () => {
    const error = { status: 403, body: { code: 40310000, message: 'insufficient qty' } };
    expect(await submit(error, { body: placed })).toMatchObject({ kind: 'accepted' });
  });
});

describe('a rate refusal', () => {
  const limited =
    (headers: Readonly<Record<string, string>>): ((count: number) => Said) =>
    (count) =>
      count === 1 ? { status: 429, body: 'slow down', headers } : { body: placed };

  it('with a reset is waited out to one second after it, under the same id', async () => {
    const reset = Date.parse('2026-10-08T15:00:30Z') / 1000;
    expect(await submit(limited({ 'x-ratelimit-reset': String(reset) }))).toMatchObject({
      kind: 'accepted',
    });
    expect(server?.timer.slept).toEqual([31_000]);
    expect(posts().map(({ body }) => body['client_order_id'])).toEqual(['AY1-KO-1', 'AY1-KO-1']);
  });

  it('with Retry-After is waited out', async () => {
    await submit(limited({ 'retry-after': '7' }));
    expect(server?.timer.slept).toEqual([7000]);
  });

  it('without a header is waited out by doubling', async () => {
    await submit((count) => (count <= 3 ? { status: 429, body: '' } : { body: placed }));
    expect(server?.timer.slept).toEqual([500, 1000, 2000]);
  });

  it('that does not end leaves the order not sent', async () => {
    expect(await submit({ status: 429, body: { code: 42910000 } })).toMatchObject({
      kind: 'not_sent',
    });
    expect(posts()).toHaveLength(5);
  });
});

describe('the key pair', () => {
  it.each<readonly [string, Said]>([
    [
      'a refusal that repeats it',
      { status: 401, body: { message: `${CANARY.keyId} ${CANARY.secret}` } },
    ],
    ['a page that repeats it', { status: 500, body: `<html>${CANARY.secret}</html>` }],
    ['a plain text that repeats it', { status: 403, body: `${CANARY.secret} is not allowed` }],
    ['a connection cut off', { cut: 'before' }],
  ])('is in nothing after %s', async (_name, said) => {
    const outcome = await submit(said, said);
    const thrown = await server?.broker.account().catch((error: unknown) => error);
    const shown = [outcome, thrown, server?.log, server?.broker]
      .map((what) => inspect(what, { depth: 12, showHidden: true }) + JSON.stringify(what))
      .join('\n');
    expect(shown.includes(CANARY.keyId)).toBe(false);
    expect(shown.includes(CANARY.secret)).toBe(false);
    expect(thrown).toBeInstanceOf(Error);
  });
});
