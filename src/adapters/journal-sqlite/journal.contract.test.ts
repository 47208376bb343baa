// Stage: tests. The SQLite journal under the contract of the Journal port.
// Invariant: nothing here knows how the journal works inside.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeJournal } from '../../../test/contracts/journal.ts';
import { openJournal } from './journal.ts';

describeJournal('an SQLite file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-journal-'));
  const file = join(folder, 'journal.db');
  let journal = openJournal(file);
  return {
    journal,
    reopen() {
      journal.close();
      journal = openJournal(file);
      return journal;
    },
    end() {
      journal.close();
      rmSync(folder, { recursive: true });
    },
  };
});
