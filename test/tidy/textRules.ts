// Stage: house rules. What may not be written, by pattern.
// Invariant: code is judged without its prose and prose without the code, so naming a thing is no use of it.
import { file, isCode, isProduct, isPure, isSource, isTest, type Rule } from './rule.ts';

interface Ban {
  readonly name: string;
  readonly covers: (path: string) => boolean;
  readonly view: 'code' | 'comments' | 'text';
  readonly pattern: RegExp;
  readonly remedy: string;
  /** A path that the rule covers, for the samples. */
  readonly at: string;
  readonly bad: readonly string[];
  readonly good: readonly string[];
}

const IN_CORE = 'src/domain/sample.ts';

const BANS: readonly Ban[] = [
  {
    name: 'clock',
    covers: isPure,
    view: 'code',
    pattern:
      /\bDate\.now\b|\bnew Date\b(?!\s*\(\s*[^)\s])|(?<!\bnew\s+)\bDate\s*\(|[=(,]\s*Date\s*[;,)]|\bperformance\s*\.\s*now\b|\}\s*=\s*performance\b|\bTemporal\.Now\b/g,
    remedy: 'Time is an argument; the shell asks the Clock port.',
    at: IN_CORE,
    bad: [
      'const at = Date.now();',
      'const at = new Date();',
      'const at = new Date( );',
      'const at = new Date;',
      'const at = Date();',
      'const { now } = Date;',
      'const took = performance.now();',
      'const { now } = performance;',
    ],
    good: [
      'const at = new Date(millis);',
      "const at = new Date('2018-07-17T00:00:00Z');",
      'const millis = Date.UTC(2018, 6, 17);',
      '// Never Date.now() or new Date().',
      "const remedy = 'no Date.now()';",
      'const valid = isDate(text);',
      "import { performance } from './performance.ts';",
    ],
  },
  {
    name: 'chance',
    covers: isPure,
    view: 'code',
    pattern:
      /\bMath\s*\.\s*random\b|\}\s*=\s*Math\b|\bcrypto\s*\.|\brandom(?:UUID|Bytes|Int)\b|\bgetRandomValues\b/g,
    remedy: 'Ids derive from content; chance is a seed given as an argument.',
    at: IN_CORE,
    bad: [
      'const x = Math.random();',
      'const { random } = Math;',
      'const id = crypto.randomUUID();',
      "import { randomBytes } from '@noble/hashes/utils.js';",
    ],
    good: ['const x = Math.max(1, 2);', '// no Math.random here', "const words = 'Math.random()';"],
  },
  {
    name: 'timer',
    covers: isPure,
    view: 'code',
    pattern: /\b(?:(?:set|clear)(?:Timeout|Interval|Immediate)|queueMicrotask)\b/g,
    remedy: 'Waiting is the Clock port.',
    at: 'src/engine/sample.ts',
    bad: [
      'setTimeout(act, 100);',
      'setInterval(act, 100);',
      'queueMicrotask(act);',
      'setImmediate(act);',
    ],
    good: ['const timeoutMs = 100;', 'await clock.waitUntil(at);'],
  },
  {
    name: 'locale',
    covers: isPure,
    view: 'code',
    pattern: /\btoLocale\w*|\blocaleCompare\b|\bIntl\b/g,
    remedy:
      "The same bytes on every machine: compare with < and format with the units' own functions.",
    at: IN_CORE,
    bad: [
      'x.toLocaleString();',
      'x.toLocaleUpperCase();',
      'a.localeCompare(b);',
      'new Intl.NumberFormat();',
    ],
    good: ['x.toString();', 'x.toUpperCase();', 'const local = 1;'],
  },
  {
    name: 'environment',
    covers: isPure,
    view: 'code',
    pattern:
      /(?<![.\w])process\s*[.[]|\bglobalThis\b|(?<![.\w])console\s*\.|(?<![.\w])fetch\s*\(|\brequire\s*\(\s*['"`]|\beval\s*\(|\bnew\s+Function\b|\bimport\s*\(/g,
    remedy: 'What is outside comes in as an argument or through a port.',
    at: IN_CORE,
    bad: [
      'const home = process.env;',
      "const home = process['env'];",
      "console.log('x');",
      "const page = await fetch('x');",
      "const fs = require('fs');",
      "const late = await import('./late.ts');",
      'const run = new Function("return 1");',
      'globalThis.x = 1;',
    ],
    good: [
      'const processed = 1;',
      '// console.log is for the apps',
      'const page = source.fetch(1);',
    ],
  },
  {
    name: 'reference',
    covers: isCode,
    view: 'comments',
    pattern: /^\s*\/\/\/\s*<.*$/gm,
    remedy: 'The project of the layer says what it sees; a file may not widen it.',
    at: IN_CORE,
    bad: ['/// <reference types="node" />', '  /// <reference path="../x.d.ts" />'],
    good: ['// a <reference> is banned', 'const text = `\n/// <reference types="node" />`;'],
  },
  {
    name: 'any',
    covers: isCode,
    view: 'code',
    pattern: /\bas\s+any\b|[<:,|&]\s*any\s*[>,;)=|&[\]}\n]|=>\s*any\b/g,
    remedy: 'Say the type, or `unknown` and narrow it.',
    at: 'test/sample.ts',
    bad: [
      'const x = y as any;',
      'let x: any;',
      'function f(x: any) {}',
      'type R = Record<string, any>;',
      'let x: any[] = [];',
    ],
    good: [
      '// any order will do',
      "const word = 'as any';",
      'const schema = z.any();',
      'const many = anyOf(x);',
    ],
  },
  {
    name: 'silenced compiler',
    covers: isCode,
    view: 'comments',
    pattern: /@ts-(?:ignore|nocheck)\b/g,
    remedy: 'Fix the type; in a test that something does not compile, @ts-expect-error.',
    at: 'src/apps/sample.ts',
    bad: ['// @ts-ignore', '/* @ts-nocheck */'],
    good: ['// @ts-expect-error a Price is no Quantity', "const text = '@ts-ignore';"],
  },
  {
    name: 'unfinished',
    covers: isCode,
    view: 'comments',
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/g,
    remedy: 'Do it now, or write down in an issue why not.',
    at: 'test/sample.ts',
    bad: ['// TODO: later', '/* FIXME */', 'act(); // XXX', '/** HACK around it */'],
    good: ["const words = ['TODO'];", '// todos are for issues'],
  },
  {
    name: 'unfinished, said to the user',
    covers: (path) => isProduct(path) || path.startsWith('examples/'),
    view: 'text',
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/g,
    remedy: 'Do it now, or write down in an issue why not.',
    at: 'src/apps/sample.ts',
    bad: ["throw new Error('TODO');"],
    good: ["throw new Error('not known');"],
  },
  {
    name: 'focused or skipped test',
    covers: isCode,
    view: 'code',
    pattern:
      /\b(?:it|test|describe|suite)(?:\s*\.\s*\w+)*?\s*\.\s*(?:only|skip|todo|fails)\b|\b[xf](?:it|test|describe)\s*\(\s*['"`]/g,
    remedy:
      'Run it or delete it; what a machine may lack is skipIf or runIf with a name saying so.',
    at: 'src/domain/sample.test.ts',
    bad: [
      "it.only('x', f);",
      "describe.skip('x', f);",
      "it.concurrent.only('x', f);",
      "test.todo('x');",
      "xit('x', f);",
    ],
    good: [
      "it.skipIf(!present)('x (skipped: y is absent)', f);",
      "describe.runIf(present)('x (needs y)', f);",
      "it('x', f);",
      'const text = fit(cell);',
    ],
  },
  {
    name: 'mock of our own code',
    covers: isCode,
    view: 'code',
    pattern: /\bvi\s*\.\s*(?:mock|doMock|hoisted)\b/g,
    remedy: 'Pass another implementation of the port.',
    at: 'src/domain/sample.test.ts',
    bad: ["vi.mock('./x.ts');", "vi.doMock('./x.ts');"],
    good: ['// vi.mock is banned', 'const broker = inMemoryBroker();'],
  },
  {
    name: 'whole-account order',
    covers: isSource,
    view: 'text',
    pattern: /close_?positions?|cancel_?all/gi,
    remedy:
      "Orders are the plan's, one by one: what closes or cancels everything takes others' shares with it.",
    at: 'src/adapters/alpaca/sample.ts',
    bad: [
      'api.closePosition(symbol);',
      "const path = 'close_position';",
      'api.cancelAll();',
      "request('cancel_all_orders');",
    ],
    good: ['const closed = position.closedAt;', 'cancel(order);'],
  },
  {
    name: 'vague name',
    covers: isSource,
    view: 'code',
    pattern: /\b(?:class|interface|type)\s+\w*(?:Manager|Service|Helper|Util|Utils)\b/g,
    remedy: 'A word of the glossary that says what it is.',
    at: 'src/engine/sample.ts',
    bad: ['export class OrderManager {', 'interface PriceService {', 'export class MathUtils {'],
    good: ['export interface Broker {', '// no OrderManager here'],
  },
  {
    name: 'skip without a reason',
    covers: isTest,
    view: 'text',
    pattern: /^(?![\s\S]*\((?:skipped:?|needs) )[\s\S]*?\.(?:skipIf|runIf)\b/g,
    remedy:
      'Name what is missing in the title: "(skipped: ../shared is not on this machine)" or "(needs …)".',
    at: 'src/domain/sample.test.ts',
    bad: ["it.skipIf(!present)('agrees with real bars', f);"],
    good: [
      "it.skipIf(!present)('agrees (skipped: ../shared is not on this machine)', f);",
      "it.skipIf(!present)('agrees (skipped where ../shared has no bars)', f);",
      "it.runIf(node)('x (needs node)', f);",
    ],
  },
];

export const TEXT_RULES: readonly Rule[] = BANS.map(({ at, bad, good, view, pattern, ...ban }) => ({
  ...ban,
  find: (source) =>
    [...source[view].matchAll(pattern)].map((match) => ({ index: match.index, found: match[0] })),
  bad: bad.map((line) => file(at, line)),
  good: good.map((line) => file(at, line)),
}));
