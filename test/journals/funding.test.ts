// Stage: none; journals of money: who pays for which buy, and with what.
// Invariant: no sleeve spends another's money, and nobody the proceeds of a sale that failed.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('buys are funded by what the sells brought', () => {
  it('buys nothing for a sleeve whose sell was rejected; the others buy theirs (incident 10)', () => {
    journal(`
      pace    30 120 0
      sleeve  poor     0
      sleeve  rich  1000
      given   poor  AAPL  10 @ 100
      quote   AAPL  100
      quote   TLT   100
      signal  poor  TLT 10
      signal  rich  TLT 5
      open
      order   o1  AAPL  -10  poor 10
      reject  o1
      buys
      order   o2  TLT   +5  rich 5
      outcome poor  TLT  scaled/sleeve_cash +10
      why     poor  TLT  needs 1000 USD, limit 0 USD
      outcome poor  AAPL  rejected/broker_rejected -10
      fill    o2  +5 @ 100
      close
      expect  poor  AAPL  10
      expect  poor  cash  0
      expect  rich  TLT   5
      expect  rich  cash  500
    `);
  });

  it('buys as much as a half-filled sell paid for, at the highest price it may pay', () => {
    journal(`
      sleeve  a  0
      sleeve  b  5000
      limit   priceAllowance 0.01
      given   a  AAPL  10 @ 100
      quote   AAPL  100
      quote   TLT   49.5 50.5
      signal  a  TLT 20
      signal  b  cash
      open
      order   o1  AAPL  -10  a 10
      fill    o1  -4 @ 99
      # 396 USD at 50.5 x 1.01 = 51.005: 20 x 396 / 1020.1
      buys
      order   o2  TLT   +7.763944711  a 7.763944711
      outcome a  TLT  deferred/awaiting_proceeds +12.236055289  ordered/net_order +7.763944711
      why     a  TLT  needs 1020.1 USD, limit 396 USD
      fill    o1  -6 @ 99
      fill    o2  +7.763944711 @ 51.005
      close
      expect  a  AAPL  0
      expect  a  TLT   7.763944711
      # 990 - 395.999999985: the one cent of rounding is not the sleeve's
      expect  a  cash  594.000000015
    `);
  });

  it('counts the proceeds once although the cash at the broker has them already', () => {
    journal(`
      sleeve  a  100
      given   a  AAPL  10 @ 100
      quote   AAPL  100
      quote   TLT   100
      signal  a  TLT 11
      open
      order   o1  AAPL  -10  a 10
      fill    o1  -10 @ 90
      buys
      order   o2  TLT  +10  a 10
      outcome a  TLT  scaled/sleeve_cash +1  ordered/net_order +10
      fill    o2  +10 @ 100
      close
      expect  a  cash  0
    `);
  });

  it('scales all net buys of the account by one factor when the reserve binds', () => {
    journal(`
      sleeve  a  2000
      sleeve  b  1000
      limit   reserve  2250
      quote   AAPL  100
      quote   TLT   50
      signal  a  AAPL 5  TLT 10
      signal  b  AAPL 5
      open
      nothing
      # 500 + 500 + 500 = 1500 USD wanted, 3000 - 2250 = 750 may go
      buys
      order   o1  AAPL  +5  a 2.5  b 2.5
      order   o2  TLT   +5  a 5
      outcome a  AAPL  scaled/account_capital +2.5  ordered/net_order +2.5
      outcome a  TLT   scaled/account_capital +5    ordered/net_order +5
      outcome b  AAPL  scaled/account_capital +2.5  ordered/net_order +2.5
      why     b  AAPL  needs 1500 USD, limit 750 USD
      close
    `);
  });

  it('does not spend cash that nobody has assigned yet', () => {
    journal(`
      sleeve  a  1000
      limit   reserve  500
      quote   AAPL  100
      signal  a  AAPL 10
      open
      nothing
      manual  cash  +500
      buys
      order   o1  AAPL  +5  a 5
      why     a  AAPL  needs 1000 USD, limit 500 USD
      close
      break   cash  500
    `);
  });

  it('does not spend cash that has left the account', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 10
      open
      nothing
      manual  cash  -600
      buys
      order   o1  AAPL  +4  a 4
      why     a  AAPL  needs 1000 USD, limit 400 USD
      close
      break   cash  -600
    `);
  });

  it('sends sells whatever the reserve', () => {
    journal(`
      sleeve  a  0
      limit   reserve  1000000
      given   a  AAPL  10 @ 100
      quote   AAPL  100
      signal  a  cash
      open
      order   o1  AAPL  -10  a 10
      fill    o1  -10 @ 100
      buys
      close
      expect  a  cash  1000
    `);
  });

  it('scales before it rounds to whole shares', () => {
    journal(`
      sleeve  a  1000
      sleeve  b   500
      asset   BRK.A  whole
      limit   priceAllowance 0.25
      quote   BRK.A  100
      signal  a  BRK.A 10
      signal  b  BRK.A 2.5
      open
      nothing
      # a pays 1250 for 10 at most and has 1000: 8. With b's 2.5 that is 10.5, and 10 is whole:
      # 10 x 8 / 10.5 = 7.6190476190 and 10 x 2.5 / 10.5 = 2.38095238095, which takes the unit
      buys
      order   o1  BRK.A  +10  a 7.619047619  b 2.380952381
      outcome a  BRK.A  scaled/sleeve_cash +2  rounded_away/whole_shares +0.380952381  ordered/net_order +7.619047619
      outcome b  BRK.A  rounded_away/whole_shares +0.119047619  ordered/net_order +2.380952381
      close
    `);
  });
});

describe('a sleeve overdrawn by a cross', () => {
  it('is named at the close, buys nothing at the broker, and repays first', () => {
    journal(`
      pace    30 120 0
      sleeve  a  0
      sleeve  b  0
      given   a  AAPL  10 @ 100
      given   b  TLT   10 @ 100
      quote   AAPL  100
      quote   TLT   100
      quote   GLD   100
      signal  a  TLT 10
      signal  b  cash
      open
      cross   TLT @ 100  a +10  b -10
      order   o1  AAPL  -10  a 10
      expect  a  cash  -1000
      reject  o1
      buys
      nothing
      close
      overdraft a  -1000
      stands  overdraft a open -1000 age 1
      expect  a  AAPL  10
      expect  a  TLT   10
      expect  b  cash  1000

      # The next day: NAV is -1000 + 2000. What it sells goes, what it buys waits for another day.
      signal  a  TLT 50%  GLD 50%
      signal  b  cash
      open
      nav     a  1000
      order   o1  AAPL  -10  a 10
      order   o2  TLT    -5  a 5
      outcome a  GLD  denied/sleeve_overdraft +5
      why     a  GLD  cash is -1000 USD and is repaid first
      fill    o1  -10 @ 100
      reject  o2
      buys
      nothing
      stands  overdraft a open -1000
      close
      stands  overdraft a resolved -1000
      expect  a  cash  0
      expect  b  cash  1000
    `);
  });

  it('buys nothing by a cross either: the seller sells at the broker', () => {
    journal(`
      pace    30 120 0
      sleeve  a  0
      sleeve  b  0
      given   a  AAPL  10 @ 100
      given   b  TLT   10 @ 100
      given   b  GLD   10 @ 100
      quote   AAPL  100
      quote   TLT   100
      quote   GLD   100
      signal  a  TLT 10
      signal  b  GLD 50%
      open
      cross   TLT @ 100  a +10  b -10
      order   o1  AAPL  -10  a 10
      reject  o1
      buys
      close
      overdraft a  -1000

      signal  a  AAPL 50%  GLD 50%
      signal  b  cash
      open
      outcome a  GLD  denied/sleeve_overdraft +5
      order   o2  AAPL  -5  a 5
      order   o3  GLD  -10  b 10
      order   o4  TLT  -10  a 10
      fill    o2  -5 @ 100
      fill    o3  -10 @ 100
      fill    o4  -10 @ 100
      buys
      nothing
      close
      expect  a  cash  500
      expect  a  AAPL  5
      expect  b  cash  2000
    `);
  });

  it('is not liquidated when it owes more than it holds (incident 12)', () => {
    journal(`
      pace    30 120 0
      sleeve  a  0
      sleeve  b  0
      given   a  AAPL  10 @ 100
      given   b  TLT   10 @ 100
      quote   AAPL  100
      quote   TLT   100
      signal  a  TLT 10
      signal  b  cash
      open
      cross   TLT @ 100  a +10  b -10
      order   o1  AAPL  -10  a 10
      reject  o1
      buys
      close
      overdraft a  -1000
      because overdraft a its owner pays in tomorrow
      stands  overdraft a explained -1000

      quote   AAPL  40
      quote   TLT   40
      signal  a  TLT 50%  AAPL 50%
      signal  b  cash
      open
      nav     a  -200
      nothing
      outcome a  AAPL  denied/nav_not_positive 0
      outcome a  TLT   denied/nav_not_positive 0
      buys
      nothing
      close
      overdraft a  -1000
      stands  overdraft a explained -1000 age 2
    `);
  });
});
