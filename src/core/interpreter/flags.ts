/** Command-line flags, and the numbers that a file gives to names which stand for the batch size. */
import type { Range } from '../analysis.ts';
import { mapTerms, numberOf, type Term } from '../degree/term.ts';
import type { Call } from '../syntax/tree.ts';
import { unknown } from './convert.ts';
import { isBatchSizeName } from './names.ts';
import type { NamedValue, RecordValue, Value } from './values.ts';

export interface NamedBatchSize {
  readonly value: number;
  readonly range: Range;
  readonly text: string;
  readonly origin: Term['origin'];
}

export class Flags {
  /** The object that code reads flags from. */
  readonly values: RecordValue = { kind: 'record', fields: new Map(), type: null, name: 'FLAGS', open: true };
  private readonly named: NamedBatchSize[] = [];

  /** A flag's default is a number that a launch may override; a switch stays open. */
  define(name: string, value: Value | null, range: Range): void {
    const isOpen = value === null || value.kind === 'truth' || value.kind === 'nothing';
    const bound = isOpen ? unknown(`FLAGS.${name}`, range, 'config') : value;
    if (bound.kind !== 'sum') {
      this.values.fields.set(name, bound);
      return;
    }
    this.values.fields.set(
      name,
      mapTerms(bound, (t) => ({ ...t, origin: 'argument-default' })),
    );
    const number = numberOf(bound);
    if (isBatchSizeName(name) && number !== null) this.nameBatchSize(number, range, `--${name}`, 'argument-default');
  }

  private readonly batchNames = new Set<string>();

  /** What a source of batches is given as its size stands for the batch size from then on: `BATCH` in `batch_size=BATCH`. */
  noteBatchSize(call: Call, given: NamedValue | null): void {
    const argument = call.arguments.find((a) => given && a.value.range.start === given.range.start);
    if (argument?.value.kind === 'name') this.batchNames.add(argument.value.name);
  }

  isBatchName(name: string): boolean {
    return this.batchNames.has(name) || isBatchSizeName(name);
  }

  /** A number that is bound to a name which stands for the batch size. */
  nameBatchSize(value: number, range: Range, text: string, origin: NamedBatchSize['origin']): void {
    if (!this.named.some((b) => b.range.start === range.start)) this.named.push({ value, range, text, origin });
  }

  /** Those that are not for evaluation come first, and alone where there are any. */
  get batchSizes(): readonly NamedBatchSize[] {
    const training = this.named.filter((b) => !/eval|test|val/i.test(b.text));
    return training.length ? training : this.named;
  }
}
