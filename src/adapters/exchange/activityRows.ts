// Stage: paper exchange. An activity as a row of the book, and back.
// Invariant: what is read is what was written; a kind that is not known stops the reading.
import { InvariantError } from '../../domain/invariant.ts';
import type { Activity } from '../../domain/market.ts';
import { format, parseMoney, parsePrice, parseQuantity } from '../../domain/units/units.ts';
import type { BookedActivity } from './records.ts';
import { sessionIn, symbolIn, text, textOrNull, type Row } from './rows.ts';

/** The values of a row, in the order of the columns. */
export function activityValues({ activity, session }: BookedActivity): (string | null)[] {
  const price = activity.kind === 'journal' ? activity.price : null;
  return [
    activity.id,
    activity.kind,
    session,
    ('symbol' in activity ? activity.symbol : null) ?? '',
    activity.date,
    'cash' in activity ? format(activity.cash) : '0',
    'quantity' in activity ? format(activity.quantity) : '0',
    price === null ? null : format(price),
    activity.kind === 'fee' ? activity.fee : activity.kind === 'other' ? activity.type : '',
    activity.kind === 'fee' ? activity.tradeDate : activity.date,
  ];
}

export function readActivity(row: Row): BookedActivity {
  return { activity: activityIn(row), session: sessionIn(row) };
}

function activityIn(row: Row): Activity {
  const head = { id: text(row, 'id'), date: sessionIn(row, 'date') };
  const cash = parseMoney(text(row, 'cash'));
  const quantity = parseQuantity(text(row, 'quantity'));
  const symbol = () => symbolIn(row);
  const symbolOrNone = () => (text(row, 'symbol') === '' ? null : symbol());
  const kind = text(row, 'kind');
  switch (kind) {
    case 'dividend':
      return { kind, ...head, symbol: symbol(), cash };
    case 'merger':
    case 'cash_in_lieu':
      return { kind, ...head, symbol: symbol(), quantity, cash };
    case 'split':
    case 'symbol_change':
    case 'spin_off':
      return { kind, ...head, symbol: symbol(), quantity };
    case 'deposit':
    case 'withdrawal':
    case 'interest':
      return { kind, ...head, cash };
    case 'withholding':
      return { kind, ...head, symbol: symbolOrNone(), cash };
    case 'fee':
      return {
        kind,
        ...head,
        fee: text(row, 'words'),
        tradeDate: sessionIn(row, 'trade_date'),
        cash,
      };
    case 'journal': {
      const price = textOrNull(row, 'price');
      const carried = price === null ? null : parsePrice(price);
      return { kind, ...head, symbol: symbolOrNone(), quantity, cash, price: carried };
    }
    case 'other':
      return { kind, ...head, type: text(row, 'words'), symbol: symbolOrNone(), quantity, cash };
    default:
      throw new InvariantError(`Unknown activity "${kind}" in the book.`);
  }
}
