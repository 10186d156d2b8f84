import { bound, deeper, evaluated, opaque, positional } from './lowering.ts';
import {
  argumentsOf,
  type Context,
  collection,
  expression,
  expressionOr,
  expressions,
  nameOf,
  parametersOf,
  pattern,
  targetOr,
  textOf,
} from './python-expressions.ts';
import { childOfType, field, fields, namedChildren, type SyntaxNode } from './python-nodes.ts';
import type {
  Argument,
  ArithmeticOperator,
  Expression,
  Import,
  Pattern,
  Range,
  Statement,
  SyntaxProblem,
} from './tree.ts';

/** Lowers a whole Python file. */
export function lowerPython(root: SyntaxNode, text: string, problems: SyntaxProblem[]): Statement[] {
  return block({ text, problems, depth: 0, yields: false }, root);
}

function block(cx: Context, node: SyntaxNode | undefined): Statement[] {
  return node
    ? deeper(
        cx,
        node.range,
        () => namedChildren(node).flatMap((child) => statement(cx, child)),
        () => [],
      )
    : [];
}

/** Statements that do nothing (`pass`, type aliases) yield none; what could not be parsed yields what is inside it. */
function statement(cx: Context, node: SyntaxNode): Statement[] {
  const { range } = node;
  switch (node.type) {
    case 'ERROR':
      return block(cx, node);
    case 'expression_statement':
      return expressionStatement(cx, node);
    case 'assignment':
    case 'augmented_assignment':
      return assignment(cx, node, range);
    case 'if_statement':
      return [conditional(cx, node)];
    case 'for_statement':
      return [
        {
          kind: 'for',
          target: targetOr(cx, field(node, 'left'), node),
          iterable: expressionOr(cx, field(node, 'right'), node),
          body: block(cx, field(node, 'body')),
          otherwise: elseOf(cx, field(node, 'alternative')),
          range,
        },
      ];
    case 'while_statement':
      return [
        {
          kind: 'while',
          initial: [],
          test: expressionOr(cx, field(node, 'condition'), node),
          update: [],
          body: block(cx, field(node, 'body')),
          otherwise: elseOf(cx, field(node, 'alternative')),
          range,
        },
      ];
    case 'return_statement': {
      const value = namedChildren(node)[0];
      return [{ kind: 'return', value: value ? expression(cx, value) : null, range }];
    }
    case 'with_statement':
      return [withStatement(cx, node)];
    case 'try_statement':
      return [
        {
          kind: 'try',
          body: block(cx, field(node, 'body')),
          handlers: node.children.filter(({ type }) => type === 'except_clause').map((clause) => handler(cx, clause)),
          otherwise: elseOf(cx, childOfType(node, 'else_clause')),
          finally: elseOf(cx, childOfType(node, 'finally_clause')),
          range,
        },
      ];
    case 'match_statement':
      return match(cx, node);
    case 'function_definition':
    case 'class_definition':
      return definition(cx, node, []);
    case 'decorated_definition': {
      const decorators = node.children
        .filter(({ type }) => type === 'decorator')
        .map((decorator) => expressionOr(cx, namedChildren(decorator)[0], decorator));
      const defined = field(node, 'definition');
      return defined ? definition(cx, defined, decorators) : decorators.map(evaluated);
    }
    case 'import_statement':
    case 'import_from_statement':
    case 'future_import_statement':
      return [importStatement(cx, node)];
    case 'global_statement':
    case 'nonlocal_statement':
      return [{ kind: 'outer', names: namedChildren(node).map((name) => textOf(cx, name)), range }];
    case 'break_statement':
      return [{ kind: 'jump', type: 'break', value: null, range }];
    case 'continue_statement':
      return [{ kind: 'jump', type: 'continue', value: null, range }];
    case 'raise_statement': {
      const [value, ...cause] = expressions(cx, namedChildren(node));
      return [
        {
          kind: 'jump',
          type: 'raise',
          value: value && cause.length > 0 ? opaque(range, [value, ...cause]) : (value ?? null),
          range,
        },
      ];
    }
    case 'delete_statement': {
      const operand = expressionOr(cx, namedChildren(node)[0], node);
      return [evaluated({ kind: 'unary', operator: 'other', operand, range })];
    }
    case 'print_statement':
      return [evaluated(printCall(cx, node))];
    case 'pass_statement':
    case 'type_alias_statement':
      return [];
    default:
      return [evaluated(expression(cx, node))];
  }
}

function expressionStatement(cx: Context, node: SyntaxNode): Statement[] {
  const [first] = node.children;
  if (!first) return [];
  // A bare `a, b` has no node of its own.
  if (childOfType(node, ',')) return [evaluated(collection(cx, node, 'tuple'))];
  return statement(cx, first);
}

/** `a = b = c` nests to the right: each level adds a target. */
function assignment(cx: Context, node: SyntaxNode, range: Range): Statement[] {
  const targets: Pattern[] = [];
  let annotation: string | null = null;
  let operator: ArithmeticOperator | null = null;
  let right: SyntaxNode | undefined = node;
  while (right && (right.type === 'assignment' || right.type === 'augmented_assignment')) {
    const type = field(right, 'type');
    if (type) annotation = textOf(cx, type);
    operator = (field(right, 'operator')?.type.slice(0, -1) as ArithmeticOperator | undefined) ?? operator;
    targets.push(targetOr(cx, field(right, 'left'), right));
    right = field(right, 'right');
  }
  return [{ kind: 'assign', targets, operator, value: right ? expression(cx, right) : null, annotation, range }];
}

function elseOf(cx: Context, clause: SyntaxNode | undefined): Statement[] {
  return clause ? block(cx, field(clause, 'body') ?? childOfType(clause, 'block')) : [];
}

/** Each `elif` is an `if` in the `else` of the one before; they are built from the last to the first. */
function conditional(cx: Context, node: SyntaxNode): Statement {
  const clauses = [node, ...fields(node, 'alternative')];
  let otherwise: Statement[] = [];
  for (const clause of clauses.slice(1).reverse()) {
    otherwise = clause.type === 'else_clause' ? elseOf(cx, clause) : [branch(cx, clause, node.range.end, otherwise)];
  }
  return branch(cx, node, node.range.end, otherwise);
}

function branch(cx: Context, clause: SyntaxNode, end: number, otherwise: Statement[]): Statement {
  return {
    kind: 'if',
    test: expressionOr(cx, field(clause, 'condition'), clause),
    then: block(cx, field(clause, 'consequence')),
    otherwise,
    range: { start: clause.range.start, end },
  };
}

function withStatement(cx: Context, node: SyntaxNode): Statement {
  const clause = childOfType(node, 'with_clause');
  const items = (clause ? namedChildren(clause) : []).map((item) => {
    const value = field(item, 'value');
    if (value?.type !== 'as_pattern') return { context: expressionOr(cx, value, item), target: null };
    const alias = field(value, 'alias');
    return { context: expressionOr(cx, namedChildren(value)[0], value), target: alias ? pattern(cx, alias) : null };
  });
  return { kind: 'with', items, body: block(cx, field(node, 'body')), range: node.range };
}

/** The caught error is bound to nothing known. Python 2 writes `except E, error`, which is parsed as two values. */
function handler(cx: Context, clause: SyntaxNode): Statement[] {
  const [caught, python2Name] = fields(clause, 'value').filter((node) => node.isNamed);
  const body = block(cx, childOfType(clause, 'block'));
  if (!caught) return body;
  const isAliased = caught.type === 'as_pattern';
  const type = expressionOr(cx, isAliased ? namedChildren(caught)[0] : caught, clause);
  const name = isAliased ? field(caught, 'alias') : python2Name;
  return [name ? bound(pattern(cx, name), [type]) : evaluated(type), ...body];
}

function definition(cx: Context, node: SyntaxNode, decorators: readonly Expression[]): Statement[] {
  const nameNode = field(node, 'name');
  const name = nameNode ? textOf(cx, nameNode) : '';
  const nameRange = nameNode?.range ?? { start: node.range.start, end: node.range.start };
  if (node.type === 'class_definition') {
    const list = field(node, 'superclasses');
    const bases = (list ? argumentsOf(cx, list) : []).filter((base) => base.name === null).map((base) => base.value);
    return [
      { kind: 'class', name, nameRange, bases, body: block(cx, field(node, 'body')), decorators, range: node.range },
    ];
  }
  const list = field(node, 'parameters');
  const parameters = list ? parametersOf(cx, list) : [];
  const outerYields = cx.yields;
  cx.yields = false;
  const body = block(cx, field(node, 'body'));
  const isGenerator = cx.yields;
  cx.yields = outerYields;
  const decoratedBy = (...names: string[]) => decorators.some((decorator) => names.includes(lastNameOf(decorator)));
  return [
    {
      kind: 'function',
      name,
      nameRange,
      parameters,
      body,
      decorators,
      isGenerator,
      isStatic: decoratedBy('staticmethod'),
      isGetter: decoratedBy('property', 'cached_property'),
      range: node.range,
    },
  ];
}

function lastNameOf(decorator: Expression): string {
  return decorator.kind === 'name' ? decorator.name : decorator.kind === 'member' ? decorator.property : '';
}

function importStatement(cx: Context, node: SyntaxNode): Import {
  const moduleNode = field(node, 'module_name');
  const isFrom = node.type !== 'import_statement';
  const from = moduleNode ? dotted(cx, moduleNode) : '__future__';
  const bindings: Import['bindings'][number][] = fields(node, 'name').map((item) => {
    const nameNode = item.type === 'aliased_import' ? (field(item, 'name') ?? item) : item;
    const aliasNode = field(item, 'alias');
    const name = dotted(cx, nameNode);
    const alias = aliasNode ? textOf(cx, aliasNode) : null;
    if (isFrom) return { module: from, member: name, local: alias ?? name, range: item.range };
    const [head = name] = name.split('.');
    return alias === null
      ? { module: head, member: null, local: head, range: item.range }
      : { module: name, member: null, local: alias, range: item.range };
  });
  const star = childOfType(node, 'wildcard_import');
  if (star) bindings.push({ module: from, member: '*', local: '', range: star.range });
  return { kind: 'import', bindings, range: node.range };
}

/** A dotted name may have blanks and comments in it. */
function dotted(cx: Context, node: SyntaxNode): string {
  return textOf(cx, node).replace(/\s+/g, '');
}

/** Python 2's `print >>file, a, b` as the call that it became. */
function printCall(cx: Context, node: SyntaxNode): Expression {
  const { start } = node.range;
  const callee: Expression = { kind: 'name', name: 'print', range: { start, end: start + 'print'.length } };
  const list = namedChildren(node).map((child): Argument => {
    if (child.type !== 'chevron') return positional(expression(cx, child));
    return { name: 'file', spread: null, value: expressionOr(cx, namedChildren(child)[0], child), range: child.range };
  });
  return { kind: 'call', callee, arguments: list, construct: false, range: node.range };
}

// ── match ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function match(cx: Context, node: SyntaxNode): Statement[] {
  const subjects = expressions(cx, fields(node, 'subject'));
  const [only = opaque(node.range)] = subjects;
  const subject = subjects.length > 1 ? opaque(node.range, subjects) : only;
  const body = field(node, 'body');
  let otherwise: Statement[] = [];
  for (const clause of (body ? fields(body, 'alternative') : []).reverse()) {
    const test = caseTest(cx, clause, subject);
    const then = [
      ...captures(clause).map((name) => bound(nameOf(cx, name))),
      ...block(cx, field(clause, 'consequence')),
    ];
    otherwise = test
      ? [{ kind: 'if', test, then, otherwise, range: { start: clause.range.start, end: node.range.end } }]
      : then;
  }
  return otherwise;
}

/** null where the case always matches. */
function caseTest(cx: Context, clause: SyntaxNode, subject: Expression): Expression | null {
  const patterns = clause.children.filter(({ type }) => type === 'case_pattern');
  const [only] = patterns;
  const test = only && patterns.length === 1 ? patternTest(cx, only, subject) : opaque(clause.range, [subject]);
  const guardNode = field(clause, 'guard');
  if (!guardNode) return test;
  const guard = expressionOr(cx, namedChildren(guardNode)[0], guardNode);
  // A guard may ask for names that the pattern binds, so without a test before it nothing is known of it.
  return test
    ? { kind: 'logical', operator: 'and', left: test, right: guard, range: clause.range }
    : opaque(guard.range, [guard]);
}

const LITERALS: ReadonlySet<string> = new Set([
  'integer',
  'float',
  'string',
  'concatenated_string',
  'true',
  'false',
  'none',
]);

function patternTest(cx: Context, node: SyntaxNode, subject: Expression): Expression | null {
  const { range } = node;
  const [content] = namedChildren(node);
  if (node.type === 'case_pattern' || node.type === 'union_pattern') {
    if (!content) return childOfType(node, '_') ? null : opaque(range, [subject]);
    let left: Expression | null = null;
    for (const [position, alternative] of node.children.entries()) {
      if (!alternative.isNamed) continue;
      // The grammar has no node for a number with its sign.
      const isNegative = node.children[position - 1]?.type === '-';
      const right = isNegative ? negative(cx, alternative, subject) : patternTest(cx, alternative, subject);
      if (!right) return null;
      left = left ? { kind: 'logical', operator: 'or', left, right, range } : right;
    }
    return left;
  }
  if (LITERALS.has(node.type))
    return { kind: 'compare', operator: '==', left: subject, right: expression(cx, node), range };
  if (node.type === 'dotted_name') {
    const [head, ...properties] = namedChildren(node);
    if (properties.length === 0 || !head) return null;
    let right: Expression = nameOf(cx, head);
    for (const property of properties) {
      const end = property.range.end;
      right = {
        kind: 'member',
        object: right,
        property: textOf(cx, property),
        propertyRange: property.range,
        range: { start: head.range.start, end },
      };
    }
    return { kind: 'compare', operator: '==', left: subject, right, range };
  }
  return opaque(range, [subject]);
}

function negative(cx: Context, number: SyntaxNode, subject: Expression): Expression {
  const { range } = number;
  const right: Expression = { kind: 'unary', operator: '-', operand: expression(cx, number), range };
  return { kind: 'compare', operator: '==', left: subject, right, range };
}

/** The names that the patterns of a case bind. */
function captures(node: SyntaxNode): SyntaxNode[] {
  return namedChildren(node).flatMap((child) => {
    switch (child.type) {
      case 'case_pattern': {
        const [content] = namedChildren(child);
        return content?.type === 'dotted_name' && content.children.length === 1
          ? namedChildren(content)
          : captures(child);
      }
      case 'as_pattern':
        return [...captures(child), ...child.children.filter(({ type }) => type === 'identifier')];
      case 'splat_pattern':
        return namedChildren(child);
      case 'keyword_pattern': {
        const value = namedChildren(child)[1];
        return value?.type === 'dotted_name' && value.children.length === 1 ? namedChildren(value) : captures(child);
      }
      case 'list_pattern':
      case 'tuple_pattern':
      case 'dict_pattern':
      case 'class_pattern':
        return captures(child);
      default:
        return [];
    }
  });
}
