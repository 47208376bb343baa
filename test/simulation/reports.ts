// Stage: simulation. The reports on a journal, after a random life of its account.
// Invariant: performance gives the ledger's returns; tax lots are the account's shares; the bridge is zero.
import { ledgerTotals, sleevesInOrder } from '../../src/domain/ledger/state.ts';
import { performanceOf, PERIODS } from '../../src/domain/performance.ts';
import { PerformanceDays, ROUNDING } from '../../src/domain/performance/days.ts';
import { bridgeOf } from '../../src/domain/tax/bridge.ts';
import { TaxLedger } from '../../src/domain/tax.ts';
import { foldJournal } from '../../src/engine/foldJournal.ts';
import type { Journal } from '../../src/ports/journal.ts';
import { require } from './broken.ts';
import type { Hits } from './hits.ts';

/** Sums and linked returns are asserted where they are computed; here they meet the ledger. */
export function reportsAgree(journal: Journal, hits: Hits): void {
  const days = new PerformanceDays();
  const tax = new TaxLedger();
  let gaveUpShort = false;
  const { state } = foldJournal(
    journal,
    () => {},
    ({ id, event }, _, { postings, state: folded }) => {
      days.see(event, postings, folded);
      tax.see(id, event, postings);
      gaveUpShort ||= postings.some(({ kind, quantity }) => kind === 'merger' && quantity > 0n);
    },
  );
  for (const by of PERIODS) performanceOf(days.days, by, { from: null, to: null });
  const [whole] = performanceOf(days.days, 'whole', { from: null, to: null });
  const last = days.days.at(-1);
  if (whole !== undefined && whole.to === last?.session) {
    hits.hit('performance compared');
    for (const { id, performance } of sleevesInOrder(state)) {
      const figures = whole.members.get(id);
      if (figures === undefined) continue;
      require('I14', figures.growth === performance.index &&
        figures.drawdown.depth ===
          performance.maxDrawdown, `Sleeve ${id} has index ${performance.index}, its performance says ${figures.growth}.`);
    }
    const rounding = whole.members.get(ROUNDING)?.closing ?? 0n;
    require('I14', rounding ===
      state.rounding, `Rounding is ${state.rounding}, performance says ${rounding}.`);
  }
  const { positions } = ledgerTotals(state);
  for (const symbol of new Set([...positions.keys(), ...tax.lots.symbols()]))
    require('I15', tax.lots.held(symbol) ===
      (positions.get(symbol) ??
        0n), `The account holds ${positions.get(symbol) ?? 0n} ${symbol}, its tax lots ${tax.lots.held(symbol)}.`);
  // Shares that suspense was short of when they were given up are nobody's for tax.
  for (const line of bridgeOf(tax, () => true)) {
    if (line.crosses !== 0n) hits.hit('a cross that is no sale for tax');
    if (!gaveUpShort)
      require('I15', line.difference ===
        0n, `The tax bridge of ${line.symbol} leaves ${line.difference}.`);
  }
  hits.hit('possible wash sale', tax.wash.found.length);
}
