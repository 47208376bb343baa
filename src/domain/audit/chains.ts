// Stage: audit. The links signal → intent → outcome → order → fill → allocation → posting.
// Invariant: every link is checked in both directions, on every record.
import { decodeOrderId } from '../clientOrderId.ts';
import { isGivenToHouse } from '../netting.ts';
import type { OutcomeKind } from '../outcome.ts';
import type { Parent } from '../plan.ts';
import { HOUSE, SUSPENSE } from '../sleeve.ts';
import { format, notional, quantity, total } from '../units/units.ts';
import {
  keyOf,
  ordersOf,
  type AuditCycle,
  type AuditRecords,
  type Finding,
  type PostingRow,
  type Row,
} from './records.ts';

const shown = (count: bigint): string => format(quantity(count));

/** Every sleeve that the plan speaks of has its signal, and every intent its outcome, summing to it. */
export function intentFindings(cycle: AuditCycle): Finding[] {
  const sleeves = new Set([
    ...cycle.decisions.flatMap(({ navs }) => navs.map(({ sleeve }) => sleeve as string)),
    ...[...cycle.outcomes.values()].map(({ sleeve }) => sleeve as string),
  ]);
  const findings: Finding[] = [...sleeves]
    .filter((sleeve) => sleeve !== HOUSE && sleeve !== SUSPENSE && !cycle.closed.has(sleeve))
    .filter((sleeve) => !cycle.signals.has(sleeve))
    .map((sleeve) => ({
      record: `cycle ${cycle.cycle} ${sleeve}`,
      expected: 'a signal before the plan',
      found: 'none',
    }));
  if (cycle.decisions.length === 0) return findings;
  const wanted = [...cycle.signals.values()].flatMap((signal) =>
    signal.kind === 'targets' && !cycle.closing.has(signal.sleeve)
      ? signal.weights.map((t) => keyOf(signal.sleeve, t.symbol))
      : [],
  );
  const held = [...cycle.held.keys()].filter(
    (key) => !key.startsWith(`${HOUSE} `) && !key.startsWith(`${SUSPENSE} `),
  );
  for (const key of new Set([...wanted, ...held]))
    if (!cycle.outcomes.has(key))
      findings.push({
        record: `cycle ${cycle.cycle} ${key}`,
        expected: 'one outcome of its intent',
        found: 'none',
      });
  for (const [key, outcome] of cycle.outcomes) {
    const explained = total(outcome.parts.map((part) => part.quantity));
    if (explained !== outcome.intended || outcome.parts.length === 0)
      findings.push({
        record: `outcome ${cycle.cycle} ${key}`,
        expected: `parts summing to ${shown(outcome.intended)}`,
        found: shown(explained),
      });
  }
  return findings;
}

/** Every cross sums to zero, and is what outcomes and postings say. */
export function crossFindings(cycle: AuditCycle): Finding[] {
  const legs = new Map<string, bigint>();
  const wanted = new Map<string, bigint>();
  const findings: Finding[] = [];
  for (const cross of cycle.decisions.flatMap((decision) => decision.crosses)) {
    const shares = total(cross.legs.map((leg) => leg.quantity));
    const cash = total(cross.legs.map((leg) => leg.cash));
    if (shares !== 0n || cash !== 0n)
      findings.push({
        record: `cross ${cycle.cycle} ${cross.symbol}`,
        expected: 'shares and cash summing to 0',
        found: `${shown(shares)} shares, ${format(cash)} USD`,
      });
    for (const leg of cross.legs) {
      addTo(legs, keyOf(leg.sleeve, cross.symbol), leg.quantity);
      // House has no intent for what it is given.
      if (isGivenToHouse(cross) && leg.sleeve === HOUSE) continue;
      addTo(wanted, keyOf(leg.sleeve, cross.symbol), leg.quantity);
    }
  }
  return [
    ...findings,
    ...compare(`cross ${cycle.cycle}`, wanted, partsOf(cycle, 'crossed'), 'shares in its outcome'),
    ...compare(`cross ${cycle.cycle}`, legs, posted(cycle, ['cross']), 'shares in its postings'),
  ];
}

/** Every order was planned, its demands sum, and its id says the same; every plan was sent or said why not. */
export function orderFindings(cycle: AuditCycle, codes: ReadonlyMap<string, number>): Finding[] {
  const findings: Finding[] = [];
  const miss = (id: string, expected: string, found: string): void => {
    findings.push({ record: `order ${id}`, expected, found });
  };
  for (const [id, parent] of cycle.parents) {
    const demanded = total(parent.demands.map((demand) => demand.quantity));
    if (demanded !== parent.quantity)
      miss(id, `demands summing to ${shown(parent.quantity)}`, shown(demanded));
    for (const { sleeve } of parent.demands)
      if (!cycle.outcomes.has(keyOf(sleeve, parent.symbol)))
        miss(id, `an outcome of ${sleeve}`, 'none');
  }
  const orders = ordersOf(cycle);
  for (const [id, parent] of orders) {
    const said = idFinding(id, parent, codes);
    if (said !== null) miss(id, ...said);
    const submissions = cycle.submitted.get(id) ?? [];
    if (cycle.committed !== null && submissions.length === 0)
      miss(id, 'a submission on record', 'none');
    const last = submissions.at(-1)?.outcome;
    if (cycle.committed !== null && last === 'unknown')
      miss(id, 'a submission that is settled', 'unknown');
    if (cycle.committed !== null && last === 'accepted' && !cycle.reported.has(id))
      miss(id, "the broker's last word on it", 'none');
  }
  for (const id of [...cycle.submitted.keys(), ...cycle.reported.keys()])
    if (!orders.has(id)) miss(id, 'a plan that it was built from', 'none');
  return findings;
}

/** What an id says of its order, from the id alone, against the plan. */
function idFinding(
  id: string,
  parent: Parent,
  codes: ReadonlyMap<string, number>,
): [string, string] | null {
  const decoded = decodeOrderId(id);
  if (decoded.kind !== 'ours') return ['an id that leads back to its sleeves', decoded.kind];
  const planned = parent.demands
    .map((demand) => `${codes.get(demand.sleeve) ?? '?'}: ${shown(demand.quantity)}`)
    .sort();
  if (decoded.demands.kind !== 'listed') return null; // overflow: its digest leads to the plan
  const said = decoded.demands.demands.map((d) => `${d.code}: ${shown(d.quantity)}`).sort();
  return said.join(', ') === planned.join(', ')
    ? null
    : [`the demands of its plan (${planned.join(', ')})`, said.join(', ')];
}

/** Kinds of postings by which executions, and what was amended of them, are divided. */
const DIVIDED: ReadonlySet<string> = new Set(['fill', 'over_fill', 'bust', 'correction']);

/** Every fill is divided: what sleeves got, by outcome and by posting, is what the broker executed. */
export function fillFindings(cycle: AuditCycle): Finding[] {
  const executed = new Map<string, bigint>();
  const paid = new Map<string, bigint>();
  const byOrder = new Map<string, bigint>();
  for (const { fill, clientOrderId } of cycle.fills) {
    const sign = fill.side === 'buy' ? 1n : -1n;
    addTo(executed, fill.symbol, sign * fill.lastQty);
    addTo(paid, fill.symbol, -sign * notional(fill.price, fill.lastQty));
    addTo(byOrder, clientOrderId, fill.lastQty);
  }
  for (const { amendment, clientOrderId } of cycle.amendments) {
    const { side, symbol, was, now } = amendment;
    const sign = side === 'buy' ? 1n : -1n;
    const shares = (now?.quantity ?? 0n) - was.quantity;
    const worth = now === null ? 0n : notional(now.price, now.quantity);
    addTo(executed, symbol, sign * shares);
    addTo(paid, symbol, -sign * (worth - notional(was.price, was.quantity)));
    addTo(byOrder, clientOrderId, shares);
  }
  if (cycle.committed === null) return [];
  const rows = cycle.postings.filter(({ kind }) => DIVIDED.has(kind));
  // What was settled before it was amended stays as it was said then.
  const amended = new Set(
    cycle.postings
      .filter(({ kind }) => kind === 'bust' || kind === 'correction')
      .map(({ sleeve, symbol }) => keyOf(sleeve, symbol)),
  );
  const asSettled = (sums: ReadonlyMap<string, bigint>): Map<string, bigint> =>
    new Map([...sums].filter(([key]) => !amended.has(key)));
  const bySymbol = (of: (row: PostingRow) => bigint): Map<string, bigint> => {
    const sums = new Map<string, bigint>();
    for (const row of rows) addTo(sums, row.symbol, of(row));
    return sums;
  };
  const reported = new Map(
    [...cycle.reported].map(([id, order]): [string, bigint] => [id, order.filledQuantity]),
  );
  const orders = ordersOf(cycle);
  const own = new Map([...byOrder].filter(([id]) => orders.has(id)));
  const at = `fills of ${cycle.cycle}`;
  return [
    ...compare(
      at,
      executed,
      bySymbol((row) => row.quantity),
      'shares in allocations',
    ),
    ...compare(
      at,
      paid,
      bySymbol((row) => row.cash),
      'USD in allocations',
    ),
    ...compare(at, reported, own, 'shares in its executions'),
    ...compare(
      `ordered in ${cycle.cycle}`,
      asSettled(partsOf(cycle, 'ordered')),
      asSettled(posted(cycle, ['fill'])),
      'shares in its postings',
    ),
  ];
}

/** The stored outcomes and demands are those of the plans. */
export function storedFindings(records: AuditRecords, cycles: readonly AuditCycle[]): Finding[] {
  const planned = new Map<string, string>();
  for (const { cycle, outcomes, parents } of cycles) {
    for (const [key, { parts, intended }] of outcomes)
      parts.forEach((part, index) =>
        planned.set(
          `outcome ${cycle} ${key} ${index}`,
          `${part.kind}/${part.reason} ${shown(part.quantity)} of ${shown(intended)}`,
        ),
      );
    for (const [id, { demands }] of parents)
      for (const demand of demands)
        planned.set(`demand ${id} ${demand.sleeve}`, shown(demand.quantity));
  }
  const stored = new Map<string, string>();
  const cell = (row: Row, columns: readonly string[]): string =>
    columns.map((column) => row[column] ?? '').join(' ');
  for (const row of records.outcomes)
    stored.set(
      `outcome ${cell(row, ['cycle', 'sleeve', 'symbol', 'part'])}`,
      `${row['kind'] ?? ''}/${row['reason'] ?? ''} ${row['quantity'] ?? ''} of ${row['intended'] ?? ''}`,
    );
  for (const row of records.demands)
    stored.set(`demand ${cell(row, ['client_order_id', 'sleeve'])}`, row['quantity'] ?? '');
  return [...new Set([...planned.keys(), ...stored.keys()])]
    .filter((record) => planned.get(record) !== stored.get(record))
    .map((record) => ({
      record,
      expected: planned.get(record) ?? 'none, as in the plan',
      found: stored.get(record) ?? 'none in the table',
    }));
}

/** Every record follows from one recorded before it. */
export function causeFindings({ entries }: AuditRecords): Finding[] {
  const known = new Set<string>(['']);
  return entries.flatMap(({ id, causationId }) => {
    known.add(id);
    return known.has(causationId)
      ? []
      : [{ record: id, expected: `its cause ${causationId} before it`, found: 'none' }];
  });
}

/** The broker's orders and executions are those on record, each once. */
export function brokerFindings({ broker }: AuditRecords, cycles: readonly AuditCycle[]): Finding[] {
  const reported = cycles.flatMap((cycle) => [...cycle.reported.values()]);
  const fills = cycles.flatMap((cycle) => cycle.fills.map(({ fill }) => fill));
  const ours = broker.orders.filter((o) => decodeOrderId(o.clientOrderId).kind === 'ours');
  const ids = (of: readonly { readonly clientOrderId: string }[]): string[] =>
    of.map(({ clientOrderId }) => clientOrderId);
  return [
    ...sameIds('order', ids(ours), [
      ...ids(reported),
      ...cycles
        .filter(({ committed }) => committed === null)
        .flatMap((c) => [...c.submitted.keys()]),
    ]),
    ...sameIds(
      'fill',
      broker.fills.map(({ id }) => id),
      fills.map(({ id }) => id),
    ),
    ...sameIds(
      'amendment',
      broker.amendments.map(({ id }) => id),
      cycles.flatMap((cycle) => cycle.amendments.map(({ amendment }) => amendment.id)),
    ),
  ];
}

function sameIds(what: string, broker: readonly string[], journal: readonly string[]): Finding[] {
  const [theirs, recorded] = [new Set(broker), new Set(journal)];
  const twice = new Set<string>();
  const once = new Set<string>();
  for (const id of broker) (once.has(id) ? twice : once).add(id);
  return [
    ...[...twice].map((id) => ({
      record: `${what} ${id}`,
      expected: 'one at the broker',
      found: 'two',
    })),
    ...[...theirs]
      .filter((id) => !recorded.has(id))
      .map((id) => ({
        record: `${what} ${id}`,
        expected: 'a record in the journal',
        found: 'none',
      })),
    ...[...recorded]
      .filter((id) => !theirs.has(id))
      .map((id) => ({
        record: `${what} ${id}`,
        expected: 'the same at the broker',
        found: 'none',
      })),
  ];
}

function partsOf(cycle: AuditCycle, kind: OutcomeKind): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const [key, { parts }] of cycle.outcomes)
    for (const part of parts) if (part.kind === kind) addTo(sums, key, part.quantity);
  return sums;
}

function posted(cycle: AuditCycle, kinds: readonly string[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { sleeve, symbol, kind, quantity: shares } of cycle.postings)
    if (kinds.includes(kind)) addTo(sums, keyOf(sleeve, symbol), shares);
  return sums;
}

function addTo(sums: Map<string, bigint>, key: string, count: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + count);
}

/** Where two sums differ; a key that one lacks counts as nothing. */
function compare(
  record: string,
  expected: ReadonlyMap<string, bigint>,
  found: ReadonlyMap<string, bigint>,
  what: string,
): Finding[] {
  return [...new Set([...expected.keys(), ...found.keys()])]
    .filter((key) => (expected.get(key) ?? 0n) !== (found.get(key) ?? 0n))
    .map((key) => ({
      record: `${record} ${key}`,
      expected: `${shown(expected.get(key) ?? 0n)} ${what}`,
      found: shown(found.get(key) ?? 0n),
    }));
}
