// Stage: apps. Writes the books of the account and of each sleeve for other accounting programs.
// Invariant: a book asserts what the ledger holds, so that the other program refuses one that differs.
import { join } from 'node:path';
import { writeBeancount } from '../../../adapters/books/beancount.ts';
import { writeHledger } from '../../../adapters/books/hledger.ts';
import type { Books } from '../../../domain/bookEntry.ts';
import { BookCollector } from '../bookCollector.ts';
import { makeFolder, writeWhole } from '../files.ts';
import { withLedger } from '../readLedger.ts';
import { EXIT, type ExitCode, type Output } from '../usage.ts';
import { refuseOpenCycle } from './exportFiles.ts';

export type BookFormat = 'hledger' | 'beancount';

const FORMATS: Readonly<
  Record<BookFormat, { ending: string; write: (title: string, books: Books) => string }>
> = {
  hledger: { ending: 'journal', write: writeHledger },
  beancount: { ending: 'beancount', write: writeBeancount },
};

export async function exportBooks(
  format: BookFormat,
  options: { readonly home: string; readonly to: string; readonly json?: boolean },
  output: Output,
): Promise<ExitCode> {
  const collector = new BookCollector();
  return withLedger(
    options.home,
    output,
    ({ state }) => {
      refuseOpenCycle(state);
      const { ending, write } = FORMATS[format];
      makeFolder(options.to, 'the folder of the export');
      const written = collector.books(state).map(({ name, books }) => {
        const file = join(options.to, `${name}.${ending}`);
        const title = `Books of ${name}, account ${state.configuration?.account ?? ''}, to ${state.lastCycle ?? 'the opening'}`;
        writeWhole(file, write(title, books));
        return { file, entries: books.entries.length, balances: books.balances.length };
      });
      if (options.json === true) output.line(JSON.stringify({ files: written }));
      else
        for (const { file, entries, balances } of written)
          output.line(`${file}  ${entries} entries, ${balances} balances asserted`);
      return EXIT.ok;
    },
    collector.see,
  );
}
