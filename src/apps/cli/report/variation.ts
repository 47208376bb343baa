// Stage: apps. What a sweep varies: fields of the configuration and parameters of strategies.
// Invariant: what is varied must exist; a misspelt name is refused, never a run of something else.
import { checkConfig } from '../../../config/config.ts';
import type { Json } from '../../../domain/canonical.ts';
import type { SleeveId } from '../../../domain/sleeve.ts';
import type { Strategy } from '../../../strategy/strategy.ts';
import { StrategyDefinitionError } from '../../../strategy/definition.ts';
import type { LoadedConfig } from '../loadConfig.ts';
import { UsageError } from '../usage.ts';

/** One value in place of another: "limits.deployment" or "momentum.fast" (sleeve, then parameter). */
export type Change = readonly [place: string, value: string];
export type Variation = readonly Change[];

/** Reads `--vary place=one,two` flags. @throws UsageError */
export function readVariations(flags: readonly string[]): Variation[] {
  const axes = flags.map((flag): [string, string[]] => {
    const [, place, values] = /^([^=]+)=(.+)$/.exec(flag) ?? [];
    if (place !== undefined && values !== undefined) return [place, values.split(',')];
    throw new UsageError(
      `--vary expects a place and its values like momentum.fast=21,42 or limits.deployment=0.9,0.98, found "${flag}". Nothing was started.`,
    );
  });
  return axes.reduce<Variation[]>(
    (made, [place, values]) =>
      made.flatMap((variation) => values.map((value): Variation => [...variation, [place, value]])),
    [[]],
  );
}

/** "momentum.fast=21 limits.deployment=0.9"; empty for the configuration as it is. */
export const nameOf = (variation: Variation): string =>
  variation.map(([place, value]) => `${place}=${value}`).join(' ');

/** The configuration with the changes made and checked again. @throws UsageError */
export function vary(loaded: LoadedConfig, variation: Variation): LoadedConfig {
  return variation.reduce(varyOne, loaded);
}

function varyOne(loaded: LoadedConfig, [place, value]: Change): LoadedConfig {
  const [head = '', ...rest] = place.split('.');
  const name = rest.join('.');
  const sleeve = head as SleeveId; // looked up, not trusted
  const strategy = loaded.strategies.get(sleeve);
  if (strategy !== undefined) {
    const strategies = new Map(loaded.strategies);
    strategies.set(sleeve, withParameter(strategy, { place, name, value }));
    return { ...loaded, strategies };
  }
  const { limits, exchange } = loaded.config;
  const group: Readonly<Record<string, unknown>> | undefined =
    head === 'limits' ? limits : head === 'exchange' ? exchange : undefined;
  if (group === undefined || !Object.hasOwn(group, name)) {
    const sleeves = [...loaded.strategies.keys()].join(', ');
    throw new UsageError(
      `--vary ${place}: expected limits.NAME, exchange.NAME or SLEEVE.PARAMETER (sleeves: ${sleeves}), found no such place. Nothing was started.`,
    );
  }
  const given = typeof group[name] === 'number' ? Number(value) : value;
  const checked = checkConfig({ ...loaded.config, [head]: { ...group, [name]: given } });
  if (checked.ok) return { ...loaded, config: checked.config };
  throw new UsageError(`--vary ${place}: ${checked.problems.join('; ')}. Nothing was started.`);
}

function withParameter(
  strategy: Strategy,
  of: { readonly place: string; readonly name: string; readonly value: string },
): Strategy {
  const { variable } = strategy;
  if (variable === undefined) {
    throw new UsageError(
      `--vary ${of.place}: expected a strategy with parameters, found ${strategy.name}, which has none. Nothing was started.`,
    );
  }
  try {
    return variable.with({ [of.name]: valueOf(variable.parameters[of.name], of) });
  } catch (error) {
    if (!(error instanceof StrategyDefinitionError)) throw error;
    throw new UsageError(`--vary ${of.place}: ${error.message}`);
  }
}

/** A value of the kind that the parameter has. */
function valueOf(
  now: Json | undefined,
  of: { readonly place: string; readonly value: string },
): Json {
  if (typeof now !== 'number') return of.value;
  const value = Number(of.value);
  if (of.value.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(
    `--vary ${of.place}: expected a number like ${now}, found "${of.value}". Nothing was started.`,
  );
}
