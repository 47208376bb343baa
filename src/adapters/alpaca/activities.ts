// Stage: alpaca. Account activities that are no executions.
// Invariant: a kind without a rule is an error that names it, never left out.
import { exchangeDate } from '../../domain/calendar.ts';
import type { Activity } from '../../domain/market.ts';
import { BrokerError } from '../../ports/broker.ts';
import type { NonTradeWire } from '../../wire/alpaca/activity.ts';
import { Fields } from './fields.ts';

/** The date under which a row was booked: a fee of one day is often made on the next. */
export function bookedOn(wire: NonTradeWire): string {
  const fields = new Fields(`activity ${wire.id}`);
  const made = wire.created_at ?? null;
  const date = fields.session('date', wire.date);
  const booked = made === null ? date : exchangeDate(fields.time('created_at', made));
  return booked > date ? booked : date;
}

export function readActivity(wire: NonTradeWire): Activity {
  const fields = new Fields(`activity ${wire.id}`);
  if ((wire.status ?? 'executed') !== 'executed') throw withoutRule(wire, `status ${wire.status}`);
  if ((wire.currency ?? 'USD') !== 'USD') throw withoutRule(wire, `currency ${wire.currency}`);
  const common = () => ({
    id: wire.id,
    symbol: fields.symbol('symbol', wire.symbol),
    date: fields.session('date', wire.date),
  });
  switch (wire.activity_type) {
    case 'DIV':
      return { kind: 'dividend', ...common(), cash: fields.cash('net_amount', wire.net_amount) };
    case 'SPLIT':
    case 'SSP':
      return { kind: 'split', ...common(), quantity: fields.shares('qty', wire.qty) };
    default:
      throw withoutRule(wire, `type ${wire.activity_type} ${wire.activity_sub_type ?? ''}`.trim());
  }
}

const withoutRule = (wire: NonTradeWire, what: string): BrokerError =>
  new BrokerError(
    `Alpaca booked activity ${wire.id} of ${wire.date} (${what}, net ${wire.net_amount ?? '0'} ${wire.currency ?? 'USD'}), for which this version has no rule. ` +
      'Nothing was decided from it, since it may have moved cash or shares. See the activity at the broker.',
  );
