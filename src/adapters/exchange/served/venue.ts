// Stage: paper exchange, served. The exchange's core: commands in, state and events out.
// Invariant: state is a function of the settings and the commands with their instants, of nothing else.
import { parseMoney } from '../../../domain/units/units.ts';
import type { OrderWire } from '../../../wire/alpaca/order.ts';
import { bustOrder } from './amending.ts';
import { amend, carry, configure, executeByHand, setFaults, transition } from './byHand.ts';
import { bookCash } from './cashRows.ts';
import { advance, runDue } from './dayTurns.ts';
import { cancel } from './ending.ts';
import type { Micros } from './instant.ts';
import { namedOrder } from './namedOrder.ts';
import { closeHolding, submit } from './orderEntry.ts';
import { finish } from './orderTurns.ts';
import { replace } from './replacing.ts';
import type { VenueCommand } from './venueCommand.ts';
import { orderText } from './venueOrder.ts';
import type { VenueSettings } from './venueSettings.ts';
import { VenueState } from './venueState.ts';

/** What a command is answered with: the order or orders that it concerns, or nothing. */
type Answer = OrderWire | readonly OrderWire[] | null;

export class Venue {
  readonly state: VenueState;

  constructor(settings: VenueSettings) {
    this.state = new VenueState(settings);
  }

  /** Moves the exchange's time; it never goes back. */
  advance(to: Micros): void {
    advance(this.state, to, (due) => finish(this.state, due));
  }

  /** Runs one command at the present instant. @throws Refused when the exchange refuses it; nothing changed */
  run(command: VenueCommand): Answer {
    const answer = answerTo(this.state, command);
    runDue(this.state, (due) => finish(this.state, due));
    return answer;
  }
}

function answerTo(state: VenueState, command: VenueCommand): Answer {
  switch (command.kind) {
    case 'submit':
      return submit(state, command.body);
    case 'replace':
      return replace(state, command.orderId, command.body);
    case 'cancel':
      return cancel(state, namedOrder(state, command.orderId));
    case 'end_every_order':
      return [...state.open.values()].map((order) => {
        if (order.status !== 'pending_cancel') cancel(state, order);
        return orderText(order);
      });
    case 'close':
      return closeHolding(state, command);
    case 'configure':
      return configure(state, command.body);
    case 'faults':
      return setFaults(state, command.body);
    case 'execute':
      return executeByHand(state, command.orderId, command.qty, command.price);
    case 'transition':
      return transition(state, command.orderId, command.status);
    case 'bust':
      bustOrder(state, namedOrder(state, command.orderId));
      return null;
    case 'bust_execution':
    case 'correct':
      return amend(state, command);
    case 'cash':
      bookCash(state, command.type, parseMoney(command.amount), { description: '' });
      return null;
    case 'shares':
      return carry(state, command);
  }
}
