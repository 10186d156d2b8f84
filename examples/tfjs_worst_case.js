// Look at: `tf.max` trains on the hardest example of a batch; the mean of the hardest eight stays eight when the batch grows.
const tf = require('@tensorflow/tfjs-node');

const BATCH_SIZE = 64;
const HARDEST = 8;

function createModel() {
  const model = tf.sequential();
  model.add(tf.layers.dense({ inputShape: [8], units: 16, activation: 'relu' }));
  model.add(tf.layers.dense({ units: 1 }));
  return model;
}

/** The squared error of each example. */
function errors(model, xs, ys) {
  return model.predict(xs).sub(ys).square().mean(1);
}

/** Which examples have the largest errors. `topk` has no gradient, so they are found before the step. */
function hardest(model, xs, ys) {
  return tf.tidy(() => tf.topk(errors(model, xs, ys), HARDEST).indices);
}

async function train(dataset, epochs) {
  const model = createModel();
  const optimizer = tf.train.momentum(0.01, 0.9);
  const batches = dataset.shuffle(1000).batch(BATCH_SIZE);

  for (let epoch = 0; epoch < epochs; epoch++) {
    const worst = epoch >= epochs - 2;
    await batches.forEachAsync(({ xs, ys }) => {
      if (worst) {
        optimizer.minimize(() => tf.max(errors(model, xs, ys)));
      } else {
        const picked = hardest(model, xs, ys);
        optimizer.minimize(() => errors(model, xs.gather(picked), ys.gather(picked)).mean());
        picked.dispose();
      }
      tf.dispose([xs, ys]);
    });
  }
  return model;
}

module.exports = { createModel, train };
