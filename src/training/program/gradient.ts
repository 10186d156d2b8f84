/** Reverse-mode differentiation: from a program's values to further values that are their gradients. */
import {
  add,
  addBiasGradient,
  affine,
  batchMaxGradient,
  batchMeanGradient,
  batchSumGradient,
  convolutionFilterGradient,
  convolutionImageGradient,
  crossEntropyGradient,
  matrixProduct,
  maxPoolGradient,
  multiply,
  reluGradient,
  reshape,
  sameShape,
  scalar,
} from './operations.ts';
import { inOrder, type OperationName, type Value, type ValueOf } from './value.ts';

/** From an operation's result and the gradient dy at it to the gradients at its operands; each is built only when it is asked for. */
type Rule<K extends OperationName> = (y: ValueOf<K>, dy: Value, operands: readonly Value[]) => readonly (() => Value)[];

/** The operations that lie between weights and a loss. Asking for the derivative of any other is a mistake in the program. */
const rules: { readonly [K in OperationName]?: Rule<K> } = {
  add: (y, dy) => elementwise(y, () => [() => dy, () => dy]),
  multiply: (y, dy, [a, b]) => elementwise(y, () => [() => multiply(dy, of(b)), () => multiply(dy, of(a))]),
  affine: (y, dy) => [() => affine(dy, y.attributes.by)],
  matrixProduct: (y, dy, [a, b]) => {
    if (y.attributes.transposeA || y.attributes.transposeB) throw noRule('a transposed matrixProduct');
    return [() => matrixProduct(dy, of(b), { transposeB: true }), () => matrixProduct(of(a), dy, { transposeA: true })];
  },
  addBias: (_y, dy) => [() => dy, () => addBiasGradient(dy)],
  reshape: (_y, dy, [x]) => [() => reshape(dy, of(x).shape)],
  relu: (y, dy) => [() => reluGradient(dy, y)],
  convolution: (_y, dy, [images, filters]) => [
    () => convolutionImageGradient(of(images), of(filters), dy),
    () => convolutionFilterGradient(of(images), dy, of(filters).shape),
  ],
  maxPool: (y, dy, [images]) => [() => maxPoolGradient(of(images), y, dy, y.attributes)],
  crossEntropy: (_y, dy, [logits, classes]) => [() => crossEntropyGradient(of(logits), of(classes), dy)],
  batchSum: (_y, dy, [x]) => [() => batchSumGradient(of(x), dy)],
  batchMean: (_y, dy, [x]) => [() => batchMeanGradient(of(x), dy)],
  batchMax: (y, dy, [x]) => [() => batchMaxGradient(of(x), y, dy)],
  halfSquaredNorm: (_y, dy, [x]) => [() => multiply(of(x), dy)],
};

/**
 * The gradients of a scalar with respect to some values.
 *
 * @throws RangeError where the loss is no scalar, does not depend on one of them, or not in a way that can be differentiated
 */
export function gradientsOf(loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length > 0) throw new RangeError(`A gradient is that of a scalar, not of [${loss.shape}].`);
  const order = inOrder([loss]);
  const wanted = new Set<Value>(wrt);
  const depends = new Set<Value>();
  for (const v of order) if (wanted.has(v) || sourcesOf(v).some((source) => depends.has(source))) depends.add(v);

  const gradients = new Map<Value, Value>([[loss, scalar(1)]]);
  for (const y of order.toReversed()) {
    const dy = gradients.get(y);
    if (!dy || wanted.has(y) || !depends.has(y)) continue;
    const local = localGradients(y, dy);
    sourcesOf(y).forEach((source, i) => {
      if (!depends.has(source)) return;
      const before = gradients.get(source);
      const more = of(local[i])();
      gradients.set(source, before ? add(before, more) : more);
    });
  }
  return wrt.map((v) => {
    const gradient = gradients.get(v);
    if (!gradient) throw new RangeError(`The loss does not depend on one of the values: ${v.operation}.`);
    return gradient;
  });
}

const sourcesOf = (v: Value): readonly Value[] => v.derivative?.of ?? v.operands;

function localGradients(y: Value, dy: Value): readonly (() => Value)[] {
  if (y.derivative) return y.derivative.gradients(dy).map((gradient) => () => gradient);
  // The table holds the rule of the very operation that the value has.
  const rule = rules[y.operation] as Rule<OperationName> | undefined;
  if (!rule) throw noRule(y.operation);
  return rule(y, dy, y.operands);
}

/** A scalar that was spread over the elements would need its gradient summed; no loss here does that. */
function elementwise(y: Value, gradients: () => readonly (() => Value)[]): readonly (() => Value)[] {
  const [a, b] = y.operands;
  if (!sameShape(of(a), of(b))) throw noRule(`${y.operation} with a scalar`);
  return gradients();
}

const noRule = (operation: string) => new RangeError(`There is no rule to differentiate ${operation}.`);

function of<T>(x: T | undefined): T {
  if (x === undefined) throw new RangeError('An operation lacks an operand.');
  return x;
}
