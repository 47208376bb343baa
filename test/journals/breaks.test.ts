// Stage: none; journals of breaks: what opens one, what it stops, what explains it, and when it is gone.
// Invariant: the numbers are worked out by hand; a break stops its symbol until a person has said why.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

const ONE_SLEEVE = `
  sleeve  a  1000
  given   a  AAPL  6 @ 100
  quote   AAPL  100
  quote   GLD   50
  signal  a  AAPL 5
`;

describe('a break between ledger and broker', () => {
  it('stands from the session in which it was found, and is resolved when it is gone', () => {
    journal(`
      ${ONE_SLEEVE}
      manual  AAPL  +3
      open
      break   AAPL 3
      outcome a  AAPL  denied/nav_unknown 0
      close
      break   AAPL 3
      stands  position AAPL open 3 age 1
      open
      break   AAPL 3
      close
      break   AAPL 3
      stands  position AAPL open 3 age 2
      manual  AAPL  -3
      open
      order   o1  AAPL  -1  a 1
      stands  position AAPL resolved 3
      fill    o1  -1 @ 100
      close
    `);
  });

  it('that a person has explained lets its symbol trade, until its amount changes', () => {
    journal(`
      ${ONE_SLEEVE}
      manual  AAPL  +3
      open
      break   AAPL 3
      close
      break   AAPL 3
      because position AAPL my own, bought years ago
      stands  position AAPL explained 3
      open
      break   AAPL 3
      order   o1  AAPL  -1  a 1
      fill    o1  -1 @ 100
      close
      break   AAPL 3
      stands  position AAPL explained 3 age 2
      manual  AAPL  +1
      open
      break   AAPL 4
      outcome a  AAPL  denied/nav_unknown 0
      stands  position AAPL open 4
      close
      break   AAPL 4
    `);
  });

  it('within the tolerance stops nothing, and is recorded all the same', () => {
    journal(`
      ${ONE_SLEEVE}
      tolerance  3  0
      manual  AAPL  +3
      open
      break   AAPL 3
      order   o1  AAPL  -1  a 1
      fill    o1  -1 @ 100
      close
      break   AAPL 3
      stands  position AAPL open 3
    `);
    journal(`
      ${ONE_SLEEVE}
      tolerance  2.999999999  0
      manual  AAPL  +3
      open
      break   AAPL 3
      outcome a  AAPL  denied/nav_unknown 0
      close
      break   AAPL 3
    `);
  });

  it('of cash stops every sleeve, but for a cent an execution, which is rounding', () => {
    journal(`
      ${ONE_SLEEVE}
      manual  cash  -0.01
      open
      break   cash -0.01
      stands  rounding - open -0.01
      order   o1  AAPL  -1  a 1
      fill    o1  -1 @ 100
      close
      break   cash -0.01
      manual  cash  -0.02
      open
      break   cash -0.03
      stands  cash - open -0.03
      stands  rounding - resolved -0.01
      outcome a  AAPL  denied/nav_unknown 0
      close
      break   cash -0.03
    `);
  });
});

describe('a fact that nobody asked for', () => {
  it('a trade by hand: its symbol rests, the others trade, until it has an owner', () => {
    journal(`
      ${ONE_SLEEVE}
      signal  a  GLD 2
      open
      order   o1  AAPL  -6  a 6
      fill    o1  -6 @ 100
      hand    h1  GLD  +2 @ 50
      buys
      outcome a  GLD  denied/break +2
      why     a  GLD  GLD has an open break
      close
      overdraft suspense -100
      stands  manual_trade h1/1 open 2 age 1
      open
      outcome a  GLD  denied/break +2
      close
      overdraft suspense -100
      assign  a  GLD  +2
      stands  manual_trade h1/1 resolved 2
      open
      outcome a  GLD  held/already_there 0
      close
    `);
  });

  it('is over when it was undone by hand', () => {
    journal(`
      ${ONE_SLEEVE}
      open
      order   o1  AAPL  -1  a 1
      fill    o1  -1 @ 100
      hand    h1  AAPL  +2 @ 99
      hand    h2  AAPL  -2 @ 101
      close
      expect  suspense  realised  4
      stands  manual_trade h1/1 resolved 2
      stands  manual_trade h2/1 resolved -2
    `);
  });

  it('an over-fill has a kind of its own', () => {
    journal(`
      ${ONE_SLEEVE}
      open
      order   o1  AAPL  -1  a 1
      fill    o1  -3 @ 100
      expect  suspense  AAPL  -2  cost -200
      close
      stands  over_fill * open -2
    `);
  });

  it('an activity without a rule stops its symbol until it is explained', () => {
    journal(`
      ${ONE_SLEEVE}
      open
      order   o1  AAPL  -1  a 1
      book    other OPASN AAPL +2 -30
      close
      overdraft house -30
      stands  no_rule a1 open 2
      because no_rule a1 an option that was assigned
      stands  no_rule a1 explained 2
      open
      due     withdrawal a a house 30
      moves   withdrawal a a house 30
      order   o2  AAPL  -1.09375  a 1.09375   # (1600 - 30 due to house) x 31.25 % is 490.625
      close
      expect  house  cash  0             # a has paid it
    `);
  });
});
