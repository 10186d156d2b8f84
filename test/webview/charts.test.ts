// The charts in a browser, under the content security policy of a webview.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import esbuild from 'esbuild';
import type { Browser, Locator, Page } from 'playwright-core';
import { ensureChromium, launchChromium } from '../../scripts/lib/chromium.ts';
import { type Curves, createCurves } from '../../src/experiment/curves.ts';
import { CHART, type ChartName, formatValue } from '../../src/experiment/curves-charts.ts';
import type { TrainingEvent } from '../../src/protocol.ts';
import { courseOfEvents } from '../experiment/curves-events.ts';

const root = path.resolve(import.meta.dirname, '../..');
const SHOWN: readonly ChartName[] = ['loss', 'gradientNorm', 'updateNorm', 'weightNorm', 'accuracy', 'penaltyShare'];
const ORIGIN = 'http://charts.test';

const THEMES = `
  body { margin: 12px; --vscode-font-family: sans-serif; background: var(--vscode-editor-background); }
  body.vscode-dark { --vscode-foreground: #cccccc; --vscode-descriptionForeground: #9d9d9d; --vscode-charts-blue: #59a4f9;
    --vscode-editor-background: #1f1f1f; --vscode-charts-yellow: #cca700; --vscode-charts-red: #f14c4c;
    --vscode-textLink-foreground: #4daafc; }
  body.vscode-light { --vscode-foreground: #3b3b3b; --vscode-descriptionForeground: #3b3b3b; --vscode-charts-blue: #0063d3;
    --vscode-editor-background: #ffffff; --vscode-charts-yellow: #bf8803; --vscode-charts-red: #e51400;
    --vscode-textLink-foreground: #005fb8; }
  #charts { display: grid; gap: 16px 24px; grid-template-columns: minmax(0, 1fr); }
  @media (min-width: 1000px) { #charts { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
`;

describe('the charts on a page', function () {
  this.timeout(20_000);
  let browser: Browser;
  let files: ReadonlyMap<string, string>;
  let page: Page;
  let complaints: string[];

  before(async function () {
    this.timeout(180_000);
    let executable: string;
    try {
      executable = await ensureChromium(console.log);
    } catch (error) {
      console.log(`Skipped: ${(error as Error).message}`);
      this.skip();
    }
    [browser, files] = await Promise.all([launchChromium(executable), bundle()]);
  });
  after(() => browser?.close());
  afterEach(() => page?.close());

  async function open(events: readonly TrainingEvent[], width = 1280, labelled?: boolean): Promise<Curves> {
    page = await browser.newPage({ viewport: { width, height: 800 } });
    complaints = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.route(`${ORIGIN}/**`, (route) => {
      const { pathname } = new URL(route.request().url());
      const content = files.get(pathname);
      if (content === undefined) return route.fulfill({ status: 404 });
      const contentType = pathname.endsWith('.css')
        ? 'text/css'
        : pathname.endsWith('.js')
          ? 'text/javascript'
          : 'text/html; charset=utf-8';
      const policy = `default-src 'none'; script-src 'nonce-charts'; style-src ${ORIGIN}/charts.css`;
      return route.fulfill({ body: content, contentType, headers: { 'content-security-policy': policy } });
    });
    await page.goto(`${ORIGIN}/`);
    return add(events, labelled);
  }

  const curvesHere = createCurvesOf();
  async function add(events: readonly TrainingEvent[], labelled = events.length > 0): Promise<Curves> {
    await page.evaluate(`page.add(${JSON.stringify(events, notFinite).replace(/"not finite: ([^"]*)"/g, '$1')})`);
    if (labelled) await page.locator('.chart-label').first().waitFor();
    return curvesHere(events);
  }

  const chart = (name: ChartName): Locator => page.locator(`[data-chart=${name}]`);
  const cursorOf = (name: ChartName): Locator => chart(name).getByRole('slider');
  const labelsOf = async (name: ChartName): Promise<string[]> =>
    (await chart(name).locator('.chart-label').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim()).sort();
  const expectedLabels = (curves: Curves, name: ChartName, step: number): string[] =>
    curves
      .valuesAt(name, step)
      .map(({ arm, point }) => `${arm} ${formatValue(name, point.value)}`)
      .sort();
  async function eventually(check: () => Promise<void>): Promise<void> {
    for (const end = Date.now() + 3000; ; ) {
      try {
        return await check();
      } catch (error) {
        if (Date.now() > end) throw error;
        await page.waitForTimeout(20);
      }
    }
  }
  /** How many pixels of a chart's picture have a colour, nearly. */
  const pixels = (name: ChartName, [red, green, blue]: readonly number[]): Promise<number> =>
    page.evaluate(`{
      const canvas = document.querySelector('[data-chart=${name}] canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) {
        const far = Math.abs(data[i] - ${red}) + Math.abs(data[i + 1] - ${green}) + Math.abs(data[i + 2] - ${blue});
        if (far < 24 && data[i + 3] > 200) count++;
      }
      count;
    }`);

  it('draw a line for each arm, with its last value at its end', async () => {
    const curves = await open(courseOfEvents({ steps: 300, finished: true }));
    for (const name of SHOWN) {
      assert.ok((await pixels(name, [0x59, 0xa4, 0xf9])) > 50, `no mean in ${name}`);
      assert.ok((await pixels(name, [0xcc, 0xa7, 0x00])) > 30, `no sum in ${name}`);
      assert.deepEqual(await labelsOf(name), expectedLabels(curves, name, 300));
      assert.equal(await chart(name).getByRole('img').getAttribute('aria-label'), curves.summary(name));
    }
    assert.deepEqual(complaints, []);
  });

  it('show in all charts the values at a cursor that keys move', async () => {
    const curves = await open(courseOfEvents({ steps: 300, finished: true }));
    await cursorOf('loss').focus();
    for (const [key, step] of [
      ['Home', 1],
      ['Shift+ArrowRight', 11],
      ['ArrowRight', 12],
      ['ArrowLeft', 11],
      ['End', 300],
      ['Shift+ArrowLeft', 290],
    ] as const) {
      await page.keyboard.press(key);
      for (const name of SHOWN) {
        await eventually(async () => {
          assert.deepEqual(await labelsOf(name), expectedLabels(curves, name, step));
          assert.equal(await chart(name).locator('.chart-position').textContent(), String(step));
          assert.equal(await cursorOf(name).getAttribute('aria-valuenow'), String(step));
        });
      }
    }
    assert.match(
      (await cursorOf('loss').getAttribute('aria-valuetext')) ?? '',
      /^step 290: mean \S+, sum \S+, max \S+$/,
    );
    await page.keyboard.press('Escape');
    await eventually(async () => {
      assert.equal(await chart('weightNorm').locator('.chart-cursor').isVisible(), false);
      assert.deepEqual(await labelsOf('weightNorm'), expectedLabels(curves, 'weightNorm', 300));
    });
  });

  it('move the cursor with the pointer, and drop it when the pointer leaves', async () => {
    const curves = await open(courseOfEvents({ steps: 300, finished: true }));
    const box = await chart('loss').locator('.u-over').boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width / 2, box.y + 20);
    await eventually(async () => {
      const step = Number(await chart('accuracy').locator('.chart-position').textContent());
      assert.ok(Math.abs(step - 150) <= 1, `the middle is at step ${step}`);
      assert.deepEqual(await labelsOf('gradientNorm'), expectedLabels(curves, 'gradientNorm', step));
    });
    await page.mouse.move(2, 2);
    await eventually(async () => assert.equal(await chart('accuracy').locator('.chart-cursor').isVisible(), false));
  });

  it('zoom all charts to the steps that are dragged over, until a double click', async () => {
    await open(courseOfEvents({ steps: 300, finished: true }));
    const box = await chart('loss').locator('.u-over').boundingBox();
    assert.ok(box);
    const x = (step: number): number => box.x + (box.width * step) / 300;
    await page.mouse.move(x(60), box.y + 20);
    await page.mouse.down();
    await page.mouse.move(x(120), box.y + 40, { steps: 4 });
    await page.mouse.up();
    const stepAtTheMiddle = async (): Promise<number> => {
      await page.mouse.move(x(150), box.y + 21);
      await page.mouse.move(x(150), box.y + 22);
      return Number(await chart('penaltyShare').locator('.chart-position').textContent());
    };
    await eventually(async () => assert.ok(Math.abs((await stepAtTheMiddle()) - 90) <= 2));
    assert.equal(await page.getByRole('button', { name: 'Reset zoom' }).count(), 6);
    await page.mouse.dblclick(x(150), box.y + 30);
    await eventually(async () => assert.ok(Math.abs((await stepAtTheMiddle()) - 150) <= 1));
    assert.equal(await page.getByRole('button', { name: 'Reset zoom' }).count(), 0);
  });

  it('zoom by keys, around the cursor', async () => {
    await open(courseOfEvents({ steps: 300, finished: true }));
    await cursorOf('loss').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('+');
    await page.getByRole('button', { name: 'Reset zoom' }).first().waitFor();
    await page.keyboard.press('Escape');
    await eventually(async () => assert.equal(await page.getByRole('button', { name: 'Reset zoom' }).count(), 0));
  });

  it('put the data of a chart into a table', async () => {
    const curves = await open(courseOfEvents({ steps: 300, divergesAt: 120, finished: true }));
    for (const name of ['loss', 'accuracy'] as const) {
      const button = chart(name).getByRole('button', { name: `Show data: ${CHART[name].title}` });
      await button.focus();
      await page.keyboard.press('Enter');
      const { arms, rows } = curves.table(name);
      const table = chart(name).getByRole('table');
      assert.deepEqual(await table.locator('thead th[scope=col]').allInnerTexts(), ['step', ...arms]);
      const written = await table.locator('tbody tr').allInnerTexts();
      assert.deepEqual(
        written.map((row) => row.split('\t')),
        rows.map(({ step, values }) => [String(step), ...values]),
      );
      assert.match((await table.locator('caption').textContent()) ?? '', new RegExp(CHART[name].title));
    }
  });

  it('mark where an arm diverged, and go on with the others', async () => {
    const curves = await open(courseOfEvents({ steps: 120, divergesAt: 11, settings: { steps: 300 } }));
    assert.deepEqual(
      (await labelsOf('loss')).map((label) => label.split(' ')[0]),
      ['max', 'mean'],
    );
    assert.ok((await pixels('loss', [0xf1, 0x4c, 0x4c])) > 5, 'no cross');
    assert.match((await chart('loss').getByRole('img').getAttribute('aria-label')) ?? '', /diverged at step 11/);
    await cursorOf('loss').focus();
    await page.keyboard.press('Home');
    await eventually(async () => assert.deepEqual(await labelsOf('loss'), expectedLabels(curves, 'loss', 1)));
  });

  it('draw arms of which all have diverged at the first step', async () => {
    const [started] = courseOfEvents({ steps: 1 });
    assert.ok(started);
    const events = courseOfEvents({ steps: 1 }).flatMap((event): TrainingEvent[] =>
      event.event === 'step' ? [{ ...event, arms: event.arms.map((arm) => ({ ...arm, loss: Number.NaN })) }] : [],
    );
    await open([started, ...events], 1280, false);
    await chart('loss').getByRole('button').waitFor();
    assert.equal(await chart('loss').locator('.chart-label').count(), 0);
    assert.equal(await chart('loss').locator('.chart-expectation').count(), 1);
    assert.deepEqual(complaints, []);
  });

  it('say what they should show before there is a run', async () => {
    await open([]);
    await page.locator('.chart-expectation').first().waitFor();
    assert.equal(await page.locator('.chart-expectation').count(), 6);
    assert.equal(await chart('loss').locator('.chart-expectation').textContent(), 'The sum should fall first.');
    assert.equal(await page.getByRole('slider').count(), 0);
    await add(courseOfEvents({ steps: 2 }));
    await eventually(async () => assert.equal(await page.locator('.chart-expectation').count(), 0));
  });

  it('stand on examples or seconds as well', async () => {
    await open(courseOfEvents({ steps: 300, finished: true }));
    await cursorOf('loss').focus();
    await page.keyboard.press('End');
    for (const [axis, end] of [
      ['examples', '38,400'],
      ['seconds', '3.0'],
    ] as const) {
      await page.evaluate(`page.setAxis('${axis}')`);
      await eventually(async () => assert.equal(await chart('loss').locator('.chart-position').textContent(), end));
    }
  });

  it('take the colours of a theme that is changed meanwhile', async () => {
    await open(courseOfEvents({ steps: 100, finished: true }));
    assert.equal(await pixels('weightNorm', [0x00, 0x63, 0xd3]), 0);
    await page.evaluate("document.body.className = 'vscode-light'");
    await eventually(async () => assert.ok((await pixels('weightNorm', [0x00, 0x63, 0xd3])) > 50));
  });

  it('draw nothing while they are hidden, and all when they are shown again', async () => {
    const events = courseOfEvents({ steps: 300 });
    await open(events.slice(0, 100));
    await page.waitForTimeout(200);
    const hide = (hidden: boolean): Promise<unknown> =>
      page.evaluate(`
        Object.defineProperty(document, 'hidden', { configurable: true, value: ${hidden} });
        document.dispatchEvent(new Event('visibilitychange'));
      `);
    await hide(true);
    const before = await labelsOf('loss');
    const curves = await add(events.slice(100));
    await page.waitForTimeout(200);
    assert.deepEqual(await labelsOf('loss'), before);
    await hide(false);
    const last = curves.lastStep;
    await eventually(async () => assert.deepEqual(await labelsOf('loss'), expectedLabels(curves, 'loss', last)));
  });

  for (const width of [320, 1280]) {
    it(`fit into ${width} pixels`, async () => {
      await open(courseOfEvents({ steps: 300, settings: { batchFactor: 2 } }), width);
      const scroll = await page.evaluate('document.documentElement.scrollWidth');
      assert.ok(Number(scroll) <= width, `the page is ${scroll} wide`);
      const outside = await page.evaluate(`[...document.querySelectorAll('.chart-label')].filter((label) => {
        const inner = label.getBoundingClientRect();
        const outer = label.closest('.chart-plot').getBoundingClientRect();
        return inner.left < outer.left || inner.right > outer.right || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
      }).map((label) => label.textContent)`);
      assert.deepEqual(outside, []);
    });
  }

  it('are exported as a vector drawing with its text', async () => {
    await open(courseOfEvents({ steps: 120, divergesAt: 11, settings: { steps: 300 } }));
    const svg = String(await page.evaluate('page.svg()'));
    assert.equal(svg.match(/sum diverged at step 11/g)?.length, 1);
    for (const name of SHOWN) assert.ok(svg.includes(CHART[name].title));
    assert.ok(svg.includes('× 128 at step 1'));
    assert.ok(!/NaN|Infinity|undefined/.test(svg));
    const wrong = await page.evaluate(
      `new DOMParser().parseFromString(${JSON.stringify(svg)}, 'image/svg+xml').querySelectorAll('parsererror').length`,
    );
    assert.equal(wrong, 0);
  });

  it('are exported as a picture of twice the size', async () => {
    await open(courseOfEvents({ steps: 100, finished: true }));
    const png = Buffer.from((await page.evaluate('page.png().then((bytes) => bytes.slice(0, 24))')) as number[]);
    assert.equal(png.subarray(1, 4).toString(), 'PNG');
    assert.equal(png.readUInt32BE(16), 2 * 1040);
    assert.deepEqual(complaints, []);
  });

  it('have nothing that axe finds wrong', async () => {
    await open(courseOfEvents({ steps: 100, finished: true }));
    await chart('loss').getByRole('button').click();
    await cursorOf('loss').focus();
    await page.keyboard.press('+');
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const wrong = await page.evaluate(`axe.run('#charts', { rules: { region: { enabled: false } } })
      .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`);
    assert.deepEqual(wrong, []);
  });
});

async function bundle(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: { page: 'webview/charts/demo.tsx', charts: 'webview/charts/charts.css' },
    bundle: true,
    write: false,
    outdir: '/',
    format: 'iife',
    tsconfig: 'webview/tsconfig.json',
  });
  const textOf = (name: string): string => outputFiles.find((file) => path.basename(file.path) === name)?.text ?? '';
  return new Map([
    ['/page.js', textOf('page.js')],
    ['/charts.css', textOf('charts.css') + THEMES],
    [
      '/',
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Charts</title>
      <link rel="stylesheet" href="charts.css"></head>
      <body class="vscode-dark"><div id="charts"></div><script nonce="charts" src="page.js"></script></body></html>`,
    ],
  ]);
}

/** The same curves as the page's, for what is to be expected. */
function createCurvesOf(): (events: readonly TrainingEvent[]) => Curves {
  let curves = createCurves();
  return (events) => {
    if (events[0]?.event === 'started') curves = createCurves();
    for (const event of events) curves.add(event);
    return curves;
  };
}

const notFinite = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? `not finite: ${value}` : value;
