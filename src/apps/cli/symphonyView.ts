// Stage: apps. A symphony in words: its graph, its symbols, one evaluation of it.
// Invariant: shows what was loaded and evaluated; decides nothing.
import { INDICATORS } from '../../indicators/dialect.ts';
import type { DecisionStep, Evaluation, Strategy } from '../../strategy/strategy.ts';
import { countOccurrences, deepestNesting, useOfSymbols } from '../../symphony/graphCounts.ts';
import type { GraphColumn, GraphNode, SymphonyGraph } from '../../symphony/graph.ts';
import { describeNode } from '../../symphony/wording.ts';
import { DEEPEST_INDENT, pathLines } from './pathView.ts';
import { plainPercent } from './report/numbers.ts';
import { breakText, LINE, table, type Column } from './table.ts';

/** 17000 → "17,000". */
export const count = (value: number): string => value.toLocaleString('en-US');

const RIGHT = { align: 'right' } as const;
const MOST_SHARED = 8;
const CLOSE_CALLS = 5;

/** Nodes before and after sharing, by kind; columns; what is repeated most. */
export function graphFigures(graph: SymphonyGraph) {
  const times = countOccurrences(graph);
  const kinds = [...new Set(graph.nodes.map(({ kind }) => kind))].sort();
  const ofKind = (kind: GraphNode['kind']) => ({
    kind,
    inFile: sum(graph.nodes.map((node, id) => (node.kind === kind ? (times[id] ?? 0) : 0))),
    distinct: graph.nodes.filter((node) => node.kind === kind).length,
  });
  const repeated = graph.nodes
    .map((node, id) => ({ line: node.line, node: describeNode(graph, id), times: times[id] ?? 0 }))
    .filter((each, id) => each.times > 1 && graph.nodes[id]?.kind !== 'asset')
    .sort((a, b) => b.times - a.times || a.line - b.line);
  return {
    kinds: kinds.map(ofKind),
    inFile: sum([...times]),
    distinct: graph.nodes.length,
    deepest: deepestNesting(graph, 'any'),
    nestedIfs: deepestNesting(graph, 'if'),
    columnsOfSymbols: graph.columns.filter(({ source }) => 'symbol' in source).length,
    columnsOfNodes: graph.columns.filter(({ source }) => 'node' in source).length,
    repeated: repeated.slice(0, MOST_SHARED),
  };
}

export function graphLines(figures: ReturnType<typeof graphFigures>): string[] {
  const { kinds, inFile, distinct, repeated } = figures;
  const rows = kinds.map((of) => [of.kind, count(of.inFile), count(of.distinct)]);
  return [
    ...table(
      [{ title: 'node' }, { title: 'in the file', ...RIGHT }, { title: 'distinct', ...RIGHT }],
      [...rows, ['all', count(inFile), count(distinct)]],
    ),
    '',
    `Each distinct node stands ${(inFile / distinct).toFixed(1)} times in the file. Deepest: ${count(figures.deepest)} nodes, ${count(figures.nestedIfs)} ifs.`,
    `Columns: ${count(figures.columnsOfSymbols)} of symbols, ${count(figures.columnsOfNodes)} of simulated nodes.`,
    ...(repeated.length === 0 ? [] : ['', ...repeatedTable(repeated)]),
  ];
}

const repeatedTable = (repeated: ReturnType<typeof graphFigures>['repeated']): string[] =>
  table(
    [
      { title: 'repeated most', most: 70 },
      { title: 'first line', ...RIGHT },
      { title: 'times', ...RIGHT },
    ],
    repeated.map(({ node, line, times }) => [node, count(line), count(times)]),
  );

/** What it trades and what it reads. */
export function symbolLines(graph: SymphonyGraph): string[] {
  const columns: Column[] = [
    { title: 'symbol' },
    { title: 'trades' },
    { title: 'reads', most: 76 },
  ];
  const rows = useOfSymbols(graph).map(({ symbol, trades, columns: read }) => [
    symbol,
    trades ? 'yes' : 'no',
    readInWords(read),
  ]);
  return table(columns, rows);
}

/** "rsi 10, 14; current-price" */
function readInWords(columns: readonly GraphColumn[]): string {
  const names = [...new Set(columns.map(({ indicator }) => indicator))];
  return names
    .map((name) => {
      const windows = columns.filter(({ indicator }) => indicator === name).map((of) => of.window);
      return INDICATORS[name].takesWindow ? `${name} ${windows.join(', ')}` : name;
    })
    .join('; ');
}

/** How many bars each symbol needs, most first. */
export function historyFigures(graph: SymphonyGraph, strategy: Strategy) {
  return useOfSymbols(graph)
    .map(({ symbol, wholeHistory }) => ({
      symbol,
      bars: strategy.historyNeeded(symbol),
      wholeHistory,
    }))
    .sort((a, b) => b.bars - a.bars || (a.symbol < b.symbol ? -1 : 1));
}

export function historyLines(figures: ReturnType<typeof historyFigures>): string[] {
  const rows = figures.map(({ symbol, bars, wholeHistory }) => [
    symbol,
    count(bars),
    wholeHistory ? 'earlier bars weigh in too (recursive indicator)' : '',
  ]);
  const columns: Column[] = [
    { title: 'symbol' },
    { title: 'bars needed', ...RIGHT },
    { title: '' },
  ];
  return table(columns, rows);
}

/** The path with every value, all scores of every filter, the weights and the closest calls. */
export function evaluationLines(evaluation: Evaluation): string[] {
  const path = evaluation.path.flatMap(stepLines);
  if (evaluation.kind === 'failed')
    return [...path, ...(path.length > 0 ? [''] : []), ...breakText(evaluation.message, LINE)];
  const weights = table(
    [{ title: 'symbol' }, { title: 'weight', ...RIGHT }],
    [
      ...evaluation.weights.map(({ symbol, weight }) => [symbol, plainPercent(weight)]),
      ['cash', plainPercent(1 - sum(evaluation.weights.map(({ weight }) => weight)))],
    ],
  );
  const calls = closestCalls(evaluation.path);
  return [...path, '', ...weights, ...(calls.length === 0 ? [] : ['', ...closeCallTable(calls)])];
}

function stepLines(step: DecisionStep): string[] {
  const depth = Math.min(step.depth, DEEPEST_INDENT);
  return [...pathLines([step]), ...scoresOf(step).flatMap((line) => indented(line, depth + 2))];
}

/** What a step saw of each child, in document order. */
function scoresOf(step: DecisionStep): string[] {
  if (step.kind === 'filter') {
    return step.scores.map(({ child, ...of }) => {
      if ('dropped' in of) return `${child}: dropped. ${of.dropped}`;
      return `${child}: ${figure(of.score)}${step.kept.includes(child) ? ', kept' : ''}`;
    });
  }
  if (step.kind !== 'weights') return [];
  return step.children.flatMap((child) =>
    'volatility' in child && child.volatility !== undefined
      ? [`${child.child}: stdev-return ${step.window} = ${figure(child.volatility)}`]
      : [],
  );
}

/** A line at its depth; a long one goes on below itself. */
function indented(line: string, depth: number): string[] {
  const before = '  '.repeat(depth);
  const [first = '', ...more] = breakText(line, LINE - 2 - before.length);
  return [before + first, ...more.map((rest) => `${before}  ${rest}`)];
}

interface CloseCall {
  readonly margin: number;
  readonly line: number | undefined;
  readonly decision: string;
}

/** Decisions of the path by how far they were from another outcome, in their own units. */
export function closestCalls(path: readonly DecisionStep[]): CloseCall[] {
  const calls = path.flatMap((step): CloseCall[] => {
    if (step.kind === 'condition')
      return [{ margin: step.margin, line: step.line, decision: `if ${step.text}` }];
    if (step.kind !== 'filter' || step.margin === undefined) return [];
    const window = step.window === undefined ? '' : ` ${step.window}`;
    const decision = `filter ${step.indicator}${window}, ${step.select} ${step.count}`;
    return [{ margin: step.margin, line: step.line, decision }];
  });
  return calls
    .sort((a, b) => a.margin - b.margin || (a.line ?? 0) - (b.line ?? 0))
    .slice(0, CLOSE_CALLS);
}

const closeCallTable = (calls: readonly CloseCall[]): string[] =>
  table(
    [
      { title: 'closest calls', most: 70 },
      { title: 'line', ...RIGHT },
      { title: 'margin', ...RIGHT },
    ],
    calls.map(({ decision, line, margin }) => [decision, String(line ?? ''), figure(margin)]),
  );

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

const figure = (value: number): string => String(Number.parseFloat(value.toPrecision(6)));
