/** The process of `loss-lens`. */
import { run, type Terminal } from './run.ts';

// A reader such as `head` may leave before the end: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const terminal: Terminal = {
  cwd: process.cwd(),
  color: process.stdout.isTTY === true && !process.env.NO_COLOR,
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
};

process.exitCode = await run(process.argv.slice(2), terminal);
