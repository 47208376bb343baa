// Stage: simulation. What strikes the program: crashes and errors before and after each step outside it.
// Invariant: a life of the process that has crashed does nothing more; faults depend on the seed alone.
import { BrokerError, type Broker } from '../../src/ports/broker.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { JournalError, type Journal, type TableChange } from '../../src/ports/journal.ts';
import type { Draws } from './draws.ts';
import type { Hits } from './hits.ts';
import type { FaultOptions } from './options.ts';

/** The process ends here. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** An error that the fault plan made: the program may go on in the same process. */
export type Injected = BrokerError | JournalError;

type Step =
  | 'append'
  | 'wait'
  | 'account'
  | 'assets'
  | 'quotes'
  | 'submit'
  | 'cancel'
  | 'orderByClientId'
  | 'orders'
  | 'fills'
  | 'amendments'
  | 'activities';
type Side = 'before' | 'inside' | 'after';

/** Faults that wait for a lost answer, where one may be struck. */
const KEPT = 3;

/** Draws when and how the program is struck; lives through every crash. */
export class FaultPlan {
  readonly #draws: Draws;
  readonly #hits: Hits;
  readonly #options: FaultOptions;
  #left: number;
  #wait: number;
  /** An answer was lost and nothing of it is recorded yet. */
  #unsettled = false;
  #takingUp = false;
  /** Set once a fault has struck where the exchange's time is no longer that of the calm run. */
  timeMoved = false;
  /** The last error injected, so that no other one passes for it. */
  injected: Injected | undefined;

  constructor(options: FaultOptions, draws: Draws, hits: Hits) {
    this.#options = options;
    this.#draws = draws;
    this.#hits = hits;
    this.#left = options.count;
    this.#wait = draws.whole(1, options.spacing);
  }

  /** Ends the faults, so that the run can be closed calmly. */
  stop(): void {
    this.#left = 0;
  }

  lostAnswer(): void {
    this.#unsettled = true;
    // Rare enough to be waited for.
    if (this.#options.strikesUnsettled) this.#wait = Math.min(this.#wait, this.#draws.whole(1, 10));
  }

  settled(): void {
    this.#unsettled = false;
  }

  /** Reaches a point at which a fault may strike. @throws Crash, or the error that the step gives */
  reach(step: Step, side: Side, life: Life): void {
    const { strikesUnsettled } = this.#options;
    if (this.#left === 0 || (this.#unsettled && !strikesUnsettled)) return;
    // The last ones are kept for lost answers, which are rare.
    if (strikesUnsettled && !this.#unsettled && this.#left <= KEPT) return;
    this.#wait -= 1;
    if (this.#wait > 0) return;
    const crashes = this.#draws.chance(0.65) || !canError(step, side);
    this.#left -= 1;
    // Now and then at once again, to strike the recovery itself.
    this.#wait = this.#draws.chance(0.3)
      ? this.#draws.whole(1, 8)
      : this.#draws.whole(1, this.#options.spacing);
    if (this.#unsettled) {
      this.timeMoved = true;
      this.#hits.hit(`${crashes ? 'crash' : 'error'} with a lost answer unsettled`);
    }
    this.#unsettled = false;
    this.#hits.hit(`${crashes ? 'crash' : 'error'} ${side} ${step}`);
    if (this.#takingUp) this.#hits.hit('crash while taking a cycle up again', crashes ? 1 : 0);
    this.#takingUp = true;
    if (crashes) {
      life.over = true;
      throw new Crash(`${side} ${step}`);
    }
    this.injected =
      step === 'append'
        ? new JournalError(`Injected: nothing was written (${side} ${step}).`)
        : new BrokerError(`Injected: no answer (${side} ${step}).`);
    throw this.injected;
  }

  /** A cycle was committed: what comes next takes nothing up. */
  wentOn(): void {
    this.#takingUp = false;
  }
}

/** Changes whose reading reaches a point halfway: the events are written by then, the tables are not. */
function interrupted(changes: readonly TableChange[], reach: () => void): readonly TableChange[] {
  const half = changes.length >> 1;
  const read = function* (): ArrayIterator<TableChange> {
    for (const [index, change] of changes.entries()) {
      if (index === half) reach();
      yield change;
    }
  };
  return Object.assign([...changes], { [Symbol.iterator]: read });
}

/** An append that returned cannot say afterwards that it failed; a clock does not fail. */
const canError = (step: Step, side: Side): boolean =>
  step !== 'wait' && !(step === 'append' && side !== 'before');

/** One life of the process, from opening its files to the crash. */
export interface Life {
  over: boolean;
}

/** A broker and clock whose every call is a point. */
export function strikeBroker(broker: Broker & Clock, plan: FaultPlan, life: Life): Broker & Clock {
  const point = async <T>(step: Step, act: () => Promise<T>): Promise<T> => {
    requireAlive(life, step);
    plan.reach(step, 'before', life);
    const answer = await act();
    plan.reach(step, 'after', life);
    return answer;
  };
  return {
    name: broker.name,
    consistent: broker.consistent === true,
    now: () => broker.now(),
    waitUntil: (at) => point('wait', () => broker.waitUntil(at)),
    account: () => point('account', () => broker.account()),
    assets: (symbols) => point('assets', () => broker.assets(symbols)),
    quotes: (symbols) => point('quotes', () => broker.quotes(symbols)),
    submit: (order) => point('submit', () => broker.submit(order)),
    cancel: (id) => point('cancel', () => broker.cancel(id)),
    orderByClientId: (id) => point('orderByClientId', () => broker.orderByClientId(id)),
    orders: (filter) => point('orders', () => broker.orders(filter)),
    fills: (filter) => point('fills', () => broker.fills(filter)),
    amendments: (filter) => point('amendments', () => broker.amendments(filter)),
    activities: (filter) => point('activities', () => broker.activities(filter)),
  };
}

/** A journal whose every append is a point. */
export function strikeJournal(journal: Journal, plan: FaultPlan, life: Life): Journal {
  return {
    place: journal.place,
    read: () => journal.read(),
    readAfter: (place) => journal.readAfter(place),
    cycle: (id) => journal.cycle(id),
    hashAt: (sequence) => journal.hashAt(sequence),
    sequenceOf: (id) => journal.sequenceOf(id),
    idsUpTo: (sequence, prefix) => journal.idsUpTo(sequence, prefix),
    postingsOf: (sleeve, from, to) => journal.postingsOf(sleeve, from, to),
    rows: (table, prefix) => journal.rows(table, prefix),
    close: () => journal.close(),
    append(entries, changes) {
      requireAlive(life, 'append');
      plan.reach('append', 'before', life);
      try {
        journal.append(
          entries,
          interrupted(changes, () => plan.reach('append', 'inside', life)),
        );
      } catch (error) {
        // The journal says in its own words that the append did not happen; the process ended in it.
        if (life.over) throw new Crash('inside append');
        throw error;
      }
      plan.settled();
      plan.reach('append', 'after', life);
    },
  };
}

function requireAlive(life: Life, step: Step): void {
  if (life.over) throw new Crash(`${step} of a process that has ended`);
}
