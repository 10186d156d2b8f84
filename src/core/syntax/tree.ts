/**
 * The one small tree that Python and TypeScript are both lowered to. It keeps what decides a loss (names, calls, arithmetic, control flow, the
 * places of things) and drops the rest. The interpreter sees this tree only, never a parser's.
 *
 * Every node carries the range it came from, as UTF-16 offsets into the source text, end exclusive.
 */

export interface Range {
  readonly start: number;
  readonly end: number;
}

export type Language = 'python' | 'typescript' | 'javascript';

export interface SyntaxProblem {
  readonly range: Range;
  readonly message: string;
}

/** What a parser yields for any text at all: parsing never fails, it returns a tree and the problems that it met. */
export interface Module {
  readonly language: Language;
  readonly body: readonly Statement[];
  readonly problems: readonly SyntaxProblem[];
}

// ── Expressions ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Node {
  readonly range: Range;
}

export interface Name extends Node {
  readonly kind: 'name';
  /** `self` and `this` are both lowered to the name that the source uses. */
  readonly name: string;
}

/** `None`, `null` and `undefined` are all null. Complex and big integers become numbers where they fit, otherwise unknown. */
export interface Literal extends Node {
  readonly kind: 'literal';
  readonly value: number | string | boolean | null;
}

/** An f-string or a template literal with substitutions: its text is not known, its parts may hold calls. */
export interface Text extends Node {
  readonly kind: 'text';
  readonly parts: readonly Expression[];
}

/** `object.property`, also `object?.property`. `propertyRange` is the name alone. */
export interface Member extends Node {
  readonly kind: 'member';
  readonly object: Expression;
  readonly property: string;
  readonly propertyRange: Range;
}

/** `object[a, b:c, ...]`; a JavaScript subscript has one index. */
export interface Index extends Node {
  readonly kind: 'index';
  readonly object: Expression;
  readonly indices: readonly (Expression | Slice | Ellipsis)[];
}

export interface Slice extends Node {
  readonly kind: 'slice';
  readonly lower: Expression | null;
  readonly upper: Expression | null;
  readonly step: Expression | null;
}

export interface Ellipsis extends Node {
  readonly kind: 'ellipsis';
}

export interface Argument extends Node {
  /** The keyword of `name=value`; null for a positional argument. */
  readonly name: string | null;
  /** `*args` and `...args` spread a list, `**kwargs` a dictionary. */
  readonly spread: 'list' | 'dict' | null;
  readonly value: Expression;
}

export interface Call extends Node {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly arguments: readonly Argument[];
  /** True for JavaScript's `new C()`. */
  readonly construct: boolean;
}

/** `-x`, `+x`, `not x` / `!x`, `~x`, `typeof x`, `void x`, `delete x`. */
export interface Unary extends Node {
  readonly kind: 'unary';
  readonly operator: '-' | '+' | 'not' | '~' | 'other';
  readonly operand: Expression;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**' | '@' | '&' | '|' | '^' | '<<' | '>>';

export interface Binary extends Node {
  readonly kind: 'binary';
  readonly operator: ArithmeticOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** `a and b`, `a or b`, `a && b`, `a || b`, `a ?? b`. */
export interface Logical extends Node {
  readonly kind: 'logical';
  readonly operator: 'and' | 'or' | 'nullish';
  readonly left: Expression;
  readonly right: Expression;
}

/** One comparison; a chain `a < b < c` becomes a logical `and` of two. */
export interface Compare extends Node {
  readonly kind: 'compare';
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!=' | 'is' | 'is not' | 'in' | 'not in' | 'instanceof';
  readonly left: Expression;
  readonly right: Expression;
}

/** `a if test else b` and `test ? a : b`. */
export interface Conditional extends Node {
  readonly kind: 'conditional';
  readonly test: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
}

export interface Parameter extends Node {
  readonly target: Pattern;
  readonly default: Expression | null;
  readonly kind: 'positional' | 'keyword' | 'rest' | 'keyword-rest';
  /** The source text of a type annotation, null where there is none. */
  readonly annotation: string | null;
}

/** A function expression, arrow function or lambda. `body` of an expression-bodied one is a single `return`. */
export interface Lambda extends Node {
  readonly kind: 'lambda';
  readonly name: string | null;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
  readonly isGenerator: boolean;
}

export interface Collection extends Node {
  readonly kind: 'collection';
  /** A JavaScript array is a list. */
  readonly type: 'list' | 'tuple' | 'set';
  readonly elements: readonly (Expression | Spread)[];
}

export interface Spread extends Node {
  readonly kind: 'spread';
  readonly value: Expression;
}

export interface DictEntry extends Node {
  /** null for `**other` and `...other`, whose `value` is then spread. A JavaScript property name is a literal. */
  readonly key: Expression | null;
  readonly value: Expression;
}

export interface Dict extends Node {
  readonly kind: 'dict';
  readonly entries: readonly DictEntry[];
}

export interface ComprehensionClause extends Node {
  readonly target: Pattern;
  readonly iterable: Expression;
  readonly conditions: readonly Expression[];
}

export interface Comprehension extends Node {
  readonly kind: 'comprehension';
  readonly type: 'list' | 'set' | 'dict' | 'generator';
  /** The key of a dict comprehension, null elsewhere. */
  readonly key: Expression | null;
  readonly element: Expression;
  readonly clauses: readonly ComprehensionClause[];
}

/** `await x`, `x as T`, `x!`, `(x)`, `satisfies`: wrappers that change nothing are dropped, except `await` and `yield`. */
export interface Await extends Node {
  readonly kind: 'await';
  readonly operand: Expression;
}

export interface Yield extends Node {
  readonly kind: 'yield';
  readonly operand: Expression | null;
}

/** An assignment in expression position: `(n := f())`, `a = b = c` in JavaScript, `x++` as `x += 1`. */
export interface AssignExpression extends Node {
  readonly kind: 'assign-expression';
  readonly target: Pattern;
  readonly operator: ArithmeticOperator | null;
  readonly value: Expression;
}

/** Anything else, with the expressions inside it so that calls in them are still met. */
export interface Opaque extends Node {
  readonly kind: 'opaque';
  readonly children: readonly Expression[];
}

export type Expression =
  | Name
  | Literal
  | Text
  | Member
  | Index
  | Call
  | Unary
  | Binary
  | Logical
  | Compare
  | Conditional
  | Lambda
  | Collection
  | Dict
  | Comprehension
  | Await
  | Yield
  | AssignExpression
  | Opaque;

// ── Patterns: what can stand on the left of an assignment ───────────────────────────────────────────────────────────────────────

export interface SequencePattern extends Node {
  readonly kind: 'sequence-pattern';
  /** null stands for a hole (`[, b]`). */
  readonly elements: readonly (Pattern | null)[];
  /** Position of the starred or rest element in `elements`, null where there is none. */
  readonly rest: number | null;
}

export interface ObjectPattern extends Node {
  readonly kind: 'object-pattern';
  /** `{ a, b: c = 1 }`; a null key is the rest element. */
  readonly properties: readonly {
    readonly key: string | null;
    readonly target: Pattern;
    readonly default: Expression | null;
  }[];
}

/** A pattern with a default value, as in `[a = 1]`. */
export interface DefaultPattern extends Node {
  readonly kind: 'default-pattern';
  readonly target: Pattern;
  readonly default: Expression;
}

export type Pattern = Name | Member | Index | SequencePattern | ObjectPattern | DefaultPattern;

// ── Statements ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `a = b = value` has two targets; `a += value` has an operator. A declaration without a value has `value: null`. */
export interface Assign extends Node {
  readonly kind: 'assign';
  readonly targets: readonly Pattern[];
  readonly operator: ArithmeticOperator | null;
  readonly value: Expression | null;
  /** The source text of a type annotation, null where there is none. */
  readonly annotation: string | null;
}

export interface ExpressionStatement extends Node {
  readonly kind: 'expression';
  readonly expression: Expression;
}

export interface If extends Node {
  readonly kind: 'if';
  readonly test: Expression;
  readonly then: readonly Statement[];
  readonly otherwise: readonly Statement[];
}

/** `for target in iterable`, `for (const target of iterable)` and `for … in`. */
export interface For extends Node {
  readonly kind: 'for';
  readonly target: Pattern;
  readonly iterable: Expression;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}

/** `while`, `do … while` and `for (;;)`, whose `initial` and `update` are statements of their own. */
export interface While extends Node {
  readonly kind: 'while';
  readonly initial: readonly Statement[];
  readonly test: Expression | null;
  readonly update: readonly Statement[];
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}

export interface Return extends Node {
  readonly kind: 'return';
  readonly value: Expression | null;
}

export interface With extends Node {
  readonly kind: 'with';
  readonly items: readonly { readonly context: Expression; readonly target: Pattern | null }[];
  readonly body: readonly Statement[];
}

/** `match` and `switch` are lowered to nested `if`s whose tests are opaque where they are not plain comparisons. */
export interface Try extends Node {
  readonly kind: 'try';
  readonly body: readonly Statement[];
  readonly handlers: readonly (readonly Statement[])[];
  readonly otherwise: readonly Statement[];
  readonly finally: readonly Statement[];
}

export interface FunctionDefinition extends Node {
  readonly kind: 'function';
  readonly name: string;
  readonly nameRange: Range;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
  readonly decorators: readonly Expression[];
  readonly isGenerator: boolean;
  /** `static` methods and `@staticmethod`; only meaningful in a class. */
  readonly isStatic: boolean;
  /** JavaScript getters and `@property`. */
  readonly isGetter: boolean;
}

/** A JavaScript constructor is a method named `constructor`; class fields are `assign` statements to the field's name. */
export interface ClassDefinition extends Node {
  readonly kind: 'class';
  readonly name: string;
  readonly nameRange: Range;
  readonly bases: readonly Expression[];
  readonly body: readonly Statement[];
  readonly decorators: readonly Expression[];
}

/**
 * `import a.b.c` binds `a` (module 'a', member null, local 'a'), `import a.b as c` binds c to 'a.b', `from a.b import c as d` binds d to member 'c'
 * of 'a.b'; relative modules keep their dots. `import * as tf from 'm'` and `const tf = require('m')` have member null; `import d from 'm'` has
 * member 'default'; `import {a as b} from 'm'` and `const {a: b} = require('m')` have member 'a'. A star import has member '*' and local ''.
 */
export interface Import extends Node {
  readonly kind: 'import';
  readonly bindings: readonly {
    readonly module: string;
    readonly member: string | null;
    readonly local: string;
    readonly range: Range;
  }[];
}

export interface Block extends Node {
  readonly kind: 'block';
  readonly body: readonly Statement[];
}

/** `break`, `continue`, `raise` / `throw`: what follows in the same block is not reached. `pass` and declarations of types are dropped. */
export interface Jump extends Node {
  readonly kind: 'jump';
  readonly type: 'break' | 'continue' | 'raise';
  readonly value: Expression | null;
}

/** `global a` and `nonlocal a`. */
export interface Outer extends Node {
  readonly kind: 'outer';
  readonly names: readonly string[];
}

export type Statement =
  | Assign
  | ExpressionStatement
  | If
  | For
  | While
  | Return
  | With
  | Try
  | FunctionDefinition
  | ClassDefinition
  | Import
  | Block
  | Jump
  | Outer;
