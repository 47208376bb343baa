// Stage: none; tests of the kill switch as a file.
// Invariant: pulled unless the system says that there is no such file.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { killFile } from './killSwitch.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-kill-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the kill switch', () => {
  it('is not pulled while there is no file', () => {
    expect(killFile(join(folder, 'KILL')).read()).toBeNull();
  });

  it.each([
    ['', 'no reason was given'],
    ['\n\n', 'no reason was given'],
    ['prices look wrong\nmore', 'prices look wrong'],
    ['  \u001b[31mred\u0007 ', '[31mred'],
    ['x'.repeat(500), 'x'.repeat(200)],
  ])('with the text %j is pulled because: %s', (text, reason) => {
    writeFileSync(join(folder, 'KILL'), text);
    expect(killFile(join(folder, 'KILL')).read()).toEqual({ reason });
  });

  it('is pulled where a folder stands in its place, and where it cannot be reached', () => {
    const file = join(folder, 'KILL');
    mkdirSync(file);
    expect(killFile(file).read()).toEqual({ reason: `${file} cannot be read (EISDIR)` });
    writeFileSync(join(folder, 'plain'), '');
    const beyond = join(folder, 'plain', 'KILL');
    expect(killFile(beyond).read()).toEqual({ reason: `${beyond} cannot be read (ENOTDIR)` });
  });

  it('keeps its first reason, and is gone once released', () => {
    const file = killFile(join(folder, 'KILL'));
    file.pull('first');
    file.pull('second');
    expect(readFileSync(join(folder, 'KILL'), 'utf8')).toBe('first\n');
    expect(file.read()).toEqual({ reason: 'first' });
    file.release();
    file.release();
    expect(file.read()).toBeNull();
  });
});
