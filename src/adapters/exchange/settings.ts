// Stage: paper exchange. How its market behaves: spread, slippage, volume, partial fills, rejects.
// Invariant: every figure is explicit and checked once; a book never changes its settings.
import { z } from 'zod';
import { invariant } from '../../domain/invariant.ts';
import { asSymbol, type Symbol } from '../../domain/market.ts';
import { compareText } from '../../domain/units/units.ts';
import { parseDecimal } from '../../domain/units/decimal.ts';
import { BookError } from './bookError.ts';

/** Fractions and basis points are decimal strings, never floats; counts are whole numbers. */
export interface ExchangeSettings {
  /** Whole, not negative. Every chance of the exchange derives from it and the client order id. */
  readonly seed: number;
  /** Half of the quoted spread, in basis points of the session's open. 0 to 1000. */
  readonly halfSpreadBps: string;
  /** Largest random slippage of an execution beyond its side of the quote; drawn evenly from 0 up. */
  readonly slippageBps: string;
  /** Impact of an order as large as the session's volume; grows with the root of its share of it. */
  readonly impactBps: string;
  /** Bound of slippage and impact together: no buy fills above ask × (1 + this). At most 5000. */
  readonly maxSlippageBps: string;
  /** Largest share of a session's volume that the account trades in one symbol. 0 to 1. */
  readonly participation: string;
  /** Most executions of one order; the number is drawn evenly from 1 up. 1 to 64. */
  readonly maxSlices: number;
  /** An execution that is not late comes within this many minutes of the submission. 1 to 390. */
  readonly promptMinutes: number;
  /** Share of executions that come at any time until the close. 0 to 1. */
  readonly lateRate: string;
  /** Share of orders that are only partly filled by the close. 0 to 1. */
  readonly partialRate: string;
  /** Share of orders accepted and then rejected, as for a halted symbol. 0 to 1. */
  readonly rejectRate: string;
  /** Symbols traded in whole shares only. */
  readonly wholeShareSymbols: readonly string[];
  /** Symbols known and held, but not tradable. */
  readonly untradableSymbols: readonly string[];
  /**
   * The steps of every price. 'market', also when absent: cents from one dollar up, hundredths of a
   * cent below, so that a quote is at least one step wide. 'none': counts of 1e-9 USD, so that a half
   * spread of "0" quotes the open on both sides: a market without friction, for comparisons.
   */
  readonly priceSteps?: 'market' | 'none';
  /** How often the account may buy its equity: "1", also when absent, is a cash account; "2", "4" lend. */
  readonly multiplier?: '1' | '2' | '4';
  /**
   * What becomes of fractions that a split or a spin-off leaves: 'kept', also when absent, down to 1e-9
   * share; 'cash': the account keeps whole shares and is paid for the rest at the open, as a row of cash
   * in lieu.
   */
  readonly actionFractions?: 'kept' | 'cash';
  /**
   * Share of executions that are taken back, and of those that get another price or fewer shares, within
   * two sessions; none when absent. What the account no longer has is not taken back. Together at most 1.
   */
  readonly bustRate?: string;
  readonly executionCorrectionRate?: string;
  /** What the broker charges and pays beside trades; nothing when absent. */
  readonly charges?: ChargeSettings;
}

/** Booked at opens, to the cent. Rates are fractions: "0.05" is five percent. */
export interface ChargeSettings {
  /** Section 31, TAF and CAT fees of a session's executions at the next open: a sum a day, or a row an order. */
  readonly regulatoryFees: 'none' | 'daily' | 'by_order';
  /** A year, of 360 days, on cash above zero of each night; at the first open of the next month. 0 to 1. */
  readonly creditRate: string;
  /** As creditRate, on cash below zero. */
  readonly debitRate: string;
  /** Of each dividend, kept back in a row of its own beside it. 0 to 1. */
  readonly withholdingRate: string;
  /**
   * Share of fees and dividends that are booked wrong: half of them twice as large, half right and yet
   * by mistake. The next open reverses them and books them again. 0 to 1.
   */
  readonly correctionRate: string;
}

/** A liquid US stock or fund: two basis points to the touch, one order in five hundred rejected. */
export const DEFAULT_EXCHANGE_SETTINGS: ExchangeSettings = {
  seed: 1,
  halfSpreadBps: '2',
  slippageBps: '3',
  impactBps: '50',
  maxSlippageBps: '25',
  participation: '0.05',
  maxSlices: 4,
  promptMinutes: 5,
  lateRate: '0.1',
  partialRate: '0.02',
  rejectRate: '0.002',
  wholeShareSymbols: [],
  untradableSymbols: [],
};

/**
 * No spread, slippage, impact or steps, the whole volume, every order filled at once: what is left is
 * arithmetic. Only for comparisons; no market is like it.
 */
export const FRICTIONLESS_EXCHANGE_SETTINGS: ExchangeSettings = {
  ...DEFAULT_EXCHANGE_SETTINGS,
  halfSpreadBps: '0',
  slippageBps: '0',
  impactBps: '0',
  maxSlippageBps: '0',
  participation: '1',
  maxSlices: 1,
  promptMinutes: 1,
  lateRate: '0',
  partialRate: '0',
  rejectRate: '0',
  priceSteps: 'none',
};

/** Shares of a whole are counted in 1e-12; a basis point is 1e-4 of the whole, so 1e8 of them. */
const FRACTION_SCALE = 12;
export const WHOLE = 10n ** 12n;
const BPS_SCALE = 8;

/** Settings as exact counts of 1e-12; symbols sorted. */
export interface ExchangeRules {
  readonly seed: number;
  readonly halfSpread: bigint;
  readonly slippage: bigint;
  readonly impact: bigint;
  readonly maxSlippage: bigint;
  readonly participation: bigint;
  readonly maxSlices: number;
  readonly promptMinutes: number;
  readonly lateRate: bigint;
  readonly partialRate: bigint;
  readonly rejectRate: bigint;
  readonly wholeShare: ReadonlySet<Symbol>;
  readonly untradable: ReadonlySet<Symbol>;
  readonly priceSteps: 'market' | 'none';
  readonly multiplier: '1' | '2' | '4';
  readonly actionFractions: 'kept' | 'cash';
  readonly bustRate: bigint;
  readonly executionCorrectionRate: bigint;
  readonly charges: ChargeRules | null;
}

/** ChargeSettings as exact counts of 1e-12. */
export interface ChargeRules {
  readonly regulatoryFees: 'none' | 'daily' | 'by_order';
  readonly creditRate: bigint;
  readonly debitRate: bigint;
  readonly withholdingRate: bigint;
  readonly correctionRate: bigint;
}

const decimal = (scale: number, most: string) =>
  z.string().refine((text) => isWithin(text, scale, most), {
    error: (issue) =>
      `expected a decimal string from "0" to "${most}" with at most ${scale} decimals, found ${JSON.stringify(issue.input)}`,
  });
const symbols = z.array(
  z.string().refine((text) => asSymbol(text) !== undefined, {
    error: (issue) => `expected an upper-case symbol, found ${JSON.stringify(issue.input)}`,
  }),
);

const schema = z.strictObject({
  seed: z.int().min(0),
  halfSpreadBps: decimal(BPS_SCALE, '1000'),
  slippageBps: decimal(BPS_SCALE, '5000'),
  impactBps: decimal(BPS_SCALE, '10000'),
  maxSlippageBps: decimal(BPS_SCALE, '5000'),
  participation: decimal(FRACTION_SCALE, '1'),
  maxSlices: z.int().min(1).max(64),
  promptMinutes: z.int().min(1).max(390),
  lateRate: decimal(FRACTION_SCALE, '1'),
  partialRate: decimal(FRACTION_SCALE, '1'),
  rejectRate: decimal(FRACTION_SCALE, '1'),
  wholeShareSymbols: symbols,
  untradableSymbols: symbols,
  priceSteps: z.enum(['market', 'none']).optional(),
  multiplier: z.enum(['1', '2', '4']).optional(),
  actionFractions: z.enum(['kept', 'cash']).optional(),
  bustRate: decimal(FRACTION_SCALE, '1').optional(),
  executionCorrectionRate: decimal(FRACTION_SCALE, '1').optional(),
  charges: z
    .strictObject({
      regulatoryFees: z.enum(['none', 'daily', 'by_order']),
      creditRate: decimal(FRACTION_SCALE, '1'),
      debitRate: decimal(FRACTION_SCALE, '1'),
      withholdingRate: decimal(FRACTION_SCALE, '1'),
      correctionRate: decimal(FRACTION_SCALE, '1'),
    })
    .optional(),
});

/**
 * Checks settings and reads them as exact counts.
 *
 * @throws BookError `bad_settings`, naming every field that is wrong
 */
export function readSettings(settings: ExchangeSettings): ExchangeRules {
  const problems = settingsProblems(settings);
  if (problems.length > 0)
    throw new BookError(
      'bad_settings',
      `Exchange settings are not usable: ${problems.join('; ')}. No book was opened. Correct the setting and start again.`,
    );
  return rulesOf(settings);
}

/** What is wrong with settings, each with its place, what is expected and what was found; empty when nothing is. */
export function settingsProblems(settings: unknown): readonly string[] {
  const parsed = schema.safeParse(settings, { reportInput: true });
  if (!parsed.success) return parsed.error.issues.map(problemOf);
  const rules = rulesOf(parsed.data as ExchangeSettings); // of that shape; keys left out stay out
  const problems: string[] = [];
  if (rules.bustRate + rules.executionCorrectionRate > WHOLE)
    problems.push(
      `executionCorrectionRate: expected at most 1 together with bustRate ${parsed.data.bustRate ?? '0'}, found ${parsed.data.executionCorrectionRate ?? '0'}`,
    );
  if (rules.slippage > rules.maxSlippage)
    problems.push(
      `slippageBps: expected at most maxSlippageBps ${parsed.data.maxSlippageBps}, found ${parsed.data.slippageBps}`,
    );
  return problems;
}

function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `${[...issue.path, issue.keys[0] ?? ''].join('.')}: expected no such setting, found ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`;
  const place = issue.path.join('.') || 'the settings';
  return issue.message.startsWith('expected ')
    ? `${place}: ${issue.message}`
    : `${place}: expected ${expectedBy(issue)}, found ${JSON.stringify(issue.input) ?? 'nothing'}`;
}

/** The library's own words speak of "invalid input"; ours say what is expected. */
function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `a value of type ${issue.expected}`;
  if (issue.code === 'invalid_value')
    return issue.values.map((value) => JSON.stringify(value)).join(' or ');
  if (issue.code === 'too_small') return `at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `at most ${issue.maximum}`;
  return issue.message;
}

const rulesOf = (settings: ExchangeSettings): ExchangeRules => ({
  seed: settings.seed,
  halfSpread: count(settings.halfSpreadBps, BPS_SCALE),
  slippage: count(settings.slippageBps, BPS_SCALE),
  impact: count(settings.impactBps, BPS_SCALE),
  maxSlippage: count(settings.maxSlippageBps, BPS_SCALE),
  participation: count(settings.participation, FRACTION_SCALE),
  maxSlices: settings.maxSlices,
  promptMinutes: settings.promptMinutes,
  lateRate: count(settings.lateRate, FRACTION_SCALE),
  partialRate: count(settings.partialRate, FRACTION_SCALE),
  rejectRate: count(settings.rejectRate, FRACTION_SCALE),
  wholeShare: symbolSet(settings.wholeShareSymbols),
  untradable: symbolSet(settings.untradableSymbols),
  priceSteps: settings.priceSteps ?? 'market',
  multiplier: settings.multiplier ?? '1',
  actionFractions: settings.actionFractions ?? 'kept',
  bustRate: count(settings.bustRate ?? '0', FRACTION_SCALE),
  executionCorrectionRate: count(settings.executionCorrectionRate ?? '0', FRACTION_SCALE),
  charges: settings.charges === undefined ? null : readCharges(settings.charges),
});

const readCharges = (charges: ChargeSettings): ChargeRules => ({
  regulatoryFees: charges.regulatoryFees,
  creditRate: count(charges.creditRate, FRACTION_SCALE),
  debitRate: count(charges.debitRate, FRACTION_SCALE),
  withholdingRate: count(charges.withholdingRate, FRACTION_SCALE),
  correctionRate: count(charges.correctionRate, FRACTION_SCALE),
});

/** Settings in one spelling ("2" for "2.00", symbols sorted): what a book is compared by. */
export function canonicalSettings(rules: ExchangeRules): { readonly [key: string]: string } {
  return {
    seed: String(rules.seed),
    halfSpread: String(rules.halfSpread),
    slippage: String(rules.slippage),
    impact: String(rules.impact),
    maxSlippage: String(rules.maxSlippage),
    participation: String(rules.participation),
    maxSlices: String(rules.maxSlices),
    promptMinutes: String(rules.promptMinutes),
    lateRate: String(rules.lateRate),
    partialRate: String(rules.partialRate),
    rejectRate: String(rules.rejectRate),
    wholeShareSymbols: [...rules.wholeShare].sort(compareText).join(','),
    untradableSymbols: [...rules.untradable].sort(compareText).join(','),
    // Books from before there was a choice have the market's steps and do not say so.
    ...(rules.priceSteps === 'none' ? { priceSteps: 'none' } : {}),
    ...(rules.multiplier === '1' ? {} : { multiplier: rules.multiplier }),
    ...(rules.actionFractions === 'kept' ? {} : { actionFractions: rules.actionFractions }),
    ...(rules.bustRate === 0n ? {} : { bustRate: String(rules.bustRate) }),
    ...(rules.executionCorrectionRate === 0n
      ? {}
      : { executionCorrectionRate: String(rules.executionCorrectionRate) }),
    ...(rules.charges === null ? {} : canonicalCharges(rules.charges)),
  };
}

const canonicalCharges = (charges: ChargeRules): { readonly [key: string]: string } =>
  Object.fromEntries(Object.entries(charges).map(([name, value]) => [name, String(value)]));

function symbolSet(texts: readonly string[]): ReadonlySet<Symbol> {
  return new Set(texts.map(asSymbol).filter((symbol) => symbol !== undefined));
}

function isWithin(text: string, scale: number, most: string): boolean {
  const value = parseDecimal(text, scale);
  const bound = parseDecimal(most, scale);
  return value !== undefined && bound !== undefined && value >= 0n && value <= bound;
}

function count(text: string, scale: number): bigint {
  const value = parseDecimal(text, scale);
  invariant(value !== undefined, () => `Expected a decimal that was checked, found "${text}".`);
  return value;
}
