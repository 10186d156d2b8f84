import assert from 'node:assert/strict';
import { History } from '../../src/experiment/history.ts';
import type { HistoryEvent } from '../../src/protocol.ts';
import { stepEvent } from '../training/support/saved-run.ts';

const isStep = ({ event }: HistoryEvent): boolean => event === 'step';

describe('the history of a run', () => {
  const diverged = { event: 'diverged', step: 2, arm: 'sum', message: 'sum diverged.' } as const;

  it('keeps every second of the earlier steps where there are too many, and all other events', () => {
    const history = new History<HistoryEvent>(isStep, [], 4);
    for (const event of [1, 2].map((step) => stepEvent(step))) history.add(event);
    history.add(diverged);
    for (const event of [3, 4, 5, 6, 7].map((step) => stepEvent(step))) history.add(event);
    const steps = history.entries.flatMap((event) => (event.event === 'step' ? [event.step] : []));
    assert.deepEqual(steps, [1, 5, 7]);
    assert.ok(history.entries.includes(diverged));
  });

  it('goes on from a saved one as if it had not been interrupted', () => {
    const steps = Array.from({ length: 11 }, (_, i) => stepEvent(i + 1));
    const whole = new History<HistoryEvent>(isStep, [], 4);
    for (const event of steps) whole.add(event);
    const first = new History<HistoryEvent>(isStep, [], 4);
    for (const event of steps.slice(0, 6)) first.add(event);
    const second = new History<HistoryEvent>(isStep, first.entries, 4);
    for (const event of steps.slice(6)) second.add(event);
    assert.deepEqual(second.entries, whole.entries);
  });
});
