// Stage: alpaca. A WebSocket that carries JSON, in text or binary frames.
// Invariant: a connection that no longer answers pings ends; nothing of it is heard afterwards.
import { WebSocket } from 'ws';
import { BrokerError } from '../../ports/broker.ts';
import type { Timer } from './rateBudget.ts';

export interface JsonSocket {
  send(value: unknown): void;
  /** Hands over each frame in the order received, those that came before the call too. */
  listen(handler: (frame: unknown) => void): void;
  readonly ended: Promise<string>;
  close(): void;
}

const PING_EVERY_MS = 10_000;

/** @throws BrokerError when no connection stands */
export async function openJsonSocket(
  url: string,
  timer: Timer,
  pingEveryMs = PING_EVERY_MS,
): Promise<JsonSocket> {
  const socket = new WebSocket(url, { handshakeTimeout: 15_000, perMessageDeflate: false });
  const over = new AbortController();
  const ended = new Promise<string>((end) => {
    socket.on('close', (code) => {
      over.abort();
      end(`closed (${code})`);
    });
  });
  const opened = new Promise<void>((open, fail) => {
    socket.on('open', open);
    // After opening an error is followed by a close.
    socket.on('error', (error) => fail(notOpen(url, error)));
    void ended.then((why) => fail(notOpen(url, new Error(why))));
  });
  // The broker speaks first, before anybody can have asked to listen.
  const early: unknown[] = [];
  let take = (frame: unknown): void => void early.push(frame);
  const result: JsonSocket = {
    send: (value) => socket.send(JSON.stringify(value)),
    listen: (handler) => {
      take = handler;
      for (const frame of early.splice(0)) handler(frame);
    },
    ended,
    close: () => socket.close(),
  };
  socket.on('message', (data: Buffer | ArrayBuffer | Buffer[]) => {
    take(parsed(textOf(data)));
  });
  await opened;
  void keepAlive(socket, timer, pingEveryMs, over.signal);
  return result;
}

/** A peer that answers no ping between two of them is gone, whatever the socket says. */
async function keepAlive(
  socket: WebSocket,
  timer: Timer,
  everyMs: number,
  over: AbortSignal,
): Promise<void> {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  while (!over.aborted) {
    await timer.sleep(everyMs, over);
    if (over.aborted) return;
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}

/** Text that is no JSON stays text: no schema takes it for a frame. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function notOpen(url: string, error: Error): BrokerError {
  const code = 'code' in error ? String(error.code) : error.message;
  return new BrokerError(
    `The stream ${new URL(url).host} cannot be opened: ${code}. Updates are taken by REST meanwhile. See the network and the base URL of the broker.`,
  );
}
