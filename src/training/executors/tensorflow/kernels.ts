/** Each operation of a training program as TensorFlow nodes. */
import type { OperationName, ValueOf, Window } from '../../program/value.ts';
import { attribute, axesOf, type GraphWriter, type Reference } from './graph.ts';
import type { AttributeMessage } from './messages.ts';

type Kernel<K extends OperationName> = (
  graph: GraphWriter,
  operands: readonly Reference[],
  value: ValueOf<K>,
) => Reference;

type Kernels = { readonly [K in Exclude<OperationName, 'input' | 'variable'>]: Kernel<K> };

const channelsLast = { data_format: attribute.text('NHWC') };
const samePadding = {
  ...channelsLast,
  strides: attribute.integers([1, 1, 1, 1]),
  padding: attribute.text('SAME'),
};
const BOOL: AttributeMessage = { type: 10 };

const windowed = ({ size, stride }: Window) => ({
  ...channelsLast,
  ksize: attribute.integers([1, size, size, 1]),
  strides: attribute.integers([1, stride, stride, 1]),
  padding: attribute.text('SAME'),
});

const direct =
  (op: string): Kernel<OperationName> =>
  (graph, operands) =>
    graph.float(op, operands);

/** One node calculates the losses (its first output) and their gradients (its second): asked for twice, it is merged into one. */
const softmaxCrossEntropy = (graph: GraphWriter, logits: Reference | undefined, classes: Reference | undefined) =>
  graph.float('SparseSoftmaxCrossEntropyWithLogits', [of(logits), of(classes)], { Tlabels: attribute.type('int32') });

export const kernels: Kernels = {
  constant: (graph, _operands, { attributes, shape }) =>
    graph.constant('float32', shape as readonly number[], attributes.numbers),

  add: direct('AddV2'),
  subtract: direct('Sub'),
  multiply: direct('Mul'),
  divide: direct('RealDiv'),
  maximum: direct('Maximum'),
  square: direct('Square'),
  squareRoot: direct('Sqrt'),
  inverseSquareRoot: direct('Rsqrt'),
  affine(graph, [x], { attributes: { by, plus } }) {
    const scaled = by === 1 ? of(x) : graph.float('Mul', [of(x), graph.number(by)]);
    return plus === 0 ? scaled : graph.float('AddV2', [scaled, graph.number(plus)]);
  },

  matrixProduct: (graph, operands, { attributes: { transposeA, transposeB } }) =>
    graph.float('MatMul', operands, {
      transpose_a: attribute.flag(transposeA),
      transpose_b: attribute.flag(transposeB),
    }),
  addBias: (graph, operands) => graph.float('BiasAdd', operands, channelsLast),
  addBiasGradient: (graph, operands) => graph.float('BiasAddGrad', operands, channelsLast),
  reshape: (graph, [x], { shape }) => graph.reshape(of(x), shape),

  relu: direct('Relu'),
  reluGradient: direct('ReluGrad'),
  convolution: (graph, operands) => graph.float('Conv2D', operands, samePadding),
  convolutionImageGradient: (graph, [images, filters, dy]) =>
    graph.float('Conv2DBackpropInput', [graph.shapeOf(of(images)), of(filters), of(dy)], samePadding),
  convolutionFilterGradient: (graph, [images, dy], { shape }) =>
    graph.float(
      'Conv2DBackpropFilter',
      [of(images), graph.integers(...(shape as readonly number[])), of(dy)],
      samePadding,
    ),
  maxPool: (graph, operands, { attributes }) => graph.float('MaxPool', operands, windowed(attributes)),
  maxPoolGradient: (graph, operands, { attributes }) => graph.float('MaxPoolGrad', operands, windowed(attributes)),

  crossEntropy: (graph, [logits, classes]) => softmaxCrossEntropy(graph, logits, classes),
  crossEntropyGradient(graph, [logits, classes, dy]) {
    const perExample = `${softmaxCrossEntropy(graph, logits, classes)}:1`;
    return graph.float('Mul', [perExample, graph.reshape(of(dy), [null, 1])]);
  },

  batchSum: (graph, [losses]) => graph.reduce('Sum', of(losses), [0]),
  batchMean: (graph, [losses]) => graph.reduce('Mean', of(losses), [0]),
  batchMax: (graph, [losses]) => graph.reduce('Max', of(losses), [0]),
  batchSumGradient: (graph, [losses, dy]) => graph.spread(of(dy), of(losses)),
  batchMeanGradient(graph, [losses, dy]) {
    const size = graph.float('Size', [of(losses)], { out_type: attribute.type('int32') });
    const share = graph.float('RealDiv', [of(dy), graph.cast(size, attribute.type('int32'))]);
    return graph.spread(share, of(losses));
  },
  batchMaxGradient(graph, [losses, largest, dy]) {
    const equal = graph.float('Equal', [of(losses), of(largest)], { incompatible_shape_error: attribute.flag(true) });
    const ties = graph.cast(equal, BOOL);
    const share = graph.float('RealDiv', [of(dy), graph.reduce('Sum', ties, [0])]);
    return graph.float('Mul', [ties, share]);
  },

  halfSquaredNorm: direct('L2Loss'),
  largestDifference(graph, operands, value) {
    const [a] = value.operands;
    return graph.reduce('Max', graph.float('Abs', [graph.float('Sub', operands)]), axesOf(of(a)));
  },
  pack: (graph, operands) =>
    graph.float('Pack', operands, { N: attribute.integer(operands.length), axis: attribute.integer(0) }),
  indexOfLargest(graph, [x], value) {
    const [operand] = value.operands;
    const axis = graph.constant('int32', [], Int32Array.of(of(operand).shape.length - 1));
    return graph.float('ArgMax', [of(x), axis], {
      Tidx: attribute.type('int32'),
      output_type: attribute.type('int32'),
    });
  },
};

function of<T>(operand: T | undefined): T {
  if (operand === undefined) throw new RangeError('An operation lacks an operand.');
  return operand;
}
