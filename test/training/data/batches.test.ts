import assert from 'node:assert/strict';
import fc from 'fast-check';
import { batchOrder, fillBatch, type View, viewLength } from '../../../src/training/data/batches.ts';
import type { Examples } from '../../../src/training/data/examples.ts';

/** Examples of bytes without a pattern. */
function someExamples(count: number): Examples {
  const pixels = Uint8Array.from({ length: count * 3072 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255);
  return { count, pixels, labels: new Uint8Array(count) };
}

/** The images of a batch as nested arrays [image][row][column][colour]. */
function batch(examples: Examples, indices: readonly number[], view: View): number[][][][] {
  const target = new Float32Array(indices.length * viewLength(view));
  fillBatch(examples, indices, view, target);
  const size = view.crop;
  const at = (image: number, row: number, column: number) => ((image * size + row) * size + column) * 3;
  const range = Array.from({ length: size }, (_, i) => i);
  return indices.map((_, image) =>
    range.map((row) => range.map((column) => [...target.subarray(at(image, row, column), at(image, row, column) + 3)])),
  );
}

/** The definition, without a thought to speed: the same numbers for a part of an image that `read` gives. */
function standardised(read: (row: number, column: number, plane: number) => number, size: number): number[][][] {
  const range = Array.from({ length: size }, (_, i) => i);
  const image = range.map((row) => range.map((column) => [0, 1, 2].map((plane) => read(row, column, plane))));
  const all = image.flat(2);
  const mean = all.reduce((a, b) => a + b) / all.length;
  const deviation = Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length);
  const scale = Math.max(deviation, 1 / Math.sqrt(all.length));
  return image.map((row) => row.map((pixel) => pixel.map((x) => (x - mean) / scale)));
}

function assertClose(actual: number[][][], expected: number[][][]): void {
  const numbers = actual.flat(2);
  const off = expected.flat(2).map((x, i) => Math.abs(x - (numbers[i] as number)));
  assert.equal(numbers.length, off.length);
  assert.ok(off.every((x) => x < 1e-5));
}

describe('the order of batches', () => {
  it('is a permutation of all examples in every epoch, cut into batches of which only the last may be smaller', () => {
    fc.assert(
      fc.property(
        fc.nat(300),
        fc.integer({ min: 1, max: 64 }),
        fc.integer(),
        fc.nat(1000),
        (more, size, seed, epoch) => {
          const count = more + 1;
          const order = batchOrder(count, size, seed);
          const batches = Array.from({ length: order.stepsPerEpoch }, (_, i) =>
            order.batchAt(epoch * order.stepsPerEpoch + i),
          );
          assert.ok(batches.every((batch) => batch.epoch === epoch));
          assert.ok(batches.slice(0, -1).every(({ indices }) => indices.length === size));
          const seen = batches.flatMap(({ indices }) => [...indices]);
          assert.deepEqual(
            seen.sort((a, b) => a - b),
            Array.from({ length: count }, (_, i) => i),
          );
        },
      ),
    );
  });

  it('is the same for the same seed, whichever step is asked for first', () => {
    const forwards = batchOrder(1000, 128, 7);
    const backwards = batchOrder(1000, 128, 7);
    const steps = Array.from({ length: 24 }, (_, step) => step);
    const expected = steps.map((step) => forwards.batchAt(step));
    assert.deepEqual(
      steps
        .toReversed()
        .map((step) => backwards.batchAt(step))
        .toReversed(),
      expected,
    );
  });

  it('is another for another seed and for another epoch', () => {
    const first = batchOrder(500, 500, 1);
    const orders = [first.batchAt(0), first.batchAt(1), batchOrder(500, 500, 2).batchAt(0)];
    assert.equal(new Set(orders.map(({ indices }) => indices.join())).size, 3);
  });

  it('has the first batch that saved runs rely on', () => {
    assert.deepEqual([...batchOrder(5120, 8, 1).batchAt(0).indices], [2620, 2069, 2387, 1933, 3588, 4694, 3532, 3521]);
  });

  it('does not exist without examples or with empty batches', () => {
    assert.throws(() => batchOrder(0, 128, 1), /no batches of 128 from 0 examples/);
    assert.throws(() => batchOrder(10, 0, 1), RangeError);
    assert.throws(() => batchOrder(10, 2.5, 1), RangeError);
  });
});

describe('a batch', () => {
  const examples = someExamples(5);
  const byte = (image: number) => (row: number, column: number, plane: number) =>
    examples.pixels[image * 3072 + plane * 1024 + row * 32 + column] as number;

  it('holds whole images, colours last, each standardised on its own', () => {
    const images = batch(examples, [3, 0, 3], { crop: 32 });
    [3, 0, 3].forEach((image, i) => {
      assertClose(images[i]!, standardised(byte(image), 32));
    });
  });

  it('holds the middle of images where nothing is to be random', () => {
    const [image] = batch(examples, [4], { crop: 24, augment: null });
    assertClose(
      image!,
      standardised((row, column, plane) => byte(4)(row + 4, column + 4, plane), 24),
    );
  });

  it('holds random parts of images, some of them mirrored', () => {
    const found = new Set<string>();
    for (let epoch = 0; epoch < 16; epoch++) {
      const [image] = batch(examples, [2], { crop: 24, augment: { seed: 5, epoch } });
      const parts = Array.from({ length: 162 }, (_, i) => ({ top: i % 9, left: Math.floor(i / 9) % 9, flip: i >= 81 }));
      const matching = parts.filter(({ top, left, flip }) => {
        const part = (row: number, column: number, plane: number) =>
          byte(2)(row + top, left + (flip ? 23 - column : column), plane);
        return Math.abs(standardisedCorner(part) - (image?.[0]?.[0]?.[0] as number)) < 1e-5;
      });
      assert.ok(matching.length >= 1);
      for (const { top, left, flip } of matching.slice(0, 1)) found.add(`${top} ${left} ${flip}`);
    }
    assert.ok(found.size > 10, `${found.size} different parts`);
  });

  /** The first number only, as it is compared with 162 candidates. */
  function standardisedCorner(read: (row: number, column: number, plane: number) => number): number {
    return standardised(read, 24)[0]?.[0]?.[0] as number;
  }

  it('crops an example by seed, epoch and example, not by what was cropped before', () => {
    const view: View = { crop: 24, augment: { seed: 1, epoch: 3 } };
    const [, second] = batch(examples, [0, 1, 2], view);
    assert.deepEqual(batch(examples, [1], view), [second]);
    const others = [0, 1, 2].flatMap((epoch) => batch(examples, [1], { crop: 24, augment: { seed: 1, epoch } }));
    assert.ok(others.some((other) => JSON.stringify(other) !== JSON.stringify(second)));
  });

  it('is all zeros for an image of one colour', () => {
    const plain: Examples = { count: 1, pixels: new Uint8Array(3072).fill(200), labels: new Uint8Array(1) };
    assert.deepEqual(new Set(batch(plain, [0], { crop: 32 }).flat(3)), new Set([0]));
  });

  it('needs a target that is long enough', () => {
    assert.throws(
      () => fillBatch(examples, [0, 1], { crop: 32 }, new Float32Array(3072)),
      /2 images need 6144 numbers, not 3072/,
    );
  });
});
