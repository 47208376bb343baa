// Stage: tests. What a person sees of a cycle beside its trades.
// Invariant: every kind has its line.
import { expect, it } from 'vitest';
import type { Symbol } from '../../domain/market.ts';
import type { PlanDecision } from '../../domain/plan.ts';
import { HOUSE, type SleeveId } from '../../domain/sleeve.ts';
import { session } from '../../domain/time.ts';
import { parseMoney } from '../../domain/units/units.ts';
import { attentionJson, attentionLines } from './attention.ts';

const A = 'a' as SleeveId; // well-formed

const decided = (over: Partial<PlanDecision>): PlanDecision => ({
  cycle: session('2024-03-15'),
  sequence: 1,
  trigger: 'open',
  navs: [],
  crosses: [],
  parents: [],
  cancels: [],
  deferred: [],
  outcomes: [],
  breaks: [],
  overdrafts: [],
  warnings: [],
  capital: { dues: [], transfers: [], closed: [] },
  ...over,
});

const brokenBy = (difference: string) => ({
  kind: 'position' as const,
  symbol: 'AAPL' as Symbol, // well-formed
  ledger: '10',
  broker: '13',
  difference,
  cause: 'manual trade',
});

const decisions = [
  decided({ breaks: [brokenBy('3')] }),
  decided({
    trigger: 'close',
    breaks: [brokenBy('3')],
    overdrafts: [{ sleeve: A, cash: parseMoney('-1000') }],
    warnings: [
      { reason: 'margin_initial', arithmetic: { limit: '0.6', observed: '0.65', factor: null } },
    ],
    capital: {
      dues: [],
      transfers: [{ due: 't1', from: A, to: HOUSE, amount: parseMoney('12.5') }],
      closed: [A],
    },
  }),
];

it('shows each break once, and every debt, warning and movement', () => {
  expect(attentionLines({ decisions })).toEqual([
    '  break AAPL: ledger 10, broker 13 (3); manual trade',
    '  overdraft a: -1,000.00 USD; it buys nothing until repaid',
    '  warning: initial margin ÷ equity 0.65, worth a warning from 0.6',
    '  moved 12.50 USD from a to house (t1)',
    '  closed: a owns nothing any more',
    '',
  ]);
  expect(attentionJson({ decisions }).breaks).toHaveLength(1);
});

it('shows nothing where there is nothing', () => {
  expect(attentionLines({ decisions: [decided({})] })).toEqual([]);
});
