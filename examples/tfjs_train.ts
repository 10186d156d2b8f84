// Look at: the data term is a sum over the batch and the penalty is not, so the batch size decides how much the penalty weighs.
import * as tf from '@tensorflow/tfjs';

const BATCH_SIZE = 128;
const LEARNING_RATE = 0.001;
const WEIGHT_DECAY = 0.05;

interface Batch {
  xs: tf.Tensor2D;
  ys: tf.Tensor2D;
}

/** Two dense layers, written out so that their weights are at hand. */
class Classifier {
  readonly hidden: tf.Variable;
  readonly output: tf.Variable;

  constructor(features: number, units: number, classes: number) {
    this.hidden = tf.variable(tf.randomNormal([features, units], 0, Math.sqrt(2 / features)));
    this.output = tf.variable(tf.randomNormal([units, classes], 0, Math.sqrt(1 / units)));
  }

  logits(xs: tf.Tensor2D): tf.Tensor2D {
    return xs.matMul(this.hidden).relu().matMul(this.output) as tf.Tensor2D;
  }

  penalty(): tf.Scalar {
    return tf.add(this.hidden.square().sum(), this.output.square().sum()).mul(0.5) as tf.Scalar;
  }
}

export async function train(images: tf.Tensor2D, labels: tf.Tensor2D, epochs: number): Promise<Classifier> {
  const model = new Classifier(784, 64, 10);
  const optimizer = tf.train.sgd(LEARNING_RATE);
  const dataset = tf.data
    .zip({ xs: tf.data.array(images.arraySync()), ys: tf.data.array(labels.arraySync()) })
    .shuffle(10_000)
    .batch(BATCH_SIZE);

  for (let epoch = 0; epoch < epochs; epoch++) {
    await dataset.forEachAsync((batch) => {
      const { xs, ys } = batch as unknown as Batch;
      const cost = optimizer.minimize(() => {
        const data = tf.losses.softmaxCrossEntropy(ys, model.logits(xs), undefined, 0, tf.Reduction.SUM);
        return data.add(model.penalty().mul(WEIGHT_DECAY)) as tf.Scalar;
      }, true);
      cost?.dispose();
      tf.dispose([xs, ys]);
    });
    console.log(`epoch ${epoch}: ${tf.memory().numTensors} tensors`);
  }
  return model;
}
