// Stage: none; journals of which lots a sale takes, by the method of its sleeve.
// Invariant: the method moves profit between realised and unrealised, never cash or shares.
import { describe, it } from 'vitest';
import { journal } from './journal.ts';

describe('a sale of 12 of 10 @ 100, 10 @ 130 and 10 @ 110, at 120', () => {
  it.each([
    // 10 @ 100 and 2 @ 130 cost 1260; 8 x 130 + 10 x 110 are left.
    ['fifo', '2140', '180'],
    // 10 @ 110 and 2 @ 130 cost 1360; 10 x 100 + 8 x 130.
    ['lifo', '2040', '80'],
    // 10 @ 130 and 2 @ 110 cost 1520; 10 x 100 + 8 x 110.
    ['hifo', '1880', '-80'],
    // 12 of 30 that cost 3400 cost 1360.
    ['average', '2040', '80'],
  ])('under %s leaves %s of cost and realises %s', (method, cost, realised) => {
    journal(`
      sleeve  a  0  hold  ${method}
      given   a  AAPL  10 @ 100
      given   a  AAPL  10 @ 130
      given   a  AAPL  10 @ 110
      quote   AAPL  120
      signal  a  AAPL 60%
      open
      order   o1  AAPL  -12  a 12
      fill    o1  -12 @ 120
      close
      expect  a  AAPL  18  cost ${cost}
      expect  a  cash  1440
      expect  a  realised  ${realised}
    `);
  });
});
