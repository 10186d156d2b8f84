/** Theory against measurement, and the numbers that follow for the user's file. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Equivalents } from '../../src/experiment/equivalents.ts';
import type { Law, PresetName } from '../../src/protocol.ts';

/** What a law is called, above the line that states it. */
const NAMES: Readonly<Record<Law['law'], string>> = {
  'loss-ratio': 'Loss',
  'gradient-ratio': 'Gradient',
  'batch-degree': 'Batch degree',
  'selected-gradient': 'Worst example',
  'penalty-share': 'Penalty’s share',
  'matched-weights': 'Matched updates',
  'linear-scaling': 'Linear scaling',
};

/** The preset that tests a law which this one does not. */
const TESTED_BY: { readonly [law in Law['law']]?: readonly [PresetName, string] } = {
  'matched-weights': ['matched', 'Matched updates'],
  'linear-scaling': ['double-batch', 'Double the batch'],
  'penalty-share': ['penalty-drifts', 'Penalty drifts'],
};

export function Laws({
  laws,
  checks,
  onPreset,
}: {
  readonly laws: readonly Law[];
  /** How often they were measured. */
  readonly checks: number;
  /** Null while it trains. */
  readonly onPreset: ((preset: PresetName) => void) | null;
}): JSX.Element {
  // A rule of thumb may fail without anything being wrong.
  const tested = laws.filter(({ holds, heuristic }) => holds !== null && !heuristic);
  return (
    <section class="laws">
      <div class="title">
        <h2>Theory against measurement</h2>
        <span class="meta">
          {tested.length === 0
            ? 'not measured yet'
            : `${tested.filter(({ holds }) => holds).length} of ${tested.length} hold · ${checks} ${checks === 1 ? 'check' : 'checks'}`}
        </span>
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col">Law</th>
            <th scope="col">Predicted</th>
            <th scope="col">Measured</th>
            <th scope="col" class="number">
              Deviation
            </th>
            <th scope="col">
              <span class="hidden">Holds</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {laws.map((law) => (
            <LawRow key={law.law} law={law} onPreset={onPreset} />
          ))}
        </tbody>
      </table>
      <p class="meta">* A rule of thumb, no law: within a tenth counts as equal.</p>
    </section>
  );
}

function LawRow({ law, onPreset }: { readonly law: Law; readonly onPreset: ((preset: PresetName) => void) | null }) {
  const [open, setOpen] = useState(false);
  const elsewhere = law.note.startsWith('Not tested') ? TESTED_BY[law.law] : undefined;
  return (
    <>
      <tr class={law.holds === null ? 'untested' : ''}>
        <th scope="row">
          {law.note === '' ? (
            NAMES[law.law]
          ) : (
            <button type="button" class="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
              {NAMES[law.law]}
              {law.heuristic && <span title="A rule of thumb">*</span>}
            </button>
          )}
          <small>
            <Formula text={law.title} />
          </small>
        </th>
        <td>{law.predicted}</td>
        <td>
          {law.measured !== null ? (
            <strong>{law.measured}</strong>
          ) : elsewhere && onPreset ? (
            <>
              try{' '}
              <button type="button" class="link" onClick={() => onPreset(elsewhere[0])}>
                {elsewhere[1]}
              </button>
            </>
          ) : (
            '–'
          )}
        </td>
        <td class="number">
          {law.deviation === null ? '' : scientific(law.deviation)}
          {law.limit !== null && law.deviation !== null && <small>limit {scientific(law.limit)}</small>}
        </td>
        <td class="tick">
          {law.holds === true && <Tick />}
          {law.holds === false && (law.heuristic ? <span class="meta">not here</span> : <Cross />)}
        </td>
      </tr>
      {open && (
        <tr class="note">
          <td colSpan={5}>{law.note}</td>
        </tr>
      )}
    </>
  );
}

/** `L_SUM` and `2^d` with their letters lowered and raised. */
function Formula({ text }: { readonly text: string }): JSX.Element {
  const parts = text.split(/([_^]\w+)/);
  return (
    <>
      {parts.map((part, i) => {
        const key = `${i} ${part}`;
        if (part.startsWith('_')) return <sub key={key}>{part.slice(1).toLowerCase()}</sub>;
        return part.startsWith('^') ? <sup key={key}>{part.slice(1)}</sup> : part;
      })}
    </>
  );
}

const Tick = () => (
  <svg class="holds" viewBox="0 0 16 16" width="16" height="16" role="img" aria-label="holds">
    <path d="M2.5 8.5l3.5 3.5 7.5-8" />
  </svg>
);

const Cross = () => (
  <svg class="fails" viewBox="0 0 16 16" width="16" height="16" role="img" aria-label="does not hold">
    <path d="M3.5 3.5l9 9M12.5 3.5l-9 9" />
  </svg>
);

export function EquivalentSettings({ equivalents }: { readonly equivalents: Equivalents }): JSX.Element {
  const { given, other, settings, notes } = equivalents;
  return (
    <section class="equivalents">
      <div class="title">
        <h2>The same training with {other}</h2>
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col" class="number">
              With {given}
            </th>
            <th scope="col" class="number">
              Factor
            </th>
            <th scope="col" class="number">
              With {other}
            </th>
          </tr>
        </thead>
        <tbody>
          {settings.map((row) => (
            <tr key={row.setting}>
              <th scope="row">{row.setting}</th>
              <td class="number">{row.given}</td>
              <td class="number">{row.factor}</td>
              <td class="number">
                <strong>{row.equivalent}</strong>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {notes.map((note) => (
        <p class="meta" key={note}>
          {note}
        </p>
      ))}
    </section>
  );
}

/** 0.034, 3·10⁻⁷ */
function scientific(x: number): string {
  if (x === 0) return '0';
  if (!Number.isFinite(x)) return 'not a number';
  if (x >= 0.01) return String(Number(x.toPrecision(2)));
  const [digits, exponent = ''] = x.toExponential(0).split('e');
  const raised = exponent.replace(/./g, (sign) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(sign)] ?? '');
  return digits === '1' ? `10${raised}` : `${digits}·10${raised}`;
}
