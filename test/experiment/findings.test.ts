import assert from 'node:assert/strict';
import { armsOf } from '../../src/experiment/arms.ts';
import { defaultSettings } from '../../src/experiment/defaults.ts';
import { createSummary, finding, type RunSummary } from '../../src/experiment/findings.ts';
import { presets } from '../../src/experiment/presets.ts';
import {
  type Finished,
  type Law,
  PRESETS,
  type PresetName,
  type Settings,
  type Started,
  type StepOfArm,
  type TrainingEvent,
} from '../../src/protocol.ts';
import { openBackend } from '../../src/training/backends.ts';
import { drawBuiltin } from '../../src/training/data/builtin.ts';
import { startTraining } from '../../src/training/trainer.ts';

/** A run of 100 steps, told by hand. */
function startOf(preset: PresetName, over: Partial<Settings> = {}): Started {
  const settings = presets[preset].apply({ ...defaultSettings(), steps: 100, ...over });
  return {
    event: 'started',
    version: '0',
    settings,
    arms: armsOf(settings),
    data: { kind: 'builtin', name: 'drawings', classes: ['disc', 'ring'], train: 5120, heldOut: 1280, checksum: '' },
    backend: { name: 'cpu', versions: {}, passedOver: [] },
    parameters: 10,
    after: 0,
  };
}

const update = (arm: string, over: Partial<StepOfArm> = {}): StepOfArm => ({
  arm,
  loss: 2,
  objective: 2,
  dataGradientNorm: 1,
  penaltyGradientNorm: 0.01,
  gradientNorm: 1,
  updateNorm: 0.05,
  weightNorm: 10,
  examples: 128,
  ...over,
});

const step = (number: number, arms: StepOfArm[]): TrainingEvent => ({
  event: 'step',
  step: number,
  epoch: 1,
  seconds: 1,
  examplesPerSecond: 100,
  secondsLeft: 1,
  arms,
});

const evaluated = (number: number, arms: Record<string, { accuracy?: number; loss?: number; examples?: number }>) =>
  ({
    event: 'evaluated',
    step: number,
    arms: Object.entries(arms).map(([arm, { accuracy = 0.5, loss = 1, examples = 128 * number }]) => ({
      arm,
      examples,
      loss,
      accuracy,
      classAccuracy: [accuracy + 0.01, accuracy - 0.01],
    })),
  }) satisfies TrainingEvent;

const measured = (number: number, largestDifference: number | null, laws: Law[] = []): TrainingEvent => ({
  event: 'measured',
  step: number,
  arm: 'mean',
  batchSize: 128,
  batch: {},
  half: {},
  twice: {},
  selected: {},
  largestDifference,
  laws,
});

const diverged = (arm: string, number: number): TrainingEvent => ({
  event: 'diverged',
  step: number,
  arm,
  message: `${arm} diverged at step ${number}: its step is that of a mean with learning rate 6.4.`,
});

const finished = (reason: Finished['reason'], number: number, laws: Law[] = []): TrainingEvent => ({
  event: 'finished',
  reason,
  step: number,
  laws,
});

const law = (name: Law['law'], over: Partial<Law> = {}): Law => ({
  law: name,
  title: name,
  predicted: '1',
  measured: '1.000',
  deviation: 0,
  limit: 0.001,
  holds: true,
  heuristic: false,
  note: '',
  ...over,
});

function told(events: readonly TrainingEvent[]): RunSummary {
  const summary = createSummary();
  for (const event of events) summary.add(event);
  return summary.run!;
}

/** The first steps of all arms: the sum's gradient and update are 128 times as long as the mean's, where rates are the same. */
function firstSteps(started: Started): TrainingEvent[] {
  const updateOf = ({ name, reduction, batchSize, learningRate, batchFactor }: Started['arms'][number]) => {
    const length = reduction === 'sum' ? batchSize : 1;
    return update(name, {
      dataGradientNorm: length,
      gradientNorm: length,
      updateNorm: length * learningRate,
      penaltyGradientNorm: 0.01 * (reduction === 'sum' ? 128 : 1),
      examples: 128 * batchFactor,
    });
  };
  const [small, large] = [1, 2].map((k) => started.arms.filter(({ batchFactor }) => batchFactor === k).map(updateOf));
  return [step(1, small!), step(2, [...small!, ...large!])];
}

const sentence = (preset: PresetName, events: readonly TrainingEvent[]): string => finding(preset, told(events));

describe('what a run shows', () => {
  describe('at the same rate', () => {
    const started = startOf('same-rate', { learningRate: 0.002 });
    const after = evaluated(100, { sum: { accuracy: 0.845 }, mean: { accuracy: 0.16 }, max: { accuracy: 0.1 } });

    it('is the theory before anything is trained', () => {
      assert.equal(
        sentence('same-rate', [started]),
        'At rate 0.002 sum should train like a mean at 0.256 with the penalty ÷ 128.',
      );
    });

    it('is the length of the first step before anything is evaluated', () => {
      assert.equal(
        sentence('same-rate', [started, ...firstSteps(started)]),
        'At rate 0.002 sum trains like a mean at 0.256 with the penalty ÷ 128: its first update is 128 times as long as mean’s.',
      );
    });

    it('is the accuracy with its step while it runs, and without it at the end', () => {
      const events = [started, ...firstSteps(started), after];
      assert.equal(
        sentence('same-rate', events),
        'At rate 0.002 sum trains like a mean at 0.256 with the penalty ÷ 128: after 100 steps it gets 84.5 % of the held-out examples right, mean 16.0 %, max 10.0 %.',
      );
      assert.equal(
        sentence('same-rate', [...events, finished('completed', 100)]),
        'At rate 0.002 sum trains like a mean at 0.256 with the penalty ÷ 128: it gets 84.5 % of the held-out examples right, mean 16.0 %, max 10.0 %.',
      );
    });

    it('says why an arm has ended, and goes on with the others', () => {
      const events = [started, diverged('sum', 11), evaluated(50, { mean: { accuracy: 0.623 } })];
      assert.equal(
        sentence('same-rate', events),
        'Sum diverged at step 11: its step is that of a mean with learning rate 6.4; after 50 steps mean gets 62.3 % of the held-out examples right.',
      );
    });

    it('does not repeat an accuracy from before an arm diverged', () => {
      const events = [started, ...firstSteps(started), after, diverged('max', 101)];
      assert.doesNotMatch(sentence('same-rate', events), /max 10\.0/);
    });

    it('compares the steps where Adam or a clip decides their length', () => {
      const adam = startOf('same-rate', { optimizer: 'adam', learningRate: 0.001 });
      const updates = [update('sum', { gradientNorm: 128 }), update('mean')];
      assert.equal(
        sentence('same-rate', [adam, step(1, updates)]),
        'With Adam and rate 0.001 sum’s first update is as long as mean’s, though its gradient is 128 times as long.',
      );
      const clipped = startOf('same-rate', { clipNorm: 1 });
      assert.match(
        sentence('same-rate', [clipped, step(1, updates)]),
        /^With the gradient clipped to 1 and rate 0.05 /,
      );
    });

    it('stays with what should be where a measurement contradicts it', () => {
      const laws = [law('gradient-ratio', { title: '∇SUM = B ∇AVG', holds: false, deviation: 0.5 })];
      assert.equal(
        sentence('same-rate', [started, ...firstSteps(started), measured(1, null, laws)]),
        'At rate 0.002 sum should train like a mean at 0.256 with the penalty ÷ 128: its first update is 128 times as long as mean’s; against the theory, “∇SUM = B ∇AVG” is off by 0.5, and rounding explains 0.001.',
      );
    });
  });

  describe('with matched updates', () => {
    const started = startOf('matched', { weightDecay: 0 });
    const start = 'With sum’s learning rate ÷ 128, ';

    it('is what should be before weights are compared', () => {
      assert.equal(sentence('matched', [started]), `${start}sum and mean should be one training.`);
    });

    it('is that no weight differs, and that both are as good', () => {
      const events = [started, measured(1, 0), measured(50, 0), evaluated(50, { sum: {}, mean: {} })];
      assert.equal(
        sentence('matched', events),
        `${start}sum is mean: compared 2 times up to step 50, no weight differs, not even in its last bit; after 50 steps both get 50.0 % of the held-out examples right.`,
      );
    });

    it('is how far they are apart at most', () => {
      assert.equal(
        sentence('matched', [started, measured(1, 1e-7), measured(50, 3e-8)]),
        `${start}sum follows mean: compared 2 times up to step 50, weights differ by 1e-7 at most.`,
      );
      const laws = [law('matched-weights', { title: 'W = W', holds: false, deviation: 0.25, limit: 0 })];
      assert.equal(
        sentence('matched', [started, measured(1, 0.25, laws)]),
        `${start}sum leaves mean: compared up to step 1, weights differ by 0.25 at most; against the theory, “W = W” is off by 0.25, and rounding explains 0.`,
      );
    });

    it('names the mean as what moved where the numbers are those of a sum', () => {
      assert.match(sentence('matched', [startOf('matched', { reference: 'sum' })]), /^With mean’s learning rate × 128/);
    });
  });

  describe('at twice the batch', () => {
    const started = startOf('double-batch');
    const results = (loss: number) =>
      evaluated(50, { sum: {}, mean: {}, 'sum × 2': { loss }, 'mean × 2': { loss: 1.05 } });

    it('is whose rate moved before they are evaluated', () => {
      assert.equal(
        sentence('double-batch', [started]),
        'From batch 128 to 256 sum keeps its rate and mean takes its rate × 2, and they have not been evaluated after the same examples yet.',
      );
    });

    it('is the held-out loss after the same examples, and whether the rule of thumb allows it', () => {
      const start = 'After the same 6,400 examples the held-out loss at batch 128 and 256 is ';
      assert.equal(
        sentence('double-batch', [started, results(1.02)]),
        `${start}1.000 and 1.020 for sum, which keeps its rate, and 1.000 and 1.050 for mean, which takes its rate × 2: 5.0 % apart, within the tenth that the Linear Scaling Rule allows.`,
      );
      assert.match(
        sentence('double-batch', [started, results(1.3)]),
        /: 30\.0 % apart, more than the tenth that the Linear Scaling Rule allows\.$/,
      );
    });

    it('compares only what has seen the same examples', () => {
      const behind = { examples: 6400 };
      const later = evaluated(51, { sum: {}, mean: {}, 'sum × 2': behind, 'mean × 2': behind });
      assert.match(sentence('double-batch', [started, results(1.02), later]), /6,400 examples/);
    });

    it('is about the reduction that is left', () => {
      const text = sentence('double-batch', [started, results(1.02), diverged('mean × 2', 51)]);
      assert.match(text, /^Mean × 2 diverged at step 51: .*1\.020 for sum, which keeps its rate: 2\.0 % apart/);
      assert.doesNotMatch(text, /for mean/);
    });
  });

  describe('where the penalty drifts', () => {
    const started = startOf('penalty-drifts');

    it('is what should be, and then the shares that were measured', () => {
      assert.equal(
        sentence('penalty-drifts', [started]),
        'From batch 128 to 256 the penalty’s share should be divided by 2 in sum’s gradient and stay in mean’s.',
      );
      const laws = [law('penalty-share', { measured: 'sum ÷ 2.000, mean ÷ 1.000' })];
      assert.equal(
        sentence('penalty-drifts', [started, ...firstSteps(started), measured(2, 0, laws)]),
        'With every example of a batch twice the penalty’s share of the gradient shrinks, sum ÷ 2.000, mean ÷ 1.000; from batch 128 to 256, with other examples, its share in the first gradient goes from 1 % to 0.5 % under sum and from 1 % to 1 % under mean.',
      );
    });

    it('is nothing without a penalty', () => {
      const without = { ...started, settings: { ...started.settings, weightDecay: 0 } };
      assert.equal(
        sentence('penalty-drifts', [without]),
        'Without a penalty in the loss there is nothing that could drift.',
      );
    });
  });

  describe('in the worst case', () => {
    const started = startOf('worst-case');

    it('names the example that max follows before anything is evaluated', () => {
      assert.equal(
        sentence('worst-case', [started, step(1, [update('mean'), update('max', { objective: 4.3124 })])]),
        'Max follows the one example of 128 with the largest loss, 4.312 at step 1, and nothing has been evaluated yet.',
      );
    });

    it('names the worst class of each arm', () => {
      const events = [started, evaluated(100, { mean: { accuracy: 0.9 }, max: { accuracy: 0.8 } })];
      assert.equal(
        sentence('worst-case', [...events, finished('completed', 100)]),
        'Max gets 80.0 % of the held-out examples right and 79.0 % in its worst class, ring, mean 90.0 % and 89.0 % in ring.',
      );
    });

    it('says where max is no better than guessing', () => {
      const events = [started, evaluated(100, { mean: {}, max: { accuracy: 0.51, loss: Math.log(2) } })];
      assert.match(
        sentence('worst-case', events),
        /; max is no better than guessing, and its loss of 0\.693 is that of equal probabilities for all classes\.$/,
      );
    });
  });

  describe('for every question', () => {
    const laws = [law('gradient-ratio', { holds: false, deviation: Number.NaN, measured: 'NaN' })];
    const nowhere = { loss: Number.NaN, accuracy: 0, examples: 1280 };
    const all = (started: Started) => Object.fromEntries(started.arms.map(({ name }) => [name, nowhere]));
    const stories: Record<string, (started: Started) => TrainingEvent[]> = {
      'that has not begun': () => [],
      'that runs': (started) => [...firstSteps(started), measured(1, null), evaluated(10, all(started))],
      'that was completed': (started) => [
        ...firstSteps(started),
        evaluated(100, all(started)),
        finished('completed', 100),
      ],
      'that was stopped early': (started) => [...firstSteps(started), finished('stopped', 2)],
      'with one arm that diverged': (started) => [...firstSteps(started), diverged(started.arms[0]!.name, 3)],
      'with all arms diverged': (started) => [
        ...firstSteps(started),
        ...started.arms.map(({ name }) => diverged(name, 3)),
        finished('all diverged', 3),
      ],
      'that contradicts the theory': (started) => [...firstSteps(started), measured(1, Number.NaN, laws)],
      'without any finite number': (started) => [
        step(
          1,
          started.arms.map(({ name }) =>
            update(name, {
              gradientNorm: Number.NaN,
              dataGradientNorm: 0,
              loss: Number.POSITIVE_INFINITY,
              objective: Number.NaN,
            }),
          ),
        ),
        evaluated(10, all(started)),
      ],
    };
    for (const [story, events] of Object.entries(stories)) {
      it(`is one whole sentence of a run ${story}`, () => {
        for (const preset of PRESETS) {
          for (const other of PRESETS) {
            const started = startOf(other);
            const text = sentence(preset, [started, ...events(started)]);
            assert.match(text, /^[A-Z][^!]*\.$/);
            assert.doesNotMatch(text, /NaN|undefined|null|Infinity|significant|\.\.|; ;/);
          }
        }
      });
    }

    it('says where it was stopped', () => {
      const started = startOf('same-rate');
      assert.match(sentence('same-rate', [started, finished('stopped', 0)]), /; it was stopped at step 0 of 100\.$/);
    });

    it('names the end of every arm', () => {
      const started = startOf('matched', { learningRate: 50 });
      assert.equal(
        sentence('matched', [started, diverged('sum', 3), diverged('mean', 4)]),
        'Every arm diverged: sum at step 3 and mean at step 4; learning rate 50 is too large here.',
      );
    });

    it('says that a law which could not be calculated does not hold', () => {
      const started = startOf('same-rate');
      assert.match(
        sentence('same-rate', [started, measured(1, null, laws)]),
        /against the theory, “gradient-ratio” could not be calculated\.$/,
      );
    });
  });

  describe('of the events of a training', () => {
    it('keeps what was said before where a run goes on, and forgets it where another starts', () => {
      const started = startOf('matched');
      const before = [started, ...firstSteps(started), finished('stopped', 2)];
      const again = told([...before, { ...started, after: 2 }]);
      assert.deepEqual([again.step, again.finished, again.first.size], [2, null, 2]);
      assert.deepEqual([told([...before, started]).step, told([...before, started]).first.size], [0, 0]);
    });

    it('takes no later update for the first one of a run without its past', () => {
      const started = { ...startOf('same-rate'), after: 10 };
      assert.equal(told([started, step(11, [update('sum'), update('mean')])]).first.size, 0);
    });

    it('is nothing before a training has started', () => {
      const summary = createSummary();
      summary.add({ event: 'preparing', message: 'Reading', fraction: null });
      assert.equal(summary.run, null);
    });
  });

  describe('of short trainings', () => {
    const data = drawBuiltin({ train: 96, heldOut: 40 });
    const small = { ...defaultSettings('softmax'), batchSize: 16, learningRate: 0.01, weightDecay: 0.001 };
    const expected: Record<PresetName, RegExp> = {
      'same-rate':
        /^At rate 0\.01 sum trains like a mean at 0\.16 with the penalty ÷ 16: it gets \d+\.\d % of the held-out examples right, mean \d+\.\d %, max \d+\.\d %\.$/,
      matched: /sum is mean: compared 3 times up to step 6, no weight differs, not even in its last bit; both get/,
      'double-batch':
        /^After the same 96 examples the held-out loss at batch 16 and 32 is .* for sum, which keeps its rate, and .* for mean, which takes its rate × 2: /,
      'penalty-drifts':
        /^With every example of a batch twice the penalty’s share of the gradient shrinks, sum ÷ 2\.000, mean ÷ 1\.000; from batch 16 to 32, /,
      'worst-case': /^Max gets \d+\.\d % of the held-out examples right and \d+\.\d % in its worst class, \w+, mean /,
    };
    for (const preset of PRESETS) {
      it(`answers “${presets[preset].question}”`, async () => {
        const backend = await openBackend('cpu', '');
        const settings = presets[preset].apply({ ...small, steps: 6, evaluateEvery: 3, measureEvery: 3 });
        const training = await startTraining({ settings, data, ...backend, version: '0', continues: null });
        const summary = createSummary();
        summary.add(training.started);
        while (training.finished === null) for (const event of await training.advance()) summary.add(event);
        const laws = training.laws();
        summary.add({ event: 'finished', reason: training.finished, step: training.step, laws: [...laws] });
        training.dispose();
        assert.match(finding(preset, summary.run!), expected[preset]);
        for (const name of presets[preset].laws)
          assert.notEqual(laws.find((each) => each.law === name)?.measured, null);
      });
    }
  });
});
