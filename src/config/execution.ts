// Stage: configuration. How orders are carried out, as written, and as the input log records it.
// Invariant: a symbol's own policy is whole; a ladder never steps back from the market.
import { z } from 'zod';
import { MARKET_EXECUTION, type Execution, type ExecutionPolicy } from '../domain/execution.ts';
import { asSymbol, type Symbol } from '../domain/market.ts';
import { compareText, parseWeight } from '../domain/units/units.ts';
import { fraction, shown } from './values.ts';

const reach = fraction('how far into the spread a limit goes');

export const policySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('market') }),
  z.strictObject({ kind: z.literal('limit-only'), reach }),
  z.strictObject({
    kind: z.literal('walk'),
    /** One step each: "0" joins the near side of the quote, "1" takes the far one. */
    reaches: z.array(reach).min(1).max(32),
    stepSeconds: z.int().min(1).max(3600),
    /** What follows the last step: a market order, or nothing. */
    final: z.enum(['market', 'leave']),
  }),
  z.strictObject({ kind: z.literal('close-auction') }),
]);

export const executionSchema = z.strictObject({
  /** Of every symbol without its own. */
  everySymbol: policySchema,
  symbols: z.record(z.string(), policySchema),
});

type PolicyConfig = z.infer<typeof policySchema>;
export type ExecutionConfig = z.infer<typeof executionSchema>;

/** The policies as recorded; market orders where none are written. Call only with what was checked. */
export function toExecution(config: ExecutionConfig | undefined): Execution {
  if (config === undefined) return MARKET_EXECUTION;
  return {
    everySymbol: toPolicy(config.everySymbol),
    symbols: Object.entries(config.symbols)
      .sort(([a], [b]) => compareText(a, b))
      .map(([symbol, policy]) => ({ symbol: symbol as Symbol, policy: toPolicy(policy) })), // checked
  };
}

function toPolicy(policy: PolicyConfig): ExecutionPolicy {
  switch (policy.kind) {
    case 'market':
    case 'close-auction':
      return policy;
    case 'limit-only':
      return { kind: policy.kind, reach: parseWeight(policy.reach) };
    case 'walk':
      return { ...policy, reaches: policy.reaches.map(parseWeight) };
  }
}

/** What could never be carried out as written. Places as in the configuration. */
export function executionProblems(
  config: ExecutionConfig | undefined,
  cycleMinutes: number,
): string[] {
  if (config === undefined) return [];
  const policies: [string, PolicyConfig][] = [
    ['execution.everySymbol', config.everySymbol],
    ...Object.entries(config.symbols)
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, own]): [string, PolicyConfig] => [`execution.symbols.${name}`, own]),
  ];
  return [
    ...Object.keys(config.symbols)
      .filter((name) => asSymbol(name) === undefined)
      .map((name) => `execution.symbols: expected a symbol like "SPY", found ${shown(name)}`),
    ...policies.flatMap(([place, policy]) => walkProblems(place, policy, cycleMinutes)),
  ];
}

function walkProblems(place: string, policy: PolicyConfig, cycleMinutes: number): string[] {
  if (policy.kind !== 'walk') return [];
  const reaches = policy.reaches.map(parseWeight);
  const problems: string[] = [];
  const back = reaches.findIndex((each, index) => each < (reaches[index - 1] ?? 0n));
  if (back !== -1)
    problems.push(
      `${place}.reaches[${back}]: expected at least ${policy.reaches[back - 1] ?? '0'}, the step before, found ${shown(policy.reaches[back])}; a walk never steps back`,
    );
  if (policy.stepSeconds * reaches.length >= cycleMinutes * 60)
    problems.push(
      `${place}: expected ${reaches.length} steps of ${policy.stepSeconds} s to end within pace.cycleMinutes ${cycleMinutes}, found ${policy.stepSeconds * reaches.length} s; its last steps would never be taken`,
    );
  return problems;
}
