// Stage: house rules. What a file must be.
// Invariant: each rule reads the files given, nothing else.
import { file, isCode, isProduct, isSource, type Rule } from './rule.ts';

const head = ['// Stage: none.', '// Invariant: none.'];

const openingRule: Rule = {
  name: 'opening',
  remedy:
    'Line 1 says "// Stage: …", line 2 "// Invariant: …"; in a program, after its first line "#!…".',
  // An example opens as its author likes: it is what a user writes.
  covers: (path) => isCode(path) && !path.startsWith('examples/'),
  find: ({ text }) => {
    const [stage = '', invariant = ''] = text.replace(/^#!.*\n/, '').split('\n');
    const opens = /^\/\/ Stage: \S/.test(stage) && /^\/\/ Invariant: \S/.test(invariant);
    return opens ? [] : [{ index: 0, found: `${stage} ${invariant}` }];
  },
  bad: [
    file('src/domain/x.ts', 'export const x = 1;'),
    file('src/domain/x.ts', '// Stage: orders.', 'export const x = 1;'),
    file('src/domain/x.ts', '', ...head),
    file('src/domain/x.ts', '// Stage: ', '// Invariant: '),
    file('test/x.test.ts', '// Tests x.', '// Fast.'),
  ],
  good: [
    file('src/domain/x.ts', ...head, 'export const x = 1;'),
    file('bin/x.js', '#!/usr/bin/env node', ...head),
  ],
};

const barrelRule: Rule = {
  name: 'barrel',
  remedy: 'Import from the file that defines it.',
  covers: isProduct,
  find: ({ path, imports }) => [
    ...(path.endsWith('/index.ts') ? [{ index: 0, found: path }] : []),
    ...imports
      .filter(({ passedOn }) => passedOn)
      .map(({ index, specifier }) => ({ index, found: specifier })),
  ],
  bad: [
    file('src/domain/index.ts', 'export const x = 1;'),
    file('src/domain/x.ts', "export * from './y.ts';"),
    file('src/domain/x.ts', "export { y } from './y.ts';"),
    file('src/domain/x.ts', "export type { Y } from './y.ts';"),
  ],
  good: [
    file(
      'src/domain/x.ts',
      "import { y } from './y.ts';",
      'export const x = y;',
      'export { y as z };',
    ),
  ],
};

const vagueFileRule: Rule = {
  name: 'vague file name',
  remedy: 'A noun of the glossary that says what is in it.',
  covers: isSource,
  find: ({ path }) =>
    /(?:manager|service|helpers?|utils?|common|misc|shared|types)(?:\.test)?\.ts$/i.test(path)
      ? [{ index: 0, found: path }]
      : [],
  bad: [
    file('src/engine/orderManager.ts', ''),
    file('src/domain/utils.ts', ''),
    file('src/domain/types.ts', ''),
  ],
  good: [file('src/engine/runCycle.ts', ''), file('src/domain/ledger/events.ts', '')],
};

/** Where the domain may turn something into a float, and how often. Money and quantities never. */
export const FLOATS_ALLOWED: readonly {
  readonly path: string;
  readonly times: number;
  readonly why: string;
}[] = [
  { path: 'src/domain/calendar/newYork.ts', times: 3, why: 'an hour and years of a date' },
  { path: 'src/domain/clientOrderId/digits.ts', times: 1, why: 'one digit of 64' },
  {
    path: 'src/domain/clientOrderId/payload.ts',
    times: 2,
    why: 'a width and a sleeve code, both of a few digits',
  },
];

const floatRule: Rule = {
  name: 'float in the domain',
  remedy:
    'Read decimals with the units; a count that is no money goes on the list in test/tidy/fileRules.ts, with why.',
  covers: (path) => isProduct(path) && path.startsWith('src/domain/'),
  find: ({ path, code }) => {
    const found = [
      ...code.matchAll(/\bNumber\s*\(|\bparseFloat\b|(?:map|Array\.from)\([^()]*\bNumber\s*\)/g),
    ];
    const allowed = FLOATS_ALLOWED.find((each) => each.path === path)?.times ?? 0;
    if (found.length < allowed)
      return [{ index: 0, found: `${found.length}, and the list says ${allowed}` }];
    return found.slice(allowed).map((match) => ({ index: match.index, found: match[0] }));
  },
  bad: [
    file('src/domain/netting.ts', 'const x = Number(quantity);'),
    file('src/domain/netting.ts', "const x = parseFloat('1.5');"),
    file('src/domain/netting.ts', "const x = Number.parseFloat('1.5');"),
    file('src/domain/netting.ts', 'const x = quantities.map(Number);'),
    file('src/domain/clientOrderId/digits.ts', 'const x = Number(a) + Number(b);'),
    file('src/domain/clientOrderId/digits.ts', 'const x = 1;'),
  ],
  good: [
    file('src/domain/netting.ts', '// Number(x) loses digits', 'const ok = Number.isInteger(x);'),
    file('src/domain/clientOrderId/digits.ts', 'const x = Number(digit);'),
    file('src/indicators/x.ts', 'const x = Number(text);'),
    file('src/domain/netting.test.ts', 'const x = Number(1n);'),
  ],
};

const marketDataRule: Rule = {
  name: 'bars in the repository',
  remedy: 'Bars belong to their vendors: read them where they are, or generate them.',
  covers: () => true,
  find: ({ path, text }) => {
    const columns = /^\W?date,open,high,low,close\b/i.test(text);
    const named = /\.(?:csv|parquet)(?:\.\w+)?$/i.test(path);
    return columns || named ? [{ index: 0, found: path }] : [];
  },
  bad: [
    file('test/bars/SPY.csv', 'x'),
    file('examples/data/SPY.parquet', 'x'),
    file('test/spy.txt', 'date,open,high,low,close,adj_close,volume', '2012-01-03,1,1,1,1,1,1'),
  ],
  good: [file('test/x.test.ts', "const header = 'date,open,high,low,close,adj_close,volume';")],
};

const glossaryRule: Rule = {
  name: 'word with two meanings',
  remedy: 'One row of GLOSSARY.md a word: say both in one, or give one of them another name.',
  covers: (path) => path === 'GLOSSARY.md',
  find: ({ text }) => {
    const rows = [...text.matchAll(/^\| ([^|]+?) \|/gm)];
    const words = rows.flatMap(({ index, 1: cell = '' }) =>
      cell.split(' / ').map((word) => ({ index, found: word })),
    );
    return words.filter(
      ({ found }, place) => words.findIndex((earlier) => earlier.found === found) < place,
    );
  },
  bad: [
    file('GLOSSARY.md', '| lot | units |', '| step | one |', '| step | another |'),
    file('GLOSSARY.md', '| kill / arm | stops / goes on |', '| arm | of a person |'),
  ],
  good: [
    file('GLOSSARY.md', '| journal | a record |', '| journal (of the broker) | cash moved |'),
    file('README.md', '| step | one |', '| step | another |'),
  ],
};

export const FILE_RULES: readonly Rule[] = [
  openingRule,
  barrelRule,
  vagueFileRule,
  floatRule,
  marketDataRule,
  glossaryRule,
];
