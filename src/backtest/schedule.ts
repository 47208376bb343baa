// Stage: backtest. What each sleeve's strategy believes in every session of a range.
// Invariant: a belief as of a session has read bars up to that session and nothing else.
import { previousSession } from '../domain/calendar.ts';
import type { Symbol } from '../domain/market.ts';
import { WEIGHT_TOLERANCE, type RebalanceRule } from '../domain/signal.ts';
import type { FailurePolicy, SleeveId } from '../domain/sleeve.ts';
import type { Session } from '../domain/time.ts';
import { parseWeight } from '../domain/units/units.ts';
import type { History } from '../engine/evaluate.ts';
import type { Evaluation, Strategy } from '../strategy/strategy.ts';
import type { TradeAt } from './tape.ts';

/** One sleeve of a research run. */
export interface Schedule {
  readonly sleeve: SleeveId;
  /** USD. */
  readonly openingCash: number;
  readonly onFailure: FailurePolicy;
  readonly rebalance: RebalanceRule;
  /** `session index × symbols + symbol index`; fractions of the sleeve, the rest of a row is cash. */
  readonly weights: Float64Array;
  /** By session: 1 where the strategy failed, and its row of weights says nothing. */
  readonly failed: Uint8Array;
}

export interface ScheduledSleeve {
  readonly sleeve: SleeveId;
  readonly openingCash: number;
  readonly onFailure: FailurePolicy;
  readonly strategy: Strategy;
}

/** Called after each session that was evaluated. */
export type EvaluationProgress = (session: Session) => void;

/** Evaluates one sleeve's strategy over a range, as of each session's decision. */
export function scheduleOf(
  of: ScheduledSleeve,
  history: History,
  range: {
    readonly sessions: readonly Session[];
    readonly symbols: readonly Symbol[];
    readonly tradeAt: TradeAt;
  },
  progress: EvaluationProgress = () => {},
): Schedule {
  const { sessions, symbols, tradeAt } = range;
  const { strategy, ...head } = of;
  const columns = new Map<string, number>(symbols.map((symbol, index) => [symbol, index]));
  const weights = new Float64Array(sessions.length * symbols.length);
  const failed = new Uint8Array(sessions.length);
  sessions.forEach((session, day) => {
    const asOf = tradeAt === 'next-open' ? previousSession(session) : session;
    const row = weights.subarray(day * symbols.length, (day + 1) * symbols.length);
    if (!write(evaluate(strategy, history, asOf), columns, row)) failed[day] = 1;
    progress(session);
  });
  return { ...head, rebalance: ruleOf(strategy), weights, failed };
}

function evaluate(strategy: Strategy, history: History, asOf: Session): Evaluation {
  try {
    return strategy.evaluate(
      {
        asOf,
        history: (symbol) => history.series(symbol),
        exchangeSessions: history.sessions(),
      },
      { path: false },
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', code: 'strategy_threw', message, path: [] };
  }
}

/** Writes a row of weights. @returns false, with the row empty, when the evaluation is no belief */
function write(
  evaluation: Evaluation,
  columns: ReadonlyMap<string, number>,
  row: Float64Array,
): boolean {
  if (evaluation.kind === 'failed') return false;
  let sum = 0;
  for (const { symbol, weight } of evaluation.weights) {
    const column = columns.get(symbol);
    if (
      column === undefined ||
      row[column] !== 0 ||
      !(weight >= 0 && weight <= 1 + WEIGHT_TOLERANCE)
    )
      return empty(row);
    row[column] = weight;
    sum += weight;
  }
  return sum <= 1 + WEIGHT_TOLERANCE ? true : empty(row);
}

function empty(row: Float64Array): false {
  row.fill(0);
  return false;
}

const ruleOf = ({ rebalance }: Strategy): RebalanceRule =>
  rebalance.kind === 'corridor'
    ? { kind: 'corridor', width: parseWeight(rebalance.width) }
    : rebalance;
