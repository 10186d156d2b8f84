import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { defaultSettings } from '../../../src/experiment/defaults.ts';
import {
  encode,
  parseTrainingEvent,
  type Start,
  type TrainingCommand,
  type TrainingEvent,
} from '../../../src/protocol.ts';
import { drive, type Prepare } from '../../../src/training/process/driver.ts';
import { linesOf } from '../../../src/training/process/lines.ts';
import { readRun } from '../../../src/training/run-file.ts';
import type { Training } from '../../../src/training/trainer.ts';
import { savedRun, started, stepEvent } from '../support/saved-run.ts';

const start: Start = {
  command: 'start',
  settings: defaultSettings('softmax'),
  data: { kind: 'builtin' },
  backend: 'cpu',
  continues: null,
  out: null,
};

/** A training of so many steps that does nothing. */
class FakeTraining implements Training {
  readonly started = started;
  readonly steps: number;
  step = 0;
  disposed = false;

  constructor(steps: number) {
    this.steps = steps;
  }

  get finished() {
    return this.step >= this.steps ? ('completed' as const) : null;
  }

  async advance() {
    this.step += 1;
    return [stepEvent(this.step)];
  }

  laws() {
    return [];
  }

  state() {
    return { step: this.step, arms: ['mean'], variables: {} };
  }

  dispose() {
    this.disposed = true;
  }
}

/** The driver between two pipes. */
class Driven {
  readonly input = new PassThrough();
  readonly output = new PassThrough({ highWaterMark: 500 });
  readonly ending = new AbortController();
  readonly training: FakeTraining;
  readonly code: Promise<number>;
  log = '';
  readonly #lines = linesOf(this.output);

  constructor(training = new FakeTraining(3), prepare: Prepare = async () => ({ training, before: [] })) {
    this.training = training;
    const { input, output } = this;
    const log = (text: string) => {
      this.log += text;
    };
    this.code = drive({ input, output, signal: this.ending.signal, log }, prepare);
    this.code.then(() => output.end());
  }

  send(...commands: TrainingCommand[]): void {
    for (const command of commands) this.input.write(`${encode(command)}\n`);
  }

  /** The next event, or undefined at the end. */
  async next(): Promise<TrainingEvent | undefined> {
    const { value } = await this.#lines.next();
    return value === undefined ? undefined : parseTrainingEvent(value);
  }

  /** All events up to the first of this kind. */
  async until(kind: TrainingEvent['event']): Promise<TrainingEvent[]> {
    const events: TrainingEvent[] = [];
    for (let event = await this.next(); event; event = await this.next()) {
      events.push(event);
      if (event.event === kind) return events;
    }
    throw new Error(`There was no event ${kind}, but ${events.map(({ event }) => event)}`);
  }

  async rest(): Promise<string[]> {
    const kinds: string[] = [];
    for (let event = await this.next(); event; event = await this.next()) kinds.push(event.event);
    return kinds;
  }
}

const endless = () => new FakeTraining(Number.POSITIVE_INFINITY);

describe('the training process', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-driver-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('trains all steps and says so', async () => {
    const driven = new Driven();
    driven.send(start);
    assert.deepEqual(await driven.rest(), ['started', 'step', 'step', 'step', 'finished']);
    assert.equal(await driven.code, 0);
    assert.ok(driven.training.disposed);
  });

  it('trains one step at a time where it is paused, and goes on when it is told to', async () => {
    const driven = new Driven(endless());
    driven.send(start, { command: 'pause' });
    await driven.until('paused');
    const { step } = driven.training;
    await sleep(20);
    assert.equal(driven.training.step, step, 'a paused training goes on');
    driven.send({ command: 'step' }, { command: 'step' });
    await driven.until('step');
    await driven.until('step');
    await sleep(20);
    assert.equal(driven.training.step, step + 2);
    driven.send({ command: 'resume' });
    assert.deepEqual(await driven.next(), { event: 'resumed', step: step + 2 });
    await driven.until('step');
    driven.send({ command: 'stop' });
    await driven.until('finished');
    assert.equal(await driven.code, 0);
  });

  it('pauses after the step that it is told to train while it runs', async () => {
    const driven = new Driven(endless());
    driven.send(start, { command: 'step' });
    await driven.until('paused');
    await driven.until('step');
    await sleep(20);
    driven.send({ command: 'stop' });
    assert.deepEqual(await driven.rest(), ['finished']);
  });

  it('stops where it is told to, also while it is paused', async () => {
    const driven = new Driven(endless());
    driven.send(start, { command: 'pause' });
    await driven.until('paused');
    driven.send({ command: 'stop' });
    const last = (await driven.until('finished')).at(-1);
    assert.deepEqual(last, { event: 'finished', reason: 'stopped', step: driven.training.step, laws: [] });
  });

  it('stops while it is still preparing', async () => {
    const driven = new Driven(endless(), () => new Promise(() => {}));
    driven.send(start, { command: 'stop' });
    assert.deepEqual(await driven.rest(), ['finished']);
    assert.equal(await driven.code, 0);
  });

  it('says what it prepares, and why it cannot start', async () => {
    const driven = new Driven(endless(), async (_start, say) => {
      say('Reading');
      throw new Error('There are no data.');
    });
    driven.send(start);
    assert.deepEqual(await driven.next(), { event: 'preparing', message: 'Reading', fraction: null });
    assert.deepEqual(await driven.next(), { event: 'failed', message: 'There are no data.' });
    assert.equal(await driven.code, 2);
  });

  it('stops and saves when whoever started it is gone, or a signal asks it to', async () => {
    for (const end of [
      (d: Driven) => d.input.end(),
      (d: Driven) => d.input.destroy(),
      (d: Driven) => d.ending.abort(),
    ]) {
      const file = path.join(folder, 'run.lossrun.json');
      const driven = new Driven(endless());
      driven.send({ ...start, out: file });
      await driven.until('step');
      end(driven);
      await driven.rest();
      assert.equal(await driven.code, 0);
      assert.equal((await readRun(file)).state.step, driven.training.step);
      rmSync(file);
    }
  });

  it('ends although nobody reads any more', async () => {
    const driven = new Driven(endless());
    driven.send({ ...start, out: path.join(folder, 'run.lossrun.json') });
    driven.output.on('error', () => {});
    await sleep(20);
    driven.output.destroy();
    driven.input.end();
    assert.equal(await driven.code, 0);
    assert.deepEqual(readdirSync(folder), ['run.lossrun.json']);
  });

  it('waits for a reader that does not read on, and obeys the end of its parent meanwhile', async () => {
    const driven = new Driven(endless());
    driven.send(start);
    await sleep(50);
    const { step } = driven.training;
    assert.ok(step < 10, `it trained ${step} steps that nobody reads`);
    await sleep(50);
    assert.equal(driven.training.step, step);
    driven.input.end();
    assert.equal(await driven.code, 0);
  });

  it('reads commands between steps that leave no room for anything else', async () => {
    const driven = new Driven(endless());
    driven.send(start);
    const reading = driven.rest();
    for (let i = 0; i < 20; i++) await setImmediate();
    driven.send({ command: 'stop' });
    assert.equal((await reading).at(-1), 'finished');
  });

  describe('saves', () => {
    it('what was said of the run, its laws and its state', async () => {
      const file = path.join(folder, 'run.lossrun.json');
      const before = savedRun().events;
      const training = new FakeTraining(2);
      const driven = new Driven(training, async () => ({ training, before }));
      driven.send({ ...start, out: file });
      assert.deepEqual(await driven.rest(), ['started', 'step', 'step', 'saved', 'finished']);
      const run = await readRun(file);
      assert.deepEqual(run.events, [...before, stepEvent(1), stepEvent(2)]);
      assert.deepEqual(run.state, training.state());
      assert.deepEqual(run.started, started);
    });

    it('when it is told to, and goes on where the disk refuses', async () => {
      const file = path.join(folder, 'now.lossrun.json');
      const driven = new Driven(endless());
      driven.send(
        start,
        { command: 'pause' },
        { command: 'save', file },
        { command: 'save', file: `${folder}/none/x` },
      );
      await driven.until('paused');
      assert.deepEqual(await driven.next(), { event: 'saved', file });
      const refused = await driven.next();
      assert.ok(refused?.event === 'not saved' && /its folder does not exist/.test(refused.message));
      assert.equal((await readRun(file)).state.step, driven.training.step);
      driven.send({ command: 'stop' });
      assert.deepEqual(await driven.rest(), ['finished']);
    });

    it('in another place where its own refuses at the end', async () => {
      const taken = path.join(folder, 'run.lossrun.json');
      mkdirSync(taken);
      const driven = new Driven();
      driven.send({ ...start, out: taken });
      const events = await driven.until('finished');
      const saved = events.find(({ event }) => event === 'saved');
      assert.ok(events.some(({ event }) => event === 'not saved'));
      assert.ok(saved?.event === 'saved' && existsSync(saved.file));
      assert.equal((await readRun(saved.file)).state.step, 3);
      rmSync(path.dirname(saved.file), { recursive: true });
    });
  });

  describe('fails', () => {
    const refused: readonly (readonly [what: string, line: string, message: RegExp])[] = [
      ['a first command that is no start', '{"command":"pause"}', /The first command is start/],
      ['no JSON', 'start', /is no command of the training process: /],
      [
        'settings that make no sense',
        encode({ ...start, settings: { ...start.settings, batchSize: 0 } }),
        /settings\.batchSize: /,
      ],
    ];
    for (const [what, line, message] of refused) {
      it(`at ${what}`, async () => {
        const driven = new Driven();
        driven.input.write(`${line}\n`);
        const event = await driven.next();
        assert.ok(event?.event === 'failed' && message.test(event.message), event && encode(event));
        assert.equal(await driven.code, 2);
      });
    }

    it('at the end of its input before any command', async () => {
      const driven = new Driven();
      driven.input.end();
      assert.deepEqual(await driven.rest(), ['failed']);
      assert.equal(await driven.code, 2);
    });

    it('at a wrong command, but saves the run first', async () => {
      const file = path.join(folder, 'run.lossrun.json');
      const driven = new Driven(endless());
      driven.send({ ...start, out: file }, start);
      assert.deepEqual((await driven.rest()).slice(-2), ['saved', 'failed']);
      assert.equal(await driven.code, 2);
      await readRun(file);
    });

    it('with the message of what broke, and its trace for the error stream', async () => {
      const training = endless();
      training.advance = async () => {
        throw new TypeError('x is not a function');
      };
      const driven = new Driven(training);
      driven.send(start);
      await driven.until('started');
      assert.deepEqual(await driven.next(), {
        event: 'failed',
        message: 'The training broke off at step 0: x is not a function',
      });
      assert.equal(await driven.code, 1);
      assert.match(driven.log, /TypeError: x is not a function\n +at /);
      assert.ok(training.disposed);
    });
  });
});
