/** Start, pause and stop, and how far the training is. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Draft, RunStatus } from '../../src/protocol.ts';
import { ask } from '../host.ts';
import type { Model, Run } from '../model.ts';

interface Props {
  readonly shown: NonNullable<Model['shown']>;
  readonly draft: Draft;
  readonly status: RunStatus;
  readonly run: Run | null;
  /** Why the settings cannot be trained; null where they can. */
  readonly problem: string | null;
  readonly onStart: () => void;
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function Controls({ shown, draft, status, run, problem, onStart }: Props): JSX.Element {
  const step = run?.lastStep?.step ?? 0;
  const steps = run?.started.settings.steps ?? draft.settings.steps;
  return (
    <section class="controls" aria-label="Training">
      <div class="bar">
        <Buttons {...{ shown, draft, status, run, problem, onStart }} />
        {problem !== null && <span class="problem">{problem}</span>}
        {run && <Progress run={run} status={status} />}
        {run && <Backend shown={shown} run={run} />}
      </div>
      <progress max={steps} value={step} aria-label={`Step ${step} of ${steps}`} />
    </section>
  );
}

function Buttons({ shown, draft, status, run, problem, onStart }: Props): JSX.Element {
  const forbidden = shown.forbidden !== null;
  switch (status.status) {
    case 'preparing':
      return (
        <>
          <button type="button" class="primary" disabled>
            {status.text} …
          </button>
          <button type="button" onClick={() => ask({ request: 'stop' })}>
            Stop
          </button>
        </>
      );
    case 'running':
      return (
        <>
          <Button icon="pause" primary onClick={() => ask({ request: 'pause' })}>
            Pause
          </Button>
          <Button icon="step" disabled>
            One step
          </Button>
          <Button icon="stop" onClick={() => ask({ request: 'stop' })}>
            Stop
          </Button>
        </>
      );
    case 'paused':
      return (
        <>
          <Button icon="start" primary onClick={() => ask({ request: 'resume' })}>
            Resume
          </Button>
          <Button icon="step" onClick={() => ask({ request: 'step' })}>
            One step
          </Button>
          <Button icon="stop" onClick={() => ask({ request: 'stop' })}>
            Stop
          </Button>
        </>
      );
    case 'stopping':
      return (
        <Button icon="stop" disabled>
          Stopping …
        </Button>
      );
    default: {
      const left = run ? run.started.settings.steps - (run.lastStep?.step ?? 0) : 0;
      const goesOn = run !== null && status.status === 'ended';
      return (
        <>
          <Button icon={run ? 'again' : 'start'} primary disabled={forbidden || problem !== null} onClick={onStart}>
            {status.status === 'crashed' ? 'Start again' : run ? 'Run again' : 'Start'}
          </Button>
          {goesOn && (
            <Button
              icon="start"
              disabled={forbidden}
              onClick={() => ask({ request: 'continue', steps: left > 0 ? left : draft.settings.steps })}
            >
              Go on, {whole.format(left > 0 ? left : draft.settings.steps)} steps
            </Button>
          )}
        </>
      );
    }
  }
}

function Progress({ run, status }: { readonly run: Run; readonly status: RunStatus }): JSX.Element {
  const { lastStep, started } = run;
  const { steps } = started.settings;
  const examples = Math.max(0, ...(lastStep?.arms ?? []).map((arm) => arm.examples));
  const running = status.status === 'running';
  return (
    <p class="progress-text">
      <span>
        step <strong>{whole.format(lastStep?.step ?? started.after)}</strong> of {whole.format(steps)}
      </span>
      <span>
        <strong>{whole.format(examples)}</strong> examples
      </span>
      {lastStep && (
        <span>
          <strong>{whole.format(running ? lastStep.examplesPerSecond : examples / lastStep.seconds)}</strong> examples/s
        </span>
      )}
      {lastStep && running && (
        <span>
          <strong>{duration(lastStep.secondsLeft)}</strong> left
        </span>
      )}
      {lastStep && !running && (
        <span>
          in <strong>{lastStep.seconds < 10 ? `${lastStep.seconds.toFixed(1)} s` : duration(lastStep.seconds)}</strong>
        </span>
      )}
    </p>
  );
}

const BACKEND_TITLES = { 'tfjs-node': 'native', wasm: 'wasm', cpu: 'plain JavaScript' } as const;

function Backend({ shown, run }: { readonly shown: Props['shown']; readonly run: Run }): JSX.Element {
  const [open, setOpen] = useState(false);
  const { name, passedOver, versions } = run.started.backend;
  const title = Object.entries(versions)
    .map(([of, version]) => `${of} ${version}`)
    .join(', ');
  const native = passedOver.find((backend) => backend.name === 'tfjs-node');
  return (
    <div class="backend">
      <span class="badge" title={title}>
        {BACKEND_TITLES[name]}
      </span>
      {native && (
        <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>
          Why not native?
        </button>
      )}
      {native && open && (
        <p class="why">
          The native backend {native.reason.replace(/: run `loss-lens native install`$/, '')}.{' '}
          {shown.native.installed ? (
            'It is installed now: the next start takes it.'
          ) : (
            <button type="button" class="link" onClick={() => ask({ request: 'install native backend' })}>
              Install it, {shown.native.megabytes} MB
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** Shapes of 16 by 16, drawn with the colour of the text. */
const ICONS = {
  start: 'M4 2.5v11l9-5.5z',
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  step: 'M3 2.5v11l7-5.5zM11 3h2v10h-2z',
  stop: 'M3.5 3.5h9v9h-9z',
  again: 'M8 3a5 5 0 1 0 5 5h-1.5A3.5 3.5 0 1 1 8 4.5V7l4-3.25L8 .5z',
} as const;

export function Button({
  icon,
  primary = false,
  disabled = false,
  onClick,
  children,
}: {
  readonly icon: keyof typeof ICONS;
  readonly primary?: boolean;
  readonly disabled?: boolean;
  readonly onClick?: () => void;
  readonly children: preact.ComponentChildren;
}): JSX.Element {
  return (
    <button type="button" class={primary ? 'primary' : ''} disabled={disabled} onClick={onClick}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <path d={ICONS[icon]} />
      </svg>
      <span>{children}</span>
    </button>
  );
}

function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
