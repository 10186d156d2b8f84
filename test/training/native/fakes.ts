// A machine whose npm, pip and compiler are small programs of ours, so that a set-up needs no network and takes no time.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { InstallOptions, Machine } from '../../../src/training/native/install.ts';
import type { Platform } from '../../../src/training/native/platforms.ts';
import { isAlive } from '../../../src/training/native/processes.ts';

/** What a fake tfjs-node needs to load: its addon has this content. */
export const GOOD_ADDON = 'an addon';
const WHEEL = 'a wheel';

/** Stands for @tensorflow/tfjs-node: it computes what the check asks for, and nothing else. */
const tfjsNode = `
const addon = require('node:path').join(__dirname, 'lib/napi-v8/tfjs_binding.node');
if (require('node:fs').readFileSync(addon, 'utf8') !== ${JSON.stringify(GOOD_ADDON)}) throw new Error('the addon is a wrong one');
const tensor = (...data) => ({ sum: () => tensor(...data), dataSync: () => data });
for (const name of ['ones', 'matMul', 'conv2d', 'sum']) exports[name] = () => tensor(64);
exports.grad = () => () => tensor(8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 18);
exports.backend = () => ({ binding: { TF_Version: '2.0-fake' } });
`;

const preamble = `#!${process.execPath}
const fs = require('node:fs');
const args = process.argv.slice(2);
fs.appendFileSync(process.env.FAKE_LOG, [require('node:path').basename(process.argv[1]), ...args].join(' ').split('\\n')[0] + '\\n');
const after = (option) => args[args.indexOf(option) + 1];
/** Starts a program that runs for long, and waits for it. */
const hang = () => {
  const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  fs.writeFileSync(process.env.FAKE_PIDS + '.new', process.pid + ' ' + child.pid);
  fs.renameSync(process.env.FAKE_PIDS + '.new', process.env.FAKE_PIDS);
  setInterval(() => {}, 1000);
};
`;

const programs = {
  npm: `
    const home = 'node_modules/@tensorflow/tfjs-node';
    if (args[0] === 'ci') {
      if (process.env.FAKE_REGISTRY === 'silent') {
        console.error('npm error network request to the registry failed\\nnpm error A complete log of this run');
        process.exit(1);
      }
      fs.mkdirSync(home, { recursive: true });
      fs.writeFileSync(home + '/package.json', '{"version":"4.22.0","main":"index.js"}');
      fs.writeFileSync(home + '/index.js', ${JSON.stringify(tfjsNode)});
    } else {
      for (const folder of ['deps/lib', 'lib/napi-v8']) fs.mkdirSync(home + '/' + folder, { recursive: true });
      fs.writeFileSync(home + '/deps/lib/libtensorflow.so.2', '');
      fs.writeFileSync(home + '/lib/napi-v8/tfjs_binding.node', ${JSON.stringify(GOOD_ADDON)});
      if (process.env.FAKE_ORDINARY !== 'works') {
        console.error('npm verbose\\nError: getaddrinfo ENOTFOUND its.host\\nnpm error A complete log of this run');
        process.exit(1);
      }
    }`,
  python3: `
    if (args[0] === '-m') {
      if (process.env.FAKE_DOWNLOAD === 'hangs') hang();
      else fs.cpSync(process.env.FAKE_WHEEL, after('--dest') + '/tensorflow.whl');
    } else if (process.env.FAKE_PYTHON) {
      const { status } = require('node:child_process').spawnSync(process.env.FAKE_PYTHON, args, { stdio: 'inherit' });
      process.exitCode = status;
    } else {
      const [, , , libraries, , ...names] = args;
      fs.mkdirSync(libraries, { recursive: true });
      for (const name of names) fs.writeFileSync(libraries + '/' + name.split('/').at(-1), '');
    }`,
  'c++': `fs.writeFileSync(after('-o'), ${JSON.stringify(GOOD_ADDON)});`,
};

export interface FakeMachine {
  /** Where the native backend goes; its parent holds nothing else. */
  readonly folder: string;
  /** What the fakes do: `FAKE_REGISTRY`, `FAKE_ORDINARY`, `FAKE_DOWNLOAD`, `FAKE_WHEEL`, `FAKE_PYTHON`. */
  readonly env: Record<string, string>;
  readonly machine: Machine;
  readonly options: InstallOptions;
  /** The command lines that have run so far. */
  commands(): string[];
  /** Replaces the wheel that pip downloads. With its checksum, unless the file is to be a wrong one. */
  serveWheel(file: string, checksum: 'right' | 'wrong'): Machine;
  /** The ids of the processes that hang, once they do. */
  hangingProcesses(): Promise<number[]>;
  /** The names beside the folder: staging folders, locks. */
  beside(): string[];
  removeProgram(name: keyof typeof programs): void;
  destroy(): void;
}

export function createFakeMachine(): FakeMachine {
  const root = mkdtempSync(path.join(tmpdir(), 'loss-lens-native-'));
  const bin = path.join(root, 'bin');
  mkdirSync(bin);
  for (const [name, source] of Object.entries(programs)) {
    writeFileSync(path.join(bin, name), preamble + source);
    chmodSync(path.join(bin, name), 0o755);
  }
  const wheel = path.join(root, 'served.whl');
  writeFileSync(wheel, WHEEL);
  const log = path.join(root, 'log');
  writeFileSync(log, '');
  const pids = path.join(root, 'pids');
  const env: Record<string, string> = { PATH: bin, FAKE_LOG: log, FAKE_PIDS: pids, FAKE_WHEEL: wheel };
  const machine: Machine = { env, platform: platformWith(wheel), freeBytes: async () => 1e12 };
  const folder = path.join(root, 'data/native');
  return {
    folder,
    env,
    machine,
    options: { folder, machine, addon: null },
    commands: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
    serveWheel(file, checksum) {
      env.FAKE_WHEEL = file;
      return checksum === 'right' ? { ...machine, platform: platformWith(file) } : machine;
    },
    async hangingProcesses() {
      while (!existsSync(pids)) await new Promise((resolve) => setTimeout(resolve, 10));
      return readFileSync(pids, 'utf8').split(' ').map(Number);
    },
    beside: () => (existsSync(path.dirname(folder)) ? readdirSync(path.dirname(folder)) : []),
    removeProgram: (name) => rmSync(path.join(bin, name)),
    destroy: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Whether a process runs; one that has ended and waits for its parent to notice does not. */
export function isRunning(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return isAlive(pid) && !(existsSync(status) && /^State:\s+Z/m.test(readFileSync(status, 'utf8')));
}

function platformWith(wheel: string): Platform {
  return {
    name: 'fake-x64',
    tested: false,
    wheel: {
      project: 'tensorflow-fake',
      version: '2.0',
      tag: 'any',
      bytes: readFileSync(wheel).length,
      sha256: createHash('sha256').update(readFileSync(wheel)).digest('hex'),
      libraries: ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'],
    },
    compiling: [],
    linking: [],
  };
}
