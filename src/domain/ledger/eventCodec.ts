// Stage: journal. How every event is written as JSON and read back.
// Invariant: decode(encode(event)) = event; a shape that is not in the union is refused with its place.
import type { AccountSnapshot, BrokerPosition } from '../account.ts';
import { canonicalJson } from '../canonical.ts';
import {
  anyJson,
  boolean,
  integer,
  list,
  moneyText,
  nullable,
  priceText,
  quantityText,
  record,
  sessionText,
  symbolText,
  tag,
  text,
  timestampText,
  union,
  weightText,
  word,
  type Codec,
} from '../codec.ts';
import type { Fill } from '../fill.ts';
import type { Activity, AssetFacts, CorporateAction, Quote } from '../market.ts';
import type { CrossLeg, Demand, NetDemand } from '../netting.ts';
import type { BrokerOrder } from '../order.ts';
import type { Outcome, OutcomePart } from '../outcome.ts';
import type { NavSeen, Overdraft, Parent, PlanDecision, RecordedCross } from '../plan.ts';
import type { Break } from '../reconciliation.ts';
import type { RebalanceRule, Signal, TargetWeight } from '../signal.ts';
import type { AccountConfiguration, Limits, Sleeve, SleeveId } from '../sleeve.ts';
import type {
  ActivityRecorded,
  CycleCommitted,
  CycleOpened,
  DecisionPoint,
  FillRecorded,
  Genesis,
  InputRecord,
  LedgerEvent,
  MarksRecorded,
  OrderKnown,
  OrderReported,
  PlanDecided,
  SignalRecorded,
  Submitted,
} from './events.ts';

const sleeveId = text as unknown as Codec<SleeveId>; // written by us; checked where configuration enters
const side = word('buy', 'sell');
const status = word(
  'filled',
  'canceled',
  'expired',
  'rejected',
  'replaced',
  'new',
  'accepted',
  'pending_new',
  'partially_filled',
);

const limits = record<Limits>({
  deployment: weightText,
  reserve: moneyText,
  priceAllowance: weightText,
  maxSpread: weightText,
  microTradeFloor: moneyText,
  microTradeAccountShare: weightText,
  microTradeSleeveShare: weightText,
  brokerMinimum: moneyText,
});
const sleeve = record<Sleeve>({
  id: sleeveId,
  code: integer,
  openingCash: moneyText,
  onFailure: word('hold', 'cash', 'abort'),
});
const configuration = record<AccountConfiguration>({
  account: text,
  sleeves: list(sleeve),
  limits,
  market: record<AccountConfiguration['market']>({
    name: text,
    synthetic: boolean,
    paysDividends: boolean,
  }),
  digest: text,
});

const corporateAction = union<CorporateAction>({
  dividend: record<Extract<CorporateAction, { kind: 'dividend' }>>({
    kind: tag('dividend'),
    id: text,
    symbol: symbolText,
    exDate: sessionText,
    payDate: sessionText,
    perShare: priceText,
  }),
  split: record<Extract<CorporateAction, { kind: 'split' }>>({
    kind: tag('split'),
    id: text,
    symbol: symbolText,
    exDate: sessionText,
    oldShares: integer,
    newShares: integer,
  }),
});

const rebalance = union<RebalanceRule>({
  'every-session': record<Extract<RebalanceRule, { kind: 'every-session' }>>({
    kind: tag('every-session'),
  }),
  calendar: record<Extract<RebalanceRule, { kind: 'calendar' }>>({
    kind: tag('calendar'),
    frequency: word('weekly', 'monthly', 'quarterly', 'yearly'),
  }),
  corridor: record<Extract<RebalanceRule, { kind: 'corridor' }>>({
    kind: tag('corridor'),
    width: weightText,
  }),
  none: record<Extract<RebalanceRule, { kind: 'none' }>>({ kind: tag('none') }),
});
const signalHead = {
  sleeve: sleeveId,
  strategy: text,
  strategyVersion: text,
  dialect: text,
  asOf: sessionText,
  dataVersion: text,
  rebalance,
  path: anyJson,
};
const signal = union<Signal>({
  targets: record<Extract<Signal, { kind: 'targets' }>>({
    ...signalHead,
    kind: tag('targets'),
    weights: list(record<TargetWeight>({ symbol: symbolText, weight: weightText })),
    cash: weightText,
  }),
  failed: record<Extract<Signal, { kind: 'failed' }>>({
    ...signalHead,
    kind: tag('failed'),
    code: text,
    message: text,
  }),
});

const snapshot = record<AccountSnapshot>({
  at: timestampText,
  cash: moneyText,
  positions: list(
    record<BrokerPosition>({ symbol: symbolText, quantity: quantityText, available: quantityText }),
  ),
});
const quote = record<Quote>({
  symbol: symbolText,
  bid: nullable(priceText),
  ask: nullable(priceText),
  at: timestampText,
});
const asset = record<AssetFacts>({ symbol: symbolText, tradable: boolean, fractionable: boolean });
const orderKnown = record<OrderKnown>({
  clientOrderId: text,
  status: word(
    'filled',
    'canceled',
    'expired',
    'rejected',
    'replaced',
    'new',
    'accepted',
    'pending_new',
    'partially_filled',
    'refused',
    'not_sent',
  ),
  cumQty: quantityText,
});

const demand = record<Demand>({ sleeve: sleeveId, quantity: quantityText });
const net = record<NetDemand>({
  symbol: symbolText,
  side,
  quantity: quantityText,
  demands: list(demand),
});
const cross = record<RecordedCross>({
  symbol: symbolText,
  price: priceText,
  quantity: quantityText,
  legs: list(record<CrossLeg>({ sleeve: sleeveId, quantity: quantityText, cash: moneyText })),
  bid: priceText,
  ask: priceText,
});
const parent = record<Parent>({
  cycle: sessionText,
  symbol: symbolText,
  side,
  revision: integer,
  quantity: quantityText,
  demands: list(demand),
  arrivalPrice: priceText,
  digest: text,
  clientOrderId: text,
});
const outcomePart = record<OutcomePart>({
  kind: word(
    'crossed',
    'deferred',
    'ordered',
    'suppressed',
    'scaled',
    'denied',
    'rejected',
    'rounded_away',
    'held',
    'expired',
  ),
  reason: text,
  quantity: quantityText,
  notional: nullable(moneyText),
  detail: text,
});
const outcome = record<Outcome>({
  sleeve: sleeveId,
  symbol: symbolText,
  held: quantityText,
  intended: quantityText,
  price: nullable(priceText),
  parts: list(outcomePart),
});
const breakCodec = record<Break>({
  kind: word('position', 'cash'),
  symbol: nullable(symbolText),
  ledger: text,
  broker: text,
  difference: text,
  cause: text,
});
const trigger = word('open', 'sells_done', 'close');
const decision = record<PlanDecision>({
  cycle: sessionText,
  sequence: integer,
  trigger,
  navs: list(record<NavSeen>({ sleeve: sleeveId, nav: nullable(moneyText), reason: text })),
  crosses: list(cross),
  parents: list(parent),
  deferred: list(net),
  outcomes: list(outcome),
  breaks: list(breakCodec),
  overdrafts: list(record<Overdraft>({ sleeve: sleeveId, cash: moneyText })),
});

const fill = record<Fill>({
  id: text,
  orderId: text,
  symbol: symbolText,
  side,
  lastQty: quantityText,
  cumQty: quantityText,
  leavesQty: quantityText,
  price: priceText,
  at: timestampText,
});
const order = record<BrokerOrder>({
  id: text,
  clientOrderId: text,
  symbol: symbolText,
  side,
  quantity: quantityText,
  filledQuantity: quantityText,
  averagePrice: nullable(priceText),
  status,
  submittedAt: timestampText,
  endedAt: nullable(timestampText),
  rejectReason: nullable(text),
});
const activity = union<Activity>({
  dividend: record<Extract<Activity, { kind: 'dividend' }>>({
    kind: tag('dividend'),
    id: text,
    symbol: symbolText,
    date: sessionText,
    cash: moneyText,
  }),
  split: record<Extract<Activity, { kind: 'split' }>>({
    kind: tag('split'),
    id: text,
    symbol: symbolText,
    date: sessionText,
    quantity: quantityText,
  }),
});

const inputCases = {
  genesis: record<Genesis>({
    kind: tag('genesis'),
    at: timestampText,
    configuration,
    cash: moneyText,
  }),
  cycle_opened: record<CycleOpened>({
    kind: tag('cycle_opened'),
    cycle: sessionText,
    asOf: sessionText,
    actions: list(corporateAction),
  }),
  signal_recorded: record<SignalRecorded>({
    kind: tag('signal_recorded'),
    cycle: sessionText,
    signal,
  }),
  decision_point: record<DecisionPoint>({
    kind: tag('decision_point'),
    cycle: sessionText,
    sequence: integer,
    trigger,
    at: timestampText,
    snapshot,
    quotes: list(quote),
    assets: list(asset),
    orders: list(orderKnown),
    activityIds: list(text),
  }),
  submitted: record<Submitted>({
    kind: tag('submitted'),
    cycle: sessionText,
    clientOrderId: text,
    outcome: word('accepted', 'refused', 'not_sent', 'unknown'),
    code: text,
    message: text,
  }),
  marks_recorded: record<MarksRecorded>({
    kind: tag('marks_recorded'),
    cycle: sessionText,
    marks: list(record<MarksRecorded['marks'][number]>({ symbol: symbolText, price: priceText })),
  }),
  cycle_committed: record<CycleCommitted>({
    kind: tag('cycle_committed'),
    cycle: sessionText,
    cycleDigest: text,
  }),
};

/** Reads and writes records of the input log; a decision in it is refused as an unknown kind. */
export const inputRecordCodec: Codec<InputRecord> = union<InputRecord>(inputCases);

/** Reads and writes every event of the journal. */
export const ledgerEventCodec: Codec<LedgerEvent> = union<LedgerEvent>({
  ...inputCases,
  plan_decided: record<PlanDecided>({ kind: tag('plan_decided'), decision }),
  fill_recorded: record<FillRecorded>({ kind: tag('fill_recorded'), clientOrderId: text, fill }),
  activity_recorded: record<ActivityRecorded>({ kind: tag('activity_recorded'), activity }),
  order_reported: record<OrderReported>({ kind: tag('order_reported'), order }),
});

/** An event as the bytes it has in the journal and in every digest. */
export const eventText = (event: LedgerEvent): string =>
  canonicalJson(ledgerEventCodec.encode(event));
