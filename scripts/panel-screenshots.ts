// npm run screenshots:panel -- FOLDER [--preset=NAME]... [--theme=NAME]... [--steps=N] [--width=N] [--height=N] [--during]
//
// Opens "Compare sum vs mean" in VS Code with the packaged extension, trains each preset to its end on the built-in data, and
// writes PRESET-THEME-WIDTH.png into FOLDER.
//
//   --during   while it trains, after a third of the steps

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PRESETS } from '../src/protocol.ts';
import { launchChromium } from './lib/chromium.ts';
import { freePort, quietSettings, startCodeServer } from './lib/code-server.ts';
import { nativeFolder } from './lib/native.ts';
import { prepareStudio } from './lib/pictures.ts';
import { endEverything, endEverythingOnSignal } from './lib/processes.mjs';
import { MissingPrerequisite, root } from './lib/toolchain.mjs';
import { openWindow, themes, type Window } from './lib/workbench.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    preset: { type: 'string', multiple: true },
    theme: { type: 'string', multiple: true },
    steps: { type: 'string', default: '300' },
    width: { type: 'string', default: '1400' },
    height: { type: 'string', default: '1300' },
    during: { type: 'boolean', default: false },
  },
});

endEverythingOnSignal();

try {
  await main();
} catch (error) {
  console.error(error instanceof MissingPrerequisite ? error.message : error);
  process.exitCode = 1;
} finally {
  await endEverything();
}

async function main(): Promise<void> {
  const [target] = positionals;
  if (target === undefined) {
    throw new MissingPrerequisite('Name the folder for the pictures: npm run screenshots:panel -- FOLDER');
  }
  const folder = path.resolve(target);
  mkdirSync(folder, { recursive: true });

  const { profile, settingsFile, chromium } = await prepareStudio();

  const server = await startCodeServer({
    profile,
    port: await freePort(),
    environment: { LOSS_LENS_NATIVE: nativeFolder },
  });
  const browser = await launchChromium(chromium);
  const viewport = { width: Number(options.width), height: Number(options.height) };
  for (const theme of options.theme ?? Object.keys(themes)) {
    const settings = {
      ...quietSettings,
      'workbench.colorTheme': themes[theme],
      'workbench.activityBar.location': 'hidden',
      'workbench.statusBar.visible': false,
    };
    writeFileSync(settingsFile, JSON.stringify(settings));
    for (const preset of options.preset ?? PRESETS) {
      const window = await openWindow(browser, server.port, { folder: path.join(root, 'examples'), viewport });
      const picture = path.join(folder, `${preset}-${theme}-${viewport.width}.png`);
      await train(window, preset);
      await window.page.screenshot({ path: picture, animations: 'disabled', caret: 'hide' });
      console.log(picture);
      await window.context.close();
    }
  }
  await browser.close();
}

/** Opens the panel, chooses a preset and trains. */
async function train(window: Window, preset: string): Promise<void> {
  const { page, webview } = window;
  await window.command('View: Close Primary Side Bar');
  await window.command('Loss Lens: Compare Sum vs Mean');
  const steps = webview.getByLabel('Steps', { exact: true });
  await steps.waitFor({ timeout: 30_000 });
  const tab = webview.locator('.presets button').nth(PRESETS.indexOf(preset as (typeof PRESETS)[number]));
  // A narrow panel has a list in the place of tabs.
  if (await tab.isVisible()) await tab.click();
  else await webview.getByLabel('Question', { exact: true }).selectOption(preset);
  await steps.fill(options.steps);
  await webview.getByRole('button', { name: 'Start', exact: true }).click();
  if (options.during) {
    const third = Math.floor(Number(options.steps) / 3);
    const step = async () => Number(await webview.locator('.controls progress').getAttribute('value'));
    while ((await step()) < third) await page.waitForTimeout(20);
  } else await webview.getByRole('button', { name: 'Run again' }).waitFor({ timeout: 300_000 });
  await page.mouse.move(5, 5);
  await page.waitForTimeout(700);
}
