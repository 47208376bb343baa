// Stage: paper exchange, served. What can be made to go wrong, by script and by seed.
// Invariant: without a rule nothing goes wrong; the same rules and the same calls give the same faults.
// Source: each name stands in DIFFERENCES.md with the report that it comes from.
import { z } from 'zod';
import { chanceOf } from '../chance.ts';
import { WHOLE } from '../settings.ts';

export const FAULTS = [
  'partial_fill',
  'fills_in_one_millisecond',
  'replace_race',
  'lag_orders',
  'lag_positions',
  'lag_account',
  'lag_activities',
  'sticky_pending_cancel',
  'lost_cancel',
  'cancel_fill_race',
  'delay_event',
  'silent_stream',
  'drop_event',
  'duplicate_event',
  'duplicate_event_new_id',
  'reorder_events',
  'disconnect_around_post',
  'connection_limit',
  'kill_data_socket',
  'miss_pong',
  'error_before_accept',
  'error_after_accept',
  'broker_replace',
  'reject_replacement',
  'wash_trade_422',
  'account_keys_dropped',
  'account_keys_of_old',
  'late_split',
  'correction_pair',
  'no_payable_date',
  'unknown_event',
  'async_reject',
  'auction_partial',
  'open_delay',
  'zero_side_quote',
  'stale_quote',
  'keys_revoked',
  'rate_limited',
  'slow_answer',
  'cut_body',
  'not_json',
  'forbidden',
  'clock_skew',
  'position_lie',
  'cash_lie',
  'paging_gap',
  'done_for_day',
  'suspend',
  'stop_order',
  'calculate',
  'hard_to_borrow',
] as const;
export type FaultName = (typeof FAULTS)[number];

const rule = z.strictObject({
  fault: z.enum(FAULTS),
  /** Narrow the rule; a rule without them is for everything. */
  symbol: z.string().optional(),
  clientOrderId: z.string().optional(),
  event: z.string().optional(),
  method: z.string().optional(),
  path: z.string().optional(),
  /** How often it happens at most, and how many occasions pass before the first. */
  times: z.int().min(1).optional(),
  skip: z.int().min(0).optional(),
  /** Share of the occasions, by seed. */
  rate: z.number().min(0).max(1).optional(),
  /** Milliseconds: a delay, a lag, an age. */
  milliseconds: z.int().min(0).optional(),
  /** A count: copies, slices, sessions, a close code. */
  count: z.int().min(0).optional(),
  /** An HTTP status. */
  status: z.int().min(400).max(599).optional(),
  /** A decimal: what a lie adds. */
  amount: z.string().optional(),
  /** Of `rate_limited`: with headers or without. */
  bare: z.boolean().optional(),
});
export const faultPlanSchema = z.strictObject({ rules: z.array(rule) });
export type FaultRule = z.infer<typeof rule>;

export interface Occasion {
  readonly symbol?: string;
  readonly clientOrderId?: string;
  readonly event?: string;
  readonly method?: string;
  readonly path?: string;
}

interface Counted {
  readonly rule: FaultRule;
  seen: number;
  happened: number;
}

/** The rules in force, with how often each was met. */
export class Faults {
  readonly #seed: number;
  #rules: Counted[] = [];

  constructor(seed: number, rules: readonly FaultRule[] = []) {
    this.#seed = seed;
    this.set(rules);
  }

  /** Replaces every rule; counts begin anew. */
  set(rules: readonly FaultRule[]): void {
    this.#rules = rules.map((each) => ({ rule: each, seen: 0, happened: 0 }));
  }

  list(): (FaultRule & { readonly happened: number })[] {
    return this.#rules.map(({ rule: each, happened }) => ({ ...each, happened }));
  }

  /** Whether any rule of that name stands, met or not. */
  has(fault: FaultName): boolean {
    return this.#rules.some((each) => each.rule.fault === fault);
  }

  /** The first rule that happens on this occasion. It counts as met. */
  meet(fault: FaultName, occasion: Occasion = {}): FaultRule | undefined {
    for (const [index, counted] of this.#rules.entries()) {
      if (counted.rule.fault !== fault || !fits(counted.rule, occasion)) continue;
      counted.seen += 1;
      const { skip = 0, times = Infinity, rate = 1 } = counted.rule;
      if (counted.seen <= skip || counted.happened >= times) continue;
      if (rate < 1) {
        const drawn = chanceOf(this.#seed, `fault/${fault}/${index}`).below(
          String(counted.seen),
          WHOLE,
        );
        if (Number(drawn) >= rate * Number(WHOLE)) continue;
      }
      counted.happened += 1;
      return counted.rule;
    }
    return undefined;
  }
}

function fits(rule: FaultRule, occasion: Occasion): boolean {
  return (
    (rule.symbol === undefined || rule.symbol === occasion.symbol) &&
    (rule.clientOrderId === undefined || rule.clientOrderId === occasion.clientOrderId) &&
    (rule.event === undefined || rule.event === occasion.event) &&
    (rule.method === undefined || rule.method === occasion.method) &&
    (rule.path === undefined || (occasion.path ?? '').startsWith(rule.path))
  );
}
