/**
 * A page with nothing but the charts, for tests and measurements: it is told its events by whoever drives the browser.
 */
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { createCurves, type XAxis } from '../../src/experiment/curves.ts';
import type { TrainingEvent } from '../../src/protocol.ts';
import { Charts } from './charts.tsx';
import { toPng, toSvg } from './export.ts';

const curves = createCurves();
let setAxis: (x: XAxis) => void = () => {};

function Page() {
  const [x, setX] = useState<XAxis>('step');
  setAxis = setX;
  return <Charts curves={curves} x={x} expectations={{ loss: 'The sum should fall first.' }} />;
}

const page = {
  curves,
  add(events: readonly TrainingEvent[]) {
    for (const event of events) curves.add(event);
  },
  /** Adds so many events a second, and resolves when all are added. */
  async play(events: readonly TrainingEvent[], perSecond: number) {
    const start = performance.now();
    for (let added = 0; added < events.length; ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const due = Math.min(events.length, Math.ceil(((performance.now() - start) / 1000) * perSecond));
      page.add(events.slice(added, due));
      added = due;
    }
  },
  setAxis: (x: XAxis) => setAxis(x),
  svg: () => toSvg(curves, OPTIONS),
  png: async () => [...new Uint8Array(await (await toPng(curves, OPTIONS)).arrayBuffer())],
};
export type DemoPage = typeof page;

const OPTIONS = {
  title: 'At the same rate, how differently do sum and mean train?',
  lines: ['mean: batch 128, rate 0.002, penalty 0.0005 · sum: batch 128, rate 0.002, penalty 0.0005', 'A & B < C'],
  along: 'step',
} as const;

Object.assign(globalThis, { page });
const place = document.getElementById('charts');
if (place) render(<Page />, place);
