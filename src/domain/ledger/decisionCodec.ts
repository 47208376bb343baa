// Stage: journal. How one decision is written and read back.
// Invariant: decode(encode(decision)) = decision.
import {
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
  union,
  word,
  type Codec,
} from '../codec.ts';
import type { Due, Transfer } from '../capital.ts';
import type { Child } from '../child.ts';
import type { CrossLeg, Demand, NetDemand } from '../netting.ts';
import type { Arithmetic, Outcome, OutcomePart } from '../outcome.ts';
import type {
  CapitalDecision,
  NavSeen,
  Overdraft,
  Parent,
  PlanDecision,
  RecordedCross,
  Warning,
} from '../plan.ts';
import { BREAK_KINDS, type Break } from '../reconciliation.ts';
import { WALK_ENDS, type Move, type StepDecision, type WalkEnded } from '../walk.ts';
import { sideWord, sleeveIdText, triggerWord } from './words.ts';

const demand = record<Demand>({ sleeve: sleeveIdText, quantity: quantityText });
const net = record<NetDemand>({
  symbol: symbolText,
  side: sideWord,
  quantity: quantityText,
  demands: list(demand),
});
const cross = record<RecordedCross>({
  symbol: symbolText,
  price: priceText,
  quantity: quantityText,
  legs: list(record<CrossLeg>({ sleeve: sleeveIdText, quantity: quantityText, cash: moneyText })),
  bid: priceText,
  ask: priceText,
});
const parent = record<Parent>({
  cycle: sessionText,
  symbol: symbolText,
  side: sideWord,
  revision: integer,
  quantity: quantityText,
  demands: list(demand),
  arrivalPrice: priceText,
  digest: text,
  clientOrderId: text,
});
const arithmetic = record<Arithmetic>({ limit: text, observed: text, factor: nullable(text) });
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
  arithmetic: nullable(arithmetic),
});
const outcome = record<Outcome>({
  sleeve: sleeveIdText,
  symbol: symbolText,
  held: quantityText,
  intended: quantityText,
  price: nullable(priceText),
  parts: list(outcomePart),
});
const breakCodec = record<Break>({
  kind: word(...BREAK_KINDS),
  symbol: nullable(symbolText),
  ledger: text,
  broker: text,
  difference: text,
  cause: text,
});
/** Reads and writes one decision. */
export const decisionCodec = record<PlanDecision>({
  cycle: sessionText,
  sequence: integer,
  trigger: triggerWord,
  navs: list(record<NavSeen>({ sleeve: sleeveIdText, nav: nullable(moneyText), reason: text })),
  crosses: list(cross),
  parents: list(parent),
  cancels: list(text),
  deferred: list(net),
  outcomes: list(outcome),
  breaks: list(breakCodec),
  overdrafts: list(record<Overdraft>({ sleeve: sleeveIdText, cash: moneyText })),
  warnings: list(record<Warning>({ reason: word('margin_initial'), arithmetic })),
  capital: record<CapitalDecision>({
    dues: list(
      record<Due>({
        id: text,
        cause: word('transfer', 'withdrawal', 'restore'),
        from: sleeveIdText,
        to: sleeveIdText,
        amount: moneyText,
      }),
    ),
    transfers: list(
      record<Transfer>({ due: text, from: sleeveIdText, to: sleeveIdText, amount: moneyText }),
    ),
    closed: list(sleeveIdText),
  }),
});

const endHead = { kind: tag('end'), end: word(...WALK_ENDS), detail: text };
const endInWords = record<Omit<WalkEnded, 'arithmetic'>>(endHead);
const endInFigures = record<WalkEnded & { readonly arithmetic: Arithmetic }>({
  ...endHead,
  arithmetic,
});
/** Without figures it is written as all were before they were kept, and read as those are. */
const walkEnded: Codec<WalkEnded> = {
  encode: (move) => (isInFigures(move) ? endInFigures.encode(move) : endInWords.encode(move)),
  write: (move) => (isInFigures(move) ? endInFigures.write(move) : endInWords.write(move)),
  decode: (json, path) =>
    typeof json === 'object' && json !== null && 'arithmetic' in json
      ? endInFigures.decode(json, path)
      : { ...endInWords.decode(json, path), arithmetic: null },
};

function isInFigures(move: WalkEnded): move is WalkEnded & { readonly arithmetic: Arithmetic } {
  return move.arithmetic !== null;
}

/** Reads and writes what is decided at one step of a walk. */
export const stepDecisionCodec = record<StepDecision>({
  cycle: sessionText,
  sequence: integer,
  parent: text,
  move: union<Move>({
    send: record<Extract<Move, { kind: 'send' }>>({
      kind: tag('send'),
      child: record<Child>({
        clientOrderId: text,
        attempt: integer,
        quantity: quantityText,
        type: word('market', 'limit'),
        limitPrice: nullable(priceText),
        timeInForce: word('day', 'cls', 'opg'),
      }),
    }),
    cancel: record<Extract<Move, { kind: 'cancel' }>>({
      kind: tag('cancel'),
      clientOrderId: text,
    }),
    end: walkEnded,
  }),
});
