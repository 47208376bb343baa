// Stage: tests. A course of trading that a process can be killed in, and run again from its start.
// Invariant: what is sent depends on the session and the number alone, so a run resumed is the same run.
import { writeSync } from 'node:fs';
import { openExchange, type Exchange } from '../../src/adapters/exchange/exchange.ts';
import { DEFAULT_EXCHANGE_SETTINGS } from '../../src/adapters/exchange/settings.ts';
import {
  addMinutes,
  sessionClose,
  sessionOpen,
  sessionsBetween,
} from '../../src/domain/calendar.ts';
import { sha256Hex } from '../../src/domain/canonical.ts';
import { session } from '../../src/domain/time.ts';
import { format, ONE, parseMoney, parsePrice, quantity } from '../../src/domain/units/units.ts';
import type { MarketData } from '../../src/ports/marketData.ts';
import { bar, barMarket, symbol, type BarRow } from './barMarket.ts';
import { MARKET_TERMS } from '../../src/domain/order.ts';

const SESSIONS = sessionsBetween(session('2018-06-01'), session('2018-07-17'));
const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD'];

export function market(): MarketData {
  const rows: { [symbol: string]: readonly BarRow[] } = {};
  for (const [index, of] of SYMBOLS.entries()) {
    rows[of] = SESSIONS.map((date) => {
      const draw = Number.parseInt(sha256Hex(`${of} ${date}`).slice(0, 6), 16) % 1000;
      const open = 20 + index * 15 + draw / 100;
      return bar(date, open.toFixed(3), {
        high: (open * 1.02).toFixed(3),
        low: (open * 0.98).toFixed(3),
        volume: 500 + draw,
      });
    });
  }
  const [of, exDate, payDate] = [symbol('AAA'), session('2018-06-14'), session('2018-06-20')];
  return barMarket(rows, [
    {
      kind: 'dividend',
      id: 'd',
      symbol: of,
      exDate,
      payDate,
      perShare: parsePrice('0.333'),
    },
    {
      kind: 'split',
      id: 's',
      symbol: of,
      exDate: session('2018-06-27'),
      newShares: 3,
      oldShares: 2,
    },
  ]);
}

export const openRun = (file: string): Exchange =>
  openExchange({
    file,
    accountId: 'crash',
    openingCash: parseMoney('50000'),
    market: market(),
    startsAt: sessionOpen(session('2018-06-01')),
    settings: {
      ...DEFAULT_EXCHANGE_SETTINGS,
      lateRate: '0.4',
      partialRate: '0.1',
      rejectRate: '0.05',
    },
  });

/** Trades to the end, or from where the book is; says each step after it was answered. */
export async function trade(exchange: Exchange, say: (step: string) => void): Promise<void> {
  for (const date of SESSIONS) {
    for (let number = 0; number < 12; number += 1) {
      const at = addMinutes(sessionOpen(date), number * 15);
      const clientOrderId = `c-${date}-${number}`;
      if (exchange.now() > at) {
        say(
          `${clientOrderId} was ${(await exchange.orderByClientId(clientOrderId))?.id ?? 'refused'}`,
        );
        continue;
      }
      await exchange.waitUntil(at);
      say(`${clientOrderId} at ${exchange.now()}`);
      await exchange.submit(await order(exchange, clientOrderId));
      say(
        `${clientOrderId} is ${(await exchange.orderByClientId(clientOrderId))?.id ?? 'refused'}`,
      );
    }
    await exchange.waitUntil(sessionClose(date));
  }
}

async function order(exchange: Exchange, clientOrderId: string) {
  const draw = BigInt(`0x${sha256Hex(clientOrderId).slice(0, 12)}`);
  const of = symbol(SYMBOLS[Number(draw % 4n)] ?? 'AAA');
  const { positions } = await exchange.account();
  const held = positions.find((position) => position.symbol === of)?.available ?? 0n;
  const side = (draw / 4n) % 3n === 0n && held > ONE ? 'sell' : 'buy';
  const shares = 1n + ((draw / 12n) % (side === 'sell' ? held : 20n * ONE));
  return { clientOrderId, symbol: of, side, quantity: quantity(shares), ...MARKET_TERMS } as const;
}

/** Everything the exchange says, as text. */
export async function account(exchange: Exchange): Promise<string> {
  const said = {
    now: exchange.now(),
    account: await exchange.account(),
    orders: await exchange.orders({}),
    fills: await exchange.fills({}),
    activities: await exchange.activities({}),
  };
  return JSON.stringify(said, (_key, value: unknown) =>
    typeof value === 'bigint' ? format(quantity(value)) : value,
  );
}

const [, script, file] = process.argv;
if (script?.endsWith('exchangeRun.ts') === true && file !== undefined) {
  const exchange = openRun(file);
  // Written at once, so that whoever reads it may kill this process in the very next step.
  await trade(exchange, (step) => writeSync(1, `${step}\n`));
  exchange.close();
}
