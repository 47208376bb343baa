// Stage: harness. The count that gates read, and the names of what was skipped.
// Invariant: whatever did not pass is counted: a file that fails to load is a failure, not zero tests.
import type { Reporter, Vitest } from 'vitest/node';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Full names, "file > suite > test", in the order run. */
  readonly skipped: readonly string[];
}

/** Prints, after the default reporter, `N passed, N failed, N skipped` alone on the last line. */
export class CountReporter implements Reporter {
  #print: (line: string) => void = (line) => process.stdout.write(`${line}\n`);

  onInit(vitest: Vitest): void {
    // The default reporter's own stream, so that this line cannot overtake it.
    this.#print = (line) => vitest.logger.log(line);
  }

  onTestRunEnd(...[modules, unhandled]: Parameters<NonNullable<Reporter['onTestRunEnd']>>): void {
    for (const line of summarize(countTests(modules, unhandled.length))) this.#print(line);
  }
}

/** What is needed of a vitest module or suite: it may have failed itself, beside its tests. */
export interface Container {
  errors(): readonly unknown[];
  readonly children: {
    allTests(): Iterable<TestResult>;
    allSuites(): Iterable<Pick<Container, 'errors'>>;
  };
}
interface TestResult {
  readonly fullName: string;
  readonly module: { readonly relativeModuleId: string };
  result(): { readonly state: 'passed' | 'failed' | 'skipped' | 'pending' };
}

/**
 * Counts tests by outcome. A file or suite with an error of its own (it did not load, its hook threw)
 * is one failure more, so is each error outside any test; a test that never ended is a failure.
 */
export function countTests(modules: readonly Container[], unhandledErrors: number): Counts {
  let passed = 0;
  let failed = unhandledErrors;
  const skipped: string[] = [];
  for (const module of modules) {
    for (const container of [module, ...module.children.allSuites()]) {
      if (container.errors().length > 0) failed += 1;
    }
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      else if (state === 'skipped')
        skipped.push(`${test.module.relativeModuleId} > ${test.fullName}`);
      else failed += 1;
    }
  }
  return { passed, failed, skipped };
}

/** The lines printed: one for each skipped test, then the count. */
export function summarize({ passed, failed, skipped }: Counts): string[] {
  return [
    ...skipped.map((name) => `skipped: ${name}`),
    `${passed} passed, ${failed} failed, ${skipped.length} skipped`,
  ];
}
