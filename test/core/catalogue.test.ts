/**
 * The tables against what the frameworks did when they were executed (test/fixtures/catalogue/executed.json), and against themselves: no name twice,
 * no parameter that is not there, no signature that cannot be read.
 */
import { strict as assert } from 'node:assert';
import {
  frameworks,
  lookup,
  lookupMethod,
  lookupProperty,
  lookupString,
  membersOf,
  namesOf,
  resolve,
} from '../../src/core/catalogue/index.ts';
import type { Entry, Framework, LossEntry, LossReduction, OptimizerEntry } from '../../src/core/catalogue/schema.ts';
import executed from '../fixtures/catalogue/executed.json' with { type: 'json' };

interface ExecutedLoss {
  readonly name: string;
  readonly framework: string;
  readonly form: string;
  readonly default: string;
  readonly overBatch: string;
  readonly arguments?: readonly (readonly [name: string, position: number | null])[];
  readonly variants?: Readonly<Record<string, string>>;
}

const losses = executed.losses as unknown as readonly ExecutedLoss[];
const isScript = (framework: string) => framework.startsWith('tfjs');
const languageOf = (framework: string) => (isScript(framework) ? 'typescript' : 'python');

/** The name as a file would import it. */
function qualified(name: string, framework: string): string {
  if (isScript(framework)) return name.replace(/^tf\./, '@tensorflow/tfjs.');
  return name.replace(/^tf\./, 'tensorflow.');
}

/** Names that two versions of TensorFlow share are looked up as in a file of that version. */
const markedBy = (framework: string): ReadonlySet<string> =>
  new Set(framework === 'tf1' ? ['tensorflow1'] : framework.startsWith('keras') ? ['keras'] : []);

function find(loss: Pick<ExecutedLoss, 'name' | 'framework'>): Entry | null {
  const text = /^compile:loss='(.*)'$/.exec(loss.name)?.[1];
  if (text !== undefined) return lookupString('loss', text, 'javascript');
  return lookup(languageOf(loss.framework), qualified(loss.name, loss.framework), markedBy(loss.framework));
}

/** A reduction in the words of the executed facts. */
const verdictOf = (reduction: LossReduction | undefined): string => reduction?.operation ?? 'missing';

/** What the facts call the default, as a key of the entry's own values where it is one. */
function defaultOf(loss: ExecutedLoss, entry: LossEntry): string {
  if (loss.default in entry.reduction.values) return loss.default;
  return entry.reduction.default;
}

describe('the catalogue against the executed frameworks', () => {
  for (const loss of losses) {
    it(`${loss.framework}: ${loss.name}`, () => {
      const entry = find(loss);
      assert.ok(entry, 'has no entry');
      // Two functions of tf.nn reduce whatever they are given, a weight as well as a batch.
      if (entry.effect === 'reduce') {
        assert.ok(['sum', 'half-square-sum'].includes(entry.operation));
        assert.equal(loss.overBatch, 'sum');
        return;
      }
      assert.equal(entry.effect, 'loss');
      if (entry.effect !== 'loss') return;
      if (loss.form !== 'string') assert.equal(entry.form, loss.form);
      assert.equal(entry.evidence, 'executed');
      const key = defaultOf(loss, entry);
      // Keras 2 called its default `auto`; both names are known and mean the same.
      assert.deepEqual(entry.reduction.values[key], entry.reduction.values[entry.reduction.default]);
      checkBatch(loss, entry);
      checkArguments(loss, entry);
      for (const [value, verdict] of Object.entries(loss.variants ?? {})) {
        const chosen: LossReduction | undefined = entry.reduction.values[value];
        assert.equal(verdictOf(chosen), verdict === 'mean-like(other)' ? 'none' : verdict, `${value}: ${verdict}`);
      }
    });
  }

  function checkBatch(loss: ExecutedLoss, entry: LossEntry): void {
    const reduction = entry.reduction.values[entry.reduction.default];
    // Ratios over the whole batch and losses of pairs are nothing that a repeated example leaves as it was.
    if (/other/.test(loss.overBatch)) assert.equal(entry.exampleDependsOnBatch, true);
    else assert.equal(verdictOf(reduction), loss.overBatch);
  }

  function checkArguments(loss: ExecutedLoss, entry: LossEntry): void {
    for (const [name, position] of loss.arguments ?? []) {
      const star = entry.parameters.indexOf('*');
      const at = entry.parameters.indexOf(name);
      assert.ok(at >= 0, `has no parameter ${name}`);
      if (position === null) assert.ok(star >= 0 && at > star, `${name} is a keyword only`);
      // Keras 2 and 3 put some of what follows the reduction in another order.
      else if (!isReordered(loss, name)) assert.equal(at, position, `position of ${name}`);
    }
    const reduction = loss.arguments?.find(([name]) => name === 'reduction');
    if (reduction) assert.equal(entry.reduction.parameter, 'reduction');
    else if (loss.overBatch === 'none') assert.equal(entry.reduction.parameter, null);
  }

  const isReordered = (loss: ExecutedLoss, name: string): boolean =>
    loss.framework === 'keras2' &&
    loss.name.endsWith('sparse_categorical_crossentropy') &&
    ['axis', 'ignore_class'].includes(name);

  for (const { name, framework, verdict } of executed.reducers) {
    it(`${framework}: ${name}`, () => {
      const method = /^Tensor\.(\w+)\(\)$/.exec(name)?.[1];
      const entry =
        method === undefined
          ? lookup(languageOf(framework), qualified(name, framework))
          : lookupMethod(languageOf(framework), method, 'tensor');
      assert.ok(entry?.effect === 'reduce', 'is no reducer');
      const simple = ['sum', 'mean', 'max'];
      const operation = entry.operation === 'weighted-mean' ? 'mean' : entry.operation;
      if (simple.includes(verdict)) assert.equal(operation, verdict);
      else assert.ok(!simple.includes(operation), `is a ${operation}`);
      assert.equal(entry.parameters[0], entry.input);
    });
  }

  for (const { name, framework, scaleInvariant } of executed.optimizers) {
    it(`${framework}: the optimiser ${name}`, () => {
      const entry =
        framework === 'tfjs'
          ? lookup('javascript', `@tensorflow/tfjs-node.train.${name}`)
          : lookup('python', `torch.optim.${name}`);
      assert.ok(entry?.effect === 'optimizer', 'is no optimiser');
      const starts = (entry.initialAccumulator?.default ?? 0) > 0;
      assert.equal(entry.family === 'adam' && !starts, scaleInvariant);
    });
  }
});

describe('the tables', () => {
  for (const framework of frameworks) {
    describe(framework.title, () => {
      it('name nothing twice', () => {
        assert.deepEqual(repeated(framework.entries.flatMap(namesOf)), []);
        assert.deepEqual(repeated(framework.entries.flatMap(membersOf).map((m) => `${m.on}.${m.name}`)), []);
        assert.deepEqual(repeated(stringsOf(framework, 'loss')), []);
        assert.deepEqual(repeated(stringsOf(framework, 'optimizer')), []);
        assert.deepEqual(repeated((framework.prefixes ?? []).map((p) => p.prefix)), []);
        assert.deepEqual(repeated(framework.aliases.map(([from]) => from)), []);
      });

      it('name their parameters as they have them', () => {
        for (const entry of everyEntry(framework)) {
          const known = new Set(entry.parameters);
          for (const name of argumentsOf(entry)) {
            assert.ok(known.has(name), `${labelOf(entry)}: ${name} is no parameter`);
          }
          assert.deepEqual(repeated(entry.parameters), [], labelOf(entry));
        }
      });

      it('are reached by their names', () => {
        for (const language of framework.languages) {
          for (const entry of framework.entries) {
            for (const name of namesOf(entry)) {
              assert.equal(resolve(language, name), name, `${name} is an alias`);
              assert.equal(lookup(language, name, new Set([framework.id])), entry, name);
            }
          }
        }
      });

      it('give losses a signature and a default', () => {
        for (const entry of framework.entries) {
          if (entry.effect !== 'loss') continue;
          const { values, default: byDefault } = entry.reduction;
          assert.ok(values[byDefault], `${labelOf(entry)}: ${byDefault}`);
          checkAxes(entry);
        }
      });
    });
  }

  it('have aliases that end', () => {
    for (const framework of frameworks) {
      for (const language of framework.languages) {
        for (const [from] of framework.aliases) {
          const name = resolve(language, `${from}.x`);
          assert.equal(resolve(language, name), name, from);
        }
      }
    }
  });
});

describe('the lookups', () => {
  it('apply aliases', () => {
    const same = (language: 'python' | 'javascript', ...names: readonly string[]) => {
      const [first, ...others] = names.map((name) => lookup(language, name));
      assert.ok(first);
      for (const other of others) assert.equal(other, first);
    };
    same(
      'python',
      'tensorflow.keras.losses.MeanSquaredError',
      'tf_keras.losses.MeanSquaredError',
      'tensorflow.compat.v1.keras.losses.MeanSquaredError',
    );
    same('python', 'tensorflow.reduce_mean', 'tensorflow.math.reduce_mean', 'tensorflow.compat.v1.math.reduce_mean');
    same('python', 'torch.nn.CrossEntropyLoss', 'torch.nn.modules.loss.CrossEntropyLoss');
    same(
      'javascript',
      '@tensorflow/tfjs.mean',
      '@tensorflow/tfjs-node-gpu.mean',
      '@tensorflow/tfjs-core.mean',
      'globals.tf.mean',
    );
  });

  it('ask the frameworks that a file uses first', () => {
    const name = 'tensorflow.losses.mean_squared_error';
    assert.equal((lookup('python', name) as LossEntry).reduction.parameter, 'reduction');
    assert.equal((lookup('python', name, new Set(['keras'])) as LossEntry).reduction.parameter, null);
    assert.equal(
      (lookup('python', name, new Set(['keras', 'tensorflow1'])) as LossEntry).reduction.parameter,
      'reduction',
    );
  });

  it('find families by a prefix, and what has an entry of its own before them', () => {
    assert.equal(lookup('python', 'torch.nn.Conv2d')?.effect, 'layer');
    assert.equal(lookup('python', 'torch.nn.functional.some_new_function')?.effect, 'apply');
    assert.equal(lookup('python', 'torch.nn.CrossEntropyLoss')?.effect, 'loss');
    assert.equal(lookup('python', 'tensorflow.keras.layers.Dense')?.effect, 'layer');
    assert.equal(lookup('typescript', '@tensorflow/tfjs.layers.dense')?.effect, 'layer');
    assert.equal(lookup('python', 'torch'), null);
    assert.equal(lookup('python', 'somewhere.else'), null);
  });

  it('tell a method from a property', () => {
    assert.equal(lookupMethod('python', 'size', 'tensor', new Set(['torch']))?.effect, 'shape');
    assert.equal(lookupProperty('python', 'size', 'tensor', new Set(['torch'])), null);
    assert.equal(lookupProperty('python', 'size', 'tensor', new Set(['numpy']))?.effect, 'element-count');
    assert.equal(lookupProperty('javascript', 'size', 'tensor')?.effect, 'element-count');
  });

  it('tell what a method is called on', () => {
    assert.equal(lookupMethod('python', 'repeat', 'tensor')?.effect, 'reshape');
    assert.equal(lookupMethod('python', 'repeat', 'batches')?.effect, 'transparent');
    assert.equal(lookupMethod('python', 'parameters', 'model')?.effect, 'parameters');
    assert.equal(lookupMethod('python', 'parameters', 'tensor'), null);
    assert.equal(lookupMethod('python', 'minimize', 'unknown')?.effect, 'sink');
    assert.equal(lookupMethod('python', 'backward', 'tensor')?.effect, 'sink');
  });

  it('know the strings of compile', () => {
    assert.equal(lookupString('loss', 'mse', 'python')?.names[0], 'keras.losses.MeanSquaredError');
    assert.equal(lookupString('loss', 'meanSquaredError', 'typescript')?.form, 'class');
    // TensorFlow.js takes no short names for losses.
    assert.equal(lookupString('loss', 'mse', 'typescript'), null);
    const sgd: OptimizerEntry | null = lookupString('optimizer', 'SGD', 'python');
    assert.equal(sgd?.family, 'sgd');
    assert.equal(lookupString('optimizer', 'adam', 'javascript')?.family, 'adam');
    assert.equal(lookupString('optimizer', 'nothing', 'python'), null);
  });
});

function repeated(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.has(name) || !seen.add(name));
}

const everyEntry = (framework: Framework): readonly Entry[] => [
  ...framework.entries,
  ...(framework.prefixes ?? []).map((p) => p.entry),
];

const stringsOf = (framework: Framework, effect: 'loss' | 'optimizer'): string[] =>
  framework.entries.flatMap((e) => (e.effect === effect && 'strings' in e ? (e.strings ?? []) : []));

const labelOf = (entry: Entry): string => namesOf(entry)[0] ?? membersOf(entry)[0]?.name ?? entry.effect;

/** Every parameter that an entry names somewhere besides its list of parameters. */
function argumentsOf(entry: Entry): readonly string[] {
  const given = (...names: readonly (string | null | undefined)[]): string[] =>
    names.filter((name): name is string => typeof name === 'string' && name !== 'receiver');
  const synonyms = Object.values('synonyms' in entry ? (entry.synonyms ?? {}) : {}) as string[];
  switch (entry.effect) {
    case 'loss': {
      const call = entry.call ?? entry.parameters;
      const inputs = inputsOf(entry).filter((name) => !call.includes(name));
      const weights = entry.weights !== undefined && call.includes(entry.weights) ? undefined : entry.weights;
      const { parameter, legacy } = entry.reduction;
      return given(
        parameter,
        legacy?.average,
        legacy?.reduce,
        weights,
        entry.ignored,
        entry.divisor,
        ...inputs,
        ...synonyms,
      );
    }
    case 'reduce':
      return given(entry.input, entry.axis, entry.keepDims, entry.count, entry.weights, ...synonyms);
    case 'optimizer': {
      const clips = (entry.clips ?? []).map((c) => c.parameter);
      const { learningRate, momentum, weightDecay, epsilon, initialAccumulator } = entry;
      const settings = [learningRate, momentum, weightDecay, epsilon, initialAccumulator].map((s) => s?.parameter);
      return given(...settings, ...clips, ...synonyms);
    }
    case 'sink':
      return given(entry.loss, entry.optimizer, entry.orArgument, entry.withRespectTo, ...synonyms);
    case 'fit':
      return [];
    default: {
      const named = given(entry.input, ...synonyms);
      const fields = [
        'exponent',
        'condition',
        'then',
        'otherwise',
        'argument',
        'list',
        'axis',
        'shape',
        'scale',
        'size',
      ];
      const more = [
        'dropLast',
        'keepLast',
        'threshold',
        'initial',
        'optimizer',
        'default',
        'function',
        'target',
        'regularizer',
      ];
      const own = entry as unknown as Readonly<Record<string, unknown>>;
      for (const field of [...fields, ...more]) {
        const value = own[field];
        if (typeof value === 'string') named.push(value);
      }
      if (entry.effect === 'layer' || entry.effect === 'apply') named.push(...(entry.weightDecay ?? []));
      if (entry.effect === 'collect') named.push(entry.value, ...given(entry.name));
      if (entry.effect === 'flag') named.push(entry.name, ...(entry.also ?? []));
      if (entry.effect === 'guard' && entry.clip) named.push(entry.clip.threshold);
      return named;
    }
  }
}

const inputsOf = (entry: LossEntry): readonly string[] =>
  (entry.axes.split('->')[0] ?? '').split(',').map((part) => part.split(':')[0]?.trim() ?? '');

/** `'input: B C *S, target: B *S -> B *S'`: names, axes, and nothing on the right that is not on the left. */
function checkAxes(entry: LossEntry): void {
  const label = `${labelOf(entry)}: ${entry.axes}`;
  const [left, right, ...more] = entry.axes.split('->');
  assert.ok(left !== undefined && right !== undefined && more.length === 0, label);
  const axes = (text: string) => text.trim().split(/\s+/).filter(Boolean);
  const known = new Set<string>();
  for (const part of left.split(',')) {
    const match = /^\s*(\w+):(.*)$/.exec(part);
    assert.ok(match, label);
    for (const name of axes(match[2] ?? '')) known.add(name);
  }
  for (const name of [...known, ...axes(right)]) assert.match(name, /^(?:[BTFZC]|\*S)$/, label);
  for (const name of axes(right)) assert.ok(known.has(name), label);
  assert.ok(known.has('B'), label);
}
