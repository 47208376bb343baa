// Stage: app. Commands about sleeves and their money: who has what, transfers, deposits, withdrawals.
// Invariant: money is asked for here and moves in a cycle, as far as it is confirmed.
import {
  deposit,
  transfer,
  withdraw,
  type CapitalOptions,
  type TransferOptions,
} from './commands/capital.ts';
import type { ReadOptions } from './commands/holdings.ts';
import { sleeves } from './commands/sleeves.ts';
import type { AddCommand, End, Output } from './usage.ts';

export function addCapitalCommands(
  account: AddCommand,
  reader: AddCommand,
  output: Output,
  end: End,
): void {
  reader('sleeves', 'life, capital, cash and dues of every sleeve').action(
    async (options: ReadOptions) => end(await sleeves(options, output)),
  );
  account('transfer', 'move cash between two sleeves, as far as it is confirmed')
    .option('--from <sleeve>', 'who gives (required)')
    .option('--to <sleeve>', 'who gets (required)')
    .option('--amount <usd>', 'how much (required)')
    .action(async (options: TransferOptions) => end(await transfer(options, output)));
  account('deposit', 'bring money into the paper account; it belongs to house')
    .option('--amount <usd>', 'how much (required)')
    .action(async (options: CapitalOptions) => end(await deposit(options, output)));
  account('withdraw', 'take money out of the paper account; sleeves raise what house lacks')
    .option('--amount <usd>', 'how much (required)')
    .action(async (options: CapitalOptions) => end(await withdraw(options, output)));
}
