/**
 * InferenceRuntime over onnxruntime-node. The only file that imports it, and it does so lazily: the native library
 * costs 100 ms and does not exist for every platform.
 */
import { availableParallelism } from 'node:os';
import type * as OrtModule from 'onnxruntime-node';
import { type DataType, isDataType } from '../graph/dataType';
import { LapidaryError } from '../protocol/errors';
import { elementTypeText } from '../report/elementType';
import { missingRuntime, runtimeFailure } from './ortErrors';
import {
  type Feeds,
  type InferenceRuntime,
  type InferenceSession,
  type PortInfo,
  type RuntimeTensor,
  type SessionOptions,
} from './port';

type Ort = typeof OrtModule;

/** Newest ai.onnx opset and IR version that ONNX Runtime 1.30 loads. */
const limits = { opset: 26, irVersion: 13 } as const;

/** Fetching these from a run ends the process, so they are refused beforehand. */
const fatalOutputs: ReadonlySet<string> = new Set(['int4', 'uint4', 'int2', 'uint2']);

let loading: Promise<InferenceRuntime> | undefined;

/** Loads the native runtime once; throws `runtime-missing`, with a hint, where there is no binary for the platform. */
export function loadOrt(): Promise<InferenceRuntime> {
  loading ??= importOrt().then((ort) => new OrtRuntime(ort));
  return loading;
}

async function importOrt(): Promise<Ort> {
  // Where the engine has Float16Array (Node 24) the binding takes it for float16 tensors and then breaks on it.
  Reflect.deleteProperty(globalThis, 'Float16Array');
  try {
    const imported: Ort & { default?: Ort } = await import('onnxruntime-node');
    const ort = imported.default ?? imported;
    // Failures come back as exceptions; on stderr they would only be noise.
    ort.env.logLevel = 'fatal';
    return ort;
  } catch (thrown) {
    loading = undefined;
    throw missingRuntime(thrown);
  }
}

class OrtRuntime implements InferenceRuntime {
  readonly limits = limits;

  constructor(private readonly ort: Ort) {}

  get name(): string {
    return `ONNX Runtime ${this.ort.env.versions.node ?? this.ort.env.versions.common}`;
  }

  async open(model: string | Uint8Array, options: SessionOptions = {}): Promise<InferenceSession> {
    const path = typeof model === 'string' ? model : undefined;
    const native = nativeOptions(options);
    try {
      const session =
        typeof model === 'string'
          ? await this.ort.InferenceSession.create(model, native)
          : await this.ort.InferenceSession.create(model, native);
      return new OrtSession(this.ort, session, path, options.profilePrefix !== undefined);
    } catch (thrown) {
      throw runtimeFailure(thrown, path);
    }
  }
}

function nativeOptions(options: SessionOptions): OrtModule.InferenceSession.SessionOptions {
  const { threads = 1, optimization = 'all', memoryPlan = true, optimizedModelPath, profilePrefix, config } = options;
  return {
    // Left to choose, the runtime also counts cores that this process may not use, and its threads wait for each other.
    intraOpNumThreads: threads === 0 && availableParallelism() === 1 ? 1 : threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: optimization,
    enableMemPattern: memoryPlan,
    logSeverityLevel: 4,
    // Idle threads of one session must not steal the cores of the next one.
    extra: { 'session.intra_op.allow_spinning': '0', ...config },
    ...(optimizedModelPath === undefined ? {} : { optimizedModelFilePath: optimizedModelPath }),
    ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
  };
}

class OrtSession implements InferenceSession {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];

  constructor(
    private readonly ort: Ort,
    private readonly session: OrtModule.InferenceSession,
    private readonly path: string | undefined,
    private profiled: boolean,
  ) {
    this.inputs = session.inputMetadata.map(portOf);
    this.outputs = session.outputMetadata.map(portOf);
  }

  async run(feeds: Feeds, outputs?: readonly string[]): Promise<Record<string, RuntimeTensor>> {
    const fetches = outputs ?? this.outputs.map((port) => port.name);
    this.refuseUnfetchable(fetches);
    const native: Record<string, OrtModule.Tensor> = {};
    for (const [name, tensor] of Object.entries(feeds)) native[name] = this.toNative(name, tensor);
    try {
      const results = await this.session.run(native, [...fetches]);
      return Object.fromEntries(fetches.map((name) => [name, fromNative(results[name]!)]));
    } catch (thrown) {
      throw runtimeFailure(thrown, this.path);
    }
  }

  endProfiling(): void {
    if (this.profiled) this.session.endProfiling();
    this.profiled = false;
  }

  async close(): Promise<void> {
    this.endProfiling();
    await this.session.release();
  }

  private refuseUnfetchable(fetches: readonly string[]): void {
    for (const name of fetches) {
      const port = this.outputs.find((candidate) => candidate.name === name);
      const place = { model: this.path, tensor: name };
      if (!port) throw new LapidaryError('runtime-failed', `The model has no output "${name}".`, place);
      if (port.dataType === undefined) {
        const hint = 'Only tensor outputs can be measured.';
        throw new LapidaryError('unsupported', `Output "${name}" is not a tensor.`, { ...place, hint });
      }
      if (fatalOutputs.has(port.dataType)) {
        const hint = 'Add a DequantizeLinear or a Cast before it.';
        const message = `ONNX Runtime for Node cannot return an output of type ${port.dataType}.`;
        throw new LapidaryError('unsupported', message, { ...place, hint });
      }
    }
  }

  private toNative(name: string, tensor: RuntimeTensor): OrtModule.Tensor {
    const type = toOrtType(tensor.dataType);
    if (type === undefined) {
      const message = `ONNX Runtime for Node takes no input of type ${tensor.dataType}.`;
      throw new LapidaryError('unsupported', message, { model: this.path, tensor: name });
    }
    try {
      return new this.ort.Tensor(type, tensor.data, tensor.shape);
    } catch (thrown) {
      const detail = thrown instanceof Error ? thrown.message : String(thrown);
      const message = `Bad tensor for input "${name}", ${elementTypeText(tensor.dataType)}[${tensor.shape.join(',')}]: ${detail}`;
      throw new LapidaryError('runtime-failed', message, { model: this.path, tensor: name }, { cause: thrown });
    }
  }
}

function portOf(metadata: OrtModule.InferenceSession.ValueMetadata): PortInfo {
  if (!metadata.isTensor) return { name: metadata.name };
  return { name: metadata.name, dataType: fromOrtType(metadata.type), shape: metadata.shape };
}

function fromNative(tensor: OrtModule.Tensor): RuntimeTensor {
  const { data, dims, type } = tensor;
  // V8 remembers the last promise that the binding settled, until it has collected all garbage: not with its elements.
  tensor.dispose();
  return { dataType: fromOrtType(type), shape: dims, data };
}

function fromOrtType(type: string): DataType {
  if (type === 'float32') return 'float';
  if (type === 'float64') return 'double';
  if (isDataType(type)) return type;
  throw new LapidaryError('unsupported', `Unknown element type "${type}" of ONNX Runtime.`);
}

const inputTypes = {
  float: 'float32',
  double: 'float64',
  float16: 'float16',
  int8: 'int8',
  uint8: 'uint8',
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  uint64: 'uint64',
  bool: 'bool',
  string: 'string',
} as const satisfies Partial<Record<DataType, OrtModule.Tensor.Type>>;

function toOrtType(type: DataType): OrtModule.Tensor.Type | undefined {
  return Object.hasOwn(inputTypes, type) ? inputTypes[type as keyof typeof inputTypes] : undefined;
}
