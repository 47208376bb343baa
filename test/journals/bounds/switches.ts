// Stage: tests. Limits that measure nothing: lists, switches, facts that are not there.
// Invariant: each stops what goes without it.
import { BOUGHT, buying, selling, SOLD, wanting } from './measured.ts';

/** Limits that measure nothing: what sets them off, and whom they stop. */
export interface Switched {
  readonly reason: string;
  readonly text: (lines: string, then: string) => string;
  /** With it off, all ten shares go; with it on none does. */
  readonly goes: string;
  readonly off: string;
  readonly on: string;
  readonly outcome: string;
}

const sells = (reason: string, off: string, on: string): Switched => ({
  reason,
  text: selling,
  goes: SOLD,
  off,
  on,
  outcome: `outcome a AAPL denied/${reason} -10`,
});

/** Denied when the cycle opens. */
const wants = (reason: string, off: string, on: string): Switched => ({
  reason,
  text: wanting,
  goes: `buys\n${BOUGHT}`,
  off,
  on,
  outcome: `outcome a AAPL denied/${reason} +10`,
});

/** Denied when the money is looked at. */
const buys = (reason: string, off: string, on: string): Switched => ({
  reason,
  text: buying,
  goes: BOUGHT,
  off,
  on,
  outcome: `outcome a AAPL denied/${reason} +10`,
});

export const SWITCHED: readonly Switched[] = [
  sells('kill', '', 'kill a test'),
  sells('abort', 'sleeve b 0 hold\nsignal b failed', 'sleeve b 0 abort\nsignal b failed'),
  {
    ...sells('break', '', 'manual AAPL +0.000000001'),
    text: (lines, then) =>
      `${selling(lines, then)}\n${lines === '' ? '' : 'break AAPL 0.000000001'}`,
    outcome: 'break AAPL 0.000000001\noutcome a AAPL denied/break -10',
  },
  {
    reason: 'sleeve_frozen',
    // Bought, sold, and only then, perhaps, never bought at all.
    text: (lines, then) => `
      sleeve  a  1000
      quote   AAPL  100
      signal  a  AAPL 10
      open
      buys
      order   o1  AAPL  +10  a 10
      fill    o1  +10 @ 100
      close
      signal  a  cash
      open
      order   o2  AAPL  -10  a 10
      fill    o2  -10 @ 100
      ${lines}
      close
      signal  a  AAPL 10
      open
      ${then}
    `,
    goes: 'buys\norder o3 AAPL +10 a 10',
    off: '',
    on: 'bust o1/1',
    outcome: 'outcome a AAPL denied/sleeve_frozen +20',
  },
  sells('symbol_frozen', 'rail frozen GLD', 'rail frozen AAPL'),
  sells('quote_missing', '', 'quote AAPL none'),
  sells('quote_one_sided', 'quote AAPL 100 100', 'quote AAPL 100 -'),
  sells('asset_unknown', '', 'asset AAPL unknown'),
  sells('not_tradable', '', 'asset AAPL halted'),
  sells(
    'last_close_missing',
    'rail collar 0.1\nbar AAPL 100',
    'rail collar 0.1\nbar AAPL 100 of 2024-03-13',
  ),
  sells(
    'volume_missing',
    'rail maxVolumeShare 0.1\nbar AAPL 100 volume 100',
    'rail maxVolumeShare 0.1\nbar AAPL 100',
  ),
  wants('symbol_denied', 'rail deny GLD', 'rail deny AAPL'),
  wants('symbol_not_allowed', 'rail allow AAPL', 'rail allow GLD'),
  wants('sleeve_symbol_denied', 'rail a deny GLD', 'rail a deny AAPL'),
  wants('sleeve_symbol_not_allowed', 'rail a allow AAPL', 'rail a allow GLD'),
  buys('margin_unknown', 'margin 1 1 0\nreports 1000 0 0 4000 2000', 'margin 1 1 0\nreports none'),
  buys(
    'asset_margin_unknown',
    'margin 1 1 0\nreports 1000 0 0 4000 2000',
    'margin 1 1 0\nreports 1000 0 0 4000 2000\nasset AAPL unmargined',
  ),
];

/** Reasons that say what is not known; each has tests of its own, in gates, rails and plans/badFacts. */
export const UNSIZED = [
  'nav_unknown',
  'price_unknown',
  'sleeve_loss_unknown',
  'quote_duplicate',
] as const;
