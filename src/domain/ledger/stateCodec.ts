// Stage: ledger. The state between two cycles as JSON, and back.
// Invariant: decode(encode(state)) folds on as the state does; a field that is not here does not compile.
import {
  countText,
  integer,
  list,
  moneyText,
  nullable,
  pairs,
  quantityText,
  record,
  sessionText,
  symbolText,
  tag,
  text,
  union,
  word,
  type Codec,
} from '../codec.ts';
import type { CapitalRequest, Due } from '../capital.ts';
import { invariant } from '../invariant.ts';
import { BREAK_KINDS, type Sides, type Standing, type StandingBreak } from '../reconciliation.ts';
import { executionsCodec } from './executionsCodec.ts';
import { configurationCodec, corporateAction, inputCases } from './inputCodec.ts';
import { activityCodec, unmatchedCodec } from './factCodec.ts';
import type { Lot } from './lots.ts';
import type { Moves, Span } from './moves.ts';
import type { Performance } from './performance.ts';
import type {
  Cleared,
  KnownAction,
  KnownIds,
  LedgerState,
  Negative,
  Receivable,
  RecentActivity,
  SleeveAccount,
  Traded,
  WaitingCash,
} from './state.ts';
import { sleeveIdText } from './words.ts';

/** What is known by the broker's ids stays in the journal, which has an index of them: here they are counted. */
interface Counted {
  readonly fillIds: number;
  readonly activityIds: number;
}

type Kept = Omit<LedgerState, 'cycle' | 'amendmentIds' | keyof Counted> &
  Counted & { readonly amendmentIds: readonly string[] };

/** A list that its owner adds to. */
const changeable = <T>(inner: Codec<readonly T[]>): Codec<T[]> => ({
  ...inner,
  decode: (json, path) => [...inner.decode(json, path)],
});
const receivable = record<Receivable>({
  from: word('dividend', 'merger'),
  symbol: symbolText,
  payDate: sessionText,
  amount: moneyText,
});
const lot = record<Lot>({
  id: text,
  acquired: sessionText,
  quantity: quantityText,
  cost: moneyText,
});
const performance = record<Performance>({
  nav: nullable(moneyText),
  index: countText,
  paidIn: moneyText,
  paidOut: moneyText,
  peakIndex: countText,
  maxDrawdown: countText,
});
const sleeveAccount = record<SleeveAccount>({
  id: sleeveIdText,
  code: integer,
  onFailure: word('hold', 'cash', 'abort'),
  life: word('active', 'paused', 'closing', 'closed'),
  lotMethod: word('fifo', 'lifo', 'hifo', 'average'),
  cash: moneyText,
  receivables: pairs(text, receivable),
  positions: pairs(symbolText, list(lot)),
  realised: moneyText,
  dividends: moneyText,
  withheld: moneyText,
  interest: moneyText,
  fees: moneyText,
  other: moneyText,
  nights: record<SleeveAccount['nights']>({ positive: countText, negative: countText }),
  flows: moneyText,
  rebalancedOn: nullable(sessionText),
  performance,
});
const traded = record<Traded>({ sold: moneyText, soldShares: quantityText, shares: quantityText });
const request = union<CapitalRequest>({
  transfer: record<Extract<CapitalRequest, { kind: 'transfer' }>>({
    kind: tag('transfer'),
    id: text,
    from: sleeveIdText,
    to: sleeveIdText,
    left: moneyText,
  }),
  withdrawal: record<Extract<CapitalRequest, { kind: 'withdrawal' }>>({
    kind: tag('withdrawal'),
    id: text,
    left: moneyText,
  }),
});
const due = record<Due>({
  id: text,
  cause: word('transfer', 'withdrawal', 'restore'),
  from: sleeveIdText,
  to: sleeveIdText,
  amount: moneyText,
});
const standing = {
  id: text,
  kind: word(...BREAK_KINDS),
  symbol: nullable(symbolText),
  amount: text,
  cause: text,
  since: sessionText,
  sinceCycles: integer,
  state: word('open', 'explained', 'resolved'),
  explanation: nullable(text),
  resolvedOn: nullable(sessionText),
  resolvedCycles: nullable(integer),
};
const ofFact = record<Standing>(standing);
const ofBroker = record<Standing & Sides>({
  ...standing,
  ledger: text,
  broker: text,
  difference: text,
});
const standingBreak: Codec<StandingBreak> = {
  encode: (found) => ('ledger' in found ? ofBroker.encode(found) : ofFact.encode(found)),
  write: (found) => ('ledger' in found ? ofBroker.write(found) : ofFact.write(found)),
  decode: (json, path) =>
    typeof json === 'object' && json !== null && 'ledger' in json
      ? ofBroker.decode(json, path)
      : ofFact.decode(json, path),
};
const amounts = pairs(sleeveIdText, moneyText);

const spans: Codec<Span[]> = changeable(
  list(
    record<Span>({
      from: text,
      cycles: integer,
      moved: pairs(symbolText, pairs(sleeveIdText, quantityText)),
    }),
  ),
);
const cleared = record<Cleared>({
  date: sessionText,
  shares: list(
    record<Cleared['shares'][number]>({ sleeve: sleeveIdText, action: text, amount: moneyText }),
  ),
});

const recent = record<RecentActivity>({
  cycles: integer,
  points: integer,
  posted: activityCodec,
  listed: activityCodec,
});
const profitAccounts = ['dividends', 'realised', 'withheld', 'interest', 'fees', 'other'] as const;
const waiting = record<WaitingCash>({
  sleeve: sleeveIdText,
  symbol: nullable(symbolText),
  amount: moneyText,
  held: word(...profitAccounts),
  as: word(...profitAccounts, 'flows'),
});
const knownAction = record<KnownAction>({
  applied: nullable(corporateAction),
  listed: corporateAction,
});

const kept = record<Kept>({
  configuration: nullable(configurationCodec),
  sleeves: pairs(sleeveIdText, sleeveAccount),
  rounding: moneyText,
  kill: nullable(inputCases.killed),
  switched: integer,
  firstCycle: nullable(sessionText),
  lastCycle: nullable(sessionText),
  cycles: integer,
  history: text,
  fillIds: integer,
  amendmentIds: list(text),
  executions: executionsCodec,
  negative: pairs(
    text,
    record<Negative>({
      sleeve: sleeveIdText,
      symbol: nullable(symbolText),
      explained: nullable(quantityText),
    }),
  ),
  activityIds: integer,
  recent: pairs(text, recent),
  actions: pairs(text, knownAction),
  moves: record<Moves>({ spans, first: pairs(symbolText, text) }),
  cleared: pairs(text, list(cleared)),
  unmatched: pairs(text, unmatchedCodec),
  waiting: pairs(text, waiting),
  paid: pairs(text, amounts),
  credited: amounts,
  traded: pairs(sessionText, pairs(sleeveIdText, traded)),
  requests: pairs(text, request),
  requestsMade: integer,
  dues: list(due),
  breaks: pairs(text, standingBreak),
  breaksExplained: integer,
  assignments: integer,
  configurations: integer,
  between: integer,
});

/** The state as canonical JSON. @throws InvariantError within a cycle: that is the journal's alone */
export function stateText(state: LedgerState): string {
  const { cycle, fillIds, activityIds, amendmentIds, ...rest } = state;
  invariant(
    cycle === null,
    () => `Cycle ${cycle?.opened.cycle ?? ''} is open: a ledger is put down between cycles only.`,
  );
  return kept.write({
    ...rest,
    fillIds: fillIds.size,
    activityIds: activityIds.size,
    amendmentIds: [...amendmentIds],
  });
}

/**
 * The state of a text.
 *
 * @param known gives the ids that were counted, by their kind and number
 * @throws DecodeError when the JSON is no state
 */
export function stateOf(
  json: unknown,
  known: (kind: 'fill' | 'activity', count: number) => KnownIds,
): LedgerState {
  const { fillIds, activityIds, amendmentIds, ...rest } = kept.decode(json, '');
  return {
    ...rest,
    cycle: null,
    amendmentIds: new Set(amendmentIds),
    fillIds: known('fill', fillIds),
    activityIds: known('activity', activityIds),
  };
}
