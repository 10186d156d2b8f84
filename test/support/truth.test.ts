/** The ground truth is checked by itself: gradients against finite differences, terms against their sum. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { evaluate, randomBatch } from './evaluate.ts';
import { type Expression, number, partsOf, reduce } from './expression.ts';
import { randomLosses, wholeOf } from './generate.ts';
import { termsOf } from './terms.ts';
import { truthOf } from './truth.ts';

describe('numbers behind random losses', () => {
  it('has the gradients that finite differences have', () => {
    let compared = 0;
    fc.assert(
      fc.property(randomLosses, ({ terms, seed }) => {
        const [loss, batch] = [wholeOf(terms), randomBatch(seed)];
        const at = (step: number, i: number) =>
          evaluate(loss, { ...batch, weights: batch.weights.with(i, batch.weights[i]! + step) }).data[0]!.value;
        const { gradient } = evaluate(loss, batch).data[0]!;
        for (const [i, g] of gradient.entries()) {
          const [wide, narrow] = [1e-4, 1e-5].map((h) => (at(h, i) - at(-h, i)) / (2 * h)) as [number, number];
          // Where the two differ, a fold (|x|, max) or a detached factor lies between, or the numbers are too large.
          const smooth =
            Number.isFinite(g) && Math.abs(wide - narrow) <= 1e-5 * (1 + Math.abs(wide)) && Math.abs(wide) < 1e3;
          if (!smooth || holdsDetached(loss)) continue;
          assert.ok(Math.abs(g - narrow) <= 1e-4 * (1 + Math.abs(g)), `${g}, and by differences ${narrow}`);
          compared++;
        }
      }),
      { seed: 1, numRuns: 300 },
    );
    assert.ok(compared > 600, `${compared} gradients compared`);
  });

  it('splits a loss into terms that add up to it', () => {
    fc.assert(
      fc.property(randomLosses, ({ terms, seed }) => {
        const [loss, batch] = [wholeOf(terms), randomBatch(seed)];
        const { value, gradient: whole } = evaluate(loss, batch).data[0]!;
        fc.pre(Number.isFinite(value));
        const parts = termsOf(loss, batch).map((t) => evaluate(t, batch).data[0]!.gradient);
        for (const [i, g] of whole.entries()) {
          const total = parts.reduce((sum, part) => sum + (part[i] ?? 0), 0);
          const scale = parts.reduce((sum, part) => sum + Math.abs(part[i] ?? 0), 0);
          if (Number.isFinite(scale))
            assert.ok(Math.abs(g - total) <= 1e-9 * (1 + scale), `${g}, and the terms ${total}`);
        }
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it('measures the degrees of the table', () => {
    const losses: Expression = { is: 'examples' };
    const elements: Expression = { is: 'elements', loss: 'squared' };
    const total = reduce('sum', losses);
    const over = (form: 'actual' | 'nominal'): Expression => ({
      is: 'binary',
      operator: '/',
      left: total,
      right: { is: 'size', form },
    });
    for (const [loss, degree] of [
      [total, 1],
      [reduce('mean', losses), 0],
      [over('actual'), 0],
      [over('nominal'), 0],
      [reduce('max', losses), 0],
      [reduce('logsumexp', losses), 0],
      [reduce('norm', losses), 0.5],
      [{ is: 'map', f: 'sqrt', of: reduce('sum', elements) }, 0.5],
      [{ is: 'penalty', form: 'squares' }, 0],
      [reduce('sum', { is: 'hardest', count: 2, by: 'value', of: losses }), null],
      [{ is: 'map', f: 'log', of: { is: 'binary', operator: '+', left: total, right: number(1) } }, null],
    ] as const) {
      const measured = truthOf(loss, randomBatch(3))?.whole.degree;
      assert.equal(typeof measured === 'number' ? Math.round(measured * 1e6) / 1e6 : measured, degree);
    }
  });
});

const holdsDetached = (e: Expression): boolean => e.is === 'detach' || partsOf(e).some(holdsDetached);
