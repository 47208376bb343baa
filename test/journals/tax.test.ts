// Stage: none; journals of what sleeves realise and what the account realises for tax.
// Invariant: the numbers are worked out by hand; each line of the bridge is written.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('tax and economic gains', () => {
  it('differ by a cross, which is no sale, until the shares are sold', () => {
    journal(`
      sleeve  a  1100
      sleeve  b  0
      given   b  AAPL  10 @ 100
      quote   AAPL  110 110
      signal  a  AAPL 10
      signal  b  cash
      open
      cross   AAPL @ 110  a +10  b -10
      mark    AAPL  110
      close
      # b gained 100 for itself; the account still holds 10 shares that cost 1000
      expect  a  AAPL 10  cost 1100
      tax     AAPL  economic 100  crosses -100  lots 0  gain 0  held 10  cost 1000  deferred 100  sales 0
      signal  a  cash
      signal  b  cash
      quote   AAPL  105 105
      mark    AAPL  105
      open
      order   o1  AAPL -10  a 10
      fill    o1  -10 @ 105
      buys
      close
      # a lost 50 on what it paid 1100 for; the account gained 50 on what it paid 1000 for
      tax     AAPL  economic 50  crosses -100  lots 100  gain 50  held 0  deferred 0  sales 1
    `);
  });

  it('differ by the lots: a sleeve sells its own, the broker the oldest of the account', () => {
    journal(`
      sleeve  a  0
      sleeve  b  0
      given   a  AAPL  10 @ 100
      given   b  AAPL  10 @ 120
      quote   AAPL  110 110
      mark    AAPL  110
      signal  a  failed                    # holds
      signal  b  cash
      open
      order   o1  AAPL -10  b 10
      fill    o1  -4 @ 110
      fill    o1  -6 @ 111
      buys
      close
      # b: 440 + 666 - 1200 = -94. The broker took a's ten at 100: 440 + 666 - 1000 = 106
      tax     AAPL  economic -94  crosses 0  lots 200  gain 106  held 10  cost 1200  deferred -200  sales 2
      expect  a  AAPL 10  cost 1000
    `);
  });

  it('show a loss of one sleeve that the purchase of another may wash', () => {
    journal(`
      sleeve  a  0
      sleeve  b  1000
      given   a  AAPL  10 @ 100
      quote   AAPL  90 90
      mark    AAPL  90
      signal  a  cash
      signal  b  cash
      open
      order   o1  AAPL -10  a 10
      fill    o1  -10 @ 90
      buys
      close
      tax     AAPL  economic -100  gain -100  washed 0
      signal  b  AAPL 4
      quote   AAPL  100 100
      mark    AAPL  100
      open
      buys
      order   o2  AAPL +4  b 4
      fill    o2  +4 @ 100
      close
      # 4 of the 10 shares were bought again the next day
      tax     AAPL  gain -100  washed 40  held 4  cost 400
    `);
  });

  it('take two spin-offs of one new symbol apart, and a symbol that changes twice at once', () => {
    journal(`
      sleeve  a  0
      sleeve  b  0
      given   a  AAPL  10 @ 100
      given   b  GLD   20 @ 50
      quote   AAPL  100
      quote   GLD    50
      quote   NEW    10
      quote   GLDZ   50
      signal  a  failed
      signal  b  failed
      action  spinoff AAPL NEW 1 for 1 cost 0.2
      action  spinoff GLD NEW 1 for 2 cost 0.1
      action  symbol GLD GLDY
      action  symbol GLDY GLDZ on 2024-03-15
      open
      expect  a  NEW   10  cost 200
      expect  b  NEW   10  cost 100
      expect  b  GLDZ  20  cost 900
      close
      tax     AAPL  held 10  cost 800
      tax     NEW   held 20  cost 300
      tax     GLDZ  held 20  cost 900
    `);
  });

  it('carry a lot through a change of symbol and a spin-off, and end it in a merger', () => {
    journal(`
      sleeve  a  0
      sleeve  b  0
      given   a  AAPL  6 @ 100
      given   b  AAPL  4 @ 110
      quote   AAPL  100
      signal  a  failed
      signal  b  failed
      action  spinoff AAPL AAPX 1 for 4 cost 0.2
      quote   AAPX  80
      open
      close
      # of 1040 a fifth goes with 2.5 new shares
      tax     AAPL  held 10   cost 832  gain 0
      tax     AAPX  held 2.5  cost 208  gain 0
      action  symbol AAPX BBPX
      action  merger AAPL 90 pay 2024-03-19
      quote   AAPX  none
      quote   BBPX  80
      open
      # given up for 900: two lots
      tax     AAPL  held 0    economic 68  gain 68  lots 0  sales 2
      tax     AAPX  held 0    gain 0
      tax     BBPX  held 2.5  cost 208  sales 0
      quote   AAPL  none
      close
    `);
  });

  it('sell the fraction that a broker pays out, and take shares in at what they are carried over at', () => {
    journal(`
      sleeve  a  0
      given   a  AAPL  1.5 @ 100
      quote   AAPL  100
      signal  a  failed
      open
      book    lieu AAPL -0.5 61
      tax     AAPL  held 1  cost 100  economic 11  gain 11  sales 1
      book    lieu AAPL 0 -2
      tax     AAPL  held 1  cost 100  economic 9  leftovers 2  gain 9
      book    journal AAPL +3 @ 95
      tax     AAPL  held 4  cost 385  gain 9
      close
    `);
  });
});

/** Ten of a's at 100 since 14 March; on the 15th it sells six at 110. */
const SOLD = `
  sleeve  a  0
  given   a  AAPL  10 @ 100
  quote   AAPL  110
  mark    AAPL  110
  signal  a  AAPL 4
  open
  order   o1  AAPL  -6  a 6
  fill    o1  -6 @ 110
  buys
  close
  signal  a  failed
  open
  tax     AAPL  sold 2024-03-15/a/6/660/600  gain 60  held 4
`;

describe('an amended sale is restated for tax where it was made', () => {
  it('with other shares and another price, on its day and by who sold', () => {
    journal(`${SOLD}
      correct o1/1  -5 @ 111
      tax     AAPL  sold 2024-03-15/a/5/555/500  economic 55  leftovers 0  lots 0  gain 55  held 5  cost 500
      close
    `);
  });

  it('with more shares: two are beyond its order, and suspense is short of them', () => {
    journal(`${SOLD}
      correct o1/1  -8 @ 109
      tax     AAPL  sold 2024-03-15/a/8/872/800  economic 54  lots 18  leftovers 0  gain 72  held 2  cost 200
      close
    `);
  });

  it('at another price alone, as no sale of its own', () => {
    journal(`${SOLD}
      correct o1/1  -6 @ 110.5
      tax     AAPL  sold 2024-03-15/a/6/663/600  economic 63  leftovers 0  gain 63  held 4  cost 400
      correct o1/1  -6 @ 110.25
      tax     AAPL  sold 2024-03-15/a/6/661.5/600  economic 61.5  gain 61.5
      close
    `);
  });

  it('as none once it is busted', () => {
    journal(`${SOLD}
      bust    o1/1
      tax     AAPL  sales 0  economic 0  leftovers 0  lots 0  gain 0  held 10  cost 1000
      close
    `);
  });

  it('and its loss, made a gain, washes no more', () => {
    journal(`
      sleeve  a  0
      sleeve  b  1000
      given   a  AAPL  10 @ 100
      quote   AAPL  90
      mark    AAPL  90
      signal  a  cash
      signal  b  cash
      open
      order   o1  AAPL  -10  a 10
      fill    o1  -10 @ 90
      buys
      close
      signal  b  AAPL 4
      open
      buys
      order   o2  AAPL  +4  b 4
      fill    o2  +4 @ 90
      tax     AAPL  gain -100  washed 40
      correct o1/1  -10 @ 95
      tax     AAPL  gain -50   washed 20
      correct o2/1  +3 @ 90
      tax     AAPL  gain -50   washed 15
      bust    o2/1
      tax     AAPL  gain -50   washed 0
      correct o1/1  -10 @ 101
      tax     AAPL  sold 2024-03-15/a/10/1010/1000  gain 10  washed 0  held 0
      close
    `);
  });
});

describe('an amended purchase is restated for tax', () => {
  it('in what its shares cost that were sold meanwhile', () => {
    journal(`
      sleeve  a  10000
      quote   AAPL  150
      mark    AAPL  150
      signal  a  AAPL 60
      open
      buys
      order   o1  AAPL  +60  a 60
      fill    o1  +60 @ 150
      close
      signal  a  AAPL 30
      open
      order   o2  AAPL  -30  a 30
      fill    o2  -30 @ 152
      tax     AAPL  sold 2024-03-18/a/30/4560/4500  gain 60
      correct o1/1  +60 @ 149
      tax     AAPL  sold 2024-03-18/a/30/4560/4470  economic 90  leftovers 0  lots 0  gain 90  held 30  cost 4470
      close
    `);
  });

  it('as never made: what was sold of it came from the lots after it', () => {
    journal(`
      sleeve  a  2000
      sleeve  b  2000
      given   a  AAPL  10 @ 100
      quote   AAPL  120
      mark    AAPL  120
      signal  a  AAPL 20
      signal  b  failed
      open
      buys
      order   o1  AAPL  +10  a 10
      fill    o1  +10 @ 120
      close
      signal  a  failed
      signal  b  AAPL 10
      open
      buys
      order   o2  AAPL  +10  b 10
      fill    o2  +10 @ 130
      close
      signal  a  AAPL 5
      signal  b  failed
      open
      order   o3  AAPL  -15  a 15
      fill    o3  -15 @ 140
      # the account's ten at 100, and five of ten at 120
      tax     AAPL  sold 2024-03-19/a/10/1400/1000,2024-03-19/a/5/700/600  economic 500  lots 0  gain 500  held 15  cost 1900
      bust    o1/1
      # without those: ten at 100, and five of b's ten at 130; a is short of five at 120
      tax     AAPL  sold 2024-03-19/a/10/1400/1000,2024-03-19/a/5/700/650  economic 500  leftovers 0  lots -50  gain 450  held 5  cost 650
      close
    `);
  });

  it('and leaves the account short of what it sold: no gain yet, until it is bought', () => {
    journal(`
      sleeve  a  10000
      quote   AAPL  150
      mark    AAPL  150
      signal  a  AAPL 60
      open
      buys
      order   o1  AAPL  +60  a 60
      fill    o1  +60 @ 149
      close
      signal  a  cash
      open
      order   o2  AAPL  -60  a 60
      fill    o2  -60 @ 150
      tax     AAPL  sold 2024-03-18/a/60/9000/8940  gain 60
      bust    o1/1
      # the sleeve owes shares at 149, the account ones that it sold at 150
      tax     AAPL  sales 0  economic 60  lots -60  gain 0  held -60  cost -9000  deferred 60
      hand    h1  AAPL  +60 @ 151
      # 9000 for what cost 9060 afterwards
      tax     AAPL  sold 2024-03-18/a/60/9000/9060  gain -60  held 0
      close
      overdraft suspense -9060
    `);
  });

  it('too late for its lots is a trade of the day on which it was said', () => {
    journal(`
      sleeve  a  10000
      quote   AAPL  150
      signal  a  AAPL 60
      open
      buys
      order   o1  AAPL  +60  a 60
      fill    o1  +60 @ 150
      close
      quote   AAPL  75
      action  split AAPL 2 for 1
      signal  a  failed
      open
      correct o1/1  +50 @ 150
      # ten at 150, of 120 that cost 75
      tax     AAPL  sold 2024-03-18/suspense/10/1500/750  gain 750  held 110  cost 8250
      correct o1/1  +50 @ 149
      tax     AAPL  sold 2024-03-18/suspense/10/1500/750,2024-03-18/suspense/0/50/0  gain 800  held 110
      close
    `);
  });
});
