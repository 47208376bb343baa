// Stage: tests. One account, run by the engine and by the research path.
// Invariant: both see the same market, strategies, limits and friction; nothing is shared between them.
import {
  DEFAULT_EXCHANGE_SETTINGS,
  FRICTIONLESS_EXCHANGE_SETTINGS,
  type ExchangeSettings,
} from '../../src/adapters/exchange/settings.ts';
import { EngineHistory } from '../../src/backtest/engineHistory.ts';
import type { AccountHistory } from '../../src/backtest/history.ts';
import { researchLimits, usd, type Friction } from '../../src/backtest/rules.ts';
import { runResearch, type ResearchRun } from '../../src/backtest/research.ts';
import { scheduleOf } from '../../src/backtest/schedule.ts';
import { readTape, type TradeAt } from '../../src/backtest/tape.ts';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import { navAt } from '../../src/domain/ledger/marks.ts';
import { sleevesInOrder } from '../../src/domain/ledger/state.ts';
import type { Symbol } from '../../src/domain/market.ts';
import type { Limits } from '../../src/domain/limits/settings.ts';
import { HOUSE, SUSPENSE, type SleeveId } from '../../src/domain/sleeve.ts';
import { session } from '../../src/domain/time.ts';
import { compareText, parseMoney } from '../../src/domain/units/units.ts';
import { History } from '../../src/engine/evaluate.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import type { MarketData } from '../../src/ports/marketData.ts';
import { LIMITS, openTestAccount, type TestAccount, type TestSleeve } from '../flows/account.ts';

export interface Case {
  readonly market: MarketData;
  readonly from: string;
  readonly to: string;
  /** House gets what the sleeves do not open with. */
  readonly cash: string;
  readonly sleeves: readonly TestSleeve[];
  readonly exchange?: Partial<ExchangeSettings>;
  readonly limits?: Partial<Limits>;
}

/** NAV of a sleeve at each close; null where it is unknown. */
export type Navs = ReadonlyMap<string, readonly (number | null)[]>;

/** By the engine: journal, netting, orders, exchange, ledger. */
export async function byEngine(of: Case): Promise<{
  navs: Navs;
  fills: number;
  crosses: number;
  history: AccountHistory;
  account: TestAccount;
}> {
  const account = openTestAccount({
    first: session(of.from),
    cash: of.cash,
    sleeves: of.sleeves,
    market: of.market,
    exchange: of.exchange ?? FRICTIONLESS_EXCHANGE_SETTINGS,
    limits: { ...of.limits },
  });
  const navs = new Map<string, (number | null)[]>();
  const recorder = new EngineHistory(account.shell.ledger.state);
  let crosses = 0;
  for (const day of sessionsBetween(session(of.from), session(of.to))) {
    const { cycle } = await runCycle(account.shell, account.history, day);
    recorder.note(cycle, account.shell.ledger.state);
    crosses += cycle.decisions.reduce((sum, decision) => sum + decision.crosses.length, 0);
    for (const sleeve of sleevesInOrder(account.shell.ledger.state)) {
      if (sleeve.id === HOUSE || sleeve.id === SUSPENSE) continue;
      const nav = navAt(sleeve, cycle);
      const of = navs.get(sleeve.id) ?? [];
      of.push(nav === null ? null : usd(nav));
      navs.set(sleeve.id, of);
    }
  }
  const fills = account.shell.ledger.state.fillIds.size;
  return { navs, fills, crosses, history: recorder.history(account.shell.ledger.state), account };
}

/** By the research path. */
export function byResearch(of: Case, tradeAt: TradeAt = 'next-open'): { navs: Navs } & ResearchRun {
  const sessions = sessionsBetween(session(of.from), session(of.to));
  const symbols = [...new Set(of.sleeves.flatMap(({ strategy }) => strategy.trades))].sort(
    compareText,
  ) as Symbol[]; // strategies name well-formed symbols
  const friction = frictionOf({
    ...(of.exchange === undefined ? FRICTIONLESS_EXCHANGE_SETTINGS : DEFAULT_EXCHANGE_SETTINGS),
    ...of.exchange,
  });
  const limits = researchLimits({ ...LIMITS, ...of.limits });
  const history = new History(of.market);
  const schedules = [...of.sleeves]
    .sort((a, b) => compareText(a.id, b.id))
    .map((sleeve) =>
      scheduleOf(
        {
          sleeve: sleeve.id as SleeveId, // test ids are well-formed
          openingCash: usd(parseMoney(sleeve.cash)),
          onFailure: sleeve.onFailure ?? 'hold',
          strategy: sleeve.strategy,
        },
        history,
        { sessions, symbols, tradeAt },
      ),
    );
  const given = schedules.reduce((sum, { openingCash }) => sum + openingCash, 0);
  const run = runResearch({
    tape: readTape(of.market, {
      sessions,
      symbols,
      friction,
      tradeAt,
      maxSpread: limits.maxSpread,
    }),
    schedules,
    house: Number(of.cash) - given,
    limits,
    friction,
  });
  const navs = new Map(
    run.history.sleeves.map((sleeve) => [
      sleeve.id,
      Array.from(sleeve.nav, (nav) => (Number.isNaN(nav) ? null : nav)),
    ]),
  );
  return { navs, ...run };
}

export const frictionOf = (settings: ExchangeSettings): Friction => ({
  halfSpread: Number(settings.halfSpreadBps) / 1e4,
  meanSlippage: Number(settings.slippageBps) / 2e4,
  impact: Number(settings.impactBps) / 1e4,
  maxSlippage: Number(settings.maxSlippageBps) / 1e4,
  participation: Number(settings.participation),
  priceSteps: settings.priceSteps ?? 'market',
  wholeShare: new Set(settings.wholeShareSymbols as Symbol[]), // test symbols are well-formed
  untradable: new Set(settings.untradableSymbols as Symbol[]), // as above
});

/** The largest |engine − research| ÷ engine over every sleeve and close; infinite where one is unknown. */
export function largestDifference(engine: Navs, research: Navs): number {
  let largest = engine.size === research.size ? 0 : Number.POSITIVE_INFINITY;
  for (const [sleeve, expected] of engine) {
    const found = research.get(sleeve) ?? [];
    if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
    expected.forEach((nav, day) => {
      const other = found[day] ?? null;
      if (nav === null && other === null) return;
      const difference =
        nav === null || other === null ? Number.POSITIVE_INFINITY : Math.abs(other - nav) / nav;
      largest = Math.max(largest, difference);
    });
  }
  return largest;
}
