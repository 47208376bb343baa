// Stage: backtest. The account over typed arrays: the engine's semantics in float64, for sweeps.
// Invariant: on a market without chance every sleeve's NAV equals the engine's (a test compares them).
import { invariant } from '../domain/invariant.ts';
import { isRebalanceDue } from '../domain/rebalance.ts';
import type { Session } from '../domain/time.ts';
import { fillLog, type FillLog } from './fillLog.ts';
import type { AccountHistory } from './history.ts';
import { Recorder } from './recorder.ts';
import type { Schedule } from './schedule.ts';
import { NO_SHARE, startState, type ResearchPlan, type ResearchState } from './state.ts';
import type { Tape } from './tape.ts';
import { fundAndBuy, netAndSell } from './trade.ts';

export interface ResearchRun {
  readonly history: AccountHistory;
  /** Every order that filled, at its average price. */
  readonly fills: FillLog;
}

/** Runs the sessions of a tape. Pure: the same plan gives the same bits. */
export function runResearch(plan: ResearchPlan): ResearchRun {
  const { tape, schedules } = plan;
  const size = tape.sessions.length * tape.symbols.length;
  for (const { sleeve, weights } of schedules)
    invariant(weights.length === size, () => `The weights of ${sleeve} do not cover the tape.`);
  const state = startState(plan);
  const fills = fillLog();
  const recorder = new Recorder(plan, state);
  for (let day = 0; day < tape.sessions.length; day += 1) {
    applyActions(tape, state, day);
    value(tape, state, day);
    sizeIntents(plan, state, day);
    netAndSell({ plan, state, day, fills, recorder });
    fundAndBuy({ plan, state, day, fills, recorder });
    noteRebalances(plan, state, day);
    recorder.close(day);
  }
  return { history: recorder.history(fills.count), fills };
}

/** Splits, dividends earned and dividends paid, at the open. */
function applyActions(tape: Tape, state: ResearchState, day: number): void {
  const symbols = tape.symbols.length;
  for (const action of tape.actions.get(day) ?? []) {
    for (let sleeve = 0; sleeve < state.sleeves; sleeve += 1) {
      const cell = sleeve * symbols + action.symbol;
      const held = state.held[cell] ?? 0;
      if (held === 0) continue;
      if (action.kind === 'split') {
        state.held[cell] = held * action.ratio;
        continue;
      }
      const amount = held * action.perShare;
      state.owed[sleeve] = (state.owed[sleeve] ?? 0) + amount;
      const due = state.payments.get(action.paidAt) ?? [];
      due.push({ sleeve, amount });
      state.payments.set(action.paidAt, due);
    }
  }
  for (const { sleeve, amount } of state.payments.get(day) ?? []) {
    state.owed[sleeve] = (state.owed[sleeve] ?? 0) - amount;
    state.cash[sleeve] = (state.cash[sleeve] ?? 0) + amount;
  }
  state.payments.delete(day);
}

/** NAV of each sleeve at the decision prices; NaN where a held symbol has none. */
function value(tape: Tape, state: ResearchState, day: number): void {
  const symbols = tape.symbols.length;
  const row = day * symbols;
  for (let sleeve = 0; sleeve < state.sleeves; sleeve += 1) {
    let nav = (state.cash[sleeve] ?? 0) + (state.owed[sleeve] ?? 0);
    for (let symbol = 0; symbol < symbols; symbol += 1) {
      const held = state.held[sleeve * symbols + symbol] ?? 0;
      if (held !== 0) nav += held * (tape.mid[row + symbol] ?? Number.NaN);
    }
    state.nav[sleeve] = nav;
  }
}

/** Intents: the signed change of each sleeve and symbol, after the gates; and what stays open. */
function sizeIntents(plan: ResearchPlan, state: ResearchState, day: number): void {
  state.want.fill(0);
  state.leftOpen.fill(0);
  state.notDue.fill(0);
  const aborted = plan.schedules.some(
    ({ onFailure, failed }) => onFailure === 'abort' && failed[day] === 1,
  );
  plan.schedules.forEach((schedule, sleeve) => {
    const failed = schedule.failed[day] === 1;
    if (failed && schedule.onFailure !== 'cash') return;
    if (!failed && !isDue(plan, schedule, state, sleeve, day)) {
      state.notDue[sleeve] = 1;
      return;
    }
    sizeSleeve(plan, { schedule, failed, aborted }, state, sleeve, day);
  });
}

function sizeSleeve(
  { tape, limits }: ResearchPlan,
  of: { readonly schedule: Schedule; readonly failed: boolean; readonly aborted: boolean },
  state: ResearchState,
  sleeve: number,
  day: number,
): void {
  const symbols = tape.symbols.length;
  const row = day * symbols;
  const nav = state.nav[sleeve] ?? Number.NaN;
  const deployed = nav * limits.deployment;
  for (let symbol = 0; symbol < symbols; symbol += 1) {
    const cell = sleeve * symbols + symbol;
    const weight = of.failed ? 0 : (of.schedule.weights[row + symbol] ?? 0);
    const held = state.held[cell] ?? 0;
    if (weight === 0 && held === 0) continue;
    const mid = tape.mid[row + symbol] ?? Number.NaN;
    // An exit is sized by the shares held; everything else by NAV and price. NaN compares false.
    let target = 0;
    if (weight !== 0) {
      if (nav > 0) target = (weight * deployed) / mid;
      else if (!(nav <= 0 && held === 0)) target = Number.NaN;
    }
    const denied =
      of.aborted || Number.isNaN(mid) || Number.isNaN(target) || state.untradable[symbol] === 1;
    if (denied) {
      if (target !== held) state.leftOpen[sleeve] = 1;
      continue;
    }
    state.want[cell] = target - held;
    state.exempt[cell] = held === 0 || target === 0 ? 1 : 0;
  }
}

function isDue(
  plan: ResearchPlan,
  { rebalance, weights }: Schedule,
  state: ResearchState,
  sleeve: number,
  day: number,
): boolean {
  const last = state.rebalancedOn[sleeve];
  const nav = state.nav[sleeve] ?? Number.NaN;
  if (rebalance.kind === 'every-session' || last === undefined || Number.isNaN(nav)) return true;
  const facts = { session: sessionAt(plan, day), rebalancedOn: sessionAt(plan, last) };
  if (rebalance.kind !== 'corridor')
    return isRebalanceDue(rebalance, { ...facts, largestDrift: 0n });
  return largestDrift(plan, weights, state, sleeve, day) > Number(rebalance.width) / 1e12;
}

function largestDrift(
  { tape, limits }: ResearchPlan,
  weights: Float64Array,
  state: ResearchState,
  sleeve: number,
  day: number,
): number {
  const symbols = tape.symbols.length;
  const deployed = (state.nav[sleeve] ?? 0) * limits.deployment;
  let largest = 0;
  for (let symbol = 0; symbol < symbols; symbol += 1) {
    const held = state.held[sleeve * symbols + symbol] ?? 0;
    const weight = weights[day * symbols + symbol] ?? 0;
    if (held === 0 && weight === 0) continue;
    const mid = tape.mid[day * symbols + symbol] ?? Number.NaN;
    const worth = Number.isNaN(mid) || deployed <= 0 ? 0 : (held * mid) / deployed;
    largest = Math.max(largest, Math.abs(worth - weight));
  }
  return largest;
}

/** A rebalance is carried out unless something of it was denied, scaled, rejected or left unfilled. */
function noteRebalances({ schedules }: ResearchPlan, state: ResearchState, day: number): void {
  schedules.forEach(({ failed }, sleeve) => {
    const carriedOut =
      failed[day] !== 1 && state.notDue[sleeve] !== 1 && state.leftOpen[sleeve] !== 1;
    if (carriedOut) state.rebalancedOn[sleeve] = day;
  });
  // What is less than half of the smallest unit of a share is arithmetic, not a holding.
  for (let cell = 0; cell < state.held.length; cell += 1)
    if (Math.abs(state.held[cell] ?? 0) < NO_SHARE) state.held[cell] = 0;
}

function sessionAt({ tape }: ResearchPlan, day: number): Session {
  const session = tape.sessions[day];
  invariant(session !== undefined, () => `The tape has no session ${day}.`);
  return session;
}
