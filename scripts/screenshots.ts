// npm run screenshots -- FOLDER [FILE[:LINE[:COLUMN]]...] [--problems] [--theme=NAME]...
//
// Opens files of examples/ (all of them, if none is named) in VS Code with the packaged extension, in each theme, waits for a code
// lens, and writes THEME-FILE.png into FOLDER. Where a line is named, the hover at that place is shown as well.
//
//   --problems      with the Problems panel open
//   --theme=NAME    only this theme: dark, light, contrast-dark, contrast-light

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { build } from '../esbuild.mjs';
import { ensureChromium, launchChromium } from './lib/chromium.ts';
import { freePort, installCodeServer, installExtension, quietSettings, startCodeServer } from './lib/code-server.ts';
import { atTheEnd, endEverything, endEverythingOnSignal } from './lib/processes.mjs';
import { cacheFolder, MissingPrerequisite, root } from './lib/toolchain.mjs';
import { packageExtension } from './lib/vsix.ts';

const themes: Readonly<Record<string, string>> = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  'contrast-dark': 'Default High Contrast',
  'contrast-light': 'Default High Contrast Light',
};

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { problems: { type: 'boolean', default: false }, theme: { type: 'string', multiple: true } },
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
  const [target, ...named] = positionals;
  if (target === undefined)
    throw new MissingPrerequisite('Name the folder for the pictures: npm run screenshots -- FOLDER');
  const folder = path.resolve(target);
  mkdirSync(folder, { recursive: true });
  const places = named.length > 0 ? named : readdirSync(path.join(root, 'examples'));

  await installCodeServer(console.log);
  const executable = await ensureChromium(console.log);
  const temporary = mkdtempSync(path.join(tmpdir(), 'loss-lens-screenshots-'));
  atTheEnd(() => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 }));
  const profile = { userData: path.join(temporary, 'user-data'), extensions: path.join(temporary, 'extensions') };
  mkdirSync(path.join(profile.userData, 'User'), { recursive: true });
  mkdirSync(profile.extensions);
  await build(path.join(root, 'dist'));
  const vsix = path.join(cacheFolder, 'loss-lens.vsix');
  await packageExtension(vsix);
  await installExtension(vsix, profile);

  const server = await startCodeServer({ profile, port: await freePort() });
  const browser = await launchChromium(executable);
  for (const theme of options.theme ?? Object.keys(themes)) {
    const settings = { ...quietSettings, 'workbench.colorTheme': themes[theme] };
    writeFileSync(path.join(profile.userData, 'User/settings.json'), JSON.stringify(settings));
    for (const place of places) {
      const [name = '', line, column = '1'] = place.split(':');
      const position = line === undefined ? undefined : ([line, column] as const);
      const file = path.join(root, 'examples', path.basename(name));
      const picture = path.join(folder, `${theme}-${path.basename(name)}${line === undefined ? '' : `-${line}`}.png`);
      await take(browser, server.port, file, position, picture);
      console.log(picture);
    }
  }
  await browser.close();
}

async function take(
  browser: Browser,
  port: number,
  file: string,
  position: readonly [line: string, column: string] | undefined,
  picture: string,
): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  const place = position ? `${file}:${position.join(':')}` : file;
  const payload = [
    ['gotoLineMode', 'true'],
    ['openFile', `vscode-remote://127.0.0.1:${port}${place}`],
  ];
  const query = new URLSearchParams({ folder: path.join(root, 'examples'), payload: JSON.stringify(payload) });
  await page.goto(`http://127.0.0.1:${port}/?${query}`);
  await page.waitForSelector('.monaco-editor .view-line', { timeout: 60_000 });
  const lens = page.locator('.codelens-decoration', { hasText: /\S/ }).first();
  await lens
    .waitFor({ timeout: 30_000 })
    .catch(() => console.error(`No code lens came into sight in ${path.basename(file)}.`));
  if (options.problems) await page.keyboard.press('Control+Shift+M');
  if (position) {
    await page
      .locator('.monaco-editor')
      .first()
      .click({ position: { x: 600, y: 5 }, trial: true });
    await page.keyboard.press('Control+K');
    await page.keyboard.press('Control+I');
    await page
      .locator('.monaco-hover:visible .hover-contents')
      .first()
      .waitFor({ timeout: 10_000 })
      .catch(() => console.error(`No hover at ${path.basename(place)}.`));
  }
  // The theme's last transitions.
  await page.waitForTimeout(500);
  await page.screenshot({ path: picture, animations: 'disabled', caret: 'hide' });
  await context.close();
}
