// Stage: configuration. What people decide, checked before anything is read from it.
// Invariant: every key is known and every value in range; nothing has a silent default.
import { z } from 'zod';
import { digestOf, type Json } from '../domain/canonical.ts';
import type { Limits } from '../domain/limits/settings.ts';
import {
  asSleeveId,
  NO_TOLERANCE,
  SUSPENSE_CODE,
  type AccountConfiguration,
  type CapitalPolicy,
  type Sleeve,
  type SleeveId,
} from '../domain/sleeve.ts';
import { isDate } from '../domain/time.ts';
import { formatDecimal, parseDecimal } from '../domain/units/decimal.ts';
import {
  money,
  ONE,
  parseMoney,
  parseQuantity,
  parseWeight,
  WEIGHT_SCALE,
  ONE_WEIGHT,
  type Money,
} from '../domain/units/units.ts';
import { executionProblems, executionSchema, policySchema, toExecution } from './execution.ts';
import type { Strategy } from '../strategy/strategy.ts';
import {
  railProblems,
  railsSchema,
  sleeveRailsSchema,
  symbolRailsSchema,
  toRails,
} from './rails.ts';
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

const sleeveSchema = z.strictObject({
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

const limitsSchema = z.strictObject({
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
const paceSchema = z.strictObject({
  /** How long an order works before it is cancelled and the rest ordered again. */
  stepMinutes: minutes,
  /** How long after the open anything may be ordered. */
  cycleMinutes: minutes,
  /** How often what an order left is ordered again; 0: never, and nothing is cancelled. */
  revisions: z.int().min(0).max(35),
});

const marketSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('synthetic'), seed: z.int().min(0), from: date, to: date }),
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

const brokerSchema = z.discriminatedUnion('kind', [
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

/** Types the object of an assay.config.ts; checking happens when it is loaded. */
export const defineConfig = (config: AssayConfig): AssayConfig => config;

export type CheckedConfig =
  | { readonly ok: true; readonly config: AssayConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Checks a configuration whole; every problem names its place. */
export function checkConfig(value: unknown): CheckedConfig {
  const parsed = configSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.map(problemOf) };
  const problems = crossChecks(parsed.data);
  return problems.length === 0 ? { ok: true, config: parsed.data } : { ok: false, problems };
}

/**
 * The configuration in force, as the input log records it: sleeves that are new get the next codes,
 * and their opening cash by share, rounded down to the cent; the rest belongs to house.
 */
export function toAccountConfiguration(
  config: AssayConfig,
  facts: {
    readonly strategies: readonly Strategy[];
    readonly market: AccountConfiguration['market'];
    /** Codes of every sleeve that the account ever had; empty for a new account. */
    readonly codes?: ReadonlyMap<SleeveId, number>;
  },
): AccountConfiguration {
  const cash = parseMoney(config.openingCash);
  const codes = new Map(facts.codes);
  let highest = Math.max(SUSPENSE_CODE, ...codes.values());
  const sleeves = config.sleeves.map((sleeve): Sleeve => {
    const id = asSleeveId(sleeve.id);
    if (id === undefined)
      throw new RangeError(`"${sleeve.id}" is not a sleeve id: the configuration was not checked.`);
    return {
      id,
      code: codes.get(id) ?? (highest += 1),
      openingCash: shareOf(cash, sleeve.share),
      onFailure: sleeve.onFailure,
      life: sleeve.life ?? 'active',
      capital: capitalOf(sleeve.capital),
      deployment: sleeve.deployment === undefined ? null : parseWeight(sleeve.deployment),
      reserve: parseMoney(sleeve.reserve ?? '0'),
      lots: sleeve.lots ?? 'fifo',
    };
  });
  const { market, broker = { kind: 'paper-exchange' }, ...rest } = config;
  const { name, synthetic, paysDividends } = facts.market;
  const described = market.kind === 'synthetic' ? market : { kind: market.kind };
  const versions = facts.strategies.map((strategy) => strategy.version);
  return {
    account: config.account,
    sleeves,
    limits: toLimits(config),
    tolerance:
      config.tolerance === undefined
        ? NO_TOLERANCE
        : {
            shares: parseQuantity(config.tolerance.shares),
            cash: parseMoney(config.tolerance.cash),
          },
    // Only what is recorded: a market holds all its bars besides.
    market: { name, synthetic, paysDividends },
    digest: digestOf({
      ...rest,
      market: described,
      // An address may change between runs of one account; its environment may not.
      ...(broker.kind === 'alpaca'
        ? { broker: { kind: 'alpaca', environment: broker.environment } }
        : {}),
      versions,
    } as unknown as Json), // zod output is JSON
  };
}

function toLimits({ limits, rails, margin, pace, execution }: AssayConfig): Limits {
  return {
    deployment: parseWeight(limits.deployment),
    reserve: parseMoney(limits.reserve),
    priceAllowance: parseWeight(limits.priceAllowance),
    maxSpread: parseWeight(limits.maxSpread),
    microTradeFloor: parseMoney(limits.microTradeFloor),
    microTradeAccountShare: parseWeight(limits.microTradeAccountShare),
    microTradeSleeveShare: parseWeight(limits.microTradeSleeveShare),
    brokerMinimum: parseMoney(limits.brokerMinimum),
    fractions: limits.fractions ?? 'keep',
    rails: toRails(rails),
    margin:
      margin === 'none'
        ? null
        : {
            maxInitial: parseWeight(margin.maxInitial),
            warnInitial: parseWeight(margin.warnInitial),
            minCushion: parseWeight(margin.minCushion),
          },
    pace,
    execution: toExecution(execution),
  };
}

/** Fixed fractions are of one account: together they cannot be more than all of it. */
function contradictoryFractions({ sleeves }: AssayConfig): string[] {
  const sum = sleeves.reduce(
    (all, { capital, life }) =>
      capital?.kind === 'fixed-fraction' && life !== 'closing'
        ? all + parseWeight(capital.fraction)
        : all,
    0n,
  );
  return sum <= ONE_WEIGHT
    ? []
    : [
        `sleeves: expected fixed fractions that sum to at most 1, found ${formatDecimal(sum, WEIGHT_SCALE)}; the account's equity is given out once`,
      ];
}

function crossChecks(config: AssayConfig): string[] {
  const problems: string[] = [];
  const shares = config.sleeves.reduce((sum, sleeve) => sum + parseWeight(sleeve.share), 0n);
  if (shares > ONE_WEIGHT)
    problems.push(
      `sleeves: expected shares that sum to at most 1, found ${formatDecimal(shares, WEIGHT_SCALE)}; the opening cash is given out once`,
    );
  problems.push(...contradictoryFractions(config));
  const seen = new Set<string>();
  config.sleeves.forEach((sleeve, index) => {
    if (seen.has(sleeve.id))
      problems.push(
        `sleeves[${index}].id: expected an id of its own, found ${shown(sleeve.id)} a second time`,
      );
    seen.add(sleeve.id);
  });
  const { broker } = config;
  if (
    broker?.kind === 'alpaca' &&
    broker.baseUrl === undefined &&
    config.market.kind !== 'alpaca'
  ) {
    problems.push(
      `market.kind: expected "alpaca" for an account at Alpaca, found "${config.market.kind}"; its orders would be sized by prices of another market`,
    );
  }
  if (broker?.kind === 'alpaca' && broker.environment === 'live' && broker.baseUrl !== undefined) {
    problems.push(
      `broker.baseUrl: expected none for live trading, found ${shown(broker.baseUrl)}; live keys go to Alpaca alone`,
    );
  }
  if (config.market.kind === 'synthetic' && config.market.from >= config.market.to) {
    problems.push(
      `market.from: expected a date before ${config.market.to}, found ${config.market.from}`,
    );
  }
  const { brokerMinimum, microTradeFloor, deployment } = config.limits;
  const { margin } = config;
  if (margin === 'none' && parseWeight(deployment) > ONE_WEIGHT)
    problems.push(
      `limits.deployment: expected at most 1 in a cash account, found ${shown(deployment)}; a cash account cannot owe what it deploys beyond its NAV`,
    );
  if (margin !== 'none' && parseWeight(margin.warnInitial) > parseWeight(margin.maxInitial))
    problems.push(
      `margin.warnInitial: expected at most maxInitial ${margin.maxInitial}, found ${shown(margin.warnInitial)}; it would never warn before it stops`,
    );
  if (config.pace.stepMinutes > config.pace.cycleMinutes)
    problems.push(
      `pace.stepMinutes: expected at most cycleMinutes ${config.pace.cycleMinutes}, found ${config.pace.stepMinutes}; a step would outlast its cycle`,
    );
  problems.push(...executionProblems(config.execution, config.pace.cycleMinutes));
  const [floor, minimum] = [parseMoney(microTradeFloor), parseMoney(brokerMinimum)];
  problems.push(
    ...railProblems({
      rails: config.rails,
      sleeves: config.sleeves.map(({ id }) => id),
      smallestOrder: floor > minimum ? microTradeFloor : brokerMinimum,
    }),
  );
  return problems;
}

const capitalOf = (policy: AssayConfig['sleeves'][number]['capital']): CapitalPolicy =>
  policy?.kind === 'fixed-fraction'
    ? { ...policy, fraction: parseWeight(policy.fraction), band: parseWeight(policy.band) }
    : { kind: 'compound' };

const shareOf = (cash: Money, share: string): Money => {
  const cent = ONE / 100n;
  return money(((parseWeight(share) * cash) / ONE_WEIGHT / cent) * cent);
};

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

const isCents = (text: string): boolean => parseDecimal(text, 2) !== undefined;

type Issue = z.core.$ZodIssue;

/** One problem in words: place, expected, found. Ours are in words already. */
function problemOf(issue: Issue): string {
  const at = place(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return `${at}: expected ${knownKeys(issue.path)}, found the unknown ${issue.keys.map(shown).join(', ')}`;
    case 'invalid_type':
    case 'invalid_value':
    case 'invalid_union':
    case 'too_small':
    case 'too_big':
      return issue.message.startsWith('expected ')
        ? `${at}: ${issue.message}`
        : `${at}: expected ${expectedBy(issue)}, found ${shown(issue.input)}`;
    case 'custom':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return `${at}: ${issue.message}`;
  }
}

function expectedBy(
  issue: Extract<
    Issue,
    { code: 'invalid_type' | 'invalid_value' | 'invalid_union' | 'too_small' | 'too_big' }
  >,
): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'record' ? 'an object' : `a value of type ${issue.expected}`;
    case 'invalid_value':
      return issue.values.map(shown).join(' or ');
    case 'invalid_union':
      if (issue.path[0] === 'margin')
        return '"none" or maxInitial, warnInitial and minCushion as decimal strings from "0" to "1", nothing else';
      if (issue.path[0] === 'execution')
        return 'the kind "market", "limit-only", "walk" or "close-auction"';
      return issue.path[0] === 'broker'
        ? 'the kind "paper-exchange" or "alpaca"'
        : 'the kind "synthetic", "csv" or "alpaca"';
    case 'too_small':
      return issue.origin === 'number' ? `at least ${issue.minimum}` : 'at least one';
    case 'too_big':
      return `at most ${issue.maximum}`;
  }
}

function knownKeys(path: readonly PropertyKey[]): string {
  switch (path[0]) {
    case undefined:
      return keysOf(configSchema.shape);
    case 'limits':
      return keysOf(limitsSchema.shape);
    case 'pace':
      return keysOf(paceSchema.shape);
    case 'execution':
      return path.length === 1
        ? keysOf(executionSchema.shape)
        : policySchema.options.map((option) => keysOf(option.shape)).join(' (or ') + ')';
    case 'rails':
      if (path[1] === 'symbols') return keysOf(symbolRailsSchema.shape);
      if (path[1] === 'sleeves') return keysOf(sleeveRailsSchema.shape);
      return keysOf(railsSchema.shape);
    case 'sleeves':
      return keysOf(sleeveSchema.shape);
    case 'broker':
      return brokerSchema.options.map((option) => keysOf(option.shape)).join(' (or ') + ')';
    default:
      return marketSchema.options.map((option) => keysOf(option.shape)).join(' (or ') + ')';
  }
}

const keysOf = (shape: object): string => `only ${Object.keys(shape).join(', ')}`;

const place = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? 'the configuration'
    : path
        .map((key, index) =>
          typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`,
        )
        .join('');
