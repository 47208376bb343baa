// Stage: ledger. Executions that may still be amended as JSON, and back.
// Invariant: decode(encode(executions)) amends as they do: each once, with its parent and all its ids.
import {
  list,
  moneyText,
  nullable,
  quantityText,
  record,
  sessionText,
  symbolText,
  text,
  type Codec,
} from '../codec.ts';
import { invariant } from '../invariant.ts';
import type { Demand } from '../netting.ts';
import type { Session } from '../time.ts';
import { NO_MONEY, NO_SHARES } from '../units/units.ts';
import { executionTermsCodec, fillCodec } from './factCodec.ts';
import type { LotPart } from './lots.ts';
import type { AmendableParent, Execution, ExecutionParts, LedgerState } from './state.ts';
import { sideWord, sleeveIdText } from './words.ts';

type Kept = LedgerState['executions'];
type KeptParent = AmendableParent['parent'] &
  Pick<AmendableParent, 'cumQty' | 'cumNotional' | 'allocated'>;
interface KeptExecution extends Pick<Execution, 'fill' | 'terms' | 'parts'> {
  /** Its own, and every correction's. */
  readonly ids: readonly string[];
  readonly parent: string | null;
}
interface KeptCycle {
  readonly cycle: Session;
  readonly parents: readonly KeptParent[];
  readonly executions: readonly KeptExecution[];
}

const lotPart = record<LotPart>({
  id: text,
  acquired: sessionText,
  quantity: quantityText,
  cost: moneyText,
});
const owned = record<AmendableParent['allocated'][number]>({
  quantity: quantityText,
  cash: moneyText,
  relieved: list(lotPart) as Codec<LotPart[]>, // a new list each time it is read
});
const cycles = list(
  record<KeptCycle>({
    cycle: sessionText,
    parents: list(
      record<KeptParent>({
        clientOrderId: text,
        cycle: sessionText,
        symbol: symbolText,
        side: sideWord,
        quantity: quantityText,
        demands: list(record<Demand>({ sleeve: sleeveIdText, quantity: quantityText })),
        cumQty: quantityText,
        cumNotional: moneyText,
        allocated: list(owned) as Codec<AmendableParent['allocated']>, // as above
      }),
    ),
    executions: list(
      record<KeptExecution>({
        ids: list(text),
        fill: fillCodec,
        parent: nullable(text),
        terms: nullable(executionTermsCodec),
        parts: record<ExecutionParts>({
          own: quantityText,
          ownWorth: moneyText,
          over: quantityText,
          overWorth: moneyText,
        }),
      }),
    ),
  }),
);

/** Reads and writes what is kept between two cycles. */
export const executionsCodec: Codec<Kept> = {
  encode: (kept) => cycles.encode(listed(kept)),
  write: (kept) => cycles.write(listed(kept)),
  decode: (json, path) =>
    new Map(cycles.decode(json, path).map((of) => [of.cycle, executionsOf(of)])),
};

const listed = (kept: Kept): KeptCycle[] =>
  [...kept].map(([cycle, executions]) => {
    const parents = new Map<string, KeptParent>();
    const ids = new Map<Execution, string[]>();
    for (const [id, execution] of executions) {
      ids.set(execution, [...(ids.get(execution) ?? []), id]);
      if (execution.progress === null) continue;
      const { parent, cumQty, cumNotional, allocated } = execution.progress;
      parents.set(parent.clientOrderId, { ...parent, cumQty, cumNotional, allocated });
    }
    return {
      cycle,
      parents: [...parents.values()],
      executions: [...ids].map(([{ fill, progress, terms, parts }, known]) => ({
        ids: known,
        fill,
        parent: progress?.parent.clientOrderId ?? null,
        terms,
        parts,
      })),
    };
  });

function executionsOf({ parents, executions }: KeptCycle): Map<string, Execution> {
  const byId = new Map(parents.map((kept) => [kept.clientOrderId, parentOf(kept)]));
  return new Map(
    executions.flatMap(({ ids, parent, ...of }) => {
      const progress = parent === null ? null : byId.get(parent);
      invariant(progress !== undefined, () => `Execution ${of.fill.id} has lost its parent.`);
      const execution: Execution = { ...of, progress };
      return ids.map((id) => [id, execution] as const);
    }),
  );
}

const parentOf = ({ cumQty, cumNotional, allocated, ...parent }: KeptParent): AmendableParent => ({
  parent,
  cumQty,
  cumNotional,
  allocated,
  pendingQuantity: NO_SHARES,
  pendingCash: NO_MONEY,
  ended: true,
});
