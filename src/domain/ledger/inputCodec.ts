// Stage: journal. How what a decision reads is written and read back.
// Invariant: nothing that was decided has a shape here.
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
} from '../codec.ts';
import type { AccountSnapshot, BrokerPosition, MarginFigures } from '../account.ts';
import type { Execution, ExecutionPolicy } from '../execution.ts';
import type { Limits, MarginLimits, Rails, SleeveRails, SymbolRails } from '../limits/settings.ts';
import type { Pace } from '../pace.ts';
import type { Activity, AssetFacts, BarFacts, CorporateAction, Quote } from '../market.ts';
import type { RebalanceRule, Signal, TargetWeight } from '../signal.ts';
import type { Tolerance } from '../reconciliation.ts';
import type { AccountConfiguration, CapitalPolicy, Sleeve } from '../sleeve.ts';
import type {
  Armed,
  ActivitiesKnown,
  AmendmentsKnown,
  Assigned,
  BreakExplained,
  CashAssigned,
  Changed,
  Configured,
  CycleCommitted,
  CycleOpened,
  DecisionPoint,
  Genesis,
  Killed,
  ListedAgain,
  MarksRecorded,
  OrderKnown,
  SignalRecorded,
  StepRecorded,
  Submitted,
  TransferRequested,
  WithdrawalRequested,
} from './events.ts';
import { activityCodec } from './factCodec.ts';
import { ORDER_STATUSES, sleeveIdText, triggerWord } from './words.ts';

const symbolRails = {
  maxOrderNotional: nullable(moneyText),
  maxVolumeShare: nullable(weightText),
  collar: nullable(weightText),
  maxSpread: nullable(weightText),
};
const rails = record<Rails>({
  maxQuoteAgeSeconds: integer,
  maxDailyTurnover: nullable(moneyText),
  maxOrders: nullable(integer),
  allow: nullable(list(symbolText)),
  deny: list(symbolText),
  frozen: list(symbolText),
  everySymbol: record<SymbolRails>(symbolRails),
  symbols: list(record<Rails['symbols'][number]>({ symbol: symbolText, ...symbolRails })),
  sleeves: list(
    record<SleeveRails>({
      sleeve: text,
      allow: nullable(list(symbolText)),
      deny: list(symbolText),
      maxLoss: nullable(moneyText),
      maxOrderNotional: nullable(moneyText),
    }),
  ),
});
const policy = union<ExecutionPolicy>({
  market: record<Extract<ExecutionPolicy, { kind: 'market' }>>({ kind: tag('market') }),
  'limit-only': record<Extract<ExecutionPolicy, { kind: 'limit-only' }>>({
    kind: tag('limit-only'),
    reach: weightText,
  }),
  walk: record<Extract<ExecutionPolicy, { kind: 'walk' }>>({
    kind: tag('walk'),
    reaches: list(weightText),
    stepSeconds: integer,
    final: word('market', 'leave'),
  }),
  'close-auction': record<Extract<ExecutionPolicy, { kind: 'close-auction' }>>({
    kind: tag('close-auction'),
  }),
});
const limits = record<Limits>({
  deployment: weightText,
  reserve: moneyText,
  priceAllowance: weightText,
  maxSpread: weightText,
  microTradeFloor: moneyText,
  microTradeAccountShare: weightText,
  microTradeSleeveShare: weightText,
  brokerMinimum: moneyText,
  fractions: word('keep', 'house'),
  rails,
  margin: nullable(
    record<MarginLimits>({
      maxInitial: weightText,
      warnInitial: weightText,
      minCushion: weightText,
    }),
  ),
  pace: record<Pace>({ stepMinutes: integer, cycleMinutes: integer, revisions: integer }),
  execution: record<Execution>({
    everySymbol: policy,
    symbols: list(record<Execution['symbols'][number]>({ symbol: symbolText, policy })),
  }),
});
const sleeve = record<Sleeve>({
  id: sleeveIdText,
  code: integer,
  openingCash: moneyText,
  onFailure: word('hold', 'cash', 'abort'),
  life: word('active', 'paused', 'closing'),
  capital: union<CapitalPolicy>({
    compound: record<Extract<CapitalPolicy, { kind: 'compound' }>>({ kind: tag('compound') }),
    'fixed-fraction': record<Extract<CapitalPolicy, { kind: 'fixed-fraction' }>>({
      kind: tag('fixed-fraction'),
      fraction: weightText,
      band: weightText,
    }),
  }),
  deployment: nullable(weightText),
  reserve: moneyText,
  lots: word('fifo', 'lifo', 'hifo', 'average'),
});
export const configurationCodec = record<AccountConfiguration>({
  account: text,
  sleeves: list(sleeve),
  limits,
  tolerance: record<Tolerance>({ shares: quantityText, cash: moneyText }),
  market: record<AccountConfiguration['market']>({
    name: text,
    synthetic: boolean,
    paysDividends: boolean,
  }),
  digest: text,
});

export const corporateAction = union<CorporateAction>({
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
  symbol_change: record<Extract<CorporateAction, { kind: 'symbol_change' }>>({
    kind: tag('symbol_change'),
    id: text,
    symbol: symbolText,
    exDate: sessionText,
    newSymbol: symbolText,
  }),
  merger: record<Extract<CorporateAction, { kind: 'merger' }>>({
    kind: tag('merger'),
    id: text,
    symbol: symbolText,
    exDate: sessionText,
    payDate: sessionText,
    perShare: priceText,
  }),
  spin_off: record<Extract<CorporateAction, { kind: 'spin_off' }>>({
    kind: tag('spin_off'),
    id: text,
    symbol: symbolText,
    exDate: sessionText,
    newSymbol: symbolText,
    oldShares: integer,
    newShares: integer,
    costFraction: weightText,
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
  sleeve: sleeveIdText,
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

const marginFigures = record<MarginFigures>({
  equity: moneyText,
  initialMargin: moneyText,
  maintenanceMargin: moneyText,
  buyingPower: moneyText,
  overnightBuyingPower: moneyText,
});
const snapshot = record<AccountSnapshot>({
  margin: nullable(marginFigures),
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
const asset = record<AssetFacts>({
  symbol: symbolText,
  tradable: boolean,
  fractionable: boolean,
  margin: nullable(
    record<NonNullable<AssetFacts['margin']>>({ initial: weightText, maintenance: weightText }),
  ),
});
const barFacts = record<BarFacts>({
  symbol: symbolText,
  asOf: sessionText,
  close: priceText,
  medianVolume: nullable(quantityText),
});
const orderKnown = record<OrderKnown>({
  clientOrderId: text,
  status: word(...ORDER_STATUSES, 'refused', 'not_sent'),
  cumQty: quantityText,
});

export const inputCases = {
  genesis: record<Genesis>({
    kind: tag('genesis'),
    at: timestampText,
    configuration: configurationCodec,
    cash: moneyText,
  }),
  killed: record<Killed>({ kind: tag('killed'), at: timestampText, reason: text }),
  armed: record<Armed>({ kind: tag('armed'), at: timestampText, reason: text }),
  configured: record<Configured>({
    kind: tag('configured'),
    sequence: integer,
    at: timestampText,
    configuration: configurationCodec,
  }),
  transfer_requested: record<TransferRequested>({
    kind: tag('transfer_requested'),
    id: text,
    at: timestampText,
    from: sleeveIdText,
    to: sleeveIdText,
    amount: moneyText,
  }),
  withdrawal_requested: record<WithdrawalRequested>({
    kind: tag('withdrawal_requested'),
    id: text,
    at: timestampText,
    amount: moneyText,
  }),
  break_explained: record<BreakExplained>({
    kind: tag('break_explained'),
    sequence: integer,
    at: timestampText,
    break: text,
    reason: text,
  }),
  assigned: record<Assigned>({
    kind: tag('assigned'),
    id: text,
    at: timestampText,
    symbol: symbolText,
    quantity: quantityText,
    to: sleeveIdText,
    cost: nullable(moneyText),
    reason: text,
  }),
  cash_assigned: record<CashAssigned>({
    kind: tag('cash_assigned'),
    id: text,
    at: timestampText,
    break: text,
    amount: moneyText,
    to: sleeveIdText,
    as: word('profit', 'flow'),
    reason: text,
  }),
  activities_known: record<ActivitiesKnown>({
    kind: tag('activities_known'),
    at: timestampText,
    activityIds: list(text),
  }),
  amendments_known: record<AmendmentsKnown>({
    kind: tag('amendments_known'),
    cycle: sessionText,
    sequence: integer,
    at: timestampText,
    activityIds: list(text),
    orders: list(orderKnown),
    amendmentIds: list(text),
  }),
  listed_again: record<ListedAgain>({
    kind: tag('listed_again'),
    cycle: sessionText,
    sequence: integer,
    at: timestampText,
    actions: list(record<Changed<CorporateAction>>({ was: corporateAction, now: corporateAction })),
    activities: list(record<Changed<Activity>>({ was: activityCodec, now: activityCodec })),
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
    trigger: triggerWord,
    at: timestampText,
    snapshot,
    quotes: list(quote),
    assets: list(asset),
    bars: list(barFacts),
    orders: list(orderKnown),
    activityIds: list(text),
  }),
  step_recorded: record<StepRecorded>({
    kind: tag('step_recorded'),
    cycle: sessionText,
    sequence: integer,
    parent: text,
    at: timestampText,
    quote: nullable(quote),
    known: nullable(orderKnown),
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
