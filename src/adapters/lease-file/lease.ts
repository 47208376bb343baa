// Stage: adapter. One process an account on this machine, whatever its working folder.
// Invariant: the lease ends with the process that holds it, however that ends; it is never taken from one.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface Lease {
  /** The file that is held. */
  readonly place: string;
  release(): void;
}

/** Taken, or who has it. */
export type LeaseTaken =
  | { readonly kind: 'taken'; readonly lease: Lease }
  | { readonly kind: 'held'; readonly place: string; readonly holder: string };

/** Where leases of this machine's user are: beside nothing that a copied working folder brings along. */
export const leaseFolder = (environment: Readonly<Record<string, string | undefined>>): string => {
  const state = environment['XDG_STATE_HOME'] ?? '';
  return join(state === '' ? join(homedir(), '.local', 'state') : state, 'assay', 'leases');
};

/** SQLite's result code for a file that another process holds. */
const BUSY = 5;

/**
 * Takes the lease of an account, or says who has it. It is a lock of the system on a file: one that
 * was left by a process that was killed is free at once, and no clock or process number is believed.
 *
 * @param account names the account: letters, digits, "-", "_" and "."
 * @param holder one line about this process, for the one that comes second
 * @throws Error of the system when the file cannot be made
 */
export function takeLease(folder: string, account: string, holder: string): LeaseTaken {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const place = join(folder, `${account.replace(/[^A-Za-z0-9._-]/g, '_')}.lease`);
  const note = `${place}.holder`;
  const db = new DatabaseSync(place);
  try {
    // Nothing is ever written: the transaction alone is the lock, and it lasts as long as the process.
    db.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE;');
  } catch (error) {
    db.close();
    if (!isBusy(error)) throw error;
    return { kind: 'held', place, holder: said(note) };
  }
  writeFileSync(note, `${holder}\n`, { mode: 0o600 });
  let released = false;
  return {
    kind: 'taken',
    lease: {
      place,
      release() {
        if (released) return;
        released = true;
        db.close();
      },
    },
  };
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === BUSY;

function said(note: string): string {
  try {
    return readFileSync(note, 'utf8').trim();
  } catch {
    return 'a process that left no note';
  }
}
