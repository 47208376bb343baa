// Stage: tests. sha256 by Node and by the core: one function.
// Invariant: the digests come from the library of the core, not from what is in use.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256Hex, useSha256 } from '../../domain/canonical.ts';
import { nodeSha256, useNodeSha256 } from './sha256.ts';

const byCore = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)));
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.integer({ min: 0, max: 300 }).map((count) => 'a'.repeat(count)),
);

it('gives the digest of the core for any text, half a pair of surrogates too', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(nodeSha256(text)).toBe(byCore(text));
    }),
  );
  useNodeSha256();
  fc.assert(
    fc.property(anyText, (text) => {
      expect(sha256Hex(text)).toBe(byCore(text));
    }),
  );
});

it('is refused when it is another function, and nothing changes', () => {
  expect(() => useSha256((text) => nodeSha256(`${text}.`))).toThrow(
    'The machine\'s sha256 of "" is cdb4ee2aea69cc6a83331bbe96dc2caa9a299d21329efb0336fc02a82e1839a8, ' +
      'expected e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855. It is not used.',
  );
  expect(sha256Hex('é → 😀')).toBe(byCore('é → 😀'));
});
