// What ships: the size of each bundle, what is loaded at once and what on first use, and that it runs without node_modules.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';
import { build, copiedFiles } from '../esbuild.mjs';
import { bundledPackages, notices, noticesFile } from '../scripts/lib/notices.ts';
import { packagedFiles } from '../scripts/lib/vsix.ts';

const kilobyte = 1000;

/** The most that each program may load at its start. */
const budgets = {
  'extension.cjs': 500 * kilobyte,
  'server.mjs': 550 * kilobyte,
  'cli.mjs': 350 * kilobyte,
  'training.mjs': 50 * kilobyte,
  'webview.js': 200 * kilobyte,
} as const;

/** The most that all files of the package may take, of which the TypeScript parser is 3.8 MB and TensorFlow.js 1.8 MB. */
const WHOLE_BUDGET = 8000 * kilobyte;

/** Parsers and training backends, which are loaded on their first use. */
const heavyPackages = [
  'typescript',
  '@typescript-eslint/typescript-estree',
  'web-tree-sitter',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-cpu',
  'protobufjs',
  'tar',
];

describe('the bundles', function () {
  this.timeout(60_000);

  let folder: string;
  let dist: string;
  let metafile: Metafile;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-bundle-'));
    dist = path.join(folder, 'dist');
    metafile = await build(dist);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, budget] of Object.entries(budgets)) {
    it(`load at most ${budget / kilobyte} KB at the start of ${name}`, () => {
      const bytes = sum(loadedAtStart(metafile, name).map((file) => statSync(path.join(dist, file)).size));
      assert.ok(bytes <= budget, `${name} loads ${Math.round(bytes / kilobyte)} KB at its start`);
      assert.ok(bytes > 10 * kilobyte, `${name} loads only ${bytes} bytes: is it empty?`);
    });

    it(`leave parsers and training backends out of the start of ${name}`, () => {
      const inputs = loadedAtStart(metafile, name).flatMap((file) => Object.keys(outputNamed(metafile, file).inputs));
      const heavy = inputs.filter((input) => heavyPackages.some((name) => input.includes(`node_modules/${name}/`)));
      assert.deepEqual(heavy, []);
    });
  }

  it('ship them in chunks for their first use', () => {
    const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
    for (const name of heavyPackages) {
      assert.ok(
        inputs.some((input) => input.includes(`node_modules/${name}/`)),
        `${name} is in no bundle`,
      );
    }
  });

  it('take at most 8 MB in all', () => {
    const bytes = sum(readdirSync(dist).map((file) => statSync(path.join(dist, file)).size));
    assert.ok(bytes <= WHOLE_BUDGET, `dist/ takes ${Math.round(bytes / kilobyte)} KB`);
  });

  it('bring what is WebAssembly in files of its own', () => {
    for (const name of Object.keys(copiedFiles)) assert.ok(statSync(path.join(dist, name)).size > 100 * kilobyte, name);
  });

  it('run on the command line without node_modules, in both languages', async () => {
    const project = path.join(folder, 'project');
    mkdirSync(project);
    writeFileSync(path.join(project, 'train.py'), pythonTraining);
    writeFileSync(path.join(project, 'train.ts'), typescriptTraining);
    const { stdout } = await explain(path.join(dist, 'cli.mjs'), project);
    const { files } = JSON.parse(stdout) as { files: { path: string; language: string; losses: unknown[] }[] };
    assert.deepEqual(files.map(({ language, losses }) => [language, losses.length]).sort(), [
      ['python', 1],
      ['typescript', 1],
    ]);
  });

  for (const backend of ['wasm', 'cpu']) {
    it(`train on the command line without node_modules, on ${backend}`, async () => {
      const options = `--model softmax --data builtin --batch-size 8 --steps 2 --backend ${backend}`.split(' ');
      const { stdout } = await promisify(execFile)(process.execPath, [path.join(dist, 'cli.mjs'), 'train', ...options]);
      assert.match(stdout, new RegExp(`\\nbackend ${backend} `));
      assert.match(stdout, /\n✓ {2}L_SUM/);
    });
  }

  it('come with the licences of all packages in them', () => {
    const written = readFileSync(noticesFile, 'utf8');
    assert.ok(written === notices(bundledPackages(metafile)), 'THIRD-PARTY-NOTICES.md is out of date: npm run notices');
  });

  it('make the command line executable', () => {
    accessSync(path.join(dist, 'cli.mjs'), constants.X_OK);
  });
});

describe('the package', function () {
  this.timeout(60_000);

  it('holds what the extension needs at run time and nothing else', async () => {
    const allowed = [
      /^(package(\.nls)?\.json|README\.md|CHANGELOG\.md|LICENSE|THIRD-PARTY-NOTICES\.md)$/,
      /^dist\/(extension\.cjs|(server|cli|training)\.mjs|[\w.-]+-[A-Z0-9]{8}\.mjs|tree-sitter(-python)?\.wasm)$/,
      /^dist\/tfjs-backend-wasm(-simd|-threaded-simd)?\.wasm$/,
      /^dist\/webview\.(js|css)$/,
      /^(dist\/native\/tfjs_binding-linux-x64\.node|native\/(package(-lock)?\.json|(load|check)\.cjs))$/,
      /^media\//,
    ];
    const files = await packagedFiles();
    const strangers = files.filter((file) => !allowed.some((pattern) => pattern.test(file)));
    assert.deepEqual(strangers, []);
    for (const file of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'THIRD-PARTY-NOTICES.md']) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
  });
});

const pythonTraining = `
import torch
from torch import nn
model = nn.Linear(4, 2)
criterion = nn.CrossEntropyLoss(reduction='sum')
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
def step(x, y):
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
`;

const typescriptTraining = `
import * as tf from '@tensorflow/tfjs';
const optimizer = tf.train.sgd(0.1);
export function step(model: tf.Sequential, x: tf.Tensor, y: tf.Tensor): void {
  optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, model.predict(x) as tf.Tensor).mean() as tf.Scalar);
}
`;

function explain(cli: string, project: string): Promise<{ stdout: string }> {
  return promisify(execFile)(process.execPath, [cli, 'explain', project, '--format', 'json']);
}

/** A program's own file and all that it imports without waiting for a first use. */
function loadedAtStart(metafile: Metafile, name: string, seen = new Set<string>()): string[] {
  if (seen.has(name)) return [];
  seen.add(name);
  const imported = outputNamed(metafile, name).imports.filter(
    ({ kind, external }) => kind === 'import-statement' && !external,
  );
  return [name, ...imported.flatMap((chunk) => loadedAtStart(metafile, path.basename(chunk.path), seen))];
}

function outputNamed(metafile: Metafile, name: string): Metafile['outputs'][string] {
  const found = Object.entries(metafile.outputs).find(([file]) => path.basename(file) === name);
  assert.ok(found, `${name} was not built`);
  return found[1];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
