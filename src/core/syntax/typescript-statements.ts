import type { TSESTree } from '@typescript-eslint/typescript-estree';
import { bound, deeper, evaluated, opaque } from './lowering.ts';
import type { Expression, FunctionDefinition, Import, Name, Pattern, Range, Statement, SyntaxProblem } from './tree.ts';
import {
  annotationOf,
  assigned,
  bodyOf,
  type Context,
  expression,
  expressions,
  keyOf,
  nameOf,
  parametersOf,
  pattern,
  rangeOf,
  updated,
} from './typescript-expressions.ts';

type Bindings = Import['bindings'];

/** Lowers a whole TypeScript or JavaScript file. */
export function lowerTypeScript(program: TSESTree.Program, text: string, problems: SyntaxProblem[]): Statement[] {
  return statements({ text, problems, depth: 0, statements }, program.body);
}

function statements(cx: Context, nodes: readonly TSESTree.Node[]): Statement[] {
  return nodes.flatMap((node) => statement(cx, node));
}

/** The body of a loop or a branch, with or without braces. */
function body(cx: Context, node: TSESTree.Statement | null): Statement[] {
  return node ? statements(cx, node.type === 'BlockStatement' ? node.body : [node]) : [];
}

function statement(cx: Context, node: TSESTree.Node): Statement[] {
  return deeper(
    cx,
    rangeOf(node),
    () => lower(cx, node),
    () => [],
  );
}

/** Statements that do nothing, and declarations of types, yield none. */
function lower(cx: Context, node: TSESTree.Node): Statement[] {
  const range = rangeOf(node);
  switch (node.type) {
    case 'ExpressionStatement':
      return expressionStatement(cx, node.expression);
    case 'VariableDeclaration':
      return node.declare ? [] : node.declarations.flatMap((declarator) => declaration(cx, declarator));
    case 'FunctionDeclaration':
      return [functionDefinition(cx, node, node.id, [], range)];
    case 'ClassDeclaration':
      return node.declare ? [] : [classDefinition(cx, node)];
    case 'ReturnStatement':
      return [{ kind: 'return', value: node.argument ? expression(cx, node.argument) : null, range }];
    case 'IfStatement':
      return [conditional(cx, node)];
    case 'ForOfStatement':
    case 'ForInStatement': {
      const { left } = node;
      const declared = left.type === 'VariableDeclaration' ? left.declarations[0]?.id : left;
      const target: Pattern = declared ? pattern(cx, declared) : pattern(cx, left);
      return [
        { kind: 'for', target, iterable: expression(cx, node.right), body: body(cx, node.body), otherwise: [], range },
      ];
    }
    case 'ForStatement': {
      const { init, test, update } = node;
      const initial = !init
        ? []
        : init.type === 'VariableDeclaration'
          ? lower(cx, init)
          : expressionStatement(cx, init);
      return [
        {
          kind: 'while',
          initial,
          test: test ? expression(cx, test) : null,
          update: update ? expressionStatement(cx, update) : [],
          body: body(cx, node.body),
          otherwise: [],
          range,
        },
      ];
    }
    case 'WhileStatement':
    case 'DoWhileStatement': {
      const test = expression(cx, node.test);
      return [{ kind: 'while', initial: [], test, update: [], body: body(cx, node.body), otherwise: [], range }];
    }
    case 'TryStatement': {
      const caught = node.handler?.param;
      const handler = node.handler
        ? [...(caught ? [bound(pattern(cx, caught))] : []), ...body(cx, node.handler.body)]
        : null;
      return [
        {
          kind: 'try',
          body: body(cx, node.block),
          handlers: handler ? [handler] : [],
          otherwise: [],
          finally: body(cx, node.finalizer),
          range,
        },
      ];
    }
    case 'SwitchStatement':
      return switchStatement(cx, node);
    case 'BreakStatement':
      return [{ kind: 'jump', type: 'break', value: null, range }];
    case 'ContinueStatement':
      return [{ kind: 'jump', type: 'continue', value: null, range }];
    case 'ThrowStatement':
      return [{ kind: 'jump', type: 'raise', value: expression(cx, node.argument), range }];
    case 'BlockStatement':
    case 'StaticBlock':
      return [{ kind: 'block', body: statements(cx, node.body), range }];
    case 'LabeledStatement':
      return statement(cx, node.body);
    case 'WithStatement':
      return [evaluated(expression(cx, node.object)), ...body(cx, node.body)];
    case 'ImportDeclaration':
      return importDeclaration(node);
    case 'TSImportEqualsDeclaration':
      return importEquals(node);
    case 'ExportNamedDeclaration':
      return node.declaration ? statement(cx, node.declaration) : exportedNames(cx, node);
    case 'ExportAllDeclaration': {
      const local = node.exported ? keyOf(node.exported) : null;
      const member = local === null ? '*' : null;
      return [{ kind: 'import', bindings: [{ module: node.source.value, member, local: local ?? '', range }], range }];
    }
    case 'ExportDefaultDeclaration':
      return exportDefault(cx, node);
    case 'TSExportAssignment':
      return [evaluated(expression(cx, node.expression))];
    case 'TSEnumDeclaration':
      return node.declare ? [] : [enumeration(cx, node)];
    case 'TSModuleDeclaration':
      return node.declare || !node.body ? [] : [{ kind: 'block', body: statements(cx, node.body.body), range }];
    case 'TSDeclareFunction':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'TSNamespaceExportDeclaration':
    case 'EmptyStatement':
    case 'DebuggerStatement':
      return [];
    default:
      return [evaluated(expression(cx, node))];
  }
}

/** An assignment that stands alone becomes a statement; `a, b` becomes two. */
function expressionStatement(cx: Context, node: TSESTree.Expression): Statement[] {
  const range = rangeOf(node);
  switch (node.type) {
    case 'SequenceExpression':
      return node.expressions.flatMap((part) => expressionStatement(cx, part));
    case 'UpdateExpression':
      return [{ kind: 'assign', targets: [pattern(cx, node.argument)], ...updated(node), annotation: null, range }];
    case 'AssignmentExpression': {
      const targets = [pattern(cx, node.left)];
      let innermost = node;
      while (
        innermost.operator === '=' &&
        innermost.right.type === 'AssignmentExpression' &&
        innermost.right.operator === '='
      ) {
        innermost = innermost.right;
        targets.push(pattern(cx, innermost.left));
      }
      return [{ kind: 'assign', targets, ...assigned(cx, innermost), annotation: null, range }];
    }
    default: {
      const value = expression(cx, node);
      // Nothing is left of what is still to be typed.
      return value.kind === 'opaque' && value.children.length === 0 ? [] : [evaluated(value)];
    }
  }
}

function declaration(cx: Context, node: TSESTree.VariableDeclarator): Statement[] {
  const range = rangeOf(node);
  const bindings = node.init ? required(node.id, node.init) : null;
  if (bindings) return [{ kind: 'import', bindings, range }];
  return [
    {
      kind: 'assign',
      targets: [pattern(cx, node.id)],
      operator: null,
      value: node.init ? expression(cx, node.init) : null,
      annotation: annotationOf(cx, node.id.typeAnnotation),
      range,
    },
  ];
}

/** Each `else if` is an `if` in the `else` of the one before; they are built from the last to the first. */
function conditional(cx: Context, node: TSESTree.IfStatement): Statement {
  const clauses = [node];
  let last = node;
  while (last.alternate?.type === 'IfStatement') {
    last = last.alternate;
    clauses.push(last);
  }
  let otherwise = body(cx, last.alternate);
  for (const clause of clauses.slice(1).reverse()) otherwise = [branch(cx, clause, otherwise)];
  return branch(cx, node, otherwise);
}

function branch(cx: Context, node: TSESTree.IfStatement, otherwise: Statement[]): Statement {
  return {
    kind: 'if',
    test: expression(cx, node.test),
    then: body(cx, node.consequent),
    otherwise,
    range: rangeOf(node),
  };
}

/** Nested `if`s, from the last case to the first. A case without a `break` goes on into the next one. */
function switchStatement(cx: Context, node: TSESTree.SwitchStatement): Statement[] {
  const subject = expression(cx, node.discriminant);
  const end = node.range[1];
  const cases: { test: Expression | null; then: Statement[]; start: number }[] = [];
  let next: Statement[] = [];
  for (const item of [...node.cases].reverse()) {
    const own = statements(
      cx,
      item.consequent.flatMap((part) => (part.type === 'BlockStatement' ? part.body : [part])),
    );
    const stop = own.findIndex(({ kind }) => kind === 'jump' || kind === 'return');
    // The `break` of the switch is dropped, or it would end the loop around it.
    next = stop < 0 ? [...own, ...next] : own.slice(0, isBreak(own[stop]) ? stop : stop + 1);
    const test = item.test ? comparison(cx, subject, item.test) : null;
    cases.unshift({ test, then: next, start: item.range[0] });
  }
  let otherwise = cases.find(({ test }) => test === null)?.then ?? [];
  for (const { test, then, start } of cases.reverse()) {
    if (test) otherwise = [{ kind: 'if', test, then, otherwise, range: { start, end } }];
  }
  return cases.length > 0 ? otherwise : [evaluated(subject)];
}

function isBreak(statement: Statement | undefined): boolean {
  return statement?.kind === 'jump' && statement.type === 'break';
}

/** `switch (true)` asks its cases one by one. */
function comparison(cx: Context, subject: Expression, test: TSESTree.Expression): Expression {
  const right = expression(cx, test);
  if (subject.kind === 'literal' && subject.value === true) return right;
  return { kind: 'compare', operator: '==', left: subject, right, range: right.range };
}

function enumeration(cx: Context, node: TSESTree.TSEnumDeclaration): Statement {
  const entries = node.body.members.map((item) => {
    const range = rangeOf(item);
    const key: Expression = { kind: 'literal', value: keyOf(item.id), range: rangeOf(item.id) };
    return { key, value: item.initializer ? expression(cx, item.initializer) : opaque(range), range };
  });
  const range = rangeOf(node);
  const value: Expression = { kind: 'dict', entries, range: rangeOf(node.body) };
  return { kind: 'assign', targets: [nameOf(node.id)], operator: null, value, annotation: null, range };
}

// ── Functions and classes ───────────────────────────────────────────────────────────────────────────────────────────

interface Definition {
  readonly name: string;
  readonly nameRange: Range;
}

/** What `export default` leaves unnamed is named `default`, as whoever imports it does. */
function definitionName(id: TSESTree.Identifier | null, range: Range): Definition {
  if (id) return { name: id.name, nameRange: nameOf(id).range };
  return { name: 'default', nameRange: { start: range.start, end: range.start } };
}

function functionDefinition(
  cx: Context,
  node: TSESTree.FunctionDeclaration | TSESTree.FunctionExpression,
  id: TSESTree.Identifier | null,
  decorators: readonly Expression[],
  range: Range,
): FunctionDefinition {
  return {
    kind: 'function',
    ...definitionName(id, range),
    parameters: parametersOf(cx, node.params),
    body: bodyOf(cx, node),
    decorators,
    isGenerator: node.generator,
    isStatic: false,
    isGetter: false,
    range,
  };
}

function classDefinition(
  cx: Context,
  node: TSESTree.ClassDeclaration | TSESTree.ClassExpression,
  id = node.id,
): Statement {
  const range = rangeOf(node);
  return {
    kind: 'class',
    ...definitionName(id, range),
    bases: node.superClass ? [expression(cx, node.superClass)] : [],
    body: node.body.body.flatMap((item) => classItem(cx, item)),
    decorators: decoratorsOf(cx, node.decorators),
    range,
  };
}

function decoratorsOf(cx: Context, nodes: readonly TSESTree.Decorator[]): Expression[] {
  return expressions(
    cx,
    nodes.map((decorator) => decorator.expression),
  );
}

/** Members without a body, which only TypeScript knows, yield nothing. */
function classItem(cx: Context, node: TSESTree.ClassElement): Statement[] {
  const range = rangeOf(node);
  switch (node.type) {
    case 'MethodDefinition': {
      if (node.value.type !== 'FunctionExpression') return [];
      const method = functionDefinition(cx, node.value, null, decoratorsOf(cx, node.decorators), range);
      const key = (node.computed ? null : keyOf(node.key)) ?? '';
      return [
        {
          ...method,
          // A setter must not hide the getter of the same name.
          name: node.kind === 'set' ? `set ${key}` : key,
          nameRange: rangeOf(node.key),
          body: [...parameterProperties(node.value.params), ...method.body],
          isStatic: node.static,
          isGetter: node.kind === 'get',
        },
      ];
    }
    case 'PropertyDefinition':
    case 'AccessorProperty': {
      if (node.declare) return [];
      const name = node.computed ? null : keyOf(node.key);
      const value = node.value ? expression(cx, node.value) : null;
      const decorators = decoratorsOf(cx, node.decorators).map(evaluated);
      if (name === null) return value ? [...decorators, evaluated(value)] : decorators;
      const target: Name = { kind: 'name', name, range: rangeOf(node.key) };
      const annotation = annotationOf(cx, node.typeAnnotation);
      return [...decorators, { kind: 'assign', targets: [target], operator: null, value, annotation, range }];
    }
    case 'StaticBlock':
      return statement(cx, node);
    default:
      return [];
  }
}

/** `constructor(private rate: number)` also assigns `this.rate`. */
function parameterProperties(nodes: readonly TSESTree.Parameter[]): Statement[] {
  return nodes.flatMap((node): Statement[] => {
    if (node.type !== 'TSParameterProperty') return [];
    const { parameter } = node;
    const target = parameter.type === 'AssignmentPattern' ? parameter.left : parameter;
    if (target.type !== 'Identifier') return [];
    const value = nameOf(target);
    const { range } = value;
    const object: Name = { kind: 'name', name: 'this', range };
    const member: Pattern = { kind: 'member', object, property: value.name, propertyRange: range, range };
    return [
      {
        kind: 'assign',
        targets: [member],
        operator: null,
        value,
        annotation: null,
        range,
      },
    ];
  });
}

// ── Imports and exports ─────────────────────────────────────────────────────────────────────────────────────────────

function importDeclaration(node: TSESTree.ImportDeclaration): Statement[] {
  const module = node.source.value;
  if (node.importKind === 'type') return [];
  const bindings: Bindings[number][] = [];
  for (const specifier of node.specifiers) {
    const local = specifier.local.name;
    const range = rangeOf(specifier);
    if (specifier.type === 'ImportNamespaceSpecifier') bindings.push({ module, member: null, local, range });
    else if (specifier.type === 'ImportDefaultSpecifier') bindings.push({ module, member: 'default', local, range });
    else if (specifier.importKind !== 'type')
      bindings.push({ module, member: keyOf(specifier.imported), local, range });
  }
  return bindings.length > 0 ? [{ kind: 'import', bindings, range: rangeOf(node) }] : [];
}

function importEquals(node: TSESTree.TSImportEqualsDeclaration): Statement[] {
  const range = rangeOf(node);
  const { id, moduleReference: reference } = node;
  if (reference.type !== 'TSExternalModuleReference') return [bound(nameOf(id))];
  const module = reference.expression;
  if (module.type !== 'Literal' || typeof module.value !== 'string') return [];
  return [{ kind: 'import', bindings: [{ module: module.value, member: null, local: id.name, range }], range }];
}

/** `export { a as b }` is another name for `a`; with `from 'm'`, whoever imports `b` from here is led on to `m`. */
function exportedNames(cx: Context, node: TSESTree.ExportNamedDeclaration): Statement[] {
  const { source, specifiers } = node;
  if (node.exportKind === 'type') return [];
  if (!source) {
    const renamed = specifiers.filter(({ local, exported }) => keyOf(local) !== keyOf(exported));
    return renamed.map(({ local, exported }) => named(exported, expression(cx, local)));
  }
  const bindings = specifiers.map((specifier) => ({
    module: source.value,
    member: keyOf(specifier.local),
    local: keyOf(specifier.exported) ?? '',
    range: rangeOf(specifier),
  }));
  return bindings.length > 0 ? [{ kind: 'import', bindings, range: rangeOf(node) }] : [];
}

function named(key: TSESTree.Node, value: Expression): Statement {
  const range = rangeOf(key);
  const target: Name = { kind: 'name', name: keyOf(key) ?? '', range };
  return { kind: 'assign', targets: [target], operator: null, value, annotation: null, range };
}

/** The default export is a variable named `default`, so that an import of it is one of a name like any other. */
function exportDefault(cx: Context, node: TSESTree.ExportDefaultDeclaration): Statement[] {
  const exported = node.declaration;
  const range = rangeOf(node);
  const target: Name = { kind: 'name', name: 'default', range: { start: range.start, end: range.start } };
  const byDefault = (value: Expression): Statement => ({
    kind: 'assign',
    targets: [target],
    operator: null,
    value,
    annotation: null,
    range,
  });
  switch (exported.type) {
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return [...statement(cx, exported), ...(exported.id ? [byDefault(nameOf(exported.id))] : [])];
    case 'TSDeclareFunction':
    case 'TSInterfaceDeclaration':
      return [];
    default:
      return [byDefault(expression(cx, exported))];
  }
}

/**
 * What `const target = require('m')` binds, also with `await import('m')` and with a `.member` after it; null where it
 * is not that, or where the pattern takes more than single members.
 */
function required(target: TSESTree.BindingName, init: TSESTree.Expression): Bindings | null {
  const isMember = init.type === 'MemberExpression' && !init.computed;
  const outer = isMember ? keyOf(init.property) : null;
  const module = requiredModule(isMember ? init.object : init);
  if (module === null) return null;
  if (target.type === 'Identifier') {
    return [{ module, member: outer, local: target.name, range: nameOf(target).range }];
  }
  if (target.type !== 'ObjectPattern' || outer !== null) return null;
  const bindings: Bindings[number][] = [];
  for (const property of target.properties) {
    if (property.type === 'RestElement' || property.computed || property.value.type !== 'Identifier') return null;
    bindings.push({ module, member: keyOf(property.key), local: property.value.name, range: rangeOf(property) });
  }
  return bindings;
}

function requiredModule(node: TSESTree.Expression): string | null {
  const call = node.type === 'AwaitExpression' ? node.argument : node;
  const isRequire =
    call.type === 'CallExpression' && call.callee.type === 'Identifier' && call.callee.name === 'require';
  const source = isRequire ? call.arguments[0] : call.type === 'ImportExpression' && call !== node ? call.source : null;
  return source?.type === 'Literal' && typeof source.value === 'string' ? source.value : null;
}
