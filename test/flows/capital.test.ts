// Stage: tests. Capital moved by people and by rule through whole cycles, by chance, over several accounts.
// Invariant: ledger = tables = reconstruction = exchange; transfers make no profit; who is closed owns nothing.
import { describe, expect, it } from 'vitest';
import { openMemoryJournal } from '../../src/adapters/journal-memory/journal.ts';
import { auditRecords } from '../../src/apps/cli/commands/audit.ts';
import { audit } from '../../src/domain/audit.ts';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import type { LedgerState, OpenCycle } from '../../src/domain/ledger/state.ts';
import {
  COMPOUNDING,
  HOUSE,
  type AccountConfiguration,
  type Sleeve,
  type SleeveId,
} from '../../src/domain/sleeve.ts';
import { session } from '../../src/domain/time.ts';
import { money, NO_MONEY, ONE, parseMoney, parseWeight } from '../../src/domain/units/units.ts';
import {
  fundedWithdrawal,
  requestTransfer,
  requestWithdrawal,
  takeInActivities,
} from '../../src/engine/capital.ts';
import { prove } from '../../src/engine/proof.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import type { Strategy } from '../../src/strategy/strategy.ts';
import type { TestAccount } from './account.ts';
import { drawn, openLively, turning } from './lively.ts';

const FIRST = session('2020-01-02');
const LAST = session('2020-01-31');
const CENT = ONE / 100n;

type Chance = (what: string) => number;

/** What people did between two cycles: a few of everything over a month. */
async function act(account: TestAccount, chance: Chance, done: Map<string, number>): Promise<void> {
  const { shell, exchange } = account;
  const { state } = shell.ledger;
  const count = (what: string): void => void done.set(what, (done.get(what) ?? 0) + 1);
  const active = [...state.sleeves.values()].filter(
    ({ id, life }) => id !== HOUSE && id !== 'suspense' && life === 'active',
  );
  const pick = (what: string): SleeveId =>
    active[Math.floor(chance(what) * active.length)]?.id ?? HOUSE;
  const usd = (what: string, most: number) => parseMoney((1 + chance(what) * most).toFixed(2));
  if (chance('transfer?') < 0.4) {
    const asked = requestTransfer(shell, {
      from: chance('from house?') < 0.3 ? HOUSE : pick('from'),
      to: pick('to'),
      amount: usd('transfer', 4000),
    });
    count(asked.ok ? 'transfer' : 'transfer refused');
  }
  if (chance('withdrawal?') < 0.25) {
    const asked = requestWithdrawal(shell, usd('withdrawal', 60_000));
    count(asked.ok ? 'withdrawal' : 'withdrawal refused');
  }
  if (chance('deposit?') < 0.2) {
    await exchange.deposit(usd('deposit', 3000));
    await takeInActivities(shell);
    count('deposit');
  }
  const payable = money((fundedWithdrawal(state) / CENT) * CENT);
  if (payable > 0n && (await exchange.withdraw(payable)).kind === 'booked') {
    await takeInActivities(shell);
    count('paid out');
  }
  if (chance('life?') < 0.3) changeLives(account, chance, count);
}

/** A configuration with one sleeve's life or capital changed, or one sleeve more. */
function changeLives(account: TestAccount, chance: Chance, count: (what: string) => void): void {
  const { ledger, clock } = account.shell;
  const { state } = ledger;
  const before = state.configuration;
  if (before === null) throw new Error('no configuration');
  const index = Math.floor(chance('whose') * before.sleeves.length);
  const what = chance('what life');
  const change = (sleeve: Sleeve): Sleeve => {
    if (state.sleeves.get(sleeve.id)?.life === 'closed') return { ...sleeve, life: 'closing' };
    if (what < 0.3) return { ...sleeve, life: sleeve.life === 'paused' ? 'active' : 'paused' };
    if (what < 0.6 && before.sleeves.filter(({ life }) => life === 'active').length > 1)
      return { ...sleeve, life: 'closing' };
    return {
      ...sleeve,
      capital: { kind: 'fixed-fraction', fraction: parseWeight('0.2'), band: parseWeight('0.05') },
    };
  };
  const sleeves = before.sleeves.map((sleeve, at) => (at === index ? change(sleeve) : sleeve));
  if (what > 0.85) {
    const id = `late-${sleeves.length}` as SleeveId; // well-formed
    const code = Math.max(...sleeves.map((sleeve) => sleeve.code)) + 1;
    sleeves.push({ id, code, openingCash: NO_MONEY, onFailure: 'hold', ...COMPOUNDING });
    (account.shell.strategies as Map<SleeveId, Strategy>).set(id, turning(id, 9)); // the test's own account
    count('sleeve added');
  }
  const configuration: AccountConfiguration = {
    ...before,
    sleeves,
    digest: `lives ${state.configurations + 1}`,
  };
  ledger.stage(
    { kind: 'configured', sequence: state.configurations + 1, at: clock.now(), configuration },
    clock.now(),
  );
  ledger.commit();
  count('configuration');
}

/** Flows that stay within the account, summed over its sleeves: what came in and went out alone is left. */
const flowsOf = (state: LedgerState): bigint =>
  [...state.sleeves.values()].reduce((sum, { flows }) => sum + flows, 0n);

function checkMoved(cycle: OpenCycle, done: Map<string, number>): void {
  for (const { capital } of cycle.decisions) {
    for (const { amount } of capital.transfers) expect(amount > 0n).toBe(true);
    const kinds = capital.transfers.map(({ due }) => due.replace(/ .*|\d+$/g, ''));
    for (const kind of [...kinds, ...capital.closed.map(() => 'closed')])
      done.set(`moved ${kind}`, (done.get(`moved ${kind}`) ?? 0) + 1);
  }
}

describe('capital that moves through whole cycles', () => {
  const all = new Map<string, number>();

  it.each([1, 2, 3, 4])('keeps the four books equal, seed %i', async (seed) => {
    const account = openLively(seed, { limits: { fractions: 'house' } });
    const { state } = account.shell.ledger;
    let outside = flowsOf(state);
    for (const day of sessionsBetween(FIRST, LAST)) {
      const before = flowsOf(state);
      await act(account, (what) => drawn(`${seed} ${day} ${what}`), all);
      outside += flowsOf(state) - before;
      const { cycle } = await runCycle(account.shell, account.history, day);
      checkMoved(cycle, all);
      // Within a cycle money only changes hands.
      expect(flowsOf(state)).toBe(outside);
      for (const { life, cash, positions, receivables } of state.sleeves.values())
        if (life === 'closed') expect([cash, positions.size, receivables.size]).toEqual([0n, 0, 0]);
      for (const { transfers } of cycle.decisions.map(({ capital }) => capital))
        expect(transfers.every(({ from, to }) => from !== to)).toBe(true);
    }
    const proof = await prove(account.journal, account.exchange, openMemoryJournal());
    expect(proof).toMatchObject({ mismatches: [], tables: [], breaks: [], equal: true });
    const records = await auditRecords(account.journal, account.exchange);
    const { ledger, reconstruction } = proof;
    const answers = audit({
      ...records,
      proof: { ledger, reconstruction, mismatches: 0, tables: [] },
    });
    expect(answers.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('met everything that it is for', () => {
    for (const what of [
      'transfer',
      'withdrawal',
      'deposit',
      'paid out',
      'configuration',
      'sleeve added',
      'moved t',
      'moved withdrawal',
      'moved restore',
      'moved sweep',
      'moved closed',
    ])
      expect([what, (all.get(what) ?? 0) > 0]).toEqual([what, true]);
  });
});
