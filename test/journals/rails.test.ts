// Stage: none; journals of the guard rails, each at its bound and one unit beyond.
// Invariant: each rail has a reason of its own, its arithmetic is recorded, and sells go where buys may not.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('lists of symbols', () => {
  it('deny buys of a denied symbol and let its sells go', () => {
    journal(`
      sleeve  a  1000
      sleeve  b     0
      given   b  AAPL  10 @ 100
      rail    deny  AAPL
      quote   AAPL  100
      signal  a  AAPL 5
      signal  b  cash
      open
      order   o1  AAPL  -10  b 10
      outcome a  AAPL  denied/symbol_denied +5
      fill    o1  -10 @ 100
      buys
      close
      expect  b  AAPL  0
    `);
  });

  it('deny buys of what is not on an allow list', () => {
    journal(`
      sleeve  a  1000
      rail    allow  TLT
      quote   AAPL  100
      quote   TLT   100
      signal  a  AAPL 5  TLT 5
      open
      outcome a  AAPL  denied/symbol_not_allowed +5
      buys
      order   o1  TLT  +5  a 5
      close
    `);
  });

  it('stop a frozen symbol on both sides, and nothing of it crosses', () => {
    journal(`
      sleeve  a  1000
      sleeve  b     0
      given   b  AAPL  10 @ 100
      rail    frozen  AAPL
      quote   AAPL  100
      signal  a  AAPL 5
      signal  b  cash
      open
      nothing
      outcome a  AAPL  denied/symbol_frozen +5
      outcome b  AAPL  denied/symbol_frozen -10
      buys
      close
    `);
  });

  it('of a sleeve bind that sleeve alone', () => {
    journal(`
      sleeve  a  1000
      sleeve  b  1000
      sleeve  c  1000
      rail    a  deny  AAPL
      rail    b  allow  TLT
      quote   AAPL  100
      signal  a  AAPL 5
      signal  b  AAPL 5
      signal  c  AAPL 5
      open
      outcome a  AAPL  denied/sleeve_symbol_denied +5
      outcome b  AAPL  denied/sleeve_symbol_not_allowed +5
      buys
      order   o1  AAPL  +5  c 5
      close
    `);
  });
});

describe('the loss limit of a sleeve', () => {
  const lost = (limit: string, then: string): string => `
      sleeve  a  500
      sleeve  b  500
      given   a  AAPL  10 @ 100
      rail    a  maxLoss ${limit}
      quote   AAPL  50
      quote   TLT   10
      signal  a  AAPL 4  TLT 10
      signal  b  TLT 10
      open
      order   o1  AAPL  -6  a 6
      ${then}
      close
    `;

  it('reached exactly, lets it buy', () => {
    journal(
      lost(
        '500',
        `buys
         order   o2  TLT  +20  a 10 b 10`,
      ),
    );
  });

  it('passed by a unit of money, denies its buys; its sells go, and so do the others', () => {
    journal(
      lost(
        '499.999999999',
        `outcome a  TLT  denied/sleeve_loss_limit +10
         sum     a  TLT  sleeve_loss_limit  499.999999999  500
         buys
         order   o2  TLT  +10  b 10`,
      ),
    );
  });

  it('is asked again before the buys, and denies what it cannot check', () => {
    journal(`
      sleeve  a  1000
      given   a  AAPL  10 @ 100
      rail    a  maxLoss 100
      quote   AAPL  100
      quote   TLT   10
      signal  a  AAPL 10  TLT 10
      open
      quote   AAPL  none
      buys
      outcome a  TLT  denied/sleeve_loss_unknown +10
      close
    `);
  });
});

describe('the price collar', () => {
  it('lets quotes up to its bound trade, and not one unit beyond', () => {
    journal(`
      sleeve  a  0
      given   a  AAPL  1 @ 100
      given   a  GLD   1 @ 100
      given   a  QQQ   1 @ 100
      given   a  TLT   1 @ 100
      rail    collar 0.1
      bar     AAPL  100
      bar     GLD   100
      bar     QQQ   100
      bar     TLT   100
      quote   AAPL  90 91
      quote   GLD   89.999999999 91
      quote   QQQ   109 110
      quote   TLT   109 110.000000001
      signal  a  cash
      open
      order   o1  AAPL  -1  a 1
      order   o2  QQQ   -1  a 1
      outcome a  GLD  denied/price_collar -1
      sum     a  GLD  price_collar  10  10.000000001
      outcome a  TLT  denied/price_collar -1
      sum     a  TLT  price_collar  10  10.000000001
      buys
      close
    `);
  });

  it('denies where there is no close of the last session, and a symbol may have its own', () => {
    journal(`
      sleeve  a  0
      given   a  AAPL  1 @ 100
      given   a  GLD   1 @ 100
      given   a  QQQ   1 @ 100
      given   a  TLT   1 @ 100
      rail    collar 0.1
      rail    QQQ  collar none
      rail    TLT  collar 0.6
      bar     GLD   100 of 2024-03-13
      bar     TLT   100
      quote   AAPL  100
      quote   GLD   100
      quote   QQQ   100
      quote   TLT   50
      signal  a  cash
      open
      order   o1  QQQ  -1  a 1
      order   o2  TLT  -1  a 1
      outcome a  AAPL  denied/last_close_missing -1
      outcome a  GLD   denied/last_close_missing -1
      buys
      close
    `);
  });
});

describe("the largest share of a day's median volume", () => {
  it('scales an order pro rata, sells as well as buys, exactly', () => {
    journal(`
      sleeve  a  0
      sleeve  b  0
      sleeve  c  10000
      given   a  AAPL  30 @ 100
      given   b  AAPL  20 @ 100
      rail    maxVolumeShare 0.1
      bar     AAPL  100 volume 100
      bar     TLT   100 volume 499.99999999
      quote   AAPL  100
      quote   TLT   100
      signal  a  cash
      signal  b  cash
      signal  c  TLT 50
      open
      order   o1  AAPL  -10  a 6 b 4
      outcome a  AAPL  scaled/max_volume_share -24 ordered/net_order -6
      sum     a  AAPL  max_volume_share  10  50  0.2
      fill    o1  -10 @ 100
      buys
      order   o2  TLT  +49.999999999  c 49.999999999
      outcome c  TLT  scaled/max_volume_share +0.000000001 ordered/net_order +49.999999999
      close
    `);
  });

  it('at its bound takes nothing away; without a volume it denies', () => {
    journal(`
      sleeve  a  0
      given   a  AAPL  10 @ 100
      given   a  TLT   10 @ 100
      rail    maxVolumeShare 0.1
      bar     AAPL  100 volume 100
      bar     TLT   100
      quote   AAPL  100
      quote   TLT   100
      signal  a  cash
      open
      order   o1  AAPL  -10  a 10
      outcome a  TLT  denied/volume_missing -10
      buys
      close
    `);
  });
});

describe('the largest order', () => {
  it('may be as large as the limit, and not one unit larger', () => {
    journal(`
      sleeve  a  0
      given   a  AAPL  10 @ 100
      given   a  TLT   1000.000000001 @ 1
      rail    maxOrderNotional 1000
      rail    GLD  maxOrderNotional 500
      quote   AAPL  100
      quote   TLT   1
      signal  a  cash
      open
      order   o1  AAPL  -10  a 10
      outcome a  TLT  denied/max_order_notional -1000.000000001
      sum     a  TLT  max_order_notional  1000  1000.000000001
      buys
      close
    `);
  });

  it('is measured at the highest price that a buy may pay', () => {
    journal(`
      sleeve  a  10000
      limit   priceAllowance 0.01
      rail    maxOrderNotional 1010
      quote   AAPL  100
      quote   TLT   100
      signal  a  AAPL 10  TLT 10.00000001
      open
      buys
      order   o1  AAPL  +10  a 10
      outcome a  TLT  denied/max_order_notional +10.00000001
      close
    `);
  });

  it("of a sleeve takes that sleeve's part and leaves the others theirs", () => {
    journal(`
      sleeve  a  10000
      sleeve  b  10000
      rail    a  maxOrderNotional 1000
      quote   AAPL  100
      quote   TLT   100
      signal  a  AAPL 10  TLT 11
      signal  b  AAPL 20  TLT 20
      open
      buys
      order   o1  AAPL  +30  a 10 b 20
      order   o2  TLT   +20  b 20
      outcome a  TLT  denied/sleeve_max_order_notional +11
      sum     a  TLT  sleeve_max_order_notional  1000  1100
      close
    `);
  });
});

describe("the day's turnover", () => {
  it('counts the sells, lets them go, and scales all buys by one factor', () => {
    journal(`
      sleeve  a  0
      sleeve  b  10000
      sleeve  c  10000
      given   a  AAPL  10 @ 100
      rail    maxDailyTurnover 4000
      quote   AAPL  100
      quote   GLD   100
      quote   TLT   100
      signal  a  cash
      signal  b  GLD 40
      signal  c  TLT 20
      open
      order   o1  AAPL  -10  a 10
      fill    o1  -10 @ 100
      buys
      order   o2  GLD  +20  b 20
      order   o3  TLT  +10  c 10
      outcome b  GLD  scaled/max_daily_turnover +20 ordered/net_order +20
      sum     b  GLD  max_daily_turnover  3000  6000  0.5
      close
    `);
  });

  it('used up by sells alone, stops every buy', () => {
    journal(`
      sleeve  a  0
      sleeve  b  10000
      given   a  AAPL  10 @ 100
      rail    maxDailyTurnover 1000
      quote   AAPL  100
      quote   GLD   100
      signal  a  cash
      signal  b  GLD 40
      open
      order   o1  AAPL  -10  a 10
      fill    o1  -10 @ 100
      buys
      nothing
      outcome b  GLD  scaled/max_daily_turnover +40
      sum     b  GLD  max_daily_turnover  0  4000  0
      close
    `);
  });
});

describe('the number of orders', () => {
  it('lets the largest go; sells have counted before the buys', () => {
    journal(`
      sleeve  a  9000
      given   a  AAPL  10 @ 100
      rail    maxOrders 2
      quote   AAPL  100
      quote   GLD   100
      quote   TLT   100
      signal  a  GLD 10  TLT 11
      open
      order   o1  AAPL  -10  a 10
      buys
      order   o2  TLT  +11  a 11
      outcome a  GLD  denied/max_orders +10
      sum     a  GLD  max_orders  2  3
      close
    `);
  });

  it('as many as the limit all go', () => {
    journal(`
      sleeve  a  10000
      rail    maxOrders 2
      quote   GLD   100
      quote   TLT   100
      signal  a  GLD 10  TLT 11
      open
      buys
      order   o1  GLD  +10  a 10
      order   o2  TLT  +11  a 11
      close
    `);
  });
});

describe('the age of a quote and its spread', () => {
  it('are settings, the spread of a symbol its own', () => {
    journal(`
      sleeve  a  0
      given   a  AAPL  1 @ 100
      given   a  GLD   1 @ 100
      given   a  TLT   1 @ 100
      rail    maxQuoteAgeSeconds 2
      rail    TLT  maxSpread 0.001
      quote   AAPL  100 100 at 2024-03-15T13:30:58.000Z
      quote   GLD   100 100 at 2024-03-15T13:30:57.999Z
      quote   TLT   99.9 100.1
      signal  a  cash
      open
      order   o1  AAPL  -1  a 1
      outcome a  GLD  denied/quote_stale -1
      outcome a  TLT  denied/quote_wide -1
      sum     a  TLT  quote_wide  0.1  0.2
      buys
      close
    `);
  });
});
