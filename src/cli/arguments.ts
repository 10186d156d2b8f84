/** The command line's arguments, checked: what is wrong with them is said in one sentence. */
import { parseArgs } from 'node:util';
import type { Severity } from '../core/analysis.ts';

export type Format = 'text' | 'json';

export interface ExplainRequest {
  readonly command: 'explain';
  readonly paths: readonly string[];
  readonly format: Format;
  /** The batch size to assume where none is found. */
  readonly batchSize: number | null;
}

export interface CheckRequest {
  readonly command: 'check';
  readonly paths: readonly string[];
  readonly format: Format;
  readonly failOn: Severity;
}

/** A command with arguments of its own, whose code is loaded when it is asked for. */
export interface TrainingRequest {
  readonly command: (typeof TRAINING_COMMANDS)[number];
  readonly args: readonly string[];
}

export type Request = { readonly command: 'help' | 'version' } | ExplainRequest | CheckRequest | TrainingRequest;

const TRAINING_COMMANDS = ['train', 'native', 'data'] as const;

/** Arguments that make no request. */
export class UsageError extends Error {
  /** The command that explains what would be right. */
  readonly help: string;

  constructor(message: string, help = 'loss-lens --help') {
    super(message);
    this.help = help;
  }
}

export const USAGE = `Explains how the losses in training code are reduced, and what follows from it.

Usage
  loss-lens explain PATH...   each loss with its terms, how they grow with the
                              batch, and the numbers that follow
  loss-lens check PATH...     only what looks wrong
  loss-lens train             trains one network under sum, mean and max side by
                              side, and holds theory against measurement
  loss-lens native install|remove|status      the fastest backend of train
  loss-lens data download|remove|status       CIFAR-10, for train

PATH is a file or a folder. Folders are searched for Python, TypeScript and
JavaScript; .gitignore files are respected.

Options of explain and check; those of train: loss-lens train --help
  --format text|json                    how to print (default: text);
                                        docs/json.md describes the JSON
  --fail-on information|warning|error   check: the least severity that ends
                                        with 1 (default: warning)
  --assume-batch-size N                 explain: the batch size to show numbers
                                        with where none is found
  --help, --version

Exit codes
  0  clean, or done
  1  check: a finding at or above --fail-on; train: a law does not hold
  2  wrong usage, a file that could not be read or parsed in full, or a failure
`;

export const SEVERITIES: readonly Severity[] = ['information', 'warning', 'error'];

/** Reads the arguments after the program's name. */
export function parseArguments(argv: readonly string[]): Request {
  const [first, ...args] = argv;
  const training = TRAINING_COMMANDS.find((name) => name === first);
  if (training) {
    // Those of two words have no page of their own.
    const help = training !== 'train' && (args.includes('--help') || args.includes('-h'));
    return help ? { command: 'help' } : { command: training, args };
  }
  const { values, positionals } = parse(argv);
  const [command, ...paths] = positionals;
  if (values.help || (command === undefined && argv.length === 0)) return { command: 'help' };
  if (values.version) return { command: 'version' };
  if (command !== 'explain' && command !== 'check') {
    throw new UsageError(
      command === undefined
        ? 'A command is missing: explain, check, train, native or data.'
        : `There is no command "${command}" here: use explain, check, train, native or data as the first word.`,
    );
  }
  if (paths.length === 0) throw new UsageError(`A path is missing: loss-lens ${command} PATH...`);
  const format = oneOf('--format', values.format, ['text', 'json']);
  if (command === 'check') {
    if (values['assume-batch-size'] !== undefined) throw new UsageError('--assume-batch-size belongs to explain.');
    return { command, paths, format, failOn: oneOf('--fail-on', values['fail-on'] ?? 'warning', SEVERITIES) };
  }
  if (values['fail-on'] !== undefined) throw new UsageError('--fail-on belongs to check.');
  return { command, paths, format, batchSize: positiveInteger(values['assume-batch-size']) };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        format: { type: 'string', default: 'text' },
        'fail-on': { type: 'string' },
        'assume-batch-size': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', short: 'v', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(describe(error));
  }
}

/** What `parseArgs` says, in a sentence. It explains how an unknown option could be a path, which nobody asked for. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const [, option = ''] = /^[^']*'(-[^' ]*)/.exec(error.message) ?? [];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `There is no option ${option}.`;
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
    return /does not take/.test(error.message) ? `${option} takes no value.` : `${option} needs a value.`;
  }
  return error.message.replace(/(?<![.])$/, '.');
}

/** The one word after a command that has nothing else. */
export function actionOf<T extends string>(command: string, args: readonly string[], actions: readonly T[]): T {
  const [action, more] = args;
  const found = actions.find((candidate) => candidate === action);
  if (found !== undefined && more === undefined) return found;
  throw new UsageError(`It is loss-lens ${command} ${actions.join('|')}, not "${[command, ...args].join(' ')}".`);
}

export function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new UsageError(`${option} is one of ${allowed.join(', ')}, not "${value}".`);
  return found;
}

function positiveInteger(value: string | undefined): number | null {
  if (value === undefined) return null;
  if (!/^[1-9]\d{0,8}$/.test(value))
    throw new UsageError(`--assume-batch-size is a whole number from 1, not "${value}".`);
  return Number(value);
}
