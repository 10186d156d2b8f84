import type { TSESTree } from '@typescript-eslint/typescript-estree';
import { deeper, type Lowering, nothing, opaque } from './lowering.ts';
import type {
  Argument,
  ArithmeticOperator,
  Compare,
  DictEntry,
  Expression,
  Lambda,
  Literal,
  Logical,
  Name,
  Parameter,
  Pattern,
  Range,
  Spread,
  Statement,
} from './tree.ts';

export interface Context extends Lowering {
  /** Function expressions hold statements, and statements hold expressions. */
  readonly statements: (cx: Context, nodes: readonly TSESTree.Statement[]) => Statement[];
}

type Function = TSESTree.ArrowFunctionExpression | TSESTree.FunctionExpression | TSESTree.FunctionDeclaration;

export function rangeOf(node: TSESTree.Node): Range {
  return { start: node.range[0], end: node.range[1] };
}

/** An identifier's own range reaches over its type annotation. */
export function nameOf(node: TSESTree.Identifier): Name {
  const start = node.range[0];
  return { kind: 'name', name: node.name, range: { start, end: start + node.name.length } };
}

export function expression(cx: Context, node: TSESTree.Node): Expression {
  return deeper(cx, rangeOf(node), () => lower(cx, node), opaque);
}

export function expressions(cx: Context, nodes: readonly TSESTree.Node[]): Expression[] {
  return nodes.map((node) => expression(cx, node));
}

function lower(cx: Context, node: TSESTree.Node): Expression {
  const range = rangeOf(node);
  switch (node.type) {
    case 'Identifier':
      // A missing identifier is an empty one.
      if (node.name === '') return opaque(range);
      return node.name === 'undefined' ? { kind: 'literal', value: null, range } : nameOf(node);
    case 'ThisExpression':
      return { kind: 'name', name: 'this', range };
    case 'Super':
      return { kind: 'name', name: 'super', range };
    case 'Literal':
      return literal(node, range);
    case 'TemplateLiteral':
      if (node.expressions.length > 0) return { kind: 'text', parts: expressions(cx, node.expressions), range };
      return { kind: 'literal', value: node.quasis.map(({ value }) => value.cooked).join(''), range };
    case 'TaggedTemplateExpression':
      return opaque(range, expressions(cx, [node.tag, ...node.quasi.expressions]));
    case 'MemberExpression':
      return member(cx, node, range);
    case 'CallExpression':
    case 'NewExpression': {
      const construct = node.type === 'NewExpression';
      const callee = expression(cx, node.callee);
      return { kind: 'call', callee, arguments: argumentsOf(cx, node.arguments), construct, range };
    }
    case 'ImportExpression': {
      const callee: Name = { kind: 'name', name: 'import', range: { start: range.start, end: range.start + 6 } };
      // `import()` may still lack its module.
      const source = node.source as TSESTree.Expression | null;
      return { kind: 'call', callee, arguments: argumentsOf(cx, source ? [source] : []), construct: false, range };
    }
    case 'UnaryExpression': {
      const { operator } = node;
      const kept =
        operator === '-' || operator === '+' || operator === '~' ? operator : operator === '!' ? 'not' : 'other';
      return { kind: 'unary', operator: kept, operand: expression(cx, node.argument), range };
    }
    case 'BinaryExpression':
    case 'LogicalExpression':
      return leftDeep(cx, node);
    case 'ConditionalExpression':
      return {
        kind: 'conditional',
        test: expression(cx, node.test),
        then: expression(cx, node.consequent),
        otherwise: expression(cx, node.alternate),
        range,
      };
    case 'AssignmentExpression':
      return { kind: 'assign-expression', target: pattern(cx, node.left), ...assigned(cx, node), range };
    case 'UpdateExpression':
      return { kind: 'assign-expression', target: pattern(cx, node.argument), ...updated(node), range };
    case 'SequenceExpression': {
      // Compilers write `(0, library.f)(x)` for a call without `this`.
      const values = expressions(cx, node.expressions);
      const last = values.at(-1);
      return last && values.slice(0, -1).every(({ kind }) => kind === 'literal') ? last : opaque(range, values);
    }
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return lambda(cx, node);
    case 'ArrayExpression':
      return {
        kind: 'collection',
        type: 'list',
        elements: node.elements.map((element) =>
          element ? elementOf(cx, element) : { kind: 'literal', value: null, range },
        ),
        range,
      };
    case 'ObjectExpression':
      return { kind: 'dict', entries: node.properties.map((property) => entry(cx, property)), range };
    case 'ClassExpression':
      return opaque(range, classParts(cx, node));
    case 'AwaitExpression':
      return { kind: 'await', operand: expression(cx, node.argument), range };
    case 'YieldExpression':
      return { kind: 'yield', operand: node.argument ? expression(cx, node.argument) : null, range };
    case 'ChainExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'TSInstantiationExpression':
      return expression(cx, node.expression);
    case 'JSXElement':
    case 'JSXFragment':
      return opaque(range, jsxParts(cx, node));
    default:
      return opaque(range);
  }
}

function literal(node: TSESTree.Literal, range: Range): Expression {
  if ('regex' in node) return opaque(range);
  const value: Literal['value'] = typeof node.value === 'bigint' ? Number(node.value) : node.value;
  return typeof value === 'number' && !Number.isFinite(value) ? opaque(range) : { kind: 'literal', value, range };
}

function member(cx: Context, node: TSESTree.MemberExpression, range: Range): Expression {
  const object = expression(cx, node.object);
  if (node.computed) return { kind: 'index', object, indices: [expression(cx, node.property)], range };
  const property = keyOf(node.property);
  return property ? { kind: 'member', object, property, propertyRange: rangeOf(node.property), range } : object;
}

/** The name of a property, from `a`, `#a`, `'a'` or `1`; null where it is computed or still missing. */
export function keyOf(key: TSESTree.Node): string | null {
  if (key.type === 'Identifier') return key.name || null;
  if (key.type === 'PrivateIdentifier') return `#${key.name}`;
  return key.type === 'Literal' ? String(key.value) : null;
}

function argumentsOf(cx: Context, nodes: readonly TSESTree.CallExpressionArgument[]): Argument[] {
  return nodes.map((node) => {
    const isSpread = node.type === 'SpreadElement';
    const value = expression(cx, isSpread ? node.argument : node);
    return { name: null, spread: isSpread ? 'list' : null, value, range: rangeOf(node) };
  });
}

function elementOf(cx: Context, node: TSESTree.Expression | TSESTree.SpreadElement): Expression | Spread {
  if (node.type !== 'SpreadElement') return expression(cx, node);
  return { kind: 'spread', value: expression(cx, node.argument), range: rangeOf(node) };
}

function entry(cx: Context, node: TSESTree.ObjectLiteralElement): DictEntry {
  const range = rangeOf(node);
  if (node.type === 'SpreadElement') return { key: null, value: expression(cx, node.argument), range };
  const name = node.computed ? null : keyOf(node.key);
  const key: Expression =
    name === null ? expression(cx, node.key) : { kind: 'literal', value: name, range: rangeOf(node.key) };
  const value = expression(cx, node.value);
  // What reads like a property may be a getter: a value, and not a function.
  return { key, value: node.kind === 'init' ? value : opaque(value.range, [value]), range };
}

/** `a + b + c + …` leans to the left as deep as it is long, so its spine is walked in a loop. */
function leftDeep(cx: Context, node: TSESTree.BinaryExpression | TSESTree.LogicalExpression): Expression {
  const spine: (TSESTree.BinaryExpression | TSESTree.LogicalExpression)[] = [];
  let leftmost: TSESTree.Node = node;
  while (leftmost.type === 'BinaryExpression' || leftmost.type === 'LogicalExpression') {
    spine.push(leftmost);
    leftmost = leftmost.left;
  }
  let left = expression(cx, leftmost);
  for (const parent of spine.reverse()) {
    left = operation(parent.operator, left, expression(cx, parent.right), rangeOf(parent));
  }
  return left;
}

const LOGICAL: Readonly<Record<string, Logical['operator']>> = { '&&': 'and', '||': 'or', '??': 'nullish' };

const COMPARISONS: Readonly<Record<string, Compare['operator']>> = {
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '==': '==',
  '===': '==',
  '!=': '!=',
  '!==': '!=',
  in: 'in',
  instanceof: 'instanceof',
};

function operation(operator: string, left: Expression, right: Expression, range: Range): Expression {
  const logical = LOGICAL[operator];
  if (logical) return { kind: 'logical', operator: logical, left, right, range };
  const comparison = COMPARISONS[operator];
  if (comparison) return { kind: 'compare', operator: comparison, left, right, range };
  return { kind: 'binary', operator: arithmetic(operator), left, right, range };
}

function arithmetic(operator: string): ArithmeticOperator {
  return (operator === '>>>' ? '>>' : operator) as ArithmeticOperator;
}

/** The right side of an assignment; `a ??= b` assigns `a ?? b`. */
export function assigned(
  cx: Context,
  node: TSESTree.AssignmentExpression,
): { operator: ArithmeticOperator | null; value: Expression } {
  const value = expression(cx, node.right);
  const operator = node.operator.slice(0, -1);
  if (operator === '') return { operator: null, value };
  const logical = LOGICAL[operator];
  if (!logical) return { operator: arithmetic(operator), value };
  const left = expression(cx, node.left);
  return { operator: null, value: { kind: 'logical', operator: logical, left, right: value, range: rangeOf(node) } };
}

/** `x++` adds one. */
export function updated(node: TSESTree.UpdateExpression): { operator: ArithmeticOperator; value: Expression } {
  const value: Expression = { kind: 'literal', value: 1, range: rangeOf(node) };
  return { operator: node.operator === '--' ? '-' : '+', value };
}

export function lambda(cx: Context, node: TSESTree.ArrowFunctionExpression | TSESTree.FunctionExpression): Lambda {
  return {
    kind: 'lambda',
    name: node.id?.name ?? null,
    parameters: parametersOf(cx, node.params),
    body: bodyOf(cx, node),
    isGenerator: node.generator,
    range: rangeOf(node),
  };
}

export function bodyOf(cx: Context, node: Function): Statement[] {
  const { body } = node;
  if (body.type === 'BlockStatement') return cx.statements(cx, body.body);
  const value = expression(cx, body);
  return [{ kind: 'return', value, range: value.range }];
}

export function parametersOf(cx: Context, nodes: readonly TSESTree.Parameter[]): Parameter[] {
  // `this` only declares a type.
  const real = nodes.filter((node) => node.type !== 'Identifier' || node.name !== 'this');
  return real.map((node) => {
    const parameter = node.type === 'TSParameterProperty' ? node.parameter : node;
    const typed = parameter.type === 'AssignmentPattern' ? parameter.left : parameter;
    return {
      target: pattern(cx, parameter.type === 'RestElement' ? parameter.argument : typed),
      default: parameter.type === 'AssignmentPattern' ? expression(cx, parameter.right) : null,
      kind: parameter.type === 'RestElement' ? 'rest' : 'positional',
      annotation: annotationOf(cx, 'typeAnnotation' in typed ? typed.typeAnnotation : undefined),
      range: rangeOf(node),
    };
  });
}

export function annotationOf(cx: Context, node: TSESTree.TSTypeAnnotation | undefined): string | null {
  return node ? cx.text.slice(...node.typeAnnotation.range) : null;
}

/** What a class expression, which has no place in the tree, holds inside. */
function classParts(cx: Context, node: TSESTree.ClassExpression): Expression[] {
  const parts: Expression[] = node.superClass ? [expression(cx, node.superClass)] : [];
  for (const item of node.body.body) {
    if ((item.type === 'MethodDefinition' || item.type === 'PropertyDefinition') && item.value) {
      parts.push(expression(cx, item.value));
    }
  }
  return parts;
}

/** The expressions in the braces of JSX, at any depth. */
function jsxParts(cx: Context, node: TSESTree.JSXElement | TSESTree.JSXFragment): Expression[] {
  const attributes = node.type === 'JSXElement' ? node.openingElement.attributes : [];
  return [...attributes, ...node.children].flatMap((part): Expression[] => {
    const content = part.type === 'JSXAttribute' ? part.value : part;
    switch (content?.type) {
      case 'JSXElement':
      case 'JSXFragment':
        return [expression(cx, content)];
      case 'JSXExpressionContainer':
      case 'JSXSpreadChild':
        return content.expression.type === 'JSXEmptyExpression' ? [] : [expression(cx, content.expression)];
      case 'JSXSpreadAttribute':
        return [expression(cx, content.argument)];
      default:
        return [];
    }
  });
}

// ── Patterns ────────────────────────────────────────────────────────────────────────────────────────────────────────

export function pattern(cx: Context, node: TSESTree.Node): Pattern {
  return deeper(cx, rangeOf(node), () => lowerPattern(cx, node), nothing);
}

function lowerPattern(cx: Context, node: TSESTree.Node): Pattern {
  const range = rangeOf(node);
  switch (node.type) {
    case 'Identifier':
      return node.name === '' ? nothing(range) : nameOf(node);
    case 'MemberExpression': {
      const place = member(cx, node, range);
      return place.kind === 'member' || place.kind === 'index' ? place : nothing(range);
    }
    case 'ArrayPattern': {
      const rest = node.elements.findIndex((element) => element?.type === 'RestElement');
      const elements = node.elements.map((element) => (element ? pattern(cx, element) : null));
      return { kind: 'sequence-pattern', elements, rest: rest < 0 ? null : rest, range };
    }
    case 'ObjectPattern':
      return {
        kind: 'object-pattern',
        properties: node.properties.map((property) => {
          if (property.type === 'RestElement') return { key: null, target: pattern(cx, property), default: null };
          const value = property.value as TSESTree.Node;
          const target = value.type === 'AssignmentPattern' ? value.left : value;
          return {
            key: property.computed ? '' : (keyOf(property.key) ?? ''),
            target: pattern(cx, target),
            default: value.type === 'AssignmentPattern' ? expression(cx, value.right) : null,
          };
        }),
        range,
      };
    case 'AssignmentPattern':
      return { kind: 'default-pattern', target: pattern(cx, node.left), default: expression(cx, node.right), range };
    case 'RestElement':
      return pattern(cx, node.argument);
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
      return pattern(cx, node.expression);
    default:
      return nothing(range);
  }
}
