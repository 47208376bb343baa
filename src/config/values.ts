// Stage: configuration. The kinds of value that stand in it, each with the words that explain it.
// Invariant: amounts and fractions are decimal strings; a limit is off only in words.
import { z } from 'zod';
import { asSymbol } from '../domain/market.ts';
import { parseDecimal } from '../domain/units/decimal.ts';
import { ONE_WEIGHT, UNIT_SCALE, WEIGHT_SCALE } from '../domain/units/units.ts';

/** Text that keeps a rule. A number in its place gets the same words: it is expected as a string. */
export const text = (keepsRule: (text: string) => boolean, expected: string) => {
  const error = (issue: { input?: unknown }) => `expected ${expected}, found ${shown(issue.input)}`;
  return z.string({ error }).refine(keepsRule, { error });
};

export const usd = (what: string) =>
  text(isUsd, `${what} as a decimal string like "1000.50", not negative`);

export const fraction = (what: string) =>
  text((given) => isFraction(given), `${what} as a decimal string from "0" to "1"`);

/** A fraction of NAV, above 1 where the account may owe. */
export const leverage = (what: string) =>
  text(
    (given) => isFraction(given, 4n),
    `${what} as a decimal string from "0" to "1", to "4" on margin`,
  );

/** An amount, or "none" where there is no limit. */
export const usdOrNone = (what: string) =>
  text(
    (given) => given === 'none' || isUsd(given),
    `${what} as a decimal string like "1000.50", or "none"`,
  );

export const fractionOrNone = (what: string) =>
  text(
    (given) => given === 'none' || isFraction(given),
    `${what} as a decimal string from "0" to "1", or "none"`,
  );

const custom = <T>(keepsRule: (given: unknown) => boolean, expected: string) =>
  z.custom<T>(keepsRule, {
    error: (issue) => `expected ${expected}, found ${shown(issue.input)}`,
  });

export const countOrNone = (what: string) =>
  custom<number | 'none'>(
    (given) => given === 'none' || (Number.isSafeInteger(given) && Number(given) >= 1),
    `${what} as a whole number from 1, or "none"`,
  );

const areSymbols = (given: unknown): boolean =>
  Array.isArray(given) &&
  given.every((each: unknown) => typeof each === 'string' && asSymbol(each) !== undefined) &&
  new Set(given).size === given.length;

export const symbols = (what: string) =>
  custom<readonly string[]>(areSymbols, `${what} as a list of symbols like ["SPY"], none twice`);

export const symbolsOrAll = (what: string) =>
  custom<readonly string[] | 'all'>(
    (given) => given === 'all' || areSymbols(given),
    `${what} as a list of symbols like ["SPY"], none twice, or "all"`,
  );

const isUsd = (given: string): boolean => (parseDecimal(given, UNIT_SCALE) ?? -1n) >= 0n;

function isFraction(given: string, most = 1n): boolean {
  const count = parseDecimal(given, WEIGHT_SCALE);
  return count !== undefined && count >= 0n && count <= most * ONE_WEIGHT;
}

/** A value as a message may show it. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return `the bigint ${value}`;
  const json = JSON.stringify(value) ?? `a ${typeof value}`;
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}
