// Stage: tests. What a journal expects of the account's tax figures so far.
// Invariant: the bridge of the symbol is zero, and so is the difference of both lots, each time it is asked.
import { equal } from 'node:assert/strict';
import { bridgeOf, deferredOf } from '../../src/domain/tax/bridge.ts';
import { ledgerTotals } from '../../src/domain/ledger/state.ts';
import { format, money, NO_MONEY, NO_SHARES, total } from '../../src/domain/units/units.ts';
import type { JournalAccount } from './account.ts';
import { pairs, symbolOf } from './words.ts';

/**
 * tax AAPL gain 12 economic 15 crosses -10 lots 7 held 5 cost 50 deferred 3 washed 2; each lot sold as
 * day/seller/shares/proceeds/cost: sold 2024-03-15/a/5/555/500
 */
export function expectTax(
  { tax, state }: JournalAccount,
  [name, ...expected]: readonly string[],
): void {
  const symbol = symbolOf(name);
  const line = bridgeOf(tax, () => true).find((each) => each.symbol === symbol);
  const sales = tax.sales.filter((each) => each.symbol === symbol);
  const kept = deferredOf(state, tax.lots).find((each) => each.symbol === symbol);
  const deferred = money((kept?.economic ?? 0n) - (kept?.tax ?? 0n));
  equal(format(line?.difference ?? NO_MONEY), '0', 'the bridge');
  equal(format(deferred), format(money((line?.economic ?? 0n) - (line?.tax ?? 0n))), 'both lots');
  const washed = tax.wash.found.filter((each) => each.symbol === symbol);
  const found: Record<string, string> = {
    gain: format(line?.tax ?? NO_MONEY),
    economic: format(line?.economic ?? NO_MONEY),
    crosses: format(line?.crosses ?? NO_MONEY),
    leftovers: format(line?.other ?? NO_MONEY),
    lots: format(line?.lots ?? NO_MONEY),
    held: format(tax.lots.held(symbol)),
    cost: format(tax.lots.cost(symbol)),
    deferred: format(deferred),
    washed: format(total(washed.map((each) => each.disallowed))),
    sales: String(sales.length),
    sold: sales
      .map(({ sale, quantity, proceeds, cost }) =>
        [sale.on, sale.sleeves.join('&'), ...[quantity, proceeds, cost].map(format)].join('/'),
      )
      .join(','),
  };
  for (const [key, value] of pairs(expected)) equal(found[key], value, key);
}

/** After every journal: the tax lots are the account's shares, and every symbol's bridge comes to zero. */
export function expectTaxHolds({ tax, state }: JournalAccount): void {
  const { positions } = ledgerTotals(state);
  for (const symbol of new Set([...positions.keys(), ...tax.lots.symbols()]))
    equal(
      format(tax.lots.held(symbol)),
      format(positions.get(symbol) ?? NO_SHARES),
      `tax lots of ${symbol}`,
    );
  for (const { symbol, difference } of bridgeOf(tax, () => true))
    equal(format(difference), '0', `the bridge of ${symbol}`);
}
