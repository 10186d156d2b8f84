// npm run screenshots -- FOLDER [FILE[:LINE[:COLUMN]]...] [--problems] [--theme=NAME]...
//
// Opens files of examples/ (all of them, if none is named) in VS Code with the packaged extension, in each theme, at the named line
// or at the file's first loss, waits for the code lens, shows the hover, and writes THEME-FILE-LINE.png into FOLDER.
//
//   --problems      with the Problems panel open
//   --theme=NAME    only this theme: dark, light, contrast-dark, contrast-light

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { launchChromium } from './lib/chromium.ts';
import { freePort, quietSettings, startCodeServer } from './lib/code-server.ts';
import { prepareStudio } from './lib/pictures.ts';
import { endEverything, endEverythingOnSignal, runQuietly } from './lib/processes.mjs';
import { MissingPrerequisite, projectNode, root } from './lib/toolchain.mjs';
import { themes } from './lib/workbench.ts';

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** As much of what `loss-lens explain --format json` prints as is read here. */
interface Explained {
  readonly files: readonly {
    readonly losses: readonly {
      readonly range: { readonly start: { readonly line: number; readonly column: number } };
    }[];
  }[];
}

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

  const { profile, settingsFile, chromium } = await prepareStudio();
  const places = await Promise.all((named.length > 0 ? named : readdirSync(path.join(root, 'examples'))).map(placeOf));

  const server = await startCodeServer({ profile, port: await freePort() });
  const browser = await launchChromium(chromium);
  for (const theme of options.theme ?? Object.keys(themes)) {
    // Below its line the hover leaves the lens in sight.
    const settings = { ...quietSettings, 'workbench.colorTheme': themes[theme], 'editor.hover.above': false };
    writeFileSync(settingsFile, JSON.stringify(settings));
    for (const place of places) {
      const picture = path.join(folder, `${theme}-${path.basename(place.file)}-${place.line}.png`);
      await take(browser, server.port, place, picture);
      console.log(picture);
    }
  }
  await browser.close();
}

/** Reads `FILE[:LINE[:COLUMN]]`; a file alone is opened at its first loss. */
async function placeOf(text: string): Promise<Place> {
  const [name = '', line, column = 1] = text.split(':');
  const file = path.join(root, 'examples', path.basename(name));
  if (line !== undefined) return { file, line: Number(line), column: Number(column) };
  const arguments_ = [path.join(root, 'dist/cli.mjs'), 'explain', file, '--format', 'json'];
  const report = JSON.parse(
    await runQuietly(`loss-lens explain ${name} failed`, projectNode(), arguments_),
  ) as Explained;
  return { file, ...(report.files[0]?.losses[0]?.range.start ?? { line: 1, column: 1 }) };
}

async function take(browser: Browser, port: number, { file, line, column }: Place, picture: string): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  const payload = [
    ['gotoLineMode', 'true'],
    ['openFile', `vscode-remote://127.0.0.1:${port}${file}:${line}:${column}`],
  ];
  const query = new URLSearchParams({ folder: path.join(root, 'examples'), payload: JSON.stringify(payload) });
  await page.goto(`http://127.0.0.1:${port}/?${query}`);
  await page.waitForSelector('.monaco-editor .view-line', { timeout: 60_000 });
  const lens = page.locator('.codelens-decoration', { hasText: /\S/ }).first();
  await lens
    .waitFor({ timeout: 30_000 })
    .catch(() => console.error(`No code lens came into sight in ${path.basename(file)}.`));
  if (options.problems) {
    await page.keyboard.press('Control+Shift+M');
    await page.waitForSelector('.markers-panel');
    await page.keyboard.press('Control+1');
  }
  await page.keyboard.press('Control+K');
  await page.keyboard.press('Control+I');
  const hover = page.locator('.monaco-hover:visible .hover-contents').first();
  await hover
    .waitFor({ timeout: 10_000 })
    .catch(() => console.error(`No hover came into sight in ${path.basename(file)}.`));
  // The theme's last transitions.
  await page.waitForTimeout(500);
  await page.screenshot({ path: picture, animations: 'disabled', caret: 'hide' });
  await context.close();
}
