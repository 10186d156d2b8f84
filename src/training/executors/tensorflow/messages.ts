/**
 * The protocol buffers that a SavedModel is made of, cut down to the fields that are written here. Names and numbers are those of TensorFlow's
 * `core/framework/*.proto` and `core/protobuf/{saved_model,meta_graph}.proto`.
 */
import protobuf from 'protobufjs';

const definitions = `
syntax = "proto3";

message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraph meta_graphs = 2; }
message MetaGraph { MetaInfo meta_info_def = 1; Graph graph_def = 2; map<string, Signature> signature_def = 5; }
message MetaInfo { repeated string tags = 4; string tensorflow_version = 5; }
message Graph { repeated Node node = 1; Versions versions = 4; }
message Versions { int32 producer = 1; }
message Node { string name = 1; string op = 2; repeated string input = 3; map<string, Attribute> attr = 5; }
message Attribute {
  oneof value {
    List list = 1; bytes s = 2; int64 i = 3; float f = 4; bool b = 5; int32 type = 6; Shape shape = 7; Tensor tensor = 8;
  }
}
message List { repeated int64 i = 3; }
message Shape { repeated Dimension dim = 2; }
message Dimension { int64 size = 1; }
message Tensor { int32 dtype = 1; Shape tensor_shape = 2; bytes tensor_content = 4; }
message Signature { map<string, TensorInfo> inputs = 1; map<string, TensorInfo> outputs = 2; string method_name = 3; }
message TensorInfo { string name = 1; int32 dtype = 2; Shape tensor_shape = 3; }
`;

export interface ShapeMessage {
  readonly dim: readonly { readonly size: number }[];
}

export interface AttributeMessage {
  readonly list?: { readonly i: readonly number[] };
  readonly s?: Uint8Array;
  readonly i?: number;
  readonly f?: number;
  readonly b?: boolean;
  readonly type?: number;
  readonly shape?: ShapeMessage;
  readonly tensor?: { readonly dtype: number; readonly tensorShape: ShapeMessage; readonly tensorContent: Uint8Array };
}

export interface NodeMessage {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, AttributeMessage>>;
}

export interface TensorInfoMessage {
  readonly name: string;
  readonly dtype: number;
  readonly tensorShape: ShapeMessage;
}

export interface SignatureMessage {
  readonly inputs: Readonly<Record<string, TensorInfoMessage>>;
  readonly outputs: Readonly<Record<string, TensorInfoMessage>>;
}

/** `tensorflow::DataType` */
export const DataType = { float32: 1, int32: 3 } as const;

/** The tag that a graph for running is looked up by. */
export const SERVE = 'serve';

/** The graph version of TensorFlow 2.5: each operation used here has had its present form since. */
const PRODUCER = 716;

export function encodeSavedModel(
  nodes: readonly NodeMessage[],
  signatures: Readonly<Record<string, SignatureMessage>>,
): Uint8Array {
  const savedModel = protobuf.parse(definitions).root.lookupType('SavedModel');
  const message = {
    savedModelSchemaVersion: 1,
    metaGraphs: [
      {
        metaInfoDef: { tags: [SERVE], tensorflowVersion: '2.5.0' },
        graphDef: { node: nodes, versions: { producer: PRODUCER } },
        signatureDef: Object.fromEntries(
          Object.entries(signatures).map(([name, signature]) => [
            name,
            { ...signature, methodName: 'tensorflow/serving/predict' },
          ]),
        ),
      },
    ],
  };
  const problem = savedModel.verify(message);
  if (problem) throw new TypeError(`The graph is no valid SavedModel: ${problem}`);
  return savedModel.encode(message).finish();
}
