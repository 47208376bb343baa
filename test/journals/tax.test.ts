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
      tax     AAPL  economic 100  crosses 100  lots 0  gain 0  held 10  cost 1000  deferred 100  sales 0
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
      tax     AAPL  economic 50  crosses 100  lots 100  gain 50  held 0  deferred 0  sales 1
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
      tax     AAPL  held 1  cost 100  economic 9  leftovers -2  gain 9
      book    journal AAPL +3 @ 95
      tax     AAPL  held 4  cost 385  gain 9
      close
    `);
  });
});
