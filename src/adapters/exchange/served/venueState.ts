// Stage: paper exchange, served. The one state: orders, holdings, activities, events and time.
// Invariant: every change of an order makes exactly one event, in the order of the changes.
import { nextSession, previousSession } from '../../../domain/calendar.ts';
import { invariant } from '../../../domain/invariant.ts';
import type { Symbol } from '../../../domain/market.ts';
import type { Session } from '../../../domain/time.ts';
import {
  format,
  money,
  notional,
  price,
  total,
  type Money,
  type Price,
  type Quantity,
} from '../../../domain/units/units.ts';
import type { ActivityWire, FillWire } from '../../../wire/alpaca/activity.ts';
import { contentId } from '../chance.ts';
import { ActivityRecords } from './activityRecords.ts';
import { EventRing, ulid, type VenueEvent } from './eventRing.ts';
import { Faults } from './faults.ts';
import { Holdings, type Figures } from './holdings.ts';
import {
  activityPrefix,
  dateAt,
  microsOf,
  microsText,
  MINUTE,
  phaseAt,
  tradingDay,
  type Micros,
} from './instant.ts';
import { dayBar, pathOf, priceOn, touchAt, type DayPath, type Touch } from './marketPath.ts';
import { costOf } from './standing.ts';
import { isFinal, orderText, type Status, type VenueOrder } from './venueOrder.ts';
import type { VenueSettings } from './venueSettings.ts';

/** Something that happens later. */
export type Due =
  | { readonly at: Micros; readonly kind: 'arrive' | 'cancel' | 'match'; readonly orderId: string }
  | { readonly at: Micros; readonly kind: 'split'; readonly actionId: string };

/** What an event says of the execution that made it. */
export interface ExecutionReport {
  readonly id: string;
  readonly price: Price;
  readonly quantity: Quantity;
  /** Of a bust or a correction: the execution that it takes back. */
  readonly previous?: string;
}

export interface OpenAccountSwitches {
  suspendTrade: boolean;
  noShorting: boolean;
  fractional: boolean;
}

export class VenueState {
  readonly settings: VenueSettings;
  readonly faults: Faults;
  readonly holdings: Holdings;
  readonly activities: ActivityRecords;
  readonly ring: EventRing;
  readonly orders = new Map<string, VenueOrder>();
  readonly byClientId = new Map<string, VenueOrder>();
  /** Not final, in the order of submission. */
  readonly open = new Map<string, VenueOrder>();
  readonly switches: OpenAccountSwitches = {
    suspendTrade: false,
    noShorting: false,
    fractional: true,
  };
  readonly listeners = new Set<(event: VenueEvent) => void>();
  /** Equity at each close. */
  readonly curve: { readonly at: Micros; readonly equity: Money }[] = [];
  agenda: Due[] = [];
  now: Micros;
  /** Executions of the day before the fees, by day. */
  readonly feeBasis: { sold: Money; soldShares: bigint; shares: bigint; on: Session | null } = {
    sold: money(0n),
    soldShares: 0n,
    shares: 0n,
    on: null,
  };
  actionsThrough: Session;
  readonly entitlements: {
    readonly kind: 'dividend' | 'merger';
    readonly id: string;
    readonly symbol: Symbol;
    readonly payDate: Session;
    readonly perShare: Price;
    readonly quantity: Quantity;
  }[] = [];
  #stamp: Micros = 0;
  #made = 0;
  readonly #paths = new Map<Symbol, DayPath>();
  readonly #touches = new Map<Symbol, { readonly minute: number; readonly touch: Touch }>();

  constructor(settings: VenueSettings) {
    this.settings = settings;
    this.faults = new Faults(settings.seed, settings.faults);
    this.holdings = new Holdings(settings.openingCash, settings.multiplier);
    this.activities = new ActivityRecords(settings.activityFile);
    this.ring = new EventRing(settings.eventsKept);
    this.now = microsOf(settings.startsAt);
    this.actionsThrough = this.date();
  }

  /** The exchange's date now. */
  date(): Session {
    return dateAt(this.now);
  }

  /** An instant of its own for each event: no earlier than now, later than the last. */
  stamp(): Micros {
    this.#stamp = Math.max(this.now, this.#stamp + 1);
    return this.#stamp;
  }

  /** Never the same twice, and the same again when the same commands come again. */
  newId(kind: string): string {
    this.#made += 1;
    return contentId(kind, this.settings.accountId, String(this.settings.seed), String(this.#made));
  }

  /** A list of its own: orders may end while it is walked. */
  openOrders(): VenueOrder[] {
    return [...this.open.values()];
  }

  openOn(symbol: Symbol): VenueOrder[] {
    return [...this.open.values()].filter(({ terms }) => terms.symbol === symbol);
  }

  addOrder(order: VenueOrder): void {
    this.orders.set(order.id, order);
    this.byClientId.set(order.terms.clientOrderId, order);
    this.open.set(order.id, order);
  }

  /** Moves an order to a status and says so. A final order never moves. */
  change(order: VenueOrder, status: Status, event: string, report?: ExecutionReport): void {
    invariant(
      !isFinal(order),
      () => `Order ${order.id} is ${order.status} and cannot be ${status}.`,
    );
    const at = this.stamp();
    order.status = status;
    order.updatedAt = at;
    if (status === 'filled') order.filledAt = at;
    if (status === 'canceled') order.canceledAt = at;
    if (status === 'expired') order.expiredAt = at;
    if (status === 'rejected') order.failedAt = at;
    if (status === 'replaced') order.replacedAt = at;
    if (isFinal(order)) this.open.delete(order.id);
    this.emit(event, order, at, report);
  }

  emit(event: string, order: VenueOrder, at: Micros, report?: ExecutionReport): void {
    const sequence = this.ring.next;
    const unknown = this.faults.meet('unknown_event', { event, symbol: order.terms.symbol });
    const made: VenueEvent = {
      sequence,
      id: ulid(at, sequence),
      at,
      update: {
        event: unknown === undefined ? event : 'restated_by_venue',
        timestamp: microsText(at),
        event_id: ulid(at, sequence),
        ...(report === undefined
          ? { execution_id: contentId('event', order.id, String(sequence)) }
          : {
              execution_id: report.id,
              ...(report.previous === undefined ? {} : { previous_execution_id: report.previous }),
              price: format(report.price),
              qty: format(report.quantity),
              position_qty: format(this.holdings.held(order.terms.symbol)),
            }),
        order: orderText(order),
      },
    };
    this.ring.add(made);
    for (const listener of this.listeners) listener(made);
  }

  /** Rows of an order's executions that stand. */
  executionsOf({ id }: VenueOrder): FillWire[] {
    const rows = this.activities
      .list({ types: ['FILL'], orderId: id, direction: 'asc', pageSize: 1_000_000 })
      .filter((row): row is FillWire => row.activity_type === 'FILL');
    const amended = new Set(rows.map((row) => row.previous_id));
    return rows.filter((row) => row.type !== 'trade_bust' && !amended.has(row.id));
  }

  addActivity(type: string, at: Micros, row: { readonly [key: string]: unknown }): string {
    const fill = type === 'FILL';
    const prefix = fill ? activityPrefix(at) : `${activityPrefix(at).slice(0, 8)}000000000`;
    const id = `${prefix}::${this.newId('activity')}`;
    const date = dateAt(at);
    const common = fill
      ? { activity_type: type, id }
      : { activity_type: type, id, date, created_at: microsText(at), status: 'executed' };
    this.activities.add({
      id,
      type,
      at,
      date,
      orderId: typeof row['order_id'] === 'string' ? row['order_id'] : null,
      row: { ...common, ...row } as ActivityWire, // built from the keys of that type
    });
    return id;
  }

  schedule(due: Due): void {
    const index = this.agenda.findIndex(({ at }) => at > due.at);
    this.agenda.splice(index < 0 ? this.agenda.length : index, 0, due);
  }

  /** Both sides and the price now; undefined when the symbol has no market on this date. */
  touch(symbol: Symbol): Touch | undefined {
    const { phase, day } = phaseAt(this.now);
    const minute = Math.floor(this.now / MINUTE);
    const kept = this.#touches.get(symbol);
    if (kept?.minute === minute) return this.#faulty(symbol, kept.touch);
    if (day === undefined || phase === 'closed' || phase === 'pre') {
      const over = day !== undefined && this.now >= day.postClose;
      const last = over ? day.session : previousSession(this.date());
      const before = dayBar(this.settings.market, symbol, last, true);
      return before === undefined ? undefined : this.#keep(symbol, minute, before.close);
    }
    const path = this.path(symbol, day.session);
    return path === undefined ? undefined : this.#keep(symbol, minute, priceOn(path, this.now));
  }

  path(symbol: Symbol, session: Session): DayPath | undefined {
    const kept = this.#paths.get(symbol);
    if (kept?.day.session === session) return kept;
    const bar = dayBar(this.settings.market, symbol, session);
    if (bar === undefined) return undefined;
    const path = pathOf(bar, tradingDay(session), { seed: this.settings.seed, symbol });
    this.#paths.set(symbol, path);
    return path;
  }

  /** The price positions are valued at: of now, or the last one there was. */
  priceOf(symbol: Symbol): Price {
    const now = this.touch(symbol);
    if (now !== undefined) return now.last;
    const before = dayBar(this.settings.market, symbol, previousSession(this.date()), true);
    return before?.close ?? this.holdings.holding(symbol)?.average ?? price(0n);
  }

  /** What open orders may still need. */
  reserved(without: VenueOrder | null = null): Money {
    const costs = [...this.open.values()]
      .filter((order) => order !== without && order.status !== 'held')
      .map((order) => costOf(order, this.touchOrLast(order.terms.symbol)));
    return money(total(costs));
  }

  touchOrLast(symbol: Symbol): Touch {
    return this.touch(symbol) ?? touchAt(this.priceOf(symbol), this.settings.halfSpreadBps);
  }

  figures(without: VenueOrder | null = null): Figures {
    return this.holdings.figures((symbol) => this.priceOf(symbol), this.reserved(without));
  }

  /** Where a trade of today settles: the next session, across holidays. */
  settlesOn(): Session {
    return nextSession(this.date());
  }

  valueOf(symbol: Symbol): Money {
    return notional(this.priceOf(symbol), this.holdings.held(symbol));
  }

  #keep(symbol: Symbol, minute: number, last: Price): Touch {
    const touch = touchAt(last, this.settings.halfSpreadBps);
    this.#touches.set(symbol, { minute, touch });
    return this.#faulty(symbol, touch);
  }

  #faulty(symbol: Symbol, touch: Touch): Touch {
    if (!this.faults.has('zero_side_quote')) return touch;
    const met = this.faults.meet('zero_side_quote', { symbol });
    return met === undefined ? touch : { ...touch, ask: null };
  }
}
