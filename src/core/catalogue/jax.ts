/** The array functions of JAX. Its transformations and optimisers (grad, optax) have no entries yet: a loss that only they differentiate has no sink. */
import { along, apply, define, detach, elementwise, reducer, under } from './entries.ts';
import { numpyFunctions } from './numpy.ts';
import type { Framework } from './schema.ts';

export const jax: Framework = {
  id: 'jax',
  title: 'JAX',
  languages: ['python'],
  aliases: [
    ['jax.experimental.numpy', 'jax.numpy'],
    ['jax.scipy.special', 'jax.nn'],
  ],
  modules: ['jax'],
  markers: ['jax'],
  customaryNames: { jnp: 'jax.numpy' },
  models: [],
  entries: [
    ...numpyFunctions('jax.numpy', true),
    reducer('logsumexp', ['jax.nn.logsumexp'], 'a axis b keepdims', { axis: 'axis', keepDims: 'keepdims' }),
    elementwise(1, under('jax.nn', 'relu leaky_relu')),
    elementwise(
      null,
      under('jax.nn', 'sigmoid log_sigmoid softplus tanh elu selu celu gelu silu swish relu6 hard_tanh expit logit'),
    ),
    along('softmax', ['jax.nn.softmax'], 'x axis', 'axis'),
    along('log-softmax', ['jax.nn.log_softmax'], 'x axis', 'axis'),
    define({ effect: 'reshape', how: 'unsqueeze', argument: null }, ['jax.nn.one_hot'], 'x num_classes'),
    define(detach, ['jax.lax.stop_gradient', 'jax.device_get'], 'x'),
    define({ effect: 'wrap', target: 'fun' }, under('jax', 'jit checkpoint remat named_call'), 'fun'),
  ],
  prefixes: [
    { prefix: 'jax.random.', entry: define({ effect: 'constant' }, [], 'key') },
    { prefix: 'jax.lax.conv', entry: define(apply, [], 'lhs rhs') },
  ],
};
