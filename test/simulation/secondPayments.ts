// Stage: simulation. The second ledger's payments of what is owed: cleared, taken back, kept, claimed late.
// Invariant: shares no code with the product's ledger.
import type { Activity, CorporateAction } from '../../src/domain/market.ts';
import { sum, UNIT } from './exact.ts';
import type { Causes } from './secondActivities.ts';
import type { SecondSleeve } from './secondSleeve.ts';

type Payment = Extract<Activity, { kind: 'dividend' | 'merger' }>;
type Tax = Extract<Activity, { kind: 'withholding' }>;
type Paying = Extract<CorporateAction, { kind: 'dividend' | 'merger' }>;

interface Share {
  readonly sleeve: SecondSleeve;
  readonly action: string;
  readonly amount: bigint;
}

const within = (cash: bigint, shares: readonly Share[]): boolean => {
  const off = cash - sum(shares.map(({ amount }) => amount));
  return -UNIT / 100n <= off && off <= UNIT / 100n;
};

const nameOf = ({ kind, symbol, date }: Payment): string => `${kind}/${symbol}/${date}`;

export class SecondPayments {
  readonly #sleeves: () => readonly SecondSleeve[];
  readonly #causes: Causes;
  /** What was paid and stands, in the order of payment. */
  #paid: { readonly name: string; readonly shares: readonly Share[] }[] = [];
  /** What came to nothing. */
  #kept: (Payment | Tax)[] = [];
  readonly #explained = new Set<string>();
  readonly #assigned = new Set<string>();
  /** What rounding has brought to the broker's cash by payments. */
  rounding = 0n;

  constructor(sleeves: () => readonly SecondSleeve[], causes: Causes) {
    this.#sleeves = sleeves;
    this.#causes = causes;
  }

  /** Whether a payment came to nothing, or cleared, or took back. */
  take(payment: Payment): 'cleared' | 'taken back' | 'kept' | 'shares' {
    const { kind, cash } = payment;
    if (kind === 'merger' && cash === 0n && payment.quantity !== 0n) return 'shares';
    const name = nameOf(payment);
    const owing = this.#owing(payment);
    const action = [...new Set(owing.map((each) => each.action))].sort().find((id) =>
      within(
        cash,
        owing.filter((each) => each.action === id),
      ),
    );
    if (action !== undefined) {
      const shares = owing.filter((each) => each.action === action);
      for (const share of shares) share.sleeve.owed.delete(action);
      this.#move(payment, shares, 1n);
      this.#paid.push({ name, shares });
      return 'cleared';
    }
    const undone = this.#kept.find(
      (each) =>
        each.kind !== 'withholding' &&
        !this.#assigned.has(each.id) &&
        nameOf(each) === name &&
        each.cash === -cash,
    );
    if (undone !== undefined) {
      this.#kept = this.#kept.filter((each) => each !== undone);
      this.#toSuspense(payment, cash);
      return 'kept';
    }
    const standing = this.#paid.filter((each) => each.name === name && within(-cash, each.shares));
    const last = standing.at(-1);
    if (last !== undefined) {
      this.#paid = this.#paid.filter((each) => each !== last);
      for (const { sleeve, action: id, amount } of last.shares)
        sleeve.owed.set(id, {
          from: kind,
          symbol: payment.symbol,
          payDate: payment.date,
          amount,
        });
      this.#move(payment, last.shares, -1n);
      return 'taken back';
    }
    this.#kept.push(payment);
    this.#toSuspense(payment, cash);
    return 'kept';
  }

  keepTax(tax: Tax): void {
    this.#kept.push(tax);
  }

  /** A person has given some of it an owner: no reverse undoes it, and no action claims it. */
  assign(id: string): void {
    this.#explained.add(id);
    this.#assigned.add(id);
  }

  explain(id: string): void {
    this.#explained.add(id);
  }

  isExplained(action: Paying): boolean {
    return this.#early(action).some(({ id }) => this.#explained.has(id));
  }

  /** Suspense gives up what came before its action was known; the taxes are returned, to be divided again. */
  claim(action: Paying): { readonly payments: readonly string[]; readonly taxes: readonly Tax[] } {
    const early = this.#early(action);
    this.#kept = this.#kept.filter((each) => !early.includes(each));
    const taxes: Tax[] = [];
    const payments: string[] = [];
    for (const each of early) {
      if (each.kind === 'withholding') {
        const suspense = this.#suspense();
        suspense.withheld -= each.cash;
        suspense.cash -= each.cash;
        taxes.push(each);
      } else {
        this.#toSuspense(each, -each.cash);
        payments.push(`${each.kind} ${this.take(each)}`);
      }
    }
    return { payments, taxes };
  }

  #early(action: Paying): (Payment | Tax)[] {
    return this.#kept.filter(
      ({ kind, symbol, date }) =>
        symbol === action.symbol &&
        date === action.payDate &&
        (kind === action.kind || (kind === 'withholding' && action.kind === 'dividend')),
    );
  }

  #owing({ kind, symbol, date }: Payment): Share[] {
    return this.#sleeves().flatMap((sleeve) =>
      [...sleeve.owed].flatMap(([action, of]) =>
        of.from === kind && of.symbol === symbol && of.payDate === date
          ? [{ sleeve, action, amount: of.amount }]
          : [],
      ),
    );
  }

  #move(payment: Payment, shares: readonly Share[], sign: bigint): void {
    for (const { sleeve, amount } of shares) {
      sleeve.cash += sign * amount;
      if (payment.kind === 'dividend')
        this.#causes.pay(payment.symbol, payment.date, sleeve.id, sign * amount);
    }
    this.rounding += payment.cash - sign * sum(shares.map(({ amount }) => amount));
  }

  #toSuspense({ kind }: Payment, cash: bigint): void {
    const suspense = this.#suspense();
    suspense.cash += cash;
    if (kind === 'dividend') suspense.dividends += cash;
    else suspense.realised += cash;
  }

  #suspense(): SecondSleeve {
    const found = this.#sleeves().find(({ id }) => id === 'suspense');
    if (found === undefined) throw new RangeError('No suspense.');
    return found;
  }
}
