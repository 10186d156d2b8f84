/**
 * Where variables, fields and lists live. Every write goes through here, so that a branch can be tried, undone and joined with its twin.
 */
import type { Value } from './values.ts';

/** A function's variables; blocks share those of their function. */
export class Scope {
  readonly variables = new Map<string, Value>();
  readonly outer = new Set<string>();
  readonly parent: Scope | null;
  readonly name: string;

  constructor(parent: Scope | null, name: string) {
    this.parent = parent;
    this.name = name;
  }

  /** The scope that holds a name, looking outwards. */
  find(name: string): Scope | null {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent)
      if (scope.variables.has(name)) return scope;
    return null;
  }
}

type Key = string;
type Changes = Map<Map<Key, unknown>, Map<Key, unknown>>;

const ABSENT = Symbol('absent');

/** What one branch left behind: for each map, the new values. */
export interface Branch {
  readonly written: ReadonlyMap<Map<Key, unknown>, ReadonlyMap<Key, unknown>>;
}

/** Writes with an undo journal; journals nest. */
export class Store {
  private readonly journals: Changes[] = [];

  write<T>(map: Map<Key, T>, key: Key, value: T): void {
    const journal = this.journals.at(-1);
    if (journal) {
      let before = journal.get(map as Map<Key, unknown>);
      if (!before) {
        before = new Map();
        journal.set(map as Map<Key, unknown>, before);
      }
      if (!before.has(key)) before.set(key, map.has(key) ? map.get(key) : ABSENT);
    }
    map.set(key, value);
  }

  /** Runs a branch and takes back what it wrote. */
  attempt(body: () => void): Branch {
    const journal: Changes = new Map();
    this.journals.push(journal);
    try {
      body();
    } finally {
      this.journals.pop();
    }
    const written = new Map<Map<Key, unknown>, Map<Key, unknown>>();
    for (const [map, before] of journal) {
      written.set(map, new Map([...before.keys()].map((key) => [key, map.get(key)])));
      for (const [key, old] of before) {
        if (old === ABSENT) map.delete(key);
        else map.set(key, old);
      }
    }
    return { written };
  }

  /** Makes one branch's writes real. */
  accept(branch: Branch): void {
    for (const [map, values] of branch.written) for (const [key, value] of values) this.write(map, key, value);
  }

  /** Joins two branches: where they differ, `join` decides; a value that only one of them has wins over none. */
  join(a: Branch, b: Branch, join: (first: Value, second: Value) => Value): void {
    for (const map of new Set([...a.written.keys(), ...b.written.keys()])) {
      const [inA, inB] = [a.written.get(map), b.written.get(map)];
      for (const key of new Set([...(inA?.keys() ?? []), ...(inB?.keys() ?? [])])) {
        const before = map.get(key);
        const first = inA?.has(key) ? inA.get(key) : before;
        const second = inB?.has(key) ? inB.get(key) : before;
        if (first === undefined || second === undefined) this.write(map, key, first ?? second);
        else if (isValue(first) && isValue(second))
          this.write(map as Map<Key, Value>, key, first === second ? first : join(first, second));
        else this.write(map, key, first);
      }
    }
  }
}

const isValue = (x: unknown): x is Value => typeof x === 'object' && x !== null && 'kind' in x;
