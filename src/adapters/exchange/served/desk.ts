// Stage: paper exchange, served. The exchange as a running thing: core, log and time together.
// Invariant: a command is run at an instant, kept with it, and answered after it is on disk.
import type { OrderWire } from '../../../wire/alpaca/order.ts';
import { noCommandLog, openCommandLog, type CommandLog } from './commandLog.ts';
import { MINUTE, type Micros } from './instant.ts';
import { Refused } from './refusal.ts';
import { Venue } from './venue.ts';
import type { VenueCommand } from './venueCommand.ts';
import type { VenueState } from './venueState.ts';
import type { VenueSettings } from './venueSettings.ts';

export interface DeskOptions {
  readonly settings: VenueSettings;
  /** File of the commands; null for an exchange that ends with its process. */
  readonly commandFile: string | null;
}

export class Desk {
  readonly settings: VenueSettings;
  readonly #venue: Venue;
  readonly #log: CommandLog;
  #reached: Micros = 0;
  #told = 0;

  /** Runs what was asked before, up to the instant reached then. @throws BookError */
  constructor({ settings, commandFile }: DeskOptions) {
    this.settings = settings;
    this.#log =
      commandFile === null ? noCommandLog : openCommandLog(commandFile, identityOf(settings));
    this.#venue = new Venue(settings);
    for (const { at, command } of this.#log.earlier) {
      this.#venue.advance(at);
      this.#again(command);
    }
    if (this.#log.reached !== null) this.#venue.advance(this.#log.reached);
  }

  get state(): VenueState {
    return this.#venue.state;
  }

  /** Remembers the instant when something happened, and once a minute. */
  advance(to: Micros): void {
    this.#venue.advance(to);
    const { now, ring } = this.state;
    if (ring.next === this.#told && now - this.#reached < MINUTE) return;
    this.#told = ring.next;
    this.#reached = now;
    this.#log.reach(now);
  }

  /** @throws Refused when the exchange refuses; the command is kept all the same: it drew chances */
  run(command: VenueCommand): OrderWire | readonly OrderWire[] | null {
    this.#log.append(this.state.now, command);
    return this.#venue.run(command);
  }

  close(): void {
    this.#log.reach(this.state.now);
    this.#log.close();
    this.state.activities.close();
  }

  #again(command: VenueCommand): void {
    try {
      this.#venue.run(command);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
}

const identityOf = (settings: VenueSettings): string =>
  JSON.stringify({
    account: settings.accountId,
    seed: settings.seed,
    cash: String(settings.openingCash),
    multiplier: settings.multiplier,
    startsAt: settings.startsAt,
    halfSpreadBps: String(settings.halfSpreadBps),
    partial: String(settings.partialPerMille),
    fees: settings.fees,
    dividends: settings.dividends,
    market: settings.market.name,
    faults: settings.faults,
  });
