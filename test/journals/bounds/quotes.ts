// Stage: tests. Bounds of a quote: its age, its width, its distance from the last close.
// Invariant: the bound stays and the quote moves by one unit; hand-computed.
import { denied, selling, SOLD, type Measured } from './measured.ts';

export const OF_QUOTES: readonly Measured[] = [
  {
    reason: 'price_collar',
    of: 'the bid',
    text: collared,
    cases: [
      ['90.000000001 91', SOLD],
      ['90 91', SOLD],
      ['89.999999999 91', denied('price_collar', '-10', '10 10.000000001')],
    ],
  },
  {
    reason: 'price_collar',
    of: 'the ask',
    text: collared,
    cases: [
      ['109 109.999999999', SOLD],
      ['109 110', SOLD],
      ['109 110.000000001', denied('price_collar', '-10', '10 10.000000001')],
    ],
  },
  {
    reason: 'quote_stale',
    of: 'the past',
    text: aged,
    cases: [
      ['13:30:58.001', SOLD],
      ['13:30:58.000', SOLD],
      ['13:30:57.999', denied('quote_stale', '-10', '2 2.001')],
    ],
  },
  {
    reason: 'quote_stale',
    of: 'the future',
    text: aged,
    cases: [
      ['13:31:01.999', SOLD],
      ['13:31:02.000', SOLD],
      ['13:31:02.001', denied('quote_stale', '-10', '2 2.001')],
    ],
  },
  {
    reason: 'quote_wide',
    of: 'a thousandth of the mid',
    text: (bound, then) => selling(`limit maxSpread 0.001\nquote AAPL ${bound}`, then),
    cases: [
      ['99.950000001 100.049999999', SOLD],
      ['99.95 100.05', SOLD],
      ['99.949999999 100.050000001', denied('quote_wide', '-10', '0.1 0.100000002')],
    ],
  },
  {
    reason: 'quote_crossed',
    of: 'bid and ask',
    text: (bound, then) => selling(`quote AAPL ${bound}`, then),
    cases: [
      ['99.999999999 100', SOLD],
      ['100 100', SOLD],
      ['100.000000001 100', denied('quote_crossed', '-10')],
    ],
  },
  {
    reason: 'quote_not_positive',
    of: 'the smallest price',
    text: (bound, then) => `
      sleeve a 0
      given  a AAPL 1000000000 @ 0.000000001
      quote  AAPL ${bound}
      signal a cash
      open
      ${then}
      close`,
    cases: [
      ['0.000000002', 'order o1 AAPL -1000000000 a 1000000000'],
      ['0.000000001', 'order o1 AAPL -1000000000 a 1000000000'],
      ['0', denied('quote_not_positive', '-1000000000')],
    ],
  },
];

function collared(bound: string, then: string): string {
  return selling(`rail collar 0.1\nbar AAPL 100\nquote AAPL ${bound}`, then);
}

function aged(bound: string, then: string): string {
  const quote = `quote AAPL 100 100 at 2024-03-15T${bound}Z`;
  return selling(`rail maxQuoteAgeSeconds 2\n${quote}`, then);
}
