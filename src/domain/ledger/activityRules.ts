// Stage: ledger. The declared rule of every kind of activity: who owns what the broker booked.
// Invariant: closed: a kind without a rule does not compile; each posting's cash sums to what was booked.
import type { Activity } from '../market.ts';
import { applyCashMovement } from './applyCapital.ts';
import {
  shareFee,
  shareInLieu,
  shareInterest,
  shareWithholding,
  takeJournal,
  takeWithoutRule,
} from './applyActivity.ts';
import { takePayment } from './payments.ts';
import type { Posting } from './postings.ts';
import type { LedgerState } from './state.ts';

interface ActivityRule<K extends Activity['kind']> {
  /** In words, for people. */
  readonly rule: string;
  /** Where the rule comes from. */
  readonly source: string;
  readonly post: (state: LedgerState, activity: Extract<Activity, { kind: K }>) => Posting[];
}

const appliedAtOpen = (): Posting[] => [];

/** Every kind of activity with its rule; what the broker calls it stands in `wire/alpaca/activityKinds.ts`. */
export const ACTIVITY_RULES: { readonly [K in Activity['kind']]: ActivityRule<K> } = {
  dividend: {
    rule: 'clears the receivables of one action of that symbol and pay date, to the cent; takes back the payment that it is the reverse of; suspense when none comes to it',
    source: 'holding at the ex-date’s open (exchange practice)',
    post: takePayment,
  },
  withholding: {
    rule: 'by what each sleeve was paid of that dividend, or of the last credit interest; suspense when it matches none',
    source: 'IRC §1441 and the like: withheld from the payment itself',
    post: shareWithholding,
  },
  interest: {
    rule: 'credit by average positive, debit by average negative cash since the last of its kind; house when there was none',
    source: 'interest accrues on the cash of each night',
    post: shareInterest,
  },
  fee: {
    rule: 'REG by notional sold, TAF by shares sold, CAT by shares traded on its trade date; house for other fees, and when nothing was traded',
    source: 'FINRA TAF and Section 31 (sales), CAT fee (both sides): daily sums of an account',
    post: shareFee,
  },
  split: {
    rule: 'none: the recorded action was applied at its open',
    source: 'corporate action',
    post: appliedAtOpen,
  },
  symbol_change: {
    rule: 'none: the recorded action was applied at its open',
    source: 'corporate action',
    post: appliedAtOpen,
  },
  spin_off: {
    rule: 'none: the recorded action was applied at its open',
    source: 'corporate action',
    post: appliedAtOpen,
  },
  merger: {
    rule: 'clears the receivables of one merger of that symbol and pay date, to the cent; takes back the payment that it is the reverse of; suspense when none comes to it',
    source: 'holding at the effective date’s open',
    post: takePayment,
  },
  cash_in_lieu: {
    rule: 'fractions leave every holder pro rata, and the cash comes in by the same parts',
    source: 'the broker rounds the account, which no sleeve did',
    post: shareInLieu,
  },
  deposit: {
    rule: 'a flow of house; answers nothing',
    source: 'domain rule: unassigned cash is house’s',
    post: applyCashMovement,
  },
  withdrawal: {
    rule: 'a flow of house; answers the oldest request first',
    source: 'domain rule: unassigned cash is house’s',
    post: applyCashMovement,
  },
  journal: {
    rule: 'cash is a flow of house; shares are a flow of suspense, at the price they are carried over at, until a person assigns them',
    source: 'moved between accounts of one owner: never profit',
    post: takeJournal,
  },
  other: {
    rule: 'cash goes to house, shares to suspense, and a break stays open until a person has explained it',
    source: 'no rule is declared',
    post: takeWithoutRule,
  },
};

/** Books an activity by the rule of its kind. */
export function applyActivity<K extends Activity['kind']>(
  state: LedgerState,
  activity: Extract<Activity, { kind: K }>,
): Posting[] {
  const kind: K = activity.kind;
  return ACTIVITY_RULES[kind].post(state, activity);
}
