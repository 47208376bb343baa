// Stage: apps. ledger = tables = reconstruction = exchange.
// Invariant: exits 0 only when all four are equal to the byte.
import { openJournal } from '../../../adapters/journal-sqlite/journal.ts';
import { prove, type Proof } from '../../../engine/proof.ts';
import { openTradedAccount } from '../composeAlpaca.ts';
import { loadConfig } from '../loadConfig.ts';
import { foldProgress } from '../readLedger.ts';
import { EXIT, type ExitCode, type Output } from '../usage.ts';
import type { Broker } from '../../../ports/broker.ts';
import type { Journal } from '../../../ports/journal.ts';

export interface VerifyOptions {
  readonly config: string;
  readonly home: string;
  readonly data?: string;
  readonly json?: boolean;
}

export async function verify(options: VerifyOptions, output: Output): Promise<ExitCode> {
  const account = await openTradedAccount(await loadConfig(options.config), {
    home: options.home,
    data: options.data,
    progress: foldProgress(output),
  });
  try {
    const proof = await proveAccount(account.journal, account.broker, output);
    if (options.json === true) output.line(JSON.stringify(proof));
    else for (const line of proofLines(proof)) output.line(line);
    return proof.equal ? EXIT.ok : EXIT.found;
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
      `digest ${proof.ledger}`,
    ];
  }
  return [
    `NOT EQUAL after ${proof.cycles} cycles, ${proof.events} events`,
    `  ledger          ${proof.ledger}`,
    `  reconstruction  ${proof.reconstruction}`,
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
    'Nothing was changed. What the journal holds counts; restore what differs from it from a copy.',
  ];
}
