// Stage: paper exchange, served. The socket of trade updates, as the paper host speaks it.
// Invariant: nothing is said to a socket that has not authenticated and asked; nothing is replayed.
// Source: streaming page 2026 and both official SDKs: authentication by message or by headers, `listen`
// replaces the whole set, unknown streams are dropped without a word, frames are binary and hold JSON.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { encode } from '@msgpack/msgpack';
import type { RawData, WebSocket } from 'ws';
import { tradingRequestWire, type TradeUpdateWire } from '../../../wire/alpaca/tradeUpdates.ts';
import { Delivery } from './delivery.ts';
import type { VenueEvent } from './eventRing.ts';
import type { Keys } from './gate.ts';
import type { VenueState } from './venueState.ts';

interface Connection {
  readonly socket: WebSocket;
  /** Under the socket: frames of one turn of the loop leave in one write. */
  readonly wire: Socket;
  readonly packed: boolean;
  corked: boolean;
  authorized: boolean;
  listening: boolean;
}

const STREAM = 'trade_updates';
/** Unsent bytes at which a reader counts as lost. */
const MOST_UNSENT = 64 * 1024 * 1024;

export class TradeStream {
  readonly #keys: Keys;
  readonly #state: VenueState;
  readonly #connections = new Set<Connection>();
  readonly #delivery: Delivery;
  readonly #listener: (event: VenueEvent) => void;

  constructor(state: VenueState, keys: Keys) {
    this.#state = state;
    this.#keys = keys;
    this.#delivery = new Delivery(state, (update) => this.#say(update));
    this.#listener = (event) => this.#delivery.take(event);
    state.listeners.add(this.#listener);
  }

  accept(socket: WebSocket, { headers, socket: wire }: IncomingMessage): void {
    const known =
      headers['apca-api-key-id'] === this.#keys.keyId &&
      headers['apca-api-secret-key'] === this.#keys.secret;
    const connection: Connection = {
      socket,
      wire,
      corked: false,
      packed: headers['content-type'] === 'application/msgpack',
      authorized: known,
      listening: false,
    };
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
    socket.on('error', () => this.#connections.delete(connection));
    socket.on('message', (data) => this.#answer(connection, data));
  }

  /** Breaks every connection, without a close frame. */
  disconnect(): void {
    for (const { socket } of this.#connections) socket.terminate();
    this.#connections.clear();
  }

  get connections(): number {
    return this.#connections.size;
  }

  close(): void {
    this.#state.listeners.delete(this.#listener);
    this.#delivery.close();
    this.disconnect();
  }

  #answer(connection: Connection, data: RawData): void {
    const request = tradingRequestWire.safeParse(parsed(data));
    if (!request.success) {
      send(connection, { action: 'error', data: { error_message: 'invalid syntax' } });
      return;
    }
    if (request.data.action === 'listen') {
      this.#listen(connection, request.data.data.streams);
      return;
    }
    const given =
      request.data.action === 'auth'
        ? { keyId: request.data.key, secret: request.data.secret }
        : { keyId: request.data.data.key_id, secret: request.data.data.secret_key };
    const revoked = this.#state.faults.meet('keys_revoked', { path: '/stream' }) !== undefined;
    const known = given.keyId === this.#keys.keyId && given.secret === this.#keys.secret;
    connection.authorized = known && !revoked;
    authorization(connection, 'authenticate');
  }

  #listen(connection: Connection, streams: readonly string[]): void {
    if (!connection.authorized) {
      authorization(connection, 'listen');
      return;
    }
    connection.listening = streams.includes(STREAM);
    const heard = connection.listening ? [STREAM] : [];
    send(connection, { stream: 'listening', data: { streams: heard } });
  }

  #say(update: TradeUpdateWire): void {
    if (this.#connections.size === 0) return;
    const frame = { stream: STREAM, data: update };
    let text: Buffer | undefined;
    for (const connection of this.#connections) {
      if (!connection.listening) continue;
      gather(connection);
      if (connection.socket.bufferedAmount > MOST_UNSENT) connection.socket.terminate();
      else if (connection.packed) connection.socket.send(encode(frame));
      else {
        text ??= Buffer.from(JSON.stringify(frame));
        connection.socket.send(text, { binary: true });
      }
    }
  }
}

function gather(connection: Connection): void {
  if (connection.corked) return;
  connection.corked = true;
  connection.wire.cork();
  setImmediate(() => {
    connection.corked = false;
    connection.wire.uncork();
  });
}

const authorization = (connection: Connection, action: 'authenticate' | 'listen'): void =>
  send(connection, {
    stream: 'authorization',
    data: { action, status: connection.authorized ? 'authorized' : 'unauthorized' },
  });

function send({ socket, packed }: Connection, frame: object): void {
  socket.send(packed ? encode(frame) : Buffer.from(JSON.stringify(frame)), { binary: true });
}

/** What a message says: JSON, or the text as it came, which no schema takes. */
export function parsed(data: RawData): unknown {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer); // one of three
  const text = bytes.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
