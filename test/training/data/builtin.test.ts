import assert from 'node:assert/strict';
import { drawBuiltin } from '../../../src/training/data/builtin.ts';
import { type Examples, IMAGE_BYTES } from '../../../src/training/data/examples.ts';

describe('the built-in data set', () => {
  it('is, for a seed, the same bytes on every platform', () => {
    const { checksum } = drawBuiltin();
    assert.equal(checksum, 'f204dfddcb13cc1d625e1b84a9b2d15b18df858b9142ecd1cf2b4eb87f07d72d');
  });

  it('holds ten classes equally often, in 40 batches of 128 and 1,280 held-out images', () => {
    const { train, heldOut, classes, name, kind } = drawBuiltin({ seed: 3 });
    assert.deepEqual([kind, name], ['builtin', 'built-in drawings (seed 3)']);
    assert.deepEqual(classes, [
      'disc',
      'ring',
      'square',
      'triangle',
      'cross',
      'star',
      'moon',
      'heart',
      'stripes',
      'checkerboard',
    ]);
    for (const [examples, count] of [
      [train, 5120],
      [heldOut, 1280],
    ] as const) {
      assert.deepEqual([examples.count, examples.labels.length], [count, count]);
      assert.equal(examples.pixels.length, count * IMAGE_BYTES);
      for (let label = 0; label < 10; label++) {
        assert.equal(examples.labels.filter((other) => other === label).length, count / 10);
      }
    }
  });

  it('differs by seed, and between what is trained on and what is held out', () => {
    const one = drawBuiltin({ seed: 1, train: 20, heldOut: 20 });
    const two = drawBuiltin({ seed: 2, train: 20, heldOut: 20 });
    assert.notEqual(one.checksum, two.checksum);
    assert.notDeepEqual(one.train.pixels, one.heldOut.pixels);
  });

  it('begins with the same images however many are drawn', () => {
    const few = drawBuiltin({ train: 20, heldOut: 10 });
    const more = drawBuiltin({ train: 40, heldOut: 10 });
    assert.deepEqual(more.train.pixels.subarray(0, few.train.pixels.length), few.train.pixels);
  });

  /** Accuracy on held-out examples of the class whose mean features over the training examples are nearest. */
  function nearestMean(features: (image: Uint8Array) => number[]): number {
    const { train, heldOut } = drawBuiltin({ train: 1000, heldOut: 500 });
    const image = (examples: Examples, i: number) =>
      features(examples.pixels.subarray(i * IMAGE_BYTES, (i + 1) * IMAGE_BYTES));
    const means = Array.from({ length: 10 }, (_, label) => {
      const own = Array.from({ length: 100 }, (_, i) => image(train, 10 * i + label));
      return own.reduce((sum, row) => sum.map((x, i) => x + row[i]!)).map((x) => x / own.length);
    });
    const right = [...heldOut.labels].filter((label, i) => {
      const row = image(heldOut, i);
      const distances = means.map((mean) => mean.reduce((sum, x, j) => sum + (x - row[j]!) ** 2, 0));
      return distances.indexOf(Math.min(...distances)) === label;
    });
    return right.length / heldOut.count;
  }

  it('tells next to nothing by its colours', () => {
    const meanColour = (image: Uint8Array) =>
      [0, 1, 2].map((plane) => image.subarray(plane * 1024, (plane + 1) * 1024).reduce((a, b) => a + b) / 1024);
    const accuracy = nearestMean(meanColour);
    assert.ok(accuracy < 0.2, `${accuracy}`);
  });

  it('tells something by its pixels one by one, and far from everything', () => {
    const accuracy = nearestMean((image) => {
      const mean = image.reduce((a, b) => a + b) / image.length;
      return [...image].map((byte) => byte - mean);
    });
    assert.ok(accuracy > 0.15 && accuracy < 0.5, `${accuracy}`);
  });
});
