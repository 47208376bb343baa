// Stage: wire. Alpaca's account and position objects.
// Invariant: only what Alpaca has always sent is required; keys not named here pass and are kept.
// Source: Alpaca's published OpenAPI description (2026-06); the fields of the former pattern day
// trader rule are gone since 2026-07-06 and are not required.
import { z } from 'zod';
import { decimalText, instantText, openWord, someText, yesNo } from './text.ts';

export const accountWire = z.looseObject(
  {
    id: someText,
    account_number: someText,
    status: openWord,
    currency: someText,
    cash: decimalText,
    equity: decimalText,
    buying_power: decimalText,
    last_equity: decimalText.nullish(),
    long_market_value: decimalText.nullish(),
    short_market_value: decimalText.nullish(),
    initial_margin: decimalText.nullish(),
    maintenance_margin: decimalText.nullish(),
    regt_buying_power: decimalText.nullish(),
    non_marginable_buying_power: decimalText.nullish(),
    multiplier: decimalText.nullish(),
    trading_blocked: yesNo.nullish(),
    account_blocked: yesNo.nullish(),
    trade_suspended_by_user: yesNo.nullish(),
    shorting_enabled: yesNo.nullish(),
    created_at: instantText.nullish(),
  },
  { error: 'an account object' },
);

export const positionWire = z.looseObject(
  {
    asset_id: someText,
    symbol: someText,
    asset_class: openWord,
    /** Negative, or positive with side "short": both are reported for short positions. */
    qty: decimalText,
    qty_available: decimalText.nullish(),
    side: openWord,
    avg_entry_price: decimalText,
    market_value: decimalText.nullish(),
    cost_basis: decimalText.nullish(),
    current_price: decimalText.nullish(),
    lastday_price: decimalText.nullish(),
    change_today: decimalText.nullish(),
    exchange: openWord.nullish(),
  },
  { error: 'a position object' },
);

export type AccountWire = z.infer<typeof accountWire>;
export type PositionWire = z.infer<typeof positionWire>;
