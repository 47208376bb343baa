// Stage: simulation. How often each thing that the simulation is for has happened.
// Invariant: what must happen in the fixed seeds is listed; one that never did fails them.

/** What the fixed seeds must meet at least once. */
export const MUST_HAPPEN = [
  'sessions',
  'fill',
  'fill, partial',
  'fill in suspense',
  'order filled',
  'order expired',
  'order rejected',
  'parent of several sleeves',
  'parent filled in part, of several sleeves',
  'pending allocation at a decision',
  'contributor without a whole unit',
  'cross',
  'cross of several sleeves on one side',
  'split',
  'split, reverse',
  'lot lost in a split',
  'dividend earned',
  'dividend paid',
  'dividend owed by a short suspense',
  'suspense short',
  'overdraft',
  'buys that could not wait for the sells',
  'signal failed, hold',
  'signal failed, cash',
  'signal failed, abort',
  'signal failed: strategy_threw',
  'signal failed: weight_out_of_range',
  'signal failed: weights_over_one',
  'signal failed: unknown_symbol',
  'signal failed: bad_weights',
  'signal failed: no_price',
  'session skipped',
  'early close',
  'part crossed/internal_cross',
  'part ordered/filled',
  'part suppressed/micro_trade',
  'part suppressed/below_broker_minimum',
  'part scaled/sleeve_cash',
  'part scaled/account_capital',
  'part rounded_away/whole_shares',
  'part denied/abort',
  'part denied/break',
  'part denied/nav_unknown',
  'part denied/price_unknown',
  'part denied/quote_missing',
  'part denied/sleeve_overdraft',
  'part denied/quote_wide',
  'part denied/not_tradable',
  'part denied/not_available',
  'part denied/symbol_frozen',
  'part denied/symbol_denied',
  'part denied/symbol_not_allowed',
  'part denied/sleeve_symbol_denied',
  'part denied/sleeve_symbol_not_allowed',
  'part denied/sleeve_loss_limit',
  'part denied/price_collar',
  'part denied/last_close_missing',
  'part denied/max_order_notional',
  'part denied/sleeve_max_order_notional',
  'part denied/max_orders',
  'part scaled/max_volume_share',
  'part scaled/max_daily_turnover',
  'part rejected/broker_rejected',
  'part rejected/broker_refused',
  'part held/failed_strategy',
  'part held/already_there',
  'part held/not_due',
  'part expired/session_closed',
  'part expired/not_sent',
  'crash before append',
  'crash inside append',
  'crash after append',
  'crash before submit',
  'crash after submit',
  'crash before wait',
  'crash after wait',
  'crash before orders',
  'crash after orders',
  'crash before fills',
  'crash after fills',
  'crash before activities',
  'crash after activities',
  'crash before account',
  'crash after account',
  'crash before quotes',
  'crash after quotes',
  'crash before assets',
  'crash after assets',
  'crash while taking a cycle up again',
  'crash with a lost answer unsettled',
  'crash after the commit of a cycle',
  'error before append',
  'error before submit',
  'error after submit',
  'error before orders',
  'error after fills',
  'taken up in the same process',
  'taken up in a new process',
  'answer lost, order found',
  'request undelivered, cycle halted',
  'listing without the newest order',
  'record listed twice',
  'request delayed beyond the look-ups',
  'unknown settled later',
  'broker lied',
  'trade by hand accepted',
  'trade by hand refused',
] as const;

export class Hits {
  readonly counts = new Map<string, number>();

  hit(what: string, times = 1): void {
    if (times > 0) this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  add(other: ReadonlyMap<string, number>): void {
    for (const [what, times] of other) this.hit(what, times);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  missing(): string[] {
    return MUST_HAPPEN.filter((what) => this.of(what) === 0);
  }
}
