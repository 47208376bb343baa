// Stage: none; journals of strategies, brokers and sessions that fail.
// Invariant: a failure costs the one who failed; what did not happen has its reason.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('a strategy that fails', () => {
  it('holds under hold, and the others trade as if it were not there', () => {
    journal(`
      sleeve  a  0
      sleeve  b  0  hold
      given   a  AAPL  10 @ 100
      given   b  AAPL   5 @ 100
      quote   AAPL  100
      signal  a  cash
      signal  b  failed
      open
      order   o1  AAPL  -10  a 10
      outcome b  AAPL  held/failed_strategy 0
      why     b  AAPL  broken: no history
      fill    o1  -10 @ 100
      buys
      nothing
      close
      expect  a  AAPL  0
      expect  b  AAPL  5  cost 500
    `);
  });

  it('leaves under cash', () => {
    journal(`
      sleeve  a  0
      sleeve  b  0  cash
      given   a  AAPL  10 @ 100
      given   b  AAPL   5 @ 100
      quote   AAPL  100
      signal  a  AAPL 10
      signal  b  failed
      open
      order   o1  AAPL  -5  b 5
      fill    o1  -5 @ 100
      buys
      close
      expect  a  AAPL  10
      expect  b  cash  500
    `);
  });

  it('stops the account under abort: nothing crosses, the intents stand', () => {
    journal(`
      sleeve  a     0
      sleeve  b  1000
      sleeve  c     0  abort
      sleeve  d     0  cash
      given   a  AAPL  10 @ 100
      given   c  AAPL   5 @ 100
      given   d  AAPL   2 @ 100
      quote   AAPL  100
      signal  a  cash
      signal  b  AAPL 10
      signal  c  failed
      signal  d  failed
      open
      nothing
      outcome a  AAPL  denied/abort -10
      why     a  AAPL  c failed and its policy is abort
      outcome b  AAPL  denied/abort +10
      outcome c  AAPL  held/failed_strategy 0
      outcome d  AAPL  denied/abort -2
      buys
      nothing
      close
      nothing
      expect  a  AAPL  10
    `);
  });
});

describe('an order that comes to nothing', () => {
  it('rejected by the broker', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 10
      open
      buys
      order   o1  AAPL  +10  a 10
      reject  o1
      close
      outcome a  AAPL  rejected/broker_rejected +10
      expect  a  cash  1000
    `);
  });

  it('refused before it was an order', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 10
      open
      buys
      order   o1  AAPL  +10  a 10
      refuse  o1
      close
      outcome a  AAPL  rejected/broker_refused +10
      why     a  AAPL  403 not allowed
    `);
  });

  it('never sent', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 10
      open
      buys
      order   o1  AAPL  +10  a 10
      lost    o1
      close
      outcome a  AAPL  expired/not_sent +10
      why     a  AAPL  no connection
    `);
  });

  it('unfilled at the close', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 10
      open
      buys
      order   o1  AAPL  +10  a 10
      close
      outcome a  AAPL  expired/session_closed +10
      expect  a  AAPL  0
      # and wanted again, decided anew the next day
      signal  a  AAPL 10
      open
      buys
      order   o1  AAPL  +10  a 10
      fill    o1  +10 @ 100
      close
      expect  a  AAPL  10
    `);
  });

  it('canceled after a part of it filled, among two', () => {
    journal(`
      sleeve  a  1000
      sleeve  b  1000
      quote   AAPL  100
      signal  a  AAPL 5
      signal  b  AAPL 10
      open
      buys
      order   o1  AAPL  +15  a 5  b 10
      fill    o1  +0.000000001 @ 100
      # A third and two thirds of one unit: nobody's while the order works, b's when it ends.
      pending AAPL  0.000000001
      expect  b  AAPL  0
      cancel  o1
      close
      outcome a  AAPL  expired/canceled_by_hand +5
      outcome b  AAPL  ordered/filled +0.000000001  expired/canceled_by_hand +9.999999999
      expect  a  AAPL  0
      expect  b  AAPL  0.000000001
    `);
  });

  it("filled beyond what was asked: the rest is nobody's until a person assigns it", () => {
    journal(`
      sleeve  a  1000
      house   500
      quote   AAPL  100
      signal  a  AAPL 10
      open
      buys
      order   o1  AAPL  +10  a 10
      fill    o1   +6 @ 100
      fill    o1   +5 @ 99
      close
      overdraft suspense  -99
      outcome a  AAPL  ordered/filled +10
      expect  a  AAPL  10  cost 996
      expect  a  cash  4
      expect  suspense  AAPL  1  cost 99
    `);
  });

  it('still waiting when the session closes', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 10
      open
      outcome a  AAPL  deferred/sells_first +10
      close
      nothing
      outcome a  AAPL  expired/cycle_budget +10
    `);
  });
});
