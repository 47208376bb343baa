// Stage: wire. Corporate actions from Alpaca's market data: 15 kinds, each a list.
// Invariant: a kind that is not named here passes and is kept; every date but the process date may be missing.
// Source: `GET /v1/corporate-actions` and the official SDK 4.0.2, read 2026-11; forward splits without
// a payable date were reported by users. Rates are JSON numbers.
import { z } from 'zod';
import { dateText, jsonNumber, openWord, someText, yesNo } from './text.ts';

const common = { id: someText, process_date: dateText, currency: someText.nullish() };
const dates = {
  ex_date: dateText,
  record_date: dateText.nullish(),
  payable_date: dateText.nullish(),
};

const cashDividend = z.looseObject({
  ...common,
  ...dates,
  symbol: someText,
  cusip: someText.nullish(),
  /** USD a share. */
  rate: jsonNumber,
  special: yesNo.nullish(),
  foreign: yesNo.nullish(),
  sub_type: openWord.nullish(),
});
const split = z.looseObject({
  ...common,
  ...dates,
  symbol: someText,
  old_rate: jsonNumber,
  new_rate: jsonNumber,
  new_symbol: someText.nullish(),
});
const stockDividend = z.looseObject({ ...common, ...dates, symbol: someText, rate: jsonNumber });
const unitSplit = z.looseObject({
  ...common,
  effective_date: dateText,
  old_symbol: someText,
  old_rate: jsonNumber,
  new_symbol: someText,
  new_rate: jsonNumber,
  alternate_symbol: someText,
  alternate_rate: jsonNumber,
});
const spinOff = z.looseObject({
  ...common,
  ...dates,
  source_symbol: someText,
  source_rate: jsonNumber,
  new_symbol: someText,
  new_rate: jsonNumber,
});
const rights = z.looseObject({
  ...common,
  ...dates,
  source_symbol: someText,
  new_symbol: someText,
  rate: jsonNumber,
});
const merger = z.looseObject({
  ...common,
  effective_date: dateText,
  payable_date: dateText.nullish(),
  acquiree_symbol: someText,
  acquirer_symbol: someText.nullish(),
  rate: jsonNumber.nullish(),
  acquiree_rate: jsonNumber.nullish(),
  acquirer_rate: jsonNumber.nullish(),
  cash_rate: jsonNumber.nullish(),
});
const nameChange = z.looseObject({ ...common, old_symbol: someText, new_symbol: someText });
const event = z.looseObject({ ...common, symbol: someText, payable_date: dateText.nullish() });

export const corporateActionsWire = z.looseObject({
  cash_dividends: z.array(cashDividend).nullish(),
  forward_splits: z.array(split).nullish(),
  reverse_splits: z.array(split).nullish(),
  unit_splits: z.array(unitSplit).nullish(),
  stock_dividends: z.array(stockDividend).nullish(),
  spin_offs: z.array(spinOff).nullish(),
  rights_distributions: z.array(rights).nullish(),
  cash_mergers: z.array(merger).nullish(),
  stock_mergers: z.array(merger).nullish(),
  stock_and_cash_mergers: z.array(merger).nullish(),
  name_changes: z.array(nameChange).nullish(),
  redemptions: z.array(event).nullish(),
  worthless_removals: z.array(event).nullish(),
  partial_calls: z.array(event).nullish(),
  reorganizations: z.array(event).nullish(),
});

/** Sorted by process date; an entry may appear late and may change. */
export const corporateActionsPageWire = z.looseObject({
  corporate_actions: corporateActionsWire,
  next_page_token: someText.nullish(),
});

export type CorporateActionsWire = z.infer<typeof corporateActionsWire>;
export type CashDividendWire = z.infer<typeof cashDividend>;
export type SplitWire = z.infer<typeof split>;
export type NameChangeWire = z.infer<typeof nameChange>;
export type CashMergerWire = z.infer<typeof merger>;
