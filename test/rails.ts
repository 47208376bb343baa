// Stage: tests. Guard rails and pace for accounts that test something else.
// Invariant: off, all of them; quotes may be five minutes old.
import type { Pace } from '../src/domain/pace.ts';
import type { Rails, SymbolRails } from '../src/domain/limits/settings.ts';

export const NO_SYMBOL_RAILS: SymbolRails = {
  maxOrderNotional: null,
  maxVolumeShare: null,
  collar: null,
  maxSpread: null,
};

export const NO_RAILS: Rails = {
  maxQuoteAgeSeconds: 300,
  maxDailyTurnover: null,
  maxOrders: null,
  allow: null,
  deny: [],
  frozen: [],
  everySymbol: NO_SYMBOL_RAILS,
  symbols: [],
  sleeves: [],
};

export const PACE: Pace = { stepMinutes: 30, cycleMinutes: 120, revisions: 3 };
