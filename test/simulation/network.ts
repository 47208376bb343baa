// Stage: simulation. The way to the exchange: answers lost, requests undelivered or never sent.
// Invariant: what becomes of a request depends on its client order id; a part of the world, not of a run.
import type { Exchange } from '../../src/adapters/exchange/exchange.ts';
import type { Broker } from '../../src/ports/broker.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Timestamp } from '../../src/domain/time.ts';
import type { AccountSnapshot } from '../../src/domain/account.ts';
import type { BrokerOrder, OrderRequest } from '../../src/domain/order.ts';
import { drawsOf } from './draws.ts';
import type { Hits } from './hits.ts';
import { require } from './broken.ts';
import type { NetworkOptions } from './options.ts';

type Fate = 'arrives' | 'lost' | 'undelivered' | 'delayed' | 'not_sent';

/** How often the program looks for an order before it leaves it to a person. */
const LOOK_UPS = 2;

/** What the network remembers lives through every crash of the program. */
export interface Network {
  /** Client order ids whose first request had its fate. */
  readonly struck: Set<string>;
  /** When each order was last looked up. */
  readonly looked: Map<string, Timestamp>;
  /** Requests still under way, by client order id, with the look-ups that missed them. */
  readonly underWay: Map<string, { readonly order: OrderRequest; missed: number }>;
}

/** The exchange as it is reached over the network. */
export function overNetwork(
  exchange: Exchange,
  options: NetworkOptions,
  of: {
    readonly seed: number;
    readonly network: Network;
    readonly hits: Hits;
    readonly onLost: () => void;
    /** Called before a request leaves. */
    readonly onSubmit: (clientOrderId: string) => void;
    /** Under a kill whoever takes the cycle up again asks again, at the same instant. */
    readonly killed: () => boolean;
    /** When it was decided to cancel an order. */
    readonly decided: (clientOrderId: string) => string;
    /** The account as the broker says it is. */
    readonly lie: (snapshot: AccountSnapshot) => AccountSnapshot;
    /** A listing as a lagging replica gives it. */
    readonly stale: (orders: readonly BrokerOrder[], since?: string) => readonly BrokerOrder[];
    /** Records as they arrive: which order, and how often, says nothing. */
    readonly arrive: <T>(answer: readonly T[]) => readonly T[];
    /** Called before time passes to an instant. */
    readonly beforeWait: (at: Timestamp) => Promise<void>;
  },
): Broker & Clock {
  const fateOf = (id: string): Fate => {
    const draw = drawsOf(`network ${of.seed} ${id}`).fraction();
    const { lostRate, undeliveredRate, notSentRate } = options;
    if (draw < lostRate) return 'lost';
    if (draw < lostRate + undeliveredRate / 2) return 'undelivered';
    if (draw < lostRate + undeliveredRate) return 'delayed';
    return draw < lostRate + undeliveredRate + notSentRate ? 'not_sent' : 'arrives';
  };
  const message = 'the connection was reset';
  return {
    name: exchange.name,
    consistent: exchange.consistent === true,
    now: () => exchange.now(),
    async waitUntil(at) {
      await of.beforeWait(at);
      await exchange.waitUntil(at);
    },
    account: async () => of.lie(await exchange.account()),
    assets: (symbols) => exchange.assets(symbols),
    quotes: (symbols) => exchange.quotes(symbols),
    async orderByClientId(id) {
      const answer = await exchange.orderByClientId(id);
      const now = exchange.now();
      require('I12', of.killed() ||
        of.network.looked.get(id) !== now, `Order ${id} is looked up twice at ${now}, not apart.`);
      of.network.looked.set(id, now);
      const late = of.network.underWay.get(id);
      if (late === undefined) return answer;
      late.missed += 1;
      if (late.missed < LOOK_UPS) return answer;
      // It arrives when nobody looks any more.
      of.network.underWay.delete(id);
      await exchange.submit(late.order);
      of.hits.hit('request delayed beyond the look-ups');
      return answer;
    },
    orders: async (filter) => of.arrive(of.stale(await exchange.orders(filter), filter.since)),
    fills: async (filter) => of.arrive(await exchange.fills(filter)),
    amendments: async (filter) => of.arrive(await exchange.amendments(filter)),
    activities: async (filter) => of.arrive(await exchange.activities(filter)),
    async cancel(id) {
      // By the decision: whoever takes the cycle up again repeats the request and meets the same network.
      const fate = drawsOf(`cancel ${of.seed} ${id} ${of.decided(id)}`).fraction();
      if (fate >= options.cancelLostRate) {
        const { kind } = await exchange.cancel(id);
        of.hits.hit(`cancel ${kind}`);
        return { kind: 'accepted' };
      }
      // Half of them never arrived; whoever asked cannot tell.
      if (fate < options.cancelLostRate / 2) of.hits.hit('cancel undelivered');
      else {
        await exchange.cancel(id);
        of.hits.hit('answer to a cancel lost');
      }
      return { kind: 'unknown', message };
    },
    async submit(order) {
      const id = order.clientOrderId;
      of.onSubmit(id);
      const fate = fateOf(id);
      if (fate === 'not_sent') return { kind: 'not_sent', message: 'no route to the exchange' };
      const first = !of.network.struck.has(id);
      if (fate === 'arrives' || !first) return exchange.submit(order);
      of.network.struck.add(id);
      of.onLost();
      if (fate === 'lost') {
        const { kind } = await exchange.submit(order);
        of.hits.hit(kind === 'accepted' ? 'answer lost, order found' : 'refusal lost');
      } else if (fate === 'delayed') {
        of.network.underWay.set(id, { order, missed: 0 });
      } else {
        of.hits.hit('request undelivered, cycle halted');
      }
      return { kind: 'unknown', message };
    },
  };
}
