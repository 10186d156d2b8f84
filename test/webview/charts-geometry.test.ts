import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createCurves } from '../../src/experiment/curves.ts';
import type { ChartName } from '../../src/experiment/curves-charts.ts';
import type { TrainingEvent } from '../../src/protocol.ts';
import { type Frame, frameOf, keepApart, toX, toY, wayOf } from '../../webview/charts/geometry.ts';
import { courseOfEvents, startedEvent, stepEvent } from '../experiment/curves-events.ts';

const ROOM = { width: 360, height: 148, right: 100 };

describe('labels', () => {
  it('are never closer than their gap, in their order, and inside where there is room', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -50, max: 250, noNaN: true }), { maxLength: 6 }), (heights) => {
        const placed = keepApart(heights, 15, 10, 138);
        const sorted = [...placed].sort((a, b) => a - b);
        for (const [i, height] of sorted.entries()) {
          assert.ok(height >= 10 - 1e-9 && height <= 138 + 1e-9);
          assert.ok(i === 0 || height - (sorted[i - 1] ?? 0) >= 15 - 1e-9);
        }
        for (const [i, a] of heights.entries()) {
          for (const [j, b] of heights.entries()) if (a < b) assert.ok((placed[i] ?? 0) < (placed[j] ?? 0));
        }
      }),
    );
  });

  it('stay where they are while they are apart', () => {
    assert.deepEqual(keepApart([100, 20, 60], 15, 10, 138), [100, 20, 60]);
  });
});

describe('the axes of a chart', () => {
  it('have decades where two of them fit, and else 1, 2 and 5', () => {
    const decades = frame('gradientNorm', courseOfEvents({ steps: 50 }));
    assert.deepEqual(texts(decades), ['10', '100']);
    const values = [startedEvent({}), stepEvent(1, { mean: { gradientNorm: 20 } })];
    assert.deepEqual(texts(frame('gradientNorm', values)), ['10', '20', '50']);
  });

  it('write out small and large numbers as powers', () => {
    const values = [startedEvent({}), stepEvent(1, { mean: { updateNorm: 1e-7 }, sum: { updateNorm: 1e6 } })];
    const written = texts(frame('updateNorm', values));
    assert.ok(written.includes('10⁻⁶') && written.includes('1'), written.join(' '));
  });

  it('begin at 0 for the loss, and reach from 0 to 100 for an accuracy', () => {
    const events = courseOfEvents({ steps: 100 });
    assert.equal(frame('loss', events).y.min, 0);
    assert.deepEqual(texts(frame('accuracy', events)), ['0', '25', '50', '75', '100']);
  });

  it('become logarithmic where one arm’s loss would hide the others', () => {
    const values = [startedEvent({}), stepEvent(1, { mean: { loss: 2 }, sum: { loss: 250 } })];
    assert.equal(frame('loss', values).y.logarithmic, true);
    assert.equal(frame('loss', courseOfEvents({ steps: 100 })).y.logarithmic, false);
  });

  it('leave the range to the arms that go on', () => {
    const { y } = frame('loss', courseOfEvents({ steps: 40, divergesAt: 11 }));
    assert.ok(y.max < 5, `reaches to ${y.max}`);
  });

  it('have ticks at whole steps', () => {
    const { x } = frame('loss', courseOfEvents({ steps: 3, finished: true }));
    assert.deepEqual(
      x.ticks.map(({ at }) => at),
      [0, 1, 2, 3],
    );
  });

  it('show each value between their ends', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-30, max: 1e30, noNaN: true }), { minLength: 1, maxLength: 30 }),
        (values) => {
          const events = [
            startedEvent({ reductions: ['mean'] }),
            ...values.map((value, i) => stepEvent(i + 1, { mean: { gradientNorm: value, weightNorm: value } })),
          ];
          for (const chart of ['gradientNorm', 'weightNorm'] as const) {
            const of = frame(chart, events);
            for (const value of values) {
              const y = toY(of, value);
              assert.ok(y >= of.top - 1e-6 && y <= of.top + of.height + 1e-6, `${value} at ${y}`);
            }
          }
        },
      ),
    );
  });
});

describe('the way of a line', () => {
  it('keeps the lowest and the highest point of each column', () => {
    const events = courseOfEvents({ steps: 2000, settings: { reductions: ['mean'] } });
    const of = frame('gradientNorm', events);
    const points = curvesOf(events).data('gradientNorm').curves[0]?.points ?? [];
    const heights = wayOf(points, 'step', of)
      .flat()
      .filter((_, i) => i % 2 === 1);
    const expected = points.map(({ value }) => toY(of, value));
    assert.ok(heights.length / 2 <= 4 * (of.width + 1));
    assert.equal(Math.min(...heights), Math.min(...expected));
    assert.equal(Math.max(...heights), Math.max(...expected));
  });

  it('breaks where a logarithmic axis has no place for a value', () => {
    const values = [1, 2, 0, 3, 4].map((gradientNorm, i) => stepEvent(i + 1, { mean: { gradientNorm } }));
    const events = [startedEvent({ reductions: ['mean'] }), ...values];
    const points = curvesOf(events).data('gradientNorm').curves[0]?.points ?? [];
    assert.deepEqual(
      wayOf(points, 'step', frame('gradientNorm', events)).map((way) => way.length),
      [4, 4],
    );
  });

  it('of a single point is a short line', () => {
    const events = [startedEvent({ reductions: ['mean'] }), stepEvent(1, { mean: {} })];
    const of = frame('loss', events);
    const [way] = wayOf(curvesOf(events).data('loss').curves[0]?.points ?? [], 'step', of);
    const x = toX(of, 1);
    assert.deepEqual([way?.[0], way?.[2]], [x - 1.5, x + 1.5]);
  });
});

function curvesOf(events: readonly TrainingEvent[]) {
  const curves = createCurves();
  for (const event of events) curves.add(event);
  return curves;
}

function frame(chart: ChartName, events: readonly TrainingEvent[]): Frame {
  const curves = curvesOf(events);
  return frameOf(chart, curves.data(chart), 'step', { min: 0, max: curves.extent('step') }, ROOM);
}

const texts = ({ y }: Frame): string[] => y.ticks.map(({ text }) => text);
