// npm start as a user meets it: it serves VS Code with examples/ open, and one signal ends everything that it started.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { endGroup, startGroup } from '../../scripts/lib/processes.mjs';
import { npm, root } from '../../scripts/lib/toolchain.mjs';

const START_TIMEOUT_MILLISECONDS = 180_000;

describe('npm start', function () {
  this.timeout(START_TIMEOUT_MILLISECONDS);

  before(function () {
    // Which processes are ours is told by their environment, in /proc.
    if (process.platform !== 'linux') this.skip();
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`prints the analysis, serves examples/ in VS Code, and leaves nothing behind on ${signal}`, async () => {
      const mark = randomUUID();
      const [command, args] = npm(['start', '--', '--server', '--port=0']);
      const child = startGroup(command, args, {
        cwd: root,
        env: { ...process.env, LOSS_LENS_TEST_MARK: mark },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        const output = await outputUntil(child, /Ctrl-C ends it/);
        const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(output)?.[0];
        assert.ok(address, `no address in:\n${output}`);
        assert.match(output, /examples\/\S+\.(py|ts)/, 'the analysis of examples/ is printed');
        const response = await fetch(address);
        assert.equal(response.status, 200);
        assert.equal(new URL(response.url).searchParams.get('folder'), path.join(root, 'examples'));
        assert.ok(processesMarked(mark).length > 2, 'VS Code is running');

        child.kill(signal);
        if (child.exitCode === null) await once(child, 'exit');
        assert.deepEqual(processesMarked(mark), []);
      } finally {
        await endGroup(child);
      }
    });
  }
});

async function outputUntil(child: ReturnType<typeof startGroup>, end: RegExp): Promise<string> {
  let output = '';
  assert.ok(child.stdout);
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    output += chunk;
    if (end.test(output)) return output;
  }
  throw new Error(`npm start ended early:\n${output}`);
}

/** The command lines of all running processes that carry the mark in their environment. */
function processesMarked(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      try {
        if (!readFileSync(`/proc/${id}/environ`, 'utf8').includes(mark)) return [];
        return [readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return []; // It has ended, or is not ours.
      }
    });
}
