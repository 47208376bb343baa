// Stage: tests. What the README's commands leave behind in the repository.
// Invariant: whoever followed it finds a clean `git status`.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = dirname(import.meta.dirname);
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

it('folders and pages that the README has written are ignored by git', () => {
  const written = read('README.md').matchAll(/ (?:--home|--html|export .*--to) ([a-z][\w.-]*)/g);
  const bars = read('README.md').matchAll(/folder: '([a-z][\w-]*)'/g);
  const places = [
    ...[...written].map(([, place]) => `/${place ?? ''}`),
    // A market's folder is relative to the configuration.
    ...[...bars].map(([, place]) => `/examples/${place ?? ''}`),
  ];
  const ignored = read('.gitignore').split('\n');
  expect(new Set(places).size).toBeGreaterThan(4);
  expect([...new Set(places)].filter((place) => !ignored.includes(place))).toEqual([]);
});
