// Stage: configuration. What people decide, checked before anything is read from it.
// Invariant: nothing is taken over from a configuration that has a problem.
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
import {
  money,
  ONE,
  ONE_WEIGHT,
  parseMoney,
  parseQuantity,
  parseWeight,
  type Money,
} from '../domain/units/units.ts';
import type { Strategy } from '../strategy/strategy.ts';
import { contradictionsIn } from './contradictions.ts';
import { toExecution } from './execution.ts';
import { problemOf } from './problems.ts';
import { toRails } from './rails.ts';
import { configSchema, type AssayConfig } from './schema.ts';

/** Types the object of an assay.config.ts; checking happens when it is loaded. */
export const defineConfig = (config: AssayConfig): AssayConfig => config;

export type CheckedConfig =
  | { readonly ok: true; readonly config: AssayConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Checks a configuration whole; every problem names its place. */
export function checkConfig(value: unknown): CheckedConfig {
  const parsed = configSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.map(problemOf) };
  const problems = contradictionsIn(parsed.data);
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

const capitalOf = (policy: AssayConfig['sleeves'][number]['capital']): CapitalPolicy =>
  policy?.kind === 'fixed-fraction'
    ? { ...policy, fraction: parseWeight(policy.fraction), band: parseWeight(policy.band) }
    : { kind: 'compound' };

const shareOf = (cash: Money, share: string): Money => {
  const cent = ONE / 100n;
  return money(((parseWeight(share) * cash) / ONE_WEIGHT / cent) * cent);
};
