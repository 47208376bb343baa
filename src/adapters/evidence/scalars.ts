// Stage: evidence. The broker's text as the domain's units and words.
// Invariant: what does not fit is a fault with its field; nothing is rounded but instants, to milliseconds.
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
import type { Fault } from './evidence.ts';

/**
 * Reads the fields of one line and remembers what was wrong. A field that is wrong gives a value of
 * its type all the same, so that every fault of a line is found; the line is used only without faults.
 */
export class FieldReader {
  readonly faults: Fault[] = [];

  fault(field: string, expected: string): void {
    this.faults.push({ field, expected });
  }

  /** Adds a fault unless a rule between fields holds. */
  check(holds: boolean, field: string, expected: string): void {
    if (!holds) this.fault(field, expected);
  }

  symbol(field: string, text: string | null | undefined): Symbol {
    const found = asSymbol(text ?? '');
    if (found === undefined) this.fault(field, 'a symbol like "SPY"');
    return found ?? ('' as Symbol); // never used: the fault stands
  }

  side(field: string, text: string): Side {
    if (text === 'buy' || text === 'sell') return text;
    this.fault(field, '"buy" or "sell"');
    return 'buy';
  }

  session(field: string, text: string): Session {
    if (isDate(text)) return session(text);
    this.fault(field, 'a date that exists');
    return text as Session; // never used: the fault stands
  }

  /** The instant, its digits below a millisecond cut off. */
  time(field: string, text: string): Timestamp {
    const millis = Date.parse(text);
    if (!Number.isNaN(millis) && isDate(text.slice(0, 10))) {
      return timestamp(new Date(millis).toISOString());
    }
    this.fault(field, 'an instant that exists');
    return text as Timestamp; // never used: the fault stands
  }

  shares(field: string, text: string | null | undefined): Quantity {
    return quantity(this.#count(field, text));
  }

  price(field: string, text: string): Price {
    return price(this.#count(field, text));
  }

  cash(field: string, text: string | null | undefined): Money {
    return money(this.#count(field, text));
  }

  #count(field: string, text: string | null | undefined): bigint {
    const count = parseDecimal(text ?? '', UNIT_SCALE);
    if (count === undefined) {
      this.fault(field, `a decimal string with at most ${UNIT_SCALE} decimals`);
    }
    return count ?? 0n;
  }
}
