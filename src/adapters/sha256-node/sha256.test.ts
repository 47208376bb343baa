// Stage: tests. sha256 by Node and by the core: one function.
// Invariant: the digests come from the library of the core, not from what is in use.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256Hex, sha256OfLines, useSha256 } from '../../domain/canonical.ts';
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
      expect(nodeSha256.ofText(text)).toBe(byCore(text));
    }),
  );
  useNodeSha256();
  fc.assert(
    fc.property(anyText, (text) => {
      expect(sha256Hex(text)).toBe(byCore(text));
    }),
  );
});

it('gives the digest of lines as of the text they make, short and longer than a handful', () => {
  const joined = (lines: readonly string[]): string => byCore(lines.join('\n'));
  useNodeSha256();
  fc.assert(
    fc.property(
      fc.array(fc.oneof(anyText, fc.constantFrom('é'.repeat(5_000), 'é'.repeat(9_000)))),
      (lines) => {
        expect(nodeSha256.ofLines(lines)).toBe(joined(lines));
        expect(sha256OfLines(lines)).toBe(joined(lines));
      },
    ),
  );
  const many = Array.from({ length: 5_000 }, (_, index) => `line ${index} 😀`);
  expect(nodeSha256.ofLines(many)).toBe(joined(many));
});

it('is refused when it is another function, and nothing changes', () => {
  const wrong = (text: string): string => nodeSha256.ofText(`${text}.`);
  expect(() => useSha256({ ...nodeSha256, ofText: wrong })).toThrow(
    'The machine\'s sha256 of "" is cdb4ee2aea69cc6a83331bbe96dc2caa9a299d21329efb0336fc02a82e1839a8, ' +
      'expected e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855. It is not used.',
  );
  const without = (lines: readonly string[]): string => nodeSha256.ofText(lines.join(''));
  expect(() => useSha256({ ...nodeSha256, ofLines: without })).toThrow(
    /The machine's sha256 of 5 lines is /,
  );
  expect(sha256Hex('é → 😀')).toBe(byCore('é → 😀'));
});
