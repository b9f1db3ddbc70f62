/** `text`: a model in ONNX's textual syntax. Reads only the weights that it writes out. */
import { readModel } from '../graph/fromOnnx';
import { printModel } from '../graph/text/print';
import { type TextReport, type TextRequest } from '../protocol/jobs';

/** Prints one model. */
export function text({ path, elideOver }: TextRequest): Promise<TextReport> {
  const printed = printModel(readModel(path), { elideOver });
  return Promise.resolve({ text: printed.text, omitted: printed.omitted });
}
