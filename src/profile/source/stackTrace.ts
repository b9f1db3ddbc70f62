/** Stack traces that the PyTorch exporter leaves in a node's metadata, as Python prints them. */
import { type SourceFrame } from '../../protocol/sources';

/** Metadata key of the trace. */
export const stackTraceKey = 'pkg.torch.onnx.stack_trace';

const place = /^\s*File "(.+)", line (\d+), in (.+?)\s*$/;

/** Marks under the faulty part of a line, which newer Pythons print. */
const underline = /^[\s^~]*$/;

/** The frames of a trace, outermost first. Text that is not a trace gives none. */
export function parseStackTrace(trace: string): SourceFrame[] {
  const frames: SourceFrame[] = [];
  let open: { file: string; line: number; functionName: string; text: string } | undefined;
  for (const row of trace.split('\n')) {
    const match = place.exec(row);
    if (match) {
      open = { file: match[1]!, line: Number(match[2]), functionName: match[3]!, text: '' };
      frames.push(open);
    } else if (open?.text === '' && !underline.test(row)) {
      open.text = row.trim();
    }
  }
  return frames;
}

/** Code of installed packages: nobody's own network, even where it is what called an operator. */
export function isLibrary({ file }: SourceFrame): boolean {
  const path = file.replaceAll('\\', '/');
  return /\/(site|dist)-packages\/|\/lib\/python[\d.]+\/|^<frozen |^torch\//.test(path);
}
