// Stage: evidence. export.json: what an export holds, each file with its sha256.
// Invariant: no byte of an exported file, nor of the manifest, can be another unnoticed.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, digestOf } from '../../domain/canonical.ts';
import { INPUT_LOG_VERSION } from '../../domain/inputLog.ts';
import { ROOTS_VERSION } from '../../domain/dailyRoot.ts';

export const MANIFEST = 'export.json';
const MANIFEST_VERSION = 1;
/** Raised when what a line of the file means changes. */
const FORMATS = {
  'signals.jsonl': INPUT_LOG_VERSION,
  'orders.jsonl': 1,
  'fills.jsonl': 2,
  'activities.jsonl': 1,
  'roots.jsonl': ROOTS_VERSION,
} as const;
export type ExportedFile = keyof typeof FORMATS;
export const EXPORTED = Object.keys(FORMATS) as readonly ExportedFile[]; // its keys by its type

const shape = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  account: z.string(),
  /** Of the ledger when it was exported. */
  digest: z.string(),
  files: z.record(
    z.enum(EXPORTED),
    z.strictObject({ version: z.int(), records: z.int(), sha256: z.string() }),
  ),
  /** sha256 over the canonical JSON of the rest. */
  seal: z.string(),
});
export type Manifest = z.infer<typeof shape>;

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
const recordsIn = (text: string): number => text.split('\n').length - 1;

export function writeManifest(
  of: { readonly account: string; readonly digest: string },
  texts: Readonly<Record<ExportedFile, string>>,
): string {
  const files = Object.fromEntries(
    EXPORTED.map((name) => [
      name,
      { version: FORMATS[name], records: recordsIn(texts[name]), sha256: sha256Of(texts[name]) },
    ]),
  );
  const body = { version: MANIFEST_VERSION, account: of.account, digest: of.digest, files };
  return `${canonicalJson({ ...body, seal: digestOf(body) })}\n`;
}

/** One thing that is not as the manifest says. */
export interface ManifestProblem {
  readonly file: string;
  readonly expected: string;
  readonly found: string;
}

/** Reads a manifest; a changed byte of it breaks its seal. */
export function readManifest(text: string): Manifest | ManifestProblem {
  const file = MANIFEST;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { file, expected: 'one JSON object', found: error.message };
  }
  const parsed = shape.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('.') ?? '';
    return {
      file,
      expected: 'a manifest of this version',
      found: `${place} ${issue?.message ?? ''}`,
    };
  }
  const { seal, ...body } = parsed.data;
  const sealed = digestOf(body);
  if (seal !== sealed) return { file, expected: `seal ${sealed}`, found: seal };
  if (`${canonicalJson(parsed.data)}\n` !== text)
    return { file, expected: 'the canonical JSON of the manifest', found: 'other bytes' };
  return parsed.data;
}

/** What differs between the files at hand and the manifest. */
export function compareFiles(
  manifest: Manifest,
  texts: Readonly<Record<ExportedFile, string>>,
): ManifestProblem[] {
  return EXPORTED.flatMap((file): ManifestProblem[] => {
    const said = manifest.files[file];
    const version = FORMATS[file];
    if (said.version !== version)
      return [{ file, expected: `version ${version}`, found: `version ${said.version}` }];
    const found = sha256Of(texts[file]);
    if (found === said.sha256) return [];
    return [
      {
        file,
        expected: `sha256 ${said.sha256} (${said.records} records)`,
        found: `${found} (${recordsIn(texts[file])} records)`,
      },
    ];
  });
}
