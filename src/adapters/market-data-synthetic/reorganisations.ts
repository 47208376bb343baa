// Stage: facts → corporate actions. When a made-up company spins off another, is renamed, or is bought for cash.
// Invariant: drawn by rows of their own, so that prices until then are as without them; a fund is never reorganised.
import { asSymbol, type CorporateAction, type Symbol } from '../../domain/market.ts';
import { invariant } from '../../domain/invariant.ts';
import type { Session } from '../../domain/time.ts';
import { parseWeight, price } from '../../domain/units/units.ts';
import { randomStream } from './randomStream.ts';

/** Sessions to wait for one: at least, and on average. */
const LEAST_WAIT = 10;
const MEAN_WAIT = 200;
const FRACTIONS = ['0.1', '0.2', '0.25', '0.4'] as const;
/** New shares for old ones. */
const RATIOS = [
  [1, 1],
  [1, 2],
  [1, 4],
  [3, 10],
] as const;
const COUNT_PER_CENT = 10_000_000n;

/** What becomes of one company, by the index of the session at whose open it does. */
export interface Reorganisations {
  readonly spinOff: {
    /** The first session that may be its ex-date: it waits while another action is due. */
    readonly from: number;
    readonly costFraction: (typeof FRACTIONS)[number];
    readonly newShares: number;
    readonly oldShares: number;
  } | null;
  readonly end: { readonly at: number; readonly kind: 'merger' | 'symbol_change' } | null;
}

export const NO_REORGANISATIONS: Reorganisations = { spinOff: null, end: null };

/** @param from index of the first session asked: what lies before it is as without reorganisations */
export function drawReorganisations(seed: number, symbol: Symbol, from: number): Reorganisations {
  const chance = randomStream(`assay synthetic 1, seed ${seed}, reorganisations of ${symbol}`);
  const wait = (): number =>
    LEAST_WAIT + Math.floor(chance.uniform() * 2 * (MEAN_WAIT - LEAST_WAIT));
  const place = (of: readonly unknown[]): number => Math.floor(chance.uniform() * of.length);
  const spins = chance.uniform() < 0.6;
  const first = from + wait();
  const [newShares, oldShares] = RATIOS[place(RATIOS)] ?? RATIOS[0];
  const costFraction = FRACTIONS[place(FRACTIONS)] ?? FRACTIONS[0];
  const spinOff = spins ? { from: first, costFraction, newShares, oldShares } : null;
  const at = (spins ? first : from) + wait();
  return { spinOff, end: { at, kind: chance.uniform() < 0.5 ? 'merger' : 'symbol_change' } };
}

/** "ACME.S" of what ACME spins off, "ACME.N" of what it is called later. */
export function derivedSymbol(symbol: Symbol, what: 'S' | 'N'): Symbol {
  const derived = asSymbol(`${symbol.slice(0, 10)}.${what}`);
  invariant(derived !== undefined, () => `No symbol follows from ${symbol}.`);
  return derived;
}

export function spinOffAction(
  symbol: Symbol,
  exDate: Session,
  { costFraction, newShares, oldShares }: NonNullable<Reorganisations['spinOff']>,
): CorporateAction {
  return {
    kind: 'spin_off',
    id: `spin-${symbol}-${exDate}`,
    symbol,
    exDate,
    newSymbol: derivedSymbol(symbol, 'S'),
    newShares,
    oldShares,
    costFraction: parseWeight(costFraction),
  };
}

/** @param close whole cents of the last close: what a share is given up for */
export function endAction(
  symbol: Symbol,
  exDate: Session,
  of: {
    readonly kind: 'merger' | 'symbol_change';
    readonly close: number;
    readonly payDate: Session;
  },
): CorporateAction {
  if (of.kind === 'symbol_change')
    return {
      kind: 'symbol_change',
      id: `name-${symbol}-${exDate}`,
      symbol,
      exDate,
      newSymbol: derivedSymbol(symbol, 'N'),
    };
  const perShare = price(BigInt(of.close) * COUNT_PER_CENT);
  const id = `merger-${symbol}-${exDate}`;
  return { kind: 'merger', id, symbol, exDate, payDate: of.payDate, perShare };
}
