// Stage: paper exchange, served. The server: one loopback port for trading, data, streams and control.
// Invariant: bound to 127.0.0.1 alone; every request and every tick works on the one state.
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { WebSocketServer } from 'ws';
import { accountRoutes } from './accountRoutes.ts';
import { controlRoutes } from './controlRoutes.ts';
import { dataRoutes } from './dataRoutes.ts';
import { Desk, type DeskOptions } from './desk.ts';
import { EventStreams } from './eventRoutes.ts';
import { errorResponse, gate, type Env, type Keys } from './gate.ts';
import type { Micros } from './instant.ts';
import { Lagging } from './lagging.ts';
import { orderRoutes } from './orderRoutes.ts';
import { QuoteStream } from './quoteStream.ts';
import { TradeStream } from './tradeStream.ts';

export interface ServeOptions extends DeskOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly keys: Keys;
  /** Requests a minute, 0 for no limit. Alpaca: 200. */
  readonly rateLimit: number;
  /** Data connections at a time. Alpaca: 1. */
  readonly dataConnections: number;
  /** Exchange seconds in a second of the machine; null for a clock that only tests move. */
  readonly speed: number | null;
}

export interface ServedExchange {
  readonly url: string;
  readonly desk: Desk;
  /** Moves the exchange's time and says on the streams what that brought. */
  advance(to: Micros): void;
  /** Ends it in order; again changes nothing. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const TICK_MS = 20;
/** As nginx has it: a client that is busy for some seconds finds its connection still there. */
const KEEP_ALIVE_MS = 75_000;

/** @throws BookError when the home cannot be used; an Error of the system when the port cannot */
export async function serveExchange(options: ServeOptions): Promise<ServedExchange> {
  const desk = new Desk(options);
  try {
    return await listen(desk, options);
  } catch (error) {
    desk.close();
    throw error;
  }
}

async function listen(desk: Desk, options: ServeOptions): Promise<ServedExchange> {
  const { keys, speed } = options;
  const trades = new TradeStream(desk.state, keys);
  const quotes = new QuoteStream(desk.state, { keys, connections: options.dataConnections });
  const events = new EventStreams();
  const disconnect = (): void => {
    trades.disconnect();
    events.close();
  };
  const advance = (to: Micros): void => {
    desk.advance(to);
    quotes.tick();
  };
  const app = new Hono<Env>();
  app.onError(errorResponse);
  app.notFound((c) => c.json({ message: 'endpoint not found.' }, 404));
  app.use('*', async (c, next) => {
    // A page of the web that resolves its own name to this machine is no client.
    if (!LOOPBACK.test(c.req.header('host') ?? '')) return c.json({ message: 'forbidden.' }, 403);
    return next();
  });
  controlRoutes(app, { desk, advance, manual: speed === null, disconnect });
  app.use('*', gate({ desk, keys, rateLimit: options.rateLimit, disconnect }));
  const lagging = new Lagging(desk.state);
  orderRoutes(app, desk, lagging);
  accountRoutes(app, desk, lagging);
  dataRoutes(app, desk);
  events.routes(app, desk.state);

  const server = await started(app, options.port);
  const sockets = upgrades(server, { trades, quotes, desk });
  const pace = speed === null ? undefined : follow(desk, advance, speed);
  let closed = false;
  const { port } = server.address() as AddressInfo; // a TCP server that listens
  return {
    url: `http://${HOST}:${port}`,
    desk,
    advance,
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(pace);
      events.close();
      trades.close();
      quotes.disconnect();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      desk.close();
    },
  };
}

const LOOPBACK = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

function started(app: Hono<Env>, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: HOST, port }, () => {
      server.off('error', reject);
      resolve(server as Server); // plain HTTP
    });
    (server as Server).keepAliveTimeout = KEEP_ALIVE_MS; // as above
    server.once('error', reject);
  });
}

/** `/stream` for trade updates, `/v2/iex` and its like for market data. */
function upgrades(
  server: Server,
  { trades, quotes, desk }: { trades: TradeStream; quotes: QuoteStream; desk: Desk },
): WebSocketServer {
  // A pong that never comes makes a client give the connection up.
  const sockets = new WebSocketServer({ noServer: true, autoPong: false });
  server.on('upgrade', (request: IncomingMessage, socket, head) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const trading = path === '/stream';
    if (!trading && !/^\/v2\/[a-z_]+$/.test(path)) {
      socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.on('ping', (data) => {
        if (desk.state.faults.meet('miss_pong', { path }) === undefined) opened.pong(data);
      });
      if (trading) trades.accept(opened, request);
      else quotes.accept(opened, request);
    });
  });
  return sockets;
}

function follow(desk: Desk, advance: (to: Micros) => void, speed: number): NodeJS.Timeout {
  const began = { machine: Date.now(), exchange: desk.state.now };
  return setInterval(() => {
    advance(began.exchange + Math.floor((Date.now() - began.machine) * 1000 * speed));
  }, TICK_MS);
}
