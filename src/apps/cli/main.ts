// Stage: app. The command line.
// Invariant: returns the exit code; never ends the process itself.
import { readFileSync } from 'node:fs';

/** @returns the exit code: 0, or 64 when the command is not known */
export function main(argv: readonly string[]): Promise<number> {
  const [command = '--version'] = argv;
  if (command !== '--version') {
    process.stderr.write(`Unknown command "${command}". Nothing was done.\n`);
    return Promise.resolve(64);
  }
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  process.stdout.write(`assay ${known ? String(manifest.version) : 'of unknown version'}\n`);
  return Promise.resolve(0);
}
