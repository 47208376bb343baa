// Stage: none; journals of capital: transfers, deposits and withdrawals, fixed fractions, the lives of sleeves.
// Invariant: cash moves when it is confirmed and never before; what moves is no profit.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('a transfer that a person asks for', () => {
  it('counts in both targets at once, and moves as the payer has the cash', () => {
    journal(`
      sleeve  a     0
      sleeve  b  1000
      given   a  AAPL  10 @ 100
      quote   AAPL  100
      quote   GLD   100
      transfer a b 500
      signal  a  AAPL 100%
      signal  b  GLD  100%
      open
      due     t1 a b 500
      # a: 100 % of 1000 - 500; b: 100 % of 1000 + 500.
      order   o1  AAPL  -5  a 5
      outcome b  GLD  deferred/sells_first +15
      fill    o1  -2 @ 100
      wait    30
      buys
      # 200 USD have come. The other sale works on; b waits for nobody's sale of its own.
      moves   t1 a b 200
      cancels o1
      order   o2  GLD  +12  b 12
      outcome b  GLD  scaled/sleeve_cash +3  ordered/net_order +12
      fill    o1  -3 @ 100
      fill    o2  +12 @ 100
      close
      moves   t1 a b 300
      expect  a  cash   0
      expect  a  flows  500
      expect  b  cash   300
      expect  b  flows  1500
    `);
  });

  it('of a sleeve that failed waits for the next cycle', () => {
    journal(`
      sleeve  a   900
      sleeve  b  1000
      given   a  AAPL  1 @ 100
      quote   AAPL  100
      transfer a b 500
      signal  a  failed
      signal  b  cash
      open
      nothing
      close
      expect  b  cash  1000
      signal  a  AAPL 1
      open
      due     t1 a b 500
      moves   t1 a b 500
      order   o1  AAPL  -0.5  a 0.5
      close
      expect  b  cash  1500
    `);
  });
});

describe('money that comes into the account', () => {
  it('belongs to house, also to an empty one, until somebody is given it', () => {
    journal(`
      sleeve  a   900
      given   a  AAPL  1 @ 100
      quote   AAPL  100
      deposit 500
      expect  house  cash   500
      expect  house  flows  500
      signal  a  AAPL 1
      open
      nothing
      close
      expect  a  cash  900
      transfer house a 500
      signal  a  AAPL 1
      open
      due     t1 house a 500
      moves   t1 house a 500
      outcome a  AAPL  deferred/sells_first +0.5
      close
      expect  house  cash  0
      expect  a  cash  1400
    `);
  });
});

describe('money that leaves the account', () => {
  it('is raised pro rata to NAV where house is empty, and goes out of house', () => {
    journal(`
      sleeve  a  3900
      sleeve  b   900
      given   a  AAPL  1 @ 100
      given   b  AAPL  1 @ 100
      quote   AAPL  100
      signal  a  AAPL 1
      signal  b  AAPL 1
      open
      close
      withdraw 500
      signal  a  failed
      signal  b  failed
      open
      # Nobody owes while their strategies fail.
      nothing
      close
      signal  a  AAPL 1
      signal  b  AAPL 1
      open
      # 500 x 4000 / 5000 and 500 x 1000 / 5000
      due     withdrawal a a house 400
      due     withdrawal b b house 100
      moves   withdrawal a a house 400
      moves   withdrawal b b house 100
      order   o1  AAPL  -0.2  a 0.1  b 0.1
      close
      expect  house  cash  500
      paid    500
      expect  house  cash  0
      expect  a  cash  3500
      expect  b  cash   800
    `);
  });

  it('without a request leaves house negative, and the next cycle raises it', () => {
    journal(`
      sleeve  a  0
      given   a  AAPL  10 @ 100
      quote   AAPL  100
      paid    250
      expect  house  cash  -250
      signal  a  AAPL 100%
      open
      due     withdrawal a a house 250
      order   o1  AAPL  -2.5  a 2.5
      fill    o1  -2.5 @ 100
      close
      moves   withdrawal a a house 250
      expect  house  cash  0
      expect  a  cash  0
    `);
  });
});

describe('a fixed fraction of equity', () => {
  it('is restored outside its band from what house has', () => {
    journal(`
      house   400
      sleeve  a   500
      sleeve  b  1000
      capital a  0.5  0.1
      given   a  AAPL  1 @ 100
      quote   AAPL  100
      signal  a  cash
      signal  b  cash
      open
      # Equity 2000: a has 600 and wants 1000; house gives what it has.
      due     restore a house a 400
      moves   restore a house a 400
      order   o1  AAPL  -1  a 1
      fill    o1  -1 @ 100
      close
      expect  a  cash  1000
      signal  a  cash
      signal  b  cash
      open
      nothing
      close
    `);
  });

  it('gives its excess to house', () => {
    journal(`
      sleeve  a  1500
      sleeve  b   400
      capital a  0.5  0.1
      given   b  AAPL  1 @ 100
      quote   AAPL  100
      signal  a  cash
      signal  b  AAPL 1
      open
      # Equity 2000: a has 1500 and wants 1000.
      due     restore a a house 500
      moves   restore a a house 500
      close
      expect  a  cash  1000
      expect  house  cash  500
    `);
  });
});

describe('a sleeve that is retired', () => {
  it('gives what it holds to others first, sells the rest, and ends with nothing', () => {
    journal(`
      sleeve  a    50
      sleeve  b   900
      given   a  AAPL  10 @ 100
      given   b  TLT    1 @ 100
      quote   AAPL  100
      quote   TLT   100
      life    a closing
      signal  a  AAPL 100%
      signal  b  AAPL 4  TLT 1
      open
      cross   AAPL @ 100  a -4  b +4
      order   o1  AAPL  -6  a 6
      moves   sweep a house 450
      outcome a  AAPL  crossed/internal_cross -4  ordered/net_order -6
      fill    o1  -6 @ 99
      close
      moves   sweep a house 594
      closed  a
      expect  a  cash  0
      expect  a  realised  -6
      expect  house  cash  1044
      expect  b  AAPL  4
      expect  b  cash  500
    `);
  });

  it('goes on closing while its sale fails, and is sold in the next cycle', () => {
    journal(`
      sleeve  a  0
      pace    30 120 0
      given   a  AAPL  10 @ 100
      quote   AAPL  100
      life    a closing
      signal  a  AAPL 100%
      open
      order   o1  AAPL  -10  a 10
      reject  o1
      close
      expect  a  AAPL  10
      signal  a  AAPL 100%
      open
      order   o2  AAPL  -10  a 10
      fill    o2  -10 @ 101
      close
      moves   sweep a house 1010
      closed  a
      expect  house  cash  1010
    `);
  });

  it('buys nothing and sells nothing while it is paused', () => {
    journal(`
      sleeve  a  1000
      given   a  AAPL  10 @ 100
      quote   AAPL  100
      quote   TLT   100
      life    a paused
      signal  a  TLT 100%
      open
      nothing
      outcome a  AAPL  held/paused -10
      outcome a  TLT   held/paused +20
      close
      life    a active
      signal  a  TLT 100%
      open
      order   o1  AAPL  -10  a 10
      close
    `);
  });
});

describe('a sleeve that joins', () => {
  it('begins with nothing, is given money, and trades', () => {
    journal(`
      house   500
      sleeve  a   900
      given   a  AAPL  1 @ 100
      quote   AAPL  100
      quote   GLD   100
      add     c
      transfer house c 500
      signal  a  AAPL 1
      signal  c  GLD 100%
      open
      due     t1 house c 500
      moves   t1 house c 500
      buys
      order   o1  GLD  +5  c 5
      fill    o1  +5 @ 100
      close
      expect  c  GLD   5
      expect  c  cash  0
      expect  c  flows 500
    `);
  });
});

describe('what is left of an exit and no order can carry', () => {
  it('stays with its sleeve unless house is to take it', () => {
    journal(`
      house   100
      sleeve  a  0
      given   a  BRK  1.4 @ 100
      asset   BRK  whole
      quote   BRK  100
      signal  a  cash
      open
      order   o1  BRK  -1  a 1
      outcome a  BRK  rounded_away/whole_shares -0.4  ordered/net_order -1
      fill    o1  -1 @ 100
      close
      expect  a  BRK  0.4
    `);
  });

  it('goes to house at the mid, which sells it once it is a whole share', () => {
    journal(`
      house   100
      limit   fractions house
      sleeve  a  0
      sleeve  b  0
      given   a  BRK  1.4 @ 90
      given   b  BRK  0.9 @ 90
      asset   BRK  whole
      quote   BRK  99 101
      signal  a  cash
      signal  b  BRK 100%
      open
      cross   BRK @ 100  a -0.4  house +0.4
      order   o1  BRK  -1  a 1
      outcome a  BRK  ordered/net_order -1  crossed/fraction_to_house -0.4
      fill    o1  -1 @ 99
      close
      expect  a      BRK   0
      expect  a      cash  139
      expect  a      realised  13
      expect  house  BRK   0.4  cost 40
      expect  house  cash  60
      # The shortfall knows of it and nothing was spared.
      shortfall a       BRK  cross 0  spread 0  orders 0
      shortfall house   BRK  cross 0  spread 0  orders 0
      signal  a  cash
      signal  b  cash
      quote   BRK  100
      open
      # 0.9 of b and 0.4 of house: one share; what is left of b goes to house as well.
      cross   BRK @ 100  b -0.207692308  house +0.207692308
      order   o2  BRK  -1  b 0.692307692  house 0.307692308
      outcome house  BRK  rounded_away/whole_shares -0.092307692  ordered/net_order -0.307692308
      fill    o2  -1 @ 100
      close
      expect  b      BRK   0
      expect  b      cash  90
      expect  house  BRK   0.3
      expect  house  cash  70
    `);
  });

  it('goes as far as house can pay with what nobody waits for', () => {
    journal(`
      house   50
      limit   fractions house
      sleeve  a  1000
      sleeve  b  1000
      given   a  BRK  0.4 @ 100
      given   b  BRK  0.2 @ 100
      asset   BRK  whole
      quote   BRK  100
      withdraw 20
      signal  a  cash
      signal  b  cash
      open
      # House has 30 for its own: not the 40 of a, the 20 of b.
      cross   BRK @ 100  b -0.2  house +0.2
      outcome a  BRK  rounded_away/whole_shares -0.4
      close
      expect  house  cash  30
    `);
  });

  it('is dust below what the broker takes, too; a sleeve that is retired can end', () => {
    journal(`
      house   100
      limit   fractions house
      limit   brokerMinimum 1
      sleeve  a  5
      given   a  AAPL  0.005 @ 100
      quote   AAPL  100
      life    a closing
      signal  a  cash
      open
      cross   AAPL @ 100  a -0.005  house +0.005
      moves   sweep a house 5.5
      close
      closed  a
      expect  house  cash  105
    `);
  });
});
