// Stage: capital. What sleeves owe each other, and the cash that moves for it at a decision point.
// Invariant: transfers sum to zero, never leave a payer's cash negative, and come from no sleeve that is short; they are flows, not profit.
import { HOUSE, type CapitalPolicy, type SleeveId, type SleeveLife } from './sleeve.ts';
import { splitTotal } from './units/split.ts';
import {
  absolute,
  add,
  compareText,
  maximum,
  minimum,
  money,
  negate,
  NO_MONEY,
  ONE_WEIGHT,
  subtract,
  total,
  type Money,
} from './units/units.ts';

/** Cash that one sleeve is to give to another: targets count it at once, cash follows as it is confirmed. */
export interface Due {
  /** The request's id ("t3"), or what caused it and who pays. */
  readonly id: string;
  readonly cause: 'transfer' | 'withdrawal' | 'restore';
  readonly from: SleeveId;
  readonly to: SleeveId;
  /** Positive: what is still to be moved. */
  readonly amount: Money;
}

/** Cash that moved between two sleeves. */
export interface Transfer {
  /** The due that it pays; "sweep" where a sleeve that ends gives up its cash. */
  readonly due: string;
  readonly from: SleeveId;
  readonly to: SleeveId;
  readonly amount: Money;
}

/** What a person asked for and has not got yet. */
export type CapitalRequest =
  | {
      readonly kind: 'transfer';
      readonly id: string;
      readonly from: SleeveId;
      readonly to: SleeveId;
      readonly left: Money;
    }
  | { readonly kind: 'withdrawal'; readonly id: string; readonly left: Money };

/** A sleeve as its capital is looked at; house and suspense are among them. */
export interface CapitalFacts {
  readonly id: SleeveId;
  /** At decision prices; null while it is unknown. */
  readonly nav: Money | null;
  readonly life: SleeveLife;
  readonly policy: CapitalPolicy;
  /** Its strategy failed in this cycle: nothing is due to it or from it. */
  readonly failed: boolean;
  /** It owns less than nothing of a symbol: nothing is due from it before that is bought back. */
  readonly short: boolean;
  /** Owns what people asked for: any sleeve but house and suspense. */
  readonly invested: boolean;
}

/**
 * Everything that is due in a cycle, in the order in which it is paid: what people asked to move, what
 * sleeves raise for withdrawals that house cannot cover (pro rata to NAV), what fixed fractions give to
 * house, and what house then gives to fixed fractions.
 *
 * @param facts sorted by id
 * @param houseCash may be negative: what it lacks is raised like a withdrawal
 */
export function planDues(
  facts: readonly CapitalFacts[],
  requests: readonly CapitalRequest[],
  houseCash: Money,
): Due[] {
  const failed = new Set(facts.filter((sleeve) => sleeve.failed).map(({ id }) => id));
  const short = new Set(facts.filter((sleeve) => sleeve.short).map(({ id }) => id));
  const asked = requests.flatMap((request): Due[] =>
    request.kind === 'transfer' &&
    !failed.has(request.from) &&
    !failed.has(request.to) &&
    !short.has(request.from)
      ? [
          {
            id: request.id,
            cause: 'transfer',
            from: request.from,
            to: request.to,
            amount: request.left,
          },
        ]
      : [],
  );
  const owed = withdrawalsOf(requests);
  const raised = raise(facts, asked, subtract(owed, houseCash));
  const standing = [...asked, ...raised];
  return [...standing, ...restore(facts, standing, { owed, houseCash })];
}

/** What people want to take out and have not yet. */
export const withdrawalsOf = (requests: Iterable<CapitalRequest>): Money =>
  total([...requests].map((request) => (request.kind === 'withdrawal' ? request.left : NO_MONEY)));

/** What a sleeve is to get (+) or to give (−). */
export const dueOf = (sleeve: SleeveId, dues: readonly Due[]): Money =>
  total(
    dues.map(({ from, to, amount }) =>
      to === sleeve ? amount : from === sleeve ? negate(amount) : NO_MONEY,
    ),
  );

/** What house lacks, from every sleeve that is worth something, pro rata to its NAV after what it owes. */
function raise(facts: readonly CapitalFacts[], asked: readonly Due[], lacking: Money): Due[] {
  const claims = facts.flatMap(({ id, nav, failed, short, invested }) => {
    if (!invested || failed || short || nav === null) return [];
    const share = add(nav, dueOf(id, asked));
    return share > 0n ? [{ id, share }] : [];
  });
  const reachable = total(claims.map(({ share }) => share));
  const amount = minimum(lacking, reachable);
  if (amount <= 0n) return [];
  return dues('withdrawal', claims, amount, (id) => ({ from: id, to: HOUSE }));
}

/** Fixed fractions outside their band: the excess goes to house, and house gives as far as it reaches. */
function restore(
  facts: readonly CapitalFacts[],
  standing: readonly Due[],
  house: { readonly owed: Money; readonly houseCash: Money },
): Due[] {
  const navs = facts.map(({ nav }) => nav);
  if (!navs.every((nav) => nav !== null)) return [];
  const equity = subtract(total(navs), house.owed);
  if (equity <= 0n) return [];
  const gaps = facts.flatMap(({ id, nav, life, policy, failed, short }) => {
    if (policy.kind !== 'fixed-fraction' || life !== 'active') return [];
    if (failed || short || nav === null) return [];
    const wanted = money((equity * policy.fraction) / ONE_WEIGHT);
    const share = subtract(wanted, add(nav, dueOf(id, standing)));
    const isWithin = absolute(share) * ONE_WEIGHT <= policy.band * equity;
    return isWithin || share === 0n ? [] : [{ id, share }];
  });
  const over = gaps
    .filter(({ share }) => share < 0n)
    .map(({ id, share }) => ({ id, share: absolute(share) }));
  const under = gaps.filter(({ share }) => share > 0n);
  const given = total(over.map(({ share }) => share));
  const spare = subtract(add(house.houseCash, dueOf(HOUSE, standing)), house.owed);
  const reach = maximum(add(spare, given), NO_MONEY);
  const wanted = total(under.map(({ share }) => share));
  return [
    ...dues('restore', over, given, (id) => ({ from: id, to: HOUSE })),
    ...dues('restore', under, minimum(wanted, reach), (id) => ({ from: HOUSE, to: id })),
  ];
}

function dues(
  cause: Due['cause'],
  claims: readonly { readonly id: SleeveId; readonly share: bigint }[],
  amount: Money,
  ends: (id: SleeveId) => Pick<Due, 'from' | 'to'>,
): Due[] {
  const parts = splitTotal(amount, claims);
  return claims.flatMap(({ id }, index) => {
    const part = money(parts[index] ?? 0n);
    return part > 0n ? [{ id: `${cause} ${id}`, cause, ...ends(id), amount: part }] : [];
  });
}

/**
 * The cash that moves now: each due in turn as far as its payer's free cash reaches; then sleeves that
 * end give house what they have left, or get from it what they lack. What a payer receives here it may pass on.
 *
 * @param free cash that a sleeve may give: confirmed, promised to no order and no person
 * @param of.ending sleeves that are closing or closed
 * @param of.short sleeves that give nothing before they have bought back what they are short of
 */
export function settleDues(
  standing: readonly Due[],
  free: ReadonlyMap<SleeveId, Money>,
  of: { readonly ending: readonly SleeveId[]; readonly short: ReadonlySet<SleeveId> },
): Transfer[] {
  const left = new Map(free);
  const transfers: Transfer[] = [];
  const move = (due: string, from: SleeveId, to: SleeveId, wanted: Money): void => {
    const amount = minimum(wanted, maximum(left.get(from) ?? NO_MONEY, NO_MONEY));
    if (amount <= 0n || of.short.has(from)) return;
    left.set(from, subtract(left.get(from) ?? NO_MONEY, amount));
    left.set(to, add(left.get(to) ?? NO_MONEY, amount));
    transfers.push({ due, from, to, amount });
  };
  for (const { id, from, to, amount } of standing) move(id, from, to, amount);
  for (const sleeve of [...of.ending].sort(compareText)) {
    const rest = left.get(sleeve) ?? NO_MONEY;
    if (rest > 0n) move('sweep', sleeve, HOUSE, rest);
    else move('sweep', HOUSE, sleeve, negate(rest));
  }
  return transfers;
}
