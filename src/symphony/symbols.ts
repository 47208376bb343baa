// Stage: forms → tree. Symbols as exports write them, and as the market data names them.
// Invariant: one company's share class has one name in the whole system.
import { isSymbol } from '../strategy/symbol.ts';
import { expectKind, report, type Call } from './arguments.ts';
import type { Form } from './form.ts';

/** Share classes that exports write with a slash. Closed: another slash is an error, not a guess. */
const SHARE_CLASSES: ReadonlyMap<string, string> = new Map([
  ['BF/A', 'BF.A'],
  ['BF/B', 'BF.B'],
  ['BRK/A', 'BRK.A'],
  ['BRK/B', 'BRK.B'],
  ['HEI/A', 'HEI.A'],
  ['LEN/B', 'LEN.B'],
  ['MOG/A', 'MOG.A'],
]);

/** The symbol in a string argument, upper-cased; reports what is none. */
export function readSymbol(call: Call, form: Form | undefined): string | undefined {
  const text = expectKind(call, form, 'string', 'a symbol like "SPY"');
  if (text === undefined) return undefined;
  const upper = text.value.toUpperCase();
  const symbol = SHARE_CLASSES.get(upper) ?? upper;
  if (isSymbol(symbol)) return symbol;
  report(call, text, {
    code: 'bad_symbol',
    what: 'This is no symbol of a US stock or fund.',
    expected: 'letters and digits, at most 12, like SPY, BRK.B or BRK/B',
    remedy: 'correct the symbol; crypto pairs and options cannot be traded here',
  });
  return undefined;
}
