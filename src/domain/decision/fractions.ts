// Stage: limits → crosses. What is left of an exit and can never be sold, given to house at the mid.
// Invariant: house pays with cash of its own that nobody waits for; nothing is given that an order could carry.
import { withdrawalsOf } from '../capital.ts';
import { invariant } from '../invariant.ts';
import { sleeveOf } from '../ledger/state.ts';
import type { Cut } from '../limits/limited.ts';
import type { Symbol } from '../market.ts';
import { netSymbol } from '../netting.ts';
import type { RecordedCross } from '../plan.ts';
import type { QuoteVerdict } from '../quote.ts';
import { HOUSE } from '../sleeve.ts';
import {
  add,
  compareText,
  format,
  maximum,
  negate,
  NO_MONEY,
  NO_SHARES,
  notional,
  subtract,
  type Money,
  type Quantity,
} from '../units/units.ts';
import type { OutcomeSheet } from './outcomeSheet.ts';
import type { DecisionView } from './view.ts';

/** What takes from an exit a part that the broker never takes: fractions of whole shares, and dust. */
const UNSELLABLE: ReadonlySet<string> = new Set(['whole_shares', 'below_broker_minimum']);

/** Whether house sells what it holds: it owns shares only where it is given fractions. */
export const houseSells = ({ configuration }: Pick<DecisionView, 'configuration'>): boolean =>
  configuration.limits.fractions === 'house';

/** Collects the ends of exits while sells are limited, and crosses them to house afterwards. */
export class Fractions {
  readonly #view: DecisionView;
  readonly #sheet: OutcomeSheet;
  readonly #ends = new Map<Symbol, Cut[]>();

  constructor(view: DecisionView, sheet: OutcomeSheet) {
    this.#view = view;
    this.#sheet = sheet;
  }

  /** Takes the cut of a sell that can never be sold; it is recorded when house has paid or cannot. */
  takes(cut: Cut): boolean {
    const given =
      houseSells(this.#view) &&
      cut.sleeve !== HOUSE &&
      UNSELLABLE.has(cut.reason) &&
      this.#sheet.isExit(cut);
    if (given) this.#ends.set(cut.symbol, [...(this.#ends.get(cut.symbol) ?? []), cut]);
    return given;
  }

  /** One cross a symbol, by symbol and then by sleeve as far as house can pay; sorted. */
  crosses(verdicts: ReadonlyMap<Symbol, QuoteVerdict>): RecordedCross[] {
    const owed = withdrawalsOf(this.#view.state.requests.values());
    let purse = maximum(subtract(sleeveOf(this.#view.state, HOUSE).cash, owed), NO_MONEY);
    const ends = [...this.#ends].sort(([a], [b]) => compareText(a, b));
    return ends.flatMap(([symbol, cuts]) => {
      const verdict = verdicts.get(symbol);
      invariant(verdict?.kind === 'sane', () => `${symbol} passed the gates without a sane quote.`);
      const cost = (shares: Quantity): Money => notional(verdict.mid, shares);
      const sellers = new Map<Cut['sleeve'], Quantity>();
      let given = NO_SHARES;
      for (const [sleeve, own] of bySleeve(cuts)) {
        const shares = own.reduce((sum, cut) => add(sum, cut.quantity), NO_SHARES);
        if (cost(add(given, shares)) > purse) {
          for (const cut of own) this.#sheet.add(cut, { ...cut, quantity: negate(cut.quantity) });
          continue;
        }
        given = add(given, shares);
        sellers.set(sleeve, shares);
      }
      purse = subtract(purse, cost(given));
      const { cross } = netSymbol(
        symbol,
        [
          ...[...sellers].map(([sleeve, shares]) => ({ sleeve, quantity: negate(shares) })),
          { sleeve: HOUSE, quantity: given },
        ],
        verdict.mid,
      );
      if (cross === null) return [];
      for (const [sleeve, shares] of sellers)
        this.#sheet.add(
          { sleeve, symbol },
          {
            kind: 'crossed',
            reason: 'fraction_to_house',
            quantity: negate(shares),
            detail: `${format(shares)} shares that no order can carry, to house at ${format(verdict.mid)}`,
          },
        );
      return [{ ...cross, bid: verdict.bid, ask: verdict.ask }];
    });
  }
}

function bySleeve(cuts: readonly Cut[]): [Cut['sleeve'], Cut[]][] {
  const own = new Map<Cut['sleeve'], Cut[]>();
  for (const cut of cuts) own.set(cut.sleeve, [...(own.get(cut.sleeve) ?? []), cut]);
  return [...own].sort(([a], [b]) => compareText(a, b));
}
