// mocha's spec reporter, which also writes its counts for scripts/test.ts.

import Mocha from 'mocha';
import { writeSuiteResult } from './suite-result.ts';

export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      writeSuiteResult({ passed: passes, failed: failures, skipped: pending });
    });
  }
}
