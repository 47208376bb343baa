// Stage: simulation. The markets of the seeds: cuts of synthetic worlds, with actions and gaps of their own.
// Invariant: a market depends on its options alone.
import { openSyntheticMarketData } from '../../src/adapters/market-data-synthetic/syntheticMarketData.ts';
import { barVersions } from '../../src/domain/barVersion.ts';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import type { CorporateAction, Symbol } from '../../src/domain/market.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { compareText, parsePrice, parseWeight, price } from '../../src/domain/units/units.ts';
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
/** Symbols that come of others; no strategy wants one. */
export const NEW_SYMBOLS: readonly string[] = ['NEWCO', 'SPUN'];
export const BASE_FROM = session('2000-01-03');
export const BASE_TO = session('2007-12-31');
/** Bars held before the first session and after the last one. */
const LEAD = 30;
const TAIL = 3;

const bases = new Map<string, MarketData>();

/** A whole synthetic world, made once; its companies reorganised when that is asked for. */
export function baseMarket(seed: number, reorganised = false): MarketData {
  const name = `${seed} ${reorganised}`;
  const known = bases.get(name);
  if (known !== undefined) return known;
  const base = openSyntheticMarketData({
    seed,
    symbols: SYMBOLS,
    from: BASE_FROM,
    to: BASE_TO,
    ...(reorganised ? { reorganisations: true } : {}),
  });
  bases.set(name, base);
  return base;
}

/** A symbol that is wanted, or that came of one. */
export const ofUniverse = (symbol: string, universe: readonly string[]): boolean =>
  universe.includes(symbol) || (/\.[NS]$/.test(symbol) && universe.includes(symbol.slice(0, -2)));

/** The market of a simulation: bars of the universe around its sessions. */
export function marketOf(options: SimulationOptions): MarketData {
  const { seed, universe, gaps, extraActions, reorganised } = options.market;
  const base = baseMarket(seed, reorganised);
  const all = sessionsBetween(BASE_FROM, BASE_TO);
  const [first = BASE_FROM] = options.sessions;
  const from = all[Math.max(0, all.indexOf(first) - LEAD)] ?? BASE_FROM;
  const last = options.sessions.at(-1) ?? first;
  const to = all[Math.min(all.length - 1, all.indexOf(last) + TAIL)] ?? BASE_TO;
  const symbols = base.symbols.filter((symbol) => ofUniverse(symbol, universe));
  const within = (day: Session): boolean => from <= day && day <= to;
  const cut = new Map(
    symbols.map((symbol): [Symbol, DailyBars | undefined] => {
      const gapsOf = new Set(gaps.filter((gap) => gap.symbol === symbol).map((gap) => gap.session));
      return [symbol, cutBars(base.bars(symbol), (day) => within(day) && !gapsOf.has(day))];
    }),
  );
  for (const extra of extraActions)
    if ('newSymbol' in extra) {
      const symbol = extra.newSymbol as Symbol; // one of NEW_SYMBOLS
      // A company of its own: the bars of another one that has gone on under this name.
      const bars = cutBars(base.bars(SYMBOLS[0] as Symbol), within); // one of its symbols
      if (bars !== undefined) cut.set(symbol, { ...bars, symbol });
    }
  const actions = [
    ...base.corporateActions.filter(({ symbol, exDate }) => cut.has(symbol) && exDate >= from),
    ...extraActions.map(toAction),
  ].sort((a, b) => compareText(a.exDate, b.exDate) || compareText(a.id, b.id));
  return {
    name: `cut of ${base.name}`,
    synthetic: true,
    paysDividends: true,
    symbols: [...cut.keys()].sort(compareText),
    bars: (symbol) => cut.get(symbol),
    corporateActions: actions,
  };
}

/**
 * The market as the program sees it on a day: an action that is listed late is not there before, and one
 * that is listed wrong pays twice as much, or splits into one share more.
 */
export function listedMarket(
  market: MarketData,
  { market: { late, wrong } }: SimulationOptions,
  today: () => Session,
): MarketData {
  const listedOn = new Map(late.map((each) => [each.id, each.listedOn]));
  return {
    ...market,
    get corporateActions() {
      const day = today();
      const off = new Set(
        wrong.filter(({ from, until }) => from <= day && day < until).map(({ id }) => id),
      );
      return market.corporateActions
        .filter(({ id }) => (listedOn.get(id) ?? '') <= day)
        .map((action) => (off.has(action.id) ? misprinted(action) : action));
    },
  };
}

function misprinted(action: CorporateAction): CorporateAction {
  if (action.kind === 'dividend') return { ...action, perShare: price(action.perShare * 2n) };
  return action.kind === 'split' ? { ...action, newShares: action.newShares + 1 } : action;
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
  switch (extra.kind) {
    case 'split':
      return { ...extra, id, symbol, exDate };
    case 'dividend':
    case 'merger': {
      const payDate = session(extra.payDate);
      const perShare = parsePrice(extra.perShare);
      return { kind: extra.kind, id, symbol, exDate, payDate, perShare };
    }
    case 'symbol_change':
    case 'spin_off': {
      const newSymbol = extra.newSymbol as Symbol; // one of NEW_SYMBOLS
      if (extra.kind === 'symbol_change') return { ...extra, id, symbol, exDate, newSymbol };
      const costFraction = parseWeight(extra.costFraction);
      return { ...extra, id, symbol, exDate, newSymbol, costFraction };
    }
  }
}
