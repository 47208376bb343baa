// Stage: none; what random accounts found of credit, as small as it can be.
// Invariant: money that is given away is no ground to borrow on.
import { describe, expect, it } from 'vitest';
import { MARKET_EXECUTION } from '../../src/domain/execution.ts';
import type { Symbol } from '../../src/domain/market.ts';
import { COMPOUNDING, HOUSE, NO_TOLERANCE, type SleeveId } from '../../src/domain/sleeve.ts';
import { timestamp } from '../../src/domain/time.ts';
import {
  format,
  money,
  parseMoney,
  parsePrice,
  parseQuantity,
  parseWeight,
  weight,
} from '../../src/domain/units/units.ts';
import { NO_RAILS, PACE } from '../rails.ts';
import { AS_OF, PlainAccount, type Facts } from './account.ts';

describe('a sleeve that gives its cash away', () => {
  it('cannot borrow on it at the same decision', () => {
    const [a, AAPL, GLD] = ['a' as SleeveId, 'AAPL' as Symbol, 'GLD' as Symbol]; // well-formed
    const account = new PlainAccount(configurationOf(a), parseMoney('1000'), [
      {
        symbol: AAPL,
        price: parsePrice('100'),
        demands: [{ sleeve: a, quantity: parseQuantity('10') }],
      },
    ]);
    account.apply({
      kind: 'transfer_requested',
      id: 't1',
      at: timestamp('2024-03-14T21:00:00.000Z'),
      from: a,
      to: HOUSE,
      amount: parseMoney('600'),
    });
    account.open([
      {
        kind: 'targets',
        sleeve: a,
        strategy: 's',
        strategyVersion: 'v',
        dialect: 'd',
        asOf: AS_OF,
        dataVersion: 'b',
        rebalance: { kind: 'every-session' },
        path: null,
        weights: [{ symbol: GLD, weight: parseWeight('1') }],
        cash: weight(0n),
      },
    ]);
    account.point('open', factsOf(account, '100'));
    // 1.5 × (1000 − 600) USD of GLD are wanted, and everything else is sold first.
    expect(account.decide().deferred.map(({ quantity }) => format(quantity))).toEqual(['6']);
    for (const order of account.orders.values())
      account.fill(order, order.parent.quantity, parsePrice('100'));
    account.wait(5);
    account.point('replan', factsOf(account, '120'));
    const { capital, parents } = account.decide();
    expect(capital.transfers.map(({ amount }) => format(amount))).toEqual(['600']);
    // 400 USD of its own and half as much on credit buy 5 at 120; on 1000 USD it could have 500 more.
    expect(parents.map(({ quantity }) => format(quantity))).toEqual(['5']);

    function factsOf({ now }: PlainAccount, gold: string): Facts {
      const assets = [AAPL, GLD].map((symbol) => ({
        symbol,
        tradable: true,
        fractionable: true,
        margin: { initial: parseWeight('0.5'), maintenance: parseWeight('0.3') },
      }));
      const quotes = [
        { symbol: AAPL, bid: parsePrice('100'), ask: parsePrice('100'), at: now },
        { symbol: GLD, bid: parsePrice(gold), ask: parsePrice(gold), at: now },
      ];
      const margin = {
        equity: parseMoney('1000'),
        initialMargin: money(0n),
        maintenanceMargin: money(0n),
        buyingPower: parseMoney('4000'),
        overnightBuyingPower: parseMoney('2000'),
      };
      return { quotes, assets, bars: [], margin, heldBack: new Map() };
    }
  });
});

const configurationOf = (id: SleeveId) => ({
  account: 'found',
  sleeves: [
    { ...COMPOUNDING, id, code: 2, openingCash: parseMoney('1000'), onFailure: 'hold' as const },
  ],
  limits: {
    deployment: parseWeight('1.5'),
    reserve: money(0n),
    priceAllowance: weight(0n),
    maxSpread: parseWeight('0.05'),
    microTradeFloor: parseMoney('1'),
    microTradeAccountShare: weight(0n),
    microTradeSleeveShare: weight(0n),
    brokerMinimum: parseMoney('1'),
    fractions: 'keep' as const,
    rails: NO_RAILS,
    margin: {
      maxInitial: parseWeight('0.75'),
      warnInitial: parseWeight('0.6'),
      minCushion: parseWeight('0.1'),
    },
    pace: PACE,
    execution: MARKET_EXECUTION,
  },
  tolerance: NO_TOLERANCE,
  market: { name: 'found', synthetic: true, paysDividends: false },
  digest: 'found',
});
