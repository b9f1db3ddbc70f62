/** A model in the form in which a runtime takes it at the least memory. */
import { join } from 'node:path';
import { type Model } from '../graph/model';
import { encodeModel, writeModel } from '../graph/toOnnx';
import { type InferenceRuntime, type InferenceSession, type SessionOptions } from './port';
import { makeTemporaryFolder } from './temporaryFolder';

/** Weights above this go through a file, in no more time: as bytes the runtime holds them twice, and so do we. */
const mostInMemory = 4e6;

/** Loads a model that is in memory; a file that it takes is there until the session is closed. */
export async function openModelIn(
  runtime: InferenceRuntime,
  model: Model,
  options?: SessionOptions,
): Promise<InferenceSession> {
  if (weightBytes(model) <= mostInMemory) return runtime.open(encodeModel(model), options);
  // The runtime may map the file, and not every system lets go of a mapped one.
  const folder = await makeTemporaryFolder();
  try {
    const path = join(folder.path, 'model.onnx');
    await writeModel(model, path);
    const session = await runtime.open(path, options);
    return {
      inputs: session.inputs,
      outputs: session.outputs,
      run: (feeds, outputs) => session.run(feeds, outputs),
      endProfiling: () => session.endProfiling?.(),
      close: async () => {
        try {
          await session.close();
        } finally {
          await folder.remove();
        }
      },
    };
  } catch (thrown) {
    await folder.remove();
    throw thrown;
  }
}

/** Bytes of the constants of the main graph. */
export function weightBytes({ graph }: Model): number {
  let bytes = 0;
  for (const { constant } of graph.initializers.values()) bytes += constant?.byteLength ?? 0;
  for (const node of graph.nodes()) if (node.is('Constant')) bytes += node.tensor('value')?.byteLength ?? 0;
  return bytes;
}
