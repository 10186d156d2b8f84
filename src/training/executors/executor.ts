/** What runs a program: the border between plain numbers and a backend's tensors. */
import type { BackendName } from '../../protocol.ts';
import type { Program } from '../program/value.ts';

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

/** The names of a program's variables without numbers of their own, or with numbers of another size. */
export function checkComplete(program: Program, numbers: ReadonlyMap<string, Float32Array>): void {
  for (const { name, shape } of program.variables) {
    const size = shape.reduce((product, n) => product * n, 1);
    const given = numbers.get(name)?.length;
    if (given !== size) throw new RangeError(`${name} needs ${size} numbers, and ${given ?? 'none'} are given.`);
  }
}
