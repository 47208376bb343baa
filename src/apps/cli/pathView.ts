// Stage: apps. A strategy's decision path in words.
// Invariant: says what was recorded; leaves out the bare listing of assets.
import type { Json } from '../../domain/canonical.ts';
import type { ConditionSide, DecisionStep } from '../../strategy/strategy.ts';
import { breakText } from './table.ts';

/** Widest line, indents of the callers left out. */
const WIDTH = 92;
/** Real strategies are a hundred deep: further in, no room would be left for words. */
export const DEEPEST_INDENT = 16;

/** One line a step of the path, indented by depth; the weights themselves are shown elsewhere. */
export function pathLines(path: Json): string[] {
  const steps = path as unknown as readonly DecisionStep[]; // as the strategy recorded it
  return steps.flatMap((step) => {
    const words = stepInWords(step);
    if (words === null) return [];
    const before = '  '.repeat(Math.min(step.depth, DEEPEST_INDENT));
    const [first = '', ...more] = breakText(words, WIDTH - before.length);
    return [before + first, ...more.map((line) => `${before}  ${line}`)];
  });
}

function stepInWords(step: DecisionStep): string | null {
  switch (step.kind) {
    case 'condition':
      return `if ${side(step.left)} ${step.operator} ${side(step.right)} → ${step.taken} (margin ${figure(step.margin)})`;
    case 'filter':
      return `filter ${named(step.indicator, step.window)} ${step.select} ${step.count} → ${step.kept.join(', ')}${step.margin === undefined ? '' : ` (margin ${figure(step.margin)})`}`;
    case 'group':
      return `group "${step.name}"`;
    case 'weights':
      return `${step.method}: ${step.children.map((child) => ('share' in child ? `${child.child} ${figure(child.share * 100)} %` : `${child.child} skipped (${child.skipped})`)).join(', ')}`;
    case 'value':
      return reading(step);
    case 'note':
      return step.text;
    case 'asset':
      return null;
  }
}

type Reading =
  | Extract<ConditionSide, { kind: 'indicator' }>
  | Extract<DecisionStep, { kind: 'value' }>;

const side = (of: ConditionSide): string => (of.kind === 'number' ? figure(of.value) : reading(of));

const reading = (of: Reading): string =>
  `${named(of.indicator, of.window)} of ${of.of} = ${figure(of.value)}`;

const named = (indicator: string, window: number | undefined): string =>
  window === undefined ? indicator : `${indicator}(${window})`;

/** Six significant digits: enough to see a close call. */
const figure = (value: number): string => String(Number.parseFloat(value.toPrecision(6)));
