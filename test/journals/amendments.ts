// Stage: tests. Journals of busts and corrections, run for themselves and for what they export.
// Invariant: the numbers are worked out by hand.

const TWO_BUYERS = `
  sleeve  a  10000
  sleeve  b  10000
  quote   AAPL  150
  signal  a  AAPL 60
  signal  b  AAPL 40
  open
  buys
  order   o1  AAPL  +100  a 60 b 40
`;

/** a bought 60, b holds 100 from before; on the second day a has sold its 60 again. */
export const SOLD_SINCE = `
  sleeve  a  10000
  sleeve  b  0
  given   b  AAPL  100 @ 100
  quote   AAPL  150
  signal  a  AAPL 60
  signal  b  AAPL 100
  open
  buys
  order   o1  AAPL  +60  a 60
  fill    o1  +60 @ 149
  close
  signal  a  cash
  open
  order   o2  AAPL  -60  a 60
  fill    o2  -60 @ 150
  expect  a  realised  60
  expect  a  cash  10060
  bust    o1/1
`;

/** a sold 60 AAPL and bought 120 GLD with the money; the sale was taken back. */
export const SPENT_SINCE = `
  sleeve  a  0
  sleeve  b  500
  house   7000
  given   a  AAPL  60 @ 100
  quote   AAPL  100
  quote   GLD   50
  quote   TLT   100
  signal  a  GLD 120
  signal  b  cash
  open
  order   o1  AAPL  -60  a 60
  fill    o1  -60 @ 100
  buys
  order   o2  GLD  +120  a 120
  fill    o2  +120 @ 50
  bust    o1/1
  expect  a  AAPL  60  cost 6000
  expect  a  cash  -6000
`;

export const AMENDED: Readonly<Record<string, string>> = {
  'is taken out of what a working order has so far, which goes on from there': `
    ${TWO_BUYERS}
    fill    o1  +33 @ 150
    fill    o1  +10 @ 151
    expect  a  AAPL  25.8  cost 3876
    expect  b  AAPL  17.2  cost 2584
    bust    o1/1
    expect  a  AAPL  6  cost 906
    expect  b  AAPL  4  cost 604
    expect  a  cash  9094
    expect  a  realised  0
    tax     AAPL  gain 0 held 10 cost 1510
    fill    o1  +57 @ 150.5
    expect  a  AAPL  40.2  cost 6053.1
    expect  b  AAPL  26.8  cost 4035.4
    close
    outcome a  AAPL  ordered/filled +40.2 expired/amended +19.8
    outcome b  AAPL  ordered/filled +26.8 expired/amended +13.2
    expect  a  cash  3946.9
  `,
  'leaves units that no contributor has yet in pending, as the other executions have them': `
    sleeve  a  1000
    sleeve  b  1000
    sleeve  c  1000
    quote   AAPL  10
    signal  a  AAPL 10
    signal  b  AAPL 10
    signal  c  AAPL 10
    open
    buys
    order   o1  AAPL  +30  a 10 b 10 c 10
    fill    o1  +9 @ 10
    fill    o1  +10 @ 10
    pending AAPL  0.000000001
    bust    o1/1
    pending AAPL  0.000000001
    expect  a  AAPL  3.333333333  cost 33.333333333
    fill    o1  +11 @ 10
    bust    o1/2
    pending AAPL  0.000000002
    close
    expect  a  AAPL  3.666666667  cost 36.666666667
    expect  b  AAPL  3.666666667  cost 36.666666667
    expect  c  AAPL  3.666666666  cost 36.666666666
  `,
  'is taken back from both contributors once their order is over': `
    ${TWO_BUYERS}
    fill    o1  +60 @ 150
    fill    o1  +40 @ 150.25
    close
    outcome a  AAPL  ordered/filled +60
    expect  a  AAPL  60  cost 9006
    expect  b  AAPL  40  cost 6004
    signal  a  failed
    signal  b  failed
    open
    bust    o1/1
    expect  a  AAPL  24  cost 3606
    expect  b  AAPL  16  cost 2404
    expect  a  cash  6394
    expect  b  cash  7596
    expect  a  realised  0
    tax     AAPL  gain 0 held 40 cost 6010
    close
  `,
  'at another price costs every contributor its part of the difference': `
    ${TWO_BUYERS}
    fill    o1  +100 @ 150
    correct o1/1  +100 @ 149.5
    expect  a  AAPL  60  cost 8970
    expect  b  AAPL  40  cost 5980
    expect  a  cash  1030
    expect  a  realised  0
    correct o1/1  +100 @ 149.75
    expect  a  AAPL  60  cost 8985
    tax     AAPL  gain 0 held 100 cost 14975
    close
    expect  b  cash  4010
  `,
  'at another price puts right what was gained by the shares that were sold meanwhile': `
    ${TWO_BUYERS}
    fill    o1  +100 @ 150
    close
    signal  a  AAPL 30
    open
    order   o2  AAPL  -30  a 30
    fill    o2  -30 @ 152
    expect  a  realised  60
    correct o1/1  +100 @ 149
    expect  a  AAPL  30  cost 4470
    expect  a  realised  90
    expect  a  cash  5620
    expect  b  AAPL  40  cost 5960
    correct o2/1  -30 @ 151
    expect  a  realised  60
    expect  a  cash  5590
    tax     AAPL  gain 60 held 70 cost 10430
    close
  `,
  'of another quantity gives each contributor its part of what is right': `
    ${TWO_BUYERS}
    fill    o1  +50 @ 150
    expect  a  AAPL  30  cost 4500
    correct o1/1  +60 @ 150
    expect  a  AAPL  36  cost 5400
    expect  b  AAPL  24  cost 3600
    correct o1/1  +40 @ 150
    expect  a  AAPL  24  cost 3600
    expect  a  cash  6400
    tax     AAPL  gain 0 held 40 cost 6000
    close
    outcome a  AAPL  ordered/filled +24 expired/session_closed +36
    expect  b  AAPL  16  cost 2400
  `,
  'of more than the order was for leaves the rest in suspense': `
    ${TWO_BUYERS}
    fill    o1  +100 @ 150
    correct o1/1  +120 @ 150
    expect  a  AAPL  60  cost 9000
    expect  suspense  AAPL  20  cost 3000
    stands  late_amendment m1 open 20
    bust    o1/1
    expect  a  AAPL  0
    expect  suspense  AAPL  0
    stands  late_amendment m1 resolved 20
    expect  a  cash  10000
    close
    outcome a  AAPL  expired/amended +60
  `,
  'of a sale gives back the shares as they went, with their cost': `
    sleeve  a  0  hold lifo
    given   a  AAPL  4 @ 100
    quote   AAPL  110
    signal  a  AAPL 4
    open
    close
    signal  a  cash
    open
    order   o1  AAPL  -4  a 4
    fill    o1  -3 @ 112
    fill    o1  -1 @ 110
    expect  a  AAPL  0
    expect  a  realised  46
    bust    o1/1
    expect  a  AAPL  3  cost 300
    expect  a  cash  110
    expect  a  realised  10
    tax     AAPL  gain 10 held 3 cost 300
    close
    outcome a  AAPL  ordered/filled -1 expired/amended -3
  `,
  'whose shares were sold leaves the sleeve short, frozen, and nobody else': `
    ${SOLD_SINCE}
    expect  a  AAPL  -60  cost -8940
    expect  a  cash  19000
    expect  a  realised  60
    expect  b  AAPL  100  cost 10000
    close
    stands  sleeve_short * open -60
    signal  a  AAPL 10
    signal  b  AAPL 90
    open
    outcome a  AAPL  denied/sleeve_frozen +70
    sum     a  AAPL  sleeve_frozen 0 -60
    order   o3  AAPL  -10  b 10
    fill    o3  -10 @ 150
    close
    stands  sleeve_short * open -60 age 2
  `,
  'whose shares were sold lets the others sell what the account holds, and then what is bought back': `
    ${SOLD_SINCE}
    close
    signal  a  cash
    signal  b  cash
    open
    order   o3  AAPL  -40  b 40
    outcome b  AAPL  scaled/not_available -60 ordered/net_order -40
    sum     b  AAPL  not_available  40  100  0.4
    why     b  AAPL  sell 100, the broker has 40 available; a is short 60
    fill    o3  -40 @ 150
    close
    because sleeve_short a AAPL the exchange ruled on it after the sale
    open
    cross   AAPL @ 150  a +60  b -60
    expect  a  AAPL  0
    expect  a  cash  10000
    expect  a  realised  0
    expect  b  AAPL  0
    expect  b  cash  15000
    close
    stands  sleeve_short * resolved -60
  `,
  'whose shares were sold is shared by the sales of the others, pro rata': `
    sleeve  a  10000
    sleeve  b  0
    sleeve  c  0
    given   b  AAPL  50 @ 100
    given   c  AAPL  25 @ 100
    quote   AAPL  150
    signal  a  AAPL 60
    signal  b  AAPL 50
    signal  c  AAPL 25
    open
    buys
    order   o1  AAPL  +60  a 60
    fill    o1  +60 @ 149
    close
    signal  a  cash
    open
    order   o2  AAPL  -60  a 60
    fill    o2  -60 @ 150
    bust    o1/1
    close
    signal  b  cash
    signal  c  cash
    open
    order   o3  AAPL  -15  b 10 c 5
    outcome b  AAPL  scaled/not_available -40 ordered/net_order -10
    outcome c  AAPL  scaled/not_available -20 ordered/net_order -5
    fill    o3  -15 @ 150
    close
    expect  b  AAPL  40  cost 4000
    expect  c  AAPL  20  cost 2000
    signal  b  cash
    signal  c  cash
    open
    nothing
    outcome c  AAPL  denied/not_available -20
    why     c  AAPL  sell 60, the broker has 0 available; a is short 60
    close
  `,
  'whose shares were sold leaves the cash of a sleeve that is retired where it is, until they are bought back': `
    ${SOLD_SINCE}
    close
    life    a closing
    signal  b  AAPL 100
    open
    outcome a  AAPL  denied/sleeve_frozen +60
    close
    expect  a  cash  19000
    because sleeve_short a AAPL it is bought back
    open
    buys
    order   o3  AAPL  +60  a 60
    fill    o3  +60 @ 151
    close
    moves   sweep a house 9940
    closed  a
    stands  sleeve_short * resolved -60
    expect  house  cash  9940
  `,
  'whose shares were sold lets a sleeve that is retired be given what buying them back takes': `
    ${SOLD_SINCE}
    close
    life    a closing
    deposit 1000
    transfer house a 1000
    because sleeve_short a AAPL it is bought back
    quote   AAPL  330
    signal  b  AAPL 100
    open
    due     t1 house a 1000
    moves   t1 house a 1000
    buys
    order   o3  AAPL  +60  a 60
    fill    o3  +60 @ 330
    close
    moves   sweep a house 200
    closed  a
    expect  house  cash  200
  `,
  'whose shares were sold makes nothing due from the short sleeve': `
    ${SOLD_SINCE}
    close
    withdraw 1000
    transfer a b 500
    signal  b  AAPL 100
    open
    due     withdrawal b b house 1000
    order   o3  AAPL  -6.666666667  b 6.666666667
    fill    o3  -6.666666667 @ 150
    close
    moves   withdrawal b b house 1000
    expect  a  cash  19000
    paid    1000
    because sleeve_short a AAPL it is bought back
    signal  a  cash
    signal  b  cash
    open
    cross   AAPL @ 150  a +60  b -60
    order   o4  AAPL  -33.333333333  b 33.333333333
    fill    o4  -33.333333333 @ 150
    close
    expect  a  AAPL  0
    expect  a  cash  10000
  `,
  'whose shares were sold leaves the sleeve short and frozen under their new symbol, too': `
    ${SOLD_SINCE}
    close
    action  symbol AAPL AAPX
    quote   AAPX  150
    quote   GLD   50
    signal  a  GLD 10
    signal  b  AAPX 100
    open
    outcome a  AAPX  denied/sleeve_frozen +60
    outcome a  GLD   denied/sleeve_frozen +10
    expect  a  AAPX  -60  cost -8940
    close
  `,
  'that a person has explained lets the short sleeve buy what it owes': `
    ${SOLD_SINCE}
    close
    because sleeve_short a AAPL the exchange ruled on it after the sale
    stands  sleeve_short * explained -60
    signal  a  AAPL 10
    open
    buys
    order   o3  AAPL  +70  a 70
    fill    o3  +20 @ 151
    expect  a  AAPL  -40  cost -5960
    buys
    nothing
    stands  sleeve_short * explained -40
    fill    o3  +50 @ 151
    expect  a  AAPL  10  cost 1510
    expect  a  realised  -60
    close
    stands  sleeve_short * resolved -40
  `,
  'that a person has explained stays so through a split, while it is at most what was explained': `
    ${SOLD_SINCE}
    close
    because sleeve_short a AAPL the exchange ruled on it after the sale
    action  split AAPL 2 for 1
    quote   AAPL  75
    signal  a  cash
    signal  b  AAPL 100%
    open
    buys
    stands  sleeve_short * explained -120
    order   o3  AAPL  +120  a 120
    fill    o3  +30 @ 76
    close
    stands  sleeve_short * explained -90
    correct o3/1  +20 @ 76
    stands  sleeve_short * explained -100
  `,
  'that a person has explained stays so under a new symbol': `
    ${SOLD_SINCE}
    close
    because sleeve_short a AAPL the exchange ruled on it after the sale
    action  symbol AAPL AAPX
    quote   AAPX  150
    signal  a  AAPX 10
    signal  b  AAPX 100
    open
    buys
    order   o3  AAPX  +70  a 70
    fill    o3  +70 @ 151
    close
  `,
  'that left a debt, explained, is not asked about anew while it becomes less': `
    ${SPENT_SINCE}
    close
    overdraft a -6000
    because sleeve_owes a the exchange ruled on it after the purchase
    signal  b  GLD 5
    open
    order   o3  AAPL  -60  a 60
    fill    o3  -30 @ 100
    buys
    order   o4  GLD  +5  b 5
    fill    o4  +5 @ 50
    close
    overdraft a -3000
    stands  sleeve_owes a explained -3000
    bust    o3/1
    stands  sleeve_owes a explained -6000
    correct o2/1  +120 @ 51
    stands  sleeve_owes a open -6120
  `,
  'whose shares were sold is put right by shares that are given to the sleeve': `
    ${SOLD_SINCE}
    hand    h1  AAPL  +60 @ 151
    close
    overdraft suspense -9060
    stands  sleeve_short * open -60
    assign  a  AAPL  +60
    expect  a  AAPL  0
    expect  a  realised  -60
    expect  suspense  cash  0
    stands  sleeve_short * resolved -60
  `,
  'of a sale whose proceeds were spent leaves the sleeve owing, and what it sells repays it': `
    ${SPENT_SINCE}
    close
    overdraft a -6000
    stands  sleeve_owes a open -6000
    stands  overdraft a none
    signal  b  GLD 5
    open
    order   o3  AAPL  -60  a 60
    fill    o3  -60 @ 100
    expect  a  cash  0
    expect  a  realised  0
    buys
    order   o4  GLD  +5  b 5
    fill    o4  +5 @ 50
    close
    stands  sleeve_owes a resolved -6000
  `,
  'of a sale whose proceeds were spent lets the sleeve buy nothing until it is repaid': `
    ${SPENT_SINCE}
    close
    overdraft a -6000
    signal  a  GLD 50% TLT 50%
    open
    order   o3  AAPL  -60  a 60
    order   o4  GLD   -60  a 60
    outcome a  TLT  denied/sleeve_overdraft +30
    sum     a  TLT  sleeve_overdraft  0  -6000
    fill    o3  -60 @ 100
    fill    o4  -60 @ 50
    close
    stands  sleeve_owes a resolved -6000
    open
    buys
    order   o5  TLT   +30  a 30
    fill    o5  +30 @ 100
    close
  `,
  'that left a debt lets the sleeve buy in the very session in which a transfer repays it': `
    ${SPENT_SINCE}
    close
    overdraft a -6000
    transfer house a 6000
    signal  a  GLD 50% TLT 50%
    signal  b  TLT 5
    open
    due     t1 house a 6000
    moves   t1 house a 6000
    order   o3  AAPL  -60  a 60
    fill    o3  -60 @ 100
    buys
    order   o4  TLT   +65  a 60  b 5
    fill    o4  +65 @ 100
    close
    stands  sleeve_owes a resolved -6000
  `,
  'that left a debt lets the sleeve buy nothing where a transfer repays a part of it': `
    ${SPENT_SINCE}
    close
    overdraft a -6000
    transfer house a 3000
    signal  a  GLD 50% TLT 50%
    open
    due     t1 house a 3000
    moves   t1 house a 3000
    outcome a  TLT  denied/sleeve_overdraft +45
    sum     a  TLT  sleeve_overdraft  0  -3000
    order   o3  AAPL  -60  a 60
    order   o4  GLD   -30  a 30
    fill    o3  -60 @ 100
    fill    o4  -30 @ 50
    close
    stands  sleeve_owes a resolved -3000
  `,
  'that left a debt lets the sleeve buy nothing where its payer first pays for a cross': `
    sleeve  a  0
    sleeve  b  6000
    sleeve  c  0
    given   a  AAPL  60 @ 100
    given   b  GLD  120 @ 50
    given   c  TLT  60 @ 100
    quote   AAPL  100
    quote   GLD   50
    quote   TLT   100
    signal  a  GLD 120
    signal  b  GLD 120
    signal  c  TLT 60
    open
    order   o1  AAPL  -60  a 60
    fill    o1  -60 @ 100
    buys
    order   o2  GLD  +120  a 120
    fill    o2  +120 @ 50
    bust    o1/1
    close
    overdraft a -6000
    transfer b a 6000
    signal  a  TLT 100%
    signal  b  TLT 60
    signal  c  cash
    open
    due     t1 b a 6000
    cross   TLT @ 100  b +30  c -30
    moves   t1 b a 3000
    outcome a  TLT  denied/sleeve_overdraft +120
    sum     a  TLT  sleeve_overdraft  0  -6000
    order   o3  GLD   -240  a 120  b 120
    order   o4  AAPL  -60  a 60
    order   o5  TLT   -30  c 30
    fill    o3  -240 @ 50
    fill    o4  -60 @ 100
    fill    o5  -30 @ 100
    close
    moves   t1 b a 3000
    stands  sleeve_owes a resolved -3000
  `,
  'whose shares a split made into others is taken out of suspense, and a person is asked': `
    sleeve  a  10000
    quote   AAPL  150
    signal  a  AAPL 60
    open
    buys
    order   o1  AAPL  +60  a 60
    fill    o1  +60 @ 150
    close
    quote   AAPL  75
    action  split AAPL 2 for 1
    signal  a  failed
    open
    bust    o1/1
    expect  a  AAPL  120  cost 9000
    expect  suspense  AAPL  -60  cost -9000
    expect  suspense  cash  9000
    stands  late_amendment m1 open -60
    close
    signal  a  cash
    open
    outcome a  AAPL  denied/break -120
    close
  `,
  'of the price alone, too late to be divided, is cash that can be given an owner': `
    sleeve  a  10000
    quote   AAPL  150
    signal  a  AAPL 60
    open
    buys
    order   o1  AAPL  +60  a 60
    fill    o1  +60 @ 150
    close
    quote   AAPL  75
    action  split AAPL 2 for 1
    signal  a  failed
    open
    correct o1/1  +60 @ 149
    expect  suspense  cash      60
    expect  suspense  realised  60
    stands  unmatched_activity m1 open 60
    close
    give    a unmatched_activity m1 60
    stands  unmatched_activity m1 resolved 60
    expect  suspense  cash      0
    expect  suspense  realised  0
    expect  a  cash      1060
    expect  a  realised  60
    open
    close
    performance a realised 60 profit 60
  `,
  'of a trade by hand is taken out of suspense again': `
    sleeve  a  1000
    signal  a  cash
    quote   AAPL  99
    open
    hand    h1  AAPL  +3 @ 99
    hand    h2  AAPL  +5 @ 101
    expect  suspense  AAPL  8  cost 802
    bust    h2/1
    expect  suspense  AAPL  3  cost 297
    expect  suspense  realised  0
    stands  manual_trade h1/1 open 3
    bust    h1/1
    expect  suspense  AAPL  0
    stands  manual_trade h1/1 resolved 3
    close
  `,
};
