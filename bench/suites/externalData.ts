/** A model with 4 GB of weights beside it: inspecting must not read them. */
import { create, toBinary } from '@bufbuild/protobuf';
import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
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
import { type Benchmark, megabytes, seconds } from '../support/lab';
import { race } from '../support/measure';

const [layers, width] = [40, 5000];
const weightBytes = width * width * 4;

/** Aims of the project: under a second, under 150 MB. */
export const externalData: Benchmark = {
  name: 'external-data',
  summary: `inspect --json of a model with ${(layers * weightBytes) / 1e9} GB of external data`,
  async run(lab) {
    const file = lab.file('external.onnx');
    const data = lab.file('external.onnx.data');
    // A hole of the right length: the file system keeps nothing, a reader would get zeros.
    const descriptor = openSync(data, 'w');
    ftruncateSync(descriptor, layers * weightBytes);
    closeSync(descriptor);
    writeFileSync(file, toBinary(ModelProtoSchema, stack(path.basename(data))));
    const [result] = await race([await lab.cli('lapidary', ['inspect', file, '--json'])], lab.options.runs);
    const { seconds: wall, cpuSeconds, peakBytes } = result!;
    lab.table(
      ['program', 'wall', 'cpu', 'peak RSS'],
      [['lapidary', seconds(wall), seconds(cpuSeconds), megabytes(peakBytes)]],
    );
    lab.aim('wall time', wall, 1, seconds);
    lab.aim('peak memory', peakBytes, 150e6, megabytes);
  },
};

/** MatMuls one after the other, each with a weight of its own in `location`. */
function stack(location: string): ModelProto {
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
