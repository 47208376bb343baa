// Stage: tests. The lease of an account, between processes.
// Invariant: a second process is told who has it; a killed one leaves nothing behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { leaseFolder, takeLease, type LeaseTaken } from './lease.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-lease-'));
afterAll(() => rmSync(folder, { recursive: true }));

const release = (taken: LeaseTaken): void => {
  if (taken.kind === 'taken') taken.lease.release();
};

it('is had by one at a time, and the second is told who has it', () => {
  const first = takeLease(folder, 'paper-PA1', 'process 7 in /home/a');
  expect(first.kind).toBe('taken');
  expect(takeLease(folder, 'paper-PA1', 'process 8 in /home/b')).toMatchObject({
    kind: 'held',
    holder: 'process 7 in /home/a',
  });
  const other = takeLease(folder, 'paper-PA2', 'process 8 in /home/b');
  expect(other.kind).toBe('taken');
  release(other);
  release(first);
  release(first);
  const again = takeLease(folder, 'paper-PA1', 'process 8 in /home/b');
  expect(again.kind).toBe('taken');
  release(again);
});

it('ends with a process that is killed, at once', async () => {
  const code =
    `import { takeLease } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'lease.ts')).href)};` +
    `console.log(takeLease(${JSON.stringify(folder)}, 'paper-PA3', 'the other process').kind);` +
    'setInterval(() => {}, 1000);';
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer]; // a stream of buffers
  expect(said.toString()).toBe('taken\n');
  expect(takeLease(folder, 'paper-PA3', 'this process')).toMatchObject({
    kind: 'held',
    holder: 'the other process',
  });
  child.kill('SIGKILL');
  await once(child, 'close');
  const after = takeLease(folder, 'paper-PA3', 'this process');
  expect(after.kind).toBe('taken');
  release(after);
});

it('of an account with signs in its name is one file in the folder', () => {
  const taken = takeLease(folder, '../PA/1', 'x');
  if (taken.kind === 'taken') expect(taken.lease.place).toBe(join(folder, '.._PA_1.lease'));
  expect(taken.kind).toBe('taken');
  release(taken);
});

it('lies in the state folder of the user, never in a working folder', () => {
  expect(leaseFolder({ XDG_STATE_HOME: '/state' })).toBe('/state/assay/leases');
  expect(leaseFolder({})).toMatch(/\.local\/state\/assay\/leases$/);
});
