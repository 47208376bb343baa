// Stage: apps. The seven questions of an outsider, answered on the actual records.
// Invariant: exits 1 when any record lacks its chain; the records are read, never folded into the answer.
import { audit as answer, type Answer } from '../../../domain/audit.ts';
import type { AuditRecords } from '../../../domain/audit/records.ts';
import type { Broker } from '../../../ports/broker.ts';
import { TABLES, type Journal, type TableName } from '../../../ports/journal.ts';
import { openTradedAccount } from '../composeAlpaca.ts';
import { loadConfig } from '../loadConfig.ts';
import { foldProgress } from '../readLedger.ts';
import { EXIT, type ExitCode, type Output } from '../usage.ts';
import { proveAccount, type VerifyOptions } from './verify.ts';

export interface AuditOptions extends VerifyOptions {
  readonly markdown?: boolean;
}

const SHOWN = 10;

export async function audit(options: AuditOptions, output: Output): Promise<ExitCode> {
  const account = await openTradedAccount(await loadConfig(options.config), {
    home: options.home,
    data: options.data,
    progress: foldProgress(output),
  });
  try {
    const { journal, broker } = account;
    const proof = await proveAccount(journal, broker, output);
    const answers = answer({
      ...(await auditRecords(journal, broker)),
      proof: {
        ...proof,
        mismatches: proof.mismatches.length,
        tables: proof.tables.map(({ table }) => table),
      },
    });
    if (options.json === true) output.line(JSON.stringify({ answers }));
    else
      for (const line of options.markdown === true ? markdown(answers) : text(answers))
        output.line(line);
    return answers.some((each) => each.answer === 'NO') ? EXIT.found : EXIT.ok;
  } finally {
    account.close();
  }
}

/** What an audit reads of an account, as it is stored. */
export async function auditRecords(
  journal: Journal,
  broker: Broker,
): Promise<Omit<AuditRecords, 'proof'>> {
  const named = (table: TableName): Record<string, string>[] =>
    [...journal.rows(table)].map((row) =>
      Object.fromEntries(TABLES[table].columns.map((column, index) => [column, row[index] ?? ''])),
    );
  return {
    entries: [...journal.read()],
    postings: named('postings'),
    outcomes: named('outcomes'),
    demands: named('demands'),
    broker: {
      orders: await broker.orders({}),
      fills: await broker.fills({}),
      amendments: await broker.amendments({}),
    },
  };
}

function text(answers: readonly Answer[]): string[] {
  return answers.flatMap((each) => [
    `${each.number}. ${each.answer.padEnd(8)} ${each.question}`,
    ...each.evidence.map((line) => `     ${line}`),
    ...each.missing.map((what) => `     not yet on these records: ${what}`),
    ...each.findings
      .slice(0, SHOWN)
      .map(({ record, expected, found }) => `   ! ${record}: expected ${expected}, found ${found}`),
    ...more(each).map((line) => `   ! ${line}`),
  ]);
}

function markdown(answers: readonly Answer[]): string[] {
  return [
    '| # | question | answer | evidence |',
    '| --- | --- | --- | --- |',
    ...answers.map((each) => {
      const found = each.findings
        .slice(0, SHOWN)
        .map(
          ({ record, expected, found: is }) => `**${record}**: expected ${expected}, found ${is}`,
        );
      const missing = each.missing.map((what) => `not yet: ${what}`);
      const cell = [...each.evidence, ...missing, ...found, ...more(each)].join('<br>');
      return `| ${each.number} | ${each.question} | ${each.answer} | ${cell.replaceAll('|', '\\|')} |`;
    }),
  ];
}

const more = ({ findings }: Answer): string[] =>
  findings.length > SHOWN ? [`and ${findings.length - SHOWN} more`] : [];
