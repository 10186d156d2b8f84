/** All that the page shows, and how messages of the extension change it. */
import { type Curves, createCurves } from '../src/experiment/curves.ts';
import { createSummary, type SummaryCollector } from '../src/experiment/findings.ts';
import {
  type Draft,
  type Law,
  type PanelMessage,
  parseTrainingEvent,
  type RunStatus,
  type Started,
  type Step,
  type Task,
  type TrainingEvent,
} from '../src/protocol.ts';

type Shown = Extract<PanelMessage, { message: 'show' }>;

/** What was said of a run. Curves and summary grow in place; each message makes another object of the run. */
export interface Run {
  readonly started: Started;
  readonly curves: Curves;
  readonly summary: SummaryCollector;
  readonly lastStep: Step | null;
  readonly laws: readonly Law[];
  readonly checks: number;
  readonly finished: boolean;
}

export interface Model {
  /** Null until the extension has told what to show. */
  readonly shown: Pick<Shown, 'id' | 'request' | 'forbidden' | 'native' | 'cifar10' | 'file'> | null;
  readonly draft: Draft | null;
  readonly status: RunStatus;
  readonly task: Task | null;
  readonly run: Run | null;
}

export const emptyModel: Model = { shown: null, draft: null, status: { status: 'idle' }, task: null, run: null };

export function received(model: Model, message: PanelMessage): Model {
  switch (message.message) {
    case 'show': {
      const { draft, status, id, request, forbidden, native, cifar10, file } = message;
      // The events of the run follow.
      return { ...model, shown: { id, request, forbidden, native, cifar10, file }, draft, status, run: null };
    }
    case 'events':
      return { ...model, run: message.lines.map(parseTrainingEvent).reduce(heard, model.run) };
    case 'status':
      return { ...model, status: message.status };
    case 'task':
      return { ...model, task: message.task };
    case 'available': {
      const { shown } = model;
      if (!shown) return model;
      return {
        ...model,
        shown: {
          ...shown,
          native: { ...shown.native, installed: message.native },
          cifar10: { ...shown.cifar10, present: message.cifar10 },
        },
      };
    }
  }
}

function heard(run: Run | null, event: TrainingEvent): Run | null {
  if (event.event === 'started') {
    // A run that goes on keeps its curves.
    const goesOn = run !== null && event.after > 0;
    const { curves, summary } = goesOn ? run : { curves: createCurves(), summary: createSummary() };
    curves.add(event);
    summary.add(event);
    return {
      started: event,
      curves,
      summary,
      lastStep: goesOn ? run.lastStep : null,
      laws: goesOn ? run.laws : [],
      checks: goesOn ? run.checks : 0,
      finished: false,
    };
  }
  if (!run) return null;
  run.curves.add(event);
  run.summary.add(event);
  const next = { ...run };
  switch (event.event) {
    case 'step':
      return { ...next, lastStep: event };
    case 'measured':
      return { ...next, laws: event.laws, checks: run.checks + 1 };
    case 'finished':
      return { ...next, laws: event.laws, finished: true };
    default:
      return next;
  }
}
