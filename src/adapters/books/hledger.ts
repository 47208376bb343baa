// Stage: books → files. The books as a journal that hledger (https://hledger.org/1.25/hledger.html) reads.
// Invariant: every amount is exact; the last transaction asserts what the ledger says each account holds.
import {
  lotsOf,
  type BookAccount,
  type BookBalance,
  type BookEntry,
  type BookLine,
  type Books,
} from '../../domain/bookEntry.ts';
import { absolute, format } from '../../domain/units/units.ts';

/** @param title what the book is of, for its first line */
export function writeHledger(title: string, books: Books): string {
  return [
    `; ${title}. Shares stand at cost (@@), cash in USD; every amount is exact.`,
    '; Balances:  hledger -f FILE bal        at cost:  hledger -f FILE bal -B        at market:  hledger -f FILE bal -V',
    'commodity 1000.000000000 USD',
    '',
    ...books.prices.flatMap(({ date, prices }) =>
      prices.map(({ symbol, price }) => `P ${date} ${quoted(symbol)} ${format(price)} USD`),
    ),
    '',
    ...books.entries.flatMap((entry) => [...entryLines(entry), '']),
    ...assertionLines(books),
    '',
  ].join('\n');
}

const entryLines = ({ date, id, sleeve, what, lines }: BookEntry): string[] => [
  `${date} (${id}) ${sleeve}: ${what}`,
  ...lines.flatMap((line) =>
    amountsOf(line).map((amount) => `    ${accountName(line.account)}  ${amount}`),
  ),
];

/** The state of the ledger as assertions: hledger refuses the file when its own sums differ. */
function assertionLines({ entries, balances }: Books): string[] {
  const last = entries.at(-1)?.date;
  if (last === undefined) return [];
  return [
    `${last} (ledger) what the ledger holds`,
    ...balances.map((balance) => `    ${accountName(balance.account)}  ${assertion(balance)}`),
  ];
}

function assertion({ symbol, amount }: BookBalance): string {
  const unit = symbol === null ? 'USD' : quoted(symbol);
  return `0 ${unit} = ${format(amount)} ${unit}`;
}

function amountsOf(line: BookLine): readonly string[] {
  if (line.kind === 'cash') return [`${format(line.amount)} USD`];
  return lotsOf(line).map(
    ({ symbol, quantity, cost }) =>
      `${format(quantity)} ${quoted(symbol)} @@ ${format(absolute(cost))} USD`,
  );
}

const SIDES = { asset: 'assets', equity: 'equity', income: 'income' } as const;

const accountName = ({ side, sleeve, name }: BookAccount): string =>
  `${SIDES[side]}:${sleeve}:${name}`;

/** A commodity that is not letters alone stands in quotes. */
const quoted = (symbol: string): string => (/^[A-Z]+$/.test(symbol) ? symbol : `"${symbol}"`);
