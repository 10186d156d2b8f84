# Look at: the three losses that meet in the collection 'losses', and what `reduce_sum` in place of `reduce_mean` would change.
"""A convolutional network for CIFAR-10 in TensorFlow 1: loss terms are collected where they arise and added up at the end."""
import os
import time

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

FLAGS = tf.app.flags.FLAGS

tf.app.flags.DEFINE_integer('batch_size', 128, 'Images in one step.')
tf.app.flags.DEFINE_string('data_dir', 'cifar-10-batches-bin', 'Folder with the binary version of CIFAR-10.')
tf.app.flags.DEFINE_string('train_dir', 'cifar10_train', 'Where checkpoints and summaries go.')
tf.app.flags.DEFINE_integer('max_steps', 100000, 'Steps to train for.')

IMAGE_SIZE = 24
NUM_CLASSES = 10
EXAMPLES_PER_EPOCH = 50000

MOVING_AVERAGE_DECAY = 0.9999
EPOCHS_PER_DECAY = 350.0
LEARNING_RATE_DECAY_FACTOR = 0.1
INITIAL_LEARNING_RATE = 0.1


def _parse(record):
  raw = tf.decode_raw(record, tf.uint8)
  label = tf.cast(raw[0], tf.int32)
  image = tf.transpose(tf.reshape(raw[1:], [3, 32, 32]), [1, 2, 0])
  image = tf.random_crop(tf.cast(image, tf.float32), [IMAGE_SIZE, IMAGE_SIZE, 3])
  image = tf.image.random_flip_left_right(image)
  return tf.image.per_image_standardization(image), label


def distorted_inputs():
  files = [os.path.join(FLAGS.data_dir, 'data_batch_%d.bin' % i) for i in range(1, 6)]
  records = tf.data.FixedLengthRecordDataset(files, 1 + 32 * 32 * 3)
  batches = records.map(_parse).shuffle(20000).repeat().batch(FLAGS.batch_size)
  return tf.data.make_one_shot_iterator(batches).get_next()


def _variable_on_cpu(name, shape, initializer):
  with tf.device('/cpu:0'):
    return tf.get_variable(name, shape, initializer=initializer, dtype=tf.float32)


def _variable_with_weight_decay(name, shape, stddev, wd):
  """Makes a weight; where `wd` is given, half its squared length times `wd` joins the losses."""
  var = _variable_on_cpu(name, shape, tf.truncated_normal_initializer(stddev=stddev))
  if wd is not None:
    weight_decay = tf.multiply(tf.nn.l2_loss(var), wd, name='weight_loss')
    tf.add_to_collection('losses', weight_decay)
  return var


def inference(images):
  with tf.variable_scope('conv1'):
    kernel = _variable_with_weight_decay('weights', [5, 5, 3, 64], stddev=5e-2, wd=None)
    conv = tf.nn.conv2d(images, kernel, [1, 1, 1, 1], padding='SAME')
    biases = _variable_on_cpu('biases', [64], tf.constant_initializer(0.0))
    conv1 = tf.nn.relu(tf.nn.bias_add(conv, biases))
  pool1 = tf.nn.max_pool(conv1, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding='SAME')
  norm1 = tf.nn.lrn(pool1, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75)

  with tf.variable_scope('conv2'):
    kernel = _variable_with_weight_decay('weights', [5, 5, 64, 64], stddev=5e-2, wd=None)
    conv = tf.nn.conv2d(norm1, kernel, [1, 1, 1, 1], padding='SAME')
    biases = _variable_on_cpu('biases', [64], tf.constant_initializer(0.1))
    conv2 = tf.nn.relu(tf.nn.bias_add(conv, biases))
  norm2 = tf.nn.lrn(conv2, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75)
  pool2 = tf.nn.max_pool(norm2, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding='SAME')

  with tf.variable_scope('local3'):
    flat = tf.reshape(pool2, [-1, 6 * 6 * 64])
    weights = _variable_with_weight_decay('weights', [6 * 6 * 64, 384], stddev=0.04, wd=0.004)
    biases = _variable_on_cpu('biases', [384], tf.constant_initializer(0.1))
    local3 = tf.nn.relu(tf.matmul(flat, weights) + biases)

  with tf.variable_scope('local4'):
    weights = _variable_with_weight_decay('weights', [384, 192], stddev=0.04, wd=0.004)
    biases = _variable_on_cpu('biases', [192], tf.constant_initializer(0.1))
    local4 = tf.nn.relu(tf.matmul(local3, weights) + biases)

  with tf.variable_scope('softmax_linear'):
    weights = _variable_with_weight_decay('weights', [192, NUM_CLASSES], stddev=1 / 192.0, wd=None)
    biases = _variable_on_cpu('biases', [NUM_CLASSES], tf.constant_initializer(0.0))
    return tf.add(tf.matmul(local4, weights), biases)


def loss(logits, labels):
  labels = tf.cast(labels, tf.int64)
  cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
      labels=labels, logits=logits, name='cross_entropy_per_example')
  cross_entropy_mean = tf.reduce_mean(cross_entropy, name='cross_entropy')
  tf.add_to_collection('losses', cross_entropy_mean)
  return tf.add_n(tf.get_collection('losses'), name='total_loss')


def _add_loss_summaries(total_loss):
  averages = tf.train.ExponentialMovingAverage(0.9, name='avg')
  losses = tf.get_collection('losses')
  averages_op = averages.apply(losses + [total_loss])
  for each in losses + [total_loss]:
    tf.summary.scalar(each.op.name + ' (raw)', each)
    tf.summary.scalar(each.op.name, averages.average(each))
  return averages_op


def train(total_loss, global_step):
  batches_per_epoch = EXAMPLES_PER_EPOCH / FLAGS.batch_size
  decay_steps = int(batches_per_epoch * EPOCHS_PER_DECAY)
  lr = tf.train.exponential_decay(
      INITIAL_LEARNING_RATE, global_step, decay_steps, LEARNING_RATE_DECAY_FACTOR, staircase=True)
  tf.summary.scalar('learning_rate', lr)

  loss_averages_op = _add_loss_summaries(total_loss)
  with tf.control_dependencies([loss_averages_op]):
    opt = tf.train.GradientDescentOptimizer(lr)
    grads = opt.compute_gradients(total_loss)
  apply_gradient_op = opt.apply_gradients(grads, global_step=global_step)

  for grad, var in grads:
    if grad is not None:
      tf.summary.histogram(var.op.name + '/gradients', grad)

  variable_averages = tf.train.ExponentialMovingAverage(MOVING_AVERAGE_DECAY, global_step)
  with tf.control_dependencies([apply_gradient_op]):
    return variable_averages.apply(tf.trainable_variables())


def main(_):
  with tf.Graph().as_default():
    global_step = tf.train.get_or_create_global_step()
    images, labels = distorted_inputs()
    logits = inference(images)
    total_loss = loss(logits, labels)
    train_op = train(total_loss, global_step)

    with tf.train.MonitoredTrainingSession(checkpoint_dir=FLAGS.train_dir) as session:
      started = time.time()
      for step in range(FLAGS.max_steps):
        _, value = session.run([train_op, total_loss])
        assert not np.isnan(value), 'The loss is not a number.'
        if step % 100 == 0:
          print('step %d: loss %.2f (%.0f s)' % (step, value, time.time() - started))


if __name__ == '__main__':
  tf.app.run()
