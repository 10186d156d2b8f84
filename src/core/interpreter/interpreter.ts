/**
 * Walks the tree of one file and gives every expression a value. Statements and control flow are here; expressions, calls and the effects of the
 * catalogue have files of their own beside this one.
 */
import type { Language, Range } from '../analysis.ts';
import type { Place } from '../degree/term.ts';
import type { Call, FunctionDefinition, Lambda, Module, Statement } from '../syntax/tree.ts';
import { assign } from './assignments.ts';
import { branch } from './branches.ts';
import { classMember, isStatic } from './classes.ts';
import { Collections } from './collections.ts';
import { evaluate } from './expressions.ts';
import { Flags } from './flags.ts';
import { callWithoutArguments } from './functions.ts';
import { accumulate, addition, elementOf, type Iteration } from './loops.ts';
import { Recorder } from './recorder.ts';
import { same } from './same.ts';
import { Scope, Store } from './store.ts';
import {
  type Alternative,
  type ClassValue,
  type Closure,
  choose,
  noArguments,
  nothing,
  type RecordValue,
  type Value,
} from './values.ts';
import { Vocabulary } from './vocabulary.ts';

/** How a list of statements ended. */
export type Completion = 'normal' | 'stopped';

interface Frame {
  readonly node: FunctionDefinition | Lambda | null;
  readonly returns: Alternative[];
  readonly yields: Value[];
  readonly owner: ClassValue | null;
  readonly self: Value | null;
  /** False inside `no_grad`: nothing computed there is trained on. */
  gradient: boolean;
}

/** Work on one file is bounded, so that no file can hang the editor. */
const MOST_STEPS = 1_500_000;
const MOST_CALLS_OF_ONE = 24;
const DEEPEST_CALL = 14;
const MOST_UNROLLED = 6;

export class Interpreter {
  readonly store = new Store();
  readonly globals = new Scope(null, 'module');
  readonly record: Recorder;
  readonly loops: Iteration[] = [];
  readonly frames: Frame[] = [{ node: null, returns: [], yields: [], owner: null, self: null, gradient: true }];
  readonly path = new Map<string, boolean>();
  readonly source: string;
  readonly language: Language;
  /** How deep in loops each variable, field or list was made. */
  readonly depths = new WeakMap<Map<string, Value>, Map<string, number>>();
  statement = 0;
  incomplete: string | null = null;

  private steps = 0;
  private readonly calls = new Map<object, number>();
  private readonly running: object[] = [];
  private called: ReadonlyMap<string, number> = new Map();
  private readonly executed = new Set<Statement>();
  /** A star import may bind any name, the customary ones of libraries among them. */
  importsAll = false;
  /** True once the rest of the file is only searched for what known arguments left out. */
  discovering = false;
  private readonly defined: Closure[] = [];
  private readonly known = new Set<object>();
  private readonly classes: ClassValue[] = [];
  private readonly instances = new Map<object, RecordValue>();

  readonly collections: Collections;
  readonly flags = new Flags();
  readonly vocabulary: Vocabulary;

  /** @param earlier a first walk over the same file, for what it found in the graph's collections */
  constructor(source: string, language: Language, earlier?: Interpreter) {
    this.source = source;
    this.language = language;
    this.collections = new Collections(earlier?.collections);
    this.record = new Recorder(this);
    this.vocabulary = new Vocabulary(source, language);
  }

  get frame(): Frame {
    return this.frames.at(-1) as Frame;
  }

  /** The whole file: its top level first, then every function and method that nothing in it calls. */
  run(module: Module): void {
    this.called = namesCalled(module);
    this.hoist(module.body, this.globals);
    this.execute(module.body, this.globals);
    // What the file never calls comes first: it calls the others, with better arguments than none.
    const { called } = this;
    for (const wanted of [(name: string | null) => name === null || !called.has(name), () => true]) {
      for (let i = 0; i < this.defined.length; i++)
        if (wanted(this.defined[i]?.node.name ?? null)) this.runUncalled(this.defined[i] as Closure);
      for (let i = 0; i < this.classes.length; i++) this.runClass(this.classes[i] as ClassValue, wanted);
    }
    this.discover();
  }

  /**
   * Branches that known arguments left out hold reductions too (a loss that is only computed where targets are given). Their functions run once more,
   * with every test open; what was met before stands.
   */
  private discover(): void {
    this.discovering = true;
    this.collections.isClosed = true;
    this.record.startDiscovery();
    const methods = this.classes.flatMap((type) =>
      [...type.fields.values()].flatMap((f) =>
        f.kind === 'closure' ? [{ ...f, self: isStatic(f.node) ? null : (this.instances.get(type.node) ?? null) }] : [],
      ),
    );
    for (const closure of [...this.defined, ...methods]) {
      if (this.leavesOut(closure.node.body)) callWithoutArguments(this, closure);
    }
  }

  /** Whether a list of statements holds one that never ran, nested functions aside. */
  private leavesOut(body: readonly Statement[]): boolean {
    return body.some((s) => {
      if (s.kind === 'function' || s.kind === 'class' || s.kind === 'import' || s.kind === 'jump') return false;
      if (!this.executed.has(s)) return true;
      if (s.kind === 'if') return this.leavesOut(s.then) || this.leavesOut(s.otherwise);
      if (s.kind === 'for' || s.kind === 'while' || s.kind === 'with' || s.kind === 'block' || s.kind === 'try')
        return this.leavesOut(s.body);
      return false;
    });
  }

  /** How often the file calls something of a name. */
  callCount(name: string): number {
    return this.called.get(name) ?? 0;
  }

  /** Counts work; false once the file has had its share. */
  spend(): boolean {
    if (++this.steps <= MOST_STEPS) return true;
    this.incomplete ??= 'the file is too intricate to follow to its end';
    return false;
  }

  textOf(range: Range, most = 72): string {
    const text = this.source
      .slice(range.start, Math.min(range.end, range.start + 4 * most))
      .replace(/\s+/g, ' ')
      .trim();
    return text.length > most ? `${text.slice(0, most - 1)}…` : text;
  }

  place(range: Range): Place {
    return { range, statement: this.statement, text: this.textOf(range) };
  }

  isInside(range: Range): boolean {
    return range.end > range.start && range.end <= this.source.length;
  }

  choose(alternatives: readonly Alternative[]): Value {
    return choose(alternatives, same);
  }

  // ── Statements ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  execute(statements: readonly Statement[], scope: Scope): Completion {
    const implied: string[] = [];
    let completion: Completion = 'normal';
    for (const statement of statements) {
      if (!this.spend()) break;
      this.statement = statement.range.start;
      this.executed.add(statement);
      completion = this.executeOne(statement, scope, implied);
      if (completion === 'stopped') break;
    }
    for (const condition of implied) this.path.delete(condition);
    return completion;
  }

  private executeOne(s: Statement, scope: Scope, implied: string[]): Completion {
    switch (s.kind) {
      case 'expression':
        evaluate(this, s.expression, scope);
        return 'normal';
      case 'assign':
        this.executeAssign(s, scope);
        return 'normal';
      case 'if':
        return branch(
          this,
          s.test,
          scope,
          () => this.execute(s.then, scope),
          () => this.execute(s.otherwise, scope),
          implied,
        );
      case 'for':
        return this.executeFor(s, scope);
      case 'while':
        this.execute(s.initial, scope);
        if (s.test) evaluate(this, s.test, scope);
        this.inLoop(
          { element: nothing, count: null, length: null, over: this.textOf(s.test?.range ?? s.range, 40) },
          () => {
            this.execute(s.body, scope);
            this.execute(s.update, scope);
          },
        );
        this.execute(s.otherwise, scope);
        return 'normal';
      case 'return':
        this.frame.returns.push({
          when: new Map(this.path),
          value: s.value ? this.record.returned(s.value.range, evaluate(this, s.value, scope)) : nothing,
        });
        return 'stopped';
      case 'with':
        return this.executeWith(s, scope);
      case 'try': {
        const completion = this.execute(s.body, scope);
        for (const handler of s.handlers) {
          const branch = this.store.attempt(() => this.execute(handler, scope));
          // What only a handler defines (a fallback import) is kept; what the body defined stays.
          for (const [map, values] of branch.written)
            for (const [key, value] of values) if (!map.has(key)) this.store.write(map, key, value);
        }
        if (completion === 'normal') this.execute(s.otherwise, scope);
        return this.execute(s.finally, scope) === 'stopped' ? 'stopped' : completion;
      }
      case 'function':
        this.define(scope, s.name, this.closure(s, scope, null));
        return 'normal';
      case 'class':
        this.executeClass(s, scope);
        return 'normal';
      case 'import':
        for (const b of s.bindings) {
          this.importsAll ||= b.member === '*';
          if (b.local !== '')
            this.define(scope, b.local, {
              kind: 'api',
              name: b.member === null || b.member === 'default' ? b.module : `${b.module}.${b.member}`,
            });
        }
        return 'normal';
      case 'block':
        return this.execute(s.body, scope);
      case 'jump':
        if (s.value) evaluate(this, s.value, scope);
        return 'stopped';
      case 'outer':
        for (const name of s.names) scope.outer.add(name);
        return 'normal';
    }
  }

  private executeAssign(s: Extract<Statement, { kind: 'assign' }>, scope: Scope): void {
    if (!s.value) {
      for (const target of s.targets)
        if (target.kind === 'name' && !scope.variables.has(target.name)) this.define(scope, target.name, nothing);
      return;
    }
    const [only] = s.targets;
    const added = s.operator === null && s.targets.length === 1 && only ? addition(only, s.value) : null;
    const operator = s.operator ?? added?.operator ?? null;
    const value = evaluate(this, added?.value ?? s.value, scope);
    for (const target of s.targets) {
      const grown = operator === null ? value : accumulate(this, target, operator, value, s.range, scope);
      assign(this, target, grown, scope, operator !== null);
    }
  }

  private executeFor(s: Extract<Statement, { kind: 'for' }>, scope: Scope): Completion {
    const over = evaluate(this, s.iterable, scope);
    if (over.kind === 'sequence' && over.items.length <= MOST_UNROLLED) {
      for (const item of over.items) {
        assign(this, s.target, item, scope);
        this.execute(s.body, scope);
      }
    } else {
      const iteration = elementOf(this, over, this.textOf(s.iterable.range, 40), s.iterable.range);
      this.inLoop(iteration, () => {
        assign(this, s.target, iteration.element, scope);
        this.execute(s.body, scope);
      });
    }
    this.execute(s.otherwise, scope);
    return 'normal';
  }

  inLoop(iteration: Iteration, body: () => void): void {
    this.loops.push(iteration);
    body();
    this.loops.pop();
  }

  private executeWith(s: Extract<Statement, { kind: 'with' }>, scope: Scope): Completion {
    const before = this.frame.gradient;
    for (const item of s.items) {
      const context = evaluate(this, item.context, scope);
      if (context.kind === 'api' && context.name === 'no-gradient') this.frame.gradient = false;
      if (item.target) assign(this, item.target, context, scope);
    }
    const completion = this.execute(s.body, scope);
    this.frame.gradient = before;
    return completion;
  }

  // ── Functions and classes ─────────────────────────────────────────────────────────────────────────────────────────────────────

  define(scope: Scope, name: string, value: Value): void {
    const holder = scope.outer.has(name) ? (scope.parent?.find(name) ?? this.globals) : scope;
    this.store.write(holder.variables, name, value);
    this.noteDepth(holder.variables, name);
  }

  noteDepth(map: Map<string, Value>, key: string): void {
    const depths = this.depths.get(map) ?? new Map<string, number>();
    depths.set(key, this.loops.length);
    this.depths.set(map, depths);
  }

  depthOf(map: Map<string, Value>, key: string): number {
    return this.depths.get(map)?.get(key) ?? 0;
  }

  closure(node: FunctionDefinition | Lambda, scope: Scope, owner: ClassValue | null): Closure {
    const closure: Closure = { kind: 'closure', node, scope, self: null, bound: noArguments, owner };
    if (!this.known.has(node)) this.defined.push(closure);
    this.known.add(node);
    return closure;
  }

  /** Function declarations are known before the first statement runs. In Python too it helps: a file is read as a whole. */
  private hoist(body: readonly Statement[], scope: Scope): void {
    for (const s of body)
      if (s.kind === 'function' && !scope.variables.has(s.name))
        scope.variables.set(s.name, { kind: 'closure', node: s, scope, self: null, bound: noArguments, owner: null });
  }

  private executeClass(s: Extract<Statement, { kind: 'class' }>, scope: Scope): void {
    const type: ClassValue = {
      kind: 'class',
      node: s,
      scope,
      bases: s.bases.map((b) => evaluate(this, b, scope)),
      fields: new Map(),
    };
    this.define(scope, s.name, type);
    if (!this.classes.some((c) => c.node === s)) this.classes.push(type);
    const inside = new Scope(scope, s.name);
    for (const statement of s.body) {
      if (statement.kind === 'function')
        type.fields.set(statement.name, {
          kind: 'closure',
          node: statement,
          scope,
          self: null,
          bound: noArguments,
          owner: type,
        });
      else this.execute([statement], inside);
    }
    for (const [name, value] of inside.variables) type.fields.set(name, value);
  }

  instantiate(type: ClassValue, construct: (self: RecordValue, initialise: Closure | null) => void): RecordValue {
    const self: RecordValue = { kind: 'record', fields: new Map(), type, name: 'self', open: true };
    const initialise = classMember(type, this.language === 'python' ? '__init__' : 'constructor');
    this.calls.set(type.node, (this.calls.get(type.node) ?? 0) + 1);
    this.instances.set(type.node, self);
    construct(self, initialise?.kind === 'closure' ? initialise : null);
    return self;
  }

  private runClass(type: ClassValue, wanted: (name: string | null) => boolean): void {
    const methods = [...type.fields.values()].filter(
      (f): f is Closure => f.kind === 'closure' && !this.calls.has(f.node) && wanted(f.node.name),
    );
    if (methods.length === 0) return;
    const self =
      this.instances.get(type.node) ??
      this.instantiate(type, (record, initialise) => {
        if (initialise) this.runUncalled({ ...initialise, self: record });
      });
    for (const method of methods) this.runUncalled({ ...method, self: isStatic(method.node) ? null : self });
  }

  private runUncalled(closure: Closure): void {
    if (this.calls.has(closure.node) || !this.spend()) return;
    callWithoutArguments(this, closure);
  }

  /**
   * Runs the body of a function whose parameters are bound. Recursion and calls beyond the bounds give null: their result is not known.
   */
  invoke(closure: Closure, scope: Scope): Value | null {
    const times = (this.calls.get(closure.node) ?? 0) + 1;
    this.calls.set(closure.node, times);
    if (times > MOST_CALLS_OF_ONE || this.running.length >= DEEPEST_CALL || this.running.includes(closure.node))
      return null;
    const [statement, pathBefore] = [this.statement, new Map(this.path)];
    const frame: Frame = {
      node: closure.node,
      returns: [],
      yields: [],
      owner: closure.owner,
      self: closure.self,
      gradient: this.frame.gradient && !this.hasNoGradientDecorator(closure),
    };
    this.frames.push(frame);
    this.running.push(closure.node);
    this.hoist(closure.node.body, scope);
    this.execute(closure.node.body, scope);
    this.running.pop();
    this.frames.pop();
    this.statement = statement;
    if (frame.yields.length)
      return {
        kind: 'repeated',
        element: this.choose(frame.yields.map((value) => ({ when: new Map(), value }))),
        count: null,
        length: null,
      };
    const outside = frame.returns.map((r) => ({
      when: new Map([...r.when].filter(([text]) => !pathBefore.has(text))),
      value: r.value,
    }));
    return outside.length ? this.choose(outside) : nothing;
  }

  private hasNoGradientDecorator(closure: Closure): boolean {
    if (closure.node.kind !== 'function') return false;
    return closure.node.decorators.some((d) => {
      const value = evaluate(this, d, closure.scope);
      return value.kind === 'api' && value.name === 'no-gradient';
    });
  }
}

/** The names that a tree calls, by themselves or as methods. Walked with a stack of its own: trees may be deeper than calls can nest. */
function namesCalled(module: Module): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  const add = (name: string) => names.set(name, (names.get(name) ?? 0) + 1);
  const stack: unknown[] = [module.body];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    if ('kind' in node && node.kind === 'call') {
      const { callee } = node as Call;
      if (callee.kind === 'name') add(callee.name);
      if (callee.kind === 'member') add(callee.property);
    }
    for (const part of Object.values(node)) if (typeof part === 'object') stack.push(part);
  }
  return names;
}
