/** A model with 4 GB of weights beside it: inspecting must not read them. */
import { toBinary } from '@bufbuild/protobuf';
import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ModelProtoSchema } from '../../src/onnx/schema/onnx_pb';
import { externalStack } from '../models/externalStack';
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
    writeFileSync(file, toBinary(ModelProtoSchema, externalStack(path.basename(data), { layers, width })));
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
