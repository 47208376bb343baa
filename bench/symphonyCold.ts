// Stage: bench. One symphony in a process of its own: nothing warm, and a peak of memory to read off.
// Invariant: prints one line of JSON; says nothing of the time that making the market took.
import { readFileSync } from 'node:fs';
import { loadSymphony } from '../src/symphony/loadSymphony.ts';
import { marketOf } from '../test/symphony/market.ts';

/** What a cold process measured; times in ms. */
export interface ColdFigures {
  readonly loadMs: number;
  /** 250 sessions over the bars they need, columns included. */
  readonly yearMs: number;
  /** All of 5,000 sessions, columns included. */
  readonly allMs: number;
  readonly decided: number;
  readonly peakMb: number;
}

export const ALL_SESSIONS = 5_000;
const YEAR = 250;

export function measureCold(file: string): ColdFigures {
  const source = readFileSync(file, 'utf8');
  const loadStart = performance.now();
  const loaded = loadSymphony({ source, file, id: 'cold' });
  const loadMs = performance.now() - loadStart;
  if (!loaded.ok) throw new Error(loaded.errors[0]?.message);
  const { strategy } = loaded;
  const needed = Math.max(...strategy.reads.map((symbol) => strategy.historyNeeded(symbol)));
  let decided = 0;
  const days = (from: number, count: number): number => {
    const market = marketOf(strategy.reads, from + count, 1);
    const start = performance.now();
    for (let t = from; t < from + count; t += 1) {
      if (strategy.evaluate(market.contextAt(t), { path: false }).kind === 'weights') decided += 1;
    }
    return performance.now() - start;
  };
  const yearMs = days(needed, YEAR);
  const allMs = days(0, ALL_SESSIONS);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  return { loadMs, yearMs, allMs, decided, peakMb };
}

const [, script, file] = process.argv;
if (file !== undefined && script === import.meta.filename)
  process.stdout.write(`${JSON.stringify(measureCold(file))}\n`);
