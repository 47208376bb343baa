// Stage: tests. The exchange's process killed in the middle of its work.
// Invariant: what was answered is in the book afterwards, and the run comes to the same book.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { account, openRun, trade } from '../../../test/contracts/exchangeRun.ts';

const RUN = fileURLToPath(new URL('../../../test/contracts/exchangeRun.ts', import.meta.url));
/** Orders, of 384, at which the process is killed; killed twice at some, before it got further. */
const KILLS = [1, 2, 30, 30, 71, 150, 151, 152, 260, 360];

/** Runs the course in a process of its own. @returns the steps it said before it ended, and whether it was killed */
async function runUntil(
  file: string,
  orders: number,
): Promise<{ readonly said: readonly string[]; readonly isKilled: boolean }> {
  const child = spawn(process.execPath, [RUN, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let said = '';
  child.stdout.setEncoding('utf8');
  for await (const chunk of child.stdout) {
    said += String(chunk);
    if (said.split(/ at | was /).length > orders) child.kill('SIGKILL');
  }
  await ended;
  return { said: said.split('\n').slice(0, -1), isKilled: child.signalCode === 'SIGKILL' };
}

it('comes to the same book when it is killed on the way', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'exchange-crash-'));
  try {
    const undisturbed = openRun(join(folder, 'undisturbed.db'));
    await trade(undisturbed, () => undefined);
    const expected = await account(undisturbed);
    undisturbed.close();

    const file = join(folder, 'killed.db');
    const promises = new Map<string, string>();
    let kills = 0;
    for (const orders of [...KILLS, Infinity]) {
      const { said, isKilled } = await runUntil(file, orders);
      if (isKilled) kills += 1;
      for (const line of said) {
        const [clientOrderId = '', verb, answer = ''] = line.split(' ');
        if (verb === 'at') continue;
        // An order once answered has the same answer in every later life of the process.
        expect(promises.get(clientOrderId) ?? answer).toBe(answer);
        promises.set(clientOrderId, answer);
      }
    }
    // Where the machine is slow the last kill may come after the last order.
    expect(kills).toBeGreaterThanOrEqual(KILLS.length - 1);
    const killed = openRun(file);
    expect(await account(killed)).toBe(expected);
    expect(promises.size).toBe(384);
    expect((await killed.fills({})).length).toBeGreaterThan(400);
    expect(await killed.activities({})).toHaveLength(2);
    killed.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
