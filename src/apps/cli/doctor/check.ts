// Stage: apps. One check of the self-test.
// Invariant: a check answers; what it cannot find out is a failure with its reason, never a pass.
import { CredentialsError } from '../../../adapters/alpaca/credentials.ts';
import { CalendarError } from '../../../domain/calendar.ts';
import { BrokerError } from '../../../ports/broker.ts';
import { JournalError } from '../../../ports/journal.ts';
import { MarketDataError } from '../../../ports/marketData.ts';
import { UsageError } from '../usage.ts';

/** `skipped`: does not apply to this configuration. */
export type Verdict = 'ok' | 'warning' | 'failed' | 'skipped';

export interface CheckResult {
  readonly check: string;
  readonly verdict: Verdict;
  /** What was found; where it fails, what was expected too. */
  readonly found: string;
  /** What to do; empty where nothing is to be done. */
  readonly remedy: string;
}

export type Finding = Omit<CheckResult, 'check'>;

export const ok = (found: string): Finding => ({ verdict: 'ok', found, remedy: '' });
export const skipped = (found: string): Finding => ({ verdict: 'skipped', found, remedy: '' });
export const warning = (found: string, remedy: string): Finding => ({
  verdict: 'warning',
  found,
  remedy,
});
export const failed = (found: string, remedy: string): Finding => ({
  verdict: 'failed',
  found,
  remedy,
});

/** Runs a check; an error that the world can cause is its failure. */
export async function runCheck(
  check: string,
  look: () => Finding | Promise<Finding>,
): Promise<CheckResult> {
  try {
    return { check, ...(await look()) };
  } catch (error) {
    if (!isOfTheWorld(error)) throw error;
    // Such messages end with their remedy.
    const [found = '', ...rest] = error.message.split(/(?<=\.) /);
    return { check, ...failed(found, rest.join(' ')) };
  }
}

const isOfTheWorld = (error: unknown): error is Error =>
  error instanceof CredentialsError ||
  error instanceof BrokerError ||
  error instanceof JournalError ||
  error instanceof MarketDataError ||
  error instanceof CalendarError ||
  error instanceof UsageError ||
  (error instanceof Error && 'code' in error && 'syscall' in error);
