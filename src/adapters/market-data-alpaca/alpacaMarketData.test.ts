// Stage: tests. The store of bars as a market, and what a sync does to it.
// Invariant: the source is a list of bars as Alpaca sends them; what is stored is final, whole and of one adjustment.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { marketDataContract } from '../../../test/contracts/marketData.ts';
import { nextSession, sessionsBetween } from '../../domain/calendar.ts';
import { asSymbol, type Symbol } from '../../domain/market.ts';
import { session, timestamp, type Session, type Timestamp } from '../../domain/time.ts';
import { parsePrice } from '../../domain/units/units.ts';
import type { CorporateActionsWire } from '../../wire/alpaca/corporateActions.ts';
import type { BarWire } from '../../wire/alpaca/marketData.ts';
import { openAlpacaMarketData } from './alpacaMarketData.ts';
import { BarStore } from './barStore.ts';
import { lastFinal, syncBars, type BarSource, type SyncReport } from './syncBars.ts';

const [KO, PEP] = ['KO', 'PEP'].map((text) => asSymbol(text) as Symbol) as [Symbol, Symbol]; // symbols
const SESSIONS = sessionsBetween(session('2026-08-03'), session('2026-10-08'));
const FIRST = session('2026-08-03');
/** After the close of 8 October and its bar's finality: 16:20 in New York. */
const EVENING = timestamp('2026-10-08T20:20:00.000Z');

interface Source extends BarSource {
  readonly raw: Map<string, BarWire[]>;
  readonly adjusted: Map<string, BarWire[]>;
  actions: CorporateActionsWire;
  readonly asked: string[];
}

function sourceOf(symbols: readonly string[]): Source {
  const raw = new Map(
    symbols.map((symbol, of) => [symbol, SESSIONS.map((date, n) => wire(date, 50 + of + n / 10))]),
  );
  const adjusted = new Map(
    [...raw].map(([symbol, bars]) => [symbol, bars.map((bar) => ({ ...bar, c: bar.c * 0.99 }))]),
  );
  const asked: string[] = [];
  const source: Source = {
    raw,
    adjusted,
    actions: {},
    asked,
    dailyBars: async (wanted, { from, to }, adjustment) => {
      asked.push(`${adjustment} ${wanted.join(',')} ${from} ${to}`);
      const of = adjustment === 'raw' ? raw : adjusted;
      const within = ({ t }: BarWire): boolean => t.slice(0, 10) >= from && t.slice(0, 10) <= to;
      return new Map(wanted.map((symbol) => [symbol, (of.get(symbol) ?? []).filter(within)]));
    },
    corporateActions: async (wanted, { from, to }) => {
      asked.push(`actions ${wanted.join(',')} ${from} ${to}`);
      return [source.actions];
    },
  };
  return source;
}

/** Midnight in New York, in summer. */
const wire = (date: string, close: number): BarWire => ({
  t: `${date}T04:00:00Z`,
  o: close,
  h: close + 1,
  l: close - 1,
  c: close,
  v: 1000,
});

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bars-'));
  folders.push(folder);
  return folder;
};

async function sync(
  folder: string,
  source: BarSource,
  now: Timestamp = EVENING,
  from: Session = FIRST,
  symbols: readonly Symbol[] = [KO, PEP],
): Promise<SyncReport> {
  const store = new BarStore(folder);
  try {
    const needs = new Map(symbols.map((symbol) => [symbol, from]));
    return await syncBars({ store, source, needs, now });
  } finally {
    store.close();
  }
}

const [whole, shorter] = [newFolder(), newFolder()];
const actions: CorporateActionsWire = {
  cash_dividends: [
    {
      id: 'd2',
      symbol: 'KO',
      rate: 0.51,
      process_date: '2026-10-01',
      ex_date: '2026-09-14',
      payable_date: '2026-10-01',
    },
    // With due bills: payable before its ex-date.
    {
      id: 'd1',
      symbol: 'PEP',
      rate: 1.4,
      process_date: '2026-09-15',
      ex_date: '2026-09-14',
      payable_date: '2026-09-10',
    },
  ],
  forward_splits: [
    {
      id: 's1',
      symbol: 'PEP',
      new_rate: 1.5,
      old_rate: 1,
      process_date: '2026-09-01',
      ex_date: '2026-09-01',
    },
  ],
};
const contractSource = sourceOf(['KO', 'PEP']);
contractSource.actions = actions;
await sync(whole, contractSource);
await sync(shorter, contractSource, timestamp('2026-10-06T20:20:00.000Z'));
marketDataContract('the store of Alpaca’s bars', {
  open: () => openAlpacaMarketData({ folder: whole, symbols: ['PEP', 'KO'] }),
  openShorter: () => openAlpacaMarketData({ folder: shorter, symbols: ['PEP', 'KO'] }),
  unknown: 'ZZZ',
});

describe('a sync', () => {
  let folder: string;
  let source: Source;
  beforeEach(() => {
    folder = newFolder();
    source = sourceOf(['KO', 'PEP']);
  });
  const opened = () => openAlpacaMarketData({ folder, symbols: ['KO', 'PEP'] });

  it('keeps prices as traded, and the adjusted close beside them', async () => {
    await sync(folder, source);
    const bars = opened().bars(KO);
    expect(bars?.close.at(-1)).toBe(54_700_000_000n);
    expect(bars?.adjustedClose.at(-1)).toBe((source.raw.get('KO')?.at(-1)?.c ?? 0) * 0.99);
    expect(bars?.sessions).toEqual(SESSIONS);
  });

  it.each([
    ['before the open', '2026-10-08T12:00:00.000Z', '2026-10-07'],
    ['in the session', '2026-10-08T19:00:00.000Z', '2026-10-07'],
    ['at the close', '2026-10-08T20:00:00.000Z', '2026-10-07'],
    ['a moment too early', '2026-10-08T20:19:59.999Z', '2026-10-07'],
    ['when it is final', '2026-10-08T20:20:00.000Z', '2026-10-08'],
    ['on a Saturday', '2026-10-10T15:00:00.000Z', '2026-10-09'],
    ['after an early close', '2026-11-27T18:20:00.000Z', '2026-11-27'],
  ])('%s holds sessions to the last that is final', async (_name, now, upTo) => {
    expect(lastFinal(timestamp(now))).toBe(upTo);
    const report = await sync(folder, source, timestamp(now));
    expect(report.upTo).toBe(upTo);
    expect(opened().bars(KO)?.sessions.at(-1)).toBe(upTo < '2026-10-08' ? upTo : '2026-10-08');
    expect(report.behind).toEqual(upTo > '2026-10-08' ? ['KO', 'PEP'] : []);
  });

  it('adds what is new, asking again for five sessions only', async () => {
    await sync(folder, source, timestamp('2026-10-07T20:20:00.000Z'));
    source.asked.length = 0;
    const report = await sync(folder, source);
    expect([...report.added]).toEqual([
      ['KO', 1],
      ['PEP', 1],
    ]);
    expect(source.asked).toEqual([
      'raw KO,PEP 2026-09-30 2026-10-08',
      'all KO,PEP 2026-09-30 2026-10-08',
      // By process date: 30 sessions back for late ones, 120 days ahead for dividends not paid yet.
      'actions KO,PEP 2026-08-25 2027-02-05',
    ]);
  });

  it('does nothing the second time', async () => {
    await sync(folder, source);
    const before = opened()
      .bars(KO)
      ?.version(SESSIONS.length - 1);
    const report = await sync(folder, source);
    expect([report.added.size, report.rewritten.size]).toEqual([0, 0]);
    expect(
      opened()
        .bars(KO)
        ?.version(SESSIONS.length - 1),
    ).toBe(before);
  });

  it('writes a history again whose adjustment changed, and no other', async () => {
    await sync(folder, source, timestamp('2026-10-07T20:20:00.000Z'));
    for (const bar of source.adjusted.get('KO') ?? []) bar.c *= 0.98;
    const report = await sync(folder, source);
    expect([...report.rewritten.keys()]).toEqual(['KO']);
    expect(report.rewritten.get(KO)).toContain('adjustment of 2026-09-30 changed');
    const bars = opened().bars(KO);
    expect([...(bars?.adjustedClose ?? [])]).toEqual(source.adjusted.get('KO')?.map(({ c }) => c));
    const store = new BarStore(folder);
    expect(store.held('KO')).toMatchObject({ rewrites: 1, count: SESSIONS.length });
    expect(store.held('PEP')).toMatchObject({ rewrites: 0 });
    store.close();
  });

  it.each<readonly [string, (bars: BarWire[]) => void, string]>([
    ['corrected', (bars) => void (bars.at(-2) as BarWire).v++, 'corrected'],
    ['withdrawn', (bars) => void bars.splice(-2, 1), 'withdrawn'],
  ])('sees a bar that was %s', async (_name, change, why) => {
    await sync(folder, source);
    change(source.raw.get('KO') ?? []);
    if (why === 'withdrawn') {
      await expect(sync(folder, source)).rejects.toThrow('became fewer');
      expect(opened().bars(KO)?.sessions).toEqual(SESSIONS);
    } else {
      expect((await sync(folder, source)).rewritten.get(KO)).toContain(why);
    }
  });

  it('fills back what a strategy needs besides', async () => {
    await sync(folder, source, EVENING, session('2026-09-01'));
    expect(opened().bars(KO)?.sessions[0]).toBe('2026-09-01');
    const report = await sync(folder, source);
    expect(report.rewritten.get(KO)).toBe('history from 2026-08-03 needed');
    expect(opened().bars(KO)?.sessions).toEqual(SESSIONS);
  });

  it.each<readonly [string, (bars: BarWire[]) => void, string]>([
    [
      'a low above its close',
      (bars) => void ((bars[3] as BarWire).l = 999),
      'low: expected at most',
    ],
    [
      'a high below its open',
      (bars) => void ((bars[3] as BarWire).h = 1),
      'high: expected at least',
    ],
    [
      'a price of zero',
      (bars) => void ((bars[3] as BarWire).l = 0),
      'low: expected a price above 0',
    ],
    [
      'half a share of volume',
      (bars) => void ((bars[3] as BarWire).v = 0.5),
      'volume: expected whole',
    ],
    ['a Sunday', (bars) => void ((bars[3] as BarWire).t = '2026-08-09T04:00:00Z'), 'weekend'],
    ['a session twice', (bars) => void bars.splice(3, 0, bars[3] as BarWire), 'a session after'],
  ])('that brings %s writes nothing', async (_name, change, message) => {
    change(source.raw.get('PEP') ?? []);
    await expect(sync(folder, source)).rejects.toThrow(message);
    expect(opened).toThrow('lacks KO, PEP');
  });

  it('knows a dividend before its ex-date, and forgets one that was called off', async () => {
    const announced = {
      id: 'd9',
      symbol: 'KO',
      rate: 0.5,
      process_date: '2026-11-16',
      ex_date: '2026-10-09',
      payable_date: '2026-11-16',
    };
    source.actions = { cash_dividends: [announced] };
    await sync(folder, source);
    expect(opened().corporateActions).toMatchObject([{ id: 'd9', exDate: '2026-10-09' }]);
    source.actions = { cash_dividends: [{ ...announced, ex_date: '2026-10-12' }] };
    await sync(folder, source);
    expect(opened().corporateActions).toMatchObject([{ id: 'd9', exDate: '2026-10-12' }]);
    source.actions = {};
    await sync(folder, source);
    expect(opened().corporateActions).toEqual([]);
  });

  it('keeps what has happened, whatever the source lists later', async () => {
    source.actions = actions;
    await sync(folder, source);
    const before = opened().corporateActions;
    source.actions = {};
    await sync(folder, source);
    expect(opened().corporateActions).toEqual(before);
    expect(before).toHaveLength(3);
  });

  it('shows what is listed now of what has happened: another amount, another symbol', async () => {
    source.actions = actions;
    await sync(folder, source);
    const [first, second] = actions.cash_dividends ?? [];
    if (first === undefined || second === undefined) throw new Error('two dividends are listed');
    source.actions = {
      cash_dividends: [
        { ...first, rate: 0.55 },
        { ...second, symbol: 'KO' },
      ],
    };
    await sync(folder, source);
    const found = opened().corporateActions.filter(({ kind }) => kind === 'dividend');
    expect(found.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toMatchObject([
      { id: 'd1', symbol: 'KO', perShare: parsePrice('1.4') },
      { id: 'd2', symbol: 'KO', perShare: parsePrice('0.55') },
    ]);
    const of = openAlpacaMarketData({ folder, symbols: ['PEP'] }).corporateActions;
    expect(of.map(({ id }) => id)).toEqual(['s1']);
  });

  it('keeps mergers for cash and symbol changes as actions, where their fields suffice', async () => {
    const on = { process_date: '2026-10-02' };
    source.actions = {
      name_changes: [
        { id: 'n1', old_symbol: 'KO', new_symbol: 'COKE', ...on },
        { id: 'n2', old_symbol: 'PEP', new_symbol: 'PEP', ...on },
      ],
      cash_mergers: [
        { id: 'm1', acquiree_symbol: 'KO', rate: 61.25, effective_date: '2026-10-05', ...on },
        // A Saturday.
        {
          id: 'm2',
          acquiree_symbol: 'PEP',
          rate: 170,
          effective_date: '2026-10-05',
          payable_date: '2026-10-10',
          ...on,
        },
        { id: 'm3', acquiree_symbol: 'PEP', effective_date: '2026-10-06', ...on },
      ],
    };
    await sync(folder, source);
    expect(opened().corporateActions).toEqual([
      { kind: 'symbol_change', id: 'n1', symbol: KO, exDate: '2026-10-02', newSymbol: 'COKE' },
      {
        kind: 'merger',
        id: 'm1',
        symbol: KO,
        exDate: '2026-10-05',
        payDate: '2026-10-05',
        perShare: 61_250_000_000n,
      },
      {
        kind: 'merger',
        id: 'm2',
        symbol: PEP,
        exDate: '2026-10-05',
        payDate: '2026-10-12',
        perShare: 170_000_000_000n,
      },
    ]);
    const store = new BarStore(folder);
    expect(store.notices(['KO', 'PEP']).map(({ text }) => text)).toEqual([
      'name change to PEP, not applied: its symbols are one, or none of ours',
      'cash merger, not applied: what a share is given up for is not published',
    ]);
    store.close();
  });

  it('keeps dividends and splits as actions, kinds without a rule as notices', async () => {
    source.actions = {
      ...actions,
      spin_offs: [
        {
          id: 'n',
          source_symbol: 'KO',
          source_rate: 4,
          new_symbol: 'FIZZ',
          new_rate: 1,
          process_date: '2026-10-01',
          ex_date: '2026-10-01',
        },
      ],
    };
    await sync(folder, source);
    expect(opened().corporateActions).toEqual([
      { kind: 'split', id: 's1', symbol: PEP, exDate: '2026-09-01', newShares: 15, oldShares: 10 },
      {
        kind: 'dividend',
        id: 'd1',
        symbol: PEP,
        exDate: '2026-09-14',
        payDate: nextSession(session('2026-09-14')),
        perShare: 1_400_000_000n,
      },
      {
        kind: 'dividend',
        id: 'd2',
        symbol: KO,
        exDate: '2026-09-14',
        payDate: '2026-10-01',
        perShare: 510_000_000n,
      },
    ]);
    const store = new BarStore(folder);
    expect(store.notices(['KO'])).toEqual([
      {
        symbol: 'KO',
        date: '2026-10-01',
        text: 'spin off to FIZZ, not applied: the part of the cost that goes with the new shares is not published',
      },
    ]);
    store.close();
  });
});
