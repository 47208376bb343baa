// Stage: alpaca. The key pair, held so that it cannot be shown by accident.
// Invariant: a key leaves this object only into a request's headers or a stream's first frame.
import { readFileSync, statSync } from 'node:fs';

/** What is wrong with the credentials; names where they were looked for, never what they are. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

const HIDDEN = '«hidden»';

export class Credentials {
  readonly #keyId: string;
  readonly #secret: string;
  /** Where the pair came from, for people. */
  readonly source: string;

  constructor(keyId: string, secret: string, source: string) {
    this.#keyId = keyId;
    this.#secret = secret;
    this.source = source;
  }

  /** The value of one of Alpaca's two headers. */
  header(name: string): string {
    if (name.toUpperCase() === 'APCA-API-KEY-ID') return this.#keyId;
    if (name.toUpperCase() === 'APCA-API-SECRET-KEY') return this.#secret;
    throw new CredentialsError(
      `${name} is no header of Alpaca's authentication. Nothing was sent.`,
    );
  }

  /** For a stream's first frame. */
  reveal(): { readonly keyId: string; readonly secret: string } {
    return { keyId: this.#keyId, secret: this.#secret };
  }

  /** Paper keys begin with PK, live keys with AK; undefined for any other. */
  get environment(): 'paper' | 'live' | undefined {
    if (this.#keyId.startsWith('PK')) return 'paper';
    return this.#keyId.startsWith('AK') ? 'live' : undefined;
  }

  /** A text from outside with every appearance of the pair taken out. */
  hideIn(text: string): string {
    return text.replaceAll(this.#keyId, HIDDEN).replaceAll(this.#secret, HIDDEN);
  }

  toJSON(): string {
    return HIDDEN;
  }
}

const KEY_ID = ['APCA_API_KEY_ID', 'ALPACA_API_KEY'] as const;
const SECRET = ['APCA_API_SECRET_KEY', 'ALPACA_SECRET_KEY'] as const;

export interface CredentialsSource {
  /** The process's environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A file of `NAME=value` lines that nobody else may read; used where the environment has none. */
  readonly file: string;
}

/**
 * Reads the key pair from the environment, else from the file.
 *
 * @throws CredentialsError when there is none, half a pair, or a file that others may read
 */
export function readCredentials({ environment, file }: CredentialsSource): Credentials {
  const here = pairOf(environment, 'the environment');
  if (here !== undefined) return here;
  const held = statSync(file, { throwIfNoEntry: false });
  if (held === undefined) {
    throw new CredentialsError(
      `No key pair for Alpaca: expected ${KEY_ID[0]} and ${SECRET[0]} in the environment or in ${file}, found neither. ` +
        'Nothing was sent. Set both, or write both as NAME=value lines into that file with permissions 0600.',
    );
  }
  const mode = held.mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new CredentialsError(
      `${file} can be read by others: expected permissions 0600, found 0${mode.toString(8)}. ` +
        `The keys in it were not used. Run: chmod 600 ${file}; then make new keys at the broker if others had access.`,
    );
  }
  const pair = pairOf(readLines(file), file);
  if (pair !== undefined) return pair;
  throw new CredentialsError(
    `${file} holds no key pair: expected the lines ${KEY_ID[0]}=… and ${SECRET[0]}=…, found neither. Nothing was sent. Write both.`,
  );
}

function pairOf(
  values: Readonly<Record<string, string | undefined>>,
  source: string,
): Credentials | undefined {
  const [keyId, secret] = [first(values, KEY_ID), first(values, SECRET)];
  if (keyId === undefined && secret === undefined) return undefined;
  if (keyId !== undefined && secret !== undefined) return new Credentials(keyId, secret, source);
  throw new CredentialsError(
    `Half a key pair in ${source}: expected ${KEY_ID[0]} and ${SECRET[0]}, found only ${keyId === undefined ? SECRET[0] : KEY_ID[0]}. Nothing was sent. Set both.`,
  );
}

const first = (
  values: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): string | undefined => names.map((name) => values[name]).find((value) => (value ?? '') !== '');

function readLines(file: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, name, value] = /^\s*(?:export\s+)?([A-Z_]+)\s*=\s*(\S*)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) values[name] = value;
  }
  return values;
}
