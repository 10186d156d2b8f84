/** A map that keeps what was used last, up to a limit, and tells what it lets go of. */
export class Recent<Value> {
  readonly #limit: number;
  readonly #dropped: (value: Value) => void;
  readonly #values = new Map<string, Value>();

  constructor(limit: number, dropped: (value: Value) => void = () => {}) {
    this.#limit = limit;
    this.#dropped = dropped;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    this.delete(key);
    this.#values.set(key, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#limit) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    this.#dropped(value);
  }
}
