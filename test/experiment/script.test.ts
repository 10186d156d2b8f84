import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { armsOf } from '../../src/experiment/arms.ts';
import { defaultSettings } from '../../src/experiment/defaults.ts';
import { presets } from '../../src/experiment/presets.ts';
import { layers } from '../../src/experiment/script/python.ts';
import { pytorchScript } from '../../src/experiment/script/pytorch.ts';
import { tensorflowScript } from '../../src/experiment/script/tensorflow.ts';
import {
  NETWORKS,
  type NetworkName,
  OPTIMIZERS,
  type OptimizerName,
  type PresetName,
  type Settings,
  type Started,
} from '../../src/protocol.ts';
import { networks } from '../../src/training/program/networks.ts';
import { analyzeText } from '../support/analyze.ts';

function startOf(preset: PresetName, over: Partial<Settings> = {}): Started {
  const settings = presets[preset].apply({ ...defaultSettings(over.network), ...over });
  return {
    event: 'started',
    version: '0.1.0',
    settings,
    arms: armsOf(settings),
    data: { kind: 'cifar10', name: 'CIFAR-10', classes: [], train: 50_000, heldOut: 10_000, checksum: '' },
    backend: { name: 'cpu', versions: {}, passedOver: [] },
    parameters: 10,
    after: 0,
  };
}

const frameworks = {
  PyTorch: { script: pytorchScript, golden: 'pytorch', python: 'LOSS_LENS_PYTHON_TORCH' },
  TensorFlow: { script: tensorflowScript, golden: 'tensorflow', python: 'LOSS_LENS_PYTHON_TENSORFLOW' },
} as const;

const goldens: Record<keyof typeof frameworks, Started> = {
  PyTorch: startOf('same-rate'),
  TensorFlow: startOf('double-batch', { network: 'tutorial', optimizer: 'adam', learningRate: 0.001, clipNorm: 1 }),
};

const penaltyDrifts = (network: NetworkName, optimizer: OptimizerName): Started =>
  startOf('penalty-drifts', { network, optimizer, batchSize: 16, learningRate: 0.001, clipNorm: 2 });

/** Every part of a script is there in one of these. */
const everyPart: Record<string, Started> = {
  'the light network with SGD': penaltyDrifts('light', 'sgd'),
  'softmax regression with momentum': penaltyDrifts('softmax', 'momentum'),
  'the network of the tutorial with Adam': penaltyDrifts('tutorial', 'adam'),
  'a decoupled decay': startOf('matched', { decay: 'decoupled', optimizer: 'adam', batchSize: 32 }),
  'no penalty, and batches that are no power of two': startOf('worst-case', { weightDecay: 0, batchSize: 100 }),
};

describe('the script of an experiment', () => {
  for (const [framework, { script, golden, python }] of Object.entries(frameworks)) {
    describe(`for ${framework}`, () => {
      it('is what a person would write', () => {
        const file = path.join(import.meta.dirname, 'script', `${golden}.golden.py`);
        assert.equal(script(goldens[framework as keyof typeof frameworks]), readFileSync(file, 'utf8'));
      });

      it('is Python, in lines of at most 99 characters, whatever the experiment', function () {
        if (spawnSync('python3', ['--version']).status !== 0) this.skip(); // There is no Python to ask.
        const all = NETWORKS.flatMap((network) => OPTIMIZERS.map((optimizer) => penaltyDrifts(network, optimizer)));
        const scripts = [...Object.values(everyPart), ...all].map(script);
        for (const line of scripts.flatMap((text) => text.split('\n'))) assert.ok(line.length <= 99, line);
        const check = 'import ast, json, sys\nfor text in json.load(sys.stdin): ast.parse(text)';
        const { status, stderr } = spawnSync('python3', ['-c', check], {
          input: JSON.stringify(scripts),
          encoding: 'utf8',
        });
        assert.equal(status, 0, stderr);
      });

      it('trains the arms with their own settings, as exact literals', () => {
        const text = script(startOf('matched', { reference: 'sum', batchSize: 128, learningRate: 0.002 }));
        assert.match(text, /^ {4}Arm\("sum", "sum", learning_rate=0\.002, weight_decay=0\.0005\),$/m);
        assert.match(text, /^ {4}Arm\("mean", "mean", learning_rate=0\.256, weight_decay=3\.90625e-6\),$/m);
      });

      it('says that drawings are replaced by photographs', () => {
        const started = startOf('matched');
        assert.doesNotMatch(script(started), /drawings/);
        assert.match(script({ ...started, data: { ...started.data, kind: 'builtin' } }), /built-in drawings/);
      });

      it('runs nothing that a saved run may carry in its texts', () => {
        const started = startOf('matched');
        const evil = '"""\nimport os\n"\\';
        const text = script({
          ...started,
          version: evil,
          arms: started.arms.map((arm) => ({ ...arm, name: evil })),
          data: { ...started.data, name: evil },
        });
        assert.doesNotMatch(text, /^import os/m);
        assert.match(text, /Arm\(\n? *"\\"\\"\\"\\nimport os\\n\\"\\\\",/);
      });

      it('is read by Loss Lens as what it is: a sum, a maximum and a mean over the batch', async () => {
        for (const network of NETWORKS) {
          const { sites } = await analyzeText(script(startOf('same-rate', { network })), 'script.py');
          const losses = sites.filter(({ role, reduction }) => role === 'data-loss' && reduction !== 'none');
          assert.deepEqual(new Set(losses.map(({ reduction }) => reduction)), new Set(['sum', 'max', 'mean']));
          for (const { over } of losses) assert.ok(over.includes('B'));
        }
      });

      describe(`run by the Python that ${python} names`, () => {
        const interpreter = process.env[python];
        for (const [what, started] of Object.entries(everyPart)) {
          it(`finds that the first gradients differ by the batch size: ${what}`, function () {
            if (!interpreter) return this.skip();
            this.timeout(120_000);
            const folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-script-'));
            try {
              const file = path.join(folder, 'script.py');
              writeFileSync(file, script(started));
              const run = spawnSync(interpreter, [file, '--synthetic', '--steps', '2'], {
                encoding: 'utf8',
                cwd: folder,
              });
              assert.equal(run.status, 0, run.stderr);
              const ratio = Number(/first-step gradient ratio (\S+)/.exec(run.stdout)?.[1]);
              const { batchSize } = started.settings;
              assert.ok(Math.abs(ratio / batchSize - 1) < 1e-4, `${ratio} instead of ${batchSize}`);
              for (const { name } of started.arms) {
                assert.ok(new RegExp(`^${name} +step +2 `, 'm').test(run.stdout), `${name} in ${run.stdout}`);
              }
            } finally {
              rmSync(folder, { recursive: true });
            }
          });
        }
      });
    });
  }

  it('starts and penalises the layers as the editor does', () => {
    for (const name of NETWORKS) {
      const own = networks[name].weights;
      const expected = layers[name].flatMap(({ deviation, bias, penalized }) => [
        [evaluate(deviation), penalized],
        [Number(bias), false],
      ]);
      assert.deepEqual(
        own.map(({ start, penalized }) => ['deviation' in start ? start.deviation : start.everywhere, penalized]),
        expected,
      );
    }
  });
});

/** Python's arithmetic of these few numbers is that of JavaScript. */
function evaluate(expression: string): number {
  const [, numerator, denominator, root] = /^\(?([\d.]+)(?: \/ (\d+)\)?)?( \*\* 0\.5)?$/.exec(expression) ?? [];
  const quotient = Number(numerator) / Number(denominator ?? 1);
  return root ? Math.sqrt(quotient) : quotient;
}
