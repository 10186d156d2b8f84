/** VS Code with the packaged extension, and its panel, as the tests drive them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { ensureChromium, launchChromium } from '../../scripts/lib/chromium.ts';
import {
  freePort,
  installCodeServer,
  installExtension,
  quietSettings,
  startCodeServer,
  writeSettings,
} from '../../scripts/lib/code-server.ts';
import { nativeFolder } from '../../scripts/lib/native.ts';
import { cacheFolder, root } from '../../scripts/lib/toolchain.mjs';
import { packageExtension } from '../../scripts/lib/vsix.ts';
import { appears, openWindow, themes, type Window } from '../../scripts/lib/workbench.ts';

export interface VsCode {
  /** A copy of examples/ that a test may write into. */
  readonly workspace: string;
  /** Errors in the console and uncaught ones, of the panel's pages alone: the workbench has its own. */
  readonly complaints: readonly string[];
  open(): Promise<Window>;
  /** Loads the window anew, with another theme. */
  setTheme(page: Page, theme: Theme): Promise<void>;
  /** The processes that train for the panels. */
  trainingProcesses(): number[];
  /** Waits until there are so many processes that train. */
  untilTraining(count: number, seconds?: number): Promise<number[]>;
  close(): Promise<void>;
}

/** By the class that the workbench has with it. */
const themeClasses = { dark: 'vs-dark', light: 'vs', 'contrast-dark': 'hc-black' } as const;
type Theme = keyof typeof themeClasses;

export interface VsCodeOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Where the native backend is looked for. */
  readonly native?: string;
  readonly workspaceTrust?: boolean;
}

export async function startVsCode(options: VsCodeOptions = {}): Promise<VsCode> {
  await installCodeServer(console.log);
  const executable = await ensureChromium(console.log);
  const folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-panel-'));
  const workspace = path.join(folder, 'examples');
  cpSync(path.join(root, 'examples'), workspace, { recursive: true });
  const profile = { userData: path.join(folder, 'user-data'), extensions: path.join(folder, 'extensions') };
  mkdirSync(profile.extensions, { recursive: true });
  const settings = {
    ...quietSettings,
    // A dialog of the editor, which a test can type into, in place of the browser's.
    'files.simpleDialog.enable': true,
    'workbench.activityBar.location': 'hidden',
    ...options.settings,
  };
  writeSettings(profile, settings);
  const vsix = path.join(cacheFolder, 'loss-lens-panel.vsix');
  await packageExtension(vsix);
  await installExtension(vsix, profile);
  const server = await startCodeServer({
    profile,
    port: await freePort(),
    workspaceTrust: options.workspaceTrust ?? false,
    // No look-ups in the market place.
    environment: { LOSS_LENS_NATIVE: options.native ?? nativeFolder, EXTENSIONS_GALLERY: '{}' },
  });
  const browser = await launchChromium(executable);
  const complaints: string[] = [];
  const trainingProcesses = () => processesOf(profile.extensions);
  return {
    workspace,
    complaints,
    trainingProcesses,
    async setTheme(page, theme) {
      const changed = { ...settings, 'workbench.colorTheme': themes[theme] };
      writeFileSync(path.join(profile.userData, 'User/settings.json'), JSON.stringify(changed));
      await page.reload();
      await page.locator(`.monaco-workbench.${themeClasses[theme]} .part.editor`).waitFor();
    },
    async open() {
      const window = await openWindow(browser, server.port, { folder: workspace });
      await window.context.grantPermissions(['clipboard-read', 'clipboard-write']);
      listen(window.page, complaints);
      return window;
    },
    async untilTraining(count, seconds = 15) {
      const deadline = Date.now() + seconds * 1000;
      for (;;) {
        const processes = trainingProcesses();
        if (processes.length === count) return processes;
        assert.ok(Date.now() < deadline, `${processes.length} processes train after ${seconds} s, and not ${count}`);
        await sleep(50);
      }
    },
    async close() {
      await close(browser);
      await server.end();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A browser with a broken page may not end. */
const close = (browser: Browser): Promise<unknown> =>
  Promise.race([browser.close(), sleep(5000, undefined, { ref: false })]);

function listen(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    const { url } = message.location();
    const ours = /dist\/webview\.(js|css)/.test(url) || /content security policy/i.test(message.text());
    if (message.type() === 'error' && ours) complaints.push(`${message.text()} (${url})`);
  });
  page.on('pageerror', (error) => {
    if (/webview\.js/.test(error.stack ?? '')) complaints.push(`${error.stack}`);
  });
}

function processesOf(extensions: string): number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, args] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return args?.includes(extensions) && args.endsWith('dist/training.mjs') ? [Number(pid)] : [];
  });
}

/** Opens a panel from the palette and waits until it shows its settings. */
export async function openPanel(window: Window): Promise<FrameLocator> {
  await window.command('Loss Lens: Compare Sum vs Mean');
  await untilShown(window.webview);
  return window.webview;
}

export const untilShown = (panel: FrameLocator): Promise<void> =>
  panel.getByRole('navigation', { name: 'Questions' }).waitFor({ timeout: 30_000 });

export async function closeEditors(window: Window): Promise<void> {
  await window.command('View: Close All Editors');
  await window.page.locator('iframe.webview').waitFor({ state: 'detached' });
}

/** Fills in fields by their labels. */
export async function set(panel: FrameLocator, values: Readonly<Record<string, string | number>>): Promise<void> {
  for (const [label, value] of Object.entries(values)) {
    const field = panel.getByLabel(label, { exact: true });
    if (!(await field.isVisible())) await panel.getByText('More settings').click();
    await field.fill(String(value));
  }
}

export const button = (panel: FrameLocator, name: string | RegExp): Locator =>
  panel.getByRole('button', { name, exact: true });

export const press = (panel: FrameLocator, name: string | RegExp): Promise<void> => button(panel, name).click();

/** Waits for the end of a training. */
export const ended = (panel: FrameLocator): Promise<void> => button(panel, 'Run again').waitFor({ timeout: 90_000 });

/** The last step that the panel knows of. */
export async function stepOf(panel: FrameLocator): Promise<number> {
  return Number(await panel.locator('.controls progress').getAttribute('value'));
}

export async function waitUntil(what: string, holds: () => Promise<boolean>, seconds = 30): Promise<void> {
  for (const deadline = Date.now() + seconds * 1000; !(await holds()); await sleep(50)) {
    assert.ok(Date.now() < deadline, `there is no ${what} after ${seconds} s`);
  }
}

/** Waits until so many steps are shown. */
export const untilStep = (panel: FrameLocator, step: number): Promise<void> =>
  waitUntil(`step ${step}`, async () => (await stepOf(panel)) >= step);

export interface ShownLaw {
  readonly predicted: string;
  readonly measured: string;
  readonly verdict: 'holds' | 'does not hold' | 'not tested';
}

/** The laws' table, by the laws' names. */
export async function lawsOf(panel: FrameLocator): Promise<Record<string, ShownLaw>> {
  return panel.locator('.laws tbody').evaluate((body) =>
    Object.fromEntries(
      [...body.querySelectorAll('tr:not(.note)')].map((row) => {
        const [predicted, measured] = [...row.querySelectorAll('td')].map((cell) => cell.textContent.trim());
        const name = row.querySelector('th')?.firstChild?.textContent?.trim() ?? '';
        const verdict = row.querySelector('.tick svg')?.getAttribute('aria-label') ?? 'not tested';
        return [name, { predicted, measured, verdict }];
      }),
    ),
  ) as Promise<Record<string, ShownLaw>>;
}

/** A chart's data table: of each arm the values by step, as they are written. */
export type Curve = ReadonlyMap<number, string>;

export const chartNames = {
  loss: 'Loss per example',
  gradientNorm: 'Gradient norm',
  updateNorm: 'Update norm ‖ΔW‖',
  weightNorm: 'Weight norm ‖W‖',
  accuracy: 'Held-out accuracy',
} as const;

/** Opens the data table of a chart, reads it, and closes it. */
export async function curvesOf(
  panel: FrameLocator,
  chart: keyof typeof chartNames,
): Promise<ReadonlyMap<string, Curve>> {
  const title = chartNames[chart];
  await press(panel, `Show data: ${title}`);
  const rows = await panel
    .getByRole('region', { name: `Data: ${title}` })
    .locator('table')
    .evaluate((table) =>
      [...table.querySelectorAll('tr')].map((row) => [...row.children].map((cell) => cell.textContent.trim())),
    );
  await press(panel, `Hide data: ${title}`);
  const [[, ...arms] = [], ...values] = rows;
  return new Map(
    arms.map((arm, i) => [
      arm,
      new Map(values.map(([step = '', ...cells]) => [Number(step.replaceAll(',', '')), cells[i] ?? ''])),
    ]),
  );
}

/** All that a run has drawn, to compare it with what is drawn later. */
export async function everyCurve(panel: FrameLocator): Promise<string> {
  const all: string[] = [];
  for (const chart of Object.keys(chartNames) as (keyof typeof chartNames)[]) {
    const curves = await curvesOf(panel, chart);
    all.push(chart, ...[...curves].map(([arm, curve]) => `${arm}: ${[...curve].join(' ')}`));
  }
  return all.join('\n');
}

export const sentenceOf = (panel: FrameLocator): Promise<string> =>
  panel
    .locator('.finding > p')
    .first()
    .textContent()
    .then((text) => text ?? '');

/** Answers VS Code's own dialog for a file or a folder. */
export async function answerDialog(page: Page, file: string): Promise<void> {
  const input = page.locator('.quick-input-widget:visible input.input');
  await input.waitFor();
  // It writes a folder of its own there until it has listed it.
  await page.locator('.quick-input-list .monaco-list-row').first().waitFor();
  await waitUntil(`answer ${file}`, async () => {
    if (!(await input.inputValue()).startsWith(file)) await input.fill(file);
    await sleep(200);
    return (await input.inputValue()).startsWith(file);
  });
  await page.keyboard.press('Enter');
  await input.waitFor({ state: 'hidden' });
}

/** Looks for a text in what a page of VS Code keeps for the next one. */
const isKept = (text: string): string => `(async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith('vscode-web-state-db-') || name.endsWith('-global')) continue;
    const database = await done(indexedDB.open(name));
    if (!database.objectStoreNames.contains('ItemTable')) continue;
    const values = await done(database.transaction('ItemTable').objectStore('ItemTable').getAll());
    database.close();
    if (values.some((value) => String(value).replaceAll('\\\\', '').includes(${JSON.stringify(text)}))) return true;
  }
  return false;
})()`;

/**
 * Waits until VS Code has kept a panel's state, which holds `text`. In a browser it does so every five seconds and not when the window
 * is closed, so what came later is lost with the window.
 */
export const untilKept = (page: Page, text: string): Promise<void> =>
  waitUntil(`state with ${text}`, () => page.evaluate<boolean>(isKept(text)));

/** What axe-core finds wrong with the panel as it is, in one line each. */
export async function accessibilityProblems(panel: FrameLocator): Promise<string[]> {
  const frame = await (await panel.owner().elementHandle())?.contentFrame();
  assert.ok(frame, 'the panel is shown');
  // Not as a script of the page, which its content security policy forbids.
  await frame.evaluate(axe);
  const { violations } = await frame.evaluate<AxeResults>("axe.run(document, { resultTypes: ['violations'] })");
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`));
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

const axe = readFileSync(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');

/** Opens a file of the workspace by its name. */
export async function openFile(window: Window, name: string): Promise<void> {
  await window.page.keyboard.press('Control+P');
  const input = window.page.locator('.quick-input-widget:visible input.input');
  await input.waitFor();
  const row = window.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first();
  // A file that was written just now is not found at first.
  for (let attempt = 0; attempt < 10; attempt++) {
    await input.fill(name);
    if (await appears(row)) break;
    await input.fill('');
  }
  await row.click();
  await input.waitFor({ state: 'hidden' });
  await window.page.locator('.tabs-container .tab.active', { hasText: name }).waitFor();
}

/** Chooses from the menu "Export". */
export async function chooseExport(panel: FrameLocator, name: string): Promise<void> {
  await press(panel, 'Export');
  await panel.getByRole('menuitem', { name }).click();
}
