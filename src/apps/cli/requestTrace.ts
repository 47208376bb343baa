// Stage: apps. What a person asked to be moved or paid out, and what came of it, seen while the journal is folded.
// Invariant: asked = paid + left + what ended with a sleeve, at every entry.
import type { TransferRequested, WithdrawalRequested } from '../../domain/ledger/events.ts';
import { format, NO_MONEY, subtract, total, type Money } from '../../domain/units/units.ts';
import type { OnEntry } from '../../engine/foldJournal.ts';
import { usd } from './figures.ts';

interface Payment {
  readonly cycle: string;
  readonly amount: Money;
}

export class RequestTrace {
  readonly #id: string;
  #asked: TransferRequested | WithdrawalRequested | null = null;
  readonly #paid: Payment[] = [];
  #left = NO_MONEY;
  #ended = NO_MONEY;

  constructor(id: string) {
    this.#id = id;
  }

  readonly see: OnEntry = ({ event }, _, { state }) => {
    if (event.kind === 'transfer_requested' || event.kind === 'withdrawal_requested') {
      if (event.id !== this.#id) return;
      this.#asked = event;
      this.#left = event.amount;
      return;
    }
    const left = state.requests.get(this.#id)?.left ?? NO_MONEY;
    if (this.#asked === null || left === this.#left) return;
    // A sleeve that closes takes along what is still to come.
    const amount =
      event.kind === 'plan_decided'
        ? total(
            event.decision.capital.transfers.flatMap((moved) =>
              moved.due === this.#id ? [moved.amount] : [],
            ),
          )
        : subtract(this.#left, left);
    const cycle = state.cycle?.opened.cycle ?? state.lastCycle ?? '';
    if (amount > 0n) this.#paid.push({ cycle, amount });
    this.#ended = subtract(subtract(this.#left, amount), left);
    this.#left = left;
  };

  /** Null where nobody asked for anything under that id. */
  answer(): { readonly lines: () => string[]; readonly json: () => unknown } | null {
    const asked = this.#asked;
    if (asked === null) return null;
    const [from, to] = asked.kind === 'transfer_requested' ? [asked.from, asked.to] : [null, null];
    const what = from === null ? 'withdrawal' : `transfer from ${from} to ${to}`;
    return {
      json: () => ({
        id: asked.id,
        kind: asked.kind,
        at: asked.at,
        from,
        to,
        amount: format(asked.amount),
        paid: this.#paid.map(({ cycle, amount }) => ({ cycle, amount: format(amount) })),
        left: format(this.#left),
        ended: format(this.#ended),
      }),
      lines: () => [
        `Request ${asked.id}: ${what} of ${usd(asked.amount)} USD`,
        '',
        `  asked by a person at ${asked.at}`,
        ...this.#paid.map(({ cycle, amount }) => `  paid ${usd(amount)} USD, session ${cycle}`),
        `  left ${usd(this.#left)} USD`,
        ...(this.#ended > 0n
          ? [`  ${usd(this.#ended)} USD of it ended with the sleeve that was closed`]
          : []),
      ],
    };
  }
}
