// Stage: house rules. Who may import whom: the table of layers in ARCHITECTURE.md, by text.
// Invariant: every product file belongs to exactly one row; what a row does not allow is a violation.
import { file, isCode, isProduct, isSource, type Rule, type Tree } from './rule.ts';
import type { Import } from './source.ts';

interface Layer {
  readonly files: readonly string[];
  /** Beginnings of paths, beside the layer's own files. */
  readonly may: readonly string[];
  /** Beginnings of paths of which only types may be named. */
  readonly types?: readonly string[];
  readonly packages: readonly string[] | 'any';
}

/** Of no stage, and so open to indicators, symphonies and strategies: units, time, symbols, bytes. */
const FOUNDATIONS = [
  'src/domain/units/',
  'src/domain/invariant.ts',
  'src/domain/canonical.ts',
  'src/domain/time.ts',
  'src/domain/market.ts',
];
const DECISIONS = [
  'src/domain/',
  'src/indicators/',
  'src/symphony/',
  'src/strategy/',
  'src/ports/',
];
const HASHES = ['@noble/hashes'];

/** The first row that a path belongs to holds. */
const LAYERS: readonly Layer[] = [
  { files: FOUNDATIONS, may: [], packages: HASHES },
  { files: ['src/domain/'], may: FOUNDATIONS, packages: HASHES },
  { files: ['src/indicators/'], may: FOUNDATIONS, packages: HASHES },
  // A symphony is a strategy written in another language.
  {
    files: ['src/symphony/'],
    may: [...FOUNDATIONS, 'src/indicators/', 'src/strategy/'],
    packages: HASHES,
  },
  { files: ['src/strategy/'], may: [...FOUNDATIONS, 'src/indicators/'], packages: HASHES },
  { files: ['src/ports/'], may: ['src/domain/'], types: ['src/indicators/'], packages: [] },
  {
    files: ['src/config/'],
    may: ['src/domain/', 'src/symphony/', 'src/strategy/'],
    packages: ['zod', 'node:'],
  },
  { files: ['src/wire/'], may: [], packages: ['zod'] },
  { files: ['src/engine/'], may: DECISIONS, packages: [] },
  { files: ['src/backtest/'], may: [...DECISIONS, 'src/engine/'], packages: [] },
  {
    // The second book of the proof: its own code, which takes from the domain only words.
    files: ['src/adapters/exchange/'],
    may: [...FOUNDATIONS, 'src/domain/calendar', 'src/ports/', 'src/wire/'],
    types: ['src/domain/'],
    packages: 'any',
  },
  {
    files: ['src/adapters/'],
    may: ['src/domain/', 'src/ports/', 'src/wire/'],
    types: ['src/indicators/'],
    packages: 'any',
  },
  { files: ['src/apps/'], may: ['src/', 'examples/', 'package.json'], packages: 'any' },
  {
    files: ['examples/'],
    may: [...FOUNDATIONS, 'src/indicators/', 'src/symphony/', 'src/strategy/', 'src/config/'],
    packages: [],
  },
];

const begins = (text: string, beginnings: readonly string[]): boolean =>
  beginnings.some((beginning) => text.startsWith(beginning));

function allows(layer: Layer, path: string, { specifier, target, typeOnly }: Import): boolean {
  if (target === undefined) {
    if (layer.packages === 'any') return true;
    return layer.packages.some((name) =>
      name.endsWith(':') ? specifier.startsWith(name) : `${specifier}/`.startsWith(`${name}/`),
    );
  }
  // An adapter's own files are those of its folder: another adapter is another layer.
  const own = path.startsWith('src/adapters/')
    ? [`${path.split('/').slice(0, 3).join('/')}/`]
    : layer.files;
  return begins(target, [...own, ...layer.may, ...(typeOnly ? (layer.types ?? []) : [])]);
}

const layerRule: Rule = {
  name: 'layer',
  remedy: 'The layers in ARCHITECTURE.md say who may import whom; turn the dependency round.',
  covers: (path) => isProduct(path) || (path.startsWith('examples/') && !path.endsWith('.test.ts')),
  find: ({ path, imports }) => {
    const layer = LAYERS.find(({ files }) => begins(path, files));
    if (layer === undefined) return [{ index: 0, found: `${path}, of no layer` }];
    return imports
      .filter((each) => !allows(layer, path, each))
      .map(({ index, specifier }) => ({ index, found: specifier }));
  },
  bad: [
    file('src/domain/x.ts', "import { runCycle } from '../engine/runCycle.ts';"),
    file('src/domain/x.ts', "import type { Broker } from '../ports/broker.ts';"),
    file('src/domain/x.ts', "import { readFileSync } from 'node:fs';"),
    file('src/domain/x.ts', "import { z } from 'zod';"),
    file('src/domain/x.ts', "import { x } from '@noble/hashes-not';"),
    file('src/domain/x.ts', "import { sma } from '../indicators/sma.ts';"),
    file('src/domain/units/x.ts', "import { net } from '../netting.ts';"),
    file('src/indicators/x.ts', "import { net } from '../domain/netting.ts';"),
    file('src/symphony/x.ts', "import type { Signal } from '../domain/signal.ts';"),
    file('src/strategy/x.ts', "import { evaluate } from '../symphony/evaluate.ts';"),
    file('src/strategy/x.ts', "export { net } from '../domain/netting.ts';"),
    file('src/ports/x.ts', "import { sma } from '../indicators/sma.ts';"),
    file('src/ports/x.ts', "import { DatabaseSync } from 'node:sqlite';"),
    file('src/config/x.ts', "import { runCycle } from '../engine/runCycle.ts';"),
    file('src/wire/alpaca/x.ts', "import { ONE } from '../../domain/units/units.ts';"),
    file('src/engine/x.ts', "import { openJournal } from '../adapters/journal-sqlite/journal.ts';"),
    file('src/engine/x.ts', "const late = import('../adapters/journal-sqlite/journal.ts');"),
    file('src/engine/x.ts', "import { z } from 'zod';"),
    file('src/adapters/alpaca/x.ts', "import { book } from '../exchange/book.ts';"),
    file('src/adapters/alpaca/deep/x.ts', "import { book } from '../../exchange/book.ts';"),
    file('src/adapters/alpaca/x.ts', "import { runCycle } from '../../engine/runCycle.ts';"),
    file('src/adapters/alpaca/x.ts', "import { sma } from '../../indicators/sma.ts';"),
    file('src/adapters/exchange/x.ts', "import { allocate } from '../../domain/allocation.ts';"),
    file('src/adapters/x.ts', "import { book } from './exchange/book.ts';"),
    file('src/elsewhere/x.ts', 'export const x = 1;'),
    file('examples/x.ts', "import { net } from '../src/domain/netting.ts';"),
    file('examples/x.ts', "import { readFileSync } from 'node:fs';"),
  ],
  good: [
    file(
      'src/domain/x.ts',
      "import { sha256 } from '@noble/hashes/sha2.js';",
      "import { y } from './ledger/y.ts';",
    ),
    file(
      'src/domain/x.ts',
      "// import { z } from 'zod';",
      'const words = "import { z } from \'zod\'";',
    ),
    file('src/domain/x.test.ts', "import { readFileSync } from 'node:fs';"),
    file(
      'src/symphony/x.ts',
      "import { ONE } from '../domain/units/units.ts';",
      "import { sma } from '../indicators/sma.ts';",
    ),
    file('src/ports/x.ts', "import type { Column } from '../indicators/column.ts';"),
    file('src/wire/alpaca/x.ts', "import { z } from 'zod';", "import { y } from './y.ts';"),
    file(
      'src/adapters/alpaca/deep/x.ts',
      "import { y } from '../y.ts';",
      "import { z } from '../../../ports/z.ts';",
    ),
    file(
      'src/adapters/exchange/x.ts',
      "import type { Fill } from '../../domain/fill.ts';",
      "import fs from 'node:fs';",
    ),
    file('src/apps/cli/x.ts', "import { runCycle } from '../../engine/runCycle.ts';"),
    file('examples/x.ts', "import { defineStrategy } from '../src/strategy/defineStrategy.ts';"),
  ],
};

const appsRule: Rule = {
  name: 'import of an app',
  remedy: 'Nobody imports apps: what two of them need belongs to a layer below.',
  covers: (path) =>
    isCode(path) && /^(?:src|examples)\//.test(path) && !path.startsWith('src/apps/'),
  find: ({ imports }) =>
    imports
      .filter(({ target }) => target?.startsWith('src/apps/'))
      .map(({ index, specifier }) => ({ index, found: specifier })),
  bad: [
    file('src/engine/x.ts', "import { main } from '../apps/cli/main.ts';"),
    file('src/engine/x.test.ts', "import { main } from '../apps/cli/main.ts';"),
    file('examples/x.ts', "import type { Compose } from '../src/apps/cli/compose.ts';"),
  ],
  good: [
    file('src/apps/cli/x.ts', "import { main } from './main.ts';"),
    file('test/x.test.ts', "import { main } from '../src/apps/cli/main.ts';"),
    file('bin/assay.js', "const { main } = await import('../src/apps/cli/main.ts');"),
  ],
};

const projectRule: Rule = {
  name: 'layer without a project',
  remedy:
    'Add a tsconfig.json to the folder and name it in the references of the root, or nothing is checked.',
  covers: isSource,
  find: ({ path }, tree) => {
    const folder = path.split('/').slice(0, 2).join('/');
    const root = tree.get('tsconfig.json');
    const checked =
      tree.has(`${folder}/tsconfig.json`) && root?.text.includes(`"./${folder}"`) === true;
    return checked ? [] : [{ index: 0, found: folder }];
  },
  bad: [
    file('src/domain/x.ts', ''),
    [...file('src/domain/x.ts', ''), ...file('tsconfig.json', '"./src/domain"')],
    [
      ...file('src/domain/x.ts', ''),
      ...file('tsconfig.json', '"./src/ports"'),
      ...file('src/domain/tsconfig.json', '{}'),
    ],
  ],
  good: [
    [
      ...file('src/domain/x.ts', ''),
      ...file('tsconfig.json', '"./src/domain"'),
      ...file('src/domain/tsconfig.json', '{}'),
    ],
  ],
};

/** Where the proof from evidence alone begins. */
const PROOFS = [
  'src/domain/reconstruction.ts',
  'src/domain/proofLevels.ts',
  'src/apps/cli/commands/reconstructFiles.ts',
];
/** The live side: a proof that could reach it would prove nothing. */
const LIVE = [
  'src/ports/journal.ts',
  'src/engine/',
  'src/config/',
  'src/adapters/journal-',
  'src/adapters/exchange/',
  'src/adapters/alpaca/',
];

const independenceRule: Rule = {
  name: 'reconstruction that reaches the live side',
  remedy:
    'A proof reads evidence only: no journal, no tables, no shell, not over other files either.',
  covers: (path) => PROOFS.includes(path),
  find: ({ path, imports }, tree) =>
    imports.flatMap(({ index, target }) => {
      const way = target === undefined ? undefined : wayToLive(target, tree);
      return way === undefined ? [] : [{ index, found: [path, ...way].join(' → ').slice(-78) }];
    }),
  bad: [
    file('src/domain/reconstruction.ts', "import type { Journal } from '../ports/journal.ts';"),
    [
      ...file('src/apps/cli/commands/reconstructFiles.ts', "import { a } from '../a.ts';"),
      ...file('src/apps/cli/a.ts', "import { b } from './b.ts';"),
      ...file(
        'src/apps/cli/b.ts',
        "import { openJournal } from '../../adapters/journal-sqlite/journal.ts';",
      ),
    ],
  ],
  good: [
    [
      ...file('src/apps/cli/commands/reconstructFiles.ts', "import { a } from '../a.ts';"),
      ...file('src/apps/cli/a.ts', "import { b } from '../../domain/b.ts';"),
      ...file(
        'src/apps/cli/c.ts',
        "import { openJournal } from '../../adapters/journal-sqlite/journal.ts';",
      ),
    ],
  ],
};

/** The shortest way from a file to the live side, over whatever it imports. */
function wayToLive(from: string, tree: Tree): readonly string[] | undefined {
  const ways: (readonly string[])[] = [[from]];
  const seen = new Set<string>();
  for (const way of ways) {
    const at = way.at(-1) ?? '';
    if (begins(at, LIVE)) return way;
    if (seen.has(at)) continue;
    seen.add(at);
    for (const { target } of tree.get(at)?.imports ?? [])
      if (target !== undefined) ways.push([...way, target]);
  }
  return undefined;
}

export const LAYER_RULES: readonly Rule[] = [layerRule, appsRule, projectRule, independenceRule];
