/**
 * What crosses a process, checked where it arrives: from the editor to the language server beyond the standard protocol, and between the training
 * process and who shows it.
 */
import * as v from 'valibot';

// The language server.

/** How a client says, when it starts the server, what it can do beyond the standard. */
const InitializationOptions = v.object({
  /** The client's command that shows the page of a document, for code lenses; absent where it has none. */
  pageCommand: v.optional(v.string()),
  /** The client's command that compares the reductions of a loss, for code lenses; absent where it has none. */
  compareCommand: v.optional(v.string()),
});

const Severity = v.picklist(['off', 'information', 'warning', 'error']);

/** The section `lossLens` of a client's configuration. A value that makes no sense is passed over, the others hold. */
const Configuration = v.object({
  codeLens: v.optional(v.fallback(v.object({ enabled: v.boolean() }), { enabled: true }), { enabled: true }),
  /** Null stands for every language that is known. */
  languages: v.optional(v.fallback(v.nullable(v.array(v.string())), null), null),
  assumedBatchSize: v.optional(v.fallback(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))), null), null),
  rules: v.pipe(
    v.optional(v.fallback(v.record(v.string(), v.unknown()), {}), {}),
    v.transform((rules) =>
      Object.fromEntries(
        Object.entries(rules).flatMap(([rule, value]) => (v.is(Severity, value) ? [[rule, value]] : [])),
      ),
    ),
  ),
});

/** Asks for all that is known about the losses of one document, as Markdown. */
export const PAGE_REQUEST = 'lossLens/page';

const PageParameters = v.object({ uri: v.string() });
export type PageParameters = v.InferOutput<typeof PageParameters>;

/** Null where the document is not analysed. */
const PageResult = v.nullable(v.string());
export type PageResult = v.InferOutput<typeof PageResult>;

export function parseInitializationOptions(value: unknown): v.InferOutput<typeof InitializationOptions> {
  return v.parse(InitializationOptions, value ?? {});
}

export function parseConfiguration(value: unknown): v.InferOutput<typeof Configuration> {
  return v.parse(Configuration, value ?? {});
}

export function parsePageParameters(value: unknown): PageParameters {
  return v.parse(PageParameters, value);
}

export function parsePageResult(value: unknown): PageResult {
  return v.parse(PageResult, value);
}

// The training process. It reads one command a line and writes one event a line, both as JSON.

export const NETWORKS = ['light', 'tutorial', 'softmax'] as const;
export const OPTIMIZERS = ['sgd', 'momentum', 'adam'] as const;
export const REDUCTIONS = ['sum', 'mean', 'max'] as const;
export const BACKENDS = ['tfjs-node', 'wasm', 'cpu'] as const;

export type NetworkName = (typeof NETWORKS)[number];
export type OptimizerName = (typeof OPTIMIZERS)[number];
export type ReductionName = (typeof REDUCTIONS)[number];
export type BackendName = (typeof BACKENDS)[number];

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const PositiveCount = v.pipe(v.number(), v.integer(), v.minValue(1));
const Finite = v.pipe(v.number(), v.finite());
const NotNegative = v.pipe(Finite, v.minValue(0));
const Positive = v.pipe(Finite, v.gtValue(0));

/** JSON has no NaN and no infinity; a training that diverges has both. */
const AnyNumber = v.union([
  v.number(),
  v.pipe(
    v.picklist(['NaN', 'Infinity', '-Infinity']),
    v.transform((text) => Number(text)),
  ),
]);

/** The largest values of settings. */
export const LIMITS = { batchSize: 65_536, batchFactor: 64, steps: 10_000_000, seed: 2 ** 32 - 1 } as const;

const Settings = v.object({
  network: v.picklist(NETWORKS),
  /** Each at most once. */
  reductions: v.pipe(
    v.array(v.picklist(REDUCTIONS)),
    v.minLength(1),
    v.check((names) => new Set(names).size === names.length, 'a reduction is named twice'),
  ),
  batchSize: v.pipe(PositiveCount, v.maxValue(LIMITS.batchSize)),
  learningRate: Positive,
  optimizer: v.picklist(OPTIMIZERS),
  /** The coefficient β of the penalty β·½‖w‖² in the loss, or the optimiser's decay, which is multiplied by the learning rate. */
  weightDecay: NotNegative,
  decay: v.picklist(['coupled', 'decoupled']),
  /** The largest norm of the whole gradient; null does not clip. */
  clipNorm: v.nullable(Positive),
  /** What Adam adds to the root of the second moment. */
  epsilon: Positive,
  /** Whether a sum gets the settings that take the same steps as the mean: λ₁ = λ₂/B, and what moves with it. */
  matchUpdates: v.boolean(),
  /** Whose settings the numbers are, where updates are matched. */
  reference: v.picklist(['sum', 'mean']),
  /** k > 1 trains each reduction a second time at k times the batch, its rate by the Linear Scaling Rule; 1 does not. */
  batchFactor: v.pipe(PositiveCount, v.maxValue(LIMITS.batchFactor)),
  /** Batches of `batchSize` to train on. */
  steps: v.pipe(PositiveCount, v.maxValue(LIMITS.steps)),
  seed: v.pipe(Count, v.maxValue(LIMITS.seed)),
  /** Held-out examples are evaluated at each multiple of this many steps, and at the end. */
  evaluateEvery: PositiveCount,
  /** The laws are measured at the first step, at each multiple of this, and at the end. */
  measureEvery: PositiveCount,
});
/** What an experiment is told. */
export type Settings = Readonly<v.InferOutput<typeof Settings>>;

const Arm = v.object({
  /** `mean`, `sum`, `max`; `mean × 2` at twice the batch. */
  name: v.string(),
  reduction: v.picklist(REDUCTIONS),
  /** How many batches of the experiment make one of this arm. */
  batchFactor: PositiveCount,
  batchSize: PositiveCount,
  learningRate: Positive,
  weightDecay: NotNegative,
  decay: v.picklist(['coupled', 'decoupled']),
  clipNorm: v.nullable(Positive),
  epsilon: Positive,
});
/** One of the trainings that run side by side, with its own settings. */
export type Arm = Readonly<v.InferOutput<typeof Arm>>;

const Data = v.object({
  kind: v.picklist(['builtin', 'cifar10']),
  name: v.string(),
  classes: v.array(v.string()),
  train: PositiveCount,
  heldOut: PositiveCount,
  /** SHA-256 of all records. */
  checksum: v.string(),
});

const Backend = v.object({
  name: v.picklist(BACKENDS),
  versions: v.record(v.string(), v.string()),
  /** Faster backends that were not taken, and why. */
  passedOver: v.array(v.object({ name: v.picklist(BACKENDS), reason: v.string() })),
});

const Started = v.object({
  event: v.literal('started'),
  /** Of Loss Lens. */
  version: v.string(),
  settings: Settings,
  arms: v.array(Arm),
  data: Data,
  backend: Backend,
  /** Weights and biases of the network. */
  parameters: PositiveCount,
  /** Steps that were trained before, where a saved run goes on. */
  after: Count,
});
export type Started = Readonly<v.InferOutput<typeof Started>>;

const StepOfArm = v.object({
  arm: v.string(),
  /** Mean of the per-example losses before the step, whatever the arm is trained on. */
  loss: AnyNumber,
  /** The data term as the arm reduces it. */
  objective: AnyNumber,
  /** ‖∇ data‖ */
  dataGradientNorm: AnyNumber,
  /** ‖β ∇R‖ of the penalty in the loss; 0 without one. */
  penaltyGradientNorm: AnyNumber,
  /** ‖∇ data + β ∇R‖ before clipping. */
  gradientNorm: AnyNumber,
  /** ‖ΔW‖ */
  updateNorm: AnyNumber,
  /** ‖W‖ after the step. */
  weightNorm: AnyNumber,
  /** Examples that this arm was trained on so far. */
  examples: PositiveCount,
  /** Where the arm is trained on the maximum: the number of the example in the training data that was selected. */
  selected: v.optional(Count),
});
export type StepOfArm = Readonly<v.InferOutput<typeof StepOfArm>>;

/** An arm with a larger batch takes part only in the steps that complete its batch. */
const Step = v.object({
  event: v.literal('step'),
  step: PositiveCount,
  epoch: PositiveCount,
  /** Spent on training so far, without evaluations and measurements. */
  seconds: NotNegative,
  /** Of each arm, at present. */
  examplesPerSecond: NotNegative,
  /** Until the last step, evaluations and measurements included. */
  secondsLeft: NotNegative,
  arms: v.array(StepOfArm),
});
export type Step = Readonly<v.InferOutput<typeof Step>>;

const Evaluated = v.object({
  event: v.literal('evaluated'),
  step: PositiveCount,
  arms: v.array(
    v.object({
      arm: v.string(),
      examples: Count,
      /** Mean of the per-example losses over the held-out examples. */
      loss: AnyNumber,
      /** 0 to 1 */
      accuracy: NotNegative,
      /** Of each class; null where it has no held-out example. */
      classAccuracy: v.array(v.nullable(NotNegative)),
    }),
  ),
});
export type Evaluated = Readonly<v.InferOutput<typeof Evaluated>>;

export const LAWS = [
  'loss-ratio',
  'gradient-ratio',
  'batch-degree',
  'selected-gradient',
  'penalty-share',
  'matched-weights',
  'linear-scaling',
] as const;

const Law = v.object({
  law: v.picklist(LAWS),
  /** In one line: `L_SUM / L_AVG = B`. */
  title: v.string(),
  predicted: v.string(),
  /** Null before the first measurement, and where this experiment does not test the law. */
  measured: v.nullable(v.string()),
  /** How far they are apart, as a part of the predicted value (of 1 where that is 0), at its worst so far. */
  deviation: v.nullable(AnyNumber),
  /** The most that rounding explains; null where no limit is known. */
  limit: v.nullable(NotNegative),
  holds: v.nullable(v.boolean()),
  /** A rule of thumb, which may fail without anything being wrong. */
  heuristic: v.boolean(),
  /** In whole sentences: why it is not tested, or why it is not exact. */
  note: v.string(),
});
/** A row of theory against measurement. */
export type Law = Readonly<v.InferOutput<typeof Law>>;

const Numbers = v.record(v.string(), AnyNumber);

/** What the laws are judged by: each number from an evaluation and a backward pass of its own. */
const Measured = v.object({
  event: v.literal('measured'),
  step: PositiveCount,
  /** The arm at whose weights it was measured. */
  arm: v.string(),
  batchSize: PositiveCount,
  /** Losses and gradient norms of the batch under each reduction. */
  batch: Numbers,
  /** The same for half of the batch, and for that half with every example twice: no more memory than a step takes. */
  half: Numbers,
  twice: Numbers,
  /** The same for the one example of the largest loss. */
  selected: Numbers,
  /** max |W_sum − W_mean| after the step; null where one of them is missing. */
  largestDifference: v.nullable(AnyNumber),
  laws: v.array(Law),
});
export type Measured = Readonly<v.InferOutput<typeof Measured>>;

const Diverged = v.object({
  event: v.literal('diverged'),
  step: PositiveCount,
  arm: v.string(),
  /** Whole sentences. */
  message: v.string(),
});
export type Diverged = Readonly<v.InferOutput<typeof Diverged>>;

const Progress = v.object({
  event: v.literal('preparing'),
  message: v.string(),
  /** 0 to 1, where it is known. */
  fraction: v.nullable(NotNegative),
});

const Paused = v.object({ event: v.picklist(['paused', 'resumed']), step: Count });

const Saved = v.object({ event: v.literal('saved'), file: v.string() });

/** The run goes on. Whole sentences: what happened and what to do. */
const NotSaved = v.object({ event: v.literal('not saved'), file: v.string(), message: v.string() });

const Finished = v.object({
  event: v.literal('finished'),
  reason: v.picklist(['completed', 'stopped', 'all diverged']),
  step: Count,
  laws: v.array(Law),
});
export type Finished = Readonly<v.InferOutput<typeof Finished>>;

/** What is on this machine beside the program itself. */
const Available = v.object({
  event: v.literal('available'),
  /** The native backend. */
  native: v.boolean(),
  /** The data set CIFAR-10. */
  cifar10: v.boolean(),
});
export type Available = Readonly<v.InferOutput<typeof Available>>;

/** The end of the process that is not the end of a training. Whole sentences: what happened and what to do. */
const Failed = v.object({ event: v.literal('failed'), message: v.string() });

const TrainingEvent = v.variant('event', [
  Progress,
  Started,
  Step,
  Evaluated,
  Measured,
  Diverged,
  Paused,
  Saved,
  NotSaved,
  Finished,
  Available,
  Failed,
]);
export type TrainingEvent = Readonly<v.InferOutput<typeof TrainingEvent>>;

/** Valibot's own check takes one frame of the stack for each four characters, and weights have millions. */
const Base64 = v.pipe(
  v.string(),
  v.check((text) => text.length % 4 === 0 && /^[\da-z+/]*={0,2}$/i.test(text), 'not base64'),
);

/** What a training needs to go on exactly where it was. */
const State = v.object({
  /** Steps that were trained. */
  step: Count,
  /** The arms that go on. */
  arms: v.array(v.string()),
  /** Weights and what the optimiser remembers: little-endian float32 in base64, by name. */
  variables: v.record(v.string(), Base64),
});
export type State = Readonly<v.InferOutput<typeof State>>;

export const RUN_FORMAT = 'loss-lens-run';

/** A file `*.lossrun.json`: all that was said of a run, in order, and what it needs to go on. */
const SavedRun = v.object({
  format: v.literal(RUN_FORMAT),
  version: v.literal(1),
  started: Started,
  events: v.array(v.variant('event', [Step, Evaluated, Measured, Diverged])),
  laws: v.array(Law),
  state: State,
});
export type SavedRun = Readonly<v.InferOutput<typeof SavedRun>>;
/** What is kept of a run. */
export type HistoryEvent = SavedRun['events'][number];

const Start = v.object({
  command: v.literal('start'),
  /** Where a saved run goes on, only the steps count: they are trained in addition, and the rest is taken from the run. */
  settings: Settings,
  /** Passes over the training data, in the place of the settings' steps. */
  epochs: v.optional(PositiveCount),
  /** `auto` is CIFAR-10 where it was downloaded, else the built-in drawings; a folder is CIFAR-10 in its binary version. */
  data: v.union([
    v.object({ kind: v.picklist(['auto', 'builtin']) }),
    v.object({ kind: v.literal('folder'), folder: v.string() }),
  ]),
  backend: v.picklist(['auto', ...BACKENDS]),
  /** A saved run that goes on. */
  continues: v.nullable(v.string()),
  /** Where the run is saved at its end. */
  out: v.nullable(v.string()),
});
export type Start = Readonly<v.InferOutput<typeof Start>>;

/** Instead of a training; `available` answers. */
const Errand = v.object({ command: v.picklist(['look', 'install native backend', 'download CIFAR-10']) });
export type Errand = Readonly<v.InferOutput<typeof Errand>>;

const TrainingCommand = v.variant('command', [
  Start,
  Errand,
  v.object({ command: v.picklist(['pause', 'resume', 'step', 'stop']) }),
  v.object({ command: v.literal('save'), file: v.string() }),
]);
export type TrainingCommand = Readonly<v.InferOutput<typeof TrainingCommand>>;

/** JSON in one line, without its end. */
export function encode(message: TrainingEvent | TrainingCommand | SavedRun): string {
  return JSON.stringify(message, (_key, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

/** @throws Error that names what is wrong with the line */
export function parseTrainingEvent(line: string): TrainingEvent {
  return parseJson(TrainingEvent, line);
}

/** @throws Error that names what is wrong with the line */
export function parseTrainingCommand(line: string): TrainingCommand {
  return parseJson(TrainingCommand, line);
}

/** @throws Error that names what is wrong with the file */
export function parseSavedRun(text: string): SavedRun {
  return parseJson(SavedRun, text);
}

function parseJson<T>(schema: v.GenericSchema<unknown, T>, text: string): T {
  const result = v.safeParse(schema, JSON.parse(text));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Error(`${v.getDotPath(issue) ?? 'message'}: ${issue.message}`);
}

// The panel. Its page in the webview asks, and the extension answers and tells.

/** The questions that an experiment is set up for. */
export const PRESETS = ['same-rate', 'matched', 'double-batch', 'penalty-drifts', 'worst-case'] as const;
export type PresetName = (typeof PRESETS)[number];

/** A place in a user's file that a setting was read from. */
const Place = v.object({
  uri: v.string(),
  /** `train.py:24`, for people. */
  label: v.string(),
  /** From 0. */
  line: Count,
  column: Count,
});
export type Place = Readonly<v.InferOutput<typeof Place>>;

const found = <T extends v.GenericSchema<unknown, unknown>>(value: T) =>
  v.nullable(v.object({ value, place: Place, /** A default that a launch may override. */ isDefault: v.boolean() }));

/** What the analysis knows of a loss in a user's file; null where it was not found. It opens the panel with the user's own numbers. */
const CompareRequest = v.object({
  /** The loss. */
  place: Place,
  reduction: found(v.picklist(REDUCTIONS)),
  batchSize: found(PositiveCount),
  learningRate: found(Positive),
  optimizer: found(v.picklist(OPTIMIZERS)),
  /** The coefficient of a penalty in the loss, or the optimiser's decay. */
  weightDecay: found(NotNegative),
  decay: found(v.picklist(['coupled', 'decoupled'])),
  clipNorm: found(Positive),
  epsilon: found(Positive),
  /** What was found and cannot be trained here, in whole sentences: another optimiser, a schedule, a further term. */
  notes: v.array(v.string()),
});
export type CompareRequest = Readonly<v.InferOutput<typeof CompareRequest>>;

/** How a panel's training stands. */
const RunStatus = v.variant('status', [
  v.object({ status: v.picklist(['idle', 'running', 'paused', 'stopping', 'ended']) }),
  v.object({ status: v.literal('preparing'), text: v.string() }),
  /** The process ended by itself; its last words, and what can be done. */
  v.object({ status: v.literal('crashed'), text: v.string() }),
]);
export type RunStatus = Readonly<v.InferOutput<typeof RunStatus>>;

/** A download or an installation that the user asked for. */
const Task = v.object({
  task: v.picklist(['native backend', 'CIFAR-10']),
  text: v.string(),
  /** 0 to 1, where it is known. */
  fraction: v.nullable(NotNegative),
  state: v.picklist(['running', 'done', 'failed', 'cancelled']),
});
export type Task = Readonly<v.InferOutput<typeof Task>>;

/** What the user has set in the panel. */
const Draft = v.object({
  preset: v.picklist(PRESETS),
  settings: Settings,
  data: Start.entries.data,
  backend: Start.entries.backend,
  /** The settings whose value the user has changed here. */
  edited: v.array(v.string()),
});
export type Draft = Readonly<v.InferOutput<typeof Draft>>;

const PanelMessage = v.variant('message', [
  /** All that the panel shows, when it is opened, reloaded or restored; events follow in parts. */
  v.object({
    message: v.literal('show'),
    /** By which the extension knows the panel again after a reload. */
    id: v.string(),
    draft: Draft,
    request: v.nullable(CompareRequest),
    status: RunStatus,
    /** Why nothing can be trained here; null where it can. */
    forbidden: v.nullable(v.string()),
    native: v.object({ installed: v.boolean(), megabytes: PositiveCount }),
    cifar10: v.object({ present: v.boolean(), megabytes: PositiveCount }),
    /** The saved run that is shown, where the panel is a run's editor. */
    file: v.nullable(v.string()),
  }),
  /** Events of the training in its own lines, which the page reads with `parseTrainingEvent`. */
  v.object({ message: v.literal('events'), lines: v.array(v.string()) }),
  v.object({ message: v.literal('status'), status: RunStatus }),
  v.object({ message: v.literal('task'), task: Task }),
  v.object({ message: v.literal('available'), native: v.boolean(), cifar10: v.boolean() }),
]);
export type PanelMessage = Readonly<v.InferOutput<typeof PanelMessage>>;

/** What the page keeps for the time when it is built up again. */
const PanelState = v.object({
  id: v.string(),
  draft: Draft,
  request: v.nullable(CompareRequest),
});
export type PanelState = Readonly<v.InferOutput<typeof PanelState>>;

const PanelRequest = v.variant('request', [
  /** The page listens. */
  v.object({ request: v.literal('ready') }),
  v.object({ request: v.literal('start'), draft: Draft }),
  v.object({ request: v.picklist(['pause', 'resume', 'step', 'stop', 'save', 'export numbers', 'open saved run']) }),
  v.object({ request: v.literal('continue'), steps: PositiveCount }),
  /** Changed settings, which survive a reload. */
  v.object({ request: v.literal('draft'), draft: Draft }),
  v.object({
    request: v.literal('export'),
    format: v.picklist(['png', 'svg']),
    /** Text, or base64 for a PNG. */
    content: v.string(),
  }),
  v.object({ request: v.literal('copy'), what: v.string(), text: v.string() }),
  v.object({ request: v.literal('reveal'), place: Place }),
  v.object({
    request: v.picklist(['install native backend', 'download CIFAR-10', 'cancel task', 'choose data folder']),
  }),
]);
export type PanelRequest = Readonly<v.InferOutput<typeof PanelRequest>>;

/** Asks for the comparison that a loss of one document offers. */
export const COMPARE_REQUEST = 'lossLens/compare';

const CompareParameters = v.object({
  uri: v.string(),
  /** From 0, in UTF-16 code units. */
  position: v.object({ line: Count, character: Count }),
  /** Whether the loss that is closest to the position will do; otherwise it is the one that a hover there explains. */
  nearest: v.boolean(),
});
export type CompareParameters = Readonly<v.InferOutput<typeof CompareParameters>>;

/** Null where there is no such loss, or no term of it that is known to come from data. */
const CompareResult = v.nullable(CompareRequest);
export type CompareResult = v.InferOutput<typeof CompareResult>;

export function parseCompareParameters(value: unknown): CompareParameters {
  return v.parse(CompareParameters, value);
}

export function parseCompareResult(value: unknown): CompareResult {
  return v.parse(CompareResult, value);
}

export function parseCompareRequest(value: unknown): CompareRequest {
  return v.parse(CompareRequest, value);
}

/** Null where it was kept by another version, or not at all. */
export function parsePanelState(value: unknown): PanelState | null {
  const result = v.safeParse(PanelState, value);
  return result.success ? result.output : null;
}

export function parsePanelMessage(value: unknown): PanelMessage {
  return v.parse(PanelMessage, value);
}

export function parsePanelRequest(value: unknown): PanelRequest {
  return v.parse(PanelRequest, value);
}
