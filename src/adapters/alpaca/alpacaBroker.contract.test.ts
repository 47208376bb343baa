// Stage: tests. Alpaca's adapter under the contract of the Broker port, on the served exchange.
// Invariant: nothing here knows how either side works inside.
import { KEYS, MONDAY, OPEN, venueSettings } from '../../../test/exchange/served.ts';
import { onServed } from '../../../test/alpaca/onServed.ts';
import { describeBroker } from '../../../test/contracts/broker.ts';
import { symbol } from '../../../test/contracts/barMarket.ts';
import { exchangeDate, nextSession, sessionClose, sessionOpen } from '../../domain/calendar.ts';
import { serveExchange } from '../exchange/served/serveExchange.ts';

for (const [seed, partialPerMille] of [
  [1, 0n],
  [2, 100n],
  [3, 500n],
] as const) {
  describeBroker(`Alpaca's adapter on the served exchange, seed ${seed},`, async () => {
    const exchange = await serveExchange({
      settings: venueSettings({ seed, partialPerMille, multiplier: 1, startsAt: OPEN }),
      commandFile: null,
      port: 0,
      keys: KEYS,
      rateLimit: 0,
      dataConnections: 1,
      speed: null,
    });
    const { broker, clock } = onServed(exchange, KEYS);
    return {
      broker,
      liquid: [symbol('AAA'), symbol('BBB')],
      wholeShare: symbol('ONLY'),
      untradable: symbol('HALT'),
      unknown: symbol('ZZZ'),
      today: MONDAY,
      tomorrow: nextSession(MONDAY),
      settle: () => clock.waitUntil(sessionClose(exchangeDate(clock.now()))),
      nextSession: () => clock.waitUntil(sessionOpen(nextSession(exchangeDate(clock.now())))),
      close: () => exchange.close(),
    };
  });
}
