// Stage: simulation. Capital a second time: what sleeves owe each other, what cash moves for it, who has ended.
// Invariant: shares no code with the product; counts of 1e-9 USD.
import type { AccountConfiguration } from '../../src/domain/sleeve.ts';
import type { LedgerEvent } from '../../src/domain/ledger/events.ts';
import type { PlanDecision } from '../../src/domain/plan.ts';
import { divide, sum, WEIGHT_UNIT } from './exact.ts';
import { isShort, type SecondSleeve } from './secondSleeve.ts';

export interface SecondDue {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

type Request = { readonly from: string | null; readonly to: string | null; left: bigint };

const HOUSE = 'house';
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const size = (a: bigint): bigint => (a < 0n ? -a : a);

/** Requests, dues and lives, as events leave them. */
export class SecondCapital {
  /** A withdrawal has nobody to give to. In the order asked. */
  readonly requests = new Map<string, Request>();
  dues: SecondDue[] = [];
  readonly lives = new Map<string, string>();

  lifeOf(sleeve: string): string {
    return this.lives.get(sleeve) ?? 'active';
  }

  isEnding(sleeve: string): boolean {
    return ['closing', 'closed'].includes(this.lifeOf(sleeve));
  }

  configure({ sleeves }: AccountConfiguration): void {
    for (const { id, life } of sleeves)
      if (this.lives.get(id) !== 'closed') this.lives.set(id, life);
  }

  ask(event: Extract<LedgerEvent, { kind: 'transfer_requested' | 'withdrawal_requested' }>): void {
    const transfer = event.kind === 'transfer_requested' ? event : null;
    this.requests.set(event.id, {
      from: transfer?.from ?? null,
      to: transfer?.to ?? null,
      left: event.amount,
    });
  }

  /** Cash that left the account answers who asked for it first. */
  withdrawn(amount: bigint): void {
    let left = amount;
    for (const [id, request] of this.requests) {
      if (request.to !== null || left <= 0n) continue;
      const answered = least(left, request.left);
      left -= answered;
      this.#answer(id, answered);
    }
  }

  follow({ trigger, capital }: PlanDecision): void {
    if (trigger === 'open') this.dues = capital.dues.map((due) => ({ ...due }));
    for (const { due, amount } of capital.transfers) {
      this.dues = this.dues
        .map((each) => (each.id === due ? { ...each, amount: each.amount - amount } : each))
        .filter((each) => each.amount > 0n);
      this.#answer(due, amount);
    }
    for (const id of capital.closed) {
      this.lives.set(id, 'closed');
      this.dues = this.dues.filter(({ from, to }) => from !== id && to !== id);
      for (const [key, { from, to }] of this.requests)
        if (from === id || to === id) this.requests.delete(key);
    }
  }

  /** What people want to take out. */
  owed(): bigint {
    return sum([...this.requests.values()].map(({ to, left }) => (to === null ? left : 0n)));
  }

  #answer(id: string, amount: bigint): void {
    const request = this.requests.get(id);
    if (request === undefined) return;
    request.left -= amount;
    if (request.left === 0n) this.requests.delete(id);
  }
}

/** What a sleeve is to get, or to give where it is negative. */
export const dueTo = (sleeve: string, dues: readonly SecondDue[]): bigint =>
  sum(
    dues.map(({ from, to, amount }) => (to === sleeve ? amount : from === sleeve ? -amount : 0n)),
  );

/** Requests of people, what house lacks, and fractions that are to be restored; in that order. */
export function duesAgain(
  capital: SecondCapital,
  of: {
    readonly sleeves: readonly SecondSleeve[];
    readonly navs: ReadonlyMap<string, bigint | null>;
    readonly configuration: AccountConfiguration;
    readonly failed: (sleeve: string) => boolean;
  },
): SecondDue[] {
  const { sleeves, navs, configuration } = of;
  const failed = (id: string): boolean => capital.lifeOf(id) !== 'closing' && of.failed(id);
  const short = new Set(sleeves.filter(isShort).map(({ id }) => id));
  const dues: SecondDue[] = [];
  for (const [id, { from, to, left }] of capital.requests)
    if (from !== null && to !== null && !failed(from) && !failed(to) && !short.has(from))
      dues.push({ id, from, to, amount: left });
  const house = sleeves.find(({ id }) => id === HOUSE)?.cash ?? 0n;
  const owed = capital.owed();
  const givers = sleeves.flatMap(({ id }) => {
    const nav = navs.get(id) ?? null;
    if (id === HOUSE || id === 'suspense' || failed(id) || short.has(id) || nav === null) return [];
    const claim = nav + dueTo(id, dues);
    return claim > 0n ? [{ id, claim }] : [];
  });
  const raised = least(owed - house, sum(givers.map(({ claim }) => claim)));
  if (raised > 0n)
    divide(raised, givers).forEach((amount, index) => {
      const from = givers[index]?.id ?? '';
      if (amount > 0n) dues.push({ id: `withdrawal ${from}`, from, to: HOUSE, amount });
    });
  const known = [...navs.values()].filter((nav) => nav !== null);
  const equity = sum(known) - owed;
  if (known.length < navs.size || equity <= 0n) return dues;
  const gaps = configuration.sleeves.flatMap(({ id, capital: policy }) => {
    if (policy.kind !== 'fixed-fraction' || capital.lifeOf(id) !== 'active' || failed(id))
      return [];
    if (short.has(id)) return [];
    const wanted = (equity * policy.fraction) / WEIGHT_UNIT;
    const gap = wanted - ((navs.get(id) ?? 0n) + dueTo(id, dues));
    if (gap === 0n || size(gap) * WEIGHT_UNIT <= policy.band * equity) return [];
    return [{ id, claim: size(gap), gives: gap < 0n }];
  });
  const inOrder = gaps.sort((a, b) => (a.id < b.id ? -1 : 1));
  const [over, under] = [true, false].map((gives) => inOrder.filter((gap) => gap.gives === gives));
  const given = sum((over ?? []).map(({ claim }) => claim));
  const spare = house + dueTo(HOUSE, dues) - owed + given;
  for (const { id, claim } of over ?? [])
    dues.push({ id: `restore ${id}`, from: id, to: HOUSE, amount: claim });
  const takers = under ?? [];
  const reach = least(sum(takers.map(({ claim }) => claim)), spare > 0n ? spare : 0n);
  if (reach > 0n)
    divide(reach, takers).forEach((amount, index) => {
      const to = takers[index]?.id ?? '';
      if (amount > 0n) dues.push({ id: `restore ${to}`, from: HOUSE, to, amount });
    });
  return dues;
}

export interface SecondTransfer {
  readonly due: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

/** Each due as far as its payer's free cash reaches; then what sleeves that end have left, or lack. */
export function transfersAgain(
  capital: SecondCapital,
  dues: readonly SecondDue[],
  of: {
    readonly sleeves: readonly SecondSleeve[];
    /** By sleeve: cash of crosses, less what working buys may still take. */
    readonly beside: (sleeve: string) => bigint;
  },
): SecondTransfer[] {
  const purse = new Map(
    of.sleeves.map(({ id, cash }) => [
      id,
      cash + of.beside(id) - (id === HOUSE ? capital.owed() : 0n),
    ]),
  );
  const short = new Set(of.sleeves.filter(isShort).map(({ id }) => id));
  const transfers: SecondTransfer[] = [];
  const pay = (due: string, from: string, to: string, wanted: bigint): void => {
    const has = purse.get(from) ?? 0n;
    const amount = least(wanted, has);
    if (amount <= 0n || short.has(from)) return;
    purse.set(from, has - amount);
    purse.set(to, (purse.get(to) ?? 0n) + amount);
    transfers.push({ due, from, to, amount });
  };
  for (const { id, from, to, amount } of dues) pay(id, from, to, amount);
  for (const { id } of of.sleeves) {
    if (!capital.isEnding(id)) continue;
    const left = purse.get(id) ?? 0n;
    if (left > 0n) pay('sweep', id, HOUSE, left);
    else pay('sweep', HOUSE, id, -left);
  }
  return transfers;
}

/** What transfers bring a sleeve. */
export const movedTo = (sleeve: string, transfers: readonly SecondTransfer[]): bigint =>
  dueTo(
    sleeve,
    transfers.map(({ due: id, ...rest }) => ({ id, ...rest })),
  );
