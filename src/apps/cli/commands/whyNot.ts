// Stage: apps. Why is there no trade? Every version of one intent's outcome, with its arithmetic.
// Invariant: one query answers, from the journal alone, for ever.
import type { LedgerEvent } from '../../../domain/ledger/events.ts';
import type { LedgerState } from '../../../domain/ledger/state.ts';
import { asSymbol, type Symbol } from '../../../domain/market.ts';
import type { Outcome } from '../../../domain/outcome.ts';
import type { Signal } from '../../../domain/signal.ts';
import { compareText, format } from '../../../domain/units/units.ts';
import type { Session } from '../../../domain/time.ts';
import { TABLES, type Journal } from '../../../ports/journal.ts';
import { indent, wantsOf } from '../cycleView.ts';
import { goOn } from '../explainView.ts';
import { exactJson, signedShares, signedUsd } from '../figures.ts';
import { nearTo } from '../near.ts';
import { summaryOf } from '../pathSummary.ts';
import { withLedger } from '../readLedger.ts';
import { breakText, LINE, table } from '../table.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';
import { dateOption } from './simulate.ts';

export interface WhyNotOptions {
  readonly home: string;
  readonly sleeve?: string;
  readonly on?: string;
  readonly json?: boolean;
}

interface Answer {
  readonly symbol: Symbol;
  readonly sleeve: string;
  readonly cycle: Session;
  readonly signal: Signal;
  /** Each version with the decision that wrote it, oldest first; the last one is current. */
  readonly versions: readonly { sequence: number; trigger: string; outcome: Outcome }[];
}

export async function whyNot(
  what: string,
  options: WhyNotOptions,
  output: Output,
): Promise<ExitCode> {
  const symbol = asSymbol(what);
  if (symbol === undefined)
    throw new UsageError(
      `"${what}" is no symbol: expected one in upper case like SPY, found other text. Nothing was explained. Correct it.`,
    );
  const on = options.on === undefined ? null : dateOption('--on', options.on);
  return withLedger(options.home, output, ({ journal, state }) => {
    const cycle = on ?? state.cycle?.opened.cycle ?? state.lastCycle;
    const entries = [...journal.cycle(`${state.configuration?.account ?? ''}/${cycle ?? ''}`)];
    if (cycle === null || entries.length === 0) throw noCycle(on, options.home, state);
    const events = entries.map(({ event }) => event);
    refuseUnknown(symbol, journal);
    const sleeve = options.sleeve ?? missingSleeve(events, { symbol, cycle });
    const answer = answerOf(events, { symbol, sleeve, cycle });
    if (options.json === true) output.line(JSON.stringify(answerJson(answer)));
    else for (const line of answerLines(answer)) output.line(line);
    return EXIT.ok;
  });
}

/** @throws UsageError for a symbol that no sleeve held or wanted in any cycle */
function refuseUnknown(symbol: Symbol, journal: Journal): void {
  const column = TABLES.outcomes.columns.indexOf('symbol');
  const known = new Set<string>();
  for (const row of journal.rows('outcomes')) known.add(row[column] ?? '');
  if (known.has(symbol)) return;
  const listed = [...known].sort(compareText);
  throw new UsageError(
    `"${symbol}" is no symbol of this account: expected one that a sleeve held or wanted (${listed.slice(0, 12).join(', ')}${listed.length > 12 ? ' …' : ''}), found it in no cycle${nearTo(symbol, listed)}. Nothing was explained. Correct it.`,
  );
}

/** @throws UsageError naming who may be meant */
function missingSleeve(
  events: readonly LedgerEvent[],
  { symbol, cycle }: { readonly symbol: Symbol; readonly cycle: Session },
): never {
  const outcomes = events.flatMap((event) =>
    event.kind === 'plan_decided' ? event.decision.outcomes : [],
  );
  const wanted = outcomes.filter((each) => each.symbol === symbol).map(({ sleeve }) => sleeve);
  const sleeves = [...new Set(wanted)].sort(compareText).join(', ');
  throw new UsageError(
    `--sleeve is missing: expected the one that held or wanted ${symbol} in the cycle of ${cycle} (${sleeves === '' ? 'none did; name another with --on' : sleeves}), found nothing. Nothing was explained. Name it with --sleeve.`,
  );
}

function answerOf(
  events: readonly LedgerEvent[],
  of: { readonly symbol: Symbol; readonly sleeve: string; readonly cycle: Session },
): Answer {
  const signals = events.flatMap((event) =>
    event.kind === 'signal_recorded' ? [event.signal] : [],
  );
  const signal = signals.find((each) => each.sleeve === of.sleeve);
  if (signal === undefined)
    throw new UsageError(
      `--sleeve: expected one of ${signals.map((each) => each.sleeve).join(', ')}, found "${of.sleeve}", which gave no signal in cycle ${of.cycle}. Nothing was explained. Correct it.`,
    );
  const versions = events
    .flatMap((event) => (event.kind === 'plan_decided' ? [event.decision] : []))
    .flatMap(({ sequence, trigger, outcomes }) =>
      outcomes
        .filter((each) => each.sleeve === of.sleeve && each.symbol === of.symbol)
        .map((outcome) => ({ sequence, trigger, outcome })),
    );
  return { ...of, signal, versions };
}

const noCycle = (on: Session | null, home: string, state: LedgerState): UsageError =>
  new UsageError(
    `No cycle ${on ?? 'at all'} in ${home}: expected a session from ${state.firstCycle ?? 'none'} to ${state.lastCycle ?? 'none'} that was traded, ` +
      'found none of that date. Nothing was explained. Name another date.',
  );

function answerLines({ symbol, sleeve, cycle, signal, versions }: Answer): string[] {
  const asked = breakText(
    `${sleeve} (${signal.strategy}, as of ${signal.asOf}) wanted ${wantsOf(signal)}`,
    LINE - 2,
  );
  const last = versions.at(-1);
  if (last === undefined)
    return [
      `${sleeve} had no intent in ${symbol} in the cycle of ${cycle}: it held none and its signal asked for none.`,
      ...indent(asked),
      ...indent(breakText(summaryOf(signal), LINE - 2)),
      '',
      ...goOn([`explain ${sleeve} --on ${cycle}`]),
    ];
  return [
    `${symbol} for ${sleeve} in the cycle of ${cycle}`,
    '',
    ...indent(asked),
    ...indent(breakText(summaryOf(signal), LINE - 2)),
    `  held ${format(last.outcome.held)}, intended ${signedShares(last.outcome.intended)} at ${last.outcome.price === null ? 'no sane price' : format(last.outcome.price)}`,
    ...versions.flatMap(({ sequence, trigger, outcome }) => [
      '',
      `  decision ${sequence} (${trigger})`,
      ...indent(partsTable(outcome)),
    ]),
    '',
    ...goOn([
      `explain ${symbol} --on ${cycle}`,
      `explain ${sleeve} --on ${cycle}`,
      ...versions.map(({ sequence }) => `explain ${cycle}/plan/${sequence}`),
    ]),
  ];
}

function partsTable({ parts }: Outcome): string[] {
  const right = { align: 'right' } as const;
  return table(
    [
      { title: 'what became of it', most: 28 },
      { title: 'shares', ...right },
      { title: 'USD', ...right },
      { title: 'observed', ...right },
      { title: 'limit', ...right },
      { title: 'factor', ...right },
    ],
    parts.map(({ kind, reason, quantity, notional, arithmetic }) => [
      `${kind}/${reason}`,
      signedShares(quantity),
      notional === null ? '' : signedUsd(notional),
      arithmetic?.observed ?? '',
      arithmetic?.limit ?? '',
      arithmetic?.factor ?? '',
    ]),
  ).concat(
    parts.flatMap(({ reason, detail }) =>
      detail === '' ? [] : breakText(`${reason}: ${detail}`, LINE - 4),
    ),
  );
}

const answerJson = ({ symbol, sleeve, cycle, signal, versions }: Answer): unknown =>
  exactJson({
    symbol,
    sleeve,
    cycle,
    asOf: signal.asOf,
    strategy: signal.strategy,
    wanted: wantsOf(signal),
    summary: summaryOf(signal),
    versions,
  });
