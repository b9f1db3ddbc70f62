/** A model whose weights lie in a file beside it, of any size: its graph is written without reading or making them. */
import { create } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type ModelProto,
} from '../../src/onnx/schema/onnx_pb';

/** MatMuls one after the other, each with a square float weight of its own, in a row in the file `location`. */
export function externalStack(location: string, { layers, width }: { layers: number; width: number }): ModelProto {
  const weightBytes = width * width * 4;
  const indices = Array.from({ length: layers }, (_, index) => index);
  const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
  const float = create(TypeProtoSchema, {
    value: { case: 'tensorType', value: create(TypeProto_TensorSchema, { elemType: 1 }) },
  });
  return create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [create(OperatorSetIdProtoSchema, { version: 17n })],
    graph: create(GraphProtoSchema, {
      name: 'external',
      input: [create(ValueInfoProtoSchema, { name: 'x0', type: float })],
      output: [create(ValueInfoProtoSchema, { name: `x${layers}`, type: float })],
      node: indices.map((i) =>
        create(NodeProtoSchema, { opType: 'MatMul', name: `fc${i}`, input: [`x${i}`, `w${i}`], output: [`x${i + 1}`] }),
      ),
      initializer: indices.map((i) =>
        create(TensorProtoSchema, {
          name: `w${i}`,
          dataType: 1,
          dims: [BigInt(width), BigInt(width)],
          dataLocation: TensorProto_DataLocation.EXTERNAL,
          externalData: [
            entry('location', location),
            entry('offset', `${i * weightBytes}`),
            entry('length', `${weightBytes}`),
          ],
        }),
      ),
    }),
  });
}
