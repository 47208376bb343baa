// Stage: tests. Bounds of an order: its size, its number, what the market and the broker take.
// Invariant: the amount stays and the bound moves; hand-computed.
import { BOUGHT, buying, denied, nearly, selling, SOLD, type Measured } from './measured.ts';

export const OF_ORDERS: readonly Measured[] = [
  {
    reason: 'max_order_notional',
    of: 'an order',
    text: (bound, then) => selling(`rail maxOrderNotional ${bound}`, then),
    cases: [
      ['1000.000000001', SOLD],
      ['1000', SOLD],
      ['999.999999999', denied('max_order_notional', '-10', '999.999999999 1000')],
    ],
  },
  {
    reason: 'sleeve_max_order_notional',
    of: "a sleeve's part of an order",
    text: (bound, then) => selling(`rail a maxOrderNotional ${bound}`, then),
    cases: [
      ['1000.000000001', SOLD],
      ['1000', SOLD],
      ['999.999999999', denied('sleeve_max_order_notional', '-10', '999.999999999 1000')],
    ],
  },
  {
    reason: 'max_volume_share',
    of: "a tenth of a day's median volume",
    text: (bound, then) => selling(`rail maxVolumeShare 0.1\nbar AAPL 100 volume ${bound}`, then),
    cases: [
      ['100.00000001', SOLD],
      ['100', SOLD],
      [
        '99.99999999',
        `order   o1 AAPL -9.999999999 a 9.999999999
         outcome a  AAPL scaled/max_volume_share -0.000000001 ordered/net_order -9.999999999
         sum     a  AAPL max_volume_share 9.999999999 10 0.9999999999`,
      ],
    ],
  },
  {
    reason: 'max_daily_turnover',
    of: 'what buys may cost',
    text: (bound, then) => buying(`rail maxDailyTurnover ${bound}`, then),
    cases: [
      ['1000.000000001', BOUGHT],
      ['1000', BOUGHT],
      ['999.999999999', nearly('max_daily_turnover', '999.999999999 1000 0.999999999999')],
    ],
  },
  {
    reason: 'max_orders',
    of: 'the orders of a cycle',
    text: (bound, then) => `
      sleeve a 2000
      rail   maxOrders ${bound}
      quote  AAPL 100
      quote  GLD  100
      signal a AAPL 10 GLD 10
      open
      buys
      ${BOUGHT}
      ${then}
      close`,
    cases: [
      ['3', 'order o2 GLD +10 a 10'],
      ['2', 'order o2 GLD +10 a 10'],
      ['1', 'outcome a GLD denied/max_orders +10\nsum a GLD max_orders 1 2'],
    ],
  },
  {
    reason: 'micro_trade',
    of: 'the floor',
    text: trimming((bound) => `limit microTradeFloor ${bound}`),
    cases: microCases('9.999999999', '10', '10.000000001'),
  },
  {
    reason: 'micro_trade',
    of: "the account's share",
    text: trimming(
      (bound) => `limit microTradeAccountShare ${bound}\nlimit microTradeSleeveShare 0.02`,
    ),
    cases: microCases('0.009999999999', '0.01', '0.010000000001'),
  },
  {
    reason: 'micro_trade',
    of: "the contributors' share",
    text: trimming(
      (bound) => `limit microTradeAccountShare 0.02\nlimit microTradeSleeveShare ${bound}`,
    ),
    cases: microCases('0.009999999999', '0.01', '0.010000000001'),
  },
  {
    reason: 'below_broker_minimum',
    of: 'an exit',
    text: (bound, then) => selling(`limit brokerMinimum ${bound}`, then),
    cases: [
      ['999.999999999', SOLD],
      ['1000', SOLD],
      [
        '1000.000000001',
        `outcome a AAPL suppressed/below_broker_minimum -10
         sum a AAPL below_broker_minimum 1000.000000001 1000`,
      ],
    ],
  },
  {
    reason: 'whole_shares',
    of: 'an asset without fractions',
    text: (bound, then) => `
      sleeve a 0
      given  a AAPL ${bound} @ 100
      asset  AAPL whole
      quote  AAPL 100
      signal a cash
      open
      ${then}
      close`,
    cases: [
      ['10', SOLD],
      [
        '10.000000001',
        `${SOLD}
         outcome a AAPL rounded_away/whole_shares -0.000000001 ordered/net_order -10
         sum a AAPL whole_shares 10 10.000000001`,
      ],
      [
        '9.999999999',
        `order o1 AAPL -9 a 9
         outcome a AAPL rounded_away/whole_shares -0.999999999 ordered/net_order -9
         sum a AAPL whole_shares 9 9.999999999`,
      ],
    ],
  },
  {
    reason: 'not_available',
    of: 'what the broker holds back',
    text: (bound, then) => selling(`held AAPL ${bound}`, then),
    cases: [
      ['-0.000000001', SOLD],
      ['0', SOLD],
      [
        '0.000000001',
        `order   o1 AAPL -9.999999999 a 9.999999999
         outcome a  AAPL scaled/not_available -0.000000001 ordered/net_order -9.999999999
         sum     a  AAPL not_available 9.999999999 10 0.9999999999`,
      ],
    ],
  },
];

/** A sleeve of 1000 USD that sells a tenth of a share at 100; no other threshold is in its way. */
function trimming(lines: (bound: string) => string): Measured['text'] {
  return (bound, then) => `
    sleeve a 0
    given  a AAPL 10 @ 100
    limit  microTradeAccountShare 0
    limit  microTradeSleeveShare 0
    ${lines(bound)}
    quote  AAPL 100
    signal a AAPL 9.9
    open
    ${then}
    close`;
}

function microCases(within: string, at: string, beyond: string): Measured['cases'] {
  const goes = 'order o1 AAPL -0.1 a 0.1';
  const stays = `outcome a AAPL suppressed/micro_trade -0.1
                 sum a AAPL micro_trade 10.000000001 10`;
  return [
    [within, goes],
    [at, goes],
    [beyond, stays],
  ];
}
