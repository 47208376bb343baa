// Stage: wire. What Alpaca says of an asset.
// Invariant: keys that are not named here pass and are kept.
// Source: OpenAPI (2026-06); a recorded asset. Order sizes and increments are there for crypto only.
import { z } from 'zod';
import { decimalText, jsonNumber, openEnum, openWord, someText, yesNo } from './text.ts';

export const assetWire = z.looseObject(
  {
    id: someText,
    class: openEnum(['us_equity', 'us_option', 'crypto']),
    exchange: openWord,
    symbol: someText,
    name: z.string({ error: 'a text' }),
    status: openEnum(['active', 'inactive']),
    tradable: yesNo,
    marginable: yesNo,
    shortable: yesNo,
    /** Deprecated for `borrow_status`, and still sent. */
    easy_to_borrow: yesNo,
    borrow_status: openEnum(['easy_to_borrow', 'hard_to_borrow']).nullish(),
    fractionable: yesNo,
    /** "fractional_eh_enabled", "overnight_tradable", "has_options" … */
    attributes: z.array(openWord).nullish(),
    maintenance_margin_requirement: jsonNumber.nullish(),
    margin_requirement_long: decimalText.nullish(),
    margin_requirement_short: decimalText.nullish(),
    min_order_size: decimalText.nullish(),
    min_trade_increment: decimalText.nullish(),
    price_increment: decimalText.nullish(),
    cusip: someText.nullish(),
  },
  { error: 'an asset object' },
);

export const assetsWire = z.array(assetWire, { error: 'a list of assets' });

export type AssetWire = z.infer<typeof assetWire>;
