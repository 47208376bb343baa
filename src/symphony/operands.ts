// Stage: forms → tree. Indicators, and the conditions made of them.
// Invariant: the window in force is the one written; none is assumed.
import {
  expectedWindow,
  findIndicator,
  INDICATOR_NAMES,
  NO_WINDOW,
  type Indicator,
} from '../indicators/dialect.ts';
import { asCall, expectKind, hasArguments, report, type Call } from './arguments.ts';
import { readOptions } from './options.ts';
import type { Form } from './form.ts';
import { readSymbol } from './symbols.ts';
import type { Condition, Metric, Operand, Operator } from './tree.ts';

const OPERATORS: readonly string[] = ['>', '<', '>=', '<='] satisfies Operator[];

/** `(> (rsi "SPY" {:window 10}) 79)`: an indicator against a number or an indicator. */
export function readCondition(parent: Call, form: Form): Condition | undefined {
  const call = asCall(form, parent.text, parent.report);
  if (call === undefined || !OPERATORS.includes(call.operator)) {
    const expected = `a comparison (${OPERATORS.join(', ')}) of an indicator`;
    report(parent, form, { code: 'unknown_operator', what: 'This is no condition.', expected });
    return undefined;
  }
  const [left, right] = call.args;
  if (!hasArguments(call, `(${call.operator} indicator number-or-indicator)`, 2)) return undefined;
  if (left === undefined || right === undefined) return undefined; // counted above
  if (left.kind === 'number') {
    const remedy = 'swap the sides and turn the operator around';
    report(call, left, { code: 'wrong_form', expected: 'an indicator on the left', remedy });
    return undefined;
  }
  const leftSide = readOperand(call, left);
  const rightSide: Operand | undefined =
    right.kind === 'number' ? { kind: 'number', value: right.value } : readOperand(call, right);
  if (leftSide === undefined || rightSide === undefined) return undefined;
  // In the list of operators, checked above.
  return { operator: call.operator as Operator, left: leftSide, right: rightSide };
}

/** `(rsi {:window 10})`: an indicator without its symbol, as filters hold it. */
export function readMetric(parent: Call, form: Form): Metric | undefined {
  const found = readIndicator(parent, form);
  if (found === undefined) return undefined;
  const { call, indicator } = found;
  const usage = indicator.takesWindow ? `(${indicator.name} {:window N})` : `(${indicator.name})`;
  if (!hasArguments(call, usage, 0, 1)) return undefined;
  const window = readWindow(call, indicator, call.args[0]);
  return window === undefined ? undefined : { indicator: indicator.name, window };
}

/** A window written bare, as `weight-inverse-volatility` takes it. */
export function readBareWindow(call: Call, form: Form, indicator: Indicator): number | undefined {
  const number = expectKind(call, form, 'number', 'a window');
  return number && checkedWindow(call, number, indicator, number.value);
}

function readOperand(parent: Call, form: Form): Condition['left'] | undefined {
  const found = readIndicator(parent, form);
  if (found === undefined) return undefined;
  const { call, indicator } = found;
  const usage = `(${indicator.name} "SYMBOL"${indicator.takesWindow ? ' {:window N}' : ''})`;
  if (!hasArguments(call, usage, 1, 2)) return undefined;
  const symbol = readSymbol(call, call.args[0]);
  const window = readWindow(call, indicator, call.args[1]);
  if (symbol === undefined || window === undefined) return undefined;
  return { kind: 'indicator', symbol, indicator: indicator.name, window };
}

function readIndicator(
  parent: Call,
  form: Form,
): { readonly call: Call; readonly indicator: Indicator } | undefined {
  const call = asCall(form, parent.text, parent.report);
  const indicator = call && findIndicator(call.operator);
  if (call !== undefined && indicator !== undefined) return { call, indicator };
  report(parent, form, {
    code: 'unknown_indicator',
    what: 'This is no indicator.',
    expected: `one of ${INDICATOR_NAMES.join(', ')}`,
    remedy: 'correct the name; indicators of other dialects are not guessed at',
  });
  return undefined;
}

function readWindow(call: Call, indicator: Indicator, form: Form | undefined): number | undefined {
  const options = form && readOptions(call, form, indicator.takesWindow ? ['window'] : []);
  if (form !== undefined && options === undefined) return undefined;
  if (!indicator.takesWindow) return NO_WINDOW;
  const written = options?.get('window');
  if (written !== undefined) {
    return checkedWindow(call, written, indicator, written.kind === 'number' ? written.value : NaN);
  }
  const expected = `{:window N} with ${expectedWindow(indicator, NaN)}`;
  report(call, form, {
    code: 'missing_window',
    what: `${indicator.name} lacks its window.`,
    expected,
  });
  return undefined;
}

function checkedWindow(
  call: Call,
  form: Form,
  indicator: Indicator,
  window: number,
): number | undefined {
  const expected = expectedWindow(indicator, window);
  if (expected === undefined) return window;
  report(call, form, {
    code: 'bad_window',
    what: `This is no window of ${indicator.name}.`,
    expected,
  });
  return undefined;
}
