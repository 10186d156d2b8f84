// Runs test/vscode/suite inside the extension host of code-server, whose workbench a headless Chromium opens.
//
// Exit code 0: all passed. 1: a test failed. 3: the suite did not load, or did not end.

import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { format } from 'node:util';
import type { Page } from 'playwright-core';
import { ensureChromium, launchChromium } from '../../scripts/lib/chromium.ts';
import { freePort, installCodeServer, startCodeServer } from '../../scripts/lib/code-server.ts';
import { atTheEnd, endEverything, endEverythingOnSignal } from '../../scripts/lib/processes.mjs';
import { writeSuiteResult } from '../../scripts/lib/suite-result.ts';
import { cacheFolder, MissingPrerequisite, root } from '../../scripts/lib/toolchain.mjs';
import { HOST_RESULT_VARIABLE, readHostResult, report } from './host-result.ts';
import { bundleSuite, makeSandbox } from './workbench.ts';

const TIMEOUT_SECONDS = Number(process.env.LOSS_LENS_VSCODE_TIMEOUT ?? 180);
const failurePicture = path.join(cacheFolder, 'vscode-failure.png');

endEverythingOnSignal();

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof MissingPrerequisite ? error.message : error);
  process.exitCode = 1;
} finally {
  await endEverything();
}

async function main(): Promise<number> {
  await installCodeServer(console.log);
  const executable = await ensureChromium(console.log);
  const suite = await bundleSuite();
  const sandbox = makeSandbox();
  atTheEnd(sandbox.remove);

  const server = await startCodeServer({
    profile: sandbox.profile,
    port: await freePort(),
    developmentPayload: true,
    environment: {
      [HOST_RESULT_VARIABLE]: sandbox.resultFile,
      // No look-ups in the market place.
      EXTENSIONS_GALLERY: '{}',
    },
  });
  const browser = await launchChromium(executable);
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const run = await watchTestRun(page);
    await page.goto(address(server.port, sandbox.workspace, suite));
    const end = await Promise.race([run.exit, sleep(TIMEOUT_SECONDS * 1000, 'timeout' as const, { ref: false })]);

    const result = readHostResult(sandbox.resultFile);
    if (result === undefined || result.loadError || end === 'timeout') {
      await page.screenshot({ path: failurePicture }).catch(() => undefined);
      console.error(
        end === 'timeout' ? `The suite did not end within ${TIMEOUT_SECONDS} s.` : 'The suite did not load.',
      );
      console.error(result?.loadError ?? `The end of the log of VS Code:\n${run.log.slice(-40).join('\n')}`);
      console.error(`The screen of VS Code is in ${failurePicture}.`);
      return 3;
    }
    const counts = report(result);
    // A failure of VS Code itself, or an empty suite, is a failure although no test says so.
    const sound = end === 0 && counts.passed > 0;
    if (!sound) {
      await page.screenshot({ path: failurePicture }).catch(() => undefined);
      console.error(`VS Code ended with exit code ${end}. Its screen is in ${failurePicture}.`);
    }
    writeSuiteResult(counts);
    return sound && counts.failed === 0 ? 0 : 1;
  } finally {
    await Promise.race([browser.close(), sleep(5000, undefined, { ref: false })]);
  }
}

/** Listens to what the workbench reports of its test run: lines of its log, and the exit code. */
async function watchTestRun(page: Page): Promise<{ exit: Promise<number>; log: string[] }> {
  const log: string[] = [];
  await page.exposeFunction('codeAutomationLog', (_level: string, parts: unknown[]) => {
    // Stacks of minified code say nothing, nor do the places where an optional native module was looked for.
    log.push(
      ...format(...parts)
        .split('\n')
        .filter((line) => !/^\s+(at|→) /.test(line)),
    );
  });
  let ended: (code: number) => void = () => {};
  const exit = new Promise<number>((resolve) => {
    ended = resolve;
  });
  await page.exposeFunction('codeAutomationExit', (code: number) => ended(code));
  return { exit, log };
}

function address(port: number, workspace: string, suite: string): string {
  const remote = (file: string) => `vscode-remote://127.0.0.1:${port}${file}`;
  const payload = [
    ['extensionDevelopmentPath', remote(root)],
    ['extensionTestsPath', remote(suite)],
  ];
  const query = new URLSearchParams({ folder: workspace, payload: JSON.stringify(payload) });
  return `http://127.0.0.1:${port}/?${query}`;
}
