// Stage: test of tree → symphony file. The layout, and that nothing is lost or changed by it.
// Invariant: parse → print → parse is identity; printing what is printed changes no byte.
import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateSymphony } from '../../test/symphony/generate.ts';
import { findComments } from './comments.ts';
import { parseSymphony } from './parse.ts';
import { printSymphony } from './print.ts';
import type { SymphonyTree } from './tree.ts';

function parse(text: string): SymphonyTree {
  const parsed = parseSymphony({ file: 't.clj', text });
  if (!parsed.ok) throw new Error(parsed.errors[0]?.message);
  return parsed.tree;
}

const format = (text: string): string => printSymphony(parse(text), findComments(text));

/** A tree without its places, as text; minus zero kept apart from zero. */
const content = (tree: SymphonyTree): string =>
  JSON.stringify(tree, (key, value: unknown) => {
    if (key === 'at') return undefined;
    return Object.is(value, -0) ? '-0' : value;
  });

const wrap = (body: string): string => `(defsymphony "t" {:rebalance-frequency :daily} ${body})`;

describe('printSymphony', () => {
  it('lays every form out as exports do', () => {
    const text = `(defsymphony "All" {:rebalance-threshold 0.050 :asset-class "EQUITIES"}
      (weight-specified 2.5e-1 (group "g" [(weight-equal [(asset "brk/b") (asset "A" "say \\"A\\"")])])
        0.75 (if (> (rsi "A" {:window 10}) -3.50) [(weight-equal [])]
          [(filter (current-price) (select-bottom 2) [(weight-inverse-volatility 20 [(asset "B" nil)])])])))`;
    expect(format(text)).toBe(`(defsymphony
 "All"
 {:asset-class "EQUITIES", :rebalance-threshold 0.050}
 (weight-specified
  0.25
  (group
   "g"
   [(weight-equal
     [(asset "BRK.B" nil)
      (asset "A" "say \\"A\\"")])])
  0.75
  (if
   (> (rsi "A" {:window 10}) -3.5)
   [(weight-equal
     [])]
   [(filter
     (current-price)
     (select-bottom 2)
     [(weight-inverse-volatility
       20
       [(asset "B" nil)])])])))
`);
  });

  it('leaves the examples as they are', () => {
    const folder = new URL('../../examples/strategies/', import.meta.url);
    const files = readdirSync(folder).filter((name) => name.endsWith('.clj'));
    expect(files.length).toBeGreaterThan(2);
    for (const name of files) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      const again = format(text);
      expect(content(parse(again))).toBe(content(parse(text)));
      expect(again.match(/;.*/g)).toEqual(text.match(/;.*/g));
      expect(format(again)).toBe(again);
    }
  });

  it('keeps every comment, above the line it stood in or before', () => {
    const text = `\ufeff; first
(defsymphony ; the name
 "; no comment \\" ; nor this" {:rebalance-frequency :daily}
 ; all of it
 (weight-equal [(asset "A" nil) ; about A
   ; about B
   (asset "B" nil)
   ; after B
 ])) ; last`;
    const again = format(text);
    expect(again).toBe(`; first
(defsymphony
 "; no comment \\" ; nor this"
 {:rebalance-frequency :daily}
 ; the name
 ; all of it
 ; about A
 (weight-equal
  [(asset "A" nil)
   ; about B
   (asset "B" nil)]))
; after B
; last
`);
    expect(format(again)).toBe(again);
  });

  it('prints numbers and strings so that they read the same', () => {
    const numbers = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(0, -0, 1e21, 5e-324, 0.1 + 0.2),
    );
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(numbers, texts, texts, (number, name, description) => {
        const at = 0;
        const asset = { kind: 'asset', at, symbol: 'A', description } as const;
        const left = { kind: 'indicator', symbol: 'A', indicator: 'rsi', window: 2 } as const;
        const condition = {
          operator: '<=',
          left,
          right: { kind: 'number', value: number },
        } as const;
        const branch = { kind: 'if', at, condition, whenTrue: [asset], whenFalse: [] } as const;
        const tree: SymphonyTree = {
          name,
          assetClass: undefined,
          frequency: 'none',
          threshold: '0.05',
          body: { kind: 'group', at, name: description, child: branch },
        };
        const text = printSymphony(tree);
        expect(content(parse(text))).toBe(content(tree));
        expect(text.split('\n')).toHaveLength(10);
      }),
    );
  });

  it('reads the generated symphonies back as they were made', () => {
    const sizes = fc.record({
      seed: fc.nat(1_000_000),
      lines: fc.integer({ min: 20, max: 600 }),
      ifs: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(sizes, (size) => {
        const tree = generateSymphony(size);
        const text = printSymphony(tree);
        const again = parse(text);
        expect(content(again)).toBe(content(tree));
        expect(printSymphony(again)).toBe(text);
      }),
      { numRuns: 60 },
    );
  });

  it('prints as deep as a tree goes, without recursion', () => {
    const levels = 2_000;
    const limits = { depth: 2 * levels + 10, bytes: 100_000_000 };
    const text = wrap(`${'(group "g" ['.repeat(levels)}(asset "A" nil)${'])'.repeat(levels)}`);
    const parsed = parseSymphony({ file: 't.clj', text }, limits);
    if (!parsed.ok) throw new Error('refused');
    const printed = printSymphony(parsed.tree);
    // Three for the head, one, two a group, and nothing after the last line end.
    expect(printed.split('\n')).toHaveLength(3 + 1 + 2 * levels + 1);
  });
});
