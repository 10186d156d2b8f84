import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endGroup, runQuietly, runToEnd, startGroup } from '../../scripts/lib/processes.mjs';

const library = path.join(import.meta.dirname, '../../scripts/lib/processes.mjs');

/** A shell that starts a long-lived child, prints its process id, and waits for it. */
const familyScript = 'sleep 1000 & echo $!; wait';

describe('child processes', () => {
  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  it('end together with what they started', async () => {
    const child = startGroup('sh', ['-c', familyScript], { stdio: ['ignore', 'pipe', 'inherit'] });
    const grandchild = Number(await firstLine(child));
    assert.equal(isRunning(grandchild), true);
    await endGroup(child);
    assert.equal(isRunning(grandchild), false);
    assert.equal(isRunning(Number(child.pid)), false);
  });

  it('end although they ignore the polite signal', async () => {
    const child = startGroup('sh', ['-c', "trap '' TERM; echo ready; while :; do sleep 1; done"], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await firstLine(child);
    await endGroup(child, 200);
    await sleep(100);
    assert.equal(isRunning(Number(child.pid)), false);
  });

  it('end although their leader is gone already', async () => {
    const child = startGroup('sh', ['-c', 'sleep 1000 & echo $!'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const grandchild = Number(await firstLine(child));
    if (child.exitCode === null) await once(child, 'exit');
    await endGroup(child);
    assert.equal(isRunning(grandchild), false);
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    it(`end on ${signal} to the program that started them`, async () => {
      const program = startProgram();
      const grandchild = Number(await firstLine(program));
      program.kill(signal);
      const [exitCode] = await once(program, 'exit');
      assert.equal(exitCode, code);
      assert.equal(isRunning(grandchild), false);
    });
  }

  it('end when the program that started them has lost its own parent', async () => {
    const parent = startGroup(process.execPath, ['--input-type=module', '-e', orphaningProgram], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const grandchild = Number(await firstLine(parent));
    parent.kill('SIGKILL');
    for (let waited = 0; isRunning(grandchild) && waited < 5000; waited += 50) await sleep(50);
    assert.equal(isRunning(grandchild), false);
  });

  it('hand over their exit code', async () => {
    assert.equal(await runToEnd('sh', ['-c', 'exit 7']), 7);
  });

  it('show what they printed only if they fail', async () => {
    assert.equal(await runQuietly('a success failed', 'sh', ['-c', 'echo fine']), 'fine\n');
    await assert.rejects(
      runQuietly('the step failed', 'sh', ['-c', 'echo why >&2; exit 3']),
      /the step failed.*3.*\nwhy/s,
    );
  });
});

/** A Node program that ends everything on a signal, with a child whose process id it prints. */
const signalProgram = `
  import { endEverythingOnSignal, startGroup } from ${JSON.stringify(library)};
  endEverythingOnSignal();
  startGroup('sh', ['-c', ${JSON.stringify(familyScript)}]);
`;

/** The same as a child of a Node program, which a test then kills without a word. */
const orphaningProgram = `
  import { spawn } from 'node:child_process';
  spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(signalProgram)}], { stdio: 'inherit' });
`;

function startProgram() {
  return startGroup(process.execPath, ['--input-type=module', '-e', signalProgram], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function firstLine(child: ReturnType<typeof startGroup>): Promise<string> {
  let text = '';
  assert.ok(child.stdout);
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  return text.trim();
}

/** A process that has ended, but that nobody has asked after yet, runs no more. */
function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${id}/status`, 'utf8'));
  } catch (error) {
    // Without /proc, the first look decides.
    return (error as NodeJS.ErrnoException).syscall === 'open' && process.platform !== 'linux';
  }
}
