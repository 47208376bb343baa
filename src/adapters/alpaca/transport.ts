// Stage: alpaca. One request through the official SDK, with budget, log and classification.
// Invariant: each request is logged with the broker's request id and without keys; nothing is sent
// outside the budget; what may be repeated is decided here and nowhere else.
import { ApiError, FetchError } from '@alpacahq/alpaca-trade-api/rest';
import type { z } from 'zod';
import { BrokerError } from '../../ports/broker.ts';
import { ALPACA_HEADERS } from '../../wire/alpaca/errorBody.ts';
import { failureOf, refusalOf, type Answer, type Refusal } from './answer.ts';
import type { Credentials } from './credentials.ts';
import type { RateBudget, Timer } from './rateBudget.ts';

/** One request as it went, for the log. */
export interface RequestLog {
  /** "submit order", "account". */
  readonly what: string;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** The broker's `X-Request-ID`: what its support asks for. */
  readonly requestId: string;
  readonly tookMs: number;
}

export interface TransportOptions {
  readonly credentials: Credentials;
  readonly timer: Timer;
  readonly budget: RateBudget;
  readonly log: (entry: RequestLog) => void;
}

/** A call of the SDK that leaves the answer unread: its own models drop digits of instants. */
export type Call = () => Promise<{ readonly raw: Response }>;

const ATTEMPTS = 5;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 65_000;

export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** One request, once. */
  async once(what: string, call: Call): Promise<Answer> {
    const { timer, budget, log } = this.#options;
    await budget.take();
    const startedMs = timer.nowMs();
    const done = (status: number, requestId: string): void =>
      log({ what, status, requestId, tookMs: timer.nowMs() - startedMs });
    try {
      const { raw } = await call();
      const requestId = raw.headers.get(ALPACA_HEADERS.requestId) ?? '';
      done(raw.status, requestId);
      return await this.#read(raw, requestId);
    } catch (error) {
      if (error instanceof ApiError) {
        const refusal = await this.#refusal(error);
        done(refusal.status, refusal.requestId);
        return { kind: 'refused', refusal };
      }
      done(0, '');
      // Anything else that the SDK throws, it throws before it sends.
      return error instanceof FetchError || error instanceof TypeError
        ? failureOf(error)
        : { kind: 'not_sent', reason: error instanceof Error ? error.name : 'no request' };
    }
  }

  /** The same request until it is neither turned away for its rate nor kept from being sent. */
  async untilTaken(what: string, call: Call): Promise<Answer> {
    return this.#repeat(what, call, isUntaken);
  }

  /** A question: asked again until it has a whole answer. @throws BrokerError when it has none */
  async read<T>(what: string, schema: z.ZodType<T>, call: Call): Promise<T> {
    const found = await this.readIfThere(what, schema, call);
    if (found !== undefined) return found;
    throw new BrokerError(
      `Alpaca does not know what was asked (${what}): expected an answer, found 404. Nothing was decided from it. Look it up at the broker.`,
    );
  }

  /** A question about one thing; undefined when the broker has no such thing (404 with a code). */
  async readIfThere<T>(what: string, schema: z.ZodType<T>, call: Call): Promise<T | undefined> {
    const answer = await this.#repeat(what, call, isPassing);
    if (answer.kind !== 'answered') {
      if (answer.kind === 'refused' && isMissing(answer.refusal)) return undefined;
      throw new BrokerError(unanswered(what, answer));
    }
    const parsed = schema.safeParse(answer.body);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new BrokerError(
      `Alpaca's answer (${what}) is not understood: expected ${issue?.message ?? 'another shape'} at ${issue?.path.map(String).join('.') || 'the top'}` +
        `${requestOf(answer.requestId)}. Nothing was decided from it. Ask again; if it stays, the broker changed its format.`,
    );
  }

  async #repeat(what: string, call: Call, again: (answer: Answer) => boolean): Promise<Answer> {
    const { timer, budget } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.once(what, call);
      if (attempt === ATTEMPTS || !again(answer)) return answer;
      const backOff = timer.nowMs() + FIRST_WAIT_MS * 2 ** (attempt - 1);
      const named = answer.kind === 'refused' ? answer.refusal.retryAtMs : null;
      const until = Math.min(Math.max(named ?? 0, backOff), timer.nowMs() + LONGEST_WAIT_MS);
      // The limit is the account's: whatever else waits to be sent waits too.
      if (answer.kind === 'refused' && answer.refusal.kind === 'too_many_requests')
        budget.pauseUntil(until);
      await timer.sleep(until - timer.nowMs());
    }
  }

  async #read(raw: Response, requestId: string): Promise<Answer> {
    try {
      const text = await raw.text();
      return { kind: 'answered', body: text === '' ? null : JSON.parse(text), requestId };
    } catch (error) {
      const what = error instanceof SyntaxError ? 'no JSON' : 'an answer that was cut off';
      return { kind: 'unknown', reason: `HTTP ${raw.status} with ${what}${requestOf(requestId)}` };
    }
  }

  async #refusal({ response }: ApiError): Promise<Refusal> {
    const { timer, credentials } = this.#options;
    const text = await response.text().catch(() => 'a body that was cut off');
    return refusalOf(
      {
        status: response.status,
        text: credentials.hideIn(text),
        header: (name) => response.headers.get(name),
      },
      timer.nowMs(),
    );
  }
}

/** Certain not to have been carried out, and worth another attempt. */
const isUntaken = (answer: Answer): boolean =>
  answer.kind === 'not_sent' ||
  (answer.kind === 'refused' && answer.refusal.kind === 'too_many_requests');

/** Failures that may pass by themselves; a question may be asked again. */
const isPassing = (answer: Answer): boolean =>
  answer.kind === 'not_sent' ||
  answer.kind === 'unknown' ||
  (answer.kind === 'refused' &&
    (answer.refusal.kind === 'too_many_requests' || answer.refusal.kind === 'server_fault'));

/** A path that does not exist is answered 404 without a code. */
const isMissing = ({ kind, body }: Refusal): boolean =>
  kind === 'not_found' && typeof body.code === 'number';

const REMEDIES: Readonly<Record<Refusal['kind'], string>> = {
  unauthorized: 'The keys are wrong or were replaced: make new ones at the broker and set them.',
  forbidden: 'The keys belong to another environment: paper keys for paper, live keys for live.',
  not_allowed: 'The account may not do this: see its settings at the broker.',
  not_found: 'The address may be wrong: see the base URL of the broker.',
  invalid: 'The request is not one that the broker takes; this may be a fault of Assay.',
  too_many_requests: 'Something else uses the rate limit of this account: stop it, then run again.',
  server_fault: 'The broker has a fault: run again later; see its status page.',
};

/** Why a question has no answer, for people. */
export function unanswered(what: string, answer: Exclude<Answer, { kind: 'answered' }>): string {
  const nothing = 'Nothing was decided from it.';
  if (answer.kind === 'refused') {
    const { status, code, text, requestId, kind } = answer.refusal;
    return `Alpaca refused (${what}): HTTP ${status}, ${code}, "${text}"${requestOf(requestId)}. ${nothing} ${REMEDIES[kind]}`;
  }
  const remedy = 'See the network and the base URL of the broker, then run again.';
  return answer.kind === 'not_sent'
    ? `Alpaca cannot be reached (${what}): ${answer.reason}. ${nothing} ${remedy}`
    : `Alpaca gave no whole answer (${what}): ${answer.reason}. ${nothing} ${remedy}`;
}

const requestOf = (requestId: string): string =>
  requestId === '' ? '' : ` (request ${requestId})`;
