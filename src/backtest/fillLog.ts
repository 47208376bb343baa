// Stage: backtest. Every order that filled in a research run, in columns that grow.
// Invariant: rows are in the order of execution; a column is as long as it has room, `count` are filled.

export interface FillLog {
  count: number;
  day: Int32Array;
  symbol: Int32Array;
  /** Signed: buys positive. */
  shares: Float64Array;
  /** USD. */
  price: Float64Array;
}

export const fillLog = (room = 1024): FillLog => ({
  count: 0,
  day: new Int32Array(room),
  symbol: new Int32Array(room),
  shares: new Float64Array(room),
  price: new Float64Array(room),
});

/** Adds one row. */
export function addFill(
  log: FillLog,
  fill: {
    readonly day: number;
    readonly symbol: number;
    readonly shares: number;
    readonly price: number;
  },
): void {
  if (log.count === log.day.length) grow(log);
  log.day[log.count] = fill.day;
  log.symbol[log.count] = fill.symbol;
  log.shares[log.count] = fill.shares;
  log.price[log.count] = fill.price;
  log.count += 1;
}

function grow(log: FillLog): void {
  const room = log.day.length * 2;
  const { day, symbol, shares, price } = log;
  log.day = new Int32Array(room);
  log.day.set(day);
  log.symbol = new Int32Array(room);
  log.symbol.set(symbol);
  log.shares = new Float64Array(room);
  log.shares.set(shares);
  log.price = new Float64Array(room);
  log.price.set(price);
}
