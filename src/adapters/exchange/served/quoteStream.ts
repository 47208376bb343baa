// Stage: paper exchange, served. The socket of market data: quotes, trades and bars of each minute.
// Invariant: every frame is a list; a subscription is answered with the full set in force.
// Source: Alpaca's market data documentation and the official SDK 4.0.2: MessagePack when the upgrade
// asks for it (instants then are its timestamps), error codes 400 to 500.
import type { IncomingMessage } from 'node:http';
import { decode, encode } from '@msgpack/msgpack';
import type { RawData, WebSocket } from 'ws';
import { asSymbol, type Symbol } from '../../../domain/market.ts';
import { DATA_STREAM_ERRORS, dataRequestWire } from '../../../wire/alpaca/dataStream.ts';
import { dailyBars, minuteBars, quoteText, tradeText } from './barText.ts';
import type { Keys } from './gate.ts';
import { MINUTE, phaseAt } from './instant.ts';
import { parsed } from './tradeStream.ts';
import type { VenueState } from './venueState.ts';

const CHANNELS = [
  'trades',
  'quotes',
  'bars',
  'updatedBars',
  'dailyBars',
  'statuses',
  'lulds',
  'imbalances',
  'corrections',
  'cancelErrors',
] as const;
type Channel = (typeof CHANNELS)[number];

interface Connection {
  readonly socket: WebSocket;
  readonly packed: boolean;
  authenticated: boolean;
  readonly channels: Map<Channel, Set<string>>;
}

const ERROR_TEXT: { readonly [code: number]: string } = {
  400: 'invalid syntax',
  401: 'not authenticated',
  402: 'auth failed',
  403: 'already authenticated',
  406: 'connection limit exceeded',
};

export interface QuoteStreamOptions {
  readonly keys: Keys;
  /** Connections at a time. Alpaca: one an account. */
  readonly connections: number;
}

export class QuoteStream {
  readonly #state: VenueState;
  readonly #options: QuoteStreamOptions;
  readonly #connections = new Set<Connection>();
  #minute = 0;

  constructor(state: VenueState, options: QuoteStreamOptions) {
    this.#state = state;
    this.#options = options;
    this.#minute = Math.floor(state.now / MINUTE);
  }

  accept(socket: WebSocket, { headers }: IncomingMessage): void {
    const packed = headers['content-type'] === 'application/msgpack';
    const connection: Connection = {
      socket,
      packed,
      authenticated: false,
      channels: new Map(CHANNELS.map((channel) => [channel, new Set()])),
    };
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
    socket.on('error', () => this.#connections.delete(connection));
    socket.on('message', (data) => this.#answer(connection, data));
    say(connection, [{ T: 'success', msg: 'connected' }]);
    const { keys } = this.#options;
    if (headers['apca-api-key-id'] !== undefined)
      this.#authenticate(connection, {
        keyId: String(headers['apca-api-key-id']),
        secret: String(headers['apca-api-secret-key'] ?? keys.keyId),
      });
  }

  /** Says what the minutes since the last call brought. Called after time has passed. */
  tick(): void {
    const { now, faults } = this.#state;
    const minute = Math.floor(now / MINUTE);
    const killed = this.#connections.size === 0 ? undefined : faults.meet('kill_data_socket');
    if (killed !== undefined) this.#kill(killed.count ?? 1011);
    if (minute === this.#minute) return;
    this.#minute = minute;
    if (phaseAt(now).phase !== 'core') return;
    for (const connection of this.#connections) {
      const messages = this.#messages(connection);
      if (messages.length > 0) say(connection, messages);
    }
  }

  disconnect(): void {
    for (const { socket } of this.#connections) socket.terminate();
    this.#connections.clear();
  }

  /** 1006 is no code of a close frame: the connection just ends. */
  #kill(code: number): void {
    for (const { socket } of this.#connections) {
      if (code === 1006) socket.terminate();
      else socket.close(code);
    }
  }

  #answer(connection: Connection, data: RawData): void {
    const request = dataRequestWire.safeParse(connection.packed ? unpacked(data) : parsed(data));
    if (!request.success) {
      refuse(connection, DATA_STREAM_ERRORS.invalidSyntax);
      return;
    }
    const { data: asked } = request;
    if (asked.action === 'auth') {
      this.#authenticate(connection, { keyId: asked.key, secret: asked.secret });
      return;
    }
    if (!connection.authenticated) {
      refuse(connection, DATA_STREAM_ERRORS.notAuthenticated);
      return;
    }
    for (const channel of CHANNELS) {
      for (const symbol of asked[channel] ?? []) {
        if (asked.action === 'subscribe') connection.channels.get(channel)?.add(symbol);
        else connection.channels.get(channel)?.delete(symbol);
      }
    }
    const inForce = [...connection.channels].map(([channel, symbols]) => [channel, [...symbols]]);
    say(connection, [{ T: 'subscription', ...(Object.fromEntries(inForce) as object) }]);
  }

  #authenticate(connection: Connection, given: Keys): void {
    const { keys, connections } = this.#options;
    if (connection.authenticated) {
      refuse(connection, DATA_STREAM_ERRORS.alreadyAuthenticated);
      return;
    }
    if (given.keyId !== keys.keyId || given.secret !== keys.secret) {
      refuse(connection, DATA_STREAM_ERRORS.authFailed);
      connection.socket.close();
      return;
    }
    const others = [...this.#connections].filter(({ authenticated }) => authenticated).length;
    const limited = this.#state.faults.meet('connection_limit') !== undefined;
    if (limited || others >= connections) {
      refuse(connection, DATA_STREAM_ERRORS.connectionLimit);
      connection.socket.close();
      return;
    }
    connection.authenticated = true;
    say(connection, [{ T: 'success', msg: 'authenticated' }]);
  }

  #messages({ channels, packed }: Connection): object[] {
    const stamp = (text: string): string | Date => (packed ? new Date(text) : text);
    const of = (
      channel: Channel,
      T: string,
      read: (symbol: Symbol) => object | undefined,
    ): object[] =>
      this.#wanted(channels.get(channel)).flatMap((S) => {
        const found = read(S);
        if (found === undefined || !('t' in found)) return [];
        return [{ T, S, ...found, t: stamp(String(found.t)) }];
      });
    const state = this.#state;
    const today = state.date();
    const span = { from: state.now - 2 * MINUTE, to: state.now, minutes: 1 };
    return [
      ...of('quotes', 'q', (symbol) => quoteText(state, symbol)),
      ...of('trades', 't', (symbol) => tradeText(state, symbol)),
      ...of('bars', 'b', (symbol) => minuteBars(state, symbol, span, [today]).at(-1)),
      ...of('dailyBars', 'd', (symbol) => dailyBars(state, symbol, today, today, 'raw').at(-1)),
    ];
  }

  #wanted(names: ReadonlySet<string> | undefined): readonly Symbol[] {
    const { symbols } = this.#state.settings.market;
    if (names?.has('*') === true) return symbols;
    return symbols.filter(
      (symbol) => names?.has(symbol) === true && asSymbol(symbol) !== undefined,
    );
  }
}

const refuse = (connection: Connection, code: number): void =>
  say(connection, [{ T: 'error', code, msg: ERROR_TEXT[code] ?? 'internal error' }]);

function say({ socket, packed }: Connection, messages: readonly object[]): void {
  if (packed) socket.send(encode(messages));
  else socket.send(JSON.stringify(messages));
}

function unpacked(data: RawData): unknown {
  try {
    return decode(Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer)); // one of three
  } catch {
    return parsed(data);
  }
}
