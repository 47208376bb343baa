// Stage: tests of what netting spares.
// Invariant: figures computed by hand, on the examples of the domain rules.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpenCycle, ParentProgress } from './ledger/state.ts';
import type { Symbol } from './market.ts';
import {
  nettingSaving,
  nettingTotal,
  sumNetting,
  type AssumedFees,
  type NettingLine,
} from './nettingSaving.ts';
import { netSymbol } from './netting.ts';
import type { SleeveId } from './sleeve.ts';
import { session } from './time.ts';
import {
  format,
  midPrice,
  money,
  NO_MONEY,
  parseMoney,
  parsePrice,
  parseQuantity,
  price,
  quantity,
  total,
  type Money,
  type Price,
  type Quantity,
} from './units/units.ts';

const FEES: AssumedFees = {
  soldPerMillion: parseMoney('20'),
  soldPerShare: parsePrice('0.0002'),
  soldPerShareCap: parseMoney('0.006'),
  perShare: parsePrice('0.00001'),
};
const AAPL = 'AAPL' as Symbol; // a well-formed symbol
const NONE: AssumedFees = {
  soldPerMillion: NO_MONEY,
  soldPerShare: price(0n),
  soldPerShareCap: null,
  perShare: price(0n),
};

interface Given {
  readonly intents: readonly (readonly [sleeve: string, shares: string])[];
  readonly bid: string;
  readonly ask: string;
}

/** A finished cycle of one symbol, netted by the rule itself. */
function cycleOf(
  given: Given,
  filled: readonly bigint[] = [],
): Parameters<typeof nettingSaving>[0] {
  const bid = parsePrice(given.bid);
  const ask = parsePrice(given.ask);
  const mid = midPrice(bid, ask);
  const intents = given.intents.map(([sleeve, shares]) => ({
    sleeve: sleeve as SleeveId, // written in this file
    quantity: parseQuantity(shares),
  }));
  const { cross, net } = netSymbol(AAPL, intents, mid);
  const parents: ParentProgress[] =
    net === null ? [] : [progress({ ...net, revision: 0, arrivalPrice: mid, filled })];
  return cycle(cross === null ? [] : [{ ...cross, bid, ask }], parents);
}

function progress(of: {
  readonly side: 'buy' | 'sell';
  readonly demands: readonly { readonly sleeve: SleeveId; readonly quantity: Quantity }[];
  readonly revision: number;
  readonly arrivalPrice: Price;
  readonly filled: readonly bigint[];
}): ParentProgress {
  const parent = {
    symbol: AAPL,
    side: of.side,
    revision: of.revision,
    demands: of.demands,
    quantity: total(of.demands.map((demand) => demand.quantity)),
    arrivalPrice: of.arrivalPrice,
  };
  const allocated = of.demands.map((_, index) => ({
    quantity: quantity(of.filled[index] ?? 0n),
    cash: NO_MONEY,
  }));
  return { parent, allocated } as unknown as ParentProgress; // all that the saving reads
}

const cycle = (
  crosses: readonly unknown[],
  parents: readonly ParentProgress[],
): Pick<OpenCycle, 'opened' | 'decisions' | 'parents'> =>
  ({
    opened: { kind: 'cycle_opened', cycle: session('2024-03-15') },
    decisions: [{ crosses }],
    parents: new Map(parents.map((each, index) => [String(index), each])),
  }) as unknown as Pick<OpenCycle, 'opened' | 'decisions' | 'parents'>; // as above

const shown = (lines: readonly NettingLine[]): string[] =>
  lines.map((line) =>
    [
      line.sleeve,
      format(line.crossedShares),
      format(line.crossedNotional),
      format(line.netShares),
      format(line.netNotional),
      format(line.spreadNotPaid),
      format(line.feesAvoided),
      format(line.ordersAvoided),
    ].join(' '),
  );

describe('the saving of one cross', () => {
  it('of +100 and −40 at 150 (149.98/150.02) is 40 shares on each side, 0.02 USD a share and side', () => {
    const lines = nettingSaving(
      cycleOf({
        intents: [
          ['a', '100'],
          ['b', '-40'],
        ],
        bid: '149.98',
        ask: '150.02',
      }),
      FEES,
    );
    // Fees of a: 40 × 0.00001. Of b besides: 6000 × 20 / 1e6 = 0.12, and 40 × 0.0002 = 0.008 capped at 0.006.
    expect(shown(lines)).toEqual([
      'a 40 6000 60 9000 0.8 0.0004 0.5',
      'b 40 6000 0 0 0.8 0.1264 0.5',
    ]);
    const account = nettingTotal('account', lines);
    expect(
      [account.grossShares, account.netShares, account.crossedShares, account.grossNotional].map(
        (figure) => format(figure),
      ),
    ).toEqual(['140', '60', '80', '21000']);
    expect([account.ordersAlone, account.ordersAvoided].map(format)).toEqual(['2', '1']);
  });

  it('of +100, −80 and +30 divides 80 crossed shares and their spread to the last unit', () => {
    const lines = nettingSaving(
      cycleOf({
        intents: [
          ['a', '100'],
          ['b', '-80'],
          ['c', '30'],
        ],
        bid: '9.99',
        ask: '10.01',
      }),
      NONE,
    );
    expect(shown(lines)).toEqual([
      // 80 × 100/130 and 80 × 30/130, at 10; spread 80 × 0.02 = 1.6, half of it to the seller.
      'a 61.538461538 615.38461538 38.461538462 384.61538462 0.615384615 0 0.769230769',
      'b 80 800 0 0 0.8 0 1',
      'c 18.461538462 184.61538462 11.538461538 115.38461538 0.184615385 0 0.230769231',
    ]);
    expect(format(total(lines.map((line) => line.spreadNotPaid)))).toBe('1.6');
  });

  it('of opposing wishes that meet whole spares every order', () => {
    const lines = nettingSaving(
      cycleOf({
        intents: [
          ['a', '1'],
          ['b', '-1'],
        ],
        bid: '150',
        ask: '150.01',
      }),
      NONE,
    );
    expect(shown(lines)).toEqual(['a 1 150.005 0 0 0.005 0 1', 'b 1 150.005 0 0 0.005 0 1']);
  });

  it('of wishes on one side is one order in place of two, and no spread', () => {
    const lines = nettingSaving(
      cycleOf({
        intents: [
          ['a', '60'],
          ['b', '40'],
        ],
        bid: '149.99',
        ask: '150.01',
      }),
      FEES,
    );
    expect(shown(lines)).toEqual(['a 0 0 60 9000 0 0 0.5', 'b 0 0 40 6000 0 0 0.5']);
  });
});

describe('an order whose rest was ordered again', () => {
  it('counts what it filled, and its successor whole', () => {
    const demands = [{ sleeve: 'a' as SleeveId, quantity: parseQuantity('10') }]; // written here
    const rest = [{ sleeve: 'a' as SleeveId, quantity: parseQuantity('6') }]; // as above
    const at = { side: 'buy' as const, arrivalPrice: parsePrice('10') };
    const lines = nettingSaving(
      cycle(
        [],
        [
          progress({ ...at, demands, revision: 0, filled: [parseQuantity('4')] }),
          progress({ ...at, demands: rest, revision: 1, filled: [parseQuantity('1')] }),
        ],
      ),
      NONE,
    );
    expect(shown(lines)).toEqual(['a 0 0 10 100 0 0 0']);
  });

  it('counts whole what it left to a sleeve whose rest was not ordered again', () => {
    const both = ['a', 'b'].map((id) => ({
      sleeve: id as SleeveId, // written here
      quantity: parseQuantity('4'),
    }));
    const at = { side: 'buy' as const, arrivalPrice: parsePrice('10') };
    const [, second] = both;
    const lines = nettingSaving(
      cycle(
        [],
        [
          progress({ ...at, demands: both, revision: 0, filled: [] }),
          progress({
            ...at,
            demands: second === undefined ? [] : [second],
            revision: 1,
            filled: [parseQuantity('4')],
          }),
        ],
      ),
      NONE,
    );
    expect(shown(lines)).toEqual(['a 0 0 4 40 0 0 0.5', 'b 0 0 4 40 0 0 0.5']);
  });
});

describe('sums', () => {
  const wish = fc.tuple(
    fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }).filter((shares) => shares !== 0n),
  );
  it('over sleeves are the account, and the spread is that of the crossed shares, for any wishes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(wish, { minLength: 1, maxLength: 5, selector: ([sleeve]) => sleeve }),
        fc.integer({ min: 1, max: 90_000 }),
        fc.integer({ min: 1, max: 50 }),
        (wishes, cents, width) => {
          const cent = 10_000_000n;
          const intents = wishes.map(
            ([sleeve, shares]) => [sleeve, format(quantity(shares))] as const,
          );
          const bid = format(price(BigInt(cents) * cent));
          const ask = format(price(BigInt(cents + width) * cent));
          const lines = nettingSaving(cycleOf({ intents, bid, ask }), FEES);
          const account = nettingTotal('account', lines);
          const rows = sumNetting(lines, (line) => line.sleeve);
          const up = wishes.reduce((sum, [, shares]) => (shares > 0n ? sum + shares : sum), 0n);
          const down = wishes.reduce((sum, [, shares]) => (shares < 0n ? sum - shares : sum), 0n);
          const crossed = up < down ? up : down;
          expect(account.grossShares).toBe(up + down);
          expect(account.crossedShares).toBe(2n * crossed);
          expect(account.netShares).toBe(up > down ? up - down : down - up);
          const spread = (BigInt(width) * cent * crossed) / 1_000_000_000n;
          const off = account.spreadNotPaid - spread;
          expect(off >= 0n && off <= 1n).toBe(true);
          for (const figure of ['spreadNotPaid', 'feesAvoided', 'crossedNotional'] as const)
            expect(total(rows.map((row): Money => row[figure]))).toBe(account[figure]);
          expect(total(rows.map((row) => row.ordersAvoided))).toBe(account.ordersAvoided);
          expect(money(account.grossNotional - account.netNotional)).toBe(account.crossedNotional);
        },
      ),
    );
  });
});
