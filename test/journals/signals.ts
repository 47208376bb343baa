// Stage: tests. The signals of a journal.
// Invariant: shares become a weight only when it is exact, so that a journal says what it means.
import { sleeveOf } from '../../src/domain/ledger/state.ts';
import type { Symbol } from '../../src/domain/market.ts';
import type { Signal } from '../../src/domain/signal.ts';
import type { SleeveId } from '../../src/domain/sleeve.ts';
import type { Session } from '../../src/domain/time.ts';
import {
  format,
  midPrice,
  money,
  notional,
  ONE,
  ONE_WEIGHT,
  parseWeight,
  weight,
  type Money,
  type Price,
  type Weight,
} from '../../src/domain/units/units.ts';
import type { JournalAccount } from './account.ts';
import { pairs, shares, symbolOf } from './words.ts';

/** The signal of a line: per cent of NAV or shares by symbol, `cash`, or `failed`. */
export function signalOf(
  account: JournalAccount,
  sleeve: SleeveId,
  told: { readonly text: readonly string[]; readonly asOf: Session },
): Signal {
  const { text, asOf } = told;
  const head = {
    sleeve,
    strategy: 'journal',
    strategyVersion: 'v',
    dialect: 'd',
    asOf,
    dataVersion: 'b',
    rebalance: { kind: 'every-session' },
    path: null,
  } as const;
  if (text[0] === 'failed') {
    return { ...head, kind: 'failed', code: 'broken', message: 'no history' };
  }
  const targets = text[0] === 'cash' ? [] : pairs(text);
  const weights = targets
    .map(([name, size]) => ({
      symbol: symbolOf(name),
      weight: size.endsWith('%')
        ? weight(parseWeight(size.slice(0, -1)) / 100n)
        : weightOf(account, sleeve, symbolOf(name), size),
    }))
    .filter((target) => target.weight > 0n)
    .sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  const used = weights.reduce((sum, target) => sum + target.weight, 0n);
  if (used > ONE_WEIGHT) throw new Error(`targets of ${sleeve} exceed its NAV`);
  return { ...head, kind: 'targets', weights, cash: weight(ONE_WEIGHT - used) };
}

/** The weight that makes a number of shares; a journal with one that is not exact is refused. */
function weightOf(account: JournalAccount, id: SleeveId, symbol: Symbol, size: string): Weight {
  const nav = navOf(account, id);
  const exact = midOf(account, symbol) * shares(size) * ONE_WEIGHT;
  const found = exact / (nav * ONE);
  if (found * nav * ONE !== exact) {
    throw new Error(`${size} ${symbol} is no exact weight of ${format(nav)} USD`);
  }
  return weight(found);
}

function navOf(account: JournalAccount, id: SleeveId): Money {
  const { cash, positions } = sleeveOf(account.state, id);
  const held = [...positions].map(([symbol, lots]) =>
    lots.reduce((sum, lot) => sum + notional(midOf(account, symbol), lot.quantity), 0n),
  );
  return money(held.reduce((sum, worth) => sum + worth, cash as bigint)); // widened to sum
}

function midOf(account: JournalAccount, symbol: Symbol): Price {
  const { bid, ask } = account.world.quotes.get(symbol) ?? {};
  if (bid === null || bid === undefined || ask === null || ask === undefined) {
    throw new Error(`shares of ${symbol} need a quote with two sides; write per cent`);
  }
  return midPrice(bid, ask);
}
