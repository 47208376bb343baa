// Stage: none; journals of cycles that are planned again: what orders leave, and what waits for money.
// Invariant: filled over all revisions + left = demanded; nobody spends what has not come.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('what an order leaves', () => {
  it('is ordered again as the next revision once the order is cancelled (incident 8)', () => {
    journal(`
      sleeve  a  1000
      sleeve  b  2000
      quote   AAPL  100
      signal  a  AAPL 10
      signal  b  AAPL 20
      open
      buys
      order   o1  AAPL  +30  a 10  b 20
      fill    o1  +12 @ 100
      wait    30
      # 12 of 30: 4 and 8. The rest still works, so it is cancelled first and waits.
      buys
      cancels o1
      cancel  o1
      buys
      order   o2  AAPL  +18  a 6  b 12
      outcome a  AAPL  ordered/filled +4  ordered/net_order +6
      outcome b  AAPL  ordered/filled +8  ordered/net_order +12
      fill    o2  +18 @ 99
      close
      expect  a  AAPL  10
      expect  a  cash  6
      expect  b  AAPL  20
      expect  b  cash  12
    `);
  });

  it('is what came in before the cancellation took hold: the fill won (incident 8)', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 10
      open
      buys
      order   o1  AAPL  +10  a 10
      wait    30
      buys
      cancels o1
      fill    o1  +10 @ 100
      buys
      nothing
      outcome a  AAPL  ordered/filled +10
      close
      expect  a  AAPL  10
    `);
  });

  it('is ordered again after a rejection, as often as the pace allows', () => {
    journal(`
      sleeve  a  1000
      pace    30 120 1
      quote   AAPL  100
      signal  a  AAPL 10
      open
      buys
      order   o1  AAPL  +10  a 10
      reject  o1
      buys
      order   o2  AAPL  +10  a 10
      outcome a  AAPL  ordered/net_order +10
      reject  o2
      buys
      nothing
      outcome a  AAPL  rejected/broker_rejected +10
      close
      expect  a  cash  1000
    `);
  });

  it('is left alone where a person cancelled it', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 10
      open
      buys
      order   o1  AAPL  +10  a 10
      fill    o1  +3 @ 100
      cancel  o1
      buys
      nothing
      outcome a  AAPL  ordered/filled +3  expired/canceled_by_hand +7
      close
      expect  a  AAPL  3
    `);
  });

  it('is denied where the symbol has been halted since', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 10
      open
      buys
      order   o1  AAPL  +10  a 10
      reject  o1
      asset   AAPL  halted
      buys
      nothing
      outcome a  AAPL  denied/not_tradable +10
      close
    `);
  });

  it('is over with the time of the cycle', () => {
    journal(`
      sleeve  a  1000
      pace    30 60 3
      quote   AAPL  100
      signal  a  AAPL 10
      open
      buys
      order   o1  AAPL  +10  a 10
      reject  o1
      wait    60
      buys
      nothing
      outcome a  AAPL  rejected/broker_rejected +10
      close
    `);
  });
});

describe('buys that wait', () => {
  it('go when a sale that was rejected is made after all, and not before', () => {
    journal(`
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
      order   o2  AAPL  -10  poor 10
      order   o3  TLT    +5  rich 5
      outcome poor  TLT  deferred/awaiting_proceeds +10
      fill    o3  +5 @ 100
      fill    o2  -10 @ 90
      buys
      order   o4  TLT  +9  poor 9
      outcome poor  TLT  scaled/sleeve_cash +1  ordered/net_order +9
      fill    o4  +9 @ 100
      close
      expect  poor  cash  0
      expect  rich  cash  500
    `);
  });

  it('wait one by one for late proceeds, and for an order of their symbol', () => {
    journal(`
      sleeve  a  0
      given   a  AAPL  10 @ 100
      quote   AAPL  100
      quote   TLT   100
      signal  a  TLT 10
      open
      order   o1  AAPL  -10  a 10
      fill    o1  -4 @ 100
      wait    30
      buys
      cancels o1
      order   o2  TLT  +4  a 4
      outcome a  TLT  deferred/awaiting_proceeds +6  ordered/net_order +4
      cancel  o1
      buys
      order   o3  AAPL  -6  a 6
      outcome a  AAPL  ordered/filled -4  ordered/net_order -6
      outcome a  TLT  ordered/net_order +4  deferred/order_working +6
      fill    o2  +4 @ 100
      fill    o3  -6 @ 100
      buys
      order   o4  TLT  +6  a 6
      fill    o4  +6 @ 100
      close
      expect  a  TLT  10
      expect  a  cash  0
    `);
  });

  it('are scaled to nothing when their sales fail for good', () => {
    journal(`
      sleeve  a  0
      pace    30 120 1
      given   a  AAPL  10 @ 100
      quote   AAPL  100
      quote   TLT   100
      signal  a  TLT 10
      open
      order   o1  AAPL  -10  a 10
      reject  o1
      buys
      order   o2  AAPL  -10  a 10
      reject  o2
      buys
      nothing
      outcome a  AAPL  rejected/broker_rejected -10
      outcome a  TLT   scaled/sleeve_cash +10
      close
      expect  a  AAPL  10
    `);
  });

  it('repay an overdraft first: the sale that a cross relied on is made again', () => {
    journal(`
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
      expect  a  cash  -1000
      reject  o1
      buys
      order   o2  AAPL  -10  a 10
      fill    o2  -10 @ 100
      close
      expect  a  cash  0
      expect  b  cash  1000
    `);
  });
});

describe('orders that run out', () => {
  it('go by their value: who leaves a symbol, then the largest, then by symbol', () => {
    journal(`
      sleeve  a  0
      sleeve  b  0
      rail    maxOrders 1
      given   a  AAPL  10 @ 100
      given   b  TLT    1 @ 100
      quote   AAPL  100
      quote   TLT   100
      signal  a  AAPL 5
      signal  b  cash
      open
      # b leaves TLT with 100 USD; a trims AAPL by 500 USD.
      order   o1  TLT  -1  b 1
      outcome a  AAPL  denied/max_orders -5
      fill    o1  -1 @ 100
      close
    `);
  });
});
