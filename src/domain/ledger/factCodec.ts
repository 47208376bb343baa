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
import type { Fill } from '../fill.ts';
import type { Activity, CashMovement } from '../market.ts';
import type { BrokerOrder } from '../order.ts';
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
export const orderCodec = record<BrokerOrder>({
  id: text,
  clientOrderId: text,
  symbol: symbolText,
  side: sideWord,
  quantity: quantityText,
  filledQuantity: quantityText,
  averagePrice: nullable(priceText),
  status: word(...ORDER_STATUSES),
  submittedAt: timestampText,
  endedAt: nullable(timestampText),
  rejectReason: nullable(text),
});
const cashMovement = <K extends 'deposit' | 'withdrawal'>(kind: K) =>
  record<CashMovement<K>>({ kind: tag(kind), id: text, date: sessionText, cash: moneyText });
export const activityCodec = union<Activity>({
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
});
