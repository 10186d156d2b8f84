// How a test suite, which runs in a process of its own, tells its counts to scripts/test.ts: by a file.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';

export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Names the file, to the process that runs the suite. */
export const RESULT_FILE_VARIABLE = 'LOSS_LENS_SUITE_RESULT';

export function writeSuiteResult(result: SuiteResult): void {
  const file = process.env[RESULT_FILE_VARIABLE];
  if (file) writeFileSync(file, JSON.stringify(result));
}

/** The counts in a result file, which is removed; undefined if the suite never came to its end. */
export function takeSuiteResult(file: string): SuiteResult | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  rmSync(file);
  return JSON.parse(text) as SuiteResult;
}
