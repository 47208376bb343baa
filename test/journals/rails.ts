// Stage: tests. The guard rails that a journal writes down.
// Invariant: what is not written is off; a name that is no rail is an error.
import type { Rails, SleeveRails, SymbolRails } from '../../src/domain/limits/settings.ts';
import type { Symbol } from '../../src/domain/market.ts';
import type { SleeveId } from '../../src/domain/sleeve.ts';
import { parseMoney, parseWeight } from '../../src/domain/units/units.ts';
import { NO_RAILS, NO_SYMBOL_RAILS } from '../rails.ts';
import { symbolOf, word } from './words.ts';

/** Lines "rail maxOrders 2", "rail AAPL collar 0.1", "rail momentum maxLoss 100". */
export function railsOf(
  lines: readonly (readonly string[])[],
  sleeves: readonly { readonly id: SleeveId }[],
): Rails {
  let rails = NO_RAILS;
  const symbols = new Map<Symbol, SymbolRails>();
  const own = new Map<string, SleeveRails>();
  for (const [, first = '', ...rest] of lines) {
    if (sleeves.some(({ id }) => id === first)) {
      const before = own.get(first) ?? NO_SLEEVE_RAILS;
      own.set(first, { ...before, ...sleeveRail(rest), sleeve: first });
    } else if (/^[A-Z]/.test(first)) {
      const before = symbols.get(symbolOf(first)) ?? rails.everySymbol;
      symbols.set(symbolOf(first), { ...before, ...symbolRail(rest) });
    } else rails = { ...rails, ...accountRail(rails, [first, ...rest]) };
  }
  return {
    ...rails,
    symbols: [...symbols].map(([symbol, each]) => ({ symbol, ...each })),
    sleeves: [...own.values()],
  };
}

const NO_SLEEVE_RAILS: SleeveRails = {
  sleeve: '',
  allow: null,
  deny: [],
  maxLoss: null,
  maxOrderNotional: null,
};

function accountRail(rails: Rails, [name, ...values]: readonly string[]): Partial<Rails> {
  switch (word(name)) {
    case 'maxQuoteAgeSeconds':
    case 'maxOrders':
      return { [word(name)]: Number(word(values[0])) };
    case 'maxDailyTurnover':
      return { maxDailyTurnover: parseMoney(word(values[0])) };
    case 'allow':
    case 'deny':
    case 'frozen':
      return { [word(name)]: values.map(symbolOf) };
    default:
      return { everySymbol: { ...rails.everySymbol, ...symbolRail([word(name), ...values]) } };
  }
}

function symbolRail([name, value]: readonly string[]): Partial<SymbolRails> {
  if (!Object.hasOwn(NO_SYMBOL_RAILS, word(name))) throw new Error(`no such rail: ${word(name)}`);
  const isMoney = name === 'maxOrderNotional';
  const parse = isMoney ? parseMoney : parseWeight;
  return { [word(name)]: value === 'none' ? null : parse(word(value)) };
}

function sleeveRail([name, ...values]: readonly string[]): Partial<SleeveRails> {
  if (!Object.hasOwn(NO_SLEEVE_RAILS, word(name))) throw new Error(`no such rail: ${word(name)}`);
  const isList = name === 'allow' || name === 'deny';
  return { [word(name)]: isList ? values.map(symbolOf) : parseMoney(word(values[0])) };
}
