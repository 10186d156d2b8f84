/** A graph of TensorFlow nodes under construction. */
import type { NumberType, Shape, Value } from '../../program/value.ts';
import { type AttributeMessage, DataType, type NodeMessage, type ShapeMessage } from './messages.ts';

/** The name of a node's first output, or `NAME:i` of another; `^NAME` waits for a node and takes nothing from it. */
export type Reference = string;

export const attribute = {
  type: (type: NumberType): AttributeMessage => ({ type: DataType[type] }),
  text: (text: string): AttributeMessage => ({ s: new TextEncoder().encode(text) }),
  integer: (i: number): AttributeMessage => ({ i }),
  integers: (i: readonly number[]): AttributeMessage => ({ list: { i } }),
  flag: (b: boolean): AttributeMessage => ({ b }),
  shape: (shape: Shape): AttributeMessage => ({ shape: shapeMessage(shape) }),
  tensor(type: NumberType, shape: readonly number[], numbers: Float32Array | Int32Array): AttributeMessage {
    const tensorContent = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    return { tensor: { dtype: DataType[type], tensorShape: shapeMessage(shape), tensorContent } };
  },
};

export const shapeMessage = (shape: Shape): ShapeMessage => ({ dim: shape.map((size) => ({ size: size ?? -1 })) });

const float: Readonly<Record<string, AttributeMessage>> = { T: attribute.type('float32') };

export class GraphWriter {
  readonly nodes: NodeMessage[] = [];
  readonly #constants = new Map<string, Reference>();

  /** Adds a node and returns its first output. */
  node(op: string, input: readonly Reference[], attr: Readonly<Record<string, AttributeMessage>> = float): Reference {
    const name = `${op}_${this.nodes.length}`;
    this.nodes.push({ name, op, input, attr });
    return name;
  }

  /** A node of float32 tensors, `T` being their type. */
  float(op: string, input: readonly Reference[], attr: Readonly<Record<string, AttributeMessage>> = {}): Reference {
    return this.node(op, input, { ...float, ...attr });
  }

  placeholder(type: NumberType, shape: Shape): Reference {
    return this.node('Placeholder', [], { dtype: attribute.type(type), shape: attribute.shape(shape) });
  }

  constant(type: NumberType, shape: readonly number[], numbers: Float32Array | Int32Array): Reference {
    const key =
      numbers.length > 8 ? null : `${type} [${shape}] ${[...numbers].map((n) => (Object.is(n, -0) ? '-0' : n))}`;
    const known = key === null ? undefined : this.#constants.get(key);
    if (known) return known;
    const value = attribute.tensor(type, shape, numbers);
    const reference = this.node('Const', [], { dtype: attribute.type(type), value });
    if (key !== null) this.#constants.set(key, reference);
    return reference;
  }

  number(x: number): Reference {
    return this.constant('float32', [], Float32Array.of(x));
  }

  integers(...numbers: number[]): Reference {
    return this.constant('int32', [numbers.length], Int32Array.from(numbers));
  }

  /** The shape of a tensor, as a tensor. */
  shapeOf(x: Reference): Reference {
    return this.float('Shape', [x], { out_type: attribute.type('int32') });
  }

  reshape(x: Reference, shape: Shape): Reference {
    return this.float('Reshape', [x, this.integers(...shape.map((size) => size ?? -1))], {
      Tshape: attribute.type('int32'),
    });
  }

  /** Reduces the given axes with `Sum`, `Mean` or `Max`. */
  reduce(op: string, x: Reference, axes: readonly number[]): Reference {
    return this.float(op, [x, this.integers(...axes)], {
      Tidx: attribute.type('int32'),
      keep_dims: attribute.flag(false),
    });
  }

  /** A tensor in the shape of another with one number everywhere. */
  spread(scalar: Reference, like: Reference): Reference {
    return this.float('Fill', [this.shapeOf(like), scalar], { index_type: attribute.type('int32') });
  }

  cast(x: Reference, from: AttributeMessage): Reference {
    return this.node('Cast', [x], { SrcT: from, DstT: attribute.type('float32'), Truncate: attribute.flag(false) });
  }
}

/** All axes of a value. */
export const axesOf = ({ shape }: Value): number[] => shape.map((_, axis) => axis);
