/** A contender: a process that stays loaded and waits, idle, for its turns. It answers each line of its input with a line, both JSON. */
import type { ChildProcess } from 'node:child_process';
import * as v from 'valibot';
import { endGroup, startGroup } from '../scripts/lib/processes.mjs';
import { linesOf } from '../src/training/process/lines.ts';

/** Steps from the initial weights in which all contenders must agree. */
const CHECKED_STEPS = 3;
/** Steps of a turn that are not timed, after which the caches hold this contender's data and not the one's before it. */
const WARM_UP_STEPS = 1;

/** Each starts from the initial weights and the first batch. */
export type Question =
  | { readonly ask: 'check'; readonly steps: number }
  | { readonly ask: 'turn'; readonly warmUp: number; readonly seconds: number };

/** Said once, when everything is loaded and compiled. */
const Ready = v.object({ versions: v.record(v.string(), v.string()) });
export type Ready = v.InferOutput<typeof Ready>;

const Checked = v.object({
  /** The mean loss before each of the first steps from the initial weights. */
  losses: v.pipe(v.array(v.number()), v.length(CHECKED_STEPS)),
  /** ‖W‖ after them. */
  weightNorm: v.number(),
});
export type Checked = v.InferOutput<typeof Checked>;

const Turn = v.object({
  steps: v.pipe(v.number(), v.minValue(1)),
  seconds: v.number(),
  /** Of all threads of the process. */
  cpuSeconds: v.number(),
  /** Tensors of TensorFlow.js that are alive after the turn. */
  tensors: v.optional(v.number()),
});
export type Turn = v.InferOutput<typeof Turn>;

export interface Contender {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  check(): Promise<Checked>;
  turn(seconds: number): Promise<Turn>;
  end(): Promise<void>;
}

/** Loading TensorFlow takes seconds on a slow disk, and Python's first step compiles; what takes longer than this hangs. */
const PATIENCE_SECONDS = 180;
/** How much of what a process wrote on stderr is worth showing. */
const COMPLAINT = 4000;

/** @throws Error where the process ends, hangs or says something else than it should; with what it wrote on stderr */
export async function startContender(name: string, command: string, args: readonly string[]): Promise<Contender> {
  const child = startGroup(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Errors alone on stderr, and no bytecode of Python between our sources.
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', PYTHONDONTWRITEBYTECODE: '1' },
  });
  const answers = answersOf(name, child);
  // The write to a process that has ended fails here, and the answer that does not come says why.
  child.stdin?.on('error', () => {});
  const ask = async <Schema extends v.GenericSchema>(
    question: Question,
    schema: Schema,
  ): Promise<v.InferOutput<Schema>> => {
    child.stdin?.write(`${JSON.stringify(question)}\n`);
    return v.parse(schema, await answers.next());
  };
  const { versions } = v.parse(Ready, await answers.next());
  return {
    name,
    versions,
    check: () => ask({ ask: 'check', steps: CHECKED_STEPS }, Checked),
    turn: (seconds) => ask({ ask: 'turn', warmUp: WARM_UP_STEPS, seconds }, Turn),
    async end() {
      child.stdin?.end();
      await endGroup(child);
    },
  };
}

/** What a process answers, line by line. */
function answersOf(name: string, child: ChildProcess): { next(): Promise<unknown> } {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new TypeError('A contender is read through pipes.');
  let complaint = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-COMPLAINT);
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', ({ message }) => reject(new Error(`${name} could not be started: ${message}`)));
  });
  // It is told to whoever waits for an answer; where nobody does, it waits.
  failed.catch(() => {});
  const lines = linesOf(stdout);
  return {
    async next() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`${name} did not answer within ${PATIENCE_SECONDS} s.`)),
          PATIENCE_SECONDS * 1000,
        );
      });
      const line = await Promise.race([lines.next(), failed, late]).finally(() => clearTimeout(timer));
      if (line.done) throw new Error(`${name} ended before its turn was over:\n${complaint.trim()}`);
      return JSON.parse(line.value);
    },
  };
}
