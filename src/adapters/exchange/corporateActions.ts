// Stage: paper exchange. Splits and dividends, booked at the open.
// Invariant: a dividend is owed on the shares held at its ex-date's open, and paid once.
import type { CorporateAction } from '../../domain/market.ts';
import type { Session } from '../../domain/time.ts';
import { divideFloor } from '../../domain/units/decimal.ts';
import { format, notional, quantity, roundToCent, subtract } from '../../domain/units/units.ts';
import { MarketDataError, type MarketData } from '../../ports/marketData.ts';
import type { Book } from './book.ts';
import { contentId } from './chance.ts';
import type { Entitlement } from './records.ts';

/**
 * Books what becomes effective up to a session, at its open: splits, then what dividends are owed,
 * then what dividends are paid. A date that is no session takes effect at the next open.
 */
export function bookCorporateActions(book: Book, market: MarketData, session: Session): void {
  const { actionsThrough } = book.account.state();
  const effective = market.corporateActions.slice(
    firstAfter(market.corporateActions, actionsThrough),
    firstAfter(market.corporateActions, session),
  );
  for (const action of effective) if (action.kind === 'split') split(book, action, session);
  for (const action of effective) if (action.kind === 'dividend') owe(book, action);
  for (const owed of book.account.unpaid(session)) {
    book.account.addActivity(
      {
        kind: 'dividend',
        id: contentId('dividend', owed.id),
        date: owed.payDate,
        symbol: owed.symbol,
        cash: dividendCash(owed),
      },
      session,
    );
    book.account.moveCash(dividendCash(owed));
    book.account.markPaid(owed);
  }
  book.account.setActionsThrough(session);
}

/** New shares = held × new ÷ old, down to 1e-9 share. */
function split(
  book: Book,
  action: Extract<CorporateAction, { kind: 'split' }>,
  session: Session,
): void {
  const { newShares, oldShares, symbol } = action;
  if (![newShares, oldShares].every((count) => Number.isSafeInteger(count) && count > 0)) {
    throw new MarketDataError(
      `Split ${action.id} of ${symbol} on ${action.exDate} is not usable: expected two positive whole numbers, ` +
        `found ${newShares} new for ${oldShares} old. The exchange stays before that open. Correct the market's data.`,
    );
  }
  const held = book.account.held(symbol);
  const after = quantity(divideFloor(held * BigInt(newShares), BigInt(oldShares)));
  const change = subtract(after, held);
  if (change === 0n) return;
  book.account.movePosition(symbol, change);
  book.account.addActivity(
    { kind: 'split', id: activityId(action), date: action.exDate, symbol, quantity: change },
    session,
  );
}

function owe(book: Book, action: Extract<CorporateAction, { kind: 'dividend' }>): void {
  const held = book.account.held(action.symbol);
  if (held === 0n) return;
  if (action.perShare < 0n) {
    throw new MarketDataError(
      `Dividend ${action.id} of ${action.symbol} on ${action.exDate} is not usable: expected an amount per share ` +
        `that is not negative, found ${format(action.perShare)}. The exchange stays before that open. Correct the market's data.`,
    );
  }
  book.account.addEntitlement({
    id: activityId(action),
    symbol: action.symbol,
    exDate: action.exDate,
    payDate: action.payDate,
    perShare: action.perShare,
    quantity: held,
  });
}

const activityId = (action: CorporateAction): string =>
  contentId(action.kind, action.symbol, action.exDate, action.id);

/** USD per share × shares, to the cent. */
const dividendCash = (owed: Entitlement) => roundToCent(notional(owed.perShare, owed.quantity));

/** Index of the first action whose ex-date is after a date; actions are sorted by ex-date. */
function firstAfter(actions: readonly CorporateAction[], date: Session): number {
  let low = 0;
  let high = actions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const action = actions[middle];
    if (action !== undefined && action.exDate <= date) low = middle + 1;
    else high = middle;
  }
  return low;
}
