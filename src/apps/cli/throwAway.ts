// Stage: apps. A copy of a working folder, to try in it what must not touch the real one.
// Invariant: the copy is gone when the work ends, however it ends; the real files are only read.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openJournal } from '../../adapters/journal-sqlite/journal.ts';
import { filesOf, hasJournal, type Account, type AccountOptions } from './compose.ts';
import { openTradedAccount } from './composeAlpaca.ts';
import { orRefuse } from './files.ts';
import type { LoadedConfig } from './loadConfig.ts';

/**
 * Opens a copy of the account and runs `work` on it. Keys are read where they are; nothing else of the
 * real folder is used.
 */
export async function withThrowAway<T>(
  loaded: LoadedConfig,
  options: AccountOptions,
  work: (account: Account) => Promise<T>,
): Promise<T> {
  const copy = mkdtempSync(join(tmpdir(), 'assay-dry-'));
  try {
    copyAccount(options.home, copy);
    const account = await openTradedAccount(loaded, {
      ...options,
      home: copy,
      throwAwayOf: options.home,
    });
    try {
      return await work(account);
    } finally {
      account.close();
    }
  } catch (error) {
    // The copy is gone when it is read: what is said of it holds for the folder that it was made of.
    if (error instanceof Error) error.message = error.message.replaceAll(copy, options.home);
    throw error;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Copies the files of an account while nobody else writes them. @throws JournalError when somebody does */
function copyAccount(home: string, copy: string): void {
  const held = hasJournal(home) ? openJournal(filesOf(home).journal) : undefined;
  try {
    for (const file of Object.values(filesOf(home)))
      for (const suffix of ['', '-wal', '-shm'])
        if (existsSync(`${file}${suffix}`))
          orRefuse(`${file} cannot be copied to ${copy}: expected a file that can be read`, () =>
            copyFileSync(`${file}${suffix}`, join(copy, `${basename(file)}${suffix}`)),
          );
  } finally {
    held?.close();
  }
}
