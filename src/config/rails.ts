// Stage: configuration. The guard rails as written, and as the input log records them.
// Invariant: a symbol's own rails are whole once read; rails that contradict each other are refused.
import { z } from 'zod';
import type { Rails, SleeveRails, SymbolRails } from '../domain/limits/settings.ts';
import { asSymbol, type Symbol } from '../domain/market.ts';
import { compareText, parseMoney, parseWeight } from '../domain/units/units.ts';
import {
  countOrNone,
  fraction,
  fractionOrNone,
  shown,
  symbols,
  symbolsOrAll,
  usdOrNone,
} from './values.ts';

const ofSymbol = {
  maxOrderNotional: usdOrNone('the largest order'),
  maxVolumeShare: fractionOrNone("the largest share of a day's median volume"),
  collar: fractionOrNone('the distance from the last close'),
};

export const symbolRailsSchema = z
  .strictObject({ ...ofSymbol, maxSpread: fraction('the widest spread') })
  .partial();

export const sleeveRailsSchema = z
  .strictObject({
    allow: symbolsOrAll('the symbols that the sleeve may buy'),
    deny: symbols('the symbols that the sleeve may not buy'),
    maxLoss: usdOrNone('the loss beyond which the sleeve buys nothing'),
    maxOrderNotional: usdOrNone("the sleeve's largest part of an order"),
  })
  .partial();

export const railsSchema = z.strictObject({
  ...ofSymbol,
  maxQuoteAgeSeconds: z.int().min(1).max(86_400),
  maxDailyTurnover: usdOrNone('the largest turnover of a day'),
  maxOrders: countOrNone('the most orders of a cycle'),
  allow: symbolsOrAll('the symbols that may be bought'),
  deny: symbols('the symbols that may not be bought'),
  frozen: symbols('the symbols that may not trade'),
  /** By symbol; what is left out is as above. */
  symbols: z.record(z.string(), symbolRailsSchema),
  /** By sleeve; what is left out is off. */
  sleeves: z.record(z.string(), sleeveRailsSchema),
});

export type RailsConfig = z.infer<typeof railsSchema>;

/** The rails as recorded. Call only with a configuration that was checked. */
export function toRails(config: RailsConfig): Rails {
  const everySymbol: SymbolRails = {
    maxOrderNotional: orNone(config.maxOrderNotional, parseMoney),
    maxVolumeShare: orNone(config.maxVolumeShare, parseWeight),
    collar: orNone(config.collar, parseWeight),
    maxSpread: null,
  };
  return {
    maxQuoteAgeSeconds: config.maxQuoteAgeSeconds,
    maxDailyTurnover: orNone(config.maxDailyTurnover, parseMoney),
    maxOrders: config.maxOrders === 'none' ? null : config.maxOrders,
    allow: orAll(config.allow),
    deny: sorted(config.deny),
    frozen: sorted(config.frozen),
    everySymbol,
    symbols: entriesOf(config.symbols).map(([symbol, own]) => ({
      symbol: symbol as Symbol, // checked with the configuration
      maxOrderNotional:
        own.maxOrderNotional === undefined
          ? everySymbol.maxOrderNotional
          : orNone(own.maxOrderNotional, parseMoney),
      maxVolumeShare:
        own.maxVolumeShare === undefined
          ? everySymbol.maxVolumeShare
          : orNone(own.maxVolumeShare, parseWeight),
      collar: own.collar === undefined ? everySymbol.collar : orNone(own.collar, parseWeight),
      maxSpread: own.maxSpread === undefined ? null : parseWeight(own.maxSpread),
    })),
    sleeves: entriesOf(config.sleeves).map(([sleeve, own]): SleeveRails => ({
      sleeve,
      allow: orAll(own.allow ?? 'all'),
      deny: sorted(own.deny ?? []),
      maxLoss: orNone(own.maxLoss ?? 'none', parseMoney),
      maxOrderNotional: orNone(own.maxOrderNotional ?? 'none', parseMoney),
    })),
  };
}

/** What no order could satisfy, or what says two things of one symbol. Places as in the configuration. */
export function railProblems(of: {
  readonly rails: RailsConfig;
  readonly sleeves: readonly string[];
  /** The smallest order that the limits let through. */
  readonly smallestOrder: string;
}): string[] {
  const { rails } = of;
  const problems: string[] = [];
  for (const [name] of entriesOf(rails.symbols))
    if (asSymbol(name) === undefined)
      problems.push(`rails.symbols: expected a symbol like "SPY", found ${shown(name)}`);
  for (const [name] of entriesOf(rails.sleeves))
    if (!of.sleeves.includes(name))
      problems.push(
        `rails.sleeves: expected one of the sleeves ${of.sleeves.join(', ')}, found ${shown(name)}`,
      );
  problems.push(...listProblems(rails), ...sizeProblems(of));
  return problems;
}

function listProblems(rails: RailsConfig): string[] {
  const both = (place: string, list: readonly string[], other: readonly string[], named: string) =>
    list
      .filter((symbol) => other.includes(symbol))
      .map(
        (symbol) =>
          `${place}: expected symbols that are not in ${named}, found ${shown(symbol)} in both; one of them has to go`,
      );
  const listed = (list: readonly string[] | 'all') => (list === 'all' ? [] : list);
  const { allow, deny, frozen } = rails;
  return [
    ...both('rails.deny', deny, listed(allow), 'rails.allow'),
    ...both('rails.frozen', frozen, listed(allow), 'rails.allow'),
    ...both('rails.frozen', frozen, deny, 'rails.deny'),
    ...both('rails.symbols', Object.keys(rails.symbols), frozen, 'rails.frozen'),
    ...entriesOf(rails.sleeves).flatMap(([name, own]) => {
      const place = `rails.sleeves.${name}.allow`;
      const mine = listed(own.allow ?? 'all');
      const outside = allow === 'all' ? [] : mine.filter((symbol) => !allow.includes(symbol));
      return [
        ...both(place, mine, own.deny ?? [], `rails.sleeves.${name}.deny`),
        ...both(place, mine, deny, 'rails.deny'),
        ...both(place, mine, frozen, 'rails.frozen'),
        ...outside.map(
          (symbol) =>
            `${place}: expected symbols of rails.allow, found ${shown(symbol)}, which the account may not buy`,
        ),
      ];
    }),
  ];
}

function sizeProblems(of: {
  readonly rails: RailsConfig;
  readonly smallestOrder: string;
}): string[] {
  const { rails, smallestOrder } = of;
  const limits: [string, string | undefined][] = [
    ['rails.maxOrderNotional', rails.maxOrderNotional],
    ['rails.maxDailyTurnover', rails.maxDailyTurnover],
    ...entriesOf(rails.symbols).map(([name, own]): [string, string | undefined] => [
      `rails.symbols.${name}.maxOrderNotional`,
      own.maxOrderNotional,
    ]),
    ...entriesOf(rails.sleeves).map(([name, own]): [string, string | undefined] => [
      `rails.sleeves.${name}.maxOrderNotional`,
      own.maxOrderNotional,
    ]),
  ];
  return limits.flatMap(([place, limit]) =>
    limit === undefined || limit === 'none' || parseMoney(limit) >= parseMoney(smallestOrder)
      ? []
      : [
          `${place}: expected at least ${smallestOrder}, the smallest order that limits.brokerMinimum and limits.microTradeFloor let through, found ${shown(limit)}; nothing could ever be sent`,
        ],
  );
}

const entriesOf = <T>(record: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(record).sort(([a], [b]) => compareText(a, b));

const orNone = <T>(given: string, parse: (text: string) => T): T | null =>
  given === 'none' ? null : parse(given);

/** Every one was checked to be a symbol. */
const sorted = (list: readonly string[]): Symbol[] =>
  list.toSorted(compareText).map((symbol) => symbol as Symbol);

const orAll = (list: readonly string[] | 'all'): Symbol[] | null =>
  list === 'all' ? null : sorted(list);
