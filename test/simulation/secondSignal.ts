// Stage: simulation. What each strategy's signal must say, from its answer alone.
// Invariant: shares no code with the product's checks of weights.
import type { SignalRecorded } from '../../src/domain/ledger/events.ts';
import type { Symbol } from '../../src/domain/market.ts';
import type { World } from './account.ts';
import { sum, WEIGHT_UNIT } from './exact.ts';
import { require } from './broken.ts';
import { answerOf } from './strategies.ts';

/** How far an answer may stray above one, and a recorded weight from the answer. */
const TOLERANCE = 1e-9;
const UNIT_OF_WEIGHT = 1.000_001e-12;

/** @throws Broken when the signal is not the strategy's answer, made exact or refused */
export function signalFollows(
  { options, market }: Pick<World, 'options' | 'market'>,
  { cycle, signal }: SignalRecorded,
): void {
  const strategy = options.sleeves.find(({ id }) => id === signal.sleeve)?.strategy;
  const place = `The signal of ${signal.sleeve} in ${cycle}`;
  if (strategy === undefined) throw new RangeError(`${place} is of no strategy.`);
  const wanted = readAnswer(() => answerOf(strategy, signal.asOf), strategy.universe);
  if (wanted === undefined) {
    require('I13', signal.kind === 'failed', `${place} follows a malformed answer.`);
    return;
  }
  const held = [...wanted].every(
    ([symbol, weight]) =>
      weight === 0 || market.bars(symbol as Symbol)?.sessions.includes(signal.asOf) === true, // of the universe
  );
  require('I13', (signal.kind === 'targets') ===
    held, `${place} is ${signal.kind}: ${JSON.stringify(signal.path)}`);
  if (signal.kind === 'failed') return;
  const found = new Map<string, bigint>(
    signal.weights.map(({ symbol, weight }) => [symbol, weight]),
  );
  const total = sum(found.values()) + signal.cash;
  require('I13', total === WEIGHT_UNIT && signal.cash >= 0n, `${place} sums to ${total}.`);
  for (const symbol of new Set([...wanted.keys(), ...found.keys()])) {
    const off = Number(found.get(symbol) ?? 0n) / 1e12 - (wanted.get(symbol) ?? 0);
    require('I13', Math.abs(off) < UNIT_OF_WEIGHT, `${place} is off by ${off} in ${symbol}.`);
  }
}

/** Weights by symbol, or undefined for what no strategy may answer. */
function readAnswer(
  answer: () => unknown,
  universe: readonly string[],
): Map<string, number> | undefined {
  let given: unknown;
  try {
    given = answer();
  } catch (error) {
    if (error instanceof Error && error.message === 'the strategy broke') return undefined;
    throw error;
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
  const weights = new Map<string, number>(Object.entries(given));
  const total = [...weights.values()].reduce((left, weight) => left + weight, 0);
  const sane = [...weights].every(
    ([symbol, weight]) => universe.includes(symbol) && weight >= 0 && weight <= 1 + TOLERANCE,
  );
  return sane && total <= 1 + TOLERANCE ? weights : undefined;
}
