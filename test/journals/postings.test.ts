// Stage: none; worked examples, one for every kind of posting, checked again by hledger where it is there.
// Invariant: the numbers are worked out by hand; the books of each example balance for somebody else too.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { writeHledger } from '../../src/adapters/books/hledger.ts';
import { AMENDED } from './amendments.ts';
import { journal } from './journal.ts';

/** Two sleeves that hold 6 and 4 AAPL at 100 and want no change. */
const HOLDING = `
  sleeve  a  1000
  sleeve  b   500
  house   100
  given   a  AAPL  6 @ 100
  given   b  AAPL  4 @ 100
  quote   AAPL  100
  signal  a  failed
  signal  b  failed
`;

const EXAMPLES: Readonly<Record<string, string>> = {
  'a dividend: owed at the ex-date by holding, and paid with the cent of rounding to house': `
    ${HOLDING}
    action  dividend AAPL 0.333 pay 2024-03-18
    open
    close
    expect  a  receivable  1.998      # 6 x 0.333
    expect  b  receivable  1.332
    expect  a  dividends   1.998
    expect  a  cash        1000
    book    dividend AAPL 3.33
    expect  a  receivable  1.998      # paid on another day: not this one
    expect  suspense  cash  3.33
  `,
  'a dividend paid on its day clears what is owed': `
    ${HOLDING}
    action  dividend AAPL 0.3335 pay 2024-03-18
    open
    close
    open
    book    dividend AAPL 3.34        # 10 x 0.3335 = 3.335; the half cent is house's
    expect  a  receivable  0
    expect  a  cash        1002.001
    expect  b  cash         501.334
    expect  suspense  cash    0
    close
  `,
  'tax kept back of a dividend follows who was paid': `
    ${HOLDING}
    action  dividend AAPL 0.50 pay 2024-03-18
    open
    close
    open
    book    dividend AAPL 5
    book    withholding AAPL -0.75    # 6 to 4: 0.45 and 0.30
    expect  a  withheld  -0.45
    expect  b  withheld  -0.3
    expect  a  cash  1002.55
    expect  b  cash   501.7
    expect  a  dividends  3
    close
  `,
  'tax that comes before its dividend follows what is owed': `
    ${HOLDING}
    action  dividend AAPL 0.50 pay 2024-03-18
    open
    close
    open
    book    withholding AAPL -0.75
    book    dividend AAPL 5
    expect  a  withheld  -0.45
    expect  a  cash  1002.55
    close
  `,
  'tax of a dividend that nobody had goes to suspense': `
    ${HOLDING}
    open
    book    withholding GLD -1
    expect  suspense  withheld  -1
    expect  suspense  cash      -1
    close
    overdraft suspense -1
  `,
  'credit interest by the cash of each night': `
    ${HOLDING}
    open
    close
    open                              # one night to the 15th, three to the 18th: 4 x 1000, 500, 100
    book    interest 3.20
    expect  a      interest  2        # 3.20 x 1000 / 1600
    expect  b      interest  1
    expect  house  interest  0.2
    book    withholding interest -0.32
    expect  a      withheld  -0.2
    expect  b      withheld  -0.1
    close
  `,
  'interest is counted anew after each payment, and is of house when nothing lay there': `
    ${HOLDING}
    open
    book    interest 1.60
    expect  a      interest  1
    book    interest 1.60
    expect  a      interest  1
    expect  house  interest  1.7
    close
  `,
  'debit interest by negative cash': `
    ${HOLDING}
    open
    book    interest -2
    expect  house  interest  -2       # nobody owed anything
    close
  `,
  'regulatory fees by the fills that caused them: notional sold, shares sold, all shares': `
    sleeve  a     0
    sleeve  b     0
    sleeve  c  3000
    given   a  AAPL  6 @ 100
    given   b  AAPL  4 @ 100
    quote   AAPL  100
    quote   GLD   300
    signal  a  cash
    signal  b  cash
    signal  c  GLD 10
    open
    order   o1  AAPL  -10  a 6  b 4
    fill    o1  -10 @ 100
    buys
    order   o2  GLD  +10  c 10
    fill    o2  +10 @ 300
    close
    book    fee REG -0.03 2024-03-15  # 600 to 400
    book    fee TAF -0.05 2024-03-15  # 6 to 4 shares
    book    fee CAT -0.02 2024-03-15  # 6, 4 and 10 shares
    expect  a  fees  -0.054           # 0.018 + 0.03 + 0.006
    expect  b  fees  -0.036
    expect  c  fees  -0.01
    expect  a  cash  599.946
    book    fee COM -1 2024-03-15
    book    fee TAF -0.01 2024-03-18  # nothing was traded then
    expect  house  fees  -1.01
  `,
  'a reverse split, its fraction paid in cash': `
    ${HOLDING}
    action  split AAPL 1 for 4
    open
    expect  a  AAPL  1.5  cost 600    # the cost stays
    expect  b  AAPL  1    cost 400
    book    lieu AAPL -0.5 200        # 2.5 become 2: 0.3 of a's and 0.2 of b's, at 400
    expect  a  AAPL  1.2  cost 480
    expect  b  AAPL  0.8  cost 320
    expect  a  cash  1120
    expect  b  cash   580
    expect  a  realised  0
    close
  `,
  'cash in lieu that was wrong, and its reversal': `
    ${HOLDING}
    open
    book    lieu AAPL 0 10
    expect  a  realised  6
    book    lieu AAPL 0 -10
    expect  a  realised  0
    expect  a  AAPL  6  cost 600
    expect  a  cash  1000
    close
  `,
  'fractions taken away that nobody holds': `
    ${HOLDING}
    open
    book    lieu GLD -0.5 100
    expect  suspense  GLD  -0.5  cost -100
    expect  suspense  cash  100
    close
  `,
  'a symbol that changes: the same lots under another name': `
    ${HOLDING}
    given   a  AAPX  1 @ 90
    action  symbol AAPL AAPX
    open
    expect  a  AAPL  0
    expect  a  AAPX  7  cost 690
    expect  b  AAPX  4  cost 400
    expect  a  realised  0
    quote   AAPL  none
    quote   AAPX  100
    close
  `,
  'a merger for cash: given up at the open, owed until it is paid': `
    ${HOLDING}
    action  merger AAPL 112.505 pay 2024-03-18
    open
    expect  a  AAPL  0
    expect  a  receivable  675.03     # 6 x 112.505
    expect  a  realised     75.03
    expect  b  realised     50.02
    expect  a  cash  1000
    close
    open
    book    merger AAPL 1125.05
    expect  a  receivable  0
    expect  a  cash  1675.03
    expect  b  cash   950.02
    close
  `,
  'a payment for a merger that nobody knows': `
    ${HOLDING}
    open
    book    merger GLD 12
    expect  suspense  realised  12
    expect  suspense  cash      12
    close
  `,
  'a spin-off: new shares by holding, with their part of the cost': `
    ${HOLDING}
    action  spinoff AAPL AAPX 1 for 4 cost 0.2
    open
    expect  a  AAPX  1.5  cost 120    # of 600
    expect  a  AAPL  6    cost 480
    expect  b  AAPX  1    cost 80
    expect  b  AAPL  4    cost 320
    expect  a  realised  0
    quote   AAPX  80
    close
  `,
  'money that came in, went out, and was carried over from another account': `
    ${HOLDING}
    open
    book    deposit 250
    book    withdrawal -50
    book    journal cash 40
    expect  house  flows  340         # 100 of the beginning
    expect  house  cash   340
    close
  `,
  'shares carried over from another account wait in suspense, at what they are carried over at': `
    ${HOLDING}
    open
    book    journal AAPL +3 @ 95
    expect  suspense  AAPL  3  cost 285
    expect  suspense  flows  285
    expect  suspense  cash     0
    book    journal AAPL -1 @ 100
    expect  suspense  AAPL  2  cost 190
    expect  suspense  flows  185
    expect  suspense  realised  5
    close
  `,
  'what has no rule: cash to house, shares to suspense': `
    ${HOLDING}
    open
    book    other OPASN AAPL +2 -30
    expect  house     other  -30
    expect  house     cash    70
    expect  suspense  AAPL  2  cost 0
    close
  `,
  'a trade by hand, sold again: suspense has its profit': `
    ${HOLDING}
    open
    hand    h1  AAPL  +3 @ 99
    hand    h2  AAPL  -1 @ 101
    expect  suspense  AAPL  2  cost 198
    expect  suspense  realised  2
    expect  suspense  cash  -196
    close
    overdraft suspense -196
  `,
  'a trade by hand that gets an owner: it pays what was paid, and nothing is left in suspense': `
    ${HOLDING}
    open
    hand    h1  AAPL  +2 @ 99
    hand    h2  AAPL  +1 @ 105
    close
    overdraft suspense -303
    assign  a  AAPL  +2
    expect  a  AAPL  8  cost 798      # 600 + 198
    expect  a  cash  802
    expect  suspense  AAPL  1  cost 105
    expect  suspense  cash  -105
    assign  b  AAPL  +1
    expect  b  AAPL  5  cost 505
    expect  suspense  AAPL  0
    expect  suspense  cash  0
    expect  suspense  realised  0
    stands  manual_trade h1/1 resolved 2
  `,
  'a sale by hand that gets an owner: its shares, its proceeds, its profit': `
    ${HOLDING}
    open
    hand    h1  AAPL  -3 @ 110
    expect  suspense  AAPL  -3  cost -330
    close
    assign  a  AAPL  -3
    expect  a  AAPL  3  cost 300
    expect  a  cash  1330
    expect  a  realised  30
    expect  suspense  AAPL  0
    expect  suspense  cash  0
  `,
  'shares that came without a price: a person says what they are carried over at': `
    ${HOLDING}
    open
    book    journal AAPL +3
    expect  suspense  AAPL  3  cost 0
    close
    stands  carried_shares a1 open 3
    assign  b  AAPL  +3  cost 285
    expect  b  AAPL  7  cost 685
    expect  b  cash  215              # it pays suspense, which has the flow
    expect  suspense  flows  285
    expect  suspense  cash   285
    stands  carried_shares a1 resolved 3
  `,
  'a dividend that is paid, taken back and paid again': `
    ${HOLDING}
    action  dividend AAPL 0.50 pay 2024-03-18
    open
    close
    open
    book    dividend AAPL 5
    expect  a  cash        1003
    book    dividend AAPL -5
    expect  a  cash        1000       # owed again
    expect  a  receivable  3
    expect  b  receivable  2
    book    dividend AAPL 5
    expect  a  cash        1003
    expect  a  receivable  0
    expect  a  dividends   3
    close
  `,
  'a dividend paid, paid again and taken back once: paid once, whatever the order of the rows': `
    ${HOLDING}
    action  dividend AAPL 0.50 pay 2024-03-18
    open
    close
    open
    book    dividend AAPL 5
    book    dividend AAPL 5
    stands  unmatched_activity a2 open 5
    expect  suspense  cash  5
    book    dividend AAPL -5
    stands  unmatched_activity a2 resolved 5
    expect  suspense  cash       0
    expect  suspense  dividends  0
    expect  a  cash        1003
    expect  a  receivable  0
    expect  a  dividends   3
    expect  b  cash        502
    close
  `,
  'a dividend booked wrong, reversed and booked right: suspense is left with nothing to ask': `
    ${HOLDING}
    action  dividend AAPL 0.50 pay 2024-03-18
    open
    close
    open
    book    dividend AAPL 10
    expect  suspense  cash  10
    stands  unmatched_activity a1 open 10
    book    dividend AAPL -10
    expect  suspense  cash  0
    stands  unmatched_activity a1 resolved 10
    book    dividend AAPL 5
    expect  b  cash  502
    close
  `,
  'a dividend that was listed late is owed to who held then, whatever was traded since': `
    ${HOLDING}
    open
    close                             # the 15th: 6 and 4 held at its open
    signal  a  cash
    open
    order   o1  AAPL  -6  a 6
    fill    o1  -6 @ 100
    close                             # the 18th
    action  dividend AAPL 0.50 pay 2024-03-19 on 2024-03-15
    open
    expect  a  receivable  3
    expect  b  receivable  2
    book    dividend AAPL 5
    expect  a  cash  1603
    close
  `,
  'a dividend listed after its payment claims it from suspense, and the tax kept back of it': `
    ${HOLDING}
    open
    close
    open
    book    dividend AAPL 5
    book    withholding AAPL -1
    expect  suspense  cash      4
    expect  suspense  withheld  -1
    close
    action  dividend AAPL 0.50 pay 2024-03-18 on 2024-03-15
    open
    expect  a  cash       1002.4      # 3 less 0.60
    expect  b  cash        501.6
    expect  a  withheld     -0.6
    expect  a  receivable    0
    expect  suspense  cash       0
    expect  suspense  dividends  0
    stands  unmatched_activity a1 resolved 5
    stands  unmatched_activity a2 resolved -1
    close
  `,
  'a split that was listed late changes the shares that have not moved since': `
    ${HOLDING}
    open
    close
    action  split AAPL 2 for 1 on 2024-03-15
    open
    expect  a  AAPL  12  cost 600
    expect  b  AAPL   8  cost 400
    close
  `,
  'a merger listed after its payment': `
    ${HOLDING}
    open
    close
    open
    book    merger AAPL 1250
    expect  suspense  realised  1250
    close
    action  merger AAPL 125 pay 2024-03-18 on 2024-03-18
    open
    expect  a  AAPL  0
    expect  a  cash      1750
    expect  a  realised   150
    expect  suspense  realised  0
    expect  suspense  cash      0
    close
  `,
  'a split that was listed after shares have moved is not applied, and says so': `
    ${HOLDING}
    open
    hand    h1  AAPL  +2 @ 100
    close
    overdraft suspense -200
    manual  AAPL  -12                  # somebody took all of them away
    action  split AAPL 2 for 1 on 2024-03-15
    open
    break   AAPL -12
    expect  a  AAPL  6  cost 600
    nav     a  unknown: AAPL has an open break
    stands  late_action * open 12
    close
    break   AAPL -12
    overdraft suspense -200
  `,
  'a dividend listed again with another amount before it is paid is owed by the new one': `
    ${HOLDING}
    action  dividend AAPL 0.50 pay 2024-03-18
    open
    expect  a  receivable  3
    close
    signal  a  cash
    again   2024-03-15 dividend AAPL 0.60 pay 2024-03-18
    open
    order   o1  AAPL  -6  a 6
    expect  a  receivable  3.6
    expect  a  dividends   3.6
    expect  b  receivable  2.4
    fill    o1  -6 @ 100
    book    dividend AAPL 6
    expect  a  receivable  0
    expect  b  cash        502.4
    close
  `,
  'a dividend listed again with another amount after its payment by that one claims it from suspense': `
    ${HOLDING}
    action  dividend AAPL 0.50 pay 2024-03-18
    open
    close
    open
    book    dividend AAPL 6
    expect  suspense  cash  6
    close
    again   2024-03-15 dividend AAPL 0.60 pay 2024-03-18
    open
    expect  suspense  cash  0
    stands  unmatched_activity a1 resolved 6
    expect  a  cash  1003.6
    expect  a  dividends  3.6
    close
  `,
  'a dividend listed again after it was paid stands as a break until its payment is taken back': `
    ${HOLDING}
    action  dividend AAPL 0.50 pay 2024-03-18
    open
    close
    open
    book    dividend AAPL 5
    close
    again   2024-03-15 dividend AAPL 0.60 pay 2024-03-18
    open
    expect  a  cash  1003
    stands  changed_action * open 10
    nav     a  unknown: AAPL has an open break
    book    dividend AAPL -5 on 2024-03-18
    book    dividend AAPL 6 on 2024-03-18      # comes to nothing yet
    expect  a  receivable  3
    close
    open
    stands  changed_action * resolved 10
    stands  unmatched_activity a3 resolved 6
    expect  a  cash  1003.6
    expect  a  receivable  0
    expect  suspense  cash  0
    close
  `,
  'a dividend listed again, whose payment by the new terms a person has explained, stays as it is owed': `
    ${HOLDING}
    action  dividend AAPL 0.50 pay 2024-03-18
    open
    close
    open
    book    dividend AAPL 6
    close
    because unmatched_activity a1 kept apart on purpose
    again   2024-03-15 dividend AAPL 0.60 pay 2024-03-18
    open
    stands  changed_action * open 10
    expect  a  receivable  3
    expect  suspense  cash  6
    close
  `,
  'a dividend whose ex-date is listed as to come is owed to who holds then': `
    ${HOLDING}
    action  dividend AAPL 0.50 pay 2024-03-18
    open
    expect  a  receivable  3
    close
    again   2024-03-15 dividend AAPL 0.50 pay 2024-03-20 on 2024-03-19
    open
    expect  a  receivable  0
    expect  a  dividends   0
    close
  `,
  'a split applied and listed again with another ratio changes nothing more, and says so': `
    ${HOLDING}
    action  split AAPL 2 for 1
    open
    expect  a  AAPL  12  cost 600
    close
    again   2024-03-15 split AAPL 3 for 1
    open
    expect  a  AAPL  12  cost 600
    stands  changed_action * open 20
    nav     a  unknown: AAPL has an open break
    close
    again   2024-03-15 split AAPL 2 for 1      # as it was after all
    open
    stands  changed_action * resolved 20
    close
  `,
  'a split that was not applied is taken by what is listed of it now': `
    ${HOLDING}
    open
    hand    h1  AAPL  +2 @ 100
    close
    overdraft suspense -200
    manual  AAPL  -12                  # somebody took all of them away
    action  split AAPL 2 for 1 on 2024-03-15
    open
    break   AAPL -12
    stands  late_action * open 12
    close
    break   AAPL -12
    overdraft suspense -200
    manual  AAPL  +12                  # and brought them back
    anew    2024-03-15 split AAPL 3 for 1 on 2024-03-19
    open
    expect  a  AAPL  18  cost 600
    stands  late_action * resolved 12
    close
    overdraft suspense -200
  `,
  'an unmatched dividend given an owner is its profit, and claimed no more': `
    ${HOLDING}
    open
    book    dividend AAPL 5
    close
    give    a unmatched_activity a1 2
    stands  unmatched_activity a1 open 3
    give    b unmatched_activity a1 3
    stands  unmatched_activity a1 resolved 3
    expect  suspense  cash       0
    expect  suspense  dividends  0
    expect  a  cash       1002
    expect  a  dividends  2
    expect  b  dividends  3
    action  dividend AAPL 0.50 pay 2024-03-15 on 2024-03-15
    open
    expect  a  receivable  0
    close
    performance a dividends 2 profit 2
  `,
  'the reverse of a payment that was given an owner waits for one, too': `
    ${HOLDING}
    open
    book    dividend AAPL 5
    close
    give    a unmatched_activity a1 5
    open
    book    dividend AAPL -5 on 2024-03-15
    expect  suspense  cash  -5
    stands  unmatched_activity a2 open -5
    close
    overdraft suspense -5
    give    a unmatched_activity a2 -5
    expect  a  cash       1000
    expect  a  dividends  0
    expect  suspense  cash  0
  `,
  'tax, a merger and interest that changed given owners: each counts as what it is': `
    ${HOLDING}
    open
    book    withholding AAPL -1
    book    merger AAPL 12.5
    book    interest 2
    rebook  a3 interest 3
    expect  suspense  cash  12.5
    close
    give    a unmatched_activity a1 -1
    give    a unmatched_activity a2 12.5
    give    b changed_activity a3 1
    expect  a  withheld  -1
    expect  a  realised  12.5
    expect  b  interest  1.625          # 0.625 of what was booked first
    expect  suspense  cash      0
    expect  suspense  other     0
    expect  suspense  realised  0
    expect  suspense  withheld  0
    stands  changed_activity a3 resolved 1
    open
    rebook  a3 interest 2
    expect  suspense  cash  -1
    stands  changed_activity a3 open -1
    close
    overdraft suspense -1
  `,
  'cash of an activity without a rule given an owner, as profit and as a flow': `
    ${HOLDING}
    open
    book    other OPASN AAPL 0 -30
    book    other ACATC AAPL 0 50
    expect  house  cash  120
    close
    give    a no_rule a1 -30
    give    b no_rule a2 50 flow
    stands  no_rule a1 resolved -30
    stands  no_rule a2 resolved 50
    expect  a  other  -30
    expect  b  flows  950
    expect  b  other  0
    expect  house  other  0
    expect  house  cash   100
    open
    close
    performance a profit -30 other -30
    performance b profit 0 in 950
  `,
  'a fee listed again with another amount: the difference is suspense’s, with a break': `
    ${HOLDING}
    open
    book    fee OTHER -1 2024-03-15
    expect  house     cash  99
    rebook  a1 fee OTHER -1.5 2024-03-15
    expect  house     cash  99
    expect  suspense  cash  -0.5
    expect  suspense  other -0.5
    stands  changed_activity a1 open -0.5
    close
    overdraft suspense -0.5
    open
    rebook  a1 fee OTHER -1 2024-03-15
    expect  suspense  cash  0
    stands  changed_activity a1 resolved -0.5
    close
  `,
  'a dividend whose payment a person has explained is not owed when it is listed': `
    ${HOLDING}
    open
    close
    open
    book    dividend AAPL 5
    close
    because unmatched_activity a1 kept apart on purpose
    action  dividend AAPL 0.50 pay 2024-03-18 on 2024-03-15
    open
    expect  a  receivable  0
    expect  suspense  cash  5
    stands  late_action * open 10
    nav     a  unknown: AAPL has an open break
    close
  `,
};

describe('a worked example', () => {
  it.each(Object.entries(EXAMPLES))('of %s', (_name, text) => {
    journal(text);
  });
});

const run = (program: string, argv: readonly string[], input?: string) =>
  spawnSync(program, argv, { input, encoding: 'utf8' });
const installed = run('hledger', ['--version']).status === 0;

describe.skipIf(!installed)('hledger (needs hledger: apt-get install hledger)', () => {
  it('adds up the books of all worked examples as the ledger does', () => {
    for (const [name, text] of Object.entries({ ...EXAMPLES, ...AMENDED })) {
      const books = writeHledger(name, journal(text));
      const { status, stderr } = run('hledger', ['-f', '-', 'check'], books);
      expect([name, status, stderr]).toEqual([name, 0, '']);
      const changed = books.replace(/ = (-?\d+)(?=[\d.]* USD\n)/, ' = 1$1');
      const refused = run('hledger', ['-f', '-', 'check'], changed);
      expect([name, changed === books, refused.status]).toEqual([name, false, 1]);
    }
  });
});
