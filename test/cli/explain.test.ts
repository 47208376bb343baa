// Stage: tests. What explain says, against the broker's records and the journal's postings.
// Invariant: every order, fill, slice, cross and outcome of a cycle is told, with its exact figures.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal } from '../../src/domain/units/decimal.ts';
import { format, notional, parsePrice, parseQuantity } from '../../src/domain/units/units.ts';
import { assay } from './program.ts';
import { emptyBench, SETTINGS, tradedBench, type Bench } from './workbench.ts';

type Figures = Readonly<Record<string, string>>;

interface Explained {
  readonly symbol: string;
  readonly wants: readonly { sleeve: string; weight: string | null }[];
  readonly crosses: readonly (Figures & { legs: readonly Figures[] })[];
  readonly orders: readonly (Figures & { demands: readonly Figures[] })[];
  readonly leftovers: readonly Figures[];
  readonly fills: readonly (Figures & { slices: readonly Figures[] })[];
  readonly outcomes: readonly (Figures & { parts: readonly Figures[] })[];
}

let bench: Bench;
let orders: readonly Figures[];
let fills: readonly Figures[];
/** What explain says of every traded cycle. */
let everything: readonly (Explained & { readonly day: string })[];
beforeAll(async () => {
  bench = await tradedBench();
  orders = recordsOf('orders');
  fills = recordsOf('fills');
  everything = await explainAll();
});
afterAll(() => bench.remove());

const recordsOf = (name: string): readonly Figures[] =>
  readFileSync(join(bench.evidence, `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Figures);

async function explain(...what: readonly string[]): Promise<string> {
  const { code, out, err } = await assay('explain', ...what, '--home', bench.home);
  expect([code, err]).toEqual([0, '']);
  return out;
}

const explained = async (...what: readonly string[]): Promise<readonly Explained[]> =>
  (JSON.parse(await explain(...what, '--json')) as { symbols: readonly Explained[] }).symbols;

/** The journal's own postings of every fill. A reader of the file would lock explain out: it is closed again. */
function postedSlices(): ReadonlyMap<string, readonly Figures[]> {
  const db = new DatabaseSync(join(bench.home, 'journal.sqlite'), { readOnly: true });
  const rows = db
    .prepare(
      "SELECT event, sleeve, quantity, cash FROM postings WHERE event LIKE 'fill/%' ORDER BY event, line",
    )
    .all() as Figures[]; // a STRICT table of text
  db.close();
  const slices = new Map<string, Figures[]>();
  for (const { event = '', ...slice } of rows)
    slices.set(event, [...(slices.get(event) ?? []), slice]);
  return slices;
}

/** Sum of decimals, exact. */
const sum = (of: readonly Figures[], key: string): string =>
  formatDecimal(
    of.reduce((total, each) => total + (parseDecimal(each[key] ?? '', 9) ?? 0n), 0n),
    9,
  );

/** What a fill is worth, rounded once to 1e-9 USD. */
const worth = ({ price = '', lastQty = '' }: Figures): Figures => ({
  cash: format(notional(parsePrice(price), parseQuantity(lastQty))),
});

const days = (): string[] => [...new Set(orders.map((order) => day(order)))].sort();
const day = (order: Figures | undefined): string => order?.['submitted_at']?.slice(0, 10) ?? '';

async function explainAll(): Promise<readonly (Explained & { day: string })[]> {
  const all: (Explained & { day: string })[] = [];
  for (const each of days())
    for (const symbol of await explained(each)) all.push({ ...symbol, day: each });
  return all;
}

describe('explain of every cycle', () => {
  it('tells every order and every fill that the broker has, and no others', async () => {
    const all = everything;
    const told = all.flatMap((each) => each.orders.map((order) => order['clientOrderId']));
    expect(told.length).toBe(orders.length);
    expect(new Set(told)).toEqual(new Set(orders.map((order) => order['client_order_id'])));
    const filled = all.flatMap((each) =>
      each.fills.map(({ id, lastQty, price }) => [id, lastQty, price].join(' ')),
    );
    expect(filled.length).toBe(fills.length);
    expect(new Set(filled)).toEqual(
      new Set(fills.map(({ id, qty, price }) => [id, qty, price].join(' '))),
    );
    expect(fills.length).toBeGreaterThan(50);
  });

  it('divides every fill into the slices that were posted, which sum to what the order filled', async () => {
    const posted = postedSlices();
    let divided = 0;
    for (const { fills: executions, orders: sent, leftovers } of everything) {
      for (const fill of executions)
        expect(fill.slices).toEqual(posted.get(`fill/${fill['id'] ?? ''}`));
      const slices = [...executions.flatMap((fill) => fill.slices), ...leftovers];
      expect(sum(slices, 'quantity').replace('-', '')).toBe(sum(executions, 'lastQty'));
      expect(sum(slices, 'cash').replace('-', '')).toBe(sum(executions.map(worth), 'cash'));
      for (const order of sent) {
        expect(sum(order.demands, 'quantity')).toBe(order['quantity']);
        const contributors = order.demands.map((demand) => demand['sleeve']);
        for (const slice of slices) expect(contributors).toContain(slice['sleeve']);
        if (contributors.length > 1) divided += executions.length;
      }
      // A unit of 1e-9 share is left over by each contributor of an order at the most.
      for (const { quantity = '' } of leftovers) expect(quantity).toMatch(/^-?0(?:\.00000000\d)?$/);
    }
    expect(divided).toBeGreaterThan(3);
  });

  it('tells crosses that move shares and cash without losing any', async () => {
    const crosses = everything.flatMap((each) => each.crosses);
    expect(crosses.length).toBeGreaterThan(3);
    for (const { legs } of crosses) {
      expect([sum(legs, 'quantity'), sum(legs, 'cash')]).toEqual(['0', '0']);
      expect(legs.length).toBeGreaterThan(1);
    }
  });

  it('gives every intent outcomes that sum to it, each with its reason', async () => {
    let parts = 0;
    for (const { outcomes, wants } of everything) {
      for (const outcome of outcomes) {
        expect(sum(outcome.parts, 'quantity')).toBe(outcome['intended']);
        for (const part of outcome.parts) expect(part['reason']).not.toBe('');
        expect(wants.map(({ sleeve }) => sleeve)).toContain(outcome['sleeve']);
        parts += outcome.parts.length;
      }
    }
    expect(parts).toBeGreaterThan(100);
  });
});

describe('explain of one symbol', () => {
  it('says in words what its records say in figures', async () => {
    const all = everything;
    const found = all.find((each) => each.crosses.length > 0 && each.fills.length > 1);
    if (found === undefined) throw new Error('No cycle of the bench crosses and fills one symbol.');
    const text = await explain(found.symbol, '--on', found.day);
    const plain = text.replaceAll(',', '');
    expect(text).toContain(`${found.symbol} in the cycle of ${found.day}`);
    for (const { quantity = '', price = '', legs } of found.crosses) {
      expect(plain).toContain(`Crossed inside the account: ${quantity} shares at ${price} (bid `);
      for (const { sleeve = '', quantity: moved = '' } of legs)
        expect(plain).toMatch(new RegExp(`^ {4}${sleeve} +\\+?${moved} shares `, 'm'));
    }
    for (const order of found.orders) {
      expect(plain).toContain(
        `Sent: ${order['side'] ?? ''} ${order['quantity'] ?? ''} ${found.symbol} for `,
      );
      expect(text).toContain(order['clientOrderId'] ?? '-');
    }
    for (const fill of found.fills) {
      expect(plain).toContain(`${fill['lastQty'] ?? ''} at ${fill['price'] ?? ''}`);
      for (const { sleeve = '', quantity = '', cash = '' } of fill.slices)
        expect(plain).toMatch(new RegExp(`^ {6}${sleeve} +${quantity} shares +${cash} USD$`, 'm'));
    }
    for (const { sleeve = '', parts } of found.outcomes) {
      expect(text).toMatch(new RegExp(`^  ${sleeve} `, 'm'));
      for (const { kind = '', reason = '' } of parts) expect(text).toContain(`${kind}/${reason}`);
    }
    expect(text).toMatch(
      /Why swing \(Swing, as of 2024-\d\d-\d\d\) wanted \w+ 100\.0 %\n {4}filter rsi\(3\) top 1 → /,
    );
  });

  it('says why something was not done, with its arithmetic', async () => {
    const found = everything.find((each) =>
      each.outcomes.some(({ parts }) => parts.some(({ kind }) => kind === 'suppressed')),
    );
    if (found === undefined) throw new Error('No cycle of the bench suppresses a trade.');
    const text = await explain(found.symbol, '--on', found.day);
    expect(text.replace(/\s+/g, ' ')).toMatch(
      /suppressed\/micro_trade net [\d.]+ USD below [\d.]+ USD/,
    );
  });

  it('is found by symbol, date, client order id and broker order id alike', async () => {
    const order = orders.find(({ filled_qty: filled }) => filled !== '0');
    const { symbol = '', client_order_id: clientOrderId = '', id = '' } = order ?? {};
    const text = await explain(symbol, '--on', day(order));
    expect(await explain(clientOrderId)).toBe(text);
    expect(await explain(id)).toBe(text);
    expect(await explain(day(order))).toContain(text);
  });

  it('without a date is of the last cycle', async () => {
    expect(await explain('SPY')).toBe(await explain('SPY', '--on', '2024-04-19'));
  });
});

/** Commands that an answer names, run as they stand: one of each kind, and the last. */
async function followed(text: string): Promise<number> {
  const commands = [...text.matchAll(/^ {4}npx assay ((?:explain|why-not) .+)$/gm)].map(
    ([, command = '']) => command.split(' '),
  );
  const kinds = new Map(
    commands.map((argv) => [
      (argv[1] ?? '').replaceAll(/[^:/A-Z]|AY1.*/g, '') + String(argv[0]),
      argv,
    ]),
  );
  for (const argv of kinds.values()) {
    const { code, err } = await assay(...argv);
    expect([argv, code, err]).toEqual([argv, 0, '']);
  }
  return commands.length;
}

describe('explain of', () => {
  it('a sleeve says why, what became of it, and everything that was posted to it', async () => {
    const text = await explain('swing', '--on', '2024-03-20');
    expect(text).toMatch(
      /^swing in the cycle of 2024-03-20\n\n {2}\w+ \([\d.]+\) had the highest 3-day RSI of 3: the sleeve went to \w+\.$/m,
    );
    const json = JSON.parse(await explain('swing', '--on', '2024-03-20', '--json')) as {
      postings: readonly Figures[];
    };
    const db = new DatabaseSync(join(bench.home, 'journal.sqlite'), { readOnly: true });
    const rows = db
      .prepare(
        "SELECT event, line, quantity, cash FROM postings WHERE sleeve = 'swing' AND cycle = '2024-03-20'",
      )
      .all() as Figures[]; // a STRICT table of text
    db.close();
    expect(
      json.postings.map(({ id, quantity, cash }) => [id, quantity, cash].join(' ')).sort(),
    ).toEqual(
      rows
        .map(
          ({ event, line, quantity, cash }) =>
            `${event ?? ''}:${line ?? ''} ${quantity ?? ''} ${cash ?? ''}`,
        )
        .sort(),
    );
    expect(rows.length).toBeGreaterThan(1);
    expect(await explain('house')).toContain('It gave no signal.');
    expect(await followed(text)).toBeGreaterThan(2);
  });

  it('a fill names its order, its price against the arrival, and who got what', async () => {
    const shared = everything.flatMap((each) => each.fills).find((fill) => fill.slices.length > 1);
    const id = shared?.['id'] ?? expect.fail('no fill of the bench is shared');
    const text = await explain(id);
    const plain = text.replaceAll(',', '');
    expect(plain).toContain(`${shared?.['lastQty'] ?? ''} `);
    for (const { sleeve = '', quantity = '' } of shared?.slices ?? [])
      expect(plain).toMatch(new RegExp(`^ {2}\\d{4} +${sleeve} .* \\+?${quantity} `, 'm'));
    expect(text).toMatch(/^ {2}arrival mid [\d.]+: [\d.]+ USD a share (?:worse|better|off)$/m);
    const order = (JSON.parse(await explain(id, '--json')) as { event: Figures }).event;
    expect(text).toContain(`order ${order['clientOrderId'] ?? '-'}`);
    expect(await followed(text)).toBeGreaterThan(3);
  });

  it('a posting shows an entry that sums to zero, an event what it follows from and what follows', async () => {
    const [fill] = fills;
    const event = `fill/${fill?.['id'] ?? ''}`;
    const posting = await explain(`${event}:0000`);
    const amounts = [...posting.matchAll(/^ {2}(?:asset|income|equity) .* {2}(-?[\d,.]+)$/gm)];
    expect(amounts.length).toBeGreaterThan(1);
    expect(
      sum(
        amounts.map(([, amount = '']) => ({ amount: amount.replaceAll(',', '') })),
        'amount',
      ),
    ).toBe('0');
    const text = await explain(event);
    expect(text).toMatch(/^ {2}follows from 2024-03-01\/submitted\/AY1-/m);
    expect(text).toMatch(/^ {2}\w+ then had [\d,.]+ USD$/m);
    expect((await followed(posting)) + (await followed(text))).toBeGreaterThan(4);
    const json = JSON.parse(await explain('2024-03-01/plan/1', '--json')) as {
      causes: readonly { id: string }[];
      effects: readonly string[];
    };
    expect(json.causes.map(({ id }) => id)).toEqual([
      '2024-03-01/point/1',
      '2024-03-01/opened',
      'genesis',
    ]);
    expect(json.effects).toContain('2024-03-01/point/2');
  });

  it('a cycle, a symbol and why-not name only what can be asked for', async () => {
    expect(await followed(await explain('2024-03-04'))).toBeGreaterThan(5);
    expect(await followed(await explain('SPY', '--on', '2024-04-19'))).toBeGreaterThan(1);
    const { out } = await assay(
      'why-not',
      'SPY',
      '--sleeve',
      'swing',
      '--on',
      '2024-03-04',
      '--home',
      bench.home,
    );
    expect(await followed(out)).toBeGreaterThan(0);
  });
});

describe('explain of a fill that the broker took back or corrected', () => {
  it('names the amendment, whose own page says what changed and what it posted', async () => {
    const own = emptyBench();
    try {
      const exchange = { ...SETTINGS.exchange, bustRate: '0.3', executionCorrectionRate: '0.3' };
      const config = own.configure({ exchange });
      const at = ['--home', own.home];
      const range = ['--from', '2024-03-01', '--to', '2024-03-08'];
      expect((await assay('simulate', '--config', config, ...at, ...range)).code).toBe(0);
      const to = own.file('evidence');
      await assay('export', '--config', config, ...at, '--to', to);
      const amended = readFileSync(join(to, 'fills.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, string>)
        .filter((line) => line['previous_id'] !== undefined);
      expect(amended.length).toBeGreaterThan(1);
      const [first] = amended;
      const fill = await assay('explain', first?.['previous_id'] ?? '', ...at);
      expect(fill.out).toContain('The broker took it back or corrected it since');
      const [, id = ''] = /npx assay explain (amendment\/\S+)/.exec(fill.out) ?? [];
      const { code, out } = await assay('explain', id, ...at);
      expect(code).toBe(0);
      expect(out).toMatch(/^ {2}(?:bust|correction) of (?:buy|sell) [\d.,]+ \w+ at [\d.]+/m);
      expect(out).toMatch(/ {2}(?:bust|correction) /);
    } finally {
      own.remove();
    }
  });
});
