// Stage: alpaca. Alpaca's text and numbers as the domain's units and words.
// Invariant: what does not fit stops the reading with its place; nothing is rounded but instants, to milliseconds.
import { asSymbol, type Symbol } from '../../domain/market.ts';
import type { Side } from '../../domain/order.ts';
import { isDate, session, timestamp, type Session, type Timestamp } from '../../domain/time.ts';
import { parseDecimal } from '../../domain/units/decimal.ts';
import {
  money,
  price,
  quantity,
  UNIT_SCALE,
  type Money,
  type Price,
  type Quantity,
} from '../../domain/units/units.ts';
import { BrokerError } from '../../ports/broker.ts';

/** Reads the fields of one record; `record` names it in errors: "order 904837e3…". */
export class Fields {
  readonly #record: string;

  constructor(record: string) {
    this.#record = record;
  }

  symbol(field: string, text: string | null | undefined): Symbol {
    return asSymbol(text ?? '') ?? this.fail(field, 'a symbol like "SPY"', text);
  }

  side(field: string, text: string): Side {
    if (text === 'buy' || text === 'sell') return text;
    // What sells short is a sale: the account's position says the rest.
    return text === 'sell_short' ? 'sell' : this.fail(field, '"buy" or "sell"', text);
  }

  session(field: string, text: string): Session {
    return isDate(text) ? session(text) : this.fail(field, 'a date that exists', text);
  }

  /** The instant with its digits below a millisecond cut off. */
  time(field: string, text: string): Timestamp {
    const millis = Date.parse(text);
    return Number.isNaN(millis)
      ? this.fail(field, 'an instant that exists', text)
      : timestamp(new Date(millis).toISOString());
  }

  shares(field: string, text: string | null | undefined): Quantity {
    return quantity(this.#count(field, text));
  }

  price(field: string, text: string | null | undefined): Price {
    return price(this.#count(field, text));
  }

  cash(field: string, text: string | null | undefined): Money {
    return money(this.#count(field, text));
  }

  /** A JSON number of market data: its shortest decimal is what was sent. Zero is no price. */
  priceOrNone(field: string, value: number): Price | null {
    if (value === 0) return null;
    const count = parseDecimal(shortest(value), UNIT_SCALE);
    return count === undefined || count < 0n
      ? this.fail(field, `a price with at most ${UNIT_SCALE} decimals`, String(value))
      : price(count);
  }

  fail(field: string, expected: string, found: string | null | undefined): never {
    throw new BrokerError(
      `Alpaca's ${this.#record} is not understood: ${field}: expected ${expected}, found ${JSON.stringify(found ?? null)}. ` +
        'Nothing was decided from it. See the record at the broker.',
    );
  }

  #count(field: string, text: string | null | undefined): bigint {
    const count = parseDecimal(text ?? '', UNIT_SCALE);
    return count ?? this.fail(field, `a decimal string with at most ${UNIT_SCALE} decimals`, text);
  }
}

/** Small prices come as 1e-7 in JavaScript; the digits are the same. */
const shortest = (value: number): string => {
  const text = String(value);
  return text.includes('e') ? value.toFixed(UNIT_SCALE) : text;
};
