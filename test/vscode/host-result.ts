// What the tests inside VS Code hand to the launcher outside: a file, because the exit code of the test run alone cannot tell a
// test that failed from a suite that never ran.

import { readFileSync } from 'node:fs';

export interface TestOutcome {
  readonly title: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly milliseconds: number;
  readonly error?: string;
}

export interface HostResult {
  /** Versions of VS Code and of the Node in its extension host. */
  readonly host: string;
  readonly tests: readonly TestOutcome[];
  /** Why the test files could not be loaded, if they could not. */
  readonly loadError?: string;
}

/** Names the file, in the environment of the extension host. */
export const HOST_RESULT_VARIABLE = 'LOSS_LENS_HOST_RESULT';

export function readHostResult(file: string): HostResult | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as HostResult;
  } catch {
    return undefined;
  }
}

/** Prints the outcomes as mocha would, and counts them. */
export function report({ host, tests }: HostResult): { passed: number; failed: number; skipped: number } {
  const marks = { passed: '✔', failed: '✖', skipped: '-' };
  console.log(`  in ${host}`);
  for (const { title, state, milliseconds, error } of tests) {
    console.log(`    ${marks[state]} ${title} (${milliseconds} ms)`);
    if (error) console.log(error.replace(/^/gm, '        '));
  }
  const count = (state: TestOutcome['state']) => tests.filter((test) => test.state === state).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}
