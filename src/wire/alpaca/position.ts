// Stage: wire. Alpaca's positions.
// Invariant: keys that are not named here pass and are kept.
// Source: OpenAPI (2026-06); a recorded position of 18 keys: money at 6 decimals, shares at 9. The
// sign of a short quantity is not established: both are read, and `side` says which it is.
import { z } from 'zod';
import { decimalText, openEnum, someText, wholeNumber, yesNo } from './text.ts';

export const positionWire = z.looseObject(
  {
    asset_id: someText,
    symbol: someText,
    exchange: someText,
    asset_class: openEnum(['us_equity', 'us_option', 'crypto']),
    asset_marginable: yesNo.nullish(),
    /** Weighted average; unchanged by sells. */
    avg_entry_price: decimalText,
    qty: decimalText,
    /** Shares not held for open orders. */
    qty_available: decimalText.nullish(),
    side: openEnum(['long', 'short']),
    market_value: decimalText.nullish(),
    cost_basis: decimalText,
    unrealized_pl: decimalText.nullish(),
    unrealized_plpc: decimalText.nullish(),
    unrealized_intraday_pl: decimalText.nullish(),
    unrealized_intraday_plpc: decimalText.nullish(),
    current_price: decimalText.nullish(),
    lastday_price: decimalText.nullish(),
    change_today: decimalText.nullish(),
  },
  { error: 'a position object' },
);

export const positionsWire = z.array(positionWire, { error: 'a list of positions' });

/** One entry of the answer 207 to `DELETE /v2/positions`; the body is an order, or an error. */
export const closedPositionWire = z.looseObject({
  symbol: someText,
  status: wholeNumber,
  body: z.unknown().optional(),
});

export type PositionWire = z.infer<typeof positionWire>;
