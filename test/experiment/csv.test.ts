import assert from 'node:assert/strict';
import { csvOf } from '../../src/experiment/csv.ts';
import type { TrainingEvent } from '../../src/protocol.ts';
import { evaluatedEvent, startedEvent, stepEvent } from './curves-events.ts';

describe('a run as comma-separated values', () => {
  it('has a header with units, and a row for each step and arm', () => {
    const [header, ...rows] = read([
      startedEvent({ reductions: ['mean', 'sum'] }),
      stepEvent(1, { mean: { loss: 2.5 }, sum: { loss: 2.5 } }),
      stepEvent(2, { mean: { loss: 2.25 }, sum: { loss: 1 / 3 } }),
    ]);
    assert.equal(header?.[3], 'training time (s)');
    const loss = header?.indexOf('loss per example') ?? -1;
    assert.deepEqual(
      rows.map((row) => [row[0], row[1], row[loss]]),
      [
        ['1', 'mean', '2.5'],
        ['1', 'sum', '2.5'],
        ['2', 'mean', '2.25'],
        ['2', 'sum', '0.3333333333333333'],
      ],
    );
  });

  it('puts an evaluation into the row of its step, with a column for each class', () => {
    const [header, first, second] = read([
      startedEvent({ reductions: ['mean'], classes: ['cat', 'dog, or "wolf"'] }),
      stepEvent(1, { mean: {} }),
      stepEvent(2, { mean: {} }),
      evaluatedEvent(2, { mean: { accuracy: 0.625, classAccuracy: [0.25, null] } }),
    ]);
    assert.deepEqual(header?.slice(-3), [
      'held-out accuracy (%)',
      'held-out accuracy of cat (%)',
      'held-out accuracy of dog, or "wolf" (%)',
    ]);
    assert.deepEqual(first?.slice(-3), ['', '', '']);
    assert.deepEqual(second?.slice(-3), ['62.5', '25', '']);
  });

  it('gives an arm its own row where it is evaluated between its steps', () => {
    const [, ...rows] = read([
      startedEvent({ reductions: ['mean'], batchFactor: 2 }),
      stepEvent(1, { mean: {} }),
      evaluatedEvent(1, { mean: { accuracy: 0.5 }, 'mean × 2': { accuracy: 0.25 } }),
    ]);
    assert.deepEqual(
      rows.map((row) => [row[0], row[1], row[5]]),
      [
        ['1', 'mean', '1'],
        ['1', 'mean × 2', ''],
      ],
    );
  });

  it('writes out what is not finite', () => {
    const [, row] = read([stepEvent(1, { sum: { loss: Number.NaN, objective: Number.POSITIVE_INFINITY } })]);
    assert.deepEqual(row?.slice(5, 7), ['NaN', 'Infinity']);
  });

  it('is a header alone where nothing was trained', () => {
    assert.equal(read([]).length, 1);
    assert.equal(read([startedEvent({})]).length, 1);
  });
});

/** Reads what RFC 4180 says, and no more. */
function read(events: readonly TrainingEvent[]): string[][] {
  const text = csvOf(events);
  assert.ok(text.endsWith('\r\n'));
  return text
    .slice(0, -2)
    .split('\r\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(([, quoted, plain]) =>
        quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
      ),
    );
}
