// Stage: apps. What a person should see of a cycle beside its trades: breaks, debts, warnings, capital.
// Invariant: shows recorded decisions only; nothing worth a person's eye is left to the journal alone.
import type { OpenCycle } from '../../domain/ledger/state.ts';
import type { PlanDecision } from '../../domain/plan.ts';
import { usd } from './figures.ts';

/** The lines, a kind after the other; none where nothing is to be seen. */
export function attentionLines({ decisions }: Pick<OpenCycle, 'decisions'>): string[] {
  const lines = [
    ...breaksOf(decisions).map(
      ({ symbol, ledger, broker, difference, cause }) =>
        `break ${symbol ?? 'cash'}: ledger ${ledger}, broker ${broker} (${difference}); ${cause}`,
    ),
    ...decisions.flatMap(({ overdrafts }) =>
      overdrafts.map(
        ({ sleeve, cash }) => `overdraft ${sleeve}: ${usd(cash)} USD; it buys nothing until repaid`,
      ),
    ),
    ...decisions.flatMap(({ warnings }) =>
      warnings.map(
        ({ arithmetic: { observed, limit } }) =>
          `warning: initial margin ÷ equity ${observed}, worth a warning from ${limit}`,
      ),
    ),
    ...decisions.flatMap(({ capital: { transfers, closed } }) => [
      ...transfers.map(
        ({ due, from, to, amount }) => `moved ${usd(amount)} USD from ${from} to ${to} (${due})`,
      ),
      ...closed.map((sleeve) => `closed: ${sleeve} owns nothing any more`),
    ]),
  ];
  return lines.length === 0 ? [] : [...lines.map((line) => `  ${line}`), ''];
}

/** Every break of a cycle once, as it was seen last. */
export function breaksOf(decisions: readonly PlanDecision[]): PlanDecision['breaks'] {
  const seen = decisions.flatMap(({ breaks }) => breaks);
  return [...new Map(seen.map((found) => [found.symbol ?? 'cash', found])).values()];
}

/** The same for programs. */
export const attentionJson = ({ decisions }: Pick<OpenCycle, 'decisions'>) => ({
  breaks: breaksOf(decisions),
  sleeveOverdrafts: decisions.flatMap(({ overdrafts }) => overdrafts),
  warnings: decisions.flatMap(({ warnings }) => warnings),
  dues: decisions.flatMap(({ capital }) => capital.dues),
  transfers: decisions.flatMap(({ capital }) => capital.transfers),
  closed: decisions.flatMap(({ capital }) => capital.closed),
});
