// Stage: evidence. activities.jsonl: everything that is no execution, in the shape of Alpaca's activities.
// Invariant: read(write(activities)) = activities; what has no rule of its own is kept as it was.
import { readActivityRow } from '../../domain/activityRow.ts';
import type { Activity } from '../../domain/market.ts';
import { format } from '../../domain/units/units.ts';
import { nonTradeWire, type NonTradeWire } from '../../wire/alpaca/activity.ts';
import { activityText, STATUS } from '../../wire/alpaca/activityKinds.ts';
import { readLines, writeLines, type Evidence, type Reading } from './evidence.ts';
import { FieldReader } from './scalars.ts';

const EXECUTED = 'executed';

/** One line for each activity, in the order given. */
export const writeActivities = (activities: readonly Activity[]): string =>
  writeLines(activities.map(toWire));

/** @param file how errors name the file */
export const readActivities = (text: string, file: string): Evidence<Activity> =>
  readLines(text, file, {
    record: 'activity',
    schema: nonTradeWire,
    read: fromWire,
    id: (activity) => activity.id,
  });

/** Tells a fraction that came to no cent from the shares of its split. */
const CASH_IN_LIEU = 'cash in lieu';

/** The type and sub-type that each kind is written under; `other` keeps its own. */
const TYPES: Readonly<Record<Exclude<Activity['kind'], 'other' | 'fee'>, readonly string[]>> = {
  dividend: ['DIV', 'CDIV'],
  withholding: ['DIVNRA'],
  interest: ['INT'],
  split: ['SPLIT'],
  cash_in_lieu: ['SPLIT'],
  symbol_change: ['NC', 'SNC'],
  merger: ['MA', 'CMA'],
  spin_off: ['SPIN'],
  journal: ['JNL'],
  deposit: ['CSD'],
  withdrawal: ['CSW'],
};

function typeOf(activity: Activity): readonly string[] {
  if (activity.kind === 'other') return activity.type.split(' ');
  return activity.kind === 'fee' ? ['FEE', activity.fee] : TYPES[activity.kind];
}

function toWire(activity: Activity): NonTradeWire {
  const { id, date } = activity;
  const words = typeOf(activity);
  const [type = '', subType] = words.filter((one) => !one.startsWith(STATUS));
  const status = words.find((one) => one.startsWith(STATUS))?.slice(STATUS.length);
  const symbol = 'symbol' in activity ? activity.symbol : null;
  return {
    activity_type: type,
    ...(subType === undefined ? {} : { activity_sub_type: subType }),
    id,
    date,
    net_amount: 'cash' in activity ? format(activity.cash) : '0',
    ...(symbol === null ? {} : { symbol }),
    ...('quantity' in activity ? { qty: format(activity.quantity) } : {}),
    ...(activity.kind === 'journal' && activity.price !== null
      ? { price: format(activity.price) }
      : {}),
    ...(activity.kind === 'fee'
      ? { description: `${activity.fee} fee for trades on ${activity.tradeDate}` }
      : {}),
    ...(activity.kind === 'cash_in_lieu' ? { description: CASH_IN_LIEU } : {}),
    status: status ?? EXECUTED,
    currency: 'USD',
  };
}

function fromWire(wire: NonTradeWire): Reading<Activity> {
  const fields = new FieldReader();
  fields.check((wire.currency ?? 'USD') === 'USD', 'currency', '"USD"');
  const activity = readActivityRow(activityText(wire), fields);
  if (activity.kind === 'deposit')
    fields.check(activity.cash > 0n, 'net_amount', 'more than 0 for a deposit');
  if (activity.kind === 'withdrawal')
    fields.check(activity.cash < 0n, 'net_amount', 'less than 0 for a withdrawal');
  return fields.faults.length === 0
    ? { ok: true, record: activity }
    : { ok: false, faults: fields.faults };
}
