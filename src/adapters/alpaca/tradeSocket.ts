// Stage: alpaca. Trade updates over the socket of the trading host.
// Invariant: `open` returns only after the broker acknowledged that it sends trade updates.
import { BrokerError } from '../../ports/broker.ts';
import {
  tradingFrameWire,
  unknownFrameWire,
  type TradingFrameWire,
} from '../../wire/alpaca/tradeUpdates.ts';
import type { Credentials } from './credentials.ts';
import { openJsonSocket, type JsonSocket } from './jsonSocket.ts';
import type { Timer } from './rateBudget.ts';
import {
  StreamRefused,
  type UpdateConnection,
  type UpdateHandlers,
  type UpdateTransport,
} from './updateTransport.ts';

const CHANNEL = 'trade_updates';
const HANDSHAKE_MS = 15_000;

export class TradeSocket implements UpdateTransport {
  readonly name = 'socket';
  readonly #url: string;
  readonly #credentials: Credentials;
  readonly #timer: Timer;

  constructor(url: string, credentials: Credentials, timer: Timer) {
    this.#url = url;
    this.#credentials = credentials;
    this.#timer = timer;
  }

  async open(handlers: UpdateHandlers): Promise<UpdateConnection> {
    const socket = await openJsonSocket(this.#url, this.#timer);
    try {
      await this.#shakeHands(socket, handlers);
      return { ended: socket.ended, close: () => socket.close() };
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Authenticates, listens, and waits for both acknowledgements. */
  async #shakeHands(socket: JsonSocket, handlers: UpdateHandlers): Promise<void> {
    const done = new AbortController();
    const listening = new Promise<void>((listens, fails) => {
      socket.listen((given) => {
        const frame = readFrame(given, handlers);
        if (frame === undefined) return;
        if ('action' in frame) return fails(broken('an error'));
        switch (frame.stream) {
          case 'authorization':
            if (frame.data.status !== 'authorized') return fails(this.#refused());
            return socket.send({ action: 'listen', data: { streams: [CHANNEL] } });
          case 'listening':
            // Unknown streams are dropped without a word: the list says what is sent.
            return frame.data.streams.includes(CHANNEL) ? listens() : fails(this.#refused());
          case 'trade_updates':
            return handlers.onUpdate(frame.data);
        }
      });
      void socket.ended.then((why) => fails(broken(why)));
      void this.#timer.sleep(HANDSHAKE_MS, done.signal).then(() => fails(broken('no answer')));
    });
    const { keyId, secret } = this.#credentials.reveal();
    socket.send({ action: 'authenticate', data: { key_id: keyId, secret_key: secret } });
    try {
      await listening;
    } finally {
      done.abort();
    }
  }

  #refused(): StreamRefused {
    return new StreamRefused(
      `The stream of trade updates refuses the key pair from ${this.#credentials.source}: expected "authorized". ` +
        'Updates are not received. Make new keys at the broker and set them.',
    );
  }
}

/** A frame that is understood; another kind is passed over, a broken update is a gap. */
function readFrame(given: unknown, handlers: UpdateHandlers): TradingFrameWire | undefined {
  const frame = tradingFrameWire.safeParse(given);
  if (frame.success) return frame.data;
  const other = unknownFrameWire.safeParse(given);
  if (!other.success || other.data.stream === CHANNEL) handlers.onGap('a frame was not understood');
  return undefined;
}

const broken = (why: string): BrokerError =>
  new BrokerError(
    `The stream of trade updates broke off: ${why}. Updates are taken by REST meanwhile. It is opened again.`,
  );
