/** What the runtime executes and how long each node takes, from its own profile. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LapidaryError } from '../protocol/errors';
import { type Feeds, type InferenceRuntime, type InferenceSession, type SessionOptions } from './port';
import { withTemporaryFolder } from './temporaryFolder';

/** A node of the optimized graph as it was executed. */
export interface NodeTiming {
  /** Its name in the optimized graph; '' for nodes that the runtime added without one. */
  readonly name: string;
  /** Without domain: `QLinearConv`. */
  readonly opType: string;
  /** Number of the node in the runtime's graph: tells nodes of one name apart. */
  readonly index: number;
  /** Such as `CPUExecutionProvider`. */
  readonly provider: string;
  /** Median over the runs, microseconds; for a node of a body, of all its executions. */
  readonly medianUs: number;
  /** How often it was executed, warm-up left out. */
  readonly executions: number;
  /** Element types of the inputs that were there and of the outputs, by the runtime's names: `uint8`, `float`. */
  readonly inputTypes: readonly string[];
  readonly outputTypes: readonly string[];
}

/** How to run. */
export interface ProfileNodesOptions extends Pick<SessionOptions, 'threads' | 'optimization' | 'config'> {
  /** Measured runs, default 5; one more before warms up. */
  readonly runs?: number;
  readonly signal?: AbortSignal;
}

/** Runs `model` on `feeds` several times under the runtime's profiler; nodes in the order of execution. */
export function profileNodes(
  runtime: InferenceRuntime,
  model: string | Uint8Array,
  feeds: Feeds,
  { runs = 5, signal, ...options }: ProfileNodesOptions = {},
): Promise<NodeTiming[]> {
  return withTemporaryFolder(async (folder) => {
    const session = await runtime.open(model, { ...options, profilePrefix: profileIn(folder) });
    try {
      return await profileRuns(session, folder, feeds, { runs, signal });
    } finally {
      await session.close();
    }
  });
}

/** What a session has to be opened with, as its `profilePrefix`, for its profile to be found in a folder. */
export const profileIn = (folder: string): string => join(folder, 'profile');

/** Runs a session that was opened to be profiled into `folder`, and ends profiling: whoever opened it may run on. */
export async function profileRuns(
  session: InferenceSession,
  folder: string,
  feeds: Feeds,
  { runs = 5, signal }: Pick<ProfileNodesOptions, 'runs' | 'signal'> = {},
): Promise<NodeTiming[]> {
  for (let run = 0; run <= runs; run++) {
    if (signal?.aborted) throw new LapidaryError('cancelled', 'Profiling was cancelled.');
    await session.run(feeds);
  }
  session.endProfiling?.();
  const file = (await readdir(folder)).find((name) => name.endsWith('.json'));
  if (file === undefined) {
    throw new LapidaryError('runtime-failed', 'The runtime wrote no profile.', {
      hint: 'Is there room in the folder for temporary files?',
    });
  }
  const events: unknown = JSON.parse(await readFile(join(folder, file), 'utf8'));
  return timingsOf(events, runs);
}

/** The fields of a profile's event that are read. */
interface KernelEvent {
  readonly name: string;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
}

const kernelSuffix = '_kernel_time';

function isKernelEvent(event: unknown): event is KernelEvent {
  if (typeof event !== 'object' || event === null) return false;
  const { cat, name, dur, args } = event as Partial<Record<string, unknown>>;
  return (
    cat === 'Node' &&
    typeof name === 'string' &&
    name.endsWith(kernelSuffix) &&
    typeof dur === 'number' &&
    typeof args === 'object' &&
    args !== null
  );
}

/** Nodes of a profile of one warm-up and `runs` runs. Throws `runtime-failed` when it is no profile. */
export function timingsOf(events: unknown, runs: number): NodeTiming[] {
  if (!Array.isArray(events)) throw new LapidaryError('runtime-failed', 'The profile of the runtime is not a list.');
  const nodes = new Map<string, KernelEvent[]>();
  for (const event of events as readonly unknown[]) {
    if (!isKernelEvent(event)) continue;
    const key = `${textOf(event.args.node_index)}\0${event.name}\0${textOf(event.args.op_name)}`;
    const known = nodes.get(key);
    if (known) known.push(event);
    else nodes.set(key, [event]);
  }
  return [...nodes.values()].map((executions) => timingOf(executions, runs));
}

function timingOf(executions: readonly KernelEvent[], runs: number): NodeTiming {
  const [{ name, args }] = executions as readonly [KernelEvent];
  const perRun = Math.max(1, Math.floor(executions.length / (runs + 1)));
  const warm = executions.length > perRun ? executions.slice(perRun) : executions;
  const opType = textOf(args.op_name);
  const label = name.slice(0, -kernelSuffix.length);
  return {
    // A node without a name goes by its operator.
    name: label === opType ? '' : label,
    opType,
    index: Number(args.node_index),
    provider: textOf(args.provider),
    medianUs: median(warm.map(({ dur }) => dur)),
    executions: warm.length,
    inputTypes: typesOf(args.input_type_shape),
    outputTypes: typesOf(args.output_type_shape),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? `${value}` : '');

/** `[{ "uint8": [1, 3] }, …]` to element types. */
function typesOf(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return (list as readonly unknown[]).flatMap((entry) =>
    typeof entry === 'object' && entry !== null ? Object.keys(entry) : [],
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
