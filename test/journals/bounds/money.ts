// Stage: tests. Bounds of money and time: cash, credit, margin, losses, debts, the cycle.
// Invariant: hand-computed, to the last unit.
import { BOUGHT, buying, denied, nearly, selling, SOLD, type Measured } from './measured.ts';

export const OF_MONEY: readonly Measured[] = [
  {
    reason: 'sleeve_cash',
    of: 'its own cash, at the price of the day',
    text: (bound, then) => `
      sleeve a 1000
      sleeve b 1000
      quote  AAPL 100
      signal a AAPL 100%
      signal b cash
      open
      quote  AAPL ${bound}
      buys
      ${then}
      close`,
    cases: [
      ['99.999999999', BOUGHT],
      ['100', BOUGHT],
      ['100.000000001', nearly('sleeve_cash', '1000 1000.00000001 0.99999999999')],
    ],
  },
  {
    reason: 'sleeve_cash',
    of: 'its credit in a margin account',
    text: (bound, then) => `
      sleeve  a  10000
      margin  0.75 0.9 0
      limit   deployment 1.2
      quote   AAPL 100
      reports 10000 0 0 40000 20000
      signal  a AAPL 100%
      open
      quote   AAPL ${bound}
      buys
      ${then}
      close`,
    cases: [
      ['99.999999999', 'order o1 AAPL +120 a 120'],
      ['100', 'order o1 AAPL +120 a 120'],
      [
        '100.000000001',
        `order o1 AAPL +119.999999998 a 119.999999998
         outcome a AAPL scaled/sleeve_cash +0.000000002 ordered/net_order +119.999999998
         sum a AAPL sleeve_cash 12000 12000.00000012 0.99999999999`,
      ],
    ],
  },
  {
    reason: 'account_capital',
    of: "the account's reserve",
    text: (bound, then) => buying(`house 100\nlimit reserve ${bound}`, then),
    cases: [
      ['99.999999999', BOUGHT],
      ['100', BOUGHT],
      ['100.000000001', nearly('account_capital', '999.999999999 1000 0.999999999999')],
    ],
  },
  {
    reason: 'account_capital',
    of: 'the least buying power',
    text: (bound, then) => buying(`margin 1 1 0\nreports 1000 0 0 4000 ${bound}`, then),
    cases: [
      ['1000.000000001', BOUGHT],
      ['1000', BOUGHT],
      ['999.999999999', nearly('account_capital', '999.999999999 1000 0.999999999999')],
    ],
  },
  {
    reason: 'margin_initial',
    of: 'initial margin ÷ equity',
    text: (bound, then) => borrowing(`margin ${bound} 1 0\nreports 10000 0 0 40000 20000`, then),
    cases: [
      ['0.750000000001', 'order o1 AAPL +150 a 150'],
      ['0.75', 'order o1 AAPL +150 a 150'],
      [
        '0.749999999999',
        `order o1 AAPL +149.999999999 a 149.999999999
         outcome a AAPL scaled/margin_initial +0.000000001 ordered/net_order +149.999999999
         sum a AAPL margin_initial 0.749999999999 0.75 0.999999999998`,
      ],
    ],
  },
  {
    reason: 'margin_maintenance',
    of: 'the cushion above 500 and three tenths of 15,000',
    text: (bound, then) => borrowing(`margin 1 1 ${bound}\nreports 10000 0 500 40000 20000`, then),
    cases: [
      ['0.999999999999', 'order o1 AAPL +150 a 150'],
      ['1', 'order o1 AAPL +150 a 150'],
      [
        '1.000000000001',
        `order o1 AAPL +149.999999999 a 149.999999999
         outcome a AAPL scaled/margin_maintenance +0.000000001 ordered/net_order +149.999999999
         sum a AAPL margin_maintenance 1.000000000001 1 0.999999999999`,
      ],
    ],
  },
  {
    reason: 'equity_not_positive',
    of: 'what the broker reports',
    text: (bound, then) => selling(`margin 1 1 0\nreports ${bound} 0 0 0 0`, then),
    cases: [
      ['0.000000001', SOLD],
      ['0', denied('equity_not_positive', '-10', '0 0')],
      ['-0.000000001', denied('equity_not_positive', '-10', '0 -0.000000001')],
    ],
  },
  {
    reason: 'sleeve_loss_limit',
    of: 'flows less NAV',
    text: (bound, then) => `
      sleeve a 500
      given  a AAPL 10 @ 100
      rail   a maxLoss ${bound}
      quote  AAPL 50
      quote  TLT  10
      signal a AAPL 10 TLT 10
      open
      ${then}
      close`,
    cases: [
      ['500.000000001', 'buys\norder o1 TLT +10 a 10'],
      ['500', 'buys\norder o1 TLT +10 a 10'],
      [
        '499.999999999',
        'outcome a TLT denied/sleeve_loss_limit +10\nsum a TLT sleeve_loss_limit 499.999999999 500',
      ],
    ],
  },
  {
    reason: 'sleeve_overdraft',
    of: 'cash, by the price at which a tenth of a share was sold for a cross',
    text: overdrawn,
    cases: [
      ['100.00000001', 'outcome a TLT deferred/sells_first +5'],
      ['100', 'outcome a TLT deferred/sells_first +5'],
      ['99.99999999', 'outcome a TLT denied/sleeve_overdraft +4.999999999'],
    ],
  },
  {
    reason: 'nav_not_positive',
    of: 'NAV, by the price of what was bought on a sale that did not come',
    text: worthless,
    cases: [
      ['50.000000001', 'order o2 AAPL -10 a 10'],
      ['50', 'outcome a AAPL denied/nav_not_positive 0'],
      ['49.999999999', 'outcome a AAPL denied/nav_not_positive 0'],
    ],
  },
];

function borrowing(lines: string, then: string): string {
  return `
    sleeve a 10000
    limit  deployment 1.5
    quote  AAPL 100
    ${lines}
    signal a AAPL 100%
    open
    buys
    ${then}
    close`;
}

/** A sleeve pays for a cross with a sale; the day after it wants something else. */
function overdrawn(bound: string, then: string): string {
  const short = bound === '99.99999999';
  return `
    sleeve a 0
    sleeve b 0
    given  a AAPL 10 @ 100
    given  b GLD  10 @ 100
    quote  AAPL 100
    quote  GLD  100
    quote  TLT  100
    signal a GLD 100%
    signal b cash
    open
    cross  GLD @ 100 a +10 b -10
    order  o1 AAPL -10 a 10
    fill   o1 -9.9 @ 100
    fill   o1 -0.1 @ ${bound}
    close
    ${short ? 'overdraft a -0.000000001' : ''}
    signal a GLD 50% TLT 50%
    open
    order  o2 GLD ${short ? '-5.000000001 a 5.000000001' : '-5 a 5'}
    ${then}
    buys
    ${short ? 'nothing' : ''}
    close
    ${short ? 'overdraft a -0.000000001' : ''}`;
}

/** A sleeve pays for a cross with a sale that does not come: it owes 1000 the day after. */
function worthless(bound: string, then: string): string {
  return `
    sleeve a 0
    sleeve b 0
    given  a AAPL 10 @ 100
    given  b GLD  10 @ 100
    quote  AAPL 100
    quote  GLD  100
    signal a GLD 100%
    signal b cash
    open
    cross  GLD @ 100 a +10 b -10
    order  o1 AAPL -10 a 10
    close
    overdraft a -1000
    quote  AAPL 50
    quote  GLD  ${bound}
    signal a AAPL 100%
    open
    order  o3 GLD -10 a 10
    ${then}
    close
    overdraft a -1000`;
}

export const OF_TIME: readonly Measured[] = [
  {
    reason: 'cycle_budget',
    of: 'minutes since the first decision, two hours of them',
    text: (bound, then) => `
      sleeve a 1000
      quote  AAPL 100
      signal a AAPL 100%
      open
      wait   ${bound}
      buys
      ${then}
      close`,
    cases: [
      ['119', BOUGHT],
      ['120', 'outcome a AAPL expired/cycle_budget +10'],
      ['121', 'outcome a AAPL expired/cycle_budget +10'],
    ],
  },
];
