/** How fast a network trains, beside Python frameworks that train the same network on the same batches. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { atTheEnd, runQuietly } from '../scripts/lib/processes.mjs';
import type { NetworkName } from '../src/protocol.ts';
import type { DataSet } from '../src/training/data/examples.ts';
import { networks } from '../src/training/program/networks.ts';
import { type Contender, startContender } from './contender.ts';
import { type Section, spreadText, type Target, table } from './report.ts';
import { cpuSecondsPerStep, type Result, ratioOf, runRounds, secondsPerStep, spreadOf } from './rounds.ts';
import { writeTask } from './task.ts';
import type { Variant } from './worker.ts';

/** A Python framework that takes part. */
export interface Framework {
  readonly module: 'tensorflow' | 'torch';
  readonly version: string;
  /** The Python interpreter that has it. */
  readonly python: string;
}

const FRAMEWORKS = {
  tensorflow: { title: 'TensorFlow', way: 'tf.function', script: 'training_tensorflow.py', least: 0.95, aim: 1.1 },
  torch: { title: 'PyTorch', way: 'eager', script: 'training_pytorch.py', least: 2, aim: null },
} as const;

/** @throws Error where the interpreter does not run, or has a framework that does not load */
export async function frameworksOf(python: string): Promise<Framework[]> {
  const found: Framework[] = [];
  for (const module of ['tensorflow', 'torch'] as const) {
    const probe = [
      'import importlib.util',
      `if importlib.util.find_spec("${module}"):`,
      `    import ${module}`,
      `    print("version", ${module}.__version__)`,
    ].join('\n');
    const output = await runQuietly(`${python} does not load ${module}`, python, ['-c', probe]).catch((error) => {
      throw error.code === 'ENOENT' ? new Error(`There is no ${python} to run.`) : error;
    });
    const version = /^version (\S+)$/m.exec(output)?.[1];
    if (version !== undefined) found.push({ module, version, python });
  }
  return found;
}

const OURS = 'Loss Lens, one arm';
const METRICS_OFF = 'Loss Lens, metrics off';
const TWO_ARMS = 'Loss Lens, sum and mean';
const DRAWN = 'Loss Lens, whole trainer';
const WASM = 'Loss Lens, wasm';

const oneArm: Variant = { backend: 'tfjs-node', reductions: ['mean'], metrics: true, trainer: false };

const VARIANTS: Readonly<Record<string, Variant>> = {
  [OURS]: oneArm,
  [METRICS_OFF]: { ...oneArm, metrics: false },
  [TWO_ARMS]: { ...oneArm, reductions: ['sum', 'mean'] },
  [DRAWN]: { ...oneArm, trainer: true },
  [WASM]: { ...oneArm, backend: 'wasm' },
};

const MOST_OVER_METRICS_OFF = 1.05;
const MOST_OVER_ONE_ARM = 1.6;
/** Where other processes take more of the cores than this, the clock says little; threads that wait busily, as PyTorch's do, lose most. */
const QUIET_CORES = 0.1;
const WASM_LEAST = 500;
const WASM_AIM = 1000;

const nameOf = ({ module, version }: Framework): string => {
  const { title, way } = FRAMEWORKS[module];
  return `${title} ${version}, ${way}`;
};

export interface SpeedOptions {
  readonly network: NetworkName;
  readonly data: DataSet;
  readonly frameworks: readonly Framework[];
  readonly rounds: number;
  /** Of each turn. */
  readonly seconds: number;
  readonly nativeFolder: string;
  readonly say: (line: string) => void;
}

export async function measureSpeed(options: SpeedOptions): Promise<Section> {
  const { network, data, frameworks, rounds, seconds, nativeFolder, say } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-bench-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const forget = atTheEnd(removeFolder);
  const contenders: Contender[] = [];
  try {
    const { settings } = writeTask(network, data, folder);
    // One step of the tutorial's network takes wasm longer than a turn.
    const variants = Object.entries(VARIANTS).filter(([name]) => name !== WASM || network === 'light');
    for (const [name, variant] of variants) {
      const worker = path.join(import.meta.dirname, 'worker.ts');
      const args = [worker, folder, JSON.stringify(variant), nativeFolder];
      contenders.push(await startContender(name, process.execPath, args));
    }
    for (const framework of frameworks) {
      const script = path.join(import.meta.dirname, FRAMEWORKS[framework.module].script);
      contenders.push(await startContender(nameOf(framework), framework.python, [script, folder]));
    }
    const { results, otherCores } = await runRounds(contenders, rounds, seconds, say);
    return {
      title: `Speed: ${networks[network].title}`,
      blocks: [
        `Batches of ${settings.batchSize}, SGD at ${settings.learningRate}, penalty ${settings.weightDecay}; ${rounds} rounds of ${seconds} s for each contender. "× one arm" is the speed of the first row as a multiple of this one's, by the clock and by processor time, paired round by round.`,
        speedTable(results, settings.batchSize),
        ...(network === 'tutorial' && frameworks.length > 0
          ? [
              "The frameworks' local response normalisation is their own operation, and ours a product with a band matrix.",
            ]
          : []),
        ...(otherCores > QUIET_CORES
          ? [
              '**The machine was busy with other things: measure again when it is quiet.** Processor time is nearer the truth.',
            ]
          : []),
        `Other processes took ${otherCores.toFixed(2)} of ${availableParallelism()} cores meanwhile. After three steps from the same weights all contenders had the same losses to 1e-4 and the same ‖W‖ to 1e-6.`,
      ],
      targets: speedTargets(network, results, frameworks, settings.batchSize),
    };
  } finally {
    await Promise.all(contenders.map((contender) => contender.end()));
    forget();
    removeFolder();
  }
}

function speedTable(results: readonly Result[], batchSize: number): string {
  const ours = resultOf(results, OURS);
  const rows = results.map((result) => {
    const wall = spreadOf(result.turns.map(secondsPerStep));
    const cpu = spreadOf(result.turns.map(cpuSecondsPerStep));
    return [
      result.name,
      spreadText(speedOf(result, batchSize), 0),
      (1000 * wall.median).toFixed(2),
      (1000 * cpu.median).toFixed(2),
      result === ours ? '' : spreadText(ratioOf(result, ours, secondsPerStep), 2),
      result === ours ? '' : spreadText(ratioOf(result, ours, cpuSecondsPerStep), 2),
    ];
  });
  return table(['contender', 'images/s', 'ms a step', 'CPU ms a step', '× one arm', '× one arm, CPU'], rows);
}

const speedOf = ({ turns }: Result, batchSize: number) =>
  spreadOf(turns.map((turn) => batchSize / secondsPerStep(turn)));

function speedTargets(
  network: NetworkName,
  results: readonly Result[],
  frameworks: readonly Framework[],
  batchSize: number,
): Target[] {
  const ours = resultOf(results, OURS);
  const againstPython = frameworks.map((framework): Target => {
    const { least, aim } = FRAMEWORKS[framework.module];
    const speed = ratioOf(resultOf(results, nameOf(framework)), ours, secondsPerStep);
    return {
      what: `${network}, speed against ${nameOf(framework)}`,
      measured: `${spreadText(speed, 2)} ×`,
      demanded: `≥ ${least} ×${aim === null ? '' : `, aim ${aim} ×`}`,
      holds: speed.median >= least,
    };
  });
  const atMost = (what: string, a: string, b: string, most: number): Target => {
    const time = ratioOf(resultOf(results, a), resultOf(results, b), secondsPerStep);
    return {
      what: `${network}, ${what}`,
      measured: `${spreadText(time, 2)} ×`,
      demanded: `≤ ${most} ×`,
      holds: time.median <= most,
    };
  };
  const growth = Math.max(...results.map(({ turns }) => (turns.at(-1)?.tensors ?? 0) - (turns.at(0)?.tensors ?? 0)));
  const wasm = results
    .filter(({ name }) => name === WASM)
    .map((result): Target => {
      const speed = speedOf(result, batchSize);
      return {
        what: `${network}, wasm, images/s`,
        measured: spreadText(speed, 0),
        demanded: `≥ ${WASM_LEAST}, aim ${WASM_AIM}`,
        holds: speed.median >= WASM_LEAST,
      };
    });
  return [
    ...againstPython,
    atMost('time of two arms against one', TWO_ARMS, OURS, MOST_OVER_ONE_ARM),
    atMost('time with metrics against without', OURS, METRICS_OFF, MOST_OVER_METRICS_OFF),
    ...wasm,
    {
      what: `${network}, tensors that the rounds left behind`,
      measured: String(growth),
      demanded: '0',
      holds: growth <= 0,
    },
  ];
}

function resultOf(results: readonly Result[], name: string): Result {
  const found = results.find((result) => result.name === name);
  if (!found) throw new RangeError(`${name} did not take part.`);
  return found;
}
