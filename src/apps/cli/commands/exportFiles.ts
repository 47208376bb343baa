// Stage: apps. Writes the four evidence files, the daily roots and a manifest of them all.
// Invariant: the broker's files come from the broker; a file is whole or not there.
import { join } from 'node:path';
import { writeActivities } from '../../../adapters/evidence/activities.ts';
import { writeFills } from '../../../adapters/evidence/fills.ts';
import { MANIFEST, writeManifest, type ExportedFile } from '../../../adapters/evidence/manifest.ts';
import { writeOrders } from '../../../adapters/evidence/orders.ts';
import { rootLine } from '../../../domain/dailyRoot.ts';
import { economicDigest } from '../../../domain/economicState.ts';
import type { LedgerState } from '../../../domain/ledger/state.ts';
import { foldJournal, inputLogLines } from '../../../engine/foldJournal.ts';
import { RootCollector } from '../../../engine/roots.ts';
import type { Journal } from '../../../ports/journal.ts';
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
    const { state } = shell.ledger;
    const texts: Readonly<Record<ExportedFile, string>> = {
      'signals.jsonl': `${[...inputLogLines(journal)].join('\n')}\n`,
      'orders.jsonl': writeOrders(await broker.orders({})),
      'fills.jsonl': writeFills(await broker.fills({}), await broker.amendments({})),
      'activities.jsonl': writeActivities(await broker.activities({})),
      'roots.jsonl': rootLines(journal),
    };
    const digest = economicDigest(state);
    const of = { account: state.configuration?.account ?? '', digest };
    const files = { ...texts, [MANIFEST]: writeManifest(of, texts) };
    makeFolder(options.to, 'the folder of the export');
    const counts = Object.entries(files).map(([name, text]) => ({
      file: join(options.to, name),
      records: writeWhole(join(options.to, name), text),
    }));
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

function rootLines(journal: Journal): string {
  const { roots, see } = new RootCollector(journal);
  foldJournal(
    journal,
    () => {},
    (entry, _changes, { state }) => see(entry, state),
  );
  return roots.map((root) => `${rootLine(root)}\n`).join('');
}

/** Records of an open cycle are not complete. @throws UsageError */
export function refuseOpenCycle(state: LedgerState): void {
  const open = state.cycle?.opened.cycle;
  if (open === undefined) return;
  throw new UsageError(
    `Cycle ${open} is open: expected only ended cycles, found records that are not complete. Nothing was written. Finish it with \`assay run\`.`,
  );
}
