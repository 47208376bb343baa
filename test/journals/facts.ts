// Stage: tests. Corporate actions and activities of a journal, read from their lines.
// Invariant: a word that is missing or not known stops the journal.
import type { Activity, CorporateAction } from '../../src/domain/market.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { NO_MONEY, parseMoney, parsePrice, parseWeight } from '../../src/domain/units/units.ts';
import { shares, symbolOf, word } from './words.ts';

/**
 * One of
 *
 *     split AAPL 2 for 1
 *     dividend AAPL 0.25 pay 2024-03-18
 *     spinoff AAPL AAPX 1 for 4 cost 0.2
 *     merger AAPL 12.5 pay 2024-03-18
 *     symbol AAPL AAPX
 *
 * and `on 2024-03-15` behind it where it is listed late.
 *
 * @param next the date of the open that takes it in
 */
export function actionOf([kind, name, ...more]: readonly string[], next: Session): CorporateAction {
  const late = more.at(-2) === 'on';
  const rest = late ? more.slice(0, -2) : more;
  const exDate = late ? session(word(more.at(-1))) : next;
  const symbol = symbolOf(name);
  const head = { id: `${word(kind)} ${symbol} ${exDate}`, symbol, exDate };
  const [first, second, third] = rest;
  const ratio = (newShares: string | undefined, oldShares: string | undefined) => ({
    newShares: Number(word(newShares)),
    oldShares: Number(word(oldShares)),
  });
  switch (kind) {
    case 'split':
      return { kind, ...head, ...ratio(first, third) };
    case 'dividend':
    case 'merger':
      return { kind, ...head, perShare: parsePrice(word(first)), payDate: session(word(third)) };
    case 'spinoff':
      return {
        kind: 'spin_off',
        ...head,
        newSymbol: symbolOf(first),
        ...ratio(second, rest[3]),
        costFraction: parseWeight(word(rest[5])),
      };
    case 'symbol':
      return { kind: 'symbol_change', ...head, newSymbol: symbolOf(first) };
    case undefined:
    default:
      throw new Error(`no such action: ${kind ?? ''}`);
  }
}

/** The ex-date that an action was listed with first, and what it is listed as now. */
export function againOf([first, ...rest]: readonly string[]): CorporateAction {
  const known = actionOf(rest, session(word(first)));
  return { ...known, id: `${word(rest[0])} ${known.symbol} ${word(first)}` };
}

/**
 * One of
 *
 *     dividend AAPL 2.5 | merger AAPL 125 | deposit 100 | withdrawal -50 | interest -1.2
 *     withholding AAPL -0.75 | withholding interest -0.3
 *     fee TAF -0.02 2024-03-15
 *     lieu AAPL -0.5 61.25
 *     journal cash 500 | journal AAPL +3 [@ 100]
 *     other OPASN AAPL +2 -30
 */
export function activityOf(
  [kind, first, ...rest]: readonly string[],
  head: { readonly id: string; readonly date: Session },
): Activity {
  const cash = (text: string | undefined) => parseMoney(word(text));
  const [second, third] = rest;
  switch (kind) {
    case 'dividend':
      return { kind, ...head, symbol: symbolOf(first), cash: cash(second) };
    case 'merger':
      return { kind, ...head, symbol: symbolOf(first), quantity: shares('0'), cash: cash(second) };
    case 'deposit':
    case 'withdrawal':
    case 'interest':
      return { kind, ...head, cash: cash(first) };
    case 'withholding':
      return {
        kind,
        ...head,
        symbol: first === 'interest' ? null : symbolOf(first),
        cash: cash(second),
      };
    case 'fee':
      return {
        kind,
        ...head,
        fee: word(first),
        cash: cash(second),
        tradeDate: session(word(third)),
      };
    case 'lieu':
      return {
        kind: 'cash_in_lieu',
        ...head,
        symbol: symbolOf(first),
        quantity: shares(second),
        cash: cash(third),
      };
    case 'journal':
      if (first === 'cash')
        return {
          kind,
          ...head,
          symbol: null,
          quantity: shares('0'),
          cash: cash(second),
          price: null,
        };
      return {
        kind,
        ...head,
        symbol: symbolOf(first),
        quantity: shares(second),
        cash: NO_MONEY,
        price: rest[2] === undefined ? null : parsePrice(rest[2]),
      };
    case 'other':
      return {
        kind,
        ...head,
        type: word(first),
        symbol: symbolOf(second),
        quantity: shares(third),
        cash: cash(rest[2]),
      };
    case undefined:
    default:
      throw new Error(`no such activity: ${kind ?? ''}`);
  }
}
