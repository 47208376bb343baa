// Stage: harness. What the compiler and the linter refuse, on small trees of their own.
// Invariant: a dependency the wrong way round fails in both, and the right way round in neither.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const repository = dirname(import.meta.dirname);

/** One file of each layer, for the cases to import. */
const STUBS: Readonly<Record<string, string>> = {
  'src/domain/units/units.ts': 'export const ONE = 1n;',
  'src/domain/netting.ts': 'export const net = 1; export interface Netted { readonly net: bigint }',
  'src/indicators/sma.ts': 'export const sma = 1; export type Column = Float64Array;',
  'src/strategy/strategy.ts': 'export interface Strategy { readonly id: string }',
  'src/symphony/evaluate.ts': 'export const evaluate = 1;',
  'src/ports/broker.ts': 'export interface Broker { readonly name: string }',
  'src/wire/alpaca/order.ts': 'export const order = 1;',
  'src/engine/runCycle.ts': 'export const runCycle = 1;',
  'src/adapters/other/client.ts': 'export const client = 1;',
  'src/apps/cli/main.ts': 'export const main = 1;',
};

type Tool = 'compiler' | 'linter';
interface Case {
  readonly folder: string;
  readonly text: string;
  /** Who refuses it. */
  readonly by: readonly Tool[];
}
const both: readonly Tool[] = ['compiler', 'linter'];
const refused = (folder: string, text: string, by: readonly Tool[] = both): Case => ({
  folder,
  text,
  by,
});
const accepted = (folder: string, text: string): Case => ({ folder, text, by: [] });

const CASES: readonly Case[] = [
  // The core sees no machine.
  refused('src/domain', "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;"),
  refused('src/domain', "import type { Buffer } from 'node:buffer';\nexport type X = Buffer;"),
  refused('src/domain', 'export const x = process.pid;'),
  refused('src/domain', "export const x = fetch('https://example.com');"),
  refused('src/symphony', 'export const x = (): void => console.log(1);'),
  refused('src/strategy', 'export const x = setTimeout;'),
  refused('src/indicators', 'export const x = performance.now();'),
  refused('src/engine', 'export const x = crypto.randomUUID();'),
  refused('examples', "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;"),
  accepted(
    'src/adapters/own',
    "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;",
  ),
  accepted(
    'src/domain',
    "import { sha256 } from '@noble/hashes/sha2.js';\nexport const x = sha256;",
  ),

  // Dependencies point down.
  refused(
    'src/domain',
    "import { runCycle } from '../engine/runCycle.ts';\nexport const x = runCycle;",
  ),
  refused(
    'src/domain',
    "import type { Broker } from '../ports/broker.ts';\nexport type X = Broker;",
  ),
  refused('src/domain', "import { sma } from '../indicators/sma.ts';\nexport const x = sma;"),
  refused('src/domain/units', "import { net } from '../netting.ts';\nexport const x = net;", [
    'compiler',
  ]),
  refused('src/indicators', "import { net } from '../domain/netting.ts';\nexport const x = net;"),
  refused(
    'src/symphony',
    "import type { Netted } from '../domain/netting.ts';\nexport type X = Netted;",
  ),
  refused(
    'src/strategy',
    "import { evaluate } from '../symphony/evaluate.ts';\nexport const x = evaluate;",
  ),
  refused(
    'src/ports',
    "import { runCycle } from '../engine/runCycle.ts';\nexport const x = runCycle;",
  ),
  refused('src/wire', "import { ONE } from '../domain/units/units.ts';\nexport const x = ONE;"),
  refused(
    'src/config',
    "import { runCycle } from '../engine/runCycle.ts';\nexport const x = runCycle;",
  ),
  refused(
    'src/engine',
    "import { client } from '../adapters/other/client.ts';\nexport const x = client;",
  ),
  refused('src/engine', "import { main } from '../apps/cli/main.ts';\nexport const x = main;"),
  refused(
    'src/adapters/own',
    "import { runCycle } from '../../engine/runCycle.ts';\nexport const x = runCycle;",
  ),
  refused(
    'src/adapters/own',
    "import { main } from '../../apps/cli/main.ts';\nexport const x = main;",
  ),
  accepted(
    'src/symphony',
    "import { ONE } from '../domain/units/units.ts';\nexport const x = ONE;",
  ),
  accepted(
    'src/symphony',
    "import type { Strategy } from '../strategy/strategy.ts';\nexport type X = Strategy;",
  ),
  accepted('src/engine', "import { net } from '../domain/netting.ts';\nexport const x = net;"),
  accepted(
    'src/apps/cli',
    "import { client } from '../../adapters/other/client.ts';\nexport const x = client;",
  ),

  // What one project holds together, the linter takes apart.
  refused('src/domain', "import { z } from 'zod';\nexport const x = z.string();", ['linter']),
  refused('src/engine', "import { z } from 'zod';\nexport const x = z.string();", ['linter']),
  refused(
    'src/adapters/own',
    "import { client } from '../other/client.ts';\nexport const x = client;",
    ['linter'],
  ),
  refused(
    'src/adapters/own/deep',
    "import { client } from '../../other/client.ts';\nexport const x = client;",
    ['linter'],
  ),
  refused(
    'src/adapters/exchange',
    "import { net } from '../../domain/netting.ts';\nexport const x = net;",
    ['linter'],
  ),
  accepted(
    'src/adapters/exchange',
    "import type { Netted } from '../../domain/netting.ts';\nexport type X = Netted;",
  ),
  accepted('src/wire', "import { z } from 'zod';\nexport const x: unknown = z.string();"),

  // What types alone can tell.
  refused(
    'src/engine',
    'const act = async (): Promise<void> => Promise.resolve();\nexport const x = (): void => { act(); };',
    ['linter'],
  ),
  refused(
    'src/engine',
    "export const x = (side: 'buy' | 'sell'): number => {\n  switch (side) {\n    case 'buy':\n      return 1;\n    default:\n      return 2;\n  }\n};",
    ['linter'],
  ),
  refused('src/engine', 'export const x = (y: any): unknown => y;', ['linter']),
  refused('src/engine', 'export const x = (y: bigint[]): bigint[] => [...y].sort();', ['linter']),
  refused(
    'src/engine',
    'export const x: 1 | undefined = [1 as const][0];\nexport const y: 1 = [1 as const][0];',
    ['compiler'],
  ),
  refused('src/engine', 'export enum X { A }', ['compiler']),
];

describe('a file of its layer', () => {
  let folder = '';
  const complaints: Record<Tool, string> = { compiler: '', linter: '' };
  const placed = CASES.map((each, index) => ({ ...each, path: `${each.folder}/case${index}.ts` }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `// Stage: case.\n// Invariant: case.\n${text}\n`);
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-layers-'));
    const projects = globSync('{src,examples}/**/tsconfig.json', { cwd: repository });
    for (const path of [
      'package.json',
      '.oxlintrc.json',
      'tsconfig.json',
      'tsconfig.base.json',
      'tsconfig.tests.json',
      ...projects,
    ]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      cpSync(join(repository, path), join(folder, path));
    }
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
    for (const [path, text] of Object.entries(STUBS)) write(path, text);
    for (const { path, text } of placed) write(path, text);
    complaints.compiler = run('tsc', ['-b', '--pretty', 'false']);
    complaints.linter = run('oxlint', ['-f', 'unix']);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (tool: string, args: readonly string[]): string =>
    spawnSync(process.execPath, [join(repository, 'node_modules', '.bin', tool), ...args], {
      cwd: folder,
      encoding: 'utf8',
    }).stdout;
  const complains = (tool: Tool, path: string): boolean =>
    complaints[tool]
      .split('\n')
      .some((line) => line.startsWith(`${path}(`) || line.startsWith(`${path}:`));

  it.each(placed)('$folder: $text is refused by $by', ({ path, by }) => {
    expect((['compiler', 'linter'] as const).filter((tool) => complains(tool, path))).toEqual(by);
  });

  it('complains of no file that only stands there to be imported', () => {
    for (const path of Object.keys(STUBS)) {
      expect([path, complains('compiler', path), complains('linter', path)]).toEqual([
        path,
        false,
        false,
      ]);
    }
  });
});
