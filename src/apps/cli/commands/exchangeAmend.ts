// Stage: apps. A person takes an execution back at our own exchange, or corrects it, to see what follows.
// Invariant: nothing is asked of a real broker; the ledger learns of it as of any amendment, in its next cycle.
import type { Amendment, ExecutionTerms } from '../../../domain/amendment.ts';
import { amendmentText } from '../../../domain/factText.ts';
import { parseDecimal } from '../../../domain/units/decimal.ts';
import { format, price, quantity, UNIT_SCALE } from '../../../domain/units/units.ts';
import { loadConfig } from '../loadConfig.ts';
import { EXIT, required, UsageError, type ExitCode, type Output } from '../usage.ts';
import { withAccount } from './capital.ts';

export interface AmendOptions {
  readonly config: string;
  readonly home: string;
  readonly data?: string;
  readonly json?: boolean;
  readonly shares?: string;
  readonly price?: string;
}

const NEXT = 'The next cycle takes it in; `assay explain EXECUTION` then says what it changed.';

/** @param id of an execution that stands, or of the correction in its place */
export async function exchangeAmend(
  kind: Amendment['kind'],
  id: string,
  options: AmendOptions,
  output: Output,
): Promise<ExitCode> {
  const now = kind === 'bust' ? null : termsOf(options);
  const { broker } = (await loadConfig(options.config)).config;
  if (broker?.kind === 'alpaca') {
    await askServed(broker.baseUrl, id, now);
    if (options.json === true) output.line(JSON.stringify({ kind, execution: id }));
    else {
      output.line(`${kind} of execution ${id} is booked at ${broker.baseUrl ?? ''}.`);
      output.line(NEXT);
    }
    return EXIT.ok;
  }
  return withAccount(options, output, async ({ paper }) => {
    if (paper === null) throw refused('the account has no paper exchange');
    const done = now === null ? await paper.bust(id) : await paper.correct(id, now);
    if (done.kind === 'refused') throw refused(done.message);
    const { amendment } = done;
    return {
      json: { kind, execution: id, amendment: amendment.id },
      lines: [`${amendment.id}: ${amendmentText(amendment)}`, NEXT],
    };
  });
}

function termsOf({ shares, price: at }: AmendOptions): ExecutionTerms {
  return {
    quantity: quantity(positive('--shares', shares)),
    price: price(positive('--price', at)),
  };
}

function positive(flag: string, text: string | undefined): bigint {
  const given = required(text, flag);
  const count = parseDecimal(given, UNIT_SCALE);
  if (count !== undefined && count > 0n) return count;
  throw refused(`${flag}: expected a decimal above 0 like "2.5", found "${given}"`);
}

/** The control routes of a served exchange; a real broker has none, and is never asked. */
async function askServed(
  baseUrl: string | undefined,
  id: string,
  now: ExecutionTerms | null,
): Promise<void> {
  if (baseUrl === undefined)
    throw refused(
      'the account is at Alpaca: expected the paper exchange or one that is served, since a broker takes nothing back on request',
    );
  const body =
    now === null
      ? { execution_id: id }
      : { execution_id: id, qty: format(now.quantity), price: format(now.price) };
  const route = `${baseUrl.replace(/\/+$/, '')}/test/${now === null ? 'bust' : 'correct'}`;
  let answer: Response;
  try {
    answer = await fetch(route, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch (cause) {
    throw refused(
      `${route}: expected an exchange that answers, found ${cause instanceof Error ? cause.message : String(cause)}; start it with \`assay exchange serve\``,
    );
  }
  if (answer.ok) return;
  throw refused(`${route} answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
}

const refused = (problem: string): UsageError =>
  new UsageError(`Not taken back or corrected: ${problem}. Nothing was changed.`);
