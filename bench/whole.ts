/** What is seen of whole trainings, each in a process of its own: memory, accuracy on the built-in data, and the wait for the first step. */
import path from 'node:path';
import { runQuietly } from '../scripts/lib/processes.mjs';
import { defaultSettings } from '../src/experiment/defaults.ts';
import type { BackendName, Settings } from '../src/protocol.ts';
import { percent, type Section, spreadText, type Target, table } from './report.ts';
import { spreadOf } from './rounds.ts';
import type { Order, Outcome } from './whole-training.ts';

const MOST_MEGABYTES = 700;
/** Of the light network, and of softmax regression, on held-out drawings. */
const LEAST_ACCURACY = 0.9;
const MOST_SOFTMAX_ACCURACY = 0.6;
const ACCURACY_STEPS = 600;
const STARTS = 5;

async function train(settings: Settings, backend: BackendName, nativeFolder: string): Promise<Outcome> {
  const order: Order = { settings, backend, nativeFolder };
  const script = path.join(import.meta.dirname, 'whole-training.ts');
  const output = await runQuietly(`Training ${settings.network} on ${backend} failed`, process.execPath, [
    script,
    JSON.stringify(order),
  ]);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Outcome;
}

/** All three reductions with their evaluations and measurements, and updates matched so that no arm diverges. */
export async function measureMemory(nativeFolder: string, say: (line: string) => void): Promise<Section> {
  const trainings = [
    { network: 'light', steps: 2000 },
    // Ten times as slow a network: a tenth of the steps.
    { network: 'tutorial', steps: 200 },
  ] as const;
  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const { network, steps } of trainings) {
    say(`${network}, ${steps} steps`);
    const settings = { ...defaultSettings(network), steps, matchUpdates: true };
    const outcome = await train(settings, 'tfjs-node', nativeFolder);
    const { early, late } = outcome;
    const megabytes = [early.megabytes, late.megabytes, outcome.peakMegabytes].map((amount) => amount.toFixed(0));
    const tensors = [early.tensors, late.tensors].map(String);
    rows.push([network, String(outcome.steps), ...tensors, ...megabytes, outcome.wholeSeconds.toFixed(0)]);
    targets.push(
      {
        what: `${network}, growth of tensors over ${outcome.steps} steps`,
        measured: String(late.tensors - early.tensors),
        demanded: '0',
        holds: late.tensors <= early.tensors,
      },
      {
        what: `${network}, peak memory over ${outcome.steps} steps, MB`,
        measured: outcome.peakMegabytes.toFixed(0),
        demanded: `< ${MOST_MEGABYTES}`,
        holds: outcome.peakMegabytes < MOST_MEGABYTES,
      },
    );
  }
  return {
    title: 'Memory',
    blocks: [
      'Sum, mean and max in lock-step on tfjs-node, evaluated and measured every 50 steps. Memory is that of the whole process.',
      table(
        [
          'network',
          'steps',
          'tensors after a tenth',
          'at the end',
          'MB after a tenth',
          'at the end',
          'at most',
          'seconds',
        ],
        rows,
      ),
    ],
    targets,
  };
}

/** One arm, the mean, evaluated at the end. */
export async function measureAccuracy(nativeFolder: string, say: (line: string) => void): Promise<Section> {
  const settingsOf = (network: 'light' | 'softmax'): Settings => ({
    ...defaultSettings(network),
    reductions: ['mean'],
    steps: ACCURACY_STEPS,
    evaluateEvery: ACCURACY_STEPS,
    measureEvery: ACCURACY_STEPS,
  });
  say(`light and softmax, ${ACCURACY_STEPS} steps`);
  const light = await train(settingsOf('light'), 'tfjs-node', nativeFolder);
  const softmax = await train(settingsOf('softmax'), 'tfjs-node', nativeFolder);
  const accuracyOf = ({ accuracy }: Outcome): number => accuracy.mean ?? Number.NaN;
  const row = (name: string, outcome: Outcome): string[] => [
    name,
    percent(accuracyOf(outcome)),
    outcome.trainingSeconds.toFixed(1),
    outcome.wholeSeconds.toFixed(1),
  ];
  return {
    title: 'Accuracy on the built-in drawings',
    blocks: [
      `After ${ACCURACY_STEPS} steps of 128 on tfjs-node, one arm, default settings.`,
      table(
        ['network', 'held-out accuracy', 'seconds of training', 'seconds in all'],
        [row('light CNN', light), row('softmax regression', softmax)],
      ),
    ],
    targets: [
      {
        what: `light, held-out accuracy after ${ACCURACY_STEPS} steps`,
        measured: percent(accuracyOf(light)),
        demanded: `≥ ${percent(LEAST_ACCURACY)}`,
        holds: accuracyOf(light) >= LEAST_ACCURACY,
      },
      {
        what: `softmax, held-out accuracy after ${ACCURACY_STEPS} steps`,
        measured: percent(accuracyOf(softmax)),
        demanded: `< ${percent(MOST_SOFTMAX_ACCURACY)}`,
        holds: accuracyOf(softmax) < MOST_SOFTMAX_ACCURACY,
      },
    ],
  };
}

/** From the start of the process, with its sources as they are: a bundle loads faster. */
export async function measureFirstStep(nativeFolder: string, say: (line: string) => void): Promise<Section> {
  const backends = ['tfjs-node', 'wasm'] as const;
  const outcomes: Record<(typeof backends)[number], Outcome[]> = { 'tfjs-node': [], wasm: [] };
  // The step after the first one is the last, and only it is evaluated.
  const settings = { ...defaultSettings('light'), steps: 2 };
  for (let start = 1; start <= STARTS; start++) {
    say(`First step, start ${start} of ${STARTS}`);
    for (const backend of backends) outcomes[backend].push(await train(settings, backend, nativeFolder));
  }
  const rows = backends.map((backend) => {
    const times = outcomes[backend].map(({ secondsTo }) => secondsTo);
    const between = (from: keyof Outcome['secondsTo'] | null, to: keyof Outcome['secondsTo']): string =>
      spreadOf(times.map((time) => time[to] - (from ? time[from] : 0))).median.toFixed(2);
    return [
      backend,
      spreadText(spreadOf(times.map(({ firstStep }) => firstStep)), 2),
      between(null, 'main'),
      between('main', 'data'),
      between('data', 'compiled'),
      between('compiled', 'firstStep'),
    ];
  });
  return {
    title: 'From the start of the process to the first step',
    blocks: [
      `Default settings, three arms; ${STARTS} starts of each in turn, from sources that are not bundled. The first step includes the first measurement of the laws.`,
      table(['backend', 'seconds', 'loading', 'drawing the data', 'opening and compiling', 'first step'], rows),
    ],
    targets: [],
  };
}
