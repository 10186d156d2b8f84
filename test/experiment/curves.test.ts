import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Curves, createCurves } from '../../src/experiment/curves.ts';
import { CHARTS, formatValue, threeDigits } from '../../src/experiment/curves-charts.ts';
import { createRows } from '../../src/experiment/curves-rows.ts';
import { createSmoothTrack, createTrack, MOST_POINTS, nearest, type Point } from '../../src/experiment/curves-track.ts';
import type { TrainingEvent } from '../../src/protocol.ts';
import { courseOfEvents, evaluatedEvent, startedEvent, stepEvent } from './curves-events.ts';

describe('the curves of a training', () => {
  it('hold the values of each step for each arm, in the units of the charts', () => {
    const curves = curvesOf([
      startedEvent({ reductions: ['mean'] }),
      stepEvent(1, { mean: { loss: 2.5, gradientNorm: 4, dataGradientNorm: 2, penaltyGradientNorm: 0.01 } }),
      stepEvent(2, { mean: { loss: 2, updateNorm: 0.25, weightNorm: 8 } }),
      evaluatedEvent(2, { mean: { accuracy: 0.625 } }),
    ]);
    assert.deepEqual(valuesOf(curves, 'loss', 'mean'), [2.5, 2]);
    assert.deepEqual(valuesOf(curves, 'gradientNorm', 'mean'), [4, 1]);
    assert.deepEqual(valuesOf(curves, 'updateNorm', 'mean'), [0.1, 0.25]);
    assert.deepEqual(valuesOf(curves, 'weightNorm', 'mean'), [7, 8]);
    assert.deepEqual(valuesOf(curves, 'accuracy', 'mean'), [62.5]);
    assert.deepEqual(valuesOf(curves, 'penaltyShare', 'mean'), [0.5, 1]);
  });

  it('know where a step stands on each axis, and back', () => {
    const curves = curvesOf(courseOfEvents({ steps: 100 }));
    assert.equal(curves.positionOf(40, 'examples'), 40 * 128);
    assert.equal(curves.positionOf(40, 'seconds'), 0.4);
    for (const x of ['step', 'examples', 'seconds'] as const) {
      assert.equal(curves.stepAt(curves.positionOf(40, x), x), 40);
      assert.equal(curves.stepAt(-1, x), 1);
      assert.equal(curves.stepAt(1e9, x), 100);
    }
  });

  it('reach to the planned end, and to the last step of a run that was stopped', () => {
    const events = courseOfEvents({ steps: 100, settings: { steps: 400 } });
    const curves = curvesOf(events);
    assert.equal(curves.extent('step'), 400);
    assert.equal(curves.extent('examples'), 400 * 128);
    curves.add({ event: 'finished', reason: 'stopped', step: 100, laws: [] });
    assert.equal(curves.extent('step'), 100);
  });

  it('give an arm with a larger batch values at its own steps only', () => {
    const curves = curvesOf(courseOfEvents({ steps: 8, settings: { reductions: ['mean'], batchFactor: 4 } }));
    assert.deepEqual(
      pointsOf(curves, 'loss', 'mean × 4').map(({ step }) => step),
      [4, 8],
    );
    assert.deepEqual(
      curves.valuesAt('loss', 5).map(({ arm, point }) => [arm, point.step]),
      [
        ['mean', 5],
        ['mean × 4', 4],
      ],
    );
  });

  it('end an arm at its last finite value', () => {
    const curves = curvesOf(courseOfEvents({ steps: 40, divergesAt: 11 }));
    const sum = curves.data('loss').curves.find(({ arm }) => arm === 'sum');
    assert.equal(sum?.divergedAt, 11);
    assert.equal(sum?.points.at(-1)?.step, 10);
    assert.ok(CHARTS.every((chart) => pointsOf(curves, chart, 'sum').every(({ value }) => Number.isFinite(value))));
    assert.deepEqual(
      curves.valuesAt('loss', 30).map(({ arm }) => arm),
      ['mean', 'max'],
    );
    assert.match(
      curves.summary('loss'),
      /^Loss per example over 40 steps: mean from .*; sum from .*, diverged at step 11;/,
    );
  });

  it('end an arm whose numbers are not finite from the start', () => {
    const curves = curvesOf([startedEvent({}), stepEvent(1, { sum: { loss: Number.NaN }, mean: {} })]);
    assert.deepEqual(
      curves.data('loss').curves.map(({ arm }) => arm),
      ['mean'],
    );
    assert.deepEqual(curves.table('loss').rows, [{ step: 1, values: ['diverged', '1.00'] }]);
  });

  it('say how many times the norm of the sum is that of the mean, at the first step', () => {
    const curves = curvesOf(courseOfEvents({ steps: 3 }));
    for (const chart of ['gradientNorm', 'updateNorm'] as const) {
      assert.equal(curves.data(chart).bracket?.ratio, 128);
      assert.equal(curves.data(chart).bracket?.step, 1);
    }
    assert.equal(curves.data('loss').bracket, null);
    const later = curvesOf([startedEvent({ after: 300 }), stepEvent(301, { sum: {}, mean: {} })]);
    assert.equal(later.data('gradientNorm').bracket, null);
  });

  it('say which arms are equal, and only while every value is', () => {
    const curves = curvesOf(courseOfEvents({ steps: 20, matched: true, settings: { reductions: ['sum', 'mean'] } }));
    assert.deepEqual(curves.data('loss').equal, [['sum', 'mean']]);
    assert.match(curves.summary('loss'), /All values of sum and mean are equal\.$/);
    curves.add(stepEvent(21, { sum: { loss: 1 }, mean: { loss: 1 + 1e-7 } }));
    assert.deepEqual(curves.data('loss').equal, []);
    assert.deepEqual(curves.data('gradientNorm').equal, [['sum', 'mean']]);
  });

  it('are the same in one piece, repeated, or replayed', () => {
    const events = courseOfEvents({ steps: 60 });
    const once = curvesOf(events);
    const twice = curvesOf([...events.slice(0, 40), ...events.slice(20)]);
    for (const chart of CHARTS) assert.deepEqual(twice.data(chart), once.data(chart));
  });

  it('go on with a run that is continued, and begin anew with another', () => {
    const curves = curvesOf(courseOfEvents({ steps: 10, finished: true }));
    curves.add(startedEvent({ after: 10, steps: 5, reductions: ['mean', 'sum', 'max'] }));
    assert.equal(curves.extent('step'), 15);
    curves.add(stepEvent(11, { mean: { loss: 0.125 } }));
    assert.equal(pointsOf(curves, 'loss', 'mean').length, 11);
    curves.add(startedEvent({ reductions: ['sum'] }));
    assert.deepEqual(curves.arms, ['sum']);
    assert.equal(curves.lastStep, 0);
  });

  it('tell who listens, until they no longer do', () => {
    const curves = createCurves();
    let calls = 0;
    const stop = curves.onChange(() => calls++);
    curves.add(startedEvent({}));
    stop();
    curves.add(stepEvent(1, { sum: {} }));
    assert.equal(calls, 1);
  });

  it('have a table of at most fifty rows, with the first and the last, of exact values', () => {
    for (const steps of [1, 7, 49, 50, 51, 300, 2345]) {
      const events = courseOfEvents({ steps });
      const { rows } = curvesOf(events).table('loss');
      assert.ok(rows.length <= 50, `${rows.length} rows`);
      assert.equal(rows[0]?.step, 1);
      assert.equal(rows.at(-1)?.step, steps);
      for (const { step, values } of rows) {
        const event = events.find((one) => one.event === 'step' && one.step === step);
        const losses = event?.event === 'step' ? event.arms.map(({ loss }) => formatValue('loss', loss)) : [];
        assert.deepEqual(values, losses);
      }
    }
  });

  it('have a summary of what is there before the first value', () => {
    const curves = createCurves();
    assert.equal(curves.summary('loss'), 'Loss per example: no run yet.');
    curves.add(startedEvent({}));
    assert.equal(curves.summary('accuracy'), 'Held-out accuracy: no value yet.');
  });
});

describe('a line in bounded memory', () => {
  it('keeps every point while they are few', () => {
    const track = createTrack();
    const points = series(MOST_POINTS);
    for (const point of points) track.add(point);
    assert.deepEqual(track.points, points);
  });

  it('keeps the first, the last and all extremes of a long run', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: MOST_POINTS, max: 30_000 }),
        fc.array(fc.tuple(fc.nat(29_999), fc.double({ min: -1e6, max: 1e6, noNaN: true })), { maxLength: 5 }),
        (length, spikes) => {
          const points = series(length).map((point, i) => ({
            ...point,
            value: spikes.find(([at]) => at === i)?.[1] ?? point.value,
          }));
          const track = createTrack();
          for (const point of points) track.add(point);
          const kept = track.points.map(({ value }) => value);
          assert.ok(kept.length <= MOST_POINTS && kept.length > MOST_POINTS / 4);
          assert.equal(track.points[0], points[0]);
          assert.equal(track.points.at(-1), points.at(-1));
          assert.equal(Math.max(...kept), Math.max(...points.map(({ value }) => value)));
          assert.equal(Math.min(...kept), Math.min(...points.map(({ value }) => value)));
          assert.ok(track.points.every(({ step }, i) => i === 0 || step > (track.points[i - 1]?.step ?? step)));
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('the mean of nine steps', () => {
  it('takes fewer at both ends, so that the first and the last point are measured', () => {
    for (const length of [1, 2, 5, 8, 9, 10, 13, 40]) {
      const points = series(length);
      const smooth = createSmoothTrack(false);
      for (const point of points) smooth.add(point);
      const expected = points.map((_, i) => {
        const reach = Math.min(4, i, length - 1 - i);
        const around = points.slice(i - reach, i + reach + 1);
        return around.reduce((sum, { value }) => sum + value, 0) / around.length;
      });
      assert.deepEqual(
        smooth.points.map(({ value }) => value.toFixed(9)),
        expected.map((value) => value.toFixed(9)),
      );
      assert.deepEqual(
        smooth.points.map(({ step }) => step),
        points.map(({ step }) => step),
      );
    }
  });

  it('is geometric on a logarithmic axis', () => {
    const smooth = createSmoothTrack(true);
    for (const [i, value] of [1, 10, 100].entries()) smooth.add({ step: i + 1, examples: 0, seconds: 0, value });
    assert.ok(Math.abs((smooth.points[1]?.value ?? 0) - 10) < 1e-12);
  });
});

describe('the point nearest to a step', () => {
  it('is the earlier of two as near', () => {
    const points = [1, 3, 10].map((step) => ({ step, examples: 0, seconds: 0, value: 0 }));
    assert.deepEqual(
      [-5, 1, 2, 3, 6, 7, 99].map((step) => nearest(points, step, 'step')?.step),
      [1, 1, 1, 3, 3, 10, 10],
    );
    assert.equal(nearest([], 1, 'step'), undefined);
  });
});

describe('the rows of a table', () => {
  it('are those of round steps', () => {
    const rows = createRows<{ step: number }>(1);
    for (let step = 1; step <= 400; step++) rows.add({ step });
    assert.deepEqual(
      rows.rows.map(({ step }) => step),
      [1, ...Array.from({ length: 40 }, (_, i) => 10 * (i + 1))],
    );
  });
});

describe('a value in a chart', () => {
  it('has three significant digits', () => {
    assert.deepEqual([0, 0.00207, 0.37, 68.44, 999.6, 1280, 51_234, 3.90625e-6, 2.5e9].map(threeDigits), [
      '0',
      '0.00207',
      '0.370',
      '68.4',
      '1,000',
      '1,280',
      '51,200',
      '3.91e-6',
      '2.50e9',
    ]);
  });
  it('has one decimal where it is an accuracy', () => {
    assert.equal(formatValue('accuracy', 84.46), '84.5');
  });
});

function curvesOf(events: readonly TrainingEvent[]): Curves {
  const curves = createCurves();
  for (const event of events) curves.add(event);
  return curves;
}

function pointsOf(curves: Curves, chart: (typeof CHARTS)[number], arm: string): readonly Point[] {
  return curves.data(chart).curves.find((curve) => curve.arm === arm)?.points ?? [];
}

const valuesOf = (...of: Parameters<typeof pointsOf>): number[] => pointsOf(...of).map(({ value }) => value);

/** A course with peaks, which no two points share. */
function series(length: number): Point[] {
  return Array.from({ length }, (_, i) => ({
    step: i + 1,
    examples: 128 * (i + 1),
    seconds: i / 100,
    value: Math.sin(i * 0.7) * 10 + i / 100,
  }));
}
