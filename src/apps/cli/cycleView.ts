// Stage: apps. One cycle as a person reads it: wanted, crossed, ordered, filled, not done and why.
// Invariant: shows recorded decisions only; computes nothing but sums for the eye.
import { actionText } from '../../domain/factText.ts';
import { ledgerTotals, type LedgerState, type OpenCycle } from '../../domain/ledger/state.ts';
import type { Outcome, OutcomePart } from '../../domain/outcome.ts';
import type { Signal } from '../../domain/signal.ts';
import { formatFixed } from '../../domain/units/decimal.ts';
import {
  absolute,
  compareText,
  NO_MONEY,
  parseMoney,
  notional,
  total,
  WEIGHT_SCALE,
} from '../../domain/units/units.ts';
import { attentionLines } from './attention.ts';
import { roughShares, signedUsd, usd } from './figures.ts';
import { notedTable, table } from './table.ts';

/**
 * The lines of one cycle.
 *
 * @param state the ledger after it, for the cash
 * @param reasons why the broker rejected orders, by client order id
 */
export function cycleLines(
  cycle: OpenCycle,
  state: LedgerState,
  reasons: ReadonlyMap<string, string>,
): string[] {
  const [open] = cycle.decisions;
  const equity = total((open?.navs ?? []).map(({ nav }) => nav ?? NO_MONEY));
  const outcomes = [...cycle.outcomes.values()];
  return [
    `Session ${cycle.opened.cycle}   equity at the open ${usd(equity)} USD   broker cash after ${usd(ledgerTotals(state).cash)} USD`,
    '',
    ...actionLines(cycle),
    ...wantedLines(cycle),
    '',
    ...crossedLines(cycle),
    ...orderLines(cycle),
    ...notDoneLines(outcomes, reasons, cycle),
    '',
    ...attentionLines(cycle),
  ];
}

/** Corporate actions that took effect at the open, for symbols that somebody holds or wants. */
export function actionLines(cycle: OpenCycle): string[] {
  const concerned = new Set([...cycle.outcomes.values()].map((outcome) => outcome.symbol));
  const lines = cycle.opened.actions
    .filter((action) => concerned.has(action.symbol))
    .map((action) => `  ${actionText(action)}`);
  return lines.length === 0 ? [] : [...lines, ''];
}

export function wantedLines(cycle: OpenCycle): string[] {
  const navs = new Map((cycle.decisions[0]?.navs ?? []).map((seen) => [seen.sleeve, seen]));
  const rows = [...cycle.signals.values()]
    .sort((a, b) => compareText(a.sleeve, b.sleeve))
    .map((signal) => {
      const seen = navs.get(signal.sleeve);
      return [
        signal.sleeve,
        seen === undefined || seen.nav === null ? 'unknown' : usd(seen.nav),
        wantsOf(signal),
      ];
    });
  return indent(
    table(
      [
        { title: 'sleeve', most: 20 },
        { title: 'NAV', align: 'right' },
        { title: 'wants', most: 58 },
      ],
      rows,
    ),
  );
}

/** A signal's weights in words: "SPY 60.0 %, cash 40.0 %". */
export function wantsOf(signal: Signal): string {
  if (signal.kind === 'failed') return `failed (${signal.code}): ${signal.message}`;
  const weights = signal.weights.map(
    ({ symbol, weight }) => `${symbol} ${formatFixed(weight * 100n, WEIGHT_SCALE, 1)} %`,
  );
  return [
    ...weights,
    ...(signal.cash > 0n ? [`cash ${formatFixed(signal.cash * 100n, WEIGHT_SCALE, 1)} %`] : []),
  ].join(', ');
}

export function crossedLines(cycle: OpenCycle): string[] {
  const crosses = cycle.decisions.flatMap((decision) => decision.crosses);
  if (crosses.length === 0) return ['  crossed inside the account: nothing', ''];
  const rows = crosses.map((cross) => {
    const side = (sign: 1 | -1): string =>
      cross.legs
        .filter((leg) => (sign === 1 ? leg.quantity > 0n : leg.quantity < 0n))
        .map((leg) => `${leg.sleeve} ${roughShares(absolute(leg.quantity))}`)
        .join(', ');
    return [
      cross.symbol,
      roughShares(cross.quantity),
      usd(cross.price),
      usd(notional(cross.price, cross.quantity)),
      `${side(-1)} → ${side(1)}`,
    ];
  });
  return [
    ...indent(
      table(
        [
          { title: 'crossed' },
          { title: 'shares', align: 'right' },
          { title: 'at mid', align: 'right' },
          { title: 'USD', align: 'right' },
          { title: 'from → to', most: 48 },
        ],
        rows,
      ),
    ),
    '',
  ];
}

function orderLines(cycle: OpenCycle): string[] {
  const progresses = [...cycle.parents.values()];
  if (progresses.length === 0) return ['  orders: none', ''];
  const rows = progresses.map(({ parent, cumQty, cumNotional }) => [
    `${parent.side} ${parent.symbol}`,
    roughShares(parent.quantity),
    roughShares(cumQty),
    cumQty === 0n ? '—' : formatFixed((cumNotional * 1_000_000_000n) / cumQty, 9, 4),
    parent.demands.map((demand) => `${demand.sleeve} ${roughShares(demand.quantity)}`).join(', '),
  ]);
  return [
    ...indent(
      table(
        [
          { title: 'ordered' },
          { title: 'shares', align: 'right' },
          { title: 'filled', align: 'right' },
          { title: 'average', align: 'right' },
          { title: 'for', most: 46 },
        ],
        rows,
      ),
    ),
    '',
  ];
}

/** Kinds that say that something wanted was not done. */
const NOT_DONE: ReadonlySet<string> = new Set([
  'suppressed',
  'scaled',
  'denied',
  'rejected',
  'rounded_away',
  'expired',
]);

export function notDoneLines(
  outcomes: readonly Outcome[],
  reasons: ReadonlyMap<string, string>,
  cycle: OpenCycle,
): string[] {
  const rows = outcomes.flatMap((outcome) =>
    outcome.parts
      .filter(
        (part) => NOT_DONE.has(part.kind) || ['failed_strategy', 'not_due'].includes(part.reason),
      )
      .map((part) => [
        outcome.sleeve,
        outcome.symbol,
        roughShares(part.quantity),
        part.notional === null ? '' : signedUsd(part.notional),
        `${part.kind}/${part.reason}`,
        detailOf(part, reasons, cycle),
      ]),
  );
  if (rows.length === 0) return ['  not done: nothing'];
  return indent(
    notedTable(
      [
        { title: 'not done' },
        { title: '' },
        { title: 'shares', align: 'right' },
        { title: 'USD', align: 'right' },
        { title: 'why' },
        { title: '' },
      ],
      rows,
    ),
  );
}

function detailOf(
  { reason, detail }: OutcomePart,
  reasons: ReadonlyMap<string, string>,
  cycle: OpenCycle,
): string {
  // What a strategy failed of stands where it would have said what it wants.
  if (reason === 'failed_strategy') return '';
  // An order's own id says nothing here; `explain` shows it.
  if (cycle.children.has(detail)) return reasons.get(detail) ?? '';
  // As the figures beside it, to the cent; `explain` shows them whole.
  return detail.replaceAll(/\d+\.\d{3,}(?= USD)/g, (found) => usd(parseMoney(found)));
}

export const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
