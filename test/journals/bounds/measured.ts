// Stage: tests. Every limit that measures: just within its bound, at it, and one unit beyond.
// Invariant: the amount stays and the bound moves (or the fact, where the bound is fixed); hand-computed.

export interface Measured {
  readonly reason: string;
  /** What is measured, where one reason has several bounds. */
  readonly of: string;
  readonly text: (bound: string, then: string) => string;
  /** Bound and what follows: just within, at, just beyond. */
  readonly cases: readonly [Case, Case, Case];
}
type Case = readonly [bound: string, then: string];

/** A sleeve that sells all of its ten shares at 100. */
export const selling = (lines: string, then: string): string => `
  sleeve  a  0
  given   a  AAPL  10 @ 100
  quote   AAPL  100
  ${lines}
  signal  a  cash
  open
  ${then}
  close`;

/** A sleeve that wants ten shares at 100 for its whole cash. */
export const wanting = (lines: string, then: string): string => `
  sleeve  a  1000
  quote   AAPL  100
  ${lines}
  signal  a  AAPL 100%
  open
  ${then}
  close`;

export const buying = (lines: string, then: string): string => wanting(lines, `buys\n${then}`);

export const SOLD = 'order o1 AAPL -10 a 10';
export const BOUGHT = 'order o1 AAPL +10 a 10';
/** All but one unit of the ten. */
const NEARLY = '+9.999999999';
export const nearly = (reason: string, sum: string): string => `
  order   o1 AAPL ${NEARLY} a 9.999999999
  outcome a  AAPL scaled/${reason} +0.000000001 ordered/net_order ${NEARLY}
  sum     a  AAPL ${reason} ${sum}`;
export const denied = (reason: string, count: string, sum = ''): string => `
  outcome a AAPL denied/${reason} ${count}
  ${sum === '' ? '' : `sum a AAPL ${reason} ${sum}`}`;
