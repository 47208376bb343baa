// Stage: none; journals of the kill switch at each decision point.
// Invariant: under a kill nothing crosses and nothing is ordered; intents stand, denied/kill.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('a kill', () => {
  it('before the open denies every intent, also what would have crossed', () => {
    journal(`
      sleeve  a  1000
      sleeve  b     0
      sleeve  c     0
      given   b  AAPL  10 @ 100
      given   c  TLT   10 @ 100
      quote   AAPL  100
      quote   TLT   100
      signal  a  AAPL 5
      signal  b  cash
      signal  c  TLT 10
      kill    prices look wrong
      open
      nothing
      outcome a  AAPL  denied/kill +5
      outcome b  AAPL  denied/kill -10
      outcome c  TLT   held/already_there 0
      why     a  AAPL  killed: prices look wrong
      buys
      close
      expect  b  AAPL  10
    `);
  });

  it('between the sells and the buys keeps what crossed and was sold, and denies the buys', () => {
    journal(`
      sleeve  a  10000
      sleeve  b     0
      given   b  AAPL  10 @ 100
      quote   AAPL  100
      quote   TLT   100
      signal  a  AAPL 4  TLT 10
      signal  b  cash
      open
      cross   AAPL @ 100  a +4 b -4
      order   o1  AAPL  -6  b 6
      fill    o1  -6 @ 100
      kill    enough
      buys
      nothing
      outcome a  TLT  denied/kill +10
      close
      expect  a  AAPL  4
      expect  b  AAPL  0
    `);
  });

  it('denies what it held back of a plan, and the next day trades once armed', () => {
    journal(`
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 5
      open
      buys
      order   o1  AAPL  +5  a 5
      kill    enough
      withheld o1
      close
      outcome a  AAPL  denied/kill +5
      why     a  AAPL  not sent: no more
      open
      outcome a  AAPL  denied/kill +5
      buys
      close
      arm     checked
      open
      buys
      order   o2  AAPL  +5  a 5
      close
    `);
  });

  it('comes before an abort: the account is stopped by a person', () => {
    journal(`
      sleeve  a  1000  abort
      sleeve  b  1000
      quote   AAPL  100
      signal  a  failed
      signal  b  AAPL 5
      kill    enough
      open
      outcome b  AAPL  denied/kill +5
      buys
      close
    `);
  });
});
