/** The process of `loss-lens`. */
import { once } from 'node:events';
import { run, type Terminal } from './run.ts';

// A reader such as `head` may leave before the end: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const terminal: Terminal = {
  cwd: process.cwd(),
  color: process.stdout.isTTY === true && !process.env.NO_COLOR,
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  async drained() {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  },
  // Some terminals do not know their size, and say 0.
  columns: () => (process.stderr.isTTY ? process.stderr.columns || 80 : null),
  onInterrupt(listener) {
    for (const name of INTERRUPTS) process.on(name, listener);
    return () => {
      for (const name of INTERRUPTS) process.off(name, listener);
    };
  },
};

process.exitCode = await run(process.argv.slice(2), terminal);
