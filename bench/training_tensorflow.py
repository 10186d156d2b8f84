"""python bench/training_tensorflow.py TASK-FOLDER

Python TensorFlow as a contender: the whole step in one `tf.function`, the update by the operation that its optimisers use.
"""

import sys

import tensorflow as tf

from turns import Task, serve


def conv(x, weights, biases):
    return tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, weights, 1, "SAME"), biases))


def dense(x, weights, biases):
    return tf.nn.bias_add(tf.matmul(x, weights), biases)


def flatten(x):
    return tf.reshape(x, [x.shape[0], -1])


def light(x, w1, b1, w2, b2, w3, b3, w4, b4):
    x = tf.nn.max_pool2d(conv(x, w1, b1), 2, 2, "SAME")
    x = tf.nn.max_pool2d(conv(x, w2, b2), 2, 2, "SAME")
    return dense(tf.nn.relu(dense(flatten(x), w3, b3)), w4, b4)


def tutorial(x, w1, b1, w2, b2, w3, b3, w4, b4, w5, b5):
    x = norm(tf.nn.max_pool2d(conv(x, w1, b1), 3, 2, "SAME"))
    x = tf.nn.max_pool2d(norm(conv(x, w2, b2)), 3, 2, "SAME")
    x = tf.nn.relu(dense(flatten(x), w3, b3))
    return dense(tf.nn.relu(dense(x, w4, b4)), w5, b5)


def norm(x):
    return tf.nn.local_response_normalization(x, depth_radius=4, bias=1.0, alpha=0.001 / 9.0, beta=0.75)


def main():
    task = Task(sys.argv[1])
    variables = [tf.Variable(w) for w in task.weights]
    logits = {"light": light, "tutorial": tutorial}[task.network]

    @tf.function
    def train(images, labels):
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits(images, *variables))
            loss = tf.reduce_mean(losses)
            objective = loss
            if task.weight_decay != 0:
                penalty = tf.add_n([tf.nn.l2_loss(variables[i]) for i in task.penalized])
                objective += task.weight_decay * penalty
        for variable, gradient in zip(variables, tape.gradient(objective, variables)):
            tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=task.learning_rate, delta=gradient)
        return loss

    def rewind():
        for variable, start in zip(variables, task.weights):
            variable.assign(start)

    serve(
        task,
        versions={"tensorflow": tf.__version__},
        rewind=rewind,
        step=lambda images, labels: float(train(tf.constant(images), tf.constant(labels))),
        weights=lambda: [variable.numpy() for variable in variables],
    )


main()
