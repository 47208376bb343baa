// Stage: simulation. One account of the crash matrix: its exchange, its journal, and how both ended.
// Invariant: the exchange lives in the driver and outlives every process that trades on it.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AlpacaBroker } from '../../src/adapters/alpaca/alpacaBroker.ts';
import { Credentials } from '../../src/adapters/alpaca/credentials.ts';
import { endpointsOf } from '../../src/adapters/alpaca/endpoints.ts';
import { timestampOf } from '../../src/adapters/exchange/served/instant.ts';
import {
  serveExchange,
  type ServedExchange,
} from '../../src/adapters/exchange/served/serveExchange.ts';
import type { VenueCommand } from '../../src/adapters/exchange/served/venueCommand.ts';
import { openJournal } from '../../src/adapters/journal-sqlite/journal.ts';
import type { Session } from '../../src/domain/time.ts';
import { prove } from '../../src/engine/proof.ts';
import type { WireJob, WireReport } from './wirePoints.ts';
import { journalOf, WIRE_KEYS, worldSettings } from './wireWorld.ts';

/** How a world ended: nothing of it may depend on where it was struck. */
export interface WireEnd {
  readonly digest: string;
  /** Orders, executions and the account as the exchange tells them, as text. */
  readonly records: string;
  /** Client order ids at the exchange, with repetitions. */
  readonly orderIds: readonly string[];
  readonly fills: number;
  /** Ledger = reconstruction = tables = exchange. */
  readonly proved: boolean;
}

interface Told {
  readonly at: number;
  readonly command: VenueCommand;
}

export class World {
  readonly #home: string;
  readonly #exchange: ServedExchange;
  /** What its exchange was told, so that another world can begin where this one ended. */
  readonly #told: Told[];

  private constructor(home: string, exchange: ServedExchange, told: Told[]) {
    this.#home = home;
    this.#exchange = exchange;
    this.#told = told;
  }

  /** Begins a world, as a copy of another one that was closed. */
  static async begin(folder: string, start: World | null, name: string): Promise<World> {
    const home = join(folder, name);
    mkdirSync(home);
    const exchange = await serveExchange({
      settings: worldSettings(),
      commandFile: null,
      port: 0,
      keys: WIRE_KEYS,
      rateLimit: 0,
      dataConnections: 1,
      speed: null,
    });
    const { desk } = exchange;
    const told: Told[] = [];
    if (start !== null) {
      copyFileSync(journalOf(start.#home), journalOf(home));
      for (const { at, command } of start.#told) {
        exchange.advance(at);
        desk.run(command);
      }
      exchange.advance(start.#exchange.desk.state.now);
    }
    const run = desk.run.bind(desk);
    desk.run = (command) => {
      const answer = run(command);
      told.push({ at: desk.state.now, command });
      return answer;
    };
    return new World(home, exchange, told);
  }

  job(sessions: readonly Session[], killAt: number | null): WireJob {
    return { url: this.#exchange.url, home: this.#home, sessions, killAt };
  }

  /** Reads how it ended, proves it, and ends the exchange. */
  async end({ digest }: WireReport): Promise<WireEnd> {
    const { url, desk } = this.#exchange;
    const broker = new AlpacaBroker({
      endpoints: endpointsOf('paper', url),
      credentials: new Credentials(WIRE_KEYS.keyId, WIRE_KEYS.secret, 'a simulation'),
      feed: 'iex',
      now: () => timestampOf(desk.state.now),
      requestsPerMinute: 1_000_000,
    });
    const journal = openJournal(journalOf(this.#home));
    try {
      const proof = await prove(journal, broker, openJournal(':memory:'));
      const orders = await broker.client.orders(undefined);
      const fills = await broker.client.activities('trade_activity', undefined);
      const account = [await broker.client.account(), await broker.client.positions()];
      return {
        digest,
        records: JSON.stringify([orders, fills, account]),
        orderIds: orders.map((order) => order.client_order_id),
        fills: fills.length,
        proved: proof.equal && proof.breaks.length === 0 && proof.ledger === digest,
      };
    } finally {
      journal.close();
      await this.close();
    }
  }

  async close(): Promise<void> {
    await this.#exchange.close();
  }
}
