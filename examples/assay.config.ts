// Five strategies that disagree, one account of 1,000,000 USD, on the embedded synthetic market.
// Every figure is explicit: change one and the account is another (use another --home).
import { defineConfig } from '../src/config/config.ts';

export default defineConfig({
  account: 'example',
  openingCash: '1000000',
  market: { kind: 'synthetic', seed: 7, from: '2019-01-02', to: '2030-12-31' },
  exchange: {
    seed: 7,
    halfSpreadBps: '2',
    slippageBps: '3',
    impactBps: '50',
    maxSlippageBps: '25',
    participation: '0.05',
    maxSlices: 4,
    promptMinutes: 5,
    lateRate: '0.1',
    partialRate: '0.02',
    rejectRate: '0.002',
    wholeShareSymbols: ['DBC'],
    untradableSymbols: [],
  },
  limits: {
    deployment: '0.98',
    reserve: '0',
    priceAllowance: '0.005',
    maxSpread: '0.02',
    microTradeFloor: '1',
    microTradeAccountShare: '0.0005',
    microTradeSleeveShare: '0.005',
    brokerMinimum: '1',
  },
  // What stops an order whatever a strategy wants. 'none' turns a rail off.
  pace: { stepMinutes: 30, cycleMinutes: 120, revisions: 3 },
  rails: {
    maxQuoteAgeSeconds: 300,
    maxOrderNotional: '400000',
    maxVolumeShare: '0.1',
    collar: '0.25',
    maxDailyTurnover: '3000000',
    maxOrders: 40,
    allow: 'all',
    deny: [],
    frozen: [],
    symbols: {},
    sleeves: {},
  },
  margin: 'none',
  sleeves: [
    { id: 'trend', strategy: './strategies/sector-trend.clj', share: '0.2', onFailure: 'hold' },
    { id: 'rebound', strategy: './strategies/sector-rebound.clj', share: '0.2', onFailure: 'hold' },
    {
      id: 'rotation',
      strategy: './strategies/balanced-rotation.clj',
      share: '0.2',
      onFailure: 'hold',
    },
    { id: 'momentum', strategy: './strategies/dual-momentum.ts', share: '0.2', onFailure: 'hold' },
    { id: 'brake', strategy: './strategies/volatility-brake.ts', share: '0.2', onFailure: 'hold' },
  ],
});
