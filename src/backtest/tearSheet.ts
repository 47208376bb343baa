// Stage: backtest → report. Everything a tear-sheet shows, of every sleeve and of the account.
// Invariant: plain JSON; what is unknown is null, and every sheet says what its prices are.
import type { AccountHistory, SleeveHistory, Stopped, SymbolShare } from './history.ts';
import {
  dailyReturns,
  drawdowns,
  figuresOf,
  known,
  mean,
  monthlyReturns,
  rollingSharpe,
  rollingVolatility,
  SESSIONS_A_YEAR,
  type Figures,
} from './statistics.ts';
import type { TradeAt } from './tape.ts';

/** Sessions in the rolling figures: a quarter of a year. */
export const ROLLING_WINDOW = 63;

export type Unknown<T> = { readonly [K in keyof T]: number | null };

export interface Sheet {
  /** The sleeve's id, or "account". */
  readonly id: string;
  readonly opening: number;
  readonly figures: Unknown<Figures>;
  /** |USD traded| ÷ mean NAV, a year; buys and sells both counted. */
  readonly turnover: number | null;
  /** Mean of holdings ÷ NAV. */
  readonly meanExposure: number | null;
  readonly meanHoldings: number | null;
  /** USD paid beyond the decision prices. */
  readonly cost: number;
  readonly netting: {
    /** USD of this sleeve's sides of crosses; of the account, the crosses once. */
    readonly crossed: number;
    readonly spreadAvoided: number;
  };
  readonly months: readonly {
    readonly year: string;
    readonly months: readonly (number | null)[];
    readonly total: number | null;
  }[];
  /** By session. */
  readonly nav: readonly (number | null)[];
  readonly drawdown: readonly (number | null)[];
  readonly rollingVolatility: readonly (number | null)[];
  readonly rollingSharpe: readonly (number | null)[];
  readonly exposure: readonly (number | null)[];
  readonly holdings: readonly (number | null)[];
  /** Largest mean weight first. */
  readonly symbols: readonly SymbolShare[];
}

export interface TearSheet {
  readonly format: 'assay-tear-sheet-2';
  readonly title: string;
  readonly path: AccountHistory['path'];
  readonly tradeAt: TradeAt;
  /** What must be said wherever a profit shows. */
  readonly labels: readonly string[];
  readonly sessions: readonly string[];
  readonly rollingWindow: number;
  readonly orders: number;
  readonly ordersAvoided: number;
  readonly fills: number;
  readonly failedSignals: number;
  readonly stopped: Stopped;
  readonly account: Sheet;
  readonly sleeves: readonly Sheet[];
}

export interface MarketLabel {
  readonly name: string;
  readonly synthetic: boolean;
  readonly paysDividends: boolean;
}

export function tearSheetOf(
  history: AccountHistory,
  of: { readonly title: string; readonly market: MarketLabel; readonly tradeAt: TradeAt },
): TearSheet {
  const { sessions, sleeves } = history;
  return {
    format: 'assay-tear-sheet-2',
    title: of.title,
    path: history.path,
    tradeAt: of.tradeAt,
    labels: labelsOf(of.market, of.tradeAt, history.path),
    sessions,
    rollingWindow: ROLLING_WINDOW,
    orders: sum(history.orders),
    ordersAvoided: sum(history.ordersAvoided),
    fills: history.fills,
    failedSignals: history.failedSignals,
    stopped: history.stopped,
    account: sheetOf(accountOf(history), sessions),
    sleeves: sleeves.map((sleeve) => sheetOf(sleeve, sessions)),
  };
}

function labelsOf(market: MarketLabel, tradeAt: TradeAt, path: AccountHistory['path']): string[] {
  return [
    market.name,
    ...(market.synthetic ? ['SYNTHETIC market: no bar of it was ever traded.'] : []),
    ...(market.paysDividends ? [] : ['Price return; dividends not in the data.']),
    tradeAt === 'next-open'
      ? 'Decides on bars through the session before, trades at the open.'
      : 'Decides on the close and trades at that very close.',
    path === 'engine'
      ? 'Whole engine: sleeves, netting, orders, the paper exchange, fills, ledger.'
      : 'Research path: the same rules in float64; random slippage at its mean, no order rejected, late or partial but for the volume cap.',
  ];
}

/** The sleeves and house as one. */
function accountOf(history: AccountHistory): SleeveHistory {
  const { sessions, sleeves, house, houseOpening, holdings, symbols } = history;
  const column = (name: 'nav' | 'invested' | 'traded' | 'crossed' | 'spreadAvoided' | 'cost') =>
    Float64Array.from(sessions, (_, day) =>
      sleeves.reduce((total, sleeve) => total + (sleeve[name][day] ?? Number.NaN), 0),
    );
  const nav = column('nav').map((value, day) => value + (house[day] ?? Number.NaN));
  return {
    id: 'account',
    opening: sleeves.reduce((total, { opening }) => total + opening, houseOpening),
    nav,
    invested: column('invested'),
    holdings,
    traded: column('traded'),
    // A cross has two sides; the account crossed it once.
    crossed: column('crossed').map((both) => both / 2),
    spreadAvoided: column('spreadAvoided'),
    cost: column('cost'),
    symbols,
  };
}

function sheetOf(history: SleeveHistory, sessions: readonly string[]): Sheet {
  const { nav, opening } = history;
  const returns = dailyReturns(nav, opening);
  const exposure = history.invested.map((invested, day) => invested / (nav[day] ?? Number.NaN));
  const years = sessions.length / SESSIONS_A_YEAR;
  return {
    id: history.id,
    opening,
    figures: unknownAsNull(figuresOf(nav, opening)),
    turnover: orNull(sum(history.traded) / mean(known(nav)) / years),
    meanExposure: orNull(mean(known(exposure))),
    meanHoldings: orNull(mean(history.holdings)),
    cost: sum(history.cost),
    netting: { crossed: sum(history.crossed), spreadAvoided: sum(history.spreadAvoided) },
    months: monthlyReturns(nav, opening, sessions).map(({ year, months, total }) => ({
      year,
      months: months.map(orNull),
      total: orNull(total),
    })),
    nav: listed(nav),
    drawdown: listed(drawdowns(nav, opening)),
    rollingVolatility: listed(rollingVolatility(returns, ROLLING_WINDOW)),
    rollingSharpe: listed(rollingSharpe(returns, ROLLING_WINDOW)),
    exposure: listed(exposure),
    holdings: listed(history.holdings),
    symbols: [...history.symbols].sort(
      (a, b) => b.meanWeight - a.meanWeight || (a.symbol < b.symbol ? -1 : 1),
    ),
  };
}

function unknownAsNull(figures: Figures): Unknown<Figures> {
  const names = Object.keys(figures) as (keyof Figures)[]; // its own keys
  const entries = names.map((name) => [name, orNull(figures[name])]);
  return Object.fromEntries(entries) as Unknown<Figures>; // the same keys
}

const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
const listed = (values: Float64Array): (number | null)[] => Array.from(values, orNull);
const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
