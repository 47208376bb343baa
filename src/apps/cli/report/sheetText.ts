// Stage: apps. A tear-sheet for a terminal of 100 columns.
// Invariant: the labels of the market stand in every one; no line is wider than the terminal.
import type { Sheet, TearSheet } from '../../../backtest/tearSheet.ts';
import { breakText, LINE, table, type Column } from '../table.ts';
import { fixed, plainPercent, ratio, signedPercent, wholeUsd } from './numbers.ts';

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const CHART = 72;
const SYMBOLS_SHOWN = 6;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const right = { align: 'right' } as const;

/** The whole sheet, one line an entry. */
export function sheetLines(sheet: TearSheet): string[] {
  const sections = [sheet.account, ...sheet.sleeves];
  return [
    `${sheet.title}: ${sheet.sessions.length} sessions, ${sheet.sessions[0] ?? ''} to ${sheet.sessions.at(-1) ?? ''}`,
    ...sheet.labels.flatMap((label) => breakText(label, LINE)),
    '',
    ...table(FIGURE_COLUMNS, sections.map(figureRow)),
    '',
    ...table(TRADE_COLUMNS, sections.map(tradeRow)),
    '',
    `${wholeUsd(sheet.orders)} parent orders, ${wholeUsd(sheet.fills)} fills; netting spared ${wholeUsd(sheet.ordersAvoided)} orders` +
      (sheet.failedSignals === 0 ? '' : `; ${sheet.failedSignals} signals FAILED`),
    ...stoppedTexts(sheet).flatMap((text) => breakText(text, LINE)),
    ...sections.flatMap((section) => sectionLines(sheet, section)),
    '',
    'Sharpe, Sortino and volatility: daily closes, 252 sessions a year, risk-free rate 0.',
    'Turnover counts buys and sells. Cost: paid beyond the decision prices. – is unknown.',
  ];
}

/** What breaks kept from trading, sentence by sentence; nothing where they did not. */
export function stoppedTexts({
  stopped,
  sessions,
}: Pick<TearSheet, 'stopped' | 'sessions'>): string[] {
  const { intents, breaks, frozen } = stopped;
  return [
    ...(intents === 0
      ? []
      : [
          `${intents} intents in ${stopped.sessions} of ${sessions.length} sessions were not traded because of breaks: the figures are of an account that stood still there.`,
        ]),
    ...breaks.map(
      ({ id, amount, since, cause }) =>
        `At the end a break stands: ${id}, ${amount}, since ${since} (${cause}).`,
    ),
    ...frozen.map(
      ({ sleeve, since, break: id }) =>
        `${sleeve} is frozen since ${since}: ${id}; it traded nothing from then on.`,
    ),
  ];
}

const FIGURE_COLUMNS: readonly Column[] = [
  { title: '', most: 18 },
  { title: 'return', ...right },
  { title: 'a year', ...right },
  { title: 'volatility', ...right },
  { title: 'Sharpe', ...right },
  { title: 'Sortino', ...right },
  { title: 'drawdown', ...right },
  { title: 'worst day', ...right },
];

const figureRow = ({ id, figures }: Sheet): string[] => [
  id,
  signedPercent(figures.totalReturn),
  signedPercent(figures.annualReturn),
  plainPercent(figures.volatility),
  ratio(figures.sharpe),
  ratio(figures.sortino),
  plainPercent(figures.maxDrawdown),
  signedPercent(figures.worstDay),
];

const TRADE_COLUMNS: readonly Column[] = [
  { title: '', most: 18 },
  { title: 'turnover', ...right },
  { title: 'exposure', ...right },
  { title: 'holdings', ...right },
  { title: 'cost USD', ...right },
  { title: 'crossed USD', ...right },
  { title: 'spread saved', ...right },
];

const tradeRow = (sheet: Sheet): string[] => [
  sheet.id,
  `${ratio(sheet.turnover)} ×`,
  plainPercent(sheet.meanExposure),
  ratio(sheet.meanHoldings),
  wholeUsd(sheet.cost),
  wholeUsd(sheet.netting.crossed),
  wholeUsd(sheet.netting.spreadAvoided),
];

function sectionLines({ rollingWindow }: TearSheet, sheet: Sheet): string[] {
  const volatility = lastKnown(sheet.rollingVolatility);
  const sharpe = lastKnown(sheet.rollingSharpe);
  const held = sheet.symbols
    .slice(0, SYMBOLS_SHOWN)
    .map(({ symbol, meanWeight }) => `${symbol} ${plainPercent(meanWeight)}`);
  return [
    '',
    `${sheet.id}: ${wholeUsd(sheet.opening)} USD → ${wholeUsd(lastKnown(sheet.nav))} USD`,
    `  equity    ${chartOf(sheet.nav)}`,
    `  drawdown  ${chartOf(sheet.drawdown)}`,
    `  last ${rollingWindow} sessions: volatility ${plainPercent(volatility)}, Sharpe ${ratio(sharpe)}`,
    ...(held.length === 0 ? [] : [`  mean weights: ${held.join(', ')}`]),
    ...table(
      [{ title: '' }, ...MONTHS.map((title) => ({ title, ...right })), { title: 'year', ...right }],
      sheet.months.map(({ year, months, total }) => [
        year,
        ...months.map((month) => (month === null ? '' : fixed(month * 100, 1))),
        total === null ? '–' : fixed(total * 100, 1),
      ]),
    ).map((line) => `  ${line}`),
  ];
}

/** A column as blocks, the last known value of each step; blank where nothing is known. */
function chartOf(values: readonly (number | null)[]): string {
  const width = Math.min(CHART, values.length);
  const points = Array.from({ length: width }, (_, step) =>
    lastKnown(
      values.slice(
        Math.floor((step * values.length) / width),
        Math.floor(((step + 1) * values.length) / width),
      ),
    ),
  );
  const shown = points.filter((point) => point !== null);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  return points
    .map((point) => {
      if (point === null) return ' ';
      const share = high === low ? 0 : (point - low) / (high - low);
      return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(share * BLOCKS.length))] ?? '';
    })
    .join('');
}

const lastKnown = (values: readonly (number | null)[]): number | null =>
  values.findLast((value) => value !== null) ?? null;
