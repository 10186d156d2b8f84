/** The training process, from outside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { encode, parseTrainingEvent, type TrainingCommand, type TrainingEvent } from '../protocol.ts';
import { linesOf } from '../training/process/lines.ts';

export interface TrainingProcess {
  /** What it says: each event, and the line that it came in. Ends when the process closes its output. */
  readonly events: AsyncIterable<{ readonly event: TrainingEvent; readonly line: string }>;
  send(command: TrainingCommand): void;
  /** Ends it at once. */
  kill(): void;
  /** Resolves when it has ended, to the end of what it wrote on its error stream and how it ended. */
  readonly ended: Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lastWords: string;
}

/** What is kept of its error stream. */
const KEPT_CHARACTERS = 2000;

/** The bundle beside our own, or the source. */
const program = ['./training.mjs', '../training/main.ts']
  .map((place) => fileURLToPath(new URL(place, import.meta.url)))
  .find((file) => existsSync(file));

/** Starts the process; it ends with us, whatever ends us, because its input does. */
export function startTrainingProcess(): TrainingProcess {
  if (program === undefined) throw new Error('The training process is missing beside this program.');
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
  let lastWords = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-KEPT_CHARACTERS);
  });
  // It may end before it has read what we write: that it has ended is told below.
  child.stdin.on('error', () => {});
  return {
    events: eventsOf(linesOf(child.stdout)),
    send: (command) => void child.stdin.write(`${encode(command)}\n`),
    kill: () => void child.kill('SIGKILL'),
    ended: once(child, 'close').then(
      ([code, signal]) => ({ code, signal, lastWords: lastWords.trim() }),
      (error: Error) => ({ code: null, signal: null, lastWords: error.message }),
    ),
  };
}

/** A line that is no event is the end: what comes after it cannot be trusted. */
async function* eventsOf(lines: AsyncIterable<string>): TrainingProcess['events'] {
  for await (const line of lines) {
    const event = eventOf(line);
    yield { line, event };
    if (event.event === 'failed') return;
  }
}

function eventOf(line: string): TrainingEvent {
  try {
    return parseTrainingEvent(line);
  } catch (error) {
    return {
      event: 'failed',
      message: `The training process wrote a line that is no event: ${(error as Error).message}`,
    };
  }
}
