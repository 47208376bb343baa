// Stage: tests. What `assay verify` says of an account that is not proved.
// Invariant: an interrupted cycle is told from damage, and nobody is sent to a copy for it.
import { expect, it } from 'vitest';
import { proofLines } from '../../src/apps/cli/commands/verify.ts';
import { session } from '../../src/domain/time.ts';

const unproved = {
  cycles: 4,
  events: 90,
  ledger: 'aa',
  reconstruction: 'aa',
  mismatches: [{ record: 'order o1', expected: 'a decision point that knew of it', found: 'none' }],
  tables: [],
  breaks: [],
  equal: false,
  roots: [],
};

it('names the cycle that was interrupted and what takes it up', () => {
  expect(proofLines({ ...unproved, open: session('2020-01-08') })).toEqual([
    'NOT PROVED YET: cycle 2020-01-08 was interrupted after 4 whole cycles, 90 events',
    '  ledger = reconstruction   aa',
    '  order o1: expected a decision point that knew of it, found none',
    'Nothing was changed. `assay run` takes the cycle up, and takes in what the broker did meanwhile; verify again after it.',
  ]);
});

it('calls the same between two cycles a difference', () => {
  const lines = proofLines({ ...unproved, open: null });
  expect(lines[0]).toBe('NOT EQUAL after 4 cycles, 90 events');
  expect(lines.at(-1)).toContain('restore what differs from it from a copy');
});
