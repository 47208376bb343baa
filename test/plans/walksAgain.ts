// Stage: tests. The steps of random accounts' walks, decided a second time with nothing of the first.
// Invariant: every move is the second judge's, with the figures by which a limit ended a walk.
import { deepEqual, ok } from 'node:assert/strict';
import type { PlanDecision } from '../../src/domain/plan.ts';
import { figuresOf, moveAgain, moveLine, walkOf } from '../simulation/secondWalk.ts';
import type { SecondWalk } from '../simulation/secondPolicy.ts';
import type { PlainAccount, Step } from './account.ts';
import type { Referee } from './referee.ts';

export class WalksAgain {
  readonly #account: PlainAccount;
  readonly #walks = new Map<string, SecondWalk>();
  /** Walks that ended by a limit, with the words of what was measured. */
  readonly measured: string[] = [];

  constructor(account: PlainAccount) {
    this.#account = account;
  }

  /** Takes up the parents of a decision that walk. */
  planned({ parents }: PlanDecision): void {
    for (const parent of parents) {
      const walk = walkOf(this.#cycle, parent);
      if (walk.policy.kind !== 'market') this.#walks.set(parent.clientOrderId, walk);
    }
  }

  /** Before the referee takes the step up. */
  stepped({ parent, recorded, move }: Step, referee: Referee): void {
    const walk = this.#walks.get(parent.clientOrderId);
    const counted = referee.orders.get(parent.clientOrderId);
    ok(walk !== undefined && counted !== undefined, `${parent.symbol} steps and does not walk`);
    const { symbol, side, quantity } = parent;
    const of = { symbol, side, quantity, filled: counted.filled };
    const again = moveAgain(this.#cycle, walk, of, recorded);
    deepEqual(moveLine({ move }, walk), again, `step ${recorded.sequence} of ${symbol}`);
    if (move.kind === 'send')
      walk.children.push({ id: move.child.clientOrderId, at: recorded.at, asked: null });
    if (move.kind === 'cancel')
      for (const child of walk.children.slice(-1)) child.asked = recorded.at;
    if (move.kind !== 'end') return;
    walk.end = move.end;
    walk.figures = again.slice(`end ${move.end}`.length);
    if (walk.figures !== '') this.measured.push(again);
  }

  /** What a walk left is said with the figures that ended it. */
  decided({ outcomes }: PlanDecision): void {
    for (const { symbol, parts } of outcomes)
      for (const part of parts)
        if (part.reason === 'below_broker_minimum' && part.detail.includes(' left of '))
          ok(
            [...this.#walks].some(
              ([id, { figures }]) =>
                this.#account.cycle.parents.get(id)?.parent.symbol === symbol &&
                figures === figuresOf(part),
            ),
            `what a walk of ${symbol} left says "${figuresOf(part)}"`,
          );
  }

  get #cycle(): Parameters<typeof moveAgain>[0] & Parameters<typeof walkOf>[0] {
    const { cycle, state } = this.#account;
    const { configuration } = state;
    ok(configuration !== null, 'an account has a configuration');
    return {
      configuration,
      opened: cycle.opened,
      points: cycle.points,
      submissions: new Map([...cycle.submissions].map(([id, { code }]) => [id, code])),
      kill: { pulled: state.kill !== null },
    };
  }
}
