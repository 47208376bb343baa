// Stage: configuration. What its values say against each other.
// Invariant: a configuration that gets past here can be carried out as it stands.
import { formatDecimal } from '../domain/units/decimal.ts';
import { ONE_WEIGHT, parseMoney, parseWeight, WEIGHT_SCALE } from '../domain/units/units.ts';
import { executionProblems } from './execution.ts';
import { railProblems } from './rails.ts';
import type { AssayConfig } from './schema.ts';
import { shown } from './values.ts';

/** Values that each are in range and cannot stand together; each in words, with its place. */
export function contradictionsIn(config: AssayConfig): string[] {
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
