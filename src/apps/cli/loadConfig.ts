// Stage: apps. Reads an assay.config.ts and the strategies it names.
// Invariant: nothing is opened before the whole configuration was checked.
import { existsSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { settingsProblems } from '../../adapters/exchange/settings.ts';
import { checkConfig } from '../../config/config.ts';
import type { AssayConfig } from '../../config/schema.ts';
import { asSleeveId, type SleeveId } from '../../domain/sleeve.ts';
import type { Strategy } from '../../strategy/strategy.ts';
import { loadSymphony } from '../../symphony/loadSymphony.ts';
import { readText } from './files.ts';
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
      `No configuration at ${path}: expected a file like examples/assay.config.ts, found nothing. Nothing was started. Name a file that is there.`,
    );
  }
  const checked = checkConfig(
    await importDefault(file, 'the configuration', '`export default defineConfig({ … })`'),
  );
  const problems = checked.ok ? exchangeProblems(checked.config) : checked.problems;
  if (!checked.ok || problems.length > 0) {
    throw new UsageError(
      [
        `The configuration ${path} cannot be used (${counted(problems, 'problem')}):`,
        ...problems.map((problem) => `  ${problem}`),
        'Nothing was started. Correct the file and run again.',
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

/** What the built-in exchange would refuse, said with the rest; another broker does not read it. */
const exchangeProblems = ({ broker, exchange }: AssayConfig): readonly string[] =>
  broker === undefined || broker.kind === 'paper-exchange'
    ? settingsProblems(exchange).map((problem) => `exchange.${problem}`)
    : [];

/** Loads a .clj symphony or a .ts strategy. @throws UsageError naming the place of every error */
export async function loadStrategy(file: string, sleeve: string): Promise<Strategy> {
  if (!existsSync(file)) {
    throw new UsageError(
      `The strategy of sleeve ${sleeve} is not there: expected a .clj symphony or a .ts strategy at ${file}, found nothing. ` +
        'Nothing was started. Correct the path in the configuration; it is relative to that file.',
    );
  }
  if (extname(file) === '.clj') {
    const source = readText(file, 'a symphony');
    const loaded = loadSymphony({ source, file, id: sleeve });
    if (loaded.ok) return loaded.strategy;
    throw new UsageError(
      [
        `The symphony of sleeve ${sleeve} cannot be used (${counted(loaded.errors, 'error')}):`,
        ...loaded.errors.map((error) => error.message),
        'Nothing was started. Correct the file and run again.',
      ].join('\n'),
    );
  }
  const strategy = await importDefault(
    file,
    `the strategy of sleeve ${sleeve}`,
    '`export default defineStrategy({ … })`',
  );
  if (isStrategy(strategy)) return strategy;
  throw new UsageError(
    `${file}: the strategy of sleeve ${sleeve} is none: expected \`export default defineStrategy({ … })\`, found ${kindOf(strategy)}. ` +
      'Nothing was started. Export the strategy as default.',
  );
}

/** @param what what the file is, for messages: "the strategy of sleeve a" */
async function importDefault(file: string, what: string, expected: string): Promise<unknown> {
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as { default?: unknown }; // any module may have a default
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
    throw new UsageError(
      `${file}${lineIn(error, file)}: ${what} cannot be loaded: expected ${expected}, found ${reason}. Nothing was started. Correct the file and run again.`,
    );
  }
  if (module.default === undefined)
    throw new UsageError(
      `${file}: ${what} has no default export: expected ${expected}, found none. Nothing was started. Add the default export.`,
    );
  return module.default;
}

/** " line 7", where an error at load says so. */
function lineIn(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const [, after = ''] = stack.split(`${file}:`);
  const line = /^\d+/.exec(after)?.[0];
  return line === undefined ? '' : ` line ${line}`;
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

const counted = (list: readonly unknown[], what: string): string =>
  `${list.length} ${what}${list.length === 1 ? '' : 's'}`;

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
