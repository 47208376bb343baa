// Stage: tests. An account put together as `assay run` does it, at a served exchange, one session at a time.
// Invariant: configuration, keys, lease, bars and journal are files; only time is the exchange's.
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Timer } from '../../src/adapters/alpaca/rateBudget.ts';
import type { ServedExchange } from '../../src/adapters/exchange/served/serveExchange.ts';
import type { Account } from '../../src/apps/cli/compose.ts';
import { openTradedAccount, refuseStale } from '../../src/apps/cli/composeAlpaca.ts';
import { loadConfig, type LoadedConfig } from '../../src/apps/cli/loadConfig.ts';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import type { CorporateAction } from '../../src/domain/market.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { runCycle, type CycleResult } from '../../src/engine/runCycle.ts';
import { strategyText, type Bench } from '../cli/workbench.ts';
import { bar, barMarket } from '../contracts/barMarket.ts';
import { KEYS } from '../exchange/served.ts';

/** AAA at 10.00; BBB at 100.00, half of it from 18 July on. */
export function quietMarket(actions: readonly CorporateAction[] = []) {
  const days = sessionsBetween(session('2018-07-02'), session('2018-07-31'));
  const flat = (date: string, price: string) => bar(date, price, { high: price, low: price });
  return barMarket(
    {
      AAA: days.map((date) => flat(date, '10')),
      BBB: days.map((date) => flat(date, date < '2018-07-18' ? '100' : '50')),
    },
    actions,
  );
}

/** Keys in the environment, leases in the bench. */
export function stubKeys(bench: Bench, keys = KEYS): void {
  vi.stubEnv('APCA_API_KEY_ID', keys.keyId);
  vi.stubEnv('APCA_API_SECRET_KEY', keys.secret);
  vi.stubEnv('XDG_STATE_HOME', join(bench.folder, 'state'));
}

/** One sleeve that holds AAA and BBB, at the exchange. */
export function configured(bench: Bench, exchange: ServedExchange): Promise<LoadedConfig> {
  bench.write(
    'hold.ts',
    strategyText(
      `{ id: 'hold', version: '1', universe: ['AAA', 'BBB'], history: 1, evaluate: () => ({ AAA: 0.5, BBB: 0.3 }) }`,
    ),
  );
  return loadConfig(
    bench.configure({
      market: { kind: 'alpaca', folder: 'bars' },
      broker: { kind: 'alpaca', environment: 'paper', feed: 'iex', baseUrl: exchange.url },
      sleeves: [{ id: 'hold', strategy: 'hold.ts', share: '1', onFailure: 'hold' }],
    }),
  );
}

/** What is waited passes at the exchange; its clock is read once an hour of it. */
export const timeOf = ({ desk, advance }: ServedExchange, machineAheadMs = 0) => {
  const timer: Timer = {
    nowMs: () => desk.state.now / 1000 + machineAheadMs,
    sleep: async (ms, signal) => {
      await new Promise((next) => {
        setImmediate(next);
      });
      if (signal?.aborted !== true) advance(desk.state.now + Math.ceil(ms * 1000));
    },
  };
  return { timer, readClockEveryMs: 3_600_000 };
};

/** One run: opens the account, trades the session, closes it, as a process of its own would. */
export async function runSession<T>(
  of: {
    readonly loaded: LoadedConfig;
    readonly home: string;
    readonly time: ReturnType<typeof timeOf>;
  },
  day: Session,
  look: (account: Account, result: CycleResult) => T | Promise<T>,
): Promise<T> {
  const { loaded, home, time } = of;
  const account = await openTradedAccount(loaded, { home, first: day, trades: true, time });
  try {
    refuseStale(account.shell.market, day);
    return await look(account, await runCycle(account.shell, account.history, day));
  } finally {
    account.close();
  }
}
