import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../src/cli/run.ts';
import { parseTrainingEvent } from '../../src/protocol.ts';
import { isAlive } from '../../src/training/native/processes.ts';
import { readRun } from '../../src/training/run-file.ts';
import { type FakeTerminal, fakeTerminal } from '../support/terminal.ts';

const root = path.resolve(import.meta.dirname, '../..');
const small = '--model softmax --data builtin --backend cpu --batch-size 8';
const endless = `${small} --steps 1000000 --evaluate-every 1000000 --measure-every 1000000`;

describe('loss-lens train', function () {
  this.timeout(30_000);
  let folder: string;
  const children = new Set<ChildProcess>();
  const own = ['LOSS_LENS_DATA', 'LOSS_LENS_NATIVE'] as const;
  const given = own.map((name) => process.env[name]);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-train-'));
    // Whatever this machine has of its own counts for nothing.
    for (const name of own) process.env[name] = path.join(folder, 'none');
  });
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
    own.forEach((name, i) => {
      const value = given[i];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    });
    rmSync(folder, { recursive: true, force: true });
  });

  async function train(line: string, terminal: FakeTerminal = fakeTerminal(folder)) {
    const code = await run(['train', ...line.split(' ')], terminal);
    return { code, stdout: terminal.stdout, stderr: terminal.stderr };
  }

  it('shows what it trains, its progress, the curves, the laws and where the run is', async () => {
    const { code, stdout, stderr } = await train(`${small} --weight-decay 0.1 --steps 20 --out a.lossrun.json`);
    assert.equal(code, 0);
    assert.match(stdout, /^softmax regression · 30,730 parameters · batch 8 · SGD 0\.05 · L2 0\.1 · 20 steps\n/);
    assert.match(stdout, /\ndata {4}built-in drawings \(seed 1\): 5,120 examples to train on, 1,280 held out\n/);
    assert.match(stdout, /\nbackend cpu \(tfjs [\d.]+\)\n/);
    assert.doesNotMatch(stdout, /data download/, 'they were asked for');
    assert.match(stdout, /\nloss per example \(log\) +first +last\nsum +[\d.]+ +[▁-█]{20} +[\d,.]+\nmean /);
    assert.match(stdout, /\nheld-out accuracy +step 20 +last\nsum +[\d.]+ % /);
    assert.match(stdout, /\nworst class: sum \w+ [\d.]+ %, mean \w+ [\d.]+ %, max \w+ [\d.]+ %\n/);
    assert.match(stdout, /\nmax was trained on \d+ different examples in 20 updates/);
    assert.match(stdout, /\n✓ {2}L_SUM \/ L_AVG = B +8 +8\.000 +\d/);
    assert.match(stdout, /\n– {2}Linear Scaling Rule/);
    assert.match(stdout, /\n¹ [A-Z]/);
    assert.match(stdout, /\nSaved to .+a\.lossrun\.json\n$/);
    assert.match(
      stderr,
      /^Drawing the built-in data …\nStarting the backend …\nstep 2\/20 · [\d,]+ images\/s · \d+ s left · loss /,
    );
    assert.equal(stderr.match(/^step /gm)?.length, 10);
    assert.equal((await readRun(path.join(folder, 'a.lossrun.json'))).state.step, 20);
  });

  it('redraws one line where it can', async () => {
    const { stderr } = await train(`${small} --steps 20`, fakeTerminal(folder, 40));
    const lines = stderr.split('\r\u001b[2K');
    assert.match(lines[1] ?? '', /^Drawing the built-in data …$/);
    assert.ok(lines.every((line) => !line.includes('\n') && [...line].length < 40));
    assert.equal(lines.at(-1), '');
  });

  it('says how to get what was not there', async () => {
    const { code, stdout } = await train('--model softmax --batch-size 8 --steps 1');
    assert.equal(code, 0);
    assert.match(stdout, /\n +CIFAR-10 instead: loss-lens data download \(170 MB\)\n/);
    assert.match(stdout, /\nbackend wasm .+\n +tfjs-node is not installed: run `loss-lens native install`\n/);
  });

  it('goes on from a saved run', async () => {
    await train(`${small} --steps 2 --out a.lossrun.json`);
    const { code, stdout } = await train('--continue a.lossrun.json --steps 3 --out a.lossrun.json');
    assert.equal(code, 0);
    assert.match(stdout, / · steps 3 to 5\n/);
    assert.equal((await readRun(path.join(folder, 'a.lossrun.json'))).state.step, 5);
  });

  it('shows where an arm diverged, which is a result', async () => {
    const { code, stdout, stderr } = await train(`${small} --reductions sum,mean --steps 10 --learning-rate 1e19`);
    assert.equal(code, 0);
    assert.match(stdout, /\n\w+ +[\d.]+ +[▁-█]+ ✕ /);
    assert.match(stdout, /\n✕ sum diverged at step \d+: its step is that of a mean with learning rate /);
    assert.match(stderr, /^sum diverged at step /m);
    assert.match(stdout, /\nAll diverged, the last one at step \d\n/);
  });

  it('passes all events on where it is asked for them', async () => {
    const { code, stdout, stderr } = await train(`${small} --steps 3 --format ndjson --out a.lossrun.json`);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    const events = stdout.trimEnd().split('\n').map(parseTrainingEvent);
    const kinds = new Set(events.map(({ event }) => event));
    assert.deepEqual([...kinds], ['preparing', 'started', 'step', 'measured', 'evaluated', 'saved', 'finished']);
  });

  for (const [what, line, message] of [
    ['its arguments are wrong', '--steps 0', /^loss-lens: --steps is .+, not "0"\. See loss-lens train --help\.\n$/],
    ['there are no such data', `${small} --data .`, /^loss-lens: .+ holds no CIFAR-10: .+\n$/],
    ['it could not save', `${small} --out none/a`, /^loss-lens: .+ its folder does not exist.+\n$/],
    ['the run to go on with is none', '--continue none', /^loss-lens: .+none does not exist\.\n$/],
  ] as const) {
    it(`ends with 2 where ${what}`, async () => {
      const terminal = fakeTerminal(folder, 80);
      const { code, stdout } = await train(line, terminal);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(terminal.stderr.split('\u001b[2K').at(-1) ?? '', message);
    });
  }

  it('stops at the first Ctrl-C, and still shows and saves what there is', async () => {
    const terminal = fakeTerminal(folder);
    const running = train(`${endless} --out a.lossrun.json`, terminal);
    await until(() => terminal.stdout.includes('steps'));
    terminal.interrupt();
    const { code, stdout, stderr } = await running;
    assert.equal(code, 0);
    assert.match(stderr, /Stopping after this step; Ctrl-C again ends at once\.\n/);
    assert.match(stdout, /\nStopped after [\d,]+ steps\n/);
    assert.ok(existsSync(path.join(folder, 'a.lossrun.json')));
  });

  it('ends at once at the second Ctrl-C', async () => {
    const terminal = fakeTerminal(folder);
    const running = train(endless, terminal);
    await until(() => terminal.stderr.includes('Drawing'));
    terminal.interrupt();
    terminal.interrupt();
    assert.equal((await running).code, 130);
  });

  describe('as a process', () => {
    before(function () {
      if (process.platform !== 'linux') this.skip();
    });

    /** Starts the command line, and finds the training process that it starts. */
    async function launch() {
      const child = spawn(process.execPath, [path.join(root, 'src/cli/main.ts'), 'train', ...endless.split(' ')], {
        cwd: folder,
      });
      children.add(child);
      let output = '';
      child.stdout.on('data', (text) => {
        output += text;
      });
      let errors = '';
      child.stderr.on('data', (text) => {
        errors += text;
      });
      await until(() => output.includes('steps'));
      const pid = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'));
      assert.ok(isAlive(pid));
      return { child, pid, errors: () => errors };
    }

    it('takes its training process with it when it is killed', async () => {
      const { child, pid } = await launch();
      child.kill('SIGKILL');
      await until(() => !isAlive(pid));
    });

    it('says so when its training process is killed', async () => {
      const { child, pid, errors } = await launch();
      process.kill(pid, 'SIGKILL');
      const [code] = await once(child, 'close');
      assert.equal(code, 2);
      assert.match(
        errors(),
        /\nloss-lens: The training process ended before its training did \(it was ended by SIGKILL\)\./,
      );
    });

    it('stops at SIGINT and shows what there is', async () => {
      const { child, pid } = await launch();
      child.kill('SIGINT');
      assert.deepEqual(await once(child, 'close'), [0, null]);
      assert.ok(!isAlive(pid));
    });
  });
});

/** Waits for something to become true, as long as a test may. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}
