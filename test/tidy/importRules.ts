// Stage: house rules. How files hang together.
// Invariant: every product file is used by a product file, and none, in the end, by itself.
import { file, isCode, isProduct, isTest, type Rule, type Tree } from './rule.ts';

const ENTRIES = /^src\/apps\/[^/]+\/main\.ts$/;
/** The wire describes what the broker sends, whole, whether or not we read every part of it. */
const DESCRIPTIONS = /^src\/wire\//;

const deadRule: Rule = {
  name: 'dead file',
  remedy: 'Nothing but tests imports it: use it, or delete it with its tests.',
  covers: (path) => isProduct(path) && !ENTRIES.test(path) && !DESCRIPTIONS.test(path),
  find: ({ path }, tree) => (usedFiles(tree).has(path) ? [] : [{ index: 0, found: path }]),
  bad: [
    file('src/domain/x.ts', ''),
    [
      ...file('src/domain/x.ts', ''),
      ...file('src/domain/x.test.ts', "import { x } from './x.ts';"),
    ],
    [
      ...file('src/domain/x.ts', ''),
      ...file('src/domain/y.ts', "// import { x } from './x.ts';"),
      ...file('bin/b.js', "import '../src/domain/y.ts';"),
    ],
  ],
  good: [
    file('src/apps/cli/main.ts', ''),
    file('src/wire/alpaca/x.ts', ''),
    [
      ...file('src/domain/x.ts', ''),
      ...file('src/apps/cli/main.ts', "import type { X } from '../../domain/x.ts';"),
    ],
    [
      ...file('src/strategy/x.ts', ''),
      ...file('examples/e.ts', "import { x } from '../src/strategy/x.ts';"),
    ],
    [
      ...file('src/strategy/x.ts', ''),
      ...file('src/apps/cli/main.ts', "new URL('../../strategy/x.ts', import.meta.url);"),
    ],
  ],
};

const usedByTree = new WeakMap<Tree, ReadonlySet<string>>();
function usedFiles(tree: Tree): ReadonlySet<string> {
  const known = usedByTree.get(tree);
  if (known !== undefined) return known;
  const users = [...tree.values()].filter(
    ({ path }) => /^(?:src|bin|examples)\//.test(path) && !isTest(path),
  );
  const used = new Set(
    users.flatMap(({ imports }) => imports.flatMap(({ target }) => target ?? [])),
  );
  usedByTree.set(tree, used);
  return used;
}

const cycleRule: Rule = {
  name: 'import cycle',
  remedy: 'Move what both need into a file of its own.',
  covers: isCode,
  // Told once, at the first file of the cycle.
  find: ({ path }, tree) => {
    const way = wayBack(path, tree);
    return way.length > 0 && way.every((step) => step >= path)
      ? [{ index: 0, found: way.join(' → ') }]
      : [];
  },
  bad: [
    file('src/domain/x.ts', "import { x } from './x.ts';"),
    [
      ...file('src/domain/x.ts', "import { y } from './y.ts';"),
      ...file('src/domain/y.ts', "import { x } from './x.ts';"),
    ],
    [
      ...file('src/domain/x.ts', "import type { Y } from './y.ts';"),
      ...file('src/domain/y.ts', "export { z } from './z.ts';"),
      ...file('src/domain/z.ts', "const x = import('./x.ts');"),
    ],
  ],
  good: [
    [
      ...file('src/domain/x.ts', "import { y } from './y.ts';", "import { z } from './z.ts';"),
      ...file('src/domain/y.ts', "import { z } from './z.ts';"),
      ...file('src/domain/z.ts', "// import { x } from './x.ts';"),
    ],
  ],
};

/** The shortest way of imports from a file back to it, both ends included; empty when there is none. */
function wayBack(path: string, tree: Tree): readonly string[] {
  const cameFrom = new Map<string, string>();
  const queue = [path];
  for (const step of queue) {
    for (const { target } of tree.get(step)?.imports ?? []) {
      if (target === path) return [path, ...steps(cameFrom, step, path), path];
      if (target === undefined || cameFrom.has(target)) continue;
      cameFrom.set(target, step);
      queue.push(target);
    }
  }
  return [];
}

function steps(cameFrom: ReadonlyMap<string, string>, last: string, first: string): string[] {
  const way: string[] = [];
  for (
    let step: string | undefined = last;
    step !== undefined && step !== first;
    step = cameFrom.get(step)
  )
    way.unshift(step);
  return way;
}

export const IMPORT_RULES: readonly Rule[] = [deadRule, cycleRule];
