/** Random losses are expressions of this kind: printed as source text, evaluated as numbers, and split into the terms that they add up. */

/** An axis of a tensor: the batch, the features, or one that was kept with size one. */
export type Axis = 'B' | 'F' | '1';

export type Elementwise = 'log' | 'log1p' | 'exp' | 'tanh' | 'abs' | 'relu' | 'sqrt' | 'square' | 'cube';
/** `deviation` divides by n, `sample deviation` by n − 1. */
export type Reducer = 'sum' | 'mean' | 'max' | 'min' | 'logsumexp' | 'norm' | 'deviation' | 'sample deviation';
export type ElementLoss = 'squared' | 'absolute' | 'binary';

export type Expression =
  /** A loss of each element of the prediction: [B, F]. */
  | { readonly is: 'elements'; readonly loss: ElementLoss }
  /** The cross-entropy of each example: [B]. */
  | { readonly is: 'examples' }
  /** A loss function of the framework that reduces by itself. */
  | { readonly is: 'criterion'; readonly loss: ElementLoss | 'classes'; readonly reduction: 'sum' | 'mean' }
  /** What the data set says about each example: 0 or 1, or how much it counts: [B]. */
  | { readonly is: 'input'; readonly name: 'mask' | 'weight' }
  /** A function of the parameters alone. */
  | { readonly is: 'penalty'; readonly form: 'squares' | 'absolute' | 'length' }
  | { readonly is: 'number'; readonly value: number }
  /** The number of examples as the inputs or the targets have it, or as a setting says it, of elements of the prediction, and of its columns. */
  | { readonly is: 'size'; readonly form: 'actual' | 'targets' | 'nominal' | 'elements' | 'columns' }
  /** How many examples the mask keeps. */
  | { readonly is: 'count' }
  | { readonly is: 'map'; readonly f: Elementwise; readonly of: Expression }
  /** No less than 0.2 and no more than 1.5. */
  | { readonly is: 'clipped'; readonly of: Expression }
  /** Shares of the whole along an axis. */
  | { readonly is: 'softmax'; readonly axis: number; readonly of: Expression }
  /** Keeps a divisor or a root away from zero, and is taken to change nothing: `+ 1e-8`, `clamp`. */
  | { readonly is: 'guard'; readonly form: 'plus' | 'clamp'; readonly of: Expression }
  | { readonly is: 'detach'; readonly of: Expression }
  /** Adds an axis of size one behind [B]. */
  | { readonly is: 'column'; readonly of: Expression }
  /** The examples that the mask keeps, and all examples with zeros for the others. */
  | { readonly is: 'picked' | 'zeroed'; readonly of: Expression }
  /** [B, F] as one long axis. */
  | { readonly is: 'flat'; readonly of: Expression }
  /** The product of every example with every other: [B, B]. */
  | { readonly is: 'pairs'; readonly of: Expression }
  /** The largest of [B], a fixed number of them, as a function gives them or by their indices. */
  | { readonly is: 'hardest'; readonly count: number; readonly by: 'value' | 'index'; readonly of: Expression }
  | {
      readonly is: 'reduce';
      readonly how: Reducer;
      readonly axis: number | null;
      readonly keep: boolean;
      readonly of: Expression;
    }
  /** Σ a·b over the batch, as a product of vectors. */
  | { readonly is: 'dot'; readonly left: Expression; readonly right: Expression }
  /** Two numbers as a list, or two batches one after the other. */
  | { readonly is: 'stack' | 'concat'; readonly left: Expression; readonly right: Expression }
  | {
      readonly is: 'binary';
      readonly operator: '+' | '-' | '*' | '/';
      readonly left: Expression;
      readonly right: Expression;
    }
  /** Repeated to the shape of another expression; only the splitting into terms makes these. */
  | { readonly is: 'repeated'; readonly of: Expression; readonly like: Expression };

type Binary = Extract<Expression, { is: 'binary' }>;

export const number = (value: number): Expression => ({ is: 'number', value });
export const binary = (operator: Binary['operator'], left: Expression, right: Expression): Expression => ({
  is: 'binary',
  operator,
  left,
  right,
});
export const reduce = (how: Reducer, of: Expression, axis: number | null = null, keep = false): Expression => ({
  is: 'reduce',
  how,
  axis,
  keep,
  of,
});

export function axesOf(e: Expression): readonly Axis[] {
  switch (e.is) {
    case 'elements':
      return ['B', 'F'];
    case 'examples':
    case 'input':
    case 'hardest':
    case 'flat':
    case 'concat':
      return ['B'];
    case 'pairs':
      return ['B', 'B'];
    case 'stack':
      return ['F'];
    case 'criterion':
    case 'penalty':
    case 'number':
    case 'size':
    case 'count':
    case 'dot':
      return [];
    case 'column':
      return [...axesOf(e.of), '1'];
    case 'reduce': {
      if (e.axis === null) return [];
      const axes = axesOf(e.of);
      const at = e.axis < 0 ? axes.length + e.axis : e.axis;
      return e.keep ? axes.with(at, '1') : axes.toSpliced(at, 1);
    }
    case 'binary': {
      const [a, b] = [axesOf(e.left), axesOf(e.right)];
      const rank = Math.max(a.length, b.length);
      return Array.from({ length: rank }, (_, i) => {
        const [x, y] = [a[i - rank + a.length] ?? '1', b[i - rank + b.length] ?? '1'];
        return x === '1' ? y : x;
      });
    }
    case 'repeated':
      return axesOf(e.like);
    default:
      return axesOf(e.of);
  }
}

export const partsOf = (e: Expression): readonly Expression[] =>
  'of' in e ? [e.of] : 'left' in e ? [e.left, e.right] : [];

export const trains = (e: Expression): boolean =>
  e.is === 'elements' ||
  e.is === 'examples' ||
  e.is === 'criterion' ||
  e.is === 'penalty' ||
  (e.is !== 'detach' && partsOf(e).some(trains));

/** Whether the losses of examples are in it. */
export const holdsLosses = (e: Expression): boolean =>
  e.is === 'elements' || e.is === 'examples' || e.is === 'criterion' || partsOf(e).some(holdsLosses);

/** Whether anything in it depends on which examples the batch holds, if only by a mask. */
export const holdsExamples = (e: Expression): boolean =>
  holdsLosses(e) || ['input', 'count', 'picked', 'zeroed'].includes(e.is) || partsOf(e).some(holdsExamples);
