// Stage: tests. A process of its own that appends to a journal and says what is durable.
// Invariant: a line is printed only after its append returned.
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import { entryOf } from './journalEntry.ts';

const [file = '', only] = process.argv.slice(2);

function append(number: number): void {
  const holding = ['sleeve', 'SPY', String(number), '0'];
  journal.append(
    [entryOf(`${number} 0`), entryOf(`${number} 1`)],
    [{ table: 'positions', replaces: [], rows: [holding] }],
  );
  process.stdout.write(`appended ${number}\n`);
}

let journal: ReturnType<typeof openJournal>;
try {
  journal = openJournal(file);
  if (only === undefined) for (let number = 1; ; number += 1) append(number);
  append(Number(only));
  journal.close();
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
