// Stage: alpaca. Account activities that are no executions.
// Invariant: every kind is read; what has no rule of its own is told apart, never left out.
import { readActivityRow } from '../../domain/activityRow.ts';
import { exchangeDate } from '../../domain/calendar.ts';
import type { Activity } from '../../domain/market.ts';
import { BrokerError } from '../../ports/broker.ts';
import type { NonTradeWire } from '../../wire/alpaca/activity.ts';
import { activityText } from '../../wire/alpaca/activityKinds.ts';
import { Fields } from './fields.ts';

/** The date under which a row was booked: a fee of one day is often made on the next. */
export function bookedOn(wire: NonTradeWire): string {
  const fields = new Fields(`activity ${wire.id}`);
  const made = wire.created_at ?? null;
  const date = fields.session('date', wire.date);
  const booked = made === null ? date : exchangeDate(fields.time('created_at', made));
  return booked > date ? booked : date;
}

/** A kind without a rule of its own is read as `other`: it is booked and asked about, never left out. */
export function readActivity(wire: NonTradeWire): Activity {
  if ((wire.currency ?? 'USD') !== 'USD') throw foreign(wire);
  return readActivityRow(activityText(wire), new Fields(`activity ${wire.id}`));
}

const foreign = (wire: NonTradeWire): BrokerError =>
  new BrokerError(
    `Alpaca booked activity ${wire.id} of ${wire.date} (type ${wire.activity_type}) in ${wire.currency}; expected USD, net ${wire.net_amount ?? '0'}. ` +
      'Nothing was decided from it, since it may have moved cash or shares. See the activity at the broker.',
  );
