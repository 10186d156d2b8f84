// Proves that tfjs-node loads and computes: a product of matrices, and the gradient of a convolution. Prints the version of
// TensorFlow. It runs in a process of its own, since a library that does not suit the machine may end the process.

const tf = require('./load.cjs');

const product = tf
  .matMul(tf.ones([4, 4]), tf.ones([4, 4]))
  .sum()
  .dataSync()[0];
const filter = tf.ones([3, 3, 2, 2]);
const gradient = tf.grad((x) => tf.sum(tf.conv2d(x, filter, 1, 'same')))(tf.ones([1, 4, 4, 2]));
// Each inner pixel is under nine places of a filter with two outputs, each corner under four.
const [corner, inner] = [gradient.dataSync()[0], gradient.dataSync()[10]];
if (product !== 64 || corner !== 8 || inner !== 18) {
  throw new Error(`TensorFlow computes ${product}, ${corner} and ${inner} where 64, 8 and 18 are right`);
}
console.log(tf.backend().binding.TF_Version);
