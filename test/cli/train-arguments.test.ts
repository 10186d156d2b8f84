import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UsageError } from '../../src/cli/arguments.ts';
import { parseTrainArguments, TRAIN_USAGE } from '../../src/cli/train-arguments.ts';
import { defaultSettings } from '../../src/experiment/defaults.ts';
import { encode, parseTrainingCommand } from '../../src/protocol.ts';
import { RunFileError, saveRun } from '../../src/training/run-file.ts';
import { savedRun } from '../training/support/saved-run.ts';

const cwd = path.resolve('/work');

const parsed = async (line: string, folder = cwd) => {
  const request = await parseTrainArguments(line.split(' ').filter(Boolean), folder);
  assert.ok(request);
  // What the arguments make is what the training process accepts.
  assert.deepEqual(parseTrainingCommand(encode(request.start)), request.start);
  return request;
};

describe('the arguments of loss-lens train', () => {
  it('may all be left out', async () => {
    const { start, format } = await parsed('');
    assert.equal(format, 'text');
    assert.deepEqual(start, {
      command: 'start',
      settings: defaultSettings('light'),
      continues: null,
      data: { kind: 'auto' },
      backend: 'auto',
      out: null,
    });
  });

  it('say everything of an experiment', async () => {
    const { start, format } = await parsed(
      '--model tutorial --reductions max,sum --batch-size 100 --learning-rate 1e-3 --optimizer adam --weight-decay 0 ' +
        '--decay decoupled --clip-norm 2.5 --epsilon .001 --match-updates --scale-batch 4 --steps 10 --seed 0 ' +
        '--evaluate-every 5 --measure-every 2 --data pictures --backend cpu --out a.lossrun.json --format ndjson',
    );
    assert.equal(format, 'ndjson');
    assert.deepEqual(start.settings, {
      network: 'tutorial',
      reductions: ['max', 'sum'],
      batchSize: 100,
      learningRate: 0.001,
      optimizer: 'adam',
      weightDecay: 0,
      decay: 'decoupled',
      clipNorm: 2.5,
      epsilon: 0.001,
      matchUpdates: true,
      reference: 'mean',
      batchFactor: 4,
      steps: 10,
      seed: 0,
      evaluateEvery: 5,
      measureEvery: 2,
    });
    assert.deepEqual(start.data, { kind: 'folder', folder: path.join(cwd, 'pictures') });
    assert.equal(start.backend, 'cpu');
    assert.equal(start.out, path.join(cwd, 'a.lossrun.json'));
  });

  it('take the weight decay that belongs to the model', async () => {
    const decay = async (model: string) => (await parsed(`--model ${model}`)).start.settings.weightDecay;
    assert.deepEqual([await decay('light'), await decay('tutorial'), await decay('softmax')], [0.0005, 0.004, 0]);
  });

  it('may count in epochs', async () => {
    assert.equal((await parsed('--epochs 3')).start.epochs, 3);
  });

  it('reach to the limits of the training process', async () => {
    await parsed('--batch-size 65536 --scale-batch 64 --steps 10000000 --seed 4294967295');
  });

  const wrong: readonly (readonly [line: string, message: RegExp])[] = [
    ['train.py', /train takes options only, not "train\.py"/],
    ['--model resnet', /--model is one of light, tutorial, softmax, not "resnet"/],
    ['--reductions sum,median', /--reductions is one of sum, mean, max, not "median"/],
    ['--reductions sum,sum', /--reductions names a reduction twice: "sum,sum"/],
    ['--batch-size 0', /--batch-size is a whole number from 1 to 65536, not "0"/],
    ['--batch-size 65537', /--batch-size is a whole number from 1 to 65536/],
    ['--batch-size 1.5', /--batch-size is a whole number/],
    ['--learning-rate 0', /--learning-rate is a number above 0, not "0"/],
    ['--learning-rate fast', /--learning-rate is a number above 0, not "fast"/],
    ['--learning-rate=-1', /--learning-rate is a number above 0, not "-1"/],
    ['--learning-rate -1', /--learning-rate needs a value/],
    ['--learning-rate 1e999', /--learning-rate is a number above 0/],
    ['--weight-decay=-1', /--weight-decay is a number from 0, not "-1"/],
    ['--decay none', /--decay is one of coupled, decoupled/],
    ['--optimizer rmsprop', /--optimizer is one of sgd, momentum, adam/],
    ['--seed 4294967296', /--seed is a whole number from 0 to 4294967295/],
    ['--steps 5 --epochs 5', /--steps and --epochs say the same/],
    ['--steps', /--steps needs a value/],
    ['--match-updates=no', /--match-updates takes no value/],
    ['--backend gpu', /--backend is one of auto, tfjs-node, wasm, cpu/],
    ['--format json', /--format is one of text, ndjson/],
    ['--loud', /There is no option --loud/],
  ];
  for (const [line, message] of wrong) {
    it(`are wrong: ${line}`, async () => {
      await assert.rejects(
        parseTrainArguments(line.split(' '), cwd),
        (error: Error) => error instanceof UsageError && message.test(error.message) && error.help.includes('train'),
      );
    });
  }

  it('are explained on a page of a terminal', async () => {
    assert.equal(await parseTrainArguments(['--help'], cwd), null);
    const lines = TRAIN_USAGE.split('\n');
    assert.ok(lines.length <= 46 && lines.every((line) => [...line].length <= 80));
  });

  describe('of a run that goes on', () => {
    let folder: string;
    beforeEach(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-arguments-'));
      const run = savedRun();
      const { started } = run;
      await saveRun(path.join(folder, 'done'), run);
      const settings = { ...started.settings, steps: 10 };
      await saveRun(path.join(folder, 'stopped'), { ...run, started: { ...started, settings } });
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('are its own, but for the steps', async () => {
      const { start } = await parsed('--continue done --steps 5', folder);
      assert.equal(start.continues, path.join(folder, 'done'));
      assert.deepEqual(start.settings, { ...savedRun().started.settings, steps: 5 });
    });

    it('train what was left of it where they say no more', async () => {
      assert.equal((await parsed('--continue stopped', folder)).start.settings.steps, 9);
    });

    const refusals: readonly (readonly [line: string, message: RegExp])[] = [
      ['--continue done', /All 1 steps of that run are trained: say with --steps how many more/],
      ['--continue done --steps 1 --learning-rate 1', /--learning-rate belongs to a new run/],
      ['--continue none', /none does not exist/],
    ];
    for (const [line, message] of refusals) {
      it(`are wrong: ${line}`, async () => {
        await assert.rejects(
          parseTrainArguments(line.split(' '), folder),
          (error: Error) =>
            (error instanceof UsageError || error instanceof RunFileError) && message.test(error.message),
        );
      });
    }
  });
});
