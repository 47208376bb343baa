// Stage: simulation. The markets of the seeds: cuts of synthetic worlds, with actions and gaps of their own.
// Invariant: a market depends on its options alone.
import { openSyntheticMarketData } from '../../src/adapters/market-data-synthetic/syntheticMarketData.ts';
import { barVersions } from '../../src/domain/barVersion.ts';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import type { CorporateAction, Symbol } from '../../src/domain/market.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { compareText, parsePrice } from '../../src/domain/units/units.ts';
import type { DailyBars, MarketData } from '../../src/ports/marketData.ts';
import type { ExtraAction, SimulationOptions } from './options.ts';

/** Funds that pay monthly, quarterly and never, and companies. */
export const SYMBOLS: readonly string[] = [
  'ACME',
  'BETA',
  'BRK.B',
  'CORP',
  'DBC',
  'DELTA',
  'QQQ',
  'SPY',
  'TLT',
];
export const BASE_FROM = session('2000-01-03');
export const BASE_TO = session('2007-12-31');
/** Bars held before the first session and after the last one. */
const LEAD = 30;
const TAIL = 3;

const bases = new Map<number, MarketData>();

/** A whole synthetic world, made once. */
export function baseMarket(seed: number): MarketData {
  const known = bases.get(seed);
  if (known !== undefined) return known;
  const base = openSyntheticMarketData({ seed, symbols: SYMBOLS, from: BASE_FROM, to: BASE_TO });
  bases.set(seed, base);
  return base;
}

/** The market of a simulation: bars of the universe around its sessions. */
export function marketOf(options: SimulationOptions): MarketData {
  const { seed, universe, gaps, extraActions } = options.market;
  const base = baseMarket(seed);
  const all = sessionsBetween(BASE_FROM, BASE_TO);
  const [first = BASE_FROM] = options.sessions;
  const from = all[Math.max(0, all.indexOf(first) - LEAD)] ?? BASE_FROM;
  const last = options.sessions.at(-1) ?? first;
  const to = all[Math.min(all.length - 1, all.indexOf(last) + TAIL)] ?? BASE_TO;
  const symbols = base.symbols.filter((symbol) => universe.includes(symbol));
  const cut = new Map(
    symbols.map((symbol): [Symbol, DailyBars | undefined] => {
      const gapsOf = new Set(gaps.filter((gap) => gap.symbol === symbol).map((gap) => gap.session));
      return [
        symbol,
        cutBars(base.bars(symbol), (day) => from <= day && day <= to && !gapsOf.has(day)),
      ];
    }),
  );
  const actions = [
    ...base.corporateActions.filter(({ symbol, exDate }) => cut.has(symbol) && exDate >= from),
    ...extraActions.map(toAction),
  ].sort((a, b) => compareText(a.exDate, b.exDate) || compareText(a.id, b.id));
  return {
    name: `cut of ${base.name}`,
    synthetic: true,
    paysDividends: true,
    symbols,
    bars: (symbol) => cut.get(symbol),
    corporateActions: actions,
  };
}

function cutBars(
  bars: DailyBars | undefined,
  keeps: (day: Session) => boolean,
): DailyBars | undefined {
  if (bars === undefined) return undefined;
  const kept = bars.sessions.flatMap((day, index) => (keeps(day) ? [index] : []));
  const whole = (column: BigInt64Array): BigInt64Array =>
    BigInt64Array.from(kept, (index) => column[index] ?? 0n);
  const columns = {
    symbol: bars.symbol,
    sessions: kept.flatMap((index) => bars.sessions[index] ?? []),
    open: whole(bars.open),
    high: whole(bars.high),
    low: whole(bars.low),
    close: whole(bars.close),
    adjustedClose: Float64Array.from(kept, (index) => bars.adjustedClose[index] ?? NaN),
    volume: whole(bars.volume),
  };
  return { ...columns, version: barVersions(columns) };
}

function toAction(extra: ExtraAction, index: number): CorporateAction {
  const symbol = extra.symbol as Symbol; // one of SYMBOLS
  const exDate = session(extra.exDate);
  const id = `extra-${index}`;
  if (extra.kind === 'split') return { ...extra, id, symbol, exDate };
  return {
    kind: 'dividend',
    id,
    symbol,
    exDate,
    payDate: session(extra.payDate),
    perShare: parsePrice(extra.perShare),
  };
}
