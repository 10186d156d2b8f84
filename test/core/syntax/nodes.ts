import type { Module, Range } from '../../../src/core/syntax/tree.ts';

/** Anything in the tree that has a place: nodes, and the arguments, parameters and entries between them. */
export interface Placed {
  readonly kind?: string;
  readonly range: Range;
  readonly [property: string]: unknown;
}

/** Everything in the tree, each once, however deep. A chain of comparisons shares its middle operands. */
export function placesOf(module: Module): Placed[] {
  const seen = new Set<object>();
  const places: Placed[] = [];
  const rest: unknown[] = [module.body];
  for (let item = rest.pop(); item !== undefined; item = rest.pop()) {
    if (typeof item !== 'object' || item === null || seen.has(item)) continue;
    seen.add(item);
    if ('range' in item) places.push(item as Placed);
    // What is undefined would end the walk.
    for (const value of Object.values(item)) if (value !== undefined) rest.push(value);
  }
  return places;
}

export function callsOf(module: Module): Placed[] {
  return placesOf(module).filter(({ kind }) => kind === 'call');
}
