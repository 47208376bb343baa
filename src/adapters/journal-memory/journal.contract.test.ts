// Stage: tests. The journal in memory under the contract of the Journal port.
// Invariant: nothing here knows how the journal works inside.
import { describeJournal } from '../../../test/contracts/journal.ts';
import { openMemoryJournal } from './journal.ts';

describeJournal('memory', () => {
  const journal = openMemoryJournal();
  // It ends with its process: another look at it is at the same one.
  return { journal, reopen: () => journal, end: () => journal.close() };
});
