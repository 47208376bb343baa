// Stage: adapter. The snapshot of a ledger as a file beside its journal, and the digest of the rules that made it.
// Invariant: replaced as a whole; a system that refuses to read or write it costs time, never an answer.
import { hash } from 'node:crypto';
import { globSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SnapshotStore } from '../../ports/snapshot.ts';

/** @param file its path; the folder exists */
export function snapshotFile(file: string): SnapshotStore {
  let known: string | undefined;
  return {
    rules: () => (known ??= digestOfRules()),
    read() {
      try {
        return { ok: true, text: readFileSync(file, 'utf8') };
      } catch (error) {
        if (isRefusal(error)) return { ok: false, problem: error.message };
        throw error;
      }
    },
    write(text) {
      const beside = `${file}.new`;
      try {
        // Not synced: what a power failure leaves of it is told by its digest.
        writeFileSync(beside, text);
        renameSync(beside, file);
        return true;
      } catch (error) {
        if (isRefusal(error)) return false;
        throw error;
      }
    },
  };
}

/** sha256 over every file of the core, which alone says how events are read and folded. */
function digestOfRules(): string {
  const core = join(import.meta.dirname, '../../domain');
  const files = globSync('**/*.ts', { cwd: core }).sort();
  const rules = files.filter((file) => !file.endsWith('.test.ts'));
  return hash(
    'sha256',
    rules.map((file) => `${file}\n${readFileSync(join(core, file), 'utf8')}`).join('\n'),
  );
}

/** What the system said of the file, rather than a mistake of ours. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && 'syscall' in error;
