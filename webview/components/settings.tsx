/** The settings of the experiment: each with where its value came from, editable while nothing trains. */
import type { JSX } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { type Draft, NETWORKS, OPTIMIZERS, type Settings } from '../../src/protocol.ts';
import { type NumberField, numberFields, originalValue, originOf, parseField } from '../fields.ts';
import { ask } from '../host.ts';
import type { Model } from '../model.ts';

interface Props {
  readonly shown: NonNullable<Model['shown']>;
  readonly draft: Draft;
  /** While it trains, settings are words: nothing looks editable that is not. */
  readonly fixed: boolean;
  readonly onChange: (draft: Draft) => void;
  /** What is wrong with what the user has typed into a field; null where nothing is any more. */
  readonly onProblem: (field: keyof Settings, problem: string | null) => void;
}

const NETWORK_NAMES: Readonly<Record<Settings['network'], string>> = {
  light: 'Light CNN',
  tutorial: 'CIFAR-10 tutorial CNN',
  softmax: 'Softmax regression',
};
const OPTIMIZER_NAMES: Readonly<Record<Settings['optimizer'], string>> = {
  sgd: 'SGD',
  momentum: 'SGD, momentum 0.9',
  adam: 'Adam',
};
const DECAY_NAMES: Readonly<Record<Settings['decay'], string>> = {
  coupled: 'in the loss',
  decoupled: 'decoupled from it',
};
const BACKEND_NAMES = {
  auto: 'The fastest',
  'tfjs-node': 'Native TensorFlow',
  wasm: 'WebAssembly',
  cpu: 'Plain JavaScript',
} as const;

export function SettingsForm(props: Props): JSX.Element {
  const { draft, fixed } = props;
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()} aria-label="Settings">
      <div class="fields">
        <DataField {...props} />
        <Choice {...props} name="network" label="Network" names={NETWORK_NAMES} options={NETWORKS} />
        <Numeric {...props} field={numberFields.batchSize} />
        <Numeric {...props} field={numberFields.learningRate} />
        <Choice {...props} name="optimizer" label="Optimiser" names={OPTIMIZER_NAMES} options={OPTIMIZERS} />
        <Numeric {...props} field={numberFields.weightDecay} />
        <Numeric {...props} field={numberFields.steps} />
      </div>
      <details class="more">
        <summary>More settings</summary>
        <div class="fields">
          <Choice
            {...props}
            name="decay"
            label="The penalty is"
            names={DECAY_NAMES}
            options={['coupled', 'decoupled']}
          />
          <Numeric {...props} field={numberFields.clipNorm} />
          {draft.settings.optimizer === 'adam' && <Numeric {...props} field={numberFields.epsilon} />}
          <Numeric {...props} field={numberFields.seed} />
          <Numeric {...props} field={numberFields.evaluateEvery} />
          <Numeric {...props} field={numberFields.measureEvery} />
          <Field label="Backend" origin={null}>
            {(id) =>
              fixed ? (
                <strong id={id}>{BACKEND_NAMES[draft.backend]}</strong>
              ) : (
                <Select
                  id={id}
                  value={draft.backend}
                  options={Object.entries(BACKEND_NAMES)}
                  onChange={(backend) => props.onChange({ ...draft, backend: backend as Draft['backend'] })}
                />
              )
            }
          </Field>
        </div>
      </details>
    </form>
  );
}

function Numeric({ shown, draft, fixed, onChange, onProblem, field }: Props & { field: NumberField }): JSX.Element {
  const value = draft.settings[field.name] as number | null;
  const [text, setText] = useState<string | null>(null);
  const parsed = parseField(field, text ?? textOf(value));
  const problem = 'problem' in parsed ? parsed.problem : null;
  useEffect(() => {
    onProblem(field.name, problem);
    return () => onProblem(field.name, null);
  }, [field.name, problem]);
  const change = (next: string): void => {
    setText(next);
    const result = parseField(field, next);
    if ('value' in result) onChange(changed(draft, field.name, result.value));
  };
  const reset = (): void => {
    setText(null);
    onChange(unchanged(draft, field.name, originalValue(field.name, draft, shown.request)));
  };
  return (
    <Field
      label={field.label}
      hint={field.hint}
      problem={problem}
      origin={<OriginText {...{ shown, draft, fixed }} name={field.name} onReset={reset} />}
    >
      {(id, described) =>
        fixed ? (
          <strong id={id}>{value === null ? 'none' : textOf(value)}</strong>
        ) : (
          <input
            id={id}
            type="text"
            inputMode={field.integer ? 'numeric' : 'decimal'}
            autocomplete="off"
            spellcheck={false}
            value={text ?? textOf(value)}
            placeholder={field.optional ? 'none' : ''}
            aria-invalid={problem !== null}
            aria-describedby={described}
            onInput={(event) => change(event.currentTarget.value)}
            onBlur={() => problem === null && setText(null)}
          />
        )
      }
    </Field>
  );
}

function Choice<K extends 'network' | 'optimizer' | 'decay'>({
  shown,
  draft,
  fixed,
  onChange,
  name,
  label,
  names,
  options,
}: Props & {
  readonly name: K;
  readonly label: string;
  readonly names: Readonly<Record<Settings[K], string>>;
  readonly options: readonly Settings[K][];
}): JSX.Element {
  const value = draft.settings[name];
  return (
    <Field
      label={label}
      origin={
        <OriginText
          {...{ shown, draft, fixed }}
          name={name}
          onReset={() => onChange(unchanged(draft, name, originalValue(name, draft, shown.request)))}
        />
      }
    >
      {(id) =>
        fixed ? (
          <strong id={id}>{names[value]}</strong>
        ) : (
          <Select
            id={id}
            value={value}
            options={options.map((option) => [option, names[option]])}
            onChange={(next) => onChange(changed(draft, name, next as Settings[K]))}
          />
        )
      }
    </Field>
  );
}

const DATA_NAMES = {
  auto: 'CIFAR-10 if it is here',
  builtin: 'Built-in drawings',
  folder: 'A folder of yours',
} as const;

function DataField({ shown, draft, fixed, onChange }: Props): JSX.Element {
  const { data } = draft;
  const { present, megabytes } = shown.cifar10;
  const names = { ...DATA_NAMES, auto: present ? 'CIFAR-10' : 'Built-in drawings' };
  const choose = (kind: string): void => {
    if (kind === 'folder') ask({ request: 'choose data folder' });
    else onChange({ ...draft, data: { kind: kind as 'auto' | 'builtin' } });
  };
  // Without CIFAR-10 the first two are the same.
  const options = (present ? ['auto', 'builtin', 'folder'] : ['auto', 'folder']) as (keyof typeof DATA_NAMES)[];
  const value = !present && data.kind === 'builtin' ? 'auto' : data.kind;
  const note =
    data.kind === 'folder' ? (
      <span class="path" title={data.folder}>
        {data.folder}
      </span>
    ) : present || fixed ? (
      'ten classes, 32 × 32'
    ) : (
      <>
        ten classes ·{' '}
        <button type="button" class="link" onClick={() => ask({ request: 'download CIFAR-10' })}>
          get CIFAR-10, {megabytes} MB
        </button>
      </>
    );
  return (
    <Field label="Data" origin={note}>
      {(id) =>
        fixed ? (
          <strong id={id}>{names[data.kind]}</strong>
        ) : (
          <Select id={id} value={value} options={options.map((kind) => [kind, names[kind]])} onChange={choose} />
        )
      }
    </Field>
  );
}

function Select({
  id,
  value,
  options,
  onChange,
}: {
  readonly id: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly onChange: (value: string) => void;
}): JSX.Element {
  return (
    <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {options.map(([option, name]) => (
        <option key={option} value={option} selected={option === value}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Field({
  label,
  hint = '',
  problem = null,
  origin,
  children,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly problem?: string | null;
  readonly origin: JSX.Element | string | null;
  readonly children: (id: string, described: string) => JSX.Element;
}): JSX.Element {
  const id = useId();
  return (
    <div class={`field${problem ? ' wrong' : ''}`} title={hint}>
      <label for={id}>{label}</label>
      {children(id, `${id}-note`)}
      <span class="note" id={`${id}-note`}>
        {problem ?? origin}
      </span>
    </div>
  );
}

function OriginText({
  shown,
  draft,
  fixed,
  name,
  onReset,
}: Omit<Props, 'onChange' | 'onProblem'> & {
  readonly name: keyof Settings;
  readonly onReset: () => void;
}): JSX.Element {
  const origin = originOf(name, draft, shown.request);
  switch (origin.kind) {
    case 'default':
      return <>default</>;
    case 'found':
      return (
        <>
          {origin.isDefault ? 'default in ' : 'from '}
          <button type="button" class="link" onClick={() => ask({ request: 'reveal', place: origin.place })}>
            {origin.place.label}
          </button>
        </>
      );
    case 'edited':
      return (
        <>
          edited
          {fixed || (
            <>
              {' · '}
              <button type="button" class="link" onClick={onReset}>
                {origin.before === null ? 'use the default' : `file: ${origin.before}`}
              </button>
            </>
          )}
        </>
      );
  }
}

const textOf = (value: number | null): string => (value === null ? '' : String(value));

function changed<K extends keyof Settings>(draft: Draft, name: K, value: Settings[K] | null): Draft {
  return {
    ...draft,
    settings: { ...draft.settings, [name]: value },
    edited: draft.edited.includes(name) ? draft.edited : [...draft.edited, name],
  };
}

function unchanged(draft: Draft, name: keyof Settings, value: unknown): Draft {
  return {
    ...draft,
    settings: { ...draft.settings, [name]: value },
    edited: draft.edited.filter((edited) => edited !== name),
  };
}
