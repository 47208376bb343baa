// Stage: tests. An account on the synthetic market whose companies are reorganised, by the program itself.
// Invariant: what the exchange books of a spin-off, a new name and a merger is what the ledger made of it.
import { afterEach, expect, it } from 'vitest';
import { openSyntheticMarketData } from '../../src/adapters/market-data-synthetic/syntheticMarketData.ts';
import { nextSession, previousSession } from '../../src/domain/calendar.ts';
import { session } from '../../src/domain/time.ts';
import { assay } from './program.ts';
import { emptyBench, SETTINGS, strategyText, type Bench } from './workbench.ts';

const COMPANIES = ['ACME', 'BETA', 'CORP', 'DELTA'];
const MARKET = { ...SETTINGS.market, to: '2025-12-31', reorganisations: true } as const;

let bench: Bench | undefined;
afterEach(() => bench?.remove());

it.each(['spin_off', 'symbol_change', 'merger'] as const)(
  'a %s of the market is booked, applied and proved',
  async (kind) => {
    const market = openSyntheticMarketData({
      seed: MARKET.seed,
      symbols: COMPANIES,
      from: session(MARKET.from),
      to: session(MARKET.to),
      reorganisations: true,
    });
    const action = market.corporateActions.find((each) => each.kind === kind);
    if (action === undefined) throw new Error(`no ${kind} in this market`);
    let from = action.exDate;
    for (let days = 0; days < 3; days += 1) from = previousSession(from);
    let to = action.exDate;
    for (let days = 0; days < 5; days += 1) to = nextSession(to);

    bench = emptyBench();
    bench.write(
      'hold.ts',
      strategyText(
        `{ id: 'hold', version: '1', universe: ['${action.symbol}', 'SPY'], history: 1, evaluate: () => ({ '${action.symbol}': 0.5 }) }`,
      ),
    );
    const config = bench.configure({
      market: MARKET,
      sleeves: [{ id: 'hold', strategy: 'hold.ts', share: '1', onFailure: 'hold' }],
    });
    const at = ['--config', config, '--home', bench.home];
    const ran = await assay('simulate', ...at, '--from', from, '--to', to);
    expect([ran.code, ran.err]).toEqual([0, expect.not.stringContaining('Error')]);
    const postings = await assay('postings', '--sleeve', 'hold', '--home', bench.home, '--json');
    expect(postings.out).toContain(`"${kind}"`);
    expect(await assay('verify', ...at)).toMatchObject({ code: 0, err: '' });
    expect(await assay('reconcile', ...at)).toMatchObject({ code: 0 });
  },
);
