// Stage: app. Commands of the proof: evidence out, the ledger again from it, audit, verification.
// Invariant: none of them trusts what another one says.
import { Option } from 'commander';
import { audit, type AuditOptions } from './commands/audit.ts';
import { exportBooks, type BookFormat } from './commands/exportBooks.ts';
import { exportFiles, type ExportOptions } from './commands/exportFiles.ts';
import { exportTables, type TableFormat } from './commands/exportTables.ts';
import { reconstructBroker, type ReconstructBrokerOptions } from './commands/reconstructBroker.ts';
import { reconstructFiles } from './commands/reconstructFiles.ts';
import { verify, type VerifyOptions } from './commands/verify.ts';
import type { AddCommand, End, Output } from './usage.ts';

type ExportFormat = 'evidence' | BookFormat | TableFormat;
export function addProofCommands(account: AddCommand, output: Output, end: End): void {
  account('export', 'write the evidence: input log, broker records, daily roots, manifest')
    .option('--to <folder>', 'where to', '.assay/export')
    .addOption(
      new Option(
        '--format <format>',
        'evidence; the books for another program; or the tables, as in DATA.md',
      )
        .choices(['evidence', 'hledger', 'beancount', 'csv', 'parquet'])
        .default('evidence'),
    )
    .action(async ({ format, ...options }: ExportOptions & { format: ExportFormat }) => {
      if (format === 'evidence') end(await exportFiles(options, output));
      else if (format === 'csv' || format === 'parquet')
        end(await exportTables(format, options, output));
      else end(await exportBooks(format, options, output));
    });
  account('reconstruct', 'the whole ledger again, from exported files or the broker itself')
    .option('--from <folder>', 'an export, held against its manifest and daily roots')
    .option('--signals <file>', 'the input log')
    .option('--orders <file>', "the broker's orders")
    .option('--fills <file>', "the broker's executions")
    .option('--activities <file>', "the broker's other activities; required when there are any")
    .option('--broker', 'read orders, executions and activities from the broker, by --config')
    .option('--partial', 'with less than that: what is exact, within bounds, impossible, and why')
    .action(async ({ broker, ...options }: ReconstructBrokerOptions & { broker?: boolean }) =>
      end(
        broker === true
          ? await reconstructBroker(options, output)
          : reconstructFiles(options, output),
      ),
    );
  account('audit', 'seven questions of an outsider, answered on the records: YES, NO or NOT YET')
    .option('--markdown', 'answer as a Markdown table')
    .action(async (options: AuditOptions) => end(await audit(options, output)));
  account('verify', 'ledger = tables = reconstruction = exchange')
    .option('--roots <file>', 'daily roots kept from before: the records up to then must be theirs')
    .action(async (options: VerifyOptions) => end(await verify(options, output)));
}
