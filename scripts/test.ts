// npm test [-- SUITE...]
//
// Sets up the native training backend, runs the suites in order, prints the time each took, and ends with the line
// `N passed, N failed`.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { build } from '../esbuild.mjs';
import { setUpNative } from './lib/native.ts';
import { endEverything, endEverythingOnSignal, handOver } from './lib/processes.mjs';
import { RESULT_FILE_VARIABLE, type SuiteResult, takeSuiteResult } from './lib/suite-result.ts';
import { cacheFolder, projectNode, root, toolEnvironment } from './lib/toolchain.mjs';

interface Suite {
  readonly name: string;
  /** Arguments for Node. */
  readonly command: readonly string[];
  /** A check that counts as one test: it passes or it fails. */
  readonly single?: true;
}

const mocha = (...args: string[]) => [
  'node_modules/mocha/bin/mocha.js',
  '--reporter',
  'scripts/lib/mocha-reporter.ts',
  ...args,
];

/** Test files that are a suite of their own, so that their time is told apart. */
const ownSuites = [
  'test/architecture.test.ts',
  'test/bundle.test.ts',
  'test/panel/panel.test.ts',
  'test/scripts/start.test.ts',
];

const suites: readonly Suite[] = [
  { name: 'types', command: ['node_modules/typescript/bin/tsc'], single: true },
  { name: 'webview-types', command: ['node_modules/typescript/bin/tsc', '-p', 'webview'], single: true },
  { name: 'lint', command: ['node_modules/@biomejs/biome/bin/biome', 'check'], single: true },
  {
    name: 'unit',
    command: mocha('test/**/*.test.ts', ...ownSuites.flatMap((file) => ['--ignore', file])),
  },
  { name: 'architecture', command: mocha('test/architecture.test.ts') },
  { name: 'bundle', command: mocha('test/bundle.test.ts') },
  { name: 'vscode', command: ['test/vscode/run-in-code-server.ts'] },
  { name: 'panel', command: mocha('test/panel/panel.test.ts') },
  { name: 'start', command: mocha('test/scripts/start.test.ts') },
  { name: 'desktop', command: ['test/vscode/run-in-desktop.ts'] },
];

endEverythingOnSignal();

const names = process.argv.slice(2);
const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}: choose from ${suites.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

const times: string[] = [];
const total = { passed: 0, failed: 0, skipped: 0 };

try {
  // Before everything else, so that the times of the suites are their own; 15 s in a fresh checkout.
  if (isChosen('unit') || isChosen('panel')) await setUpNative(console.log);
  await build(path.join(root, 'dist'));
  for (const suite of suites) {
    if (!isChosen(suite.name)) continue;
    console.log(`\n── ${suite.name} ${'─'.repeat(70 - suite.name.length)}`);
    const start = Date.now();
    const result = await run(suite);
    total.passed += result.passed;
    total.failed += result.failed;
    total.skipped += result.skipped;
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    times.push(`${suite.name.padEnd(14)}${seconds.padStart(7)} s   ${summary(result)}`);
  }
} catch (error) {
  console.error(error);
  total.failed += 1;
} finally {
  await endEverything();
}

console.log(`\n${times.join('\n')}\n`);
console.log(summary(total));
process.exitCode = total.failed > 0 ? 1 : 0;

function isChosen(name: string): boolean {
  return names.length === 0 || names.includes(name);
}

async function run(suite: Suite): Promise<SuiteResult> {
  const resultFile = path.join(cacheFolder, `result-${suite.name}-${process.pid}.json`);
  mkdirSync(cacheFolder, { recursive: true });
  const env = { ...toolEnvironment(), [RESULT_FILE_VARIABLE]: resultFile };
  const code = await handOver(projectNode(), suite.command, { cwd: root, env });
  const counted = takeSuiteResult(resultFile);
  if (suite.single) return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  // A suite that broke off, or that failed outside of its tests, has failed once more than it counted.
  const { passed, failed, skipped } = counted ?? { passed: 0, failed: 0, skipped: 0 };
  const brokeOff = counted === undefined || (code !== 0 && failed === 0);
  if (brokeOff) console.error(`The suite ${suite.name} broke off with exit code ${code}.`);
  return { passed, failed: failed + (brokeOff ? 1 : 0), skipped };
}

function summary({ passed, failed, skipped }: SuiteResult): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
