// Stage: tests. The paper exchange under the contract of the Broker port.
// Invariant: nothing here knows how the exchange works inside.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exchangeDate, sessionClose, sessionOpen } from '../../domain/calendar.ts';
import { session } from '../../domain/time.ts';
import { parseMoney } from '../../domain/units/units.ts';
import { bar, barMarket, symbol } from '../../../test/contracts/barMarket.ts';
import { describeBroker } from '../../../test/contracts/broker.ts';
import { openExchange } from './exchange.ts';
import { DEFAULT_EXCHANGE_SETTINGS } from './settings.ts';

const TODAY = session('2018-07-17');
const TOMORROW = session('2018-07-18');

for (const { seed, kept } of [
  { seed: 1, kept: 'in memory' },
  { seed: 2, kept: 'in memory' },
  { seed: 3, kept: 'in memory' },
  { seed: 1, kept: 'in a file' },
]) {
  describeBroker(`the paper exchange ${kept}, seed ${seed},`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'exchange-contract-'));
    const exchange = openExchange({
      file: kept === 'in memory' ? ':memory:' : join(folder, 'book.db'),
      accountId: 'contract',
      openingCash: parseMoney('100000'),
      market: barMarket({
        AAA: [
          bar('2018-07-17', '150.25', { high: '152', low: '149' }),
          bar('2018-07-18', '151', { high: '152', low: '149' }),
        ],
        BBB: [bar('2018-07-17', '42.123456', { high: '43', low: '41' })],
        WWW: [bar('2018-07-17', '10', { high: '11', low: '9' })],
        XXX: [bar('2018-07-17', '10', { high: '11', low: '9' })],
      }),
      startsAt: sessionOpen(TODAY),
      settings: {
        ...DEFAULT_EXCHANGE_SETTINGS,
        seed,
        wholeShareSymbols: ['WWW'],
        untradableSymbols: ['XXX'],
      },
    });
    return {
      broker: exchange,
      liquid: [symbol('AAA'), symbol('BBB')],
      wholeShare: symbol('WWW'),
      untradable: symbol('XXX'),
      unknown: symbol('ZZZ'),
      today: TODAY,
      tomorrow: TOMORROW,
      settle: async () => exchange.waitUntil(sessionClose(exchangeDate(exchange.now()))),
      nextSession: async () => exchange.waitUntil(sessionOpen(TOMORROW)),
      close: async () => {
        exchange.close();
        rmSync(folder, { recursive: true });
      },
    };
  });
}
