// Stage: paper exchange, served. Time passing: opens, auctions, closes, settlement, corporate actions.
// Invariant: the state after an advance depends on the instant reached, not on the steps taken to it.
import { exchangeDate, nextSession } from '../../../domain/calendar.ts';
import type { Session } from '../../../domain/time.ts';
import { money, quantity } from '../../../domain/units/units.ts';
import { regulatoryFees } from '../regulatoryFees.ts';
import { bookActions } from './actionTurns.ts';
import { bookCash } from './cashRows.ts';
import { MINUTE, phaseAt, timestampOf, tradingDay, type Micros } from './instant.ts';
import { match, matchAuction, occasionOf } from './matching.ts';
import { isExecutable, isFinal, type VenueOrder } from './venueOrder.ts';
import type { Due, VenueState } from './venueState.ts';

/** Moves to an instant, through everything that happens on the way. An instant past changes nothing. */
export function advance(state: VenueState, to: Micros, finish: (due: Due) => void): void {
  for (;;) {
    const next = nextInstant(state);
    if (next > to) break;
    state.now = Math.max(state.now, next);
    runDue(state, finish);
    runTurn(state);
    runTick(state);
  }
  state.now = Math.max(state.now, to);
}

/** Whatever is due at this very instant. */
export function runDue(state: VenueState, finish: (due: Due) => void): void {
  for (;;) {
    const [due] = state.agenda;
    if (due === undefined || due.at > state.now) return;
    state.agenda.shift();
    finish(due);
  }
}

/** The next due entry, turn of the day, or minute in which something could execute. */
function nextInstant(state: VenueState): Micros {
  const due = state.agenda[0]?.at ?? Infinity;
  const turn = nextTurn(state.now);
  const tick = hasWorking(state) ? (Math.floor(state.now / MINUTE) + 1) * MINUTE : Infinity;
  return Math.min(due, turn, tick);
}

function hasWorking(state: VenueState): boolean {
  const { phase } = phaseAt(state.now);
  if (phase === 'closed') return false;
  for (const order of state.open.values()) {
    if (isExecutable(order) && (phase === 'core' || order.terms.extended)) return true;
  }
  return false;
}

const GTC_JOB_AFTER_CLOSE = 15 * MINUTE;

function turnsOf(session: Session): readonly Micros[] {
  const day = tradingDay(session);
  return [day.preOpen, day.open, day.close, day.close + GTC_JOB_AFTER_CLOSE, day.postClose];
}

function nextTurn(now: Micros): Micros {
  const { day } = phaseAt(now);
  const today = day === undefined ? [] : turnsOf(day.session);
  const found = today.find((at) => at > now);
  if (found !== undefined) return found;
  return turnsOf(nextSession(exchangeDate(timestampOf(now))))[0] ?? Infinity;
}

function runTurn(state: VenueState): void {
  const { day } = phaseAt(state.now);
  if (day === undefined) return;
  switch (state.now) {
    case day.preOpen:
      startDay(state, day.session);
      wake(state, true);
      break;
    case day.open:
      bookActions(state, day.session);
      wake(state, false);
      matchAuction(state, 'opg');
      break;
    case day.close:
      closeDay(state);
      break;
    case day.close + GTC_JOB_AFTER_CLOSE:
      expire(state, (order) => order.terms.timeInForce === 'gtc' && state.now >= order.expiresAt);
      break;
    case day.postClose:
      expire(state, (order) => order.terms.timeInForce === 'day' && state.now >= order.expiresAt);
      break;
    default:
  }
}

function runTick(state: VenueState): void {
  if (state.now % MINUTE !== 0) return;
  for (const order of state.openOrders()) match(state, order);
}

/** Settlement and yesterday's fees, before anything trades. */
function startDay(state: VenueState, session: Session): void {
  state.holdings.settleThrough(session);
  if (state.settings.fees) postFees(state);
}

/** Orders that waited for this session come into the market. */
function wake(state: VenueState, extended: boolean): void {
  for (const order of state.openOrders()) {
    if (order.terms.extended !== extended && extended) continue;
    if (order.status === 'done_for_day') state.change(order, 'new', 'new');
    if (order.status !== 'accepted') continue;
    const delay = state.faults.meet('open_delay', occasionOf(order));
    state.change(order, 'new', 'new');
    if (delay !== undefined) {
      order.notBefore = state.now + (delay.milliseconds ?? 250) * 1000;
      state.schedule({ at: order.notBefore, kind: 'match', orderId: order.id });
    }
  }
}

function closeDay(state: VenueState): void {
  // The last quote still counts: orders meet it before the auction.
  for (const order of state.openOrders()) match(state, order);
  matchAuction(state, 'cls');
  expire(state, (order) => order.terms.timeInForce === 'day' && state.now >= order.expiresAt);
  for (const order of state.openOrders()) {
    const rests = isExecutable(order) && order.terms.timeInForce === 'gtc';
    if (rests && state.faults.meet('done_for_day', occasionOf(order)) !== undefined)
      state.change(order, 'done_for_day', 'done_for_day');
  }
  const figures = state.figures();
  state.curve.push({ at: state.now, equity: figures.equity });
  state.holdings.lastEquity = figures.equity;
  state.holdings.lastMaintenance = figures.maintenanceMargin;
}

function expire(state: VenueState, ends: (order: VenueOrder) => boolean): void {
  for (const order of state.openOrders()) {
    if (!isFinal(order) && ends(order)) state.change(order, 'expired', 'expired');
  }
}

function postFees(state: VenueState): void {
  const { feeBasis } = state;
  if (feeBasis.on === null) return;
  const { sold, soldShares, shares } = feeBasis;
  const basis = { sold, soldShares: quantity(soldShares), shares: quantity(shares) };
  for (const [fee, cash] of regulatoryFees(basis))
    bookCash(state, 'FEE', cash, {
      activity_sub_type: fee,
      description: `${fee} fee for proceed of trades on ${feeBasis.on}`,
    });
  Object.assign(feeBasis, { sold: money(0n), soldShares: 0n, shares: 0n, on: null });
}
