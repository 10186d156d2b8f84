// A VS Code window in a browser, driven as a user drives it.

import path from 'node:path';
import type { Browser, BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';

export const themes: Readonly<Record<string, string>> = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  'contrast-dark': 'Default High Contrast',
  'contrast-light': 'Default High Contrast Light',
};

export interface Window {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Runs a command of the palette by its title. */
  command(title: string): Promise<void>;
  /** The page inside the webview that is shown. */
  readonly webview: FrameLocator;
}

export interface WindowOptions {
  readonly folder: string;
  /** A file to open. */
  readonly file?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** Opens a window of the code-server that listens on `port`, and waits until it is painted. */
export async function openWindow(browser: Browser, port: number, options: WindowOptions): Promise<Window> {
  const context = await browser.newContext({ viewport: options.viewport ?? { width: 1400, height: 900 } });
  const page = await context.newPage();
  const query = new URLSearchParams({ folder: options.folder });
  if (options.file) {
    const file = `vscode-remote://127.0.0.1:${port}${path.resolve(options.folder, options.file)}`;
    query.set('payload', JSON.stringify([['openFile', file]]));
  }
  await page.goto(`http://127.0.0.1:${port}/?${query}`);
  await page.waitForSelector('.monaco-workbench .part.editor', { timeout: 60_000 });
  if (options.file) await page.waitForSelector('.monaco-editor .view-line', { timeout: 60_000 });
  return windowOf(page, context);
}

export function windowOf(page: Page, context: BrowserContext): Window {
  return {
    page,
    context,
    webview: page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame'),
    async command(title) {
      await page.keyboard.press('F1');
      const input = page.locator('.quick-input-widget input.input');
      await input.waitFor();
      const row = page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
      // While a window starts, the palette does not know all commands: what is typed again is looked up again.
      for (let attempt = 0; attempt < 10; attempt++) {
        await input.fill(`>${title}`);
        if (await appears(row)) break;
        await input.fill('>');
      }
      await row.click();
      await input.waitFor({ state: 'hidden' });
    },
  };
}

/** Whether something comes into sight within a few seconds. */
export const appears = (locator: Locator): Promise<boolean> =>
  locator.waitFor({ timeout: 3000 }).then(
    () => true,
    () => false,
  );
