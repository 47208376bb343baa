// Stage: house rules. Every rule against text that breaks it, then all of them against this repository.
// Invariant: a rule that cannot fire is no rule, and a run that read nothing is no run.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_RULES } from './tidy/errorRules.ts';
import { FILE_RULES, FLOATS_ALLOWED } from './tidy/fileRules.ts';
import { IMPORT_RULES } from './tidy/importRules.ts';
import { LAYER_RULES } from './tidy/layerRules.ts';
import { check, describeViolation, file, isCode } from './tidy/rule.ts';
import { readSource, type File } from './tidy/source.ts';
import { TEXT_RULES } from './tidy/textRules.ts';

const RULES = [...TEXT_RULES, ...LAYER_RULES, ...IMPORT_RULES, ...FILE_RULES, ...ERROR_RULES];

describe.each(RULES)('the rule on $name', (rule) => {
  const samples = rule.bad.map((files) => ({ files, name: files.map(inOneLine).join(' and ') }));
  it.each(samples)('fires on $name', ({ files }) => {
    const violations = check(files, [rule]);
    expect(violations.length).toBeGreaterThan(0);
    expect(violations.every((violation) => violation.rule === rule.name)).toBe(true);
  });

  it('leaves what comes close alone', () => {
    expect(rule.good.flatMap((files) => check(files, [rule]))).toEqual([]);
    expect(rule.good.length).toBeGreaterThan(0);
  });
});

describe('the reading of a file', () => {
  it('keeps code and comments apart, at their places', () => {
    const text = [
      "const a = 'it\\'s // no comment'; // it's one",
      'const b = `x ${f({ y: `in ${1}` })} /* no */`; /* yes */',
      'const c = /["\'`/]/.test(d) / 2 / e;',
    ].join('\n');
    const { code, comments } = readSource({ path: 'src/domain/x.ts', text });
    expect(code.split('\n').map((line) => line.trimEnd())).toEqual([
      "const a = '                   ';",
      'const b = `  ${f({ y: `   ${1}` })}         `;',
      'const c = /      /.test(d) / 2 / e;',
    ]);
    expect(comments.split('\n').map((line) => line.trim())).toEqual([
      "// it's one",
      '/* yes */',
      '',
    ]);
    expect([code.length, comments.length]).toEqual([text.length, text.length]);
  });

  it('names file, line, finding and remedy', () => {
    const [violation] = check(file('src/domain/x.ts', '', 'const at = Date.now();'), TEXT_RULES);
    expect(violation && describeViolation(violation)).toBe(
      'src/domain/x.ts:2 clock: found "Date.now". Time is an argument; the shell asks the Clock port.',
    );
  });
});

describe('this repository', () => {
  const root = dirname(import.meta.dirname);
  const files = filesUnder(root);
  const code = files.filter(({ path }) => isCode(path));

  it('keeps every rule', () => {
    expect(check(files, RULES).map(describeViolation)).toEqual([]);
  });

  it('was read: files in every folder, imports among them, something for each rule', () => {
    expect(code.length).toBeGreaterThan(150);
    for (const folder of [
      'src/domain/',
      'src/engine/',
      'src/adapters/',
      'src/apps/',
      'test/',
      'bin/',
    ]) {
      expect([folder, code.some(({ path }) => path.startsWith(folder))]).toEqual([folder, true]);
    }
    const imports = code.map(readSource).flatMap((source) => source.imports);
    expect(imports.length).toBeGreaterThan(2 * code.length);
    const paths = new Set(files.map(({ path }) => path));
    const targets = imports.flatMap(({ target }) => target ?? []).filter(isCode);
    expect(targets.filter((target) => !paths.has(target))).toEqual([]);
    for (const { name, covers } of RULES) {
      expect([name, files.some(({ path }) => covers(path))]).toEqual([name, true]);
    }
  });

  it('lists no float allowed in a file that is gone', () => {
    const paths = files.map(({ path }) => path);
    expect(FLOATS_ALLOWED.filter(({ path }) => !paths.includes(path))).toEqual([]);
  });
});

function inOneLine({ path, text }: File): string {
  return `${path}: ${text.trim().replaceAll(/\s+/g, ' ')}`;
}

/** Every file of the repository but what git ignores, with its text. */
function filesUnder(root: string) {
  const ignored = new Set(['.git', 'node_modules', '.tsbuild', '.assay']);
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      if (ignored.has(entry.name)) return [];
      const path = join(folder, entry.name);
      return entry.isDirectory() ? walk(path) : [path];
    });
  return walk(root).map((path) => ({
    path: relative(root, path).split(sep).join('/'),
    text: readFileSync(path, 'utf8'),
  }));
}
