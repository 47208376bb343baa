// Stage: harness. Where the tests are and how they run.
// Invariant: a run without a test fails; the last line is the count that gates read.
import { defineConfig } from 'vitest/config';
import { CountReporter } from './test/reporter.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'examples/**/*.test.ts', 'test/**/*.test.ts'],
    // One process without isolation: a file costs milliseconds. The core keeps no state to leak.
    pool: 'threads',
    isolate: false,
    passWithNoTests: false,
    // Simulations over thousands of sessions, on a small and busy machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new CountReporter()],
  },
});
