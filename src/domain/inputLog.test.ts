// Stage: tests. The chain of the input log against every change of a small log.
// Invariant: a changed, dropped, added, moved or doubled line is found, and named.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { chained, recordedRun, type Recorded } from '../../test/flows/recorded.ts';
import { CHAIN_START, chainRecord, INPUT_LOG_VERSION, readInputLog } from './inputLog.ts';
import { canonicalJson, sha256Hex, type Json } from './canonical.ts';
import { eventText } from './ledger/eventCodec.ts';
import type { InputRecord } from './ledger/events.ts';

let run: Recorded;
/** One record of each kind, well chained: small enough to change at every byte. */
let small: string[] = [];

beforeAll(async () => {
  run = await recordedRun(1, '2020-01-10');
  const kinds = new Map<string, InputRecord>();
  for (const record of run.evidence.inputs) {
    const known = kinds.get(record.kind);
    if (known === undefined || eventText(record).length < eventText(known).length)
      kinds.set(record.kind, record);
  }
  small = chained([...kinds.values()]);
});

/** The number of the line that is refused; null when none is. */
function refused(lines: readonly string[]): number | null {
  const read = readInputLog(lines.map((line) => `${line}\n`).join(''));
  return read.ok ? null : read.problem.line;
}

const problemOf = (text: string): unknown => {
  const read = readInputLog(text);
  return read.ok ? 'none' : read.problem;
};

/** The line of a record that follows `before`, its hash made right: a forger's. */
function forged(before: string | null, body: Readonly<Record<string, Json>>): string {
  const previous =
    before === null ? CHAIN_START.hash : (JSON.parse(before) as { hash: string }).hash;
  const whole = { previous, sequence: 1, version: INPUT_LOG_VERSION, ...body };
  return canonicalJson({ ...whole, hash: sha256Hex(canonicalJson(whole)) });
}

describe('the input log of a run', () => {
  it('reads back as its records, with its head', () => {
    const read = readInputLog(run.signals);
    expect(read.ok && read.records).toEqual(run.evidence.inputs);
    const last = [...run.entries].reverse().find(({ input }) => input !== null);
    expect(read.ok && read.head).toEqual(last?.input);
    expect(readInputLog(`${run.signals}\n`).ok).toBe(true);
    expect(readInputLog('')).toEqual({ ok: true, records: [], head: CHAIN_START, commits: [] });
  });

  it('holds no plan, cross, outcome or allocation', () => {
    expect(run.signals).not.toMatch(
      /"(plan_decided|fill_recorded|execution_amended|order_reported|activity_recorded|crosses|outcomes|parents|demands|legs|allocated|deferred|postings)"/,
    );
  });

  it('has a hash that anyone can compute: sha256 of the line without it', () => {
    const line = small[0] ?? '';
    const { hash, ...body } = JSON.parse(line) as { hash: string };
    expect(sha256Hex(canonicalJson(body))).toBe(hash);
    expect(line).toBe(canonicalJson({ ...body, hash }));
    const first = run.evidence.inputs[0];
    if (first === undefined) throw new Error('no record');
    expect(chainRecord(CHAIN_START, eventText(first)).line.startsWith(`{"hash":"`)).toBe(true);
  });
});

describe('a changed log', () => {
  it('is refused at its line for every byte, whatever stands there instead', () => {
    expect(small).toHaveLength(9);
    let changes = 0;
    const missed: string[] = [];
    for (const [index, line] of small.entries()) {
      for (let at = 0; at < line.length; at += 1) {
        const before = line.charCodeAt(at);
        // Two bits of each byte, and what could slip through a JSON reader: blank, minus, digit, quote.
        const instead = [before ^ (1 << (at % 7)), before ^ 1, 0x20, 0x2d, 0x30, 0x22, 0x0d];
        for (const code of new Set(instead)) {
          if (code === before || code === 0x0a) continue;
          const changed = `${line.slice(0, at)}${String.fromCharCode(code)}${line.slice(at + 1)}`;
          changes += 1;
          if (refused(small.with(index, changed)) !== index + 1)
            missed.push(`line ${index + 1} byte ${at} = ${code}`);
        }
      }
    }
    expect(missed).toEqual([]);
    expect(changes).toBeGreaterThan(10_000);
  });

  it('is refused for every line break that became something else, the last one too', () => {
    const text = small.map((line) => `${line}\n`).join('');
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      for (const instead of [' ', '\r', '\t', 'x', '', '\u2028']) {
        // Without the last line break the log is the same: nothing is lost with it.
        if (instead === '' && at === text.length - 1) continue;
        const changed = text.slice(0, at) + instead + text.slice(at + 1);
        expect(readInputLog(changed).ok, `${at} ${JSON.stringify(instead)}`).toBe(false);
      }
    }
  });

  it('is refused for a byte too many anywhere', () => {
    for (const [index, line] of small.entries()) {
      for (let at = 0; at <= line.length; at += 1) {
        for (const more of [' ', '0', '"', '\n']) {
          const changed = `${line.slice(0, at)}${more}${line.slice(at)}`;
          const found = refused(small.with(index, changed));
          expect(found, `line ${index + 1} byte ${at} and ${JSON.stringify(more)}`).toBe(
            more === '\n' && at === line.length ? index + 2 : index + 1,
          );
        }
      }
    }
  });

  it('is refused where a line is dropped, added, doubled or moved', () => {
    const whole = run.signals.split('\n');
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(whole.length - 1), (one, other) => {
        const line = whole[one] ?? '';
        // Dropped: the line that follows no longer does; the last one leaves a shorter log.
        const dropped = whole.toSpliced(one, 1);
        expect(refused(dropped)).toBe(one === whole.length - 1 ? null : one + 1);
        expect(refused(whole.toSpliced(one, 0, line))).toBe(one + 2);
        expect(refused(whole.toSpliced(one, 0, small[2] ?? ''))).toBe(one + 1);
        expect(refused(whole.toSpliced(one, 0, ''))).toBe(one + 1);
        if (one === other) return;
        const moved = whole.toSpliced(one, 1).toSpliced(other, 0, line);
        expect(refused(moved)).toBe(Math.min(one, other) + 1);
      }),
      { numRuns: 40 },
    );
  });

  it('says what it expected and what it found', () => {
    const [first = '', second = ''] = small;
    const hashOf = (line: string): string => (JSON.parse(line) as { hash: string }).hash;
    expect(problemOf(`${first}\n${first}`)).toEqual({
      line: 2,
      what: 'sequence',
      expected: '2',
      found: '1',
    });
    const other = chained([run.evidence.inputs[1] as InputRecord])[0] ?? '';
    const astray = forged(other, {
      sequence: 2,
      record: (JSON.parse(second) as { record: Json }).record,
    });
    expect(problemOf(`${first}\n${astray}`)).toEqual({
      line: 2,
      what: 'previous',
      expected: hashOf(first),
      found: `"${hashOf(other)}"`,
    });
    expect(problemOf('{"a":1')).toMatchObject({
      line: 1,
      what: 'the line',
      expected: 'one JSON object',
    });
    expect(problemOf('[1]')).toEqual({
      line: 1,
      what: 'the line',
      expected: 'one JSON object',
      found: '[1]',
    });
    expect(problemOf(`${first}\n\n${second}`)).toMatchObject({ line: 2, what: 'the line' });
    expect(problemOf(` ${first}`)).toMatchObject({
      line: 1,
      expected: 'the canonical JSON of its record',
    });
    const older = forged(null, { version: 0, record: {} });
    expect(problemOf(older)).toEqual({ line: 1, what: 'version', expected: '1', found: '0' });
    const open = forged(null, { record: {} }).replace(/"hash":"..../, '"hash":"0000');
    expect(problemOf(open)).toMatchObject({ line: 1, what: 'hash' });
  });

  it('is refused, not thrown at, for what JSON reads and nobody writes', () => {
    for (const number of ['-0', '1e999', '-1e999']) {
      const line = (small[0] ?? '').replace('"sequence":1', `"sequence":${number}`);
      expect(refused([line])).toBe(1);
      expect(refused([(small[0] ?? '').replace(/"code":\d+/, `"code":${number}`)])).toBe(1);
    }
    expect(refused([`${'['.repeat(50_000)}${']'.repeat(50_000)}`])).toBe(1);
    expect(refused([`{"record":${'['.repeat(50_000)}${']'.repeat(50_000)}}`])).toBe(1);
    expect(refused([(small[0] ?? '').replace('{', '{"hash":"0",')])).toBe(1);
    expect(refused([(small[0] ?? '').replace('{', '{"__proto__":{},')])).toBe(1);
  });
});

describe('a record that does not belong in it', () => {
  it('is refused although it is well chained: a plan, a fill, an order, an activity', () => {
    const decided = run.events.filter(
      ({ kind }) =>
        kind === 'plan_decided' || kind === 'fill_recorded' || kind === 'order_reported',
    );
    const before = run.signals.split('\n').slice(0, 5);
    for (const event of decided.slice(0, 60)) {
      const line = forged(before.at(-1) ?? null, {
        sequence: 6,
        record: JSON.parse(eventText(event)) as Json,
      });
      const read = readInputLog([...before, line].join('\n'));
      expect(read.ok ? 'taken' : read.problem).toMatchObject({ line: 6, what: 'record.kind' });
    }
    expect(new Set(decided.slice(0, 60).map(({ kind }) => kind)).size).toBe(3);
  });

  it('is refused with a key of what was decided inside a record that belongs', () => {
    const record = run.evidence.inputs.find(({ kind }) => kind === 'decision_point');
    if (record === undefined) throw new Error('no decision point');
    for (const key of [
      'crosses',
      'parents',
      'outcomes',
      'allocations',
      'constructor',
      'toString',
    ]) {
      const json = { ...(JSON.parse(eventText(record)) as Record<string, Json>), [key]: [] };
      expect(problemOf(forged(null, { record: json }))).toMatchObject({
        line: 1,
        what: `record.${key}`,
        expected: 'no such key',
      });
    }
  });

  it('is refused without a record at all', () => {
    expect(problemOf(forged(null, {}))).toMatchObject({ line: 1, what: 'record' });
    expect(problemOf(forged(null, { record: 'genesis' }))).toMatchObject({
      line: 1,
      what: 'record',
    });
  });

  it('is refused with a further key beside the record', () => {
    const record = JSON.parse(eventText(run.evidence.inputs[0] as InputRecord)) as Json;
    expect(refused([forged(null, { record })])).toBeNull();
    expect(refused([forged(null, { record, decided: true })])).toBe(1);
  });
});
