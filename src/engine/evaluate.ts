// Stage: bars → strategies → signal. One signal a sleeve, failed ones too.
// Invariant: a strategy sees completed bars through `asOf` and nothing else.
import { digestOf, type Json } from '../domain/canonical.ts';
import { sessionsBetween } from '../domain/calendar.ts';
import { anyJson } from '../domain/codec.ts';
import type { Symbol } from '../domain/market.ts';
import { exactWeights, type RebalanceRule, type Signal } from '../domain/signal.ts';
import type { SleeveId } from '../domain/sleeve.ts';
import type { Session } from '../domain/time.ts';
import { parseWeight } from '../domain/units/units.ts';
import type { PriceSeries } from '../indicators/series.ts';
import type { DailyBars, MarketData } from '../ports/marketData.ts';
import type { Evaluation, Strategy, StrategyRebalance } from '../strategy/strategy.ts';

/** A market as strategies see it; kept for a whole run, so that indicator columns are computed once. */
export class History {
  readonly #market: MarketData;
  readonly #series = new Map<string, PriceSeries | undefined>();
  #sessions: readonly string[] | undefined;

  constructor(market: MarketData) {
    this.#market = market;
  }

  series(symbol: string): PriceSeries | undefined {
    if (!this.#series.has(symbol)) {
      const bars = this.#market.bars(symbol as Symbol); // an unknown text has no bars
      this.#series.set(
        symbol,
        bars && { symbol, sessions: bars.sessions, closes: bars.adjustedClose },
      );
    }
    return this.#series.get(symbol);
  }

  /** sha256 over the bars through `asOf` of the symbols read. */
  version(symbols: readonly string[], asOf: Session): string {
    return digestOf(
      Object.fromEntries(
        symbols.map((symbol): [string, Json] => {
          const bars = this.#market.bars(symbol as Symbol); // as above
          const last = bars === undefined ? -1 : lastIndex(bars, asOf);
          return [symbol, bars === undefined || last < 0 ? null : bars.version(last)];
        }),
      ),
    );
  }

  /** Exchange sessions over the whole of the market's bars. */
  sessions(): readonly string[] {
    if (this.#sessions === undefined) {
      const spans = this.#market.symbols.flatMap(
        (symbol) => this.#market.bars(symbol)?.sessions ?? [],
      );
      const first = spans.reduce<Session | undefined>(
        (least, day) => (least === undefined || day < least ? day : least),
        undefined,
      );
      const last = spans.reduce<Session | undefined>(
        (most, day) => (most === undefined || day > most ? day : most),
        undefined,
      );
      this.#sessions =
        first === undefined || last === undefined ? [] : sessionsBetween(first, last);
    }
    return this.#sessions;
  }
}

/** Evaluates one sleeve's strategy; whatever goes wrong inside it becomes a failed signal. */
export function evaluateSleeve(
  sleeve: SleeveId,
  strategy: Strategy,
  history: History,
  asOf: Session,
): Signal {
  const evaluation = runStrategy(strategy, history, asOf);
  const head = {
    sleeve,
    strategy: strategy.name,
    strategyVersion: strategy.version,
    dialect: strategy.dialect,
    asOf,
    dataVersion: history.version(strategy.reads, asOf),
    rebalance: toRule(strategy.rebalance),
    path: evaluation.path as unknown as Json, // decision steps are JSON by their type
  };
  if (evaluation.kind === 'failed')
    return { ...head, kind: 'failed', code: evaluation.code, message: evaluation.message };
  const exact = exactWeights(evaluation.weights);
  if (!exact.ok) return { ...head, kind: 'failed', code: exact.code, message: exact.message };
  return { ...head, kind: 'targets', weights: exact.weights, cash: exact.cash };
}

function runStrategy(strategy: Strategy, history: History, asOf: Session): Evaluation {
  try {
    const evaluation = strategy.evaluate({
      asOf,
      history: (symbol) => history.series(symbol),
      exchangeSessions: history.sessions(),
    });
    // A path that cannot be written must fail its sleeve alone, not the step that records it.
    anyJson.decode(evaluation.path, 'path');
    return evaluation;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', code: 'strategy_threw', message, path: [] };
  }
}

function toRule(rebalance: StrategyRebalance): RebalanceRule {
  return rebalance.kind === 'corridor'
    ? { kind: 'corridor', width: parseWeight(rebalance.width) }
    : rebalance;
}

/** Where the last answer stood in each column of sessions: the next question is mostly at it, or one on. */
const places = new WeakMap<readonly Session[], number>();

/** Index of the last bar on or before a session; −1 when there is none. */
export function lastIndex({ sessions }: DailyBars, session: Session): number {
  const near = places.get(sessions) ?? 0;
  for (const index of [near, near + 1])
    if (isLast(sessions, index, session)) return remember(sessions, index);
  return remember(sessions, searched(sessions, session));
}

function isLast(sessions: readonly Session[], index: number, session: Session): boolean {
  const day = sessions[index];
  if (day === undefined || day > session) return false;
  const next = sessions[index + 1];
  return next === undefined || next > session;
}

function remember(sessions: readonly Session[], index: number): number {
  places.set(sessions, Math.max(index, 0));
  return index;
}

function searched(sessions: readonly Session[], session: Session): number {
  let low = 0;
  let high = sessions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sessions[middle] ?? session) <= session) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
