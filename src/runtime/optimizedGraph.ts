/** The graph that the runtime makes of a model before it runs it: what was fused, what was moved, what is left. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeModel, readModel } from '../graph/fromOnnx';
import { type Model } from '../graph/model';
import { type InferenceRuntime, type SessionOptions } from './port';
import { withTemporaryFolder } from './temporaryFolder';

/** How to load the model. */
export interface OptimizedGraphOptions extends Pick<SessionOptions, 'threads' | 'optimization' | 'config'> {
  /**
   * For models of hundreds of megabytes: large constants are not written (their bytes are gone with the temporary folder).
   * Not for graphs with bodies, whose constants ONNX Runtime 1.30 then writes twice.
   */
  readonly withoutWeights?: boolean;
}

/** Constants of more than a kilobyte go to a file of their own. */
const external = {
  'session.optimized_model_external_initializers_file_name': 'weights.bin',
  'session.optimized_model_external_initializers_min_size_in_bytes': '1024',
};

/**
 * Loads `model` as it would be run (optimization 'all' unless told otherwise) and reads back the optimized graph. Throws
 * what loading a model throws.
 */
export function optimizedGraph(
  runtime: InferenceRuntime,
  model: string | Uint8Array,
  { withoutWeights = false, ...options }: OptimizedGraphOptions = {},
): Promise<Model> {
  return withTemporaryFolder(async (folder) => {
    const optimizedModelPath = join(folder, 'optimized.onnx');
    const config = { ...options.config, ...(withoutWeights && external) };
    await (await runtime.open(model, { ...options, config, optimizedModelPath })).close();
    // Read whole: what stays on the disk is gone with the folder.
    return withoutWeights ? readModel(optimizedModelPath) : decodeModel(await readFile(optimizedModelPath));
  });
}
