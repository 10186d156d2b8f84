import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  encode,
  OPTIMIZERS,
  parseSavedRun,
  parseTrainingEvent,
  RUN_FORMAT,
  type SavedRun,
  type Settings,
  type StepOfArm,
} from '../../src/protocol.ts';
import type { Backend } from '../../src/training/executors/executor.ts';
import { initialWeights } from '../../src/training/initial-weights.ts';
import { networks } from '../../src/training/program/networks.ts';
import { METRICS, metricNames } from '../../src/training/program/training.ts';
import { scheduleOf } from '../../src/training/schedule.ts';
import { decodeVariables } from '../../src/training/state.ts';
import { type StepEvent, startTraining, type Training } from '../../src/training/trainer.ts';
import { cpu, tensorflow, wasm } from './support/backends.ts';
import { assertClose, someDataSet } from './support/numbers.ts';
import { someSettings } from './support/settings.ts';
import { classified } from './support/softmax.ts';

const data = someDataSet(40, 20);

interface Run {
  readonly settings: Settings;
  readonly training: Training;
  readonly events: readonly StepEvent[];
}

async function trained(
  settings: Partial<Settings>,
  {
    backend = cpu,
    continues = null,
    on = data,
  }: { backend?: Backend; continues?: SavedRun | null; on?: typeof data } = {},
): Promise<Run> {
  const all = someSettings(settings);
  const training = await startTraining({ settings: all, data: on, backend, passedOver: [], version: '1', continues });
  const events: StepEvent[] = [];
  while (!training.finished) events.push(...(await training.advance()));
  return { settings: all, training, events };
}

const stepsOf = ({ events }: Run) => events.filter((event) => event.event === 'step');
const measuredOf = ({ events }: Run) => events.filter((event) => event.event === 'measured');
const evaluatedOf = ({ events }: Run) => events.filter((event) => event.event === 'evaluated');
const divergedOf = ({ events }: Run) => events.filter((event) => event.event === 'diverged');

/** The events without what differs from run to run. */
const timeless = (events: readonly StepEvent[]) =>
  events.map((event) =>
    event.event === 'step' ? { ...event, seconds: 0, examplesPerSecond: 0, secondsLeft: 0 } : event,
  );

/** Weights and biases of an arm of a softmax regression, after the last step. */
function weightsOf({ training }: Run, arm: string) {
  const numbers = decodeVariables(training.state());
  return [numbers.get(`${arm}/classes/weights`)!, numbers.get(`${arm}/classes/biases`)!] as const;
}

/** Compares by itself: the difference of thirty thousand numbers takes Node minutes to print. */
function assertSame(actual: ReturnType<typeof weightsOf>, expected: ReturnType<typeof weightsOf>): void {
  actual.forEach((numbers, i) => {
    assert.equal(numbers.length, expected[i]!.length);
    const different = numbers.filter((x, at) => !Object.is(x, expected[i]![at])).length;
    assert.equal(different, 0, `${different} of ${numbers.length} numbers differ`);
  });
}

/** The state after the last step, in few letters. */
const digest = ({ training }: Run): string =>
  createHash('sha256').update(JSON.stringify(training.state())).digest('hex');

function saved({ training, events }: Run): SavedRun {
  const run = {
    format: RUN_FORMAT,
    version: 1,
    started: training.started,
    events,
    laws: training.laws(),
    state: training.state(),
  };
  return parseSavedRun(encode(run as unknown as SavedRun));
}

/** A backend on which the loss of one arm, by its place, is no number at one update. */
function poisoned(arm: number, update: number): Backend {
  let updates = 0;
  return {
    ...cpu,
    async compile(program) {
      const executor = await cpu.compile(program);
      return {
        ...executor,
        run(name, inputs) {
          const outputs = executor.run(name, inputs);
          if (outputs[METRICS]) updates += 1;
          if (outputs[METRICS] && updates === update) outputs[METRICS][arm * metricNames.length] = Number.NaN;
          return outputs;
        },
      };
    },
  };
}

describe('a training', function () {
  this.timeout(60_000);

  it('says the same, bit for bit, for the same seed, and something else for another', async () => {
    const settings = { steps: 7, batchFactor: 2, evaluateEvery: 3, measureEvery: 3, optimizer: 'momentum' } as const;
    const [first, second] = [await trained(settings), await trained(settings)];
    assert.deepEqual(timeless(second.events), timeless(first.events));
    assert.equal(digest(second), digest(first));
    assert.deepEqual(second.training.laws(), first.training.laws());
    const other = await trained({ ...settings, seed: 2 });
    assert.notEqual(stepsOf(other)[0]?.arms[0]?.loss, stepsOf(first)[0]?.arms[0]?.loss);
    assert.notEqual(digest(other), digest(first));
  });

  it('starts all arms from the same weights, at which they have the same loss', async () => {
    const [step] = stepsOf(await trained({ steps: 1 }));
    assert.deepEqual(
      step?.arms.map(({ arm }) => arm),
      ['sum', 'mean', 'max'],
    );
    assert.equal(new Set(step?.arms.map(({ loss }) => loss)).size, 1);
    const [sum, mean, max] = step!.arms as [StepOfArm, StepOfArm, StepOfArm];
    assert.equal(mean.objective, mean.loss);
    assert.equal(sum.objective, 8 * mean.loss);
    assert.ok(max.objective > mean.loss);
  });

  for (const optimizer of OPTIMIZERS) {
    const all = { optimizer, matchUpdates: true, reductions: ['sum', 'mean'], weightDecay: 0.5, steps: 20 } as const;
    const variants = [
      { title: 'a penalty', decay: 'coupled', clipNorm: null },
      { title: 'decoupled decay', decay: 'decoupled', clipNorm: null },
      { title: 'a penalty and clipping', decay: 'coupled', clipNorm: 1 },
    ] as const;
    for (const { title, ...variant } of variants) {
      it(`keeps a matched sum equal to the mean, to the last bit: ${optimizer} with ${title}`, async () => {
        const run = await trained({ ...all, ...variant, reductions: ['sum', 'mean'], learningRate: 0.002 });
        assertSame(weightsOf(run, 'sum'), weightsOf(run, 'mean'));
        assert.deepEqual(
          measuredOf(run).map(({ largestDifference }) => largestDifference),
          [0, 0, 0],
        );
        assert.equal(run.training.laws().find(({ law }) => law === 'matched-weights')?.holds, true);
        const { clipNorm } = variant;
        if (clipNorm !== null) assert.ok(stepsOf(run)[0]!.arms.every(({ gradientNorm }) => gradientNorm > clipNorm));
        const start = initialWeights(networks.softmax, 1).get('classes/weights');
        assert.notEqual(weightsOf(run, 'sum')[0][0], start![0]);
      });
    }
  }

  it('takes a sum for what it is: a mean with B times the learning rate', async () => {
    const sum = await trained({ reductions: ['sum'], learningRate: 0.001 });
    const mean = await trained({ reductions: ['mean'], learningRate: 0.008 });
    assertSame(weightsOf(sum, 'sum'), weightsOf(mean, 'mean'));
  });

  it('says events that read the same after they crossed a process', async () => {
    const run = await trained({ steps: 6, batchFactor: 2, evaluateEvery: 2, measureEvery: 2, weightDecay: 0.1 });
    const diverging = await trained({ steps: 3, learningRate: 1e38 });
    const events = [run.training.started, ...run.events, ...diverging.events];
    for (const event of events) assert.deepEqual(parseTrainingEvent(encode(event)), event);
    assert.deepEqual(
      new Set(events.map(({ event }) => event)),
      new Set(['started', 'step', 'evaluated', 'measured', 'diverged']),
    );
  });

  it('says what it trains, on what and where', async () => {
    const { training, settings } = await trained({ steps: 1 });
    const { arms, ...rest } = training.started;
    assert.deepEqual(
      arms.map(({ name }) => name),
      ['sum', 'mean', 'max'],
    );
    assert.deepEqual(rest, {
      event: 'started',
      version: '1',
      settings,
      data: { kind: 'builtin', name: 'noise', classes: data.classes, train: 40, heldOut: 20, checksum: data.checksum },
      backend: { name: 'cpu', versions: cpu.versions, passedOver: [] },
      parameters: 30_730,
      after: 0,
    });
  });

  it('evaluates and measures when it is told to, and at its end; the laws at the first step too', async () => {
    const run = await trained({ steps: 7, evaluateEvery: 3, measureEvery: 4 });
    assert.deepEqual(
      evaluatedOf(run).map(({ step }) => step),
      [3, 6, 7],
    );
    assert.deepEqual(
      measuredOf(run).map(({ step }) => step),
      [1, 4, 7],
    );
    assert.deepEqual(
      stepsOf(run).map(({ step }) => step),
      [1, 2, 3, 4, 5, 6, 7],
    );
    assert.deepEqual(
      stepsOf(run).map(({ epoch }) => epoch),
      [1, 1, 1, 1, 1, 2, 2],
    );
    assert.equal(run.training.finished, 'completed');
    assert.equal(run.training.step, 7);
  });

  it('learns: the loss of a mean falls, and held-out examples are told apart', async () => {
    const run = await trained({ reductions: ['mean'], steps: 25, learningRate: 0.002 });
    const [first, last] = [stepsOf(run)[0]!, stepsOf(run).at(-1)!];
    assert.ok(last.arms[0]!.loss < first.arms[0]!.loss / 2);
    assert.ok(evaluatedOf(run).at(-1)!.arms[0]!.accuracy > 0.5);
  });

  it('names the example that a maximum selected by its place in the training data', async () => {
    const run = await trained({ reductions: ['max'], steps: 1 });
    const weights = initialWeights(networks.softmax, 1);
    const [update] = scheduleOf(40, 8, 1, [1]).updatesAt(1);
    const indices = Array.from(update!.indices);
    const losses = classified(data.train, indices, weights.get('classes/weights')!, weights.get('classes/biases')!).map(
      ({ loss }) => loss,
    );
    const [{ selected, objective } = {}] = stepsOf(run)[0]!.arms;
    assert.equal(selected, indices[losses.indexOf(Math.max(...losses))]);
    assertClose([objective!], [Math.max(...losses)], 1e-5, 'the largest loss');
  });

  it('evaluates all held-out examples: losses and accuracies are those of a count by hand', async () => {
    const run = await trained({ steps: 10 });
    const { arms } = evaluatedOf(run).at(-1)!;
    for (const { arm, loss, accuracy, classAccuracy, examples } of arms) {
      const all = Array.from({ length: 20 }, (_, i) => i);
      const found = classified(data.heldOut, all, ...weightsOf(run, arm));
      const right = (label?: number) => {
        const those = label === undefined ? found : found.filter((each) => each.label === label);
        return those.filter((each) => each.found === each.label).length / those.length;
      };
      assertClose([loss], [found.reduce((sum, each) => sum + each.loss, 0) / 20], 1e-4, `${arm}: loss`);
      assert.equal(accuracy, right());
      assert.deepEqual(
        classAccuracy,
        Array.from({ length: 10 }, (_, label) => right(label)),
      );
      assert.equal(examples, 80);
    }
  });

  it('measures the laws before the step, on its batch: they hold where nothing is matched, too', async () => {
    const run = await trained({ steps: 4, measureEvery: 1, weightDecay: 0.1, reductions: ['max', 'sum'] });
    const losses = measuredOf(run).map(({ batch }) => batch['loss/max'] ?? Number.NaN);
    assertClose(
      losses,
      stepsOf(run).map(({ arms }) => arms[0]!.objective),
      1e-6,
      'the loss at the weights of the first arm',
    );
    assert.ok(measuredOf(run).every(({ arm }) => arm === 'max'));
    const tested = run.training.laws().filter(({ holds }) => holds !== null);
    assert.deepEqual(
      tested.map(({ law, holds }) => [law, holds]),
      [
        ['loss-ratio', true],
        ['gradient-ratio', true],
        ['batch-degree', true],
        ['selected-gradient', true],
        ['penalty-share', true],
      ],
    );
  });

  it('handles a smaller last batch as what it is', async () => {
    // 40 examples in batches of 16: 16, 16, 8.
    const run = await trained({ batchSize: 16, steps: 6, measureEvery: 3, matchUpdates: true, learningRate: 0.001 });
    assert.deepEqual(
      measuredOf(run).map(({ batchSize }) => batchSize),
      [16, 8, 8],
    );
    assert.deepEqual(
      stepsOf(run).map(({ arms }) => arms[0]?.examples),
      [16, 32, 40, 56, 72, 80],
    );
    const [, , last] = stepsOf(run);
    assertClose([last!.arms[0]!.objective], [8 * last!.arms[0]!.loss], 1e-6, 'the sum of the last batch');
    const laws = Object.fromEntries(run.training.laws().map((law) => [law.law, law]));
    assert.equal(laws['loss-ratio']?.holds, true);
    assert.equal(laws['matched-weights']?.holds, true);
    assert.match(laws['matched-weights']!.note, /batches of 8 examples/);
  });
});

describe('arms with a larger batch', function () {
  this.timeout(60_000);

  it('take part in the steps that complete their batch', async () => {
    const run = await trained({ batchFactor: 2, reductions: ['mean'], steps: 5 });
    // 40 examples in batches of 8, five to an epoch: the last of two batches each is one of one.
    const seen = stepsOf(run).map(({ arms }) => arms.map(({ arm, examples }) => [arm, examples]));
    assert.deepEqual(seen, [
      [['mean', 8]],
      [
        ['mean', 16],
        ['mean × 2', 16],
      ],
      [['mean', 24]],
      [
        ['mean', 32],
        ['mean × 2', 32],
      ],
      [
        ['mean', 40],
        ['mean × 2', 40],
      ],
    ]);
  });

  it('train as an experiment with that batch size and rate would', async () => {
    const larger = await trained({
      batchFactor: 2,
      batchSize: 4,
      reductions: ['mean', 'sum'],
      steps: 20,
      learningRate: 0.004,
      optimizer: 'momentum',
    });
    const mean = await trained({
      batchSize: 8,
      reductions: ['mean'],
      steps: 10,
      learningRate: 0.008,
      optimizer: 'momentum',
    });
    assertSame(weightsOf(larger, 'mean × 2'), weightsOf(mean, 'mean'));
    const sum = await trained({
      batchSize: 8,
      reductions: ['sum'],
      steps: 10,
      learningRate: 0.004,
      optimizer: 'momentum',
    });
    assertSame(weightsOf(larger, 'sum × 2'), weightsOf(sum, 'sum'));
  });

  it('correct the moments of Adam by their own number of updates', async () => {
    const larger = await trained({ batchFactor: 2, batchSize: 4, reductions: ['mean'], steps: 20, optimizer: 'adam' });
    const alone = await trained({ batchSize: 8, reductions: ['mean'], steps: 10, optimizer: 'adam' });
    assertSame(weightsOf(larger, 'mean × 2'), weightsOf(alone, 'mean'));
  });

  it('may be in the middle of a batch at the end; the law is judged where both had seen the same', async () => {
    const run = await trained({ batchFactor: 2, reductions: ['mean'], steps: 3, evaluateEvery: 1 });
    const examples = evaluatedOf(run).map(({ arms }) => arms.map((arm) => arm.examples));
    assert.deepEqual(examples, [
      [8, 0],
      [16, 16],
      [24, 16],
    ]);
    const law = run.training.laws().find(({ law }) => law === 'linear-scaling')!;
    const [, { arms: compared } = { arms: [] }] = evaluatedOf(run);
    assert.equal(law.measured, `mean ${compared.map(({ loss }) => loss.toFixed(3)).join(' and ')}`);
  });
});

describe('divergence', function () {
  this.timeout(60_000);

  it('ends an arm with the step and a sentence, while the others go on as if nothing had been', async () => {
    const settings = { steps: 6, measureEvery: 2, evaluateEvery: 2 } as const;
    const [run, undisturbed] = [await trained(settings, { backend: poisoned(0, 3) }), await trained(settings)];
    const [diverged, ...more] = divergedOf(run);
    assert.deepEqual([diverged?.arm, diverged?.step, more.length], ['sum', 3, 0]);
    assert.match(diverged!.message, /^sum diverged at step 3: its step is that of a mean with learning rate 0\.08\.$/);
    assert.deepEqual(
      stepsOf(run).map(({ arms }) => arms.length),
      [3, 3, 3, 2, 2, 2],
    );
    assert.deepEqual(
      evaluatedOf(run).map(({ arms }) => arms.length),
      [3, 2, 2],
    );
    assert.deepEqual(run.training.state().arms, ['mean', 'max']);
    assert.equal(run.training.finished, 'completed');
    for (const arm of ['mean', 'max']) assertSame(weightsOf(run, arm), weightsOf(undisturbed, arm));
    assert.deepEqual(
      measuredOf(run).map(({ largestDifference }) => largestDifference === null),
      [false, false, true, true],
    );
  });

  it('of the mean leaves the laws to be measured at another arm, and nothing is concluded from its last step', async () => {
    const run = await trained({ steps: 4, measureEvery: 1 }, { backend: poisoned(1, 2) });
    assert.deepEqual(
      measuredOf(run).map(({ arm }) => arm),
      ['mean', 'sum', 'sum'],
    );
    const ratio = run.training.laws().find(({ law }) => law === 'loss-ratio');
    assert.equal(ratio?.holds, true);
  });

  it('of all arms ends the training, each with its own sentence', async () => {
    const run = await trained({ steps: 5, learningRate: 1e38, batchFactor: 2 });
    assert.equal(run.training.finished, 'all diverged');
    assert.deepEqual(
      new Set(divergedOf(run).map(({ arm }) => arm)),
      new Set(run.training.started.arms.map(({ name }) => name)),
    );
    assert.ok(divergedOf(run).every(({ arm, message }) => message.startsWith(`${arm} diverged at step `)));
    assert.deepEqual(run.training.state().arms, []);
    assert.deepEqual(run.training.state().variables, {});
    assert.equal(run.training.laws().length, 7);
  });

  it('of the arms of one batch leaves those of larger ones, which go on', async () => {
    const run = await trained(
      { steps: 6, batchFactor: 2, reductions: ['mean'], measureEvery: 3 },
      { backend: poisoned(0, 1) },
    );
    assert.deepEqual(
      divergedOf(run).map(({ arm }) => arm),
      ['mean'],
    );
    assert.deepEqual(
      measuredOf(run).map(({ arm }) => arm),
      ['mean × 2', 'mean × 2'],
    );
    const going = stepsOf(run).map(({ arms }) => arms.map(({ arm }) => arm));
    assert.deepEqual(going, [['mean'], ['mean × 2'], [], ['mean × 2'], ['mean × 2'], []]);
    assert.equal(run.training.finished, 'completed');
  });
});

describe('a saved run', function () {
  this.timeout(60_000);
  const cases: readonly (readonly [string, Partial<Settings>, () => Backend])[] = [
    ['with momentum and a smaller last batch', { optimizer: 'momentum', batchSize: 6, batchFactor: 2 }, () => cpu],
    ['with Adam and matched updates', { optimizer: 'adam', matchUpdates: true, weightDecay: 0.1 }, () => cpu],
    ['after an arm has diverged', { optimizer: 'sgd' }, () => poisoned(0, 4)],
  ];
  for (const [what, settings, backend] of cases) {
    it(`goes on as if it had never been interrupted, ${what}`, async () => {
      const all = { ...settings, measureEvery: 5, evaluateEvery: 5 };
      const whole = await trained({ ...all, steps: 20 }, { backend: backend() });
      const half = await trained({ ...all, steps: 10 }, { backend: backend() });
      const rest = await trained({ ...all, steps: 20 }, { continues: saved(half) });
      assert.deepEqual(timeless([...half.events, ...rest.events]), timeless(whole.events));
      assert.equal(digest(rest), digest(whole));
      assert.deepEqual(rest.training.laws(), whole.training.laws());
      assert.equal(rest.training.started.after, 10);
      const [before, after] = [stepsOf(half).at(-1)!, stepsOf(rest)[0]!];
      assert.ok(after.seconds > before.seconds);
    });
  }

  it('does not go on with other examples', async () => {
    const half = await trained({ steps: 2 });
    const other = { ...someDataSet(48, 20), name: 'more noise' };
    await assert.rejects(
      trained({ steps: 4 }, { continues: saved(half), on: other }),
      /^Error: The run was trained on noise, and these examples are others: more noise\. Give the folder/,
    );
  });

  it('whose arms have all diverged is at its end', async () => {
    const lost = await trained({ steps: 2, learningRate: 1e38 });
    const rest = await trained({ steps: 4, learningRate: 1e38 }, { continues: saved(lost) });
    assert.equal(rest.training.finished, 'all diverged');
    assert.deepEqual(rest.events, []);
  });
});

for (const backend of tensorflow ? [wasm, tensorflow] : [wasm]) {
  describe(`training convolutions on ${backend.name}`, function () {
    this.timeout(60_000);
    const settings = {
      network: 'light',
      steps: 5,
      measureEvery: 2,
      evaluateEvery: 5,
      weightDecay: 0.01,
      matchUpdates: true,
    } as const;

    it('confirms the laws, and says the same numbers again', async () => {
      const [first, second] = [await trained(settings, { backend }), await trained(settings, { backend })];
      assert.deepEqual(timeless(second.events), timeless(first.events));
      assert.equal(digest(second), digest(first));
      const laws = first.training.laws().map(({ law, holds }) => [law, holds]);
      assert.deepEqual(laws, [
        ['loss-ratio', true],
        ['gradient-ratio', true],
        ['batch-degree', true],
        ['selected-gradient', true],
        ['penalty-share', true],
        ['matched-weights', true],
        ['linear-scaling', null],
      ]);
    });

    for (const reductions of [['sum', 'mean'], ['sum']] as const) {
      const others = reductions.length > 1 ? 'and goes on with the mean' : 'and with it the training';
      it(`ends a sum whose rate is too large for it, ${others}; no law is broken by it`, async () => {
        const settings = { network: 'light', learningRate: 0.5, batchSize: 20, steps: 8, measureEvery: 1 } as const;
        const run = await trained({ ...settings, reductions: [...reductions] }, { backend });
        const [{ arm, message } = { arm: '', message: '' }, ...more] = divergedOf(run);
        assert.deepEqual([arm, more.length], ['sum', 0]);
        assert.match(message, /^sum diverged at step \d: its step is that of a mean with learning rate 10\.$/);
        assert.equal(run.training.finished, reductions.length > 1 ? 'completed' : 'all diverged');
        const broken = run.training.laws().filter(({ holds, heuristic }) => holds === false && !heuristic);
        assert.deepEqual(broken, []);
      });
    }
  });
}
