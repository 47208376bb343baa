// Stage: paper exchange. What regulators charge on executions, as a live account pays it.
// Invariant: each fee is rounded up to a cent, once, on the sum that it is charged on.
// Source: the broker's documentation, rates of 2026: Section 31 on USD sold, TAF on shares sold, CAT on all shares.
import { divideFloor, divideHalfEven } from '../../domain/units/decimal.ts';
import { money, ONE, type Money, type Quantity } from '../../domain/units/units.ts';

const SEC_PER_MILLION = 20_600_000_000n; // $20.60
const TAF_PER_SHARE = 195_000n; // $0.000195
const TAF_CAP = 9_790_000_000n; // $9.79
const CAT_PER_SHARE = 3_000n; // $0.000003
const CENT = ONE / 100n;

/** What executions add up to. */
export interface FeeBasis {
  readonly sold: Money;
  readonly soldShares: Quantity;
  readonly shares: Quantity;
}

/** Fees that are not zero, by the broker's word for each; negative, as they move cash. */
export function regulatoryFees(basis: FeeBasis): (readonly ['REG' | 'TAF' | 'CAT', Money])[] {
  const taf = divideHalfEven(basis.soldShares * TAF_PER_SHARE, ONE);
  const exact = [
    ['REG', divideHalfEven(basis.sold * SEC_PER_MILLION, 1_000_000n * ONE)],
    ['TAF', taf > TAF_CAP ? TAF_CAP : taf],
    ['CAT', divideHalfEven(basis.shares * CAT_PER_SHARE, ONE)],
  ] as const;
  return exact.flatMap(([fee, amount]) =>
    amount > 0n ? [[fee, money(divideFloor(-amount, CENT) * CENT)] as const] : [],
  );
}
