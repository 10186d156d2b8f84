/**
 * What the interpreter meets on its way and an analysis is made of: reductions, sinks, optimisers, batch sizes. It only collects; `report.ts` decides
 * what is said.
 */
import type { Range } from '../analysis.ts';
import type { LossEntry, OptimizerEntry } from '../catalogue/schema.ts';
import type { AxisRow } from '../degree/axes.ts';
import type { BatchSource, Operation, Sum, Term } from '../degree/term.ts';
import type { CallSite } from './calls.ts';
import { emptyArguments } from './functions.ts';
import type { Interpreter } from './interpreter.ts';
import { applyLoss } from './losses.ts';
import { isMetricName } from './names.ts';
import { alternativesOf, type CallArguments, type NamedValue, type OptimizerValue, type Value } from './values.ts';

/** A reduction as it was met: the last step, the steps of its statement, and what it made. */
export interface Observation {
  readonly operation: Operation;
  /** The steps of the same statement, in order, this one included. */
  readonly chain: readonly Operation[];
  readonly term: Term;
  readonly row: AxisRow;
  /** Computed where no gradient is kept, or in a function that only evaluates. */
  readonly evaluation: boolean;
  /** Met where a loss is constructed, before anybody called it. */
  readonly isConstruction: boolean;
  readonly functionName: string;
  readonly className: string;
}

export interface SinkRecord {
  readonly name: string;
  readonly value: Value;
  /** The loss where it is differentiated. */
  readonly range: Range;
  readonly sinkRange: Range;
  optimizers: OptimizerValue[];
  /** True until a later call takes the step. */
  waits: boolean;
  stepRange: Range | null;
  /** The source of the model that was compiled, to find its `fit`. */
  readonly model: string | null;
  readonly owner: string;
  clip: ClipRecord | null;
}

export interface ClipRecord {
  readonly type: 'norm' | 'value';
  readonly threshold: NamedValue | null;
  readonly range: Range;
}

export interface ReturnRecord {
  readonly value: Value;
  readonly range: Range;
  readonly functionName: string;
  readonly className: string;
  readonly node: object | null;
}

export interface FitRecord {
  readonly receiver: string;
  readonly owner: string;
  readonly source: BatchSource | null;
  readonly default: number | null;
  readonly range: Range;
}

/** Where an operation stands, as a key. */
export const keyOf = (o: { readonly range: Range }): string => `${o.range.start}-${o.range.end}`;

export class Recorder {
  readonly observations = new Map<string, Observation[]>();
  /** Steps that a later step of the same statement took up: they make no site of their own. */
  readonly absorbed = new Set<string>();
  readonly sinks: SinkRecord[] = [];
  private readonly sinkIds = new Map<string, number>();
  /** Sinks whose step is still to come; those that the last step was for. */
  private waiting: SinkRecord[] = [];
  private stepped: SinkRecord[] = [];
  readonly returns: ReturnRecord[] = [];
  readonly fits: FitRecord[] = [];
  readonly sources: BatchSource[] = [];
  readonly optimizers: OptimizerValue[] = [];
  readonly schedules = new Map<number, string>();
  /** Variables that a reduction was given to. */
  readonly variables = new Map<string, Set<string>>();
  /** Sums that something was divided by: counts of a mask, sums of weights. */
  readonly normalisers = new Set<string>();
  /** Reductions that only reach a log. */
  readonly logged = new Set<string>();
  private readonly m: Interpreter;

  constructor(m: Interpreter) {
    this.m = m;
  }

  /** Notes every reduction that a value just went through, and gives the value back. */
  observe(s: Sum): Sum {
    const name = this.m.frame.node?.name ?? '';
    const className = this.m.frame.owner?.node.name ?? '';
    for (const t of s.terms) {
      const operation = t.operations.at(-1);
      if (!operation) continue;
      const chain = t.operations.filter((o) => o.statement === operation.statement);
      // A division in a statement of its own ends what was summed before: `numerator / denominator`.
      const lead = chain.findLast((o) => o.kind !== 'division') ?? operation;
      for (const o of chain) if (keyOf(o) !== keyOf(lead)) this.absorbed.add(keyOf(o));
      if (this.known?.has(keyOf(lead))) continue;
      const seen = this.observations.get(keyOf(lead)) ?? [];
      if (seen.length >= 12) continue;
      seen.push({
        operation: lead,
        chain,
        term: t,
        row: s.row,
        isConstruction: this.isConstructing,
        evaluation: !this.m.frame.gradient || isMetricName(name),
        functionName: name,
        className,
      });
      this.observations.set(keyOf(lead), seen);
    }
    return s;
  }

  private isConstructing = false;

  /** A constructed loss is a site where it stands, whether it is called or not. */
  lossObject(entry: LossEntry, args: CallArguments, site: CallSite): Range {
    this.isConstructing = true;
    applyLoss(this.m, { ...entry, form: 'class' }, args, emptyArguments, { ...site.place, range: site.range });
    this.isConstructing = false;
    return site.range;
  }

  named(name: string, value: Value): void {
    for (const { value: v } of alternativesOf(value)) {
      if (v.kind !== 'sum') continue;
      for (const t of v.terms) {
        const last = t.operations.at(-1);
        if (!last) continue;
        const lead = t.operations.findLast((o) => o.kind !== 'division') ?? last;
        const names = this.variables.get(keyOf(lead)) ?? new Set();
        names.add(name);
        this.variables.set(keyOf(lead), names);
      }
    }
  }

  returned(range: Range, value: Value): Value {
    const { node, owner } = this.m.frame;
    const news = this.known === null || operationsIn(value).some((o) => !this.known?.has(keyOf(o)));
    if (node && news)
      this.returns.push({ value, range, functionName: node.name ?? '', className: owner?.node.name ?? '', node });
    return value;
  }

  /** A divisor's own reductions belong to the division, and are no loss. */
  private known: ReadonlySet<string> | null = null;

  /** From now on only what has not been met yet is noted. */
  startDiscovery(): void {
    this.known = new Set(this.observations.keys());
  }

  divisor(s: Sum, statement: number): void {
    for (const o of s.terms.flatMap((t) => [...t.operations])) {
      this.normalisers.add(keyOf(o));
      if (o.statement === statement) this.absorbed.add(keyOf(o));
    }
  }

  reported(value: Value): void {
    for (const o of operationsIn(value)) this.logged.add(keyOf(o));
  }

  batches(source: BatchSource): void {
    if (!this.sources.some((s) => keyOf(s) === keyOf(source))) this.sources.push(source);
  }

  optimizer(entry: OptimizerEntry, args: CallArguments, site: { readonly range: Range }): Value {
    const known = this.optimizers.find((o) => keyOf(o) === keyOf(site));
    const made: OptimizerValue = {
      kind: 'optimizer',
      entry,
      arguments: args,
      range: site.range,
      id: known?.id ?? this.optimizers.length,
    };
    if (known) this.optimizers[known.id] = made;
    else this.optimizers.push(made);
    return made;
  }

  schedule(optimizer: OptimizerValue, name: string): void {
    this.schedules.set(optimizer.id, name);
  }

  sink(
    record: Omit<SinkRecord, 'stepRange' | 'clip' | 'optimizers' | 'owner'> & { readonly optimizer: OptimizerValue[] },
  ): number {
    const { optimizer, ...rest } = record;
    const before = this.sinkIds.get(keyOf({ range: record.sinkRange }));
    if (this.known !== null && before !== undefined) return before;
    const made: SinkRecord = {
      ...rest,
      optimizers: optimizer,
      owner: this.ownerOf(rest.model ?? ''),
      stepRange: null,
      clip: null,
    };
    this.sinks.push(made);
    if (made.waits) this.waiting.push(made);
    const id = this.sinks.length - 1;
    this.sinkIds.set(keyOf({ range: record.sinkRange }), id);
    return id;
  }

  clip(record: ClipRecord): void {
    for (const s of this.waiting) s.clip = record;
  }

  /**
   * An optimiser takes the step for everything that was differentiated and still waits; a second one right behind it steps with the same gradients.
   */
  step(optimizer: OptimizerValue | null, range: Range): void {
    if (this.waiting.length) [this.stepped, this.waiting] = [this.waiting, []];
    for (const s of this.stepped) {
      s.waits = false;
      s.stepRange = range;
      if (optimizer && !s.optimizers.some((o) => o.id === optimizer.id)) s.optimizers.push(optimizer);
    }
  }

  /** The same words in two functions are two models. */
  private ownerOf(receiver: string): string {
    return `${this.m.frame.node?.range.start ?? 'file'} ${receiver}`;
  }

  fit(receiver: string, source: BatchSource | null, otherwise: number | null, range: Range): void {
    if (!this.fits.some((f) => keyOf(f) === keyOf({ range })))
      this.fits.push({ receiver, owner: this.ownerOf(receiver), source, default: otherwise, range });
  }

  /** The batches of an earlier `fit` on the same model; `compile` comes first as a rule, so that `report.ts` looks again. */
  fitSource(receiver: string): BatchSource | null {
    const owner = this.ownerOf(receiver);
    return this.fits.find((f) => f.owner === owner)?.source ?? null;
  }
}

/** Every reducing step in the history of a value. */
export function operationsIn(value: Value): Operation[] {
  switch (value.kind) {
    case 'sum':
      return value.terms.flatMap((t) => [...t.operations]);
    case 'sequence':
      return value.items.flatMap(operationsIn);
    case 'repeated':
      return operationsIn(value.element);
    case 'choice':
      return value.alternatives.flatMap((a) => operationsIn(a.value));
    case 'record':
      return value.type === null ? [...value.fields.values()].flatMap(operationsIn) : [];
    default:
      return [];
  }
}
