/** What runs a program: the border between plain numbers and a backend's tensors. */
import type { BackendName } from '../../protocol.ts';
import { type Program, type ProgramFunction, type Shape, sizeOf, valuesOf } from '../program/value.ts';

export interface Tensor {
  readonly shape: readonly number[];
  readonly numbers: Float32Array | Int32Array;
}

/** A program that is ready to run, with the state of its variables. Variables must be written before a function reads them. */
export interface Executor {
  /** Calculates a function's outputs and assigns its variables. */
  run(name: string, inputs: Readonly<Record<string, Tensor>>): Record<string, Float32Array | Int32Array>;
  /** The numbers of every variable. */
  read(): Map<string, Float32Array>;
  /** Sets every variable. */
  write(numbers: ReadonlyMap<string, Float32Array>): void;
  /** Gives back all memory. The executor cannot be used afterwards. */
  dispose(): void;
}

export interface Backend {
  readonly name: BackendName;
  /** Versions by name, for the record: `tfjs`, `tensorflow`. */
  readonly versions: Readonly<Record<string, string>>;
  compile(program: Program): Promise<Executor>;
}

/** @throws RangeError where a variable of the program has no numbers, or not as many as it needs */
export function checkComplete(program: Program, numbers: ReadonlyMap<string, Float32Array>): void {
  for (const { name, shape } of program.variables) {
    const size = sizeOf(shape);
    const given = numbers.get(name)?.length;
    if (given !== size) throw new RangeError(`${name} needs ${size} numbers, and ${given ?? 'none'} are given.`);
  }
}

/** @throws RangeError where an input of the function is missing or has another shape */
export function checkInputs(body: ProgramFunction, inputs: Readonly<Record<string, Tensor>>): void {
  for (const [name, shape] of inputsOf(body)) {
    const given = inputs[name]?.shape;
    if (!given) throw new RangeError(`The input ${name} is missing.`);
    if (given.length !== shape.length || shape.some((size, axis) => size !== null && size !== given[axis])) {
      const expected = shape.map((size) => size ?? '?').join(', ');
      throw new RangeError(`The input ${name} has the shape [${given.join(', ')}], not [${expected}].`);
    }
  }
}

/** The inputs of functions, which are looked for once. */
const known = new WeakMap<ProgramFunction, ReadonlyMap<string, Shape>>();

function inputsOf(body: ProgramFunction): ReadonlyMap<string, Shape> {
  const before = known.get(body);
  if (before) return before;
  const inputs = valuesOf(body).flatMap((v) =>
    v.operation === 'input' ? [[v.attributes.name, v.shape] as const] : [],
  );
  const shapes = new Map(inputs);
  known.set(body, shapes);
  return shapes;
}
