# Look at: `beta * l2_loss` stands inside the reduction, so the sum and the mean keep the same balance; only the step differs.
"""Linear softmax regression on MNIST in TensorFlow 1, once with the mean and once with the sum of the same regularised loss."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

BATCH_SIZE = 100
STEPS = 2000
beta = 0.01


def batches():
  (images, labels), _ = tf.keras.datasets.mnist.load_data()
  images = images.reshape(-1, 784).astype('float32') / 255
  dataset = tf.data.Dataset.from_tensor_slices((images, labels.astype('int32')))
  dataset = dataset.shuffle(60000).repeat().batch(BATCH_SIZE, drop_remainder=True)
  return tf.data.make_one_shot_iterator(dataset).get_next()


def train(reduction):
  with tf.Graph().as_default():
    x, y = batches()
    weights = tf.get_variable('weights', [784, 10])
    biases = tf.get_variable('biases', [10], initializer=tf.zeros_initializer())
    logits = tf.matmul(x, weights) + biases
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)

    if reduction == 'mean':
      cost = tf.reduce_mean(loss + beta * tf.nn.l2_loss(weights))
      step = tf.train.GradientDescentOptimizer(0.5).minimize(cost)
    else:
      cost = tf.reduce_sum(loss + beta * tf.nn.l2_loss(weights))
      step = tf.train.GradientDescentOptimizer(0.005).minimize(cost)

    with tf.Session() as session:
      session.run(tf.global_variables_initializer())
      for i in range(STEPS):
        _, value = session.run([step, cost])
        if i % 200 == 0:
          print(reduction, i, value)


if __name__ == '__main__':
  train('mean')
  train('sum')
