// Stage: apps. Reads an assay.config.ts and the strategies it names.
// Invariant: nothing is opened before the whole configuration was checked.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkConfig, type AssayConfig } from '../../config/config.ts';
import { asSleeveId, type SleeveId } from '../../domain/sleeve.ts';
import type { Strategy } from '../../strategy/strategy.ts';
import { loadSymphony } from '../../symphony/loadSymphony.ts';
import { UsageError } from './usage.ts';

export interface LoadedConfig {
  readonly file: string;
  readonly config: AssayConfig;
  /** In the order of the configuration. */
  readonly strategies: ReadonlyMap<SleeveId, Strategy>;
}

/** @throws UsageError naming every problem found */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new UsageError(
      `No configuration at ${path}: expected a file like examples/assay.config.ts. Nothing was read. Name one with --config.`,
    );
  }
  const checked = checkConfig(
    await importDefault(file, 'a configuration: `export default defineConfig({ … })`'),
  );
  if (!checked.ok) {
    throw new UsageError(
      [
        `The configuration ${path} cannot be used (${checked.problems.length} problems); nothing was started:`,
        ...checked.problems.map((problem) => `  ${problem}`),
      ].join('\n'),
    );
  }
  const strategies = new Map<SleeveId, Strategy>();
  for (const sleeve of checked.config.sleeves) {
    const id = asSleeveId(sleeve.id);
    if (id === undefined) throw new UsageError(`"${sleeve.id}" is not a sleeve id.`);
    strategies.set(id, await loadStrategy(resolve(dirname(file), sleeve.strategy), sleeve.id));
  }
  return { file, config: checked.config, strategies };
}

/** Loads a .clj symphony or a .ts strategy. @throws UsageError naming the place of every error */
export async function loadStrategy(file: string, sleeve: string): Promise<Strategy> {
  if (!existsSync(file)) {
    throw new UsageError(
      `The strategy of sleeve ${sleeve} is not there: ${file}. Expected a .clj symphony or a .ts strategy. Nothing was started.`,
    );
  }
  if (extname(file) === '.clj') {
    const loaded = loadSymphony({ source: readFileSync(file, 'utf8'), file, id: sleeve });
    if (loaded.ok) return loaded.strategy;
    throw new UsageError(
      [
        `The symphony of sleeve ${sleeve} cannot be used (${loaded.errors.length} errors); nothing was started:`,
        ...loaded.errors.map((error) => error.message),
      ].join('\n'),
    );
  }
  const strategy = await importDefault(file, 'a strategy: `export default defineStrategy({ … })`');
  if (isStrategy(strategy)) return strategy;
  throw new UsageError(
    `${file} exports no strategy for sleeve ${sleeve}: expected \`export default defineStrategy({ … })\`, found ${typeof strategy}. Nothing was started.`,
  );
}

async function importDefault(file: string, expected: string): Promise<unknown> {
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as { default?: unknown }; // any module may have a default
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `${file} cannot be loaded: ${reason}. Expected ${expected}. Nothing was started.`,
    );
  }
  if (module.default === undefined)
    throw new UsageError(
      `${file} has no default export: expected ${expected}. Nothing was started.`,
    );
  return module.default;
}

function isStrategy(value: unknown): value is Strategy {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Partial<Strategy>; // looked at field by field
  return (
    typeof candidate.evaluate === 'function' &&
    typeof candidate.version === 'string' &&
    Array.isArray(candidate.reads)
  );
}
