// Stage: tests. The snapshot's file: what the system refuses costs time, never an answer.
// Invariant: the digest of the rules is of the program as it is on the disk.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { snapshotFile } from './snapshotFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-snapshot-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('is not there, then what was written last, and nothing lies beside it', () => {
  const file = join(folder, 'a');
  const store = snapshotFile(file);
  expect(store.read()).toMatchObject({ ok: false });
  expect(store.write('one')).toBe(true);
  expect(store.write('two é')).toBe(true);
  expect(store.read()).toEqual({ ok: true, text: 'two é' });
  expect(readFileSync(file, 'utf8')).toBe('two é');
  expect(readdirSync(folder)).toEqual(['a']);
});

it('is none where the system refuses: no folder, a folder of its name, one in the way', () => {
  expect(snapshotFile(join(folder, 'none', 'b')).write('x')).toBe(false);
  const inTheWay = join(folder, 'c');
  mkdirSync(inTheWay);
  writeFileSync(join(inTheWay, 'file'), '');
  expect(snapshotFile(inTheWay).read().ok).toBe(false);
  expect(snapshotFile(inTheWay).write('x')).toBe(false);
});

it('names the rules by a digest that two readers agree on', () => {
  const [one, two] = [snapshotFile(join(folder, 'd')), snapshotFile(join(folder, 'e'))];
  expect(one.rules()).toMatch(/^[0-9a-f]{64}$/);
  expect(one.rules()).toBe(two.rules());
});
