// Stage: graph → explanation. The graph in the DOT language, for Graphviz.
// Invariant: one statement a node and an edge, in graph order; every label quoted.
import type { GraphNode, SymphonyGraph } from './graph.ts';
import { describeNode } from './wording.ts';

/** The graph as a DOT file: `dot -Tsvg` draws it. */
export function toDot(graph: SymphonyGraph, name: string): string {
  const lines = graph.nodes.flatMap((node, id) => [
    `  n${id} [label=${quoted(`${describeNode(graph, id)}\nline ${node.line}`)}];`,
    ...edgesOf(node).map(
      ({ to, label }) => `  n${id} -> n${to}${label === '' ? '' : ` [label=${quoted(label)}]`};`,
    ),
  ]);
  return `digraph ${quoted(name)} {\n  rankdir=LR;\n  node [shape=box];\n${lines.join('\n')}\n}\n`;
}

function edgesOf(node: GraphNode): { readonly to: number; readonly label: string }[] {
  switch (node.kind) {
    case 'asset':
      return [];
    case 'if':
      return [
        ...node.whenTrue.map((to) => ({ to, label: 'then' })),
        ...node.whenFalse.map((to) => ({ to, label: 'else' })),
      ];
    case 'weight-specified':
      return node.children.map((to, i) => ({ to, label: String(node.weights[i] ?? '') }));
    case 'group':
    case 'weight-equal':
    case 'weight-inverse-volatility':
    case 'filter':
      return node.children.map((to) => ({ to, label: '' }));
  }
}

const quoted = (text: string): string =>
  `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
