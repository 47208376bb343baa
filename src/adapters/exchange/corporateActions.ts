// Stage: paper exchange. Corporate actions at the open, and what they pay.
// Invariant: a payment is owed on the shares held at its ex-date's open, and made once.
import { momentOf, type CorporateAction, type Symbol } from '../../domain/market.ts';
import type { Session } from '../../domain/time.ts';
import { divideFloor, divideHalfEven } from '../../domain/units/decimal.ts';
import {
  compareText,
  format,
  negate,
  NO_MONEY,
  NO_SHARES,
  notional,
  ONE,
  price,
  quantity,
  roundToCent,
  subtract,
  type Price,
  type Quantity,
} from '../../domain/units/units.ts';
import { MarketDataError, type MarketData } from '../../ports/marketData.ts';
import { barOf, lastIndexUpTo } from './bar.ts';
import type { Book } from './book.ts';
import { contentId } from './chance.ts';
import { bookFallible, withhold } from './charges.ts';
import type { Entitlement } from './records.ts';
import type { ExchangeRules } from './settings.ts';

type Acting<K extends CorporateAction['kind']> = Extract<CorporateAction, { kind: K }>;

/** What the bookings of one open are made from. */
interface Opening {
  readonly book: Book;
  readonly market: MarketData;
  readonly rules: ExchangeRules;
  readonly session: Session;
}

/** What an action left beyond whole shares: paid when all actions of its date have looked at what is held. */
interface Fraction {
  readonly action: Acting<'split'> | Acting<'spin_off'>;
  readonly symbol: Symbol;
  readonly shares: Quantity;
}

/**
 * Books what becomes effective up to a session, at its open, by ex-date; then pays the dividends and
 * mergers that are due. A date that is no session takes effect at the next open.
 *
 * @throws MarketDataError when an action is not usable; the exchange stays before that open
 */
export function bookCorporateActions(
  book: Book,
  { market, rules }: Pick<Opening, 'market' | 'rules'>,
  session: Session,
): void {
  const opening = { book, market, rules, session };
  const { actionsThrough } = book.account.state();
  const actions = market.corporateActions
    .slice(
      firstAfter(market.corporateActions, actionsThrough),
      firstAfter(market.corporateActions, session),
    )
    .sort((a, b) => compareText(momentOf(a), momentOf(b)));
  for (const date of new Set(actions.map(({ exDate }) => exDate))) takeDate(opening, actions, date);
  for (const owed of book.account.unpaid(session)) payDividend(opening, owed);
  for (const merger of mergersIn(market.corporateActions)) payMerger(opening, merger);
  book.account.setActionsThrough(session);
}

function takeDate(opening: Opening, actions: readonly CorporateAction[], date: Session): void {
  let fractions: Fraction[] = [];
  for (const action of actions.filter(({ exDate }) => exDate === date)) {
    const left = take(opening, action);
    fractions = fractions.flatMap((before) => after(action, before));
    if (left !== null) fractions.push(left);
  }
  for (const fraction of fractions) payFraction(opening, fraction);
}

/** What becomes of a fraction by a later action of its date: another split leaves its own. */
function after(action: CorporateAction, fraction: Fraction): Fraction[] {
  if (action.symbol !== fraction.symbol) return [fraction];
  if (action.kind === 'symbol_change') return [{ ...fraction, symbol: action.newSymbol }];
  return action.kind === 'split' || action.kind === 'merger' ? [] : [fraction];
}

/** @returns what it left beyond whole shares, where that is paid for */
function take(opening: Opening, action: CorporateAction): Fraction | null {
  const { book, session } = opening;
  const { symbol } = action;
  const held = book.account.held(symbol);
  if (held === NO_SHARES) return null;
  switch (action.kind) {
    case 'split':
      return split(opening, action, held);
    case 'dividend':
      owe(book, action, held);
      return null;
    case 'spin_off':
      return spinOff(opening, action, held);
    case 'merger':
      refuseNegative(action);
      // Paid later; the shares are given up now.
      book.account.movePosition(symbol, negate(held));
      book.account.addActivity(
        {
          kind: 'merger',
          id: activityId(action),
          date: action.exDate,
          symbol,
          quantity: negate(held),
          cash: NO_MONEY,
        },
        session,
      );
      return null;
    case 'symbol_change':
      moveShares(opening, action, { symbol, change: negate(held), part: 'out' });
      moveShares(opening, action, { symbol: action.newSymbol, change: held, part: 'in' });
      return null;
  }
}

/** New shares = held × new ÷ old, down to 1e-9 share. */
function split(opening: Opening, action: Acting<'split'>, held: Quantity): Fraction {
  const { symbol } = action;
  const shares = atRatio(action, held);
  moveShares(opening, action, { symbol, change: subtract(shares, held), part: '' });
  return { action, symbol, shares };
}

/** New shares of another symbol beside the old ones. */
function spinOff(opening: Opening, action: Acting<'spin_off'>, held: Quantity): Fraction {
  const { newSymbol } = action;
  const given = atRatio(action, held);
  moveShares(opening, action, { symbol: newSymbol, change: given, part: '' });
  return { action, symbol: newSymbol, shares: given };
}

/** Moves shares with a row of the action's kind; none where nothing moves. */
function moveShares(
  { book, session }: Opening,
  action: Acting<'split'> | Acting<'spin_off'> | Acting<'symbol_change'>,
  of: { readonly symbol: Symbol; readonly change: Quantity; readonly part: string },
): void {
  if (of.change === NO_SHARES) return;
  const id = of.part === '' ? activityId(action) : contentId(of.part, activityId(action));
  book.account.movePosition(of.symbol, of.change);
  book.account.addActivity(
    { kind: action.kind, id, date: action.exDate, symbol: of.symbol, quantity: of.change },
    session,
  );
}

/** Under the rule of whole shares: what an action left beyond them goes for cash at the open. */
function payFraction(opening: Opening, { action, symbol, shares }: Fraction): void {
  const { book, rules, session } = opening;
  const fraction = quantity(shares % ONE);
  if (rules.actionFractions === 'kept' || fraction === NO_SHARES) return;
  const cash = roundToCent(notional(openingPrice(opening, action, symbol), fraction));
  book.account.movePosition(symbol, negate(fraction));
  book.account.moveCash(cash);
  book.account.addActivity(
    {
      kind: 'cash_in_lieu',
      id: contentId('cash in lieu', activityId(action)),
      date: action.exDate,
      symbol,
      quantity: negate(fraction),
      cash,
    },
    session,
  );
}

/** The open of the session, or the last close in shares after the split. @throws MarketDataError without either */
function openingPrice(
  { market, session }: Opening,
  action: Fraction['action'],
  symbol: Symbol,
): Price {
  const bar = barOf(market, symbol, session);
  if (bar !== undefined) return bar.open;
  const bars = action.kind === 'split' ? market.bars(action.symbol) : undefined;
  const close = bars?.close[lastIndexUpTo(bars, session)];
  if (close === undefined)
    throw unusable(
      action,
      `a price of ${symbol} that its fractions are paid at`,
      `no bar of ${session}`,
    );
  return price(divideHalfEven(close * BigInt(action.oldShares), BigInt(action.newShares)));
}

function atRatio(action: Acting<'split'> | Acting<'spin_off'>, held: Quantity): Quantity {
  const { newShares, oldShares } = action;
  if (![newShares, oldShares].every((count) => Number.isSafeInteger(count) && count > 0))
    throw unusable(action, 'two positive whole numbers', `${newShares} new for ${oldShares} old`);
  return quantity(divideFloor(held * BigInt(newShares), BigInt(oldShares)));
}

function owe(book: Book, action: Acting<'dividend'>, held: Quantity): void {
  refuseNegative(action);
  book.account.addEntitlement({
    id: activityId(action),
    symbol: action.symbol,
    exDate: action.exDate,
    payDate: action.payDate,
    perShare: action.perShare,
    quantity: held,
  });
}

function payDividend({ book, rules, session }: Opening, owed: Entitlement): void {
  // USD per share × shares, to the cent.
  const cash = roundToCent(notional(owed.perShare, owed.quantity));
  const { symbol, payDate: date } = owed;
  const id = contentId('dividend', owed.id);
  const activity = { kind: 'dividend', id, date, symbol, cash } as const;
  bookFallible(book, rules, { activity, session });
  withhold(book, rules, { activity, session });
  book.account.markPaid(owed);
}

/** Pays for the shares that a merger took, as its row says, once. */
function payMerger({ book, session }: Opening, action: Acting<'merger'>): void {
  if (action.exDate > session || action.payDate > session) return;
  const taken = book.account.activity(activityId(action));
  const id = contentId('merger paid', activityId(action));
  if (taken?.kind !== 'merger' || book.account.activity(id) !== undefined) return;
  const cash = roundToCent(notional(action.perShare, negate(taken.quantity)));
  const { symbol, payDate: date } = action;
  book.account.addActivity(
    { kind: 'merger', id, date, symbol, quantity: NO_SHARES, cash },
    session,
  );
  book.account.moveCash(cash);
}

const mergers = new WeakMap<readonly CorporateAction[], readonly Acting<'merger'>[]>();

/** Looked for once: most markets have none, and every open asks. */
function mergersIn(actions: readonly CorporateAction[]): readonly Acting<'merger'>[] {
  const known = mergers.get(actions);
  if (known !== undefined) return known;
  const found = actions.filter((action) => action.kind === 'merger');
  mergers.set(actions, found);
  return found;
}

const activityId = (action: CorporateAction): string =>
  contentId(action.kind, action.symbol, action.exDate, action.id);

function refuseNegative(action: Acting<'dividend'> | Acting<'merger'>): void {
  if (action.perShare >= 0n) return;
  throw unusable(action, 'an amount per share that is not negative', format(action.perShare));
}

function unusable(action: CorporateAction, expected: string, found: string): MarketDataError {
  const what = action.kind.replaceAll('_', ' ');
  return new MarketDataError(
    `${what.charAt(0).toUpperCase()}${what.slice(1)} ${action.id} of ${action.symbol} on ${action.exDate} is not usable: expected ${expected}, ` +
      `found ${found}. The exchange stays before that open. Correct the market's data.`,
  );
}

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
