import { deeper, type Lowering, nothing, opaque, positional } from './lowering.ts';
import { numberOf, stringOf } from './python-literals.ts';
import { childOfType, field, fields, namedChildren, type SyntaxNode } from './python-nodes.ts';
import type {
  Argument,
  ArithmeticOperator,
  Collection,
  Compare,
  ComprehensionClause,
  DictEntry,
  Expression,
  Index,
  Name,
  Parameter,
  Pattern,
  Slice,
  Spread,
} from './tree.ts';

export interface Context extends Lowering {
  /** Whether a `yield` was met in the function that is being lowered. */
  yields: boolean;
}

export function textOf(cx: Context, node: SyntaxNode): string {
  return cx.text.slice(node.range.start, node.range.end);
}

export function nameOf(cx: Context, node: SyntaxNode): Name {
  return { kind: 'name', name: textOf(cx, node), range: node.range };
}

/** A node that the grammar promises and a half-typed file may lack. */
export function expressionOr(cx: Context, node: SyntaxNode | undefined, parent: SyntaxNode): Expression {
  return node ? expression(cx, node) : opaque({ start: parent.range.end, end: parent.range.end });
}

export function expression(cx: Context, node: SyntaxNode): Expression {
  let inner = node;
  while (inner.type === 'parenthesized_expression') {
    const content = namedChildren(inner)[0];
    if (!content) return opaque(inner.range);
    inner = content;
  }
  const unwrapped = inner;
  return deeper(cx, unwrapped.range, () => lower(cx, unwrapped), opaque);
}

export function expressions(cx: Context, nodes: readonly SyntaxNode[]): Expression[] {
  return nodes.map((node) => expression(cx, node));
}

function lower(cx: Context, node: SyntaxNode): Expression {
  const { range } = node;
  switch (node.type) {
    case 'identifier':
      // A missing identifier is an empty one.
      return range.start === range.end ? opaque(range) : nameOf(cx, node);
    case 'true':
      return { kind: 'literal', value: true, range };
    case 'false':
      return { kind: 'literal', value: false, range };
    case 'none':
      return { kind: 'literal', value: null, range };
    case 'integer':
    case 'float': {
      const value = numberOf(textOf(cx, node));
      return value === null ? opaque(range) : { kind: 'literal', value, range };
    }
    case 'string':
    case 'concatenated_string':
      return text(cx, node);
    case 'attribute': {
      const property = field(node, 'attribute');
      const object = expressionOr(cx, field(node, 'object'), node);
      if (!property) return object;
      return { kind: 'member', object, property: textOf(cx, property), propertyRange: property.range, range };
    }
    case 'subscript':
      return subscript(cx, node);
    case 'call': {
      const callee = expressionOr(cx, field(node, 'function'), node);
      const list = field(node, 'arguments');
      return { kind: 'call', callee, arguments: list ? argumentsOf(cx, list) : [], construct: false, range };
    }
    case 'binary_operator':
    case 'boolean_operator':
      return leftDeep(cx, node);
    case 'comparison_operator':
      return comparison(cx, node);
    case 'not_operator':
      return { kind: 'unary', operator: 'not', operand: expressionOr(cx, field(node, 'argument'), node), range };
    case 'unary_operator': {
      const sign = field(node, 'operator')?.type;
      const operator = sign === '-' || sign === '+' || sign === '~' ? sign : 'other';
      return { kind: 'unary', operator, operand: expressionOr(cx, field(node, 'argument'), node), range };
    }
    case 'conditional_expression': {
      const [then, test, otherwise] = namedChildren(node);
      return {
        kind: 'conditional',
        test: expressionOr(cx, test, node),
        then: expressionOr(cx, then, node),
        otherwise: expressionOr(cx, otherwise, node),
        range,
      };
    }
    case 'lambda': {
      const list = field(node, 'parameters');
      const outerYields = cx.yields;
      cx.yields = false;
      const parameters = list ? parametersOf(cx, list) : [];
      const value = expressionOr(cx, field(node, 'body'), node);
      const isGenerator = cx.yields;
      cx.yields = outerYields;
      return {
        kind: 'lambda',
        name: null,
        parameters,
        body: [{ kind: 'return', value, range: value.range }],
        isGenerator,
        range,
      };
    }
    case 'list':
      return collection(cx, node, 'list');
    case 'set':
      return collection(cx, node, 'set');
    case 'tuple':
    case 'expression_list':
    case 'pattern_list':
    case 'list_pattern':
    case 'tuple_pattern':
      return collection(cx, node, 'tuple');
    case 'dictionary':
      return { kind: 'dict', entries: namedChildren(node).map((entry) => dictEntry(cx, entry)), range };
    case 'list_comprehension':
      return comprehension(cx, node, 'list');
    case 'set_comprehension':
      return comprehension(cx, node, 'set');
    case 'dictionary_comprehension':
      return comprehension(cx, node, 'dict');
    case 'generator_expression':
      return comprehension(cx, node, 'generator');
    case 'await':
      return { kind: 'await', operand: expressionOr(cx, namedChildren(node)[0], node), range };
    case 'yield': {
      cx.yields = true;
      const operand = namedChildren(node)[0];
      return { kind: 'yield', operand: operand ? expression(cx, operand) : null, range };
    }
    case 'named_expression': {
      const name = field(node, 'name');
      const value = expressionOr(cx, field(node, 'value'), node);
      return name ? { kind: 'assign-expression', target: pattern(cx, name), operator: null, value, range } : value;
    }
    default:
      return opaque(range, expressions(cx, namedChildren(node)));
  }
}

/** `a + b + c + …` leans to the left as deep as it is long, so its spine is walked in a loop. */
function leftDeep(cx: Context, node: SyntaxNode): Expression {
  const spine: SyntaxNode[] = [];
  let leftmost: SyntaxNode | undefined = node;
  while (leftmost && (leftmost.type === 'binary_operator' || leftmost.type === 'boolean_operator')) {
    spine.push(leftmost);
    leftmost = field(leftmost, 'left');
  }
  let left = expressionOr(cx, leftmost, node);
  for (const parent of spine.reverse()) {
    const { range } = parent;
    const operator = field(parent, 'operator')?.type ?? '+';
    const right = expressionOr(cx, field(parent, 'right'), parent);
    left =
      parent.type === 'boolean_operator'
        ? { kind: 'logical', operator: operator === 'or' ? 'or' : 'and', left, right, range }
        : { kind: 'binary', operator: operator as ArithmeticOperator, left, right, range };
  }
  return left;
}

/** `a < b < c` shares the middle operand between the two comparisons. */
function comparison(cx: Context, node: SyntaxNode): Expression {
  const [first, ...others] = namedChildren(node);
  const operators = fields(node, 'operators');
  let left = expressionOr(cx, first, node);
  let chain: Expression | null = null;
  for (const [position, operand] of others.entries()) {
    const right = expression(cx, operand);
    const spelling = operators[position]?.type ?? '==';
    const operator = (spelling === '<>' ? '!=' : spelling) as Compare['operator'];
    const range = { start: left.range.start, end: right.range.end };
    const compare: Expression = { kind: 'compare', operator, left, right, range };
    chain = chain
      ? {
          kind: 'logical',
          operator: 'and',
          left: chain,
          right: compare,
          range: { start: chain.range.start, end: range.end },
        }
      : compare;
    left = right;
  }
  return chain ?? left;
}

/** Strings that stand side by side are one string. */
function text(cx: Context, node: SyntaxNode): Expression {
  const parts: Expression[] = [];
  let value = '';
  for (const string of node.type === 'string' ? [node] : namedChildren(node)) {
    const opening = childOfType(string, 'string_start');
    const closing = childOfType(string, 'string_end');
    if (opening)
      value += stringOf(
        textOf(cx, opening),
        cx.text.slice(opening.range.end, closing?.range.start ?? string.range.end),
      );
    interpolations(cx, string, parts);
  }
  return parts.length > 0 ? { kind: 'text', parts, range: node.range } : { kind: 'literal', value, range: node.range };
}

/** The expressions of an f-string, also those in its format specifiers. */
function interpolations(cx: Context, node: SyntaxNode, parts: Expression[]): void {
  for (const child of namedChildren(node)) {
    if (child.field === 'expression') parts.push(expression(cx, child));
    else interpolations(cx, child, parts);
  }
}

function subscript(cx: Context, node: SyntaxNode): Expression {
  const indices: Index['indices'] = fields(node, 'subscript').map((index) => {
    if (index.type === 'slice') return slice(cx, index);
    if (index.type === 'ellipsis') return { kind: 'ellipsis', range: index.range };
    return expression(cx, index);
  });
  return { kind: 'index', object: expressionOr(cx, field(node, 'value'), node), indices, range: node.range };
}

function slice(cx: Context, node: SyntaxNode): Slice {
  const bounds: [Expression | null, Expression | null, Expression | null] = [null, null, null];
  let position = 0;
  for (const child of node.children) {
    if (child.type === ':') position += 1;
    else if (child.isNamed && position < bounds.length) bounds[position] = expression(cx, child);
  }
  const [lower, upper, step] = bounds;
  return { kind: 'slice', lower, upper, step, range: node.range };
}

/** The arguments of a call or the bases of a class. */
export function argumentsOf(cx: Context, list: SyntaxNode): Argument[] {
  if (list.type === 'generator_expression') return [positional(expression(cx, list))];
  return namedChildren(list).map((node): Argument => {
    switch (node.type) {
      case 'keyword_argument': {
        const name = field(node, 'name');
        const value = expressionOr(cx, field(node, 'value'), node);
        return { name: name ? textOf(cx, name) : null, spread: null, value, range: node.range };
      }
      case 'list_splat':
      case 'parenthesized_list_splat':
        return { name: null, spread: 'list', value: starred(cx, node), range: node.range };
      case 'dictionary_splat':
        return { name: null, spread: 'dict', value: starred(cx, node), range: node.range };
      default:
        return positional(expression(cx, node));
    }
  });
}

function starred(cx: Context, node: SyntaxNode): Expression {
  return expressionOr(cx, namedChildren(node)[0], node);
}

export function collection(cx: Context, node: SyntaxNode, type: Collection['type']): Collection {
  const elements = namedChildren(node).map((element): Expression | Spread =>
    element.type === 'list_splat' || element.type === 'list_splat_pattern'
      ? { kind: 'spread', value: starred(cx, element), range: element.range }
      : expression(cx, element),
  );
  return { kind: 'collection', type, elements, range: node.range };
}

function dictEntry(cx: Context, node: SyntaxNode): DictEntry {
  const { range } = node;
  if (node.type !== 'pair') {
    return { key: null, value: node.type === 'dictionary_splat' ? starred(cx, node) : expression(cx, node), range };
  }
  return {
    key: expressionOr(cx, field(node, 'key'), node),
    value: expressionOr(cx, field(node, 'value'), node),
    range,
  };
}

function comprehension(cx: Context, node: SyntaxNode, type: 'list' | 'set' | 'dict' | 'generator'): Expression {
  const clauses: (ComprehensionClause & { readonly conditions: Expression[] })[] = [];
  for (const child of namedChildren(node)) {
    if (child.type === 'for_in_clause') {
      const target = targetOr(cx, field(child, 'left'), child);
      clauses.push({ target, iterable: iterable(cx, child), conditions: [], range: child.range });
    } else if (child.type === 'if_clause') {
      clauses.at(-1)?.conditions.push(expressionOr(cx, namedChildren(child)[0], child));
    }
  }
  const body = field(node, 'body');
  const entry = body?.type === 'pair' ? dictEntry(cx, body) : { key: null, value: expressionOr(cx, body, node) };
  return { kind: 'comprehension', type, key: entry.key, element: entry.value, clauses, range: node.range };
}

/** What stands after `in`: Python 2 allows several without parentheses. */
function iterable(cx: Context, clause: SyntaxNode): Expression {
  const [first, ...others] = fields(clause, 'right').filter((node) => node.isNamed);
  if (!first || others.length === 0) return expressionOr(cx, first, clause);
  const elements = expressions(cx, [first, ...others]);
  return { kind: 'collection', type: 'tuple', elements, range: { start: first.range.start, end: clause.range.end } };
}

export function parametersOf(cx: Context, list: SyntaxNode): Parameter[] {
  const parameters: Parameter[] = [];
  let plainKind: Parameter['kind'] = 'positional';
  for (const node of namedChildren(list)) {
    if (node.type === 'keyword_separator') plainKind = 'keyword';
    if (node.type === 'keyword_separator' || node.type === 'positional_separator') continue;
    const typed = field(node, 'type');
    const value = field(node, 'value');
    const bare = node.type === 'typed_parameter' ? namedChildren(node)[0] : (field(node, 'name') ?? node);
    const starredName =
      bare && (bare.type === 'list_splat_pattern' || bare.type === 'dictionary_splat_pattern')
        ? namedChildren(bare)[0]
        : null;
    const kind = !starredName ? plainKind : bare?.type === 'list_splat_pattern' ? 'rest' : 'keyword-rest';
    parameters.push({
      target: targetOr(cx, starredName ?? bare, node),
      default: value ? expression(cx, value) : null,
      kind,
      annotation: typed ? textOf(cx, typed) : null,
      range: node.range,
    });
    if (kind === 'rest') plainKind = 'keyword';
  }
  return parameters;
}

// ── Patterns ────────────────────────────────────────────────────────────────────────────────────────────────────────

export function targetOr(cx: Context, node: SyntaxNode | undefined, parent: SyntaxNode): Pattern {
  return node ? pattern(cx, node) : nothing(parent.range);
}

export function pattern(cx: Context, node: SyntaxNode): Pattern {
  return deeper(cx, node.range, () => lowerPattern(cx, node), nothing);
}

function lowerPattern(cx: Context, node: SyntaxNode): Pattern {
  switch (node.type) {
    case 'identifier':
      return nameOf(cx, node);
    case 'attribute':
    case 'subscript': {
      const place = expression(cx, node);
      return place.kind === 'member' || place.kind === 'index' ? place : nothing(node.range);
    }
    case 'parenthesized_expression':
    case 'as_pattern_target':
      return targetOr(cx, namedChildren(node)[0], node);
    case 'pattern_list':
    case 'tuple_pattern':
    case 'list_pattern':
    case 'expression_list':
    case 'tuple':
    case 'list': {
      const elements = namedChildren(node);
      const rest = elements.findIndex(isStarred);
      return {
        kind: 'sequence-pattern',
        elements: elements.map((element) =>
          isStarred(element) ? targetOr(cx, namedChildren(element)[0], element) : pattern(cx, element),
        ),
        rest: rest < 0 ? null : rest,
        range: node.range,
      };
    }
    default:
      return nothing(node.range);
  }
}

function isStarred(node: SyntaxNode): boolean {
  return node.type === 'list_splat_pattern' || node.type === 'list_splat';
}
