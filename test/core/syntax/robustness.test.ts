import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Parser } from '../../../src/core/syntax/parser.ts';
import type { Module } from '../../../src/core/syntax/tree.ts';
import { loadParser } from '../../../src/workspace/parsers.ts';
import { callsOf, type Placed, placesOf } from './nodes.ts';
import { print } from './print.ts';

for (const [language, path] of [
  ['python', 'train.py'],
  ['typescript', 'train.ts'],
] as const) {
  describe(`any text as ${language}`, () => {
    const sample = readFileSync(new URL(`../../fixtures/syntax/${path}`, import.meta.url), 'utf8');
    let parser: Parser;
    let sampleCalls: number;
    before(async () => {
      parser = await loadParser(language);
      sampleCalls = callsOf(parser.parse(sample, path)).length;
    });
    beforeEach(() => parser.forget(path));

    /** Parses, and checks what must hold for any text. */
    function parse(text: string): Module {
      const module = parser.parse(text, path);
      for (const { range } of [...placesOf(module), ...module.problems]) {
        assert.ok(0 <= range.start && range.start <= range.end && range.end <= text.length, JSON.stringify(range));
      }
      return module;
    }

    it('has the place of every node in the text', () => {
      for (const variant of [sample, `\ufeff${sample}`, sample.replaceAll('\n', '\r\n')]) {
        const places = placesOf(parse(variant));
        assert.ok(places.length > 300);
        for (const place of places) assertPlace(place, variant);
      }
    });

    it('reads the same from Windows line endings and behind a byte order mark', () => {
      const expected = print(parse(sample));
      assert.equal(print(parse(sample.replaceAll('\n', '\r\n'))), expected);
      assert.equal(print(parse(`\ufeff${sample}`)), expected);
    });

    it('keeps the calls around a half-typed line', () => {
      const lineStarts = [...sample.matchAll(/^(?=.)/gm)].map((match) => match.index);
      const kept: number[] = [];
      for (const start of lineStarts) {
        const end = sample.indexOf('\n', start);
        for (const at of [start, (start + end) >> 1, end]) {
          for (const typed of ['x.', 'f(', 'x = ', '[', 'x(y,', '{']) {
            kept.push(callsOf(parse(`${sample.slice(0, at)}${typed}${sample.slice(at)}`)).length);
          }
          // The rest of the line is not yet there.
          kept.push(callsOf(parse(sample.slice(0, at) + sample.slice(end))).length);
        }
      }
      const shares = kept.map((count) => count / sampleCalls).sort((a, b) => a - b);
      const worst = (part: number) => shares[Math.floor(shares.length * part)]!;
      assert.ok(worst(0.01) >= 0.9, `the worst hundredth keeps ${worst(0.01)}`);
      assert.ok(worst(0.1) >= 0.99, `the worst tenth keeps ${worst(0.1)}`);
    });

    it('never throws, whatever is cut out, put in or moved', () => {
      const position = fc.nat(sample.length);
      const edit = fc.record({ from: position, to: position, text: fc.string({ unit: 'binary', maxLength: 8 }) });
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
          let text = sample;
          for (const { from, to, text: inserted } of edits) {
            text = text.slice(0, Math.min(from, to)) + inserted + text.slice(Math.max(from, to));
            parse(text);
          }
        }),
        { numRuns: 200 },
      );
      fc.assert(
        fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
          parse(text);
        }),
        { numRuns: 200 },
      );
    });

    const hostile: Readonly<Record<string, () => string>> = {
      nothing: () => '',
      'a byte order mark alone': () => '\ufeff',
      'blanks and tabs': () => ' \t\n\t  \n    \t\r\n',
      'mixed tabs': () => 'if a:\n\tf()\n        g()\n    \th()\n',
      NULs: () => 'a = f()\0\0\nb\0 = g()\n\0',
      'lone surrogates': () => 'a = "\ud800" + f("\udc00")\n\udfff = \ud83d(1)\n',
      'every UTF-16 unit': () => String.fromCharCode(...Array.from({ length: 0x10000 }, (_, unit) => unit)),
      'a binary file': () =>
        Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919 + (i >> 3)) & 255)).toString('latin1'),
      'an unterminated string': () => `a = f("b\n${sample}`,
      'an unterminated text': () => `a = """ \`${'${'.repeat(50)}\n${sample}`,
      'an unterminated comment': () => `/* ${sample}`,
      'opening brackets': () => '([{'.repeat(5_000),
      'closing brackets': () => ')]}'.repeat(5_000),
      'deep parentheses': () => `x = ${'('.repeat(3_000)}f()${')'.repeat(3_000)}`,
      'deep calls': () => `x = ${'f('.repeat(3_000)}${')'.repeat(3_000)}`,
      'deep lists': () => `x = ${'['.repeat(3_000)}${']'.repeat(3_000)}`,
      'a long sum': () => `x = ${'a + '.repeat(5_000)}f()`,
      'a long chain': () => `x = f()${'.g()'.repeat(5_000)}`,
      'many minus signs': () => `x = ${'- '.repeat(5_000)}f()`,
      'many nots': () => `x = ${'not '.repeat(5_000)}f()`,
      'deep blocks': () => Array.from({ length: 500 }, (_, depth) => `${' '.repeat(depth)}if a:\n`).join(''),
      'deep braces': () => 'if (a) {'.repeat(3_000),
      'a line without an end': () => 'a, '.repeat(300_000),
      '5 MB': () => sample.repeat(Math.ceil(5_000_000 / sample.length)),
    };

    for (const [title, text] of Object.entries(hostile)) {
      it(`survives ${title}`, function () {
        this.timeout(30_000);
        parse(text());
        assert.equal(callsOf(parse(sample)).length, sampleCalls, 'the next parse is sound');
      });
    }
  });
}

/** A name spells itself; a member ends with its property; a call ends with its arguments. */
function assertPlace(place: Placed, text: string): void {
  const slice = text.slice(place.range.start, place.range.end);
  const message = `${place.kind}: ${JSON.stringify(slice)}`;
  switch (place.kind) {
    case 'name':
      // A parameter property stands for an assignment to a member of `this` that is not written out.
      if (place.name !== 'this' || slice.startsWith('this')) assert.equal(slice, place.name, message);
      break;
    case 'member': {
      const { start, end } = place.propertyRange as Placed['range'];
      assert.equal(text.slice(start, end), place.property, message);
      break;
    }
    case 'function':
    case 'class': {
      const { start, end } = place.nameRange as Placed['range'];
      assert.equal(text.slice(start, end), place.name, message);
      break;
    }
    case 'call':
      assert.match(slice, /\)$/, message);
      break;
    case 'index':
      assert.match(slice, /\]$/, message);
      break;
    default:
      assert.equal(slice, slice.trim(), message);
  }
}
