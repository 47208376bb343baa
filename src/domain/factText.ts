// Stage: facts → words. Corporate actions, activities and amendments in one phrase, for causes and pages.
// Invariant: says every figure that the ledger posts by.
import type { Amendment } from './amendment.ts';
import type { Activity, CorporateAction } from './market.ts';
import { format } from './units/units.ts';

/** "dividend SPY: 0.5 USD a share earned, paid on 2024-03-28"; without its ex-date. */
export function actionText(action: CorporateAction): string {
  const { symbol } = action;
  switch (action.kind) {
    case 'split':
      return `split ${symbol}: ${action.oldShares} share becomes ${action.newShares}`;
    case 'dividend':
      return `dividend ${symbol}: ${format(action.perShare)} USD a share earned, paid on ${action.payDate}`;
    case 'merger':
      return `merger ${symbol}: given up for ${format(action.perShare)} USD a share, paid on ${action.payDate}`;
    case 'spin_off':
      return `spin-off ${symbol}: ${action.newShares} ${action.newSymbol} for ${action.oldShares} held`;
    case 'symbol_change':
      return `symbol ${symbol} is ${action.newSymbol} now`;
  }
}

/** "dividend SPY of 2024-03-28: 12.5 USD" */
export function activityText(activity: Activity): string {
  const { kind, date } = activity;
  const what = kind === 'other' ? activity.type : kind === 'fee' ? `${activity.fee} fee` : kind;
  const symbol = 'symbol' in activity && activity.symbol !== null ? ` ${activity.symbol}` : '';
  const parts = [
    ...('quantity' in activity && activity.quantity !== 0n
      ? [`${format(activity.quantity)} shares`]
      : []),
    ...('cash' in activity ? [`${format(activity.cash)} USD`] : []),
  ];
  return `${what.replaceAll('_', ' ')}${symbol} of ${date}: ${parts.join(', ') || 'nothing moved'}`;
}

/** "bust of buy 3 SPY at 95", "correction of buy 3 SPY at 95 to 2 at 94.5" */
export function amendmentText({ kind, side, symbol, was, now }: Amendment): string {
  const of = `${kind} of ${side} ${format(was.quantity)} ${symbol} at ${format(was.price)}`;
  return now === null ? of : `${of} to ${format(now.quantity)} at ${format(now.price)}`;
}
