// Stage: alpaca. Quotes as they change, from the market data stream.
// Invariant: the quote of a symbol never goes back in time; a stream that fell silent is opened again.
import type { Quote, Symbol } from '../../domain/market.ts';
import { BrokerError } from '../../ports/broker.ts';
import {
  dataFrameWire,
  dataMessageWire,
  DATA_STREAM_ERRORS,
  type DataMessageWire,
} from '../../wire/alpaca/dataStream.ts';
import type { Credentials } from './credentials.ts';
import { Fields } from './fields.ts';
import { openJsonSocket, type JsonSocket } from './jsonSocket.ts';
import type { Timer } from './rateBudget.ts';

export interface QuoteStreamOptions {
  /** With the feed's name: "wss://stream.data.alpaca.markets/v2/iex". */
  readonly url: string;
  readonly credentials: Credentials;
  readonly symbols: readonly Symbol[];
  readonly timer: Timer;
  /** Without any message for this long while it is open, the stream counts as silent. */
  readonly silentAfterMs?: number;
  readonly firstBackOffMs?: number;
  readonly onQuote?: (quote: Quote) => void;
}

/** What another attempt cannot help: keys, rights, limits of the plan. */
const FINAL: ReadonlySet<number> = new Set([
  DATA_STREAM_ERRORS.authFailed,
  DATA_STREAM_ERRORS.symbolLimit,
  DATA_STREAM_ERRORS.v2NotEnabled,
  DATA_STREAM_ERRORS.insufficientSubscription,
]);

const SILENT_AFTER_MS = 60_000;
const LONGEST_BACK_OFF_MS = 30_000;

export class QuoteStream {
  readonly #options: QuoteStreamOptions;
  readonly #over = new AbortController();
  readonly #latest = new Map<string, { readonly raw: string; readonly quote: Quote }>();
  #state: 'connecting' | 'subscribed' | 'refused' | 'closed' = 'connecting';
  /** Why the broker refuses the stream; 0 while it does not. */
  #refusal = 0;
  #failure = '';
  #socket: JsonSocket | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: QuoteStreamOptions) {
    this.#options = options;
  }

  get state(): 'connecting' | 'subscribed' | 'refused' | 'closed' {
    return this.#state;
  }

  /** The broker's error code when it refuses the stream for good (402, 405, 408, 409). */
  get refusal(): number {
    return this.#refusal;
  }

  /** Why the last attempt to connect failed; empty while none has. */
  get failure(): string {
    return this.#failure;
  }

  latest(symbol: Symbol): Quote | undefined {
    return this.#latest.get(symbol)?.quote;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#socket?.close();
    await this.#running;
    this.#state = 'closed';
  }

  async #run(): Promise<void> {
    const { timer, firstBackOffMs = 1000 } = this.#options;
    for (let failures = 0; !this.#over.signal.aborted; failures += 1) {
      try {
        if (await this.#session()) failures = 0;
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        this.#failure = error.message;
      }
      if (this.#refusal !== 0) {
        this.#state = 'refused';
        return;
      }
      this.#state = 'connecting';
      const wait = Math.min(firstBackOffMs * 2 ** failures, LONGEST_BACK_OFF_MS);
      await timer.sleep(wait, this.#over.signal);
    }
  }

  /** One connection to its end; whether it was subscribed. */
  async #session(): Promise<boolean> {
    const { url, timer, silentAfterMs = SILENT_AFTER_MS } = this.#options;
    const socket = await openJsonSocket(url, timer);
    this.#socket = socket;
    let ended = false;
    let heard = true;
    let subscribed = false;
    socket.listen((frame) => {
      heard = true;
      for (const message of messagesOf(frame)) {
        if (message.T === 'subscription') subscribed = true;
        this.#take(message, socket);
      }
    });
    const over = socket.ended.then(() => {
      ended = true;
    });
    while (!ended && heard && !this.#over.signal.aborted) {
      heard = false;
      await Promise.race([over, timer.sleep(silentAfterMs, this.#over.signal)]);
    }
    socket.close();
    return subscribed;
  }

  #take(message: DataMessageWire, socket: JsonSocket): void {
    switch (message.T) {
      case 'success':
        return this.#answer(message.msg, socket);
      case 'subscription':
        this.#state = 'subscribed';
        return;
      case 'error':
        if (FINAL.has(message.code)) this.#refusal = message.code;
        return socket.close();
      case 'q':
        return this.#keep(message);
      case 't':
      case 'b':
      case 'u':
      case 'd':
      case 's':
        return;
    }
  }

  #answer(step: string, socket: JsonSocket): void {
    const { credentials, symbols } = this.#options;
    if (step === 'connected') {
      const { keyId, secret } = credentials.reveal();
      socket.send({ action: 'auth', key: keyId, secret });
    } else if (step === 'authenticated') {
      socket.send({ action: 'subscribe', quotes: symbols });
    }
  }

  #keep(message: Extract<DataMessageWire, { T: 'q' }>): void {
    const fields = new Fields(`quote of ${message.S}`);
    const symbol = fields.symbol('S', message.S);
    const known = this.#latest.get(symbol);
    const raw = sortable(message.t);
    if (known !== undefined && known.raw > raw) return;
    const quote: Quote = {
      symbol,
      bid: fields.priceOrNone('bp', message.bp),
      ask: fields.priceOrNone('ap', message.ap),
      at: fields.time('t', message.t),
    };
    this.#latest.set(symbol, { raw, quote });
    this.#options.onQuote?.(quote);
  }
}

/** Messages that are understood; the others of a frame are passed over. */
function messagesOf(frame: unknown): DataMessageWire[] {
  const messages = dataFrameWire.safeParse(frame);
  if (!messages.success) return [];
  return messages.data.flatMap((one) => {
    const message = dataMessageWire.safeParse(one);
    return message.success ? [message.data] : [];
  });
}

/** Instants of 0 to 9 fractional digits, so that text order is time order. */
function sortable(instant: string): string {
  const [whole = '', fraction = ''] = instant.slice(0, -1).split('.');
  return `${whole}.${fraction.padEnd(9, '0')}`;
}
