// Stage: journal. Words and ids that several records share.
// Invariant: one list of words a kind.
import { text, word, type Codec } from '../codec.ts';
import type { SleeveId } from '../sleeve.ts';

export const sleeveIdText = text as unknown as Codec<SleeveId>; // written by us; checked where configuration enters
export const sideWord = word('buy', 'sell');
export const triggerWord = word('open', 'replan', 'close');

/** Statuses of an order at the broker. */
export const ORDER_STATUSES = [
  'filled',
  'canceled',
  'expired',
  'rejected',
  'replaced',
  'new',
  'accepted',
  'pending_new',
  'partially_filled',
] as const;
