/** Random numbers that are the same on every platform, and that can be had for one thing without those before it. */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** The finaliser of MurmurHash3: every bit of the input changes half of the bits of the result. */
function scramble(word: number): number {
  const a = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return b ^ (b >>> 16);
}

/**
 * A generator of its own for each sequence of integers, for example (seed, epoch): neighbouring sequences give
 * unrelated numbers.
 */
export function generatorFor(...key: readonly number[]): RandomGenerator {
  const state = [1, 2, 3, 4].map((lane) => key.reduce((hash, part) => scramble((hash + part) | 0) + lane, lane));
  return xoroshiro128plusFromState(state.map((word) => word | 0));
}
