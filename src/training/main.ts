/** The process that trains. Its standard input and output are those of `process/driver.ts`; what libraries print goes to the error stream. */
import { Console } from 'node:console';
import { encode } from '../protocol.ts';

// Before any library is loaded: some keep the console that they find.
globalThis.console = new Console(process.stderr, process.stderr);

const ending = new AbortController();
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => ending.abort());
// Nobody reads any more: the driver hears of it where it writes.
process.stdout.on('error', () => ending.abort());
process.stderr.on('error', () => {});

const fail = (message: string, code: number): void => {
  process.stdout.write(`${encode({ event: 'failed', message })}\n`, () => process.exit(code));
};

// What a library throws while nobody waits for it.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack}\n`);
  fail(`The training process broke off: ${error.message}`, 1);
});

if (process.argv.length > 2) {
  fail('The training process takes no arguments: it reads its commands from the standard input.', 2);
} else {
  const [{ drive }, { endAfterParent }, { prepare }] = await Promise.all([
    import('./process/driver.ts'),
    import('./process/watchdog.ts'),
    import('./process/prepare.ts'),
  ]);
  endAfterParent();
  const code = await drive(
    {
      input: process.stdin,
      output: process.stdout,
      signal: ending.signal,
      log: (text) => process.stderr.write(text),
    },
    prepare,
  );
  process.exit(code);
}
