/** The training process without its process: commands and events in lines of JSON, and an exit code. */
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { History } from '../../experiment/history.ts';
import {
  type Errand,
  encode,
  type Finished,
  type HistoryEvent,
  parseTrainingCommand,
  RUN_FORMAT,
  type SavedRun,
  type Start,
  type TrainingCommand,
  type TrainingEvent,
} from '../../protocol.ts';
import { saveRun } from '../run-file.ts';
import type { Training } from '../trainer.ts';
import { run } from './errands.ts';
import { linesOf } from './lines.ts';

export interface Link {
  /** Commands; its end is the end of whoever gives them, and stops the training. */
  readonly input: Readable;
  /** Events. A reader that does not read on stops the training meanwhile. */
  readonly output: Writable;
  /** Stops the training, as the command does. */
  readonly signal: AbortSignal;
  /** For what has to be known of an error beside its message. */
  readonly log: (text: string) => void;
}

export interface Prepared {
  readonly training: Training;
  /** What was said of the run before, where a saved one goes on. */
  readonly before: SavedRun['events'];
}

/** Rejects with whole sentences where the training cannot start. */
export type Prepare = (start: Start, say: (message: string) => void) => Promise<Prepared>;

export const ENDED = 0;
export const CRASHED = 1;
export const REFUSED = 2;

/** Trains what the first command says, and follows the others, to the end. Returns the exit code of the process. */
export async function drive(link: Link, prepare: Prepare): Promise<number> {
  const inbox = inboxOf(link);
  const outbox = outboxOf(link);
  const fail = async (message: string, code: number): Promise<number> => {
    await outbox.last({ event: 'failed', message });
    return code;
  };

  const start = await inbox.next();
  if (start.command === 'wrong') return fail(start.message, REFUSED);
  if (isErrand(start)) return errand(start, inbox, outbox);
  if (start.command !== 'start') return fail('The first command is start, and there was none.', REFUSED);

  let prepared: Prepared | null;
  try {
    const say = (message: string): void => void outbox.send({ event: 'preparing', message, fraction: null });
    prepared = await Promise.race([prepare(start, say), inbox.stopped.then(() => null)]);
  } catch (error) {
    return fail((error as Error).message, REFUSED);
  }
  if (!prepared) {
    await outbox.last({ event: 'finished', reason: 'stopped', step: 0, laws: [] });
    return ENDED;
  }

  const { training, before } = prepared;
  const history = new History<HistoryEvent>(({ event }) => event === 'step', before);
  const save = async (file: string): Promise<boolean> => {
    try {
      await saveRun(file, savedRun(training, history));
      await outbox.send({ event: 'saved', file });
      return true;
    } catch (error) {
      await outbox.send({ event: 'not saved', file, message: (error as Error).message });
      return false;
    }
  };
  try {
    const end = await train(training, { inbox, outbox, history, save });
    if (start.out !== null && !(await save(start.out))) await save(await secondPlace(start.out));
    if ('message' in end) return await fail(end.message, REFUSED);
    const { step } = training;
    await outbox.last({ event: 'finished', reason: end.reason, step, laws: [...training.laws()] });
    return ENDED;
  } catch (error) {
    const { message, stack } = error as Error;
    link.log(`${stack}\n`);
    return await fail(`The training broke off at step ${training.step}: ${message}`, CRASHED);
  } finally {
    training.dispose();
  }
}

const isErrand = (command: Message): command is Errand =>
  ['look', 'install native backend', 'download CIFAR-10'].includes(command.command);

/** A command to stop, and the end of whoever gave the errand, cancel it. */
async function errand(command: Errand, inbox: Inbox, outbox: Outbox): Promise<number> {
  const cancel = new AbortController();
  void inbox.stopped.then(() => cancel.abort());
  try {
    const say = (message: string, fraction: number | null): void =>
      void outbox.send({ event: 'preparing', message, fraction });
    await outbox.last(await run(command, say, cancel.signal));
    return ENDED;
  } catch (error) {
    const message = cancel.signal.aborted ? 'It was cancelled.' : (error as Error).message;
    await outbox.last({ event: 'failed', message });
    return REFUSED;
  }
}

interface Driven {
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly history: History<HistoryEvent>;
  readonly save: (file: string) => Promise<boolean>;
}

/** Trains until there is a reason to end, or a command that is wrong. */
async function train(
  training: Training,
  { inbox, outbox, history, save }: Driven,
): Promise<Pick<Finished, 'reason'> | { readonly message: string }> {
  let paused = false;
  const setPaused = async (pause: boolean): Promise<void> => {
    if (pause === paused) return;
    paused = pause;
    await outbox.send({ event: pause ? 'paused' : 'resumed', step: training.step });
  };
  const advance = async (): Promise<void> => {
    for (const event of await training.advance()) {
      history.add(event);
      await outbox.send(event);
    }
    // A step leaves no room for anything else: here commands and signals arrive.
    await setImmediate();
  };
  await outbox.send(training.started);
  while (training.finished === null) {
    const command = paused ? await inbox.next() : inbox.take();
    switch (command?.command) {
      case undefined:
        await advance();
        break;
      case 'pause':
        await setPaused(true);
        break;
      case 'resume':
        await setPaused(false);
        break;
      case 'step':
        await setPaused(true);
        await advance();
        break;
      case 'save':
        await save(command.file);
        break;
      case 'stop':
        return { reason: 'stopped' };
      case 'start':
      case 'look':
      case 'install native backend':
      case 'download CIFAR-10':
        return { message: 'A training runs already: one process does one thing.' };
      case 'wrong':
        return command;
    }
  }
  return { reason: training.finished };
}

function savedRun(training: Training, history: History<HistoryEvent>): SavedRun {
  return {
    format: RUN_FORMAT,
    version: 1,
    started: training.started,
    events: [...history.entries],
    laws: [...training.laws()],
    state: training.state(),
  };
}

/** Where a run is saved that its own place refuses: hours of training are worth it. */
async function secondPlace(file: string): Promise<string> {
  return path.join(await mkdtemp(path.join(tmpdir(), 'loss-lens-run-')), path.basename(file));
}

type Message = TrainingCommand | { readonly command: 'wrong'; readonly message: string };

interface Inbox {
  /** The next command, if it is there. */
  take(): Message | undefined;
  /** Waits for it. */
  next(): Promise<Message>;
  /** Resolves as soon as a command to stop is among the others. */
  readonly stopped: Promise<void>;
}

function inboxOf({ input, signal }: Link): Inbox {
  const waiting: Message[] = [];
  let stop = (): void => {};
  let wake = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const put = (message: Message): void => {
    waiting.push(message);
    if (message.command === 'stop') stop();
    wake();
  };
  const read = async (): Promise<void> => {
    for await (const line of linesOf(input)) if (line.trim()) put(messageOf(line));
  };
  // A torn pipe says the same as its end.
  read().then(
    () => put({ command: 'stop' }),
    () => put({ command: 'stop' }),
  );
  signal.addEventListener('abort', () => put({ command: 'stop' }));
  return {
    take: () => waiting.shift(),
    async next() {
      for (;;) {
        const message = waiting.shift();
        if (message) return message;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    stopped,
  };
}

function messageOf(line: string): Message {
  try {
    return parseTrainingCommand(line);
  } catch (error) {
    return { command: 'wrong', message: `This is no command of the training process: ${(error as Error).message}` };
  }
}

/** Milliseconds that a step may wait for others, so that hundreds of steps a second do not wake the reader hundreds of times. */
const GATHER_MS = 40;

interface Outbox {
  /** Waits while the reader is behind. */
  send(event: TrainingEvent): Promise<void>;
  /** Waits until all is written. */
  last(event: TrainingEvent): Promise<void>;
}

/** Where nobody is at the other end, nothing is waited for. */
function outboxOf({ input, output }: Link): Outbox {
  const alone = new AbortController();
  for (const event of ['end', 'close', 'error']) input.once(event, () => alone.abort());
  for (const event of ['close', 'error']) output.once(event, () => alone.abort());
  const { signal } = alone;
  let gathered = '';
  let flushed = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (done?: () => void): boolean => {
    clearTimeout(timer);
    timer = undefined;
    const text = gathered;
    gathered = '';
    flushed = performance.now();
    return output.write(text, done);
  };
  return {
    async send(event) {
      gathered += `${encode(event)}\n`;
      // Where steps are slow, each is written at once: a timer would come only after the next one.
      const isSoon = performance.now() - flushed < GATHER_MS;
      if (event.event === 'step' && isSoon && gathered.length < output.writableHighWaterMark) {
        timer ??= setTimeout(flush, GATHER_MS);
        return;
      }
      if (flush() || signal.aborted) return;
      await once(output, 'drain', { signal }).catch(() => {});
    },
    async last(event) {
      gathered += `${encode(event)}\n`;
      const written = new Promise<void>((resolve) => flush(resolve));
      if (signal.aborted) return;
      await Promise.race([written, once(signal, 'abort')]);
    },
  };
}
