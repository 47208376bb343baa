// Stage: tests. The words of a journal, read and written.
// Invariant: a word that is missing stops the journal.
import type { Symbol } from '../../src/domain/market.ts';
import type { Parent } from '../../src/domain/plan.ts';
import type { SleeveId } from '../../src/domain/sleeve.ts';
import { timestamp, type Timestamp } from '../../src/domain/time.ts';
import { format, parseQuantity, quantity, type Quantity } from '../../src/domain/units/units.ts';

export const words = (line: string): string[] => line.split(/\s+/);

// Names in a journal are well-formed.
export const sleeveId = (text: string | undefined): SleeveId => word(text) as SleeveId;
export const symbolOf = (text: string | undefined): Symbol => word(text) as Symbol;

export function word(text: string | undefined): string {
  if (text === undefined) throw new Error('a word is missing');
  return text;
}

/** "a 40 b -20" as pairs. */
export function pairs(of: readonly string[]): [string, string][] {
  return of.flatMap((name, index) =>
    index % 2 === 0 ? [[name, word(of[index + 1]).replace('+', '')]] : [],
  );
}

export const shares = (text: string | undefined): Quantity =>
  parseQuantity(word(text).replace('+', ''));

export const instant = (text: string | undefined): Timestamp =>
  text === undefined ? ('' as Timestamp) : timestamp(text); // filled in by the account

export const signedText = (count: Quantity): string =>
  count > 0n ? `+${format(count)}` : format(count);

export function orderText({ symbol, side, quantity: size, demands }: Parent): string {
  const total = signedText(quantity(side === 'buy' ? size : -size));
  const owners = demands.map((demand) => `${demand.sleeve} ${format(demand.quantity)}`);
  return ['order', symbol, total, ...owners].join(' ');
}
