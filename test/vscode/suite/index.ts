// Runs inside the extension host of a real VS Code, which calls run(): every *.test.cjs beside the bundle of this file.

import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { HOST_RESULT_VARIABLE, type HostResult, type TestOutcome } from '../host-result.ts';

export async function run(): Promise<void> {
  const { default: Mocha } = await import('mocha');
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, color: false });
  for (const name of readdirSync(__dirname)) {
    if (name.endsWith('.test.cjs')) mocha.addFile(path.join(__dirname, name));
  }
  try {
    await mocha.loadFilesAsync();
  } catch (error) {
    write({ host, tests: [], loadError: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    throw error;
  }

  const tests: TestOutcome[] = [];
  const failures = await new Promise<number>((resolve) => {
    const runner = mocha.run(resolve);
    const add = (test: Mocha.Runnable, state: TestOutcome['state'], error?: Error) => {
      const outcome = { title: test.fullTitle(), state, milliseconds: test.duration ?? 0 };
      tests.push(error ? { ...outcome, error: error.stack ?? error.message } : outcome);
    };
    runner.on('pass', (test) => add(test, 'passed'));
    runner.on('pending', (test) => add(test, 'skipped'));
    runner.on('fail', (test, error: Error) => add(test, 'failed', error));
  });
  write({ host, tests });
  if (failures > 0) throw new Error(`${failures} of the tests in VS Code failed`);
}

const host = `VS Code ${vscode.version}, Node ${process.versions.node}`;

function write(result: HostResult): void {
  const file = process.env[HOST_RESULT_VARIABLE];
  if (!file) throw new Error(`${HOST_RESULT_VARIABLE} does not name a file for the result.`);
  writeFileSync(file, JSON.stringify(result));
}
