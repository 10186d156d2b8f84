// Runs test/vscode/suite inside a desktop VS Code that @vscode/test-electron downloads into the cache folder: the same suite as
// in code-server, where a desktop build can be had. Where it cannot, the suite says so and counts as skipped.
//
//   LOSS_LENS_DESKTOP=VERSION   that version of VS Code, e.g. the oldest that package.json supports (default: stable)

import path from 'node:path';
import { downloadAndUnzipVSCode, runTests, SilentReporter } from '@vscode/test-electron';
import { canShowWindows } from '../../scripts/lib/desktop.ts';
import { atTheEnd, endEverything, endEverythingOnSignal } from '../../scripts/lib/processes.mjs';
import { writeSuiteResult } from '../../scripts/lib/suite-result.ts';
import { cacheFolder, root } from '../../scripts/lib/toolchain.mjs';
import { HOST_RESULT_VARIABLE, readHostResult, report } from './host-result.ts';
import { bundleSuite, makeSandbox } from './workbench.ts';

const DOWNLOAD_TIMEOUT_MILLISECONDS = 15_000;

endEverythingOnSignal();

try {
  process.exitCode = await main();
} finally {
  await endEverything();
}

async function main(): Promise<number> {
  if (!canShowWindows()) return skip('this machine shows no windows (set DISPLAY, for example by xvfb-run)');
  const executable = await download();
  if (executable === undefined) return skip('the desktop VS Code cannot be downloaded here');

  const sandbox = makeSandbox();
  atTheEnd(sandbox.remove);
  const code = await runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: root,
    extensionTestsPath: await bundleSuite(),
    extensionTestsEnv: { [HOST_RESULT_VARIABLE]: sandbox.resultFile },
    launchArgs: [
      sandbox.workspace,
      `--user-data-dir=${sandbox.profile.userData}`,
      `--extensions-dir=${sandbox.profile.extensions}`,
      '--disable-workspace-trust',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  }).catch((error: unknown) => {
    console.error(error);
    return 1;
  });
  const result = readHostResult(sandbox.resultFile);
  if (result === undefined || result.loadError) {
    console.error(result?.loadError ?? 'The suite in the desktop VS Code did not load.');
    return 3;
  }
  const counts = report(result);
  writeSuiteResult(counts);
  return code;
}

async function download(): Promise<string | undefined> {
  try {
    return await downloadAndUnzipVSCode({
      version: process.env.LOSS_LENS_DESKTOP ?? 'stable',
      cachePath: path.join(cacheFolder, 'vscode-desktop'),
      timeout: DOWNLOAD_TIMEOUT_MILLISECONDS,
      reporter: new SilentReporter(),
    });
  } catch {
    return undefined;
  }
}

function skip(why: string): number {
  console.log(`Skipped: ${why}.`);
  writeSuiteResult({ passed: 0, failed: 0, skipped: 1 });
  return 0;
}
