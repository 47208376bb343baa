// Stage: apps. A tear-sheet as one HTML file that needs nothing else.
// Invariant: no script, no network; the labels of the market stand above every figure.
import type { Sheet, TearSheet } from '../../../backtest/tearSheet.ts';
import { escape, svgOf, type ChartSeries } from './chart.ts';
import { stoppedTexts } from './sheetText.ts';
import { fixed, plainPercent, ratio, signedPercent, wholeUsd } from './numbers.ts';

const COLOURS = [
  '#2563eb',
  '#d97706',
  '#059669',
  '#dc2626',
  '#7c3aed',
  '#0891b2',
  '#be185d',
  '#65a30d',
];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const SYMBOLS_SHOWN = 15;

/** The whole page. */
export function sheetHtml(sheet: TearSheet): string {
  const title = `${sheet.title} · tear-sheet`;
  const range = `${sheet.sessions.length} sessions, ${sheet.sessions[0] ?? ''} to ${sheet.sessions.at(-1) ?? ''}`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escape(title)}</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${escape(sheet.title)}</h1><p>${range}</p>`,
    `<ul class="labels">${sheet.labels.map((label) => `<li>${escape(label)}</li>`).join('')}</ul>`,
    figureTable([sheet.account, ...sheet.sleeves]),
    `<p>${wholeUsd(sheet.orders)} parent orders, ${wholeUsd(sheet.fills)} fills. Netting spared ${wholeUsd(sheet.ordersAvoided)} orders, ` +
      `crossed ${wholeUsd(sheet.account.netting.crossed)} USD and saved ${wholeUsd(sheet.account.netting.spreadAvoided)} USD of spread.` +
      `${sheet.failedSignals === 0 ? '' : ` <strong>${sheet.failedSignals} signals failed.</strong>`}</p>`,
    ...stoppedTexts(sheet).map((text) => `<p><strong>${escape(text)}</strong></p>`),
    growth(sheet),
    ...[sheet.account, ...sheet.sleeves].map((section) => sectionOf(sheet, section)),
    '<p class="note">Daily closes, 252 sessions a year, sample deviation, risk-free rate 0. Turnover counts buys and sells. ' +
      'Cost is what was paid beyond the decision prices. A dash is unknown.</p>',
    '</main></body></html>',
  ].join('\n');
}

/** Every sleeve and the account as growth of one dollar. */
function growth({ sessions, account, sleeves }: TearSheet): string {
  const series = [account, ...sleeves].map((section, index): ChartSeries => ({
    name: section.id,
    colour: index === 0 ? '#111827' : (COLOURS[(index - 1) % COLOURS.length] ?? '#111827'),
    values: section.nav.map((nav) => (nav === null ? null : nav / section.opening)),
  }));
  return svgOf({ title: 'Growth of 1', sessions, series, label: (value) => value.toFixed(2) });
}

function sectionOf({ sessions, rollingWindow }: TearSheet, sheet: Sheet): string {
  const line = (name: string, values: Sheet['nav'], colour: string): ChartSeries[] => [
    { name, colour, values },
  ];
  const percent = (value: number): string => `${fixed(value * 100, 0)} %`;
  return [
    `<section><h2>${escape(sheet.id)}</h2>`,
    svgOf({
      title: 'Equity, USD',
      sessions,
      series: line('NAV', sheet.nav, '#2563eb'),
      label: (value) => wholeUsd(value),
    }),
    svgOf({
      title: 'Drawdown',
      sessions,
      series: line('drawdown', sheet.drawdown.map(negated), '#dc2626'),
      label: percent,
      includes: 0,
      filled: true,
    }),
    svgOf({
      title: `Volatility of the last ${rollingWindow} sessions, a year`,
      sessions,
      series: line('volatility', sheet.rollingVolatility, '#d97706'),
      label: percent,
    }),
    svgOf({
      title: `Sharpe ratio of the last ${rollingWindow} sessions`,
      sessions,
      series: line('Sharpe', sheet.rollingSharpe, '#7c3aed'),
      label: (value) => value.toFixed(1),
      includes: 0,
    }),
    svgOf({
      title: 'Exposure: holdings ÷ NAV',
      sessions,
      series: line('exposure', sheet.exposure, '#059669'),
      label: percent,
      includes: 0,
    }),
    svgOf({
      title: 'Holdings',
      sessions,
      series: line('holdings', sheet.holdings, '#0891b2'),
      label: (value) => value.toFixed(0),
      includes: 0,
    }),
    monthTable(sheet),
    symbolTable(sheet),
    '</section>',
  ].join('\n');
}

function figureTable(sections: readonly Sheet[]): string {
  const rows: readonly (readonly [string, (sheet: Sheet) => string])[] = [
    ['Opening, USD', ({ opening }) => wholeUsd(opening)],
    ['Return', ({ figures }) => signedPercent(figures.totalReturn)],
    ['Return a year', ({ figures }) => signedPercent(figures.annualReturn)],
    ['Volatility', ({ figures }) => plainPercent(figures.volatility)],
    ['Sharpe', ({ figures }) => ratio(figures.sharpe)],
    ['Sortino', ({ figures }) => ratio(figures.sortino)],
    ['Largest drawdown', ({ figures }) => plainPercent(figures.maxDrawdown)],
    ['Calmar', ({ figures }) => ratio(figures.calmar)],
    ['Best day', ({ figures }) => signedPercent(figures.bestDay)],
    ['Worst day', ({ figures }) => signedPercent(figures.worstDay)],
    ['Rising days', ({ figures }) => plainPercent(figures.risingDays)],
    ['Turnover a year', ({ turnover }) => ratio(turnover)],
    ['Mean exposure', ({ meanExposure }) => plainPercent(meanExposure)],
    ['Mean holdings', ({ meanHoldings }) => ratio(meanHoldings)],
    ['Cost, USD', ({ cost }) => wholeUsd(cost)],
    ['Crossed, USD', ({ netting }) => wholeUsd(netting.crossed)],
    ['Spread saved, USD', ({ netting }) => wholeUsd(netting.spreadAvoided)],
  ];
  return tableOf(
    ['', ...sections.map(({ id }) => id)],
    rows.map(([name, figure]) => [name, ...sections.map(figure)]),
  );
}

const monthTable = ({ months }: Sheet): string =>
  tableOf(
    ['Return, %', ...MONTHS, 'Year'],
    months.map(({ year, months: each, total }) => [
      year,
      ...each.map(hundredths),
      hundredths(total),
    ]),
    true,
  );

const symbolTable = ({ symbols }: Sheet): string =>
  symbols.length === 0
    ? ''
    : tableOf(
        ['Holding', 'Mean weight', 'Last weight', 'Sessions held'],
        symbols
          .slice(0, SYMBOLS_SHOWN)
          .map(({ symbol, meanWeight, lastWeight, sessionsHeld }) => [
            symbol,
            plainPercent(meanWeight),
            plainPercent(lastWeight),
            String(sessionsHeld),
          ]),
      );

/** The first column names the row. With `signs`, falls and rises are told apart by colour too. */
function tableOf(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  signs = false,
): string {
  const head = titles.map((title) => `<th scope="col">${escape(title)}</th>`).join('');
  const cell = (text: string): string => {
    const kind = !signs || text === '' ? '' : ` class="${text.startsWith('-') ? 'fall' : 'rise'}"`;
    return `<td${kind}>${escape(text)}</td>`;
  };
  const body = rows.map(
    ([name = '', ...cells]) =>
      `<tr><th scope="row">${escape(name)}</th>${cells.map(cell).join('')}</tr>`,
  );
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

const hundredths = (fraction: number | null): string =>
  fraction === null ? '' : fixed(fraction * 100, 1);

const negated = (value: number | null): number | null => (value === null ? null : 0 - value);

const STYLE = `
:root { color-scheme: light; font: 15px/1.45 system-ui, sans-serif; color: #111827; background: #fff; }
main { max-width: 980px; margin: 0 auto; padding: 16px; }
h1, h2 { margin: 24px 0 4px; } h2 { border-top: 1px solid #d1d5db; padding-top: 20px; }
.labels { background: #fef3c7; border-left: 4px solid #d97706; margin: 12px 0; padding: 8px 8px 8px 28px; }
.wide { overflow-x: auto; margin: 12px 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: 3px 9px; text-align: right; white-space: nowrap; border-bottom: 1px solid #e5e7eb; }
th:first-child { text-align: left; } .fall { color: #b91c1c; } .rise { color: #047857; }
figure { margin: 14px 0; } figcaption { font-weight: 600; font-size: 13px; }
svg { width: 100%; height: auto; display: block; } .grid { stroke: #e5e7eb; } .tick { font-size: 11px; fill: #4b5563; }
.key { font-weight: 400; margin-left: 10px; } .key::before { content: ''; display: inline-block; width: 10px; height: 3px; margin-right: 4px; vertical-align: middle; background: var(--key); }
.note { color: #4b5563; font-size: 13px; }
`;
