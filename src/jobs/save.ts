/** `save`: reads and writes; a copy with weights in one file or beside it. */
import { type SaveReport, type SaveRequest } from '../protocol/jobs';
import { type JobContext } from './context';
import { openModel } from './modelFile';
import { checkOutput, writeOutput } from './output';

/** Copies a model. */
export async function save(request: SaveRequest, context: JobContext): Promise<SaveReport> {
  const model = openModel(request.input);
  checkOutput(request);
  const { model: file, data, bytes } = await writeOutput(model, request, context);
  const files = data ? [file.path, data.path] : [file.path];
  return { input: request.input, output: request.output, files, bytes };
}
