// Stage: app. How a command that failed ends: its message, its exit code.
// Invariant: bad input and the world's troubles show no stack; a bug shows everything.
import { CommanderError } from 'commander';
import { CredentialsError } from '../../adapters/alpaca/credentials.ts';
import { BookError, type BookErrorCode } from '../../adapters/exchange/bookError.ts';
import { CalendarError } from '../../domain/calendar.ts';
import { InvariantError } from '../../domain/invariant.ts';
import { CycleHalted } from '../../engine/shell.ts';
import { BrokerError } from '../../ports/broker.ts';
import { JournalError } from '../../ports/journal.ts';
import { MarketDataError } from '../../ports/marketData.ts';
import { EXIT, UsageError, type ExitCode, type Output } from './usage.ts';

/** Errors that say everything themselves: shown without a stack. */
export function explainFailure(error: unknown, output: Output): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const message = error instanceof Error ? error.message : String(error);
  const code = exitCodeOf(error);
  if (code !== undefined) {
    output.note(message);
    return code;
  }
  const shown = error instanceof Error ? (error.stack ?? message) : message;
  output.note(
    `${error instanceof InvariantError ? 'A rule of the money is broken' : 'Something unforeseen happened'}; ` +
      `this is a bug in Assay and nothing of this step was written.\n${shown}`,
  );
  return EXIT.found;
}

/** The code of an error that bad input or the world can cause; undefined for a bug. */
function exitCodeOf(error: unknown): ExitCode | undefined {
  if (error instanceof UsageError || error instanceof MarketDataError) return EXIT.usage;
  if (error instanceof CredentialsError) return EXIT.usage;
  if (error instanceof CalendarError) return EXIT.usage;
  if (error instanceof CycleHalted || error instanceof BrokerError) return EXIT.halted;
  if (error instanceof JournalError) return error.code === 'in_use' ? EXIT.usage : EXIT.found;
  if (error instanceof BookError) return DAMAGE.has(error.code) ? EXIT.found : EXIT.usage;
  return undefined;
}

/** What is wrong in a book itself, not in what it was opened with. */
const DAMAGE: ReadonlySet<BookErrorCode> = new Set(['damaged', 'not_a_book', 'other_version']);
