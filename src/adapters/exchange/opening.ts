// Stage: paper exchange. Making a book, or continuing one.
// Invariant: a book is continued only by the account, settings and market that made it, and only whole.
import { canonicalJson } from '../../domain/canonical.ts';
import { exchangeDate } from '../../domain/calendar.ts';
import type { Symbol } from '../../domain/market.ts';
import type { Session, Timestamp } from '../../domain/time.ts';
import { format, roundToCent, total, type Money } from '../../domain/units/units.ts';
import type { MarketData } from '../../ports/marketData.ts';
import { barOf, lastIndexUpTo, writeBar } from './bar.ts';
import { Book } from './book.ts';
import { BookRows } from './bookRows.ts';
import { BookError, type BookErrorCode } from './bookError.ts';
import { damaged, openDatabase } from './database.ts';
import { movementsOf } from './movements.ts';
import { canonicalSettings, type ExchangeRules } from './settings.ts';
import { TABLES } from './tables.ts';

export interface BookOptions {
  readonly file: string;
  readonly accountId: string;
  readonly openingCash: Money;
  readonly market: MarketData;
  readonly startsAt: Timestamp;
}

/**
 * Opens the book of an account, making it when the file is new.
 *
 * @throws BookError saying what differs, or what is damaged; nothing was written
 */
export function openBook(options: BookOptions, rules: ExchangeRules): Book {
  checkOptions(options);
  checkSymbols(options.market, rules);
  if (options.file !== ':memory:') return keptBook(options, rules);
  const book = new Book(mayOwe(rules));
  book.atomically(() => start(book, options));
  return book;
}

const mayOwe = ({ multiplier }: ExchangeRules): boolean => multiplier !== '1';

/** A book in a file: made there, or read from it. */
function keptBook(options: BookOptions, rules: ExchangeRules): Book {
  const { db, existed } = openDatabase(options.file);
  try {
    if (existed) {
      const rows = new BookRows(db);
      checkIdentity(rows, options, rules);
      const book = new Book(mayOwe(rules), db, rows.read());
      checkSums(book, options);
      return book;
    }
    const book = new Book(mayOwe(rules), db);
    book.atomically(() => {
      db.exec(TABLES);
      const rows = new BookRows(db);
      for (const [name, value] of Object.entries(identityOf(options, rules, options.startsAt))) {
        rows.setIdentity(name, value);
      }
      start(book, options);
    });
    return book;
  } catch (error) {
    db.close();
    throw error;
  }
}

function start(book: Book, options: BookOptions): void {
  book.account.startState({
    now: options.startsAt,
    cash: options.openingCash,
    // The account holds nothing yet: earlier corporate actions do not concern it.
    actionsThrough: exchangeDate(options.startsAt),
  });
}

/** What a book belongs to. Values are text that can be compared and shown. */
function identityOf(options: BookOptions, rules: ExchangeRules, startsAt: Timestamp) {
  return {
    account: options.accountId,
    'opening cash': format(options.openingCash),
    settings: canonicalJson(canonicalSettings(rules)),
    'starts at': startsAt,
    market: canonicalJson({
      name: options.market.name,
      synthetic: options.market.synthetic,
      paysDividends: options.market.paysDividends,
    }),
    'bars before the start': canonicalJson(versionsBefore(options.market, startsAt)),
  };
}

type IdentityName = keyof ReturnType<typeof identityOf>;

const DIFFERENCES: readonly (readonly [IdentityName, BookErrorCode])[] = [
  ['account', 'other_account'],
  ['opening cash', 'other_opening_cash'],
  ['settings', 'other_settings'],
  ['market', 'other_market'],
  ['bars before the start', 'other_market'],
];

function checkIdentity(rows: BookRows, options: BookOptions, rules: ExchangeRules): void {
  const kept = rows.identity();
  const startsAt = kept.get('starts at');
  if (startsAt === undefined) throw damaged(options.file, 'it does not say when it starts');
  const given = identityOf(options, rules, startsAt as Timestamp); // kept as given
  for (const [name, code] of DIFFERENCES) {
    const expected = kept.get(name);
    if (expected === given[name]) continue;
    if (name === 'bars before the start' && agreeWhereBoth(expected, given[name])) continue;
    throw new BookError(
      code,
      `The exchange's book ${options.file} was made with another ${name}: expected ${brief(expected)}, found ${brief(given[name])}. ` +
        'Nothing was written. Go back to what made it, or start over with another file.',
    );
  }
  for (const { session, symbol, bar } of rows.barsUsed()) {
    const now = barOf(options.market, symbol, session);
    if (now !== undefined && writeBar(now) === bar) continue;
    throw new BookError(
      'other_market',
      `The exchange's book ${options.file} traded ${symbol} in ${session} on the bar ${bar}, but the market now says ` +
        `${now === undefined ? 'nothing' : writeBar(now)}. Nothing was written. Restore the market's data, or start over with another file.`,
    );
  }
}

/** Cash and positions must be what the executions and activities sum to. */
function checkSums(book: Book, options: BookOptions): void {
  const movements = movementsOf(book, '');
  const cash = options.openingCash + total(movements.map((movement) => movement.cash));
  const found = book.account.state().cash;
  if (cash !== found) {
    throw damaged(
      options.file,
      `cash is ${format(found)}, its movements sum to ${format(total([options.openingCash, ...movements.map((movement) => movement.cash)]))}`,
    );
  }
  const sums = new Map<Symbol, bigint>();
  for (const { symbol, shares } of movements)
    if (symbol !== null) sums.set(symbol, (sums.get(symbol) ?? 0n) + shares);
  for (const { symbol, quantity } of book.account.holdings()) {
    if (sums.get(symbol) !== quantity) {
      throw damaged(
        options.file,
        `position ${symbol} is ${format(quantity)}, not what its executions sum to`,
      );
    }
    sums.delete(symbol);
  }
  for (const [symbol, sum] of sums) {
    if (sum !== 0n) throw damaged(options.file, `position ${symbol} is missing`);
  }
}

const brief = (text = 'nothing'): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

/** Strategies come and go with their symbols: what both markets hold must be the same. */
function agreeWhereBoth(expected: string | undefined, given: string): boolean {
  const [then, now] = [expected ?? '{}', given].map(
    (text) => JSON.parse(text) as Record<string, string>, // written as such below
  );
  return Object.entries(then ?? {}).every(
    ([symbol, version]) => now?.[symbol] === undefined || now[symbol] === version,
  );
}

/** Versions of the bars held before the start: what the market was when the book was made. */
function versionsBefore(market: MarketData, startsAt: Timestamp): Record<string, string> {
  const date = exchangeDate(startsAt);
  return Object.fromEntries(
    market.symbols.map((symbol) => [symbol, versionBefore(market, symbol, date)]),
  );
}

function versionBefore(market: MarketData, symbol: Symbol, date: Session): string {
  const bars = market.bars(symbol);
  if (bars === undefined) return '';
  const upTo = lastIndexUpTo(bars, date);
  const index = bars.sessions[upTo] === date ? upTo - 1 : upTo;
  return index < 0 ? '' : bars.version(index);
}

function checkOptions({ accountId, openingCash }: BookOptions): void {
  const bad = (what: string): BookError =>
    new BookError('bad_options', `${what}. No book was opened. Correct it and start again.`);
  if (accountId === '') throw bad('Account id: expected a name, found nothing');
  if (openingCash < 0n || roundToCent(openingCash) !== openingCash) {
    throw bad(`Opening cash: expected whole cents, not negative, found ${format(openingCash)}`);
  }
}

/** A misspelt symbol would silently trade in fractions. */
function checkSymbols(market: MarketData, rules: ExchangeRules): void {
  for (const symbol of [...rules.wholeShare, ...rules.untradable]) {
    if (market.bars(symbol) !== undefined) continue;
    throw new BookError(
      'bad_settings',
      `Exchange settings name ${symbol}: expected a symbol that the market (${market.name}) holds, found no bar of it. No book was opened. Correct the symbol or remove it.`,
    );
  }
}
