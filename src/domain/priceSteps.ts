// Stage: orders. The price steps that the market takes (Rule 612 of Regulation NMS).
// Invariant: a price put on a step never moves against the account.
import type { Side } from './order.ts';
import { divideFloor } from './units/decimal.ts';
import { ONE, price, type Price } from './units/units.ts';

/** A cent from one dollar up, a hundredth of a cent below. */
const stepOf = (count: bigint): bigint => (count < ONE ? ONE / 10_000n : ONE / 100n);

/** The nearest price on a step that is no worse: down for a buy, up for a sell. */
export function ontoStep(count: bigint, side: Side): Price {
  const step = stepOf(count);
  return price(
    side === 'buy' ? divideFloor(count, step) * step : -divideFloor(-count, step) * step,
  );
}
