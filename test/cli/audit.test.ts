// Stage: tests. `assay audit` on a traded account: text, Markdown, JSON, and its exit code.
// Invariant: a record that lost its chain ends it with 1 and is named.
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay } from './program.ts';
import { copyOf, tradedBench, type Bench } from './workbench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await tradedBench();
});
afterAll(() => bench.remove());

const audit = (of: Bench, ...argv: readonly string[]) =>
  assay('audit', '--config', of.config, '--home', of.home, ...argv);

describe('assay audit', () => {
  it('answers the seven questions with their evidence, in every form', async () => {
    const text = await audit(bench);
    expect([text.code, text.err]).toEqual([0, '']);
    const answers = [...text.out.matchAll(/^(\d)\. (YES|NOT YET) /gm)];
    expect(answers.map(([, number]) => number)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    const json = await audit(bench, '--json');
    const parsed = JSON.parse(json.out) as {
      answers: { number: number; answer: string; evidence: string[]; findings: unknown[] }[];
    };
    expect(parsed.answers.map(({ answer }) => answer)).toEqual(
      answers.map(([, , answer]) => answer),
    );
    expect(parsed.answers[6]?.evidence.join(' ')).toMatch(/[0-9a-f]{64}.*[0-9a-f]{64}/);
    const page = await audit(bench, '--markdown');
    expect(page.out.match(/^\| \d \|/gm)?.length).toBe(7);
  });

  it('names an allocation that is gone from the stored postings, and ends with 1', async () => {
    const copy = copyOf(bench);
    try {
      const file = new DatabaseSync(join(copy.home, 'journal.sqlite'));
      const of = "kind = 'fill' and event like 'fill/%'";
      const { changes } = file
        .prepare(
          `delete from postings where ${of} and event = (select event from postings where ${of} limit 1)`,
        )
        .run();
      file.close();
      expect(Number(changes)).toBeGreaterThan(0);
      const { code, out } = await audit(copy);
      expect(code).toBe(1);
      expect(out).toMatch(/^4\. NO /m);
      expect(out).toMatch(
        /! fills of 2024-0\d-\d\d [A-Z]+: expected \S+ shares in allocations, found/,
      );
    } finally {
      copy.remove();
    }
  });
});
