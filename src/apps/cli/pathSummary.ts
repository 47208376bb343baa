// Stage: apps. A signal's decision path as one sentence.
// Invariant: says only what the path recorded: values as decided on, rounded for the eye.
import type { Signal } from '../../domain/signal.ts';
import { INDICATORS, type IndicatorName } from '../../indicators/dialect.ts';
import type { ConditionSide, DecisionStep } from '../../strategy/strategy.ts';
import { wantsOf } from './cycleView.ts';

/** More reasons than these are counted, not told: the whole path stands in `assay explain`. */
const MOST = 4;

/**
 * "SPY's 10-day RSI was 81.2, above 80: the sleeve went to SHY." The deepest conditions and cuts come
 * last, as they were met; a path without any says what else was read.
 */
export function summaryOf(signal: Signal): string {
  const steps = signal.path as unknown as readonly DecisionStep[]; // as the strategy recorded it
  const reasons = reasonsOf(steps);
  const told = reasons.slice(-MOST);
  const more = reasons.length - told.length;
  const because = [
    ...(more > 0 ? [`after ${more} more ${more === 1 ? 'decision' : 'decisions'}`] : []),
    ...told,
  ].join('; ');
  if (signal.kind === 'failed') {
    const before = because === '' ? '' : `, ${more > 0 ? '' : 'after '}${because}`;
    return capital(
      `the strategy failed (${signal.code}): ${signal.message.replace(/\.$/, '')}${before}.`,
    );
  }
  const went = goesTo(signal);
  return capital(because === '' ? `${went}, on no condition.` : `${because}: ${went}.`);
}

function goesTo(signal: Extract<Signal, { kind: 'targets' }>): string {
  const [only] = signal.weights;
  if (only === undefined) return 'the sleeve went to cash';
  if (signal.weights.length === 1 && signal.cash === 0n) return `the sleeve went to ${only.symbol}`;
  return `the sleeve went to ${wantsOf(signal)}`;
}

function reasonsOf(steps: readonly DecisionStep[]): string[] {
  const decisions = steps.flatMap((step) => {
    if (step.kind === 'condition') return [comparison(step.left, step.right)];
    if (step.kind === 'filter') return [cut(step)];
    return [];
  });
  if (decisions.length > 0) return decisions;
  // A strategy in TypeScript says what it read, and in its notes what it made of it.
  const notes = steps.flatMap((step) =>
    step.kind === 'note' ? [step.text.replace(/\.$/, '')] : [],
  );
  if (notes.length > 0) return notes;
  return steps.flatMap((step) =>
    step.kind === 'value' ? [`${nameOf(step)} was ${valueOf(step)}`] : [],
  );
}

/** The relation that the values had, whatever the condition asked for. */
function comparison(left: ConditionSide, right: ConditionSide): string {
  const relation =
    left.value > right.value ? 'above' : left.value < right.value ? 'below' : 'equal to';
  if (left.kind === 'number') {
    const second =
      right.kind === 'number' ? figure(right.value) : `${nameOf(right)} of ${valueOf(right)}`;
    return `${figure(left.value)} was ${relation} ${second}`;
  }
  const second =
    right.kind === 'number'
      ? valueOf({ ...left, value: right.value })
      : `${nameOf(right, left)} of ${valueOf(right)}`;
  return `${nameOf(left)} was ${valueOf(left)}, ${relation} ${second}`;
}

function cut(step: Extract<DecisionStep, { kind: 'filter' }>): string {
  const of = step.scores.length;
  const measure = measureOf(step.indicator, step.window);
  const rank = step.select === 'top' ? 'highest' : 'lowest';
  const scoreOf = (child: string): string => {
    const found = step.scores.find((each) => each.child === child);
    return found !== undefined && 'score' in found
      ? `${child} (${valueOf({ indicator: step.indicator, value: found.score })})`
      : child;
  };
  return `${list(step.kept.map(scoreOf))} had the ${rank} ${measure} of ${of}`;
}

interface Named {
  readonly indicator: IndicatorName;
  readonly window?: number;
  readonly of: string;
}

/** "SPY's 10-day RSI"; the measure is left out where it was just named. */
function nameOf({ indicator, window, of }: Named, before?: Named): string {
  const same = before?.indicator === indicator && before.window === window;
  return same && before.of !== of ? `${of}’s` : `${of}’s ${measureOf(indicator, window)}`;
}

const measureOf = (indicator: IndicatorName, window: number | undefined): string =>
  window === undefined ? WORDS[indicator] : `${window}-day ${WORDS[indicator]}`;

const WORDS: Readonly<Record<IndicatorName, string>> = {
  'current-price': 'price',
  'moving-average-price': 'average price',
  'exponential-moving-average-price': 'exponential average price',
  rsi: 'RSI',
  'cumulative-return': 'return',
  'moving-average-return': 'mean return',
  'stdev-return': 'volatility',
  'stdev-price': 'deviation of price',
  'max-drawdown': 'drawdown',
};

/** With the unit of its indicator; prices and RSI have none. */
const valueOf = (of: { readonly indicator: IndicatorName; readonly value: number }): string =>
  INDICATORS[of.indicator].unit.startsWith('%') ? `${figure(of.value)} %` : figure(of.value);

const list = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;

/** Four significant digits, never in powers of ten: the path itself has six. */
const figure = (value: number): string => {
  const rounded = Number.parseFloat(value.toPrecision(4));
  return Math.abs(rounded) >= 1e6 || (rounded !== 0 && Math.abs(rounded) < 1e-4)
    ? rounded.toFixed(Math.abs(rounded) >= 1 ? 0 : 9)
    : String(rounded);
};

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
