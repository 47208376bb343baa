// Stage: none; every limit just within its bound, at it and one unit beyond, and that none was forgotten.
// Invariant: a new reason in the code fails here until it has a bound, or is said to be none.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { OF_MONEY, OF_TIME } from './bounds/money.ts';
import { OF_ORDERS } from './bounds/orders.ts';
import { OF_QUOTES } from './bounds/quotes.ts';
import { SWITCHED, UNSIZED } from './bounds/switches.ts';
import { journal } from './journal.ts';
import { words } from './words.ts';

const MEASURED = [...OF_ORDERS, ...OF_QUOTES, ...OF_MONEY, ...OF_TIME];

describe.each(MEASURED)('$reason: $of', ({ text, cases: [within, at, beyond] }) => {
  it.each([
    ['just within', within],
    ['at', at],
    ['one unit beyond', beyond],
  ])('%s its bound', (_, [bound, then]) => {
    journal(text(bound, then));
  });
});

describe.each(SWITCHED)('$reason', ({ text, goes, off, on, outcome }) => {
  it('stops what goes without it', () => {
    journal(text(off, goes));
    journal(text(on, outcome));
  });
});

/** What becomes of an intent without any limit: by us, the broker, a person, the session's end, a walk. */
const FATES = words(`internal_cross net_order filled sells_first awaiting_proceeds order_working
  fraction_to_house already_there not_due paused failed_strategy
  broker_rejected broker_refused not_sent canceled canceled_by_hand session_closed
  walk_over no_quote beyond_bound auction_closed breaker amended`);

/** Words in quotes that are written like a reason and are none: kinds and statuses. */
const WORDS = ['rounded_away', 'partially_filled', 'pending_new'];

describe('the reasons in the code', () => {
  const folder = new URL('../../src/domain/', import.meta.url);
  const files = ['limits/', 'decision/']
    .flatMap((place) => readdirSync(new URL(place, folder)).map((name) => place + name))
    .filter((name) => !name.endsWith('.test.ts'))
    .concat('quote.ts', 'intent.ts', 'netting.ts');
  const sources = files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  const written = (pattern: RegExp): Set<string> =>
    new Set([...sources.matchAll(pattern)].map(([, word = '']) => word));
  const all = written(/'([a-z]+(?:_[a-z]+)*)'/g);
  // A reason of one word stands where reasons stand.
  const short = written(/(?:reason:|\b(?:why|deny|denied|asHeld)\()\s*'([a-z]+)'/g);
  const found = new Set([...all].filter((word) => word.includes('_') || short.has(word)));
  const bounds: readonly string[] = [...MEASURED, ...SWITCHED].map(({ reason }) => reason);

  it('each have a bound here, or are said to be none', () => {
    const told = new Set([...bounds, ...UNSIZED, ...FATES]);
    const forgotten = [...found].filter((word) => !told.has(word) && !WORDS.includes(word));
    deepEqual(forgotten, [], 'these words of the code have no bound and are not said to be none');
  });

  it('are all still there', () => {
    const gone = [...bounds, ...UNSIZED, ...FATES].filter((reason) => !all.has(reason));
    deepEqual(gone, [], 'these reasons are in no code any more');
    equal(new Set(FATES).size, FATES.length);
    ok(FATES.every((reason) => !bounds.includes(reason)));
  });
});
