// Stage: none; journals of what trading cost against the prices decided on.
// Invariant: the numbers are worked out by hand: paper value less real value is the sum of the parts.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('shortfall against the decision price', () => {
  it('splits a buy of +100 with a cross of 40, a late arrival, a part filled and a mark', () => {
    journal(`
      sleeve  a  20000
      sleeve  b   4000
      given   b  AAPL  40 @ 150
      quote   AAPL  149.99 150.01
      signal  a  AAPL 100
      signal  b  cash
      open
      cross   AAPL @ 150  a +40  b -40
      quote   AAPL  150.10 150.12          # arrives at 150.11
      buys
      order   o1  AAPL  +60  a 60
      fill    o1  +25 @ 150.20
      mark    AAPL  152
      close
      # delay 0.11 x 65; trading 0.09 x 25; cross (150 - 150.11) x 40; 35 left of which each lost 2
      # paper: 100 x 2 = 200; real: 65 x 152 - 40 x 150 - 25 x 150.20 = 125
      shortfall a AAPL  wanted 100  delay 7.15  trading 2.25  cross -4.4  opportunity 70  total 75
      shortfall a AAPL  expired/session_closed 70  bps 50     # of 15000
      shortfall b AAPL  wanted -40  delay -4.4  trading 0  cross 4.4  opportunity 0  total 0
      # half the spread of 0.02 for each of 40 shares, twice; two orders became one
      shortfall account AAPL  cross 0  total 75  spread 0.8  orders 1
      shortfall a AAPL  spread 0.4  orders 0.5
    `);
  });

  it('signs a sale: a lower fill and a lower mark are losses', () => {
    journal(`
      sleeve  a  0
      given   a  AAPL  10 @ 100
      quote   AAPL  99.95 100.05
      signal  a  cash
      open
      order   o1  AAPL  -10  a 10
      fill    o1  -4 @ 99.90
      buys
      mark    AAPL  97
      close
      # trading 0.10 x 4; 6 shares not sold lost 3 each
      shortfall a AAPL  wanted -10  delay 0  trading 0.4  opportunity 18  total 18.4  bps 184
    `);
  });

  it('gives each reason its part, and a gain where waiting paid', () => {
    journal(`
      sleeve  a  600
      limit   reserve 100
      quote   AAPL  9.95 10.05
      signal  a  AAPL 60
      open
      buys
      # reserve 100 leaves 500: 500 / 10.05 = 49.751243781 shares of the account
      order   o1  AAPL  +49.751243781  a 49.751243781
      fill    o1  +49.751243781 @ 10.05
      mark    AAPL  9.5
      close
      # the sleeve reaches 600 / 10.05 = 59.701492537, the account 500 / 10.05; the price fell by 0.5
      shortfall a AAPL  scaled/sleeve_cash -0.1492537315  scaled/account_capital -4.975124378
      # paid 499.999999999 for what was worth 497.51243781 at the mid
      shortfall a AAPL  delay 0  trading 2.487562189  opportunity -5.1243781095
    `);
  });

  it('counts what has no price, and makes nothing of it', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  -  10
      signal  a  AAPL 50%
      open
      buys
      close
      shortfall a AAPL  wanted 0  opportunity 0  unpriced 0  total 0  bps none
    `);
  });

  it('measures each order of a cycle that is planned again against its own arrival', () => {
    journal(`
      sleeve  a  2000
      quote   AAPL  100
      signal  a  AAPL 10
      open
      quote   AAPL  101
      buys
      order   o1  AAPL  +10  a 10
      fill    o1  +4 @ 101.5
      wait    30
      buys
      cancels o1
      cancel  o1
      quote   AAPL  103
      buys
      order   o2  AAPL  +6  a 6
      fill    o2  +5 @ 103.2
      mark    AAPL  104
      close
      # delay 1 x 4 + 3 x 5; trading 0.5 x 4 + 0.2 x 5; one share left that rose by 4
      # paper: 10 x 4 = 40; real: 9 x 104 - 4 x 101.5 - 5 x 103.2 = 14
      shortfall a AAPL  wanted 10  delay 19  trading 3  cross 0  opportunity 4  total 26
      shortfall a AAPL  expired/session_closed 4  orders 0
    `);
  });
});
