// Stage: apps. Profit and loss by sleeve, as the ledger holds it.
// Invariant: profit = NAV − flows = realised + unrealised + dividends + sundry, to 1e-9 USD, and the rows sum.
import { invariant } from '../../domain/invariant.ts';
import { INDEX_ONE } from '../../domain/ledger/performance.ts';
import {
  sleevesInOrder,
  sundryOf,
  type LedgerState,
  type SleeveAccount,
} from '../../domain/ledger/state.ts';
import { SUSPENSE } from '../../domain/sleeve.ts';
import { formatDecimal } from '../../domain/units/decimal.ts';
import { add, format, NO_MONEY, subtract, total, type Money } from '../../domain/units/units.ts';
import { percent, signedUsd, usd } from './figures.ts';
import { table } from './table.ts';

interface PnlFigures {
  readonly nav: Money | null;
  readonly flows: Money;
  readonly profit: Money;
  readonly realised: Money;
  readonly unrealised: Money;
  readonly dividends: Money;
  /** Interest, fees, tax kept back, what had no rule, and the broker's rounding. */
  readonly sundry: Money;
}

interface PnlRow extends PnlFigures {
  readonly sleeve: string;
  /** Time-weighted growth, a count of 1e-12. */
  readonly index: bigint;
  readonly maxDrawdown: bigint;
  /** Why its return says nothing: nobody invested what waits, and the last cents are not the whole. */
  readonly noReturn: 'suspense' | 'ended' | null;
}

/** One row a sleeve, at the last mark and with what flowed since; house and suspense only where they ever held anything. */
function pnlRows(state: LedgerState): PnlRow[] {
  return sleevesInOrder(state).filter(isUsed).map(pnlRow);
}

function pnlRow(sleeve: SleeveAccount): PnlRow {
  const { nav: marked, paidIn, paidOut, index, maxDrawdown } = sleeve.performance;
  // What came and went since the mark is no profit: it is there, or no more.
  const nav = marked === null ? null : subtract(add(marked, paidIn), paidOut);
  const profit = nav === null ? NO_MONEY : subtract(nav, sleeve.flows);
  const sundry = sundryOf(sleeve);
  const unrealised = subtract(profit, total([sleeve.realised, sleeve.dividends, sundry]));
  return {
    sleeve: sleeve.id,
    nav,
    flows: sleeve.flows,
    profit,
    realised: sleeve.realised,
    unrealised,
    dividends: sleeve.dividends,
    sundry,
    index,
    maxDrawdown,
    noReturn: sleeve.id === SUSPENSE ? 'suspense' : hasEnded(sleeve) ? 'ended' : null,
  };
}

/** Sold all it had: what still comes in is measured against almost nothing. */
const hasEnded = ({ life, positions }: SleeveAccount): boolean =>
  life === 'closed' || (life === 'closing' && positions.size === 0);

const isUsed = (sleeve: SleeveAccount): boolean =>
  sleeve.flows !== 0n ||
  sleeve.cash !== 0n ||
  sleeve.positions.size > 0 ||
  (sleeve.id !== 'house' && sleeve.id !== 'suspense');

/** What the whole account has: its sleeves, and the cents that the broker's rounding moved. */
function accountRow(state: LedgerState): PnlFigures {
  const rows: readonly PnlFigures[] = [...pnlRows(state), roundingRow(state.rounding)];
  const sum = (of: (row: PnlFigures) => Money): Money => total(rows.map(of));
  const account = {
    nav: rows.some(({ nav }) => nav === null) ? null : sum((row) => row.nav ?? NO_MONEY),
    flows: sum((row) => row.flows),
    profit: sum((row) => row.profit),
    realised: sum((row) => row.realised),
    unrealised: sum((row) => row.unrealised),
    dividends: sum((row) => row.dividends),
    sundry: sum((row) => row.sundry),
  };
  const { profit, realised, unrealised, dividends, sundry } = account;
  invariant(
    profit === total([realised, unrealised, dividends, sundry]),
    () => 'Profit of the account is not the sum of its parts.',
  );
  return account;
}

/** Cash of house that no sleeve's books hold: profit (or loss) of the account, and of nothing traded. */
const roundingRow = (rounding: Money): PnlFigures => ({
  nav: rounding,
  flows: NO_MONEY,
  profit: rounding,
  realised: NO_MONEY,
  unrealised: NO_MONEY,
  dividends: NO_MONEY,
  sundry: rounding,
});

/** The table, its account line, and what the figures leave out. */
export function pnlLines(state: LedgerState): string[] {
  const rows = pnlRows(state);
  const figures = (row: PnlFigures): string[] => [
    row.nav === null ? 'unknown' : usd(row.nav),
    ...[row.profit, row.realised, row.unrealised, row.dividends, row.sundry].map(signedUsd),
  ];
  const cells = [
    ...rows.map((row) => [
      row.sleeve,
      ...figures(row),
      ...[row.index - INDEX_ONE, -row.maxDrawdown].map((of) =>
        row.noReturn === null ? percent(of) : '–',
      ),
    ]),
    ...(state.rounding === 0n
      ? []
      : [['rounding', ...figures(roundingRow(state.rounding)), '', '']]),
    ['account', ...figures(accountRow(state)), '', ''],
  ];
  const right = { align: 'right' } as const;
  const columns = [
    { title: 'sleeve', most: 20 },
    { title: 'NAV', ...right },
    { title: 'profit', ...right },
    { title: 'realised', ...right },
    { title: 'unrealised', ...right },
    { title: 'dividends', ...right },
    { title: 'sundry', ...right },
    { title: 'return', ...right },
    { title: 'drawdown', ...right },
  ];
  return [
    ...table(columns, cells),
    '',
    ...(rows.some(({ noReturn }) => noReturn !== null)
      ? ['Return "–": suspense, or a sleeve that has ended; `assay performance` has its periods.']
      : []),
    ...footnotes(state),
  ];
}

function footnotes(state: LedgerState): string[] {
  const market = state.configuration?.market;
  return [
    'Return is time-weighted. Figures are rounded for the eye; --json has every digit.',
    ...(state.rounding === 0n
      ? []
      : [
          `The broker's rounding to cents has moved ${format(state.rounding)} USD; it belongs to house.`,
        ]),
    ...(market?.synthetic === true ? ['SYNTHETIC market: no bar of it was ever traded.'] : []),
    ...(market?.paysDividends === false ? ['Price return; dividends not in the data.'] : []),
  ];
}

/** The rows as exact decimals; the account is its sleeves and the rounding. */
export const pnlJson = (state: LedgerState) => ({
  asOf: state.lastCycle,
  market: state.configuration?.market ?? null,
  rounding: format(state.rounding),
  account: figuresJson(accountRow(state)),
  sleeves: pnlRows(state).map((row) => ({
    sleeve: row.sleeve,
    ...figuresJson(row),
    timeWeightedReturn: formatDecimal(row.index - INDEX_ONE, 12),
    maxDrawdown: formatDecimal(row.maxDrawdown, 12),
    returnNotMeaningful: row.noReturn,
  })),
});

const figuresJson = (row: PnlFigures) => ({
  nav: row.nav === null ? null : format(row.nav),
  flows: format(row.flows),
  profit: format(row.profit),
  realised: format(row.realised),
  unrealised: format(row.unrealised),
  dividends: format(row.dividends),
  sundry: format(row.sundry),
});
