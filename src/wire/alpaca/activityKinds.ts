// Stage: wire. What each of Alpaca's activity types is to us: the closed table of rules.
// Invariant: every documented type stands here; one that is new, or has no rule, is `other` and never dropped.
// Source: types and sub-types of the published API description (2026-06); DIVFEE and PTC by their names.
import type { ACTIVITY_TYPES, NonTradeWire } from './activity.ts';

type DocumentedType = Exclude<(typeof ACTIVITY_TYPES)[number], 'FILL'>;
type Kind =
  | 'dividend'
  | 'withholding'
  | 'interest'
  | 'fee'
  | 'split'
  | 'cash_in_lieu'
  | 'symbol_change'
  | 'merger'
  | 'spin_off'
  | 'journal'
  | 'deposit'
  | 'withdrawal'
  | 'other';

const KIND_OF_TYPE: Readonly<Record<DocumentedType, Kind>> = {
  CSD: 'deposit',
  CSW: 'withdrawal',
  DIV: 'dividend',
  DIVCGL: 'dividend',
  DIVCGS: 'dividend',
  DIVROC: 'dividend',
  DIVTXEX: 'dividend',
  DIVFEE: 'withholding',
  DIVFT: 'withholding',
  DIVNRA: 'withholding',
  DIVTW: 'withholding',
  INTNRA: 'withholding',
  INTTW: 'withholding',
  INT: 'interest',
  FEE: 'fee',
  PTC: 'fee',
  PTR: 'fee',
  SPLIT: 'split',
  SSP: 'split',
  SSO: 'split',
  NC: 'symbol_change',
  MA: 'merger',
  SPIN: 'spin_off',
  JNL: 'journal',
  JNLC: 'journal',
  JNLS: 'journal',
  ACATC: 'journal',
  ACATS: 'journal',
  TRANS: 'other',
  MISC: 'other',
  CFEE: 'other',
  CGD: 'other',
  OPASN: 'other',
  OPCA: 'other',
  OPCSH: 'other',
  OPEXC: 'other',
  OPEXP: 'other',
  OPTRD: 'other',
  REORG: 'other',
  FOPT: 'other',
  REO: 'other',
  OCT: 'other',
  WRM: 'other',
  TRD: 'other',
};

/** Before the status of a row that moved nothing, in its words. */
export const STATUS = 'status:';

/** A row as text: what it is to us, and its amounts; null where the row has none. */
export interface ActivityText {
  readonly kind: Kind;
  readonly id: string;
  readonly date: string;
  /** The broker's words for it. */
  readonly type: string;
  readonly symbol: string | null;
  readonly quantity: string | null;
  readonly cash: string | null;
  readonly price: string | null;
  readonly fee: string;
  readonly tradeDate: string;
}

/** Reads a row by the table. What the broker has cancelled, or has not done, moved nothing; a person looks at it. */
export function activityText(wire: NonTradeWire): ActivityText {
  const subType = wire.activity_sub_type ?? '';
  const status = wire.status ?? 'executed';
  // A correction is a row of its own amounts.
  const moved = status === 'executed' || status === 'correct';
  return {
    kind: moved ? kindOf(wire) : 'other',
    id: wire.id,
    date: wire.date,
    type: [wire.activity_type, subType, moved ? '' : `${STATUS}${status}`]
      .filter(Boolean)
      .join(' '),
    symbol: wire.symbol ?? null,
    quantity: moved ? (wire.qty ?? null) : null,
    cash: moved ? (wire.net_amount ?? null) : null,
    price: wire.price ?? null,
    fee: subType === '' ? (wire.description ?? '').split(' ')[0] || wire.activity_type : subType,
    // "TAF fee for proceed of trades on 2026-10-08"; booked on the day after.
    tradeDate: / on (\d{4}-\d{2}-\d{2})/.exec(wire.description ?? '')?.[1] ?? wire.date,
  };
}

function kindOf(wire: NonTradeWire): Kind {
  const { activity_type: type } = wire;
  const subType = wire.activity_sub_type ?? null;
  const kind = Object.hasOwn(KIND_OF_TYPE, type) ? KIND_OF_TYPE[type as DocumentedType] : 'other'; // a key, just seen
  const pays = !/^-?0*\.?0*$/.test(wire.net_amount ?? '0');
  // An action of shares that pays is the fraction that it took away; one worth less than a cent says so.
  const inLieu = pays || /\bcash in lieu\b/i.test(wire.description ?? '');
  if ((kind === 'split' || kind === 'spin_off') && inLieu) return 'cash_in_lieu';
  if (kind === 'split') return kind;
  // Shares of another company, or both: only a merger for cash has a rule.
  if (kind === 'merger') return subType === 'CMA' || (subType === null && pays) ? kind : 'other';
  // What names no symbol cannot be anybody's by holding.
  const needsSymbol = kind === 'dividend' || kind === 'symbol_change' || kind === 'spin_off';
  return needsSymbol && (wire.symbol ?? '') === '' ? 'other' : kind;
}
