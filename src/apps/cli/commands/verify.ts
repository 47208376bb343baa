// Stage: apps. ledger = tables = reconstruction = exchange.
// Invariant: exits 0 only when all four are equal to the byte.
import { openJournal } from '../../../adapters/journal-sqlite/journal.ts';
import {
  compareRoots,
  readRoots,
  type DailyRoot,
  type RootDifference,
} from '../../../domain/dailyRoot.ts';
import { prove, type Proof } from '../../../engine/proof.ts';
import { openTradedAccount } from '../composeAlpaca.ts';
import { readText } from '../files.ts';
import { loadConfig } from '../loadConfig.ts';
import { foldProgress } from '../readLedger.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';
import type { Broker } from '../../../ports/broker.ts';
import type { Journal } from '../../../ports/journal.ts';

export interface VerifyOptions {
  readonly config: string;
  readonly home: string;
  readonly data?: string;
  readonly json?: boolean;
  /** A file of daily roots kept from before: the records up to those days must still be theirs. */
  readonly roots?: string;
}

export async function verify(options: VerifyOptions, output: Output): Promise<ExitCode> {
  const kept = options.roots === undefined ? null : rootsIn(options.roots);
  const account = await openTradedAccount(await loadConfig(options.config), {
    home: options.home,
    data: options.data,
    progress: foldProgress(output),
  });
  try {
    const proof = await proveAccount(account.journal, account.broker, output);
    const { roots, ...shown } = proof;
    const changed = kept === null ? null : compareRoots(kept, roots);
    if (options.json === true)
      output.line(JSON.stringify({ ...shown, root: roots.at(-1) ?? null, changed }));
    else {
      for (const line of proofLines(proof)) output.line(line);
      for (const line of rootLines(kept?.length ?? 0, changed)) output.line(line);
    }
    return proof.equal && (changed ?? []).length === 0 ? EXIT.ok : EXIT.found;
  } finally {
    account.close();
  }
}

/** Proves an account with a scratch journal in memory. */
export async function proveAccount(
  journal: Journal,
  broker: Broker,
  output: Output,
): Promise<Proof> {
  const scratch = openJournal(':memory:');
  try {
    return await prove(journal, broker, scratch, foldProgress(output));
  } finally {
    scratch.close();
  }
}

/** The proof as a person reads it. */
export function proofLines(proof: Proof): string[] {
  if (proof.equal) {
    return [
      `reconstruction = ledger = tables = exchange   ${proof.cycles} cycles, ${proof.events} events`,
      `root of ${proof.roots.at(-1)?.session ?? 'no day'} ${proof.roots.at(-1)?.root ?? ''}`.trim(),
      `digest ${proof.ledger}`,
    ];
  }
  return [
    ...headOf(proof),
    ...proof.mismatches
      .slice(0, 10)
      .map((found) => `  ${found.record}: expected ${found.expected}, found ${found.found}`),
    ...(proof.mismatches.length > 10 ? [`  and ${proof.mismatches.length - 10} more`] : []),
    ...proof.tables.map(
      (found) => `  table ${found.table}: expected "${found.expected}", found "${found.found}"`,
    ),
    ...proof.breaks.map(
      (found) =>
        `  break in ${found.symbol ?? 'cash'}: expected ${found.ledger} as in the ledger, found ${found.broker} at the exchange, difference ${found.difference}`,
    ),
    proof.open === null
      ? 'Nothing was changed. What the journal holds counts; restore what differs from it from a copy.'
      : 'Nothing was changed. `assay run` takes the cycle up, and takes in what the broker did meanwhile; verify again after it.',
  ];
}

/** An interrupted cycle is no damage: its orders may have gone on while nobody recorded it. */
function headOf({ open, cycles, events, ledger, reconstruction }: Proof): string[] {
  if (open === null)
    return [
      `NOT EQUAL after ${cycles} cycles, ${events} events`,
      `  ledger          ${ledger}`,
      `  reconstruction  ${reconstruction}`,
    ];
  return [
    `NOT PROVED YET: cycle ${open} was interrupted after ${cycles} whole cycles, ${events} events`,
    ...(ledger === reconstruction
      ? [`  ledger = reconstruction   ${ledger}`]
      : [`  ledger          ${ledger}`, `  reconstruction  ${reconstruction}`]),
  ];
}

/** Daily roots kept from before. @throws UsageError when a line is not as it was written */
export function rootsIn(file: string): readonly DailyRoot[] {
  const read = readRoots(readText(file, 'daily roots that an export wrote'));
  if (read.ok && read.roots.length > 0) return read.roots;
  if (read.ok)
    throw new UsageError(
      `${file} holds no root: expected one line for each day, found none. Nothing was compared. Name the roots.jsonl that was kept.`,
    );
  const { line, what, expected, found } = read.problem;
  throw new UsageError(
    `${file} line ${line}: ${what}: expected ${expected}, found ${found}. Nothing was compared: the roots themselves were changed. Take them from where they were kept.`,
  );
}

/** What kept roots say of the records now. */
export function rootLines(kept: number, changed: readonly RootDifference[] | null): string[] {
  if (changed === null) return [];
  const [first] = changed;
  if (first === undefined) return [`${kept} kept roots are those of the records now`];
  const days = new Set(changed.map(({ session }) => session)).size;
  return [
    `${days} of ${kept} kept roots are not those of the records now: something at or before ${first.session} was changed after its root was made.`,
    ...changed
      .filter(({ session }) => session === first.session)
      .map(
        ({ session, what, expected, found }) =>
          `  root of ${session}: ${what}: expected ${expected}, found ${found}`,
      ),
    'Nothing was changed now. Restore the file from a copy of that day or before, and compare again.',
  ];
}
