// Stage: evidence. activities.jsonl: dividends, splits, deposits and withdrawals in the shape of Alpaca's activities.
// Invariant: read(write(activities)) = activities; a kind without a rule is an error, never left out.
import type { Activity } from '../../domain/market.ts';
import { format } from '../../domain/units/units.ts';
import { nonTradeWire, type NonTradeWire } from '../../wire/alpaca/activity.ts';
import { readLines, writeLines, type Evidence, type Reading } from './evidence.ts';
import { FieldReader } from './scalars.ts';

const CASH_DIVIDEND = 'CDIV';
const DEPOSITED = 'CSD';
const WITHDRAWN = 'CSW';
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

function toWire(activity: Activity): NonTradeWire {
  const { id, date } = activity;
  switch (activity.kind) {
    case 'deposit':
    case 'withdrawal':
      return {
        activity_type: activity.kind === 'deposit' ? DEPOSITED : WITHDRAWN,
        id,
        date,
        net_amount: format(activity.cash),
        status: EXECUTED,
        currency: 'USD',
      };
    case 'dividend':
      return {
        activity_type: 'DIV',
        activity_sub_type: CASH_DIVIDEND,
        id,
        date,
        net_amount: format(activity.cash),
        symbol: activity.symbol,
        status: EXECUTED,
        currency: 'USD',
      };
    case 'split':
      return {
        activity_type: 'SPLIT',
        id,
        date,
        net_amount: '0',
        symbol: activity.symbol,
        qty: format(activity.quantity),
        status: EXECUTED,
        currency: 'USD',
      };
  }
}

function fromWire(wire: NonTradeWire): Reading<Activity> {
  const fields = new FieldReader();
  fields.check(
    (wire.status ?? EXECUTED) === EXECUTED,
    'status',
    `"${EXECUTED}": a correction has no rule in this version`,
  );
  fields.check((wire.currency ?? 'USD') === 'USD', 'currency', '"USD"');
  const activity = fromKind(wire, fields);
  return activity !== undefined && fields.faults.length === 0
    ? { ok: true, record: activity }
    : { ok: false, faults: fields.faults };
}

function fromKind(wire: NonTradeWire, fields: FieldReader): Activity | undefined {
  const subType = wire.activity_sub_type ?? null;
  switch (wire.activity_type) {
    case 'DIV':
      fields.check(
        subType === null || subType === CASH_DIVIDEND,
        'activity_sub_type',
        `"${CASH_DIVIDEND}": other dividends have no rule in this version`,
      );
      return {
        kind: 'dividend',
        ...common(wire, fields),
        cash: fields.cash('net_amount', wire.net_amount),
      };
    case 'SPLIT':
      fields.check(
        fields.cash('net_amount', wire.net_amount ?? '0') === 0n,
        'net_amount',
        '"0": cash in lieu of shares has no rule in this version',
      );
      return {
        kind: 'split',
        ...common(wire, fields),
        quantity: fields.shares('qty', wire.qty),
      };
    case DEPOSITED:
    case WITHDRAWN: {
      const cash = fields.cash('net_amount', wire.net_amount);
      const kind = wire.activity_type === DEPOSITED ? 'deposit' : 'withdrawal';
      fields.check(
        kind === 'deposit' ? cash > 0n : cash < 0n,
        'net_amount',
        kind === 'deposit' ? 'more than 0 for a deposit' : 'less than 0 for a withdrawal',
      );
      return { kind, id: wire.id, date: fields.session('date', wire.date), cash };
    }
    default:
      fields.fault(
        'activity_type',
        '"DIV", "SPLIT", "CSD" or "CSW": others have no rule in this version',
      );
      return undefined;
  }
}

const common = (wire: NonTradeWire, fields: FieldReader) => ({
  id: wire.id,
  symbol: fields.symbol('symbol', wire.symbol),
  date: fields.session('date', wire.date),
});
