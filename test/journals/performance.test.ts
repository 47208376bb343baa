// Stage: none; journals of what sleeves and the account earned.
// Invariant: the numbers are worked out by hand; the parts of a sum are all written.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('performance', () => {
  it('is divided between two sleeves that cross, over two days', () => {
    journal(`
      sleeve  a  1000
      sleeve  b  0
      given   b  AAPL  10 @ 100            # so b was paid 1000 and bought at once
      quote   AAPL  100 100
      signal  a  AAPL 5
      signal  b  AAPL 5
      open
      cross   AAPL @ 100  a +5  b -5
      mark    AAPL  110
      close
      # a: 500 + 5 x 110 = 1050; b: 500 + 5 x 110 = 1050
      performance a  in 1000  closing 1050  profit 50  growth 1.05  crossed 500  bought 0
      performance b  in 1000  closing 1050  profit 50  growth 1.05  realised 0  unrealised 50
      performance account  in 2000  closing 2100  profit 100  growth 1.05  contribution 0.05
      performance a  contribution 0.025
      performance b  contribution 0.025
      quote   AAPL  120 120
      mark    AAPL  120
      signal  a  failed                    # holds what it has
      signal  b  cash
      open
      order   o1  AAPL -5  b 5
      fill    o1  -5 @ 121
      buys
      close
      # a: 500 + 5 x 120 = 1100; b: 500 + 605 = 1105: 5 shares bought at 100 were sold at 121
      performance a  closing 1100  profit 100  growth 1.1  realised 0  unrealised 100  rising 2
      performance b  closing 1105  profit 105  growth 1.105  realised 105  unrealised 0  won 1  lost 0
      performance account  closing 2205  profit 205  growth 1.1025  crossed 0  sold 605  bought 1000
      # day one 0.025 each; day two 50 / 2100 and 55 / 2100 of what one dollar had become, 1.05
      performance a  contribution 0.05
      performance b  contribution 0.0525
      performance account  contribution 0.1025  money-weighted 1.1025  falling 0
      # sold one dollar a share above the arrival mid of 120
      performance b  slippage -5
      # (1000 bought + 605 sold) / 2 over the mean of 2100 and 2205; the day it bought had no marks
      performance account  turnover 0.372822299652
    `);
  });

  it('falls from a peak, and names a loss a loss', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  10 10
      signal  a  AAPL 100
      open
      buys
      order   o1  AAPL +100  a 100
      fill    o1  +100 @ 10
      mark    AAPL  12.5
      close
      quote   AAPL  10 10
      mark    AAPL  10
      signal  a  cash
      open
      order   o2  AAPL -100  a 100
      fill    o2  -100 @ 9
      buys
      close
      # 1250 after the first day, 900 after the second: 0.28 below the peak
      performance a  growth 0.9  profit -100  drawdown 0.28  rising 1  falling 1  won 0  lost 1
      performance a  slippage 100  money-weighted 0.9
      performance account  contribution -0.1
    `);
  });

  it('takes money in as there from the open of its session on, and money out as there to its close', () => {
    journal(`
      sleeve  a  1000
      house   600
      quote   AAPL  10 10
      signal  a  AAPL 50
      open
      buys
      order   o1  AAPL +50  a 50
      fill    o1  +50 @ 10
      mark    AAPL  12
      close
      # a: 500 + 50 x 12 = 1100
      performance a  growth 1.1
      deposit  400
      paid     200
      transfer house a 100
      quote   AAPL  12 12
      signal  a  AAPL 50%                  # of 1200: what it has
      open
      due     t1 house a 100
      moves   t1 house a 100
      mark    AAPL  13.3
      close
      # a: (600 + 50 x 13.3) / (1100 + 100) = 1265 / 1200: the 100 were there when 65 was earned
      performance a  in 1100  closing 1265  growth 1.159583333333  profit 165
      # house: 600 + 400 - 200 - 100; what was paid out or moved away stands beside what is left
      performance house  growth 1  closing 700
      # the account: (1265 + 700 + 200) / (1100 + 600 + 400) = 2165 / 2100 of what 1700 / 1600 had become
      performance account  growth 1.095386904762  profit 165
    `);
  });
});
