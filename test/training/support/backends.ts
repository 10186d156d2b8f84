/** The backends that tests can use on this machine. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { runInThisContext } from 'node:vm';
import * as tfjs from '@tensorflow/tfjs-core';
import { buildSync } from 'esbuild';
import { cpuBackend } from '../../../src/training/executors/eager/cpu.ts';
import { wasmBackend } from '../../../src/training/executors/eager/wasm.ts';
import type { Backend } from '../../../src/training/executors/executor.ts';
import { tensorflowBackend } from '../../../src/training/executors/tensorflow/executor.ts';
import { nativeStatus } from '../../../src/training/native/folder.ts';
import type { NativeTensorFlow } from '../../../src/training/native/load.ts';

export const nativeFolder = path.join(import.meta.dirname, '../../../.cache/native');

// Else a second copy of TensorFlow.js warns, two hundred times, that what it brings is there already.
tfjs.enableProdMode();

/**
 * tfjs-node where it is installed, else null. It is not had from `loadNative`, which would keep it for the whole process: other tests want to see
 * what that says where nothing is loaded.
 */
export const native: NativeTensorFlow | null = nativeStatus(nativeFolder)
  ? createRequire(path.join(nativeFolder, 'package.json'))('./load.cjs')
  : null;

// The build of TensorFlow.js for Node leaves its gradients out. tfjs-node brings them; without it they are built from their modules.
if (!native) {
  const require = createRequire(import.meta.url);
  const entry = require.resolve('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'iife',
  });
  runInThisContext(`(require) => {${outputFiles[0]?.text}}`)(require);
}

// All copies of TensorFlow.js in a process share one engine, which has one current backend: each test uses one after the other.
export const cpu: Backend = cpuBackend();
export const wasm: Backend = wasmBackend();
export const tensorflow: Backend | null = native && inItsTurn(tensorflowBackend(native, { tensorflow: 'installed' }));

function inItsTurn(backend: Backend): Backend {
  return {
    ...backend,
    async compile(program) {
      await tfjs.setBackend('tensorflow');
      return backend.compile(program);
    },
  };
}

/** The native backend, or the end of the test with the reason. */
export function needNative(test: Mocha.Context): { readonly tf: NativeTensorFlow; readonly backend: Backend } {
  if (native && tensorflow) return { tf: native, backend: tensorflow };
  console.log('      skipped: the native backend is not installed (npm run native)');
  return test.skip();
}

/** Every backend of this machine. */
export const backends: readonly Backend[] = tensorflow ? [cpu, wasm, tensorflow] : [cpu, wasm];
