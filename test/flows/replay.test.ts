// Stage: tests. Recorded cycles decided again: as they were configured, and otherwise.
// Invariant: as configured, every byte comes out again; otherwise, what differs follows from the change.
import { beforeAll, describe, expect, it } from 'vitest';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import { applyEvent } from '../../src/domain/ledger/apply.ts';
import type { LedgerEvent } from '../../src/domain/ledger/events.ts';
import { emptyState, type LedgerState } from '../../src/domain/ledger/state.ts';
import type { PlanDecision } from '../../src/domain/plan.ts';
import { session } from '../../src/domain/time.ts';
import { format, ONE, ONE_WEIGHT, total } from '../../src/domain/units/units.ts';
import { compareEnds, comparePlans } from '../../src/domain/whatIf/planDifference.ts';
import { replayChanged, replayCycle } from '../../src/domain/whatIf/replay.ts';
import { withSetting } from '../../src/domain/whatIf/settings.ts';
import { runRange } from './account.ts';
import { FROM, openLively, WALKING } from './lively.ts';
import { recordedRun } from './recorded.ts';

const TO = session('2020-01-24');

interface Run {
  readonly events: readonly LedgerEvent[];
}
const SEEDS = [1, 2, 3, 4];
let runs: readonly Run[];
beforeAll(async () => {
  runs = await Promise.all(SEEDS.map(recorded));
});

async function recorded(seed: number): Promise<Run> {
  const account = openLively(seed);
  await runRange(account, FROM, TO);
  return { events: [...account.journal.read()].map(({ event }) => event) };
}

/** The ledger before a cycle, and the cycle's events. */
function cut(run: Run, day: string): { before: () => LedgerState; cycle: readonly LedgerEvent[] } {
  const at = run.events.findIndex((event) => event.kind === 'cycle_opened' && event.cycle === day);
  const end = run.events.findIndex(
    (event) => event.kind === 'cycle_committed' && event.cycle === day,
  );
  expect(at).toBeGreaterThan(0);
  return {
    before: () => {
      const state = emptyState();
      for (const event of run.events.slice(0, at)) applyEvent(state, event);
      return state;
    },
    cycle: run.events.slice(at, end + 1),
  };
}

/** Replays a day with settings changed; the changed plans by decision point. */
function changed(run: Run, day: string, ...settings: readonly (readonly [string, string])[]) {
  const { before, cycle } = cut(run, day);
  const other = before();
  for (const [place, value] of settings) {
    if (other.configuration === null) throw new Error('The account has no configuration.');
    const varied = withSetting(other.configuration, place, value);
    if (!varied.ok) throw new Error(`${place}=${value}: expected ${varied.expected}`);
    other.configuration = varied.configuration;
  }
  return replayChanged(before(), other, cycle);
}

describe('a cycle decided again as it was', () => {
  it('gives every recorded decision byte for byte, over every cycle of four accounts', () => {
    let points = 0;
    for (const run of runs)
      for (const day of sessionsBetween(FROM, TO)) {
        const { before, cycle } = cut(run, day);
        const replayed = replayCycle(before(), cycle);
        expect(replayed.map(({ recorded: { trigger }, equal }) => [day, trigger, equal])).toEqual(
          replayed.map(({ point: { trigger } }) => [day, trigger, true]),
        );
        points += replayed.length;
      }
    expect(points).toBeGreaterThan(4 * 15 * 2);
  });

  it('is found out where one recorded decision was changed', () => {
    const { before, cycle } = cut(runs[0] ?? { events: [] }, '2020-01-03');
    const forged = cycle.slice(0, -1).map((event): LedgerEvent => {
      if (event.kind !== 'plan_decided' || event.decision.trigger !== 'open') return event;
      return { ...event, decision: { ...event.decision, navs: event.decision.navs.slice(1) } };
    });
    expect(replayCycle(before(), forged)[0]?.equal).toBe(false);
  });

  it('is the same under a change that changes nothing', () => {
    for (const run of runs)
      for (const day of sessionsBetween(FROM, TO))
        for (const { recorded: was, decided, equal } of changed(run, day, ['limits.reserve', '0']))
          expect([day, equal, comparePlans(was, decided)]).toEqual([day, true, []]);
  });
});

const bought = (plans: readonly PlanDecision[]): bigint =>
  total(
    plans.flatMap((plan) =>
      plan.parents.filter(({ side }) => side === 'buy').map(({ quantity }) => quantity),
    ),
  );

describe('a cycle decided again otherwise', () => {
  it('buys nothing where the reserve is more than the account has, and sells as before', () => {
    for (const run of runs)
      for (const day of sessionsBetween(FROM, TO)) {
        const points = changed(run, day, ['limits.reserve', '10000000']);
        expect(bought(points.map(({ decided }) => decided))).toBe(0n);
        const [open] = points;
        expect(open?.decided.parents).toEqual(open?.recorded.parents);
        expect(open?.decided.crosses).toEqual(open?.recorded.crosses);
      }
  });

  it('says of each buy that was not made which limit took it, and how much', () => {
    const points = changed(runs[0] ?? { events: [] }, '2020-01-02', ['limits.reserve', '10000000']);
    const ends = compareEnds(
      points.map(({ recorded: was }) => was),
      points.map(({ decided }) => decided),
    );
    const bought = ends.filter(({ before }) => before?.includes('ordered/filled'));
    expect(bought.length).toBeGreaterThan(0);
    for (const { after } of bought) expect(after).toContain('scaled/account_capital');
  });

  it('wants half of everything at the first decision where half is deployed', () => {
    const [open] = changed(runs[1] ?? { events: [] }, '2020-01-02', ['limits.deployment', '0.49']);
    const half = new Map(
      open?.decided.outcomes.map((outcome) => [
        `${outcome.sleeve} ${outcome.symbol}`,
        outcome.intended,
      ]),
    );
    const whole = open?.recorded.outcomes ?? [];
    expect(whole.length).toBeGreaterThan(0);
    for (const { sleeve, symbol, intended } of whole) {
      const off = intended - 2n * (half.get(`${sleeve} ${symbol}`) ?? 0n);
      expect([sleeve, symbol, off >= 0n && off <= 1n]).toEqual([sleeve, symbol, true]);
    }
  });

  it('fills what changed in the proportion of its counterpart: what was filled whole, whole', () => {
    let whole = 0;
    for (const run of runs) {
      const close = changed(run, '2020-01-02', ['limits.deployment', '0.5']).at(-1);
      const ends = new Map(
        close?.decided.outcomes.map((each) => [`${each.sleeve} ${each.symbol}`, each.parts]),
      );
      for (const { sleeve, symbol, parts } of close?.recorded.outcomes ?? []) {
        if (parts.some(({ reason }) => reason !== 'filled')) continue;
        const kinds = ends.get(`${sleeve} ${symbol}`)?.map(({ kind }) => kind) ?? [];
        // Whole-share symbols leave a fraction; nothing is left unfilled.
        expect([symbol, kinds.includes('ordered'), kinds.includes('expired')]).toEqual([
          symbol,
          true,
          false,
        ]);
        whole += 1;
      }
    }
    expect(whole).toBeGreaterThan(4);
  });

  it('goes to its end under any change, keeping shares and cash together', () => {
    for (const run of runs)
      for (const day of sessionsBetween(FROM, TO)) {
        const points = changed(
          run,
          day,
          ['limits.deployment', '0.7'],
          ['limits.microTradeFloor', '500'],
          ['rails.maxOrders', '3'],
        );
        const [{ decided: last } = { decided: null }] = points.slice(-1);
        expect([day, last?.trigger]).toEqual([day, 'close']);
        // The account that is assumed follows from the changed ledger: no break is made up.
        expect([day, last?.breaks]).toEqual([day, points.at(-1)?.recorded.breaks]);
        for (const outcome of last?.outcomes ?? [])
          expect(format(total(outcome.parts.map(({ quantity }) => quantity)))).toBe(
            format(outcome.intended),
          );
      }
  });
});

describe('a cycle of walks decided again otherwise', () => {
  const days = sessionsBetween(FROM, session('2020-01-15'));
  const settings = [
    ['limits.deployment', '0.7'],
    ['limits.microTradeFloor', '500'],
  ] as const;
  /** Every day of two accounts that walk, with what was recorded on it. */
  async function* walked() {
    for (const seed of [5, 6]) {
      const run = await recordedRun(seed, '2020-01-15', 'walking');
      for (const day of days)
        yield { day, points: changed(run, day, ...settings), cycle: cut(run, day).cycle };
    }
  }
  const policyOf = (symbol: string) =>
    WALKING.symbols.find((own) => own.symbol === symbol)?.policy ?? WALKING.everySymbol;

  it('takes the first step of every new walk and of no other, and goes to its end', async () => {
    let steps = 0;
    for await (const { day, points } of walked()) {
      expect(points.at(-1)?.decided.trigger).toBe('close');
      expect(points.at(-1)?.decided.breaks).toEqual(points.at(-1)?.recorded.breaks);
      const had = new Set(
        points.flatMap(({ recorded: was }) => was.parents.map((each) => each.clientOrderId)),
      );
      for (const { decided, firstSteps } of points) {
        const news = decided.parents.filter(
          ({ symbol, clientOrderId }) =>
            policyOf(symbol).kind !== 'market' && !had.has(clientOrderId),
        );
        expect([day, firstSteps.map(({ parent }) => parent.clientOrderId).sort()]).toEqual([
          day,
          news.map(({ clientOrderId }) => clientOrderId).sort(),
        ]);
        steps += firstSteps.length;
      }
    }
    expect(steps).toBeGreaterThan(20);
  });

  it('sends first what the policy says on the quote of that step, else of the decision', async () => {
    const seen = { own: 0, decision: 0, auction: 0 };
    for await (const { points, cycle } of walked())
      for (const { point, firstSteps } of points)
        for (const { parent, move, onOwnQuote } of firstSteps) {
          const { symbol, side } = parent;
          const policy = policyOf(symbol);
          if (move.kind !== 'send') continue;
          const { child } = move;
          expect([child.clientOrderId, child.quantity]).toEqual([
            parent.clientOrderId,
            parent.quantity,
          ]);
          if (policy.kind === 'close-auction') {
            expect(child.timeInForce).toBe('cls');
            seen.auction += 1;
            continue;
          }
          const reach = policy.kind === 'walk' ? (policy.reaches[0] ?? ONE_WEIGHT) : ONE_WEIGHT;
          const part = policy.kind === 'limit-only' ? policy.reach : reach;
          const quotes = onOwnQuote
            ? cycle.flatMap((each) =>
                each.kind === 'step_recorded' && each.quote ? [each.quote] : [],
              )
            : point.quotes;
          // Cents, never against the account; the bound is half a per cent beyond and never near.
          const expected = quotes
            .filter((quote) => quote.symbol === symbol)
            .map(({ bid, ask }) => {
              const [low, high] = [bid ?? 0n, ask ?? 0n];
              const across = ((high - low) * part) / ONE_WEIGHT;
              return side === 'buy'
                ? ((low + across) / CENT) * CENT
                : ((high - across + CENT - 1n) / CENT) * CENT;
            });
          expect(expected).toContain(child.limitPrice);
          seen[onOwnQuote ? 'own' : 'decision'] += 1;
        }
    expect(seen.own).toBeGreaterThan(5);
    expect(seen.decision).toBeGreaterThan(0);
    expect(seen.auction).toBeGreaterThan(0);
  });
});

const CENT = ONE / 100n;
