// Stage: none; journals of what may not trade.
// Invariant: what is not known is denied with its reason, and only where it matters.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('a price that is missing', () => {
  it('stops what is sized by NAV, and exits by known quantity go', () => {
    journal(`
      sleeve  a  1000
      sleeve  b  1000
      given   a  AAPL  10 @ 100
      given   a  TLT   10 @ 100
      quote   AAPL  100
      quote   GLD   100
      quote   TLT   none
      signal  a  TLT 50%  GLD 20%
      signal  b  GLD 5
      open
      nav     a  unknown: TLT is held and has no sane price
      nav     b  1000
      order   o1  AAPL  -10  a 10
      outcome a  GLD  denied/nav_unknown 0
      outcome a  TLT  denied/nav_unknown 0
      fill    o1  -10 @ 100
      buys
      order   o2  GLD  +5  b 5
      fill    o2  +5 @ 100
      close
      expect  a  AAPL  0
      expect  a  TLT   10
      expect  b  GLD   5
    `);
  });

  it('denies the exit of the very symbol that cannot be priced', () => {
    journal(`
      sleeve  a  0
      given   a  TLT   10 @ 100
      quote   TLT   none
      signal  a  cash
      open
      nothing
      outcome a  TLT  denied/quote_missing -10
      buys
      close
      expect  a  TLT  10
    `);
  });
});

describe('a quote that is not sane crosses nothing and orders nothing', () => {
  it('an ask of 0 (incident 9)', () => {
    journal(`
      sleeve  a  1000
      sleeve  b     0
      given   b  AAPL  10 @ 100
      quote   AAPL  100 0
      signal  a  AAPL 50%
      signal  b  cash
      open
      nothing
      outcome a  AAPL  denied/price_unknown 0
      outcome b  AAPL  denied/quote_not_positive -10
      why     b  AAPL  bid 100, ask 0
      buys
      close
      expect  b  AAPL  10
    `);
  });

  it('one-sided, crossed, wide or stale', () => {
    journal(`
      sleeve  a  0
      given   a  AAPL  1 @ 100
      given   a  GLD   1 @ 100
      given   a  QQQ   1 @ 100
      given   a  TLT   1 @ 100
      quote   AAPL  - 100
      quote   GLD   101 100
      quote   QQQ   90 110
      quote   TLT   100 100 at 2024-03-14T20:00:00.000Z
      signal  a  cash
      open
      nothing
      outcome a  AAPL  denied/quote_one_sided -1
      outcome a  GLD   denied/quote_crossed -1
      outcome a  QQQ   denied/quote_wide -1
      outcome a  TLT   denied/quote_stale -1
      buys
      close
    `);
  });

  it('is asked again before the buys (incident 33)', () => {
    journal(`
      sleeve  a  10000
      quote   AAPL  100
      quote   GLD   100
      quote   QQQ   100
      quote   SPY   100
      quote   TLT   100
      signal  a  AAPL 10  GLD 10  QQQ 10  SPY 10  TLT 10
      open
      quote   AAPL  none
      quote   GLD   101 100
      asset   QQQ   halted
      asset   SPY   unknown
      buys
      order   o1  TLT  +10  a 10
      outcome a  AAPL  denied/quote_missing +10
      outcome a  GLD   denied/quote_crossed +10
      outcome a  QQQ   denied/not_tradable +10
      outcome a  SPY   denied/asset_unknown +10
      close
    `);
  });
});

describe('an asset that may not trade (incident 33)', () => {
  it('is denied before netting, on both sides', () => {
    journal(`
      sleeve  a  2000
      sleeve  b     0
      given   b  AAPL  10 @ 100
      given   b  TLT   10 @ 100
      asset   AAPL  halted
      asset   TLT   unknown
      quote   AAPL  100
      quote   TLT   100
      signal  a  AAPL 10  TLT 10
      signal  b  cash
      open
      nothing
      outcome a  AAPL  denied/not_tradable +10
      outcome b  AAPL  denied/not_tradable -10
      outcome a  TLT   denied/asset_unknown +10
      outcome b  TLT   denied/asset_unknown -10
      buys
      close
    `);
  });

  it('is not sold beyond what the broker has available (incident 25)', () => {
    journal(`
      sleeve  a  0
      sleeve  b  0
      given   a  AAPL  10 @ 100
      given   b  AAPL   5 @ 100
      held    AAPL  0.000000001
      quote   AAPL  100
      signal  a  cash
      signal  b  cash
      open
      order   o1  AAPL  -14.999999999  a 9.999999999  b 5
      outcome a  AAPL  scaled/not_available -0.000000001 ordered/net_order -9.999999999
      sum     a  AAPL  not_available  14.999999999  15  0.999999999933
      why     a  AAPL  sell 15, the broker has 14.999999999 available
      buys
      close
      held    AAPL  15
      signal  a  cash
      signal  b  cash
      open
      nothing
      outcome a  AAPL  denied/not_available -10
      outcome b  AAPL  denied/not_available -5
      sum     b  AAPL  not_available  0  15
      why     b  AAPL  sell 15, the broker has 0 available
      buys
      close
      held    AAPL  0
      signal  a  cash
      signal  b  cash
      open
      order   o2  AAPL  -15  a 10  b 5
      buys
      close
    `);
  });

  it('of which a part is available is sold in whole shares of that part', () => {
    journal(`
      sleeve  a  0
      sleeve  b  0
      given   a  AAPL  10.5 @ 100
      given   b  AAPL   5   @ 100
      asset   AAPL  whole
      quote   AAPL  100
      held    AAPL  0.5
      signal  a  cash
      signal  b  cash
      open
      order   o1  AAPL  -15  a 10.161290323  b 4.838709677
      outcome a  AAPL  rounded_away/whole_shares -0.338709677 ordered/net_order -10.161290323
      buys
      close
      held    AAPL  6.5
      signal  a  cash
      signal  b  cash
      open
      order   o2  AAPL  -9  a 6.096774194  b 2.903225806
      outcome a  AAPL  scaled/not_available -4.403225806 ordered/net_order -6.096774194
      outcome b  AAPL  scaled/not_available -2.096774194 ordered/net_order -2.903225806
      sum     a  AAPL  not_available  9  15.5  0.58064516129
      buys
      close
      held    AAPL  15
      signal  a  cash
      signal  b  cash
      open
      nothing
      outcome b  AAPL  denied/not_available -5
      sum     b  AAPL  not_available  0.5  15.5
      buys
      close
    `);
  });
});

describe('a break between ledger and broker', () => {
  it('in a position denies its symbol and the NAV of its holders, nothing else', () => {
    journal(`
      sleeve  a  1000
      sleeve  b  1000
      sleeve  c  1000
      given   a  AAPL  10 @ 100
      given   a  TLT   10 @ 100
      manual  AAPL  +3
      quote   AAPL  100
      quote   GLD   100
      quote   TLT   100
      signal  a  GLD 10%
      signal  b  AAPL 5
      signal  c  GLD 5
      open
      break   AAPL  3
      nav     a  unknown: AAPL has an open break
      order   o1  TLT  -10  a 10
      outcome a  AAPL  denied/break -10
      outcome a  GLD   denied/nav_unknown 0
      outcome b  AAPL  denied/break +5
      fill    o1  -10 @ 100
      buys
      order   o2  GLD  +5  c 5
      close
      break   AAPL  3
    `);
  });

  it('in cash denies every size, and exits go', () => {
    journal(`
      sleeve  a  1000
      given   a  AAPL  10 @ 100
      given   a  TLT   10 @ 100
      manual  cash  -0.020000001   # beyond a cent for each of two executions
      quote   AAPL  100
      quote   TLT   100
      signal  a  AAPL 50%
      open
      break   cash  -0.020000001
      nav     a  unknown: the account has an open cash break
      order   o1  TLT  -10  a 10
      outcome a  AAPL  denied/nav_unknown 0
      buys
      close
      break   cash  -0.020000001
    `);
  });
});
