// Stage: backtest. Takes down what a research run does, into the columns of a report.
// Invariant: writes its own columns only; the run is the same without it.
import { NEVER_STOPPED, type AccountHistory, type SleeveHistory } from './history.ts';
import type { ResearchPlan, ResearchState } from './state.ts';

type Columns = Omit<SleeveHistory, 'id' | 'opening' | 'symbols'>;

export class Recorder {
  readonly #plan: ResearchPlan;
  readonly #state: ResearchState;
  readonly #columns: Columns[];
  readonly #orders: Float64Array;
  readonly #avoided: Float64Array;
  /** By cell, the account's own after those of the sleeves: Σ of the weights at the close. */
  readonly #weightSum: Float64Array;
  readonly #sessionsHeld: Float64Array;
  readonly #lastWeight: Float64Array;
  readonly #holdings: Float64Array;
  /** By cell: 1 when the sleeve took part in a cross or an order of the symbol this session. */
  readonly #tookPart: Uint8Array;
  #day = 0;

  constructor(plan: ResearchPlan, state: ResearchState) {
    const sessions = plan.tape.sessions.length;
    const column = (): Float64Array => new Float64Array(sessions);
    this.#plan = plan;
    this.#state = state;
    this.#columns = plan.schedules.map(() => ({
      nav: column(),
      invested: column(),
      holdings: column(),
      traded: column(),
      crossed: column(),
      spreadAvoided: column(),
      cost: column(),
    }));
    this.#orders = column();
    this.#avoided = column();
    const cells = state.held.length + state.symbols;
    this.#weightSum = new Float64Array(cells);
    this.#sessionsHeld = new Float64Array(cells);
    this.#lastWeight = new Float64Array(cells);
    this.#holdings = column();
    this.#tookPart = new Uint8Array(state.held.length);
  }

  /** One sleeve's side of a cross. */
  crossed(sleeve: number, symbol: number, notional: number, spreadAvoided: number): void {
    const columns = this.#columns[sleeve];
    if (columns === undefined) return;
    add(columns.traded, this.#day, notional);
    add(columns.crossed, this.#day, notional);
    add(columns.spreadAvoided, this.#day, spreadAvoided);
    this.#takePart(sleeve * this.#state.symbols + symbol);
  }

  /** One sleeve's part of a fill. */
  filled(sleeve: number, notional: number, cost: number): void {
    const columns = this.#columns[sleeve];
    if (columns === undefined) return;
    add(columns.traded, this.#day, notional);
    add(columns.cost, this.#day, cost);
  }

  /** One order, sent for whoever wants some of the symbol. */
  ordered(symbol: number): void {
    const { want, symbols } = this.#state;
    add(this.#orders, this.#day, 1);
    add(this.#avoided, this.#day, -1);
    for (let cell = symbol; cell < want.length; cell += symbols)
      if (want[cell] !== 0) this.#takePart(cell);
  }

  #takePart(cell: number): void {
    if (this.#tookPart[cell] === 1) return;
    this.#tookPart[cell] = 1;
    add(this.#avoided, this.#day, 1);
  }

  /** Marks every sleeve at the session's close. */
  close(day: number): void {
    this.#columns.forEach((columns, sleeve) => this.#mark(columns, sleeve, day));
    this.#markAccount(day);
    this.#tookPart.fill(0);
    this.#day = day + 1;
  }

  /** What the sleeves hold together, as parts of the account's equity: one more row of cells. */
  #markAccount(day: number): void {
    const { tape, house } = this.#plan;
    const { held, symbols } = this.#state;
    let equity = house;
    for (const { nav } of this.#columns) equity += nav[day] ?? Number.NaN;
    let holdings = 0;
    for (let symbol = 0; symbol < symbols; symbol += 1) {
      let shares = 0;
      for (let cell = symbol; cell < held.length; cell += symbols) shares += held[cell] ?? 0;
      const mark = tape.close[day * symbols + symbol] ?? Number.NaN;
      if (shares !== 0) holdings += 1;
      this.#weigh(held.length + symbol, shares * mark, { nav: equity, isHeld: shares !== 0 });
    }
    this.#holdings[day] = holdings;
  }

  #weigh(
    cell: number,
    worth: number,
    of: { readonly nav: number; readonly isHeld: boolean },
  ): void {
    this.#lastWeight[cell] = 0;
    if (!of.isHeld) return;
    add(this.#sessionsHeld, cell, 1);
    if (Number.isNaN(of.nav)) return;
    const weight = worth / of.nav;
    add(this.#weightSum, cell, weight);
    this.#lastWeight[cell] = weight;
  }

  #mark(columns: Columns, sleeve: number, day: number): void {
    const { tape } = this.#plan;
    const { cash, owed, held, symbols } = this.#state;
    let invested = 0;
    let holdings = 0;
    for (let symbol = 0; symbol < symbols; symbol += 1) {
      const shares = held[sleeve * symbols + symbol] ?? 0;
      if (shares === 0) continue;
      invested += shares * (tape.close[day * symbols + symbol] ?? Number.NaN);
      holdings += 1;
    }
    const nav = (cash[sleeve] ?? 0) + (owed[sleeve] ?? 0) + invested;
    columns.nav[day] = nav;
    columns.invested[day] = invested;
    columns.holdings[day] = holdings;
    for (let symbol = 0; symbol < symbols; symbol += 1) {
      const cell = sleeve * symbols + symbol;
      const shares = held[cell] ?? 0;
      const mark = tape.close[day * symbols + symbol] ?? Number.NaN;
      this.#weigh(cell, shares * mark, { nav, isHeld: shares !== 0 });
    }
  }

  history(fills: number): AccountHistory {
    const { tape, schedules, house } = this.#plan;
    return {
      path: 'research',
      sessions: tape.sessions,
      house: new Float64Array(tape.sessions.length).fill(house),
      houseOpening: house,
      sleeves: schedules.map(({ sleeve, openingCash }, index) => {
        const columns = this.#columns[index];
        if (columns === undefined) throw new RangeError(`Sleeve ${sleeve} has no columns.`);
        return {
          id: sleeve,
          opening: openingCash,
          ...columns,
          symbols: this.#shares(index, columns.nav),
        };
      }),
      holdings: this.#holdings,
      symbols: this.#shares(schedules.length, accountNav(this.#columns, house)),
      orders: this.#orders,
      ordersAvoided: this.#avoided,
      fills,
      failedSignals: schedules.reduce(
        (sum, { failed }) => sum + failed.reduce((count, flag) => count + flag, 0),
        0,
      ),
      stopped: NEVER_STOPPED,
    };
  }

  /** @param row a sleeve, or the row after the last one: the account */
  #shares(row: number, nav: Float64Array): SleeveHistory['symbols'] {
    const { symbols } = this.#plan.tape;
    const known = nav.reduce((count, value) => count + Number(!Number.isNaN(value)), 0);
    return symbols.flatMap((symbol, index) => {
      const cell = row * symbols.length + index;
      const sessionsHeld = this.#sessionsHeld[cell] ?? 0;
      if (sessionsHeld === 0) return [];
      const meanWeight = known === 0 ? 0 : (this.#weightSum[cell] ?? 0) / known;
      return [{ symbol, sessionsHeld, meanWeight, lastWeight: this.#lastWeight[cell] ?? 0 }];
    });
  }
}

function accountNav(columns: readonly Columns[], house: number): Float64Array {
  const first = columns[0]?.nav ?? new Float64Array(0);
  return first.map((_, day) =>
    columns.reduce((sum, { nav }) => sum + (nav[day] ?? Number.NaN), house),
  );
}

function add(column: Float64Array, index: number, amount: number): void {
  column[index] = (column[index] ?? 0) + amount;
}
