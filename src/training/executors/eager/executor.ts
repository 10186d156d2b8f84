/** Runs programs value by value on a backend of TensorFlow.js. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendName } from '../../../protocol.ts';
import { type Program, type ProgramFunction, type Value, valuesOf } from '../../program/value.ts';
import { type Backend, checkComplete, checkInputs, type Executor } from '../executor.ts';
import { kernels as generalKernels, type Kernels } from './kernels.ts';

/**
 * @param backend  a backend that is registered in TensorFlow.js
 * @param own  kernels that this backend runs faster, or that it lacks
 */
export function eagerBackend(
  name: BackendName,
  versions: Readonly<Record<string, string>>,
  own: Partial<Kernels> = {},
): Backend {
  const kernels = { ...generalKernels, ...own };
  // Else it recommends on stderr to install what was passed over, or not asked for.
  tf.enableProdMode();
  return {
    name,
    versions,
    async compile(program) {
      if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js could not start its backend ${name}.`);
      return executorOf(program, kernels);
    },
  };
}

function executorOf(program: Program, kernels: Kernels): Executor {
  const variables = new Map<string, tf.Tensor>();
  const plans = new Map(Object.entries(program.functions).map(([name, body]) => [name, planOf(body)]));
  return {
    run(name, inputs) {
      const plan = plans.get(name);
      if (!plan) throw new RangeError(`The program has no function ${name}.`);
      checkInputs(plan.body, inputs);
      return tf.tidy(() => {
        const tensors = runPlan(plan, kernels, (v) => {
          if (v.operation === 'variable') return present(variables.get(v.attributes.name), v.attributes.name);
          const { shape, numbers } = present(inputs[v.attributes.name], v.attributes.name);
          return tf.tensor(numbers, [...shape], v.type);
        });
        const outputs = Object.entries(plan.body.outputs).map(([output, v]) => [
          output,
          present(tensors.get(v), output).dataSync<'float32' | 'int32'>(),
        ]);
        // All of them before one is disposed: a value may be another variable as it was.
        const assigned = [...plan.body.assignments].map(
          ([variable, v]) => [variable, tf.keep(tf.clone(present(tensors.get(v), variable)))] as const,
        );
        for (const [variable, after] of assigned) {
          variables.get(variable)?.dispose();
          variables.set(variable, after);
        }
        return Object.fromEntries(outputs);
      });
    },
    read: () => new Map([...variables].map(([name, tensor]) => [name, tensor.dataSync<'float32'>().slice()])),
    write(numbers) {
      checkComplete(program, numbers);
      for (const { name, shape } of program.variables) {
        variables.get(name)?.dispose();
        variables.set(name, tf.tensor(present(numbers.get(name), name).slice(), [...shape]));
      }
    },
    dispose() {
      for (const tensor of variables.values()) tensor.dispose();
      variables.clear();
    },
  };
}

interface Plan {
  readonly body: ProgramFunction;
  readonly values: readonly Value[];
  /** For each value, those whose tensors nobody needs once it is calculated. */
  readonly releases: ReadonlyMap<Value, readonly Value[]>;
}

function planOf(body: ProgramFunction): Plan {
  const values = valuesOf(body);
  const lastUse = new Map<Value, Value>();
  for (const v of values) for (const operand of v.operands) lastUse.set(operand, v);
  const kept = new Set([...Object.values(body.outputs), ...body.assignments.values()]);
  const releases = new Map<Value, Value[]>();
  for (const [operand, user] of lastUse) {
    if (kept.has(operand) || operand.operation === 'variable') continue;
    releases.set(user, [...(releases.get(user) ?? []), operand]);
  }
  return { body, values, releases };
}

type Given = Extract<Value, { operation: 'input' | 'variable' }>;

/** Calculates every value; most tensors of a training step are large, so each one is freed after its last use. */
function runPlan({ values, releases }: Plan, kernels: Kernels, given: (v: Given) => tf.Tensor): Map<Value, tf.Tensor> {
  const tensors = new Map<Value, tf.Tensor>();
  for (const v of values) {
    if (v.operation === 'input' || v.operation === 'variable') {
      tensors.set(v, given(v));
      continue;
    }
    const operands = v.operands.map((operand) => present(tensors.get(operand), operand.operation));
    // The table holds the kernel of the very operation that the value has.
    const kernel = kernels[v.operation] as (operands: readonly tf.Tensor[], v: Value) => tf.Tensor;
    tensors.set(
      v,
      tf.tidy(() => kernel(operands, v)),
    );
    for (const done of releases.get(v) ?? []) {
      tensors.get(done)?.dispose();
      tensors.delete(done);
    }
  }
  return tensors;
}

function present<T>(x: T | undefined, name: string): T {
  if (x === undefined) throw new RangeError(`${name} is missing.`);
  return x;
}
