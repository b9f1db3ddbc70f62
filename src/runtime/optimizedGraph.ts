/** The graph that the runtime makes of a model before it runs it: what was fused, what was moved, what is left. */
import { join } from 'node:path';
import { readModel } from '../graph/fromOnnx';
import { type Model } from '../graph/model';
import { type InferenceRuntime, type SessionOptions } from './port';
import { type TellTemporary, withTemporaryFolder } from './temporaryFolder';

/** How to load the model. */
export interface OptimizedGraphOptions extends Pick<SessionOptions, 'threads' | 'optimization' | 'config'> {
  readonly temporary?: TellTemporary;
}

/** Constants above this many bytes are left out of the graph: they are what makes it large, and nobody looks at them. */
const leastLeftOut = 1024;

/**
 * Loads `model` as it would be run (optimization 'all' unless told otherwise) and reads back the optimized graph. It is
 * for looking at: constants of more than a kilobyte have shape and type, but their bytes are gone with the temporary
 * folder. Throws what loading a model throws.
 */
export function optimizedGraph(
  runtime: InferenceRuntime,
  model: string | Uint8Array,
  { temporary, ...options }: OptimizedGraphOptions = {},
): Promise<Model> {
  return withTemporaryFolder(async (folder) => {
    const optimizedModelPath = join(folder, 'optimized.onnx');
    const config = {
      ...options.config,
      'session.optimized_model_external_initializers_file_name': 'weights.bin',
      'session.optimized_model_external_initializers_min_size_in_bytes': String(leastLeftOut),
    };
    await (await runtime.open(model, { ...options, config, optimizedModelPath })).close();
    return readModel(optimizedModelPath);
  }, temporary);
}
