// Stage: app. The daily bars from the broker, kept on this machine.
// Invariant: only `sync` writes.
import type { Command } from 'commander';
import { dataStatus, dataSync, type DataOptions } from './commands/data.ts';
import type { End, Output } from './usage.ts';

export function addDataCommands(command: Command, output: Output, end: End): void {
  const options = (): DataOptions => command.opts<DataOptions>();
  command
    .command('sync')
    .description('bring them up to the last session that is final; made to run after each close')
    .action(async () => end(await dataSync(options(), output)));
  command
    .command('status')
    .description('what is held, and whether it is fresh')
    .action(async () => end(await dataStatus(options(), output)));
}
