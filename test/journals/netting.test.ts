// Stage: none; journals of intents that meet inside the account.
// Invariant: the numbers are worked out by hand from the intents and prices shown.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('crosses and one order', () => {
  it('crosses 40 of +100 and -40, orders 60, and owns what is filled', () => {
    journal(`
      sleeve  a  20000
      sleeve  b   4000
      given   b  AAPL  40 @ 150
      quote   AAPL  149.99 150.01
      signal  a  AAPL 100
      signal  b  cash
      open
      intent  a  AAPL  +100
      intent  b  AAPL   -40
      cross   AAPL @ 150  a +40  b -40
      outcome a  AAPL  crossed/internal_cross +40  deferred/sells_first +60
      outcome b  AAPL  crossed/internal_cross -40
      expect  b  cash  10000
      buys
      order   o1  AAPL  +60  a 60
      outcome a  AAPL  crossed/internal_cross +40  ordered/net_order +60
      fill    o1  +25 @ 150.10
      close
      outcome a  AAPL  crossed/internal_cross +40  ordered/filled +25  expired/session_closed +35
      expect  a  AAPL  65  cost 9752.5       # 40 x 150 + 25 x 150.10
      expect  a  cash  10247.5
      expect  b  AAPL  0
      expect  b  cash  10000
    `);
  });

  it('shares a fill of 33 of one order of 100 as 19.8 and 13.2, also of a whole-share symbol', () => {
    journal(`
      sleeve  a  20000
      sleeve  b  12000
      asset   AAPL  whole
      quote   AAPL  150
      signal  a  AAPL 60
      signal  b  AAPL 40
      open
      nothing
      buys
      order   o1  AAPL  +100  a 60  b 40
      fill    o1  +33 @ 150
      close
      outcome a  AAPL  ordered/filled +19.8  expired/session_closed +40.2
      outcome b  AAPL  ordered/filled +13.2  expired/session_closed +26.8
      expect  a  AAPL  19.8  cost 2970
      expect  b  AAPL  13.2  cost 1980
    `);
  });

  it('crosses 80 of +100 -80 +30 and shares the 50 as 38.461538462 and 11.538461538', () => {
    journal(`
      sleeve  a  2000
      sleeve  b     0
      sleeve  c   600
      given   b  AAPL  80 @ 10
      quote   AAPL  9.99 10.01
      signal  a  AAPL 100
      signal  b  cash
      signal  c  AAPL 30
      open
      cross   AAPL @ 10  a +61.538461538  b -80  c +18.461538462
      buys
      order   o1  AAPL  +50  a 38.461538462  c 11.538461538
      fill    o1   +7 @ 10.02
      # 7 x 38.461538462 / 50 = 5.38461538468 and 1.61538461532: one unit is nobody's yet
      pending AAPL  0.000000001
      expect  a  AAPL  66.923076922
      expect  c  AAPL  20.076923077
      # 70.14 USD as 53.95384615449 and 16.1861538455: its unit waits too
      expect  a  cash  1330.661538466
      expect  c  cash  399.198461535
      fill    o1  +43 @ 10.02
      pending AAPL  0
      close
      # 501 x 38.461538462 / 50 = 385.38461538924 and 115.61538461076: the unit goes to c
      expect  a  AAPL  100  cost 1000.769230769
      expect  c  AAPL   30  cost  300.230769231
      expect  b  cash  800
    `);
  });

  it('crosses everything and sends no order at all', () => {
    journal(`
      sleeve  a  1000
      sleeve  b     0
      given   b  AAPL  10 @ 100
      quote   AAPL  99 101
      signal  a  AAPL 10
      signal  b  cash
      open
      cross   AAPL @ 100  a +10  b -10
      buys
      nothing
      close
      nothing
      expect  a  AAPL  10  cost 1000
      expect  a  cash  0
      expect  b  cash  1000
    `);
  });

  it('keeps the cross when what is left is too small to send', () => {
    journal(`
      sleeve  a  99000
      sleeve  b   8998
      given   a  AAPL  10 @ 100
      given   b  AAPL  10.02 @ 100
      quote   AAPL  100
      signal  a  AAPL 20.1          # +10.1
      signal  b  cash               # -10.02
      open
      cross   AAPL @ 100  a +10.02  b -10.02
      # 8 USD against min(0.0005 x 110000, 0.005 x 100000)
      outcome a  AAPL  crossed/internal_cross +10.02  suppressed/micro_trade +0.08
      why     a  AAPL  net 8 USD below 55 USD
      buys
      nothing
      close
      nothing
      expect  a  AAPL  20.02  cost 2002
    `);
  });

  it('sells only what the leaving sleeve owns (incident 4)', () => {
    journal(`
      sleeve  momentum  0
      sleeve  value     500
      given   momentum  AAPL  10 @ 100
      given   value     AAPL   5 @ 100
      quote   AAPL  100
      signal  momentum  cash
      signal  value     AAPL 5
      open
      order   o1  AAPL  -10  momentum 10
      outcome value  AAPL  held/already_there 0
      fill    o1  -10 @ 100.5
      buys
      nothing
      outcome momentum  AAPL  ordered/filled -10
      close
      expect  momentum  AAPL  0
      expect  momentum  cash  1005
      expect  value     AAPL  5  cost 500
      expect  value     cash  500
    `);
  });
});

describe('small change', () => {
  it('lets only the exempt demand of a mixed small order go (incident 32)', () => {
    journal(`
      sleeve  adjusts  99000
      sleeve  leaves    9980
      given   adjusts  AAPL  10   @ 100
      given   leaves   AAPL   0.2 @ 100
      quote   AAPL  100
      signal  adjusts  AAPL 9.9
      signal  leaves   cash
      open
      order   o1  AAPL  -0.2  leaves 0.2
      outcome adjusts  AAPL  suppressed/micro_trade -0.1
      why     adjusts  AAPL  net 30 USD below 55 USD
      outcome leaves   AAPL  ordered/net_order -0.2
      fill    o1  -0.2 @ 100
      buys
      nothing
      close
      expect  adjusts  AAPL  10
      expect  leaves   AAPL  0
    `);
  });

  it('lets a small entry from zero go', () => {
    journal(`
      sleeve  a  100000
      quote   AAPL  100
      signal  a  AAPL 0.1           # 10 USD, the threshold is 50
      open
      nothing
      buys
      order   o1  AAPL  +0.1  a 0.1
      fill    o1  +0.1 @ 100
      close
      expect  a  AAPL  0.1
    `);
  });

  it('says why dust below the broker minimum stays (incident 32)', () => {
    journal(`
      sleeve  a  1000
      given   a  AAPL  0.009 @ 100
      quote   AAPL  100
      signal  a  cash
      open
      nothing
      outcome a  AAPL  suppressed/below_broker_minimum -0.009
      why     a  AAPL  0.9 USD below the broker's minimum of 1 USD
      buys
      nothing
      close
      nothing
      expect  a  AAPL  0.009
    `);
  });

  it('does not buy below the broker minimum, entry or not', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 0.009
      open
      outcome a  AAPL  deferred/sells_first +0.009
      buys
      nothing
      outcome a  AAPL  suppressed/below_broker_minimum +0.009
      close
    `);
  });

  it('rounds the net of a whole-share symbol, and sleeves hold fractions of it (incident 24)', () => {
    journal(`
      sleeve  a  1000
      sleeve  b  1000
      asset   BRK.A  whole
      quote   BRK.A  100
      signal  a  BRK.A 1.2
      signal  b  BRK.A 0.3
      open
      nothing
      buys
      order   o1  BRK.A  +1  a 0.8  b 0.2
      outcome a  BRK.A  rounded_away/whole_shares +0.4  ordered/net_order +0.8
      outcome b  BRK.A  rounded_away/whole_shares +0.1  ordered/net_order +0.2
      fill    o1  +1 @ 100
      close
      expect  a  BRK.A  0.8  cost 80
      expect  b  BRK.A  0.2  cost 20
      # Alone neither can be sold, together they are one share.
      signal  a  cash
      signal  b  BRK.A 0.2
      open
      nothing
      outcome a  BRK.A  rounded_away/whole_shares -0.8
      buys
      close
      signal  b  cash
      open
      order   o2  BRK.A  -1  a 0.8  b 0.2
      fill    o2  -1 @ 110
      buys
      close
      expect  a  cash  1008
      expect  b  cash  1002
    `);
  });
});

describe('days without trades', () => {
  it('has nothing to do and says so without failing (incident 15)', () => {
    journal(`
      sleeve  a  1000
      sleeve  b   500
      given   b  AAPL  5 @ 100
      quote   AAPL  100
      signal  a  cash
      signal  b  AAPL 50%
      open
      nothing
      outcome b  AAPL  held/already_there 0
      buys
      nothing
      close
      nothing
      expect  a  cash  1000
    `);
  });

  it('buys where nothing is sold (incident 15)', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 10
      open
      nothing
      buys
      order   o1  AAPL  +10  a 10
      fill    o1  +10 @ 100
      close
      expect  a  cash  0
    `);
  });
});
