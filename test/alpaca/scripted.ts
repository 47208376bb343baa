// Stage: tests. A server on loopback that answers as a script says, and keeps what it was asked.
// Invariant: it knows no rule of the broker: each test writes its own.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AlpacaBroker } from '../../src/adapters/alpaca/alpacaBroker.ts';
import { Credentials } from '../../src/adapters/alpaca/credentials.ts';
import { endpointsOf } from '../../src/adapters/alpaca/endpoints.ts';
import type { Timer } from '../../src/adapters/alpaca/rateBudget.ts';
import type { RequestLog } from '../../src/adapters/alpaca/transport.ts';
import { timestamp } from '../../src/domain/time.ts';

/** Never to be seen again in a log, an error or an object. */
export const CANARY = { keyId: 'PKCANARYKEYID0000001', secret: 'canarySecretThatNobodyMaySee0001' };

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
}
export interface Said {
  readonly status?: number;
  /** An object as JSON; a text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection ends before, or in the middle of, the answer. */
  readonly cut?: 'before' | 'within';
}
export type Script = (asked: Asked, count: number) => Said;

export interface Scripted {
  readonly url: string;
  readonly asked: Asked[];
  readonly log: RequestLog[];
  readonly timer: Timer & { readonly slept: number[] };
  readonly broker: AlpacaBroker;
  close(): Promise<void>;
}

/** Time that passes only when somebody sleeps. */
export function testTimer(): Timer & { readonly slept: number[] } {
  let now = Date.parse('2026-10-08T15:00:00Z');
  const slept: number[] = [];
  return {
    slept,
    nowMs: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      // Whatever is ready now goes on before time does.
      await new Promise((ready) => {
        setImmediate(ready);
      });
      now += ms;
    },
  };
}

export async function scripted(script: Script, timeoutMs = 2000): Promise<Scripted> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void read(request).then((one) => {
      asked.push(one);
      say(response, script(one, asked.length));
    });
  });
  await new Promise<void>((ready) => {
    server.listen(0, '127.0.0.1', ready);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // listening on a port
  const timer = testTimer();
  const log: RequestLog[] = [];
  const broker = new AlpacaBroker({
    endpoints: endpointsOf('paper', url),
    credentials: new Credentials(CANARY.keyId, CANARY.secret, 'a test'),
    now: () => timestamp('2026-10-08T15:00:00.000Z'),
    feed: 'iex',
    timer,
    timeoutMs,
    log: (entry) => log.push(entry),
  });
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((closed) => {
      server.close(closed);
    });
  };
  return { url, asked, log, timer, broker, close };
}

async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // a request streams buffers
  const text = Buffer.concat(chunks).toString();
  const url = new URL(request.url ?? '/', 'http://scripted');
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>), // the SDK sends objects
  };
}

function say(response: ServerResponse, said: Said): void {
  const { status = 200, body = {}, headers = {}, cut } = said;
  if (cut === 'before') {
    response.destroy();
    return;
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    'x-request-id': 'req-1',
    ...headers,
  });
  if (cut === 'within') {
    response.write(text.slice(0, text.length / 2));
    setImmediate(() => response.destroy());
    return;
  }
  response.end(text);
}
