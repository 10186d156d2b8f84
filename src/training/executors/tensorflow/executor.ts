/** Runs programs on native TensorFlow through tfjs-node: one call into the library for each run of a function. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Tensor as NativeTensor } from '@tensorflow/tfjs-core';
import type { NativeTensorFlow, SavedModel } from '../../native/load.ts';
import type { Program } from '../../program/value.ts';
import { type Backend, checkComplete, checkInputs, type Executor, type Tensor } from '../executor.ts';
import { SERVE } from './messages.ts';
import { READ, savedModelOf, UNUSED, WRITE } from './saved-model.ts';

export function tensorflowBackend(tf: NativeTensorFlow, versions: Readonly<Record<string, string>>): Backend {
  return { name: 'tfjs-node', versions, compile: (program) => compile(tf, program) };
}

async function compile(tf: NativeTensorFlow, program: Program): Promise<Executor> {
  const signatures = await loadSignatures(tf, program);
  const run = (name: string, inputs: Readonly<Record<string, Tensor>>) => {
    const signature = signatures.get(name);
    if (!signature) throw new RangeError(`The program has no function ${name}.`);
    const given = Object.keys(inputs).length > 0 ? inputs : { [UNUSED]: { shape: [], numbers: Float32Array.of(0) } };
    const tensors = Object.fromEntries(
      Object.entries(given).map(([input, { shape, numbers }]) => [
        input,
        tf.tensor(numbers, [...shape], numbers instanceof Int32Array ? 'int32' : 'float32'),
      ]),
    );
    try {
      const outputs = signature.predict(tensors);
      const numbers = Object.entries(outputs).map(([output, tensor]) => [output, numbersOf(tensor)]);
      tf.dispose(outputs);
      return Object.fromEntries(numbers);
    } finally {
      tf.dispose(tensors);
    }
  };
  return {
    run(name, inputs) {
      const body = program.functions[name];
      if (!body) throw new RangeError(`The program has no function ${name}.`);
      checkInputs(body, inputs);
      return run(name, inputs);
    },
    read() {
      const outputs = run(READ, {});
      return new Map(program.variables.map(({ name }) => [name, outputs[name] as Float32Array]));
    },
    write(numbers) {
      checkComplete(program, numbers);
      const inputs = program.variables.map(({ name, shape }) => [
        name,
        // The library goes on using the memory that it is given.
        { shape, numbers: numbers.get(name)?.slice() ?? new Float32Array() },
      ]);
      run(WRITE, Object.fromEntries(inputs));
    },
    dispose() {
      for (const signature of signatures.values()) signature.dispose();
      signatures.clear();
    },
  };
}

async function loadSignatures(tf: NativeTensorFlow, program: Program): Promise<Map<string, SavedModel>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'loss-lens-graph-'));
  try {
    await writeFile(path.join(folder, 'saved_model.pb'), savedModelOf(program));
    await mkdir(path.join(folder, 'variables'));
    const signatures = new Map<string, SavedModel>();
    for (const name of [WRITE, READ, ...Object.keys(program.functions)]) {
      signatures.set(name, await tf.node.loadSavedModel(folder, [SERVE], name));
    }
    return signatures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function numbersOf(tensor: NativeTensor): Float32Array | Int32Array {
  const numbers = tensor.dataSync();
  if (numbers instanceof Uint8Array) throw new TypeError(`No function returns ${tensor.dtype}.`);
  return numbers;
}
