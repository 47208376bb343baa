// Stage: backtest. Crosses, net orders and their fills, sells before buys, as the engine decides them.
// Invariant: a cross moves shares and cash between sleeves at the mid and sums to zero.
import { addFill, type FillLog } from './fillLog.ts';
import type { Recorder } from './recorder.ts';
import { NO_SHARE, type ResearchPlan, type ResearchState } from './state.ts';

export interface Trading {
  readonly plan: ResearchPlan;
  readonly state: ResearchState;
  readonly day: number;
  readonly fills: FillLog;
  readonly recorder: Recorder;
}

/** USD; the paper exchange refuses less, except the sale of a whole position. */
const EXCHANGE_MINIMUM = 1;

/** Crosses what opposes in every symbol and executes the net sells; net buys stay in `want`. */
export function netAndSell(trading: Trading): void {
  const { state, plan } = trading;
  const equity = equityOf(state);
  for (let symbol = 0; symbol < state.symbols; symbol += 1) {
    const [buys, sells] = sidesOf(state, symbol);
    if (buys === 0 && sells === 0) continue;
    if (buys > 0 && sells > 0) cross(trading, symbol, { buys, sells });
    const net = buys - sells;
    if (net === 0) continue;
    const kept = suppressMicroTrade(trading, symbol, { net: Math.abs(net), equity });
    if (kept === 0 || net > 0) continue;
    const whole = roundToWhole(trading, symbol, kept);
    const mid = plan.tape.mid[trading.day * state.symbols + symbol] ?? Number.NaN;
    if (whole * mid < plan.limits.brokerMinimum) dropWants(state, symbol);
    else execute(trading, symbol, -whole);
  }
}

/** Scales the net buys to each sleeve's own cash and to the account's, and executes them. */
export function fundAndBuy(trading: Trading): void {
  const { state, plan, day } = trading;
  const { limits, tape } = plan;
  const row = day * state.symbols;
  fund(trading);
  for (let symbol = 0; symbol < state.symbols; symbol += 1) {
    const [wanted] = sidesOf(state, symbol);
    if (wanted === 0) continue;
    const whole = roundToWhole(trading, symbol, wanted);
    if (whole * (tape.mid[row + symbol] ?? Number.NaN) < limits.brokerMinimum)
      dropWants(state, symbol);
    else execute(trading, symbol, whole);
  }
}

/** Σ of the positive wants and Σ of the negative ones, both positive. */
function sidesOf(state: ResearchState, symbol: number): [number, number] {
  let buys = 0;
  let sells = 0;
  for (let cell = symbol; cell < state.want.length; cell += state.symbols) {
    const want = state.want[cell] ?? 0;
    if (want > 0) buys += want;
    else sells -= want;
  }
  return [buys, sells];
}

/** The smaller side whole, the larger pro rata; `want` keeps what is left. */
function cross(
  trading: Trading,
  symbol: number,
  { buys, sells }: { readonly buys: number; readonly sells: number },
): void {
  const { state, plan, day, recorder } = trading;
  const crossed = Math.min(buys, sells);
  const at = day * state.symbols + symbol;
  const mid = plan.tape.mid[at] ?? Number.NaN;
  const halfSpread = ((plan.tape.ask[at] ?? mid) - (plan.tape.bid[at] ?? mid)) / 2;
  for (let sleeve = 0; sleeve < state.sleeves; sleeve += 1) {
    const cell = sleeve * state.symbols + symbol;
    const want = state.want[cell] ?? 0;
    if (want === 0) continue;
    const side = want > 0 ? buys : sells;
    const shares = side === crossed ? want : (want * crossed) / side;
    state.want[cell] = side === crossed ? 0 : want - shares;
    state.held[cell] = (state.held[cell] ?? 0) + shares;
    state.cash[sleeve] = (state.cash[sleeve] ?? 0) - shares * mid;
    recorder.crossed(sleeve, symbol, Math.abs(shares) * mid, Math.abs(shares) * halfSpread);
  }
}

/** Below the threshold only exits and entries go on. @returns the shares that are left of the net */
function suppressMicroTrade(
  { state, plan, day }: Trading,
  symbol: number,
  of: { readonly net: number; readonly equity: number },
): number {
  const { limits, tape } = plan;
  const worth = of.net * (tape.mid[day * state.symbols + symbol] ?? Number.NaN);
  let navs = 0;
  for (let sleeve = 0; sleeve < state.sleeves; sleeve += 1) {
    const nav = state.nav[sleeve] ?? Number.NaN;
    if (state.want[sleeve * state.symbols + symbol] !== 0 && !Number.isNaN(nav)) navs += nav;
  }
  const bySleeves = limits.microTradeSleeveShare * Math.max(navs, 0);
  const bySize = Number.isNaN(of.equity)
    ? bySleeves
    : Math.min(limits.microTradeAccountShare * of.equity, bySleeves);
  if (worth >= Math.max(limits.microTradeFloor, bySize)) return of.net;
  let kept = 0;
  for (let cell = symbol; cell < state.want.length; cell += state.symbols) {
    if (state.exempt[cell] === 1) kept += Math.abs(state.want[cell] ?? 0);
    else state.want[cell] = 0;
  }
  return kept;
}

/** @returns the net in whole shares where the symbol trades in them, each want scaled alike */
function roundToWhole({ state }: Trading, symbol: number, net: number): number {
  if (state.wholeShare[symbol] !== 1) return net;
  // What the ledger holds as a whole share may be a hair below it here.
  const whole = Math.floor(net + NO_SHARE);
  scaleWants(state, symbol, whole / net);
  return whole;
}

/** First each sleeve by its own cash, then all by one factor. */
function fund(trading: Trading): void {
  const { state, plan } = trading;
  let cost = 0;
  let cash = state.house;
  for (let sleeve = 0; sleeve < state.sleeves; sleeve += 1) {
    const own = state.cash[sleeve] ?? 0;
    const needed = costOf(trading, sleeve);
    cash += own;
    if (needed > own) scaleSleeve(state, sleeve, Math.max(own, 0) / needed);
    cost += Math.min(needed, Math.max(own, 0));
  }
  const budget = Math.max(cash - plan.limits.reserve, 0);
  if (cost <= budget) return;
  for (let sleeve = 0; sleeve < state.sleeves; sleeve += 1)
    if (costOf(trading, sleeve) > 0) scaleSleeve(state, sleeve, budget / cost);
}

/** A sleeve's buys at the highest prices they may pay. */
function costOf({ state, plan, day }: Trading, sleeve: number): number {
  const { tape, limits } = plan;
  let cost = 0;
  for (let symbol = 0; symbol < state.symbols; symbol += 1) {
    const want = state.want[sleeve * state.symbols + symbol] ?? 0;
    if (want > 0)
      cost += want * (tape.ask[day * state.symbols + symbol] ?? 0) * (1 + limits.priceAllowance);
  }
  return cost;
}

function scaleSleeve(state: ResearchState, sleeve: number, factor: number): void {
  state.leftOpen[sleeve] = 1;
  for (let symbol = 0; symbol < state.symbols; symbol += 1) {
    const cell = sleeve * state.symbols + symbol;
    const want = state.want[cell] ?? 0;
    if (want > 0) state.want[cell] = want * factor;
  }
}

function scaleWants(state: ResearchState, symbol: number, factor: number): void {
  for (let cell = symbol; cell < state.want.length; cell += state.symbols)
    state.want[cell] = (state.want[cell] ?? 0) * factor;
}

function dropWants(state: ResearchState, symbol: number): void {
  for (let cell = symbol; cell < state.want.length; cell += state.symbols) state.want[cell] = 0;
}

/** One order: filled as far as the volume reaches, each contributor at its price and pro rata. */
function execute(trading: Trading, symbol: number, net: number): void {
  const { plan, state, day, fills, recorder } = trading;
  const { tape, friction } = plan;
  const at = day * state.symbols + symbol;
  const wanted = Math.abs(net);
  const room = (tape.volume[at] ?? 0) * friction.participation;
  const filled = fillable(trading, symbol, { net, room });
  if (filled < wanted) leaveOpen(state, symbol);
  recorder.ordered(symbol);
  if (filled === 0) {
    dropWants(state, symbol);
    return;
  }
  const price = priceOf(plan, at, { net, filled });
  const beyondMid = Math.abs(price - (tape.mid[at] ?? price));
  const part = filled / wanted;
  for (let sleeve = 0; sleeve < state.sleeves; sleeve += 1) {
    const cell = sleeve * state.symbols + symbol;
    const want = state.want[cell] ?? 0;
    if (want === 0) continue;
    const shares = want * part;
    state.want[cell] = 0;
    state.held[cell] = (state.held[cell] ?? 0) + shares;
    state.cash[sleeve] = (state.cash[sleeve] ?? 0) - shares * price;
    recorder.filled(sleeve, Math.abs(shares) * price, Math.abs(shares) * beyondMid);
  }
  addFill(fills, { day, symbol, shares: net < 0 ? -filled : filled, price });
}

function fillable(
  { plan, state, day }: Trading,
  symbol: number,
  of: { readonly net: number; readonly room: number },
): number {
  const wanted = Math.abs(of.net);
  const ask = plan.tape.ask[day * state.symbols + symbol] ?? 0;
  if (
    wanted * ask < EXCHANGE_MINIMUM &&
    !(of.net < 0 && wanted >= heldByAll(state, symbol) - NO_SHARE)
  )
    return 0;
  const room = state.wholeShare[symbol] === 1 ? Math.floor(of.room) : of.room;
  return Math.min(wanted, room);
}

function heldByAll(state: ResearchState, symbol: number): number {
  let held = 0;
  for (let cell = symbol; cell < state.held.length; cell += state.symbols)
    held += state.held[cell] ?? 0;
  return held;
}

function leaveOpen(state: ResearchState, symbol: number): void {
  for (let sleeve = 0; sleeve < state.sleeves; sleeve += 1)
    if (state.want[sleeve * state.symbols + symbol] !== 0) state.leftOpen[sleeve] = 1;
}

/** The account's side of the quote moved by mean slippage and impact, inside the session's range. */
function priceOf(
  { tape, friction }: ResearchPlan,
  at: number,
  of: { readonly net: number; readonly filled: number },
): number {
  const against = Math.min(
    friction.meanSlippage + friction.impact * Math.sqrt(of.filled / (tape.volume[at] ?? 0)),
    friction.maxSlippage,
  );
  const touch = (of.net > 0 ? tape.ask[at] : tape.bid[at]) ?? Number.NaN;
  const moved = of.net > 0 ? touch * (1 + against) : touch * (1 - against);
  return Math.min(Math.max(moved, tape.lowest[at] ?? moved), tape.highest[at] ?? moved);
}

/** NaN while any sleeve's NAV is unknown. */
function equityOf(state: ResearchState): number {
  let equity = state.house;
  for (const nav of state.nav) equity += nav;
  return equity;
}
