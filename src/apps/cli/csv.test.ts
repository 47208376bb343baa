// Stage: none; tests of CSV.
// Invariant: what is written reads back as the same text.
import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { csvLines } from './csv.ts';

it('writes one header and quotes what needs it', () => {
  expect(csvLines([{ a: '1', b: null, c: 'x, "y"\nz' }])).toEqual(['a,b,c', '1,,"x, ""y""\nz"']);
  expect(csvLines([])).toEqual([]);
});

it('reads back as the same text', () => {
  const records = [{ name: 'a,b', value: '-1.5', list: { 'scaled/x': '2' } }];
  expect(parse(csvLines(records).join('\n'), { columns: true })).toEqual([
    { name: 'a,b', value: '-1.5', list: '{"scaled/x":"2"}' },
  ]);
});

it('keeps figures and makes text of what a spreadsheet would compute', () => {
  expect(csvLines([{ a: '-1.5', b: '=1+1', c: '@x', d: '-cmd' }])[1]).toBe("-1.5,'=1+1,'@x,'-cmd");
});
