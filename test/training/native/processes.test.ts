import assert from 'node:assert/strict';
import { run } from '../../../src/training/native/processes.ts';
import { isRunning } from './fakes.ts';

const options = { cwd: '/', env: process.env, signal: new AbortController().signal, limitMs: 60_000 };

describe('a program that the set-up of the native backend runs', () => {
  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  it('has succeeded where it ends with 0', async () => {
    assert.deepEqual(await run('sh', ['-c', 'echo fine'], options), { succeeded: true, output: 'fine\n' });
  });

  it('says why it has failed', async () => {
    assert.deepEqual(await run('sh', ['-c', 'echo why >&2; exit 3'], options), { succeeded: false, output: 'why\n' });
    assert.match((await run('sh', ['-c', 'kill -9 $$'], options)).output, /It was ended by SIGKILL\./);
    assert.match((await run('no-such-program', [], options)).output, /There is no no-such-program on PATH\./);
  });

  it('is ended, with what it has started, when it takes too long', async () => {
    const ended = await run('sh', ['-c', 'sleep 1000 & echo $!; wait'], { ...options, limitMs: 200 });
    assert.equal(ended.succeeded, false);
    assert.match(ended.output, /It took longer than/);
    assert.equal(isRunning(Number.parseInt(ended.output, 10)), false);
  });

  it('is ended although it ignores being asked to', async function () {
    this.timeout(20_000);
    const ended = await run('sh', ['-c', "trap '' TERM; echo $$; while :; do sleep 1; done"], {
      ...options,
      limitMs: 200,
    });
    assert.equal(isRunning(Number.parseInt(ended.output, 10)), false);
  });

  it('is not started where that is cancelled already', async () => {
    await assert.rejects(run('sh', [], { ...options, signal: AbortSignal.abort(new Error('cancelled')) }), /cancelled/);
  });
});
