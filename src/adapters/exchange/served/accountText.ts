// Stage: paper exchange, served. Account, positions, assets, clock and calendar as the wire shows them.
// Invariant: derived at the moment of asking; every decimal is text.
// Source: key sets recorded from Alpaca's paper API, 2026-10: 37 of an account, 18 of a position.
import {
  exchangeDate,
  nextSession,
  previousSession,
  sessionsBetween,
} from '../../../domain/calendar.ts';
import type { Symbol } from '../../../domain/market.ts';
import type { Session } from '../../../domain/time.ts';
import { divideHalfEven } from '../../../domain/units/decimal.ts';
import {
  absolute,
  format,
  money,
  notional,
  ONE,
  parseMoney,
  parseQuantity,
  price,
  quantity,
  roundToCent,
  subtract,
  type Money,
} from '../../../domain/units/units.ts';
import { contentId } from '../chance.ts';
import { clockText, microsText, phaseAt, timestampOf, tradingDay } from './instant.ts';
import { dayBar } from './marketPath.ts';
import type { Holding } from './holdings.ts';
import { heldForOrders } from './standing.ts';
import { assetId } from './venueOrder.ts';
import type { VenueState } from './venueState.ts';

const cents = (value: Money): string => format(roundToCent(value));

/** A figure that the exchange lies about when a rule says so. */
function lied(state: VenueState, fault: 'cash_lie' | 'position_lie', symbol?: string): bigint {
  if (!state.faults.has(fault)) return 0n;
  const met = state.faults.meet(fault, symbol === undefined ? {} : { symbol });
  if (met === undefined) return 0n;
  return fault === 'cash_lie' ? parseMoney(met.amount ?? '1') : parseQuantity(met.amount ?? '1');
}

export function accountText(state: VenueState): { readonly [key: string]: unknown } {
  const figures = state.figures();
  const { holdings, settings, switches } = state;
  const account: { [key: string]: unknown } = {
    id: contentId('account', settings.accountId),
    admin_configurations: {},
    user_configurations: null,
    account_number: `PA${contentId('number', settings.accountId).slice(0, 8).toUpperCase()}`,
    status: 'ACTIVE',
    crypto_status: 'ACTIVE',
    options_approved_level: 0,
    options_trading_level: 0,
    currency: 'USD',
    buying_power: cents(figures.buyingPower),
    regt_buying_power: cents(figures.regulatedBuyingPower),
    effective_buying_power: cents(figures.buyingPower),
    non_marginable_buying_power: cents(figures.settledBuyingPower),
    options_buying_power: cents(figures.settledBuyingPower),
    cash: cents(money(figures.cash + lied(state, 'cash_lie'))),
    accrued_fees: '0',
    portfolio_value: cents(figures.equity),
    trading_blocked: false,
    transfers_blocked: false,
    account_blocked: false,
    created_at: microsText(Date.parse(settings.startsAt) * 1000),
    trade_suspended_by_user: switches.suspendTrade,
    multiplier: String(figures.multiplier),
    shorting_enabled: figures.multiplier > 1 && !switches.noShorting,
    equity: cents(figures.equity),
    last_equity: format(holdings.lastEquity),
    long_market_value: cents(figures.longValue),
    short_market_value: cents(figures.shortValue),
    position_market_value: cents(subtract(figures.longValue, figures.shortValue)),
    initial_margin: cents(figures.initialMargin),
    maintenance_margin: cents(figures.maintenanceMargin),
    last_maintenance_margin: cents(holdings.lastMaintenance),
    sma: cents(figures.equity),
    balance_asof: balanceDate(state),
    crypto_tier: 1,
    intraday_adjustments: '0',
    pending_reg_taf_fees: '0',
  };
  if (state.faults.meet('account_keys_dropped') !== undefined) {
    for (const key of ['multiplier', 'sma', 'crypto_tier']) delete account[key];
  }
  // Removed by Alpaca on 2026-07-06; strict decoders crashed.
  if (state.faults.meet('account_keys_of_old') !== undefined)
    Object.assign(account, {
      pattern_day_trader: false,
      daytrade_count: 0,
      daytrading_buying_power: '0',
    });
  return account;
}

/** The last session that has closed. */
function balanceDate(state: VenueState): Session {
  const { day } = phaseAt(state.now);
  const date = state.date();
  return day !== undefined && state.now >= day.close ? date : previousSession(date);
}

export const configurationText = ({ switches, settings }: VenueState) => ({
  disable_overnight_trading: false,
  fractional_trading: switches.fractional,
  max_margin_multiplier: String(settings.multiplier),
  max_options_trading_level: 0,
  no_shorting: switches.noShorting,
  ptp_no_exception_entry: false,
  suspend_trade: switches.suspendTrade,
  trade_confirm_email: 'all',
});

const MICRO_USD = 1_000n;
/** Money at six decimals. */
const six = (count: bigint): string => format(money(divideHalfEven(count, MICRO_USD) * MICRO_USD));
const ratio = (part: bigint, whole: bigint): string =>
  whole === 0n ? '0' : format(price(divideHalfEven(part * ONE, absolute(money(whole)))));

export function positionText(state: VenueState, holding: Holding) {
  const { symbol, average } = holding;
  const shares = quantity(holding.quantity + lied(state, 'position_lie', symbol));
  const now = state.priceOf(symbol);
  const { day } = phaseAt(state.now);
  const date = day?.session ?? state.date();
  const before = dayBar(state.settings.market, symbol, previousSession(date), true)?.close ?? now;
  const value = notional(now, shares);
  const cost = notional(average, shares);
  const today = notional(price(now - before), shares);
  const held = shares > 0n ? heldForOrders(state.openOn(symbol)) : quantity(0n);
  return {
    asset_id: assetId(symbol),
    symbol,
    exchange: 'NASDAQ',
    asset_class: 'us_equity',
    asset_marginable: true,
    qty: format(shares),
    avg_entry_price: format(average),
    side: shares > 0n ? 'long' : 'short',
    market_value: six(value),
    cost_basis: six(cost),
    unrealized_pl: six(value - cost),
    unrealized_plpc: ratio(value - cost, cost),
    unrealized_intraday_pl: six(today),
    unrealized_intraday_plpc: ratio(today, notional(before, shares)),
    current_price: format(now),
    lastday_price: format(before),
    change_today: ratio(now - before, before),
    qty_available: format(subtract(shares, held)),
  };
}

export const positionsText = (state: VenueState) =>
  state.holdings.all().map((holding) => positionText(state, holding));

export function assetText(state: VenueState, symbol: Symbol) {
  const { settings } = state;
  const shortable = settings.multiplier > 1 && !settings.notShortable.has(symbol);
  return {
    id: assetId(symbol),
    class: 'us_equity',
    exchange: 'NASDAQ',
    symbol,
    name: `${symbol} Common Stock`,
    status: 'active',
    tradable: !settings.untradable.has(symbol),
    marginable: true,
    maintenance_margin_requirement: 30,
    margin_requirement_long: '30',
    margin_requirement_short: '30',
    shortable,
    easy_to_borrow: shortable,
    borrow_status: shortable ? 'easy_to_borrow' : 'hard_to_borrow',
    fractionable: !settings.wholeShare.has(symbol),
    attributes: settings.wholeShare.has(symbol) ? [] : ['fractional_eh_enabled'],
  };
}

export function clockBody(state: VenueState) {
  const skew = state.faults.meet('clock_skew')?.milliseconds ?? 0;
  const { phase, day } = phaseAt(state.now);
  const today = exchangeDate(timestampOf(state.now));
  const upcoming = day !== undefined && state.now < day.open ? day : tradingDay(nextSession(today));
  const closing = day !== undefined && state.now < day.close ? day : tradingDay(nextSession(today));
  return {
    timestamp: clockText(state.now + skew * 1000),
    is_open: phase === 'core',
    next_open: clockText(upcoming.open),
    next_close: clockText(closing.close),
  };
}

export function calendarBody(from: Session, to: Session) {
  return sessionsBetween(from, to).map((date) => {
    const day = tradingDay(date);
    return {
      date,
      open: clockText(day.open).slice(11, 16),
      close: clockText(day.close).slice(11, 16),
      session_open: '0400',
      session_close: '2000',
      settlement_date: nextSession(date),
    };
  });
}
