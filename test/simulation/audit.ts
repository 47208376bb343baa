// Stage: simulation. Follows a journal with the second ledger and the second planner, event by event.
// Invariant: every decision recorded is the one that follows from the definitions.
import { applyEvent } from '../../src/domain/ledger/apply.ts';
import { emptyState, ledgerTotals } from '../../src/domain/ledger/state.ts';
import { reconcile } from '../../src/domain/reconciliation.ts';
import type { DecisionPoint, LedgerEvent, StepRecorded } from '../../src/domain/ledger/events.ts';
import type { StepDecision } from '../../src/domain/walk.ts';
import type { Signal } from '../../src/domain/signal.ts';
import type { PlanDecision } from '../../src/domain/plan.ts';
import type { AccountConfiguration } from '../../src/domain/sleeve.ts';
import { previousSession } from '../../src/domain/calendar.ts';
import type { Symbol } from '../../src/domain/market.ts';
import type { MarketData } from '../../src/ports/marketData.ts';
import type { World } from './account.ts';
import { Broken, require, same } from './broken.ts';
import { countOf, sum, worth } from './exact.ts';
import type { Hits } from './hits.ts';

import { movedTo } from './secondCapital.ts';
import { decideAgain } from './secondDecision.ts';
import { SecondBook } from './secondBook.ts';
import { heldBy, owedTo, type SecondSleeve } from './secondSleeve.ts';
import {
  breaksAt,
  wasCarriedOut,
  type SecondBreaks,
  type SecondCapitalDecision,
  type SecondCross,
  type SecondCycle,
  type SecondNet,
  type SecondOutcome,
} from './secondPlan.ts';
import { grown, type SecondReturn } from './secondReturn.ts';
import { lent } from './secondRails.ts';
import { later } from './secondTime.ts';
import type { SecondWalk } from './secondPolicy.ts';
import { moveAgain, moveLine, waitsUntil, walkOf } from './secondWalk.ts';
import { signalFollows } from './secondSignal.ts';

interface OpenAudit {
  readonly cycle: SecondCycle;
  readonly signals: Map<string, Signal>;
  readonly points: DecisionPoint[];
  readonly outcomes: Map<string, SecondOutcome>;
  readonly deferred: SecondNet[];
  /** As the opening saw them. */
  readonly navs: Map<string, bigint | null>;
  readonly ordered: Map<string, { readonly at: string; asked: string | null }>;
  readonly spokenFor: Set<string>;
  readonly submissions: Map<string, string>;
  readonly walks: Map<string, SecondWalk>;
}

export class Audit {
  readonly book = new SecondBook();
  /** The product's own fold of what was followed. */
  readonly folded = emptyState();
  readonly rebalancedOn = new Map<string, string>();
  configuration: AccountConfiguration | undefined;
  readonly kill = { pulled: false, withheld: new Set<string>() };
  /** Every order that was to be sent, with its parent. */
  readonly sent = new Map<
    string,
    { readonly parent: PlanDecision['parents'][number]; readonly quantity: bigint }
  >();
  /** Every parent planned so far. */
  readonly planned = new Map<string, PlanDecision['parents'][number]>();
  /** Executions and activities in the journal. */
  readonly fillIds = new Set<string>();
  readonly amendmentIds = new Set<string>();
  readonly activityIds = new Set<string>();
  /** How each submission ended last. */
  readonly submissions = new Map<string, string>();
  /** Of the last cycle: signals, current outcomes, marks. */
  signals: ReadonlyMap<string, Signal> = new Map();
  outcomes: ReadonlyMap<string, SecondOutcome> = new Map();
  readonly marks = new Map<string, bigint>();
  /** Time-weighted returns, by sleeve. */
  readonly returns = new Map<string, SecondReturn>();
  readonly #world: Pick<World, 'options' | 'market' | 'hits'>;
  readonly #hits: Hits;
  #open: OpenAudit | undefined;
  /** The session of the cycle that opened last. */
  #today = '';
  #step: StepRecorded | undefined;

  constructor(world: Pick<World, 'options' | 'market' | 'hits'>) {
    this.#world = world;
    this.#hits = world.hits;
  }

  follow(event: LedgerEvent): void {
    if (event.kind === 'plan_decided') this.#judge(event.decision);
    if (event.kind === 'step_decided') this.#judgeStep(event.decision);
    const before = event.kind === 'cycle_opened' ? this.#lots() : 0;
    this.book.apply(event);
    applyEvent(this.folded, event);
    if (event.kind === 'plan_decided' && event.decision.trigger === 'close') this.#owed();
    this.#remember(event);
    if (event.kind === 'cycle_opened') this.#hits.hit('lot lost in a split', before - this.#lots());
    for (const what of this.book.late.splice(0)) this.#hits.hit(`late action: ${what}`);
    for (const what of this.book.again.splice(0)) this.#hits.hit(what);
    for (const what of this.book.payments.splice(0)) this.#hits.hit(`payment: ${what}`);
  }

  /**
   * Whether the broker may hold another number of a symbol than the books: an action that has taken
   * effect is not listed yet, or was listed too late; or the symbol came of one.
   */
  isBehind(symbol: string): boolean {
    const { options, market } = this.#world;
    const late = new Set(options.market.late.map(({ id }) => id));
    const wrong = new Set(options.market.wrong.map(({ id }) => id));
    const today = this.#today;
    const begun = market.corporateActions.filter(({ exDate }) => exDate <= today);
    const behind = new Set<string>();
    for (const action of begun) {
      const isOff =
        action.kind !== 'dividend' &&
        (wrong.has(action.id) ||
          (late.has(action.id) &&
            (!this.book.taken.has(action.id) || this.book.refused.has(action.id))));
      if (!isOff && !behind.has(action.symbol)) continue;
      behind.add(action.symbol);
      if ('newSymbol' in action) behind.add(action.newSymbol);
    }
    return behind.has(symbol);
  }

  /** Who owes at a close has a break that stands until it is repaid, and nobody else has one. */
  #owed(): void {
    const open = this.#opened();
    const owing = this.book
      .inOrder()
      .filter(({ id, cash }) => id !== 'suspense' && cash < -this.#credit(open, id))
      // What an amendment left owing has a break of its own, which is held against the second opinion.
      .filter(
        ({ id }) =>
          (this.folded.breaks.get(`sleeve_owes ${id}`)?.state ?? 'resolved') === 'resolved',
      )
      .map(({ id, cash }) => `overdraft ${id} ${cash}`);
    const standing = [...this.folded.breaks.values()]
      .filter(({ kind, state }) => kind === 'overdraft' && state !== 'resolved')
      .map(({ id, amount }) => `${id} ${countOf(amount)}`);
    same('I2', `standing overdrafts at a close`, owing.toSorted(), standing.toSorted());
    this.#hits.hit('standing overdraft', standing.length);
  }

  #lots(): number {
    return this.book.inOrder().flatMap(({ lots }) => [...lots.values()].flat()).length;
  }

  #remember(event: LedgerEvent): void {
    const hit = (what: string, times = 1): void => this.#hits.hit(what, times);
    switch (event.kind) {
      case 'genesis':
        this.configuration = event.configuration;
        return;
      case 'configured':
        this.configuration = event.configuration;
        hit('configuration changed');
        return;
      case 'transfer_requested':
      case 'break_explained':
      case 'assigned':
      case 'cash_assigned':
      case 'withdrawal_requested':
        hit(event.kind);
        return;
      case 'activities_known':
        hit('activities taken in between cycles');
        return;
      case 'killed':
      case 'armed':
        require('I11', this.kill.pulled ===
          (event.kind === 'armed'), `The switch is ${event.kind} twice.`);
        this.kill.pulled = event.kind === 'killed';
        hit(event.kind);
        return;
      case 'cycle_opened':
        this.#begin(event);
        return;
      case 'signal_recorded':
        this.#opened().signals.set(event.signal.sleeve, event.signal);
        signalFollows(this.#world, event);
        if (event.signal.kind === 'failed') hit(`signal failed: ${event.signal.code}`);
        return;
      case 'decision_point':
        this.#opened().points.push(event);
        this.#agreesWith(event);
        if ([...this.book.parents.values()].some(isPending))
          hit('pending allocation at a decision');
        return;
      case 'submitted':
        if (this.submissions.get(event.clientOrderId) === 'unknown') hit('unknown settled later');
        if (event.outcome === 'not_sent' && event.code === 'kill') {
          this.kill.withheld.add(event.clientOrderId);
          hit('order withheld by a kill');
        }
        this.submissions.set(event.clientOrderId, event.outcome);
        this.#opened().submissions.set(
          event.clientOrderId,
          event.outcome === 'not_sent' && event.code !== '' ? event.code : event.outcome,
        );
        return;
      case 'fill_recorded': {
        require('I6', !this.fillIds.has(
          event.fill.id,
        ), `Fill ${event.fill.id} is twice in the journal.`);
        this.fillIds.add(event.fill.id);
        const parent = this.book.parents.get(event.clientOrderId);
        hit(parent === undefined ? 'fill in suspense' : 'fill');
        if (event.fill.leavesQty > 0n) hit('fill, partial');
        return;
      }
      case 'activity_recorded':
        require('I6', !this.activityIds.has(
          event.activity.id,
        ), `Activity ${event.activity.id} is twice in the journal.`);
        this.activityIds.add(event.activity.id);
        if (event.activity.kind === 'dividend') hit('dividend paid');
        hit(`activity ${event.activity.kind}`);
        return;
      case 'order_reported':
        hit(`order ${event.order.status}`);
        return;
      case 'cycle_committed':
        this.#end(event.cycle);
        return;
      case 'marks_recorded':
        for (const { symbol, price } of event.marks) {
          this.marks.set(symbol, price);
          const close = closeOf(this.#world.market, symbol, event.cycle);
          require('I3', price ===
            close, `${symbol} is marked at ${price} on ${event.cycle}, it closed at ${close}.`);
        }
        return;
      case 'step_recorded':
        this.#step = event;
        return;
      case 'execution_amended': {
        const { id, kind, now, was } = event.amendment;
        require('I6', !this.amendmentIds.has(id), `Amendment ${id} is twice in the journal.`);
        this.amendmentIds.add(id);
        const what = now !== null && now.quantity !== was.quantity ? 'shares' : 'price';
        hit(kind === 'bust' ? 'execution busted' : `execution corrected, ${what}`);
        const child = event.clientOrderId;
        if (child.startsWith('AY1-') && !this.book.isOpen(child))
          hit('execution of an earlier order amended');
        return;
      }
      case 'plan_decided':
      case 'step_decided':
      case 'listed_again':
      case 'amendments_known':
        return;
      default:
        throw new TypeError('An event that the audit does not know.');
    }
  }

  #begin(opened: Extract<LedgerEvent, { kind: 'cycle_opened' }>): void {
    const { configuration } = this;
    require('I7', opened.asOf ===
      previousSession(opened.cycle), `Cycle ${opened.cycle} reads bars as of ${opened.asOf}.`);
    if (configuration === undefined) throw new Broken('I7', 'A cycle opens before the beginning.');
    const of = {
      signals: new Map<string, Signal>(),
      points: [],
      outcomes: new Map<string, SecondOutcome>(),
      deferred: [],
      navs: new Map<string, bigint | null>(),
      ordered: new Map<string, { readonly at: string; asked: string | null }>(),
      spokenFor: new Set<string>(),
      submissions: new Map<string, string>(),
      walks: new Map<string, SecondWalk>(),
    };
    const { rebalancedOn, kill } = this;
    this.#open = { ...of, cycle: { ...of, configuration, opened, rebalancedOn, kill } };
    this.#today = opened.cycle;
    this.signals = of.signals;
    this.outcomes = of.outcomes;
    this.marks.clear();
    for (const action of opened.actions) {
      if (action.kind === 'dividend') {
        if ([...this.book.sleeves.values()].some(({ owed }) => owed.has(action.id)))
          this.#hits.hit('dividend earned');
        const owed = this.book.sleeve('suspense').owed.get(action.id)?.amount ?? 0n;
        if (owed < 0n) this.#hits.hit('dividend owed by a short suspense');
      } else if (
        action.kind === 'split' &&
        [...this.book.sleeves.values()].some((each) => heldBy(each, action.symbol) !== 0n)
      ) {
        this.#hits.hit(action.newShares < action.oldShares ? 'split, reverse' : 'split');
      }
    }
  }

  #end(session: string): void {
    const { cycle, outcomes } = this.#opened();
    for (const { id, onFailure } of cycle.configuration.sleeves) {
      if (cycle.signals.get(id)?.kind === 'failed') this.#hits.hit(`signal failed, ${onFailure}`);
      if (wasCarriedOut(cycle, id, this.book.capital.lifeOf(id)))
        this.rebalancedOn.set(id, session);
    }
    for (const { parts } of outcomes.values())
      for (const part of parts.keys()) this.#hits.hit(`part ${part}`);
    for (const parent of this.book.parents.values()) {
      const several = parent.demands.length > 1;
      if (parent.owned.some(({ quantity, cash }) => quantity === 0n && cash !== 0n))
        this.#hits.hit('contributor without a whole unit');
      if (several) this.#hits.hit('parent of several sleeves');
      if (several && parent.filled > 0n && parent.filled < parent.quantity)
        this.#hits.hit('parent filled in part, of several sleeves');
    }
    for (const sleeve of this.book.inOrder()) this.#mark(sleeve, session);
    const suspense = this.book.sleeve('suspense');
    if ([...suspense.lots.keys()].some((symbol) => heldBy(suspense, symbol) < 0n))
      this.#hits.hit('suspense short');
    this.#hits.hit('sessions');
    this.#open = undefined;
  }

  /**
   * I1, I2 at every decision, in the middle of a cycle too: sleeves, pending allocation and rounding
   * are the broker's account, but for what the broker says that is not so.
   */
  #agreesWith(point: DecisionPoint): void {
    const place = `decision point ${point.sequence} of ${point.cycle}`;
    const breaks = breaksAt(point, this.book);
    const told = breakLines(breaks);
    const lies = this.#world.options.lies.filter(({ session }) => session === point.cycle);
    const expected = lies.map(({ symbol, off }): [string, bigint] => {
      if (symbol === null) return ['cash', countOf(off)];
      const said = point.snapshot.positions.find((each) => each.symbol === symbol)?.quantity ?? 0n;
      const held = said - (breaks.get(symbol) ?? 0n);
      // A holding cannot be said to be below none.
      return [symbol, countOf(off) < -held ? -held : countOf(off)];
    });
    const visible = new Map(expected.filter(([of, off]) => off !== 0n && !this.isBehind(of)));
    const inTime = new Map([...breaks].filter(([of]) => !this.isBehind(of)));
    this.#hits.hit('broker ahead of the market’s list', breaks.size - inTime.size);
    same('I1', `breaks at ${place}`, breakLines(visible), breakLines(inTime));
    const folded = reconcile(ledgerTotals(this.folded), point.snapshot);
    same('I1', `the fold's breaks at ${place}`, told, foundBreaks(folded));
    this.#hits.hit('broker lied', visible.size);
  }

  /** Sells go first: no buy goes while a sale works within its step; and one order a symbol works. */
  #ordersInTurn(found: PlanDecision, at: string): void {
    const { ordered, cycle, walks } = this.#opened();
    const step = cycle.configuration.limits.pace.stepMinutes;
    const working = [...this.book.parents.values()].filter(({ over }) => !over);
    const inStep = working.filter(({ clientOrderId, side }) => {
      const planned = ordered.get(clientOrderId);
      const walk = walks.get(clientOrderId);
      const { limits } = cycle.configuration;
      if (walk !== undefined)
        return (
          side === 'sell' &&
          at < waitsUntil(walk, limits, { at: planned?.at ?? at, cycle: found.cycle })
        );
      return side === 'sell' && at < later(planned?.asked ?? planned?.at ?? at, step);
    });
    const buys = found.parents.filter(({ side }) => side === 'buy');
    const outOfStep = working.some(({ clientOrderId }) => found.cancels.includes(clientOrderId));
    require('I11', buys.length === 0 ||
      inStep.length === 0 ||
      outOfStep, `Buys of ${found.cycle} go at ${at}, before its sells are over.`);
    if (buys.length > 0)
      this.#hits.hit(
        'buys that could not wait for the sells',
        working.filter(({ side }) => side === 'sell').length,
      );
    const busy = new Set<string>(working.map(({ symbol }) => symbol));
    for (const { symbol, clientOrderId } of found.parents)
      require('I11', !busy.has(symbol), `${clientOrderId} goes while an order of ${symbol} works.`);
  }

  /** NAV at the closes of what is held; a sleeve of which one is missing stays as it was. */
  #mark(sleeve: SecondSleeve, session: string): void {
    let nav = sleeve.cash + owedTo(sleeve);
    for (const symbol of sleeve.lots.keys()) {
      const close = closeOf(this.#world.market, symbol, session);
      if (close === undefined) return;
      nav += worth(close, heldBy(sleeve, symbol));
    }
    this.returns.set(
      sleeve.id,
      grown(this.returns.get(sleeve.id), { in: sleeve.paidIn, out: sleeve.paidOut }, nav),
    );
  }

  /** What a sleeve may owe in a margin account, by the NAV it was sized with. */
  #credit({ cycle, navs }: OpenAudit, sleeve: string): bigint {
    return lent(cycle.configuration.limits, navs.get(sleeve) ?? null);
  }

  #opened(): OpenAudit {
    if (this.#open === undefined) throw new Broken('I7', 'An event of a cycle outside any cycle.');
    return this.#open;
  }

  /** Each step as the second ladder takes it. */
  #judgeStep(found: StepDecision): void {
    const open = this.#opened();
    const [step, walk] = [this.#step, open.walks.get(found.parent)];
    const [parent, planned] = [this.book.parents.get(found.parent), this.planned.get(found.parent)];
    if (step?.parent !== found.parent || !walk || !parent || !planned)
      throw new Broken('I4', `Step ${found.sequence} of ${found.cycle} is of no walk.`);
    const again = moveAgain(open.cycle, walk, parent, step);
    const line = moveLine(found, walk);
    same('I4', `the move at step ${found.sequence} of ${found.cycle}`, [again], [line]);
    this.#hits.hit(
      `step: ${line
        .split(' ')
        .slice(0, line.startsWith('end') ? 2 : 1)
        .join(' ')}`,
    );
    const { move } = found;
    if (move.kind === 'end') walk.end = move.end;
    if (move.kind === 'cancel') for (const child of walk.children.slice(-1)) child.asked = step.at;
    if (move.kind !== 'send') return;
    const { clientOrderId: id, quantity } = move.child;
    walk.children.push({ id, at: step.at, asked: null });
    this.sent.set(id, { parent: planned, quantity });
  }

  #judge(found: PlanDecision): void {
    const open = this.#opened();
    const place = `decision ${found.sequence} (${found.trigger}) of ${found.cycle}`;
    const expected = decideAgain(open.cycle, this.book);
    same('I5', `outcomes at ${place}`, outcomeLines(expected.outcomes), foundOutcomes(found));
    same(
      'I6',
      `crosses at ${place}`,
      expected.crosses.map(crossLine),
      found.crosses.map(crossLine),
    );
    same('I4', `orders at ${place}`, expected.parents.map(netLine), found.parents.map(netLine));
    same(
      'I4',
      `waiting buys at ${place}`,
      expected.deferred.map(netLine),
      found.deferred.map(netLine),
    );
    same('I1', `breaks at ${place}`, breakLines(expected.breaks), foundBreaks(found.breaks));
    same('I16', `capital at ${place}`, capitalLines(expected.capital), capitalLines(found.capital));
    this.#hits.hit('due', expected.capital.dues.length);
    for (const { due } of expected.capital.transfers)
      this.#hits.hit(`cash moved: ${/^t\d+$/.test(due) ? 'transfer' : (due.split(' ')[0] ?? '')}`);
    this.#hits.hit('sleeve closed', expected.capital.closed.length);
    same('I3', `NAVs at ${place}`, navLines(expected.navs), foundNavs(found));
    const overdrawn = this.book
      .inOrder()
      .map(({ id, cash }) => ({ id, cash: cash + movedTo(id, expected.capital.transfers) }))
      .filter(({ id, cash }) => found.trigger === 'close' && cash < -this.#credit(open, id));
    same(
      'I2',
      `overdrafts at ${place}`,
      overdrawn.map(({ id, cash }) => `${id} ${cash}`),
      found.overdrafts.map(({ sleeve, cash }) => `${sleeve} ${cash}`),
    );
    if (found.trigger !== 'replan') {
      const { book } = this;
      book.found = expected.breaks;
      for (const [of, off] of book.explained)
        if (expected.breaks.get(of) !== off) book.explained.delete(of);
    }
    this.#hits.hit('overdraft', overdrawn.length);
    for (const { legs } of expected.crosses) {
      this.#hits.hit('cross');
      if (legs.length > 2) this.#hits.hit('cross of several sleeves on one side');
    }
    for (const [key, outcome] of expected.outcomes) open.outcomes.set(key, outcome);
    for (const [sleeve, nav] of expected.navs) open.navs.set(sleeve, nav);
    if (found.warnings.length > 0) this.#hits.hit('margin warning');
    same('I4', `cancellations at ${place}`, [...expected.cancels], [...found.cancels]);
    open.deferred.splice(0, Infinity, ...expected.deferred);
    const at = open.points.at(-1)?.at ?? '';
    for (const [id, { over }] of this.book.parents) if (over) open.spokenFor.add(id);
    for (const id of found.cancels) {
      const planned = open.ordered.get(id);
      if (planned !== undefined) planned.asked = at;
      this.#hits.hit('cancellation asked for');
    }
    if (found.trigger === 'replan') this.#hits.hit('re-plan');
    if (open.points.length > 3) this.#hits.hit('cycle of several re-plans');
    for (const { side, revision } of found.parents)
      if (revision > 0) this.#hits.hit(`${side} of revision ${revision}`);
    for (const { parts } of found.outcomes)
      for (const part of parts)
        if (part.kind === 'deferred') this.#hits.hit(`deferred ${part.reason}`);
    this.#ordersInTurn(found, at);
    for (const parent of found.parents) {
      require('I4', !this.planned.has(
        parent.clientOrderId,
      ), `Parent ${parent.clientOrderId} is planned twice.`);
      this.planned.set(parent.clientOrderId, parent);
      open.ordered.set(parent.clientOrderId, { at, asked: null });
      const walk = walkOf(open.cycle, parent);
      if (walk.policy.kind !== 'market') open.walks.set(parent.clientOrderId, walk);
      else this.sent.set(parent.clientOrderId, { parent, quantity: parent.quantity });
    }
  }
}

const closeOf = (market: MarketData, symbol: string, session: string): bigint | undefined => {
  const bars = market.bars(symbol as Symbol); // as recorded
  return bars?.close[bars.sessions.findIndex((day) => day === session)];
};

const capitalLines = (of: SecondCapitalDecision): string[] => [
  ...of.dues.map(({ id, from, to, amount }) => `due ${id}: ${from} to ${to} ${amount}`),
  ...of.transfers.map(({ due, from, to, amount }) => `moves ${due}: ${from} to ${to} ${amount}`),
  ...of.closed.map((id) => `closed ${id}`),
];

const breakLines = (breaks: SecondBreaks): string[] =>
  [...breaks].map(([of, off]) => `${of} ${off}`).sort();

const foundBreaks = (breaks: PlanDecision['breaks']): string[] =>
  breaks.map(({ symbol, difference }) => `${symbol ?? 'cash'} ${countOf(difference)}`).sort();

const navLines = (navs: ReadonlyMap<string, bigint | null>): string[] =>
  [...navs].map(([sleeve, nav]) => `${sleeve} ${nav ?? 'unknown'}`).sort();

const foundNavs = ({ navs }: PlanDecision): string[] =>
  navLines(new Map(navs.map(({ sleeve, nav }) => [sleeve, nav])));

const isPending = (parent: { filled: bigint; owned: readonly { quantity: bigint }[] }): boolean =>
  sum(parent.owned.map(({ quantity }) => quantity)) !== parent.filled;

const netLine = (net: SecondNet): string =>
  `${net.side} ${net.symbol}: ${net.demands.map(({ sleeve, quantity }) => `${sleeve} ${quantity}`).join(', ')}`;

const crossLine = ({ symbol, price, quantity, legs }: SecondCross): string =>
  `${symbol} ${quantity} at ${price}: ${legs.map((leg) => `${leg.sleeve} ${leg.quantity} for ${leg.cash}`).join(', ')}`;

/** Parts of zero shares count where nothing was intended. */
function outcomeLines(outcomes: ReadonlyMap<string, SecondOutcome>): string[] {
  return [...outcomes]
    .map(([key, { held, intended, price, parts }]) => {
      const lines = [...parts]
        .filter(([, quantity]) => quantity !== 0n || intended === 0n)
        .map(([part, quantity]) => `${part} ${quantity}`);
      return `${key}: held ${held}, wants ${intended} at ${price ?? 'no price'}: ${lines.sort().join(', ')}`;
    })
    .sort();
}

function foundOutcomes({ outcomes }: PlanDecision): string[] {
  const found = new Map<string, SecondOutcome>();
  for (const { sleeve, symbol, held, intended, price, parts } of outcomes) {
    const key = `${sleeve} ${symbol}`;
    require('I5', !found.has(key), `Two outcomes of ${key} in one decision.`);
    const summed = new Map<string, bigint>();
    for (const { kind, reason, quantity } of parts)
      summed.set(`${kind}/${reason}`, (summed.get(`${kind}/${reason}`) ?? 0n) + quantity);
    require('I5', sum(summed.values()) ===
      intended, `The parts of ${key} do not sum to its intent.`);
    found.set(key, { held, intended, price, parts: summed });
  }
  return outcomeLines(found);
}
