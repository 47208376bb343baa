// Stage: apps. What the account realised for tax, and the bridge from what its sleeves did.
// Invariant: every line of the bridge is shown, and what they leave; nothing is advice.
import { bridgeOf, deferredOf, settledOn } from '../../../domain/tax/bridge.ts';
import { TaxLedger } from '../../../domain/tax.ts';
import { ledgerTotals } from '../../../domain/ledger/state.ts';
import { total } from '../../../domain/units/units.ts';
import { csvLines } from '../csv.ts';
import { withLedger } from '../readLedger.ts';
import { lotRecord, saleRecord, taxJson, taxLines, type TaxReport } from '../taxView.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';

export interface TaxOptions {
  readonly home: string;
  readonly year?: string;
  readonly lots?: boolean;
  readonly wash?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

export async function tax(options: TaxOptions, output: Output): Promise<ExitCode> {
  const { year } = options;
  if (year !== undefined && !/^\d{4}$/.test(year))
    throw new UsageError(
      `--year: expected four digits like 2024, found "${year}". Nothing was read. Correct it.`,
    );
  const ledger = new TaxLedger();
  const state = await withLedger(
    options.home,
    output,
    (read) => read.state,
    ({ id, event }, _, { postings }) => ledger.see(id, event, postings),
  );
  const within = (day: string): boolean => year === undefined || day.startsWith(year);
  const { positions } = ledgerTotals(state);
  const report: TaxReport = {
    year: year ?? null,
    account: state.configuration?.account ?? '',
    asOf: state.lastCycle,
    sales: ledger.sales.filter((sale) => within(settledOn(sale))),
    bridge: bridgeOf(ledger, within),
    deferred: year === undefined ? deferredOf(state, ledger.lots) : null,
    washed: ledger.wash.found.filter(({ sale }) => within(sale.on)),
    lots: ledger.lots,
    unexplained: [...new Set([...positions.keys(), ...ledger.lots.symbols()])]
      .sort()
      .map((symbol) => ({
        symbol,
        ledger: positions.get(symbol) ?? total([]),
        tax: ledger.lots.held(symbol),
      }))
      .filter((each) => each.ledger !== each.tax),
  };
  for (const line of shownAs(report, options)) output.line(line);
  const isBridged = report.bridge.every(({ difference }) => difference === 0n);
  return isBridged && report.unexplained.length === 0 ? EXIT.ok : EXIT.found;
}

function shownAs(report: TaxReport, options: TaxOptions): string[] {
  if (options.json === true) return [JSON.stringify(taxJson(report))];
  if (options.csv === true)
    return csvLines(
      options.lots === true
        ? report.lots
            .symbols()
            .flatMap((symbol) => report.lots.of(symbol).map((lot) => lotRecord(symbol, lot)))
        : report.sales.map((sale) => saleRecord(sale, report.washed)),
    );
  return taxLines(report, { lots: options.lots === true, wash: options.wash === true });
}
