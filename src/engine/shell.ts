// Stage: shell. What the engine works with: ports, strategies, the ledger.
// Invariant: the engine sees the world through these and nothing else.
import type { SleeveId } from '../domain/sleeve.ts';
import type { Broker } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { KillSwitch } from '../ports/killSwitch.ts';
import type { MarketData } from '../ports/marketData.ts';
import type { Strategy } from '../strategy/strategy.ts';
import type { LedgerKeeper } from './ledgerKeeper.ts';

export interface Shell {
  readonly ledger: LedgerKeeper;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly killSwitch: KillSwitch;
  readonly market: MarketData;
  /** One strategy a sleeve. */
  readonly strategies: ReadonlyMap<SleeveId, Strategy>;
}

/** The cycle cannot go on without a person: says why and what to do. Nothing was guessed. */
export class CycleHalted extends Error {
  override readonly name = 'CycleHalted';
}
