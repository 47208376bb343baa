// Stage: tests. `assay exchange bust` and `correct`: a person tries what a bust does, at the embedded exchange and a served one.
// Invariant: the next cycle takes it in and the proof holds; a real broker is never asked.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, served } from '../exchange/served.ts';
import { assay } from './program.ts';
import { emptyBench, SETTINGS, type Bench } from './workbench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = emptyBench();
  const ran = await assay('simulate', ...at(), '--from', '2024-03-01', '--to', '2024-03-04');
  expect(ran).toMatchObject({ code: 0, err: '' });
});
afterAll(() => bench.remove());

const at = (): readonly string[] => ['--config', bench.config, '--home', bench.home];

/** Executions of a cycle. */
async function fillsOf(cycle: string) {
  const { out } = await assay('explain', cycle, '--home', bench.home, '--json');
  const { symbols } = JSON.parse(out) as {
    symbols: { fills: { id: string; side: string; lastQty: string; price: string }[] }[];
  };
  return symbols.flatMap(({ fills }) => fills);
}

describe('the embedded exchange', () => {
  it('takes an execution back and corrects one; the next cycle knows both', async () => {
    const fills = [...(await fillsOf('2024-03-01')), ...(await fillsOf('2024-03-04'))];
    const [first, second] = fills.filter(({ side }) => side === 'buy');
    expect(fills.length).toBeGreaterThan(1);
    const busted = await assay('exchange', 'bust', first?.id ?? '', ...at());
    expect(busted).toMatchObject({ code: 0, err: '' });
    expect(busted.out).toContain(`bust of buy ${first?.lastQty ?? ''} `);
    const id = second?.id ?? '';
    const terms = ['--shares', second?.lastQty ?? '', '--price', '12.34'];
    const corrected = await assay('exchange', 'correct', id, ...terms, ...at(), '--json');
    expect(JSON.parse(corrected.out)).toMatchObject({ kind: 'correction', execution: id });

    // Until then they are the whole difference, of shares and of cash.
    const now = await assay('reconcile', ...at());
    expect(now.code).toBe(1);
    const causes = now.out.match(/; .*$/gm);
    expect(now.out).toMatch(/^position /m);
    expect(now.out).toMatch(/^cash: /m);
    for (const cause of causes ?? [])
      expect(cause).toMatch(/(bust|correction) \S+ of execution \S+: at the broker, and not in/);

    expect((await assay('run', ...at(), '--session', '2024-03-05')).code).toBe(0);
    expect((await assay('reconcile', ...at())).out).toContain('The ledger is the account at');
    const page = await assay('explain', first?.id ?? '', '--home', bench.home);
    expect(page.out).toContain('The broker took it back or corrected it since');
    expect(await assay('verify', ...at())).toMatchObject({ code: 0, err: '' });
    const twice = await assay('exchange', 'bust', first?.id ?? '', ...at());
    expect([twice.code, twice.err]).toEqual([2, expect.stringContaining('no execution')]);
  });

  it.each([
    [['correct', 'x'], /--shares is missing/],
    [['correct', 'x', '--shares', '-1', '--price', '1'], /--shares: expected a decimal above 0/],
    [['correct', 'x', '--shares', '1', '--price', 'one'], /--price: expected a decimal above 0/],
    [['bust', 'nothing'], /no execution nothing stands\. Nothing was changed/],
  ])('refuses %j with the reason', async (argv, reason) => {
    const { code, out, err } = await assay('exchange', ...argv, ...at());
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(reason);
  });
});

describe('a sleeve that a correction leaves short', () => {
  it('is explained by the amendment that did it, which can be asked for by its id', async () => {
    const own = emptyBench();
    const shares: Readonly<Record<string, string>> = { swing: '0.1', turn: '0.1', keep: '0.8' };
    const sleeves = SETTINGS.sleeves.map((sleeve) => ({ ...sleeve, share: shares[sleeve.id] }));
    const place = ['--config', own.configure({ sleeves }), '--home', own.home];
    const swing = (symbol: string): string =>
      own.write(
        'swing.clj',
        `(defsymphony "S" {:rebalance-frequency :daily} (asset "${symbol}" ""))`,
      );
    // `swing` buys SPY together with `keep`, and has sold it when their order is corrected.
    swing('SPY');
    expect((await assay('run', ...place, '--session', '2024-03-01')).code).toBe(0);
    const { out: page } = await assay('explain', 'SPY', '--home', own.home, '--json');
    const [bought] = (
      JSON.parse(page) as { symbols: { fills: { id: string; price: string }[] }[] }
    ).symbols.flatMap(({ fills }) => fills);
    swing('GLD');
    expect((await assay('run', ...place)).code).toBe(0);
    const terms = ['--shares', '1', '--price', bought?.price ?? ''];
    const corrected = await assay('exchange', 'correct', bought?.id ?? '', ...terms, ...place);
    expect(corrected).toMatchObject({ code: 0, err: '' });
    const run = await assay('run', ...place);
    expect(run.code).toBe(1);
    const lines = run.out.split('\n');
    const why = lines.filter((line) => line.includes('denied/sleeve_frozen'));
    expect(why.length).toBeGreaterThan(0);
    // What froze it is said once, below, and every row of the table is one line.
    const [mark = ''] = /\(\d\)$/.exec(why[0] ?? '') ?? [];
    expect(why.every((line) => line.endsWith(mark))).toBe(true);
    expect(lines.filter((line) => line.startsWith(`  ${mark} SPY is -`))).toHaveLength(1);
    expect(why.filter((line) => line.length > 100)).toEqual([]);
    const { breaks } = JSON.parse((await assay('breaks', ...place, '--json')).out) as {
      breaks: { id: string; kind: string; symbol: string }[];
    };
    const found = breaks.find(({ kind }) => kind === 'sleeve_short');
    expect(found).toBeDefined();
    const { out } = await assay('explain', found?.id ?? '', '--home', own.home);
    const caused = [
      ...out.matchAll(
        /^ {2}by the correction of buy [\d.]+ (\w+) at [\d.]+ to 1 at [\d.]+: (\S+)$/gm,
      ),
    ];
    expect(caused.length).toBeGreaterThan(0);
    for (const [, symbol, amendment = ''] of caused) {
      expect(symbol).toBe(found?.symbol);
      expect(out).toContain(`npx assay explain ${amendment} --home ${own.home}`);
      const of = await assay('explain', amendment, '--home', own.home);
      expect(of).toMatchObject({ code: 0, err: '' });
      expect(of.out).toContain('execution amended');
      // By the broker's own id, too.
      const bare = await assay('explain', amendment.replace('amendment/', ''), '--home', own.home);
      expect(bare.out).toBe(of.out);
    }
    const json: unknown = JSON.parse(
      (await assay('explain', found?.id ?? '', '--home', own.home, '--json')).out,
    );
    expect(json).toMatchObject({ amendments: caused.map(([, , id]) => id) });
    own.remove();
  });
});

describe('an exchange that is served', () => {
  it('is asked over its control routes, and its refusal is told', async () => {
    const exchange = await served({});
    const order = { symbol: 'AAA', qty: '10', side: 'buy', type: 'market', time_in_force: 'day' };
    await ask(exchange, 'POST', '/v2/orders', { body: order });
    const rows = await ask(exchange, 'GET', '/v2/account/activities/FILL');
    const [row] = rows.body as { id: string }[];
    const config = bench.configure({
      broker: { kind: 'alpaca', environment: 'paper', feed: 'iex', baseUrl: exchange.url },
    });
    const argv = [row?.id ?? '', '--config', config, '--home', bench.home];
    const corrected = await assay('exchange', 'correct', ...argv, '--shares', '9', '--price', '10');
    expect(corrected).toMatchObject({ code: 0, err: '' });
    expect((await ask(exchange, 'GET', '/v2/positions')).body).toMatchObject([{ qty: '9' }]);
    const again = await assay('exchange', 'bust', ...argv);
    expect([again.code, again.err]).toEqual([2, expect.stringMatching(/answered 422: .*stands/)]);
    await exchange.close();
    const gone = await assay('exchange', 'bust', ...argv);
    expect([gone.code, gone.err]).toEqual([2, expect.stringContaining('assay exchange serve')]);
  });

  it('is not Alpaca itself', async () => {
    const broker = { kind: 'alpaca', environment: 'paper', feed: 'iex' };
    const argv = [
      '--config',
      bench.configure({ broker, market: { kind: 'alpaca', folder: 'bars' } }),
      '--home',
      bench.home,
    ];
    const { code, err } = await assay('exchange', 'bust', 'x', ...argv);
    expect([code, err]).toEqual([2, expect.stringContaining('the account is at Alpaca')]);
  });
});
