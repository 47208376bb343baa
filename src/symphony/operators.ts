// Stage: forms → tree. One reading for each operator that makes a node.
// Invariant: an operator not in this file does not load.
import { invariant } from '../domain/invariant.ts';
import { INDICATORS } from '../indicators/dialect.ts';
import { asCall, expectKind, hasArguments, report, type Call } from './arguments.ts';
import type { Problem } from './errors.ts';
import { readBareWindow, readCondition, readMetric } from './operands.ts';
import type { Form } from './form.ts';
import { readSymbol } from './symbols.ts';
import type { SymphonyNode } from './tree.ts';

/** A node whose children are still forms: read them, then `build` it from them in the same order. */
export interface NodePlan {
  readonly children: readonly Form[];
  readonly build: (children: readonly SymphonyNode[]) => SymphonyNode;
}

/** Specified weights may miss 1 by this much: exports round them. */
const WEIGHT_SUM_TOLERANCE = 1e-6;

type Reading = (call: Call) => NodePlan | undefined;

const OPERATORS: ReadonlyMap<string, Reading> = new Map([
  ['asset', readAsset],
  ['group', readGroup],
  ['weight-equal', readWeightEqual],
  ['weight-specified', readWeightSpecified],
  ['weight-inverse-volatility', readWeightInverseVolatility],
  ['if', readIf],
  ['filter', readFilter],
]);

/** What a form that could not be read as a node holds of others: they are looked at by themselves. */
export function nodesWithin(form: Form): readonly Form[] {
  if (form.kind !== 'list') return [];
  return form.items.slice(1).flatMap((item) => {
    if (item.kind === 'vector') return item.items;
    const head = item.kind === 'list' ? item.items[0] : undefined;
    return head?.kind === 'symbol' && OPERATORS.has(head.name) ? [item] : [];
  });
}

/** Reads a form as a node, without its children. */
export function planNode(
  form: Form,
  text: string,
  reportProblem: (problem: Problem) => void,
): NodePlan | undefined {
  const call = asCall(form, text, reportProblem);
  const read = call && OPERATORS.get(call.operator);
  if (call !== undefined && read !== undefined) return read(call);
  const around: Call = call ?? {
    operator: 'a symphony',
    form,
    args: [],
    report: reportProblem,
    text,
  };
  report(around, form, {
    code: call === undefined ? 'wrong_form' : 'unknown_operator',
    what: call === undefined ? 'This is no node.' : `There is no operator ${call.operator}.`,
    expected: `(${[...OPERATORS.keys()].join(' …), (')} …)`,
    remedy: 'correct the operator; nothing unknown is skipped',
  });
  return undefined;
}

function readAsset(call: Call): NodePlan | undefined {
  if (!hasArguments(call, '(asset "SYMBOL" "description")', 1, 2)) return undefined;
  const symbol = readSymbol(call, call.args[0]);
  const note = call.args[1];
  const described = note === undefined || note.kind === 'nil' || note.kind === 'string';
  if (!described) report(call, note, { code: 'wrong_form', expected: 'a description or nil' });
  if (symbol === undefined || !described) return undefined;
  const description = note?.kind === 'string' ? note.value : undefined;
  return { children: [], build: () => ({ kind: 'asset', at: call.form.at, symbol, description }) };
}

function readGroup(call: Call): NodePlan | undefined {
  const usage = '(group "name" [child])';
  if (!hasArguments(call, usage, 2)) return undefined;
  const name = expectKind(call, call.args[0], 'string', 'the name of the group');
  const list = readChildren(call, call.args[1]);
  if (name === undefined || list === undefined) return undefined;
  const [only] = list;
  if (only === undefined || list.length > 1) {
    const what = `The group holds ${list.length} nodes; how they share its weight is not said.`;
    report(call, call.args[1], {
      ...(only === undefined
        ? { code: 'missing_argument', what: 'The group is empty.' }
        : { code: 'unused_argument', what }),
      expected: 'one child',
      remedy: 'put the children into a weight-equal or another weight',
    });
    return undefined;
  }
  return {
    children: [only],
    build: ([child]) => ({
      kind: 'group',
      at: call.form.at,
      name: name.value,
      child: present(child),
    }),
  };
}

function readWeightEqual(call: Call): NodePlan | undefined {
  if (!hasArguments(call, '(weight-equal [children…])', 1)) return undefined;
  const forms = readChildren(call, call.args[0]);
  const { at } = call.form;
  return (
    forms && { children: forms, build: (children) => ({ kind: 'weight-equal', at, children }) }
  );
}

function readWeightSpecified(call: Call): NodePlan | undefined {
  const usage = '(weight-specified fraction child fraction child …)';
  if (!hasArguments(call, usage, 2, Infinity)) return undefined;
  const weights: number[] = [];
  const forms: Form[] = [];
  for (const [i, form] of call.args.entries()) {
    if (i % 2 === 1) {
      forms.push(form);
      continue;
    }
    const number = expectKind(call, form, 'number', 'a fraction like 0.6');
    if (number === undefined) return undefined;
    weights.push(number.value);
    if (number.value >= 0 && number.value <= 1) continue;
    report(call, number, { code: 'bad_weights', expected: 'a fraction from 0 to 1' });
    return undefined;
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (forms.length !== weights.length) {
    const what = 'The last weight has no child.';
    report(call, call.args.at(-1), { code: 'missing_argument', what, expected: usage });
    return undefined;
  }
  if (!(Math.abs(sum - 1) <= WEIGHT_SUM_TOLERANCE)) {
    const what = `The weights sum to ${sum}.`;
    report(call, call.form, { code: 'bad_weights', what, expected: 'a sum of 1 within 1e-6' });
    return undefined;
  }
  const { at } = call.form;
  return {
    children: forms,
    build: (children) => ({ kind: 'weight-specified', at, weights, children }),
  };
}

function readWeightInverseVolatility(call: Call): NodePlan | undefined {
  const [windowForm, list] = call.args;
  if (!hasArguments(call, '(weight-inverse-volatility N [children…])', 2)) return undefined;
  const window = windowForm && readBareWindow(call, windowForm, INDICATORS['stdev-return']);
  const forms = readChildren(call, list);
  if (window === undefined || forms === undefined) return undefined;
  const { at } = call.form;
  return {
    children: forms,
    build: (children) => ({ kind: 'weight-inverse-volatility', at, window, children }),
  };
}

function readIf(call: Call): NodePlan | undefined {
  const [conditionForm, trueForm, falseForm] = call.args;
  if (!hasArguments(call, '(if condition [then…] [else…])', 3)) return undefined;
  const condition = conditionForm && readCondition(call, conditionForm);
  const whenTrue = readChildren(call, trueForm);
  const whenFalse = readChildren(call, falseForm);
  if (!condition || !whenTrue || !whenFalse) return undefined;
  const { at } = call.form;
  const split = whenTrue.length;
  return {
    children: [...whenTrue, ...whenFalse],
    build: (children) => {
      const branches = { whenTrue: children.slice(0, split), whenFalse: children.slice(split) };
      return { kind: 'if', at, condition, ...branches };
    },
  };
}

function readFilter(call: Call): NodePlan | undefined {
  const [metricForm, selectForm, list] = call.args;
  if (!hasArguments(call, '(filter (indicator {:window N}) (select-top K) [children…])', 3)) {
    return undefined;
  }
  const metric = metricForm && readMetric(call, metricForm);
  const selection = selectForm && readSelection(call, selectForm);
  const forms = readChildren(call, list);
  if (!metric || !selection || !forms) return undefined;
  if (forms.length === 0) {
    report(call, list, { code: 'missing_argument', expected: 'at least one child to choose from' });
    return undefined;
  }
  const { at } = call.form;
  return {
    children: forms,
    build: (children) => ({ kind: 'filter', at, metric, ...selection, children }),
  };
}

function readSelection(
  parent: Call,
  form: Form,
): { readonly select: 'top' | 'bottom'; readonly count: number } | undefined {
  const expected = '(select-top K) or (select-bottom K)';
  const call = asCall(form, parent.text, parent.report);
  if (call?.operator !== 'select-top' && call?.operator !== 'select-bottom') {
    report(parent, form, { code: 'unknown_operator', what: 'This is no selection.', expected });
    return undefined;
  }
  if (!hasArguments(call, expected, 1)) return undefined;
  const number = expectKind(call, call.args[0], 'number', 'how many to keep');
  if (number === undefined) return undefined;
  if (Number.isSafeInteger(number.value) && number.value >= 1) {
    return { select: call.operator === 'select-top' ? 'top' : 'bottom', count: number.value };
  }
  report(call, number, { code: 'bad_count', expected: 'a whole number from 1' });
  return undefined;
}

const readChildren = (call: Call, form: Form | undefined): readonly Form[] | undefined =>
  expectKind(call, form, 'vector', 'a list of nodes in [ ]')?.items;

function present(child: SymphonyNode | undefined): SymphonyNode {
  invariant(child !== undefined, () => 'A group was built without the child that was read for it.');
  return child;
}
