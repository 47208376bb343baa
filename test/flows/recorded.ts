// Stage: tests. Runs recorded once and read by many tests: events, evidence, digest.
// Invariant: every event kind is among them; nobody changes what is handed out.
import { economicDigest } from '../../src/domain/economicState.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import { CHAIN_START, chainRecord } from '../../src/domain/inputLog.ts';
import { eventText } from '../../src/domain/ledger/eventCodec.ts';
import { isInput, type InputRecord, type LedgerEvent } from '../../src/domain/ledger/events.ts';
import { session, type Session } from '../../src/domain/time.ts';
import { inputLogLines } from '../../src/engine/foldJournal.ts';
import type { StoredEntry } from '../../src/ports/journal.ts';
import { sessionsBetween } from '../../src/domain/calendar.ts';
import { HOUSE, type Sleeve } from '../../src/domain/sleeve.ts';
import { parseMoney, parseWeight } from '../../src/domain/units/units.ts';
import { requestTransfer, requestWithdrawal, takeInActivities } from '../../src/engine/capital.ts';
import { runCycle } from '../../src/engine/runCycle.ts';
import type { TestAccount } from './account.ts';
import { MARKET_EXECUTION, type Execution } from '../../src/domain/execution.ts';
import { FROM, openLively, WALKING } from './lively.ts';

export interface Recorded {
  readonly entries: readonly StoredEntry[];
  readonly events: readonly LedgerEvent[];
  /** What the four files hold. */
  readonly evidence: Evidence & { readonly activities: NonNullable<Evidence['activities']> };
  /** signals.jsonl, without its last line break. */
  readonly signals: string;
  readonly digest: string;
}

const runs = new Map<string, Promise<Recorded>>();

/** The lively account of a seed, run from 2 January 2020 to a session: at market, or walking. */
export function recordedRun(
  seed: number,
  to: string,
  how: 'at market' | 'walking' = 'at market',
): Promise<Recorded> {
  const name = `${seed} ${to} ${how}`;
  const execution = how === 'walking' ? WALKING : MARKET_EXECUTION;
  const run = runs.get(name) ?? record(seed, session(to), execution);
  runs.set(name, run);
  return run;
}

async function record(seed: number, to: Session, execution: Execution): Promise<Recorded> {
  const account = openLively(seed, { limits: { execution } });
  await runWithMoney(account, to);
  const entries = [...account.journal.read()];
  const events = entries.map(({ event }) => event);
  return {
    entries,
    events,
    evidence: {
      inputs: events.filter(isInput),
      orders: await account.exchange.orders({}),
      fills: await account.exchange.fills({}),
      amendments: await account.exchange.amendments({}),
      activities: await account.exchange.activities({}),
    },
    signals: [...inputLogLines(account.journal)].join('\n'),
    digest: economicDigest(account.shell.ledger.state),
  };
}

/** Runs every session up to one, with what people do between them. */
export async function runWithMoney(account: TestAccount, to: Session): Promise<void> {
  for (const [index, day] of sessionsBetween(FROM, to).entries()) {
    await betweenCycles(account, index);
    await runCycle(account.shell, account.history, day);
  }
}

/** What people do with the account: pause, resume and retire sleeves, move money in, out and across. */
async function betweenCycles({ shell, exchange }: TestAccount, index: number): Promise<void> {
  const { ledger, clock } = shell;
  const { configuration } = ledger.state;
  const [first, second] = configuration?.sleeves ?? [];
  if (configuration === null || first === undefined || second === undefined) return;
  const live = (life: Sleeve['life'], over: Partial<Sleeve> = {}): void => {
    const sleeves = [{ ...first, life }, { ...second, ...over }, ...configuration.sleeves.slice(2)];
    const at = clock.now();
    const sequence = ledger.state.configurations + 1;
    const changed = { ...configuration, sleeves };
    ledger.stage({ kind: 'configured', sequence, at, configuration: changed }, at);
    ledger.commit();
  };
  switch (index) {
    case 3:
      await exchange.deposit(parseMoney('5000'));
      return takeInActivities(shell);
    case 5:
      requestTransfer(shell, { from: HOUSE, to: second.id, amount: parseMoney('4000') });
      return;
    case 7:
      return live('paused', {
        capital: {
          kind: 'fixed-fraction',
          fraction: parseWeight('0.3'),
          band: parseWeight('0.02'),
        },
      });
    case 9:
      live('active');
      requestWithdrawal(shell, parseMoney('3000'));
      return;
    case 12: {
      await exchange.withdraw(parseMoney('3000'));
      return takeInActivities(shell);
    }
    case 14:
      return live('closing');
    default:
  }
}

/** The lines of signals.jsonl for these records, well chained: what a forger would write. */
export function chained(records: readonly InputRecord[]): string[] {
  let head = CHAIN_START;
  return records.map((record) => {
    const next = chainRecord(head, eventText(record));
    head = next.head;
    return next.line;
  });
}
