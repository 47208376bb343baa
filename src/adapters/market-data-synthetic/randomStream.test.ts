// Stage: none; tests of chance by name.
// Invariant: the generator is the published one, and its draws have the moments they claim.
import { describe, expect, it } from 'vitest';
import { randomStream, xoshiro128 } from './randomStream.ts';

describe('xoshiro128**', () => {
  it('gives the numbers of the reference implementation (version 1.1) for the state 1, 2, 3, 4', () => {
    const next = xoshiro128([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, next)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ]);
  });
});

describe('a stream', () => {
  it('starts from the first 128 bits of sha256 of its name', () => {
    // printf 'assay' | sha256sum
    const next = xoshiro128([0x9b2153df, 0x65c7cba8, 0xa514938e, 0x2d3254a3]);
    const stream = randomStream('assay');
    expect([stream.uniform(), stream.uniform()]).toEqual([next() / 2 ** 32, next() / 2 ** 32]);
  });

  it('is the same again under the same name, and another under another', () => {
    const draws = (name: string): number[] => uniforms(name, 5);
    expect(draws('a')).toEqual(draws('a'));
    expect(draws('a')).not.toEqual(draws('b'));
  });

  it('draws uniforms within [0, 1) of mean 1/2 and variance 1/12', () => {
    const draws = uniforms('uniform', 50_000);
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    expect(moments(draws).mean).toBeCloseTo(0.5, 2);
    expect(moments(draws).variance).toBeCloseTo(1 / 12, 2);
  });

  it('draws normals within ±6 of mean 0 and variance 1, 68 % of them within one deviation', () => {
    const stream = randomStream('normal');
    const draws = Array.from({ length: 50_000 }, () => stream.normal());
    expect(draws.every((draw) => draw >= -6 && draw < 6)).toBe(true);
    expect(Math.abs(moments(draws).mean)).toBeLessThan(0.02);
    expect(Math.abs(moments(draws).variance - 1)).toBeLessThan(0.03);
    const within = draws.filter((draw) => Math.abs(draw) < 1).length / draws.length;
    expect(Math.abs(within - 0.68)).toBeLessThan(0.01);
  });
});

function uniforms(name: string, length: number): number[] {
  const stream = randomStream(name);
  return Array.from({ length }, () => stream.uniform());
}

function moments(draws: readonly number[]): { mean: number; variance: number } {
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  return {
    mean,
    variance: draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length,
  };
}
