/** Graph collections of TensorFlow 1, and the penalties that layers keep for whoever trains them. */
import { same } from './same.ts';
import { type Sequence, sequence, type Value } from './values.ts';

export class Collections {
  private readonly items: Map<string, Value[]>;
  private readonly sizesRead = new Map<string, number>();
  /** Set once what is added no longer counts, because it was added before. */
  isClosed = false;

  /** @param earlier what a first walk over the file found */
  constructor(earlier?: Collections) {
    this.items = new Map(earlier?.items);
  }

  /** Adds a value; the same value from the same place adds once. */
  add(name: string, value: Value): void {
    if (this.isClosed) return;
    const items = this.items.get(name) ?? [];
    if (!items.some((v) => same(v, value))) this.items.set(name, [...items, value]);
  }

  read(name: string): Sequence {
    const items = this.items.get(name) ?? [];
    this.sizesRead.set(name, Math.min(items.length, this.sizesRead.get(name) ?? items.length));
    return sequence(items);
  }

  all(): readonly Value[] {
    return [...this.items.values()].flat();
  }

  /** Whether a collection grew after it was read, so that a second walk sees more. */
  get grewAfterRead(): boolean {
    return [...this.sizesRead].some(([name, size]) => (this.items.get(name)?.length ?? 0) > size);
  }
}
