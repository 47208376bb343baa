// Stage: tests. Where the key pair may come from, and what refuses it.
// Invariant: half a pair, a file that others can read, or keys of the other environment are never used.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Credentials, readCredentials } from './credentials.ts';
import { endpointsOf, refuseOtherEnvironment } from './endpoints.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-'));
  file = join(folder, 'alpaca.env');
});
afterEach(() => rmSync(folder, { recursive: true }));

const PAIR = 'APCA_API_KEY_ID=PKFILE\nAPCA_API_SECRET_KEY=secretOfFile\n';
const write = (text: string, mode = 0o600): void => {
  writeFileSync(file, text);
  chmodSync(file, mode);
};

describe('the key pair', () => {
  it('comes from the environment first, then from the file', () => {
    write(PAIR);
    const environment = { APCA_API_KEY_ID: 'PKENV', APCA_API_SECRET_KEY: 's' };
    expect(readCredentials({ environment, file }).reveal().keyId).toBe('PKENV');
    expect(readCredentials({ environment: {}, file }).reveal()).toEqual({
      keyId: 'PKFILE',
      secret: 'secretOfFile',
    });
  });

  it.each([0o640, 0o604, 0o666, 0o601])('in a file of mode %o is not used', (mode) => {
    write(PAIR, mode);
    expect(() => readCredentials({ environment: {}, file })).toThrow(`found 0${mode.toString(8)}`);
    expect(() => readCredentials({ environment: {}, file })).not.toThrow('secretOfFile');
  });

  it.each([
    ['missing', {}, '', 'found neither'],
    ['half, in the environment', { APCA_API_KEY_ID: 'PKENV' }, PAIR, 'Half a key pair'],
    ['half, in the file', {}, 'APCA_API_SECRET_KEY=s\n', 'found only APCA_API_SECRET_KEY'],
    ['empty', {}, 'APCA_API_KEY_ID=\n', 'found neither'],
  ])('that is %s is refused', (_name, environment, text, message) => {
    if (text !== '') write(text);
    expect(() => readCredentials({ environment, file })).toThrow(message);
  });
});

describe('an environment', () => {
  const pair = (keyId: string) => new Credentials(keyId, 's', 'the environment');

  it.each([
    ['PK1', 'paper', true],
    ['AK1', 'live', true],
    ['AK1', 'paper', false],
    ['PK1', 'live', false],
    ['CK1', 'live', true],
  ] as const)('keys %s for %s: %s', (keyId, environment, fits) => {
    const check = (): void => refuseOtherEnvironment(endpointsOf(environment), pair(keyId));
    if (fits) expect(check).not.toThrow();
    else expect(check).toThrow(`expected one for ${environment}`);
  });

  it('has its own addresses, or one for everything', () => {
    expect(endpointsOf('paper').trading).toBe('https://paper-api.alpaca.markets');
    expect(endpointsOf('live').tradingStream).toBe('wss://api.alpaca.markets/stream');
    expect(endpointsOf('paper', 'http://127.0.0.1:8080/')).toEqual({
      environment: 'paper',
      trading: 'http://127.0.0.1:8080',
      data: 'http://127.0.0.1:8080',
      tradingStream: 'ws://127.0.0.1:8080/stream',
      dataStream: 'ws://127.0.0.1:8080/v2',
    });
  });
});
