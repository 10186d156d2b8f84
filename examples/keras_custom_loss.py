# Look at: the function sums over the pixels of one image, and Keras takes the mean over the batch after it.
"""A denoising autoencoder in Keras with a loss of its own and a regularised bottleneck."""
import numpy as np
import keras
from keras import layers, ops

BATCH_SIZE = 64


def charbonnier(y_true, y_pred, epsilon=1e-3):
    """A smooth absolute difference, summed over the pixels: one number for each image."""
    difference = ops.sqrt(ops.square(y_true - y_pred) + epsilon**2)
    return ops.sum(difference, axis=(1, 2, 3))


def build():
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(32, 3, strides=2, padding='same', activation='relu'),
            layers.Conv2D(8, 3, strides=2, padding='same', activation='relu', kernel_regularizer=keras.regularizers.L2(1e-4)),
            layers.Conv2DTranspose(32, 3, strides=2, padding='same', activation='relu'),
            layers.Conv2DTranspose(1, 3, strides=2, padding='same', activation='sigmoid'),
        ]
    )


def main():
    (clean, _), _ = keras.datasets.mnist.load_data()
    clean = clean[..., None].astype('float32') / 255
    noisy = np.clip(clean + 0.2 * np.random.normal(size=clean.shape), 0, 1)

    model = build()
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=1e-4, momentum=0.9), loss=charbonnier)
    model.fit(noisy, clean, batch_size=BATCH_SIZE, epochs=10, validation_split=0.1)


if __name__ == '__main__':
    main()
