/** The arguments of `loss-lens train`, checked. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { defaultSettings } from '../experiment/defaults.ts';
import {
  BACKENDS,
  type BackendName,
  LIMITS,
  NETWORKS,
  OPTIMIZERS,
  REDUCTIONS,
  type SavedRun,
  type Settings,
  type Start,
} from '../protocol.ts';
import { readRun } from '../training/run-file.ts';
import { describe, oneOf, UsageError } from './arguments.ts';

export const TRAIN_USAGE = `Trains one network several times side by side: the same first weights, the same
batches, and only the reduction of the per-example losses differs. Prints how
each training went, and what theory predicts beside what was measured.

Usage
  loss-lens train [options]

Experiment
  --model light|tutorial|softmax   a small CNN (default), the CNN of a CIFAR-10
                                   tutorial, or softmax regression
  --reductions sum,mean,max        which ones to train (default: all three)
  --batch-size N                   128
  --steps N | --epochs N           how long to train: 300 steps
  --learning-rate X                0.05
  --optimizer sgd|momentum|adam    sgd
  --weight-decay X                 light 0.0005, tutorial 0.004, softmax 0
  --decay coupled|decoupled        in the loss (default), or by the optimiser
  --clip-norm X                    the largest norm of a gradient: no limit
  --epsilon X                      of Adam: 1e-8
  --match-updates                  give the sum what makes it take the steps of
                                   the mean, whose settings the options are
  --scale-batch K                  train each one again at K times the batch,
                                   by the Linear Scaling Rule
  --seed N                         of weights, batches and crops: 1
  --evaluate-every N               steps between looks at held-out data: 25
  --measure-every N                steps between measurements of the laws: 50

Where and with what
  --data auto|builtin|DIR          CIFAR-10 if it was downloaded, or drawings;
                                   DIR holds CIFAR-10 in its binary version
  --backend NAME                   tfjs-node, wasm, cpu, or auto (default): the
                                   fastest one that loads
  --out FILE.lossrun.json          save the run at its end
  --continue FILE.lossrun.json     train a saved run on: what is left of it, or
                                   --steps or --epochs more
  --format text|ndjson             ndjson: all events, see docs/training.md

Ctrl-C stops and still prints and saves; a second one ends at once.

Exit codes
  0  trained, or stopped by you    1  a law that was tested does not hold
  2  wrong usage or a failure      130  Ctrl-C before the first step
`;

export interface TrainRequest {
  readonly start: Start;
  readonly format: 'text' | 'ndjson';
}

const HELP = 'loss-lens train --help';

/** What describes an experiment, and so belongs to a new run only. */
const EXPERIMENT = {
  model: { type: 'string' },
  reductions: { type: 'string' },
  'batch-size': { type: 'string' },
  'learning-rate': { type: 'string' },
  optimizer: { type: 'string' },
  'weight-decay': { type: 'string' },
  decay: { type: 'string' },
  'clip-norm': { type: 'string' },
  epsilon: { type: 'string' },
  'match-updates': { type: 'boolean' },
  'scale-batch': { type: 'string' },
  seed: { type: 'string' },
  'evaluate-every': { type: 'string' },
  'measure-every': { type: 'string' },
} as const;

const OTHER = {
  steps: { type: 'string' },
  epochs: { type: 'string' },
  data: { type: 'string', default: 'auto' },
  backend: { type: 'string', default: 'auto' },
  out: { type: 'string' },
  continue: { type: 'string' },
  format: { type: 'string', default: 'text' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/**
 * Reads the arguments after `train`; null asks for help.
 *
 * @throws UsageError; RunFileError where the run that should go on cannot be read
 */
export async function parseTrainArguments(args: readonly string[], cwd: string): Promise<TrainRequest | null> {
  try {
    return await requestOf(parse(args), cwd);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(error.message, HELP) : error;
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { ...EXPERIMENT, ...OTHER } });
  } catch (error) {
    throw new UsageError(describe(error));
  }
}

type Values = ReturnType<typeof parse>['values'];

async function requestOf({ values, positionals }: ReturnType<typeof parse>, cwd: string): Promise<TrainRequest | null> {
  if (values.help) return null;
  const [path0] = positionals;
  if (path0 !== undefined) throw new UsageError(`train takes options only, not "${path0}".`);
  if (values.steps !== undefined && values.epochs !== undefined) {
    throw new UsageError('--steps and --epochs say the same: give one of them.');
  }
  const format = oneOf('--format', values.format, ['text', 'ndjson']);
  const backend = oneOf<'auto' | BackendName>('--backend', values.backend, ['auto', ...BACKENDS]);
  const given =
    values.continue === undefined ? newRun(values) : await savedRun(values, path.resolve(cwd, values.continue));
  const start: Start = {
    command: 'start',
    ...given,
    ...(values.epochs === undefined ? {} : { epochs: count('--epochs', values.epochs, LIMITS.steps) }),
    data: dataOf(values.data, cwd),
    backend,
    out: values.out === undefined ? null : path.resolve(cwd, values.out),
  };
  return { start, format };
}

function newRun(values: Values): Pick<Start, 'settings' | 'continues'> {
  const network = oneOf('--model', values.model ?? 'light', NETWORKS);
  const defaults = defaultSettings(network);
  const or = <T>(option: keyof Values, read: (option: string, value: string) => T, otherwise: T): T => {
    const value = values[option];
    return typeof value === 'string' ? read(`--${option}`, value) : otherwise;
  };
  const settings: Settings = {
    ...defaults,
    reductions: or('reductions', reductions, defaults.reductions),
    batchSize: or('batch-size', atMost(LIMITS.batchSize), defaults.batchSize),
    learningRate: or('learning-rate', positive, defaults.learningRate),
    optimizer: or('optimizer', (option, value) => oneOf(option, value, OPTIMIZERS), defaults.optimizer),
    weightDecay: or('weight-decay', notNegative, defaults.weightDecay),
    decay: or('decay', (option, value) => oneOf(option, value, ['coupled', 'decoupled']), defaults.decay),
    clipNorm: or('clip-norm', positive, defaults.clipNorm),
    epsilon: or('epsilon', positive, defaults.epsilon),
    matchUpdates: values['match-updates'] ?? defaults.matchUpdates,
    batchFactor: or('scale-batch', atMost(LIMITS.batchFactor), defaults.batchFactor),
    steps: or('steps', atMost(LIMITS.steps), defaults.steps),
    seed: or('seed', seed, defaults.seed),
    evaluateEvery: or('evaluate-every', atMost(LIMITS.steps), defaults.evaluateEvery),
    measureEvery: or('measure-every', atMost(LIMITS.steps), defaults.measureEvery),
  };
  return { settings, continues: null };
}

async function savedRun(values: Values, file: string): Promise<Pick<Start, 'settings' | 'continues'>> {
  const other = Object.keys(EXPERIMENT).find((option) => values[option as keyof typeof EXPERIMENT] !== undefined);
  if (other) throw new UsageError(`--${other} belongs to a new run: --continue takes it from the saved one.`);
  const run = await readRun(file);
  const steps = values.steps === undefined ? stepsLeft(run, values) : count('--steps', values.steps, LIMITS.steps);
  return { settings: { ...run.started.settings, steps }, continues: file };
}

function stepsLeft({ started, state }: SavedRun, { epochs }: Values): number {
  const left = started.settings.steps - state.step;
  if (left <= 0 && epochs === undefined) {
    throw new UsageError(`All ${state.step} steps of that run are trained: say with --steps how many more.`);
  }
  return Math.max(left, 1);
}

function dataOf(value: string, cwd: string): Start['data'] {
  return value === 'auto' || value === 'builtin'
    ? { kind: value }
    : { kind: 'folder', folder: path.resolve(cwd, value) };
}

function reductions(option: string, value: string): Settings['reductions'] {
  const names = value.split(',').map((name) => oneOf(option, name, REDUCTIONS));
  if (new Set(names).size < names.length) throw new UsageError(`${option} names a reduction twice: "${value}".`);
  return names;
}

function count(option: string, value: string, most: number): number {
  if (/^[1-9]\d*$/.test(value) && Number(value) <= most) return Number(value);
  throw new UsageError(`${option} is a whole number from 1 to ${most}, not "${value}".`);
}

const atMost = (most: number) => (option: string, value: string) => count(option, value, most);

function seed(option: string, value: string): number {
  if (/^\d+$/.test(value) && Number(value) <= LIMITS.seed) return Number(value);
  throw new UsageError(`${option} is a whole number from 0 to ${LIMITS.seed}, not "${value}".`);
}

function positive(option: string, value: string): number {
  const x = numberOf(value);
  if (x > 0) return x;
  throw new UsageError(`${option} is a number above 0, not "${value}".`);
}

function notNegative(option: string, value: string): number {
  const x = numberOf(value);
  if (x >= 0) return x;
  throw new UsageError(`${option} is a number from 0, not "${value}".`);
}

/** NaN where it is none, or none that is finite. */
function numberOf(value: string): number {
  const x = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(x) ? x : Number.NaN;
}
