// Stage: tests. Other people's accounting programs add up our postings, after random histories.
// Invariant: every balance they give equals the ledger's to 1e-9, and a changed amount is refused.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { writeBeancount } from '../../src/adapters/books/beancount.ts';
import { writeHledger } from '../../src/adapters/books/hledger.ts';
import { BookCollector } from '../../src/apps/cli/bookCollector.ts';
import { costOf, heldIn } from '../../src/domain/ledger/lots.ts';
import { receivablesOf, sleevesInOrder, type LedgerState } from '../../src/domain/ledger/state.ts';
import type { Books } from '../../src/domain/bookEntry.ts';
import { session } from '../../src/domain/time.ts';
import { format, NO_MONEY, notional, total } from '../../src/domain/units/units.ts';
import { foldJournal } from '../../src/engine/foldJournal.ts';
import type { Journal } from '../../src/ports/journal.ts';
import { historyOf, liveThrough } from '../simulation/amnesiaRun.ts';
import { Hits } from '../simulation/hits.ts';
import { runRange } from './account.ts';
import { AMENDING, FROM, openLively, runExplaining } from './lively.ts';
import { runWithMoney } from './recorded.ts';

interface History {
  readonly state: LedgerState;
  readonly books: readonly { readonly name: string; readonly books: Books }[];
}

const WITH_MONEY = 9;

async function history(seed: number, to = '2020-01-31'): Promise<History> {
  const account = openLively(seed);
  // With deposits, withdrawals and transfers, and without.
  if (seed === WITH_MONEY) await runWithMoney(account, session(to));
  else await runRange(account, FROM, session(to));
  return historyIn(account.journal);
}

/** The broker busts and corrects what it executed, and a person explains what stands. */
async function amendedHistory(seed: number): Promise<History> {
  const account = openLively(seed, { exchange: { ...AMENDING, seed } });
  await runExplaining(account, session('2020-02-14'));
  return historyIn(account.journal, kindsSeen);
}

function historyIn(journal: Journal, seen = new Set<string>()): History {
  const collector = new BookCollector();
  const { state } = foldJournal(
    journal,
    () => {},
    (...entry) => {
      collector.see(...entry);
      for (const { kind } of entry[2].postings) seen.add(kind);
    },
  );
  return { state, books: collector.books(state) };
}

/** Lives of the amnesia proof: everything that a broker books, in any order, and people who move money. */
const EVENTFUL = [2, 5, 6, 11];
const EVENTFUL_SESSIONS = 50;
/** Seeds of accounts whose executions are amended. */
const AMENDED = [3, 6];
const eventful = new Map<number, Promise<History>>();
const kindsSeen = new Set<string>();

function eventfulHistory(seed: number): Promise<History> {
  const known =
    eventful.get(seed) ??
    liveThrough(historyOf(seed, EVENTFUL_SESSIONS), new Hits(), async ({ journal }) =>
      historyIn(journal, kindsSeen),
    );
  eventful.set(seed, known);
  return known;
}

const run = (program: string, argv: readonly string[], input?: string) =>
  spawnSync(program, argv, { input, encoding: 'utf8', maxBuffer: 1e8 });
const installed = (program: string): boolean => run(program, ['--version']).status === 0;

/** Balances by "account commodity" as hledger adds them up. */
function hledgerBalances(journal: string, ...argv: readonly string[]): Map<string, string> {
  const { status, stdout, stderr } = run(
    'hledger',
    ['-f', '-', 'bal', '--flat', '-N', '-E', '-O', 'csv', ...argv],
    journal,
  );
  expect([status, stderr]).toEqual([0, '']);
  const rows: { account: string; balance: string }[] = parse(stdout, { columns: true });
  const amounts = rows.flatMap(({ account, balance }) =>
    balance === '0'
      ? []
      : balance.split(', ').map((amount): [string, string] => {
          const [, number = '', unit = ''] = /^(-?[\d.]+) "?([^"]+)"?$/.exec(amount) ?? [];
          return [`${account} ${unit}`, number.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')];
        }),
  );
  return new Map(amounts);
}

/** The same from the state of the ledger: units, and what the shares cost. */
function ledgerBalances(state: LedgerState): {
  units: Map<string, string>;
  costs: Map<string, string>;
} {
  const units: [string, string][] = [['assets:house:rounding USD', format(state.rounding)]];
  const costs: [string, string][] = [];
  for (const sleeve of sleevesInOrder(state)) {
    units.push([`assets:${sleeve.id}:cash USD`, format(sleeve.cash)]);
    units.push([`assets:${sleeve.id}:receivable USD`, format(receivablesOf(sleeve))]);
    for (const [symbol, lots] of sleeve.positions) {
      units.push([`assets:${sleeve.id}:${symbol} ${symbol}`, format(heldIn(lots))]);
      costs.push([`assets:${sleeve.id}:${symbol} USD`, format(costOf(lots))]);
    }
    const { realised, dividends, withheld, interest, fees, other } = sleeve;
    const gained = { realised, dividends, withheld, interest, fees, other };
    for (const [name, gain] of Object.entries(gained))
      units.push([
        `income:${sleeve.id}:${name} USD`,
        format(total([gain].map((g) => -g as typeof g))),
      ]);
    units.push([`equity:${sleeve.id}:flows USD`, format(-sleeve.flows as typeof sleeve.flows)]);
  }
  const held = (entries: [string, string][]) =>
    new Map(entries.filter(([, amount]) => amount !== '0'));
  return { units: held(units), costs: held(costs) };
}

/** What is held of each symbol, at its last close in the books. */
function worthOf(state: LedgerState, { prices }: Books): [string, string][] {
  const last = new Map(prices.flatMap(({ prices: all }) => all.map((of) => [of.symbol, of.price])));
  return sleevesInOrder(state).flatMap((sleeve) =>
    [...sleeve.positions].flatMap(([symbol, lots]): [string, string][] => {
      const price = last.get(symbol);
      const worth = price === undefined ? NO_MONEY : notional(price, heldIn(lots));
      return worth === NO_MONEY ? [] : [[`assets:${sleeve.id}:${symbol} USD`, format(worth)]];
    }),
  );
}

describe.skipIf(!installed('hledger'))('hledger (needs hledger: apt-get install hledger)', () => {
  it.each<readonly [string, number, () => Promise<History>]>([
    ...[2, 5, WITH_MONEY].map((seed) => ['a market', seed, () => history(seed)] as const),
    ...EVENTFUL.map((seed) => ['all kinds', seed, () => eventfulHistory(seed)] as const),
    ...AMENDED.map((seed) => ['amendments', seed, () => amendedHistory(seed)] as const),
  ])('gives every balance of the ledger, of %s, seed %i', async (_of, _seed, lived) => {
    const { state, books } = await lived();
    const [account] = books;
    const whole = account?.books ?? expect.fail('no books');
    const journal = writeHledger('Books', whole);
    const { units, costs } = ledgerBalances(state);
    const found = hledgerBalances(journal);
    for (const [account, amount] of units)
      expect([account, found.get(account)]).toEqual([account, amount]);
    const atCost = hledgerBalances(journal, '-B', 'assets');
    for (const [account, amount] of costs)
      expect([account, atCost.get(account)]).toEqual([account, amount]);
    // Nothing more.
    for (const [account] of found)
      expect([account, units.has(account) || account === 'income:house:rounding USD']).toEqual([
        account,
        true,
      ]);
    const atMarket = hledgerBalances(journal, '-V', 'assets');
    for (const [held, worth] of worthOf(state, whole))
      expect([held, atMarket.get(held)]).toEqual([held, worth]);
    for (const { name, books: own } of books) {
      const { status, stderr } = run('hledger', ['-f', '-', 'check'], writeHledger(name, own));
      expect([name, status, stderr]).toEqual([name, 0, '']);
    }
  });

  it('has seen every kind of posting but those without a rule', async () => {
    for (const seed of EVENTFUL) await eventfulHistory(seed);
    for (const seed of AMENDED) await amendedHistory(seed);
    expect([...kindsSeen].sort()).toEqual([
      'assigned',
      'bust',
      'cash_in_lieu',
      'correction',
      'cross',
      'deposit',
      'dividend_earned',
      'dividend_paid',
      'fee',
      'fill',
      'interest',
      'journal',
      'merger',
      'merger_paid',
      'opening',
      'over_fill',
      'spin_off',
      'split',
      'symbol_change',
      'transfer',
      'unasked',
      'unmatched_activity',
      'withdrawal',
      'withholding',
    ]);
  });

  it('refuses the books when one amount is another', async () => {
    const { books } = await history(2, '2020-01-10');
    const journal = writeHledger('Books', books[0]?.books ?? expect.fail('no books'));
    const amounts = [...journal.matchAll(/^ {4}(?:assets|income|equity)\S+ {2}(?!0 )-?\d+/gm)];
    expect(amounts.length).toBeGreaterThan(50);
    for (const { index, 0: line } of amounts.filter((_, n) => n % 97 === 0)) {
      const at = index + line.length;
      const changed = `${journal.slice(0, at - 1)}${(Number(line.at(-1)) + 1) % 10}${journal.slice(at)}`;
      expect([line, run('hledger', ['-f', '-', 'check'], changed).status]).toEqual([line, 1]);
    }
  });
});

describe.skipIf(!installed('bean-check'))(
  'Beancount (needs beancount: apt-get install beancount)',
  () => {
    it.each<readonly [string, number, () => Promise<History>]>([
      ['a market', WITH_MONEY, () => history(WITH_MONEY)],
      ...EVENTFUL.slice(2).map((seed) => ['all kinds', seed, () => eventfulHistory(seed)] as const),
      ['amendments', 3, () => amendedHistory(3)],
    ])(
      'accepts the books with every balance asserted, of %s, seed %i',
      async (_of, _seed, lived) => {
        const folder = mkdtempSync(join(tmpdir(), 'assay-books-'));
        try {
          const { books } = await lived();
          for (const { name, books: own } of books) {
            const file = join(folder, `${name}.beancount`);
            const text = writeBeancount(name, own);
            writeFileSync(file, text);
            const { status, stdout, stderr } = run('bean-check', [file]);
            expect([name, status, stdout + stderr]).toEqual([name, 0, '']);
            const wrong = text.replace(/(balance Assets:\S+:Cash {2}-?\d+)/, '$11');
            writeFileSync(file, wrong);
            expect([name, wrong === text, run('bean-check', [file]).status]).toEqual([
              name,
              false,
              1,
            ]);
          }
        } finally {
          rmSync(folder, { recursive: true });
        }
      },
    );
  },
);
