// Stage: tests. Both transports of trade updates and the quote stream against a real socket.
// Invariant: the peer here is a script of the protocol as documented; it knows no rule of orders.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { CANARY } from '../../../test/alpaca/scripted.ts';
import { asSymbol, type Symbol } from '../../domain/market.ts';
import { Credentials } from './credentials.ts';
import { QuoteStream } from './quoteStream.ts';
import { machineTimer } from './rateBudget.ts';
import { TradeEvents } from './tradeEvents.ts';
import { TradeSocket } from './tradeSocket.ts';
import { StreamRefused } from './updateTransport.ts';

const credentials = new Credentials(CANARY.keyId, CANARY.secret, 'a test');
const KO = asSymbol('KO') as Symbol; // a symbol

const order = {
  id: '904837e3-3b76-47ec-b432-046db621571b',
  client_order_id: 'AY1-KO-a',
  submitted_at: '2026-10-08T15:10:18.0952164Z',
  symbol: 'KO',
  qty: '5',
  filled_qty: '0',
  filled_avg_price: null,
  type: 'market',
  side: 'buy',
  time_in_force: 'day',
  status: 'new',
};
const update = { event: 'new', timestamp: '2026-10-08T15:10:18.1Z', order };

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

type Say = (value: unknown) => void;
/** A socket server whose every message is answered by the script. */
async function socketServer(
  answer: (message: Record<string, unknown>, say: Say, socket: WebSocket) => void,
  greet: (say: Say) => void = () => {},
): Promise<{ url: string; heard: Record<string, unknown>[] }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const heard: Record<string, unknown>[] = [];
  server.on('connection', (socket) => {
    // Binary frames that hold JSON text, as the paper host sends them.
    const say: Say = (value) =>
      socket.send(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Record<string, unknown>; // what we sent
      heard.push(message);
      answer(message, say, socket);
    });
    greet(say);
  });
  await new Promise((ready) => {
    server.on('listening', ready);
  });
  closers.push(async () => {
    for (const client of server.clients) client.terminate();
    await new Promise((closed) => {
      server.close(closed);
    });
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

const authorization = (status: string) => ({
  stream: 'authorization',
  data: { action: 'authenticate', status },
});
const listening = (streams: readonly string[]) => ({ stream: 'listening', data: { streams } });

function collected() {
  const updates: unknown[] = [];
  const gaps: string[] = [];
  return {
    updates,
    gaps,
    onUpdate: (one: unknown) => void updates.push(one),
    onGap: (why: string) => void gaps.push(why),
  };
}
const until = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 500 && !holds(); turn += 1) await machineTimer.sleep(2);
  expect(holds()).toBe(true);
};

describe('trade updates by socket', () => {
  it('are listened to after both acknowledgements, in binary frames too', async () => {
    const { url, heard } = await socketServer((message, say) => {
      if (message['action'] === 'authenticate') say(authorization('authorized'));
      else {
        say(listening(['trade_updates']));
        say({ stream: 'trade_updates', data: update });
        say({ stream: 'stream_of_2030', data: {} });
        say({ stream: 'trade_updates', data: { ...update, order: {} } });
        say('no json');
      }
    });
    const taken = collected();
    const connection = await new TradeSocket(url, credentials, machineTimer).open(taken);
    expect(heard).toEqual([
      { action: 'authenticate', data: { key_id: CANARY.keyId, secret_key: CANARY.secret } },
      { action: 'listen', data: { streams: ['trade_updates'] } },
    ]);
    await until(() => taken.gaps.length === 2);
    expect(taken.updates).toEqual([update]);
    connection.close();
    expect(await connection.ended).toContain('closed');
  });

  it.each([
    ['the keys', [authorization('unauthorized')], []],
    ['the stream', [authorization('authorized')], [listening([])]],
  ])('that refuse %s are not tried again', async (_name, first, second) => {
    const { url } = await socketServer((message, say) => {
      for (const one of message['action'] === 'authenticate' ? first : second) say(one);
    });
    const opening = new TradeSocket(url, credentials, machineTimer).open(collected());
    await expect(opening).rejects.toThrow(StreamRefused);
    await expect(opening).rejects.not.toThrow(CANARY.keyId);
  });

  it.each<readonly [string, (say: Say, socket: WebSocket) => void]>([
    ['a close', (_say, socket) => socket.close()],
    ['an error', (say) => say({ action: 'error', data: { error_message: 'internal' } })],
  ])('that end with %s before listening may be tried again', async (_name, then) => {
    const { url } = await socketServer((_message, say, socket) => then(say, socket));
    const opening = new TradeSocket(url, credentials, machineTimer).open(collected());
    await expect(opening).rejects.toThrow('broke off');
    await expect(opening).rejects.not.toThrow(StreamRefused);
  });

  it('without a server may be tried again', async () => {
    const opening = new TradeSocket('ws://127.0.0.1:9', credentials, machineTimer).open(
      collected(),
    );
    await expect(opening).rejects.toThrow('ECONNREFUSED');
  });
});

describe('trade updates as server-sent events', () => {
  const event = (id: string) => ({ ...update, at: update.timestamp, event_id: id });

  async function eventServer(chunks: readonly string[], status = 200) {
    const asked: string[] = [];
    const server: Server = createServer((request, response) => {
      asked.push(`${request.url} ${String(request.headers['apca-api-key-id'])}`);
      response.writeHead(status, { 'content-type': 'text/event-stream' });
      for (const chunk of chunks) response.write(chunk);
      response.end();
    });
    await new Promise<void>((ready) => {
      server.listen(0, '127.0.0.1', ready);
    });
    closers.push(async () => {
      server.closeAllConnections();
      await new Promise((closed) => {
        server.close(closed);
      });
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }

  it('go on behind the last event after a break, wherever the bytes were cut', async () => {
    const text = `:heartbeat\ndata: ${JSON.stringify(event('01A'))}\n\ndata:${JSON.stringify(event('01B'))}\n\n`;
    const { url, asked } = await eventServer([
      text.slice(0, 100),
      text.slice(100, 101),
      text.slice(101),
    ]);
    const events = new TradeEvents(url, credentials);
    const taken = collected();
    expect(await (await events.open(taken)).ended).toBe('ended');
    expect(taken.updates).toEqual([event('01A'), event('01B')]);
    expect(taken.gaps).toEqual([]);
    await (
      await events.open(taken)
    ).ended;
    expect(asked).toEqual([
      `/v2/events/trades ${CANARY.keyId}`,
      `/v2/events/trades?since_id=01B ${CANARY.keyId}`,
    ]);
  });

  it('that were left out, or are not understood, are gaps', async () => {
    const { url } = await eventServer([
      ': you are reading too slowly, dropped 7 messages\n',
      'data: {"event_id":"01Z"}\n',
      'event: x\n',
    ]);
    const events = new TradeEvents(url, credentials, '01A');
    const taken = collected();
    await (
      await events.open(taken)
    ).ended;
    expect(taken.gaps).toEqual([
      'you are reading too slowly, dropped 7 messages',
      'an event was not understood',
    ]);
    expect(events.cursor).toBe('01A');
  });

  it.each([
    [401, true],
    [403, true],
    [429, false],
    [500, false],
  ])('refused with %i: final is %s', async (status, final) => {
    const { url } = await eventServer([], status);
    const error = await new TradeEvents(url, credentials)
      .open(collected())
      .catch((found: unknown) => found);
    expect(error instanceof StreamRefused).toBe(final);
    expect(String(error)).toContain(`HTTP ${status}`);
  });
});

describe('the quote stream', () => {
  const quote = {
    T: 'q',
    S: 'KO',
    t: '2026-10-08T15:10:18.097123456Z',
    ax: 'V',
    ap: 86.89,
    as: 3,
    bx: 'V',
    bp: 86.87,
    bs: 2,
  };

  it('subscribes after it is authenticated, again after a break, and keeps the latest', async () => {
    let connections = 0;
    const { url, heard } = await socketServer(
      (message, say, socket) => {
        if (message['action'] === 'auth') say([{ T: 'success', msg: 'authenticated' }]);
        else {
          say([
            { T: 'subscription', quotes: ['KO'] },
            { ...quote, bp: 80 + connections },
            { T: 'zz' },
          ]);
          say([{ ...quote, t: '2026-10-08T15:10:17Z', bp: 1 }]);
          if (connections === 1) setImmediate(() => socket.close());
        }
      },
      (say) => {
        connections += 1;
        say([{ T: 'success', msg: 'connected' }]);
      },
    );
    const stream = new QuoteStream({
      url,
      credentials,
      symbols: [KO],
      timer: machineTimer,
      firstBackOffMs: 1,
    });
    stream.start();
    await until(() => stream.latest(KO)?.bid === 82_000_000_000n);
    expect(heard.map(({ action }) => action)).toEqual(['auth', 'subscribe', 'auth', 'subscribe']);
    expect(stream.latest(KO)).toMatchObject({
      ask: 86_890_000_000n,
      at: '2026-10-08T15:10:18.097Z',
    });
    await stream.close();
    expect(stream.state).toBe('closed');
  });

  it.each([
    [402, 'refused'],
    [405, 'refused'],
    [409, 'refused'],
    [406, 'connecting'],
    [500, 'connecting'],
  ])('told error %i is %s', async (code, state) => {
    let told = 0;
    const { url } = await socketServer(
      (_message, say) => {
        told += 1;
        say([{ T: 'error', code, msg: 'any text' }]);
      },
      (say) => say([{ T: 'success', msg: 'connected' }]),
    );
    const stream = new QuoteStream({
      url,
      credentials,
      symbols: [KO],
      timer: machineTimer,
      firstBackOffMs: 1,
    });
    stream.start();
    await until(() => (state === 'refused' ? stream.state === 'refused' : told >= 3));
    expect(stream.state).toBe(state);
    await stream.close();
    if (state === 'refused') expect(told).toBe(1);
  });

  it('that falls silent is opened again', async () => {
    let connections = 0;
    const { url } = await socketServer(
      (message, say) =>
        say([
          message['action'] === 'auth'
            ? { T: 'success', msg: 'authenticated' }
            : { T: 'subscription' },
        ]),
      (say) => {
        connections += 1;
        say([{ T: 'success', msg: 'connected' }]);
      },
    );
    const stream = new QuoteStream({
      url,
      credentials,
      symbols: [KO],
      timer: machineTimer,
      firstBackOffMs: 1,
      silentAfterMs: 20,
    });
    stream.start();
    await until(() => connections >= 3);
    expect(stream.latest(KO)).toBeUndefined();
    await stream.close();
  });
});
