// Stage: journal → tables. What each event changes in the tables beside the journal.
// Invariant: the tables follow from the journal alone; `verify` rebuilds and compares them.
import type { LedgerEvent } from '../domain/ledger/events.ts';
import { costOf, heldIn } from '../domain/ledger/lots.ts';
import type { Posting } from '../domain/ledger/postings.ts';
import { receivablesOf, sleevesInOrder, type LedgerState } from '../domain/ledger/state.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { PlanDecision } from '../domain/plan.ts';
import { formatDecimal } from '../domain/units/decimal.ts';
import { compareText, format } from '../domain/units/units.ts';
import type { StepDecision } from '../domain/walk.ts';
import type { TableChange, TableName } from '../ports/journal.ts';

/** The changes that one applied event makes. `state` is the state after it. */
export function tableChanges(
  event: LedgerEvent,
  eventId: string,
  postings: readonly Posting[],
  state: LedgerState,
): TableChange[] {
  const changes: TableChange[] = [];
  if (postings.length > 0) changes.push(postingRows(eventId, postings, state));
  if (event.kind === 'plan_decided') changes.push(...decisionRows(event.decision));
  if (event.kind === 'step_decided') changes.push(...childRows(event.decision));
  // Between cycles, where people pause sleeves and move money, the tables follow each event.
  if (state.cycle === null) changes.push(...holdingRows(state));
  return changes;
}

function postingRows(
  eventId: string,
  postings: readonly Posting[],
  state: LedgerState,
): TableChange {
  const cycle = state.cycle?.opened.cycle ?? state.lastCycle ?? '';
  return derived('postings', null, () =>
    postings.map((posting, line) => [
      eventId,
      String(line).padStart(4, '0'),
      cycle,
      posting.sleeve,
      posting.kind,
      posting.symbol ?? '',
      format(posting.quantity),
      format(posting.cash),
      format(posting.cost),
      format(posting.receivable),
    ]),
  );
}

function decisionRows(decision: PlanDecision): TableChange[] {
  return [
    derived('parents', null, () =>
      decision.parents.map((parent) => [
        parent.clientOrderId,
        parent.cycle,
        parent.symbol,
        parent.side,
        format(parent.quantity),
        format(parent.arrivalPrice),
        parent.digest,
      ]),
    ),
    derived('demands', null, () =>
      decision.parents.flatMap((parent) =>
        parent.demands.map((demand) => [
          parent.clientOrderId,
          demand.sleeve,
          format(demand.quantity),
        ]),
      ),
    ),
    ...decision.outcomes.map((outcome) => outcomeRows(decision.cycle, outcome)),
  ];
}

/** The child that a step sends; a parent at market is its own. */
function childRows({ cycle, parent, move }: StepDecision): TableChange[] {
  if (move.kind !== 'send') return [];
  const { clientOrderId, attempt, quantity, type, limitPrice, timeInForce } = move.child;
  const limit = limitPrice === null ? '' : format(limitPrice);
  const row = [clientOrderId, parent, cycle, String(attempt), format(quantity), type, limit];
  return [{ table: 'children', replaces: null, rows: [[...row, timeInForce]] }];
}

function outcomeRows(cycle: string, outcome: Outcome): TableChange {
  return derived('outcomes', [cycle, outcome.sleeve, outcome.symbol], () =>
    outcome.parts.map((part, index) => [
      cycle,
      outcome.sleeve,
      outcome.symbol,
      String(index),
      part.kind,
      part.reason,
      format(part.quantity),
      part.notional === null ? '' : format(part.notional),
      part.detail,
      part.arithmetic?.limit ?? '',
      part.arithmetic?.observed ?? '',
      part.arithmetic?.factor ?? '',
      format(outcome.held),
      format(outcome.intended),
      outcome.price === null ? '' : format(outcome.price),
    ]),
  );
}

/** Rows made when they are read: of what was recorded, which never changes. */
const derived = (...of: ConstructorParameters<typeof DerivedChange>): TableChange =>
  new DerivedChange(...of);

class DerivedChange implements TableChange {
  readonly table: TableName;
  readonly replaces: TableChange['replaces'];
  readonly derived = true;
  readonly #make: () => TableChange['rows'];

  constructor(
    table: TableName,
    replaces: TableChange['replaces'],
    make: () => TableChange['rows'],
  ) {
    this.table = table;
    this.replaces = replaces;
    this.#make = make;
  }

  get rows(): TableChange['rows'] {
    return this.#make();
  }
}

/** The rows of the tables that describe the holdings, as they must stand between two cycles. */
export function holdingRows(state: LedgerState): TableChange[] {
  const sleeves = sleevesInOrder(state);
  // Taken now: the ledger goes on, and what its tables say of this moment must not.
  const positions = sleeves.flatMap(({ id, positions: of }) =>
    [...of].map(([symbol, lots]) => ({
      sleeve: id,
      symbol,
      held: heldIn(lots),
      cost: costOf(lots),
    })),
  );
  const breaks = [...state.breaks.values()];
  return [
    {
      table: 'sleeves',
      replaces: [],
      rows: sleeves.map((sleeve) => [
        sleeve.id,
        String(sleeve.code),
        sleeve.life,
        format(sleeve.cash),
        format(receivablesOf(sleeve)),
        format(sleeve.realised),
        format(sleeve.dividends),
        format(sleeve.withheld),
        format(sleeve.interest),
        format(sleeve.fees),
        format(sleeve.other),
        format(sleeve.flows),
        sleeve.performance.nav === null ? '' : format(sleeve.performance.nav),
        formatDecimal(sleeve.performance.index, 12),
      ]),
    },
    {
      table: 'dues',
      replaces: [],
      rows: state.dues.map(({ id, cause, from, to, amount }) => [
        id,
        cause,
        from,
        to,
        format(amount),
      ]),
    },
    {
      table: 'requests',
      replaces: [],
      rows: [...state.requests.values()].map((request) => [
        request.id,
        request.kind,
        request.kind === 'transfer' ? request.from : 'house',
        request.kind === 'transfer' ? request.to : '',
        format(request.left),
      ]),
    },
    derived('breaks', [], () =>
      breaks.map((found) => [
        found.id,
        found.kind,
        found.symbol ?? '',
        found.amount,
        found.cause,
        found.since,
        found.state,
        found.explanation ?? '',
        found.resolvedOn ?? '',
      ]),
    ),
    derived('positions', [], () =>
      positions
        .toSorted((a, b) => compareText(a.sleeve, b.sleeve) || compareText(a.symbol, b.symbol))
        .map(({ sleeve, symbol, held, cost }) => [sleeve, symbol, format(held), format(cost)]),
    ),
  ];
}
