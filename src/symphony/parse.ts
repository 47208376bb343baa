// Stage: symphony file → tree. The whole of a file, or everything that is wrong with it.
// Invariant: iterative; a tree is returned only when no word of the file was left over.
import { invariant } from '../domain/invariant.ts';
import { asCall, expectKind, hasArguments, report, type Call } from './arguments.ts';
import { locate, type Problem, type SymphonyError, type SymphonySource } from './errors.ts';
import { nodesWithin, planNode, type NodePlan } from './operators.ts';
import { readOptions } from './options.ts';
import type { Form } from './form.ts';
import { READER_LIMITS, readForm, type ReaderLimits } from './reader.ts';
import type { RebalanceFrequency, SymphonyNode, SymphonyTree } from './tree.ts';

export type ParseResult =
  | { readonly ok: true; readonly tree: SymphonyTree }
  | { readonly ok: false; readonly errors: readonly SymphonyError[] };

/** More would bury the first ones, and each costs a pass over the text. */
const MOST_ERRORS = 20;
/** Gathered before they are sorted: a hostile file is wrong in millions of places. */
const MOST_PROBLEMS = 10_000;
const USAGE = '(defsymphony "name" {:rebalance-frequency :daily} body)';

/** Reads a symphony. Errors in file order, at most 20. */
export function parseSymphony(
  source: SymphonySource,
  limits: ReaderLimits = READER_LIMITS,
): ParseResult {
  const read = readForm(source.text, limits);
  if (read.kind === 'refused') return { ok: false, errors: [locate(source, read.problem)] };
  const problems: Problem[] = [];
  const tree = readSymphony(read, source.text, (problem) => {
    if (problems.length < MOST_PROBLEMS) problems.push(problem);
  });
  if (tree !== undefined && problems.length === 0) return { ok: true, tree };
  invariant(problems.length > 0, () => `${source.file} was refused without a reason.`);
  const first = problems.sort((a, b) => a.at - b.at).slice(0, MOST_ERRORS);
  return { ok: false, errors: first.map((problem) => locate(source, problem)) };
}

function readSymphony(
  form: Form,
  text: string,
  reportProblem: (problem: Problem) => void,
): SymphonyTree | undefined {
  const call = asCall(form, text, reportProblem);
  if (call?.operator !== 'defsymphony') {
    const around: Call = { operator: 'a file', form, args: [], report: reportProblem, text };
    const what = 'This is no symphony.';
    report(around, form, { code: 'unknown_operator', what, expected: USAGE });
    return undefined;
  }
  const [nameForm, mapForm, bodyForm] = call.args;
  if (!hasArguments(call, USAGE, 3)) return undefined;
  const name = expectKind(call, nameForm, 'string', 'the name of the symphony');
  const settings = mapForm && readSettings(call, mapForm);
  const body = bodyForm && readTree(bodyForm, text, reportProblem);
  if (name === undefined || settings === undefined || body === undefined) return undefined;
  return { name: name.value, ...settings, body };
}

interface OpenNode {
  readonly forms: readonly Form[];
  /** Absent above the topmost node; null in one that could not be read, whose nodes are read for their errors. */
  readonly build?: NodePlan['build'] | null;
  /** How many nodes had been built, and not yet taken by their parent, when it was opened. */
  readonly first: number;
  next: number;
}

const NO_NODES: readonly SymphonyNode[] = [];

/** Reads nodes depth first with its own stack; goes on after an error, to report the others. */
function readTree(
  root: Form,
  text: string,
  reportProblem: (problem: Problem) => void,
): SymphonyNode | undefined {
  const open: OpenNode[] = [{ forms: [root], first: 0, next: 0 }];
  // Nodes whose parent is not built yet, below `count`; a parent takes its children off the end.
  const built: SymphonyNode[] = [];
  let count = 0;
  for (let node = open.at(-1); node !== undefined; node = open.at(-1)) {
    const form = node.forms[node.next];
    if (form !== undefined) {
      node.next += 1;
      const plan = planNode(form, text, reportProblem);
      if (plan === undefined) {
        open.push({ forms: nodesWithin(form), build: null, first: count, next: 0 });
        continue;
      }
      if (plan.children.length > 0) {
        open.push({ forms: plan.children, build: plan.build, first: count, next: 0 });
        continue;
      }
      built[count] = plan.build(NO_NODES);
      count += 1;
      continue;
    }
    open.pop();
    // A child that could not be read was reported; without it the parent cannot be built either.
    const whole = count - node.first === node.forms.length;
    if (node.build === undefined) return whole ? built[0] : undefined;
    const children = built.slice(node.first, count);
    count = node.first;
    if (!whole || node.build === null) continue;
    built[count] = node.build(children);
    count += 1;
  }
  return undefined;
}

type Settings = Pick<SymphonyTree, 'assetClass' | 'frequency' | 'threshold'>;

const FREQUENCIES = [
  'none',
  'daily',
  'weekly',
  'monthly',
  'quarterly',
  'yearly',
] as const satisfies RebalanceFrequency[];

function readSettings(call: Call, form: Form): Settings | undefined {
  const known = ['asset-class', 'rebalance-frequency', 'rebalance-threshold'];
  const options = readOptions(call, form, known);
  if (options === undefined) return undefined;
  const assetClass = options.get('asset-class');
  const frequencyForm = options.get('rebalance-frequency');
  const threshold = options.get('rebalance-threshold');
  // Each by itself, so that all that is wrong is reported.
  const isTraded = assetClass === undefined || isEquities(call, assetClass);
  const frequency = frequencyForm && readFrequency(call, frequencyForm);
  const width = threshold && readWidth(call, threshold);
  if (!isTraded || (frequencyForm && !frequency) || (threshold && width === undefined))
    return undefined;
  if (frequency === undefined && width === undefined) {
    report(call, form, {
      code: 'missing_rebalance',
      what: 'When to rebalance is not said, and is not assumed.',
      expected: ':rebalance-frequency or :rebalance-threshold',
      remedy: 'add :rebalance-frequency :daily, or what was meant',
    });
    return undefined;
  }
  if (frequency !== undefined && frequency !== 'none' && width !== undefined) {
    report(call, form, {
      code: 'rebalance_conflict',
      what: 'A frequency and a threshold are both given; which one rules is not said.',
      expected: 'one of the two (:none may stand beside a threshold)',
      remedy: 'remove one',
    });
    return undefined;
  }
  return {
    assetClass: assetClass === undefined ? undefined : 'EQUITIES',
    frequency,
    threshold: width,
  };
}

function isEquities(call: Call, form: Form): boolean {
  if (form.kind === 'string' && form.value === 'EQUITIES') return true;
  const what = 'This asset class is not traded here.';
  report(call, form, { code: 'unknown_value', what, expected: '"EQUITIES"' });
  return false;
}

function readFrequency(call: Call, form: Form): RebalanceFrequency | undefined {
  const named = FREQUENCIES.find((name) => form.kind === 'keyword' && form.name === name);
  if (named !== undefined) return named;
  const expected = FREQUENCIES.map((name) => `:${name}`).join(', ');
  report(call, form, { code: 'unknown_value', what: 'This is no frequency.', expected });
  return undefined;
}

/** The corridor's width as written, since it is money's rule and must not pass through a float. */
function readWidth(call: Call, form: Form): string | undefined {
  const width = call.text.slice(form.at, form.end);
  const fits = form.kind === 'number' && /^0\.\d{1,12}$/.test(width) && form.value > 0;
  if (fits) return width;
  report(call, form, { code: 'unknown_value', expected: 'a fraction between 0 and 1, like 0.05' });
  return undefined;
}
