// Stage: tests. A served exchange that is ended and started again, and its events with a cursor.
// Invariant: after a restart everything is said as before, byte for byte.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, KEYS, served, venueSettings, wait } from '../../../../test/exchange/served.ts';
import { Desk } from './desk.ts';

const base = { symbol: 'AAA', qty: '10', side: 'buy', type: 'market', time_in_force: 'day' };

function folder(): string {
  const home = mkdtempSync(join(tmpdir(), 'assay-served-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

describe('a home', () => {
  it('goes on where it stopped, refusals and chances included', async () => {
    const home = folder();
    const options = {
      settings: venueSettings({ partialPerMille: 400n, activityFile: join(home, 'activities') }),
      commandFile: join(home, 'commands'),
    };
    const first = await served(options.settings, options);
    for (let count = 0; count < 10; count += 1) {
      await ask(first, 'POST', '/v2/orders', { body: { ...base, symbol: 'WILD' } });
      await ask(first, 'POST', '/v2/orders', { body: { ...base, qty: '1000000' } });
      wait(first, 7);
    }
    const paths = ['/v2/orders?status=all', '/v2/account', '/v2/positions', '/v2/clock'];
    const say = async (of: typeof first) =>
      Promise.all(
        [...paths, '/v2/account/activities'].map(async (path) => (await ask(of, 'GET', path)).text),
      );
    const before = await say(first);
    await first.close();
    const second = await served(options.settings, options);
    expect(await say(second)).toEqual(before);
    const next = await ask(second, 'POST', '/v2/orders', { body: base });
    expect(next.status).toBe(200);
  });

  it('belongs to one set of settings and one process', () => {
    const home = folder();
    const commandFile = join(home, 'commands');
    const desk = new Desk({ settings: venueSettings(), commandFile });
    const open = (seed: number) => () =>
      new Desk({ settings: venueSettings({ seed }), commandFile });
    expect(open(7)).toThrow(/in use/);
    desk.close();
    expect(open(8)).toThrow(/belong to another exchange/);
    open(7)().close();
  });
});

describe('server-sent events', () => {
  it('replay what came after an id, then say what comes', async () => {
    const exchange = await served();
    await ask(exchange, 'POST', '/v2/orders', { body: base });
    const [, second] = exchange.desk.state.ring.all();
    const response = await fetch(`${exchange.url}/v2/events/trades?since_id=${second?.id ?? ''}`, {
      headers: { 'APCA-API-KEY-ID': KEYS.keyId, 'APCA-API-SECRET-KEY': KEYS.secret },
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (count: number): Promise<string[]> => {
      for (;;) {
        const events = [...text.matchAll(/"event":"(\w+)"/g)].map(([, event]) => event ?? '');
        if (events.length >= count || reader === undefined) return events;
        text += (await reader.read()).value ?? '';
      }
    };
    expect(await until(1)).toEqual(['fill']);
    await ask(exchange, 'POST', '/v2/orders', { body: base });
    expect(await until(4)).toEqual(['fill', 'pending_new', 'new', 'fill']);
    expect(text).toContain(':heartbeat');
    await reader?.cancel();
  });
});
