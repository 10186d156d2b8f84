/** Expressions to values. */
import type { Range } from '../analysis.ts';
import type { Compare, Comprehension, Expression, Index, Logical, Member } from '../syntax/tree.ts';
import { negate } from './algebra.ts';
import { arithmetic, mask, pairwise } from './arithmetic.ts';
import { assign, truthOf } from './assignments.ts';
import { type AxisRow, axesOf, hasAxis, row, takeAxis, unitAxis } from './axes.ts';
import { evaluateCall } from './calls.ts';
import { batchOf, examplesSum, parameterSum, readAs, toSum, unknown, unknownField } from './convert.ts';
import { propertyOf } from './effects.ts';
import { callClosure } from './functions.ts';
import type { Interpreter } from './interpreter.ts';
import { accumulate, elementOf, type Iteration, repeat } from './loops.ts';
import { isConfigName, isModelName } from './names.ts';
import { same } from './same.ts';
import { sizeAt } from './sizes.ts';
import { Scope } from './store.ts';
import {
  constant,
  either,
  isNumberLike,
  mapTerms,
  markAssumed,
  markUnknown,
  numberOf,
  type Sum,
  sizeOf,
  sum,
} from './term.ts';
import { forEach, nothing, type RecordValue, sequence, text, under, type Value } from './values.ts';

const MOST_UNROLLED = 6;

export function evaluate(m: Interpreter, e: Expression, scope: Scope): Value {
  if (!m.spend()) return unknown(m.textOf(e.range), e.range, 'name');
  switch (e.kind) {
    case 'name':
      return name(m, e.name, e.range, scope);
    case 'literal':
      return literal(e.value, e.range);
    case 'text':
      for (const part of e.parts) evaluate(m, part, scope);
      return text(null, e.range);
    case 'member':
      return under(member(m, e, scope), m.path);
    case 'index':
      return index(m, e, scope);
    case 'call':
      return evaluateCall(m, e, scope);
    case 'unary': {
      const operand = evaluate(m, e.operand, scope);
      if (e.operator === 'not') {
        const truth = truthOf(operand);
        return truth === null ? unknown(m.textOf(e.range), e.range, 'name') : { kind: 'truth', value: !truth };
      }
      if (e.operator === '+') return operand;
      return forEach(
        operand,
        (v) => {
          if (v.kind === 'gradients' || v.kind === 'nothing') return v;
          if (e.operator === '-') return negate(toSum(m, v, e.operand.range));
          if (e.operator === '~')
            return v.kind === 'sum' ? mapTerms(v, (t) => ({ ...t, theta: 'no', counts: 'mask' })) : v;
          return nothing;
        },
        same,
      );
    }
    case 'binary': {
      // A long sum leans to the left: its spine is walked, not recursed into.
      const spine = [e];
      for (let left = e.left; left.kind === 'binary'; left = left.left) spine.push(left);
      const start = evaluate(m, (spine.at(-1) as typeof e).left, scope);
      return spine.reduceRight(
        (value, b) => arithmetic(m, b.operator, value, evaluate(m, b.right, scope), b.range),
        start,
      );
    }
    case 'logical':
      return logical(m, e, scope);
    case 'compare':
      return compare(m, e, scope);
    case 'conditional':
      return m.conditional(
        e.test,
        scope,
        () => evaluate(m, e.then, scope),
        () => evaluate(m, e.otherwise, scope),
      );
    case 'lambda':
      return m.closure(e, scope, null);
    case 'collection': {
      const items: Value[] = [];
      for (const element of e.elements) {
        const value = evaluate(m, element.kind === 'spread' ? element.value : element, scope);
        if (element.kind !== 'spread') items.push(value);
        else if (value.kind === 'sequence') items.push(...value.items);
        else if (value.kind === 'repeated' && e.elements.length === 1) return value;
        else items.push(elementOf(m, value, m.textOf(element.range), element.range).element);
      }
      return sequence(items);
    }
    case 'dict': {
      const fields = new Map<string, Value>();
      let open = false;
      for (const entry of e.entries) {
        const value = evaluate(m, entry.value, scope);
        if (entry.key === null) {
          if (value.kind === 'record') for (const [k, v] of value.fields) fields.set(k, v);
          else open = true;
          continue;
        }
        const key = evaluate(m, entry.key, scope);
        const keyText = key.kind === 'text' ? key.value : key.kind === 'sum' ? String(numberOf(key)) : null;
        if (keyText === null) open = true;
        else fields.set(keyText, readAs(m, keyText, value, entry.range));
      }
      return { kind: 'record', fields, type: null, name: m.textOf(e.range, 24), open };
    }
    case 'comprehension':
      return comprehension(m, e, scope);
    case 'await':
      return evaluate(m, e.operand, scope);
    case 'yield': {
      const value = e.operand ? evaluate(m, e.operand, scope) : nothing;
      m.frame.yields.push(value);
      return unknown('yield', e.range, 'name');
    }
    case 'assign-expression': {
      const value = evaluate(m, e.value, scope);
      const bound = e.operator === null ? value : accumulate(m, e.target, e.operator, value, e.range, scope);
      assign(m, e.target, bound, scope, e.operator !== null);
      return bound;
    }
    case 'opaque': {
      const values = e.children.map((c) => evaluate(m, c, scope));
      return unknown(m.textOf(e.range), e.range, 'name', values.map(batchOf).find((b) => b !== null) ?? null);
    }
  }
}

function literal(value: number | string | boolean | null, range: Range): Value {
  if (typeof value === 'number') return constant(value, range);
  if (typeof value === 'string') return text(value, range);
  if (typeof value === 'boolean') return { kind: 'truth', value };
  return nothing;
}

/** The bare name under which TensorFlow.js lives in a page with script tags. */
const GLOBAL_MODULES: Readonly<Record<string, string>> = { tf: '@tensorflow/tfjs' };

/** What everybody calls these modules, where a star import hides how they came here. */
const CUSTOMARY_NAMES: Readonly<Record<string, string>> = {
  tf: 'tensorflow',
  torch: 'torch',
  nn: 'torch.nn',
  F: 'torch.nn.functional',
  np: 'numpy',
  jnp: 'jax.numpy',
  keras: 'keras',
};

function name(m: Interpreter, id: string, range: Range, scope: Scope): Value {
  const holder = scope.find(id);
  if (holder) return readAs(m, id, under(holder.variables.get(id) as Value, m.path), range);
  if (m.language !== 'python') {
    if (id === 'this') return unknown('this', range, 'name');
    const module = GLOBAL_MODULES[id];
    return { kind: 'api', name: module ?? `globals.${id}` };
  }
  const customary = m.importsAll ? CUSTOMARY_NAMES[id] : undefined;
  if (customary) return { kind: 'api', name: customary };
  // A name that nothing binds is a builtin, or comes from a star import.
  return m.vocabulary.isBuiltin(id)
    ? { kind: 'api', name: `builtins.${id}` }
    : readAs(m, id, unknown(id, range, isConfigName(id) ? 'config' : 'name'), range);
}

function member(m: Interpreter, e: Member, scope: Scope): Value {
  const object = evaluate(m, e.object, scope);
  return forEach(object, (v) => memberOf(m, v, e.property, e.range, e.propertyRange), same);
}

export function memberOf(m: Interpreter, v: Value, property: string, range: Range, propertyRange: Range): Value {
  switch (v.kind) {
    case 'api': {
      const name = `${v.name}.${property}`;
      if (property === 'newaxis') return nothing;
      // The object that holds the flags is read, not called.
      return /FLAGS$/.test(property) && m.vocabulary.entry(name)?.effect === 'flags' ? m.flags : { kind: 'api', name };
    }
    case 'record':
      return recordField(m, v, property, range, propertyRange);
    case 'class':
      return m.member(v, property) ?? unknown(`${v.node.name}.${property}`, range, 'name');
    case 'unknown': {
      if (isParameterName(property) && isModelName(v.name.replace(/\.\w+$/, ''))) return parameterSum(range);
      const read = propertyOf(m, v, property, range, 'unknown');
      return read ?? readAs(m, property, unknownField(v, property, range), range);
    }
    case 'sum':
      return (
        propertyOf(m, v, property, range, 'tensor') ?? {
          kind: 'method',
          receiver: v,
          name: property,
          range: propertyRange,
        }
      );
    case 'batch':
      return (
        propertyOf(m, v, property, range, 'tensor') ??
        (m.vocabulary.isMethod(property, 'tensor')
          ? { kind: 'method', receiver: v, name: property, range: propertyRange }
          : v)
      );
    case 'model':
      if (isParameterName(property)) return parameterSum(range);
      return (
        propertyOf(m, v, property, range, 'model') ?? {
          kind: 'method',
          receiver: v,
          name: property,
          range: propertyRange,
        }
      );
    case 'sequence':
    case 'repeated':
      if (property === 'length')
        return v.kind === 'sequence'
          ? constant(v.items.length, range)
          : (v.length ?? sizeOf(v.count ? (Object.keys(v.count) as 'B'[]) : [], 'actual', range));
      return { kind: 'method', receiver: v, name: property, range: propertyRange };
    case 'nothing':
      return unknown(m.textOf(range), range, 'name');
    default:
      return { kind: 'method', receiver: v, name: property, range: propertyRange };
  }
}

/** What layers call their parameters. */
const isParameterName = (name: string): boolean =>
  /^(?:weight|bias|kernel|weight_[gv]|in_proj_weight|\w+_weights)$/.test(name);

function recordField(m: Interpreter, v: RecordValue, property: string, range: Range, propertyRange: Range): Value {
  const own = v.fields.get(property);
  if (own) return readAs(m, property, own, range);
  const inherited = v.type ? m.member(v.type, property) : null;
  if (inherited?.kind === 'closure') {
    const bound = { ...inherited, self: v };
    const isGetter =
      inherited.node.kind === 'function' &&
      (inherited.node.isGetter || inherited.node.decorators.some((d) => d.kind === 'name' && /property$/.test(d.name)));
    return isGetter ? callClosure(m, bound, { positional: [], named: new Map(), spread: false }, range) : bound;
  }
  if (inherited) return readAs(m, property, inherited, range);
  if (v.type === null && !v.open) return { kind: 'method', receiver: v, name: property, range: propertyRange };
  const viaModel = m.isModelClass(v) ? propertyOf(m, v, property, range, 'model') : null;
  if (viaModel) return viaModel;
  if (v.type !== null && (m.vocabulary.isMethod(property, 'model') || isModelName(property)))
    return { kind: 'method', receiver: v, name: property, range: propertyRange };
  return readAs(
    m,
    property,
    unknown(
      `${v.name}.${property}`,
      range,
      v.type === null || isConfigName(v.name) || isConfigName(property) ? 'config' : 'name',
    ),
    range,
  );
}

function index(m: Interpreter, e: Index, scope: Scope): Value {
  const object = evaluate(m, e.object, scope);
  const indices = e.indices.map((i) => {
    if (i.kind === 'ellipsis') return { kind: 'ellipsis' as const };
    if (i.kind !== 'slice') return { kind: 'value' as const, value: evaluate(m, i, scope) };
    const bounds = [i.lower, i.upper, i.step].map((b) => (b ? evaluate(m, b, scope) : null));
    return {
      kind: 'slice' as const,
      whole: !bounds[0] && !bounds[1],
      lower: bounds[0] ?? null,
      upper: bounds[1] ?? null,
    };
  });
  return forEach(object, (v) => indexed(m, v, indices, e.range), same);
}

type Subscript =
  | { readonly kind: 'ellipsis' }
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'slice'; readonly whole: boolean; readonly lower: Value | null; readonly upper: Value | null };

function indexed(m: Interpreter, v: Value, indices: readonly Subscript[], range: Range): Value {
  const [first] = indices;
  if (!first) return v;
  const key = first.kind === 'value' ? first.value : null;
  const position = key?.kind === 'sum' && isNumberLike(key) ? numberOf(key) : null;
  switch (v.kind) {
    case 'sequence': {
      if (position !== null) return v.items.at(position) ?? unknown(m.textOf(range), range, 'name');
      if (first.kind === 'slice') {
        const bound = (b: Value | null) => (b?.kind === 'sum' ? (numberOf(b) ?? undefined) : undefined);
        return sequence(v.items.slice(bound(first.lower), bound(first.upper)));
      }
      return v.items.length
        ? m.choose(v.items.map((value) => ({ when: new Map(), value })))
        : unknown(m.textOf(range), range, 'name');
    }
    case 'repeated':
      return first.kind === 'slice' ? v : v.element;
    case 'record': {
      const field =
        key?.kind === 'text' && key.value !== null ? key.value : position !== null ? String(position) : null;
      const found =
        (field === null ? undefined : v.fields.get(field)) ??
        (position === null || v.open ? undefined : [...v.fields.values()].at(position));
      if (found && field !== null) return readAs(m, field, found, range);
      return field === null
        ? unknown(m.textOf(range), range, 'name')
        : readAs(m, field, unknown(`${v.name}.${field}`, range, v.open ? 'config' : 'name'), range);
    }
    case 'shape':
      return position === null ? sizeOf([], 'actual', range) : sizeAt(v.of, position, range);
    case 'batch':
      // `batch[0]`, `batch['x']` take the batch apart; `batch[:, 1]` indexes a tensor.
      return indices.length === 1 && first.kind === 'value'
        ? v
        : indexTensor(m, examplesSum(range, v.source), indices, range);
    case 'unknown': {
      const isKey = indices.length === 1 && first.kind === 'value' && (key?.kind === 'text' || position !== null);
      if (!isKey)
        return v.from === 'import' || v.from === 'config'
          ? unknown(m.textOf(range), range, v.from, v.batch)
          : indexTensor(m, toSum(m, v, range), indices, range);
      const field = key?.kind === 'text' && key.value !== null ? key.value : String(position);
      return readAs(m, field, unknownField(v, field, range), range);
    }
    case 'sum':
      return indexTensor(m, v, indices, range);
    default:
      return key?.kind === 'text' || position !== null ? unknown(m.textOf(range), range, 'name', batchOf(v)) : v;
  }
}

/** Takes rows, columns and masked elements out of a tensor. */
function indexTensor(m: Interpreter, s: Sum, indices: readonly Subscript[], range: Range): Sum {
  let result = s;
  let position = 0;
  for (const i of indices) {
    if (i.kind === 'ellipsis') {
      // What follows is counted from the end.
      position = indices.indexOf(i) + 1 - indices.length;
      continue;
    }
    if (i.kind === 'slice') {
      const taken = i.whole ? null : takeAxis(result.row, position, false);
      if (taken?.axis.names.includes('B')) {
        const fixed = [i.lower, i.upper].some((b) => b?.kind === 'sum' && numberOf(b) !== null);
        const chosen = result.terms.some((t) => t.selected.includes('B') || t.operations.length > 0);
        const note = `\`${m.textOf(range, 40)}\` takes a part of the batch`;
        result =
          fixed && chosen
            ? markUnknown(
                mapTerms(result, (t) => ({ ...t, selected: [...new Set([...t.selected, 'B' as const])] })),
                `${note} of a fixed size`,
              )
            : markAssumed(result, `${note} that is taken to grow with it`);
      }
      position += 1;
      continue;
    }
    const v = i.value;
    if (v.kind === 'nothing') {
      result = sum(result.terms, insertUnit(result.row, position));
      position += 1;
      continue;
    }
    const isMask = v.kind === 'sum' && v.terms.some((t) => t.counts === 'mask');
    if (isMask) return maskedSelection(result, v);
    const at = v.kind === 'sum' && isNumberLike(v) ? numberOf(v) : null;
    const isInteger = at !== null || (v.kind === 'sum' && isNumberLike(v));
    if (!isInteger) {
      if (v.kind === 'sum') result = chosenBy(result, v);
      // An index tensor keeps the axis; a pair of them (`x[range(n), y]`) picks one entry of the next axis.
      const previous = position > 0 ? takeAxis(result.row, position, false) : null;
      if (previous && indices.slice(0, indices.indexOf(i)).some((p) => p.kind === 'value'))
        result = sum(result.terms, previous.row);
      else position += 1;
      continue;
    }
    const taken = takeAxis(result.row, position, false);
    if (taken) {
      const terms = result.terms.map((t) => ({ ...t, selected: [...new Set([...t.selected, ...taken.axis.names])] }));
      result = sum(terms, taken.row);
    }
    if (position < 0) position += 1;
  }
  return result;
}

/** What an index tensor picks is as well known as the index: of the k largest with a fixed k, nothing scales with the batch in a fixed way. */
export function chosenBy(s: Sum, index: Sum): Sum {
  const reason = index.terms.find((t) => t.unknown !== null)?.unknown ?? null;
  if (reason === null) return s;
  return mapTerms(s, (t) => ({
    ...t,
    selected: [...new Set([...t.selected, 'B' as const])],
    unknown: t.unknown ?? reason,
  }));
}

const insertUnit = (r: AxisRow, position: number): AxisRow =>
  position >= 0 && position <= r.front.length
    ? row([...r.front.slice(0, position), unitAxis, ...r.front.slice(position)], r.rest, r.back)
    : row(r.front, r.rest, [...r.back, unitAxis]);

/** `loss[mask]` lays the chosen elements in one axis; how many they are grows with the batch, and is up to the examples. */
function maskedSelection(s: Sum, by: Sum): Sum {
  const names = axesOf(hasAxis(by.row, 'B') ? by.row : s.row);
  const chosenBy = by.terms.map((t) => t.examples).reduce(either, 'no');
  return sum(
    s.terms.map((t) => ({ ...t, examples: either(t.examples, chosenBy) })),
    row([{ names }], null),
  );
}

function logical(m: Interpreter, e: Logical, scope: Scope): Value {
  const left = evaluate(m, e.left, scope);
  const truth =
    e.operator === 'nullish'
      ? left.kind === 'nothing'
        ? false
        : left.kind === 'unknown' || left.kind === 'choice'
          ? null
          : true
      : truthOf(left);
  if (e.operator === 'and') {
    if (truth === false) return left;
    const right = evaluate(m, e.right, scope);
    return truth === true ? right : unknown(m.textOf(e.range), e.range, 'name', batchOf(right));
  }
  if (truth === true) return left;
  const right = evaluate(m, e.right, scope);
  if (truth === false) return right;
  // `x or default`: the left where it is something, the right otherwise.
  if (left.kind === 'unknown' && (right.kind === 'truth' || right.kind === 'unknown'))
    return unknown(m.textOf(e.range), e.range, 'name');
  const condition = m.textOf(e.left.range);
  return m.choose([
    { when: new Map([[condition, true]]), value: left },
    { when: new Map([[condition, false]]), value: right },
  ]);
}

function compare(m: Interpreter, e: Compare, scope: Scope): Value {
  const [left, right] = [evaluate(m, e.left, scope), evaluate(m, e.right, scope)];
  return pairwise(m, left, right, (a, b) => {
    const known = comparison(e.operator, a, b);
    if (known !== null) return { kind: 'truth', value: known };
    const tensor = (v: Value) => v.kind === 'batch' || (v.kind === 'sum' && !isNumberLike(v));
    if ((tensor(a) || tensor(b)) && !/^(?:is|in|not in|instanceof)/.test(e.operator))
      return mask(toSum(m, a, e.left.range), toSum(m, b, e.right.range), e.range);
    return unknown(m.textOf(e.range), e.range, 'name', batchOf(a) ?? batchOf(b));
  });
}

/** A comparison whose outcome the source decides. Defaults that a launch may override decide texts (a reduction's name), not numbers. */
function comparison(operator: Compare['operator'], a: Value, b: Value): boolean | null {
  const negated = operator === '!=' || operator === 'is not';
  if (operator === '==' || operator === 'is' || negated) {
    const equal = equality(a, b);
    return equal === null ? null : equal !== negated;
  }
  if ((operator === 'in' || operator === 'not in') && a.kind === 'text' && a.value !== null && b.kind === 'sequence') {
    if (!b.items.every((i) => i.kind === 'text' && i.value !== null)) return null;
    return b.items.some((i) => i.kind === 'text' && i.value === a.value) === (operator === 'in');
  }
  return null;
}

function equality(a: Value, b: Value): boolean | null {
  if (a.kind === 'nothing' || b.kind === 'nothing') {
    const other = a.kind === 'nothing' ? b : a;
    return other.kind === 'nothing' ? true : other.kind === 'unknown' ? null : false;
  }
  if (a.kind === 'text' && b.kind === 'text') return a.value === null || b.value === null ? null : a.value === b.value;
  if (a.kind === 'truth' && b.kind === 'truth') return a.value === b.value;
  return null;
}

function comprehension(m: Interpreter, e: Comprehension, scope: Scope): Value {
  const inner = new Scope(scope, 'comprehension');
  const [first] = e.clauses;
  const over = first ? evaluate(m, first.iterable, scope) : nothing;
  if (
    e.clauses.length === 1 &&
    first &&
    first.conditions.length === 0 &&
    e.type !== 'dict' &&
    over.kind === 'sequence' &&
    over.items.length <= MOST_UNROLLED
  ) {
    return sequence(
      over.items.map((item) => {
        assign(m, first.target, item, inner);
        return evaluate(m, e.element, inner);
      }),
    );
  }
  const loops: Iteration[] = [];
  for (const clause of e.clauses) {
    const iterable = clause === first ? over : evaluate(m, clause.iterable, inner);
    const iteration = elementOf(m, iterable, m.textOf(clause.iterable.range, 40), clause.iterable.range);
    // A condition keeps some of the entries: their number grows as before, only its value is not known.
    const some = clause.conditions.length > 0 && iteration.length !== null;
    loops.push(
      some
        ? {
            ...iteration,
            length: mapTerms(iteration.length as Sum, (t) => ({ ...t, coefficient: { value: null, text: 'some of' } })),
          }
        : iteration,
    );
    m.loops.push(loops.at(-1) as Iteration);
    assign(m, clause.target, iteration.element, inner);
    for (const condition of clause.conditions) evaluate(m, condition, inner);
  }
  if (e.key) evaluate(m, e.key, inner);
  const element = evaluate(m, e.element, inner);
  m.loops.length -= loops.length;
  return repeat(element, loops);
}
