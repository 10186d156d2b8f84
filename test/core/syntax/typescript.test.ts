import { strict as assert } from 'node:assert';
import type { Parser } from '../../../src/core/syntax/parser.ts';
import { loadParser } from '../../../src/workspace/parsers.ts';
import { print } from './print.ts';

describe('TypeScript', () => {
  let parser: Parser;
  before(async () => {
    parser = await loadParser('typescript');
  });

  const read = (source: string) => parser.parse(source, 'construct.tsx');

  /** Source text → what it is read as. */
  const constructs: Readonly<Record<string, readonly (readonly [source: string, tree: string])[]>> = {
    literals: [
      ['x = 1_000; x = 0xff; x = 1e-3; x = 10n; x = /re/g', 'x = 1000; x = 255; x = 0.001; x = 10; x = opaque()'],
      ['x = "a\\n"; x = null; x = undefined; x = true', 'x = "a\\n"; x = null; x = null; x = true'],
      [
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text.
        'x = `a`; x = `a${b()}c${d}`; tag`a${b()}`',
        'x = "a"; x = text(b(), d); opaque(tag, b())',
      ],
    ],
    expressions: [
      ['a.b.c; a?.b?.[c]?.(d); a["b"]; a[0]; this.#a', 'a.b.c; a.b[c](d); a["b"]; a[0]; this.#a'],
      ['f(a, ...b)(c); new A(a); new A', 'f(a, *b)(c); new A(a); new A()'],
      ['f<T>(a); a as T; a!.b; a satisfies T', 'f(a); a; a.b; a'],
      ['-a ** 2 + b / c % d - e', '((((- a) ** 2) + ((b / c) % d)) - e)'],
      ['a & b | c ^ d << 1 >>> 2', '((a & b) | (c ^ ((d << 1) >> 2)))'],
      ['!a; ~b; +c; typeof a; void 0; delete a.b', '(not a); (~ b); (+ c); (other a); (other 0); (other a.b)'],
      ['a && b || c; a ?? b', '((a and b) or c); (a nullish b)'],
      [
        'a === b; a !== b; a == b; a < b; a in b; a instanceof B',
        '(a == b); (a != b); (a == b); (a < b); (a in b); (a instanceof B)',
      ],
      ['a ? b : c ? d : e', '(a ? b : (c ? d : e))'],
      [
        'f(a = b); f(a += 1); f(i++); f(--i); f(a ??= b)',
        'f((a := b)); f((a += 1)); f((i += 1)); f((i -= 1)); f((a := (a nullish b)))',
      ],
      ['f((a, b)); (0, a.b)(c)', 'f(opaque(a, b)); a.b(c)'],
      [
        'x = a => a; x = async ({ a }, [b] = []) => { await a; }; x = function* f(a) { yield a; }',
        'x = fn(a) { return a }; x = fn({a: a}, [b] = list()) { (await a) }; x = fn* f(a) { (yield a) }',
      ],
      [
        'x = [1, , ...a]; x = { a, b: 1, [c]: 2, "d": 3, e() {}, get f() { return 1; }, ...g }',
        'x = list(1, null, *a); x = dict("a": a, "b": 1, c: 2, "d": 3, "e": fn() {}, "f": opaque(fn() { return 1 }), **g)',
      ],
      ['x = class extends A { m() { f(); } static n = g(); }', 'x = opaque(A, fn() { f() }, g())'],
      ['x = await import("m"); import("m").then(f)', 'x = (await import("m")); import("m").then(f)'],
      [
        'x = <A b={f()} {...c} d={<E g={h()} />}>text {i()} {/* */}</A>; y = <></>',
        'x = opaque(f(), c, opaque(h()), i()); y = opaque()',
      ],
      ['super.f(); new.target; import.meta.url', 'super.f(); opaque().url'],
    ],
    assignments: [
      ['const a = 1, b = 2; let c; var d: number = f()', 'a = 1; b = 2; c; d: number = f()'],
      ['const { a, b: c, d = 1, e: { f }, ...g } = h', '{a: a, b: c, d: d = 1, e: {f: f}, *: g} = h'],
      ['const [a, , b = 1, ...c] = d', '[a, _, b = 1, *c] = d'],
      [
        'a = b = c; a += 1; a ||= b; a **= 2; a >>>= 1; i++; --i',
        'a = b = c; a += 1; a = (a or b); a **= 2; a >>= 1; i += 1; i -= 1',
      ],
      ['[a.b, c[0]] = d; ({ a: this.b } = c); a = 1, b = 2', '[a.b, c[0]] = d; {a: this.b} = c; a = 1; b = 2'],
    ],
    statements: [
      [
        'if (a) b(); else if (c) { d() } else if (e) f(); else g()',
        'if a { b() } else { if c { d() } else { if e { f() } else { g() } } }',
      ],
      [
        'for (const a of b) c(); for (const [k, v] of d) {} for (a in b) {} for await (const x of y) {}',
        'for a in b { c() }; for [k, v] in d {}; for a in b {}; for x in y {}',
      ],
      [
        'for (let i = 0, j = 1; i < n; i++, j--) a(); for (;;) {}',
        'while i = 0; j = 1; (i < n); i += 1; j -= 1 { a() }; while ; ;  {}',
      ],
      ['while (a) b(); do { c() } while (d)', 'while a { b() }; while d { c() }'],
      [
        'try { a() } catch (e) { b() } finally { c() } try {} catch { d() }',
        'try { a() } except { e = opaque(); b() } finally { c() }; try {} except { d() }',
      ],
      ['function f() { return; return a; throw b; }', 'def f() { return; return a; raise b }'],
      ['outer: for (;;) { break outer; continue }', 'while ; ;  { break; continue }'],
      ['{ a() } ; debugger; "use strict"', '{ a() }; "use strict"'],
    ],
    switch: [
      [
        'switch (a) { case 1: case 2: b(); break; case "c": { d(); break } default: e() }',
        'if (a == 1) { b() } else { if (a == 2) { b() } else { if (a == "c") { d() } else { e() } } }',
      ],
      [
        'switch (a) { default: b(); break; case 1: c(); case 2: return d(); }',
        'if (a == 1) { c(); return d() } else { if (a == 2) { return d() } else { b() } }',
      ],
      ['switch (true) { case a < 1: b() }', 'if (a < 1) { b() }'],
    ],
    definitions: [
      [
        'function f(a: number, b?: string, c = 1, { d }: T = {}, ...e: any[]): void {}',
        'def f(a: number, b: string, c = 1, {d: d}: T = dict(), *e: any[]) {}',
      ],
      [
        'async function f() {} function* g() { yield 1 } function h(this: A, a) {} function i(): void; declare function j(): void',
        'def f() {}; def* g() { (yield 1) }; def h(a) {}',
      ],
      [
        '@d() class A<T> extends B<T> implements C { x: number = 1; y; static z = f(); #p = 1; constructor(private q: number, readonly r = 2) { super() } get v() { return 1 } set v(w) {} static async m() {} *g() {} [k]() {} abstract n(): void; declare o: string; static { h() } "quoted"() {} }',
        '@d() class A(B) { x: number = 1; y; z = f(); #p = 1; def constructor(q: number, r = 2) { this.q = q; this.r = r; super() }; get def v() { return 1 }; def set v(w) {}; static def m() {}; def* g() {}; def () {}; { h() }; def quoted() {} }',
      ],
      ['class A { @b() c = 1; @d e() {} }', 'class A() { b(); c = 1; @d def e() {} }'],
    ],
    'types, which are dropped': [
      [
        'interface A { b: C } type D = E; declare const f: G; declare module "m" { } import type H from "h"; export type { I } from "i"',
        '',
      ],
      ['enum A { B = 1, C = f(), D } const enum E {}', 'A = dict("B": 1, "C": f(), "D": opaque()); E = dict()'],
      ['namespace A { export const b = f() }', '{ b = f() }'],
    ],
    imports: [
      [
        'import a, { b as c, type D, default as e } from "m"; import * as f from "n"; import "o"',
        'import m:default as a, m:b as c, m:default as e; import n as f',
      ],
      ['import a = require("m"); import b = a.c', 'import m as a; b = opaque()'],
      [
        'const a = require("m"), { b, c: d } = require("n"), e = require("o").f',
        'import m as a; import n:b as b, n:c as d; import o:f as e',
      ],
      ['const a = await import("m"); const { b } = await import("n")', 'import m as a; import n:b as b'],
      [
        'const { a = 1 } = require("m"); const { b: { c } } = require("n"); require("o")',
        '{a: a = 1} = require("m"); {b: {c: c}} = require("n"); require("o")',
      ],
    ],
    exports: [
      [
        'export const a = 1; export function f() {} export class B {} export { a as c }',
        'a = 1; def f() {}; class B() {}; c = a',
      ],
      [
        'export { a as b } from "m"; export * from "n"; export * as o from "o"',
        'import m:a as b; import n:* as ; import o as o',
      ],
      [
        'export default f(); export default function () {}; export default class A {}',
        'default = f(); def default() {}; class A() {}; default = A',
      ],
      ['module.exports = { a }; exports.b = c; export = d', 'module.exports = dict("a": a); exports.b = c; d'],
    ],
    'half-typed code': [
      ['const a = ;\nb()', 'a = opaque(); b()'],
      ['a.\nb()', 'a.b()'],
      ['a.', 'a'],
      ['const a = f(b, \nc()', 'a = f(b, c())'],
      ['f(a, )\nf(a b)\ng()', 'f(a); f(a, b); g()'],
      ['if (\na()', 'if a() {}'],
      ['for (const a of \nb()', 'for a in b() {}'],
      ['class A { x( { f() } }\ng()', 'class A() { def x({f: f}) {} }; g()'],
      ['const { a, = b();\nc()', '{a: a, b: b}; c()'],
      ['const a = "b\nc()', 'a = "b"; c()'],
      ['function (a) { b() }\nc()', 'def (a) { b() }; c()'],
      ['import { a from "m";\nb()', 'import m:a as a; b()'],
      ['model.compile({ loss: })\na()', 'model.compile(dict("loss": opaque())); a()'],
      ['}\na()', 'a()'],
    ],
  };

  for (const [title, pairs] of Object.entries(constructs)) {
    it(title, () => {
      for (const [source, tree] of pairs) assert.equal(print(read(source)), tree, source);
    });
  }

  it('takes the language and JSX from the extension', () => {
    const tree = (source: string, path: string) => print(parser.parse(source, path));
    assert.equal(tree('x = <T>y', 'cast.ts'), 'x = y');
    assert.equal(tree('x = <A>{f()}</A>', 'element.js'), 'x = opaque(f())');
    assert.equal(parser.parse('', 'a.mts').language, 'typescript');
    assert.equal(parser.parse('', 'a.cjs').language, 'javascript');
    assert.equal(parser.parse('', 'untitled:Untitled-1').language, 'typescript');
  });

  it('keeps the last good tree of a file that cannot be converted, and moves it along', () => {
    const deep = '['.repeat(20_000);
    parser.parse('a = f();\nb = g();', 'edited.ts');
    const edited = `a = f();\n${deep}\nb = g();`;
    const module = parser.parse(edited, 'edited.ts');
    assert.equal(print(module), 'a = f(); b = g()');
    const [, last] = module.body;
    assert.equal(edited.slice(last?.range.start, last?.range.end), 'b = g()');
    assert.match(module.problems[0]!.message, /nested too deeply/);

    parser.forget('edited.ts');
    assert.equal(print(parser.parse(deep, 'edited.ts')), '');
  });
});
