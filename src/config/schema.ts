// Stage: configuration. Its shape: every key, with the values it may have.
// Invariant: every key is known and every value in range; nothing has a silent default.
import { z } from 'zod';
import { asSleeveId } from '../domain/sleeve.ts';
import { isDate } from '../domain/time.ts';
import { parseDecimal } from '../domain/units/decimal.ts';
import { executionSchema } from './execution.ts';
import { railsSchema } from './rails.ts';
import { fraction, leverage, shown, text, usd } from './values.ts';

const date = text(isDate, 'a date like "2018-07-17"');

const capitalSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('compound') }),
  z.strictObject({
    kind: z.literal('fixed-fraction'),
    fraction: fraction("the fraction of the account's equity"),
    band: fraction('the band around the fraction'),
  }),
]);

export const sleeveSchema = z.strictObject({
  id: text(
    (given) => asSleeveId(given) !== undefined,
    'a sleeve id of lower-case letters, digits and dashes, not "house" or "suspense"',
  ),
  /** Path of a .clj or .ts file, relative to the configuration. */
  strategy: text((given) => given !== '', 'the path of a .clj or .ts file'),
  /** Fraction of the opening cash that the sleeve starts with. */
  share: fraction('a share of the opening cash'),
  onFailure: z.enum(['hold', 'cash', 'abort']),
  /** Left out: active. `closing` retires it; what is closed may be left out altogether. */
  life: z.enum(['active', 'paused', 'closing']).optional(),
  /** Left out: what it earned. */
  capital: capitalSchema.optional(),
  /** Left out: the account's. */
  deployment: fraction('the deployed fraction of the sleeve').optional(),
  /** Left out: none. */
  reserve: usd('the cash reserve of the sleeve').optional(),
  /** Which lots a sale takes. Left out: the oldest. */
  lots: z.enum(['fifo', 'lifo', 'hifo', 'average']).optional(),
});

export const limitsSchema = z.strictObject({
  deployment: leverage('the deployed fraction of each sleeve'),
  reserve: usd('the cash reserve'),
  priceAllowance: fraction('the price allowance of buys'),
  maxSpread: fraction('the widest spread'),
  microTradeFloor: usd('the micro-trade floor'),
  microTradeAccountShare: fraction('the micro-trade share of the account'),
  microTradeSleeveShare: fraction('the micro-trade share of the sleeves'),
  brokerMinimum: usd("the broker's minimum"),
  /** Fractions and dust of exits that no order can carry. Left out: the sleeve keeps them. */
  fractions: z.enum(['keep', 'house']).optional(),
});

const marginSchema = z.union([
  z.literal('none'),
  z.strictObject({
    maxInitial: fraction('the largest initial margin ÷ equity'),
    warnInitial: fraction('the initial margin ÷ equity to warn at'),
    minCushion: fraction('the least equity above maintenance margin'),
  }),
]);
const minutes = z.int().min(1).max(390);
export const paceSchema = z.strictObject({
  /** How long an order works before it is cancelled and the rest ordered again. */
  stepMinutes: minutes,
  /** How long after the open anything may be ordered. */
  cycleMinutes: minutes,
  /** How often what an order left is ordered again; 0: never, and nothing is cancelled. */
  revisions: z.int().min(0).max(35),
});

export const marketSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('synthetic'),
    seed: z.int().min(0),
    from: date,
    to: date,
    /** Whether companies spin off others, are renamed or bought for cash; they are not when absent. */
    reorganisations: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal('csv'),
    folder: text((given) => given !== '', 'the path of a folder'),
  }),
  z.strictObject({
    kind: z.literal('alpaca'),
    /** Where `assay data sync` keeps the bars; relative to the configuration. */
    folder: text((given) => given !== '', 'the path of a folder'),
  }),
]);

export const brokerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('paper-exchange') }),
  z.strictObject({
    kind: z.literal('alpaca'),
    /** Live trading needs arming besides: see the README. */
    environment: z.enum(['paper', 'live']),
    /** Where quotes and bars come from: "iex" without a subscription. */
    feed: z.enum(['iex', 'sip']),
    /** How trade updates come in; "socket" when absent. */
    updates: z.enum(['socket', 'events']).optional(),
    /** An exchange that speaks Alpaca's wire, as `assay exchange serve` does; Alpaca's own otherwise. */
    baseUrl: text(isAddress, 'an address like "http://127.0.0.1:8080"').optional(),
  }),
]);

export const configSchema = z.strictObject({
  account: text(
    (given) => /^[a-z][a-z0-9-]{0,31}$/.test(given),
    'an account name of lower-case letters, digits and dashes',
  ),
  openingCash: usd('the opening cash').refine((given) => isCents(given), {
    error: (issue) => `expected whole cents, found ${shown(issue.input)}`,
  }),
  market: marketSchema,
  /** Where orders go; the built-in paper exchange when absent. */
  broker: brokerSchema.optional(),
  /** Settings of the paper exchange; checked by the exchange itself. Not used with another broker. */
  exchange: z.record(z.string(), z.unknown()),
  limits: limitsSchema,
  /** Guard rails: what stops an order whatever a strategy wants. */
  rails: railsSchema,
  /** What a margin account may bind; "none": a cash account, or one that is used as one. */
  margin: marginSchema,
  /** Unexplained breaks up to this let their symbols trade. Left out: none does. */
  tolerance: z
    .strictObject({ shares: usd('the tolerated shares'), cash: usd('the tolerated cash') })
    .optional(),
  /** How long a cycle may work, and how often it may try again. */
  pace: paceSchema,
  /** How orders are carried out; left out: one market order each. */
  execution: executionSchema.optional(),
  sleeves: z.array(sleeveSchema).min(1).max(4000),
});

/** One account's configuration as written in assay.config.ts. Amounts are decimal strings. */
export type AssayConfig = z.infer<typeof configSchema>;
export type MarketConfig = AssayConfig['market'];
export type BrokerConfig = NonNullable<AssayConfig['broker']>;
export type AlpacaConfig = Extract<BrokerConfig, { kind: 'alpaca' }>;

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

const isCents = (text: string): boolean => parseDecimal(text, 2) !== undefined;
