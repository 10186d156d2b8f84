import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { defaultSettings } from '../../../src/experiment/defaults.ts';
import { encode, parseTrainingEvent, type SavedRun, type Start, type TrainingEvent } from '../../../src/protocol.ts';
import { nativeStatus } from '../../../src/training/native/folder.ts';
import { isAlive } from '../../../src/training/native/processes.ts';
import { linesOf } from '../../../src/training/process/lines.ts';
import { readRun } from '../../../src/training/run-file.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const main = path.join(root, 'src/training/main.ts');
const nativeFolder = path.join(root, '.cache/native');

const settings = { ...defaultSettings('softmax'), batchSize: 8, steps: 6, evaluateEvery: 3, measureEvery: 3 };
const start: Start = {
  command: 'start',
  settings,
  data: { kind: 'builtin' },
  backend: 'cpu',
  continues: null,
  out: null,
};
const forLong = {
  ...start,
  settings: { ...settings, steps: 1_000_000, evaluateEvery: 1_000_000, measureEvery: 1_000_000 },
};

describe('the program of the training process', function () {
  this.timeout(30_000);
  let folder: string;
  const children = new Set<ChildProcess>();

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-training-'));
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
    rmSync(folder, { recursive: true, force: true });
  });

  function launch(args: readonly string[] = [], nativeFolder = path.join(folder, 'none')) {
    // Whatever this machine has of its own counts for nothing.
    const env = { ...process.env, LOSS_LENS_DATA: path.join(folder, 'none'), LOSS_LENS_NATIVE: nativeFolder };
    const child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env });
    children.add(child);
    const lines = linesOf(child.stdout);
    const ended = once(child, 'close').then(([code, signal]) => (signal ?? code) as string | number);
    child.stdin.on('error', () => {});
    child.stderr.resume();
    return {
      child,
      ended,
      send: (...commands: Parameters<typeof encode>[0][]) => {
        for (const command of commands) child.stdin.write(`${encode(command)}\n`);
      },
      async until(kind: TrainingEvent['event']): Promise<TrainingEvent[]> {
        const events: TrainingEvent[] = [];
        for (;;) {
          const { value } = await lines.next();
          if (value === undefined) throw new Error(`There was no event ${kind}, but ${events.map(encode)}`);
          const event = parseTrainingEvent(value);
          events.push(event);
          if (event.event === kind) return events;
        }
      },
    };
  }

  /** Trains to the end and gives back the saved run. */
  async function train(command: Start, nativeFolder?: string): Promise<SavedRun> {
    const out = path.join(folder, `${readdirSync(folder).length}.lossrun.json`);
    const { send, until, ended } = launch([], nativeFolder);
    send({ ...command, out });
    await until('finished');
    assert.equal(await ended, 0);
    return readRun(out);
  }

  it('trains, and saves a run that its schema describes', async () => {
    const out = path.join(folder, 'run.lossrun.json');
    const { send, until, ended } = launch();
    // The norm of the sum's first step is beyond float32; that of the mean is an eighth of it.
    const diverging = { ...settings, steps: 3, reductions: ['sum' as const, 'mean' as const], learningRate: 1.5e17 };
    send({ ...start, settings: diverging, out });
    const kinds = new Set((await until('finished')).map(({ event }) => event));
    const all = ['diverged', 'evaluated', 'finished', 'measured', 'preparing', 'saved', 'started', 'step'];
    assert.deepEqual([...kinds].sort(), all);
    assert.equal(await ended, 0);
    const schema = JSON.parse(readFileSync(path.join(root, 'schema/lossrun.schema.json'), 'utf8'));
    const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
    assert.ok(ajv.validate(schema, JSON.parse(readFileSync(out, 'utf8'))), ajv.errorsText(ajv.errors));
  });

  for (const backend of ['cpu', 'wasm', 'tfjs-node'] as const) {
    it(`goes on from a saved run to the very numbers of one that was never interrupted, on ${backend}`, async function () {
      if (backend === 'tfjs-node' && !nativeStatus(nativeFolder)) this.skip();
      const adam = { ...settings, reductions: ['max' as const], optimizer: 'adam' as const, batchFactor: 2 };
      const twelve = { ...start, backend, settings: { ...adam, evaluateEvery: 100, measureEvery: 100, steps: 12 } };
      const [continues, out] = [path.join(folder, 'first'), path.join(folder, 'whole')];
      const { send, until, ended } = launch([], nativeFolder);
      const fiveSteps = Array.from({ length: 5 }, () => ({ command: 'step' as const }));
      send({ ...twelve, out }, ...fiveSteps, { command: 'save', file: continues }, { command: 'resume' });
      await until('finished');
      assert.equal(await ended, 0);
      const [first, whole] = [await readRun(continues), await readRun(out)];
      // All but the steps come from the run, its data and its backend too.
      const more = { ...start, data: { kind: 'auto' as const }, backend: 'auto' as const, continues };
      const second = await train({ ...more, settings: { ...defaultSettings('light'), steps: 7 } }, nativeFolder);
      assert.equal(first.state.step, 5);
      assert.equal(second.started.after, 5);
      assert.equal(second.started.backend.name, backend);
      assert.deepEqual(second.started.settings, whole.started.settings);
      assert.deepEqual(second.state, whole.state);
      const steps = (run: SavedRun) => run.events.flatMap((event) => (event.event === 'step' ? [event.arms] : []));
      assert.deepEqual(steps(second), steps(whole));
    });
  }

  it('counts in epochs where it is told to', async () => {
    const large = { ...settings, reductions: ['mean' as const], batchSize: 512, evaluateEvery: 100, measureEvery: 100 };
    assert.equal((await train({ ...start, backend: 'wasm', settings: large, epochs: 1 })).state.step, 10);
  });

  const refusals: readonly (readonly [what: string, change: () => Partial<Start>, message: RegExp])[] = [
    ['a folder without data', () => ({ data: { kind: 'folder', folder } }), /holds no CIFAR-10/],
    ['a backend that is not there', () => ({ backend: 'tfjs-node' }), /^The backend tfjs-node is not installed: run /],
    ['a place where it cannot save', () => ({ out: path.join(folder, 'none/x') }), /its folder does not exist/],
    ['a saved run that is not there', () => ({ continues: path.join(folder, 'x') }), /x does not exist/],
    ['too many steps', () => ({ epochs: 1_000_000 }), /a run has at most 10000000/],
  ];
  for (const [what, change, message] of refusals) {
    it(`refuses ${what}`, async () => {
      const { send, until, ended } = launch();
      send({ ...start, ...change() });
      const failed = (await until('failed')).at(-1);
      assert.ok(failed?.event === 'failed' && message.test(failed.message), failed && encode(failed));
      assert.equal(await ended, 2);
    });
  }

  it('takes no arguments', async () => {
    const { until, ended } = launch(['--steps']);
    await until('failed');
    assert.equal(await ended, 2);
  });

  it('saves and ends at SIGTERM', async function () {
    if (process.platform === 'win32') this.skip();
    const out = path.join(folder, 'run.lossrun.json');
    const { child, send, until, ended } = launch();
    send({ ...forLong, out });
    await until('step');
    child.kill('SIGTERM');
    const last = (await until('finished')).at(-1);
    assert.ok(last?.event === 'finished' && last.reason === 'stopped');
    assert.equal(await ended, 0);
    assert.equal((await readRun(out)).state.step, last.step);
  });

  it('saves and ends when nobody reads what it says', async () => {
    const out = path.join(folder, 'run.lossrun.json');
    const { child, send, until, ended } = launch();
    send({ ...forLong, out });
    await until('step');
    child.stdout.destroy();
    assert.equal(await ended, 0);
    await readRun(out);
  });

  it('leaves nothing half written when it is killed', async () => {
    const out = path.join(folder, 'run.lossrun.json');
    const { child, send, until, ended } = launch();
    send({ ...forLong, out });
    await until('step');
    child.kill('SIGKILL');
    assert.equal(await ended, 'SIGKILL');
    assert.deepEqual(readdirSync(folder), []);
  });

  it('ends when its parent is killed', async function () {
    if (process.platform === 'win32') this.skip();
    const command = JSON.stringify(`${encode(forLong)}\n`);
    const parent = parentOf(`
      const child = spawn(process.execPath, [${JSON.stringify(main)}], { stdio: ['pipe', 'pipe', 'ignore'] });
      child.stdin.write(${command});
      child.stdout.once('data', () => console.log(child.pid));
    `);
    await goneAfter(parent);
  });

  it('ends when its parent is killed during a step that does not end', async function () {
    if (process.platform === 'win32') this.skip();
    const watchdog = JSON.stringify(path.join(root, 'src/training/process/watchdog.ts'));
    const busy = JSON.stringify(`
      import(${watchdog}).then(({ endAfterParent }) => {
        endAfterParent(100);
        setTimeout(() => { console.log('busy'); for (;;); }, 300);
      });
    `);
    const parent = parentOf(`
      const child = spawn(process.execPath, ['-e', ${busy}], { stdio: ['ignore', 'pipe', 'ignore'] });
      child.stdout.once('data', () => console.log(child.pid));
    `);
    await goneAfter(parent);
  });

  /** A process that starts another one and prints its id. */
  function parentOf(code: string): ChildProcess {
    const child = spawn(process.execPath, ['-e', `const { spawn } = require('node:child_process'); ${code}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.add(child);
    return child;
  }

  async function goneAfter(parent: ChildProcess): Promise<void> {
    const [output] = (await once(parent.stdout as NonNullable<typeof parent.stdout>, 'data')) as [Buffer];
    const pid = Number(output.toString());
    assert.ok(isAlive(pid));
    parent.kill('SIGKILL');
    for (let i = 0; i < 200 && isAlive(pid); i++) await sleep(50);
    assert.ok(!isAlive(pid), 'it runs on without its parent');
  }
});
