// Stage: apps. Writes the four evidence files: the input log and the broker's own records.
// Invariant: the broker's files come from the broker; a file is whole or not there.
import { join } from 'node:path';
import { writeActivities } from '../../../adapters/evidence/activities.ts';
import { writeFills } from '../../../adapters/evidence/fills.ts';
import { writeOrders } from '../../../adapters/evidence/orders.ts';
import { economicDigest } from '../../../domain/economicState.ts';
import type { LedgerState } from '../../../domain/ledger/state.ts';
import { inputLogLines } from '../../../engine/ledgerKeeper.ts';
import { openTradedAccount } from '../composeAlpaca.ts';
import { makeFolder, writeWhole } from '../files.ts';
import { loadConfig } from '../loadConfig.ts';
import { foldProgress } from '../readLedger.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';

export interface ExportOptions {
  readonly config: string;
  readonly home: string;
  readonly to: string;
  readonly data?: string;
  readonly json?: boolean;
}

export async function exportFiles(options: ExportOptions, output: Output): Promise<ExitCode> {
  const account = await openTradedAccount(await loadConfig(options.config), {
    home: options.home,
    data: options.data,
    progress: foldProgress(output),
  });
  try {
    const { broker, journal, shell } = account;
    refuseOpenCycle(shell.ledger.state);
    const files = {
      'signals.jsonl': `${[...inputLogLines(journal)].join('\n')}\n`,
      'orders.jsonl': writeOrders(await broker.orders({})),
      'fills.jsonl': writeFills(await broker.fills({})),
      'activities.jsonl': writeActivities(await broker.activities({})),
    };
    makeFolder(options.to, 'the folder of the export');
    const counts = Object.entries(files).map(([name, text]) => ({
      file: join(options.to, name),
      records: writeWhole(join(options.to, name), text),
    }));
    const digest = economicDigest(shell.ledger.state);
    if (options.json === true) output.line(JSON.stringify({ files: counts, digest }));
    else {
      for (const { file, records } of counts) output.line(`${file}  ${records} records`);
      output.line(`digest of the ledger ${digest}`);
    }
    return EXIT.ok;
  } finally {
    account.close();
  }
}

/** Records of an open cycle are not complete. @throws UsageError */
export function refuseOpenCycle(state: LedgerState): void {
  const open = state.cycle?.opened.cycle;
  if (open === undefined) return;
  throw new UsageError(
    `Cycle ${open} is open: expected only ended cycles, found records that are not complete. Nothing was written. Finish it with \`assay run\` or \`assay simulate\`.`,
  );
}
