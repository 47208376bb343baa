// Stage: apps. Tax figures as people and programs read them.
// Invariant: tables round for the eye, --json and --csv carry every digit; possible is not said as certain.
import type { Symbol } from '../../domain/market.ts';
import type { BridgeLine, DeferredLine } from '../../domain/tax/bridge.ts';
import type { TaxLot, TaxLots, TaxSale } from '../../domain/tax/lots.ts';
import { longFrom, type Term } from '../../domain/tax/term.ts';
import { WASH_DAYS, type WashSale } from '../../domain/tax/wash.ts';
import {
  format,
  negate,
  subtract,
  total,
  type Money,
  type Quantity,
} from '../../domain/units/units.ts';
import { exactJson, exactUsd, roughShares, signedUsd, usd } from './figures.ts';
import { table } from './table.ts';

export interface TaxReport {
  readonly account: string;
  /** Null: everything since the beginning. */
  readonly year: string | null;
  readonly asOf: string | null;
  readonly sales: readonly TaxSale[];
  readonly bridge: readonly BridgeLine[];
  /** Only without a year: what is held now. */
  readonly deferred: readonly DeferredLine[] | null;
  readonly washed: readonly WashSale[];
  readonly lots: TaxLots;
  /** Symbols whose lots are not what the ledger holds: a fact that this version has no tax rule for. */
  readonly unexplained: readonly {
    readonly symbol: Symbol;
    readonly ledger: Quantity;
    readonly tax: Quantity;
  }[];
}

const right = { align: 'right' } as const;
const TERMS: readonly Term[] = ['short', 'long'];

export function taxLines(
  report: TaxReport,
  shown: { readonly lots: boolean; readonly wash: boolean },
): string[] {
  const period = report.year ?? `up to ${report.asOf ?? 'no cycle yet'}`;
  return [
    `Tax view of account ${report.account}, ${period}: lots of the whole account, first in, first out`,
    '',
    ...gainTable(report),
    '',
    'From what the sleeves realised to what the account did',
    '',
    ...bridgeTable(report.bridge),
    '',
    ...deferredLines(report),
    ...washLines(report.washed, shown.wash),
    ...(shown.lots ? lotTable(report.lots) : []),
    ...report.unexplained.map(
      ({ symbol, ledger, tax }) =>
        `${symbol}: the ledger holds ${format(ledger)}, the tax lots ${format(tax)}: something moved shares that has no tax rule here.`,
    ),
    'One account, before fees, without other accounts and elections of its owner: to be held against the',
    "broker's form, no advice. Wash sales are possible ones and are not taken out of the gains.",
  ];
}

function gainTable({ sales, washed }: TaxReport): string[] {
  const row = (name: string, of: readonly TaxSale[]): string[] => {
    const sum = (pick: (sale: TaxSale) => Money): Money => total(of.map(pick));
    const ids = new Set(of.map(saleKey));
    const disallowed = washed.filter((each) => ids.has(`${each.sale.id} ${each.sold.id}`));
    return [
      name,
      String(of.filter(({ quantity }) => quantity !== 0n).length),
      usd(sum((sale) => sale.proceeds)),
      usd(sum((sale) => sale.cost)),
      signedUsd(sum((sale) => sale.gain)),
      usd(total(disallowed.map((each) => each.disallowed))),
    ];
  };
  return table(
    [
      { title: 'term' },
      { title: 'lots sold', ...right },
      { title: 'proceeds', ...right },
      { title: 'cost', ...right },
      { title: 'gain', ...right },
      { title: 'possibly washed', ...right },
    ],
    [
      ...TERMS.map((term) =>
        row(
          term,
          sales.filter((sale) => sale.term === term),
        ),
      ),
      row('both', sales),
    ],
  );
}

const saleKey = ({ sale, purchase }: TaxSale): string => `${sale.id} ${purchase.id}`;

function bridgeTable(bridge: readonly BridgeLine[]): string[] {
  const figures = (of: Omit<BridgeLine, 'symbol'>): string[] => [
    signedUsd(of.economic),
    signedUsd(of.crosses),
    signedUsd(of.other),
    signedUsd(of.lots),
    signedUsd(of.taxOther),
    signedUsd(of.tax),
    exactUsd(of.difference),
  ];
  return table(
    [
      { title: 'symbol' },
      { title: 'sleeves', ...right },
      { title: 'crosses', ...right },
      { title: 'leftovers', ...right },
      { title: 'other lots', ...right },
      { title: 'tax l.', ...right },
      { title: 'tax', ...right },
      { title: 'difference', ...right },
    ],
    [
      ...bridge.map((line) => [line.symbol, ...figures(line)]),
      ['all', ...figures(totalOf(bridge))],
    ],
  );
}

function totalOf(bridge: readonly BridgeLine[]): Omit<BridgeLine, 'symbol'> {
  const sum = (pick: (line: BridgeLine) => Money): Money => total(bridge.map(pick));
  return {
    economic: sum((line) => line.economic),
    crosses: sum((line) => line.crosses),
    other: sum((line) => line.other),
    lots: sum((line) => line.lots),
    taxOther: sum((line) => line.taxOther),
    tax: sum((line) => line.tax),
    difference: sum((line) => line.difference),
  };
}

function deferredLines({ deferred }: TaxReport): string[] {
  if (deferred === null) return [];
  const economic = total(deferred.map((line) => line.economic));
  const tax = total(deferred.map((line) => line.tax));
  const between = subtract(economic, tax);
  return [
    `Shares held cost the sleeves ${usd(economic)} USD and the account ${usd(tax)} USD for tax;`,
    between < 0n
      ? `the ${usd(negate(between))} USD between them were realised for tax and not yet by the sleeves.`
      : `the ${usd(between)} USD between them were realised by the sleeves and not yet for tax.`,
    '',
  ];
}

function washLines(washed: readonly WashSale[], each: boolean): string[] {
  if (washed.length === 0)
    return ['No possible wash sale: nothing sold at a loss was bought within 30 days.', ''];
  return [
    `Possible wash sales: sold at a loss, and bought within ${WASH_DAYS} days before or after`,
    '',
    ...(each ? washTable(washed) : washSums(washed)),
    '',
  ];
}

/** Whether somebody bought who did not sell: nobody who looks at one strategy would see it. */
const isAcross = ({ sale, replacement }: WashSale): boolean =>
  replacement.sleeves.some((sleeve) => !sale.sleeves.includes(sleeve));

function washSums(washed: readonly WashSale[]): string[] {
  const row = (name: string, of: readonly WashSale[]): string[] => [
    name,
    String(of.length),
    usd(total(of.map((each) => each.disallowed))),
    usd(total(of.filter(isAcross).map((each) => each.disallowed))),
  ];
  const symbols = [...new Set(washed.map(({ symbol }) => symbol))].sort();
  return table(
    [
      { title: 'symbol' },
      { title: 'purchases', ...right },
      { title: 'loss USD', ...right },
      { title: 'of it bought by another sleeve', ...right },
    ],
    [
      ...symbols.map((symbol) =>
        row(
          symbol,
          washed.filter((each) => each.symbol === symbol),
        ),
      ),
      row('all', washed),
    ],
  );
}

function washTable(washed: readonly WashSale[]): string[] {
  return table(
    [
      { title: 'symbol' },
      { title: 'sold by', most: 30 },
      { title: 'bought by', most: 30 },
      { title: 'shares', ...right },
      { title: 'loss USD', ...right },
    ],
    washed.map(({ symbol, sale, replacement, quantity, disallowed }) => [
      symbol,
      `${sale.on} ${sale.sleeves.join(', ')}`,
      `${replacement.on} ${replacement.sleeves.join(', ')}`,
      roughShares(quantity),
      usd(disallowed),
    ]),
  );
}

function lotTable(lots: TaxLots): string[] {
  const rows = lots
    .symbols()
    .flatMap((symbol) =>
      lots
        .of(symbol)
        .map((lot) => [
          symbol,
          lot.on,
          roughShares(lot.quantity),
          usd(lot.cost),
          longFrom(lot.on),
          lot.sleeves.join(', '),
        ]),
    );
  return [
    'Lots held',
    '',
    ...table(
      [
        { title: 'symbol' },
        { title: 'acquired' },
        { title: 'shares', ...right },
        { title: 'cost', ...right },
        { title: 'long from' },
        { title: 'bought for', most: 30 },
      ],
      rows,
    ),
    '',
  ];
}

/** One row of a form: a lot, or a part of it, that was sold. */
export function saleRecord(sale: TaxSale, washed: readonly WashSale[]) {
  const matches = washed.filter(
    (each) => each.sale.id === sale.sale.id && each.sold.id === sale.purchase.id,
  );
  return {
    symbol: sale.symbol,
    quantity: format(sale.quantity),
    acquired: sale.acquired,
    sold: sale.sold,
    proceeds: format(sale.proceeds),
    cost: format(sale.cost),
    gain: format(sale.gain),
    term: sale.term,
    possiblyWashedShares: format(total(matches.map((each) => each.quantity))),
    possiblyWashedLoss: format(total(matches.map((each) => each.disallowed))),
    soldBy: sale.sale.sleeves.join(' '),
    boughtBy: sale.purchase.sleeves.join(' '),
    saleOrder: sale.sale.order,
    saleFill: sale.sale.id,
    purchaseOrder: sale.purchase.order,
    purchaseFill: sale.purchase.id,
  };
}

export const lotRecord = (symbol: Symbol, lot: Readonly<TaxLot>) => ({
  symbol,
  quantity: format(lot.quantity),
  acquired: lot.on,
  cost: format(lot.cost),
  boughtBy: lot.sleeves.join(' '),
  order: lot.order,
  fill: lot.id,
});

export const taxJson = (report: TaxReport): unknown => ({
  account: report.account,
  year: report.year,
  asOf: report.asOf,
  sales: report.sales.map((sale) => saleRecord(sale, report.washed)),
  totals: Object.fromEntries(
    TERMS.map((term) => {
      const of = report.sales.filter((sale) => sale.term === term);
      const sum = (pick: (sale: TaxSale) => Money): string => format(total(of.map(pick)));
      return [
        term,
        {
          proceeds: sum((sale) => sale.proceeds),
          cost: sum((sale) => sale.cost),
          gain: sum((sale) => sale.gain),
        },
      ];
    }),
  ),
  bridge: exactJson(report.bridge),
  bridgeTotal: exactJson(totalOf(report.bridge)),
  deferred: exactJson(report.deferred),
  possibleWashSales: exactJson(report.washed),
  lots: report.lots
    .symbols()
    .flatMap((symbol) => report.lots.of(symbol).map((lot) => lotRecord(symbol, lot))),
  unexplained: exactJson(report.unexplained),
});
