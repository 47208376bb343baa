// Stage: test of symphony file → forms. What is read, and where hostile text is refused.
// Invariant: every refusal has its code, line and column.
import { describe, expect, it } from 'vitest';
import { locate, type SymphonyErrorCode } from './errors.ts';
import type { Form } from './form.ts';
import { readForm } from './reader.ts';

/** A form as plain data, places left out. */
function plain(form: Form): unknown {
  switch (form.kind) {
    case 'list':
    case 'vector':
    case 'map':
      return [form.kind, ...form.items.map(plain)];
    case 'string':
      return form.value;
    case 'number':
      return form.value;
    case 'keyword':
      return `:${form.name}`;
    case 'symbol':
      return `'${form.name}`;
    case 'nil':
      return null;
  }
}

function read(text: string): unknown {
  const result = readForm(text);
  return result.kind === 'refused' ? result.problem.code : plain(result);
}

function refusal(text: string, limits?: { depth: number; bytes: number }) {
  const result = readForm(text, limits);
  if (result.kind !== 'refused') return undefined;
  return locate({ file: 'a.clj', text }, result.problem);
}

describe('readForm', () => {
  it.each<[string, unknown]>([
    ['(a [1 "x"] {:k nil})', ['list', "'a", ['vector', 1, 'x'], ['map', ':k', null]]],
    ['14', 14],
    ['-3.5', -3.5],
    ['+2', 2],
    ['1e-3', 0.001],
    ['0.05', 0.05],
    [',,( ,\t>=\r\n, ),; all of it\n', ['list', "'>="]],
    ['(a ; ) not closed here\n b)', ['list', "'a", "'b"]],
    ['"say \\"so\\" \\\\ \\n\\t\\/"', 'say "so" \\ \n\t/'],
    ['"\\u00e9 \\ud83c\\udf89 🎉 é"', 'é 🎉 🎉 é'],
    ['"two\nlines; no comment"', 'two\nlines; no comment'],
    ['\ufeff(a)', ['list', "'a"]],
    ['(a"b"c)', ['list', "'a", 'b', "'c"]],
    ['weight-equal', "'weight-equal"],
    ['nil', null],
  ])('reads %j', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('keeps the place of every form', () => {
    const result = readForm(' (a\n [12 "é"])');
    expect(result).toMatchObject({
      kind: 'list',
      at: 1,
      end: 14,
      items: [
        { at: 2, end: 3 },
        {
          at: 5,
          end: 13,
          items: [
            { at: 6, end: 8 },
            { at: 9, end: 12 },
          ],
        },
      ],
    });
  });

  it.each<[string, SymphonyErrorCode, number, number]>([
    ['(a\n  (b]', 'wrong_bracket', 2, 5],
    ['(a\n [1 2)', 'wrong_bracket', 2, 6],
    ['(a\n (b', 'unclosed_bracket', 2, 2],
    ['(a))', 'unopened_bracket', 1, 4],
    ['(a) (b)', 'several_forms', 1, 5],
    ['(a) b', 'several_forms', 1, 5],
    ['a (b', 'several_forms', 1, 3],
    ['', 'no_form', 1, 1],
    [' ; nothing\n', 'no_form', 1, 1],
    ['(a "b\nc', 'unclosed_string', 1, 4],
    ['"a\\', 'unclosed_string', 1, 1],
    ['"a\\" and no end', 'unclosed_string', 1, 1],
    ['(a\n  "b\\q")', 'bad_escape', 2, 5],
    ['"\\u12g4"', 'bad_escape', 1, 2],
    ['"half \\ud83c"', 'bad_escape', 1, 1],
    ['(a 1.2.3)', 'bad_number', 1, 4],
    ['(a 012)', 'bad_number', 1, 4],
    ['(a .5)', 'bad_number', 1, 4],
    ['(a 5.)', 'bad_number', 1, 4],
    ['(a 1/2)', 'bad_number', 1, 4],
    ['(a 0x10)', 'bad_number', 1, 4],
    ['(a 1e999)', 'bad_number', 1, 4],
    ['(a -1_000)', 'bad_number', 1, 4],
    ['(é🎉 #{})', 'bad_character', 1, 2],
    ['("é🎉" @x)', 'bad_character', 1, 7],
    ['(a :)', 'bad_character', 1, 4],
    ["('a)", 'bad_character', 1, 2],
    ['(a\u00a0b)', 'bad_character', 1, 2],
    ['{:a}', 'odd_map', 1, 1],
    ['(m {:window 10, :b 1,\n :window 12})', 'duplicate_key', 2, 2],
  ])('refuses %j as %s', (text, code, line, column) => {
    expect(refusal(text)).toMatchObject({ code, line, column, file: 'a.clj' });
  });

  it('names the bracket that a wrong one should have closed', () => {
    expect(refusal('(a\n  (b]')?.message).toBe(
      [
        'a.clj:2:5: This is the wrong closing bracket.',
        '      (b]',
        '        ^',
        '  expected: ) for the ( opened on line 2',
        '  found: ]',
        '  consequence: the symphony was not loaded; nothing is decided from it',
        '  remedy: balance the brackets',
      ].join('\n'),
    );
  });

  it('shows only the neighbourhood of a place in a very long line, without control characters', () => {
    const error = refusal(`(${'a '.repeat(100_000)}\u001b[31m ${'b '.repeat(100_000)})`);
    expect(error?.code).toBe('bad_character');
    expect(error?.excerpt.length).toBeLessThan(200);
    expect(error?.message).not.toContain('\u001b');
  });

  it.each(['(', '[', '{:a ', '(if ', '(weight-equal ['])('refuses a million of %j', (opener) => {
    const error = refusal(opener.repeat(1_000_000));
    expect(error?.code).toBe('too_deep');
    expect(error?.expected).toBe('at most 2000 open at once');
  });

  it('reads a million brackets deep when it may, without recursion', () => {
    const result = readForm(`${'('.repeat(1_000_000)}${')'.repeat(1_000_000)}`, {
      depth: 1_000_000,
      bytes: 3_000_000,
    });
    expect(result.kind).toBe('list');
  });

  it('refuses 100 MB at its first character, without reading it', () => {
    for (const text of ['x'.repeat(100_000_000), '(a "é")\n'.repeat(14_000_000)]) {
      expect(refusal(text)).toMatchObject({ code: 'too_large', line: 1, column: 1 });
    }
  });

  it.each<[string, string, SymphonyErrorCode]>([
    ['closing brackets', ')'.repeat(1_000_000), 'unopened_bracket'],
    ['brackets of two kinds', `(${'[]'.repeat(1_000_000)}]`, 'wrong_bracket'],
    ['forms', `(a) ${'(b) '.repeat(1_000_000)}`, 'several_forms'],
    ['quotes', `(a ${'"" '.repeat(1_000_000)}"`, 'unclosed_string'],
    ['escapes', `"${'\\"'.repeat(1_000_000)}`, 'unclosed_string'],
    ['bad escapes', `"${'\\q'.repeat(1_000_000)}"`, 'bad_escape'],
    ['letters', `(${'a'.repeat(5_000_000)}é)`, 'bad_character'],
    ['digits', `(a ${'1'.repeat(5_000_000)})`, 'bad_number'],
    [
      'keys',
      `{${Array.from({ length: 300_000 }, (_, i) => `:k${i} 1`).join(' ')} :k7 2}`,
      'duplicate_key',
    ],
    ['lines of comment', `${';(\n'.repeat(1_000_000)}(`, 'unclosed_bracket'],
  ])('refuses a flood of %s in time that grows with it', (_, text, code) => {
    const start = performance.now();
    const error = refusal(text);
    expect(error?.code).toBe(code);
    expect(error?.message.length).toBeLessThan(1_000);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('counts the size limit in bytes of UTF-8', () => {
    const text = '"éé🎉"'; // 2 + 2 × 2 + 4 bytes
    expect(readForm(text, { depth: 10, bytes: 10 }).kind).toBe('string');
    expect(refusal(text, { depth: 10, bytes: 9 })).toMatchObject({
      code: 'too_large',
      found: '10 bytes',
    });
    expect(refusal('x'.repeat(33 * 1024 * 1024))?.code).toBe('too_large');
  });
});
