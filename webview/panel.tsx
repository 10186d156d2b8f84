/** The page: question, settings, controls, answer, proof, curves, and what to change. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { equivalents } from '../src/experiment/equivalents.ts';
import { finding } from '../src/experiment/findings.ts';
import { expectedLaws } from '../src/experiment/laws.ts';
import { presets } from '../src/experiment/presets.ts';
import { pytorchScript } from '../src/experiment/script/pytorch.ts';
import { tensorflowScript } from '../src/experiment/script/tensorflow.ts';
import type { Draft, PresetName } from '../src/protocol.ts';
import { Charts } from './charts/charts.tsx';
import { type PageOptions, toPng, toSvg } from './charts/export.ts';
import { Controls } from './components/controls.tsx';
import { Menu } from './components/export-menu.tsx';
import { EquivalentSettings, Laws } from './components/laws.tsx';
import { SettingsForm } from './components/settings.tsx';
import { ask } from './host.ts';
import type { Model, Run } from './model.ts';

interface Props {
  readonly model: Model;
  readonly onDraft: (draft: Draft) => void;
}

const X_AXES = ['step', 'examples', 'seconds'] as const;

export function Panel({ model, onDraft }: Props): JSX.Element | null {
  const { shown, draft, status, task, run } = model;
  const [x, setX] = useState<(typeof X_AXES)[number]>('step');
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map());
  if (!shown || !draft) return null;
  const preset = presets[draft.preset];
  const applied = preset.apply(draft.settings);
  const busy = !['idle', 'ended', 'crashed'].includes(status.status);
  const shownSettings = run && busy ? run.started.settings : applied;
  const choose = (name: PresetName): void => onDraft({ ...draft, preset: name });
  const setProblem = (field: string, problem: string | null): void =>
    setProblems((others) => {
      if (problem === null && !others.has(field)) return others;
      const rest = [...others].filter(([name]) => name !== field);
      return new Map(problem === null ? rest : [...rest, [field, problem]]);
    });
  const [problem = null] = problems.values();
  const start = (): void => ask({ request: 'start', draft: { ...draft, settings: applied } });
  return (
    <>
      <header>
        <Presets chosen={draft.preset} disabled={busy} onChoose={choose} />
        <ExportMenu run={run} preset={draft.preset} x={x} />
      </header>
      <h1>{preset.question}</h1>
      <SettingsForm shown={shown} draft={draft} fixed={busy} onChange={onDraft} onProblem={setProblem} />
      <Notes notes={[...(shown.request?.notes ?? []), ...preset.notes(draft.settings)]} />
      {shown.forbidden !== null && (
        <p class="notice" role="status">
          {shown.forbidden}
        </p>
      )}
      <Controls shown={shown} draft={draft} status={status} run={run} problem={problem} onStart={start} />
      {status.status === 'crashed' && <Crash text={status.text} />}
      {task && <TaskNotice task={task} />}
      <div class="content">
        <div class="answer">
          <Answer preset={draft.preset} settings={shownSettings} run={run} ended={status.status === 'ended'} />
          <Laws
            laws={run && run.laws.length > 0 ? run.laws : expectedLaws(shownSettings)}
            checks={run?.checks ?? 0}
            onPreset={busy ? null : choose}
          />
          {shownSettings.reductions.includes('sum') && <EquivalentSettings equivalents={equivalents(draft.settings)} />}
        </div>
        <section class="curves" aria-label="Curves">
          <div class="title">
            <h2>Curves</h2>
            <span class="meta">line: mean of nine steps · faint: every step</span>
            <fieldset class="axes">
              <legend class="hidden">Horizontal axis</legend>
              {X_AXES.map((axis) => (
                <label key={axis} class={axis === x ? 'chosen' : ''}>
                  <input type="radio" name="x" checked={axis === x} onChange={() => setX(axis)} />
                  {axis === 'step' ? 'steps' : axis}
                </label>
              ))}
            </fieldset>
          </div>
          <div class="grid">
            <Charts curves={run?.curves ?? null} x={x} first={preset.charts} />
          </div>
        </section>
      </div>
      <Footer run={run} />
    </>
  );
}

function Presets({
  chosen,
  disabled,
  onChoose,
}: {
  readonly chosen: PresetName;
  readonly disabled: boolean;
  readonly onChoose: (name: PresetName) => void;
}): JSX.Element {
  const all = Object.values(presets);
  return (
    <nav class="presets" aria-label="Questions">
      <ul>
        {all.map(({ name, tab }) => (
          <li key={name}>
            <button
              type="button"
              aria-current={name === chosen ? 'page' : undefined}
              disabled={disabled && name !== chosen}
              onClick={() => onChoose(name)}
            >
              {tab}
            </button>
          </li>
        ))}
      </ul>
      <select
        aria-label="Question"
        value={chosen}
        disabled={disabled}
        onChange={(event) => onChoose(event.currentTarget.value as PresetName)}
      >
        {all.map(({ name, tab }) => (
          <option key={name} value={name} selected={name === chosen}>
            {tab}
          </option>
        ))}
      </select>
    </nav>
  );
}

/** At most one sentence in this time is read out. */
const QUIET_MS = 5000;

function Answer({
  preset,
  settings,
  run,
  ended,
}: {
  readonly preset: PresetName;
  readonly settings: Draft['settings'];
  readonly run: Run | null;
  readonly ended: boolean;
}): JSX.Element {
  const sentence = run?.summary.run ? finding(preset, run.summary.run) : presets[preset].lookFor(settings);
  return (
    <section class="finding">
      <h2>{run ? (ended ? 'What you saw' : 'What you are seeing') : 'What to look for'}</h2>
      <p>{sentence}</p>
      <Spoken text={sentence} quiet={run !== null && !ended} />
    </section>
  );
}

/** Tells a screen reader, politely and not with every step. */
function Spoken({ text, quiet }: { readonly text: string; readonly quiet: boolean }): JSX.Element {
  const [spoken, setSpoken] = useState(text);
  const last = useRef(0);
  useEffect(() => {
    const wait = quiet ? Math.max(0, last.current + QUIET_MS - Date.now()) : 0;
    const timer = setTimeout(() => {
      last.current = Date.now();
      setSpoken(text);
    }, wait);
    return () => clearTimeout(timer);
  }, [text, quiet]);
  return (
    <p class="hidden" aria-live="polite">
      {spoken}
    </p>
  );
}

function Notes({ notes }: { readonly notes: readonly string[] }): JSX.Element | null {
  if (notes.length === 0) return null;
  return (
    <ul class="notes">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

function Crash({ text }: { readonly text: string }): JSX.Element {
  return (
    <div class="notice" role="alert">
      <strong>The training ended before its time. What it did until then is kept.</strong>
      <pre>{text}</pre>
    </div>
  );
}

function TaskNotice({ task }: { readonly task: NonNullable<Model['task']> }): JSX.Element {
  const running = task.state === 'running';
  const title = {
    running: task.task === 'CIFAR-10' ? 'Downloading CIFAR-10' : 'Installing the native backend',
    done: task.task === 'CIFAR-10' ? 'CIFAR-10 is here.' : 'The native backend is installed: the next start takes it.',
    failed: task.task === 'CIFAR-10' ? 'CIFAR-10 is not here.' : 'The native backend is not installed.',
    cancelled: 'Cancelled.',
  }[task.state];
  return (
    <div class="notice task" role="status">
      <strong>{title}</strong> {task.text}
      {running && (
        <>
          <progress {...(task.fraction === null ? {} : { value: task.fraction, max: 1 })} aria-label={title} />
          <button type="button" onClick={() => ask({ request: 'cancel task' })}>
            Cancel
          </button>
        </>
      )}
    </div>
  );
}

function ExportMenu({
  run,
  preset,
  x,
}: {
  readonly run: Run | null;
  readonly preset: PresetName;
  readonly x: (typeof X_AXES)[number];
}): JSX.Element {
  const withRun = (work: (run: Run) => void) => () => {
    if (run) work(run);
  };
  const disabled = run === null;
  const png = async ({ curves, ...rest }: Run): Promise<void> => {
    const image = await toPng(curves, pageOf({ curves, ...rest }, preset, x));
    ask({ request: 'export', format: 'png', content: await base64(image) });
  };
  const svg = (run: Run): void =>
    ask({ request: 'export', format: 'svg', content: toSvg(run.curves, pageOf(run, preset, x)) });
  const copy = (what: string, text: string): void => ask({ request: 'copy', what, text });
  return (
    <Menu
      label="Export"
      groups={[
        [
          { label: 'Save run …', kind: '.lossrun.json', disabled, run: () => ask({ request: 'save' }) },
          { label: 'Export numbers …', kind: 'CSV', disabled, run: () => ask({ request: 'export numbers' }) },
          { label: 'Export charts …', kind: 'PNG', disabled, run: withRun((run) => void png(run)) },
          { label: 'Export charts …', kind: 'SVG', disabled, run: withRun(svg) },
        ],
        [
          {
            label: 'Copy as script',
            kind: 'PyTorch',
            disabled,
            run: withRun(({ started }) => copy('PyTorch script', pytorchScript(started))),
          },
          {
            label: 'Copy as script',
            kind: 'TensorFlow',
            disabled,
            run: withRun(({ started }) => copy('TensorFlow script', tensorflowScript(started))),
          },
        ],
        [{ label: 'Open a saved run …', kind: '', run: () => ask({ request: 'open saved run' }) }],
      ]}
    />
  );
}

/** What stands above the charts of an exported page: the question, the answer, and the arms. */
function pageOf(run: Run, preset: PresetName, along: (typeof X_AXES)[number]): PageOptions {
  const { data, arms, settings } = run.started;
  const each = arms.map(({ name, batchSize, learningRate, weightDecay }) =>
    [name, `batch ${batchSize}`, `rate ${learningRate}`, ...(weightDecay === 0 ? [] : [`penalty ${weightDecay}`])].join(
      ', ',
    ),
  );
  return {
    title: presets[preset].question,
    lines: [
      ...(run.summary.run ? [finding(preset, run.summary.run)] : []),
      `${data.name} · ${settings.network} · ${settings.optimizer} · seed ${settings.seed}`,
      ...each,
    ],
    along,
    first: presets[preset].charts,
  };
}

function Footer({ run }: { readonly run: Run | null }): JSX.Element {
  if (!run) return <footer>Same weights, same batches, same order in every arm.</footer>;
  const { data, settings, parameters, version } = run.started;
  return (
    <footer>
      <span>Same weights, same batches, same order in every arm</span>
      <span>
        {data.name}: {data.train} to train on, {data.heldOut} held out
      </span>
      <span>{parameters.toLocaleString('en-US')} weights</span>
      <span>seed {settings.seed}</span>
      <span>float32</span>
      <span>Loss Lens {version}</span>
    </footer>
  );
}

async function base64(image: Blob): Promise<string> {
  const bytes = new Uint8Array(await image.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
}
