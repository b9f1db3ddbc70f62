/** Turns what ONNX Runtime throws into typed errors that name the model and, where its message does, the node. */
import { LapidaryError } from '../protocol/errors';

/** The ways in which ONNX Runtime's messages name a node, most telling first. */
const nodePatterns = [
  /while running \S+ node\. Name:'([^']+)'/,
  /node with name '([^']+)'/,
  /Exception during initialization: .*? node\.? ?(?:Name:)?'([^']+)'/,
  /In Node, \("?([^",]+)"?,/,
  /Node \(([^)]+)\) Op \(/,
  /Node:([^\s]+) /,
];

/** Name of the node that a message of ONNX Runtime is about, if it says. */
export function nodeInMessage(message: string): string | undefined {
  for (const pattern of nodePatterns) {
    const name = pattern.exec(message)?.[1];
    if (name !== undefined && name !== '') return name;
  }
  return undefined;
}

/** File, line and signature of the C++ function that failed a check; what it checked comes after them. */
const sourceLocation = /\S*\/onnxruntime\/\S+\.(?:h|cc):\d+ [^)]*\)(?: const)?(?: \[with [^\]]*\])? /g;

/** A failure to load or to run a model. */
export function runtimeFailure(thrown: unknown, path: string | undefined): LapidaryError {
  if (thrown instanceof LapidaryError) return thrown.at({ model: path });
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  // The path is part of the place already.
  const detail = text.replace(/^Load model from .*? failed: ?/s, '').replace(sourceLocation, '');
  const place = { model: path, node: nodeInMessage(detail) };
  const fail = (code: 'unsupported' | 'runtime-failed', message: string, hint?: string): LapidaryError =>
    new LapidaryError(code, message, { ...place, hint }, { cause: thrown });
  const type = /Unsupported data type: (\d+)/.exec(detail)?.[1];
  if (type !== undefined) {
    const hint = 'Inputs and outputs of bfloat16, float8 or 2 bits work only inside a model: cast them at its border.';
    return fail('unsupported', `ONNX Runtime for Node cannot pass an input or output of element type ${type}.`, hint);
  }
  if (/is under development and support for this is limited|Unsupported model IR version/.test(detail)) {
    const hint = 'Convert the model to an older opset or IR version.';
    return fail('unsupported', `The model is newer than ONNX Runtime: ${detail}`, hint);
  }
  return fail('runtime-failed', `ONNX Runtime: ${detail}`);
}

/** The native library could not be loaded. */
export function missingRuntime(thrown: unknown): LapidaryError {
  const { platform, arch } = process;
  const detail = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
  return new LapidaryError(
    'runtime-missing',
    `ONNX Runtime cannot be loaded on ${platform} ${arch}: ${detail}`,
    { hint: hintFor(platform, arch, detail) },
    { cause: thrown },
  );
}

function hintFor(platform: string, arch: string, detail: string): string {
  const rest = 'Inspecting models works without it; running and measuring them does not.';
  if (platform === 'darwin' && arch === 'x64') return `There is no build for Macs with Intel processors. ${rest}`;
  if (platform === 'linux' && /musl|ld-linux|libc\.so|relocating|symbol not found/i.test(detail)) {
    return `There is no build for Alpine and other musl systems; use a glibc image such as Debian. ${rest}`;
  }
  if (/Cannot find (module|package) 'onnxruntime-node'/.test(detail))
    return 'Install it: npm install onnxruntime-node.';
  return `Builds exist for Linux (glibc) and Windows on x64 and arm64, and for macOS on arm64. ${rest}`;
}
