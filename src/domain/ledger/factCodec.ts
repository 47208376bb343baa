// Stage: journal. How the broker's facts are written and read back.
// Invariant: decode(encode(fact)) = fact.
import {
  moneyText,
  nullable,
  priceText,
  quantityText,
  record,
  sessionText,
  symbolText,
  tag,
  text,
  timestampText,
  union,
  word,
} from '../codec.ts';
import type { Amendment, ExecutionTerms } from '../amendment.ts';
import type { Fill } from '../fill.ts';
import type { Activity, CashMovement, SharesBooked } from '../market.ts';
import type { BrokerOrder } from '../order.ts';
import type { Unmatched } from './state.ts';
import { ORDER_STATUSES, sideWord } from './words.ts';

export const fillCodec = record<Fill>({
  id: text,
  orderId: text,
  symbol: symbolText,
  side: sideWord,
  lastQty: quantityText,
  cumQty: quantityText,
  leavesQty: quantityText,
  price: priceText,
  at: timestampText,
});
export const executionTermsCodec = record<ExecutionTerms>({
  quantity: quantityText,
  price: priceText,
});
export const amendmentCodec = record<Amendment>({
  kind: word('bust', 'correction'),
  id: text,
  executionId: text,
  orderId: text,
  symbol: symbolText,
  side: sideWord,
  was: executionTermsCodec,
  now: nullable(executionTermsCodec),
  at: timestampText,
});
export const orderCodec = record<BrokerOrder>({
  id: text,
  clientOrderId: text,
  symbol: symbolText,
  side: sideWord,
  quantity: quantityText,
  type: text,
  limitPrice: nullable(priceText),
  timeInForce: text,
  filledQuantity: quantityText,
  averagePrice: nullable(priceText),
  status: word(...ORDER_STATUSES),
  submittedAt: timestampText,
  endedAt: nullable(timestampText),
  rejectReason: nullable(text),
});
const cashMovement = <K extends 'deposit' | 'withdrawal' | 'interest'>(kind: K) =>
  record<CashMovement<K>>({ kind: tag(kind), id: text, date: sessionText, cash: moneyText });
type Of<K extends Activity['kind']> = Extract<Activity, { kind: K }>;
const moved = <K extends 'symbol_change' | 'spin_off'>(kind: K) =>
  record<SharesBooked<K>>({
    kind: tag(kind),
    id: text,
    symbol: symbolText,
    date: sessionText,
    quantity: quantityText,
  });
const activityCases = {
  dividend: record<Extract<Activity, { kind: 'dividend' }>>({
    kind: tag('dividend'),
    id: text,
    symbol: symbolText,
    date: sessionText,
    cash: moneyText,
  }),
  split: record<Extract<Activity, { kind: 'split' }>>({
    kind: tag('split'),
    id: text,
    symbol: symbolText,
    date: sessionText,
    quantity: quantityText,
  }),
  deposit: cashMovement('deposit'),
  withdrawal: cashMovement('withdrawal'),
  withholding: record<Of<'withholding'>>({
    kind: tag('withholding'),
    id: text,
    symbol: nullable(symbolText),
    date: sessionText,
    cash: moneyText,
  }),
  interest: cashMovement('interest'),
  fee: record<Of<'fee'>>({
    kind: tag('fee'),
    id: text,
    date: sessionText,
    fee: text,
    tradeDate: sessionText,
    cash: moneyText,
  }),
  cash_in_lieu: record<Of<'cash_in_lieu'>>({
    kind: tag('cash_in_lieu'),
    id: text,
    symbol: symbolText,
    date: sessionText,
    quantity: quantityText,
    cash: moneyText,
  }),
  merger: record<Of<'merger'>>({
    kind: tag('merger'),
    id: text,
    symbol: symbolText,
    date: sessionText,
    quantity: quantityText,
    cash: moneyText,
  }),
  symbol_change: moved('symbol_change'),
  spin_off: moved('spin_off'),
  journal: record<Of<'journal'>>({
    kind: tag('journal'),
    id: text,
    date: sessionText,
    symbol: nullable(symbolText),
    quantity: quantityText,
    cash: moneyText,
    price: nullable(priceText),
  }),
  other: record<Of<'other'>>({
    kind: tag('other'),
    id: text,
    date: sessionText,
    type: text,
    symbol: nullable(symbolText),
    quantity: quantityText,
    cash: moneyText,
  }),
};
export const activityCodec = union<Activity>(activityCases);
export const unmatchedCodec = union<Unmatched>({
  dividend: activityCases.dividend,
  merger: activityCases.merger,
  withholding: activityCases.withholding,
});
