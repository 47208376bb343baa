// Stage: none; journals of busts and corrections: what each contributor has after them, and who is frozen.
// Invariant: the numbers are worked out by hand; what was booked before stays, and differences are posted.
import { describe, it } from 'vitest';
import { AMENDED } from './amendments.ts';
import { journal } from './journal.ts';

describe('an amended execution', () => {
  it.each(Object.entries(AMENDED))('%s', (_name, text) => {
    journal(text);
  });
});
