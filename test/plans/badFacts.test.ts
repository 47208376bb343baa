// Stage: none; facts that make no sense, of one symbol: its sleeve is denied with the reason.
// Invariant: what the other sleeves get has equal bytes, at the open and after it.
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/domain/canonical.ts';
import type { AssetFacts, BarFacts, Quote, Symbol } from '../../src/domain/market.ts';
import { decisionCodec } from '../../src/domain/ledger/decisionCodec.ts';
import type { PlanDecision } from '../../src/domain/plan.ts';
import type { Signal } from '../../src/domain/signal.ts';
import {
  COMPOUNDING,
  NO_TOLERANCE,
  type AccountConfiguration,
  type SleeveId,
} from '../../src/domain/sleeve.ts';
import { session, timestamp } from '../../src/domain/time.ts';
import {
  parseMoney,
  parsePrice,
  parseQuantity,
  parseWeight,
  price,
  weight,
} from '../../src/domain/units/units.ts';
import { LIMITS } from '../flows/account.ts';
import { NO_RAILS, NO_SYMBOL_RAILS } from '../rails.ts';
import { AS_OF, CYCLE, PlainAccount, type Facts } from './account.ts';

const NOW = timestamp(`${CYCLE}T13:31:00.000Z`);
// Well-formed names. The sleeve `bad` trades BAD and no other does.
const SYMBOLS = ['BAD', 'ONE', 'TWO'] as Symbol[];
const [BAD] = SYMBOLS;
const SLEEVES = ['bad', 'east', 'west'] as SleeveId[];

const configuration: AccountConfiguration = {
  account: 'facts',
  sleeves: SLEEVES.map((id, at) => ({
    ...COMPOUNDING,
    id,
    code: at + 2,
    openingCash: parseMoney('3000'),
    onFailure: 'hold',
  })),
  limits: {
    ...LIMITS,
    rails: {
      ...NO_RAILS,
      everySymbol: {
        ...NO_SYMBOL_RAILS,
        collar: parseWeight('0.2'),
        maxVolumeShare: parseWeight('0.1'),
        maxOrderNotional: parseMoney('5000'),
      },
    },
  },
  market: { name: 'facts', synthetic: true, paysDividends: false },
  tolerance: NO_TOLERANCE,
  digest: 'facts',
};

const signal = (sleeve: SleeveId, wanted: Readonly<Record<string, string>>): Signal => {
  const weights = Object.entries(wanted).map(([symbol, part]) => ({
    symbol: symbol as Symbol, // well-formed
    weight: parseWeight(part),
  }));
  const used = weights.reduce((sum, target) => sum + target.weight, 0n);
  return {
    kind: 'targets',
    sleeve,
    strategy: 's',
    strategyVersion: 'v',
    dialect: 'd',
    asOf: AS_OF,
    dataVersion: 'b',
    rebalance: { kind: 'every-session' },
    path: null,
    weights,
    cash: weight(parseWeight('1') - used),
  };
};

const quoteOf = (symbol: Symbol): Quote => ({
  symbol,
  bid: parsePrice('99.99'),
  ask: parsePrice('100.01'),
  at: NOW,
});
const assetOf = (symbol: Symbol): AssetFacts => ({
  symbol,
  tradable: true,
  fractionable: true,
  margin: null,
});
const barOf = (symbol: Symbol): BarFacts => ({
  symbol,
  asOf: AS_OF,
  close: parsePrice('100'),
  medianVolume: parseQuantity('100000'),
});

const GOOD: Facts = {
  quotes: SYMBOLS.map(quoteOf),
  assets: SYMBOLS.map(assetOf),
  bars: SYMBOLS.map(barOf),
  margin: null,
  heldBack: new Map(),
};

/** Opens the cycle on these facts, fills every sale and decides again on them. */
function decided(facts: Facts): PlanDecision[] {
  const given = (symbol: Symbol, sleeve: SleeveId, shares: string) => ({
    symbol,
    price: parsePrice('100'),
    demands: [{ sleeve, quantity: parseQuantity(shares) }],
  });
  const [bad, east, west] = SLEEVES;
  if (bad === undefined || east === undefined || west === undefined || BAD === undefined) return [];
  const account = new PlainAccount(configuration, parseMoney('9000'), [
    given(BAD, bad, '10'),
    given('ONE' as Symbol, east, '20'), // well-formed
    given('TWO' as Symbol, west, '15'), // as above
  ]);
  account.open([
    signal(bad, { BAD: '0.1' }),
    signal(east, { ONE: '0.2', TWO: '0.5' }),
    signal(west, { ONE: '0.9' }),
  ]);
  const first = account.point('open', facts) && account.decide();
  for (const order of account.orders.values())
    account.fill(order, order.parent.quantity, parsePrice('99.99'));
  account.wait(2);
  const later = facts.quotes.map((quote) =>
    quote.at === NOW ? { ...quote, at: account.now } : quote,
  );
  account.point('replan', { ...facts, quotes: later });
  return [first, account.decide()];
}

/** What a decision says to everybody but the sleeve `bad`, as it is recorded. */
function toOthers(decision: PlanDecision): string {
  const ofOthers = ({ symbol }: { readonly symbol: Symbol | null }) => symbol !== BAD;
  return canonicalJson(
    decisionCodec.encode({
      ...decision,
      navs: decision.navs.filter(({ sleeve }) => sleeve !== 'bad'),
      crosses: decision.crosses.filter(ofOthers),
      parents: decision.parents.filter(ofOthers),
      deferred: decision.deferred.filter(ofOthers),
      outcomes: decision.outcomes.filter(({ sleeve }) => sleeve !== 'bad'),
      breaks: decision.breaks.filter(ofOthers),
    }),
  );
}

const withQuotes = (quotes: readonly Quote[]): Facts => ({
  ...GOOD,
  quotes: [...GOOD.quotes.filter(({ symbol }) => symbol !== BAD), ...quotes],
});
const badQuote = (changes: Partial<Quote>): Facts =>
  withQuotes([{ ...quoteOf(BAD ?? ('' as Symbol)), ...changes }]); // BAD is there
const badBar = (changes: Partial<BarFacts>): Facts => ({
  ...GOOD,
  bars: GOOD.bars.map((bar) => (bar.symbol === BAD ? { ...bar, ...changes } : bar)),
});
const badAssets = (assets: readonly AssetFacts[]): Facts => ({
  ...GOOD,
  assets: [...GOOD.assets.filter(({ symbol }) => symbol !== BAD), ...assets],
});
const bad = BAD ?? ('' as Symbol); // BAD is there
const HUGE = price(10n ** 40n);

const KINDS: readonly (readonly [what: string, facts: Facts, why: string])[] = [
  ['no quote', withQuotes([]), 'nav_unknown'],
  ['a quote without a bid', badQuote({ bid: null }), 'nav_unknown'],
  ['a quote without an ask', badQuote({ ask: null }), 'nav_unknown'],
  ['a bid of zero', badQuote({ bid: price(0n) }), 'nav_unknown'],
  ['a negative bid', badQuote({ bid: parsePrice('-1') }), 'nav_unknown'],
  ['a negative ask', badQuote({ ask: parsePrice('-1') }), 'nav_unknown'],
  ['a crossed quote', badQuote({ bid: parsePrice('100.02') }), 'nav_unknown'],
  ['a huge ask', badQuote({ ask: HUGE }), 'nav_unknown'],
  ['an old quote', badQuote({ at: timestamp(`${AS_OF}T19:59:00.000Z`) }), 'nav_unknown'],
  ['a quote from the future', badQuote({ at: timestamp(`${CYCLE}T19:00:00.000Z`) }), 'nav_unknown'],
  [
    'two quotes that differ',
    withQuotes([quoteOf(bad), { ...quoteOf(bad), bid: parsePrice('99.98') }]),
    'nav_unknown',
  ],
  ['a huge price on both sides', badQuote({ bid: HUGE, ask: HUGE }), 'price_collar'],
  ['a close of zero', badBar({ close: price(0n) }), 'last_close_missing'],
  ['a negative close', badBar({ close: parsePrice('-100') }), 'last_close_missing'],
  ['a huge close', badBar({ close: HUGE }), 'price_collar'],
  ['an old close', badBar({ asOf: session('2024-03-01') }), 'last_close_missing'],
  ['no volume', badBar({ medianVolume: null }), 'volume_missing'],
  ['a volume of zero', badBar({ medianVolume: parseQuantity('0') }), 'max_volume_share'],
  ['a negative volume', badBar({ medianVolume: parseQuantity('-5') }), 'max_volume_share'],
  ['no bar', { ...GOOD, bars: GOOD.bars.slice(1) }, 'last_close_missing'],
  [
    'two bars that differ',
    { ...GOOD, bars: [...GOOD.bars, { ...barOf(bad), close: parsePrice('101') }] },
    'last_close_missing',
  ],
  ['an asset that nobody knows', badAssets([]), 'asset_unknown'],
  ['an asset that is halted', badAssets([{ ...assetOf(bad), tradable: false }]), 'not_tradable'],
  [
    'an asset of which two things are said',
    badAssets([assetOf(bad), { ...assetOf(bad), fractionable: false }]),
    'asset_unknown',
  ],
  [
    'shares that are all held back',
    { ...GOOD, heldBack: new Map([[bad, parseQuantity('10')]]) },
    'not_available',
  ],
  [
    'more shares held back than there are',
    { ...GOOD, heldBack: new Map([[bad, parseQuantity('99')]]) },
    'not_available',
  ],
];

describe('one symbol of which the world says', () => {
  const good = decided(GOOD);

  it('nothing strange is sold by its sleeve', () => {
    const outcome = good[0]?.outcomes.find(({ symbol }) => symbol === BAD);
    expect(outcome?.parts.map((part) => part.reason)).toEqual(['net_order']);
    expect(good.map(({ parents }) => parents.length)).toEqual([2, 1]);
    expect(good[0]?.crosses.length).toBe(2);
  });

  it.each(KINDS)('%s is denied, and the others get the same bytes', (_, facts, why) => {
    const found = decided(facts);
    const outcome = found[0]?.outcomes.find(({ symbol }) => symbol === BAD);
    expect(outcome?.parts.map((part) => part.reason)).toEqual([why]);
    expect(found[0]?.parents.some(({ symbol }) => symbol === BAD)).toBe(false);
    expect(found.map(toOthers)).toEqual(good.map(toOthers));
  });
});
