/** What the scripts for both frameworks share: the arms as a table, the data, and the order of the batches. */
import { listWords, number } from '../../core/explain/words.ts';
import type { Arm, NetworkName, Settings, Started } from '../../protocol.ts';

/** A layer with weights, as the network of the experiment has it. */
export interface Layer {
  /** Standard deviation of its initial weights, as a Python expression. */
  readonly deviation: string;
  readonly bias: string;
  readonly penalized: boolean;
}

/** The same starts as in the editor: normal weights that are cut at two standard deviations, and constant biases. */
export const layers: Readonly<Record<NetworkName, readonly Layer[]>> = {
  softmax: [{ deviation: '0.01', bias: '0.0', penalized: true }],
  light: [
    { deviation: '(2 / 27) ** 0.5', bias: '0.0', penalized: true },
    { deviation: '(2 / 144) ** 0.5', bias: '0.0', penalized: true },
    { deviation: '(2 / 2048) ** 0.5', bias: '0.0', penalized: true },
    { deviation: '(1 / 64) ** 0.5', bias: '0.0', penalized: true },
  ],
  tutorial: [
    { deviation: '0.05', bias: '0.0', penalized: false },
    { deviation: '0.05', bias: '0.1', penalized: false },
    { deviation: '0.04', bias: '0.1', penalized: true },
    { deviation: '0.04', bias: '0.1', penalized: true },
    { deviation: '1 / 192', bias: '0.0', penalized: false },
  ],
};

export const isCropped = ({ network }: Settings): boolean => network === 'tutorial';

/** A module: its docstring and imports, and then its parts, two blank lines apart as PEP 8 has it; empty ones are left out. */
export const program = (head: string, ...parts: readonly string[]): string => {
  const written = parts.map((part) => part.trim()).filter((part) => part !== '');
  return `${[head, ...written].join('\n\n\n')}\n`;
};

/** Lines that are there only under a condition. */
export const when = (condition: boolean, ...lines: readonly string[]): readonly string[] => (condition ? lines : []);

export const lines = (...parts: readonly (string | readonly string[])[]): string => parts.flat().join('\n');

/** A number that Python reads as a float. */
export function float(x: number): string {
  const text = number(x);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** What is written in JSON is a literal of Python as well; a saved run may hold any text. */
const string = (text: string): string => JSON.stringify(text);

export function docstring({ version, settings, data }: Started, requires: string): string {
  const names = listWords(settings.reductions);
  return lines(
    `"""Train the same network on the same batches, its losses reduced by ${names}.`,
    '',
    `Written by Loss Lens ${version.replace(/[^\w.+-]/g, '')}.`,
    `Requires ${requires}.`,
    '',
    'The arms, their settings and the distribution of the initial weights are those of the',
    'experiment in the editor. NumPy draws other random numbers from the seed, so the curves',
    'are alike, and not equal to the last digit.',
    when(
      data.kind === 'builtin',
      '',
      'The experiment in the editor was trained on built-in drawings; this is trained on CIFAR-10,',
      'and other data have other curves.',
    ),
    '"""',
  );
}

export function constants({ settings }: Started): string {
  return lines(
    `SEED = ${settings.seed}`,
    `BATCH_SIZE = ${settings.batchSize}`,
    `STEPS = ${settings.steps}`,
    `IMAGE_SIZE = ${isCropped(settings) ? 24 : 32}`,
    'CLASSES = 10',
    '# Of each layer: the standard deviation of its weights, its bias, and whether it is penalised.',
    'LAYERS = [',
    layers[settings.network].map(
      ({ deviation, bias, penalized }) => `    (${deviation}, ${bias}, ${penalized ? 'True' : 'False'}),`,
    ),
    ']',
  );
}

/** What of the settings is used at all; the rest is left out of the script. */
export interface Used {
  readonly penalty: boolean;
  readonly decay: boolean;
  readonly clip: boolean;
  readonly adam: boolean;
  readonly max: boolean;
  readonly larger: boolean;
}

export function usedBy({ settings, arms }: Started): Used {
  return {
    penalty: settings.weightDecay !== 0 && settings.decay === 'coupled',
    decay: settings.weightDecay !== 0 && settings.decay === 'decoupled',
    clip: settings.clipNorm !== null,
    adam: settings.optimizer === 'adam',
    max: arms.some(({ reduction }) => reduction === 'max'),
    larger: arms.some(({ batchFactor }) => batchFactor > 1),
  };
}

export function armTable(started: Started): string {
  const used = usedBy(started);
  const row = ({ name, reduction, learningRate, weightDecay, clipNorm, epsilon, batchFactor }: Arm): string => {
    const fields = [
      string(name),
      string(reduction),
      `learning_rate=${float(learningRate)}`,
      ...when(used.penalty || used.decay, `weight_decay=${float(weightDecay)}`),
      ...when(used.clip, `clip_norm=${float(clipNorm ?? 0)}`),
      ...when(used.adam, `epsilon=${float(epsilon)}`),
      ...when(batchFactor > 1, `batch_factor=${batchFactor}`),
    ];
    const short = `    Arm(${fields.join(', ')}),`;
    return short.length <= 88
      ? short
      : lines(
          '    Arm(',
          fields.map((field) => `        ${field},`),
          '    ),',
        );
  };
  return lines(
    '@dataclass(frozen=True)',
    'class Arm:',
    '    name: str',
    '    reduction: str',
    '    learning_rate: float',
    when(used.penalty, '    weight_decay: float  # The coefficient of ½‖w‖² in the loss.'),
    when(used.decay, '    weight_decay: float  # Multiplied by the learning rate.'),
    when(used.clip, '    clip_norm: float'),
    when(used.adam, '    epsilon: float'),
    when(used.larger, '    batch_factor: int = 1  # How many batches make one of this arm.'),
    '',
    '',
    'ARMS = [',
    started.arms.map(row),
    ']',
  );
}

export const truncatedNormal = `
def truncated_normal(
    rng: np.random.Generator, shape: tuple[int, ...], deviation: float
) -> np.ndarray:
    """Normal numbers, drawn again where they are beyond two standard deviations."""
    numbers = rng.standard_normal(shape)
    while (outside := np.abs(numbers) > 2).any():
        numbers[outside] = rng.standard_normal(np.count_nonzero(outside))
    return (numbers * deviation).astype(np.float32)
`;

export const readBinary = `
def read_binary(folder: Path, pattern: str) -> Examples:
    """Images [n, 3, 32, 32] and labels [n] of the binary version of CIFAR-10."""
    files = sorted(folder.glob(pattern))
    if not files:
        raise SystemExit(f"{folder} holds no {pattern}: unpack cifar-10-binary.tar.gz there.")
    records = np.concatenate([np.fromfile(file, np.uint8) for file in files]).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]
`;

export const synthetic = `
def synthetic(count: int, seed: int) -> Examples:
    """Noise in the place of images: nothing can be learned of it, but every law holds."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 3, 32, 32), np.uint8)
    return images, rng.integers(0, CLASSES, count).astype(np.uint8)
`;

/** `download` is the framework's own way to CIFAR-10. */
export const loadData = (download: readonly string[]): string =>
  lines(
    'def load_data(arguments: argparse.Namespace) -> tuple[Examples, Examples]:',
    '    """The examples to train on, and those held out."""',
    '    if arguments.synthetic:',
    '        return synthetic(4 * BATCH_SIZE, SEED), synthetic(1000, SEED + 1)',
    '    if arguments.data:',
    '        train = read_binary(arguments.data, "data_batch_*.bin")',
    '        return train, read_binary(arguments.data, "test_batch.bin")',
    download,
  );

export const standardize = `
def standardize(images: np.ndarray) -> np.ndarray:
    """Each image with mean 0 and standard deviation 1, as tf.image.per_image_standardization."""
    numbers = images.astype(np.float32)
    mean = numbers.mean((1, 2, 3), keepdims=True)
    deviation = numbers.std((1, 2, 3), keepdims=True)
    return (numbers - mean) / np.maximum(deviation, numbers[0].size ** -0.5)
`;

export const randomParts = `
def random_parts(images: np.ndarray, indices: np.ndarray, epoch: int) -> np.ndarray:
    """A part of each image, the same for all arms, and half of them mirrored."""
    parts = []
    for image, index in zip(images[indices], indices):
        rng = np.random.default_rng([SEED, epoch, int(index)])
        top, left = rng.integers(0, 32 - IMAGE_SIZE, 2, endpoint=True)
        part = image[:, top : top + IMAGE_SIZE, left : left + IMAGE_SIZE]
        parts.append(part[:, :, ::-1] if rng.random() < 0.5 else part)
    return np.stack(parts)
`;

/** The middle of the images, where a network sees only a part of them. */
export const middle = (settings: Settings, images: string): string =>
  isCropped(settings) ? `${images}[:, :, 4:28, 4:28]` : images;

/** Which examples are seen when: as in the editor, an arm with a larger batch waits for its batches, and an epoch ends with what is left. */
export function batches(started: Started): string {
  const { larger } = usedBy(started);
  const cropped = isCropped(started.settings);
  const images = cropped ? 'random_parts(images, indices, epoch)' : 'images[indices]';
  return lines(
    larger
      ? 'def batches(examples: Examples, steps: int, factor: int) -> Iterator[Batch]:'
      : 'def batches(examples: Examples, steps: int) -> Iterator[Batch]:',
    larger
      ? '    """Step, images and labels; a step is BATCH_SIZE examples, and factor of them make a batch."""'
      : '    """Step, images and labels; the last batch of an epoch may be smaller."""',
    '    images, labels = examples',
    '    steps_per_epoch = math.ceil(len(images) / BATCH_SIZE)',
    '    for epoch in itertools.count():',
    '        order = np.random.default_rng([SEED, epoch]).permutation(len(images))',
    larger
      ? [
          '        for start in range(0, steps_per_epoch, factor):',
          '            end = min(start + factor, steps_per_epoch)',
          '            step = epoch * steps_per_epoch + end',
          '            if step > steps:',
          '                return',
          '            indices = order[start * BATCH_SIZE : end * BATCH_SIZE]',
        ]
      : [
          '        for start in range(steps_per_epoch):',
          '            step = epoch * steps_per_epoch + start + 1',
          '            if step > steps:',
          '                return',
          '            indices = order[start * BATCH_SIZE : (start + 1) * BATCH_SIZE]',
        ],
    `            yield step, standardize(${images}), labels[indices]`,
  );
}

export const main = `
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of data_batch_*.bin and test_batch.bin")
    parser.add_argument("--synthetic", action="store_true", help="noise, without a download")
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    train_examples, held_out = load_data(arguments)
    print_first_ratio(train_examples)
    for arm in ARMS:
        train(arm, train_examples, held_out, arguments.steps)


if __name__ == "__main__":
    main()
`;
