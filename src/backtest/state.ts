// Stage: backtest. What the research path carries from one session to the next.
// Invariant: cells are `sleeve × symbols + symbol`, sleeves in the order of their ids.
import type { Symbol } from '../domain/market.ts';
import type { Friction, ResearchLimits } from './rules.ts';
import type { Schedule } from './schedule.ts';
import type { Tape } from './tape.ts';

/** Half of 1e-9 share, the smallest that the ledger knows. */
export const NO_SHARE = 5e-10;

export interface ResearchPlan {
  readonly tape: Tape;
  /** Sorted by sleeve id. */
  readonly schedules: readonly Schedule[];
  /** USD of the account that no sleeve opens with. */
  readonly house: number;
  readonly limits: ResearchLimits;
  readonly friction: Friction;
}

export interface ResearchState {
  readonly sleeves: number;
  readonly symbols: number;
  readonly house: number;
  readonly cash: Float64Array;
  /** Dividends earned and not yet paid. */
  readonly owed: Float64Array;
  /** Dividends to be paid, by session index. */
  readonly payments: Map<number, { readonly sleeve: number; readonly amount: number }[]>;
  readonly held: Float64Array;
  /** At this session's decision prices. */
  readonly nav: Float64Array;
  /** Signed intents that passed the gates; after a cross what is left of them. */
  readonly want: Float64Array;
  /** 1 for an exit to zero or an entry from zero: never a micro trade. */
  readonly exempt: Uint8Array;
  readonly leftOpen: Uint8Array;
  readonly notDue: Uint8Array;
  /** By symbol. */
  readonly wholeShare: Uint8Array;
  readonly untradable: Uint8Array;
  /** Session index of the last rebalance carried out. */
  readonly rebalancedOn: (number | undefined)[];
}

export function startState(of: ResearchPlan): ResearchState {
  const sleeves = of.schedules.length;
  const symbols = of.tape.symbols.length;
  const cells = sleeves * symbols;
  return {
    sleeves,
    symbols,
    house: of.house,
    cash: Float64Array.from(of.schedules, ({ openingCash }) => openingCash),
    owed: new Float64Array(sleeves),
    payments: new Map(),
    held: new Float64Array(cells),
    nav: new Float64Array(sleeves),
    want: new Float64Array(cells),
    exempt: new Uint8Array(cells),
    leftOpen: new Uint8Array(sleeves),
    notDue: new Uint8Array(sleeves),
    wholeShare: flags(of.tape.symbols, of.friction.wholeShare),
    untradable: flags(of.tape.symbols, of.friction.untradable),
    rebalancedOn: Array.from({ length: sleeves }, () => undefined),
  };
}

const flags = (symbols: readonly Symbol[], marked: ReadonlySet<Symbol>): Uint8Array =>
  Uint8Array.from(symbols, (symbol) => Number(marked.has(symbol)));
