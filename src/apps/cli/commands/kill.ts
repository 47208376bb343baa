// Stage: apps. Pulls the kill switch, and arms the account again.
// Invariant: a kill needs nothing but the folder; arming is recorded before the file goes.
import { existsSync } from 'node:fs';
import { killFile } from '../../../adapters/kill-switch-file/killSwitch.ts';
import { arm, isKilled } from '../../../engine/kill.ts';
import { filesOf, hasJournal, noAccount } from '../compose.ts';
import { openTradedAccount } from '../composeAlpaca.ts';
import { orRefuse } from '../files.ts';
import { loadConfig } from '../loadConfig.ts';
import { foldProgress } from '../readLedger.ts';
import { EXIT, UsageError, type ExitCode, type Output } from '../usage.ts';

export interface KillOptions {
  readonly home: string;
  readonly reason: string;
  readonly json?: boolean;
}

/** Works while another process trades: it is a file, seen before that process's next request. */
export function kill({ home, reason, json }: KillOptions, output: Output): ExitCode {
  if (!existsSync(home))
    throw new UsageError(
      `No folder ${home}: expected the working folder of the account to stop, found none. Nothing was stopped: an account elsewhere trades on. ` +
        'Name its folder with --home.',
    );
  const file = killFile(filesOf(home).kill);
  const before = file.read();
  orRefuse(`${file.place} cannot be written: expected a file that stops all orders`, () =>
    file.pull(reason),
  );
  const order = file.read();
  if (order === null)
    throw new UsageError(
      `${file.place} is gone again: expected it to stay until \`assay arm\`, found none. Orders may leave. Pull the switch again and see who removes it.`,
    );
  if (json === true) output.line(JSON.stringify({ killed: true, reason: order.reason }));
  else {
    if (before !== null)
      output.line(`It was killed before, and that reason stands: ${before.reason}.`);
    if (!hasJournal(home))
      output.line(`No account lies in ${home} yet: this stops the one that begins there.`);
    output.line(
      `killed: ${order.reason}. No request leaves from here on (${file.place}); orders at the broker stay as they are. \`assay arm\` lets orders go again.`,
    );
  }
  return EXIT.ok;
}

export interface ArmOptions extends KillOptions {
  readonly config: string;
  readonly data?: string;
}

export async function armAgain(options: ArmOptions, output: Output): Promise<ExitCode> {
  const { home, reason, data, json } = options;
  const file = killFile(filesOf(home).kill);
  if (!hasJournal(home)) {
    if (file.read() === null) throw noAccount(home);
    // Nothing was ever recorded here: the file is all there is.
    orRefuse(`${file.place} cannot be removed`, () => file.release());
    output.line(json === true ? JSON.stringify({ killed: false }) : 'armed');
    return EXIT.ok;
  }
  const account = await openTradedAccount(await loadConfig(options.config), {
    home,
    data,
    progress: foldProgress(output),
  });
  try {
    const { ledger } = account.shell;
    const was = ledger.state.kill?.reason ?? file.read()?.reason ?? null;
    if (was === null)
      throw new UsageError(
        `Nothing to arm in ${home}: expected a kill switch that was pulled, found none. Nothing was changed. Orders may leave already.`,
      );
    // A switch that no process has seen is recorded too.
    isKilled(account.shell);
    arm(account.shell, reason);
    orRefuse(`${file.place} cannot be removed`, () => file.release());
    output.line(
      json === true
        ? JSON.stringify({ killed: false, was })
        : `armed (it was killed: ${was}). Orders leave again from the next decision on; what was denied stays denied.`,
    );
    return EXIT.ok;
  } finally {
    account.close();
  }
}
