// Stage: configuration. Whether a changed configuration may trade before a person saw what it changes.
// Invariant: what was seen is named by both digests; any other change since then is unseen.
import type { AccountConfiguration } from './sleeve.ts';
import { divideHalfEven, formatDecimal } from './units/decimal.ts';

/** What a person was last shown: this configuration in place of that one; null: of no account yet. */
export interface Shown {
  readonly from: string | null;
  readonly to: string;
}

export type GateVerdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'stop'; readonly reason: string; readonly found: string };

/** An allocation that grows or shrinks by more than this asks for the diff, in paper too. */
export const ALLOCATION_FACTOR = 2n;

/**
 * A live account trades a configuration only after its diff was shown, the first one included. In
 * paper that is asked where an allocation changes by more than `factor` (0.6 for 0.06).
 *
 * @param of inForce null before the account's first configuration
 */
export function judgeChange(of: {
  readonly inForce: AccountConfiguration | null;
  readonly proposed: AccountConfiguration;
  readonly shown: Shown | null;
  readonly live: boolean;
  readonly factor?: bigint;
}): GateVerdict {
  const { inForce, proposed, shown, live } = of;
  if (inForce?.digest === proposed.digest) return PASS;
  if (shown !== null && shown.to === proposed.digest && shown.from === (inForce?.digest ?? null))
    return PASS;
  const jump = inForce === null ? null : jumpOf(inForce, proposed, of.factor ?? ALLOCATION_FACTOR);
  if (jump !== null) return { kind: 'stop', reason: 'allocation_jump', found: jump };
  if (!live) return PASS;
  const found =
    shown === null
      ? 'no diff that was shown'
      : `a diff shown of ${short(shown.from)} → ${short(shown.to)}`;
  return { kind: 'stop', reason: 'diff_not_shown', found };
}

const PASS = { kind: 'pass' } as const;

const short = (digest: string | null): string => digest?.slice(0, 12) ?? 'no account';

/** The first allocation that changes by more than the factor, in words. */
function jumpOf(
  inForce: AccountConfiguration,
  proposed: AccountConfiguration,
  factor: bigint,
): string | null {
  for (const { id, openingCash: before } of inForce.sleeves) {
    const after = proposed.sleeves.find((sleeve) => sleeve.id === id)?.openingCash;
    if (after === undefined || before <= 0n || after <= 0n) continue;
    if (after <= before * factor && before <= after * factor) continue;
    const ratio = formatDecimal(divideHalfEven(after * 1000n, before), 3);
    return `the allocation of ${id} times ${ratio}`;
  }
  return null;
}
