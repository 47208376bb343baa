// Stage: tests. `assay exchange bust` and `correct`: a person tries what a bust does, at the embedded exchange and a served one.
// Invariant: the next cycle takes it in and the proof holds; a real broker is never asked.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, served } from '../exchange/served.ts';
import { assay } from './program.ts';
import { emptyBench, type Bench } from './workbench.ts';

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

    expect((await assay('run', ...at(), '--session', '2024-03-05')).code).toBe(0);
    const page = await assay('explain', first?.id ?? '', '--home', bench.home);
    expect(page.out).toContain('The broker took it back or corrected it since');
    expect(await assay('verify', ...at())).toMatchObject({ code: 0 });
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
