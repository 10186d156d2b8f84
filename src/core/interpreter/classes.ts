/** Classes of the file: where a member comes from, and what calling an instance runs. */
import type { FunctionDefinition, Lambda } from '../syntax/tree.ts';
import type { ClassValue, RecordValue, Value } from './values.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The field or method of a class, its bases in this file included. */
export function classMember(type: ClassValue, name: string, seen = new Set<ClassValue>()): Value | null {
  if (seen.has(type)) return null;
  seen.add(type);
  const own = type.fields.get(name);
  if (own) return own;
  for (const base of type.bases) {
    const found = base.kind === 'class' ? classMember(base, name, seen) : null;
    if (found) return found;
  }
  return null;
}

/** The methods by which libraries call instances of what a class extends: `forward` of a module, `call` of a Keras model or loss. */
function libraryMethods(vocabulary: Vocabulary, v: RecordValue, modelsOnly: boolean): string[] {
  const names: string[] = [];
  const seen = new Set<ClassValue>();
  const visit = (type: ClassValue) => {
    if (seen.has(type)) return;
    seen.add(type);
    for (const base of type.bases) {
      if (base.kind === 'class') visit(base);
      const name = base.kind === 'api' || base.kind === 'unknown' ? base.name : null;
      const method = name === null ? null : vocabulary.callMethod(name, modelsOnly);
      if (method) names.push(method);
    }
  };
  if (v.type) visit(v.type);
  return names;
}

export const isModelInstance = (vocabulary: Vocabulary, v: RecordValue): boolean =>
  libraryMethods(vocabulary, v, true).length > 0;

/** The methods that calling an instance may run, likeliest first. */
export const callMethods = (vocabulary: Vocabulary, v: RecordValue): readonly string[] => [
  ...libraryMethods(vocabulary, v, false),
  'forward',
  '__call__',
  'call',
];

export const isStatic = (node: FunctionDefinition | Lambda): boolean =>
  node.kind === 'function' &&
  (node.isStatic || node.decorators.some((d) => d.kind === 'name' && d.name === 'staticmethod'));
