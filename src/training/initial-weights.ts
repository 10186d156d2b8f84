/** The numbers that weights start from: the same for all arms of an experiment, and for all experiments of one seed. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { generatorFor } from './data/random.ts';
import type { Network, Weights } from './program/networks.ts';
import { sizeOf } from './program/value.ts';

/** What the generator is for, beside shuffling and cropping: see data/batches.ts. */
const WEIGHTS = 3;

/** By the name of the weights in the network. */
export function initialWeights(network: Network, seed: number): Map<string, Float32Array> {
  return new Map(network.weights.map((weights, i) => [weights.name, start(weights, generatorFor(WEIGHTS, seed, i))]));
}

function start({ start, shape }: Weights, random: RandomGenerator): Float32Array {
  const numbers = new Float32Array(sizeOf(shape));
  if ('everywhere' in start) return numbers.fill(start.everywhere);
  return numbers.map(() => truncatedNormal(random) * start.deviation);
}

/** Standard normal (Box & Muller), drawn again where it is beyond two standard deviations. */
function truncatedNormal(random: RandomGenerator): number {
  for (;;) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)));
    const x = radius * Math.cos(2 * Math.PI * uniformFloat64(random));
    if (Math.abs(x) <= 2) return x;
  }
}
