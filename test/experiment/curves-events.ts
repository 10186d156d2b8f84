/** Events of trainings that were never run. */
import type {
  Arm,
  Evaluated,
  ReductionName,
  Settings,
  Started,
  Step,
  StepOfArm,
  TrainingEvent,
} from '../../src/protocol.ts';

export function startedEvent(
  given: Partial<Settings> & { readonly after?: number; readonly classes?: readonly string[] },
): Started {
  const { after = 0, classes = [], ...changed } = given;
  const settings: Settings = {
    network: 'light',
    reductions: ['sum', 'mean'],
    batchSize: 128,
    learningRate: 0.002,
    optimizer: 'sgd',
    weightDecay: 0.0005,
    decay: 'coupled',
    clipNorm: null,
    epsilon: 1e-8,
    matchUpdates: false,
    reference: 'mean',
    batchFactor: 1,
    steps: 300,
    seed: 1,
    evaluateEvery: 50,
    measureEvery: 50,
    ...changed,
  };
  const arm = (reduction: ReductionName, batchFactor: number): Arm => ({
    name: batchFactor === 1 ? reduction : `${reduction} × ${batchFactor}`,
    reduction,
    batchFactor,
    batchSize: settings.batchSize * batchFactor,
    learningRate: settings.learningRate,
    weightDecay: settings.weightDecay,
    decay: settings.decay,
    clipNorm: settings.clipNorm,
    epsilon: settings.epsilon,
  });
  const factors = settings.batchFactor === 1 ? [1] : [1, settings.batchFactor];
  return {
    event: 'started',
    version: '0.0.0',
    settings,
    arms: factors.flatMap((factor) => settings.reductions.map((reduction) => arm(reduction, factor))),
    data: { kind: 'builtin', name: 'Built-in', classes: [...classes], train: 4096, heldOut: 1024, checksum: '' },
    backend: { name: 'cpu', versions: {}, passedOver: [] },
    parameters: 1,
    after,
  };
}

export function stepEvent(step: number, arms: Readonly<Record<string, Partial<StepOfArm>>>): Step {
  return {
    event: 'step',
    step,
    epoch: 1,
    seconds: step / 100,
    examplesPerSecond: 12_800,
    secondsLeft: 1,
    arms: Object.entries(arms).map(([arm, values]) => ({
      arm,
      loss: 1,
      objective: 1,
      dataGradientNorm: 1,
      penaltyGradientNorm: 0.01,
      gradientNorm: 1,
      updateNorm: 0.1,
      weightNorm: 7,
      examples: 128 * step,
      ...values,
    })),
  };
}

export function evaluatedEvent(
  step: number,
  arms: Readonly<Record<string, Partial<Evaluated['arms'][number]>>>,
): Evaluated {
  return {
    event: 'evaluated',
    step,
    arms: Object.entries(arms).map(([arm, values]) => ({
      arm,
      examples: 1024,
      loss: 1,
      accuracy: 0.5,
      classAccuracy: [],
      ...values,
    })),
  };
}

export interface Course {
  readonly settings?: Partial<Settings>;
  readonly steps: number;
  /** The step at which the sum stops being finite. */
  readonly divergesAt?: number;
  /** All arms alike. */
  readonly matched?: boolean;
  readonly finished?: boolean;
}

/**
 * A training that looks like one, the same each time: losses fall, norms scatter, the sum takes steps 128 times as
 * large.
 */
export function courseOfEvents({ settings, steps, divergesAt, matched, finished }: Course): TrainingEvent[] {
  const random = numbersFrom(7);
  const started = startedEvent({ steps, reductions: ['mean', 'sum', 'max'], ...settings });
  const events: TrainingEvent[] = [started];
  const pace: Readonly<Record<ReductionName, number>> = { mean: 0.004, sum: matched ? 0.004 : 0.05, max: 0.006 };
  const scale: Readonly<Record<ReductionName, number>> = { mean: 1, sum: matched ? 1 : 128, max: 12 };
  const gone = (arm: Arm, step: number): boolean =>
    arm.reduction === 'sum' && step >= (divergesAt ?? Number.POSITIVE_INFINITY);
  for (let step = 1; step <= steps; step++) {
    const arms: Record<string, Partial<StepOfArm>> = {};
    const noise = { data: random(), arm: random() };
    for (const arm of started.arms) {
      if (step % arm.batchFactor !== 0 || gone(arm, step - 1)) continue;
      const scatter = matched ? noise.data : (noise.data + random()) / 2;
      const progress = 1 - 1 / (1 + pace[arm.reduction] * (step - 1));
      const size =
        step === 1 ? scale[arm.reduction] : scale[arm.reduction] * (1 + 0.6 * (scatter - 0.5)) * (1 - 0.4 * progress);
      const explosion = arm.reduction === 'sum' && divergesAt ? 3 ** (step - 1) : 1;
      const values = {
        loss: 2.53 * (1 - 0.85 * progress) * (1 + 0.15 * (scatter - 0.5)) * explosion,
        dataGradientNorm: 5 * size * explosion,
        gradientNorm: 5 * size * explosion,
        penaltyGradientNorm: 0.016 * (1 + progress),
        updateNorm: 0.01 * size * explosion,
        weightNorm: 7 + progress * (arm.reduction === 'sum' && !matched ? 3 : -0.4) + explosion - 1,
        examples: started.settings.batchSize * step,
      };
      arms[arm.name] = gone(arm, step)
        ? { ...values, loss: Number.NaN, gradientNorm: Number.POSITIVE_INFINITY }
        : values;
    }
    events.push(stepEvent(step, arms));
    for (const arm of started.arms) {
      if (gone(arm, step) && arms[arm.name]) {
        events.push({ event: 'diverged', step, arm: arm.name, message: `${arm.name} diverged at step ${step}.` });
      }
    }
    if (step % started.settings.evaluateEvery === 0 || step === steps) {
      const evaluated = started.arms
        .filter((arm) => !gone(arm, step))
        .map((arm) => [arm.name, { accuracy: 0.9 - 0.8 / (1 + pace[arm.reduction] * step) }] as const);
      events.push(evaluatedEvent(step, Object.fromEntries(evaluated)));
    }
  }
  if (finished) events.push({ event: 'finished', reason: 'completed', step: steps, laws: [] });
  return events;
}

/** Evenly distributed from 0 to 1, from a linear congruential generator. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
