// Stage: signal → intent. Whether a strategy's own rule asks for a rebalance now.
// Invariant: a rebalance stays due until it was carried out.
import type { RebalanceRule } from './signal.ts';
import type { Session } from './time.ts';

export interface RebalanceFacts {
  readonly session: Session;
  /** Session of the last rebalance carried out; null before the first. */
  readonly rebalancedOn: Session | null;
  /** Largest |held weight − target weight| over the sleeve's symbols, in counts of 1e-12. */
  readonly largestDrift: bigint;
}

/**
 * Calendar rules are due at the first session of a new period; a corridor when some weight drifted
 * by more than its width; `none` only once, to enter.
 */
export function isRebalanceDue(rule: RebalanceRule, facts: RebalanceFacts): boolean {
  if (facts.rebalancedOn === null) return true;
  switch (rule.kind) {
    case 'every-session':
      return true;
    case 'calendar':
      return period(rule.frequency, facts.session) !== period(rule.frequency, facts.rebalancedOn);
    case 'corridor':
      return facts.largestDrift > rule.width;
    case 'none':
      return false;
  }
}

function period(
  frequency: 'weekly' | 'monthly' | 'quarterly' | 'yearly',
  session: Session,
): string {
  const year = session.slice(0, 4);
  const month = Number.parseInt(session.slice(5, 7), 10);
  switch (frequency) {
    case 'weekly':
      return String(mondayOf(session));
    case 'monthly':
      return session.slice(0, 7);
    case 'quarterly':
      return `${year}-q${Math.ceil(month / 3)}`;
    case 'yearly':
      return year;
  }
}

/** Days since 1970 of the Monday of the session's week; 1970-01-01 was a Thursday. */
function mondayOf(session: Session): number {
  const days = Date.parse(`${session}T00:00:00.000Z`) / 86_400_000;
  return days - ((days + 3) % 7);
}
