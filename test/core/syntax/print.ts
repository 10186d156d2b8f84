import type {
  Argument,
  Ellipsis,
  Expression,
  Module,
  Parameter,
  Pattern,
  Slice,
  Spread,
  Statement,
} from '../../../src/core/syntax/tree.ts';

/** The tree as one line of pseudo-code, every grouping spelled out, so that a test can say what it expects as text. */
export function print(module: Module): string {
  return statements(module.body);
}

function statements(list: readonly Statement[]): string {
  return list.map(statement).join('; ');
}

function block(list: readonly Statement[]): string {
  return list.length > 0 ? `{ ${statements(list)} }` : '{}';
}

function statement(node: Statement): string {
  switch (node.kind) {
    case 'expression':
      return expression(node.expression);
    case 'assign': {
      const annotation = node.annotation === null ? '' : `: ${node.annotation}`;
      const value = node.value ? ` ${node.operator ?? ''}= ${expression(node.value)}` : '';
      return `${node.targets.map(pattern).join(' = ')}${annotation}${value}`;
    }
    case 'if':
      return `if ${expression(node.test)} ${block(node.then)}${clause('else', node.otherwise)}`;
    case 'for': {
      const head = `for ${pattern(node.target)} in ${expression(node.iterable)}`;
      return `${head} ${block(node.body)}${clause('else', node.otherwise)}`;
    }
    case 'while': {
      const loop = node.initial.length > 0 || node.update.length > 0 || !node.test;
      const test = node.test ? expression(node.test) : '';
      const head = loop ? `${statements(node.initial)}; ${test}; ${statements(node.update)}` : test;
      return `while ${head} ${block(node.body)}${clause('else', node.otherwise)}`;
    }
    case 'return':
      return node.value ? `return ${expression(node.value)}` : 'return';
    case 'with': {
      const items = node.items.map(
        ({ context, target }) => expression(context) + (target ? ` as ${pattern(target)}` : ''),
      );
      return `with ${items.join(', ')} ${block(node.body)}`;
    }
    case 'try': {
      const handlers = node.handlers.map((handler) => ` except ${block(handler)}`).join('');
      return `try ${block(node.body)}${handlers}${clause('else', node.otherwise)}${clause('finally', node.finally)}`;
    }
    case 'function': {
      const flags = [node.isStatic && 'static ', node.isGetter && 'get '].filter(Boolean).join('');
      const head = `${decorators(node.decorators)}${flags}def${node.isGenerator ? '*' : ''} ${node.name}`;
      return `${head}${parameters(node.parameters)} ${block(node.body)}`;
    }
    case 'class':
      return `${decorators(node.decorators)}class ${node.name}(${expressions(node.bases)}) ${block(node.body)}`;
    case 'import': {
      const bindings = node.bindings.map(
        ({ module, member, local }) => `${module}${member === null ? '' : `:${member}`} as ${local}`,
      );
      return `import ${bindings.join(', ')}`;
    }
    case 'block':
      return block(node.body);
    case 'jump':
      return node.value ? `${node.type} ${expression(node.value)}` : node.type;
    case 'outer':
      return `outer ${node.names.join(', ')}`;
  }
}

function clause(word: string, list: readonly Statement[]): string {
  return list.length > 0 ? ` ${word} ${block(list)}` : '';
}

function decorators(list: readonly Expression[]): string {
  return list.map((decorator) => `@${expression(decorator)} `).join('');
}

function parameters(list: readonly Parameter[]): string {
  const prefixes = { positional: '', keyword: 'kw ', rest: '*', 'keyword-rest': '**' };
  const each = list.map((parameter) => {
    const annotation = parameter.annotation === null ? '' : `: ${parameter.annotation}`;
    const value = parameter.default ? ` = ${expression(parameter.default)}` : '';
    return `${prefixes[parameter.kind]}${pattern(parameter.target)}${annotation}${value}`;
  });
  return `(${each.join(', ')})`;
}

function expressions(list: readonly (Expression | Spread | Slice | Ellipsis)[]): string {
  return list.map(element).join(', ');
}

function element(node: Expression | Spread | Slice | Ellipsis): string {
  switch (node.kind) {
    case 'spread':
      return `*${expression(node.value)}`;
    case 'ellipsis':
      return '...';
    case 'slice':
      return [node.lower, node.upper, node.step].map((bound) => (bound ? expression(bound) : '')).join(':');
    default:
      return expression(node);
  }
}

function argument(node: Argument): string {
  const spread = node.spread === 'list' ? '*' : node.spread === 'dict' ? '**' : '';
  return `${node.name === null ? '' : `${node.name}=`}${spread}${expression(node.value)}`;
}

function expression(node: Expression): string {
  switch (node.kind) {
    case 'name':
      return node.name;
    case 'literal':
      return JSON.stringify(node.value);
    case 'text':
      return `text(${expressions(node.parts)})`;
    case 'member':
      return `${expression(node.object)}.${node.property}`;
    case 'index':
      return `${expression(node.object)}[${expressions(node.indices)}]`;
    case 'call':
      return `${node.construct ? 'new ' : ''}${expression(node.callee)}(${node.arguments.map(argument).join(', ')})`;
    case 'unary':
      return `(${node.operator} ${expression(node.operand)})`;
    case 'binary':
    case 'logical':
    case 'compare':
      return `(${expression(node.left)} ${node.operator} ${expression(node.right)})`;
    case 'conditional':
      return `(${expression(node.test)} ? ${expression(node.then)} : ${expression(node.otherwise)})`;
    case 'lambda': {
      const head = `fn${node.isGenerator ? '*' : ''}${node.name === null ? '' : ` ${node.name}`}`;
      return `${head}${parameters(node.parameters)} ${block(node.body)}`;
    }
    case 'collection':
      return `${node.type}(${expressions(node.elements)})`;
    case 'dict': {
      const entries = node.entries.map(({ key, value }) =>
        key ? `${expression(key)}: ${expression(value)}` : `**${expression(value)}`,
      );
      return `dict(${entries.join(', ')})`;
    }
    case 'comprehension': {
      const key = node.key ? `${expression(node.key)}: ` : '';
      const clauses = node.clauses.map(({ target, iterable, conditions }) => {
        const tests = conditions.map((condition) => ` if ${expression(condition)}`).join('');
        return ` for ${pattern(target)} in ${expression(iterable)}${tests}`;
      });
      return `${node.type}(${key}${expression(node.element)}${clauses.join('')})`;
    }
    case 'await':
      return `(await ${expression(node.operand)})`;
    case 'yield':
      return node.operand ? `(yield ${expression(node.operand)})` : '(yield)';
    case 'assign-expression':
      return `(${pattern(node.target)} ${node.operator ?? ':'}= ${expression(node.value)})`;
    case 'opaque':
      return `opaque(${expressions(node.children)})`;
  }
}

function pattern(node: Pattern): string {
  switch (node.kind) {
    case 'sequence-pattern': {
      const elements = node.elements.map(
        (target, position) => (position === node.rest ? '*' : '') + (target ? pattern(target) : '_'),
      );
      return `[${elements.join(', ')}]`;
    }
    case 'object-pattern': {
      const properties = node.properties.map(({ key, target, default: value }) => {
        return `${key ?? '*'}: ${pattern(target)}${value ? ` = ${expression(value)}` : ''}`;
      });
      return `{${properties.join(', ')}}`;
    }
    case 'default-pattern':
      return `${pattern(node.target)} = ${expression(node.default)}`;
    default:
      return expression(node);
  }
}
