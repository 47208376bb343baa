// Stage: apps. The self-test of this machine: folder, disk, journal, bars.
// Invariant: reads only; the journal is opened as a command would open it and changed by nothing.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { killFile } from '../../../adapters/kill-switch-file/killSwitch.ts';
import { openJournal } from '../../../adapters/journal-sqlite/journal.ts';
import { lastFinal } from '../../../adapters/market-data-alpaca/syncBars.ts';
import type { Timestamp } from '../../../domain/time.ts';
import { LedgerKeeper } from '../../../engine/ledgerKeeper.ts';
import { filesOf, hasJournal, openMarket } from '../compose.ts';
import { heldRows } from '../commands/data.ts';
import type { LoadedConfig } from '../loadConfig.ts';
import { failed, ok, skipped, warning, type Finding } from './check.ts';

const GIBIBYTE = 1024 ** 3;
const ENOUGH_BYTES = GIBIBYTE;
const LEAST_BYTES = GIBIBYTE / 10;

/** The working folder: there, writable, and not for others to write. */
export function checkHome(home: string): Finding {
  const held = statSync(home, { throwIfNoEntry: false });
  if (held === undefined) return ok(`${home} is not there yet: the first run makes it`);
  if (!held.isDirectory())
    return failed(`${home} is no folder: expected one`, 'Name another --home.');
  accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
  const mode = (held.mode & 0o777).toString(8);
  return (held.mode & 0o022) === 0
    ? ok(`${home} is writable, permissions 0${mode}`)
    : warning(
        `others may write in ${home}: expected 0755 or narrower, found 0${mode}`,
        `Run: chmod go-w ${home}`,
      );
}

export function checkDisk(home: string): Finding {
  const { bavail, bsize } = statfsSync(nearestFolder(home));
  const free = bavail * bsize;
  const shown = `${(free / GIBIBYTE).toFixed(1)} GiB free where ${home} is`;
  if (free >= ENOUGH_BYTES) return ok(shown);
  const finding = free >= LEAST_BYTES ? warning : failed;
  return finding(
    `${shown}: expected at least 1 GiB`,
    'Make room: a journal that cannot be written stops the cycle.',
  );
}

/** The kill switch: pulled, it stops every new order. */
export function checkKillSwitch(home: string): Finding {
  const { kill } = filesOf(home);
  const pulled = killFile(kill).read();
  return pulled === null
    ? ok(`not pulled: ${kill} is not there`)
    : warning(`pulled: ${pulled.reason}`, `No order leaves before ${kill} is removed.`);
}

/** Reads the whole journal: every hash, and every table against what follows from the events. */
export function checkJournal(home: string): Finding {
  const { journal: file } = filesOf(home);
  if (!hasJournal(home)) return skipped(`no journal in ${home} yet`);
  const journal = openJournal(file);
  try {
    const { state } = LedgerKeeper.open(journal);
    const open = state.cycle?.opened.cycle;
    const shown = `${file} is whole, last cycle ${state.lastCycle ?? 'none'}`;
    return open === undefined
      ? ok(shown)
      : warning(`${shown}; the cycle of ${open} is open`, 'Finish it with `assay run`.');
  } finally {
    journal.close();
  }
}

/** Whether the bars hold the last session that is final. */
export function checkBars(loaded: LoadedConfig, now: Timestamp): Finding {
  const upTo = lastFinal(now);
  if (loaded.config.market.kind === 'synthetic') return skipped('a synthetic market needs no bars');
  const lasts =
    loaded.config.market.kind === 'alpaca'
      ? heldRows(loaded).map(({ symbol, last }) => ({ symbol, last }))
      : lastsOf(loaded);
  const behind = lasts.filter(({ last }) => last < upTo);
  if (behind.length === 0) return ok(`all ${lasts.length} symbols have their bar of ${upTo}`);
  return failed(
    `${behind.length} of ${lasts.length} symbols lack the bar of ${upTo}: ${behind
      .slice(0, 5)
      .map(({ symbol, last }) => `${symbol} (${last === '' ? 'none' : last})`)
      .join(', ')}`,
    loaded.config.market.kind === 'alpaca'
      ? 'Run `assay data sync`.'
      : 'Bring the files of the folder up to date.',
  );
}

function lastsOf(loaded: LoadedConfig): { symbol: string; last: string }[] {
  const market = openMarket(loaded);
  return market.symbols.map((symbol) => ({
    symbol,
    last: market.bars(symbol)?.sessions.at(-1) ?? '',
  }));
}

function nearestFolder(path: string): string {
  const folder = resolve(path);
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}
