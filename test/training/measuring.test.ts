import assert from 'node:assert/strict';
import { armsOf } from '../../src/experiment/arms.ts';
import type { Executor } from '../../src/training/executors/executor.ts';
import { feedOf } from '../../src/training/feed.ts';
import { evaluateHeldOut, measure } from '../../src/training/measuring.ts';
import { networks } from '../../src/training/program/networks.ts';
import { optimizers } from '../../src/training/program/optimizers.ts';
import { experimentProgram, startingNumbers } from '../../src/training/program/training.ts';
import { cpu } from './support/backends.ts';
import { assertClose, someDataSet, someWeights } from './support/numbers.ts';
import { someSettings } from './support/settings.ts';
import { tiny } from './support/tiny.ts';

const arms = armsOf(someSettings({ reductions: ['mean'] }));

async function executorOf(): Promise<Executor> {
  const executor = await cpu.compile(experimentProgram(tiny, optimizers.sgd, arms));
  executor.write(startingNumbers(tiny, optimizers.sgd, arms, someWeights(tiny)));
  return executor;
}

describe('a measurement of the laws', () => {
  it('evaluates the batch, half of it, that half with every example twice, and the example of the largest loss alone', async () => {
    const executor = await executorOf();
    const given: { images: number; batchSize: number | undefined }[] = [];
    const watched: Executor = {
      ...executor,
      run(name, inputs) {
        given.push({ images: inputs.images!.shape[0]!, batchSize: inputs.batchSize?.numbers[0] });
        return executor.run(name, inputs);
      },
    };
    const { train } = someDataSet(12, 1);
    const indices = Uint32Array.of(3, 8, 1, 7, 11);
    const { batchSize, batch, half, twice, selected } = measure(watched, feedOf(tiny, 1), train, indices, 0);
    executor.dispose();
    assert.equal(batchSize, 5);
    assert.deepEqual(
      given,
      [5, 3, 6, 1].map((images) => ({ images, batchSize: images })),
    );
    const close = (actual: number | undefined, expected: number | undefined, what: string) =>
      assertClose([actual!], [expected!], 1e-5, what);
    close(batch['loss/sum'], 5 * batch['loss/mean']!, 'sum and mean');
    close(twice['loss/sum'], 2 * half['loss/sum']!, 'the sum of twice the examples');
    close(twice['loss/mean'], half['loss/mean'], 'their mean');
    close(twice['gradient/sum'], 2 * half['gradient/sum']!, 'the gradient of their sum');
    close(twice['gradient/max'], half['gradient/max'], 'the gradient of their maximum');
    close(selected['loss/mean'], batch['loss/max'], 'the loss of the selected example');
    close(selected['gradient/mean'], batch['gradient/max'], 'its gradient');
  });
});

describe('the evaluation of held-out examples', () => {
  const data = someDataSet(2, 300);

  it('takes them in parts, each example once, and a class without any has no accuracy', async () => {
    const executor = await executorOf();
    const labels = data.heldOut.labels.map((label) => (label === 4 ? 5 : label));
    const heldOut = { ...data.heldOut, labels };
    const feed = feedOf(tiny, 1);
    const sizes: number[] = [];
    const watched: Executor = {
      ...executor,
      run(name, inputs) {
        sizes.push(inputs.images!.shape[0]!);
        return executor.run(name, inputs);
      },
    };
    const [result] = evaluateHeldOut(watched, feed, { ...data, heldOut }, arms);
    assert.deepEqual(sizes, [256, 44]);
    // Once more, one example at a time.
    const single = Array.from({ length: 300 }, (_, i) => {
      const outputs = executor.run('evaluate', { ...feed.evaluation(heldOut, [i]) });
      return { loss: outputs['losses mean']![0]!, right: outputs['classes mean']![0] === labels[i], label: labels[i]! };
    });
    executor.dispose();
    const accuracy = (those: typeof single) => those.filter(({ right }) => right).length / those.length;
    assertClose([result!.loss], [single.reduce((sum, { loss }) => sum + loss, 0) / 300], 1e-5, 'loss');
    assert.equal(result!.accuracy, accuracy(single));
    assert.equal(result!.classAccuracy[4], null);
    for (const label of [0, 1, 2, 3, 5, 6, 7, 8, 9]) {
      assert.equal(result!.classAccuracy[label], accuracy(single.filter((each) => each.label === label)));
    }
  });

  it('sees the middle of images, where training sees random parts', () => {
    const examples = data.heldOut;
    const feed = feedOf(networks.tutorial, 1);
    const numbers = (epoch: number | null) => {
      const { images } = epoch === null ? feed.evaluation(examples, [7]) : feed.training(examples, [7], epoch);
      return images.numbers.slice();
    };
    assert.deepEqual(numbers(null), numbers(null));
    assert.deepEqual(numbers(3), numbers(3));
    assert.notDeepEqual(numbers(3), numbers(4));
  });
});

describe('a batch that is fed', () => {
  it('has the labels of its examples, in the order that was asked for', () => {
    const { train } = someDataSet(30, 1);
    const { labels, images } = feedOf(networks.softmax, 1).training(train, [9, 2, 9], 0);
    assert.deepEqual(labels, {
      shape: [3],
      numbers: Int32Array.of(train.labels[9]!, train.labels[2]!, train.labels[9]!),
    });
    assert.deepEqual(images.shape, [3, 32, 32, 3]);
    assert.deepEqual(images.numbers.slice(0, 3072), images.numbers.slice(2 * 3072));
  });
});
