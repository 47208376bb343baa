// Stage: tests. The account that a journal begins with.
// Invariant: what is given was bought the day before, by orders and fills like any other.
import type { Symbol } from '../../src/domain/market.ts';
import { openParent, type PlanDecision } from '../../src/domain/plan.ts';
import type { Limits, MarginLimits } from '../../src/domain/limits/settings.ts';
import {
  COMPOUNDING,
  NO_TOLERANCE,
  type FailurePolicy,
  type LotMethod,
  type SleeveId,
} from '../../src/domain/sleeve.ts';
import type { Tolerance } from '../../src/domain/reconciliation.ts';
import { session } from '../../src/domain/time.ts';
import {
  money,
  notional,
  parseMoney,
  parsePrice,
  parseWeight,
  type Price,
  type Quantity,
} from '../../src/domain/units/units.ts';
import { GIVEN_ON, JournalAccount } from './account.ts';
import { policyOf } from './capital.ts';
import { shares, sleeveId, symbolOf, word } from './words.ts';
import type { Pace } from '../../src/domain/pace.ts';
import { MARKET_EXECUTION } from '../../src/domain/execution.ts';
import { NO_RAILS, PACE } from '../rails.ts';
import { railsOf } from './rails.ts';

interface Lot {
  readonly sleeve: SleeveId;
  readonly symbol: Symbol;
  readonly quantity: Quantity;
  readonly price: Price;
}

const LIMITS: Limits = {
  deployment: parseWeight('1'),
  reserve: parseMoney('0'),
  priceAllowance: parseWeight('0'),
  maxSpread: parseWeight('0.05'),
  microTradeFloor: parseMoney('1'),
  microTradeAccountShare: parseWeight('0.0005'),
  microTradeSleeveShare: parseWeight('0.005'),
  brokerMinimum: parseMoney('1'),
  fractions: 'keep',
  rails: NO_RAILS,
  margin: null,
  pace: PACE,
  execution: MARKET_EXECUTION,
};

/** Opens the account that the lines `sleeve`, `house`, `limit` and `given` describe. */
export function openAccount(given: readonly string[][]): JournalAccount {
  const of = (verb: string) => given.filter(([first]) => first === verb);
  const bought = of('given').map(([, sleeve, symbol, count, , at]) => ({
    sleeve: sleeveId(sleeve),
    symbol: symbolOf(symbol),
    quantity: shares(count),
    price: parsePrice(word(at)),
  }));
  const spent = (sleeve: SleeveId): bigint =>
    bought
      .filter((lot) => lot.sleeve === sleeve)
      .reduce((sum, lot) => sum + notional(lot.price, lot.quantity), 0n);
  const sleeves = of('sleeve').map(([, id, cash, policy = 'hold', method = 'fifo'], index) => ({
    id: sleeveId(id),
    code: index + 2,
    openingCash: money(parseMoney(word(cash)) + spent(sleeveId(id))),
    onFailure: policy as FailurePolicy, // a journal names one of the three
    ...COMPOUNDING,
    capital: policyOf(of('capital').find(([, sleeve]) => sleeve === id)),
    lots: method as LotMethod, // as above, of the four
  }));
  const house = parseMoney(of('house')[0]?.[1] ?? '0');
  const account = new JournalAccount(
    {
      account: 'journal',
      sleeves,
      limits: {
        ...of('limit').reduce(withLimit, LIMITS),
        rails: railsOf(of('rail'), sleeves),
        margin: marginOf(of('margin')[0]),
        pace: of('pace').reduce(withPace, PACE),
      },
      tolerance: toleranceOf(of('tolerance')[0]),
      market: { name: 'journal', synthetic: true, paysDividends: false },
      digest: 'journal',
    },
    money(sleeves.reduce<bigint>((sum, sleeve) => sum + sleeve.openingCash, house)),
  );
  buyGiven(account, bought, new Map(sleeves.map((sleeve) => [sleeve.id, sleeve.code])));
  return account;
}

/** The day before: each holding bought by a parent of its own, filled whole. */
function buyGiven(
  account: JournalAccount,
  bought: readonly Lot[],
  codes: ReadonlyMap<SleeveId, number>,
): void {
  if (bought.length === 0) return;
  account.open(GIVEN_ON, session('2024-03-13'), []);
  account.point('open');
  const facts = { account: 'journal', cycle: GIVEN_ON, codes };
  const before = (index: number): number =>
    bought.slice(0, index).filter(({ symbol }) => symbol === bought[index]?.symbol).length;
  const parents = bought.map((lot, index) =>
    openParent(
      { ...lot, side: 'buy', demands: [{ sleeve: lot.sleeve, quantity: lot.quantity }] },
      { ...facts, revision: before(index), arrivalPrice: lot.price },
    ),
  );
  account.plan({ ...NOTHING, parents });
  for (const [index, order] of [...account.orders.values()].entries()) {
    const lot = bought[index];
    if (lot !== undefined) account.fill(order, lot.quantity, lot.price);
  }
  account.point('close');
  account.commit(GIVEN_ON);
}

const NOTHING: PlanDecision = {
  cycle: GIVEN_ON,
  sequence: 1,
  trigger: 'open',
  navs: [],
  crosses: [],
  parents: [],
  cancels: [],
  deferred: [],
  outcomes: [],
  breaks: [],
  overdrafts: [],
  warnings: [],
  capital: { dues: [], transfers: [], closed: [] },
};

/** tolerance 3 0.05: shares and USD */
const toleranceOf = (line: readonly string[] | undefined): Tolerance =>
  line === undefined ? NO_TOLERANCE : { shares: shares(line[1]), cash: parseMoney(word(line[2])) };

function marginOf(line: readonly string[] | undefined): MarginLimits | null {
  if (line === undefined) return null;
  const [, maxInitial, warnInitial, minCushion] = line;
  return {
    maxInitial: parseWeight(word(maxInitial)),
    warnInitial: parseWeight(word(warnInitial)),
    minCushion: parseWeight(word(minCushion)),
  };
}
/** pace 30 120 3: minutes of a step, minutes of the cycle, revisions */
const withPace = (_: Pace, [, step, cycle, revisions]: readonly string[]): Pace => ({
  stepMinutes: Number(word(step)),
  cycleMinutes: Number(word(cycle)),
  revisions: Number(word(revisions)),
});

function withLimit(limits: Limits, [, name, value]: readonly string[]): Limits {
  const key = word(name) as keyof Limits; // a journal names one of the limits
  if (key === 'fractions') return { ...limits, fractions: value === 'house' ? 'house' : 'keep' };
  const isMoney = key === 'reserve' || key === 'microTradeFloor' || key === 'brokerMinimum';
  return { ...limits, [key]: isMoney ? parseMoney(word(value)) : parseWeight(word(value)) };
}
