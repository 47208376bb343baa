// Stage: strategies → signal. The declarations of a TypeScript strategy, checked and hashed.
// Invariant: nothing declared is ignored, nothing needed is guessed.
import { digestOf, type Json } from '../domain/canonical.ts';
import { DIALECT, LARGEST_WINDOW, type IndicatorName } from '../indicators/dialect.ts';
import type { StrategyRebalance } from './strategy.ts';
import { isSymbol } from './symbol.ts';

export interface StrategyDefinition<Parameters extends StrategyParameters = StrategyParameters> {
  readonly id: string;
  readonly name?: string;
  /** Yours; change it whenever something outside `evaluate` and `parameters` changes a decision. */
  readonly version: string;
  /** Symbols it may hold. */
  readonly universe: readonly string[];
  /** Further symbols whose bars it reads. */
  readonly reads?: readonly string[];
  /** Default: every session. */
  readonly rebalance?: StrategyRebalance;
  /** Bars needed: one number for every symbol, or by symbol (then 1 for those not named). */
  readonly history: number | Readonly<Record<string, number>>;
  /** Handed to `evaluate` as `context.parameters`; part of the version. */
  readonly parameters?: Parameters;
  /** Target weights as fractions by symbol; what is left is cash. */
  readonly evaluate: (context: StrategyContext<Parameters>) => Readonly<Record<string, number>>;
}

export type StrategyParameters = Readonly<Record<string, Json>>;

export interface StrategyContext<Parameters extends StrategyParameters = StrategyParameters> {
  /** Last completed session, 'YYYY-MM-DD'. */
  readonly asOf: string;
  readonly parameters: Parameters;
  /**
   * An indicator of dialect assay-1 as of `asOf`. A missing value, an unknown name or option, an
   * unused or absent window, an undeclared symbol or history fails the evaluation, even when the
   * strategy catches what is thrown here.
   */
  readonly indicator: (
    name: IndicatorName,
    symbol: string,
    options?: { readonly window?: number },
  ) => number;
  /** Bars of the symbol held without a gap up to `asOf`: asks before reading what may be missing. */
  readonly barsHeld: (symbol: string) => number;
  /** A line for the decision path. */
  readonly note: (text: string) => void;
}

/** The definition of a strategy is wrong: a mistake in its file, found when the file is loaded. */
export class StrategyDefinitionError extends Error {
  override readonly name = 'StrategyDefinitionError';
  readonly code = 'bad_definition';
}

const KEYS = [
  'id',
  'name',
  'version',
  'universe',
  'reads',
  'rebalance',
  'history',
  'parameters',
  'evaluate',
];
const FREQUENCIES = ['weekly', 'monthly', 'quarterly', 'yearly'];

/** @throws StrategyDefinitionError naming the declaration, what was found and what is expected */
export function checkDefinition<P extends StrategyParameters>(
  definition: StrategyDefinition<P>,
): void {
  const { id, version, universe, reads = [], history, evaluate } = definition;
  const require = (condition: boolean, problem: string): void => {
    if (condition) return;
    throw new StrategyDefinitionError(
      `Strategy ${JSON.stringify(id)}: ${problem} It was not loaded.`,
    );
  };
  const unknown = Object.keys(definition).find((key) => !KEYS.includes(key));
  require(unknown === undefined, `unknown declaration "${unknown}"; expected ${KEYS.join(', ')}.`);
  require(typeof id === 'string' && id !== '', 'id is missing; expected text.');
  require(typeof version === 'string' &&
    version !== '', 'version is missing; expected text like "1".');
  require(typeof evaluate === 'function', 'evaluate is missing; expected a function.');
  require(Array.isArray(universe) && universe.length > 0, 'universe is empty; expected symbols.');
  for (const list of [universe, reads]) {
    const wrong = list.find((symbol) => !isSymbol(symbol));
    require(wrong === undefined, `${JSON.stringify(wrong)} is not a symbol like SPY or BRK.B.`);
    require(new Set(list).size === list.length, `a symbol stands twice in ${list.join(', ')}.`);
  }
  const stated: [string, number][] =
    typeof history === 'number' ? [['every symbol', history]] : Object.entries(history ?? {});
  require(history !== undefined, 'history is missing; expected bars needed, like 200.');
  for (const [symbol, bars] of stated) {
    const known =
      typeof history === 'number' || universe.includes(symbol) || reads.includes(symbol);
    require(known, `history names ${symbol}, which it does not read.`);
    const fits = Number.isInteger(bars) && bars >= 1 && bars <= LARGEST_WINDOW + 1;
    require(fits, `history of ${symbol} is ${bars}; expected a whole number of bars from 1.`);
  }
  require(rebalanceFits(definition.rebalance), 'rebalance is not one of the four rules.');
}

/** sha256 of the text of `evaluate` and of everything declared beside it. */
export function versionOf<P extends StrategyParameters>(definition: StrategyDefinition<P>): string {
  const { id, version, universe, reads = [], history, parameters = {} } = definition;
  const rebalance = definition.rebalance ?? { kind: 'every-session' };
  const evaluate = definition.evaluate.toString();
  return digestOf({
    dialect: DIALECT,
    id,
    version,
    universe,
    reads,
    history,
    parameters,
    rebalance,
    evaluate,
  });
}

function rebalanceFits(rebalance: StrategyDefinition['rebalance']): boolean {
  switch (rebalance?.kind) {
    case undefined:
    case 'every-session':
    case 'none':
      return true;
    case 'calendar':
      return FREQUENCIES.includes(rebalance.frequency);
    case 'corridor':
      return /^0\.\d{1,12}$/.test(rebalance.width) && Number(rebalance.width) > 0;
    default:
      return false;
  }
}
