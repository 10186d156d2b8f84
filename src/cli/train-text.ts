/** What `train` prints for people. */
import { Lines, type Words } from '../core/explain.ts';
import type { Finished, HistoryEvent, Law, Settings, Started, Step } from '../protocol.ts';
import { duration, percent, short, whole } from './numbers.ts';
import { type Paint, toText, wrap } from './terminal.ts';

const NETWORKS: Readonly<Record<Settings['network'], string>> = {
  light: 'light CNN',
  tutorial: 'CIFAR-10 tutorial CNN',
  softmax: 'softmax regression',
};
const OPTIMIZERS: Readonly<Record<Settings['optimizer'], string>> = { sgd: 'SGD', momentum: 'momentum', adam: 'Adam' };

/**
 * What is trained, on what and with what.
 *
 * @param chosen  whether the user chose the data, and needs no hint that there are others
 */
export function headerText(started: Started, chosen: boolean, paint: Paint): string {
  const { settings, data, backend, parameters, after } = started;
  const { network, batchSize, optimizer, learningRate, weightDecay, decay, steps, matchUpdates, reference } = settings;
  const penalty = weightDecay === 0 ? [] : [`${decay === 'coupled' ? 'L2' : 'decoupled decay'} ${weightDecay}`];
  const experiment = [
    NETWORKS[network],
    `${whole(parameters)} parameters`,
    `batch ${batchSize}`,
    `${OPTIMIZERS[optimizer]} ${learningRate}`,
    ...penalty,
    ...(matchUpdates ? [`the ${reference === 'mean' ? 'sum matches the mean' : 'mean matches the sum'}`] : []),
    after === 0 ? `${whole(steps)} steps` : `steps ${whole(after + 1)} to ${whole(steps)}`,
  ];
  const versions = Object.entries(backend.versions).map(([name, version]) => `${name} ${version}`);
  return [
    paint('bold', experiment.join(' · ')),
    `${paint('dim', 'data   ')} ${data.name}: ${whole(data.train)} examples to train on, ${whole(data.heldOut)} held out`,
    ...(data.kind === 'builtin' && !chosen ? ['        CIFAR-10 instead: loss-lens data download (170 MB)'] : []),
    `${paint('dim', 'backend')} ${backend.name} (${versions.join(', ')})`,
    ...backend.passedOver.map(({ name, reason }) => `        ${name} ${reason}`),
    '',
    '',
  ].join('\n');
}

/** One line: where a training is. */
export function progressText(step: Step, { settings, arms }: Started, diverged: ReadonlySet<string>): string {
  const losses = arms.flatMap(({ name }) => {
    if (diverged.has(name)) return [`${name} diverged`];
    const arm = step.arms.find((result) => result.arm === name);
    return arm ? [`${name} ${short(arm.loss)}`] : [];
  });
  return [
    `step ${whole(step.step)}/${whole(settings.steps)}`,
    `${whole(step.examplesPerSecond)} images/s`,
    `${duration(step.secondsLeft)} left`,
    `loss ${losses.join(', ')}`,
  ].join(' · ');
}

/** How many tenths of the steps are trained. */
export function tenthOf(step: number, { settings, after }: Started): number {
  return Math.floor((10 * (step - after)) / (settings.steps - after));
}

export interface Results {
  readonly started: Started;
  readonly finished: Finished;
  readonly events: readonly HistoryEvent[];
}

/** Columns where nobody says how many there are, and the fewest and most that are used. */
const COLUMNS = { usual: 100, fewest: 60, most: 120 };

/** How the training went: curves, then theory against measurement. */
export function resultsText({ started, finished, events }: Results, paint: Paint, columns: number | null): string {
  const width = Math.min(Math.max(columns ?? COLUMNS.usual, COLUMNS.fewest), COLUMNS.most);
  return [
    paint('bold', ending(finished)),
    '',
    ...curvesText(started, events, paint, width),
    ...extremesText(started, events, width),
    ...lawsText(finished.laws, paint, width),
    '',
  ].join('\n');
}

function ending({ reason, step }: Finished): string {
  switch (reason) {
    case 'completed':
      return `Trained ${whole(step)} steps`;
    case 'stopped':
      return `Stopped after ${whole(step)} steps`;
    case 'all diverged':
      return `All diverged, the last one at step ${whole(step)}`;
  }
}

interface Curve {
  readonly arm: string;
  readonly values: readonly number[];
}

function curvesText({ arms }: Started, events: readonly HistoryEvent[], paint: Paint, width: number): string[] {
  const diverged = new Map(events.flatMap((event) => (event.event === 'diverged' ? [[event.arm, event.message]] : [])));
  const curves = (values: (event: HistoryEvent, arm: string) => number | undefined): Curve[] =>
    arms.flatMap(({ name }) => {
      const known = events.flatMap((event) => values(event, name) ?? []);
      return known.length > 0 ? [{ arm: name, values: known }] : [];
    });
  const losses = curves((event, name) =>
    event.event === 'step' ? event.arms.find(({ arm }) => arm === name)?.loss : undefined,
  );
  const evaluated = events.find((event) => event.event === 'evaluated');
  const accuracies = curves((event, name) =>
    event.event === 'evaluated' ? event.arms.find(({ arm }) => arm === name)?.accuracy : undefined,
  );
  const notes = [...diverged.values()].flatMap((message) => wrap(`✕ ${message}`, width, '  '));
  return [
    ...curveTable(
      { title: 'loss per example (log)', first: 'first', curves: losses, text: short, log: true },
      diverged,
      paint,
    ),
    ...curveTable(
      {
        title: 'held-out accuracy',
        first: `step ${evaluated?.step ?? ''}`,
        curves: accuracies,
        text: percent,
        log: false,
      },
      diverged,
      paint,
    ),
    ...(notes.length > 0 ? [...notes, ''] : []),
  ];
}

/** What averages hide: the class that each arm is worst at, and which examples a maximum was trained on. */
function extremesText({ arms, data }: Started, events: readonly HistoryEvent[], width: number): string[] {
  const evaluated = events.findLast((event) => event.event === 'evaluated');
  const worst = (evaluated?.arms ?? []).flatMap(({ arm, classAccuracy }) => {
    const known = classAccuracy.filter((accuracy) => accuracy !== null);
    if (known.length === 0) return [];
    const least = Math.min(...known);
    return [`${arm} ${data.classes[classAccuracy.indexOf(least)] ?? ''} ${percent(least)}`];
  });
  const selections = arms.flatMap(({ name, reduction }) => {
    if (reduction !== 'max') return [];
    const counts = new Map<number, number>();
    for (const event of events) {
      if (event.event !== 'step') continue;
      const selected = event.arms.find(({ arm }) => arm === name)?.selected;
      if (selected !== undefined) counts.set(selected, (counts.get(selected) ?? 0) + 1);
    }
    const updates = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const [most] = [...counts].sort(([, a], [, b]) => b - a);
    if (!most) return [];
    const often = most[1] > 1 ? `, most often on number ${most[0]} (${most[1]} times)` : '';
    return [`${name} was trained on ${whole(counts.size)} different examples in ${whole(updates)} updates${often}`];
  });
  const lines = [...(worst.length > 0 ? [`worst class: ${worst.join(', ')}`] : []), ...selections];
  return lines.length > 0 ? [...lines.flatMap((line) => wrap(line, width, '  ')), ''] : [];
}

interface Chart {
  readonly title: string;
  /** What the first value is called. */
  readonly first: string;
  readonly curves: readonly Curve[];
  readonly text: (x: number) => string;
  readonly log: boolean;
}

function curveTable(chart: Chart, diverged: ReadonlyMap<string, string>, paint: Paint): string[] {
  const { title, curves, text } = chart;
  if (curves.length === 0) return [];
  const height = heights(chart, diverged);
  const rows = curves.map(({ arm, values }) => [
    [arm],
    [text(values[0] ?? Number.NaN)],
    [paint('cyan', sparkline(values.map(height))) + (diverged.has(arm) ? paint('red', ' ✕') : '')],
    [text(values.at(-1) ?? Number.NaN)],
  ]);
  return table(
    [
      [title, 'left'],
      [chart.first, 'right'],
      ['', 'left'],
      ['last', 'right'],
    ],
    rows,
    paint,
  );
}

/**
 * How high a value stands, from 0 to 1, on one scale for all arms; above 1 is off the scale. The top is where one of them began or ended: a curve on its
 * way to infinity would flatten all others.
 */
function heights({ curves, log }: Chart, diverged: ReadonlyMap<string, string>): (x: number) => number {
  const place = log ? Math.log : (x: number) => x;
  const finite = (values: readonly (number | undefined)[]): number[] =>
    values.flatMap((x) => (x === undefined || !Number.isFinite(place(x)) ? [] : [place(x)]));
  const all = finite(curves.flatMap(({ values }) => values));
  const low = all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const ends = finite(curves.flatMap(({ arm, values }) => [values[0], diverged.has(arm) ? undefined : values.at(-1)]));
  const top = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), low);
  const high = top(ends) > low ? top(ends) : top(all);
  return (x) => {
    if (Number.isNaN(x)) return 1;
    return high > low ? Math.max((place(x) - low) / (high - low), 0) : 0;
  };
}

const BLOCKS = '▁▂▃▄▅▆▇█';
const POINTS = 32;

/** In the place of what is more than half as high again as the scale. */
const OFF_SCALE = '↑';

/** A height is a block; where there are more of them than points, their mean is. */
function sparkline(heightsOfAll: readonly number[]): string {
  const count = heightsOfAll.length;
  const points = Math.min(POINTS, count);
  return Array.from({ length: points }, (_, i) => {
    const part = heightsOfAll.slice(Math.floor((i * count) / points), Math.floor(((i + 1) * count) / points));
    if (Math.max(...part) > 1.5) return OFF_SCALE;
    const mean = part.reduce((sum, x) => sum + Math.min(x, 1), 0) / part.length;
    return BLOCKS[Math.round(mean * (BLOCKS.length - 1))];
  }).join('');
}

const MARKS = '¹²³⁴⁵⁶⁷⁸⁹';

function lawsText(laws: readonly Law[], paint: Paint, width: number): string[] {
  if (laws.length === 0) return [];
  const notes = laws.flatMap(({ note }) => note || []);
  // What a tick, a deviation and the space between five columns leave.
  const free = width - 1 - 17 - 8;
  const [title, predicted, measured] = [Math.floor(free * 0.42), Math.floor(free * 0.27), Math.floor(free * 0.31)];
  const rows = laws.flatMap((law) => {
    const mark = law.note ? ` ${MARKS[notes.indexOf(law.note)] ?? ''}` : '';
    const cells = [
      [tick(law, paint)],
      wrap(law.title + mark, title),
      wrap(law.predicted, predicted),
      wrap(law.measured ?? 'not tested', measured),
      [deviation(law)],
    ];
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, i) => cells.map((lines): Words => [lines[i] ?? '']));
  });
  return [
    ...table(
      [
        ['', 'left'],
        ['law', 'left'],
        ['predicted', 'left'],
        ['measured', 'left'],
        ['deviation', 'right'],
      ],
      rows,
      paint,
    ),
    ...notes.flatMap((note, i) => wrap(`${MARKS[i] ?? ''} ${note}`, width, '  ')).map((line) => paint('dim', line)),
  ];
}

function tick({ holds, heuristic }: Law, paint: Paint): string {
  if (holds === null) return paint('dim', '–');
  if (holds) return paint('green', '✓');
  return paint(heuristic ? 'yellow' : 'red', '✗');
}

function deviation({ deviation: x, limit, holds }: Law): string {
  if (x === null) return '';
  const text = x === 0 ? '0' : short(x);
  return holds === false && limit !== null ? `${text} > ${limit}` : text;
}

/** A table, with an empty line after it. */
function table(
  columns: readonly (readonly [title: string, align: 'left' | 'right'])[],
  rows: readonly (readonly Words[])[],
  paint: Paint,
): string[] {
  const block = {
    kind: 'table',
    columns: columns.map(([title, align]) => ({ title, align })),
    rows,
    note: null,
  } as const;
  return [...toText([block], new Lines(''), paint), ''];
}
