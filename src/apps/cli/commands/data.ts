// Stage: apps. The local store of daily bars: bringing it up to date, and what it holds.
// Invariant: a sync is written whole or not at all; what is behind is said, never passed over.
import { BarStore } from '../../../adapters/market-data-alpaca/barStore.ts';
import { lastFinal } from '../../../adapters/market-data-alpaca/syncBars.ts';
import { timestamp } from '../../../domain/time.ts';
import { compareText } from '../../../domain/units/units.ts';
import { openBroker, storeFolder, syncStore } from '../brokerAccess.ts';
import { loadConfig, type LoadedConfig } from '../loadConfig.ts';
import { table } from '../table.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';

export interface DataOptions {
  readonly config: string;
  readonly home: string;
  readonly json?: boolean;
}

/** Brings the store up to the last final session. Made to run after each close. */
export async function dataSync(options: DataOptions, output: Output): Promise<ExitCode> {
  const loaded = await loadConfig(options.config);
  const { broker } = loaded.config;
  storeFolder(loaded);
  if (broker?.kind !== 'alpaca') {
    throw new UsageError(
      'The configuration names no broker to take bars from: expected broker: { kind: "alpaca", … }, found the paper exchange. Nothing was changed.',
    );
  }
  const access = await openBroker(broker, { home: options.home });
  const report = await syncStore(loaded, access, broker.feed, access.clock.now());
  if (options.json === true) {
    output.line(
      JSON.stringify({
        upTo: report.upTo,
        added: Object.fromEntries(report.added),
        rewritten: Object.fromEntries(report.rewritten),
        behind: report.behind,
      }),
    );
  } else {
    const bars = [...report.added.values()].reduce((sum, count) => sum + count, 0);
    output.line(`bars up to ${report.upTo}: ${bars} added in ${report.added.size} symbols`);
    for (const [symbol, reason] of report.rewritten)
      output.line(`${symbol}: written again, ${reason}`);
    if (report.behind.length > 0)
      output.line(`no bar of ${report.upTo}: ${report.behind.join(', ')}`);
  }
  return report.behind.length === 0 ? EXIT.ok : EXIT.found;
}

/** What the store holds, without asking the broker. */
export async function dataStatus(options: DataOptions, output: Output): Promise<ExitCode> {
  const loaded = await loadConfig(options.config);
  const upTo = lastFinal(timestamp(new Date(Date.now()).toISOString()));
  const rows = heldRows(loaded);
  const behind = rows.filter(({ last }) => last < upTo);
  if (options.json === true) output.line(JSON.stringify({ upTo, symbols: rows }));
  else {
    const cells = rows.map((row) => [
      row.symbol,
      row.first,
      row.last,
      String(row.count),
      row.syncedAt,
      row.notices.join('; ') || row.lastRewrite,
    ]);
    const titles = ['symbol', 'first', 'last', 'bars', 'synced', 'remark'];
    for (const line of table(
      titles.map((title) => ({ title })),
      cells,
    ))
      output.line(line);
    output.line(
      behind.length === 0
        ? `fresh: every symbol has its bar of ${upTo}`
        : `behind ${upTo}: ${behind.map(({ symbol }) => symbol).join(', ')}. Run \`assay data sync\`.`,
    );
  }
  return behind.length === 0 ? EXIT.ok : EXIT.found;
}

export interface HeldRow {
  readonly symbol: string;
  readonly first: string;
  readonly last: string;
  readonly count: number;
  readonly syncedAt: string;
  readonly rewrites: number;
  readonly lastRewrite: string;
  /** Corporate actions without a rule in this version. */
  readonly notices: readonly string[];
}

/** Every symbol that the strategies read; one that is not held has no bar. */
export function heldRows(loaded: LoadedConfig): HeldRow[] {
  const store = new BarStore(storeFolder(loaded));
  try {
    const symbols = new Set([...loaded.strategies.values()].flatMap(({ reads }) => reads));
    const notices = store.notices([...symbols]);
    return [...symbols].sort(compareText).map((symbol) => {
      const held = store.held(symbol);
      return {
        symbol,
        first: held?.first ?? '',
        last: held?.last ?? '',
        count: held?.count ?? 0,
        syncedAt: held?.syncedAt ?? '',
        rewrites: held?.rewrites ?? 0,
        lastRewrite: held?.lastRewrite ?? '',
        notices: notices
          .filter((notice) => notice.symbol === symbol)
          .map(({ date, text }) => `${date} ${text}`),
      };
    });
  } finally {
    store.close();
  }
}
