// Stage: tests. Tax figures of random accounts, against the broker's records counted here once more.
// Invariant: the second count shares no code with the product's; the bridge is zero in every month.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { applyEvent } from '../../src/domain/ledger/apply.ts';
import { emptyState, ledgerTotals, type LedgerState } from '../../src/domain/ledger/state.ts';
import type { LedgerEvent } from '../../src/domain/ledger/events.ts';
import { TaxLedger } from '../../src/domain/tax.ts';
import { bridgeOf, deferredOf, settledOn } from '../../src/domain/tax/bridge.ts';
import { format, money, parseQuantity, total } from '../../src/domain/units/units.ts';
import { recordedRun } from './recorded.ts';

interface Folded {
  readonly tax: TaxLedger;
  readonly state: LedgerState;
  readonly events: readonly LedgerEvent[];
}

const runs = new Map<number, Promise<Folded>>();
function folded(seed: number): Promise<Folded> {
  const run = runs.get(seed) ?? fold(seed);
  runs.set(seed, run);
  return run;
}

async function fold(seed: number): Promise<Folded> {
  const { entries, events } = await recordedRun(seed, '2020-02-14');
  const state = emptyState();
  const tax = new TaxLedger();
  for (const { id, event } of entries) tax.see(id, event, applyEvent(state, event));
  return { tax, state, events };
}

/** First in, first out by the broker's executions alone; the symbols held through a split are named. */
function secondCount(events: readonly LedgerEvent[]) {
  // Prices × shares in 1e-18 USD, never rounded.
  const lots = new Map<string, { shares: bigint; cost: bigint }[]>();
  let gain = 0n;
  const split = new Set<string>();
  for (const event of events) {
    if (event.kind === 'cycle_opened')
      for (const action of event.actions)
        if (action.kind === 'split') {
          const held = lots.get(action.symbol) ?? [];
          for (const lot of held)
            lot.shares = (lot.shares * BigInt(action.newShares)) / BigInt(action.oldShares);
          if (held.length > 0) split.add(action.symbol);
        }
    if (event.kind !== 'fill_recorded') continue;
    const { symbol, side, lastQty, price } = event.fill;
    const own = lots.get(symbol) ?? [];
    lots.set(symbol, own);
    if (side === 'buy') {
      own.push({ shares: lastQty, cost: price * lastQty });
      continue;
    }
    let left: bigint = lastQty;
    while (left > 0n) {
      const lot = own[0];
      if (lot === undefined) break;
      const taken = left < lot.shares ? left : lot.shares;
      const cost = (lot.cost * taken) / lot.shares;
      gain += price * taken - cost;
      lot.cost -= cost;
      lot.shares -= taken;
      left -= taken;
      if (lot.shares === 0n) own.shift();
    }
  }
  return { gain, lots, split };
}

describe('the tax ledger', () => {
  it.each([2, 8])('holds what the account holds, lot by lot, seed %i', async (seed) => {
    const { tax, state, events } = await folded(seed);
    const { positions } = ledgerTotals(state);
    expect(new Map(tax.lots.symbols().map((symbol) => [symbol, tax.lots.held(symbol)]))).toEqual(
      new Map([...positions].sort(([a], [b]) => (a < b ? -1 : 1))),
    );
    const second = secondCount(events);
    for (const symbol of tax.lots.symbols())
      if (!second.split.has(symbol))
        expect(tax.lots.of(symbol).map(({ quantity }) => quantity)).toEqual(
          second.lots.get(symbol)?.map(({ shares }) => shares),
        );
    const gain = total(tax.sales.map((sale) => sale.gain));
    expect(tax.sales.length).toBeGreaterThan(60);
    // Each of them is rounded to 1e-9 USD; shares of a split to 1e-9 share.
    const off = Number(gain) - Number(second.gain / 1_000_000_000n);
    expect(Math.abs(off)).toBeLessThan(second.split.size === 0 ? 2000 : 2_000_000);
  });

  it.each([2, 8])('is bridged from the sleeves without a rest, seed %i', async (seed) => {
    const { tax, state } = await folded(seed);
    for (const month of ['', '2020-01', '2020-02']) {
      const lines = bridgeOf(tax, (day) => day.startsWith(month));
      expect(lines.length).toBeGreaterThan(4);
      for (const line of lines) expect([line.symbol, line.difference]).toEqual([line.symbol, 0n]);
    }
    const lines = bridgeOf(tax, () => true);
    expect(lines.some(({ crosses }) => crosses !== 0n)).toBe(true);
    expect(lines.some(({ lots }) => lots !== 0n)).toBe(true);
    expect(total(lines.map(({ economic }) => economic))).toBe(
      total([...state.sleeves.values()].map(({ realised }) => realised)),
    );
    // The same difference from the lots: what one side realised more, the other still holds.
    const held = new Map(deferredOf(state, tax.lots).map((line) => [line.symbol, line]));
    for (const { symbol, economic, tax: realised } of lines) {
      const kept = held.get(symbol);
      const deferred = (kept?.economic ?? 0n) - (kept?.tax ?? 0n);
      expect([symbol, format(money(economic - realised))]).toEqual([
        symbol,
        format(money(deferred)),
      ]);
    }
  });

  it.each([2, 8])('washes losses only, each share once, seed %i', async (seed) => {
    const { tax } = await folded(seed);
    expect(tax.wash.found.length).toBeGreaterThan(10);
    const bySale = new Map<string, bigint>();
    const byPurchase = new Map<string, bigint>();
    for (const { sale, sold, replacement, quantity, disallowed } of tax.wash.found) {
      expect(disallowed).toBeGreaterThanOrEqual(0n);
      const days = (Date.parse(replacement.on) - Date.parse(sale.on)) / 86_400_000;
      expect(Math.abs(days)).toBeLessThanOrEqual(30);
      const key = `${sale.id} ${sold.id}`;
      bySale.set(key, (bySale.get(key) ?? 0n) + disallowed);
      byPurchase.set(replacement.id, (byPurchase.get(replacement.id) ?? 0n) + quantity);
    }
    for (const sale of tax.sales) {
      const washed = bySale.get(`${sale.sale.id} ${sale.purchase.id}`) ?? 0n;
      expect(washed <= (sale.gain < 0n ? -sale.gain : 0n)).toBe(true);
    }
    const bought = new Map(
      (await recordedRun(seed, '2020-02-14')).evidence.fills.map((fill) => [fill.id, fill.lastQty]),
    );
    for (const [id, shares] of byPurchase)
      expect(shares <= (bought.get(id) ?? 0n) * 40n).toBe(true);
    expect(tax.sales.every((sale) => settledOn(sale) === sale.sold)).toBe(true);
  });
});

const run = (program: string, argv: readonly string[], input: string) =>
  spawnSync(program, argv, { input, encoding: 'utf8' });
const hledger = (argv: readonly string[], journal: string) =>
  run('hledger', ['-f', '-', ...argv], journal);

describe.skipIf(hledger(['--version'], '').status !== 0)(
  'hledger (needs hledger: apt-get install hledger)',
  () => {
    it('comes to the same gains and the same cost of every lot', async () => {
      const { tax, events } = await folded(2);
      const { split } = secondCount(events);
      const sales = tax.sales.filter(({ symbol }) => !split.has(symbol));
      const fills = events.flatMap((event) =>
        event.kind === 'fill_recorded' && event.fill.side === 'buy' && !split.has(event.fill.symbol)
          ? [event.fill]
          : [],
      );
      const lotAccount = (symbol: string, id: string): string =>
        `assets:${symbol}:${id.replaceAll(/[^A-Za-z0-9-]/g, '-')}`;
      const journal = [
        ...fills.map(
          ({ id, symbol, at, lastQty, price }) =>
            `${at.slice(0, 10)} bought\n  ${lotAccount(symbol, id)}  ${format(lastQty)} ${symbol} @ ${format(price)} USD\n  assets:cash\n`,
        ),
        ...sales.map(
          ({ symbol, purchase, sold, quantity, cost, proceeds, gain, term }) =>
            `${sold} sold\n  ${lotAccount(symbol, purchase.id)}  -${format(quantity)} ${symbol} @@ ${format(cost)} USD\n  assets:cash  ${format(proceeds)} USD\n  income:${term}  ${format(money(-gain))} USD\n`,
        ),
      ].join('\n');
      expect(sales.length).toBeGreaterThan(50);
      const income = hledger(['bal', 'income', '-N', '-O', 'csv'], journal);
      expect([income.status, income.stderr]).toEqual([0, '']);
      const gain = total(sales.map((sale) => sale.gain));
      expect(income.stdout).toContain(`"income:short","${format(money(-gain))} USD"`);
      const { stdout } = hledger(['bal', 'assets', '--flat', '-N', '-O', 'csv'], journal);
      const held = [...stdout.matchAll(/"(assets:[A-Z]+:[^"]+)","([\d.]+) /g)].map(
        ([, account, shares = '']) => `${account} ${format(parseQuantity(shares))}`,
      );
      const ours = tax.lots
        .symbols()
        .filter((symbol) => !split.has(symbol))
        .flatMap((symbol) =>
          tax.lots.of(symbol).map((lot) => `${lotAccount(symbol, lot.id)} ${format(lot.quantity)}`),
        );
      expect(held.sort()).toEqual(ours.sort());
    });
  },
);
