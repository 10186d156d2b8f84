/** Input that no analysis may stumble over: it ends, it throws nothing, and what it could not follow it says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import type { Analysis } from '../../src/core/analysis.ts';
import { analyzeText } from '../support/analyze.ts';

const python = `import torch.nn.functional as F


def train(x, y):
    loss = F.mse_loss(net(x), y)
    loss.backward()
`;
const script = `import * as tf from '@tensorflow/tfjs';

export function train(x, y, model, optimizer) {
  optimizer.minimize(() => tf.losses.meanSquaredError(y, model.predict(x)));
}
`;
const pairs = (count: number, line: (i: number) => string) => Array.from({ length: count }, (_, i) => line(i)).join('');

describe('robustness', function () {
  this.timeout(120_000);

  describe('keeps the losses beside', () => {
    const cases: Record<string, { py?: string; ts?: string }> = {
      nothing: { py: '', ts: '' },
      'a byte order mark': { py: '\ufeff', ts: '\ufeff' },
      'lone surrogates': { py: 's = "\ud800"\n', ts: 'const s = "\ud800";\n' },
      'a name that every object has': {
        py: 'constructor(1)\n__proto__ = 1\nx = {"__proto__": 1, "constructor": 2}\nx["constructor"]()\nargs.toString\n',
        ts: 'const o = { __proto__: null, constructor: 1 };\nconst { constructor, toString } = o;\ntoString();\no["__proto__"].x = 1;\n',
      },
      '5 MB in one string': { py: `s = "${'a'.repeat(5e6)}"\n`, ts: `const s = "${'a'.repeat(5e6)}";\n` },
      'deep brackets': {
        py: `s = ${'('.repeat(5000)}1${')'.repeat(5000)}\n`,
        ts: `const s = ${'('.repeat(5000)}1${')'.repeat(5000)};\n`,
      },
      'deep lists': {
        py: `s = ${'['.repeat(5000)}${']'.repeat(5000)}\n`,
        ts: `const s = ${'['.repeat(5000)}${']'.repeat(5000)};\n`,
      },
      'deep calls': { py: `s = ${'f('.repeat(5000)}1${')'.repeat(5000)}\n`, ts: `f(${'() => f('.repeat(5000)}` },
      'a long sum': { py: `s = ${'1 + '.repeat(5000)}1\n`, ts: `const s = ${'1 + '.repeat(5000)}1;\n` },
      'deep functions': {
        py: `${pairs(300, (i) => `${' '.repeat(i)}def f${i}():\n`)}${' '.repeat(300)}pass\n`,
        ts: `${pairs(300, (i) => `function f${i}() {\n`)}${'}'.repeat(300)}\n`,
      },
      'deep branches': {
        py: `${pairs(300, (i) => `${' '.repeat(i)}if a${i}:\n`)}${' '.repeat(300)}pass\n`,
        ts: `${'if (a) {'.repeat(300)}${'}'.repeat(300)}\n`,
      },
      'deep loops': {
        py: `${pairs(300, (i) => `${' '.repeat(i)}for a${i} in b:\n`)}${' '.repeat(300)}pass\n`,
        ts: `${'for (const a of b) {'.repeat(300)}${'}'.repeat(300)}\n`,
      },
      'a long chain of branches': {
        py: `if a:\n    x = 1\n${'elif b:\n    x = 2\n'.repeat(500)}`,
        ts: `if (a) x = 1;${' else if (b) x = 2;'.repeat(500)}\n`,
      },
      recursion: {
        py: 'def f(x):\n    return f(x) + g(x)\ndef g(x):\n    return f(x)\nf(1)\nclass A:\n    def a(self): return self.b()\n    def b(self): return self.a()\nA().a()\n',
        ts: 'const f = (x) => f(x) + g(x);\nconst g = (x) => f(x);\nf(1);\nclass A { a() { return this.b(); } b() { return this.a(); } }\nnew A().a();\n',
      },
      'values that hold themselves': {
        py: 'class B(B): pass\nx = [x]\nx.append(x)\nd = {}\nd["d"] = d\nself.x = self\n',
        ts: 'class B extends B {}\nconst d = {};\nd.d = d;\nconst x = [];\nx.push(x);\n',
      },
      'functions that double the work': {
        py: `${pairs(40, (i) => `def f${i}(x):\n    return f${i + 1}(x) + f${i + 1}(x)\n`)}def f40(x):\n    return x.sum()\nf0(net(1))\n`,
        ts: `${pairs(40, (i) => `function f${i}(x) { return f${i + 1}(x).add(f${i + 1}(x)); }\n`)}f0(1);\n`,
      },
      'values that double': {
        py: `a = [1]\n${'a = [a, a]\n'.repeat(60)}d = {}\n${'d = {"x": d, "y": d}\n'.repeat(60)}s = 1\n${'s = s + s * s\n'.repeat(60)}`,
        ts: `let a = [1];\n${'a = [a, a];\n'.repeat(60)}let d = {};\n${'d = { x: d, y: d };\n'.repeat(60)}`,
      },
      'a huge dictionary': {
        py: `d = {${pairs(50_000, (i) => `"k${i}": ${i}, `)}}\n`,
        ts: `const d = {${pairs(50_000, (i) => `k${i}: ${i}, `)}};\n`,
      },
    };
    for (const [title, { py, ts }] of Object.entries(cases)) {
      if (py !== undefined) it(`${title} in Python`, () => keeps(python + py, 'train.py'));
      if (ts !== undefined) {
        it(`${title} in TypeScript`, () => keeps(script + ts, 'train.ts'));
        it(`${title} in JavaScript`, () => keeps(script + ts, 'train.js'));
      }
    }
  });

  describe('ends on', () => {
    const bytes = pairs(5000, (i) => String.fromCharCode((i * 7919) % 256));
    const cases: Record<string, [string, string]> = {
      'binary data': [bytes, bytes],
      'UTF-16 read as UTF-8': [
        Buffer.from(python, 'utf16le').toString('utf8'),
        Buffer.from(script, 'utf16le').toString('utf8'),
      ],
      'an unterminated string': [`s = """abc\n${python}`, `const s = \`abc \${ \n${script}`],
      'a null byte': [`def\0 f(x):\n${python}`, `const\0 x = 1;\n${script}`],
      'mixed tabs': [`def t(x, y):\n\tif x:\n        l = 1\n\tl.backward()\n    l.backward()\n`, `\tif (x) {\n    y\n`],
    };
    for (const [title, [py, ts]] of Object.entries(cases)) {
      it(title, async () => {
        for (const [text, file] of [
          [py, 'train.py'],
          [ts, 'train.ts'],
          [ts, 'train.jsx'],
        ] as const) {
          const analysis = await analyzeText(text, file);
          assert.ok(!analysis.incomplete?.startsWith('the analysis stopped'), analysis.incomplete);
        }
      });
    }

    it('10,000 lines of training code', async () => {
      const one = (i: number) => `def train${i}(net, loader):
    total = 0
    for x, y in loader:
        if total > ${i}:
            loss = F.cross_entropy(net(x), y, reduction='sum')
        else:
            loss = F.cross_entropy(net(x), y)
        loss.backward()
        total += loss.item()

`;
      const analysis = await analyzeText(`import torch.nn.functional as F\n\n${pairs(1000, one)}`, 'train.py');
      assert.equal(analysis.losses.length, 1000);
      assert.equal(analysis.incomplete, undefined);
    });

    it('a loss of 10,000 terms', async () => {
      const term = (i: number) => `loss = loss + F.cross_entropy(net(x${i}), y, reduction='sum')\n`;
      const text = `import torch.nn.functional as F\nloss = 0\n${pairs(10_000, term)}loss.backward()\n`;
      assert.equal((await analyzeText(text, 'train.py')).losses.length, 1);
    });
  });

  describe('random deletions', () => {
    const folder = path.join(import.meta.dirname, '../fixtures/typical');
    for (const file of ['1-collection.tf1.py', '6-decay.torch.py', '3-scaling.tfjs.ts', '3-scaling-compile.tfjs.js']) {
      it(file, async () => {
        const text = readFileSync(path.join(folder, file), 'utf8');
        const cut = fc.tuple(fc.nat(text.length), fc.integer({ min: 1, max: 200 }));
        await fc.assert(
          fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 4 }), async (cuts) => {
            let rest = text;
            for (const [start, length] of cuts) rest = rest.slice(0, start) + rest.slice(start + length);
            const analysis = await analyzeText(rest, file);
            assert.ok(!analysis.incomplete?.startsWith('the analysis stopped'), analysis.incomplete);
            assertInside(analysis, rest.length);
          }),
          { numRuns: 200, seed: 1 },
        );
      });
    }
  });
});

/** What stands beside the trouble is still read: either the loss is told, or why the rest is missing. */
async function keeps(text: string, file: string): Promise<void> {
  const analysis = await analyzeText(text, file);
  assert.ok(!analysis.incomplete?.startsWith('the analysis stopped'), analysis.incomplete);
  assert.ok(
    analysis.losses.length > 0,
    analysis.incomplete ?? analysis.problems.map((p) => p.message).join(', ') ?? 'no losses',
  );
  assertInside(analysis, text.length);
}

/** Nothing is said about a place that is not in the file. */
function assertInside(analysis: Analysis, length: number): void {
  const ranges = [
    ...analysis.sites.map((s) => s.range),
    ...analysis.losses.flatMap((l) => [l.range, l.sinkRange, ...l.terms.map((t) => t.range)]),
    ...analysis.findings.map((f) => f.range),
    ...analysis.problems.map((p) => p.range),
  ];
  for (const { start, end } of ranges)
    assert.ok(start >= 0 && start <= end && end <= length, `${start}–${end} of ${length}`);
}
