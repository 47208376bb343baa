// Stage: alpaca. Trade updates as server-sent events, with a cursor to go on from.
// Invariant: after a break the next connection begins behind the last event that was taken.
// Source: the Activity stream's description (2026-06) and the official Go SDK, which reads
// `/v2/events/trades`; the socket is to be retired in favour of it (official JS repository, 2026-09-23).
import { BrokerError } from '../../ports/broker.ts';
import { tradeEventWire } from '../../wire/alpaca/tradeUpdates.ts';
import type { Credentials } from './credentials.ts';
import {
  StreamRefused,
  type UpdateConnection,
  type UpdateHandlers,
  type UpdateTransport,
} from './updateTransport.ts';

const HEADERS = ['APCA-API-KEY-ID', 'APCA-API-SECRET-KEY'] as const;

export class TradeEvents implements UpdateTransport {
  readonly name = 'server-sent events';
  readonly #url: string;
  readonly #credentials: Credentials;
  #cursor: string | undefined;

  /** @param trading the trading API's address */
  constructor(trading: string, credentials: Credentials, cursor?: string) {
    this.#url = `${trading}/v2/events/trades`;
    this.#credentials = credentials;
    this.#cursor = cursor;
  }

  /** The id of the last event taken: kept, so that nothing is missed over a restart. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  async open(handlers: UpdateHandlers): Promise<UpdateConnection> {
    const over = new AbortController();
    const query = this.#cursor === undefined ? '' : `?since_id=${encodeURIComponent(this.#cursor)}`;
    const response = await this.#connect(query, over.signal);
    return { ended: this.#read(response, handlers), close: () => over.abort() };
  }

  async #connect(query: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const headers = Object.fromEntries(
      HEADERS.map((name) => [name, this.#credentials.header(name)]),
    );
    let response: Response;
    try {
      response = await fetch(this.#url + query, {
        headers: { ...headers, accept: 'text/event-stream' },
        redirect: 'error',
        signal,
      });
    } catch (error) {
      const why = error instanceof Error ? error.name : 'failed';
      throw new BrokerError(
        `The stream of trade events cannot be opened: ${why}. It is opened again.`,
      );
    }
    if (response.ok && response.body !== null) return response.body;
    await response.body?.cancel();
    const what = `The stream of trade events is refused: HTTP ${response.status}.`;
    throw response.status === 401 || response.status === 403
      ? new StreamRefused(
          `${what} Updates are not received. Make new keys at the broker and set them.`,
        )
      : new BrokerError(`${what} It is opened again.`);
  }

  async #read(body: ReadableStream<Uint8Array>, handlers: UpdateHandlers): Promise<string> {
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const chunk of body) {
        rest += decoder.decode(chunk, { stream: true });
        const lines = rest.split(/\r?\n/);
        rest = lines.pop() ?? '';
        for (const line of lines) this.#line(line, handlers);
      }
      return 'ended';
    } catch (error) {
      return error instanceof Error ? error.name : 'failed';
    }
  }

  /** An event is one line of data; comments are heartbeats, or say that events were left out. */
  #line(line: string, handlers: UpdateHandlers): void {
    if (line.startsWith(':')) {
      if (!line.startsWith(':heartbeat') && line.trim() !== ':')
        handlers.onGap(line.slice(1).trim());
      return;
    }
    if (!line.startsWith('data:')) return;
    const event = tradeEventWire.safeParse(json(line.slice('data:'.length)));
    if (!event.success) {
      handlers.onGap('an event was not understood');
      return;
    }
    handlers.onUpdate(event.data);
    this.#cursor = event.data.event_id;
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
