// Stage: books → files. The books as a ledger that Beancount (https://beancount.github.io/docs/) reads.
// Invariant: every amount is exact; balance directives assert what the ledger says each account holds.
import {
  lotsOf,
  type BookAccount,
  type BookBalance,
  type BookEntry,
  type BookLine,
  type Books,
} from '../../domain/bookEntry.ts';
import { invariant } from '../../domain/invariant.ts';
import { absolute, compareText, format } from '../../domain/units/units.ts';

/** @param title what the book is of, for its first line */
export function writeBeancount(title: string, books: Books): string {
  const first = books.entries[0]?.date ?? '1970-01-01';
  const last = books.entries.at(-1)?.date ?? first;
  return [
    `; ${title}. Shares stand at cost (@@), cash in USD; every amount is exact.`,
    '; Check:  bean-check FILE',
    `option "title" "${title}"`,
    'option "operating_currency" "USD"',
    '; Lots stand in the ledger; here shares are only counted.',
    'option "booking_method" "NONE"',
    '',
    ...commodityLines(books, first),
    ...accountsOf(books).map((account) => `${first} open ${account}`),
    '',
    ...books.prices.flatMap(({ date, prices }) =>
      prices.map(({ symbol, price }) => `${date} price ${commodity(symbol)} ${format(price)} USD`),
    ),
    '',
    ...books.entries.flatMap((entry) => [...entryLines(entry), '']),
    ...books.balances.map((balance) => assertion(balance, dayAfter(last))),
    '',
  ].join('\n');
}

/** Names that Beancount writes otherwise are told apart by what they stand for. */
function commodityLines(books: Books, first: string): string[] {
  const symbols = [
    ...new Set([
      ...books.entries.flatMap(({ lines }) =>
        lines.flatMap((line) => (line.kind === 'cash' ? [] : [line.symbol])),
      ),
      ...books.prices.flatMap(({ prices }) => prices.map(({ symbol }) => symbol)),
    ]),
  ].sort(compareText);
  const names = symbols.map(commodity);
  invariant(
    new Set(names).size === names.length,
    () => `Two symbols have one name in Beancount: ${names.join(', ')}. Nothing was written.`,
  );
  return symbols.flatMap((symbol) => [
    `${first} commodity ${commodity(symbol)}`,
    `  name: "${symbol}"`,
  ]);
}

const accountsOf = (books: Books): string[] =>
  [
    ...new Set([
      ...books.entries.flatMap(({ lines }) => lines.map(({ account }) => accountName(account))),
      ...books.balances.map(({ account }) => accountName(account)),
    ]),
  ].sort(compareText);

const entryLines = ({ date, id, sleeve, what, lines }: BookEntry): string[] => [
  `${date} * "${sleeve}" "${what}"`,
  `  event: "${id}"`,
  ...lines.flatMap((line) =>
    amountsOf(line).map((amount) => `  ${accountName(line.account)}  ${amount}`),
  ),
];

/** Asserted at the start of a day: of the day after the last entry. No tolerance. */
function assertion({ account, symbol, amount }: BookBalance, day: string): string {
  const unit = symbol === null ? 'USD' : commodity(symbol);
  return `${day} balance ${accountName(account)}  ${format(amount)} ~ 0 ${unit}`;
}

function amountsOf(line: BookLine): readonly string[] {
  if (line.kind === 'cash') return [`${format(line.amount)} USD`];
  return lotsOf(line).map(
    ({ symbol, quantity, cost }) =>
      `${format(quantity)} ${commodity(symbol)} @@ ${format(absolute(cost))} USD`,
  );
}

const SIDES = { asset: 'Assets', equity: 'Equity', income: 'Income' } as const;

/** Parts of an account begin with a capital and hold letters, digits and "-". */
const accountName = ({ side, sleeve, name }: BookAccount): string =>
  [SIDES[side], capital(sleeve), capital(name.replaceAll(/[./]/g, '-'))].join(':');

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** Two characters at least, none of them "/". */
const commodity = (symbol: string): string =>
  symbol.length === 1 ? `US.${symbol}` : symbol.replaceAll('/', "'");

const dayAfter = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00.000Z`) + 86_400_000).toISOString().slice(0, 10);
