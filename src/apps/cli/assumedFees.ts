// Stage: apps. The fees that a netting report assumes, named or given.
// Invariant: an unknown fee is refused; what is assumed is said beside every figure.
import type { AssumedFees } from '../../domain/nettingSaving.ts';
import { parseDecimal } from '../../domain/units/decimal.ts';
import {
  money,
  NO_MONEY,
  parseMoney,
  parsePrice,
  price,
  UNIT_SCALE,
} from '../../domain/units/units.ts';
import { UsageError } from './usage.ts';

const NO_FEES: AssumedFees = {
  soldPerMillion: NO_MONEY,
  soldPerShare: price(0n),
  soldPerShareCap: null,
  perShare: price(0n),
};

/**
 * Alpaca's pass-through of regulatory fees, as published for 2026: SEC 20.60 USD a million sold from
 * 2026-04-04, TAF 0.000195 USD a share sold up to 9.79 an order, CAT 0.000003 USD a share.
 * https://alpaca.markets/disclosures (Brokerage Fee Schedule)
 */
const ALPACA: AssumedFees = {
  soldPerMillion: parseMoney('20.6'),
  soldPerShare: parsePrice('0.000195'),
  soldPerShareCap: parseMoney('9.79'),
  perShare: parsePrice('0.000003'),
};

const KEYS = ['sold-per-million', 'sold-per-share', 'sold-per-share-cap', 'per-share'] as const;
type Key = (typeof KEYS)[number];

export interface NamedFees {
  /** For people, said beside the figures. */
  readonly assumed: string;
  readonly fees: AssumedFees;
}

/** Reads `--fees`: "alpaca", "none", or "sold-per-million=20.60,per-share=0.005". @throws UsageError */
export function readFees(text: string): NamedFees {
  if (text === 'none') return { assumed: 'none', fees: NO_FEES };
  if (text === 'alpaca')
    return {
      assumed: "Alpaca's regulatory fees of 2026 (SEC, TAF, CAT), before rounding to cents a day",
      fees: ALPACA,
    };
  const amounts = new Map<Key, bigint>();
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=');
    const key = KEYS.find((each) => each === name);
    const amount = parseDecimal(value, UNIT_SCALE);
    if (key === undefined || amount === undefined || amount < 0n || amounts.has(key))
      throw new UsageError(
        `--fees: expected alpaca, none, or ${KEYS.join(', ')} once each with a USD amount like per-share=0.005, found "${part}". ` +
          'Nothing was reported. Correct it.',
      );
    amounts.set(key, amount);
  }
  const cap = amounts.get('sold-per-share-cap');
  return {
    assumed: text.replaceAll(',', ', '),
    fees: {
      soldPerMillion: money(amounts.get('sold-per-million') ?? 0n),
      soldPerShare: price(amounts.get('sold-per-share') ?? 0n),
      soldPerShareCap: cap === undefined ? null : money(cap),
      perShare: price(amounts.get('per-share') ?? 0n),
    },
  };
}
