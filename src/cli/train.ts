/** `loss-lens train`: starts the training process and shows what it says. */

import { History } from '../experiment/history.ts';
import { allHold } from '../experiment/laws.ts';
import type { HistoryEvent, TrainingEvent } from '../protocol.ts';
import { RunFileError } from '../training/run-file.ts';
import { type Progress, progressOn } from './progress.ts';
import { CLEAN, FAILED, FOUND, INTERRUPTED, type Terminal } from './run.ts';
import { painter } from './terminal.ts';
import { parseTrainArguments, TRAIN_USAGE } from './train-arguments.ts';
import { headerText, progressText, resultsText, tenthOf } from './train-text.ts';
import { type Ended, startTrainingProcess } from './training-process.ts';

type EventOf<K extends TrainingEvent['event']> = Extract<TrainingEvent, { event: K }>;

/** What is known of a training when its process has ended. */
interface Told {
  started: EventOf<'started'> | null;
  finished: EventOf<'finished'> | null;
  failed: EventOf<'failed'> | null;
  readonly saves: (EventOf<'saved'> | EventOf<'not saved'>)[];
  readonly history: History<HistoryEvent>;
}

export async function train(args: readonly string[], terminal: Terminal): Promise<number> {
  const request = await parseTrainArguments(args, terminal.cwd).catch((error: unknown) => {
    if (error instanceof RunFileError) return error;
    throw error;
  });
  if (request instanceof RunFileError) return fail(terminal, request.message);
  if (request === null) {
    terminal.out(TRAIN_USAGE);
    return CLEAN;
  }

  const history = new History<HistoryEvent>(({ event }) => event === 'step');
  const told: Told = { started: null, finished: null, failed: null, saves: [], history };
  const progress = progressOn(terminal);
  const chosen = request.start.data.kind !== 'auto' || request.start.continues !== null;
  const show = request.format === 'text' ? showing(told, chosen, progress, terminal) : () => {};
  const child = startTrainingProcess();
  let interrupts = 0;
  const forget = terminal.onInterrupt(() => {
    interrupts += 1;
    if (interrupts > 1) return child.kill();
    child.send({ command: 'stop' });
    progress.clear();
    terminal.error('Stopping after this step; Ctrl-C again ends at once.\n');
  });
  let ended: Ended;
  try {
    child.send(request.start);
    for await (const { event, line } of child.events) {
      note(event, told);
      if (request.format === 'ndjson') terminal.out(`${line}\n`);
      else show(event);
      await terminal.drained();
    }
    ended = await child.ended;
  } finally {
    child.kill();
    progress.clear();
    forget();
  }

  if (told.failed) return fail(terminal, told.failed.message);
  if (!told.finished) return interrupts > 0 ? INTERRUPTED : fail(terminal, unexpected(ended));
  if (request.format === 'text') {
    const { started, finished } = told;
    const columns = terminal.columns();
    if (!started) terminal.error('Stopped before the first step.\n');
    else terminal.out(resultsText({ started, finished, events: history.entries }, painter(terminal.color), columns));
  }
  let unsaved = false;
  for (const save of told.saves) {
    if (save.event === 'not saved') {
      unsaved = true;
      terminal.error(`loss-lens: ${save.message}\n`);
    } else if (request.format === 'text') {
      terminal.out(`\nSaved to ${save.file}\n`);
    }
  }
  if (unsaved) return FAILED;
  if (!told.started && interrupts > 0) return INTERRUPTED;
  return allHold(told.finished.laws) ? CLEAN : FOUND;
}

function note(event: TrainingEvent, told: Told): void {
  switch (event.event) {
    case 'started':
      told.started = event;
      break;
    case 'step':
    case 'evaluated':
    case 'measured':
    case 'diverged':
      told.history.add(event);
      break;
    case 'saved':
    case 'not saved':
      told.saves.push(event);
      break;
    case 'finished':
      told.finished = event;
      break;
    case 'failed':
      told.failed = event;
      break;
  }
}

/** Shows a training while it goes on. */
function showing(told: Told, chosen: boolean, progress: Progress, terminal: Terminal): (event: TrainingEvent) => void {
  const paint = painter(terminal.color);
  const diverged = new Set<string>();
  let tenth = 0;
  return (event) => {
    switch (event.event) {
      case 'preparing':
        progress.show(`${event.message} …`);
        progress.mark(`${event.message} …`);
        break;
      case 'started':
        progress.clear();
        terminal.out(headerText(event, chosen, paint));
        break;
      case 'diverged':
        diverged.add(event.arm);
        progress.mark(event.message);
        break;
      case 'step': {
        if (!told.started) break;
        const text = progressText(event, told.started, diverged);
        progress.show(text);
        const now = tenthOf(event.step, told.started);
        if (now > tenth) progress.mark(text);
        tenth = now;
        break;
      }
    }
  };
}

function unexpected({ code, signal, lastWords }: Ended): string {
  const how = signal ? `it was ended by ${signal}` : `exit code ${code}`;
  return `The training process ended before its training did (${how}).${lastWords ? ` Its last words:\n${lastWords}` : ''}`;
}

function fail(terminal: Terminal, message: string): number {
  terminal.error(`loss-lens: ${message}\n`);
  return FAILED;
}
