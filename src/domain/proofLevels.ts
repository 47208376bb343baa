// Stage: reconstruction. What can be proven with less than everything: each answer exact, within bounds, or not at all.
// Invariant: nothing that is missing counts as zero or as absent; every answer says what it rests on.
import {
  atCut,
  firstGap,
  lastCommit,
  prefixOf,
  type PartialEvidence,
} from './proofLevels/prefix.ts';
import { attributedBy, tradedBy, type Attributed, type Traded } from './proofLevels/traded.ts';
import { reconstruct, type Reconstruction } from './reconstruction.ts';
import type { Session } from './time.ts';

export type Level = 'exact' | 'bounds' | 'impossible';

export interface ProvenAnswer {
  readonly question: string;
  readonly level: Level;
  /** Up to which session it is exact all the same; null where it is exact now, or never. */
  readonly until: Session | null;
  /** What it rests on, or what it would need. */
  readonly why: string;
}

export interface ProofLevels {
  readonly answers: readonly ProvenAnswer[];
  /** The ledger as far as it follows exactly; null without an input log that reaches the end of a cycle. */
  readonly ledger: Reconstruction | null;
  /** The last session of that ledger. */
  readonly until: Session | null;
  /** The first thing missing after it; null when nothing is. */
  readonly gap: string | null;
  readonly traded: readonly Traded[];
  readonly attributed: readonly Attributed[];
  /** Orders whose ids do not list their demands: what they filled belongs to somebody unknown. */
  readonly unlisted: readonly string[];
}

/** Says what the evidence proves, however much of it is missing. */
export function proofLevels(evidence: PartialEvidence): ProofLevels {
  const { inputs, cut, orders, fills, amendments } = evidence;
  const gap = inputs === undefined ? null : (firstGap(inputs, evidence) ?? atCut(inputs, cut));
  const upTo = inputs === undefined ? 0 : lastCommit(inputs, gap?.index ?? inputs.length);
  const ledger =
    inputs === undefined || upTo === 0
      ? null
      : reconstruct(prefixOf(inputs.slice(0, upTo), evidence));
  const traded = tradedBy(orders, fills, amendments);
  const { attributed, unlisted } = attributedBy(orders);
  const missing = inputs === undefined ? 'no input log' : gap === null ? null : gap.what;
  const facts = { evidence, ledger, missing, traded, attributed, unlisted };
  return {
    answers: [
      tradesAnswer(facts),
      attributionAnswer(facts),
      accountAnswer(facts),
      ...[
        'shares of each sleeve',
        'cash, lots and profit of each sleeve',
        'plans, crosses and outcomes',
        'shortfall',
      ].map((question) => ledgerAnswer(question, facts)),
    ],
    ledger,
    until: ledger?.state.lastCycle ?? null,
    gap: missing,
    traded,
    attributed,
    unlisted,
  };
}

interface Facts {
  readonly evidence: PartialEvidence;
  readonly ledger: Reconstruction | null;
  /** The first thing missing; null when nothing is. */
  readonly missing: string | null;
  readonly traded: readonly Traded[];
  readonly attributed: readonly Attributed[];
  readonly unlisted: readonly string[];
}

function tradesAnswer({ evidence, traded }: Facts): ProvenAnswer {
  const question = 'shares and USD traded by the account';
  const open = traded.some(({ least, most }) => least !== most);
  return open
    ? {
        question,
        level: 'bounds',
        until: null,
        why: `shares are exact from the orders; ${evidence.fills === undefined ? 'without executions' : 'where executions are missing'} USD follow from rounded average prices`,
      }
    : { question, level: 'exact', until: null, why: 'the executions sum to every order' };
}

function attributionAnswer({ attributed, unlisted, ledger, missing }: Facts): ProvenAnswer {
  const question = 'shares that orders filled for each sleeve';
  if (missing === null && proves(ledger))
    return {
      question,
      level: 'exact',
      until: null,
      why: 'every fill was divided again by its recomputed plan',
    };
  if (unlisted.length > 0)
    return {
      question,
      level: attributed.length === 0 ? 'impossible' : 'bounds',
      until: null,
      why: `${unlisted.length} order ids had no room for their demands: only a plan recomputed from the whole input log says whose they were`,
    };
  return attributed.some(({ least, most }) => least !== most)
    ? {
        question,
        level: 'bounds',
        until: null,
        why: 'the order ids list every demand; units of 1e-9 share that two sleeves claim alike go by their names, which an id does not hold',
      }
    : {
        question,
        level: 'exact',
        until: null,
        why: 'the order ids list every demand, to the unit',
      };
}

function accountAnswer({ evidence, ledger, missing }: Facts): ProvenAnswer {
  const question = 'shares and cash of the account';
  if (missing === null && proves(ledger))
    return {
      question,
      level: 'exact',
      until: null,
      why: 'everything since its beginning was folded again',
    };
  if (evidence.inputs === undefined)
    return {
      question,
      level: 'impossible',
      until: null,
      why: 'what it began with, splits, dividends and deposits are not in orders and executions',
    };
  const point = evidence.inputs.findLast((each) => each.kind === 'decision_point');
  return point === undefined
    ? {
        question,
        level: 'impossible',
        until: null,
        why: 'no decision point recorded what the broker said',
      }
    : {
        question,
        level: 'exact',
        until: null,
        why: `as the broker said at ${point.at}: recorded in the input log, folded again up to ${ledger?.state.lastCycle ?? 'no session'}`,
      };
}

function ledgerAnswer(question: string, { ledger, missing }: Facts): ProvenAnswer {
  if (missing === null && proves(ledger))
    return {
      question,
      level: 'exact',
      until: null,
      why: 'recomputed from the input log and the broker’s records',
    };
  if (missing === null)
    return {
      question,
      level: 'impossible',
      until: null,
      why: `the records contradict each other: ${ledger?.mismatches[0]?.record ?? 'nothing was folded'}`,
    };
  const until = proves(ledger) ? (ledger?.state.lastCycle ?? null) : null;
  return until === null
    ? {
        question,
        level: 'impossible',
        until: null,
        why: `missing: ${missing}; crosses between sleeves leave no record at the broker`,
      }
    : {
        question,
        level: 'impossible',
        until,
        why: `missing: ${missing}; what sleeves own after ${until} follows from it`,
      };
}

const proves = (ledger: Reconstruction | null): boolean =>
  ledger !== null && ledger.complete && ledger.mismatches.length === 0;
