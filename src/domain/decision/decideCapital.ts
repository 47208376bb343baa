// Stage: capital at a decision point: what is due, what moves now, and which sleeves have ended.
// Invariant: cash moves only as far as the payer's confirmed cash reaches beyond its working buys.
import { planDues, settleDues, withdrawalsOf, type Due, type Transfer } from '../capital.ts';
import { isEnding, type SleeveNav } from '../intent.ts';
import { shortSleeves } from '../ledger/negative.ts';
import { sleevesInOrder } from '../ledger/state.ts';
import type { Cross } from '../netting.ts';
import { HOUSE, SUSPENSE, type CapitalPolicy, type SleeveId } from '../sleeve.ts';
import { add, NO_MONEY, subtract, type Money } from '../units/units.ts';
import type { DecisionView } from './view.ts';
import { promisedToBuys } from './workingBuys.ts';

const COMPOUND: CapitalPolicy = { kind: 'compound' };

/** What is due in the cycle that opens. */
export function duesAtOpen(view: DecisionView, navs: ReadonlyMap<SleeveId, SleeveNav>): Due[] {
  const policies = new Map(view.configuration.sleeves.map(({ id, capital }) => [id, capital]));
  const sleeves = sleevesInOrder(view.state);
  const short = shortSleeves(view.state);
  const facts = sleeves.map(({ id, life }) => {
    const nav = navs.get(id);
    return {
      id,
      nav: nav?.kind === 'known' ? nav.nav : null,
      life,
      policy: policies.get(id) ?? COMPOUND,
      failed: life !== 'closing' && view.cycle.signals.get(id)?.kind === 'failed',
      short: short.has(id),
      invested: id !== HOUSE && id !== SUSPENSE,
    };
  });
  const house = view.state.sleeves.get(HOUSE)?.cash ?? NO_MONEY;
  return planDues(facts, [...view.state.requests.values()], house);
}

/** The cash that moves at this point, after the crosses that it decides. */
export function settleNow(
  view: DecisionView,
  dues: readonly Due[],
  crosses: readonly Cross[] = [],
): Transfer[] {
  const sleeves = sleevesInOrder(view.state);
  const ending = sleeves.filter((sleeve) => isEnding(sleeve)).map(({ id }) => id);
  if (dues.length === 0 && ending.length === 0) return [];
  const crossed = cashCrossed(crosses);
  const promised = promisedToBuys(view);
  const owed = withdrawalsOf(view.state.requests.values());
  const free = new Map(
    sleeves.map(({ id, cash }) => {
      const kept = add(promised.get(id) ?? NO_MONEY, id === HOUSE ? owed : NO_MONEY);
      return [id, subtract(add(cash, crossed.get(id) ?? NO_MONEY), kept)];
    }),
  );
  return settleDues(dues, free, { ending, short: shortSleeves(view.state) });
}

/** Each sleeve's cash once the transfers of this point are posted. */
export const cashAfter = (cash: Money, sleeve: SleeveId, transfers: readonly Transfer[]): Money =>
  transfers.reduce(
    (sum, { from, to, amount }) =>
      from === sleeve ? subtract(sum, amount) : to === sleeve ? add(sum, amount) : sum,
    cash,
  );

/** Closing sleeves that own nothing once the transfers are posted: no shares, no cash, nothing owed to them. */
export const closedNow = (view: DecisionView, transfers: readonly Transfer[]): SleeveId[] =>
  sleevesInOrder(view.state)
    .filter(
      ({ id, life, cash, positions, receivables }) =>
        life === 'closing' &&
        positions.size === 0 &&
        receivables.size === 0 &&
        cashAfter(cash, id, transfers) === 0n,
    )
    .map(({ id }) => id);

function cashCrossed(crosses: readonly Cross[]): ReadonlyMap<SleeveId, Money> {
  const crossed = new Map<SleeveId, Money>();
  for (const { legs } of crosses)
    for (const { sleeve, cash } of legs)
      crossed.set(sleeve, add(crossed.get(sleeve) ?? NO_MONEY, cash));
  return crossed;
}
