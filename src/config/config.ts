// Stage: configuration. What people decide, checked before anything is read from it.
// Invariant: every key is known and every value in range; nothing has a silent default.
import { z } from 'zod';
import { digestOf, type Json } from '../domain/canonical.ts';
import {
  asSleeveId,
  type AccountConfiguration,
  type Limits,
  type Sleeve,
} from '../domain/sleeve.ts';
import { isDate } from '../domain/time.ts';
import { parseDecimal } from '../domain/units/decimal.ts';
import {
  money,
  ONE,
  parseMoney,
  parseWeight,
  UNIT_SCALE,
  WEIGHT_SCALE,
  ONE_WEIGHT,
  type Money,
} from '../domain/units/units.ts';
import type { Strategy } from '../strategy/strategy.ts';

const usd = (what: string) =>
  z.string().refine((text) => (parseDecimal(text, UNIT_SCALE) ?? -1n) >= 0n, {
    error: (issue) =>
      `expected ${what} as a decimal string like "1000.50", not negative, found ${JSON.stringify(issue.input)}`,
  });
const fraction = (what: string) =>
  z.string().refine((text) => isFraction(text), {
    error: (issue) =>
      `expected ${what} as a decimal string from "0" to "1", found ${JSON.stringify(issue.input)}`,
  });
const date = z.string().refine(isDate, {
  error: (issue) => `expected a date like "2018-07-17", found ${JSON.stringify(issue.input)}`,
});

const sleeveSchema = z.strictObject({
  id: z.string().refine((text) => asSleeveId(text) !== undefined, {
    error: (issue) =>
      `expected a sleeve id of lower-case letters, digits and dashes, not "house" or "suspense", found ${JSON.stringify(issue.input)}`,
  }),
  /** Path of a .clj or .ts file, relative to the configuration. */
  strategy: z.string().min(1),
  /** Fraction of the opening cash that the sleeve starts with. */
  share: fraction('a share of the opening cash'),
  onFailure: z.enum(['hold', 'cash', 'abort']),
});

const limitsSchema = z.strictObject({
  deployment: fraction('the deployed fraction of each sleeve'),
  reserve: usd('the cash reserve'),
  priceAllowance: fraction('the price allowance of buys'),
  maxSpread: fraction('the widest spread'),
  microTradeFloor: usd('the micro-trade floor'),
  microTradeAccountShare: fraction('the micro-trade share of the account'),
  microTradeSleeveShare: fraction('the micro-trade share of the sleeves'),
  brokerMinimum: usd("the broker's minimum"),
});

const marketSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('synthetic'), seed: z.int().min(0), from: date, to: date }),
  z.strictObject({ kind: z.literal('csv'), folder: z.string().min(1) }),
]);

export const configSchema = z.strictObject({
  account: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{0,31}$/,
      'expected an account name of lower-case letters, digits and dashes',
    ),
  openingCash: usd('the opening cash').refine((text) => isCents(text), {
    error: (issue) => `expected whole cents, found ${JSON.stringify(issue.input)}`,
  }),
  market: marketSchema,
  /** Settings of the paper exchange; checked by the exchange itself. */
  exchange: z.record(z.string(), z.unknown()),
  limits: limitsSchema,
  sleeves: z.array(sleeveSchema).min(1).max(4000),
});

/** One account's configuration as written in assay.config.ts. Amounts are decimal strings. */
export type AssayConfig = z.infer<typeof configSchema>;
export type MarketConfig = AssayConfig['market'];

/** Types the object of an assay.config.ts; checking happens when it is loaded. */
export const defineConfig = (config: AssayConfig): AssayConfig => config;

export type CheckedConfig =
  | { readonly ok: true; readonly config: AssayConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Checks a configuration whole; every problem names its place. */
export function checkConfig(value: unknown): CheckedConfig {
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) {
    return {
      ok: false,
      problems: parsed.error.issues.map((issue) => `${place(issue.path)}: ${issue.message}`),
    };
  }
  const problems = crossChecks(parsed.data);
  return problems.length === 0 ? { ok: true, config: parsed.data } : { ok: false, problems };
}

/**
 * The configuration in force, as the input log records it: sleeves get their codes by order, from 2,
 * and their opening cash by share, rounded down to the cent; the rest belongs to house.
 */
export function toAccountConfiguration(
  config: AssayConfig,
  facts: {
    readonly strategies: readonly Strategy[];
    readonly market: AccountConfiguration['market'];
  },
): AccountConfiguration {
  const cash = parseMoney(config.openingCash);
  const sleeves = config.sleeves.map((sleeve, index): Sleeve => {
    const id = asSleeveId(sleeve.id);
    if (id === undefined)
      throw new RangeError(`"${sleeve.id}" is not a sleeve id: the configuration was not checked.`);
    return {
      id,
      code: index + 2,
      openingCash: shareOf(cash, sleeve.share),
      onFailure: sleeve.onFailure,
    };
  });
  const { market, ...rest } = config;
  const described = market.kind === 'csv' ? { kind: 'csv' } : market;
  const versions = facts.strategies.map((strategy) => strategy.version);
  return {
    account: config.account,
    sleeves,
    limits: toLimits(config),
    market: facts.market,
    digest: digestOf({ ...rest, market: described, versions } as unknown as Json), // zod output is JSON
  };
}

function toLimits({ limits }: AssayConfig): Limits {
  return {
    deployment: parseWeight(limits.deployment),
    reserve: parseMoney(limits.reserve),
    priceAllowance: parseWeight(limits.priceAllowance),
    maxSpread: parseWeight(limits.maxSpread),
    microTradeFloor: parseMoney(limits.microTradeFloor),
    microTradeAccountShare: parseWeight(limits.microTradeAccountShare),
    microTradeSleeveShare: parseWeight(limits.microTradeSleeveShare),
    brokerMinimum: parseMoney(limits.brokerMinimum),
  };
}

function crossChecks(config: AssayConfig): string[] {
  const problems: string[] = [];
  const shares = config.sleeves.reduce((sum, sleeve) => sum + parseWeight(sleeve.share), 0n);
  if (shares > ONE_WEIGHT)
    problems.push(`sleeves: shares sum to more than 1; the opening cash is given out once`);
  const seen = new Set<string>();
  config.sleeves.forEach((sleeve, index) => {
    if (seen.has(sleeve.id))
      problems.push(
        `sleeves[${index}].id: "${sleeve.id}" is used twice; expected one sleeve an id`,
      );
    seen.add(sleeve.id);
  });
  if (config.market.kind === 'synthetic' && config.market.from >= config.market.to) {
    problems.push(
      `market.from: expected a date before ${config.market.to}, found ${config.market.from}`,
    );
  }
  return problems;
}

const shareOf = (cash: Money, share: string): Money => {
  const cent = ONE / 100n;
  return money(((parseWeight(share) * cash) / ONE_WEIGHT / cent) * cent);
};

function isFraction(text: string): boolean {
  const count = parseDecimal(text, WEIGHT_SCALE);
  return count !== undefined && count >= 0n && count <= ONE_WEIGHT;
}

const isCents = (text: string): boolean => parseDecimal(text, 2) !== undefined;

const place = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? 'the configuration'
    : path
        .map((key, index) =>
          typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`,
        )
        .join('');
