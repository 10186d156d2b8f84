/** A training program as a TensorFlow SavedModel: all its functions in one graph, one signature for each. */
import { type Program, type ProgramFunction, type Value, valuesOf } from '../../program/value.ts';
import { attribute, GraphWriter, type Reference, shapeMessage } from './graph.ts';
import { kernels } from './kernels.ts';
import { DataType, encodeSavedModel, type SignatureMessage, type TensorInfoMessage } from './messages.ts';

/** Signatures beside those of the program's functions: set every variable, return every variable. */
export const WRITE = 'write variables';
export const READ = 'read variables';

/** An input that means nothing, for signatures without any. */
export const UNUSED = 'unused';
/** An output that means nothing, for signatures without any. */
export const DONE = 'done';

/** The contents of a SavedModel's `saved_model.pb`. It has no file of variables: they are written through a signature. */
export function savedModelOf(program: Program): Uint8Array {
  const graph = new GraphWriter();
  const handles = new Map(
    program.variables.map(({ name, shape }) => [
      name,
      graph.node('VarHandleOp', [], {
        dtype: attribute.type('float32'),
        shape: attribute.shape(shape),
        shared_name: attribute.text(name),
        container: attribute.text(''),
      }),
    ]),
  );
  const handle = (name: string): Reference => {
    const found = handles.get(name);
    if (!found) throw new RangeError(`The program has no variable ${name}.`);
    return found;
  };
  const signatures: Record<string, SignatureMessage> = {
    [WRITE]: writeSignature(graph, program, handle),
    [READ]: readSignature(graph, program, handle),
  };
  for (const [name, body] of Object.entries(program.functions)) {
    signatures[name] = functionSignature(graph, body, handle);
  }
  return encodeSavedModel(graph.nodes, signatures);
}

type Handle = (variable: string) => Reference;

function functionSignature(graph: GraphWriter, body: ProgramFunction, handle: Handle): SignatureMessage {
  const inputs: Record<string, TensorInfoMessage> = {};
  const reads = new Map<string, Reference>();
  const references = new Map<Value, Reference>();
  const inputNodes = new Map<string, Reference>();
  for (const v of valuesOf(body)) {
    if (v.operation === 'input') {
      const { name } = v.attributes;
      const node = inputNodes.get(name) ?? graph.placeholder(v.type, v.shape);
      inputNodes.set(name, node);
      inputs[name] = info(node, v);
      references.set(v, node);
    } else if (v.operation === 'variable') {
      const { name } = v.attributes;
      const node = reads.get(name) ?? readVariable(graph, handle(name));
      reads.set(name, node);
      references.set(v, node);
    } else {
      const operands = v.operands.map((operand) => reference(references, operand));
      // The table holds the kernel of the very operation that the value has.
      const kernel = kernels[v.operation] as (g: GraphWriter, o: readonly Reference[], v: Value) => Reference;
      references.set(v, kernel(graph, operands, v));
    }
  }
  const assigned = [...body.assignments].map(([name, v]) => {
    // A variable is assigned only when it has been read.
    const read = reads.get(name);
    return assignVariable(graph, handle(name), reference(references, v), read ? [`^${read}`] : []);
  });
  const after = assigned.map((node) => `^${node}`);
  const outputs = Object.fromEntries(
    Object.entries(body.outputs).map(([name, v]) => {
      const node = graph.node('Identity', [reference(references, v), ...after], { T: attribute.type(v.type) });
      return [name, info(node, v)];
    }),
  );
  return complete(graph, inputs, outputs, after);
}

function writeSignature(graph: GraphWriter, { variables }: Program, handle: Handle): SignatureMessage {
  const inputs: Record<string, TensorInfoMessage> = {};
  const assigned = variables.map(({ name, shape }) => {
    const node = graph.placeholder('float32', shape);
    inputs[name] = info(node, { type: 'float32', shape });
    return `^${assignVariable(graph, handle(name), node, [])}`;
  });
  return complete(graph, inputs, {}, assigned);
}

function readSignature(graph: GraphWriter, { variables }: Program, handle: Handle): SignatureMessage {
  const outputs = variables.map(({ name, shape }) => [
    name,
    info(readVariable(graph, handle(name)), { type: 'float32', shape }),
  ]);
  return complete(graph, {}, Object.fromEntries(outputs), []);
}

/** The native library's binding knows no signature without inputs or outputs. */
function complete(
  graph: GraphWriter,
  inputs: SignatureMessage['inputs'],
  outputs: SignatureMessage['outputs'],
  after: readonly Reference[],
): SignatureMessage {
  const one = { type: 'float32', shape: [] } as const;
  const empty = (record: object) => Object.keys(record).length === 0;
  return {
    inputs: empty(inputs) ? { [UNUSED]: info(graph.placeholder('float32', []), one) } : inputs,
    outputs: empty(outputs) ? { [DONE]: info(graph.float('Identity', [graph.number(1), ...after]), one) } : outputs,
  };
}

const readVariable = (graph: GraphWriter, handle: Reference): Reference =>
  graph.node('ReadVariableOp', [handle], { dtype: attribute.type('float32') });

const assignVariable = (graph: GraphWriter, handle: Reference, value: Reference, after: readonly Reference[]) =>
  graph.node('AssignVariableOp', [handle, value, ...after], { dtype: attribute.type('float32') });

const info = (node: Reference, { type, shape }: Pick<Value, 'type' | 'shape'>): TensorInfoMessage => ({
  name: `${node}:0`,
  dtype: DataType[type],
  tensorShape: shapeMessage(shape),
});

function reference(references: ReadonlyMap<Value, Reference>, v: Value): Reference {
  const found = references.get(v);
  if (!found) throw new RangeError(`${v.operation} is used before it is calculated.`);
  return found;
}
