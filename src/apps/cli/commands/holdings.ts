// Stage: apps. Who owns which shares, and who earned what.
// Invariant: shown as of the last committed cycle; the sum over sleeves is the account's.
import { costOf, heldIn } from '../../../domain/ledger/lots.ts';
import { ledgerTotals, sleevesInOrder, type LedgerState } from '../../../domain/ledger/state.ts';
import { add, compareText, format, NO_SHARES, type Quantity } from '../../../domain/units/units.ts';
import type { Symbol } from '../../../domain/market.ts';
import { exactUsd, shares, usd } from '../figures.ts';
import { pnlJson, pnlLines } from '../pnlView.ts';
import { withLedger } from '../readLedger.ts';
import { table } from '../table.ts';
import { EXIT, type ExitCode, type Output } from '../usage.ts';

export interface ReadOptions {
  readonly home: string;
  readonly json?: boolean;
}

/** Positions and cash of every sleeve. */
export async function positions(options: ReadOptions, output: Output): Promise<ExitCode> {
  return withLedger(options.home, output, ({ state }) => {
    const rows = positionRows(state);
    if (options.json === true) {
      output.line(
        JSON.stringify({
          asOf: state.lastCycle,
          cash: cashRows(state),
          positions: rows.map((row) => ({
            ...row,
            quantity: format(row.quantity),
            cost: format(row.cost),
          })),
        }),
      );
      return EXIT.ok;
    }
    output.line(`Positions after ${state.lastCycle ?? 'no cycle yet'}`);
    output.line();
    const cells = rows.map((row) => [
      row.sleeve,
      row.symbol,
      shares(row.quantity),
      usd(row.cost),
      String(row.lots),
    ]);
    for (const [symbol, held] of accountTotals(state))
      cells.push(['account', symbol, shares(held), '', '']);
    const right = { align: 'right' } as const;
    for (const line of table(
      [
        { title: 'sleeve' },
        { title: 'symbol' },
        { title: 'shares', ...right },
        { title: 'cost USD', ...right },
        { title: 'lots', ...right },
      ],
      cells,
    )) {
      output.line(line);
    }
    output.line();
    for (const line of table(
      [{ title: 'sleeve' }, { title: 'cash USD', ...right }],
      [
        ...sleevesInOrder(state).map((sleeve) => [sleeve.id, exactUsd(sleeve.cash)]),
        ['rounding', exactUsd(state.rounding)],
        ['account', exactUsd(ledgerTotals(state).cash)],
      ],
    )) {
      output.line(line);
    }
    return EXIT.ok;
  });
}

/** Profit and loss of every sleeve. */
export async function pnl(options: ReadOptions, output: Output): Promise<ExitCode> {
  return withLedger(options.home, output, ({ state }) => {
    if (options.json === true) output.line(JSON.stringify(pnlJson(state)));
    else
      for (const line of [
        `Profit and loss after ${state.lastCycle ?? 'no cycle yet'}`,
        '',
        ...pnlLines(state),
      ])
        output.line(line);
    return EXIT.ok;
  });
}

function positionRows(state: LedgerState) {
  return sleevesInOrder(state).flatMap((sleeve) =>
    [...sleeve.positions]
      .sort(([a], [b]) => compareText(a, b))
      .map(([symbol, lots]) => ({
        sleeve: sleeve.id,
        symbol,
        quantity: heldIn(lots),
        cost: costOf(lots),
        lots: lots.length,
      })),
  );
}

const cashRows = (state: LedgerState) =>
  sleevesInOrder(state).map((sleeve) => ({
    sleeve: sleeve.id as string,
    cash: format(sleeve.cash),
  }));

function accountTotals(state: LedgerState): [Symbol, Quantity][] {
  const totals = new Map<Symbol, Quantity>();
  for (const { symbol, quantity } of positionRows(state))
    totals.set(symbol, add(totals.get(symbol) ?? NO_SHARES, quantity));
  return [...totals].sort(([a], [b]) => compareText(a, b));
}
