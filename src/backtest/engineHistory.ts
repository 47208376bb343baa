// Stage: backtest. Takes down what the engine does, cycle by cycle, into the columns of a report.
// Invariant: reads committed cycles and the ledger; decides nothing and changes nothing.
import type { SleeveAccount, LedgerState, OpenCycle } from '../domain/ledger/state.ts';
import { sleevesInOrder } from '../domain/ledger/state.ts';
import { heldIn } from '../domain/ledger/lots.ts';
import { navAt } from '../domain/ledger/marks.ts';
import { frozenSleeves } from '../domain/ledger/negative.ts';
import { ordersSpared } from '../domain/nettingSaving.ts';
import { openBreaks } from '../domain/ledger/breaks.ts';
import { HOUSE, NO_TOLERANCE, SUSPENSE, type SleeveId } from '../domain/sleeve.ts';
import { notTraded } from '../domain/suppressed.ts';
import { absolute, notional, ONE, total } from '../domain/units/units.ts';
import type { AccountHistory, SleeveHistory, Stopped } from './history.ts';
import { usd } from './rules.ts';
import { SymbolTally } from './symbolTally.ts';

interface Row {
  nav: number;
  invested: number;
  holdings: number;
  traded: number;
  crossed: number;
  spreadAvoided: number;
  cost: number;
}

/** Collects one run of the engine; `note` is called after each cycle that was committed. */
export class EngineHistory {
  readonly #sessions: string[] = [];
  readonly #house: number[] = [];
  readonly #orders: number[] = [];
  readonly #avoided: number[] = [];
  readonly #rows = new Map<SleeveId, Row[]>();
  readonly #tallies = new Map<SleeveId, SymbolTally>();
  readonly #account = new SymbolTally();
  readonly #holdings: number[] = [];
  readonly #opening: ReadonlyMap<SleeveId, number>;
  readonly #houseOpening: number;
  #failedSignals = 0;
  /** Intents that a break stopped, by session. */
  readonly #stopped: number[] = [];

  /** @param state the ledger before the first cycle of the run */
  constructor(state: LedgerState) {
    this.#opening = new Map(
      sleevesInOrder(state)
        .filter(({ id }) => isStrategy(id))
        .map((sleeve) => [sleeve.id, usd(sleeve.flows)]),
    );
    this.#houseOpening = usd(
      total(
        [...state.sleeves.values()].filter(({ id }) => !isStrategy(id)).map(({ flows }) => flows),
      ),
    );
  }

  /** Takes down one cycle. `state` is the ledger after it. */
  note(cycle: OpenCycle, state: LedgerState): void {
    this.#sessions.push(cycle.opened.cycle);
    let house = usd(state.rounding);
    let equity = 0;
    const worths = new Map<string, number>();
    const today = new Map<SleeveId, Row>();
    for (const sleeve of sleevesInOrder(state)) {
      const row = this.#mark(sleeve, cycle, worths);
      equity += row.nav;
      if (!isStrategy(sleeve.id)) {
        house += row.nav;
        continue;
      }
      today.set(sleeve.id, row);
      const rows = this.#rows.get(sleeve.id) ?? [];
      rows.push(row);
      this.#rows.set(sleeve.id, rows);
    }
    this.#house.push(house);
    this.#holdings.push(worths.size);
    this.#account.note(worths, equity + usd(state.rounding));
    for (const { kind } of cycle.signals.values()) if (kind === 'failed') this.#failedSignals += 1;
    noteTrades(cycle, today);
    this.#orders.push(cycle.parents.size);
    this.#avoided.push(Number(total([...ordersSpared(cycle).values()]) / ONE));
    this.#stopped.push(notTraded(cycle).filter(isStopped).length);
  }

  /** @param state the ledger after the last cycle */
  history(state: LedgerState): AccountHistory {
    return {
      path: 'engine',
      sessions: this.#sessions,
      house: Float64Array.from(this.#house),
      houseOpening: this.#houseOpening,
      sleeves: [...this.#opening].map(([id, opening]) => this.#sleeve(id, opening)),
      orders: Float64Array.from(this.#orders),
      ordersAvoided: Float64Array.from(this.#avoided),
      fills: state.fillIds.size,
      holdings: Float64Array.from(this.#holdings),
      symbols: this.#account.shares(),
      failedSignals: this.#failedSignals,
      stopped: this.#stoppedBy(state),
    };
  }

  #stoppedBy(state: LedgerState): Stopped {
    const tolerance = state.configuration?.tolerance ?? NO_TOLERANCE;
    return {
      intents: this.#stopped.reduce((sum, intents) => sum + intents, 0),
      sessions: this.#stopped.filter((intents) => intents > 0).length,
      breaks: openBreaks(state).map(({ id, amount, since, cause }) => ({
        id,
        amount,
        since,
        cause,
      })),
      frozen: [...frozenSleeves(state, tolerance)].map(([sleeve, { id, since }]) => ({
        sleeve,
        since,
        break: id,
      })),
    };
  }

  /** The row of one sleeve; adds what it holds to what the account holds. */
  #mark(sleeve: SleeveAccount, cycle: OpenCycle, all: Map<string, number>): Row {
    const known = navAt(sleeve, cycle);
    const nav = known === null ? Number.NaN : usd(known);
    const worths = new Map<string, number>();
    let invested = 0;
    for (const [symbol, lots] of sleeve.positions) {
      const mark = cycle.marks.get(symbol);
      const worth = mark === undefined ? Number.NaN : usd(notional(mark, heldIn(lots)));
      invested += worth;
      worths.set(symbol, worth);
      all.set(symbol, (all.get(symbol) ?? 0) + worth);
    }
    const tally = this.#tallies.get(sleeve.id) ?? new SymbolTally();
    tally.note(worths, nav);
    this.#tallies.set(sleeve.id, tally);
    const holdings = sleeve.positions.size;
    return { nav, invested, holdings, traded: 0, crossed: 0, spreadAvoided: 0, cost: 0 };
  }

  #sleeve(id: SleeveId, opening: number): SleeveHistory {
    const rows = this.#rows.get(id) ?? [];
    const column = (name: keyof Row): Float64Array => Float64Array.from(rows, (row) => row[name]);
    return {
      id,
      opening,
      nav: column('nav'),
      invested: column('invested'),
      holdings: column('holdings'),
      traded: column('traded'),
      crossed: column('crossed'),
      spreadAvoided: column('spreadAvoided'),
      cost: column('cost'),
      symbols: this.#tallies.get(id)?.shares() ?? [],
    };
  }
}

const isStrategy = (id: SleeveId): boolean => id !== HOUSE && id !== SUSPENSE;

const STOPPED = new Set(['break', 'sleeve_frozen', 'sleeve_overdraft']);

/** Whether an intent was denied because something is wrong with its symbol, or with its sleeve. */
const isStopped = ({ kind, reason }: { readonly kind: string; readonly reason: string }): boolean =>
  kind === 'denied' && STOPPED.has(reason);

/** Adds the cycle's crosses and fills to the rows. */
function noteTrades(cycle: OpenCycle, rows: ReadonlyMap<SleeveId, Row>): void {
  for (const cross of cycle.decisions.flatMap(({ crosses }) => crosses)) {
    for (const leg of cross.legs) {
      const row = rows.get(leg.sleeve);
      if (row === undefined) continue;
      const shares = absolute(leg.quantity);
      row.traded += usd(absolute(leg.cash));
      row.crossed += usd(absolute(leg.cash));
      // Both sides together would have paid the whole spread; each share of it is one side's half.
      row.spreadAvoided += usd(notional(cross.ask, shares) - notional(cross.bid, shares)) / 2;
    }
  }
  for (const { parent, allocated } of cycle.parents.values()) {
    parent.demands.forEach((demand, index) => {
      const row = rows.get(demand.sleeve);
      const owned = allocated[index];
      if (row === undefined || owned === undefined) return;
      const beyond = owned.cash - notional(parent.arrivalPrice, owned.quantity);
      row.traded += usd(owned.cash);
      row.cost += parent.side === 'buy' ? usd(beyond) : usd(-beyond);
    });
  }
}
