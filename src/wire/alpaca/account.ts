// Stage: wire. Alpaca's account, its configuration, and the equity curve it keeps.
// Invariant: keys that are not named here pass and are kept; keys that Alpaca removed may be there.
// Source: OpenAPI (2026-06); a paper account of 37 keys recorded 2026-10-08; the day-trading keys
// were removed by Alpaca on 2026-07-06 and are read when an older account still sends them.
import { z } from 'zod';
import { decimalText, jsonNumber, openEnum, someText, wholeNumber, yesNo } from './text.ts';

const ACCOUNT_STATUSES = [
  'ONBOARDING',
  'SUBMISSION_FAILED',
  'SUBMITTED',
  'ACCOUNT_UPDATED',
  'APPROVAL_PENDING',
  'ACTIVE',
  'REJECTED',
] as const;

export const accountWire = z.looseObject(
  {
    id: someText,
    account_number: someText,
    status: openEnum(ACCOUNT_STATUSES),
    crypto_status: openEnum(ACCOUNT_STATUSES).nullish(),
    currency: someText,
    /** Whole cents; contains the proceeds of the same session. */
    cash: decimalText,
    /** Equity under its old name. */
    portfolio_value: decimalText.nullish(),
    equity: decimalText,
    /** Equity at the last close; up to 11 decimals. */
    last_equity: decimalText,
    buying_power: decimalText,
    regt_buying_power: decimalText,
    non_marginable_buying_power: decimalText.nullish(),
    options_buying_power: decimalText.nullish(),
    effective_buying_power: decimalText.nullish(),
    long_market_value: decimalText,
    short_market_value: decimalText,
    position_market_value: decimalText.nullish(),
    initial_margin: decimalText,
    maintenance_margin: decimalText,
    last_maintenance_margin: decimalText,
    sma: decimalText.nullish(),
    /** "1", "2" or "4". */
    multiplier: decimalText,
    shorting_enabled: yesNo,
    trading_blocked: yesNo,
    transfers_blocked: yesNo,
    account_blocked: yesNo,
    trade_suspended_by_user: yesNo,
    accrued_fees: decimalText.nullish(),
    pending_reg_taf_fees: decimalText.nullish(),
    pending_transfer_in: decimalText.nullish(),
    pending_transfer_out: decimalText.nullish(),
    intraday_adjustments: decimalText.nullish(),
    balance_asof: someText.nullish(),
    created_at: someText,
    options_approved_level: wholeNumber.nullish(),
    options_trading_level: wholeNumber.nullish(),
    crypto_tier: wholeNumber.nullish(),
    admin_configurations: z.unknown().optional(),
    user_configurations: z.unknown().optional(),
  },
  { error: 'an account object' },
);

export const accountConfigurationWire = z.looseObject({
  max_margin_multiplier: decimalText.nullish(),
  no_shorting: yesNo.nullish(),
  suspend_trade: yesNo.nullish(),
  fractional_trading: yesNo.nullish(),
  disable_overnight_trading: yesNo.nullish(),
  ptp_no_exception_entry: yesNo.nullish(),
  trade_confirm_email: someText.nullish(),
  max_options_trading_level: wholeNumber.nullish(),
});

const column = z.array(jsonNumber.nullable());

/** Columns of one length: unix seconds, and JSON numbers beside them; null where nothing was known. */
export const portfolioHistoryWire = z.looseObject({
  timestamp: z.array(wholeNumber),
  equity: column,
  profit_loss: column,
  profit_loss_pct: column,
  base_value: jsonNumber,
  base_value_asof: someText.nullish(),
  timeframe: someText,
});

export type AccountWire = z.infer<typeof accountWire>;
export type AccountConfigurationWire = z.infer<typeof accountConfigurationWire>;
export type PortfolioHistoryWire = z.infer<typeof portfolioHistoryWire>;
