// Stage: audit. The seven questions of an outsider, answered on the records as stored.
// Invariant: YES needs evidence and no finding; what never happened yet is NOT YET, never YES.
import {
  brokerFindings,
  causeFindings,
  crossFindings,
  fillFindings,
  intentFindings,
  orderFindings,
  storedFindings,
} from './audit/chains.ts';
import {
  type AuditCycle,
  type AuditRecords,
  cyclesOf,
  type Finding,
  ordersOf,
} from './audit/records.ts';
import { endFindings, postingFindings } from './audit/postings.ts';
import { isGivenToHouse } from './netting.ts';
import { isTerminal, type BrokerOrder } from './order.ts';
import type { OutcomePart } from './outcome.ts';
import { HOUSE, HOUSE_CODE } from './sleeve.ts';
import { absolute, format, NO_MONEY, notional, total } from './units/units.ts';

export interface Answer {
  readonly number: number;
  readonly question: string;
  readonly answer: 'YES' | 'NO' | 'NOT YET';
  /** Counts, ids and digests that the answer stands on. */
  readonly evidence: readonly string[];
  /** What has not happened yet on these records; empty unless NOT YET. */
  readonly missing: readonly string[];
  /** Records without their chain; empty unless NO. */
  readonly findings: readonly Finding[];
}

/** Answers the seven questions, in their order. */
export function audit(records: AuditRecords): Answer[] {
  const cycles = cyclesOf(records);
  const codes = codesOf(records);
  const each = (check: (cycle: AuditCycle) => Finding[]): Finding[] => cycles.flatMap(check);
  const stored = storedFindings(records, cycles);
  const of = (what: string): Finding[] =>
    stored.filter(({ record }) => record.startsWith(`${what} `));
  return [
    netting(cycles, [...each(intentFindings), ...each(crossFindings)]),
    limits(cycles, each(redecisionFindings)),
    built(cycles, [...each((cycle) => orderFindings(cycle, codes)), ...of('demand')]),
    attributed(cycles, [
      ...each((cycle) => orderFindings(cycle, codes)),
      ...each(fillFindings),
      ...postingFindings(records),
    ]),
    kept(cycles, [...of('outcome'), ...tableFindings(records)]),
    resumable(cycles, records, [
      ...brokerFindings(records, cycles),
      ...causeFindings(records),
      ...each(endFindings),
    ]),
    recomputed(records),
  ];
}

function answerOf(
  of: Pick<Answer, 'number' | 'question' | 'evidence' | 'findings'>,
  needs: readonly (readonly [count: number, what: string])[],
): Answer {
  const missing = needs.filter(([count]) => count === 0).map(([, what]) => what);
  const answer = of.findings.length > 0 ? 'NO' : missing.length > 0 ? 'NOT YET' : 'YES';
  return { ...of, answer, missing: answer === 'NOT YET' ? missing : [] };
}

function netting(cycles: readonly AuditCycle[], findings: readonly Finding[]): Answer {
  const signals = sum(cycles, ({ signals: each }) => each.size);
  const outcomes = sum(cycles, ({ outcomes: each }) => each.size);
  const crosses = cycles
    .flatMap((c) => c.decisions.flatMap((d) => d.crosses))
    .filter((cross) => !isGivenToHouse(cross));
  const worth = total(crosses.map(({ price, quantity }) => notional(price, quantity)));
  const shared = parentsOf(cycles).filter(({ demands }) => demands.length > 1).length;
  return answerOf(
    {
      number: 1,
      question: 'Are the intents of several strategies netted per symbol, and kept?',
      evidence: [
        `${signals} signals in ${cycles.length} cycles, ${outcomes} intents, each with one outcome`,
        `${crosses.length} crosses of ${format(worth)} USD, each summing to 0; ${shared} parent orders of several sleeves`,
      ],
      findings,
    },
    [
      [outcomes, 'an intent'],
      [crosses.length, 'two sleeves that wanted opposite things'],
    ],
  );
}

function limits(cycles: readonly AuditCycle[], findings: readonly Finding[]): Answer {
  const parts = partsOf(cycles);
  const cut = parts.filter(({ kind }) =>
    ['scaled', 'denied', 'suppressed', 'rounded_away'].includes(kind),
  );
  const again = sum(cycles, ({ decisions }) => Math.max(0, decisions.length - 1));
  const partial = cycles.flatMap((cycle) =>
    [...cycle.reported.values()].filter(
      (o) => o.filledQuantity > 0n && o.filledQuantity < o.quantity,
    ),
  );
  return answerOf(
    {
      number: 2,
      question: 'Are limits enforced on net changes, and again after partial fills?',
      evidence: [
        `${cut.length} parts of intents cut by a limit, each with reason and amount`,
        `${again} decisions after the first of their cycle, on new facts; ${partial.length} child orders filled in part, their rest with a reason`,
      ],
      findings,
    },
    [
      [cut.length, 'a limit that cut something'],
      [again, 'a decision on new facts'],
      [partial.length, 'an order filled in part'],
    ],
  );
}

function built(cycles: readonly AuditCycle[], findings: readonly Finding[]): Answer {
  const orders = sum(cycles, ({ submitted }) => submitted.size);
  const parents = parentsOf(cycles);
  const contributors = parents.reduce((count, { demands }) => count + demands.length, 0);
  return answerOf(
    {
      number: 3,
      question: 'Is each order built from a plan, and traceable to it?',
      evidence: [
        `${orders} child orders of ${parents.length} parents, each with a plan before it; ${contributors} contributors with exact shares, summing to their parents`,
      ],
      findings,
    },
    [[orders, 'an order']],
  );
}

function attributed(cycles: readonly AuditCycle[], findings: readonly Finding[]): Answer {
  const fills = cycles.flatMap(({ fills: each }) => each);
  const rows = sum(cycles, (cycle) => cycle.postings.filter(({ kind }) => kind === 'fill').length);
  const partial = fills.filter(({ fill }) => fill.leavesQty > 0n).length;
  return answerOf(
    {
      number: 4,
      question: 'Does the client order id lead back to the strategies, for partial fills too?',
      evidence: [
        `${sum(cycles, (cycle) => ordersOf(cycle).size)} ids decode to the demands of their plans`,
        `${fills.length} fills, ${partial} of them partial, divided by ${rows} postings: shares and USD sum exactly`,
      ],
      findings,
    },
    [
      [fills.length, 'a fill'],
      [partial, 'a partial fill'],
    ],
  );
}

function kept(cycles: readonly AuditCycle[], findings: readonly Finding[]): Answer {
  const decisions = cycles.flatMap((cycle) => cycle.decisions);
  const pointless: Finding[] = cycles.flatMap(({ cycle, points, decisions: each }) =>
    points.length === each.length
      ? []
      : [
          {
            record: `cycle ${cycle}`,
            expected: `one plan for each of ${points.length} decision points`,
            found: String(each.length),
          },
        ],
  );
  const suppressed = partsOf(cycles).filter(({ kind }) => kind === 'suppressed');
  const amount = total(suppressed.map((part) => absolute(part.notional ?? NO_MONEY)));
  return answerOf(
    {
      number: 5,
      question: 'Does the plan persist, with what was suppressed?',
      evidence: [
        `${decisions.length} plans since ${cycles[0]?.cycle ?? 'never'}, each as stored in the tables`,
        `${suppressed.length} suppressed parts of ${format(amount)} USD, each with its reason`,
      ],
      findings: [...findings, ...pointless],
    },
    [
      [decisions.length, 'a plan'],
      [suppressed.length, 'a trade that was suppressed'],
    ],
  );
}

function resumable(
  cycles: readonly AuditCycle[],
  records: AuditRecords,
  findings: readonly Finding[],
): Answer {
  const planned = sum(cycles, (cycle) => ordersOf(cycle).size);
  const accepted = cycles.flatMap(({ submitted, reported }) =>
    [...submitted].flatMap(([id, each]) =>
      each.at(-1)?.outcome === 'accepted' ? [reported.get(id)] : [],
    ),
  );
  const open = cycles.filter(({ committed }) => committed === null).map(({ cycle }) => cycle);
  return answerOf(
    {
      number: 6,
      question: 'After a failure, what should have happened, what did, and what did not?',
      evidence: [
        `should: ${planned} child orders planned; did: ${accepted.length} accepted; did not: ${planned - accepted.length}, each on record`,
        `what became of the ${accepted.length} accepted: ${endsOf(accepted)}`,
        `${records.broker.orders.length} child orders at the broker, none twice; ${records.entries.length} records, each after its cause`,
        open.length === 0 ? 'no cycle is open' : `open, to be taken up again: ${open.join(', ')}`,
      ],
      findings,
    },
    [[cycles.length, 'a cycle']],
  );
}

/** How orders that the broker took ended, as last reported; undefined is one without a report. */
function endsOf(orders: readonly (BrokerOrder | undefined)[]): string {
  // That none was rejected is an answer, too.
  const counts = new Map<string, number>([
    ['filled', 0],
    ['expired', 0],
    ['rejected', 0],
  ]);
  for (const order of orders) {
    const isOver = order !== undefined && isTerminal(order.status);
    const end = isOver ? order.status : 'without an end on record';
    counts.set(end, (counts.get(end) ?? 0) + 1);
  }
  const inPart = orders.filter(
    (order) => order !== undefined && order.status !== 'filled' && order.filledQuantity > 0n,
  );
  const ends = [...counts].map(([end, count]) => `${count} ${end}`).join(', ');
  return `${ends}; ${inPart.length} of those not filled were filled in part`;
}

function recomputed({ proof, entries }: AuditRecords): Answer {
  const differs: Finding[] =
    proof.ledger === proof.reconstruction && proof.mismatches === 0
      ? []
      : [
          {
            record: 'reconstruction',
            expected: `digest ${proof.ledger} and no mismatch`,
            found: `digest ${proof.reconstruction}, ${proof.mismatches} mismatches`,
          },
        ];
  return answerOf(
    {
      number: 7,
      question: 'From signals, orders and fills alone: positions, profit and slippage again?',
      evidence: [`ledger          ${proof.ledger}`, `reconstruction  ${proof.reconstruction}`],
      findings: differs,
    },
    [[entries.length, 'a record']],
  );
}

/** Buys that waited for the sells are decided again, and what an order left open has a reason. */
function redecisionFindings(cycle: AuditCycle): Finding[] {
  if (cycle.committed === null) return [];
  const waiting = [...cycle.outcomes.values()].filter(({ parts }) =>
    parts.some(({ kind }) => kind === 'deferred'),
  );
  const last = cycle.decisions.at(-1)?.trigger;
  return [
    ...waiting.map(({ sleeve, symbol }) => ({
      record: `outcome ${cycle.cycle} ${sleeve} ${symbol}`,
      expected: 'a decision after the sells',
      found: 'still deferred',
    })),
    ...(last === 'close'
      ? []
      : [
          {
            record: `cycle ${cycle.cycle}`,
            expected: 'a last decision at the close',
            found: last ?? 'none',
          },
        ]),
  ];
}

const tableFindings = ({ proof }: AuditRecords): Finding[] =>
  proof.tables.map((table) => ({
    record: `table ${table}`,
    expected: 'rows as they follow from the journal',
    found: 'others',
  }));

const sum = (cycles: readonly AuditCycle[], of: (cycle: AuditCycle) => number): number =>
  cycles.reduce((count, cycle) => count + of(cycle), 0);
const parentsOf = (cycles: readonly AuditCycle[]) =>
  cycles.flatMap(({ parents }) => [...parents.values()]);
const partsOf = (cycles: readonly AuditCycle[]): OutcomePart[] =>
  cycles.flatMap(({ outcomes }) => [...outcomes.values()].flatMap(({ parts }) => parts));

/** Sleeve codes of every configuration on record. */
function codesOf({ entries }: AuditRecords): Map<string, number> {
  const codes = new Map<string, number>([[HOUSE, HOUSE_CODE]]);
  for (const { event } of entries)
    if ('configuration' in event)
      for (const { id, code } of event.configuration.sleeves) codes.set(id, code);
  return codes;
}
