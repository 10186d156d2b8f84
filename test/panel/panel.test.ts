// "Compare sum vs mean" as a user meets it: in the real VS Code, with the packaged extension and real trainings.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FrameLocator, Page } from 'playwright-core';
import { endEverythingOnSignal } from '../../scripts/lib/processes.mjs';
import { cacheFolder } from '../../scripts/lib/toolchain.mjs';
import type { Window } from '../../scripts/lib/workbench.ts';
import { parseSavedRun } from '../../src/protocol.ts';
import {
  accessibilityProblems,
  answerDialog,
  button,
  chooseExport,
  closeEditors,
  curvesOf,
  ended,
  everyCurve,
  lawsOf,
  openFile,
  openPanel,
  press,
  sentenceOf,
  set,
  startVsCode,
  stepOf,
  untilKept,
  untilShown,
  untilStep,
  type VsCode,
  waitUntil,
} from './window.ts';

/** Small enough to end in a second. */
const SHORT = { 'Batch size': 16, Steps: 24 };
/** Long enough for whatever is done in the middle. */
const LONG = { 'Batch size': 16, Steps: 100_000 };

const CIFAR10 = process.env.LOSS_LENS_CIFAR10 ?? path.resolve(import.meta.dirname, '../../../shared/data/cifar10-tiny');

endEverythingOnSignal();

let code: VsCode;
let window: Window;
let page: Page;
let panel: FrameLocator;

async function start(options?: Parameters<typeof startVsCode>[0]): Promise<void> {
  code = await startVsCode(options);
  window = await code.open();
  ({ page, webview: panel } = window);
  await window.command('View: Close Primary Side Bar');
}

async function run(settings: Readonly<Record<string, string | number>>): Promise<void> {
  await set(panel, settings);
  await press(panel, 'Start');
  await ended(panel);
}

/** Starts a training and waits for some steps of it. */
async function runUntil(step: number, settings: Readonly<Record<string, string | number>> = LONG): Promise<void> {
  await set(panel, settings);
  await press(panel, /^(Start|Run again|Start again)$/);
  await button(panel, 'Pause').waitFor();
  await untilStep(panel, step);
}

async function pause(): Promise<number> {
  await press(panel, 'Pause');
  await button(panel, 'Resume').waitFor();
  return stepOf(panel);
}

const inWorkspace = (file: string): string => path.join(code.workspace, file);

const hasOverflow = (): Promise<boolean> =>
  panel.locator(':root').evaluate((html) => html.scrollWidth > html.clientWidth);

/** That curves, laws and the sentence of the first preset say the same. */
async function agreesWithItself(batchSize: number, learningRate: number): Promise<void> {
  const laws = await lawsOf(panel);
  assert.equal(Number(laws.Loss?.measured), batchSize);
  assert.equal(Number(laws.Gradient?.measured), batchSize);
  assert.deepEqual(
    Object.entries(laws).filter(([, { verdict }]) => verdict === 'does not hold'),
    [],
  );
  const first = async (chart: 'loss' | 'gradientNorm' | 'updateNorm') =>
    [...(await curvesOf(panel, chart))].map(([, curve]) => Number(curve.get(1)?.replaceAll(',', '')));
  const ratio = ([sum = Number.NaN, mean = Number.NaN]: number[]): number => sum / mean;
  // Tables show three digits.
  const near = (value: number, expected: number): boolean => Math.abs(value / expected - 1) < 0.01;
  assert.equal(ratio(await first('loss')), 1, 'the arms start from the same weights, on the same batch');
  assert.ok(near(ratio(await first('gradientNorm')), batchSize));
  assert.ok(near(ratio(await first('updateNorm')), batchSize));

  const sentence = await sentenceOf(panel);
  const equivalent = Number((learningRate * batchSize).toPrecision(3));
  const claim = `At rate ${learningRate} sum trains like a mean at ${equivalent} with the penalty ÷ ${batchSize}: it gets`;
  assert.ok(sentence.startsWith(claim), sentence);
  await namesAccuracies(sentence);
}

/** That a sentence says the last accuracy of each arm, as the table has it. */
async function namesAccuracies(sentence: string): Promise<void> {
  const last = [...(await curvesOf(panel, 'accuracy'))].map(([, curve]) => [...curve.values()].at(-1));
  assert.ok(last.length > 0);
  for (const accuracy of last) assert.ok(sentence.includes(`${accuracy} %`), `${sentence} Not ${accuracy}.`);
}

const presetChecks: Readonly<Record<string, () => Promise<void>>> = {
  'Same rate': () => agreesWithItself(SHORT['Batch size'], 0.01),
  async 'Matched updates'() {
    const { measured, verdict } = (await lawsOf(panel))['Matched updates'] ?? {};
    assert.equal(verdict, 'holds');
    const sentence = await sentenceOf(panel);
    assert.match(sentence, /sum’s learning rate ÷ 16/);
    assert.match(sentence, /compared 4 times up to step 24/);
    if (Number.parseFloat(measured ?? '') === 0) assert.match(sentence, /no weight differs/);
    else assert.match(sentence, /weights differ by \S+ at most/);
    const curves = await curvesOf(panel, 'accuracy');
    assert.deepEqual([...(curves.get('sum') ?? [])], [...(curves.get('mean') ?? [])]);
  },
  async 'Double the batch'() {
    const { measured } = (await lawsOf(panel))['Linear scaling*'] ?? {};
    assert.match(measured ?? '', /\d/);
    assert.match(await sentenceOf(panel), /^After the same 384 examples the held-out loss at batch 16 and 32 is \d/);
    assert.deepEqual([...(await curvesOf(panel, 'loss')).keys()], ['sum', 'mean', 'sum × 2', 'mean × 2']);
  },
  async 'Penalty drifts'() {
    const { measured, verdict } = (await lawsOf(panel))['Penalty’s share'] ?? {};
    assert.equal(verdict, 'holds');
    const sentence = await sentenceOf(panel);
    assert.ok(measured && sentence.includes(`the penalty’s share of the gradient shrinks, ${measured}`), sentence);
  },
  async 'Worst case'() {
    assert.equal((await lawsOf(panel))['Worst example']?.verdict, 'holds');
    const sentence = await sentenceOf(panel);
    assert.match(sentence, /^Max gets/);
    await namesAccuracies(sentence);
  },
};

async function hasNumbersOfTheFile(): Promise<void> {
  const form = panel.getByRole('form', { name: 'Settings' });
  const values = await Promise.all(
    ['Batch size', 'Learning rate', 'Penalty (L2)'].map((label) =>
      form.getByLabel(label, { exact: true }).inputValue(),
    ),
  );
  assert.deepEqual(values, ['128', '0.002', '0.0005']);
  assert.equal(await form.getByLabel('Optimiser', { exact: true }).inputValue(), 'sgd');
  const links = await form.getByRole('button', { name: /^pytorch_sum\.py:\d+$/ }).allTextContents();
  const lines = readFileSync(inWorkspace('pytorch_sum.py'), 'utf8').split('\n');
  const lineOf = (part: string): string => `pytorch_sum.py:${lines.findIndex((line) => line.includes(part)) + 1}`;
  const optimizer = lineOf('torch.optim.SGD');
  assert.ok(links.includes(lineOf('DataLoader(train_set')) || links.includes(lineOf('BATCH_SIZE =')), String(links));
  assert.equal(links.filter((link) => link === optimizer).length, 3, String(links));
}

/** The name of what has the focus in the panel. */
const focused = (): Promise<string> =>
  panel.locator(':focus').evaluate((element) => {
    const { labels } = element as typeof element & { readonly labels?: ArrayLike<typeof element> };
    return element.ariaLabel || labels?.[0]?.textContent || element.textContent || '';
  });

/** Presses Tab until something has the focus whose name begins so. */
async function tabTo(name: string): Promise<void> {
  const passed: string[] = [];
  while (passed.length < 60) {
    await page.keyboard.press('Tab');
    const now = (await focused()).trim();
    if (now.startsWith(name)) return;
    passed.push(now);
  }
  assert.fail(`Tab does not reach ${name}, but ${passed.join(' | ')}`);
}

/** Saves something of the panel into the workspace and returns it as text. */
async function exported(name: string, item: string): Promise<string> {
  await chooseExport(panel, item);
  await answerDialog(page, inWorkspace(name));
  const read = (): string => (existsSync(inWorkspace(name)) ? readFileSync(inWorkspace(name), 'latin1') : '');
  let text = '';
  await waitUntil(`the whole of ${name}`, async () => {
    const before = text;
    text = read();
    return text !== '' && text === before;
  });
  return readFileSync(inWorkspace(name), 'utf8');
}

/** What stays the same for a panel whatever is done with it. */
function panelTests(tests: () => void, options?: Parameters<typeof startVsCode>[0]): void {
  before(async function () {
    this.timeout(240_000);
    await start(options);
  });
  afterEach(async function () {
    this.timeout(30_000);
    if (this.currentTest?.state === 'failed') {
      const picture = path.join(cacheFolder, `panel-failure-${this.currentTest.title.replace(/\W+/g, '-')}.png`);
      await page.screenshot({ path: picture }).catch(() => {});
      console.log(`The screen of VS Code is in ${picture}.`);
      await page.keyboard.press('Escape');
    }
    await closeEditors(window);
    await code.untilTraining(0);
  });
  after(async function () {
    this.timeout(30_000);
    await code?.close();
  });
  tests();
  it('loads nothing that its content security policy forbids, and writes no errors to the console', () => {
    assert.deepEqual(code.complaints, []);
  });
}

describe('the panel', function () {
  this.timeout(60_000);

  panelTests(() => {
    it('trains on the built-in drawings, and curves, laws and sentence say the same', async () => {
      await openPanel(window);
      await run({ 'Batch size': 16, Steps: 200 });
      assert.equal(await stepOf(panel), 200);
      await agreesWithItself(16, 0.05);
    });

    it('trains on a folder of CIFAR-10', async function () {
      if (!existsSync(path.join(CIFAR10, 'data_batch_1.bin'))) {
        console.log(`      There is no ${CIFAR10}: name a folder of CIFAR-10 in LOSS_LENS_CIFAR10.`);
        this.skip();
      }
      await openPanel(window);
      await panel.getByLabel('Data', { exact: true }).selectOption('folder');
      await answerDialog(page, CIFAR10);
      await panel.locator('.path', { hasText: CIFAR10 }).waitFor();
      await run({ 'Batch size': 16, 'Learning rate': 0.001, Steps: 200 });
      assert.equal(await stepOf(panel), 200);
      assert.match((await panel.locator('footer').textContent()) ?? '', /CIFAR-10/);
      await agreesWithItself(16, 0.001);
    });

    it('pauses, takes one step, goes on and stops', async () => {
      await openPanel(window);
      await runUntil(5);
      const at = await pause();
      // Had a step come meanwhile, this would lead further.
      await press(panel, 'One step');
      await untilStep(panel, at + 1);
      await press(panel, 'One step');
      await untilStep(panel, at + 2);
      assert.equal(await stepOf(panel), at + 2);
      await press(panel, 'Resume');
      await untilStep(panel, at + 10);
      await press(panel, 'Stop');
      await ended(panel);
      assert.match(await sentenceOf(panel), new RegExp(`it was stopped at step ${await stepOf(panel)} of 100000`));
    });

    it('is there again after a reload of the window, and goes on at the next step', async () => {
      await openPanel(window);
      await runUntil(20, { 'Batch size': 16, Steps: 40_000 });
      await untilKept(page, '"steps":40000');
      const running = await stepOf(panel);
      await page.reload();
      await untilShown(panel);
      await ended(panel);
      const stopped = await stepOf(panel);
      assert.ok(stopped >= running, `${running} steps were shown, and ${stopped} are left`);
      assert.equal(await panel.getByLabel('Batch size', { exact: true }).inputValue(), '16');

      await press(panel, /^Go on/);
      await button(panel, 'Pause').waitFor();
      await untilStep(panel, stopped + 5);
      const paused = await pause();
      const rows = [...((await curvesOf(panel, 'loss')).get('sum')?.keys() ?? [])];
      assert.equal(rows[0], 1, 'the curves go on');
      const before = await everyCurve(panel);
      await page.reload();
      await untilShown(panel);
      await ended(panel);
      assert.equal(await everyCurve(panel), before);
      assert.equal(await stepOf(panel), paused);
      await press(panel, /^Go on/);
      await untilStep(panel, paused + 1);
    });

    it('trains on behind another editor and shows every step when it comes back', async () => {
      await openPanel(window);
      await runUntil(1, { 'Batch size': 16, Steps: 600 });
      await openFile(window, 'pytorch_mean.py');
      await page.locator('.statusbar-item', { hasText: /Compare sum vs mean.*step \d+ of 600/ }).waitFor();
      await code.untilTraining(0);
      await page.getByRole('tab', { name: 'Compare sum vs mean' }).click();
      await ended(panel);
      assert.equal(await stepOf(panel), 600);
      assert.equal(await page.locator('.statusbar-item', { hasText: /step \d+ of 600/ }).count(), 0);
      const csv = await exported('numbers.csv', 'Export numbers … CSV');
      const steps = csv.split('\r\n').flatMap((line) => (line.includes(',sum,') ? [Number(line.split(',')[0])] : []));
      assert.deepEqual(
        steps,
        Array.from({ length: 600 }, (_, i) => i + 1),
      );
    });

    it('writes its numbers, its charts and its run to files, and opens the run again', async () => {
      await openPanel(window);
      await run(SHORT);
      const shown = await everyCurve(panel);

      const csv = (await exported('run.csv', 'Export numbers … CSV')).split('\r\n');
      assert.match(csv[0] ?? '', /^step,arm,/);
      assert.equal(csv.length, 1 + 24 * 3 + 1);
      const losses = (await curvesOf(panel, 'loss')).get('mean');
      const column = (csv[0] ?? '').split(',').indexOf('loss per example');
      const last = csv.find((line) => line.startsWith('24,mean,'))?.split(',')[column];
      assert.equal(Number(last).toPrecision(3), losses?.get(24));

      const svg = await exported('run.svg', 'Export charts … SVG');
      assert.match(svg, /^<svg[^>]*>[\s\S]*At the same rate, how differently[\s\S]*<\/svg>\s*$/);
      await exported('run.png', 'Export charts … PNG');
      assert.deepEqual([...readFileSync(inWorkspace('run.png')).subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);

      const saved = parseSavedRun(await exported('short.lossrun.json', 'Save run … .lossrun.json'));
      assert.equal(saved.state.step, 24);
      await closeEditors(window);
      await openFile(window, 'short.lossrun.json');
      await untilShown(panel);
      await ended(panel);
      assert.equal(await everyCurve(panel), shown);
      await press(panel, 'Go on, 24 steps');
      await untilStep(panel, 48);
      await ended(panel);
      const losses48 = (await curvesOf(panel, 'loss')).get('mean');
      assert.deepEqual(losses48?.get(24), losses?.get(24));
      assert.ok(losses48?.has(48));
      assert.equal(parseSavedRun(readFileSync(inWorkspace('short.lossrun.json'), 'utf8')).state.step, 24);
    });

    it('puts scripts on the clipboard that repeat the run', async () => {
      await openPanel(window);
      await run(SHORT);
      for (const [kind, line] of [
        ['PyTorch', 'import torch'],
        ['TensorFlow', 'import tensorflow'],
      ] as const) {
        await chooseExport(panel, `Copy as script ${kind}`);
        await page.locator('.statusbar-item', { hasText: `Copied: ${kind} script` }).waitFor();
        const text = await page.evaluate<string>('navigator.clipboard.readText()');
        assert.ok(text.includes(line), text.slice(0, 200));
      }
    });

    it('says that the process was killed, keeps what there is, and starts again', async () => {
      await openPanel(window);
      await runUntil(10);
      const [pid] = await code.untilTraining(1);
      process.kill(pid!, 'SIGKILL');
      const notice = panel.getByRole('alert');
      await notice.waitFor();
      assert.match((await notice.textContent()) ?? '', /The training process was ended by SIGKILL/);
      assert.ok((await stepOf(panel)) >= 10);
      assert.ok((await curvesOf(panel, 'loss')).get('mean')?.has(1));
      assert.deepEqual(await accessibilityProblems(panel), []);
      await set(panel, SHORT);
      await press(panel, 'Start again');
      await ended(panel);
      assert.equal(await stepOf(panel), 24);
    });

    it('has one process for a panel, however often it is started, and ends it with the panel', async () => {
      await openPanel(window);
      await code.untilTraining(0);
      await set(panel, LONG);
      await button(panel, 'Start').evaluate((start) => {
        start.click();
        start.click();
      });
      await button(panel, 'Pause').waitFor();
      assert.equal(code.trainingProcesses().length, 1);

      await openPanel(window);
      await code.untilTraining(1);
      await runUntil(1);
      assert.equal(code.trainingProcesses().length, 2);
      await window.command('View: Revert and Close Editor');
      await code.untilTraining(1, 2);
      await closeEditors(window);
      await code.untilTraining(0, 2);
    });

    for (const [preset, check] of Object.entries(presetChecks)) {
      it(`says of "${preset}" what its data say`, async () => {
        await openPanel(window);
        await panel.getByRole('navigation').getByRole('button', { name: preset }).click();
        await run({ ...SHORT, 'Learning rate': 0.01, 'Evaluate every': 12, 'Measure every': 8 });
        await check();
      });
    }

    it('opens above a loss with the numbers of the file and where they stand', async () => {
      await openFile(window, 'pytorch_sum.py');
      await page.locator('.codelens-decoration a', { hasText: 'Compare sum vs mean' }).click();
      await untilShown(panel);
      await hasNumbersOfTheFile();

      const batch = panel.locator('.field', { hasText: /^Batch size/ });
      await set(panel, { 'Batch size': 32 });
      // The page is drawn a frame later.
      await batch.getByText('edited · file: 128').waitFor();
      await batch.getByRole('button', { name: 'file: 128' }).click();
      await batch.getByText('from pytorch_sum.py').waitFor();
      assert.equal(await panel.getByLabel('Batch size', { exact: true }).inputValue(), '128');

      const link = batch.getByRole('button', { name: /^pytorch_sum\.py:\d+$/ });
      const line = /\d+$/.exec((await link.textContent()) ?? '')?.[0];
      await link.click();
      await page.locator('.statusbar-item', { hasText: `Ln ${line},` }).waitFor();
    });

    it('opens from the link in a hover', async () => {
      await openFile(window, 'pytorch_sum.py');
      await page.locator('.view-line', { hasText: 'F.cross_entropy' }).getByText('cross_entropy').first().hover();
      const link = page.locator('.monaco-hover a', { hasText: 'Compare sum vs mean' });
      await link.waitFor();
      await link.click();
      await untilShown(panel);
      await hasNumbersOfTheFile();
    });

    it('says what is wrong with a number, and does not start', async () => {
      await openPanel(window);
      const cases = [
        ['Batch size', '0', 'Batch size is at least 1.'],
        ['Batch size', '1e9', 'Batch size is at most 65,536.'],
        ['Learning rate', 'fast', 'Learning rate needs a number, and this is none.'],
        ['Steps', '2.5', 'Steps is a whole number.'],
        ['Steps', '', 'Steps needs a number.'],
      ] as const;
      for (const [label, value, problem] of cases) {
        const field = panel.getByLabel(label, { exact: true });
        const before = await field.inputValue();
        await field.fill(value);
        await panel.locator('.field.wrong .note', { hasText: problem }).waitFor();
        assert.equal(await field.getAttribute('aria-invalid'), 'true');
        assert.ok(await button(panel, 'Start').isDisabled(), `${label} ${value}`);
        await field.fill(before);
        await panel.locator('.field.wrong').waitFor({ state: 'detached' });
        assert.ok(await button(panel, 'Start').isEnabled());
      }
    });

    for (const theme of ['dark', 'contrast-dark', 'light'] as const) {
      it(`has no accessibility problem that axe-core finds in any state, in the theme ${theme}`, async () => {
        await code.setTheme(page, theme);
        const kind = { dark: 'vscode-dark', 'contrast-dark': 'vscode-high-contrast', light: 'vscode-light' }[theme];
        await openPanel(window);
        await panel.locator(`body.${kind}`).waitFor();
        const check = async (state: string): Promise<void> =>
          assert.deepEqual(await accessibilityProblems(panel), [], state);
        await check('empty');
        await runUntil(10);
        await check('running');
        await pause();
        await check('paused');
        await press(panel, 'Stop');
        await ended(panel);
        await check('ended');
        await press(panel, 'Export');
        await panel.getByRole('menu').waitFor();
        await check('menu open');
        await page.keyboard.press('Escape');
        await press(panel, 'Show data: Loss per example');
        await panel.getByText('More settings').click();
        await check('data and settings open');
      });
    }

    it('fits every width', async () => {
      await code.setTheme(page, 'dark');
      await openPanel(window);
      const size = page.viewportSize() ?? { width: 1400, height: 900 };
      try {
        await run(SHORT);
        for (const width of [400, 760, 1280]) {
          await page.setViewportSize({ ...size, width });
          await waitUntil(`a panel ${width} px wide`, async () => {
            const shown = await panel.locator(':root').evaluate((html) => html.clientWidth);
            return shown > width - 30 && shown <= width;
          });
          assert.equal(await hasOverflow(), false, `${width} px`);
        }
      } finally {
        await page.setViewportSize(size);
      }
    });

    it('can be used by keyboard alone', async () => {
      await openPanel(window);
      await set(panel, { 'Batch size': 16 });
      await panel.getByLabel('Steps', { exact: true }).focus();
      await page.keyboard.press('Control+A');
      await page.keyboard.type('24');
      await tabTo('Start');
      await page.keyboard.press('Enter');
      await ended(panel);

      await panel.getByRole('navigation').getByRole('button').first().focus();
      await tabTo('Export');
      await page.keyboard.press('Enter');
      await waitUntil('the first item', async () => /^Save run/.test(await focused()));
      await page.keyboard.press('ArrowDown');
      assert.match(await focused(), /^Export numbers/);
      await page.keyboard.press('End');
      assert.match(await focused(), /^Open a saved run/);
      await page.keyboard.press('Escape');
      assert.equal(await focused(), 'Export');

      for (const name of ['Data', 'Network', 'Learning rate', 'Optimiser', 'More settings', 'Run again'])
        await tabTo(name);
      await tabTo('Cursor in Loss per example');
      const slider = panel.getByRole('slider', { name: 'Cursor in Loss per example' });
      await page.keyboard.press('Home');
      await waitUntil('the first step', async () => (await slider.getAttribute('aria-valuenow')) === '1');
      await page.keyboard.press('ArrowRight');
      await waitUntil('the second step', async () => (await slider.getAttribute('aria-valuenow')) === '2');
      assert.match((await slider.getAttribute('aria-valuetext')) ?? '', /^step 2: sum \d.*, mean \d.*, max \d/);
      await tabTo('Cursor in Held-out accuracy');
    });

    it('leaves no process behind when the window is closed', async () => {
      await openPanel(window);
      await runUntil(5);
      await page.close({ runBeforeUnload: true });
      await code.untilTraining(0);
      window = await code.open();
      ({ page, webview: panel } = window);
    });
  });
});

describe('the panel in a workspace that is not trusted, without the native backend', function () {
  this.timeout(60_000);
  const native = mkdtempSync(path.join(tmpdir(), 'loss-lens-no-native-'));
  after(() => rmSync(native, { recursive: true, force: true }));

  panelTests(
    () => {
      it('says why it does not train, until the workspace is trusted, and then trains with wasm and says why', async () => {
        await openPanel(window);
        await panel.getByText('this workspace is not trusted').waitFor();
        assert.ok(await button(panel, 'Start').isDisabled());
        await set(panel, SHORT);
        await window.command('Workspaces: Manage Workspace Trust');
        await page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).click();
        await page.locator('.workspace-trust-editor', { hasText: 'You trust this folder' }).waitFor();
        // The editor of the trust covers the others.
        const cover = page.locator('.monaco-modal-editor-block');
        while (await cover.isVisible()) {
          await cover.locator('.codicon-close').first().click();
          await cover.waitFor({ state: 'hidden', timeout: 3000 }).catch(() => {});
        }
        await untilShown(panel);
        await press(panel, 'Start');
        await ended(panel);
        assert.equal(await panel.locator('.badge').textContent(), 'wasm');
        await press(panel, 'Why not native?');
        await panel.getByRole('button', { name: /^Install it, \d+ MB$/ }).waitFor();
        assert.deepEqual(await accessibilityProblems(panel), []);
      });
    },
    {
      native,
      workspaceTrust: true,
      settings: {
        'security.workspace.trust.enabled': true,
        'security.workspace.trust.startupPrompt': 'never',
        'security.workspace.trust.banner': 'never',
      },
    },
  );
});
