// Stage: apps. Trading costs as people and programs read them.
// Invariant: the account line is the exact sum of the lines above it.
import type { ExecutionSum } from '../../domain/executionQuality.ts';
import { costOfCount, type Cost } from '../../domain/shortfall.ts';
import { basisPoints, formatCost, type ShortfallSum } from '../../domain/shortfall/sums.ts';
import { divideHalfEven } from '../../domain/units/decimal.ts';
import { format, money, ONE } from '../../domain/units/units.ts';
import { amendmentText } from '../../domain/factText.ts';
import { roughShares, shares, signedUsd, usd } from './figures.ts';
import { breakText, LINE, table, type Column } from './table.ts';
import type { Restatement } from './tradingCosts.ts';

const right = { align: 'right' } as const;
const cents = (cost: Cost): string => signedUsd(money(divideHalfEven(cost, ONE)));
const dollars = (cost: Cost): string => usd(money(divideHalfEven(cost, ONE)));
const bps = (cost: Cost, of: Cost): string => {
  const exact = basisPoints(cost, of);
  return exact === null ? '' : Number(exact).toFixed(1); // for the eye only
};

/** The table, its account line, what was not traded by reason, and what netting saved. */
export function shortfallLines(
  groups: readonly ShortfallSum[],
  whole: readonly ShortfallSum[],
  keys: readonly string[],
  cycles: number,
): string[] {
  const [account] = whole;
  if (account === undefined) return [`Nothing was wanted in ${cycles} cycles.`];
  const columns: Column[] = [
    ...keys.map((title) => ({ title, most: 20 })),
    ...['delay', 'trading', 'cross', 'not traded', 'fees', 'total', 'bps'].map((title) => ({
      title,
      ...right,
    })),
  ];
  const cells = (sum: ShortfallSum): string[] => [
    ...[sum.delay, sum.trading, sum.cross, sum.opportunity, sum.fees, sum.total].map(cents),
    bps(sum.total, sum.wantedNotional),
  ];
  const blank = keys.slice(1).map(() => '');
  return [
    `What trading cost against the decision prices, USD, ${cycles} cycles; a loss is positive`,
    '',
    ...table(columns, [
      ...groups.map((sum) => [...sum.group, ...cells(sum)]),
      ['account', ...blank, ...cells(account)],
    ]),
    '',
    ...reasonLines(account),
    ...(account.unpriced === 0
      ? []
      : [
          `${account.unpriced} parts that were not traded have no price to be measured by; they are not in the figures.`,
        ]),
    `Wanted ${dollars(account.wantedNotional)} USD. Netting saved ${dollars(account.savedSpread)} USD of spread on ${roughShares(account.savedShares)} shares and`,
    `${format(account.savedOrders)} orders.`,
  ];
}

function reasonLines(account: ShortfallSum): string[] {
  if (account.reasons.length === 0) return [];
  return [
    ...table(
      [
        { title: 'not traded, by outcome', most: LINE - 20 },
        { title: 'USD', ...right },
      ],
      account.reasons.map(({ reason, cost }) => [reason, cents(cost)]),
    ),
    '',
  ];
}

/** Every figure as an exact decimal. */
export const shortfallRecord = (sum: ShortfallSum, keys: readonly string[]) => ({
  ...named(keys, sum.group),
  wantedNotional: formatCost(sum.wantedNotional),
  executedNotional: formatCost(sum.executedNotional),
  delay: formatCost(sum.delay),
  trading: formatCost(sum.trading),
  cross: formatCost(sum.cross),
  opportunity: formatCost(sum.opportunity),
  fees: formatCost(sum.fees),
  total: formatCost(sum.total),
  totalBps: basisPoints(sum.total, sum.wantedNotional),
  slippageBps: basisPoints(sum.trading, sum.executedNotional),
  unpriced: sum.unpriced,
  reasons: Object.fromEntries(sum.reasons.map(({ reason, cost }) => [reason, formatCost(cost)])),
  savedShares: format(sum.savedShares),
  savedSpread: formatCost(sum.savedSpread),
  savedOrders: format(sum.savedOrders),
});

/** How orders were carried out, with the line of all. */
export function executionLines(
  groups: readonly ExecutionSum[],
  whole: readonly ExecutionSum[],
  keys: readonly string[],
  cycles: number,
): string[] {
  const [account] = whole;
  if (account === undefined) return [`No order was planned in ${cycles} cycles.`];
  const columns: Column[] = [
    ...keys.map((title) => ({ title, most: 20 })),
    ...[
      'orders',
      'filled',
      'steps',
      'shares',
      'half spread',
      'paid',
      'bps',
      'mean s',
      'last s',
    ].map((title) => ({ title, ...right })),
  ];
  const cells = (sum: ExecutionSum): string[] => [
    String(sum.orders),
    String(sum.filledOrders),
    sum.chains === 0 ? '' : (sum.orders / sum.chains).toFixed(2),
    shares(sum.executed),
    cents(sum.halfSpread),
    cents(sum.slippage),
    bps(sum.slippage, sum.executedNotional),
    seconds(millis(sum.meanFillMs)),
    seconds(sum.longestFillMs),
  ];
  const blank = keys.slice(1).map(() => '');
  return [
    `How orders were carried out, ${cycles} cycles; paid is beyond the mid on arrival, USD`,
    '',
    ...table(columns, [
      ...groups.map((sum) => [...sum.group, ...cells(sum)]),
      ['all', ...blank, ...cells(account)],
    ]),
    ...(account.unquoted === 0
      ? []
      : ['', `${account.unquoted} orders were executed without a quote on record.`]),
  ];
}

/** How many busts and corrections since changed these figures, and by how much together. */
export function restatedLines(restatements: readonly Restatement[]): string[] {
  if (restatements.length === 0) return [];
  const count = (one: string, of: readonly unknown[]): string =>
    `${of.length} ${of.length === 1 ? one : `${one}s`}`;
  const by = (kind: Restatement['amendment']['kind']): string =>
    count(
      kind,
      restatements.filter(({ amendment }) => amendment.kind === kind),
    );
  const changed = costOfCount(restatements.reduce((sum, { was, is }) => sum + is - was, 0n));
  const late = restatements.filter(({ isLate }) => isLate);
  return [
    '',
    ...breakText(
      `Restated by ${count('amendment', restatements)} since (${by('bust')}, ${by('correction')}), by ${cents(changed)} USD together.` +
        (late.length === 0
          ? ''
          : ` ${count('amendment', late)} of them restated nothing: what they changed is suspense's.`),
      LINE,
    ),
    'Each of them: `assay shortfall --amendments`.',
  ];
}

/** What busts and corrections since changed of cycles that had closed, each with the figure before it. */
export function restatementLines(restatements: readonly Restatement[]): string[] {
  if (restatements.length === 0) return [];
  return [
    '',
    ...restatements.flatMap((each) =>
      breakText(restatementText(each), LINE - 2).map((line, at) => (at === 0 ? line : `  ${line}`)),
    ),
  ];
}

function restatementText({ amendment, cycle, was, is, isLate }: Restatement): string {
  const { id, symbol } = amendment;
  const what = `${amendmentText(amendment)}, ordered on ${cycle}`;
  return isLate
    ? `not restated by amendment ${id} (${what}): what it changed is suspense's`
    : `restated by amendment ${id} (${what}): ${symbol} of that cycle was ${cents(was)}, is ${cents(is)} USD`;
}

/** The same with every digit. */
export const restatementRecord = ({ amendment, cycle, was, is, isLate }: Restatement) => ({
  amendment: amendment.id,
  kind: amendment.kind,
  execution: amendment.executionId,
  at: amendment.at,
  symbol: amendment.symbol,
  cycle,
  was: formatCost(was),
  is: formatCost(is),
  divided: !isLate,
});

const millis = (count: bigint | null): number | null => (count === null ? null : Number(count));
const seconds = (ms: number | null): string => (ms === null ? '' : (ms / 1000).toFixed(1));

/** Every figure as an exact decimal; times in milliseconds. */
export const executionRecord = (sum: ExecutionSum, keys: readonly string[]) => ({
  ...named(keys, sum.group),
  orders: sum.orders,
  chains: sum.chains,
  filledOrders: sum.filledOrders,
  ordered: format(sum.ordered),
  executed: format(sum.executed),
  executedNotional: formatCost(sum.executedNotional),
  slippage: formatCost(sum.slippage),
  slippageBps: basisPoints(sum.slippage, sum.executedNotional),
  halfSpread: formatCost(sum.halfSpread),
  unquoted: sum.unquoted,
  meanFillMs: millis(sum.meanFillMs),
  longestFillMs: sum.longestFillMs,
});

const named = (keys: readonly string[], group: readonly string[]): Record<string, string> =>
  Object.fromEntries(keys.map((key, index) => [key, group[index] ?? '']));
