// Stage: none; journals of what random accounts found, each as small as it can be.
// Invariant: stays here whatever is drawn later.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('an order that lost a part which was too large', () => {
  it('is rounded to whole shares again', () => {
    journal(`
      sleeve  a  10000
      sleeve  b  10000
      rail    a  maxOrderNotional 1000
      asset   AAPL  whole
      quote   AAPL  100
      signal  a  AAPL 10.5
      signal  b  AAPL 20.5
      open
      buys
      order   o1  AAPL  +20  b 20
      outcome a  AAPL  denied/sleeve_max_order_notional +10.5
      outcome b  AAPL  rounded_away/whole_shares +0.5 ordered/net_order +20
      close
    `);
  });

  it("is held against the broker's minimum again", () => {
    journal(`
      sleeve  a  10000
      sleeve  b  10000
      limit   brokerMinimum 100
      rail    a  maxOrderNotional 1000
      quote   AAPL  100
      signal  a  AAPL 10.5
      signal  b  AAPL 0.5
      open
      buys
      nothing
      outcome a  AAPL  denied/sleeve_max_order_notional +10.5
      outcome b  AAPL  suppressed/below_broker_minimum +0.5
      close
    `);
  });
});

describe('a sale that is ordered again', () => {
  it('counts as turnover before the buys of the same decision', () => {
    journal(`
      sleeve  a  0
      sleeve  b  10000
      given   a  AAPL  20 @ 100
      rail    maxDailyTurnover 3000
      quote   AAPL  100
      quote   GLD   100
      signal  a  cash
      signal  b  GLD 40
      open
      order   o1  AAPL  -20  a 20
      reject  o1
      buys
      order   o2  AAPL  -20  a 20
      order   o3  GLD   +10  b 10
      outcome b  GLD  scaled/max_daily_turnover +30 ordered/net_order +10
      close
    `);
  });
});
