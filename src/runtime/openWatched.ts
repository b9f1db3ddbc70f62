/** A model loaded once for all that the runtime tells of it: what it made of the graph, what takes how long, how fast the whole is. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeModel, readModel } from '../graph/fromOnnx';
import { type Model } from '../graph/model';
import { type Feeds, type InferenceRuntime, type InferenceSession, type SessionOptions } from './port';
import { type NodeTiming, profileIn, profileRuns } from './profileNodes';
import { openModelIn } from './runnable';
import { withTemporaryFolder } from './temporaryFolder';

/** How to load the model, and whether to run it. */
export interface WatchOptions extends Pick<SessionOptions, 'threads' | 'optimization' | 'config'> {
  /** Runs the model on these under the profiler. */
  readonly feeds?: Feeds;
  /** Measured runs, default 5; one more before warms up. */
  readonly runs?: number;
  readonly signal?: AbortSignal;
  /**
   * For models of hundreds of megabytes: large constants are not written (their bytes are gone with the temporary folder).
   * Not for graphs with bodies, whose constants ONNX Runtime 1.30 then writes twice.
   */
  readonly withoutWeights?: boolean;
}

/** A loaded model and what is known of it. */
export interface Watched {
  /** Ready to run, without profiler; whoever asked for it closes it. */
  readonly session: InferenceSession;
  /** The graph that the runtime runs: what was fused, what was moved, what is left. */
  readonly optimized: Model;
  /** Nodes of that graph in the order of execution, where there were inputs to run on. */
  readonly timings?: readonly NodeTiming[];
}

/** Constants of more than a kilobyte go to a file of their own. */
const external = {
  'session.optimized_model_external_initializers_file_name': 'weights.bin',
  'session.optimized_model_external_initializers_min_size_in_bytes': '1024',
};

/** Loads `model` as it would be run (optimization 'all' unless told otherwise). Throws what loading and running throws. */
export function openWatched(
  runtime: InferenceRuntime,
  model: Model,
  { feeds, runs, signal, withoutWeights = false, ...options }: WatchOptions = {},
): Promise<Watched> {
  return withTemporaryFolder(async (folder) => {
    const optimizedModelPath = join(folder, 'optimized.onnx');
    const session = await openModelIn(runtime, model, {
      ...options,
      config: { ...options.config, ...(withoutWeights && external) },
      optimizedModelPath,
      ...(feeds && { profilePrefix: profileIn(folder) }),
    });
    try {
      // Read whole: what stays on the disk is gone with the folder.
      const optimized = withoutWeights
        ? readModel(optimizedModelPath)
        : decodeModel(await readFile(optimizedModelPath));
      const timings = feeds && (await profileRuns(session, folder, feeds, { runs, signal }));
      return { session, optimized, ...(timings && { timings }) };
    } catch (thrown) {
      await session.close();
      throw thrown;
    }
  });
}
