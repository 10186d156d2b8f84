/** Random losses: expressions of each shape that one meets in training code, made of expressions of the shapes before them. */
import fc from 'fast-check';
import { binary, type Elementwise, type Expression, number, reduce } from './expression.ts';
import { STYLES, type Style } from './render.ts';

type Make = fc.Arbitrary<Expression>;
interface Shapes {
  elements: Expression;
  columns: Expression;
  rows: Expression;
  examples: Expression;
  reduced: Expression;
  term: Expression;
}

const always = (e: Expression): Make => fc.constant(e);
const numbers: Make = fc.constantFrom(0.5, 0.01, 3).map(number);
const counts: Make = fc.constantFrom(
  { is: 'size', form: 'actual' },
  { is: 'size', form: 'targets' },
  { is: 'size', form: 'nominal' },
  { is: 'size', form: 'elements' },
  { is: 'size', form: 'columns' },
);
const sizes: Make = fc.oneof(
  { weight: 4, arbitrary: counts },
  { weight: 1, arbitrary: counts.map((of): Expression => ({ is: 'map', f: 'sqrt', of })) },
);
const penalties: Make = fc
  .constantFrom('squares', 'absolute', 'length')
  .map((form): Expression => ({ is: 'penalty', form }));
const weightings: Make = fc.constantFrom('mask', 'weight').map((name): Expression => ({ is: 'input', name }));
const elementLosses = fc.constantFrom('squared', 'absolute', 'binary');
const reductions = fc.constantFrom('sum', 'mean');
const reducers = fc.oneof(
  { weight: 6, arbitrary: reductions },
  { weight: 3, arbitrary: fc.constantFrom('max', 'min', 'logsumexp', 'norm', 'deviation', 'sample deviation') },
);

const mapped = (of: Make, ...functions: Elementwise[]): Make =>
  fc.tuple(fc.constantFrom(...functions), of).map(([f, of]) => ({ is: 'map', f, of }));
const guarded = (of: Make): Make =>
  fc.tuple(fc.constantFrom('plus', 'clamp'), of).map(([form, of]) => ({ is: 'guard', form, of }));
const clipped = (of: Make): Make => of.map((of) => ({ is: 'clipped', of }));
const softmax = (of: Make, ...axes: number[]): Make =>
  fc.tuple(fc.constantFrom(...axes), of).map(([axis, of]) => ({ is: 'softmax', axis, of }));
const paired = (is: 'dot' | 'stack' | 'concat', left: Make, right: Make): Make =>
  fc.tuple(left, right).map(([left, right]) => ({ is, left, right }));
const hardest = (of: Make): Make =>
  fc.tuple(fc.constantFrom('value', 'index'), of).map(([by, of]) => ({ is: 'hardest', count: 2, by, of }));
const detached = (of: Make): Make => of.map((of) => ({ is: 'detach', of }));
const column = (of: Make): Make => of.map((of) => ({ is: 'column', of }));
const joined = (left: Make, operators: string, right: Make): Make =>
  fc
    .tuple(fc.constantFrom(...(operators.split('') as ('+' | '-' | '*' | '/')[])), left, right)
    .map(([o, a, b]) => binary(o, a, b));
const reduced = (of: Make, axes: readonly (number | null)[], keep = false): Make =>
  fc.tuple(reducers, of, fc.constantFrom(...axes)).map(([how, of, axis]) => reduce(how, of, axis, keep));
const choice = (...options: readonly (readonly [weight: number, make: Make])[]): Make =>
  fc.oneof({ maxDepth: 5, depthSize: 'medium' }, ...options.map(([weight, arbitrary]) => ({ weight, arbitrary })));

/** Σ l·w / Σ w: a mean over what counts. */
const weightedMean = (of: Make): Make =>
  fc.tuple(of, weightings, fc.boolean()).map(([of, w, guard]) => {
    const total = reduce('sum', w);
    return binary('/', reduce('sum', binary('*', of, w)), guard ? { is: 'guard', form: 'clamp', of: total } : total);
  });

const shapes: fc.LetrecTypedBuilder<Shapes> = (tie) => ({
  /** [B, F] */
  elements: choice(
    [6, elementLosses.map((loss): Expression => ({ is: 'elements', loss }))],
    [2, mapped(tie('elements'), 'log1p', 'exp', 'tanh', 'relu', 'square', 'sqrt')],
    [1, clipped(tie('elements'))],
    [1, joined(softmax(tie('elements'), 0, 1, -1), '*', tie('elements'))],
    [1, mapped(guarded(tie('elements')), 'log', 'sqrt')],
    [1, joined(tie('elements'), '+*', tie('elements'))],
    [1, joined(tie('elements'), '*/', column(weightings))],
    [1, joined(tie('elements'), '+-*/', tie('columns'))],
    [1, joined(tie('elements'), '+-*/', tie('rows'))],
    [1, joined(tie('elements'), '*/', numbers)],
    [1, joined(tie('elements'), '+-*/', tie('reduced'))],
    [1, joined(detached(tie('elements')), '*', tie('elements'))],
  ),
  /** [B, 1] */
  columns: choice([3, reduced(tie('elements'), [1, -1], true)], [1, column(tie('examples'))]),
  /** [F], [1, F] */
  rows: choice(
    [2, reduced(tie('elements'), [0])],
    [2, reduced(tie('elements'), [0], true)],
    [1, mapped(guarded(tie('rows')), 'sqrt')],
  ),
  /** [B] */
  examples: choice(
    [5, always({ is: 'examples' })],
    [5, reduced(tie('elements'), [1, -1])],
    [1, mapped(tie('examples'), 'log1p', 'exp', 'tanh', 'square', 'cube', 'abs', 'relu', 'sqrt')],
    [1, mapped(guarded(tie('examples')), 'log', 'sqrt')],
    [1, clipped(tie('examples'))],
    [1, joined(softmax(tie('examples'), 0), '*', tie('examples'))],
    [1, joined(detached(softmax(tie('examples'), 0)), '*', tie('examples'))],
    [1, tie('examples').map((of) => ({ is: 'zeroed', of }))],
    [1, joined(tie('examples'), '+-*/', tie('examples'))],
    [2, joined(tie('examples'), '*', weightings)],
    [1, joined(tie('examples'), '+', joined(numbers, '*', penalties))],
    [1, joined(tie('examples'), '+-*/', tie('reduced'))],
    [1, joined(tie('examples'), '*/', numbers)],
    [1, joined(detached(tie('examples')), '*', tie('examples'))],
  ),
  /** One number. */
  reduced: choice(
    [
      5,
      fc
        .tuple(fc.oneof(elementLosses, fc.constant('classes' as const)), reductions)
        .map(([loss, reduction]): Expression => ({ is: 'criterion', loss, reduction })),
    ],
    [6, reduced(tie('examples'), [null, 0])],
    [4, reduced(tie('elements'), [null])],
    [1, reduced(tie('rows'), [null])],
    [1, fc.tuple(reductions, hardest(tie('examples'))).map(([how, of]) => reduce(how, of))],
    [1, fc.tuple(reductions, tie('examples')).map(([how, of]) => reduce(how, { is: 'picked', of }))],
    [1, fc.tuple(reducers, tie('elements')).map(([how, of]) => reduce(how, { is: 'flat', of }))],
    [1, fc.tuple(reductions, tie('elements')).map(([how, of]) => reduce(how, { is: 'pairs', of }))],
    [1, paired('dot', tie('examples'), weightings)],
    [1, fc.tuple(reductions, paired('stack', tie('reduced'), tie('reduced'))).map(([how, of]) => reduce(how, of))],
    [1, fc.tuple(reducers, paired('concat', tie('examples'), tie('examples'))).map(([how, of]) => reduce(how, of))],
    [1, joined(tie('reduced'), '/', always({ is: 'count' }))],
    [3, weightedMean(tie('examples'))],
    [3, joined(tie('reduced'), '/', sizes)],
    [1, joined(tie('reduced'), '*', sizes)],
    [2, joined(numbers, '*', tie('reduced'))],
    [1, joined(numbers, '/', tie('reduced'))],
    [1, joined(tie('reduced'), '+-', numbers)],
    [1, mapped(tie('reduced'), 'log', 'sqrt', 'square', 'log1p', 'abs', 'tanh')],
    [1, mapped(guarded(tie('reduced')), 'log', 'sqrt')],
    [1, joined(tie('reduced'), '*+-/', tie('reduced'))],
    [1, joined(tie('reduced'), '/', guarded(tie('reduced')))],
    [1, joined(detached(tie('reduced')), '*', tie('reduced'))],
    [1, penalties],
  ),
  /** What one would add up: a loss of the data, or a weighted penalty. */
  term: fc.oneof({ weight: 4, arbitrary: tie('reduced') }, { weight: 1, arbitrary: joined(numbers, '*', penalties) }),
});

export interface RandomLoss {
  /** What is added up; their sum is the loss. */
  readonly terms: readonly Expression[];
  /** How the program adds them up. */
  readonly style: Style;
  /** Chooses the numbers of the batch. */
  readonly seed: number;
}

export const randomLosses: fc.Arbitrary<RandomLoss> = fc.record({
  terms: fc.array(fc.letrec<Shapes>(shapes).term, { minLength: 1, maxLength: 3 }),
  style: fc.constantFrom(...STYLES),
  seed: fc.noShrink(fc.nat()),
});

export const wholeOf = (terms: readonly Expression[]): Expression => terms.reduce((a, b) => binary('+', a, b));
