// Stage: tree → symphony file. The one layout of a symphony, as exports write it.
// Invariant: reading what is printed gives the same tree; no comment is lost; iterative.
import { INDICATORS } from '../indicators/dialect.ts';
import type { Comment } from './comments.ts';
import type { Condition, Metric, Operand, SymphonyNode, SymphonyTree } from './tree.ts';

/**
 * Prints a symphony: an asset, a condition or a setting on one line, everything else a line for each
 * part, one column further in. Numbers are the shortest decimals that read the same. Comments stand
 * above the node they stood before or behind. Ends with a line end.
 */
export function printSymphony(tree: SymphonyTree, comments: readonly Comment[] = []): string {
  const page = new Page(comments);
  page.comments(({ leads }) => leads, 0);
  page.write(`(defsymphony\n ${printString(tree.name)}\n ${printSettings(tree)}`);
  printNodes(tree.body, page);
  page.write(')\n');
  return page.end();
}

/** What is still to be printed: text, the start of a line (before the node at `at`), or a node. */
type Task =
  | string
  | { readonly column: number; readonly at: number | undefined }
  | { readonly column: number; readonly node: SymphonyNode };

function printNodes(body: SymphonyNode, page: Page): void {
  // The next one is the last.
  const tasks: Task[] = [
    { column: 1, node: body },
    { column: 1, at: body.at },
  ];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    if (typeof task === 'string') page.write(task);
    else if ('node' in task) {
      const parts = tasksOf(task.node, task.column);
      for (let i = parts.length - 1; i >= 0; i -= 1) tasks.push(parts[i] ?? '');
    } else page.line(task.column, task.at);
  }
}

/** The text of one line, a node below, or a list of nodes. */
type Part = string | SymphonyNode | readonly SymphonyNode[];

function tasksOf(node: SymphonyNode, column: number): Task[] {
  if (node.kind === 'asset') {
    const { symbol, description } = node;
    const note = description === undefined ? 'nil' : printString(description);
    return [`(asset ${printString(symbol)} ${note})`];
  }
  const inner = column + 1;
  const tasks: Task[] = [`(${node.kind}`];
  for (const part of partsOf(node)) {
    if (typeof part === 'string') tasks.push({ column: inner, at: undefined }, part);
    else if ('kind' in part)
      tasks.push({ column: inner, at: part.at }, { column: inner, node: part });
    else {
      tasks.push({ column: inner, at: part[0]?.at }, '[');
      for (const [i, child] of part.entries()) {
        if (i > 0) tasks.push({ column: inner + 1, at: child.at });
        tasks.push({ column: inner + 1, node: child });
      }
      tasks.push(']');
    }
  }
  tasks.push(')');
  return tasks;
}

function partsOf(node: Exclude<SymphonyNode, { kind: 'asset' }>): readonly Part[] {
  switch (node.kind) {
    case 'group':
      return [printString(node.name), [node.child]];
    case 'weight-equal':
      return [node.children];
    case 'weight-specified':
      return node.children.flatMap((child, i) => [printNumber(node.weights[i] ?? NaN), child]);
    case 'weight-inverse-volatility':
      return [String(node.window), node.children];
    case 'if':
      return [printCondition(node.condition), node.whenTrue, node.whenFalse];
    case 'filter':
      return [printMetric(node.metric), `(select-${node.select} ${node.count})`, node.children];
  }
}

function printSettings({ assetClass, frequency, threshold }: SymphonyTree): string {
  const settings = [
    ...(assetClass === undefined ? [] : [`:asset-class ${printString(assetClass)}`]),
    ...(frequency === undefined ? [] : [`:rebalance-frequency :${frequency}`]),
    ...(threshold === undefined ? [] : [`:rebalance-threshold ${threshold}`]),
  ];
  return `{${settings.join(', ')}}`;
}

const printCondition = ({ operator, left, right }: Condition): string =>
  `(${operator} ${printOperand(left)} ${printOperand(right)})`;

const printOperand = (operand: Operand): string =>
  operand.kind === 'number' ? printNumber(operand.value) : printMetric(operand, operand.symbol);

function printMetric({ indicator, window }: Metric, symbol?: string): string {
  const of = symbol === undefined ? '' : ` ${printString(symbol)}`;
  const options = INDICATORS[indicator].takesWindow ? ` {:window ${window}}` : '';
  return `(${indicator}${of}${options})`;
}

/** The shortest decimal that reads as this number, minus zero included. */
const printNumber = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** A string on one line: quotes, backslashes and control characters escaped. */
const printString = (text: string): string =>
  `"${text.replace(/["\\]/g, '\\$&').replace(/[\p{Cc}\u2028\u2029]/gu, escapeControl)}"`;

function escapeControl(character: string): string {
  const named = NAMED.get(character);
  return named ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\t', '\\t'],
  ['\r', '\\r'],
]);

/** The text so far, and the comments not yet placed. */
class Page {
  readonly #pieces: string[] = [];
  readonly #comments: readonly Comment[];
  #next = 0;

  constructor(comments: readonly Comment[]) {
    this.#comments = comments;
  }

  write(text: string): void {
    this.#pieces.push(text);
  }

  /** Begins a line, the comments before the node at `at` above it. */
  line(column: number, at: number | undefined): void {
    this.#pieces.push('\n');
    if (at !== undefined) this.comments((comment) => comment.at < at, column);
    this.#pieces.push(' '.repeat(column));
  }

  /** Places the next comments as long as they belong here, each on a line of its own. */
  comments(belongs: (comment: Comment) => boolean, column: number): void {
    for (
      let comment = this.#comments[this.#next];
      comment !== undefined && belongs(comment);
      comment = this.#comments[this.#next]
    ) {
      this.#pieces.push(`${' '.repeat(column)}${comment.text}\n`);
      this.#next += 1;
    }
  }

  /** The whole text; comments that no node follows come last. */
  end(): string {
    this.comments(() => true, 0);
    return this.#pieces.join('');
  }
}
