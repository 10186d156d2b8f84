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

export type Request = { readonly command: 'help' | 'version' } | ExplainRequest | CheckRequest;

/** Arguments that make no request. */
export class UsageError extends Error {}

export const USAGE = `Explains how the losses in training code are reduced, and what that does to learning rate and regularisation.

Usage
  loss-lens explain PATH...   each loss with its terms, how they grow with the batch, and the numbers that follow
  loss-lens check PATH...     only what looks wrong

PATH is a file or a folder. Folders are searched for Python, TypeScript and JavaScript; .gitignore files are respected.

Options
  --format text|json                        how to print (default: text); docs/json.md describes the JSON
  --fail-on information|warning|error       check: the least severity that ends with 1 (default: warning)
  --assume-batch-size N                     explain: the batch size to show numbers with where none is found
  --help, --version

Exit codes
  0  clean    1  a finding at or above --fail-on    2  wrong usage, or a file that could not be read or parsed in full
`;

export const SEVERITIES: readonly Severity[] = ['information', 'warning', 'error'];

/** Reads the arguments after the program's name. */
export function parseArguments(argv: readonly string[]): Request {
  const { values, positionals } = parse(argv);
  const [command, ...paths] = positionals;
  if (values.help || (command === undefined && argv.length === 0)) return { command: 'help' };
  if (values.version) return { command: 'version' };
  if (command !== 'explain' && command !== 'check') {
    throw new UsageError(
      command === undefined
        ? 'A command is missing: explain or check.'
        : `There is no command "${command}": use explain or check.`,
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

/** Node explains how an unknown option could be a path; what people want to know is that there is no such option. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [, option = ''] = /^[^']*'(-[^' ]*)/.exec(error.message) ?? [];
  const isUnknown = (error as NodeJS.ErrnoException).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION';
  return isUnknown ? `There is no option ${option}.` : error.message.replace(/(?<![.])$/, '.');
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
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
