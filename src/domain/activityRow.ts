// Stage: broker → facts. A row of the broker's activities as one of ours.
// Invariant: every kind is read; the reader says what does not fit, nothing is put in its place.
import { asSymbol, type Activity, type Symbol } from './market.ts';
import type { Session } from './time.ts';
import { NO_MONEY, NO_SHARES, type Money, type Price, type Quantity } from './units/units.ts';

/** A row as text, its kind told by the table of the broker's types. */
export interface ActivityRow {
  readonly kind: Activity['kind'];
  readonly id: string;
  readonly date: string;
  readonly type: string;
  readonly symbol: string | null;
  readonly quantity: string | null;
  readonly cash: string | null;
  readonly price: string | null;
  readonly fee: string;
  readonly tradeDate: string;
}

/** Reads the fields of one row, and knows what to do with one that does not fit. */
export interface RowReader {
  symbol(field: string, text: string | null): Symbol;
  session(field: string, text: string): Session;
  shares(field: string, text: string | null): Quantity;
  price(field: string, text: string): Price;
  cash(field: string, text: string | null): Money;
}

export function readActivityRow(row: ActivityRow, fields: RowReader): Activity {
  const { kind, id } = row;
  const head = { id, date: fields.session('date', row.date) };
  const cash = (): Money => fields.cash('net_amount', row.cash);
  const quantity = (): Quantity => fields.shares('qty', row.quantity);
  // Some kinds move cash or shares and may have no other amount: none is moved then.
  const cashIfAny = (): Money => (row.cash === null ? NO_MONEY : cash());
  const sharesIfAny = (): Quantity => (row.quantity === null ? NO_SHARES : quantity());
  const symbol = (): Symbol => fields.symbol('symbol', row.symbol);
  const symbolOrNone = (): Symbol | null => (row.symbol === null ? null : symbol());
  switch (kind) {
    case 'dividend':
      return { kind, ...head, symbol: symbol(), cash: cash() };
    case 'split':
    case 'symbol_change':
    case 'spin_off':
      return { kind, ...head, symbol: symbol(), quantity: quantity() };
    case 'cash_in_lieu':
    case 'merger':
      return { kind, ...head, symbol: symbol(), quantity: sharesIfAny(), cash: cashIfAny() };
    case 'withholding':
      return { kind, ...head, symbol: symbolOrNone(), cash: cash() };
    case 'deposit':
    case 'withdrawal':
    case 'interest':
      return { kind, ...head, cash: cash() };
    case 'fee':
      return {
        kind,
        ...head,
        fee: row.fee,
        tradeDate: fields.session('description', row.tradeDate),
        cash: cash(),
      };
    case 'journal':
      return {
        kind,
        ...head,
        symbol: symbolOrNone(),
        quantity: sharesIfAny(),
        cash: cashIfAny(),
        price: row.price === null ? null : fields.price('price', row.price),
      };
    case 'other': {
      // An option's symbol is none of ours: it is kept in words.
      const known = asSymbol(row.symbol ?? '') ?? null;
      const words = known === null && row.symbol !== null ? `${row.type} ${row.symbol}` : row.type;
      return {
        kind,
        ...head,
        type: words,
        symbol: known,
        quantity: sharesIfAny(),
        cash: cashIfAny(),
      };
    }
  }
}
