// Stage: none; journals of margin accounts: buying power, credit, and safety after the trade.
// Invariant: hand-computed; at a bound all goes, beyond it one factor for all; sells are never touched.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('a deployment above 1', () => {
  it('lets each sleeve owe its own part, and the account what the broker lends', () => {
    journal(`
      sleeve  a  10000
      margin  0.75 0.9 0.1
      limit   deployment 1.2
      quote   AAPL  100
      reports 10000 0 0 40000 20000
      signal  a  AAPL 100%
      open
      buys
      order   o1  AAPL  +120  a 120
      fill    o1  +120 @ 100
      close
      expect  a  cash  -2000
    `);
  });

  it('beyond what a sleeve may owe is that sleeve’s own shortage', () => {
    journal(`
      sleeve  a  10000
      sleeve  b  10000
      margin  0.75 0.9 0.1
      limit   deployment 1.2
      quote   AAPL  100
      quote   TLT   100
      reports 20000 0 0 80000 40000
      signal  a  AAPL 100%
      signal  b  TLT  50%
      open
      quote   AAPL  160
      buys
      order   o1  AAPL  +75  a 75
      order   o2  TLT   +60  b 60
      outcome a  AAPL  scaled/sleeve_cash +45 ordered/net_order +75
      sum     a  AAPL  sleeve_cash  12000  19200  0.625
      close
    `);
  });

  it('buys no more than the least buying power, less the reserve, by one factor', () => {
    journal(`
      sleeve  a  10000
      sleeve  b  10000
      margin  0.75 0.9 0.1
      limit   reserve 1000
      quote   AAPL  100
      quote   TLT   100
      reports 20000 0 0 80000 6000
      signal  a  AAPL 60
      signal  b  TLT  40
      open
      buys
      order   o1  AAPL  +30  a 30
      order   o2  TLT   +20  b 20
      outcome a  AAPL  scaled/account_capital +30 ordered/net_order +30
      sum     a  AAPL  account_capital  5000  10000  0.5
      close
    `);
  });
});

// A sleeve of 10,000 buys 150 shares at 100 with 5,000 owed: initial margin 0.5, maintenance 0.3.
const bought = (reports: string, limits: string, then: string): string => `
      sleeve  a  10000
      margin  ${limits}
      limit   deployment 1.5
      quote   AAPL  100
      reports ${reports}
      signal  a  AAPL 100%
      open
      buys
      ${then}
      close
    `;
const WHOLE = 'order o1 AAPL +150 a 150';

describe('initial margin ÷ equity after the trade', () => {
  it('at the limit all goes; one unit below it, one factor', () => {
    // 7,500 of 10,000.
    journal(
      bought('10000 0 0 40000 20000', '0.75 0.75 0', `${WHOLE}\nwarning margin_initial 0.75 0.75`),
    );
    journal(
      bought(
        '10000 0 0 40000 20000',
        '0.749999999999 0.7 0',
        `order   o1  AAPL  +149.999999999  a 149.999999999
            outcome a AAPL scaled/margin_initial +0.000000001 ordered/net_order +149.999999999
            sum a AAPL margin_initial 0.749999999999 0.75 0.999999999998
            warning margin_initial 0.7 0.749999999995`,
      ),
    );
  });

  it('counts what was bound before, and warns from its own bound on', () => {
    // 2,500 + 50 × q ≤ 7,500: q = 100.
    journal(
      bought(
        '10000 2500 0 40000 20000',
        '0.75 0.6 0',
        `order   o1  AAPL  +100  a 100
         outcome a  AAPL  scaled/margin_initial +50 ordered/net_order +100
         sum     a  AAPL  margin_initial  0.75  1  0.666666666666
         warning margin_initial 0.6 0.75`,
      ),
    );
  });

  it('breached already, still lets through what leaves no debit', () => {
    // Cash pays for 100 of the 150.
    journal(
      bought(
        '10000 9000 0 40000 20000',
        '0.75 0.8 0',
        `order   o1  AAPL  +100  a 100
         outcome a  AAPL  scaled/margin_initial +50 ordered/net_order +100
         warning margin_initial 0.8 1.4`,
      ),
    );
  });
});

describe('the cushion above maintenance margin after the trade', () => {
  it('at the limit all goes; thinner, one factor', () => {
    // Maintenance 4,500 + 30 × 150 = 9,000; (10,000 − 9,000) ÷ 9,000 = 1/9.
    journal(bought('10000 0 4500 40000 20000', '1 1 0.111111111111', WHOLE));
    // 10,000 ≥ 1.25 × (4,500 + 30 × q): q = 116.666…
    journal(
      bought(
        '10000 0 4500 40000 20000',
        '1 1 0.25',
        `order   o1  AAPL  +116.666666666  a 116.666666666
         outcome a  AAPL  scaled/margin_maintenance +33.333333334 ordered/net_order +116.666666666
         sum     a  AAPL  margin_maintenance  0.25  0.111111111111  0.777777777777`,
      ),
    );
  });
});

describe('what is not known', () => {
  it('of the account denies its buys, of an asset its own; sells go', () => {
    journal(`
      sleeve  a  9000
      given   a  GLD  10 @ 100
      margin  0.75 0.6 0.1
      quote   AAPL  100
      quote   GLD   100
      asset   TLT   unmargined
      quote   TLT   100
      reports 10000 0 0 40000 20000
      signal  a  AAPL 20  TLT 20
      open
      order   o1  GLD  -10  a 10
      fill    o1  -10 @ 100
      buys
      order   o2  AAPL  +20  a 20
      outcome a  TLT  denied/asset_margin_unknown +20
      close
    `);
    journal(`
      sleeve  a  9000
      given   a  GLD  10 @ 100
      margin  0.75 0.6 0.1
      quote   AAPL  100
      quote   GLD   100
      signal  a  AAPL 20
      open
      order   o1  GLD  -10  a 10
      fill    o1  -10 @ 100
      buys
      outcome a  AAPL  denied/margin_unknown +20
      close
    `);
  });
});

describe('an equity of zero or less', () => {
  it('halts the account: nothing is liquidated, a person decides (incident 12)', () => {
    journal(`
      sleeve  a  9000
      given   a  GLD  10 @ 100
      margin  0.75 0.6 0.1
      quote   AAPL  100
      quote   GLD   100
      reports 0 0 0 0 0
      signal  a  AAPL 20
      open
      outcome a  AAPL  denied/equity_not_positive +20
      outcome a  GLD   denied/equity_not_positive -10
      sum     a  GLD   equity_not_positive  0  0
      buys
      close
    `);
  });

  it('one unit above zero is not halted', () => {
    journal(`
      sleeve  a  0
      given   a  GLD  10 @ 100
      margin  0.75 0.6 0.1
      quote   GLD   100
      reports 0.000000001 0 0 0 0
      signal  a  cash
      open
      order   o1  GLD  -10  a 10
      buys
      close
    `);
  });
});
