/** What stands on the left: names, fields, list entries and patterns. */

import { axesOf, hasAxis } from '../degree/axes.ts';
import { numberOf } from '../degree/term.ts';
import type { Pattern } from '../syntax/tree.ts';
import { readAs, unknown } from './convert.ts';
import { evaluate } from './expressions.ts';
import type { Interpreter } from './interpreter.ts';
import { same } from './same.ts';
import { sizeAt } from './sizes.ts';
import type { Scope } from './store.ts';
import { forEach, type Value } from './values.ts';

/**
 * Binds a value to a pattern.
 * @param keepsDepth true where the target is read by its own new value: an accumulator stays as old as it is
 */
export function assign(m: Interpreter, target: Pattern, value: Value, scope: Scope, keepsDepth = false): void {
  switch (target.kind) {
    case 'name': {
      m.record.named(target.name, value);
      const holder = keepsDepth ? scope.find(target.name) : null;
      const bound = readAs(m, target.name, value, target.range);
      if (holder) m.store.write(holder.variables, target.name, bound);
      else m.define(scope, target.name, bound);
      return;
    }
    case 'member': {
      m.record.named(target.property, value);
      const object = evaluate(m, target.object, scope);
      for (const o of object.kind === 'choice' ? object.alternatives.map((a) => a.value) : [object]) {
        if (o.kind !== 'record' && o.kind !== 'class') continue;
        m.store.write(o.fields, target.property, readAs(m, target.property, value, target.range));
        if (!keepsDepth) m.noteDepth(o.fields, target.property);
      }
      return;
    }
    case 'index': {
      const object = evaluate(m, target.object, scope);
      const [first] = target.indices;
      const key = first && first.kind !== 'slice' && first.kind !== 'ellipsis' ? evaluate(m, first, scope) : null;
      if (object.kind === 'record' && key?.kind === 'text' && key.value !== null)
        m.store.write(object.fields, key.value, value);
      return;
    }
    case 'default-pattern': {
      const bound = value.kind === 'nothing' ? evaluate(m, target.default, scope) : value;
      assign(m, target.target, bound, scope);
      return;
    }
    case 'sequence-pattern':
      target.elements.forEach((element, i) => {
        if (!element) return;
        const part =
          target.rest === i
            ? unknown(m.textOf(element.range), element.range, 'name')
            : destructured(m, value, i, element);
        assign(m, element, part, scope);
      });
      return;
    case 'object-pattern':
      for (const p of target.properties) {
        const field = p.key === null ? unknown('rest', p.target.range, 'name') : fieldOf(value, p.key, p.target);
        assign(m, p.target, field.kind === 'nothing' && p.default ? evaluate(m, p.default, scope) : field, scope);
      }
      return;
  }
}

/** The i-th of n parts that a value is taken apart into. */
export function destructured(
  m: Interpreter,
  value: Value,
  i: number,
  target: { readonly range: { readonly start: number; readonly end: number } },
): Value {
  const range = target.range;
  return forEach(
    value,
    (v) => {
      switch (v.kind) {
        case 'sequence':
          return v.items[i] ?? unknown(m.textOf(range), range, 'name');
        case 'repeated':
          return v.element;
        case 'shape':
          return sizeAt(v.of, i, range);
        case 'record':
          return [...v.fields.values()][i] ?? unknown(m.textOf(range), range, 'name');
        case 'batch':
        case 'sum':
          return v;
        case 'unknown':
          return { ...v, name: m.textOf(range, 40), range };
        case 'model':
        case 'gradients':
          return v;
        default:
          return unknown(m.textOf(range), range, 'name');
      }
    },
    same,
  );
}

function fieldOf(
  value: Value,
  key: string,
  target: { readonly range: { readonly start: number; readonly end: number } },
): Value {
  return forEach(
    value,
    (v) => {
      switch (v.kind) {
        case 'record':
          return (
            v.fields.get(key) ?? (v.open ? unknown(`${v.name}.${key}`, target.range, 'config') : { kind: 'nothing' })
          );
        case 'batch':
          return v;
        case 'api':
          return { kind: 'api', name: `${v.name}.${key}` };
        case 'unknown':
          return { ...v, name: `${v.name}.${key}`, range: target.range };
        default:
          return { kind: 'method', receiver: v, name: key, range: target.range };
      }
    },
    same,
  );
}

/** Whether a test is known to hold; null where it is not. Numbers decide only where the source writes them. */
export function truthOf(value: Value): boolean | null {
  switch (value.kind) {
    case 'truth':
      return value.value;
    case 'nothing':
      return false;
    case 'text':
      return value.value === null ? null : value.value !== '';
    case 'sequence':
      return value.items.length > 0;
    case 'closure':
    case 'class':
    case 'loss-object':
    case 'optimizer':
    case 'model':
      return true;
    case 'sum': {
      const n =
        axesOf(value.row).length === 0 && !hasAxis(value.row, 'B') && value.terms[0]?.origin === 'constant'
          ? numberOf(value)
          : null;
      return n === null ? null : n !== 0;
    }
    default:
      return null;
  }
}
