// Stage: apps. What evidence proves of which parts are missing, as a person and as a program reads it.
// Invariant: an answer is never shown without its level and its reason.
import type { ProofLevels } from '../../domain/proofLevels.ts';
import type { Attributed, Traded } from '../../domain/proofLevels/traded.ts';
import { format } from '../../domain/units/units.ts';
import { table } from './table.ts';

const between = (least: string, most: string): string =>
  least === most ? least : `${least} to ${most}`;
const usd = ({ least, most }: Traded): string => between(format(least), format(most));
const shares = ({ least, most }: Attributed): string => between(format(least), format(most));

export function levelLines(levels: ProofLevels): string[] {
  const { answers, ledger, until, gap, traded, attributed } = levels;
  return [
    gap === null
      ? 'Nothing is missing.'
      : `Not everything is there. The first thing missing: ${gap}.`,
    '',
    ...table(
      [{ title: 'answer' }, { title: 'level' }, { title: 'why', most: 48 }],
      answers.map((each) => [
        each.question,
        each.until === null ? each.level : `exact to ${each.until}`,
        each.why,
      ]),
    ),
    '',
    ...table(
      [
        { title: 'traded' },
        { title: 'shares', align: 'right' },
        { title: 'USD before rounding', align: 'right' },
      ],
      traded.map((each) => [`${each.side} ${each.symbol}`, format(each.shares), usd(each)]),
    ),
    '',
    ...table(
      [{ title: 'filled for sleeve code' }, { title: '' }, { title: 'shares', align: 'right' }],
      attributed.map((each) => [String(each.code), `${each.side} ${each.symbol}`, shares(each)]),
    ),
    ...(ledger === null || until === null
      ? []
      : ['', `digest of the ledger up to ${until} ${ledger.digest}`]),
  ];
}

export const levelsJson = (levels: ProofLevels): object => ({
  missing: levels.gap,
  until: levels.until,
  digest: levels.ledger?.digest ?? null,
  mismatches: levels.ledger?.mismatches ?? [],
  answers: levels.answers,
  traded: levels.traded.map(({ symbol, side, shares: count, least, most }) => ({
    symbol,
    side,
    quantity: format(count),
    leastCash: format(least),
    mostCash: format(most),
  })),
  attributed: levels.attributed.map(({ code, symbol, side, least, most }) => ({
    code,
    symbol,
    side,
    leastQuantity: format(least),
    mostQuantity: format(most),
  })),
  unlisted: levels.unlisted,
});
