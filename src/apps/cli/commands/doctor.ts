// Stage: apps. The self-test before trading: everything that a cycle relies on, each with its remedy.
// Invariant: changes nothing; exits 0 only when no check failed.
import { timestamp, type Timestamp } from '../../../domain/time.ts';
import { openBroker, type BrokerAccess } from '../brokerAccess.ts';
import {
  checkActions,
  checkArming,
  checkAssets,
  checkBooks,
  checkLease,
  checkPermissions,
} from '../doctor/accountChecks.ts';
import {
  checkAccount,
  checkCalendar,
  checkKeys,
  checkQuotes,
  checkSkew,
  checkTradeUpdates,
} from '../doctor/brokerChecks.ts';
import { runCheck, skipped, type CheckResult, type Finding } from '../doctor/check.ts';
import {
  checkBars,
  checkDisk,
  checkHome,
  checkJournal,
  checkKillSwitch,
} from '../doctor/machineChecks.ts';
import { loadConfig, type LoadedConfig } from '../loadConfig.ts';
import { EXIT, type ExitCode, type Output } from '../usage.ts';

export interface DoctorOptions {
  readonly config: string;
  readonly home: string;
  readonly json?: boolean;
}

export async function doctor(options: DoctorOptions, output: Output): Promise<ExitCode> {
  const loaded = await loadConfig(options.config);
  const results = await examine(loaded, options.home);
  const failures = results.filter(({ verdict }) => verdict === 'failed').length;
  if (options.json === true) output.line(JSON.stringify({ ok: failures === 0, checks: results }));
  else for (const line of doctorLines(results)) output.line(line);
  return failures === 0 ? EXIT.ok : EXIT.found;
}

/** Every check, in the order in which a failure explains those after it. */
export async function examine(loaded: LoadedConfig, home: string): Promise<CheckResult[]> {
  const results: CheckResult[] = [
    await runCheck('configuration', () => ({
      verdict: 'ok',
      found: `${loaded.file}, ${loaded.strategies.size} strategies`,
      remedy: '',
    })),
    await runCheck('folder', () => checkHome(home)),
    await runCheck('disk', () => checkDisk(home)),
    await runCheck('journal', () => checkJournal(home)),
    await runCheck('kill switch', () => checkKillSwitch(home)),
  ];
  const { checks, now } = await examineBroker(loaded, home);
  results.push(...checks, await runCheck('bars', () => checkBars(loaded, now)));
  return results;
}

async function examineBroker(
  loaded: LoadedConfig,
  home: string,
): Promise<{ checks: CheckResult[]; now: Timestamp }> {
  const { broker: config } = loaded.config;
  const machine = timestamp(new Date(Date.now()).toISOString());
  if (config?.kind !== 'alpaca') {
    const found = 'the built-in paper exchange needs none';
    return { checks: [await runCheck('broker', () => skipped(found))], now: machine };
  }
  const checks = [await runCheck('keys', () => checkKeys(config, home))];
  const way: { access?: BrokerAccess } = {};
  checks.push(
    await runCheck('broker', async () => {
      way.access = await openBroker(config, { home });
      return checkAccount(way.access);
    }),
  );
  const { access } = way;
  if (access === undefined) return { checks, now: machine };
  const symbols = [...loaded.strategies.values()].flatMap(({ reads }) => reads);
  const rest: readonly (readonly [string, () => Finding | Promise<Finding>])[] = [
    ['permissions', () => checkPermissions(access, loaded)],
    ['arming', () => checkArming(access, config)],
    ['assets', () => checkAssets(access, loaded)],
    ['lease', () => checkLease(access, config)],
    ['books', () => checkBooks(access, loaded, home)],
    ['clock', () => checkSkew(access, config)],
    ['calendar', () => checkCalendar(access)],
    ['trade updates', () => checkTradeUpdates(config, home)],
    ['quotes', () => checkQuotes(config, home, symbols)],
    ['actions', () => checkActions(loaded, access)],
  ];
  for (const [name, look] of rest) checks.push(await runCheck(name, look));
  return { checks, now: access.clock.now() };
}

/** One line a check, its remedy below it; then the sum. */
export function doctorLines(results: readonly CheckResult[]): string[] {
  const width = Math.max(...results.map(({ check }) => check.length));
  const lines = results.flatMap(({ check, verdict, found, remedy }) => [
    `${verdict.padEnd(7)}  ${check.padEnd(width)}  ${found}`,
    ...(remedy === '' ? [] : [`${' '.repeat(9)}${' '.repeat(width)}  → ${remedy}`]),
  ]);
  const count = (of: CheckResult['verdict']): number =>
    results.filter(({ verdict }) => verdict === of).length;
  return [
    ...lines,
    `${count('ok')} ok, ${count('warning')} warnings, ${count('failed')} failed, ${count('skipped')} skipped`,
  ];
}
