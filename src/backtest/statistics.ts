// Stage: backtest. The figures of a series of daily NAVs.
// Invariant: 252 sessions a year, sample deviation (n − 1), risk-free rate 0; what cannot be computed is NaN.

export const SESSIONS_A_YEAR = 252;

/**
 * Daily returns of a NAV without flows, the first against the opening. A session whose NAV is unknown
 * has none (NaN); the next known one spans it.
 */
export function dailyReturns(nav: Float64Array, opening: number): Float64Array {
  const returns = new Float64Array(nav.length).fill(Number.NaN);
  let before = opening;
  nav.forEach((value, day) => {
    if (Number.isNaN(value)) return;
    if (before > 0) returns[day] = value / before - 1;
    before = value;
  });
  return returns;
}

/** Fall from the highest close so far, opening included: 0.1 is ten per cent below it. NaN where unknown. */
export function drawdowns(nav: Float64Array, opening: number): Float64Array {
  let peak = opening;
  return nav.map((value) => {
    if (Number.isNaN(value)) return Number.NaN;
    peak = Math.max(peak, value);
    return peak > 0 ? (peak - value) / peak : Number.NaN;
  });
}

export interface Figures {
  readonly totalReturn: number;
  /** Compounded, by 252 sessions. */
  readonly annualReturn: number;
  /** Annualised. */
  readonly volatility: number;
  /** Mean ÷ deviation of the daily returns × √252. */
  readonly sharpe: number;
  /** Mean ÷ root mean square of the falls (of all days) × √252. */
  readonly sortino: number;
  readonly maxDrawdown: number;
  /** Annual return ÷ largest drawdown. */
  readonly calmar: number;
  readonly bestDay: number;
  readonly worstDay: number;
  /** Share of the days with a known return that rose. */
  readonly risingDays: number;
}

/** The figures of one NAV. NaN where there are too few days, or nothing to divide by. */
export function figuresOf(nav: Float64Array, opening: number): Figures {
  const returns = known(dailyReturns(nav, opening));
  const last = known(nav).at(-1) ?? Number.NaN;
  const totalReturn = last / opening - 1;
  const annualReturn = (1 + totalReturn) ** (SESSIONS_A_YEAR / nav.length) - 1;
  const falls = returns.map((value) => Math.min(value, 0) ** 2);
  const yearly = Math.sqrt(SESSIONS_A_YEAR);
  const maxDrawdown = Math.max(0, ...extremes(known(drawdowns(nav, opening))));
  return {
    totalReturn,
    annualReturn,
    volatility: deviation(returns) * yearly,
    sharpe: quotient(mean(returns), deviation(returns)) * yearly,
    sortino: quotient(mean(returns), Math.sqrt(mean(falls))) * yearly,
    maxDrawdown,
    calmar: quotient(annualReturn, maxDrawdown),
    bestDay: returns.length === 0 ? Number.NaN : (extremes(returns)[1] ?? Number.NaN),
    worstDay: returns.length === 0 ? Number.NaN : (extremes(returns)[0] ?? Number.NaN),
    risingDays: quotient(returns.filter((value) => value > 0).length, returns.length),
  };
}

/** Annualised deviation of the last `window` returns; NaN before there are as many, or where one is unknown. */
export const rollingVolatility = (returns: Float64Array, window: number): Float64Array =>
  rolling(returns, window, (part) => deviation(part) * Math.sqrt(SESSIONS_A_YEAR));

/** Sharpe ratio of the last `window` returns. */
export const rollingSharpe = (returns: Float64Array, window: number): Float64Array =>
  rolling(
    returns,
    window,
    (part) => quotient(mean(part), deviation(part)) * Math.sqrt(SESSIONS_A_YEAR),
  );

// Each window is computed anew: a running sum keeps the error of every outlier that passed through it.
function rolling(
  values: Float64Array,
  window: number,
  of: (part: Float64Array) => number,
): Float64Array {
  return values.map((_, day) =>
    day + 1 < window ? Number.NaN : of(values.subarray(day + 1 - window, day + 1)),
  );
}

export interface YearOfReturns {
  readonly year: string;
  /** January first; NaN for a month without a known close. */
  readonly months: readonly number[];
  readonly total: number;
}

/** Returns by calendar month and year, each from the last known close before it. */
export function monthlyReturns(
  nav: Float64Array,
  opening: number,
  sessions: readonly string[],
): YearOfReturns[] {
  const closes = new Map<string, number>();
  nav.forEach((value, day) => {
    if (!Number.isNaN(value)) closes.set((sessions[day] ?? '').slice(0, 7), value);
  });
  const years = new Map<string, number[]>();
  const yearEnds = new Map<string, number>();
  let before = opening;
  for (const [month, close] of closes) {
    const year = month.slice(0, 4);
    const months = years.get(year) ?? Array.from({ length: 12 }, () => Number.NaN);
    months[Number(month.slice(5)) - 1] = close / before - 1;
    years.set(year, months);
    yearEnds.set(year, close);
    before = close;
  }
  let yearStart = opening;
  return [...years].map(([year, months]) => {
    const end = yearEnds.get(year) ?? Number.NaN;
    const total = end / yearStart - 1;
    yearStart = end;
    return { year, months, total };
  });
}

export const known = (values: Float64Array): Float64Array =>
  values.filter((value) => !Number.isNaN(value));

/** NaN of nothing. */
export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return quotient(sum, values.length);
}

/** Sample standard deviation, in two passes; NaN of fewer than two. */
export function deviation(values: Float64Array): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - centre) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}

/** Smallest and largest. */
function extremes(values: Float64Array): [number, number] | [] {
  if (values.length === 0) return [];
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

/** NaN rather than infinity: nothing was divided. */
const quotient = (dividend: number, divisor: number): number =>
  divisor === 0 ? Number.NaN : dividend / divisor;
